//! A lesson as a whole, to print and to save: the transcript that the core wrote, drawn.

use js_sys::Function;
use yew::prelude::*;

use crate::{
    lang::tr,
    scenario::{
        OlderTerm, Predict, run,
        transcript::{self, Entry, Happened, Transcript},
    },
    ui::{
        effects,
        learn::{
            Lesson,
            prose::{blocks, inline, older_terms},
        },
    },
};

#[derive(PartialEq, Properties)]
pub(super) struct WholeLessonProps {
    pub(super) lesson: Lesson,
    pub(super) keymaker: Option<Function>,
}

#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    Print,
    Save,
}

/// The ways to keep a lesson, and the lesson as it goes to the printer, which no screen shows.
#[component]
pub(super) fn WholeLesson(props: &WholeLessonProps) -> Html {
    let printed = use_state(|| 0_u32);
    let problem = use_state(|| None::<AttrValue>);
    use_effect_with(*printed, |printed| {
        if *printed > 0 {
            effects::print();
        }
    });
    let keep = |wanted: Wanted| {
        let (lesson, keymaker) = (props.lesson.clone(), props.keymaker.clone());
        let (printed, problem) = (printed.clone(), problem.clone());
        Callback::from(move |_: MouseEvent| {
            let (of, printed, problem) = (lesson.clone(), printed.clone(), problem.clone());
            let ready = Callback::from(move |()| match (wanted, transcript::of(&of.0)) {
                (_, Err(error)) => problem.set(Some(error.to_string().into())),
                (Wanted::Print, Ok(_)) => printed.set(printed.wrapping_add(1).max(1)),
                (Wanted::Save, Ok(transcript)) => {
                    let name = format!("{}-transcript.md", of.0.front.id);
                    effects::download_text(&name, &transcript::markdown(&transcript));
                }
            });
            prepare(lesson.clone(), keymaker.clone(), ready);
        })
    };
    html! {
        <section class="whole-lesson" aria-label={tr!("The whole lesson")}>
            <div class="keep">
                <span class="hint">{ tr!("The whole lesson, with answers and solution:") }</span>
                <button class="btn small" onclick={keep(Wanted::Print)}>{ tr!("Print") }</button>
                <button class="btn small" onclick={keep(Wanted::Save)}>{ tr!("Save as Markdown") }</button>
            </div>
            <div role="status">if let Some(problem) = &*problem { <p class="problem">{ problem }</p> }</div>
            if *printed > 0 {
                if let Ok(transcript) = transcript::of(&props.lesson.0) { { document(&transcript) } }
            }
        </section>
    }
}

/// Has the slow keys of a lesson made, then tells.
fn prepare(lesson: Lesson, keymaker: Option<Function>, ready: Callback<()>) {
    match run::slow_key(&lesson.0, lesson.0.pages.len().saturating_sub(1)) {
        Some(wanted) => {
            let again = Callback::from({
                let keymaker = keymaker.clone();
                move |_: bool| prepare(lesson.clone(), keymaker.clone(), ready.clone())
            });
            effects::make_slow_key(wanted, keymaker, again);
        }
        None => ready.emit(()),
    }
}

fn document(transcript: &Transcript<'_>) -> Html {
    let sheet = |sheet: &transcript::Sheet<'_>| {
        html! { <section class="leaf"><h2>{ sheet.title }</h2>{ for sheet.entries.iter().map(entry) }</section> }
    };
    html! {
        <article class="transcript">
            <h1>{ transcript.title }</h1>
            <p>{ transcript.summary }</p>
            <p class="aside">{ &transcript.about }</p>
            { older(transcript.older_terms) }
            { for transcript.sheets.iter().map(sheet) }
        </article>
    }
}

fn older(terms: &[OlderTerm]) -> Html {
    if terms.is_empty() {
        return Html::default();
    }
    html! { <p class="aside">{ older_terms(terms) }</p> }
}

fn entry(entry: &Entry<'_>) -> Html {
    match entry {
        Entry::Prose(prose) => blocks(prose),
        Entry::Heading(words) => html! { <h3>{ *words }</h3> },
        Entry::Question(predict) => question(predict),
        Entry::Happened(happened) => what_happened(happened),
    }
}

fn question(predict: &Predict) -> Html {
    let choice = |choice: &crate::scenario::Choice| {
        html! { <li class={choice.right.then_some("right")}>if choice.right { <b>{ tr!("Right: ") }</b> }{ inline(&choice.text) }</li> }
    };
    html! {
        <div class="asked">
            <p><b>{ tr!("What will happen? ") }</b>{ inline(&predict.question) }</p>
            <ul>{ for predict.choices.iter().map(choice) }</ul>
            <p>{ inline(&predict.explanation) }</p>
        </div>
    }
}

fn what_happened(happened: &Happened) -> Html {
    let text =
        |(label, body): &(String, String)| html! { <><p class="label">{ label }</p><pre>{ body.trim_end() }</pre></> };
    html! { <div class="happened"><p><b>{ &happened.title }</b></p>{ for happened.texts.iter().map(text) }</div> }
}
