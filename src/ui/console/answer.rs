//! What one step of the history was: its answer, and all that led to it.

use std::rc::Rc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use web_sys::{Element, HtmlElement, wasm_bindgen::JsCast as _};
use yew::prelude::*;

use crate::{
    endpoint::{
        Outcome, Request,
        audit::Record,
        frame::operation_of,
        http::{Answer, Exchange},
        model::{self, Member, ShapeKind, Structure},
        render,
    },
    kms::Event,
    lang::{self, msg, tr},
    ops::stage::StageResult,
    story::{errors, facts::size},
    timeline::{Input, Step, StepResult},
    ui::{audit, effects, outcome, route::Route, store::use_store},
};

/// A step, and its place in the history.
#[derive(Clone)]
pub(super) struct Shown {
    /// Counted from 1.
    pub number: usize,
    pub step: Rc<Step>,
}

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number && Rc::ptr_eq(&self.step, &other.step)
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct AnswerProps {
    pub shown: Shown,
    /// How many steps there are, and how many lie behind.
    pub of: usize,
    pub present: usize,
    pub on_present: Callback<usize>,
}

const TABS: [&str; 6] = [msg!("Answer"), msg!("Stages"), msg!("Reasons"), msg!("Crypto"), msg!("Wire"), msg!("Audit")];

/// A step with its parts in tabs.
#[component]
pub(super) fn AnswerView(props: &AnswerProps) -> Html {
    let store = use_store();
    let tab = use_state(|| 0_usize);
    let revealed = use_state(|| false);
    let head = use_node_ref();
    // Another step begins with its secrets masked, and where it can be seen.
    use_effect_with(props.shown.clone(), {
        let (revealed, head) = (revealed.clone(), head.clone());
        move |_| {
            revealed.set(false);
            if let Some(head) = head.cast::<Element>() {
                effects::bring_into_view(&head);
            }
        }
    });
    let Shown { number, step } = &props.shown;
    let (request, outcome) = match (&step.input, &step.result) {
        (Input::Call(request), StepResult::Answered(outcome)) => (request, outcome),
        (_, StepResult::Passed(events)) => return passed(step, events),
        (_, StepResult::Answered(_)) => return Html::default(),
        (_, StepResult::Served(_)) => return served(*number),
    };
    let (class, result) = match &outcome.fault {
        None => ("tag allow", "200 OK".to_owned()),
        Some(fault) => ("tag deny", format!("{} {}", fault.status, fault.kind)),
    };
    let go_there = {
        let (on_present, number) = (props.on_present.clone(), *number);
        Callback::from(move |_: MouseEvent| on_present.emit(number))
    };
    let select = |at: usize| {
        let tab = tab.clone();
        Callback::from(move |_: MouseEvent| tab.set(at))
    };
    let onkeydown = {
        let tab = tab.clone();
        Callback::from(move |event: KeyboardEvent| {
            let last = TABS.len().saturating_sub(1);
            let next = match event.key().as_str() {
                "ArrowLeft" => tab.checked_sub(1).unwrap_or(last),
                "ArrowRight" => {
                    if *tab == last {
                        0
                    } else {
                        tab.saturating_add(1)
                    }
                }
                _ => return,
            };
            event.prevent_default();
            tab.set(next);
            let tabs = event.current_target().and_then(|it| it.dyn_into::<Element>().ok());
            let button = tabs.and_then(|tabs| tabs.query_selector(&format!("#tab-{next}")).ok().flatten());
            if let Some(button) = button.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
                let _ = button.focus();
            }
        })
    };
    let panel = match *tab {
        0 => answer(request, outcome, &revealed),
        1 => outcome::stages(&outcome.stages),
        2 => outcome::decisions(&outcome.decisions, *number),
        3 => {
            html! { <>{ reveal(!outcome.crypto.is_empty(), &revealed) }{ outcome::crypto(&outcome.crypto, *revealed) }</> }
        }
        4 => wire(request, outcome, step, &revealed),
        _ => audit(&store.timeline.audit(*number)),
    };
    html! {
        <div class="answer">
            <header ref={head}>
                <p class="eyebrow">{ tr!("Step {number} of {of}", number, of = props.of) }</p>
                <div class="row" role="status"><h2>{ outcome::breakable(operation_of(&request.target).unwrap_or_default()) }</h2><span {class}>{ result }</span></div>
                <p class="hint facts-of">
                    <span>{ tr!("as {caller}", caller = request.caller.short_name()) }</span><span>{ request.region.as_str() }</span>
                    <span>{ outcome.at.to_string().replace('T', " ") }</span>
                </p>
                { strip(outcome) }
                if *number != props.present {
                    <p class="hint">{ tr!("The world stands at step {present}. ", present = props.present) }
                        <button class="link" onclick={go_there}>{ tr!("Go to this step") }</button></p>
                }
            </header>
            <div class="tabs" role="tablist" aria-label={tr!("About this step")} {onkeydown}>
                { for TABS.into_iter().enumerate().map(|(at, name)| html! {
                    <button role="tab" id={format!("tab-{at}")} aria-selected={(*tab == at).to_string()} aria-controls="answer-panel"
                        tabindex={if *tab == at { "0" } else { "-1" }} onclick={select(at)}>{ lang::text(name) }</button>
                }) }
            </div>
            <div class="panel" role="tabpanel" id="answer-panel" aria-labelledby={format!("tab-{}", *tab)}>{ panel }</div>
        </div>
    }
}

