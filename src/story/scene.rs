//! Where every object is at one step: the picture as data. Places and looks; a view knows where they are on the page.

use crate::{
    lang::tr,
    story::{
        Facts, Plot, Status, StepId,
        bytes::ArtefactId,
        facts::{hex, size},
    },
};

/// A spot in one of the three lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The request, on its way from the application into KMS.
    Request,
    /// KMS: what the policies said.
    Permission,
    /// KMS: what state the key is in.
    KeyState,
    /// KMS: the data key, or a short text, in the clear.
    KmsPlain,
    /// KMS: the per-call key.
    KmsCallKey,
    /// KMS: the wrapped data key, or the ciphertext of a text.
    KmsSealed,
    /// KMS: the encryption context.
    KmsContext,
    /// Application: the file or text.
    AppPlain,
    /// Application: the data key in the clear.
    AppKey,
    /// Application: the wrapped data key, or the ciphertext of a text.
    AppWrapped,
    /// Application: the encrypted file.
    AppSealed,
    /// Storage: the envelope.
    Stored,
}

impl Place {
    /// The heading of its lane.
    pub fn lane(self) -> &'static str {
        match self {
            Self::Permission
            | Self::KeyState
            | Self::KmsPlain
            | Self::KmsCallKey
            | Self::KmsSealed
            | Self::KmsContext => "KMS",
            Self::Request | Self::AppPlain | Self::AppKey | Self::AppWrapped | Self::AppSealed => {
                tr!("Your application")
            }
            Self::Stored => "Storage",
        }
    }
}

/// What an object is, drawn by more than colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Gives nothing away, or is the person's own.
    Plain,
    /// A key or a short text in the clear: amber, hatched, open padlock.
    Secret,
    /// Safe without its key: blue, closed padlock.
    Wrapped,
    /// A check that was passed.
    Passed,
    /// A check that stopped the request.
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Still to come: an outline.
    Ghost,
    Present,
    /// Came or changed in this step.
    Fresh,
    /// Was here and has been forgotten.
    Wiped,
}

impl Presence {
    /// For a table.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Ghost => tr!("still to come"),
            Self::Present => tr!("there"),
            Self::Fresh => tr!("new in this step"),
            Self::Wiped => tr!("wiped"),
        }
    }
}

/// One thing in the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    pub place: Place,
    pub look: Look,
    pub presence: Presence,
    pub title: String,
    /// A second line.
    pub detail: String,
    /// The step that put it there.
    pub made_in: StepId,
    /// What it is made of.
    pub bytes: Option<ArtefactId>,
}

/// One key material of the key.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// For example `v3`.
    pub name: String,
    /// `current`, `named` or nothing.
    pub role: &'static str,
    /// The one this run uses, from the step on that finds it.
    pub chosen: bool,
}

/// A connection that is drawn from the step on in which something passes over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrow {
    /// Application to KMS: the request.
    Ask,
    /// Chosen key material to per-call key.
    Derive,
    /// Per-call key to the sealed thing.
    CallKey,
    /// Plain into sealed, inside KMS.
    WrapUp,
    /// Sealed into plain, inside KMS.
    UnwrapUp,
    /// Encryption context to the sealed thing.
    Bind,
    /// Plain, from KMS to the application.
    PlainOut,
    /// Sealed, from KMS to the application.
    SealedOut,
    /// Text, from the application into KMS.
    PlainIn,
    /// Sealed, from the application into KMS.
    SealedIn,
    /// File and data key to the encrypted file.
    SealHere,
    /// Encrypted file and data key to the file.
    OpenHere,
    /// Wrapped data key and encrypted file to storage.
    Keep,
    /// And from there.
    Fetch,
}

/// The picture at one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// `alias/orders`, for example.
    pub key: String,
    pub versions: Vec<Version>,
    /// How many key materials are not among `versions`.
    pub more_versions: usize,
    pub objects: Vec<Object>,
    /// Each with whether it is of this step.
    pub arrows: Vec<(Arrow, bool)>,
    /// The nonce's first bytes, beside the arrow of the derivation.
    pub nonce: String,
    /// What KMS keeps, at its foot.
    pub footnote: [String; 2],
}

impl Scene {
    pub fn object(&self, place: Place) -> Option<&Object> {
        self.objects.iter().find(|object| object.place == place)
    }
}

