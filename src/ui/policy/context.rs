//! What the question was made of: every condition key that the request has, and those that policies ask for in vain.

use std::collections::BTreeMap;

use serde_json::Value;
use yew::prelude::*;

use crate::{
    authz::decision::{Decision, StatementReport},
    lang::tr,
    story::origin::Origin,
    ui::{
        outcome,
        policy::{Looking, key_name},
    },
};

pub(super) fn facts(looking: &Looking<'_>) -> Html {
    let body: Value = serde_json::from_str(&looking.request.body).unwrap_or_default();
    html! {
        <>
            if let Some(decision) = looking.decision {
                { of_decision(looking, decision) }
            } else {
                <p class="empty">{ tr!("No permission was decided, so no condition key was looked at.") }</p>
            }
            { outcome::message("Request", serde_json::to_string_pretty(&body).unwrap_or_default()) }
        </>
    }
}

fn of_decision(looking: &Looking<'_>, decision: &Decision) -> Html {
    let key = looking.question.key;
    let group = |origin: Origin| {
        let facts = decision.context.facts().iter().filter(|fact| Origin::of(&fact.key) == origin);
        let rows: Vec<Html> = facts.map(|fact| row(&fact.key, values(fact.value.values()))).collect();
        if rows.is_empty() {
            return Html::default();
        }
        html! {
            <section>
                <h2>{ origin.title() }<small>{ format!(" {}", origin.source()) }</small></h2>
                <dl class="facts-of-request">{ rows }</dl>
            </section>
        }
    };
    let absent = absent(decision);
    html! {
        <div class="context-keys">
            <dl class="facts-of-request">
                { row("action", text(&decision.action)) }
                { row("resource", text(&format!("{} ({})", decision.resource, key_name(looking.world, key)))) }
            </dl>
            <section>
                <h2>{ tr!("Asked for, and absent") }<small>{ tr!(" in the policies that were looked at") }</small></h2>
                if absent.is_empty() {
                    <p class="hint">{ tr!("Every condition key that a policy asks for is in the request.") }</p>
                } else {
                    <dl class="facts-of-request absent">
                        { for absent.into_iter().map(|(name, by)| row(&name, text(&tr!("absent; asked for by {by}", by = by.join(", "))))) }
                    </dl>
                }
            </section>
            { for Origin::ALL.into_iter().map(group) }
        </div>
    }
}

fn row(name: &str, value: Html) -> Html {
    html! { <><dt class="mono">{ name.to_owned() }</dt><dd>{ value }</dd></> }
}

fn text(text: &str) -> Html {
    html! { { text.to_owned() } }
}

fn values(values: &[std::sync::Arc<str>]) -> Html {
    match values {
        [] => html! { <span class="hint">{ tr!("an empty list") }</span> },
        [one] if one.is_empty() => html! { <span class="hint">{ tr!("an empty text") }</span> },
        values => html! { <span class="mono">{ values.join(", ") }</span> },
    }
}

/// Condition keys of statements, and of variables in their values, that the request lacks, with the statements.
fn absent(decision: &Decision) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for statement in decision.checks.iter().flat_map(|check| &check.statements) {
        for condition in &statement.conditions {
            let own = condition.got.is_none().then(|| condition.key.to_string());
            let variables = condition.want.iter().flat_map(|want| variables(want));
            let missing = |name: &String| decision.context.get(&name.to_ascii_lowercase()).is_none();
            for name in own.into_iter().chain(variables.filter(missing)) {
                let by = found.entry(name).or_default();
                let who = named(statement);
                if !by.contains(&who) {
                    by.push(who);
                }
            }
        }
    }
    found
}

/// For example `aws:username` of `home-${aws:username}`. What stands for a sign of its own, such as `${*}`, names none.
fn variables(value: &str) -> Vec<String> {
    let names = value.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    let names = names.map(|name| name.split(',').next().unwrap_or_default().trim());
    names.filter(|name| name.contains(':')).map(str::to_owned).collect()
}

fn named(statement: &StatementReport) -> String {
    let number = statement.index.saturating_add(1);
    let name = statement.sid.as_deref().map_or_else(|| tr!("statement {number}", number), str::to_owned);
    tr!("{name} of {source}", name, source = outcome::named(&statement.source))
}
