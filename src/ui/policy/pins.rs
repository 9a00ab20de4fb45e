//! Questions that are asked again whenever a policy changes, and key policies to begin with.

use std::rc::Rc;

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::{
    arn::KeyArn,
    authz::decision::Verdict,
    endpoint::Tracing,
    estate::principal::Caller,
    kms::World,
    lang::{self, tr},
    story::{persona::PERSONAS, question::Question},
    timeline::ask::{Draft, PolicyPlace},
    ui::{
        outcome::breakable,
        policy::{Looking, bare_name, desk::DeskAction, doing, key_name, told, verdict},
        route::Route,
        store::HistoryMode,
    },
};

/// Traffic lights.
pub(super) fn list(looking: &Looking<'_>) -> Html {
    let pins: Vec<Question> = looking.pins.iter().map(|(question, _)| question.clone()).collect();
    let is_pinned = pins.contains(looking.question);
    let with = {
        let (pins, question) = (pins.clone(), looking.question.clone());
        doing(looking.desk, move || {
            let kept = pins.iter().filter(|pin| **pin != question).cloned();
            DeskAction::Pins(if is_pinned { kept.collect() } else { kept.chain([question.clone()]).collect() })
        })
    };
    html! {
        <>
            <h2 class="eyebrow">{ tr!("Pinned questions") }</h2>
            <ul class="pins card">
                { for looking.pins.iter().map(|(question, found)| pin(looking, question, *found)) }
                if pins.is_empty() { <li class="empty">{ tr!("Nothing is pinned. A pinned question is asked again whenever a policy changes.") }</li> }
            </ul>
            <p><button class="link" onclick={with}>{ if is_pinned { tr!("Unpin this question") } else { tr!("Pin this question") } }</button></p>
        </>
    }
}

/// Those that were pinned, or else some to begin with, each with its answer.
pub(super) fn ask(draft: &Draft, pinned: Option<&[Question]>, key: KeyArn) -> Vec<(Question, Option<Verdict>)> {
    let world = draft.world();
    let questions = match pinned {
        Some(pins) => pins.iter().filter(|pin| world.key(&pin.key).is_some()).cloned().collect(),
        None => to_begin_with(world, key),
    };
    let answer = |question: Question| {
        let found = verdict(&draft.explain(&question.request(world), Tracing::Off));
        (question, found)
    };
    questions.into_iter().map(answer).collect()
}

fn to_begin_with(world: &World, key: KeyArn) -> Vec<Question> {
    let callers = world.estate.callers();
    let begin = BEGIN.iter().filter_map(|(name, home, operation)| {
        let caller = callers.iter().find(|it| it.short_name() == *name && (it.account() == key.account) == *home)?;
        let takes = Question::takes_context(operation).then(|| ("tenant".to_owned(), "7".to_owned()));
        Some(Question { caller: caller.clone(), operation, key, context: takes.into_iter().collect() })
    });
    begin.collect()
}

/// Who, whether of the key's account, and what.
const BEGIN: &[(&str, bool, &str)] = &[
    ("role/OrdersApp", true, "GenerateDataKey"),
    ("user/Developer", true, "Decrypt"),
    ("user/KMSKeyAdmin", true, "Encrypt"),
    ("user/KMSKeyAdmin", true, "ScheduleKeyDeletion"),
    ("user/Developer", false, "Decrypt"),
];

fn pin(looking: &Looking<'_>, question: &Question, found: Option<Verdict>) -> Html {
    let world = looking.draft.world();
    let (class, words) = match found {
        Some(verdict) => {
            let (class, _, words) = told(verdict);
            (class, words)
        }
        None => ("none", tr!("not decided")),
    };
    let onclick = super::asking(looking, question.clone(), None);
    let current = *question == *looking.question;
    let Question { caller, operation, key, context } = question;
    let of = (caller.account() != key.account).then(|| tr!("of {account}", account = caller.account()));
    let on = (*key != looking.question.key).then(|| key_name(world, *key));
    let context = context.iter().map(|(name, value)| format!("{name} {value}"));
    let what = of.into_iter().chain(on).chain(context).collect::<Vec<_>>().join(", ");
    html! {
        <li>
            <button {onclick} aria-current={current.then_some("true")}>
                <i class={class} aria-hidden="true"></i>
                <span><b>{ breakable(&bare_name(caller)) }</b>{ " " }{ breakable(operation) }<small>{ what }</small></span>
                <span class={classes!("tag", class)}>{ words }</span>
            </button>
        </li>
    }
}

/// The choice of key policies to begin with.
pub(super) fn presets(looking: &Looking<'_>) -> Html {
    let onchange = {
        let (desk, question, go) = (looking.desk.clone(), looking.question.clone(), looking.go.clone());
        let callers = looking.draft.world().estate.callers();
        Callback::from(move |event: Event| {
            let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else { return };
            let at = usize::try_from(select.selected_index()).ok().and_then(|at| at.checked_sub(1));
            let Some(persona) = at.and_then(|at| PERSONAS.get(at)) else { return };
            select.set_selected_index(0);
            let home = question.key.account;
            let other = callers.iter().map(Caller::account).find(|account| *account != home).unwrap_or(home);
            let (name, elsewhere) = persona.by;
            let who = callers.iter().find(|it| it.short_name() == name && (it.account() != home) == elsewhere);
            let place = PolicyPlace::Key(question.key);
            desk.dispatch(DeskAction::Write(place.clone(), persona.text(&home.to_string(), &other.to_string())));
            desk.dispatch(DeskAction::Open(place));
            desk.dispatch(DeskAction::Begin(lang::text(persona.about)));
            let caller = who.unwrap_or(&question.caller).clone();
            let asked = Question { caller, operation: persona.operation, ..question.clone() };
            go.emit((Route::Asked(Rc::new(asked)), HistoryMode::Push));
        })
    };
    html! {
        <div class="begin">
        <label class="field">{ tr!("Begin with") }
            <select {onchange}>
                <option selected=true>{ tr!("a key policy …") }</option>
                { for PERSONAS.iter().map(|persona| html! { <option>{ lang::text(persona.title) }</option> }) }
            </select>
        </label>
        <p class="hint" role="status">{ looking.desk.about.unwrap_or_default() }</p>
        </div>
    }
}
