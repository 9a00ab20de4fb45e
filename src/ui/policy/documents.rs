//! The policies that have a say, to be read and written. What of their text matched is marked.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use js_sys::Function;
use serde_json::json;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    arn::AccountId,
    authz::decision::{Check, CheckResult, Source, SourceSpan, StatementReport, Verdict},
    endpoint::{Request, Tracing},
    estate::{
        attachment::{Attachment, Place},
        principal::Caller,
    },
    kms::World,
    lang::tr,
    story::{question::Question, vocabulary},
    timeline::{Timeline, ask::PolicyPlace},
    ui::{
        editor::{Editor, Mark, MarkClass, Words},
        policy::{
            Looking,
            desk::DeskAction,
            doing, layers,
            path::{deciding, parts, says_something},
        },
        store::Action,
    },
};

/// Where a statement's policy stands, if it is one that can be written.
pub(super) fn place_of(source: &Source, looking: &Looking<'_>) -> Option<PolicyPlace> {
    let question = looking.question;
    if source.check == Check::KeyPolicy {
        return Some(PolicyPlace::Key(question.key));
    }
    let attached = looking.world.estate.bearing_on(&question.caller, question.key.account);
    let found = attached.into_iter().find(|(place, attached)| {
        let level = |account: &Option<AccountId>| {
            let name = account.map_or("root".to_owned(), |account| account.to_string());
            source.level.as_deref() == Some(&*name)
        };
        let there = match (source.check, place) {
            (Check::IdentityPolicies, Place::User(..) | Place::Role(..) | Place::Group(..))
            | (Check::Boundary, Place::UserBoundary(..) | Place::RoleBoundary(..))
            | (Check::SessionPolicy, Place::Session(..))
            | (Check::Endpoint, Place::Endpoint(_)) => true,
            (Check::ServiceControl, Place::ServiceControl(account))
            | (Check::ResourceControl, Place::ResourceControl(account)) => level(account),
            _ => false,
        };
        there && source.policy.as_ref() == Some(&attached.name)
    });
    found.map(|(place, attached)| PolicyPlace::Attached { place, name: attached.name.clone() })
}

/// Every policy that is asked, with its name and its text in `world`.
fn all(world: &World, question: &Question) -> Vec<(PolicyPlace, String, String)> {
    let key = world
        .key(&question.key)
        .map(|key| (PolicyPlace::Key(question.key), tr!("key policy").to_owned(), key.policy.text().to_owned()));
    let others =
        world.estate.bearing_on(&question.caller, question.key.account).into_iter().map(|(place, attached)| {
            let place = PolicyPlace::Attached { place, name: attached.name.clone() };
            let name = name_of(&place);
            (place, name, attached.policy.text().to_owned())
        });
    key.into_iter().chain(others).collect()
}

pub(super) fn name_of(place: &PolicyPlace) -> String {
    let PolicyPlace::Attached { place, name } = place else { return tr!("key policy").to_owned() };
    match place {
        Place::User(..) | Place::Role(..) => name.to_string(),
        Place::Group(_, group) => tr!("{name} of {group}", name, group),
        Place::UserBoundary(..) | Place::RoleBoundary(..) => "boundary".to_owned(),
        Place::Session(..) => tr!("session policy").to_owned(),
        Place::Endpoint(_) => tr!("VPC endpoint").to_owned(),
        Place::ServiceControl(None) => tr!("SCP {name} of root", name),
        Place::ServiceControl(Some(account)) => tr!("SCP {name} of {account}", name, account),
        Place::ResourceControl(None) => tr!("RCP {name} of root", name),
        Place::ResourceControl(Some(account)) => tr!("RCP {name} of {account}", name, account),
    }
}

