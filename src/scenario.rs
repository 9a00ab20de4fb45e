//! Lessons: Markdown files that are read, run and checked by the same rules as everything else.
//!
//! A lesson moves a [`crate::timeline::Timeline`] and looks at what came of it. It decides nothing about KMS, and whether
//! a task is met is judged from the recorded steps alone.

pub mod catalog;
pub mod check;
pub mod course;
pub mod error;
pub mod expect;
pub mod file;
mod front_matter;
pub mod judge;
pub mod messages;
pub mod part;
mod place;
pub mod preview;
pub mod prose;
pub mod reading;
pub mod run;
pub mod search;
mod segment;
pub mod tag;
pub mod template;
pub mod transcript;
pub mod view;

use std::{fmt, ops::Range};

use serde_json::{Map, Value};

use crate::{
    arn::Region,
    clock::{Span, Timestamp},
    crypto::wrap::WrappingAlgorithm,
    estate::{attachment::Attachment, principal::Caller},
    kms::{Setting, store::premises::Incident},
    load::presets::Preset,
    scenario::{
        part::Part,
        prose::{Inline, Prose},
        tag::Tag,
        template::Template,
        view::View,
    },
};

/// One lesson.
#[derive(Debug)]
pub struct Scenario {
    pub front: Front,
    /// Never empty.
    pub pages: Vec<Page>,
}

/// What a lesson says of itself before its first page.
#[derive(Debug)]
pub struct Front {
    /// The name of its file, without `.md`.
    pub id: String,
    pub title: String,
    /// One sentence for the list of lessons.
    pub summary: String,
    /// Under which heading it is listed.
    pub part: Part,
    /// What it is about. The list of lessons can be narrowed down to one of them.
    pub tags: Vec<Tag>,
    /// Lessons of level 1 need nothing; a higher level builds on the lower ones.
    pub level: u8,
    /// How long it takes.
    pub minutes: u8,
    /// When its world starts.
    pub start: Timestamp,
    /// From which everything drawn in its world follows.
    pub seed: u64,
    /// Where the lesson goes on in the sandbox, where it says so; else where its last task belongs.
    pub view: Option<View>,
    /// What older texts call things.
    pub older_terms: Vec<OlderTerm>,
}

/// A word of older texts and what is said today.
#[derive(Debug, PartialEq, Eq)]
pub struct OlderTerm {
    pub older: String,
    pub today: String,
}

/// One idea.
#[derive(Debug)]
pub struct Page {
    pub title: String,
    /// What is read before anything happens.
    pub prose: Vec<Prose>,
    /// In the order of the file. INVARIANT: at most one task, and nothing that moves the world after it.
    pub items: Vec<Item>,
}

impl Page {
    pub fn task(&self) -> Option<&Task> {
        self.items.iter().find_map(|item| if let Item::Task(task) = item { Some(task) } else { None })
    }

    /// What is asked before it happens, in the order of the file.
    pub fn predictions(&self) -> impl Iterator<Item = &Predict> {
        self.items.iter().filter_map(|item| if let Item::Predict(predict) = item { Some(predict) } else { None })
    }
}

/// One thing on a page.
#[derive(Debug)]
pub enum Item {
    Prose(Vec<Prose>),
    Call(Step),
    Attach(Attach),
    /// Something chosen anew for the world as a whole.
    Set(Setting),
    Incident(Happens),
    Advance(Advance),
    Bytes(Bytes),
    Wrap(Wrap),
    Load(Load),
    /// How much each account may send at this moment, and what the run must give.
    Meters(Expected),
    /// What a month with the keys as they are costs, and what the run must give.
    Bill(Expected),
    Predict(Predict),
    Task(Task),
}

/// A request and what comes of it.
#[derive(Debug)]
pub struct Step {
    pub call: Call,
    pub expect: Expected,
}

/// A request that a lesson sends or suggests.
#[derive(Debug)]
pub struct Call {
    pub caller: Caller,
    pub region: Region,
    pub operation: Asked,
    /// JSON with `${…}` for what only the run knows.
    pub body: Template,
    /// How often it is sent. All answers are alike, and the last one counts.
    pub times: u32,
    /// What passes before each time; nothing where all are sent at one moment.
    pub every: Option<Span>,
    pub binds: Vec<Bind>,
    /// Counted from 1.
    pub line: usize,
}

/// An operation and whose it is. In writing `Encrypt`, which is one of KMS, or `s3:GetObject`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Kms(String),
    Service { service: String, operation: String },
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kms(operation) => f.write_str(operation),
            Self::Service { service, operation } => write!(f, "{service}:{operation}"),
        }
    }
}

