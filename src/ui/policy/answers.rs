//! Answers that are worked out a moment after the question: everybody's access, and what would change the answer.

use std::{collections::BTreeMap, rc::Rc};

use gloo_timers::{callback::Timeout, future::TimeoutFuture};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::{
    analysis::matrix::Matrix,
    arn::KeyArn,
    authz::decision::Verdict,
    endpoint::{Outcome, Request},
    estate::principal::Caller,
    story::question::Question,
    timeline::{
        Timeline,
        access::{Known, Remedy, Wanted},
        ask::Draft,
    },
    ui::store::Same,
};

/// Everybody's access to a key.
#[derive(Clone)]
pub(super) struct Table {
    /// Whom the rows are about.
    pub callers: Vec<Caller>,
    pub now: Rc<Matrix>,
    /// Without any draft.
    pub before: Rc<Matrix>,
}

/// What the table depends on.
#[derive(Clone, PartialEq)]
struct About {
    timeline: Same<Timeline>,
    draft: Same<Draft>,
    drafted: bool,
    key: KeyArn,
    context: BTreeMap<String, String>,
}

/// What is known of requests about a question's key and context, whoever makes them and for what.
#[hook]
pub(super) fn use_known(timeline: &Rc<Timeline>, draft: &Rc<Draft>, question: Option<&Question>) -> Rc<Known> {
    let about = question.map(|question| (question.key, question.context.clone()));
    let organized = draft.world().estate.organization.is_some();
    use_memo((Same(Rc::clone(timeline)), organized, about), |(_, _, about)| {
        let Some((key, context)) = about else { return Known::default() };
        let root = Caller::Root(key.account);
        draft.known(key, Question::of_every_operation(&root, *key, context, draft.world()))
    })
}

/// The table, as soon as the page has shown what else there is. The first is there at once, and until another takes its
/// place it stays.
#[hook]
pub(super) fn use_table(
    worlds: (&Rc<Timeline>, &Rc<Draft>, bool),
    question: Option<&Question>,
    known: &Rc<Known>,
) -> Option<Rc<Table>> {
    let (timeline, draft, drafted) = worlds;
    let about = question.map(|question| About {
        timeline: Same(Rc::clone(timeline)),
        draft: Same(Rc::clone(draft)),
        drafted,
        key: question.key,
        context: question.context.clone(),
    });
    let made = use_mut_ref(|| None::<(About, Rc<Table>)>);
    let later = use_force_update();
    let work = {
        let (made, known) = (Rc::clone(&made), Rc::clone(known));
        move |about: &About| {
            let old = made.borrow().clone();
            let table = table(about, &known, old.as_ref());
            *made.borrow_mut() = table.map(|table| (about.clone(), Rc::new(table)));
        }
    };
    let stands = |about: &About| made.borrow().as_ref().is_some_and(|(old, _)| old.key == about.key);
    if let Some(about) = about.as_ref().filter(|about| !stands(about)) {
        work(about);
    }
    use_effect_with(about.clone(), {
        let (made, work) = (Rc::clone(&made), work.clone());
        move |about| {
            let about = about.clone();
            let stale = about.filter(|about| made.borrow().as_ref().is_some_and(|(old, _)| old != about));
            let waiting = stale.map(|about| {
                Timeout::new(SOON, move || {
                    work(&about);
                    later.force_update();
                })
            });
            move || drop(waiting)
        }
    });
    let made = made.borrow();
    made.as_ref().filter(|(old, _)| about.is_some_and(|about| about.key == old.key)).map(|(_, table)| Rc::clone(table))
}

/// In milliseconds: after the answer itself is on the screen.
const SOON: u32 = 30;
/// After a person stopped typing.
const AT_REST: u32 = 500;

fn table(about: &About, known: &Known, old: Option<&(About, Rc<Table>)>) -> Option<Table> {
    let now = Rc::new(about.draft.0.access(&about.key, &about.context, known)?.matrix());
    let alike = |old: &About| (&old.timeline, old.key, &old.context) == (&about.timeline, about.key, &about.context);
    let before = match old.filter(|(old, _)| alike(old)) {
        _ if !about.drafted => Rc::clone(&now),
        Some((_, table)) => Rc::clone(&table.before),
        None => {
            let present = about.timeline.0.draft(std::iter::empty());
            Rc::new(present.access(&about.key, &about.context, known)?.matrix())
        }
    };
    let callers = now.rows.iter().filter_map(|row| row.principal.parse().ok()).collect();
    Some(Table { callers, now, before })
}

/// What would change an answer.
#[derive(Clone)]
pub(super) struct Found {
    about: Searched,
    pub remedies: Rc<[Remedy]>,
}

#[derive(Clone, PartialEq)]
struct Searched {
    draft: Same<Draft>,
    outcome: Same<Outcome>,
    decision: usize,
}

/// What the verdict on a permission is to become: the other one.
pub(super) fn wanted(verdict: Verdict) -> Wanted {
    if verdict == Verdict::Allowed { Wanted::Denied } else { Wanted::Allowed }
}

/// Looks for what would change a decision, a little at a time, once nothing has been typed for a moment. Tells whether
/// what is found is about this decision.
#[hook]
pub(super) fn use_remedies(
    draft: &Rc<Draft>,
    answered: Option<(&Question, &Request, &Rc<Outcome>)>,
    decision: usize,
    known: &Rc<Known>,
) -> (Option<Found>, bool) {
    let found = use_state(|| None::<Found>);
    let about = answered.map(|(.., outcome)| Searched {
        draft: Same(Rc::clone(draft)),
        outcome: Same(Rc::clone(outcome)),
        decision,
    });
    use_effect_with(about.clone(), {
        let (found, known) = (found.clone(), Rc::clone(known));
        let asked = answered.map(|(question, request, _)| (question.clone(), request.clone()));
        move |about: &Option<Searched>| {
            let alive = Rc::new(());
            if let (Some(about), Some((question, request))) = (about.clone(), asked) {
                let still = Rc::downgrade(&alive);
                spawn_local(async move {
                    TimeoutFuture::new(AT_REST).await;
                    if still.upgrade().is_none() {
                        return;
                    }
                    let remedies = match search(&about, &question, &request, &known) {
                        None => Vec::new(),
                        Some(mut search) => {
                            while search.go_on() {
                                TimeoutFuture::new(0).await;
                                if still.upgrade().is_none() {
                                    return;
                                }
                            }
                            search.found()
                        }
                    };
                    found.set(Some(Found { about, remedies: remedies.into() }));
                });
            }
            move || drop(alive)
        }
    });
    let current = found.as_ref().is_some_and(|found| Some(&found.about) == about.as_ref());
    ((*found).clone(), current)
}

fn search(
    about: &Searched,
    question: &Question,
    request: &Request,
    known: &Known,
) -> Option<crate::timeline::access::Search> {
    let decision = about.outcome.0.decisions.get(about.decision)?;
    let access = about.draft.0.access(&question.key, &question.context, known)?;
    access.search(&about.draft.0, request, decision, wanted(decision.verdict))
}