/// Every document that is shown: those that are asked, those that the question is asked without, and a new one that is
/// no policy yet and open.
fn shown(looking: &Looking<'_>) -> Vec<(PolicyPlace, String, String)> {
    let mut there = all(looking.world, looking.question);
    if looking.step.is_none() {
        let drafts = &looking.desk.drafts;
        let taken = all(looking.store.timeline.world(), looking.question);
        there.extend(taken.into_iter().filter(|(place, ..)| drafts.get(place).is_some_and(Option::is_none)));
        let open = looking.desk.open.iter().filter(|open| there.iter().all(|(place, ..)| place != *open));
        let new: Vec<_> =
            open.filter_map(|open| Some((open.clone(), name_of(open), drafts.get(open)?.clone()?))).collect();
        there.extend(new);
    }
    there
}

/// The text that the answer is about.
pub(super) fn evaluated(looking: &Looking<'_>, place: &PolicyPlace) -> String {
    let found = all(looking.world, looking.question).into_iter().find(|(other, ..)| other == place);
    found.map(|(.., text)| text).unwrap_or_default()
}

/// The document that is open: the chosen one, or the one with the statement that matters most.
pub(super) fn open(looking: &Looking<'_>) -> PolicyPlace {
    let there = shown(looking);
    let chosen = looking.desk.open.clone().filter(|place| there.iter().any(|(other, ..)| other == place));
    chosen.unwrap_or_else(|| {
        let report = looking.decision.and_then(|decision| decision.checks.get(deciding(decision)));
        let source = report.and_then(|report| {
            let matched = report.statements.iter().find(|it| it.matched).or(report.statements.first());
            let fallback = (report.check == Check::IdentityPolicies).then_some(()).and(there.get(1));
            matched.and_then(|it| place_of(&it.source, looking)).or(fallback.map(|(place, ..)| place.clone()))
        });
        source.unwrap_or(PolicyPlace::Key(looking.question.key))
    })
}

pub(super) fn documents(looking: &Looking<'_>, library: Option<Function>) -> Html {
    let there = shown(looking);
    let place = open(looking);
    let stored = there.iter().find(|(other, ..)| *other == place).map(|(.., text)| text.clone()).unwrap_or_default();
    let recorded = looking.step.is_some();
    let draft = looking.desk.drafts.get(&place).filter(|_| !recorded).cloned();
    let without = draft.as_ref().is_some_and(Option::is_none);
    let read_only = recorded || without;
    let text = draft.clone().flatten().unwrap_or_else(|| stored.clone());
    let findings = Timeline::check_policy(&text, &place);
    // What is asked is the last text that is a policy.
    let broken = evaluated(looking, &place) != text;
    let (marks, statements) = if broken { Default::default() } else { marks(looking, &place) };
    let on_change = {
        let (desk, place, original) = (looking.desk.clone(), place.clone(), original(looking, &place));
        Callback::from(move |text: String| {
            let same = original.as_deref() == Some(&text);
            let place = place.clone();
            desk.dispatch(if same { DeskAction::Discard(place) } else { DeskAction::Write(place, text) });
        })
    };
    let on_point = {
        let desk = looking.desk.clone();
        Callback::from(move |mark: Option<usize>| {
            desk.dispatch(DeskAction::Point(mark.and_then(|mark| statements.get(mark).copied())));
        })
    };
    let tab = |(other, name, _): &(PolicyPlace, String, String)| {
        let on = *other == place;
        let draft = looking.desk.drafts.get(other).filter(|_| !recorded);
        let (edited, without) = (draft.is_some_and(Option::is_some), draft.is_some_and(Option::is_none));
        let target = other.clone();
        let onclick = doing(looking.desk, move || DeskAction::Open(target.clone()));
        html! {
            <button class={classes!(without.then_some("without"))} aria-pressed={on.to_string()} {onclick}>
                { name }if without { <span class="visually-hidden">{ tr!(" left out") }</span> }
                if edited { <span title={tr!("edited")}>{ " •" }<span class="visually-hidden">{ tr!(" edited") }</span></span> }</button>
        }
    };
    let label = there.iter().find(|(other, ..)| *other == place).map(|(_, name, _)| name.clone()).unwrap_or_default();
    let places: Vec<PolicyPlace> = there.iter().map(|(place, ..)| place.clone()).collect();
    let leave_out = {
        let place = place.clone();
        doing(looking.desk, move || DeskAction::Without(place.clone()))
    };
    html! {
        <div class="source">
            <div class="papers">
                <div role="group" aria-label={tr!("Policies")}>{ for there.iter().map(tab) }</div>
                if !recorded { { layers::adding(looking, &places) } }
            </div>
            <Editor key={format!("{place:?}")} {label} value={text.clone()} {read_only} findings={Rc::from(findings)} marks={Rc::from(marks)}
                lit={looking.desk.lit.filter(|_| !broken)} words={looking.words.clone()} {on_change} {on_point} {library} />
            if let Some(draft) = draft {
                { unsaved(looking, &place, draft.as_deref(), broken) }
            } else if !recorded && matches!(place, PolicyPlace::Attached { .. }) {
                <p class="unsaved"><button class="link" onclick={leave_out}>{ tr!("Ask without this policy") }</button></p>
            }
        </div>
    }
}