/// The eleven stages as eleven bars.
fn strip(outcome: &Outcome) -> Html {
    let refused = outcome.stages.iter().position(|record| record.result == StageResult::Refused);
    let words = match refused.and_then(|at| outcome.stages.get(at).map(|record| (at, lang::text(record.stage.name()))))
    {
        Some((at, name)) => {
            tr!(
                "Stopped at {name}, stage {at} of {stages}",
                name,
                at = at.saturating_add(1),
                stages = outcome.stages.len()
            )
        }
        None => tr!("Passed all eleven stages").to_owned(),
    };
    html! {
        <div class="strip">
            <svg viewBox="0 0 200 6" preserveAspectRatio="none" aria-hidden="true">
                { for outcome.stages.iter().enumerate().map(|(at, record)| {
                    let class = match record.result {
                        StageResult::Passed => "passed",
                        StageResult::Refused => "refused",
                        StageResult::Skipped => "skipped",
                    };
                    html! { <rect {class} x={at.saturating_mul(20).to_string()} y="0" width="18" height="6" /> }
                }) }
            </svg>
            <span>{ words }</span>
        </div>
    }
}

fn answer(request: &Request, outcome: &Rc<Outcome>, revealed: &UseStateHandle<bool>) -> Html {
    let output = operation_of(&request.target).and_then(model::operation).and_then(|it| it.output.as_ref());
    let (text, secret) = outcome::body(&outcome.response.body, output, **revealed);
    html! {
        <>
            { for errors::explain(outcome).iter().map(|words| outcome::explained(outcome, words)) }
            { reveal(secret, revealed) }
            if outcome.fault.is_none() {
                if text.is_empty() { <p class="hint">{ tr!("An empty body: done, and nothing to say.") }</p> }
                else { { outcome::message(tr!("Response"), text) } }
                { blobs(&outcome.response.body, output, **revealed) }
            }
            { events(&outcome.events) }
        </>
    }
}

