//! The AWS services that use keys: what each asks of KMS, what it stores, and what becomes of it without its key.

pub(crate) mod flow;
mod form;
mod map;
mod outlook;
mod stored;
mod then;

use std::{cell::RefCell, rc::Rc};

use yew::prelude::*;

use crate::{
    lang::{self, tr},
    services::{self, SERVICES, Service, tour::Deed},
    story::{self, facts, tours},
    timeline::{Step, StepResult, Timeline},
    ui::{
        effects,
        route::Route,
        store::{Action, HistoryMode, Store, StoreHandle, use_latest, use_store},
    },
};

#[derive(PartialEq, Properties)]
pub struct ServicesProps {
    pub service: Option<&'static str>,
    /// Counted from 1.
    pub step: Option<u32>,
    pub visible: bool,
    pub go: Callback<(Route, HistoryMode)>,
}

/// Puts a timeline with a new step in place, and shows that step.
#[derive(Clone, PartialEq)]
struct Doing {
    store: StoreHandle,
    latest: Rc<RefCell<Store>>,
    service: &'static str,
    go: Callback<(Route, HistoryMode)>,
}

impl Doing {
    /// To go on with: the page around may have added a step since this was drawn.
    fn timeline(&self) -> Timeline {
        Timeline::clone(&self.latest.borrow().timeline)
    }

    fn done(&self, timeline: Timeline) {
        let step = u32::try_from(timeline.cursor()).ok();
        self.store.dispatch(Action::Moved(Rc::new(timeline)));
        self.go.emit((Route::Services { service: Some(self.service), step }, HistoryMode::Push));
    }
}

/// The map, one service, and what came of what was last asked of it.
#[component]
pub fn ServicesView(props: &ServicesProps) -> Html {
    let store = use_store();
    let latest = use_latest(&store);
    let moves = use_state_eq(Vec::<usize>::new);
    if !props.visible {
        return Html::default();
    }
    let shown = shown(&store.timeline, props.step);
    let named = props.service.or_else(|| shown.as_ref().and_then(|(_, step)| service_of(step)));
    let at = SERVICES.iter().position(|service| Some(service.name) == named).unwrap_or(0);
    let Some(service) = SERVICES.get(at).copied() else { return Html::default() };
    let doing = Doing { store: store.clone(), latest, service: service.name, go: props.go.clone() };
    html! {
        <div class="cloud">
            <section class="left" aria-label={tr!("Services")}>
                <header>
                    <p class="eyebrow">{ tr!("Who uses keys, and how") }</p>
                    <h1 translate="no">{ service.title }</h1>
                    <p class="aside">{ lang::text(service.about) }</p>
                </header>
                <map::Map chosen={service.name} asked={shown.as_ref().and_then(|(_, step)| service_of(step))} />
                { tour(service, at, &moves, &doing) }
                <form::Asking {at} doing={doing.clone()} />
            </section>
            <section class="stage" aria-label={tr!("What happened")}>
                { match &shown {
                    Some((number, step)) => html! { <flow::Told number={*number} step={flow::Shown(Rc::clone(step))} /> },
                    None => html! {
                        <p class="empty">{ tr!("Nothing has been asked of a service yet. Make the first move of the walk, or ask \
                            something yourself: every request to KMS that it takes is shown here, with who asked, through \
                            whom, and in which encryption context.") }</p>
                    },
                } }
                <outlook::Outlook doing={doing.clone()} />
                { then::then_and_now(service, &store) }
            </section>
            <aside class="inspector" aria-label={tr!("What is stored")}>
                { stored::inventory(service, &store) }
            </aside>
        </div>
    }
}

/// The step that is shown: the one asked for, or the last that a service had to do with.
fn shown(timeline: &Timeline, step: Option<u32>) -> Option<(usize, Rc<Step>)> {
    let wanted = step.and_then(|step| usize::try_from(step).ok()).filter(|step| *step <= timeline.steps().len());
    let behind = timeline.steps().get(..timeline.cursor()).unwrap_or_default();
    let last = || behind.iter().rposition(|step| service_of(step).is_some() || !step.flow.is_empty()).map(|at| at + 1);
    let number = wanted.or_else(last)?;
    Some((number, Rc::clone(timeline.steps().get(number.checked_sub(1)?)?)))
}

/// The service that a step was asked of.
fn service_of(step: &Step) -> Option<&'static str> {
    let crate::timeline::Input::Serve(request) = &step.input else { return None };
    crate::services::service(&request.service).map(|service| service.name)
}

/// The walk, with its next move to make.
fn tour(service: &'static Service, at: usize, moves: &UseStateHandle<Vec<usize>>, doing: &Doing) -> Html {
    let made = moves.get(at).copied().unwrap_or_default().min(service.tour.len());
    let set = {
        let moves = moves.clone();
        Callback::from(move |made: usize| {
            let mut next = (*moves).clone();
            next.resize(SERVICES.len(), 0);
            if let Some(slot) = next.get_mut(at) {
                *slot = made;
            }
            moves.set(next);
        })
    };
    let again = {
        let set = set.clone();
        Callback::from(move |_: MouseEvent| set.emit(0))
    };
    let of = service.tour.len();
    let Some(next) = service.tour.get(made) else {
        return html! {
            <div class="card walk">
                <p>{ tr!("The walk is done. Every move is a step of the history: go back to any of them below.") }</p>
                <button class="btn small" onclick={again}>{ tr!("Once more") }</button>
            </div>
        };
    };
    let what = match next.deed {
        Deed::Ask(operation, _) => {
            tr!("{who} asks {title}: {operation}", who = next.who, title = service.title, operation)
        }
        Deed::AskKms(operation, _) => tr!("{who} asks KMS: {operation}", who = next.who, operation),
        Deed::AskOther(name, operation, _) => {
            let title = services::service(name).map_or(name, |other| other.title);
            tr!("{who} asks {title}: {operation}", who = next.who, title, operation)
        }
        Deed::Wait(span) => {
            let span = span.parse().map_or_else(|_| span.to_owned(), facts::length);
            tr!("{span} later", span)
        }
    };
    let go_on = {
        let doing = doing.clone();
        let work = move || {
            let mut timeline = doing.timeline();
            if tours::play(&mut timeline, service, next) {
                set.emit(made + 1);
                doing.done(timeline);
            } else {
                let words = tr!("This world has not the people and the key alias/orders that the walk takes.");
                doing.store.dispatch(Action::Notice(words.into()));
            }
        };
        Callback::from(move |_: MouseEvent| effects::soon(work.clone()))
    };
    html! {
        <div class="card walk">
            <p class="eyebrow">{ tr!("A walk, move {made} of {of}", made = made + 1, of) }</p>
            <p>{ lang::text(next.about) }</p>
            <div class="row">
                <span class="hint mono">{ what }</span>
                <button class="btn main" onclick={go_on}>{ tr!("Do it") }</button>
            </div>
        </div>
    }
}

/// What came of a step, in a tag.
fn result(step: &Step) -> (&'static str, String) {
    match &step.result {
        StepResult::Served(_) => match story::outlook::failure(step) {
            None => ("tag allow", tr!("done").to_owned()),
            Some(error) => ("tag deny", error.code.to_string()),
        },
        StepResult::Answered(outcome) => match &outcome.fault {
            None => ("tag allow", "200 OK".to_owned()),
            Some(fault) => ("tag deny", fault.kind.to_owned()),
        },
        StepResult::Passed(_) => ("tag none", tr!("time passed").to_owned()),
    }
}
