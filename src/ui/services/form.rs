//! A request of one's own: the fields come from the operation's table.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::{
    lang::{self, tr},
    services::{
        Operation, SERVICES, Service, ServiceRequest,
        form::{Parameter, ParameterKind},
        tour::Deed,
    },
    ui::{effects, services::Doing},
};

#[derive(PartialEq, Properties)]
pub(super) struct AskingProps {
    /// The service, by its place in the list.
    pub at: usize,
    pub doing: Doing,
}

/// What was typed, by service and parameter: a bucket stays named when another operation is chosen.
type Typed = BTreeMap<(&'static str, &'static str), String>;

/// The operation, its fields, and the button that asks.
#[component]
pub(super) fn Asking(props: &AskingProps) -> Html {
    let chosen = use_state_eq(BTreeMap::<&'static str, &'static str>::new);
    let typed = use_state_eq(Typed::new);
    let Some(service) = SERVICES.get(props.at).copied() else { return Html::default() };
    let operation = chosen.get(service.name).and_then(|name| service.operation(name)).or(service.operations.first());
    let Some(operation) = operation else { return Html::default() };
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |event: Event| {
            let select: Option<HtmlSelectElement> = event.target_dyn_into();
            let name = select.and_then(|select| service.operation(&select.value())).map(|operation| operation.name);
            if let Some(name) = name {
                let mut next = (*chosen).clone();
                next.insert(service.name, name);
                chosen.set(next);
            }
        })
    };
    let put = {
        let typed = typed.clone();
        Callback::from(move |(name, value): (&'static str, String)| {
            let mut next = (*typed).clone();
            next.insert((service.name, name), value);
            typed.set(next);
        })
    };
    let value = |parameter: &Parameter| {
        let own = typed.get(&(service.name, parameter.name)).cloned();
        own.unwrap_or_else(|| example(service, operation, parameter))
    };
    let body = body(operation, &value);
    let ask = {
        let (doing, body) = (props.doing.clone(), body.clone().unwrap_or_default());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let (doing, body) = (doing.clone(), body.clone());
            effects::soon(move || {
                let (store, mut timeline) = (&doing.store, doing.timeline());
                timeline.serve(ServiceRequest {
                    caller: store.acting.clone(),
                    region: store.region,
                    service: service.name.to_owned(),
                    operation: operation.name.to_owned(),
                    body,
                });
                doing.done(timeline);
            });
        })
    };
    let keys = keys(&props.doing);
    html! {
        <form class="asking" onsubmit={ask} aria-label={tr!("Ask the service yourself")}>
            <label class="field">{ tr!("Ask it yourself") }
                <select onchange={choose}>
                    { for service.operations.iter().map(|it| html! {
                        <option value={it.name} selected={it.name == operation.name}>{ it.name }</option>
                    }) }
                </select>
            </label>
            <p class="hint">{ lang::text(operation.about) }</p>
            { for operation.parameters.iter().map(|parameter| field(parameter, &value(parameter), &put)) }
            <datalist id="keys-of-the-world">{ for keys.iter().map(|key| html! { <option value={key.clone()} /> }) }</datalist>
            if let Err(problem) = &body { <p class="problem">{ problem }</p> }
            <button class="btn main" disabled={body.is_err()}>{ tr!("Ask as {acting}", acting = props.doing.store.acting.short_name()) }</button>
        </form>
    }
}