/// The bytes of an answer, as text where they are text.
fn blobs(body: &str, output: Option<&Structure>, revealed: bool) -> Html {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let members = output.into_iter().flat_map(|output| &output.members);
    let blob = |(name, member): (&String, &Member)| match member {
        Member::Plain(shape) if shape.kind == ShapeKind::Blob => {
            let bytes = STANDARD.decode(body.get(name)?.as_str()?).ok()?;
            let length = size(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            let text = match std::str::from_utf8(&bytes) {
                _ if shape.sensitive && !revealed => Err(outcome::MASK.to_owned()),
                Ok(text) if !text.contains(|c: char| c.is_control() && !c.is_whitespace()) => Ok(text.to_owned()),
                Ok(_) | Err(_) => Err(outcome::short_hex(&bytes)),
            };
            let (kind, text) = text.map_or_else(|hex| ("", hex), |text| (tr!(", as text"), text));
            Some(html! { <li><span>{ format!("{name} · {length}{kind}") }</span><code>{ text }</code></li> })
        }
        Member::Plain(_) | Member::Reference { .. } => None,
    };
    let found: Vec<Html> = members.filter_map(blob).collect();
    if found.is_empty() {
        Html::default()
    } else {
        html! { <div class="card crypto"><b>{ tr!("Bytes") }</b><ul>{ for found }</ul></div> }
    }
}

fn wire(request: &Request, outcome: &Outcome, step: &Step, revealed: &UseStateHandle<bool>) -> Html {
    let operation = operation_of(&request.target).and_then(model::operation);
    let sent = Exchange::of(request, &step.world.estate, outcome.at);
    let (sent_body, asked) = outcome::body(&request.body, operation.map(|it| &it.input), **revealed);
    let output = operation.and_then(|it| it.output.as_ref());
    let (answer_body, told) = outcome::body(&outcome.response.body, output, **revealed);
    let answer = Answer::of(outcome);
    let headers = sent.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect::<String>();
    let answered = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect::<String>();
    let reason = if answer.status == 200 {
        "OK"
    } else if answer.status < 500 {
        "Bad Request"
    } else {
        "Internal Server Error"
    };
    html! {
        <>
            { reveal(asked || told, revealed) }
            { outcome::message(tr!("Request"), format!("POST / HTTP/1.1\n{headers}\n{sent_body}")) }
            { outcome::message(tr!("Response"), format!("HTTP/1.1 {} {reason}\n{answered}\n{answer_body}", answer.status)) }
            <p class="hint">{ tr!("The bodies are laid out for reading; length and signature are those of the bodies as they travel.") }</p>
        </>
    }
}

fn audit(records: &[Record]) -> Html {
    if records.is_empty() {
        return html! { <p class="empty">{ tr!("No record: no account knows who asked, or AWS has no such operation.") }</p> };
    }
    html! {
        <>
            <p class="hint">{ tr!("What CloudTrail keeps of this step, for each account that it concerns.") }</p>
            { for records.iter().map(|record| outcome::message(tr!("Record"), audit::record(record))) }
        </>
    }
}

fn reveal(secret: bool, revealed: &UseStateHandle<bool>) -> Html {
    if !secret {
        return Html::default();
    }
    let shown = **revealed;
    let onclick = {
        let revealed = revealed.clone();
        Callback::from(move |_: MouseEvent| revealed.set(!shown))
    };
    html! {
        <p class="demo">{ tr!("Secrets of this step are demo material. ") }
            <button class="link" aria-pressed={shown.to_string()} {onclick}>{ if shown { tr!("hide") } else { tr!("reveal") } }</button></p>
    }
}
/// A step of a service has a view of its own.
fn served(number: usize) -> Html {
    let href = Route::Services { service: None, step: u32::try_from(number).ok() }.to_hash();
    html! { <p class="empty">{ tr!("This was asked of a service. ") }<a class="link" {href}>{ tr!("See it in Services") }</a></p> }
}

fn passed(step: &Step, events: &[Event]) -> Html {
    html! {
        <div class="answer">
            <header><h2>{ if let Input::Advance(span) = step.input { tr!("{span} passed", span) } else { step.label() } }</h2></header>
            if events.is_empty() { <p class="empty">{ tr!("Nothing fell due.") }</p> }
            { self::events(events) }
        </div>
    }
}

fn events(events: &[Event]) -> Html {
    if events.is_empty() {
        return Html::default();
    }
    html! {
        <div class="card">
            <b>{ tr!("What happened") }</b>
            <ul class="facts">{ for events.iter().map(|event| html! { <li>{ render::event(event) }</li> }) }</ul>
        </div>
    }
}
