//! The editor of policies: a text, what is wrong with it, and stretches of it that stand for something.
//!
//! A plain text field, until the library behind `www/editor/` has arrived and takes its place, and for good where it does
//! not arrive. Decides nothing: what is wrong, what is marked and what can be completed are its properties.

use std::{collections::BTreeMap, rc::Rc};

use js_sys::{Function, Promise};
use serde::Serialize;
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, HtmlTextAreaElement};
use yew::prelude::*;

use crate::{
    authz::decision::SourceSpan,
    lang::tr,
    timeline::ask::{self, Finding, Severity},
};

#[derive(Clone, PartialEq, Properties)]
pub struct EditorProps {
    /// What is edited, for those who do not see it.
    pub label: AttrValue,
    pub value: AttrValue,
    #[prop_or_default]
    pub read_only: bool,
    #[prop_or_default]
    pub findings: Rc<[Finding]>,
    #[prop_or_default]
    pub marks: Rc<[Mark]>,
    /// The stretch that something elsewhere on the page points at.
    #[prop_or_default]
    pub lit: Option<SourceSpan>,
    /// As `www/editor/complete.js` says.
    #[prop_or_default]
    pub words: Words,
    pub on_change: Callback<String>,
    /// Which mark is pointed at or holds the cursor, by its number.
    #[prop_or_default]
    pub on_point: Callback<Option<usize>>,
    /// Promises the library's function `edit`.
    #[prop_or_default]
    pub library: Option<Function>,
}

/// What can stand where: for each place words, each with what it is.
pub type Words = Rc<BTreeMap<String, Vec<(AttrValue, AttrValue)>>>;

/// A stretch that stands for something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mark {
    #[serde(flatten)]
    pub span: SourceSpan,
    pub class: MarkClass,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MarkClass {
    Matched,
    Unmatched,
    /// What settled it.
    Decided,
    /// What was looked at and has no say.
    Quiet,
}

/// The library's editor, while it is open.
struct Open {
    show: Function,
    /// What it calls; must live as long.
    _say: Closure<dyn FnMut(String, JsValue)>,
}

impl Open {
    fn show(&self, state: &Value) {
        let _ = self.show.call1(&JsValue::NULL, &state.to_string().into());
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let _ = self.show.call0(&JsValue::NULL);
    }
}

/// The text, and below it what is wrong.
#[component]
pub fn Editor(props: &EditorProps) -> Html {
    let (host, area) = (use_node_ref(), use_node_ref());
    let open = use_mut_ref(|| None::<Open>);
    let loaded = use_state(|| false);
    // What the library calls back must find the present properties.
    let latest = use_mut_ref(|| props.clone());
    latest.replace(props.clone());

    use_effect_with((), {
        let (host, area, open, loaded, latest) =
            (host.clone(), area.clone(), open.clone(), loaded.clone(), latest.clone());
        move |()| {
            let alive = Rc::new(());
            let still = Rc::downgrade(&alive);
            let library = latest.borrow().library.clone();
            spawn_local(async move {
                let Some(edit) = fetched(library).await else { return };
                let (Some(host), Some(area)) = (host.cast::<Element>(), area.cast::<Element>()) else { return };
                if still.upgrade().is_none() {
                    return;
                }
                let say =
                    Closure::new(move |what: String, value: JsValue| said(&latest.borrow().clone(), &what, &value));
                let shown = edit.call3(&JsValue::NULL, &host, &area, say.as_ref());
                if let Some(show) = shown.ok().and_then(|show| show.dyn_into::<Function>().ok()) {
                    open.replace(Some(Open { show, _say: say }));
                    loaded.set(true);
                }
            });
            move || drop(alive)
        }
    });
    use_effect_with((props.clone(), *loaded), {
        let open = open.clone();
        move |(props, _)| {
            if let Some(open) = open.borrow().as_ref() {
                open.show(&state(props, None));
            }
        }
    });

    let go_to = {
        let (open, area, props) = (open.clone(), area.clone(), props.clone());
        move |span: SourceSpan| {
            if let Some(open) = open.borrow().as_ref() {
                open.show(&state(&props, Some(span)));
            } else if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                let [start, end] = [span.start, span.end].map(|at| units_before(&props.value, at));
                let _ = area.focus();
                let _ = area.set_selection_range(start, end);
            }
        }
    };
    let oninput = {
        let on_change = props.on_change.clone();
        Callback::from(move |event: InputEvent| {
            let area: Option<HtmlTextAreaElement> = event.target_dyn_into();
            area.iter().for_each(|area| on_change.emit(area.value()));
        })
    };
    let invalid = props.findings.iter().any(|it| it.severity == Severity::Error);
    html! {
        <div class="editor">
            <div class="pane" ref={host}></div>
            if !*loaded {
                <textarea class="mono" ref={area} aria-label={&props.label} aria-invalid={invalid.to_string()} value={&props.value}
                    readonly={props.read_only} spellcheck="false" autocapitalize="off" autocomplete="off" {oninput} />
            }
            <div role="status">
                if !props.findings.is_empty() {
                    <ul class="findings" aria-label={tr!("What is wrong with {label}", label = props.label)}>
                        { for props.findings.iter().enumerate().map(|(at, it)| finding(at, it, props, &go_to)) }
                    </ul>
                }
            </div>
        </div>
    }
}

