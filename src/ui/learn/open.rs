//! A lesson of somebody else: chosen, dropped or fetched, checked by the core, and only then opened. It never leaves the tab.

use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DragEvent, File, HtmlInputElement};
use yew::prelude::*;

use crate::{
    lang::{tr, trn},
    scenario::{
        Front, Scenario,
        check::{self, Checked, Finding},
        file, run,
    },
    ui::{
        effects,
        learn::{Lesson, YOUR_LESSON},
    },
};

#[derive(PartialEq, Properties)]
pub(super) struct OpenLessonProps {
    /// The lesson may begin.
    pub(super) opened: Callback<Rc<Scenario>>,
    /// The address is that of a lesson which is not here any more.
    pub(super) lost: bool,
    pub(super) keymaker: Option<Function>,
}

/// What came of a file.
#[derive(Clone, PartialEq)]
pub(super) enum Looked {
    Nothing,
    /// Keys that take a moment are being made for it.
    Underway(AttrValue),
    Unreadable(AttrValue),
    Found {
        name: AttrValue,
        findings: Vec<Finding>,
        /// If it can be played.
        lesson: Option<Lesson>,
        updated: Option<AttrValue>,
    },
}

#[component]
pub(super) fn OpenLesson(props: &OpenLessonProps) -> Html {
    let looked = use_state(|| Looked::Nothing);
    let input = use_node_ref();
    let take = {
        let (looked, opened, keymaker) = (looked.clone(), props.opened.clone(), props.keymaker.clone());
        Callback::from(move |file: File| {
            let (looked, opened) = (looked.clone(), opened.clone());
            looked.set(Looked::Underway(file.name().into()));
            let found = Callback::from(move |found: Looked| {
                if let Looked::Found { findings, lesson: Some(lesson), .. } = &found
                    && findings.is_empty()
                {
                    looked.set(Looked::Nothing);
                    opened.emit(Rc::clone(&lesson.0));
                } else {
                    looked.set(found);
                }
            });
            read(file, keymaker.clone(), found);
        })
    };
    let onchange = {
        let take = take.clone();
        Callback::from(move |event: Event| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            let file = input.as_ref().and_then(HtmlInputElement::files).and_then(|files| files.get(0));
            file.into_iter().for_each(|file| take.emit(file));
            // The same file may be chosen again after it has changed.
            input.into_iter().for_each(|input| input.set_value(""));
        })
    };
    let choose = {
        let input = input.clone();
        Callback::from(move |_: MouseEvent| {
            input.cast::<HtmlInputElement>().into_iter().for_each(|input| input.click());
        })
    };
    // Elsewhere on the page a file is for the envelope.
    let ondrop = Callback::from(move |event: DragEvent| {
        event.prevent_default();
        event.stop_propagation();
        let files = event.data_transfer().and_then(|transfer| transfer.files());
        files.and_then(|files| files.get(0)).into_iter().for_each(|file| take.emit(file));
    });
    html! {
        <section class="open-lesson" {ondrop}>
            <h2>{ tr!("A lesson of your own") }</h2>
            <p>{ tr!("Lessons are Markdown files, which anybody can write: LESSONS.md in the repository shows how. Drop one here or choose it. \
                  It is checked first, stays in this tab, and can run no script.") }</p>
            <input ref={input} type="file" accept=".md,text/markdown" hidden={true} {onchange} aria-label={tr!("Lesson file")} />
            <button class="btn" onclick={choose}>{ tr!("Open a lesson file") }</button>
            <div role="status">
                if let (true, Looked::Nothing) = (props.lost, &*looked) {
                    <p class="hint">{ tr!("The lesson that this address is about came from a file, and is not kept. Open the file again.") }</p>
                }
                { seen(&looked, &props.opened) }
            </div>
        </section>
    }
}

