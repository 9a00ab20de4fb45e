//! Where a story stops short: what happened, why, and what to do, in that order.

use crate::{
    endpoint::fault::Fault,
    envelope::DamagedEnvelope,
    lang::{grouped, tr},
    story::{
        Facts, Plot, StepId, errors,
        facts::{LocalFault, size},
    },
};

/// Why a step failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// AWS's `__type`, or what the application would call it.
    pub kind: String,
    /// AWS's message to the letter, where it has one, or the application's.
    pub message: Option<String>,
    /// Whether KMS refused; else it was the application's own half.
    pub by_kms: bool,
    pub what: String,
    pub why: String,
    pub remedy: String,
}

impl Failure {
    pub(super) fn of_kms(id: StepId, fault: &Fault, facts: &Facts) -> Self {
        let (what, why, remedy) = match (fault.kind, id) {
            ("AccessDeniedException", StepId::Resolve) => unknown_key(facts),
            ("AccessDeniedException", _) => denied(facts),
            ("DisabledException", _) => (
                tr!("KMS refused, because {facts} is disabled.", facts = key(facts)),
                tr!("An administrator turned the key off. Nothing is lost: key material, ciphertexts and policies are as \
                 they were, but nobody can use the key.")
                    .to_owned(),
                tr!("Enable the key again (“Put it right” does it), then try once more.").to_owned(),
            ),
            ("KMSInvalidStateException", _) => (
                tr!("KMS refused, because {facts} waits to be deleted.", facts = key(facts)),
                tr!("Its deletion has been scheduled. Until the waiting period ends the key can do nothing but be \
                 rescued; after it, everything sealed under it is lost for ever.")
                    .to_owned(),
                tr!("Cancel the deletion and enable the key (“Put it right” does both), while there is time.").to_owned(),
            ),
            ("IncorrectKeyException", _) => (
                tr!("The ciphertext was not sealed by {facts}.", facts = key(facts)),
                tr!("The request names that key with `KeyId`, but the ciphertext names a key material of {as_deref}. With \
                     `KeyId` you say which key you trust, and KMS takes you at your word.", as_deref = facts.key.owner.as_deref().unwrap_or(tr!("another key"))),
                tr!("Name the key that sealed the ciphertext, or name none.").to_owned(),
            ),
            ("InvalidCiphertextException", StepId::Unwrap) => tag_failed(facts),
            ("InvalidCiphertextException", _) => not_a_ciphertext(facts),
            ("NotFoundException", _) => (
                tr!("There is nothing called {facts} here.", facts = key(facts)),
                tr!("Keys and aliases belong to one account and one Region; this world has none of that name there.")
                    .to_owned(),
                tr!("Choose a key of this Region, or another Region at the top.").to_owned(),
            ),
            ("ValidationException", _) if facts.plot == Plot::EncryptText => (
                tr!("KMS refused the request, because the text has {length} bytes.", length = grouped(facts.file.length)),
                tr!("Encrypt takes 1 to 4,096 bytes. KMS is made to encrypt keys, not files.").to_owned(),
                tr!("Shorten the text, or seal it as a file: then only a data key goes through KMS.").to_owned(),
            ),
            _ => {
                let (meaning, remedy) = errors::in_general(fault.kind);
                let said = fault.message.clone();
                let said = said.unwrap_or_else(|| tr!("AWS gives no message with this error.").to_owned());
                (meaning.to_owned(), said, remedy.to_owned())
            }
        };
        Self { kind: fault.kind.to_owned(), message: fault.message.clone(), by_kms: true, what, why, remedy }
    }

    pub(super) fn of_envelope(damage: &DamagedEnvelope, facts: &Facts) -> Self {
        let said = damage.to_string();
        let (what, remedy) = said.split_once("; ").unwrap_or((&said, tr!("get the file again from where it was kept")));
        let why = match (&facts.tampering, damage) {
            (Some(tampering), _) => tr!("In this experiment {tampering}.", tampering),
            (None, DamagedEnvelope::NotAuthentic { .. }) => {
                tr!("Each chunk ends in a tag over all its bytes, its place and \
                the header. A tag that does not fit means that one of these changed.")
                .to_owned()
            }
            (None, DamagedEnvelope::NewerVersion { .. }) => {
                tr!("This page knows version 1 of the format and no other.").to_owned()
            }
            (None, _) => tr!("The start of an envelope says how to read the rest, so it is read strictly.").to_owned(),
        };
        Self {
            kind: tr!("Damaged envelope").to_owned(),
            message: Some(said.clone()),
            by_kms: false,
            what: sentence(what),
            why,
            remedy: sentence(remedy),
        }
    }

