//! What the buttons do: a request through the store, then the local half, each told to the desk.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use js_sys::Array;
use serde_json::{Value, json};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File};
use yew::prelude::*;
use zeroize::Zeroizing;

use crate::{
    arn::KeyArn,
    endpoint::Outcome,
    envelope::{DamagedEnvelope, Header, Members},
    estate::principal::Caller,
    lang::tr,
    story::{Facts, FileFacts, KeyFacts, Local, Plot, SealedFacts, StepId, facts::LocalFault, facts::size},
    timeline::Timeline,
    ui::{
        envelope::{
            desk::{Desk, DeskAction, Envelope, Input, LARGEST_FILE, Progress, Recovered, Run, Source},
            seal::{self, DataKey, Stopped, Work},
        },
        store::{Action, HistoryMode, Store},
    },
};

/// Who does the experiments with keys.
const ADMINISTRATOR: &str = "arn:aws:iam::111122223333:user/KMSKeyAdmin";

/// Everything a button needs.
#[derive(Clone)]
pub(super) struct Flow {
    /// As it is now, also for work that began some time ago and between two requests of one click.
    pub store: Rc<RefCell<Store>>,
    pub dispatch: UseReducerDispatcher<Store>,
    pub desk: UseReducerHandle<Desk>,
    pub on_step: Callback<(u32, HistoryMode)>,
    /// Of the work under way.
    pub cancelled: Rc<RefCell<Rc<Cell<bool>>>>,
    pub runs: Rc<Cell<u32>>,
}

/// What an opening does otherwise than it should.
#[derive(Clone, Default)]
pub(super) struct Change {
    /// In words, for example `byte 70 of the wrapped key was changed from 3e to 3f`.
    pub words: Option<String>,
    pub wrapped_key: Option<Vec<u8>>,
    pub context: Option<Vec<(String, String)>>,
    pub key_id: Option<String>,
}

impl Flow {
    /// Takes a file that was chosen or dropped: an envelope is opened, anything else waits to be sealed.
    pub(super) fn take(&self, file: File) {
        let flow = self.clone();
        spawn_local(async move {
            let length = seal::size_of(&file);
            if length > LARGEST_FILE + (1 << 20) {
                let words = tr!(
                    "{file} has {length}. This page takes files up to {size}, because it works in the memory of a tab. Choose a smaller \
                     one.",
                    file = file.name(),
                    length = size(length),
                    size = size(LARGEST_FILE)
                );
                return flow.desk.dispatch(DeskAction::Refuse(words.into()));
            }
            match seal::read_start(&file, Header::LONGEST_PREFIX as u64).await {
                Ok(start) if start.starts_with(b"KMSENV") || file.name().ends_with(".kmsenvelope") => {
                    flow.open(file.into(), file_name(&start), Change::default(), None)
                }
                Ok(_) if length > LARGEST_FILE => {
                    let words = tr!(
                        "The file has {length}; this page takes up to {size}.",
                        length = size(length),
                        size = size(LARGEST_FILE)
                    );
                    flow.desk.dispatch(DeskAction::Refuse(words.into()));
                }
                Ok(start) => flow.desk.dispatch(DeskAction::Take(Source {
                    name: file.name(),
                    length,
                    media_type: file.type_(),
                    start: start.into_iter().take(1024).collect(),
                    blob: file.into(),
                    is_sample: false,
                })),
                Err(words) => flow.desk.dispatch(DeskAction::Refuse(
                    tr!(
                        "The browser could not read {file}: {words}. Choose the file again.",
                        file = file.name(),
                        words
                    )
                    .into(),
                )),
            }
        });
    }

    /// Seals what lies on the desk: GenerateDataKey, then the file here.
    pub(super) fn seal(&self) {
        let source = match self.desk.input {
            Input::File => self.desk.source.clone(),
            Input::Text => match text_source(&self.desk.text) {
                Some(source) => source,
                None => return,
            },
        };
        let mut body = json!({ "KeyId": self.desk.key, "KeySpec": "AES_256" });
        add_context(&mut body, &self.desk.pairs);
        let (caller, store) = (self.acting(), self.store());
        let (facts, outcome) = self.request(&store, Plot::SealFile, caller, body, None, source.facts());
        let (answer, pairs) = (answer(&outcome), facts.context.clone());
        self.begin(facts, None, |flow, run, work| async move {
            let Some((header, key)) = answer.and_then(|answer| new_header(&answer, pairs, &source)) else { return };
            let sealed = match header {
                Ok(header) => seal::seal(&header, &source.blob, key, &work).await.map(|made| (header, made)),
                Err(fault) => Err(Stopped::Fault(fault)),
            };
            let (local, envelope) = match sealed {
                Ok((header, (blob, start))) => {
                    let length = header.file_length();
                    (Local::Done, Some(Envelope { blob, sealed: SealedFacts { header, start: start.into(), length } }))
                }
                Err(stopped) => (ended(stopped), None),
            };
            flow.desk.dispatch(DeskAction::Progress(Box::new(Progress { run, local, envelope, recovered: None })));
        });
    }

