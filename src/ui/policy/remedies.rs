//! What would change the answer: each change with its text and what else it does, to be made with one click.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use yew::prelude::*;

use crate::{
    analysis::difference::Line,
    arn::KeyArn,
    authz::decision::Check,
    estate::attachment::Attachment,
    kms::World,
    lang::tr,
    timeline::{
        Timeline,
        access::{Effect, Elsewhere, Remedy, RemedyStep, Wanted},
        ask::PolicyPlace,
    },
    ui::{
        outcome::with_code,
        policy::{
            Looking,
            answers::wanted,
            desk::{Applied, DeskAction},
            documents, key_name,
        },
        store::Action,
    },
};

/// What the list is called: what the answer would become.
pub(super) fn title(looking: &Looking<'_>) -> &'static str {
    match looking.decision.map(|decision| wanted(decision.verdict)) {
        Some(Wanted::Denied) => tr!("Make it denied"),
        Some(Wanted::Allowed) | None => tr!("Make it allowed"),
    }
}

pub(super) fn list(looking: &Looking<'_>) -> Html {
    let applied = looking.desk.applied.as_ref().map(|applied| taken(looking, applied));
    let Some(decision) = looking.decision else {
        return html! { <>{ applied }<p class="empty">{ tr!("Where no permission is decided, no policy changes the answer.") }</p></> };
    };
    if looking.step.is_some() {
        let onclick = super::asking(looking, looking.question.clone(), None);
        return html! {
            <div class="empty">
                <p>{ tr!("This is how a step of the history was decided. What would change the answer is found for the present.") }</p>
                <p><button class="link" {onclick}>{ tr!("Ask it now") }</button></p>
            </div>
        };
    }
    let wanted = wanted(decision.verdict);
    let (found, current) = looking.remedies;
    let remedies = found.as_ref().map(|found| &*found.remedies).unwrap_or_default();
    let about = match wanted {
        Wanted::Allowed => tr!(
            "What would let {caller} have {action}, narrowest first.",
            caller = looking.question.caller.short_name(),
            action = decision.action
        ),
        Wanted::Denied => tr!(
            "What would take {action} from {caller}, narrowest first.",
            action = decision.action,
            caller = looking.question.caller.short_name()
        ),
    };
    let said = match (current, remedies.is_empty()) {
        (false, _) => tr!("Trying changes …").to_owned(),
        (true, true) => nothing(looking, wanted),
        (true, false) => tr!("{about} Each has been tried.", about),
    };
    html! {
        <>
            { applied }
            <p class="hint" role="status">{ said }</p>
            <ol class={classes!("remedies", (!current).then_some("stale"))} aria-busy={(!current).to_string()}>
                { for remedies.iter().enumerate().map(|(at, remedy)| card(looking, at, remedy, wanted, *current)) }
            </ol>
        </>
    }
}

/// Why nothing was found.
fn nothing(looking: &Looking<'_>, wanted: Wanted) -> String {
    let border = looking.decision.is_some_and(|it| it.decided_by == Check::CrossAccount);
    match wanted {
        Wanted::Allowed if border => {
            tr!("No policy can change this: the operation works only on keys of the caller's own account.").to_owned()
        }
        Wanted::Allowed => tr!("No change of up to four policies, statements or grants would allow it.").to_owned(),
        Wanted::Denied => tr!("No change of up to four policies, statements or grants would deny it.").to_owned(),
    }
}

fn card(looking: &Looking<'_>, at: usize, remedy: &Remedy, wanted: Wanted, current: bool) -> Html {
    let world = looking.draft.world();
    let onclick = apply(looking, remedy.clone());
    let words = shortened(world, &remedy.title);
    let tried = match (wanted, &remedy.wanting) {
        (Wanted::Denied, _) => tr!("Tried: then it is denied.").to_owned(),
        (Wanted::Allowed, None) => tr!("Tried: then it is allowed.").to_owned(),
        (Wanted::Allowed, Some(other)) => tr!("Tried: then this is allowed, and {other} is still wanting.", other),
    };
    html! {
        <li class={classes!("card", (at == 0).then_some("first"))}>
            <div class="row">
                <h2>{ with_code(&words) }</h2>
                <button class={classes!("btn", "small", (at == 0).then_some("main"))} {onclick} disabled={!current}
                    aria-label={tr!("Apply: {words}", words)}>{ tr!("Apply") }</button>
            </div>
            { for remedy.steps.iter().map(|step| step_of(looking, step)) }
            <p class="tried"><span aria-hidden="true">{ "✓ " }</span>{ tried }</p>
            { effects(looking, remedy, wanted) }
        </li>
    }
}

/// The text that changes, or the request that is made.
fn step_of(looking: &Looking<'_>, step: &RemedyStep) -> Html {
    let world = looking.draft.world();
    match step {
        RemedyStep::Write { place, is_new, lines, .. } => {
            let (what, how) = match (place, is_new) {
                (PolicyPlace::Key(_), _) => (tr!("as a draft in "), tr!("the key policy").to_owned()),
                (PolicyPlace::Attached { .. }, false) => (tr!("as a step, in "), whose(world, place)),
                (PolicyPlace::Attached { .. }, true) => (tr!("as a step, a new policy: "), whose(world, place)),
            };
            let more = lines.len().saturating_sub(MOST_LINES);
            let line = |line: &Line| match line {
                Line::Gone(text) => {
                    html! { <del><span class="visually-hidden">{ tr!("removed: ") }</span>{ text }</del> }
                }
                Line::New(text) => html! { <ins><span class="visually-hidden">{ tr!("added: ") }</span>{ text }</ins> },
            };
            html! {
                <div class="change">
                    <p class="hint">{ what }<b>{ how }</b></p>
                    <div class="diff" role="group" aria-label={tr!("What changes")}>
                        { for lines.iter().take(MOST_LINES).map(line) }
                        if more > 0 { <p>{ tr!("… {more} more lines", more) }</p> }
                    </div>
                </div>
            }
        }
        RemedyStep::Call(request) => {
            let operation = request.target.rsplit('.').next().unwrap_or_default().to_owned();
            html! {
                <div class="change">
                    <p class="hint">{ tr!("as a step, by ") }<b>{ request.caller.short_name() }</b></p>
                    <div class="diff"><ins>{ format!("{operation} {}", shortened(world, &request.body)) }</ins></div>
                </div>
            }
        }
    }
}

/// Not so many lines that the card becomes a page.
const MOST_LINES: usize = 12;

/// For example `UseKeys of user/Developer`.
fn whose(world: &World, place: &PolicyPlace) -> String {
    let PolicyPlace::Attached { place: at, name } = place else { return documents::name_of(place) };
    let text = at.to_string();
    let owner = text.split_once(" of ").map_or("", |(_, owner)| owner);
    match text.starts_with("policies of arn:") {
        true => tr!("{name} of {owner}", name, owner = shortened(world, owner)),
        false => tr!("{place} of {owner}", place = documents::name_of(place), owner = shortened(world, owner)),
    }
}

/// What else a change does.
fn effects(looking: &Looking<'_>, remedy: &Remedy, wanted: Wanted) -> Html {
    let told = |words: &'static str, wide: bool, effects: &[Effect]| {
        if effects.is_empty() {
            return Html::default();
        }
        html! { <p class={classes!("effects", wide.then_some("wide"))}><b>{ words }</b>{ listed(looking, effects) }</p> }
    };
    let (asked, other) = match wanted {
        Wanted::Allowed => (&remedy.opens, &remedy.closes),
        Wanted::Denied => (&remedy.closes, &remedy.opens),
    };
    let other_words = if wanted == Wanted::Allowed { tr!("No longer allowed: ") } else { tr!("Newly allowed: ") };
    html! {
        <>
            { told(if remedy.broader { tr!("Wider than asked: also ") } else { tr!("Also ") }, remedy.broader, asked) }
            { told(other_words, true, other) }
            if asked.is_empty() && other.is_empty() { <p class="effects">{ tr!("Nothing else changes.") }</p> }
        </>
    }
}

