//! What can be done to the key that is looked at: each button is a request, made and recorded like any other.

use std::{collections::BTreeMap, rc::Rc};

use serde_json::{Value, json};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    arn::KeyArn,
    endpoint::{Request, Tracing},
    estate::principal::Caller,
    kms::{KeyState, Rotation},
    lang::tr,
    story::{chronicle::Life, errors, question::Question},
    timeline::Timeline,
    ui::{
        rotation::{Looking, desk::DeskAction},
        store::{Action, StoreHandle},
    },
};

/// The buttons for a key, and what KMS said to the last one.
pub(super) fn controls(looking: &Looking<'_>, life: &Life) -> Html {
    let Looking { desk, .. } = *looking;
    let ask = |operation: &'static str, label: &'static str, main: bool, members: Value| {
        let onclick = asking(looking, life, operation, members);
        html! { <button class={classes!("btn", "small", main.then_some("main"))} {onclick}>{ label }</button> }
    };
    let on = matches!(life.key.rotation, Rotation::On { .. });
    let pending = matches!(life.key.state, KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. });
    let number = |text: &str| text.trim().parse::<u32>().ok().map_or(json!(text), |number| json!(number));
    let written = |action: fn(String) -> DeskAction| {
        let desk = desk.clone();
        Callback::from(move |event: InputEvent| {
            let field: Option<HtmlInputElement> = event.target_dyn_into();
            field.into_iter().for_each(|field| desk.dispatch(action(field.value())));
        })
    };
    let strict = {
        let desk = desk.clone();
        Callback::from(move |event: Event| {
            let field: Option<HtmlInputElement> = event.target_dyn_into();
            field.into_iter().for_each(|field| desk.dispatch(DeskAction::Strict(field.checked())));
        })
    };
    html! {
        <div class="controls" role="group" aria-label={tr!("Do something with {life}", life = life.name)}>
            <div class="buttons">
                { ask("GenerateDataKey", tr!("Seal something"), true, json!({ "KeySpec": "AES_256" })) }
                { ask("RotateKeyOnDemand", tr!("Rotate now"), false, json!({})) }
                if life.key.state == KeyState::Disabled {
                    { ask("EnableKey", tr!("Enable key"), false, json!({})) }
                } else {
                    { ask("DisableKey", tr!("Disable key"), false, json!({})) }
                }
            </div>
            <div class="buttons">
                if on {
                    { ask("DisableKeyRotation", tr!("Turn rotation off"), false, json!({})) }
                }
                { ask("EnableKeyRotation", if on { tr!("Change the period") } else { tr!("Turn rotation on") }, false, json!({ "RotationPeriodInDays": number(&desk.period) })) }
                <label class="days"><span>{ tr!("every") }</span>
                    <input type="text" inputmode="numeric" aria-label={tr!("Rotation period in days")} value={desk.period.clone()} oninput={written(DeskAction::Period)} />
                    <span>{ tr!("days") }</span></label>
            </div>
            <div class="buttons">
                if pending {
                    { ask("CancelKeyDeletion", tr!("Cancel the deletion"), false, json!({})) }
                } else {
                    { ask("ScheduleKeyDeletion", tr!("Schedule deletion"), false, json!({ "PendingWindowInDays": number(&desk.waiting) })) }
                    <label class="days"><span>{ tr!("in") }</span>
                        <input type="text" inputmode="numeric" aria-label={tr!("Waiting period in days")} value={desk.waiting.clone()} oninput={written(DeskAction::Waiting)} />
                        <span>{ tr!("days") }</span></label>
                }
            </div>
            <label class="check-label"><input type="checkbox" checked={desk.strict} onchange={strict} />
                { tr!("only as {acting}, even if somebody else may", acting = looking.store.acting.short_name()) }</label>
            { said(looking) }
        </div>
    }
}

/// Makes a request about the key: for whoever acts or, unless that is not wanted, somebody of its account who may.
fn asking(looking: &Looking<'_>, life: &Life, operation: &'static str, members: Value) -> Callback<MouseEvent> {
    let (store, desk, key) = (looking.store.clone(), looking.desk.clone(), life.key.arn);
    Callback::from(move |_: MouseEvent| {
        let caller = if desk.strict { store.acting.clone() } else { whoever_may(&store, operation, key) };
        let mut body = members.clone();
        if let Some(body) = body.as_object_mut() {
            body.insert("KeyId".to_owned(), json!(key.to_string()));
        }
        let mut timeline = Timeline::clone(&store.timeline);
        let outcome = timeline.request(Request::new(caller.clone(), key.region, operation, body.to_string()));
        store.dispatch(Action::Moved(Rc::new(timeline)));
        desk.dispatch(DeskAction::Said(caller, operation, outcome));
    })
}

/// Whoever acts, if KMS would let them; else somebody of the key's account whom it would.
fn whoever_may(store: &StoreHandle, operation: &'static str, key: KeyArn) -> Caller {
    let draft = store.timeline.draft(std::iter::empty());
    let may = |caller: &Caller| {
        let question = Question { caller: caller.clone(), operation, key, context: BTreeMap::new() };
        let outcome = draft.explain(&question.request(draft.world()), Tracing::Off);
        outcome.fault.is_none_or(|fault| fault.kind != "AccessDeniedException")
    };
    let mut others = draft.world().estate.callers();
    others.retain(|caller| caller.account() == key.account);
    // Those who may everything come last.
    others.reverse();
    others.sort_by_key(|caller| matches!(caller, Caller::Root(_)));
    std::iter::once(store.acting.clone()).chain(others).find(may).unwrap_or_else(|| store.acting.clone())
}

/// What KMS answered last, explained where it refused.
fn said(looking: &Looking<'_>) -> Html {
    let Some((caller, operation, outcome)) = &looking.desk.said else {
        return html! { <p class="hint" role="status">{ tr!("Each button is a request, and a step of the history.") }</p> };
    };
    let who = caller.short_name();
    let instead = if *caller == looking.store.acting {
        String::new()
    } else {
        tr!(", because {acting} may not", acting = looking.store.acting.short_name())
    };
    match (&outcome.fault, errors::explain(outcome)) {
        (Some(fault), Some(words)) => html! {
            <div class="said" role="alert">
                <p class="problem">{ tr!("{operation} as {who}: {kind}", operation, who, kind = fault.kind) }</p>
                <p>{ words.meaning }{ " " }{ words.why.replace('`', "") }</p>
                <p class="hint">{ words.remedy }</p>
            </div>
        },
        (Some(_), None) | (None, _) => {
            let happened: Vec<String> = outcome.events.iter().map(|event| event.kind.phrase()).collect();
            let happened = if happened.is_empty() { tr!("done").to_owned() } else { happened.join(", ") };
            html! {
                <p class="said" role="status"><b>{ format!("{operation}: {happened}.") }</b>{ " " }
                    <span class="hint">{ tr!("Asked as {who}{instead}.", who, instead) }</span></p>
            }
        }
    }
}