    /// Sends the text on the desk to KMS itself.
    pub(super) fn encrypt_text(&self) {
        let text = self.desk.text.clone();
        let mut body = json!({ "KeyId": self.desk.key, "Plaintext": STANDARD.encode(&text) });
        add_context(&mut body, &self.desk.pairs);
        let file = text_facts(text.as_bytes());
        let (facts, _) = self.request(&self.store(), Plot::EncryptText, self.acting(), body, None, file);
        self.begin(facts, None, |_, _, _| async {});
    }

    /// Sends the ciphertext of the run on stage back.
    pub(super) fn decrypt_text(&self) {
        let answer = self.desk.run.as_ref().and_then(|run| answer(run.facts.outcome.as_ref()?));
        let Some(ciphertext) = answer.as_ref().and_then(|answer| bytes(answer, "CiphertextBlob")) else { return };
        let Some(run) = &self.desk.run else { return };
        let mut body = json!({ "CiphertextBlob": STANDARD.encode(&ciphertext) });
        add_context(&mut body, &run.facts.context);
        let file = run.facts.file.clone();
        let (mut facts, outcome) =
            self.request(&self.store(), Plot::DecryptText, self.acting(), body, Some(&ciphertext), file);
        if let Some(text) = self::answer(&outcome).and_then(|answer| bytes(&answer, "Plaintext")) {
            facts.file = text_facts(&text);
        }
        self.begin(facts, None, |_, _, _| async {});
    }

    /// Opens an envelope: reads its header, asks Decrypt, and opens the file here. `show` is the step to go to, unless the
    /// story stops before.
    pub(super) fn open(&self, blob: Blob, name: String, change: Change, show: Option<StepId>) {
        let flow = self.clone();
        spawn_local(async move {
            let length = seal::size_of(&blob);
            let start = seal::read_start(&blob, Header::LONGEST_PREFIX as u64).await;
            let parsed = match &start {
                Ok(start) => Header::parse(start).and_then(|header| header.check_file_length(length).map(|()| header)),
                Err(words) => {
                    let words = tr!("The browser could not read the envelope: {words}. Choose it again.", words);
                    return flow.desk.dispatch(DeskAction::Refuse(words.into()));
                }
            };
            let start = start.unwrap_or_default();
            match parsed {
                Ok(header) => {
                    let shown = start.get(..1536.max(header.prefix().len() + 256)).unwrap_or(&start).into();
                    let envelope = Envelope { blob, sealed: SealedFacts { header, start: shown, length } };
                    flow.decrypt(envelope, change, show);
                }
                Err(damage) => flow.unreadable(damage, name, length, change),
            }
        });
    }

    /// One request as an administrator, for an experiment. Says what KMS answered if it refused.
    pub(super) fn administer(&self, operations: &[(&str, Value)]) -> bool {
        let Ok(administrator) = ADMINISTRATOR.parse::<Caller>() else { return false };
        for (operation, body) in operations {
            let mut store = self.store();
            // The key is where it is, wherever the person looks at the moment.
            if let Some(arn) = body.get("KeyId").and_then(Value::as_str).and_then(|key| key.parse::<KeyArn>().ok()) {
                store.region = arn.region;
            }
            let (timeline, outcome) = store.called(&administrator, operation, body);
            self.moved(timeline);
            if let Some(fault) = &outcome.fault {
                let said = fault.message.clone().unwrap_or_default();
                let words = tr!(
                    "{operation} as user KMSKeyAdmin was refused: {kind} {said}",
                    operation,
                    kind = fault.kind,
                    said
                );
                self.dispatch.dispatch(Action::Notice(words.into()));
                return false;
            }
        }
        true
    }

