//! What one request did, as steps a person walks through: words, bytes and the place of every secret.
//!
//! INVARIANT: decides nothing again. Whether a step happened is read from the recorded stages, cryptographic steps and
//! fault of an [`Outcome`]; what the application did on its own side comes in as [`Local`]. Never sees the browser.

pub mod attaching;
pub mod bytes;
pub mod chronicle;
pub mod differs;
pub mod errors;
pub mod examples;
pub mod facts;
pub mod failure;
pub mod glossary;
pub mod notes;
pub mod operations;
pub mod origin;
pub mod outlook;
pub mod persona;
pub mod question;
pub mod recipe;
pub mod scene;
mod table;
pub mod tours;
pub mod vocabulary;
mod words;

use crate::{
    crypto::step::StepKind,
    endpoint::Outcome,
    lang::tr,
    ops::stage::{Stage, StageResult},
};

pub use self::{
    bytes::{Artefact, ArtefactId, NamedRun, Tone},
    facts::{Facts, FileFacts, KeyFacts, Local, SealedFacts},
    failure::Failure,
    recipe::{Recipe, Tool},
    scene::{Arrow, Look, Object, Place, Presence, Scene, Version},
};

/// What is being told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plot {
    /// A file is sealed under a fresh data key.
    SealFile,
    /// An envelope is opened.
    OpenFile,
    /// A short text goes to KMS itself.
    EncryptText,
    /// And comes back.
    DecryptText,
}

/// One step of a story. The same step may be in several plots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepId {
    /// The envelope's header is read.
    Read,
    /// The request arrives and is well-formed.
    Request,
    /// Key and key material are found.
    Resolve,
    /// The policies are asked.
    Authorise,
    /// The key's state is looked at.
    State,
    /// The data key is drawn.
    Draw,
    /// The per-call key is derived.
    Derive,
    /// The per-call key seals.
    Wrap,
    /// The per-call key opens.
    Unwrap,
    /// The response leaves KMS.
    Return,
    /// The application encrypts the file.
    Seal,
    /// The application decrypts the file.
    Open,
    /// The application forgets the data key.
    Wipe,
    /// The envelope is kept.
    Store,
    /// The file is back.
    File,
}

use StepId::{
    Authorise, Derive, Draw, File, Open, Read, Request, Resolve, Return, Seal, State, Store, Unwrap, Wipe, Wrap,
};

impl Plot {
    /// In the order in which they happen.
    pub fn steps(self) -> &'static [StepId] {
        match self {
            Self::SealFile => &[Request, Resolve, Authorise, State, Draw, Derive, Wrap, Return, Seal, Wipe, Store],
            Self::OpenFile => &[Read, Request, Resolve, Authorise, State, Derive, Unwrap, Return, Open, Wipe, File],
            Self::EncryptText => &[Request, Resolve, Authorise, State, Derive, Wrap, Return],
            Self::DecryptText => &[Request, Resolve, Authorise, State, Derive, Unwrap, Return],
        }
    }

    /// The operation of KMS that the plot is about.
    pub fn operation(self) -> &'static str {
        match self {
            Self::SealFile => "GenerateDataKey",
            Self::EncryptText => "Encrypt",
            Self::OpenFile | Self::DecryptText => "Decrypt",
        }
    }

    /// Whether something is decrypted.
    pub fn opens(self) -> bool {
        matches!(self, Self::OpenFile | Self::DecryptText)
    }

    /// Whether there is a file on the application's side.
    pub fn is_about_a_file(self) -> bool {
        matches!(self, Self::SealFile | Self::OpenFile)
    }
}

impl StepId {
    /// One word for the player.
    pub fn label(self, plot: Plot) -> &'static str {
        match self {
            Read => tr!("read"),
            Request => tr!("request"),
            Resolve => tr!("resolve"),
            Authorise => tr!("authorise"),
            State => tr!("state"),
            Draw => tr!("draw"),
            Derive => tr!("derive"),
            Wrap if plot == Plot::EncryptText => tr!("encrypt"),
            Wrap => tr!("wrap"),
            Unwrap if plot == Plot::DecryptText => tr!("decrypt"),
            Unwrap => tr!("unwrap"),
            Return => tr!("return"),
            Seal => tr!("seal"),
            Open => tr!("open"),
            Wipe => tr!("wipe"),
            Store => tr!("store"),
            File => tr!("file"),
        }
    }
}

/// How far a step came.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    Happened,
    /// Bytes of how many are done.
    UnderWay {
        done: u64,
        total: u64,
    },
    Failed(Box<Failure>),
    NotReached,
}

