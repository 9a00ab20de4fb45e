//! The world of a question while it is lived through.

use serde_json::{Map, Value, json};

use crate::{
    arn::Region,
    clock::{Span, Timestamp},
    entropy::Seed,
    estate::{attachment::Attachment, principal::Caller},
    exam::Document,
    kms::{Setting, World},
    lang::tr,
    services::ServiceRequest,
    timeline::{Timeline, keep_slow_keys},
};

pub(super) const ADMINISTRATOR: &str = "arn:aws:iam::111122223333:user/Administrator";
pub(super) const KEY_ADMIN: &str = "arn:aws:iam::111122223333:user/KMSKeyAdmin";
pub(super) const DEVELOPER: &str = "arn:aws:iam::111122223333:user/Developer";
pub(super) const ORDERS_APP: &str = "arn:aws:sts::111122223333:assumed-role/OrdersApp/session";
pub(super) const AUDIT_APP: &str = "arn:aws:sts::444455556666:assumed-role/AuditApp/session";

/// All worlds of exams have one seed, so that the few slow keys in them are always the same.
const SEED: u64 = 7;

/// RSA keys of those worlds, as `timeline::slow_keys` writes them: a question must not take seconds.
const SLOW_KEYS: &str = include_str!("slow_keys.txt");

/// A history that is lived through, with a question about its last step.
pub(super) struct Played {
    pub tale: Vec<String>,
    pub documents: Vec<Document>,
    pub asks: String,
    pub timeline: Timeline,
    /// Counted from 1.
    pub step: usize,
}

pub(super) struct Stage {
    pub timeline: Timeline,
    pub region: Region,
    pub tale: Vec<String>,
    pub documents: Vec<Document>,
}

impl Stage {
    pub(super) fn new(start: Timestamp) -> Self {
        Self {
            timeline: Timeline::new(World::new(start, Seed::from_number(SEED))),
            region: Region::US_EAST_1,
            tale: Vec::new(),
            documents: Vec::new(),
        }
    }

    /// The same moment once more, to try something.
    pub(super) fn trial(&self) -> Self {
        Self { timeline: self.timeline.clone(), region: self.region, tale: Vec::new(), documents: Vec::new() }
    }

    /// One in which slow keys are made.
    pub(super) fn with_slow_keys(start: Timestamp) -> Self {
        keep_slow_keys(SLOW_KEYS);
        Self::new(start)
    }

    /// One more sentence of the tale.
    pub(super) fn tell(&mut self, words: impl Into<String>) {
        self.tale.push(words.into());
    }

    pub(super) fn show(&mut self, title: impl Into<String>, text: impl Into<String>) {
        self.documents.push(Document { title: title.into(), text: text.into() });
    }

    /// A request. What it answers, an empty object where that is nothing; or nothing if it was refused.
    pub(super) fn call(&mut self, who: &str, operation: &str, body: &Value) -> Option<Value> {
        self.send(who, operation, body.to_string())
    }

    /// As [`Self::call`], where the text of the body matters.
    pub(super) fn send(&mut self, who: &str, operation: &str, body: String) -> Option<Value> {
        let caller: Caller = who.parse().ok()?;
        let outcome = self.timeline.call(caller, self.region, operation, body);
        let empty = || Value::Object(Map::new());
        outcome.fault.is_none().then(|| serde_json::from_str(&outcome.response.body).unwrap_or_else(|_| empty()))
    }

    /// A new key, made by the administrator with these members of CreateKey: its ARN.
    pub(super) fn key(&mut self, members: &Value) -> Option<String> {
        let made = self.call(ADMINISTRATOR, "CreateKey", members)?;
        Some(made.get("KeyMetadata")?.get("Arn")?.as_str()?.to_owned())
    }

    /// A new ciphertext of the administrator's.
    pub(super) fn sealed(&mut self, key: &str, context: &Value) -> Option<String> {
        let body = json!({"KeyId": key, "Plaintext": PLAINTEXT, "EncryptionContext": context});
        text(&self.call(ADMINISTRATOR, "Encrypt", &body)?, "CiphertextBlob")
    }