/// For example `any other encryption context; Encrypt and 3 more for user/KMSKeyAdmin`.
fn listed(looking: &Looking<'_>, effects: &[Effect]) -> String {
    let world = looking.draft.world();
    let mut parts: Vec<String> = Vec::new();
    for effect in effects {
        parts.extend(effect.elsewhere.map(|elsewhere| match elsewhere {
            Elsewhere::OtherContext => tr!("with any other encryption context").to_owned(),
            Elsewhere::OtherKeys => tr!("on other keys whose policies leave it to the account").to_owned(),
        }));
    }
    let mut by_principal: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for effect in effects.iter().filter(|effect| effect.elsewhere.is_none()) {
        let action = effect.action.strip_prefix("kms:").unwrap_or(&effect.action);
        by_principal.entry(&effect.principal).or_default().push(action);
    }
    let more = by_principal.len().saturating_sub(MOST_PRINCIPALS);
    for (principal, actions) in by_principal.into_iter().take(MOST_PRINCIPALS) {
        let named: Vec<&str> = actions.iter().take(MOST_ACTIONS).copied().collect();
        let rest = actions.len().saturating_sub(named.len());
        let rest = if rest > 0 { tr!(" and {rest} more", rest) } else { String::new() };
        parts.push(tr!(
            "{named}{rest} for {principal}",
            named = named.join(", "),
            rest,
            principal = shortened(world, principal)
        ));
    }
    if more > 0 {
        parts.push(tr!("{more} more principals", more));
    }
    format!("{}.", parts.join("; "))
}

