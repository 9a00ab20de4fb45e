//! The bytes behind a story, every one of them in exactly one run with a name, and the step that made each run.

use std::rc::Rc;

use crate::{
    crypto::step::{Field, Run, StepKind},
    lang::tr,
    story::{Facts, Plot, Status, StepId},
};

/// Something there are bytes of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArtefactId {
    /// The wrapped data key, or the ciphertext of a text.
    Wrapped,
    DataKey,
    Context,
    CallKey,
    KeyMaterial,
    Envelope,
    /// The file or text in the clear.
    Plaintext,
}

/// Bytes with names.
#[derive(Clone, Debug, PartialEq)]
pub struct Artefact {
    pub id: ArtefactId,
    pub name: &'static str,
    /// To be masked until somebody asks to see it.
    pub secret: bool,
    /// The first bytes, or all.
    pub bytes: Rc<[u8]>,
    /// Of all of it.
    pub length: u64,
    /// Cover `bytes`, in order.
    pub runs: Vec<NamedRun>,
}

/// A stretch of an artefact.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedRun {
    pub name: String,
    pub start: usize,
    /// Of the stretch as far as it is shown.
    pub length: usize,
    pub made_in: StepId,
    pub tone: Tone,
    /// What it is for, in a sentence.
    pub about: &'static str,
}

/// What kind of bytes a run holds, for its look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Format,
    Key,
    Nonce,
    Iv,
    Sealed,
    Tag,
    Secret,
    Text,
}

/// How many bytes of a file are shown.
pub const SHOWN: usize = 256;
/// And of an envelope, whose header is to be seen whole.
pub const SHOWN_OF_ENVELOPE: usize = 768;

/// The artefact that a step is about.
pub(super) fn shown_at(id: StepId, plot: Plot) -> ArtefactId {
    match id {
        StepId::Read | StepId::Seal | StepId::Open | StepId::Store => ArtefactId::Envelope,
        StepId::Request if plot == Plot::EncryptText => ArtefactId::Plaintext,
        StepId::Request | StepId::Authorise | StepId::State if !plot.opens() => ArtefactId::Context,
        StepId::Draw => ArtefactId::DataKey,
        StepId::Wipe => ArtefactId::DataKey,
        StepId::Return if plot == Plot::OpenFile => ArtefactId::DataKey,
        StepId::Return if plot == Plot::DecryptText => ArtefactId::Plaintext,
        StepId::File => ArtefactId::Plaintext,
        StepId::Request
        | StepId::Resolve
        | StepId::Authorise
        | StepId::State
        | StepId::Derive
        | StepId::Wrap
        | StepId::Unwrap
        | StepId::Return => ArtefactId::Wrapped,
    }
}

/// All artefacts there are bytes of.
pub(super) fn artefacts(facts: &Facts, statuses: &[Status]) -> Vec<Artefact> {
    let plot = facts.plot;
    let happened = |id: StepId| {
        let at = plot.steps().iter().position(|step| *step == id);
        at.and_then(|at| statuses.get(at)) == Some(&Status::Happened)
    };
    let wrapped = wrapped(facts);
    let data_key = facts.content().filter(|_| plot.is_about_a_file()).map(|field| {
        let (made_in, about) = if plot == Plot::SealFile {
            (StepId::Draw, tr!("Random; it encrypts this one file. It exists in the clear only until it is wiped."))
        } else {
            (StepId::Unwrap, tr!("The same 32 bytes that sealed the file."))
        };
        whole(ArtefactId::DataKey, tr!("Plaintext data key"), tr!("data key"), Tone::Secret, field, made_in, about)
    });
    let call_key = facts.output(StepKind::Derive).map(|field| {
        let about = tr!(
            "Derived for this call from key material and nonce. It never leaves KMS; only a playground can show it."
        );
        whole(ArtefactId::CallKey, tr!("Per-call key"), tr!("per-call key"), Tone::Secret, field, StepId::Derive, about)
    });
    let material = facts.input(StepKind::Derive, "key material").map(|field| {
        let about = "256 bits that no real KMS ever shows to anybody. This is a playground, and they protect nothing.";
        whole(
            ArtefactId::KeyMaterial,
            tr!("Key material"),
            tr!("key material"),
            Tone::Secret,
            field,
            StepId::Resolve,
            about,
        )
    });
    let mut all = Vec::new();
    all.extend(wrapped);
    all.extend(data_key);
    all.extend(facts.aad().map(|field| context(facts, field)));
    all.extend(call_key);
    all.extend(material);
    all.extend(envelope(facts));
    let plaintext_known = match plot {
        Plot::SealFile | Plot::EncryptText => true,
        Plot::OpenFile => happened(StepId::Open),
        Plot::DecryptText => happened(StepId::Return),
    };
    if plaintext_known {
        all.push(plaintext(facts));
    }
    all
}