/// The text that is in the world, without any draft.
fn original(looking: &Looking<'_>, place: &PolicyPlace) -> Option<String> {
    let found = all(looking.store.timeline.world(), looking.question).into_iter().find(|(other, ..)| other == place);
    found.map(|(.., text)| text)
}

/// What can be done with an edited policy.
fn unsaved(looking: &Looking<'_>, place: &PolicyPlace, text: Option<&str>, broken: bool) -> Html {
    let discard = {
        let place = place.clone();
        doing(looking.desk, move || DeskAction::Discard(place.clone()))
    };
    let said = looking.desk.said.as_ref().filter(|(of, _)| of == place).map(|(_, words)| words.clone());
    let (label, save) = match place {
        PolicyPlace::Key(_) => {
            let putter = looking.putter.clone();
            let label = tr!("Put it on the key, as {putter}", putter = putter.short_name());
            (label, put(looking, place, text.unwrap_or_default(), putter))
        }
        PolicyPlace::Attached { place: at, name } => {
            let attachment = Attachment { place: at.clone(), name: name.clone(), document: text.map(Arc::from) };
            let label = if text.is_some() { tr!("Save it") } else { tr!("Take it away") };
            (label.to_owned(), attach(looking, place, attachment))
        }
    };
    let on_bypass = {
        let desk = looking.desk.clone();
        Callback::from(move |event: Event| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            input.iter().for_each(|input| desk.dispatch(DeskAction::Bypass(input.checked())));
        })
    };
    html! {
        <div class="unsaved">
            <p class="hint" role="status">{ match (text, broken) {
                (None, _) => tr!("Left out: the answers are those without it. It is still there."),
                (Some(_), true) => tr!("A draft that is no policy yet: the answers are still those without it."),
                (Some(_), false) => tr!("A draft: the answers are those it would give. All is still as it was."),
            } }</p>
            { for said.map(|said| html! { <p class="problem" role="alert">{ said }</p> }) }
            <div class="row">
                <button class="btn small main" onclick={save}>{ label }</button>
                <button class="btn small" onclick={discard}>{ if text.is_some() { tr!("Discard") } else { tr!("Ask with it") } }</button>
                if matches!(place, PolicyPlace::Key(_)) {
                    <label class="check-label"><input type="checkbox" checked={looking.desk.bypass} onchange={on_bypass} />{ tr!("skip the lockout check") }</label>
                }
            </div>
        </div>
    }
}

/// Somebody of the key's account who may put its policy now; else whoever acts.
pub(super) fn putter(timeline: &Timeline, question: &Question) -> Caller {
    let present = timeline.draft(std::iter::empty());
    let may = |caller: &Caller| {
        let question = Question { caller: caller.clone(), operation: "PutKeyPolicy", ..question.clone() };
        let outcome = present.explain(&question.request(present.world()), Tracing::Off);
        super::verdict(&outcome) == Some(Verdict::Allowed)
    };
    let mut of_account = present.world().estate.callers();
    of_account.retain(|caller| caller.account() == question.key.account);
    std::iter::once(question.caller.clone()).chain(of_account).find(may).unwrap_or_else(|| question.caller.clone())
}

