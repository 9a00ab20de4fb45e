//! Plays a lesson on a timeline of its own.
//!
//! A run is deterministic: the same lesson gives the same bytes every time, so going back is running again.

use std::{collections::BTreeMap, fmt, rc::Rc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    crypto::{memo, outer, step},
    endpoint::{Outcome, frame},
    entropy::Seed,
    estate::attachment::NotAttached,
    kms::{Event, World},
    scenario::{
        Call, Goal, Item, Page, Scenario, Task, Traffic, Work,
        reading::{self, Bill, Measured, Reading, Wrapped},
        template::{Template, TemplateProblem},
    },
    timeline::{Input, SlowKey, Timeline},
};

/// One playing of a lesson.
pub struct Run<'a> {
    scenario: &'a Scenario,
    timeline: Timeline,
    bound: BTreeMap<String, String>,
}

/// What came of one item of a page.
#[derive(Clone)]
pub enum Played {
    /// Prose, a prediction, or a task that waits for the learner.
    Nothing,
    Answered(Rc<Outcome>),
    Passed(Rc<[Event]>),
    Shown(Shown),
    Wrapped(Wrapped),
    Measured(Rc<Measured>),
    Metered(Vec<Reading>),
    Billed(Bill),
}

/// A ciphertext with a name for each of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub bytes: Vec<u8>,
    pub runs: Vec<step::Run>,
}

/// A step that cannot be played. The lessons that are part of the program have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunError {
    /// Counted from 1.
    pub line: usize,
    pub problem: RunProblem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunProblem {
    /// A name is bound to a member that the response does not have.
    NotInResponse {
        path: String,
        response: String,
    },
    /// A body cannot be filled in.
    Template(TemplateProblem),
    /// What is to be shown byte by byte is not base64.
    NotBase64 {
        name: String,
    },
    NotAttached(NotAttached),
    /// What material is to be wrapped for is no public key.
    CannotWrap {
        key: String,
    },
    /// An example of the load lab with changes that make it none.
    NotALab {
        problem: String,
    },
    /// Of the answers to one request, sent several times, only so many are alike.
    AnswersDiffer {
        alike: u32,
    },
    /// It takes a part of the program that is not here yet.
    Awaited,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl fmt::Display for RunProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunProblem::NotInResponse { path, response } => {
                write!(f, "the response has no text `{path}` to bind; it is {response}")
            }
            RunProblem::Template(problem) => problem.fmt(f),
            RunProblem::NotBase64 { name } => write!(f, "`{name}` is not base64; bind a ciphertext to it"),
            RunProblem::NotAttached(problem) => problem.fmt(f),
            RunProblem::CannotWrap { key } => {
                write!(f, "nothing can be wrapped for `{key}`; bind the PublicKey of GetParametersForImport to it")
            }
            RunProblem::NotALab { problem } => problem.fmt(f),
            RunProblem::AnswersDiffer { alike } => {
                write!(f, "the answers differ after {alike}; put what is answered otherwise into a call of its own")
            }
            RunProblem::Awaited => f.write_str("a part of the program is not here yet"),
        }
    }
}

impl std::error::Error for RunError {}

impl<'a> Run<'a> {
    /// At the start of the lesson, before its first page.
    pub fn new(scenario: &'a Scenario) -> Self {
        let world = World::new(scenario.start, Seed::from_number(scenario.seed));
        Self { scenario, timeline: Timeline::new(world), bound: BTreeMap::new() }
    }

    /// Plays every page before the `page`-th, tasks solved, and that page itself, its task unsolved. Gives what came of
    /// each item of that page. Starts anew every time; pages are counted from 0.
    pub fn play_to(&mut self, page: usize) -> Result<Vec<Played>, RunError> {
        *self = Self::new(self.scenario);
        let mut played = Vec::new();
        for (nth, page) in self.scenario.pages.iter().enumerate().take(page.saturating_add(1)) {
            if let Some(task) =
                nth.checked_sub(1).and_then(|before| self.scenario.pages.get(before)).and_then(Page::task)
            {
                self.solve(task)?;
            }
            played = page.items.iter().map(|item| self.play(item)).collect::<Result<_, _>>()?;
        }
        Ok(played)
    }

    /// Plays the solution of a task, as far as it is requests.
    pub fn solve(&mut self, task: &Task) -> Result<Vec<Rc<Outcome>>, RunError> {
        match &task.work {
            Work::Requests { solution, .. } => solution.iter().map(|step| self.call(&step.call)).collect(),
            Work::Remedies { .. } => Ok(Vec::new()),
        }
    }

