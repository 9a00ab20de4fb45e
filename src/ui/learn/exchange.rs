//! One request with its answer and the reasons, as the core recorded them.

use std::{collections::BTreeMap, rc::Rc};

use serde_json::{Map, Value, value::RawValue};
use yew::prelude::*;

use crate::{
    arn::{AccountId, Region},
    crypto::step::Run,
    endpoint::{
        Outcome, Request, frame,
        render::{self, pretty},
    },
    estate::{attachment::Attachment, principal::Caller},
    kms::{Event, Setting, consistency::Consistency, increase::Increase, rules::Rules, store::premises::Incident},
    lang::{grouped, tr},
    rest,
    scenario::run::Shown,
    services::{ServiceError, ServiceRequest},
    story::{attaching, facts, outlook},
    timeline::{Input, Step, StepResult},
    ui::{outcome::breakable, services::flow},
};

/// A step of a timeline as a card; `repeated` tells of which requests it is the last.
pub(in crate::ui) fn card(step: &Step, repeated: Option<&str>) -> Html {
    match (&step.input, &step.result) {
        (Input::Call(request), StepResult::Answered(outcome)) => exchange(request, outcome, repeated, flow(step)),
        // What the first lesson has none of is of the rest of the program.
        (Input::Advance(span), StepResult::Passed(events)) => rest::within(|| {
            let nothing = events.is_empty() && step.flow.is_empty();
            passed(&tr!("{span} later", span = facts::length(*span)), events, nothing, flow(step))
        }),
        (Input::Set(setting), StepResult::Passed(events)) => {
            rest::within(|| passed(&chosen(setting), events, false, flow(step)))
        }
        (Input::Attach(attachment), StepResult::Passed(_)) => rest::within(|| attached(attachment, flow(step))),
        (Input::Serve(request), StepResult::Served(_)) => {
            rest::within(|| served(request, outlook::failure(step).as_ref(), repeated, flow(step)))
        }
        (Input::Simulate(incident), StepResult::Passed(_)) => rest::within(|| happened(incident)),
        (Input::Call(_), StepResult::Passed(_))
        | (
            Input::Advance(_) | Input::Simulate(_) | Input::Attach(_) | Input::Set(_) | Input::Serve(_),
            StepResult::Answered(_),
        )
        | (Input::Serve(_), StepResult::Passed(_))
        | (_, StepResult::Served(_)) => Html::default(),
    }
}

/// What services did. Where they did something, the rest of the program is here.
fn flow(step: &Step) -> Html {
    let told = !step.flow.is_empty() || matches!(step.result, StepResult::Served(_));
    if told { rest::within(|| flow::outside_history(step)) } else { Html::default() }
}

fn served(request: &ServiceRequest, failure: Option<&ServiceError>, repeated: Option<&str>, flow: Html) -> Html {
    let (class, result) = match failure {
        None => ("tag allow", tr!("done").to_owned()),
        // What was taken on and came to nothing has no status of its own.
        Some(error) if error.status == 200 => ("tag deny", error.code.to_string()),
        Some(error) => ("tag deny", format!("{} {}", error.status, error.code)),
    };
    let operation = format!("{}:{}", request.service, request.operation);
    let asked = rest::within(|| flow::readable(&request.body));
    html! {
        <article class="exchange" aria-label={tr!("{operation} as {caller}: {result}", operation, caller = request.caller.short_name(), result)}>
            { head(&request.caller, request.region, &operation, repeated, (class, &result)) }
            <div class="asked-for"><p class="part">{ tr!("Request") }</p>{ body(&asked) }</div>
            { flow }
        </article>
    }
}

fn exchange(request: &Request, outcome: &Rc<Outcome>, repeated: Option<&str>, flow: Html) -> Html {
    let operation = frame::operation_of(&request.target).unwrap_or_default();
    let (class, result) = match &outcome.fault {
        None => ("tag allow", outcome.response.status.to_string()),
        Some(fault) => ("tag deny", format!("{} {}", fault.status, fault.kind)),
    };
    let facts = outcome.decisions.iter().map(render::decision);
    let facts = facts.chain(outcome.crypto.iter().map(render::crypto)).chain(outcome.events.iter().map(render::event));
    let label = tr!("{operation} as {caller}: {result}", operation, caller = request.caller.short_name(), result);
    html! {
        <article class="exchange" aria-label={label}>
            { head(&request.caller, request.region, operation, repeated, (class, &result)) }
            <div class="both-ways">
                <div><p class="part">{ tr!("Request") }</p>{ body(&request.body) }</div>
                <div><p class="part">{ tr!("Response") }</p>{ response(&outcome.response.body) }</div>
            </div>
            <ul class="facts" translate="no">{ for facts.map(|fact| html! { <li>{ fact.replace("->", "→") }</li> }) }</ul>
            { flow }
        </article>
    }
}