/// When an object comes, and when it is forgotten.
struct Life {
    place: Place,
    look: Look,
    title: String,
    detail: String,
    bytes: Option<ArtefactId>,
    /// Absent: it is there from the start.
    born: Option<StepId>,
    /// Whether an outline announces it.
    announced: bool,
    /// The step after whose beginning it is gone.
    wiped: Option<StepId>,
}

/// The picture at the step `at`, counted from 0.
pub(super) fn at(at: usize, facts: &Facts, statuses: &[Status]) -> Scene {
    let steps = facts.plot.steps();
    let position = |id: StepId| steps.iter().position(|step| *step == id);
    let status = |id: StepId| position(id).and_then(|position| statuses.get(position));
    let has_begun =
        |id: StepId| matches!(status(id), Some(Status::Happened | Status::UnderWay { .. })) && position(id) <= Some(at);
    let is_now = |id: StepId| position(id) == Some(at);
    let refused = |id: StepId| matches!(status(id), Some(Status::Failed(_))) && position(id) <= Some(at);

    // Where a step failed, what it was to make shows that it did not come about.
    let failed_here = |life: &Life| {
        let stays_outline = matches!(life.place, Place::KmsContext | Place::KmsSealed | Place::AppWrapped);
        let is_cargo = life.born == Some(StepId::Request) && life.place != Place::Request;
        life.born.is_some_and(refused) && !stays_outline && !is_cargo
    };
    let presence = |life: &Life| match (life.born, life.wiped) {
        (_, Some(wiped)) if has_begun(wiped) => Some(Presence::Wiped),
        (None, _) => Some(Presence::Present),
        (Some(born), _) if has_begun(born) || failed_here(life) => {
            Some(if is_now(born) { Presence::Fresh } else { Presence::Present })
        }
        (Some(_), _) => life.announced.then_some(Presence::Ghost),
    };
    let objects = lives(facts, statuses).into_iter().filter_map(|life| {
        let mut presence = presence(&life)?;
        let is_check = matches!(life.place, Place::Permission | Place::KeyState);
        let (look, title, detail) = if failed_here(&life) && !is_check {
            (Look::Refused, format!("✕ {}", life.title), String::new())
        } else {
            (life.look, life.title, life.detail)
        };
        // What the last step is about is not new, but it is what to look at.
        if life.place == Place::AppPlain && is_now(StepId::File) && has_begun(StepId::File) {
            presence = Presence::Fresh;
        }
        let first = steps.first().copied().unwrap_or(StepId::Request);
        Some(Object {
            place: life.place,
            look,
            presence,
            title,
            detail,
            made_in: life.born.unwrap_or(first),
            bytes: life.bytes,
        })
    });
    let arrows = arrows(facts.plot).iter().filter(|(_, id)| has_begun(*id)).map(|(arrow, id)| (*arrow, is_now(*id)));
    let (versions, more_versions) = versions(facts, has_begun(StepId::Resolve));
    let forgets = match facts.plot {
        Plot::SealFile => tr!("Forgets both copies of the data key."),
        Plot::OpenFile => tr!("Forgets the data key again."),
        Plot::EncryptText | Plot::DecryptText => tr!("Forgets your text."),
    };
    Scene {
        key: facts.key.name.clone(),
        versions,
        more_versions,
        objects: objects.collect(),
        arrows: arrows.collect(),
        nonce: facts
            .nonce()
            .filter(|_| has_begun(StepId::Derive))
            .map_or_else(String::new, |nonce| format!("{} …", hex(nonce.get(..3).unwrap_or_default()))),
        footnote: [tr!("Keeps the key material.").to_owned(), forgets.to_owned()],
    }
}

/// Up to three key materials: the one in use, the current one, and another.
fn versions(facts: &Facts, resolved: bool) -> (Vec<Version>, usize) {
    let count = facts.key.versions;
    let used = facts.key.used;
    let mut shown: Vec<usize> = [used, Some(count), Some(1), count.checked_sub(1), Some(2)]
        .into_iter()
        .flatten()
        .filter(|number| (1..=count).contains(number))
        .collect();
    let mut kept = Vec::new();
    shown.retain(|number| {
        let first = !kept.contains(number) && kept.len() < 3;
        if first {
            kept.push(*number);
        }
        first
    });
    shown.sort_unstable();
    let version = |number: &usize| Version {
        name: format!("v{number}"),
        role: match (*number == count, Some(*number) == used) {
            (true, _) => tr!("current"),
            (false, true) => tr!("named"),
            (false, false) => "",
        },
        chosen: resolved && Some(*number) == used,
    };
    (shown.iter().map(version).collect(), count.saturating_sub(shown.len()))
}

