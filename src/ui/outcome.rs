//! The parts of an outcome, drawn once for every view that shows them.

use serde_json::Value;
use yew::prelude::*;

use crate::{
    authz::decision::{
        CheckReport, ConditionReport, Decision, ElementReport, GrantFinding, GrantReport, Source, StatementReport,
        Verdict,
    },
    crypto::step::{CryptoStep, Field, Sensitivity},
    endpoint::{
        Outcome,
        model::{self, Member, Structure},
        render,
    },
    lang::{self, tr},
    ops::stage::{StageRecord, StageResult},
    story::errors::Explained,
    ui::{effects, route::Route},
};

/// What stands in place of a secret.
pub(super) const MASK: &str = "••••••••";

/// The eleven stages, each with how it ended and what it found out.
pub(super) fn stages(records: &[StageRecord]) -> Html {
    let row = |record: &StageRecord| {
        let (class, sign, words) = match record.result {
            StageResult::Passed => ("passed", "✓", tr!("passed")),
            StageResult::Refused => ("refused", "✕", tr!("refused")),
            StageResult::Skipped => ("skipped", "–", tr!("not reached")),
        };
        html! {
            <li {class}>
                <span class="sign" aria-hidden="true">{ sign }</span><b>{ lang::text(record.stage.name()) }</b>
                <span class="visually-hidden">{ words }</span><span class="note">{ &record.note }</span>
            </li>
        }
    };
    html! { <ol class="stages">{ for records.iter().map(row) }</ol> }
}

/// A text to be read and copied.
pub(super) fn message(name: &'static str, text: String) -> Html {
    html! {
        <div class="card">
            <div class="row"><b>{ name }</b><Copy text={text.clone()} what={name} /></div>
            <pre tabindex="0" role="group" aria-label={tr!("{name}, text to copy", name)}>{ text }</pre>
        </div>
    }
}

/// An error in three sentences.
pub(super) fn explained(outcome: &Outcome, words: &Explained) -> Html {
    let Some(fault) = &outcome.fault else { return Html::default() };
    html! {
        <div class="failure">
            <p class="kind">{ fault.kind }</p>
            if let Some(message) = &fault.message { <p class="said mono">{ message }</p> }
            <p><b>{ tr!("What it means. ") }</b>{ words.meaning }</p>
            <p><b>{ tr!("Why here. ") }</b>{ with_code(&words.why) }</p>
            <p><b>{ tr!("What to do. ") }</b>{ words.remedy }</p>
        </div>
    }
}

/// Words with `code` between backticks.
pub(super) fn with_code(words: &str) -> Html {
    let piece = |(at, piece): (usize, &str)| {
        if at % 2 == 1 {
            html! { <code>{ piece }</code> }
        } else {
            html! { piece }
        }
    };
    html! { <>{ for words.split('`').enumerate().map(piece) }</> }
}

/// A name that may break before its capitals, such as `GenerateDataKey`.
pub(super) fn breakable(name: &str) -> Html {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, letter) in name.char_indices().skip(1) {
        if letter.is_ascii_uppercase()
            && name.get(..at).is_some_and(|before| before.ends_with(|c: char| c.is_ascii_lowercase() || c == ':'))
        {
            parts.push(name.get(start..at).unwrap_or_default());
            start = at;
        }
    }
    parts.push(name.get(start..).unwrap_or_default());
    let part = |(at, part): (usize, &str)| html! { <>if at > 0 { <wbr /> }{ part }</> };
    html! { <span translate="no">{ for parts.into_iter().enumerate().map(part) }</span> }
}

/// Every permission that was decided, with every statement that was looked at, and the way to `step` in the policy view.
pub(super) fn decisions(decisions: &[Decision], step: usize) -> Html {
    if decisions.is_empty() {
        return html! { <p class="empty">{ tr!("No permission was decided: the request was refused before, or needs none.") }</p> };
    }
    // Without a handler: the browser follows it, and the page follows the browser.
    let href = Route::Policy { step: u32::try_from(step).ok() }.to_hash();
    html! { <><p><a class="link" {href}>{ tr!("Open in Policy") }</a></p>{ for decisions.iter().map(decision) }</> }
}

