//! What the question was made of: the facts, the request, and the record that CloudTrail would keep.

use serde_json::Value;
use yew::prelude::*;

use crate::ui::{
    audit, outcome,
    policy::{Looking, key_name},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Context,
    Audit,
}

const TABS: [(Tab, &str); 2] = [(Tab::Context, "Context"), (Tab::Audit, "Audit")];

pub(super) fn inspector(looking: &Looking<'_>, tab: &UseStateHandle<Tab>) -> Html {
    let button = |(it, name): (Tab, &'static str)| {
        let chosen = tab.clone();
        let onclick = Callback::from(move |_: MouseEvent| chosen.set(it));
        html! { <button aria-pressed={(it == **tab).to_string()} {onclick}>{ name }</button> }
    };
    html! {
        <>
            <div class="tabs" role="group" aria-label="Inspector">{ for TABS.into_iter().map(button) }</div>
            <div class="panel">
                { match **tab {
                    Tab::Context => context(looking),
                    Tab::Audit => records(looking),
                } }
            </div>
        </>
    }
}

/// The facts that a permission can depend on.
fn context(looking: &Looking<'_>) -> Html {
    let question = looking.question;
    let mut facts = vec![
        ("principal", question.caller.to_string()),
        ("of account", question.caller.account().to_string()),
        ("key", key_name(looking.world, question.key)),
        ("key ARN", question.key.to_string()),
        ("Region", looking.request.region.to_string()),
        ("time", looking.outcome.at.to_string()),
    ];
    if let Some(decision) = looking.decision {
        facts.insert(2, ("action", decision.action.to_string()));
        facts.insert(3, ("resource", decision.resource.clone()));
    }
    let pairs = question.context.iter().map(|(name, value)| (format!("encryption context {name}"), value.clone()));
    let fact = |name: String, value: String| html! { <><dt>{ name }</dt><dd class="mono">{ value }</dd></> };
    let body: Value = serde_json::from_str(&looking.request.body).unwrap_or_default();
    html! {
        <>
            <dl class="facts-of-request">
                { for facts.into_iter().map(|(name, value)| fact(name.to_owned(), value)) }
                { for pairs.map(|(name, value)| fact(name, value)) }
            </dl>
            { outcome::message("Request", serde_json::to_string_pretty(&body).unwrap_or_default()) }
        </>
    }
}

fn records(looking: &Looking<'_>) -> Html {
    let records = match looking.step {
        Some(step) => looking.store.timeline.audit(step),
        None => looking.draft.record(looking.request, looking.outcome),
    };
    let about = match looking.step {
        Some(_) => "What CloudTrail keeps of it.",
        None => {
            "What CloudTrail would keep of it. The question is a dry run where KMS has one, so an allowed one ends in its error."
        }
    };
    html! {
        <>
            <p class="hint">{ about }</p>
            { for records.iter().map(|record| outcome::message("Record", audit::record(record))) }
        </>
    }
}