    /// Sends a request of the lesson as often as it says, and binds what the last answer has to bind.
    pub fn call(&mut self, call: &Call) -> Result<Rc<Outcome>, RunError> {
        let failed = |problem| RunError { line: call.line, problem };
        let body = self.fill(&call.body).map_err(|problem| failed(RunProblem::Template(problem)))?;
        let mut send = || self.timeline.call(call.caller.clone(), call.region, &call.operation, body.as_str());
        let kind = |outcome: &Outcome| outcome.fault.as_ref().map(|fault| fault.kind);
        let mut outcome = send();
        for sent in 1..call.times {
            let next = send();
            if kind(&next) != kind(&outcome) {
                return Err(failed(RunProblem::AnswersDiffer { alike: sent }));
            }
            outcome = next;
        }
        for bind in &call.binds {
            let response: Value = serde_json::from_str(&outcome.response.body).unwrap_or_default();
            let member = bind.path.iter().try_fold(&response, |value, name| value.get(name)).and_then(Value::as_str);
            let value = member.ok_or_else(|| {
                let response = outcome.response.body.clone();
                failed(RunProblem::NotInResponse { path: bind.path.join("."), response })
            })?;
            self.bound.insert(bind.name.clone(), value.to_owned());
        }
        Ok(outcome)
    }

    /// A body with its gaps filled from what the lesson has bound so far.
    pub fn fill(&self, body: &Template) -> Result<String, TemplateProblem> {
        body.fill(&self.bound)
    }

    /// Everything that happened so far. A learner's own requests go through a clone of it.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    fn play(&mut self, item: &Item) -> Result<Played, RunError> {
        match item {
            Item::Prose(_) | Item::Predict(_) | Item::Task(_) => Ok(Played::Nothing),
            Item::Call(step) => self.call(&step.call).map(Played::Answered),
            Item::Attach(attach) => match self.timeline.attach(attach.attachment.clone()) {
                Ok(()) => Ok(Played::Passed([].into())),
                Err(problem) => Err(RunError { line: attach.line, problem: RunProblem::NotAttached(problem) }),
            },
            Item::Set(setting) => Ok(Played::Passed(self.timeline.set(*setting))),
            Item::Advance(advance) => Ok(Played::Passed(self.timeline.advance(advance.span))),
            Item::Bytes(wanted) => {
                let value = self.bound.get(&wanted.of);
                let bytes = value.and_then(|value| STANDARD.decode(value).ok()).ok_or_else(|| RunError {
                    line: wanted.line,
                    problem: RunProblem::NotBase64 { name: wanted.of.clone() },
                })?;
                Ok(Played::Shown(Shown { runs: outer::runs(&bytes), bytes }))
            }
            Item::Wrap(wanted) => {
                let public = self.bound.get(&wanted.key).map(String::as_str).unwrap_or_default();
                let wrapped = Wrapped::by_owner(wanted, public, self.timeline.world()).ok_or_else(|| RunError {
                    line: wanted.line,
                    problem: RunProblem::CannotWrap { key: wanted.key.clone() },
                })?;
                self.bound.insert(wanted.name.clone(), STANDARD.encode(&wrapped.wrapped));
                Ok(Played::Wrapped(wrapped))
            }
            Item::Load(load) => measure(&load.traffic).map(|measured| Played::Measured(Rc::new(measured))),
            Item::Meters(_) => Ok(Played::Metered(reading::meters(self.timeline.world()))),
            Item::Bill(_) => Ok(Played::Billed(Bill::of(self.timeline.world()))),
        }
    }
}

/// Counts the traffic of a lesson.
pub fn measure(traffic: &Traffic) -> Result<Measured, RunError> {
    let failed = |problem| RunError { line: traffic.line, problem };
    let measured = traffic.measure().map_err(|error| failed(RunProblem::NotALab { problem: error.to_string() }))?;
    measured.ok_or(failed(RunProblem::Awaited))
}

/// The first slow key that playing up to `page` takes and that is not kept, if there is one. Whoever must not stand still
/// has it made elsewhere, keeps it, and asks again.
pub fn slow_key(scenario: &Scenario, page: usize) -> Option<SlowKey> {
    let names_one = |text: &str| text.contains("RSA_");
    let pages = || scenario.pages.iter().take(page.saturating_add(1));
    let calls = |item: &Item| matches!(item, Item::Call(step) if names_one(step.call.body.text()));
    let solves = |page: &Page| match page.task().map(|task| &task.work) {
        Some(Work::Requests { solution, .. }) => solution.iter().any(|step| names_one(step.call.body.text())),
        Some(Work::Remedies { .. }) | None => false,
    };
    let takes_one = pages().any(|page| solves(page) || page.items.iter().any(calls));
    takes_one.then(|| memo::missing(|| drop(Run::new(scenario).play_to(page)))).flatten()
}

/// Whether the steps of `timeline` after the first `since` meet the goal. Steps that were undone do not count.
pub fn progress(goal: &Goal, timeline: &Timeline, since: usize) -> bool {
    let steps = timeline.steps().get(since..timeline.cursor()).unwrap_or_default();
    match goal {
        Goal::Event(name) => steps.iter().any(|step| step.events().any(|event| event.kind.name() == name)),
        Goal::Fault(kind) => steps.last().is_some_and(|step| {
            step.outcome().and_then(|outcome| outcome.fault.as_ref()).is_some_and(|fault| fault.kind == kind)
        }),
        Goal::Success(operation) => steps.iter().any(|step| match &step.input {
            Input::Call(request) => !step.refused() && frame::operation_of(&request.target) == Some(operation),
            Input::Advance(_) | Input::Simulate(_) | Input::Attach(_) | Input::Set(_) | Input::Serve(_) => false,
        }),
    }
}