/// One step, ready to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct StoryStep {
    pub id: StepId,
    /// One word for the player.
    pub label: &'static str,
    pub title: String,
    /// What happened, in one sentence.
    pub sentence: String,
    /// Paragraphs. `code` stands in backticks and the important between double asterisks.
    pub prose: Vec<String>,
    /// A remark, smaller.
    pub aside: Option<String>,
    pub status: Status,
    /// The bytes that this step is about.
    pub shows: ArtefactId,
    pub scene: Scene,
    /// How to do the same elsewhere. Secrets are left out; see [`Recipe::text`].
    pub recipes: Vec<Recipe>,
}

/// All steps of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    pub plot: Plot,
    pub steps: Vec<StoryStep>,
    /// What there are bytes of.
    pub artefacts: Vec<Artefact>,
}

impl Story {
    /// Tells the story of `facts`.
    pub fn tell(facts: &Facts) -> Self {
        let plot = facts.plot;
        let statuses = statuses(facts);
        let artefacts = bytes::artefacts(facts, &statuses);
        let steps = plot.steps().iter().zip(&statuses).enumerate().map(|(at, (id, status))| {
            let words = words::of(*id, facts, status);
            StoryStep {
                id: *id,
                label: id.label(plot),
                title: words.title,
                sentence: words.sentence,
                prose: words.prose,
                aside: words.aside,
                status: status.clone(),
                shows: bytes::shown_at(*id, plot),
                scene: scene::at(at, facts, &statuses),
                recipes: recipe::of(*id, facts),
            }
        });
        Self { plot, steps: steps.collect(), artefacts }
    }

    /// The last step that happened or began, counted from 0: where there is something to see.
    pub fn reached(&self) -> usize {
        self.steps.iter().rposition(|step| step.status != Status::NotReached).unwrap_or(0)
    }

    /// Where the story stopped short, if it did.
    pub fn failed_at(&self) -> Option<usize> {
        self.steps.iter().position(|step| matches!(step.status, Status::Failed(_)))
    }

    /// Where in the story a step is, counted from 0.
    pub fn position(&self, id: StepId) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }

    pub fn artefact(&self, id: ArtefactId) -> Option<&Artefact> {
        self.artefacts.iter().find(|artefact| artefact.id == id)
    }
}

/// One status for each step of the plot: happened up to where the record stops, and nothing after that.
fn statuses(facts: &Facts) -> Vec<Status> {
    let mut stopped = false;
    let status = |id: &StepId| {
        if stopped {
            return Status::NotReached;
        }
        let status = status(*id, facts);
        stopped = status != Status::Happened;
        status
    };
    facts.plot.steps().iter().map(status).collect()
}

fn status(id: StepId, facts: &Facts) -> Status {
    let happened = |yes: bool| if yes { Status::Happened } else { Status::NotReached };
    match id {
        Read => match &facts.damage {
            Some(damage) => Status::Failed(Box::new(Failure::of_envelope(damage, facts))),
            None => Status::Happened,
        },
        Request | Resolve | Authorise | State | Draw | Derive | Wrap | Unwrap | Return => {
            let Some(outcome) = &facts.outcome else { return Status::NotReached };
            match (&outcome.fault, is_recorded(id, outcome)) {
                (_, true) => Status::Happened,
                (Some(fault), false) => Status::Failed(Box::new(Failure::of_kms(id, fault, facts))),
                (None, false) => Status::NotReached,
            }
        }
        Seal | Open => match &facts.local {
            Local::NotStarted => Status::NotReached,
            Local::Running { done, total } => Status::UnderWay { done: *done, total: *total },
            Local::Done => Status::Happened,
            Local::Failed(fault) => Status::Failed(Box::new(Failure::of_local(fault, facts))),
            Local::Cancelled { done } => Status::Failed(Box::new(Failure::cancelled(*done, facts))),
        },
        Wipe | Store | File => happened(facts.local == Local::Done),
    }
}

/// Whether the outcome has the record of a step.
fn is_recorded(id: StepId, outcome: &Outcome) -> bool {
    let passed = |stage: Stage| {
        outcome.stages.iter().any(|record| record.stage == stage && record.result == StageResult::Passed)
    };
    let did = |kind: StepKind| outcome.crypto.iter().any(|step| step.kind == kind && step.succeeded);
    match id {
        Request => passed(Stage::Parse),
        Resolve => passed(Stage::Resolve),
        Authorise => passed(Stage::Authorize),
        State => passed(Stage::Usage),
        Draw => did(StepKind::Draw),
        Derive => did(StepKind::Derive),
        Wrap => did(StepKind::Seal),
        Unwrap => did(StepKind::Open),
        Return => outcome.fault.is_none(),
        Read | Seal | Open | Wipe | Store | File => false,
    }
}

#[cfg(test)]
mod tests;