fn arrows(plot: Plot) -> &'static [(Arrow, StepId)] {
    match plot {
        Plot::SealFile => &[
            (Arrow::Ask, StepId::Request),
            (Arrow::Derive, StepId::Derive),
            (Arrow::CallKey, StepId::Wrap),
            (Arrow::WrapUp, StepId::Wrap),
            (Arrow::Bind, StepId::Wrap),
            (Arrow::PlainOut, StepId::Return),
            (Arrow::SealedOut, StepId::Return),
            (Arrow::SealHere, StepId::Seal),
            (Arrow::Keep, StepId::Store),
        ],
        Plot::OpenFile => &[
            (Arrow::Fetch, StepId::Read),
            (Arrow::Ask, StepId::Request),
            (Arrow::SealedIn, StepId::Request),
            (Arrow::Derive, StepId::Derive),
            (Arrow::CallKey, StepId::Unwrap),
            (Arrow::Bind, StepId::Unwrap),
            (Arrow::UnwrapUp, StepId::Unwrap),
            (Arrow::PlainOut, StepId::Return),
            (Arrow::OpenHere, StepId::Open),
        ],
        Plot::EncryptText => &[
            (Arrow::Ask, StepId::Request),
            (Arrow::PlainIn, StepId::Request),
            (Arrow::Derive, StepId::Derive),
            (Arrow::CallKey, StepId::Wrap),
            (Arrow::WrapUp, StepId::Wrap),
            (Arrow::Bind, StepId::Wrap),
            (Arrow::SealedOut, StepId::Return),
        ],
        Plot::DecryptText => &[
            (Arrow::Ask, StepId::Request),
            (Arrow::SealedIn, StepId::Request),
            (Arrow::Derive, StepId::Derive),
            (Arrow::CallKey, StepId::Unwrap),
            (Arrow::Bind, StepId::Unwrap),
            (Arrow::UnwrapUp, StepId::Unwrap),
            (Arrow::PlainOut, StepId::Return),
        ],
    }
}

fn lives(facts: &Facts, statuses: &[Status]) -> Vec<Life> {
    let plot = facts.plot;
    let failed = plot.steps().iter().zip(statuses).find(|(_, status)| matches!(status, Status::Failed(_)));
    let failed = failed.map(|(id, _)| *id);
    let check = |place, id, passed: &str, refused: &str| {
        let (look, title) = if failed == Some(id) { (Look::Refused, refused) } else { (Look::Passed, passed) };
        let (title, detail) = (title.to_owned(), String::new());
        Life { place, look, title, detail, bytes: None, born: Some(id), announced: true, wiped: None }
    };
    let context = match facts.context_text() {
        text if text.is_empty() => tr!("none given").to_owned(),
        text => text,
    };
    let mut lives = vec![
        Life {
            place: Place::Request,
            look: Look::Plain,
            title: plot.operation().to_owned(),
            detail: String::new(),
            bytes: None,
            born: Some(StepId::Request),
            announced: false,
            wiped: None,
        },
        check(Place::Permission, StepId::Authorise, "allowed", "denied"),
        check(Place::KeyState, StepId::State, facts.key.state, facts.key.state),
        Life {
            place: Place::KmsContext,
            look: Look::Plain,
            title: tr!("encryption context").to_owned(),
            detail: context,
            bytes: Some(ArtefactId::Context),
            born: Some(StepId::Request),
            announced: true,
            wiped: None,
        },
        Life {
            place: Place::KmsCallKey,
            look: Look::Secret,
            title: tr!("per-call key").to_owned(),
            detail: String::new(),
            bytes: Some(ArtefactId::CallKey),
            born: Some(StepId::Derive),
            announced: true,
            wiped: after_return(plot),
        },
    ];
    lives.extend(kms_content(facts));
    lives.extend(if plot.is_about_a_file() { file_lives(facts) } else { text_lives(facts) });
    lives
}

/// The step at whose beginning KMS has forgotten what it worked with.
fn after_return(plot: Plot) -> Option<StepId> {
    match plot {
        Plot::SealFile => Some(StepId::Seal),
        Plot::OpenFile => Some(StepId::Open),
        Plot::EncryptText | Plot::DecryptText => None,
    }
}

