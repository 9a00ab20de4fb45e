//! One step of the history as the service did it.

use std::rc::Rc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use yew::prelude::*;

use crate::{
    endpoint::frame::operation_of,
    kms::{price::MicroDollars, throttle::Payer},
    lang::{tr, trn},
    services::{FlowStep, KmsCall, flow},
    story::facts,
    timeline::{Input, Step, StepResult},
    ui::{outcome, route::Route, services::result},
};

/// A step; the same one is equal to itself.
#[derive(Clone)]
pub(in crate::ui) struct Shown(pub Rc<Step>);

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(PartialEq, Properties)]
pub(in crate::ui) struct ToldProps {
    /// Counted from 1.
    pub number: usize,
    pub step: Shown,
    /// It is not of the world that the page is in, so nothing in it can be followed.
    #[prop_or_default]
    pub elsewhere: bool,
}

/// Who did what, in order, and what came of it.
#[component]
pub(in crate::ui) fn Told(props: &ToldProps) -> Html {
    let revealed = use_state(|| false);
    let step = &*props.step.0;
    let (class, words) = result(step);
    let secret = step.flow.iter().any(|part| matches!(part, FlowStep::Crypto { .. }));
    let toggle = {
        let revealed = revealed.clone();
        Callback::from(move |_: MouseEvent| revealed.set(!*revealed))
    };
    let title = match &step.input {
        Input::Serve(request) => request.operation.clone(),
        Input::Advance(span) => tr!("{span} later", span = facts::length(*span)),
        Input::Call(_) | Input::Simulate(_) | Input::Attach(_) | Input::Set(_) => step.label(),
    };
    let who = match &step.input {
        Input::Serve(request) => Some((request.caller.to_string(), request.body.clone())),
        Input::Call(request) => Some((request.caller.to_string(), request.body.clone())),
        Input::Advance(_) | Input::Simulate(_) | Input::Attach(_) | Input::Set(_) => None,
    };
    let calls = step.flow.iter().filter(|part| matches!(part, FlowStep::Kms(_))).count();
    let asked = match calls {
        0 => tr!("KMS was not asked.").to_owned(),
        calls => {
            trn!(calls, "KMS was asked once. {costs}", "KMS was asked {calls} times. {costs}", costs = costs(step))
        }
    };
    let mut nth = 0_u32;
    let place = |nth| (!props.elsewhere).then_some((props.number, nth));
    let parts: Vec<Html> = step
        .flow
        .iter()
        .map(|part| {
            if matches!(part, FlowStep::Kms(_)) {
                nth += 1;
            }
            self::part(part, place(nth), *revealed)
        })
        .collect();
    html! {
        <article class="told">
            <header>
                <p class="eyebrow">{ tr!("Step {number}", number = props.number) }</p>
                <div class="row" role="status"><h2>{ title }</h2><span {class}>{ words }</span></div>
                if let Some((who, body)) = who {
                    <p class="hint mono">{ who }</p>
                    <pre class="asked-for">{ readable(&body) }</pre>
                }
                <p class="hint">{ asked }
                    if secret {
                        { tr!(" Secrets are demo material. ") }
                        <button class="link" aria-pressed={revealed.to_string()} onclick={toggle}>{ if *revealed { tr!("hide") } else { tr!("reveal") } }</button>
                    }
                </p>
            </header>
            <ol class="flow-of">{ for parts }</ol>
            { answer(step) }
        </article>
    }
}

/// What the requests of a step cost, and whose quota they count in if they are counted.
fn costs(step: &Step) -> String {
    let price = flow::price(&step.flow);
    let price = if price == MicroDollars(0) {
        tr!("That costs nothing.").to_owned()
    } else {
        tr!("Beyond the free requests of a month, that costs {price}.", price)
    };
    let counted = flow::counted(&step.flow).into_iter().map(|((payer, quota), requests)| {
        let whose = match payer {
            Payer::Account { account, region } => tr!("account {account} in {region}", account, region),
            Payer::Store { region, .. } => tr!("the key store in {region}", region),
        };
        tr!(" Of the quota “{quota}” of {whose} it takes {requests}.", quota, whose, requests)
    });
    price + &counted.collect::<String>()
}

/// `place` is the step of the history and, counted from 1 in it, the call, so that its decision can be opened.
fn part(part: &FlowStep, place: Option<(usize, u32)>, revealed: bool) -> Html {
    match part {
        FlowStep::Kms(call) => kms(call, place),
        FlowStep::Crypto { by, what, step } => html! {
            <li class="seals">
                <details>
                    <summary><b>{ *by }</b>{ format!(" {}", what.text()) }</summary>
                    { outcome::crypto(std::slice::from_ref(step), revealed) }
                </details>
            </li>
        },
        FlowStep::Fact { by, what } => {
            html! { <li class="fact"><b>{ *by }</b>{ format!(" · {}", what.text()) }</li> }
        }
    }
}