fn whole(
    id: ArtefactId,
    name: &'static str,
    run: &str,
    tone: Tone,
    field: &Field,
    made_in: StepId,
    about: &'static str,
) -> Artefact {
    let length = field.bytes.len();
    let runs = vec![NamedRun { name: run.to_owned(), start: 0, length, made_in, tone, about }];
    Artefact { id, name, secret: true, bytes: field.bytes.as_slice().into(), length: length as u64, runs }
}

fn wrapped(facts: &Facts) -> Option<Artefact> {
    let (bytes, runs): (Rc<[u8]>, Vec<Run>) = match (facts.blob(), &facts.file.sealed) {
        (Some(field), _) => (field.bytes.as_slice().into(), field.runs.clone()),
        // Refused before KMS took it apart.
        (None, Some(sealed)) => {
            let bytes = &sealed.header.members().wrapped_data_key;
            (bytes.as_slice().into(), crate::crypto::outer::runs(bytes))
        }
        (None, None) => return None,
    };
    let sealing = !facts.plot.opens();
    let before = if facts.plot == Plot::OpenFile { StepId::Read } else { StepId::Request };
    let made = |step: StepId| if sealing { step } else { before };
    let runs = runs.iter().map(|run| {
        let (tone, made_in, about) = match run.name {
            "format" => (Tone::Format, made(StepId::Wrap), tr!("Which layout this is: the playground's own, version 1.")),
            "key material id" => (
                Tone::Key,
                StepId::Resolve,
                tr!("Which key material sealed this. It is why Decrypt needs no key id, and why rotation breaks nothing."),
            ),
            "nonce of the per-call key" => (
                Tone::Nonce,
                StepId::Derive,
                tr!("The nonce makes a fresh key for every call, so one key material can wrap for ever without wearing out."),
            ),
            "IV" => (Tone::Iv, made(StepId::Wrap), tr!("The starting point of AES-GCM; never used twice under one key.")),
            "ciphertext" => (
                Tone::Sealed,
                if sealing { StepId::Wrap } else { StepId::Unwrap },
                tr!("The secret itself, encrypted: exactly as long as it is in the clear."),
            ),
            "tag" => (
                Tone::Tag,
                if sealing { StepId::Wrap } else { StepId::Unwrap },
                tr!("Proves that nothing was changed: not these bytes, and not the encryption context, which is not here."),
            ),
            _ => (Tone::Format, made(StepId::Wrap), tr!("These bytes are not a ciphertext.")),
        };
        named(run.name.to_owned(), run.start, run.length, made_in, tone, about)
    });
    let name = if facts.plot.is_about_a_file() { tr!("Wrapped data key") } else { tr!("Ciphertext") };
    let runs = runs.collect();
    Some(Artefact { id: ArtefactId::Wrapped, name, secret: false, length: bytes.len() as u64, bytes, runs })
}

fn named(name: String, start: u32, length: u32, made_in: StepId, tone: Tone, about: &'static str) -> NamedRun {
    NamedRun { name, start: start as usize, length: length as usize, made_in, tone, about }
}

/// The AAD: count, then each name and value behind its length.
fn context(facts: &Facts, field: &Field) -> Artefact {
    let mut runs: Vec<NamedRun> = Vec::new();
    let mut start = 0;
    let mut push = |name: String, length: usize, tone: Tone, about: &'static str| {
        runs.push(NamedRun { name, start, length, made_in: StepId::Request, tone, about });
        start += length;
    };
    let mut pairs: Vec<&(String, String)> = facts.context.iter().collect();
    pairs.sort();
    if !field.bytes.is_empty() {
        push(
            "number of pairs".to_owned(),
            2,
            Tone::Format,
            tr!("Most significant byte first, like every number here."),
        );
        for (name, value) in pairs {
            push(tr!("length").to_owned(), 2, Tone::Format, tr!("How many bytes the name has."));
            push(
                tr!("name {name}", name),
                name.len(),
                Tone::Key,
                tr!("Sorted, so that the order in the request is nothing."),
            );
            push(tr!("length").to_owned(), 2, Tone::Format, tr!("How many bytes the value has."));
            push(
                tr!("value {value}", value),
                value.len(),
                Tone::Text,
                tr!("Bound to the ciphertext letter by letter."),
            );
        }
    }
    let bytes: Rc<[u8]> = field.bytes.as_slice().into();
    let name = "Encryption context as AAD";
    Artefact { id: ArtefactId::Context, name, secret: false, length: bytes.len() as u64, bytes, runs }
}

