//! All that a story is made from: the recorded outcome, and what the application knows and did on its own side.

use std::rc::Rc;

use serde_json::Value;

use crate::{
    arn::{KeyArn, Region},
    authz::decision::{Check, CheckReport, Decision, GrantReport, StatementReport},
    clock::Span,
    crypto::{
        outer,
        step::{CryptoStep, Field, StepKind},
    },
    endpoint::Outcome,
    envelope::{DamagedEnvelope, Header},
    estate::principal::Caller,
    kms::World,
    lang::{figure, grouped, tr, trn},
    story::Plot,
};

/// The facts of one run.
#[derive(Clone)]
pub struct Facts {
    pub plot: Plot,
    pub caller: Caller,
    pub region: Region,
    /// The request's body, as sent.
    pub body: Value,
    /// Absent where the envelope's header could not even be read.
    pub outcome: Option<Rc<Outcome>>,
    pub key: KeyFacts,
    pub context: Vec<(String, String)>,
    pub file: FileFacts,
    pub local: Local,
    /// What is wrong with the envelope's header.
    pub damage: Option<DamagedEnvelope>,
    /// What was done to the request or the envelope beforehand, for example `byte 70 was changed from 3e to 3f`.
    pub tampering: Option<String>,
}

/// The key a run was about, as it was then.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyFacts {
    /// How the request or a person calls it, for example `alias/orders`.
    pub name: String,
    pub arn: Option<KeyArn>,
    /// How many key materials it has.
    pub versions: usize,
    /// The one that seals, or that sealed, counted from 1.
    pub used: Option<usize>,
    /// `Enabled`, for example.
    pub state: &'static str,
    /// What the blob's own key is called, where that is another key.
    pub owner: Option<String>,
}

/// The file, or the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileFacts {
    pub name: String,
    /// In bytes.
    pub length: u64,
    /// Its first bytes in the clear, as far as they are known.
    pub start: Rc<[u8]>,
    pub sealed: Option<SealedFacts>,
}

/// An envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct SealedFacts {
    pub header: Header,
    /// The first bytes of the envelope, header and part of the first chunk.
    pub start: Rc<[u8]>,
    /// In bytes.
    pub length: u64,
}

/// What the application does with the data key.
#[derive(Clone, Debug, PartialEq)]
pub enum Local {
    NotStarted,
    Running { done: u64, total: u64 },
    Done,
    Failed(LocalFault),
    Cancelled { done: u64 },
}

/// Why the application could not do its half.
#[derive(Clone, Debug, PartialEq)]
pub enum LocalFault {
    Damaged(DamagedEnvelope),
    /// In the browser's words.
    Unreadable(String),
    /// No envelope can say this, for example because the context is too long for a header.
    Unwritable(String),
}

impl KeyFacts {
    /// What `world` knows of the key that the request named as `name` (empty where it named none) and, for a ciphertext, of
    /// the one that sealed it.
    pub fn new(world: &World, name: &str, resolved: Option<KeyArn>, ciphertext: Option<&[u8]>) -> Self {
        let sealed_by = ciphertext.and_then(|bytes| outer::material_id(bytes).ok());
        let here = |id| world.key_of_material(id, resolved?.region);
        let owner = sealed_by.and_then(|id| here(id).or_else(|| world.any_key_of_material(id)));
        let key = resolved.and_then(|arn| world.key(&arn)).or(owner);
        let Some(key) = key else { return Self { name: name.to_owned(), ..Self::default() } };
        let alias = |arn: KeyArn| world.aliases_of(arn).next().map_or_else(|| arn.id.to_string(), ToString::to_string);
        let used = match sealed_by {
            Some(id) => key.materials().iter().position(|material| material.id() == id).map(|at| at + 1),
            None if ciphertext.is_none() => Some(key.materials().len()),
            None => None,
        };
        Self {
            name: if name.is_empty() || name.starts_with("arn:") { alias(key.arn) } else { name.to_owned() },
            arn: Some(key.arn),
            versions: key.materials().len(),
            used,
            state: world.state_of(key).as_str(),
            owner: owner.filter(|owner| owner.arn != key.arn).map(|owner| alias(owner.arn)),
        }
    }

    /// For example `v3`.
    pub fn version(&self) -> String {
        self.used.map_or_else(|| tr!("no version").to_owned(), |used| format!("v{used}"))
    }
}

impl Facts {
    /// The key that the outcome was about, as far as it came.
    pub fn resolved_key(outcome: &Outcome) -> Option<KeyArn> {
        outcome.decisions.last().and_then(|decision| decision.resource.parse().ok())
    }

    pub(super) fn step(&self, kind: StepKind) -> Option<&CryptoStep> {
        self.outcome.as_ref()?.crypto.iter().find(|step| step.kind == kind)
    }

    /// An input of a cryptographic step.
    pub(super) fn input(&self, kind: StepKind, name: &str) -> Option<&Field> {
        self.step(kind)?.inputs.iter().find(|field| field.name == name)
    }

    /// The first output of a cryptographic step.
    pub(super) fn output(&self, kind: StepKind) -> Option<&Field> {
        self.step(kind)?.outputs.first()
    }

    /// The ciphertext that KMS returned or was given.
    pub(super) fn blob(&self) -> Option<&Field> {
        let outer = self.output(StepKind::SealOutside);
        outer.or_else(|| self.input(StepKind::OpenOutside, "ciphertext blob")).or_else(|| self.own_blob())
    }

    /// The ciphertext under the key material of KMS, around which an external key store has one more layer.
    pub(super) fn own_blob(&self) -> Option<&Field> {
        self.output(StepKind::Seal).or_else(|| self.input(StepKind::Open, "ciphertext blob"))
    }