fn kms(call: &KmsCall, place: Option<(usize, u32)>) -> Html {
    let operation = operation_of(&call.request.target).unwrap_or_default();
    let body: Value = serde_json::from_str(&call.request.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let keys: Vec<(&str, String)> = [
        (tr!("Key"), text("KeyId")),
        (tr!("From key"), text("SourceKeyId")),
        (tr!("To key"), text("DestinationKeyId")),
    ]
    .into_iter()
    .filter_map(|(label, key)| Some((label, key?)))
    .collect();
    let by_ciphertext = keys.is_empty().then(|| (tr!("Key"), tr!("named by the ciphertext").to_owned()));
    let forwarding = call.request.forwarding.clone().unwrap_or_default();
    let contexts = [
        (tr!("Context"), "EncryptionContext"),
        (tr!("Context before"), "SourceEncryptionContext"),
        (tr!("Context after"), "DestinationEncryptionContext"),
    ]
    .into_iter()
    .flat_map(|(label, member)| {
        let pairs = body.get(member).and_then(Value::as_object).into_iter().flatten();
        pairs.map(move |(name, value)| (label, name, value))
    });
    let grantee = text("GranteePrincipal").or_else(|| text("GranteeServicePrincipal"));
    let operations = body.get("Operations").and_then(Value::as_array).into_iter().flatten();
    let operations: Vec<&str> = operations.filter_map(Value::as_str).collect();
    let constraints = body.get("Constraints").and_then(Value::as_object).into_iter().flatten();
    let bound = constraints.filter_map(|(_, pairs)| pairs.as_object()).flatten();
    let source = body.pointer("/Constraints/SourceArn").and_then(Value::as_str);
    let (class, words) = match &call.outcome.fault {
        None => ("tag allow", tr!("allowed").to_owned()),
        Some(fault) => ("tag deny", fault.kind.to_owned()),
    };
    let grant = call.outcome.decisions.iter().find_map(|decision| decision.granted_by.as_deref());
    let why = place.filter(|_| !call.outcome.decisions.is_empty());
    let href =
        why.map(|(step, call)| Route::Forwarded { step: u32::try_from(step).unwrap_or_default(), call }.to_hash());
    html! {
        <li class="asks">
            <div class="row"><span><b>{ call.by }</b>{ tr!(" asks KMS for {why}", why = call.why.text()) }</span><span {class}>{ words }</span></div>
            <dl>
                <dt>{ tr!("Operation") }</dt><dd class="mono">{ format!("kms:{operation}") }</dd>
                <dt>{ tr!("As") }</dt><dd class="mono">{ call.request.caller.principal() }</dd>
                if !forwarding.services.is_empty() {
                    <dt>{ tr!("Through") }</dt><dd class="mono">{ forwarding.services.join(" → ") }</dd>
                }
                if let Some(arn) = &forwarding.source_arn { <dt>{ tr!("For") }</dt><dd class="mono">{ arn.to_string() }</dd> }
                { for keys.into_iter().chain(by_ciphertext).map(|(label, key)| html! { <><dt>{ label }</dt><dd class="mono">{ key }</dd></> }) }
                { for contexts.map(|(label, name, value)| html! {
                    <><dt>{ label }</dt><dd class="mono">{ format!("{name} = {}", value.as_str().unwrap_or_default()) }</dd></>
                }) }
                if let Some(grantee) = grantee { <dt>{ tr!("Grantee") }</dt><dd class="mono">{ grantee }</dd> }
                if !operations.is_empty() { <dt>{ tr!("May") }</dt><dd class="mono">{ operations.join(", ") }</dd> }
                { for bound.map(|(name, value)| html! {
                    <><dt>{ tr!("Only with") }</dt><dd class="mono">{ format!("{name} = {}", value.as_str().unwrap_or_default()) }</dd></>
                }) }
                if let Some(source) = source { <dt>{ tr!("Only for") }</dt><dd class="mono">{ source.to_owned() }</dd> }
                if let Some(grant) = grant { <dt>{ tr!("Grant") }</dt><dd class="mono">{ grant.get(..12).unwrap_or(grant).to_owned() }{ "…" }</dd> }
            </dl>
            if let Some(message) = call.outcome.fault.as_ref().and_then(|fault| fault.message.clone()) {
                <p class="problem">{ message }</p>
            }
            if let Some(href) = href { <a class="link" {href}>{ tr!("Why, in Policy") }</a> }
        </li>
    }
}

/// What services did in a step that is not one of the history, and the answer.
pub(crate) fn outside_history(step: &Step) -> Html {
    html! {
        <>
            if !step.flow.is_empty() {
                <ol class="flow-of">{ for step.flow.iter().map(|part| self::part(part, None, false)) }</ol>
            }
            { answer(step) }
        </>
    }
}

/// What the service answered.
fn answer(step: &Step) -> Html {
    let StepResult::Served(answer) = &step.result else { return Html::default() };
    match &**answer {
        Ok(answer) => {
            html! { <section class="came"><p class="part">{ tr!("The answer") }</p><pre tabindex="0" role="group" aria-label={tr!("The answer, as JSON")}>{ readable(&answer.to_string()) }</pre></section> }
        }
        Err(error) => html! {
            <section class="came">
                <p class="part">{ tr!("What its user sees") }</p>
                <div class="failure"><p class="kind">{ format!("{} {}", error.status, error.code) }</p><p class="said mono">{ &error.message }</p></div>
            </section>
        },
    }
}

/// JSON over several lines, bytes that are text as that text.
pub(crate) fn readable(body: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    read_out("", &mut value);
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

fn read_out(name: &str, value: &mut Value) {
    match (name, &mut *value) {
        (_, Value::Object(members)) => members.iter_mut().for_each(|(name, value)| read_out(name, value)),
        (_, Value::Array(values)) => values.iter_mut().for_each(|value| read_out("", value)),
        ("Body" | "Data" | "Value", Value::String(text)) => {
            let bytes = STANDARD.decode(text).unwrap_or_default();
            if let Ok(words) = String::from_utf8(bytes) {
                // Records of CloudTrail, for example, are JSON themselves.
                let is_json = words.starts_with(['{', '[']);
                *value = serde_json::from_str(&words).ok().filter(|_| is_json).unwrap_or_else(|| Value::from(words));
            }
        }
        ("SSECustomerKey", _) => *value = Value::from(outcome::MASK),
        (_, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {}
    }
}
