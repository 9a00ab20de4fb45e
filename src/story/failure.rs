//! Where a story stops short: what happened, why, and what to do, in that order.

use crate::{
    endpoint::fault::Fault,
    envelope::DamagedEnvelope,
    story::{
        Facts, Plot, StepId, errors,
        facts::{LocalFault, grouped, size},
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
                format!("KMS refused, because {} is disabled.", key(facts)),
                "An administrator turned the key off. Nothing is lost: key material, ciphertexts and policies are as \
                 they were, but nobody can use the key."
                    .to_owned(),
                "Enable the key again (“Put it right” does it), then try once more.".to_owned(),
            ),
            ("KMSInvalidStateException", _) => (
                format!("KMS refused, because {} waits to be deleted.", key(facts)),
                "Its deletion has been scheduled. Until the waiting period ends the key can do nothing but be \
                 rescued; after it, everything sealed under it is lost for ever."
                    .to_owned(),
                "Cancel the deletion and enable the key (“Put it right” does both), while there is time.".to_owned(),
            ),
            ("IncorrectKeyException", _) => (
                format!("The ciphertext was not sealed by {}.", key(facts)),
                format!(
                    "The request names that key with `KeyId`, but the ciphertext names a key material of {}. With \
                     `KeyId` you say which key you trust, and KMS takes you at your word.",
                    facts.key.owner.as_deref().unwrap_or("another key")
                ),
                "Name the key that sealed the ciphertext, or name none.".to_owned(),
            ),
            ("InvalidCiphertextException", StepId::Unwrap) => tag_failed(facts),
            ("InvalidCiphertextException", _) => not_a_ciphertext(facts),
            ("NotFoundException", _) => (
                format!("There is nothing called {} here.", key(facts)),
                "Keys and aliases belong to one account and one Region; this world has none of that name there."
                    .to_owned(),
                "Choose a key of this Region, or another Region at the top.".to_owned(),
            ),
            ("ValidationException", _) if facts.plot == Plot::EncryptText => (
                format!("KMS refused the request, because the text has {} bytes.", grouped(facts.file.length)),
                "Encrypt takes 1 to 4,096 bytes. KMS is made to encrypt keys, not files.".to_owned(),
                "Shorten the text, or seal it as a file: then only a data key goes through KMS.".to_owned(),
            ),
            _ => {
                let (meaning, remedy) = errors::in_general(fault.kind);
                let said = fault.message.clone();
                let said = said.unwrap_or_else(|| "AWS gives no message with this error.".to_owned());
                (meaning.to_owned(), said, remedy.to_owned())
            }
        };
        Self { kind: fault.kind.to_owned(), message: fault.message.clone(), by_kms: true, what, why, remedy }
    }

    pub(super) fn of_envelope(damage: &DamagedEnvelope, facts: &Facts) -> Self {
        let said = damage.to_string();
        let (what, remedy) = said.split_once("; ").unwrap_or((&said, "get the file again from where it was kept"));
        let why = match (&facts.tampering, damage) {
            (Some(tampering), _) => format!("In this experiment {tampering}."),
            (None, DamagedEnvelope::NotAuthentic { .. }) => {
                "Each chunk ends in a tag over all its bytes, its place and \
                the header. A tag that does not fit means that one of these changed."
                    .to_owned()
            }
            (None, DamagedEnvelope::NewerVersion { .. }) => {
                "This page knows version 1 of the format and no other.".to_owned()
            }
            (None, _) => "The start of an envelope says how to read the rest, so it is read strictly.".to_owned(),
        };
        Self {
            kind: "Damaged envelope".to_owned(),
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
                kind: "File not readable".to_owned(),
                message: Some(words.clone()),
                by_kms: false,
                what: format!("The browser could not read {}.", facts.file.name),
                why: "It may have been moved, changed or locked since you chose it. The data key was wiped all the \
                      same."
                    .to_owned(),
                remedy: "Choose the file again.".to_owned(),
            },
            LocalFault::Unwritable(words) => Self {
                kind: "Envelope not writable".to_owned(),
                message: Some(words.clone()),
                by_kms: false,
                what: "No envelope can be written for this.".to_owned(),
                why: sentence(words),
                remedy: "Shorten the encryption context or the file's name and try once more.".to_owned(),
            },
        }
    }

    pub(super) fn cancelled(done: u64, facts: &Facts) -> Self {
        Self {
            kind: "Cancelled".to_owned(),
            message: None,
            by_kms: false,
            what: format!("You stopped after {} of {}.", size(done), size(facts.file.length)),
            why: "What had been done was thrown away, and the data key was wiped: half a file is of no use to anybody."
                .to_owned(),
            remedy: "Start again whenever you like; it takes one more request to KMS.".to_owned(),
        }
    }
}

