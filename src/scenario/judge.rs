//! Whether a task is met: asked of what was recorded, and of requests tried on a copy of the world.

use crate::{
    clock::Span,
    endpoint::frame,
    scenario::{
        Asked, Gives, Goal, Probe,
        run::{Filled, Run, RunError, RunProblem, error_kind, send},
    },
    timeline::{Input, Step, Timeline},
};

/// A goal with nothing left open: it can be held against any continuation of the lesson's world.
#[derive(Clone, Debug, PartialEq)]
pub struct Judge {
    /// Where the learner's own steps begin.
    pub since: usize,
    wanted: Wanted,
}

#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    Event(String),
    Fault(String),
    Success(Asked),
    Probes(Vec<Trial>),
}

/// A probe whose request is filled in.
#[derive(Clone, Debug, PartialEq)]
struct Trial {
    shows: String,
    after: Option<Span>,
    request: Filled,
    gives: Gives,
}

/// One thing that has to be so, and whether it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// In a sentence; nothing for a goal that the task's text tells.
    pub shows: String,
    /// Whether it is so.
    pub holds: bool,
    /// What came instead, for example `AccessDeniedException`.
    pub instead: Option<String>,
}

/// How far a task is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress(pub Vec<Check>);

impl Progress {
    pub fn is_met(&self) -> bool {
        self.0.iter().all(|check| check.holds)
    }
}

impl Judge {
    /// For a goal of the lesson that `run` has played up to the task.
    pub fn of(goal: &Goal, run: &Run<'_>) -> Result<Self, RunError> {
        let wanted = match goal {
            Goal::Event(name) => Wanted::Event(name.clone()),
            Goal::Fault(kind) => Wanted::Fault(kind.clone()),
            Goal::Success(asked) => Wanted::Success(asked.clone()),
            Goal::Probes(probes) => {
                Wanted::Probes(probes.iter().map(|probe| trial(probe, run)).collect::<Result<_, _>>()?)
            }
        };
        Ok(Self { since: run.timeline().cursor(), wanted })
    }

    /// Holds the goal against what happened since. Steps that were undone do not count.
    pub fn progress(&self, timeline: &Timeline) -> Progress {
        let steps = timeline.steps().get(self.since..timeline.cursor()).unwrap_or_default();
        let holds = match &self.wanted {
            Wanted::Event(name) => steps.iter().any(|step| step.events().any(|event| event.kind.name() == name)),
            Wanted::Fault(kind) => steps.last().is_some_and(|step| error_kind(step) == Some(kind)),
            Wanted::Success(wanted) => {
                steps.iter().any(|step| !step.refused() && asked_in(step).as_ref() == Some(wanted))
            }
            Wanted::Probes(trials) => return Progress(trials.iter().map(|trial| trial.tried(timeline)).collect()),
        };
        Progress(vec![Check { shows: String::new(), holds, instead: None }])
    }
}

fn trial(probe: &Probe, run: &Run<'_>) -> Result<Trial, RunError> {
    let failed = |problem| RunError { line: probe.call.line, problem: RunProblem::Template(problem) };
    let request = run.filled(&probe.call).map_err(failed)?;
    Ok(Trial { shows: probe.shows.clone(), after: probe.after, request, gives: probe.gives.clone() })
}

impl Trial {
    fn tried(&self, timeline: &Timeline) -> Check {
        let mut copy = timeline.clone();
        if let Some(span) = self.after {
            copy.advance(span);
        }
        let step = send(&mut copy, &self.request);
        let came = step.as_deref().and_then(error_kind).map(str::to_owned);
        let holds = match (&self.gives, &came) {
            (Gives::Success, None) => true,
            (Gives::Fault(kinds), Some(kind)) => kinds.contains(kind),
            (Gives::Success, Some(_)) | (Gives::Fault(_), None) => false,
        };
        let instead = (!holds).then(|| came.unwrap_or_else(|| "success".to_owned()));
        Check { shows: self.shows.clone(), holds, instead }
    }
}

/// What was asked in a step, if something was.
fn asked_in(step: &Step) -> Option<Asked> {
    match &step.input {
        Input::Call(request) => frame::operation_of(&request.target).map(|name| Asked::Kms(name.to_owned())),
        Input::Serve(request) => {
            let (service, operation) = (request.service.clone(), request.operation.clone());
            Some(Asked::Service { service, operation })
        }
        Input::Advance(_) | Input::Simulate(_) | Input::Attach(_) | Input::Set(_) => None,
    }
}