    fn decrypt(&self, envelope: Envelope, change: Change, show: Option<StepId>) {
        let members = envelope.sealed.header.members();
        let wrapped = change.wrapped_key.clone().unwrap_or_else(|| members.wrapped_data_key.clone());
        let pairs = members.encryption_context.pairs().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let pairs = change.context.unwrap_or_else(|| pairs.collect());
        let mut body = json!({ "CiphertextBlob": STANDARD.encode(&wrapped) });
        if let (Some(key), Some(object)) = (change.key_id, body.as_object_mut()) {
            object.insert("KeyId".to_owned(), key.into());
        }
        add_context(&mut body, &pairs);
        let file = FileFacts {
            name: members.file_name.to_string(),
            length: members.plaintext_length,
            start: Rc::default(),
            sealed: Some(envelope.sealed.clone()),
        };
        let (mut facts, outcome) =
            self.request(&self.store(), Plot::OpenFile, self.acting(), body, Some(&wrapped), file);
        facts.context = pairs;
        facts.tampering = change.words;
        let answer = answer(&outcome);
        let header = envelope.sealed.header.clone();
        let blob = envelope.blob.clone();
        self.begin_at(show, facts, Some(envelope), |flow, run, work| async move {
            let Some(key) = answer.and_then(|answer| data_key(&answer)) else { return };
            let (local, recovered) = match seal::open(&header, &blob, key, &work).await {
                Ok((blob, start)) => {
                    let preview = preview(&start);
                    (Local::Done, Some((Recovered { blob, preview }, start.into())))
                }
                Err(stopped) => (ended(stopped), None),
            };
            let failed = matches!(local, Local::Failed(_));
            flow.desk.dispatch(DeskAction::Progress(Box::new(Progress { run, local, envelope: None, recovered })));
            // An experiment is over where it stops.
            if let (true, Some(at)) = (failed, Plot::OpenFile.steps().iter().position(|id| *id == StepId::Open)) {
                flow.on_step.emit((u32::try_from(at).unwrap_or(0), HistoryMode::Replace));
            }
        });
    }

    /// An envelope whose header cannot be read is a story of one step.
    fn unreadable(&self, damage: DamagedEnvelope, name: String, length: u64, change: Change) {
        let facts = Facts {
            plot: Plot::OpenFile,
            caller: self.acting(),
            region: self.store().region,
            body: Value::Null,
            outcome: None,
            key: KeyFacts::default(),
            context: Vec::new(),
            file: FileFacts { name, length, ..FileFacts::default() },
            local: Local::NotStarted,
            damage: Some(damage),
            tampering: change.words,
        };
        self.begin(facts, None, |_, _, _| async {});
    }

    fn request(
        &self,
        store: &Store,
        plot: Plot,
        caller: Caller,
        body: Value,
        ciphertext: Option<&[u8]>,
        file: FileFacts,
    ) -> (Facts, Rc<Outcome>) {
        let (timeline, outcome) = store.called(&caller, plot.operation(), &body);
        let name = body.get("KeyId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let key = KeyFacts::new(timeline.world(), &name, Facts::resolved_key(&outcome), ciphertext);
        self.moved(timeline);
        let context = body.get("EncryptionContext").and_then(Value::as_object).into_iter().flatten();
        let context =
            context.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect();
        let local = match (&outcome.fault, plot.is_about_a_file()) {
            (None, true) => Local::Running { done: 0, total: file.length },
            (Some(_), _) | (None, false) => Local::NotStarted,
        };
        let facts = Facts {
            plot,
            caller,
            region: store.region,
            body,
            outcome: Some(Rc::clone(&outcome)),
            key,
            context,
            file,
            local,
            damage: None,
            tampering: None,
        };
        (facts, outcome)
    }

    fn begin<W: Future<Output = ()> + 'static>(
        &self,
        facts: Facts,
        envelope: Option<Envelope>,
        work: impl FnOnce(Self, u32, Work) -> W,
    ) {
        self.begin_at(None, facts, envelope, work);
    }

