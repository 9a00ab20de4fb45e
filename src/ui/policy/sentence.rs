//! The question as a sentence whose parts can be chosen, and the verdict.

use serde_json::{Map, Value};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::{
    arn::KeyArn,
    authz::decision::Decision,
    lang::tr,
    story::question::{self, Question},
    ui::{
        console::pairs::PairsField,
        policy::{Looking, desk::DeskAction, key_name, told, verdict},
        store::Action,
    },
};

pub(super) fn sentence(looking: &Looking<'_>, decisions: &[Decision], chosen: usize) -> Html {
    let (class, sign, words) = match verdict(looking.outcome) {
        Some(verdict) => told(verdict),
        None => ("none", "–", tr!("not decided")),
    };
    html! {
        <header class="sentence">
            <div class="words">
                if let Some(step) = looking.step {
                    { as_recorded(looking, step) }
                } else {
                    { chooser(looking) }
                }
            </div>
            <p class={classes!("tag", "verdict", class)} role="status"><span aria-hidden="true">{ format!("{sign} ") }</span>{ words }</p>
            if decisions.len() > 1 {
                <div class="several" role="group" aria-label={tr!("Permissions")}>
                    { for decisions.iter().enumerate().map(|(at, decision)| {
                        let onclick = super::doing(looking.desk, move || DeskAction::Decision(at));
                        let (_, sign, words) = told(decision.verdict);
                        html! {
                            <button class="btn small" aria-pressed={(at == chosen).to_string()} {onclick}>
                                { tr!("{action} on {decision} {sign} {words}", action = decision.action, decision = resource(looking, decision), sign, words) }
                            </button>
                        }
                    }) }
                </div>
            }
        </header>
    }
}

fn resource(looking: &Looking<'_>, decision: &Decision) -> String {
    match decision.resource.parse::<KeyArn>() {
        Ok(key) => key_name(looking.draft.world(), key),
        Err(_) => decision.resource.clone(),
    }
}

/// The sentence of a step of the history, and the way to ask it now.
fn as_recorded(looking: &Looking<'_>, step: usize) -> Html {
    let Question { caller, operation, key, context } = looking.question;
    let context: Vec<String> = context.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let through = looking.request.forwarding.as_ref().and_then(|it| it.via_service());
    // A service cannot be asked to try again.
    let asks = !matches!(caller, super::Caller::Service { .. });
    let ask = super::asking(looking, looking.question.clone(), None);
    html! {
        <>
            <h1>
                { tr!("{caller} of account {account} wanted ", caller = caller.short_name(), account = caller.account()) }<b>{ format!("kms:{operation}") }</b>
                { tr!(" on {key} of {account}", key = key_name(looking.draft.world(), *key), account = key.account) }
                if !context.is_empty() { { tr!(", with context {context}", context = context.join(", ")) } }
                if let Some(through) = through { { tr!(", through {through}", through) } }
            </h1>
            <p class="hint">{ tr!("As step {step} of the history recorded it. ", step) }
                if asks {
                    <button class="link" onclick={ask}>{ if through.is_some() { tr!("Ask it directly, and try other policies") } else { tr!("Ask it now, and try other policies") } }</button>
                }
            </p>
        </>
    }
}

fn chooser(looking: &Looking<'_>) -> Html {
    let Looking { store, desk, question, .. } = *looking;
    let world = looking.draft.world();
    let callers = world.estate.callers();
    let keys: Vec<KeyArn> = world.keys().map(|key| key.arn).collect();
    let on_caller = {
        let (store, callers) = (store.clone(), callers.clone());
        picked(move |at| callers.get(at).into_iter().for_each(|caller| store.dispatch(Action::ActAs(caller.clone()))))
    };
    let ask = |change: fn(&mut Question, usize, &[KeyArn])| {
        let (desk, question, keys) = (desk.clone(), question.clone(), keys.clone());
        picked(move |at| {
            let mut next = question.clone();
            change(&mut next, at, &keys);
            desk.dispatch(DeskAction::Ask(next));
        })
    };
    let on_operation = ask(|question, at, _| {
        question.operation = question::operations().nth(at).unwrap_or(question.operation);
    });
    let on_key = ask(|question, at, keys| question.key = keys.get(at).copied().unwrap_or(question.key));
    html! {
        <>
            <h1 class="visually-hidden">{ tr!("Policy") }</h1>
            <p>
                <select aria-label={tr!("Who")} onchange={on_caller}>
                    { for callers.iter().map(|caller| html! {
                        <option selected={*caller == question.caller}>{ tr!("{caller} of {account}", caller = caller.short_name(), account = caller.account()) }</option>
                    }) }
                </select>
                { tr!(" wants ") }
                <select aria-label={tr!("Operation")} onchange={on_operation}>
                    { for question::operations().map(|name| html! {
                        <option selected={name == question.operation}>{ format!("kms:{name}") }</option>
                    }) }
                </select>
                { tr!(" on ") }
                <select aria-label={tr!("Key")} onchange={on_key}>
                    { for keys.iter().map(|key| html! {
                        <option selected={*key == question.key}>{ tr!("{key} of {account}", key = key_name(world, *key), account = key.account) }</option>
                    }) }
                </select>
            </p>
            if Question::takes_context(question.operation) { { context(looking) } }
        </>
    }
}

fn context(looking: &Looking<'_>) -> Html {
    let values: Map<String, Value> =
        looking.question.context.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
    let put = {
        let (desk, question) = (looking.desk.clone(), looking.question.clone());
        Callback::from(move |value: Option<Value>| {
            let pairs = value.as_ref().and_then(Value::as_object).into_iter().flatten();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let context = pairs.map(|(name, value)| (name.clone(), text(value))).collect();
            desk.dispatch(DeskAction::Ask(Question { context, ..question.clone() }));
        })
    };
    html! {
        <div class="context" role="group" aria-label={tr!("Encryption context")}>
            <span>{ tr!("with context") }</span>
            <PairsField name="context" {values} {put} />
        </div>
    }
}

/// Tells the place of what was chosen in a list.
fn picked(then: impl Fn(usize) + 'static) -> Callback<Event> {
    Callback::from(move |event: Event| {
        let select: Option<HtmlSelectElement> = event.target_dyn_into();
        select.and_then(|select| usize::try_from(select.selected_index()).ok()).into_iter().for_each(&then);
    })
}