    pub(super) fn of_local(fault: &LocalFault, facts: &Facts) -> Self {
        match fault {
            LocalFault::Damaged(damage) => Self::of_envelope(damage, facts),
            LocalFault::Unreadable(words) => Self {
                kind: tr!("File not readable").to_owned(),
                message: Some(words.clone()),
                by_kms: false,
                what: tr!("The browser could not read {file}.", file = facts.file.name),
                why: tr!(
                    "It may have been moved, changed or locked since you chose it. The data key was wiped all the \
                      same."
                )
                .to_owned(),
                remedy: tr!("Choose the file again.").to_owned(),
            },
            LocalFault::Unwritable(words) => Self {
                kind: tr!("Envelope not writable").to_owned(),
                message: Some(words.clone()),
                by_kms: false,
                what: tr!("No envelope can be written for this.").to_owned(),
                why: sentence(words),
                remedy: tr!("Shorten the encryption context or the file's name and try once more.").to_owned(),
            },
        }
    }

    pub(super) fn cancelled(done: u64, facts: &Facts) -> Self {
        Self {
            kind: "Cancelled".to_owned(),
            message: None,
            by_kms: false,
            what: tr!("You stopped after {done} of {length}.", done = size(done), length = size(facts.file.length)),
            why: tr!(
                "What had been done was thrown away, and the data key was wiped: half a file is of no use to anybody."
            )
            .to_owned(),
            remedy: tr!("Start again whenever you like; it takes one more request to KMS.").to_owned(),
        }
    }
}

type Words = (String, String, String);

fn key(facts: &Facts) -> String {
    let name = match facts.named_key() {
        Some(named) if !named.starts_with("arn:") => named,
        Some(_) | None => &facts.key.name,
    };
    if name.is_empty() { tr!("the key").to_owned() } else { format!("`{name}`") }
}

fn denied(facts: &Facts) -> Words {
    let decision = facts.decision();
    let action = decision.map_or("this", |decision| &*decision.action);
    let why = decision.map_or_else(String::new, errors::why_denied);
    let remedy = match facts.plot {
        Plot::EncryptText => tr!("Act as user Developer (at the top), who may encrypt, or seal your text as a file."),
        Plot::SealFile | Plot::OpenFile | Plot::DecryptText => {
            tr!("Act as somebody who may (at the top), then try once more.")
        }
    };
    (
        tr!("KMS refused: {who} may not `{action}` with {facts}.", who = facts.who(), action, facts = key(facts)),
        why,
        remedy.to_owned(),
    )
}

fn unknown_key(facts: &Facts) -> Words {
    let region = facts.region;
    match &facts.tampering {
        Some(tampering) => (
            tr!("KMS finds no key for this ciphertext.").to_owned(),
            tr!(
                "In this experiment {tampering}. Bytes 2 to 33 of the ciphertext are the id of the key material that \
                 sealed it, and no key of this world has material of that id. KMS says no more, so that nobody learns \
                 which keys exist.",
                tampering
            ),
            tr!("Open the untouched envelope.").to_owned(),
        ),
        None => (
            tr!("This world does not have the key that sealed the envelope.").to_owned(),
            tr!(
                "The ciphertext names a key material that no key in {region} has. The envelope may come from another \
                 world: another browser, another Region, a world that was started anew, or a moment that you have \
                 undone. Or the key was deleted.",
                region
            ),
            tr!("Open it where it was made, redo what was undone, or choose the Region of its key at the top.")
                .to_owned(),
        ),
    }
}

fn tag_failed(facts: &Facts) -> Words {
    let why = match &facts.tampering {
        Some(tampering) => tr!(
            "In this experiment {tampering}, so the tag does not fit any more. KMS cannot tell what differs, the \
             ciphertext or the encryption context, and AWS gives no message at all.",
            tampering
        ),
        None => {
            tr!("Ciphertext and encryption context have to be exactly what was sealed. KMS cannot tell which of them \
                 differs, and AWS gives no message at all.")
            .to_owned()
        }
    };
    (
        tr!("The tag does not verify, so nothing is decrypted.").to_owned(),
        why,
        tr!("Give the same encryption context, to the letter, and the untouched ciphertext.").to_owned(),
    )
}

fn not_a_ciphertext(facts: &Facts) -> Words {
    let why = match &facts.tampering {
        Some(tampering) => tr!("In this experiment {tampering}. KMS does not get as far as a key.", tampering),
        None => {
            tr!("It is too short, it does not begin like a ciphertext of this playground, or it names a key material \
                 that the key never had. Ciphertexts of a real AWS KMS do not open here, nor these there.")
            .to_owned()
        }
    };
    (
        tr!("These bytes are not a ciphertext that KMS can open.").to_owned(),
        why,
        tr!("Give the ciphertext exactly as KMS returned it.").to_owned(),
    )
}

/// With a capital and a full stop.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first: String = chars.next().map(|first| first.to_ascii_uppercase().to_string()).unwrap_or_default();
    let stop = if words.ends_with('.') { "" } else { "." };
    format!("{first}{}{stop}", chars.as_str())
}
