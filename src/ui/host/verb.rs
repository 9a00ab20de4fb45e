//! What the page around a playground may ask of it: a closed list, read here and nowhere else.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    endpoint::{
        Tracing,
        http::{Exchange, Signatures},
        model,
    },
    entropy::Seed,
    rest,
    scenario::{catalog, check, file, judge::Check, run},
    timeline::{SlowKey, Timeline},
    ui::{
        effects, home,
        host::{Host, Inside, number, place::Place},
        route::Route,
        store::{Action, Errand, HistoryMode, Store, Theme},
    },
    web::accounts::accounts,
};

/// One thing to do. What a request of an AWS client needs is among them; the rest moves what is shown.
#[derive(Debug, Deserialize)]
#[serde(tag = "verb", rename_all = "camelCase", deny_unknown_fields)]
enum Verb {
    /// Opens a lesson at a page, counted from 1.
    Load {
        lesson: String,
        step: Option<u32>,
    },
    /// Where the playground is.
    Place,
    Next,
    Prev,
    /// To an address, or to a step of what is shown, counted from 1.
    Goto {
        to: Target,
    },
    /// Back to how the playground began.
    Reset,
    ExportState,
    ImportState {
        state: String,
    },
    RunAssertions,
    Theme {
        theme: Theme,
    },
    /// Who there is to sign requests for.
    Accounts,
    /// One request as an AWS client sends it. Its answer is the client's; its step is shown.
    Exchange {
        method: String,
        target: String,
        headers: Vec<(String, String)>,
        body: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Target {
    Step(u32),
    Address(String),
}

/// Why something is not done.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Code {
    Malformed,
    NotReady,
    NoSuchLesson,
    NoSuchPlace,
    NoLesson,
    DamagedState,
}

#[derive(Debug, Serialize)]
struct Refused {
    code: Code,
    message: String,
}

fn refused<T>(code: Code, message: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { code, message: message.into() })
}

/// Does what `question`, a JSON text, asks, and answers with `{"value"}` or `{"error": {"code", "message"}}` as JSON text.
pub async fn ask(host: Host, question: String) -> String {
    let answer = match serde_json::from_str::<Verb>(&question) {
        Ok(verb) => {
            let answer = done(&host, verb).await;
            // Whoever asks is answered when it shows.
            TimeoutFuture::new(0).await;
            host.tell_of_now();
            answer
        }
        Err(error) => refused(Code::Malformed, format!("this is nothing that the playground can do: {error}")),
    };
    match answer {
        Ok(value) => json!({ "value": value }),
        Err(refused) => json!({ "error": refused }),
    }
    .to_string()
}

async fn done(host: &Host, verb: Verb) -> Result<Value, Refused> {
    let Some(inside) = ready(host).await else {
        return refused(Code::NotReady, "the playground is not ready yet; await its promise `ready`");
    };
    match verb {
        Verb::Load { lesson, step } => inside.open(&lesson_route(&lesson, step)?),
        Verb::Place => Ok(json!(Place::of(&inside.store))),
        Verb::Next => inside.step_by(1),
        Verb::Prev => inside.step_by(-1),
        Verb::Goto { to: Target::Step(step) } => inside.step_to(step),
        Verb::Goto { to: Target::Address(address) } => inside.open(&address_route(&address)?),
        Verb::Reset => {
            let first = host.0.first.borrow().clone();
            begin(host, first.map_or_else(|| Store::clone(&inside.store), |first| Store { whole: true, ..first })).await
        }
        Verb::ExportState => Ok(rest::within(|| inside.store.timeline.snapshot()).into()),
        Verb::ImportState { state } => {
            let (now, seed) = (inside.store.timeline.world().now, Seed::from_number(0));
            let opened = rest::within(|| home::world_of(&state, now, seed));
            let timeline = opened.or_else(|message| refused(Code::DamagedState, message))?;
            let timeline = Rc::new(timeline);
            begin(host, Store { timeline, own: None, notice: None, ..Store::clone(&inside.store) }).await
        }
        Verb::RunAssertions => assertions(host, &inside).await,
        Verb::Theme { theme } => {
            inside.store.dispatch(Action::Theme(theme));
            Ok(Value::Null)
        }
        Verb::Accounts => Ok(json!(rest::within(|| accounts(&inside.store.timeline.world().estate)))),
        Verb::Exchange { method, target, headers, body } => {
            let exchange = Exchange { method, target, headers, body: body.into_bytes() };
            make_slow_keys(host, || inside.store.timeline.slow_key_of(&exchange, Signatures::Believed)).await;
            Ok(rest::within(|| inside.exchanged(&exchange)))
        }
    }
}

/// The playground as it is, which is drawn a moment after it was mounted, and whole a moment after the rest is here.
async fn ready(host: &Host) -> Option<Inside> {
    for _ in 0..MOST_LOOKS {
        let inside = host.0.inside.borrow().clone().filter(|inside| inside.store.whole);
        if inside.is_some() {
            return inside;
        }
        TimeoutFuture::new(LOOK_AGAIN).await;
    }
    None
}

/// In milliseconds.
const LOOK_AGAIN: u32 = 20;
const MOST_LOOKS: u32 = 250;

/// Has every slow key made beside the page that `next` still wants.
async fn make_slow_keys(host: &Host, next: impl Fn() -> Option<SlowKey>) {
    for _ in 0..MOST_SLOW_KEYS {
        let Some(wanted) = rest::within(&next) else { return };
        effects::slow_key_made(wanted, host.0.keymaker.clone()).await;
    }
}