fn kms_content(facts: &Facts) -> [Life; 2] {
    let plot = facts.plot;
    let (plain, sealed, plain_born, sealed_born) = match plot {
        Plot::SealFile => (tr!("data key"), tr!("wrapped data key"), StepId::Draw, StepId::Wrap),
        Plot::OpenFile => (tr!("data key"), tr!("wrapped data key"), StepId::Unwrap, StepId::Request),
        Plot::EncryptText => (tr!("your text"), tr!("ciphertext"), StepId::Request, StepId::Wrap),
        Plot::DecryptText => (tr!("your text"), tr!("ciphertext"), StepId::Unwrap, StepId::Request),
    };
    let plain_bytes = if plot.is_about_a_file() { ArtefactId::DataKey } else { ArtefactId::Plaintext };
    [
        Life {
            place: Place::KmsPlain,
            look: Look::Secret,
            title: plain.to_owned(),
            detail: if plot == Plot::SealFile { "drawn: 32 bytes".to_owned() } else { String::new() },
            bytes: Some(plain_bytes),
            born: Some(plain_born),
            announced: true,
            wiped: after_return(plot),
        },
        Life {
            place: Place::KmsSealed,
            look: Look::Wrapped,
            title: sealed.to_owned(),
            detail: String::new(),
            bytes: Some(ArtefactId::Wrapped),
            born: Some(sealed_born),
            announced: true,
            wiped: after_return(plot),
        },
    ]
}

fn wrapped_detail(facts: &Facts) -> String {
    let start = match (facts.blob(), &facts.file.sealed) {
        (Some(field), _) => field.bytes.get(..3),
        (None, Some(sealed)) => sealed.header.members().wrapped_data_key.get(..3),
        (None, None) => None,
    };
    match start {
        Some(start) => tr!("{start} … {blob_length} bytes", start = hex(start), blob_length = facts.blob_length()),
        None => String::new(),
    }
}

fn file_lives(facts: &Facts) -> Vec<Life> {
    let sealing = facts.plot == Plot::SealFile;
    let length = size(facts.file.length);
    let life = |place, look, title: &str, detail: String, bytes, born, wiped| Life {
        place,
        look,
        title: title.to_owned(),
        detail,
        bytes: Some(bytes),
        born,
        announced: true,
        wiped,
    };
    let given = |id| if sealing { Some(id) } else { Some(StepId::Read) };
    let plain = if sealing { tr!("your file") } else { tr!("yours again") };
    vec![
        life(
            Place::AppPlain,
            Look::Plain,
            &facts.file.name,
            format!("{plain}, {length}"),
            ArtefactId::Plaintext,
            (!sealing).then_some(StepId::Open),
            None,
        ),
        life(
            Place::AppKey,
            Look::Secret,
            tr!("data key, plain"),
            String::new(),
            ArtefactId::DataKey,
            Some(StepId::Return),
            Some(StepId::Wipe),
        ),
        life(
            Place::AppWrapped,
            Look::Wrapped,
            tr!("data key, wrapped"),
            wrapped_detail(facts),
            ArtefactId::Wrapped,
            given(StepId::Return),
            None,
        ),
        life(
            Place::AppSealed,
            Look::Wrapped,
            tr!("file, encrypted"),
            format!(
                "{length}, {}",
                if facts.chunks() == 1 {
                    "1 chunk".to_owned()
                } else {
                    tr!("{chunks} chunks", chunks = facts.chunks())
                }
            ),
            ArtefactId::Envelope,
            given(StepId::Seal),
            None,
        ),
        life(
            Place::Stored,
            Look::Wrapped,
            &facts.file.name,
            facts
                .file
                .sealed
                .as_ref()
                .map_or_else(String::new, |sealed| tr!(".kmsenvelope, {length}", length = size(sealed.length))),
            ArtefactId::Envelope,
            sealing.then_some(StepId::Store),
            None,
        ),
    ]
}

fn text_lives(facts: &Facts) -> Vec<Life> {
    let encrypting = facts.plot == Plot::EncryptText;
    let life = |place, look, title: &str, detail: String, bytes, born| Life {
        place,
        look,
        title: title.to_owned(),
        detail,
        bytes: Some(bytes),
        born,
        announced: true,
        wiped: None,
    };
    vec![
        life(
            Place::AppPlain,
            Look::Plain,
            if encrypting { tr!("your text") } else { tr!("your text again") },
            size(facts.file.length),
            ArtefactId::Plaintext,
            (!encrypting).then_some(StepId::Return),
        ),
        life(
            Place::AppWrapped,
            Look::Wrapped,
            tr!("ciphertext"),
            wrapped_detail(facts),
            ArtefactId::Wrapped,
            encrypting.then_some(StepId::Return),
        ),
    ]
}