    pub(super) fn wait(&mut self, span: Span) {
        self.timeline.advance(span);
    }

    pub(super) fn set(&mut self, setting: Setting) {
        self.timeline.set(setting);
    }

    /// Puts a policy in place, or takes it away.
    pub(super) fn attach(&mut self, place: &str, name: &str, document: Option<&str>) -> Option<()> {
        let attachment =
            Attachment { place: place.parse().ok()?, name: name.into(), document: document.map(Into::into) };
        self.timeline.attach(attachment).ok()
    }

    pub(super) fn serve(&mut self, who: &str, service: &str, operation: &str, body: &Value) -> Option<Value> {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        let request = ServiceRequest {
            caller: who.parse().ok()?,
            region: self.region,
            service,
            operation,
            body: body.to_string(),
        };
        match &self.timeline.serve(request).result {
            crate::timeline::StepResult::Served(answer) => answer.as_ref().as_ref().ok().cloned(),
            crate::timeline::StepResult::Answered(_) | crate::timeline::StepResult::Passed(_) => None,
        }
    }

    /// Ends with a question about the last step.
    pub(super) fn ask(self, asks: impl Into<String>) -> Played {
        let Self { timeline, tale, documents, .. } = self;
        let step = timeline.cursor();
        Played { tale, documents, asks: asks.into(), timeline, step }
    }
}

/// What is encrypted: "the ledger".
pub(super) const PLAINTEXT: &str = "dGhlIGxlZGdlcg==";

/// A member of an answer.
pub(super) fn text(answer: &Value, name: &str) -> Option<String> {
    answer.get(name)?.as_str().map(str::to_owned)
}

/// A day from the beginning of 2030 on.
pub(super) fn day(nth: usize) -> Timestamp {
    let days = u32::try_from(nth).unwrap_or(0);
    Timestamp::of_date(2030, 1, 1).after(Span::days(days)).after(Span::hours(9))
}

/// For example `2030-03-14`.
pub(super) fn date(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

/// A policy or a grant as people write it: members in the order of AWS's examples, and on one line what fits there.
pub(super) fn pretty(value: &Value) -> String {
    written(value, 0)
}

fn written(value: &Value, depth: usize) -> String {
    let inner = depth.saturating_add(1);
    let parts: Vec<String> = match value {
        Value::Array(elements) => elements.iter().map(|element| written(element, inner)).collect(),
        Value::Object(members) => {
            let place = |name: &str| ORDER.iter().position(|other| *other == name).unwrap_or(ORDER.len());
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by_key(|(name, _)| place(name));
            members.iter().map(|(name, value)| format!("\"{name}\": {}", written(value, inner))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return value.to_string(),
    };
    let (open, close) = if value.is_array() { ('[', ']') } else { ('{', '}') };
    let line = format!("{open}{}{close}", parts.join(", "));
    if depth > 0 && line.len() <= LINE && !line.contains('\n') {
        return line;
    }
    let (outer, indent) = ("  ".repeat(depth), "  ".repeat(inner));
    format!("{open}\n{indent}{}\n{outer}{close}", parts.join(&format!(",\n{indent}")))
}

/// Of the members of policies and grants.
const ORDER: &[&str] = &[
    "Version",
    "Sid",
    "Effect",
    "Principal",
    "GranteePrincipal",
    "Action",
    "Operations",
    "Resource",
    "Condition",
    "Constraints",
    "Statement",
];

/// So long a line may be.
const LINE: usize = 76;

/// For example `user/Developer of account 111122223333`.
pub(super) fn name(who: &str) -> String {
    who.parse().map_or_else(
        |_| who.to_owned(),
        |caller: Caller| tr!("{caller} of account {account}", caller = caller.short_name(), account = caller.account()),
    )
}
