//! The views of the sandbox, as lessons name them: where a lesson goes on, and where a task belongs.

use std::{fmt, str::FromStr};

use crate::{
    arn::NotAName,
    scenario::{Asked, Call, Deed, Scenario, Task, Work},
};

/// In the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    Envelope,
    Policy,
    Rotation,
    Services,
    Limits,
    Console,
    Audit,
}

impl View {
    pub const ALL: [Self; 7] =
        [Self::Envelope, Self::Policy, Self::Rotation, Self::Services, Self::Limits, Self::Console, Self::Audit];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Envelope => "Envelope",
            Self::Policy => "Policy",
            Self::Rotation => "Rotation",
            Self::Services => "Services",
            Self::Limits => "Limits",
            Self::Console => "Console",
            Self::Audit => "Audit",
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for View {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let found = Self::ALL.into_iter().find(|view| view.as_str() == text);
        found.ok_or(NotAName { expected: "a view of the page, such as `Policy`" })
    }
}

impl Task {
    /// Where it is done by hand: where policies are, if its solution has one, else where its first request is sent.
    pub fn view(&self) -> View {
        match &self.work {
            Work::Requests { solution, .. } if solution.iter().any(|deed| of_deed(deed) == View::Policy) => {
                View::Policy
            }
            Work::Requests { start, solution, .. } => {
                let first = || solution.first().map(of_deed);
                start.as_ref().map(of_call).or_else(first).unwrap_or(View::Console)
            }
            Work::Remedies { .. } => View::Limits,
        }
    }

    /// The request that it suggests first, if it is done by requests.
    pub fn first_request(&self) -> Option<&Call> {
        match &self.work {
            Work::Requests { start, solution, .. } => {
                let first = || {
                    solution.iter().find_map(|deed| match deed {
                        Deed::Call(step) => Some(&step.call),
                        Deed::Attach(_) | Deed::Advance(_) => None,
                    })
                };
                start.as_ref().or_else(first)
            }
            Work::Remedies { .. } => None,
        }
    }
}

impl Scenario {
    /// Where it goes on: as it says, or where its last task belongs.
    pub fn view(&self) -> View {
        let last = || self.pages.iter().rev().find_map(|page| page.task()).map(Task::view);
        self.front.view.or_else(last).unwrap_or(View::Console)
    }

    /// The request that its last task suggests first.
    pub fn last_request(&self) -> Option<&Call> {
        self.pages.iter().rev().find_map(|page| page.task()).and_then(Task::first_request)
    }
}

fn of_deed(deed: &Deed) -> View {
    match deed {
        Deed::Call(step) => of_call(&step.call),
        Deed::Attach(_) => View::Policy,
        Deed::Advance(_) => View::Rotation,
    }
}

fn of_call(call: &Call) -> View {
    match &call.operation {
        Asked::Kms(operation) if operation == "PutKeyPolicy" => View::Policy,
        Asked::Kms(_) => View::Console,
        Asked::Service { .. } => View::Services,
    }
}