impl From<&str> for Asked {
    /// Whether there is such an operation is not looked at.
    fn from(text: &str) -> Self {
        match text.split_once(':') {
            None => Self::Kms(text.to_owned()),
            Some((service, operation)) => {
                Self::Service { service: service.to_owned(), operation: operation.to_owned() }
            }
        }
    }
}

/// A name for a member of a response, for use in later requests.
#[derive(Debug, PartialEq, Eq)]
pub struct Bind {
    pub name: String,
    /// For example `KeyMetadata`, `KeyId`.
    pub path: Vec<String>,
}

/// A policy beside those of keys is put in place, or taken away.
#[derive(Debug)]
pub struct Attach {
    pub attachment: Attachment,
    /// Counted from 1.
    pub line: usize,
}

/// Something happens behind a key store, where KMS does not see it.
#[derive(Debug)]
pub struct Happens {
    pub incident: Incident,
    /// Counted from 1.
    pub line: usize,
}

/// Time passes.
#[derive(Debug)]
pub struct Advance {
    pub span: Span,
    pub expect: Expected,
}

/// A ciphertext shown byte by byte.
#[derive(Debug)]
pub struct Bytes {
    /// The name its base64 is bound to.
    pub of: String,
    pub expect: Expected,
    /// Counted from 1.
    pub line: usize,
}

/// Key material that its owner encrypts for a wrapping key, outside of KMS.
#[derive(Debug)]
pub struct Wrap {
    /// The name to which the result is bound, in base64.
    pub name: String,
    /// The name that the public key is bound to.
    pub key: String,
    pub algorithm: WrappingAlgorithm,
    pub material: Vec<u8>,
    /// Counted from 1.
    pub line: usize,
}

/// Traffic against the request quotas, beside the world of the lesson.
#[derive(Debug)]
pub struct Load {
    pub traffic: Traffic,
    pub expect: Expected,
}

/// A lab: an example of the load lab, and what is changed about it.
#[derive(Clone, Debug)]
pub struct Traffic {
    pub preset: &'static Preset,
    /// Members of the lab in place of those of the example; `null` takes one away.
    pub changes: Map<String, Value>,
    /// Counted from 1.
    pub line: usize,
}

/// A question to answer before the page shows what happens.
#[derive(Debug)]
pub struct Predict {
    pub question: Vec<Inline>,
    /// At least two, exactly one of them right.
    pub choices: Vec<Choice>,
    pub explanation: Vec<Inline>,
}

#[derive(Debug)]
pub struct Choice {
    pub text: Vec<Inline>,
    pub right: bool,
}

/// Something for the learner to do.
#[derive(Debug)]
pub struct Task {
    pub text: Vec<Prose>,
    /// In the order in which to give them. Never empty.
    pub hints: Vec<Vec<Prose>>,
    pub work: Work,
}

/// What there is to do, and how.
#[derive(Debug)]
pub enum Work {
    /// Requests of one's own.
    Requests {
        goal: Goal,
        /// The request to begin with, if there is one. It does not meet the goal.
        start: Option<Call>,
        /// Never empty.
        solution: Vec<Deed>,
    },
    /// Remedies for traffic, until nothing of it is refused. [`reading::serves`] judges it.
    Remedies {
        /// Some of it is refused.
        start: Traffic,
        solution: Load,
    },
}

/// One step of a solution.
#[derive(Debug)]
pub enum Deed {
    Call(Step),
    Attach(Attach),
    Advance(Advance),
}

/// When a task is met. [`judge::Judge`] says whether it is.
#[derive(Debug)]
pub enum Goal {
    /// Something of that name happened, for example `MaterialRotated`.
    Event(String),
    /// The last request was refused with that `__type`, or that error of a service.
    Fault(String),
    /// A request of that operation succeeded.
    Success(Asked),
    /// All of these would be answered as they should. Never empty.
    Probes(Vec<Probe>),
}

/// A request that is tried on a copy of the learner's world, to see whether the world is as it should be.
#[derive(Debug)]
pub struct Probe {
    /// What it shows where it is answered as it should be, in a sentence.
    pub shows: String,
    /// How much time passes before it is sent.
    pub after: Option<Span>,
    pub call: Call,
    pub gives: Gives,
}

/// How a request should be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gives {
    Success,
    /// One of these errors. Never empty.
    Fault(Vec<String>),
}

/// The text that a run must give.
#[derive(Debug)]
pub struct Expected {
    pub text: String,
    /// Where it stands in the file: lines counted from 0.
    pub lines: Range<usize>,
}