/// Who asked for what, and how that ended.
fn head(
    caller: &Caller,
    region: Region,
    operation: &str,
    repeated: Option<&str>,
    (class, result): (&'static str, &str),
) -> Html {
    let elsewhere = caller.account() != AccountId::EXAMPLE || region != Region::US_EAST_1;
    html! {
        <header>
            <span class="who-asks">{ caller.short_name() }</span>
            <strong>{ breakable(operation) }</strong>
            if elsewhere { { rest::within(|| place(caller, region)) } }
            { for repeated.iter().map(|repeated| html! { <span class="who-asks">{ *repeated }</span> }) }
            <span {class}>{ breakable(result) }</span>
        </header>
    }
}

/// The account and the Region, of which a world may have several.
fn place(caller: &Caller, region: Region) -> Html {
    html! { <span class="who-asks">{ tr!("account {account} in {region}", account = caller.account(), region) }</span> }
}

fn response(text: &str) -> Html {
    if text.is_empty() {
        return html! { <p class="hint">{ tr!("An empty body: done, and nothing to say.") }</p> };
    }
    body(text)
}

/// JSON over several lines.
fn body(text: &str) -> Html {
    if text.contains(r#"\"Statement\""#) {
        rest::within(|| with_policy(text))
    } else {
        html! { <pre>{ pretty(text) }</pre> }
    }
}

/// The same of a body with a policy in it, which travels as one string: that is read out below it.
fn with_policy(text: &str) -> Html {
    let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(text) else {
        return html! { <pre>{ text }</pre> };
    };
    let (mut shorter, mut policies) = (text.to_owned(), Vec::new());
    for (name, raw) in members {
        let words = serde_json::from_str::<String>(raw.get()).unwrap_or_default();
        if serde_json::from_str::<Map<String, Value>>(&words).is_ok() {
            let length = tr!("… ({count} characters of JSON, below)", count = words.chars().count());
            shorter = shorter.replace(raw.get(), &Value::from(length).to_string());
            policies.push((name, pretty(&words)));
        }
    }
    html! {
        <>
            <pre>{ pretty(&shorter) }</pre>
            { for policies.into_iter().map(|(name, policy)| html! {
                <><p class="part within">{ tr!("{name}, read out of its string", name) }</p><pre>{ policy }</pre></>
            }) }
        </>
    }
}

/// A policy that somebody put in place, or took away.
fn attached(attachment: &Attachment, flow: Html) -> Html {
    let (title, whose) = attaching::phrase(attachment);
    html! {
        <article class="exchange" aria-label={title.clone()}>
            <header><strong>{ title }</strong><span class="who-asks">{ whose }</span></header>
            { for attachment.document.iter().map(|document| html! { <div class="asked-for"><pre>{ &**document }</pre></div> }) }
            { flow }
        </article>
    }
}

/// What was chosen for the world as a whole.
fn chosen(setting: &Setting) -> String {
    match setting {
        Setting::Rules(Rules::Classic) => tr!("From now on, the rules of about 2019").to_owned(),
        Setting::Rules(Rules::Today) => tr!("From now on, the rules of today").to_owned(),
        Setting::Throttling(true) => tr!("From now on, requests are counted").to_owned(),
        Setting::Throttling(false) => tr!("From now on, requests are not counted").to_owned(),
        Setting::Consistency(Consistency::Instant) => tr!("From now on, changes are known at once").to_owned(),
        Setting::Consistency(Consistency::Eventual) => tr!("From now on, changes take minutes to be known").to_owned(),
        Setting::Increase(Increase { account, region, quota, to }) => {
            tr!(
                "Account {account} asks for {quota} of {to} in {region}",
                account,
                quota,
                to = grouped((*to).into()),
                region
            )
        }
    }
}

/// Something behind a key store, which KMS does not see.
fn happened(incident: &Incident) -> Html {
    let title = tr!("Behind the key store");
    html! {
        <article class="exchange" aria-label={format!("{title}: {}", incident.place())}>
            <header><strong>{ &title }</strong><span class="who-asks">{ incident.place().to_owned() }</span></header>
            <ul class="facts"><li>{ incident.text() }</li></ul>
        </article>
    }
}

/// What happened by itself, under what it happened by.
fn passed(title: &str, events: &[Event], nothing: bool, flow: Html) -> Html {
    html! {
        <article class="exchange" aria-label={title.to_owned()}>
            <header><strong class="what-passed">{ title }</strong></header>
            <ul class="facts">
                { for events.iter().map(|event| html! { <li translate="no">{ render::event(event) }</li> }) }
                if nothing { <li>{ tr!("nothing happens") }</li> }
            </ul>
            { flow }
        </article>
    }
}

/// A ciphertext, run by run; every byte is in exactly one.
pub(super) fn bytes(shown: &Shown) -> Html {
    let row = |(nth, run): (usize, &Run)| {
        let (start, length) = (usize::try_from(run.start).ok(), usize::try_from(run.length).ok());
        let stretch = start.zip(length).and_then(|(start, length)| shown.bytes.get(start..start.checked_add(length)?));
        let hex: Vec<String> = stretch.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect();
        html! {
            <tr>
                <th scope="row"><span class={classes!("swatch", format!("tone-{}", nth % 6))} />{ run.name }</th>
                <td class="number">{ places(run) }</td>
                <td class="number">{ run.length }</td>
                <td class="mono">{ hex.join(" ") }</td>
            </tr>
        }
    };
    html! {
        <figure class="exchange bytes-table">
            <figcaption>{ tr!("{bytes} bytes, each under one name", bytes = shown.bytes.len()) }</figcaption>
            <table>
                <thead><tr><th scope="col">{ tr!("part") }</th><th scope="col" class="number">{ tr!("at") }</th><th scope="col" class="number">{ tr!("bytes") }</th><th scope="col">{ tr!("hex") }</th></tr></thead>
                <tbody>{ for shown.runs.iter().enumerate().map(row) }</tbody>
            </table>
        </figure>
    }
}

/// The first and the last byte of a run, counted from 0.
fn places(run: &Run) -> String {
    match run.length {
        0 => "–".to_owned(),
        1 => run.start.to_string(),
        length => format!("{}–{}", run.start, run.start.saturating_add(length - 1)),
    }
}