const MOST_PRINCIPALS: usize = 4;
const MOST_ACTIONS: usize = 3;

/// A text without the long names of those who are there.
pub(super) fn shortened(world: &World, text: &str) -> String {
    let mut text = text.to_owned();
    let mut callers = world.estate.callers();
    // The longest first, of which others may be the beginning.
    callers.sort_by_key(|caller| std::cmp::Reverse(caller.to_string().len()));
    for caller in callers {
        let (account, name) = (caller.account(), caller.short_name());
        let short = tr!("{name} of {account}", name, account);
        for long in [caller.to_string(), format!("arn:aws:iam::{account}:{name}")] {
            text = text.replace(&long, &short);
        }
    }
    for key in world.keys() {
        let arn: KeyArn = key.arn;
        text = text.replace(&arn.to_string(), &key_name(world, arn));
    }
    text
}

/// Key policies become drafts, all else a step of the history.
fn apply(looking: &Looking<'_>, remedy: Remedy) -> Callback<MouseEvent> {
    let (store, desk) = (looking.store.clone(), looking.desk.clone());
    Callback::from(move |_: MouseEvent| {
        let mut timeline = Timeline::clone(&store.timeline);
        let mut drafts = BTreeMap::clone(&desk.drafts);
        let mut open = None;
        for step in &remedy.steps {
            match step {
                RemedyStep::Write { place: place @ PolicyPlace::Key(_), text, .. } => {
                    drafts.insert(place.clone(), Some(text.clone()));
                    open = Some(place.clone());
                }
                RemedyStep::Write { place: place @ PolicyPlace::Attached { place: at, name }, text, .. } => {
                    let document = Some(Arc::from(text.as_str()));
                    let attachment = Attachment { place: at.clone(), name: name.clone(), document };
                    if let Err(refused) = timeline.attach(attachment) {
                        desk.dispatch(DeskAction::Said(place.clone(), tr!("AWS would refuse it: {refused}", refused)));
                        return;
                    }
                    drafts.remove(place);
                    open = open.or(Some(place.clone()));
                }
                RemedyStep::Call(request) => {
                    timeline.request(request.clone());
                }
            }
        }
        let moved = timeline.cursor() > store.timeline.cursor();
        let timeline = if moved { Rc::new(timeline) } else { Rc::clone(&store.timeline) };
        let drafts = Rc::new(drafts);
        let applied = Applied {
            title: remedy.title.clone(),
            before: (Rc::clone(&store.timeline), Rc::clone(&desk.drafts)),
            after: (Rc::clone(&timeline), Rc::clone(&drafts)),
        };
        if moved {
            store.dispatch(Action::Moved(timeline));
        }
        desk.dispatch(DeskAction::Apply(Rc::new(applied), open));
    })
}

/// What was applied, and the way back, as long as nothing else has happened since.
fn taken(looking: &Looking<'_>, applied: &Rc<Applied>) -> Html {
    let (timeline, drafts) = &applied.after;
    if !Rc::ptr_eq(timeline, &looking.store.timeline) || !Rc::ptr_eq(drafts, &looking.desk.drafts) {
        return Html::default();
    }
    let onclick = {
        let (store, desk, applied) = (looking.store.clone(), looking.desk.clone(), Rc::clone(applied));
        Callback::from(move |_: MouseEvent| {
            let (timeline, drafts) = &applied.before;
            if !Rc::ptr_eq(timeline, &store.timeline) {
                store.dispatch(Action::Moved(store.moved_to(timeline.cursor())));
            }
            desk.dispatch(DeskAction::Restore(Rc::clone(drafts)));
        })
    };
    let (before, _) = &applied.before;
    let steps = timeline.cursor().saturating_sub(before.cursor());
    let drafted = !Rc::ptr_eq(drafts, &applied.before.1) && **drafts != *applied.before.1;
    let how = match (steps, drafted) {
        (0, _) => tr!("It is a draft: nobody else sees it before it is put on the key.").to_owned(),
        (_, true) => tr!("Step {cursor} of the history, and a draft of the key policy.", cursor = timeline.cursor()),
        (_, false) => tr!("Step {cursor} of the history.", cursor = timeline.cursor()),
    };
    html! {
        <div class="card applied" role="status">
            <p><b>{ tr!("Applied. ") }</b>{ with_code(&shortened(looking.draft.world(), &applied.title)) }</p>
            <div class="row"><p class="hint">{ how }</p><button class="btn small" {onclick}>{ tr!("Take it back") }</button></div>
        </div>
    }
}