    /// Puts a run on stage and starts its local half; what was at work before stops.
    fn begin_at<W: Future<Output = ()> + 'static>(
        &self,
        show: Option<StepId>,
        facts: Facts,
        envelope: Option<Envelope>,
        work: impl FnOnce(Self, u32, Work) -> W,
    ) {
        self.cancelled.borrow().set(true);
        let cancelled = Rc::new(Cell::new(false));
        self.cancelled.replace(Rc::clone(&cancelled));
        let number = self.runs.get().wrapping_add(1);
        self.runs.set(number);
        let total = facts.file.length;
        let works = matches!(facts.local, Local::Running { .. });
        let run = Run::new(number, facts, envelope);
        let is_experiment = run.facts.tampering.is_some() || show.is_some();
        let step = match (run.story.failed_at(), show.and_then(|id| run.story.position(id))) {
            (Some(at), _) if is_experiment || run.story.plot == Plot::OpenFile => at,
            (_, Some(at)) => at,
            (_, None) => 0,
        };
        self.desk.dispatch(DeskAction::Begin(Box::new(run)));
        self.on_step.emit((u32::try_from(step).unwrap_or(0), HistoryMode::Push));
        if works {
            let dispatcher = self.desk.dispatcher();
            let progress = Callback::from(move |done| {
                let local = Local::Running { done, total };
                dispatcher.dispatch(DeskAction::Progress(Box::new(Progress {
                    run: number,
                    local,
                    envelope: None,
                    recovered: None,
                })));
            });
            spawn_local(work(self.clone(), number, Work { cancelled, progress }));
        }
    }

    fn moved(&self, timeline: Rc<Timeline>) {
        self.store.borrow_mut().timeline = Rc::clone(&timeline);
        self.dispatch.dispatch(Action::Moved(timeline));
    }

    fn store(&self) -> Store {
        self.store.borrow().clone()
    }

    fn acting(&self) -> Caller {
        self.store.borrow().acting.clone()
    }
}

fn ended(stopped: Stopped) -> Local {
    match stopped {
        Stopped::Cancelled { done } => Local::Cancelled { done },
        Stopped::Fault(fault) => Local::Failed(fault),
    }
}

fn add_context(body: &mut Value, pairs: &[(String, String)]) {
    if let (false, Some(object)) = (pairs.is_empty(), body.as_object_mut()) {
        let context = pairs.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        object.insert("EncryptionContext".to_owned(), Value::Object(context.collect()));
    }
}

/// The body of a good answer.
fn answer(outcome: &Outcome) -> Option<Value> {
    outcome.fault.is_none().then(|| serde_json::from_str(&outcome.response.body).ok()).flatten()
}

fn bytes(answer: &Value, member: &str) -> Option<Vec<u8>> {
    STANDARD.decode(answer.get(member)?.as_str()?).ok()
}

fn data_key(answer: &Value) -> Option<DataKey> {
    let bytes = Zeroizing::new(bytes(answer, "Plaintext")?);
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

type Pairs = Vec<(String, String)>;

fn new_header(answer: &Value, pairs: Pairs, source: &Source) -> Option<(Result<Header, LocalFault>, DataKey)> {
    let key = data_key(answer)?;
    let arn: KeyArn = answer.get("KeyId")?.as_str()?.parse().ok()?;
    let wrapped = bytes(answer, "CiphertextBlob")?;
    Some((header_of(arn, wrapped, pairs, source), key))
}

fn header_of(key: KeyArn, wrapped: Vec<u8>, pairs: Pairs, source: &Source) -> Result<Header, LocalFault> {
    let members = Members {
        key,
        encryption_context: pairs.into_iter().collect(),
        wrapped_data_key: wrapped,
        file_name: source
            .name
            .parse()
            .map_err(|error: crate::arn::NotAName| LocalFault::Unwritable(error.to_string()))?,
        media_type: source.media_type.parse().ok(),
        plaintext_length: source.length,
        chunk_length: Header::USUAL_CHUNK_LENGTH,
        nonce_prefix: seal::nonce_prefix()?,
    };
    Header::new(members).map_err(|invalid| LocalFault::Unwritable(invalid.to_string()))
}

fn text_facts(text: &[u8]) -> FileFacts {
    FileFacts { name: tr!("your text").to_owned(), length: text.len() as u64, start: text.into(), sealed: None }
}

fn text_source(text: &str) -> Option<Source> {
    source_of_text("note.txt", text, false)
}

/// A text as a file.
pub(super) fn source_of_text(name: &str, text: &str, is_sample: bool) -> Option<Source> {
    let blob = seal::blob_of(&Array::of1(&text.into()), "text/plain").ok()?;
    let start = text.bytes().take(1024).collect();
    let media_type = "text/plain".to_owned();
    Some(Source { name: name.to_owned(), blob, length: text.len() as u64, media_type, start, is_sample })
}

/// The file's name in a header that may be damaged elsewhere.
fn file_name(start: &[u8]) -> String {
    Header::parse(start)
        .map_or_else(|_| tr!("the envelope").to_owned(), |header| header.members().file_name.to_string())
}

/// The beginning of a file if it is text.
fn preview(start: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // Cut inside a character.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(start.get(..error.valid_up_to())?).ok()?,
        Err(_) => return None,
    };
    let is_text = !text.chars().any(|char| char.is_control() && !char.is_whitespace());
    (is_text && !text.is_empty()).then(|| text.chars().take(600).collect())
}