fn put(looking: &Looking<'_>, place: &PolicyPlace, text: &str, putter: Caller) -> Callback<MouseEvent> {
    let (store, desk, key) = (looking.store.clone(), looking.desk.clone(), looking.question.key);
    let (place, bypass) = (place.clone(), looking.desk.bypass);
    let body = json!({"KeyId": key.to_string(), "Policy": text, "BypassPolicyLockoutSafetyCheck": bypass}).to_string();
    Callback::from(move |_: MouseEvent| {
        let mut timeline = Timeline::clone(&store.timeline);
        let request = Request::new(putter.clone(), key.region, "PutKeyPolicy", body.clone());
        let outcome = timeline.request(request);
        store.dispatch(Action::Moved(Rc::new(timeline)));
        desk.dispatch(match &outcome.fault {
            None => DeskAction::Discard(place.clone()),
            Some(fault) => {
                let message = fault.message.as_deref().unwrap_or_default();
                DeskAction::Said(place.clone(), tr!("KMS refused it: {kind}: {message}", kind = fault.kind, message))
            }
        });
    })
}

fn attach(looking: &Looking<'_>, place: &PolicyPlace, attachment: Attachment) -> Callback<MouseEvent> {
    let (store, desk, place) = (looking.store.clone(), looking.desk.clone(), place.clone());
    Callback::from(move |_: MouseEvent| {
        let mut timeline = Timeline::clone(&store.timeline);
        desk.dispatch(match timeline.attach(attachment.clone()) {
            Ok(()) => {
                store.dispatch(Action::Moved(Rc::new(timeline)));
                DeskAction::Discard(place.clone())
            }
            Err(refused) => DeskAction::Said(place.clone(), tr!("AWS would refuse it: {refused}", refused)),
        });
    })
}

/// Marks in the open document, and for each the check and statement it belongs to.
fn marks(looking: &Looking<'_>, place: &PolicyPlace) -> (Vec<Mark>, Vec<(usize, usize)>) {
    let Some(decision) = looking.decision else { return Default::default() };
    let settled = deciding(decision);
    let checks = decision.checks.iter().enumerate();
    let all = checks.flat_map(|(at, report)| {
        let (decided, wanting) = (at == settled, report.result == CheckResult::ImplicitDeny);
        report.statements.iter().enumerate().map(move |(nth, it)| ((at, nth), it, of_statement(it, decided, wanting)))
    });
    let here = all.filter(|(_, it, _)| place_of(&it.source, looking).as_ref() == Some(place));
    here.flat_map(|(at, _, marks)| marks.into_iter().map(move |mark| (mark, at))).unzip()
}

/// A statement that matched shows what in it did; one that nearly did, and was wanting, what did not. Others step back.
fn of_statement(it: &StatementReport, decided: bool, wanting: bool) -> Vec<Mark> {
    if !says_something(it, wanting) {
        return vec![Mark { span: it.span, class: MarkClass::Quiet }];
    }
    let mark = |span: SourceSpan, matched: bool| Mark {
        span,
        class: match (matched, decided && it.matched) {
            (false, _) => MarkClass::Unmatched,
            (true, false) => MarkClass::Matched,
            (true, true) => MarkClass::Decided,
        },
    };
    parts(it).into_iter().filter_map(|part| Some(mark(part.span?, part.matched))).collect()
}

pub(super) fn words() -> Words {
    let owned = |(place, words): (String, Vec<vocabulary::Word>)| {
        let words = words.into_iter().map(|(word, what)| (AttrValue::from(word), AttrValue::Static(what))).collect();
        (place, words)
    };
    Rc::new(vocabulary::words().into_iter().map(owned).collect::<BTreeMap<_, _>>())
}