    /// What the per-call key sealed or opened: the data key, or a short text.
    pub(super) fn content(&self) -> Option<&Field> {
        self.input(StepKind::Seal, "plaintext").or_else(|| self.output(StepKind::Open))
    }

    pub(super) fn nonce(&self) -> Option<&[u8]> {
        self.input(StepKind::Derive, "nonce of the per-call key").map(|field| field.bytes.as_slice())
    }

    pub(super) fn iv(&self) -> Option<&[u8]> {
        let field = self.input(StepKind::Seal, "IV").or_else(|| self.input(StepKind::Open, "IV"));
        field.map(|field| field.bytes.as_slice())
    }

    pub(super) fn aad(&self) -> Option<&Field> {
        let name = "encryption context as AAD";
        self.input(StepKind::Seal, name).or_else(|| self.input(StepKind::Open, name))
    }

    /// How long the ciphertext is, from the request or the response.
    pub(super) fn blob_length(&self) -> u64 {
        let from_blob = self.blob().map(|field| field.bytes.len());
        let from_header = self.file.sealed.as_ref().map(|sealed| sealed.header.members().wrapped_data_key.len());
        from_blob.or(from_header).unwrap_or(0) as u64
    }

    pub(super) fn decision(&self) -> Option<&Decision> {
        self.outcome.as_ref()?.decisions.last()
    }

    /// The statement that settled the decision, and the check it belongs to.
    pub(super) fn statement(&self, allows: bool) -> Option<(&CheckReport, &StatementReport)> {
        let checks = &self.decision()?.checks;
        let of_key = |check: &&CheckReport| {
            matches!(check.check, Check::ExplicitDeny | Check::KeyPolicy | Check::IdentityPolicies)
        };
        checks.iter().filter(of_key).find_map(|check| {
            let found = check.statements.iter().find(|statement| statement.matched && statement.allows == allows);
            found.map(|statement| (check, statement))
        })
    }

    /// The grant that the decision rests on.
    pub(super) fn grant(&self) -> Option<&GrantReport> {
        let decision = self.decision()?;
        let grants = || decision.checks.iter().flat_map(|check| &check.grants);
        let id = decision.granted_by.as_ref()?;
        grants().find(|report| report.matched && report.grant == *id)
    }

    /// `tenant=7, doc=invoice-0193`, or nothing.
    pub(super) fn context_text(&self) -> String {
        let pairs: Vec<String> = self.context.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join(", ")
    }

    /// The request's `KeyId`.
    pub(super) fn named_key(&self) -> Option<&str> {
        self.body.get("KeyId").and_then(Value::as_str)
    }

    /// How many chunks the file is sealed in.
    pub(super) fn chunks(&self) -> u32 {
        match &self.file.sealed {
            Some(sealed) => sealed.header.chunk_count(),
            None => {
                let count = self.file.length.div_ceil(u64::from(Header::USUAL_CHUNK_LENGTH)).max(1);
                u32::try_from(count).unwrap_or(u32::MAX)
            }
        }
    }

    /// For example `role/OrdersApp`.
    pub(super) fn who(&self) -> String {
        match &self.caller {
            Caller::Root(_) => tr!("the root user").to_owned(),
            Caller::User { name, .. } => format!("user/{name}"),
            Caller::RoleSession { role, .. } => format!("role/{role}"),
            Caller::Service { name, .. } => name.to_string(),
        }
    }
}

/// For example `218 kB` or `4,096 bytes`.
pub fn size(bytes: u64) -> String {
    let scaled = |unit: u64, name: &str| {
        let tenths = bytes.saturating_mul(10).div_euclid(unit);
        if tenths < 100 {
            format!("{} {name}", figure(&format!("{}.{}", tenths / 10, tenths % 10)))
        } else {
            format!("{} {name}", tenths / 10)
        }
    };
    match bytes {
        1 => tr!("1 byte").to_owned(),
        0..10_000 => tr!("{bytes} bytes", bytes = grouped(bytes)),
        10_000..1_000_000 => scaled(1000, "kB"),
        1_000_000..1_000_000_000 => scaled(1_000_000, "MB"),
        _ => scaled(1_000_000_000, "GB"),
    }
}

/// A length of time in words, for example `20 days` or `89 days 23 hours 45 minutes`.
pub fn length(span: Span) -> String {
    let mut left = span.millis();
    let mut part = |unit: i64| {
        let count = left / unit;
        left %= unit;
        count.unsigned_abs()
    };
    let [days, hours, minutes, seconds] = [86_400_000, 3_600_000, 60_000, 1000].map(&mut part);
    let words = [
        (days > 0).then(|| trn!(days, "{days} day", "{days} days")),
        (hours > 0).then(|| trn!(hours, "{hours} hour", "{hours} hours")),
        (minutes > 0).then(|| trn!(minutes, "{minutes} minute", "{minutes} minutes")),
        (seconds > 0).then(|| trn!(seconds, "{seconds} second", "{seconds} seconds")),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    if words.is_empty() { span.to_string() } else { words.join(" ") }
}

/// For example `9f c2 05`.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_in_words() {
        let rows = [
            (0, "0s"),
            (999, "999ms"),
            (1000, "1 second"),
            (60_000, "1 minute"),
            (90_000, "1 minute 30 seconds"),
            (43_200_000, "12 hours"),
            (86_400_000, "1 day"),
            (31_536_000_000, "365 days"),
            (7_775_100_000, "89 days 23 hours 45 minutes"),
        ];
        for (millis, words) in rows {
            assert_eq!(length(Span::from_millis(millis)), words);
        }
    }
}