/// One permission that was decided, with every statement that was looked at.
pub(super) fn decision(decision: &Decision) -> Html {
    let class = match decision.verdict {
        Verdict::Allowed => "tag allow",
        Verdict::ImplicitlyDenied => "tag implicit",
        Verdict::ExplicitlyDenied => "tag deny",
    };
    html! {
        <div class="card decision">
            <div class="row"><b>{ decision.action.to_string() }</b><span {class}>{ lang::text(render::verdict(decision.verdict)) }</span></div>
            <p class="hint mono">{ &decision.resource }</p>
            { for decision.lags.iter().map(|lag| html! { <p class="hint">{ render::lag(lag) }</p> }) }
            <ol>{ for decision.checks.iter().map(|report| check(report, decision)) }</ol>
        </div>
    }
}

fn check(report: &CheckReport, decision: &Decision) -> Html {
    let decided = report.check == decision.decided_by;
    html! {
        <li class={classes!("check-of", decided.then_some("decided"))}>
            <div class="row">
                <span>{ lang::text(render::check(report.check)) }if decided { <b>{ tr!(" decided") }</b> }</span>
                <span class="hint">{ lang::text(render::check_result(report.result)) }</span>
            </div>
            { for report.statements.iter().map(statement) }
            { for report.grants.iter().map(grant) }
            if report.more_grants > 0 {
                <p class="hint">{ tr!("and {more_grants} more grants, to others", more_grants = report.more_grants) }</p>
            }
        </li>
    }
}

/// Each part of a grant, and what did not fit.
fn grant(report: &GrantReport) -> Html {
    let id = report.grant.to_string();
    let name = report.name.as_deref().or(id.get(..8)).unwrap_or_default();
    let part = |found: &GrantFinding| {
        let part = lang::text(render::grant_part(found.part));
        let got = (!found.matched)
            .then(|| tr!("{part}: the grant has {want}, the request {got}", part, want = found.want, got = found.got));
        html! { <>{ fit(part, found.matched) }if let Some(got) = got { <div class="hint">{ got }</div> }</> }
    };
    html! {
        <div class={classes!("statement", report.matched.then_some("matched"))}>
            <b title={id.clone()}>{ tr!("grant {name}", name) }</b>
            <div>
                { for report.findings.iter().map(part) }
                if report.delegates { <span class="hint">{ tr!("leaves it to the account's own policies") }</span> }
            </div>
        </div>
    }
}

/// Where a statement stands, in the language of the page.
pub(super) fn named(source: &Source) -> String {
    let Source { check, policy, level } = source;
    match (policy, level) {
        (Some(policy), Some(level)) => tr!("policy {policy} of {level}", policy, level),
        (Some(policy), None) => tr!("policy {policy}", policy),
        (None, _) => lang::text(render::check(*check)).to_owned(),
    }
}

/// Whether one part of a statement or grant fits.
fn fit(name: &str, fits: bool) -> Html {
    let (class, sign, words) = if fits { ("fits", "✓", tr!("fits")) } else { ("fails", "✕", tr!("does not fit")) };
    html! {
        <span {class}>
            <span aria-hidden="true">{ sign }</span>{ format!(" {name} ") }<span class="visually-hidden">{ words }</span>
        </span>
    }
}

/// What a condition asks for, and what the request has where that does not fit.
fn condition(report: &ConditionReport) -> Html {
    let got = match &report.got {
        None => tr!("the request has none").to_owned(),
        Some(got) => tr!("the request has {values}", values = got.values().join(", ")),
    };
    html! {
        <>
            { fit(&report.key, report.matched) }
            if !report.matched {
                <div class="hint">{ format!("{} {}; {got}", report.operator, report.want.join(", ")) }</div>
            }
        </>
    }
}

fn statement(statement: &StatementReport) -> Html {
    let effect = if statement.allows { "Allow" } else { "Deny" };
    let number = || tr!("statement {index}", index = statement.index.saturating_add(1));
    let name = statement.sid.as_deref().map_or_else(number, str::to_owned);
    let part = |name: &str, report: &ElementReport| {
        let name = if report.negated { tr!("not {name}", name) } else { name.to_owned() };
        fit(&name, report.matched)
    };
    html! {
        <div class={classes!("statement", statement.matched.then_some("matched"))}>
            <b>{ name }</b>{ tr!(" {effect}, in {source}", effect, source = named(&statement.source)) }
            <div>
                { for statement.principal.iter().map(|report| part(tr!("principal"), report)) }
                { part(tr!("action"), &statement.action) }
                { part(tr!("resource"), &statement.resource) }
                { for statement.conditions.iter().map(condition) }
                if statement.delegates { <span class="hint">{ tr!("leaves it to the account's own policies") }</span> }
            </div>
        </div>
    }
}