/// No lesson has as many.
const MOST_SLOW_KEYS: u32 = 20;

/// Begins anew with a state, and answers when that shows.
async fn begin(host: &Host, state: Store) -> Result<Value, Refused> {
    let place = json!(Place::of(&state));
    let begin = host.0.begin.borrow().clone();
    if let Some(begin) = begin {
        begin.emit(state);
    }
    Ok(place)
}

fn lesson_route(lesson: &str, step: Option<u32>) -> Result<Route, Refused> {
    if !catalog::lessons().iter().any(|known| known.id == lesson) {
        return refused(
            Code::NoSuchLesson,
            format!("there is no lesson `{lesson}`; its address names it: #/learn/NAME/1"),
        );
    }
    Ok(Route::Lesson { id: lesson.to_owned(), page: step.unwrap_or(1) })
}

/// With or without `#/`.
fn address_route(address: &str) -> Result<Route, Refused> {
    let hash = format!("#/{}", address.trim_start_matches('#').trim_start_matches('/'));
    let found = Route::from_hash(&hash);
    found.map_or_else(|| refused(Code::NoSuchPlace, format!("there is nothing at the address {hash}")), Ok)
}

impl Inside {
    fn open(&self, route: &Route) -> Result<Value, Refused> {
        if let Route::Lesson { id, .. } = route {
            lesson_route(id, None)?;
        }
        self.go.emit((route.clone(), HistoryMode::Push));
        Ok(json!(Place::of(&self.store)))
    }

    /// One page of a lesson, or one step of the story or the history.
    fn step_by(&self, by: i32) -> Result<Value, Refused> {
        self.step_to(Place::of(&self.store).step.saturating_add_signed(by))
    }

    /// As far as there are any.
    fn step_to(&self, step: u32) -> Result<Value, Refused> {
        match (self.store.route.lesson(), self.store.route.envelope()) {
            (Some((id, _)), _) => {
                let last = catalog::lessons().iter().find(|lesson| lesson.id == id).map(|lesson| number(lesson.pages));
                self.open(&Route::Lesson { id: id.to_owned(), page: step.clamp(1, last.unwrap_or(u32::MAX)) })
            }
            (None, Some(_)) => self.open(&Route::Envelope { step: step.saturating_sub(1) }),
            (None, None) => {
                let moved = self.store.moved_to(usize::try_from(step).unwrap_or(usize::MAX));
                self.store.dispatch(Action::Moved(moved));
                Ok(json!(Place::of(&self.store)))
            }
        }
    }

    /// Answers an AWS client, and shows the step that it made.
    fn exchanged(&self, exchange: &Exchange) -> Value {
        let mut timeline = Timeline::clone(&self.store.timeline);
        let before = timeline.cursor();
        let answer = timeline.exchange(exchange, Signatures::Believed, Tracing::On);
        if timeline.cursor() > before {
            let step = u32::try_from(timeline.cursor()).ok();
            let asked = timeline.last().map(|made| made.label());
            let operation =
                asked.and_then(|label| model::operations().map(|(name, _)| name).find(|name| *name == label));
            self.store.dispatch(Action::Answered(Rc::new(timeline)));
            if let Some(route) = showing(&self.store.route, operation, step) {
                self.go.emit((route, HistoryMode::Replace));
            }
        }
        json!(answer)
    }
}

/// Where a new step of the history shows, if it does not where one is.
fn showing(route: &Route, operation: Option<&'static str>, step: Option<u32>) -> Option<Route> {
    match route {
        Route::Policy { .. } | Route::Forwarded { .. } | Route::Asked(_) => Some(Route::Policy { step }),
        Route::Learn | Route::Lesson { .. } | Route::Exams | Route::Exam { .. } | Route::Console { .. } => {
            operation.map(|operation| Route::Console { operation, step })
        }
        Route::Envelope { .. }
        | Route::Rotation { .. }
        | Route::Services { .. }
        | Route::Limits { .. }
        | Route::Audit { .. } => None,
    }
}

/// Plays the lesson that is open against what it expects. Its task is judged too while it is done in the sandbox.
async fn assertions(host: &Host, inside: &Inside) -> Result<Value, Refused> {
    let task = inside.store.own.as_ref().and_then(|(_, visit)| visit.task.as_ref());
    let task = task.map(|Errand { judge, .. }| rest::within(|| judge.progress(&inside.store.timeline)));
    let route = inside.store.own.as_ref().map_or(&inside.store.route, |(_, visit)| &visit.from);
    let Route::Lesson { id, .. } = route else {
        return refused(Code::NoLesson, "no lesson is open, and only lessons say what they expect");
    };
    let text =
        catalog::lessons().iter().find(|lesson| lesson.id == id).and_then(|lesson| rest::within(|| lesson.text()));
    let Some(text) = text else {
        return refused(Code::NoLesson, "the lesson from a file is checked where it is opened");
    };
    make_slow_keys(host, || {
        let scenario = file::parse(text).ok()?;
        run::slow_key(&scenario, scenario.pages.len())
    })
    .await;
    let findings = rest::within(|| check::check(text, Some(id))).findings;
    let task = task.map(|progress| {
        let shown = |check: &Check| json!({"shows": check.shows, "holds": check.holds, "instead": check.instead});
        progress.0.iter().map(shown).collect::<Vec<_>>()
    });
    Ok(json!({"lesson": id, "passed": findings.is_empty(), "findings": findings, "task": task}))
}