fn finding(number: usize, it: &Finding, props: &EditorProps, go_to: &(impl Fn(SourceSpan) + Clone + 'static)) -> Html {
    let (line, column) = (it.line, it.column);
    let (class, sign, words) = match it.severity {
        Severity::Error => ("error", "✕", tr!("Error")),
        Severity::Warning => ("warning", "!", tr!("Warning")),
        Severity::Note => ("info", "i", tr!("Note")),
    };
    let there = {
        let (go_to, span) = (go_to.clone(), it.span);
        Callback::from(move |_: MouseEvent| go_to(span))
    };
    let fix = {
        let props = props.clone();
        Callback::from(move |_: MouseEvent| apply(&props, number))
    };
    html! {
        <li {class}>
            <span class="sign" aria-hidden="true">{ sign }</span>
            <p>
                <span class="visually-hidden">{ format!("{words}, ") }</span>
                <button class="link" onclick={there}>{ tr!("line {line}, column {column}", line, column) }</button>{ format!(": {}", it.message) }
            </p>
            if let (Some(repair), false) = (&it.fix, props.read_only) {
                <button class="btn small" onclick={fix}>{ &repair.title }</button>
            }
        </li>
    }
}

/// The library's function, if there is a library and it arrives.
async fn fetched(library: Option<Function>) -> Option<Function> {
    let promise = library?.call0(&JsValue::NULL).ok()?.dyn_into::<Promise>().ok()?;
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}

/// What the library says that the person did.
fn said(props: &EditorProps, what: &str, value: &JsValue) {
    // A number that is none of a mark's, such as -1, is no mark.
    let number = || value.as_f64().and_then(|number| format!("{number}").parse::<usize>().ok());
    match what {
        "text" => value.as_string().into_iter().for_each(|text| props.on_change.emit(text)),
        "point" => props.on_point.emit(number().filter(|number| *number < props.marks.len())),
        "fix" => number().into_iter().for_each(|number| apply(props, number)),
        _ => {}
    }
}

/// The text with a finding's fix in it.
fn apply(props: &EditorProps, number: usize) {
    if let Some(fix) = props.findings.get(number).and_then(|it| it.fix.as_ref()) {
        props.on_change.emit(ask::apply(&props.value, &fix.edits));
    }
}

/// What the library is to show, and what it is to select.
fn state(props: &EditorProps, select: Option<SourceSpan>) -> Value {
    let findings: Vec<Value> = props
        .findings
        .iter()
        .map(|it| {
            let fix = it.fix.as_ref().filter(|_| !props.read_only).map(|fix| fix.title.as_str());
            let severity = match it.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "info",
            };
            json!({
                "start": it.span.start, "end": it.span.end, "severity": severity, "message": it.message, "fix": fix,
            })
        })
        .collect();
    let words: BTreeMap<&str, Vec<[&str; 2]>> = props
        .words
        .iter()
        .map(|(place, words)| {
            (place.as_str(), words.iter().map(|(word, what)| [word.as_str(), what.as_str()]).collect())
        })
        .collect();
    json!({
        "value": props.value.as_str(), "label": props.label.as_str(), "readOnly": props.read_only, "findings": findings,
        "marks": *props.marks, "lit": props.lit, "words": words, "select": select,
    })
}

/// How many units of UTF-16, which text fields count in, stand before a byte.
fn units_before(text: &str, byte: u32) -> u32 {
    let before = usize::try_from(byte).ok().and_then(|byte| text.get(..byte)).unwrap_or(text);
    u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX)
}
