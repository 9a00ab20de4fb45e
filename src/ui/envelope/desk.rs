//! What lies on the desk: the file, its context and key, and the run that is being shown. One value, one pure reducer.

use std::rc::Rc;

use web_sys::Blob;
use yew::prelude::*;

use crate::{
    envelope::Header,
    lang::tr,
    story::{Facts, FileFacts, Local, SealedFacts, Story},
};

/// Files above this are refused: sealing them would need too much of the tab's memory.
pub(super) const LARGEST_FILE: u64 = 256_000_000;
/// What direct Encrypt takes (API reference, Encrypt).
pub(super) const LARGEST_TEXT: usize = 4096;

/// The desk.
#[derive(Clone)]
pub(super) struct Desk {
    pub source: Source,
    pub input: Input,
    pub text: String,
    pub pairs: Vec<(String, String)>,
    /// For example `alias/orders`.
    pub key: String,
    /// What is wrong with the file that was to be taken.
    pub refusal: Option<AttrValue>,
    /// Whether the form shows though there is a run.
    pub form: bool,
    pub run: Option<Rc<Run>>,
    /// The last envelope that was sealed or taken, untouched by any experiment.
    pub kept: Option<Envelope>,
}

/// Whether a file or a text is to be encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    File,
    Text,
}

/// A file to be sealed.
#[derive(Clone, PartialEq)]
pub(super) struct Source {
    pub name: String,
    pub blob: Blob,
    pub length: u64,
    pub media_type: String,
    /// The first bytes.
    pub start: Rc<[u8]>,
    pub is_sample: bool,
}

/// An envelope in the browser's hands.
#[derive(Clone, PartialEq)]
pub(super) struct Envelope {
    pub blob: Blob,
    pub sealed: SealedFacts,
}

/// What came out of an envelope.
#[derive(Clone, PartialEq)]
pub(super) struct Recovered {
    pub blob: Blob,
    /// The beginning, where it is text.
    pub preview: Option<String>,
}

/// One request with its local half, as it is told.
pub(super) struct Run {
    pub number: u32,
    pub facts: Facts,
    pub story: Rc<Story>,
    /// Sealed by this run, or the one it opens.
    pub envelope: Option<Envelope>,
    pub recovered: Option<Recovered>,
}

impl Run {
    pub(super) fn new(number: u32, facts: Facts, envelope: Option<Envelope>) -> Self {
        let story = Rc::new(Story::tell(&facts));
        Self { number, facts, story, envelope, recovered: None }
    }

    /// Whether the local half is at work.
    pub(super) fn is_working(&self) -> bool {
        matches!(self.facts.local, Local::Running { .. })
    }
}

/// How far the local half of a run came.
pub(super) struct Progress {
    pub run: u32,
    pub local: Local,
    pub envelope: Option<Envelope>,
    pub recovered: Option<(Recovered, Rc<[u8]>)>,
}

pub(super) enum DeskAction {
    Take(Source),
    Refuse(AttrValue),
    Use(Input),
    Write(String),
    Pair { at: usize, name: String, value: String },
    AddPair,
    DropPair(usize),
    Key(String),
    Form(bool),
    Begin(Box<Run>),
    Progress(Box<Progress>),
}

impl Reducible for Desk {
    type Action = DeskAction;

    fn reduce(self: Rc<Self>, action: DeskAction) -> Rc<Self> {
        let mut next = Self::clone(&self);
        match action {
            DeskAction::Take(source) => {
                (next.source, next.input, next.refusal, next.form) = (source, Input::File, None, true);
            }
            DeskAction::Refuse(words) => next.refusal = Some(words),
            DeskAction::Use(input) => next.input = input,
            DeskAction::Write(text) => next.text = text,
            DeskAction::Pair { at, name, value } => {
                if let Some(pair) = next.pairs.get_mut(at) {
                    *pair = (name, value);
                }
            }
            DeskAction::AddPair => next.pairs.push((String::new(), String::new())),
            DeskAction::DropPair(at) => {
                if at < next.pairs.len() {
                    next.pairs.remove(at);
                }
            }
            DeskAction::Key(key) => next.key = key,
            DeskAction::Form(form) => next.form = form,
            DeskAction::Begin(run) => {
                // An experiment's damaged copy is not what is kept.
                if run.facts.tampering.is_none() && run.envelope.is_some() {
                    next.kept.clone_from(&run.envelope);
                }
                (next.run, next.form, next.refusal) = (Some(Rc::from(run)), false, None);
            }
            DeskAction::Progress(progress) => next.follow(*progress),
        }
        Rc::new(next)
    }
}

impl Desk {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            input: Input::File,
            text: SAMPLE_NOTE.to_owned(),
            pairs: vec![("tenant".to_owned(), "7".to_owned()), ("doc".to_owned(), "invoice-0193".to_owned())],
            key: "alias/orders".to_owned(),
            refusal: None,
            form: true,
            run: None,
            kept: None,
        }
    }

    /// What is wrong with each pair of the context, and with all of them together.
    pub(super) fn context_problems(&self) -> (Vec<Option<&'static str>>, Option<String>) {
        let named_before = |at: usize, name: &str| self.pairs.iter().take(at).any(|(other, _)| other == name);
        let problem = |(at, (name, _)): (usize, &(String, String))| match name.as_str() {
            "" => Some(tr!("A pair needs a name. Give it one, or remove the pair.")),
            name if named_before(at, name) => Some(tr!("This name is there already. A context has each name once.")),
            _ => None,
        };
        let bytes: usize = self.pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
        let limit = Header::LONGEST_PREFIX / 4;
        let all = (bytes > limit).then(|| {
            tr!(
                "The context has {bytes} bytes. The header of an envelope has room for {limit}; shorten it.",
                bytes,
                limit
            )
        });
        (self.pairs.iter().enumerate().map(problem).collect(), all)
    }

    pub(super) fn context_is_good(&self) -> bool {
        let (each, all) = self.context_problems();
        each.iter().all(Option::is_none) && all.is_none()
    }

    fn follow(&mut self, progress: Progress) {
        let Some(run) = self.run.as_ref().filter(|run| run.number == progress.run) else { return };
        let mut facts = run.facts.clone();
        facts.local = progress.local;
        let envelope = progress.envelope.or_else(|| run.envelope.clone());
        if let Some(envelope) = &envelope {
            facts.file.sealed = Some(envelope.sealed.clone());
        }
        let recovered = match progress.recovered {
            Some((recovered, start)) => {
                facts.file.start = start;
                Some(recovered)
            }
            None => run.recovered.clone(),
        };
        if facts.tampering.is_none() && envelope.is_some() {
            self.kept.clone_from(&envelope);
        }
        let story = Rc::new(Story::tell(&facts));
        self.run = Some(Rc::new(Run { number: run.number, facts, story, envelope, recovered }));
    }
}

impl Source {
    pub(super) fn facts(&self) -> FileFacts {
        FileFacts { name: self.name.clone(), length: self.length, start: Rc::clone(&self.start), sealed: None }
    }
}

pub(super) const SAMPLE_NAME: &str = "invoice-0193.txt";
pub(super) const SAMPLE: &str = "INVOICE 0193\n\nTo      Tenant 7\nDate    2030-03-14\n\n  3 x  ink ribbon        12.60\n  1 x  \
                          writing paper     4.20\n                        -------\n  total                 16.80\n\nDue in 30 \
                          days. Thank you.\n";
const SAMPLE_NOTE: &str = "The spare key is under the third flower pot.";