/// What was drawn, derived, sealed and opened.
pub(super) fn crypto(steps: &[CryptoStep], revealed: bool) -> Html {
    if steps.is_empty() {
        return html! { <p class="empty">{ tr!("No key material was used.") }</p> };
    }
    let field = |field: &Field| {
        let secret = field.sensitivity == Sensitivity::Secret;
        let bytes = if secret && !revealed { MASK.to_owned() } else { short_hex(&field.bytes) };
        html! {
            <li><span>{ field.name }{ format!(" · {}", field.bytes.len()) }if secret { <span class="tag secret">{ tr!("secret") }</span> }</span><code>{ bytes }</code></li>
        }
    };
    let step = |step: &CryptoStep| {
        let (class, words) = if step.succeeded { ("tag none", tr!("done")) } else { ("tag deny", tr!("refused")) };
        html! {
            <div class="card crypto">
                <div class="row"><b>{ format!("{}, {}", lang::text(render::step(step.kind)), step.algorithm) }</b><span {class}>{ words }</span></div>
                <ul>{ for step.inputs.iter().map(field) }</ul>
                if !step.outputs.is_empty() { <p class="hint">{ tr!("makes") }</p><ul>{ for step.outputs.iter().map(field) }</ul> }
            </div>
        }
    };
    html! { <>{ for steps.iter().map(step) }</> }
}

/// So many bytes are shown of a field.
const SHOWN: usize = 24;

pub(super) fn short_hex(bytes: &[u8]) -> String {
    match bytes.get(..SHOWN) {
        Some(start) if bytes.len() > SHOWN => format!("{} …", hex(start)),
        _ => hex(bytes),
    }
}

/// JSON over several lines, members that the model calls secret masked; and whether there were any. What is no JSON
/// stays as it is.
pub(super) fn body(text: &str, structure: Option<&Structure>, revealed: bool) -> (String, bool) {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return (text.to_owned(), false) };
    let secret = structure.is_some_and(|structure| mask(&mut value, structure, revealed));
    (serde_json::to_string_pretty(&value).unwrap_or_default(), secret)
}

fn mask(value: &mut Value, structure: &Structure, revealed: bool) -> bool {
    let Some(members) = value.as_object_mut() else { return false };
    let mut found = false;
    for (name, value) in members {
        found |= match structure.members.get(name) {
            Some(Member::Plain(shape)) if shape.sensitive => {
                if !revealed {
                    *value = MASK.into();
                }
                true
            }
            Some(Member::Reference { structure }) => {
                model::structure(structure).is_some_and(|structure| mask(value, structure, revealed))
            }
            Some(Member::Plain(_)) | None => false,
        };
    }
    found
}

#[derive(PartialEq, Properties)]
pub(super) struct CopyProps {
    pub text: String,
    pub what: AttrValue,
}

/// A button that copies, and says whether it did.
#[component]
pub(super) fn Copy(props: &CopyProps) -> Html {
    let copied = use_state(|| None::<(String, bool)>);
    let onclick = {
        let (copied, text) = (copied.clone(), props.text.clone());
        Callback::from(move |_: MouseEvent| {
            let (copied, copy) = (copied.clone(), text.clone());
            effects::copy(text.clone(), Callback::from(move |done| copied.set(Some((copy.clone(), done)))));
        })
    };
    let said = copied.as_ref().filter(|(text, _)| *text == props.text).map(|(_, done)| *done);
    let label = match said {
        None => tr!("Copy"),
        Some(true) => tr!("Copied"),
        Some(false) => tr!("Not allowed"),
    };
    html! { <button class="btn small" {onclick} aria-label={format!("{label}: {}", props.what)}>{ label }</button> }
}

/// For example `01 af`.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