fn envelope(facts: &Facts) -> Option<Artefact> {
    let sealed = facts.file.sealed.as_ref()?;
    let shown = sealed.start.len().min(SHOWN_OF_ENVELOPE.max(sealed.header.prefix().len().saturating_add(SHOWN)));
    let bytes = sealed.start.get(..shown).unwrap_or_default();
    let sealing = facts.plot == Plot::SealFile;
    let made = |step: StepId| if sealing { step } else { StepId::Read };
    let chunk = if sealing { StepId::Seal } else { StepId::Open };
    let mut runs = Vec::new();
    for run in sealed.header.runs(bytes.len()) {
        match run.name {
            "header" => {
                let start = run.start as usize;
                let json = bytes.get(start..start.saturating_add(run.length as usize)).unwrap_or_default();
                runs.extend(members(json).into_iter().map(|(name, from, to)| {
                    let (step, tone, about) = member(&name);
                    let (start, length) = (start + from, to - from);
                    NamedRun { name, start, length, made_in: made(step), tone, about }
                }));
            }
            "magic" => runs.push(named(
                "magic".to_owned(),
                run.start,
                run.length,
                made(StepId::Store),
                Tone::Format,
                tr!("By these 8 bytes a program knows an envelope: KMSENV1 and a line feed."),
            )),
            "header length" => runs.push(named(
                tr!("header length").to_owned(),
                run.start,
                run.length,
                made(StepId::Store),
                Tone::Format,
                tr!("How many bytes of header follow, most significant byte first."),
            )),
            name if name.ends_with("tag") => runs.push(named(
                name.to_owned(),
                run.start,
                run.length,
                chunk,
                Tone::Tag,
                tr!("Covers the chunk, its place and the header: none of them can change unnoticed."),
            )),
            name => runs.push(named(
                name.to_owned(),
                run.start,
                run.length,
                chunk,
                Tone::Sealed,
                tr!("Your file, encrypted under the data key: exactly as long as in the clear."),
            )),
        }
    }
    runs.retain(|run| run.length > 0);
    Some(Artefact {
        id: ArtefactId::Envelope,
        name: tr!("Envelope file"),
        secret: false,
        bytes: bytes.into(),
        length: sealed.length,
        runs,
    })
}

fn member(name: &str) -> (StepId, Tone, &'static str) {
    match name {
        "keyId" => {
            (StepId::Resolve, Tone::Key, tr!("The key that wrapped the data key, for whoever opens this by hand."))
        }
        "encryptionContext" => (StepId::Request, Tone::Text, tr!("Decrypt must be given the same, to the letter.")),
        "wrappedDataKey" => (StepId::Wrap, Tone::Sealed, tr!("The data key as KMS wrapped it, in base64.")),
        "noncePrefix" => (StepId::Seal, Tone::Nonce, tr!("The first 7 bytes of every chunk's nonce, in base64.")),
        "fileName" | "mediaType" => (StepId::Store, Tone::Text, tr!("To suggest when the file is saved again.")),
        "plaintextLength" | "chunkLength" => {
            (StepId::Seal, Tone::Text, tr!("From these follow number and place of chunks."))
        }
        _ => (StepId::Store, Tone::Format, tr!("How to read the rest.")),
    }
}

/// The members of a JSON object, each with the comma behind it: name, first byte, byte after the last. Together they are
/// all of it.
fn members(json: &[u8]) -> Vec<(String, usize, usize)> {
    let mut found: Vec<(String, usize, usize)> = Vec::new();
    let (mut depth, mut in_text, mut escaped) = (0_u32, false, false);
    let (mut start, mut text_start, mut name) = (0, 0, None);
    for (at, byte) in json.iter().enumerate() {
        match (in_text, *byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (true, b'"') => {
                in_text = false;
                if depth == 1 && name.is_none() {
                    name = Some(String::from_utf8_lossy(json.get(text_start..at).unwrap_or_default()).into_owned());
                }
            }
            (true, _) => {}
            (false, b'"') => (in_text, text_start) = (true, at + 1),
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            (false, b',') if depth == 1 => {
                found.push((name.take().unwrap_or_default(), start, at + 1));
                start = at + 1;
            }
            (false, _) => {}
        }
    }
    if start < json.len() {
        found.push((name.unwrap_or_else(|| "header".to_owned()), start, json.len()));
    }
    found
}

fn plaintext(facts: &Facts) -> Artefact {
    let shown = facts.file.start.get(..SHOWN).unwrap_or(&facts.file.start);
    let (name, made_in) = match facts.plot {
        Plot::SealFile => (tr!("Your file"), StepId::Request),
        Plot::OpenFile => (tr!("Your file"), StepId::Open),
        Plot::EncryptText => (tr!("Your text"), StepId::Request),
        Plot::DecryptText => (tr!("Your text"), StepId::Unwrap),
    };
    let run = if facts.plot.is_about_a_file() { &facts.file.name } else { tr!("text") };
    let about = tr!("Yours, in the clear. It stays in this tab.");
    let runs = vec![NamedRun { name: run.to_owned(), start: 0, length: shown.len(), made_in, tone: Tone::Text, about }];
    Artefact { id: ArtefactId::Plaintext, name, secret: false, bytes: shown.into(), length: facts.file.length, runs }
}