type Words = (String, String, String);

fn key(facts: &Facts) -> String {
    let name = match facts.named_key() {
        Some(named) if !named.starts_with("arn:") => named,
        Some(_) | None => &facts.key.name,
    };
    if name.is_empty() { "the key".to_owned() } else { format!("`{name}`") }
}

fn denied(facts: &Facts) -> Words {
    let decision = facts.decision();
    let action = decision.map_or("this", |decision| &*decision.action);
    let why = decision.map_or_else(String::new, errors::why_denied);
    let remedy = match facts.plot {
        Plot::EncryptText => "Act as user Developer (at the top), who may encrypt, or seal your text as a file.",
        Plot::SealFile | Plot::OpenFile | Plot::DecryptText => {
            "Act as somebody who may (at the top), then try once more."
        }
    };
    (format!("KMS refused: {} may not `{action}` with {}.", facts.who(), key(facts)), why, remedy.to_owned())
}

fn unknown_key(facts: &Facts) -> Words {
    let region = facts.region;
    match &facts.tampering {
        Some(tampering) => (
            "KMS finds no key for this ciphertext.".to_owned(),
            format!(
                "In this experiment {tampering}. Bytes 2 to 33 of the ciphertext are the id of the key material that \
                 sealed it, and no key of this world has material of that id. KMS says no more, so that nobody learns \
                 which keys exist."
            ),
            "Open the untouched envelope.".to_owned(),
        ),
        None => (
            "This world does not have the key that sealed the envelope.".to_owned(),
            format!(
                "The ciphertext names a key material that no key in {region} has. The envelope may come from another \
                 world: another browser, another Region, a world that was started anew, or a moment that you have \
                 undone. Or the key was deleted."
            ),
            "Open it where it was made, redo what was undone, or choose the Region of its key at the top.".to_owned(),
        ),
    }
}

fn tag_failed(facts: &Facts) -> Words {
    let why = match &facts.tampering {
        Some(tampering) => format!(
            "In this experiment {tampering}, so the tag does not fit any more. KMS cannot tell what differs, the \
             ciphertext or the encryption context, and AWS gives no message at all."
        ),
        None => "Ciphertext and encryption context have to be exactly what was sealed. KMS cannot tell which of them \
                 differs, and AWS gives no message at all."
            .to_owned(),
    };
    (
        "The tag does not verify, so nothing is decrypted.".to_owned(),
        why,
        "Give the same encryption context, to the letter, and the untouched ciphertext.".to_owned(),
    )
}

fn not_a_ciphertext(facts: &Facts) -> Words {
    let why = match &facts.tampering {
        Some(tampering) => format!("In this experiment {tampering}. KMS does not get as far as a key."),
        None => "It is too short, it does not begin like a ciphertext of this playground, or it names a key material \
                 that the key never had. Ciphertexts of a real AWS KMS do not open here, nor these there."
            .to_owned(),
    };
    (
        "These bytes are not a ciphertext that KMS can open.".to_owned(),
        why,
        "Give the ciphertext exactly as KMS returned it.".to_owned(),
    )
}

/// With a capital and a full stop.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first: String = chars.next().map(|first| first.to_ascii_uppercase().to_string()).unwrap_or_default();
    let stop = if words.ends_with('.') { "" } else { "." };
    format!("{first}{}{stop}", chars.as_str())
}