/// What there is to say about a file.
pub(super) fn seen(looked: &Looked, opened: &Callback<Rc<Scenario>>) -> Html {
    match looked {
        Looked::Nothing => Html::default(),
        Looked::Underway(name) => html! { <p class="hint">{ tr!("{name} is being checked …", name) }</p> },
        Looked::Unreadable(why) => html! { <p class="problem">{ why }</p> },
        Looked::Found { name, findings, lesson, updated } => {
            let count = trn!(count = findings.len(), "one thing is wrong", "{count} things are wrong");
            let open = lesson.clone().map(|lesson| {
                let opened = opened.clone();
                let onclick = Callback::from(move |_: MouseEvent| opened.emit(Rc::clone(&lesson.0)));
                html! { <button class="btn small" {onclick}>{ tr!("Open it all the same") }</button> }
            });
            let save = updated.clone().map(|text| {
                let name = name.clone();
                let onclick = Callback::from(move |_: MouseEvent| effects::download_text(&name, &text));
                html! { <button class="btn small" {onclick}>{ tr!("Save it with what the run gives") }</button> }
            });
            html! {
                <div class="card lesson-findings">
                    <b>{ format!("{name}: {count}") }</b>
                    <ol>{ for findings.iter().map(finding) }</ol>
                    <div class="asides">{ open }{ save }</div>
                </div>
            }
        }
    }
}

/// Place, words, and the line with the character at fault marked.
fn finding(finding: &Finding) -> Html {
    let at = usize::try_from(finding.column).unwrap_or(usize::MAX).saturating_sub(1);
    let before: String = finding.source.chars().take(at).collect();
    let fault: String = finding.source.chars().skip(at).take(1).collect();
    let after: String = finding.source.chars().skip(at.saturating_add(1)).collect();
    html! {
        <li>
            <p><b>{ tr!("Line {line}, column {column}", line = finding.line, column = finding.column) }</b>{ ": " }{ &finding.problem }</p>
            if !finding.source.trim().is_empty() { <pre>{ before }<mark>{ fault }</mark>{ after }</pre> }
        </li>
    }
}

/// Reads a file, has the slow keys of its lesson made, checks it, and tells what was found.
fn read(file: File, keymaker: Option<Function>, found: Callback<Looked>) {
    let name = file.name();
    let limit = check::MOST_BYTES;
    if file.size() > f64::from(u32::try_from(limit).unwrap_or(u32::MAX)) {
        let why =
            tr!("{name} has {size} bytes, and a lesson at most {limit}. Split it.", name, size = file.size(), limit);
        return found.emit(Looked::Unreadable(why.into()));
    }
    spawn_local(async move {
        match JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string()) {
            Some(text) => look(text.into(), name.into(), AttrValue::from(YOUR_LESSON), keymaker, found),
            None => found.emit(Looked::Unreadable(tr!("The browser cannot read {name}.", name).into())),
        }
    });
}

/// Checks a lesson, which is called `id` then, once its slow keys are made.
pub(super) fn look(text: Rc<str>, name: AttrValue, id: AttrValue, keymaker: Option<Function>, found: Callback<Looked>) {
    let last = |lesson: &Scenario| lesson.pages.len().saturating_sub(1);
    let is_short = text.len() <= check::MOST_BYTES;
    let lesson = if is_short { file::parse(&text).ok() } else { None };
    match lesson.and_then(|lesson| run::slow_key(&lesson, last(&lesson))) {
        Some(wanted) => {
            let again = Callback::from({
                let keymaker = keymaker.clone();
                move |_: bool| look(Rc::clone(&text), name.clone(), id.clone(), keymaker.clone(), found.clone())
            });
            effects::make_slow_key(wanted, keymaker, again);
        }
        None => {
            let Checked { scenario, plays, findings, updated } = check::check(&text, None);
            let lesson = scenario.filter(|_| plays).map(|scenario| {
                let id = id.to_string();
                Lesson(Rc::new(Scenario { front: Front { id, ..scenario.front }, pages: scenario.pages }))
            });
            found.emit(Looked::Found { name, findings, lesson, updated: updated.map(AttrValue::from) });
        }
    }
}