fn field(parameter: &'static Parameter, value: &str, put: &Callback<(&'static str, String)>) -> Html {
    let name = parameter.name;
    let oninput = {
        let put = put.clone();
        Callback::from(move |event: InputEvent| {
            let area = event.target_dyn_into::<HtmlTextAreaElement>().map(|area| area.value());
            let input = || event.target_dyn_into::<HtmlInputElement>().map(|input| input.value());
            put.emit((name, area.or_else(input).unwrap_or_default()));
        })
    };
    let onchange = {
        let put = put.clone();
        Callback::from(move |event: Event| {
            let select = event.target_dyn_into::<HtmlSelectElement>().map(|select| select.value());
            put.emit((name, select.unwrap_or_default()));
        })
    };
    let select = |choices: &[&str]| {
        html! {
            <select {onchange}>
                <option value="" selected={value.is_empty()}>{ tr!("not said") }</option>
                { for choices.iter().map(|it| html! { <option value={it.to_string()} selected={value == *it}>{ it.to_string() }</option> }) }
            </select>
        }
    };
    let value = value.to_owned();
    let input = match parameter.kind {
        ParameterKind::Text => html! { <input type="text" {value} {oninput} spellcheck="false" /> },
        ParameterKind::Key => {
            html! { <input type="text" {value} {oninput} list="keys-of-the-world" spellcheck="false" /> }
        }
        ParameterKind::Number(..) => html! { <input type="text" inputmode="numeric" {value} {oninput} /> },
        ParameterKind::Pairs => {
            html! { <input type="text" {value} {oninput} placeholder={tr!("tenant=7, stage=test")} spellcheck="false" /> }
        }
        ParameterKind::Choice(choices) => select(choices),
        ParameterKind::Flag => select(&["true", "false"]),
        ParameterKind::Bytes | ParameterKind::Policy => {
            html! { <textarea rows="2" {value} {oninput} spellcheck="false" /> }
        }
        ParameterKind::Secret => html! {
            <input type="text" {value} {oninput} placeholder={tr!("32 characters, for example")} spellcheck="false" />
        },
    };
    html! {
        <label class="field" title={lang::text(parameter.about)}>
            <span><span translate="no">{ name }</span>if !parameter.required { <small>{ tr!(" optional") }</small> }</span>
            { input }
        </label>
    }
}

/// What the walk has for a parameter, as a start.
fn example(service: &Service, operation: &Operation, parameter: &Parameter) -> String {
    let value = service.tour.iter().find_map(|next| match next.deed {
        Deed::Ask(name, body) if name == operation.name => {
            serde_json::from_str::<Value>(body).ok()?.get(parameter.name).cloned()
        }
        Deed::Ask(..) | Deed::AskKms(..) | Deed::AskOther(..) | Deed::Wait(_) => None,
    });
    let Some(value) = value else { return String::new() };
    match (&value, parameter.kind) {
        (Value::String(text), ParameterKind::Bytes | ParameterKind::Secret) => {
            let bytes = STANDARD.decode(text).unwrap_or_default();
            String::from_utf8(bytes).unwrap_or_default()
        }
        (Value::String(text), _) => text.clone(),
        (Value::Object(pairs), _) => {
            let pair = |(name, value): (&String, &Value)| format!("{name}={}", value.as_str().unwrap_or_default());
            pairs.iter().map(pair).collect::<Vec<_>>().join(", ")
        }
        (other, _) => other.to_string(),
    }
}

/// The request's body, or what keeps it from being one.
fn body(operation: &Operation, value: &impl Fn(&Parameter) -> String) -> Result<String, String> {
    let mut members = Map::new();
    for parameter in operation.parameters {
        let typed = value(parameter);
        if typed.is_empty() {
            continue;
        }
        let member = match parameter.kind {
            ParameterKind::Text | ParameterKind::Key | ParameterKind::Choice(_) | ParameterKind::Policy => {
                Value::String(typed)
            }
            ParameterKind::Bytes | ParameterKind::Secret => Value::String(STANDARD.encode(typed)),
            ParameterKind::Flag => Value::Bool(typed == "true"),
            ParameterKind::Number(..) => {
                let number: u64 = typed
                    .trim()
                    .parse()
                    .map_err(|_| tr!("{parameter} is a whole number.", parameter = parameter.name))?;
                Value::from(number)
            }
            ParameterKind::Pairs => pairs(&typed)
                .ok_or_else(|| tr!("{parameter} is like tenant=7, stage=test.", parameter = parameter.name))?,
        };
        members.insert(parameter.name.to_owned(), member);
    }
    Ok(Value::Object(members).to_string())
}

fn pairs(typed: &str) -> Option<Value> {
    let pair = |part: &str| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_owned(), Value::from(value.trim())))
    };
    typed.split(',').map(pair).collect::<Option<Map<_, _>>>().map(Value::Object)
}

/// The aliases of the Region, to be picked.
fn keys(doing: &Doing) -> Vec<String> {
    let (world, account) = (doing.store.timeline.world(), doing.store.acting.account());
    world.aliases_in(account, doing.store.region, None).map(|(arn, _)| arn.name.as_str().to_owned()).collect()
}
