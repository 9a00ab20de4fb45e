//! The page around one playground: what it may ask, and what it is told. Nothing else tells it anything.

mod place;
mod verb;

use std::{cell::RefCell, rc::Rc};

use js_sys::Function;
use serde::Serialize;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use yew::prelude::*;

pub use self::verb::ask;
use crate::{
    endpoint::Request,
    rest,
    services::ServiceRequest,
    timeline::{Input, Step, StepResult, Timeline},
    ui::{
        host::place::Place,
        route::Route,
        store::{HistoryMode, Same, Store, StoreHandle},
    },
};

/// The ends of the way between a playground and the page around it.
#[derive(Clone, Default)]
pub struct Host(Rc<Ends>);

#[derive(Default)]
struct Ends {
    /// Takes the name of an event and its detail as JSON text.
    tell: Option<Function>,
    /// Makes slow keys beside the page.
    keymaker: Option<Function>,
    /// Promises the hash of the element's script.
    integrity: Option<Function>,
    /// The address of the folder that the program comes from.
    site: String,
    /// Begins anew with this state.
    begin: RefCell<Option<Callback<Store>>>,
    /// The state with which the playground first began.
    first: RefCell<Option<Store>>,
    inside: RefCell<Option<Inside>>,
    /// What was last told of.
    told: RefCell<Option<(Rc<Timeline>, Route)>>,
}

/// The playground as it is now.
#[derive(Clone)]
struct Inside {
    store: StoreHandle,
    go: Callback<(Route, HistoryMode)>,
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Host {
    pub fn new(tell: Option<Function>, keymaker: Option<Function>, integrity: Option<Function>, site: String) -> Self {
        Self(Rc::new(Ends { tell, keymaker, integrity, site, ..Ends::default() }))
    }

    /// The address of the folder that the program comes from, or nothing where nobody said.
    pub fn site(&self) -> &str {
        &self.0.site
    }

    /// A promise of the hash of the element's script, as the attribute `integrity` has it.
    pub fn integrity(&self) -> Option<JsValue> {
        self.0.integrity.as_ref()?.call0(&JsValue::NULL).ok()
    }

    /// Knows from now on how to begin anew, and with what the playground began.
    pub fn begins(&self, first: &Store, begin: Callback<Store>) {
        self.0.first.borrow_mut().get_or_insert_with(|| first.clone());
        self.0.begin.replace(Some(begin));
    }

    /// The options with which another playground goes on where this one is, as JSON text; nothing before it is whole.
    pub fn kept(&self) -> Option<String> {
        let inside = self.0.inside.borrow().clone().filter(|inside| inside.store.whole)?;
        let store = &inside.store;
        let state = rest::within(|| store.own_timeline().snapshot());
        let view = store.route.to_hash().trim_start_matches("#/").to_owned();
        Some(json!({"state": state, "view": view, "lesson": "", "step": ""}).to_string())
    }

    /// Lets go of the playground; each holds the other otherwise, for ever.
    pub fn leave(&self) {
        self.0.inside.take();
        self.0.begin.take();
        self.0.first.take();
        self.0.told.take();
    }

    /// Tells that something went wrong.
    pub fn tell_of_problem(&self, code: &str, message: &str) {
        self.tell("error", &json!({"code": code, "message": message}));
    }

    /// Tells what came of one step of the lesson's page, or of the history: every permission that was decided, and the answer.
    fn tell_of_step(&self, step: &Step, at: &At<'_>) {
        for decision in step.outcome().iter().flat_map(|outcome| &outcome.decisions) {
            self.tell("decision", &json!(Told { at, label: step.label(), of: json!({"decision": decision}) }));
        }
        let of = match (&step.input, &step.result) {
            (Input::Call(Request { caller, region, .. }), StepResult::Answered(outcome)) => {
                json!({"as": caller, "region": region, "outcome": outcome})
            }
            (Input::Serve(ServiceRequest { caller, region, .. }), StepResult::Served(answer)) => {
                match answer.as_ref() {
                    Ok(answer) => json!({"as": caller, "region": region, "answer": answer, "flow": step.flow}),
                    Err(error) => json!({"as": caller, "region": region, "error": error, "flow": step.flow}),
                }
            }
            (_, StepResult::Passed(events)) => json!({"events": events, "flow": step.flow}),
            (_, StepResult::Answered(_) | StepResult::Served(_)) => json!({}),
        };
        self.tell("result", &json!(Told { at, label: step.label(), of }));
    }

    /// Tells what came of the steps of a lesson's page, counted from 1.
    pub fn tell_of_page<'a>(&self, lesson: &str, page: usize, steps: impl Iterator<Item = &'a Rc<Step>>) {
        if self.0.tell.is_some() {
            steps.for_each(|step| self.tell_of_step(step, &At::Lesson { lesson, page: number(page) }));
        }
    }

    fn tell(&self, event: &str, detail: &Value) {
        if let Some(tell) = &self.0.tell {
            // What a listener throws is reported by the browser and concerns nobody here.
            let _ = tell.call2(&JsValue::NULL, &event.into(), &detail.to_string().into());
        }
    }

    /// Tells what has changed by now. Effects run later, and whoever asks many things would hear of the last alone.
    fn tell_of_now(&self) {
        let inside = self.0.inside.borrow().clone().filter(|inside| inside.store.whole && self.0.tell.is_some());
        if let Some(inside) = inside {
            rest::within(|| self.tell_of_changes(&inside.store));
        }
    }

    /// Tells what has changed since it was last told of.
    fn tell_of_changes(&self, store: &Store) {
        let now = (Rc::clone(&store.timeline), store.route.clone());
        let Some((timeline, route)) = self.0.told.replace(Some(now)) else { return };
        let made = store.timeline.made_since(&timeline).unwrap_or_default();
        let before = store.timeline.steps().len().saturating_sub(made.len());
        for (at, step) in made.iter().enumerate() {
            self.tell_of_step(step, &At::History { step: number(before.saturating_add(at).saturating_add(1)) });
        }
        if !Rc::ptr_eq(&timeline, &store.timeline) || route != store.route {
            self.tell("step", &json!(Place::of(store)));
        }
    }
}

/// Keeps the way open while the page is there.
#[hook]
pub fn use_host(store: &StoreHandle, go: &Callback<(Route, HistoryMode)>) {
    let host = store.host.clone();
    // At once and not in an effect: whoever asks next has to meet what is shown now.
    host.0.inside.replace(Some(Inside { store: store.clone(), go: go.clone() }));
    use_effect_with((Same(Rc::clone(&store.timeline)), store.route.clone(), store.whole), {
        let store = store.clone();
        move |(.., whole): &(_, _, bool)| {
            if *whole && store.host.0.tell.is_some() {
                rest::within(|| store.host.tell_of_changes(&store));
            }
        }
    });
}

/// Where a step was made.
#[derive(Serialize)]
#[serde(untagged)]
enum At<'a> {
    /// On a page of a lesson, counted from 1.
    Lesson { lesson: &'a str, page: u32 },
    /// In the world, as that step of its history, counted from 1.
    History { step: u32 },
}

#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    at: &'a At<'a>,
    label: String,
    #[serde(flatten)]
    of: Value,
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
