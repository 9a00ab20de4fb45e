//! Plays a lesson on a timeline of its own.
//!
//! A run is deterministic: the same lesson gives the same bytes every time, so going back is running again.

use std::{collections::BTreeMap, fmt, rc::Rc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    arn::Region,
    crypto::{memo, outer, step},
    entropy::Seed,
    estate::{attachment::NotAttached, principal::Caller},
    kms::{World, store::premises::NotThere},
    rest,
    scenario::{
        Advance, Asked, Attach, Call, Deed, Item, Page, Scenario, Task, Traffic, Work,
        reading::{self, Bill, Measured, Reading, Wrapped},
        template::{self, Template, TemplateProblem},
    },
    services::ServiceRequest,
    timeline::{SlowKey, Step, StepResult, Timeline},
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
    /// The last step that it made.
    Moved(Rc<Step>),
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
    /// Something happens at a place that is not there.
    NotThere,
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
            RunProblem::NotThere => write!(f, "{NotThere}; name one of this world"),
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
        let world = World::new(scenario.front.start, Seed::from_number(scenario.front.seed));
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

    /// Plays the solution of a task, as far as it is requests, policies and time.
    pub fn solve(&mut self, task: &Task) -> Result<Vec<Rc<Step>>, RunError> {
        match &task.work {
            Work::Requests { solution, .. } => solution.iter().map(|deed| self.act(deed)).collect(),
            Work::Remedies { .. } => Ok(Vec::new()),
        }
    }

    fn act(&mut self, deed: &Deed) -> Result<Rc<Step>, RunError> {
        match deed {
            Deed::Call(step) => self.call(&step.call),
            Deed::Attach(attach) => self.attach(attach),
            Deed::Advance(advance) => self.advance(advance),
        }
    }

    /// Sends a request of the lesson as often as it says, and binds what the last answer has to bind.
    pub fn call(&mut self, call: &Call) -> Result<Rc<Step>, RunError> {
        let failed = |problem| RunError { line: call.line, problem };
        let mut send = |nth: u32| {
            if let Some(every) = call.every {
                self.timeline.advance(every);
            }
            self.bound.insert(template::NTH.to_owned(), nth.to_string());
            let filled = self.filled(call).map_err(|problem| failed(RunProblem::Template(problem)))?;
            send(&mut self.timeline, &filled).ok_or(failed(RunProblem::Awaited))
        };
        let mut step = send(1)?;
        for sent in 1..call.times {
            let next = send(sent.saturating_add(1))?;
            if error_kind(&next) != error_kind(&step) {
                return Err(failed(RunProblem::AnswersDiffer { alike: sent }));
            }
            step = next;
        }
        for bind in &call.binds {
            let response = response(&step);
            let member =
                bind.path.iter().try_fold(&response, |value, name| member(value, name)).and_then(Value::as_str);
            let value = member.ok_or_else(|| {
                let response = response.to_string();
                failed(RunProblem::NotInResponse { path: bind.path.join("."), response })
            })?;
            self.bound.insert(bind.name.clone(), value.to_owned());
        }
        Ok(step)
    }

    /// A request with nothing left open.
    pub fn filled(&self, call: &Call) -> Result<Filled, TemplateProblem> {
        let body = self.fill(&call.body)?;
        Ok(Filled { caller: call.caller.clone(), region: call.region, operation: call.operation.clone(), body })
    }

    fn attach(&mut self, attach: &Attach) -> Result<Rc<Step>, RunError> {
        let failed = |problem| RunError { line: attach.line, problem };
        let attachment = attach.attachment.clone();
        self.timeline.attach(attachment).map_err(|problem| failed(RunProblem::NotAttached(problem)))?;
        self.moved(attach.line)
    }

    fn advance(&mut self, advance: &Advance) -> Result<Rc<Step>, RunError> {
        self.timeline.advance(advance.span);
        self.moved(advance.expect.lines.start)
    }

    /// The step that was just made.
    fn moved(&self, line: usize) -> Result<Rc<Step>, RunError> {
        self.timeline.last().cloned().ok_or(RunError { line, problem: RunProblem::Awaited })
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
            Item::Call(step) => self.call(&step.call).map(Played::Moved),
            Item::Attach(attach) => self.attach(attach).map(Played::Moved),
            Item::Set(setting) => {
                self.timeline.set(*setting);
                self.moved(0).map(Played::Moved)
            }
            Item::Incident(happens) => {
                let failed = |_| RunError { line: happens.line, problem: RunProblem::NotThere };
                // The first lesson, which is played before the rest is here, has none.
                rest::needed(|| self.timeline.simulate(happens.incident.clone())).unwrap_or(Ok(())).map_err(failed)?;
                self.moved(happens.line).map(Played::Moved)
            }
            Item::Advance(advance) => self.advance(advance).map(Played::Moved),
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

/// A request with nothing left open.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    pub caller: Caller,
    pub region: Region,
    pub operation: Asked,
    /// JSON text.
    pub body: String,
}

/// Sends a request to KMS or a service, and gives the step that it makes.
pub fn send(timeline: &mut Timeline, request: &Filled) -> Option<Rc<Step>> {
    let Filled { caller, region, operation, body } = request.clone();
    match operation {
        Asked::Kms(operation) => {
            timeline.call(caller, region, &operation, body);
        }
        Asked::Service { service, operation } => {
            timeline.serve(ServiceRequest { caller, region, service, operation, body });
        }
    }
    timeline.last().cloned()
}

/// A member by its name, or one of a list by its place, counted from 0.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.get(name).or_else(|| value.get(name.parse::<usize>().ok()?))
}

/// What was answered, as JSON.
fn response(step: &Step) -> Value {
    match &step.result {
        StepResult::Answered(outcome) => serde_json::from_str(&outcome.response.body).unwrap_or_default(),
        StepResult::Served(answer) => answer.as_ref().as_ref().ok().cloned().unwrap_or_default(),
        StepResult::Passed(_) => Value::Null,
    }
}

/// The error that KMS or a service answered with, for example `DisabledException`.
pub fn error_kind(step: &Step) -> Option<&str> {
    match &step.result {
        StepResult::Answered(outcome) => outcome.fault.as_ref().map(|fault| fault.kind),
        StepResult::Served(answer) => answer.as_ref().as_ref().err().map(|error| &*error.code),
        StepResult::Passed(_) => None,
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
        Some(Work::Requests { solution, .. }) => solution.iter().any(|deed| match deed {
            Deed::Call(step) => names_one(step.call.body.text()),
            Deed::Attach(_) | Deed::Advance(_) => false,
        }),
        Some(Work::Remedies { .. }) | None => false,
    };
    let takes_one = pages().any(|page| solves(page) || page.items.iter().any(calls));
    takes_one.then(|| memo::missing(|| drop(Run::new(scenario).play_to(page)))).flatten()
}
