//! A flow as lines of text, for transcripts and lessons.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    endpoint::frame,
    services::{FlowStep, KmsCall, ServiceError},
};

/// A line for each thing that happened.
pub fn flow(flow: &[FlowStep]) -> String {
    let mut text = String::new();
    for part in flow {
        // Writing to a String cannot fail, here and below.
        let _ = match part {
            FlowStep::Kms(call) => writeln!(text, "{}", kms(call)),
            FlowStep::Crypto { by, what, step } => {
                writeln!(text, "{by} {what}{}", if step.succeeded { "" } else { ": FAILS" })
            }
            FlowStep::Fact { by, what } => writeln!(text, "{by}: {what}"),
        };
    }
    text
}

/// What a service answered, or how it refused.
pub fn answer(answer: &Result<Value, ServiceError>) -> String {
    match answer {
        Ok(answer) => format!("= {}\n", readable(answer)),
        Err(error) => format!("! {} {} {}\n", error.status, error.code, error.message),
    }
}

/// The answer of a service with bytes that are text as that text, and without signatures.
pub fn readable(answer: &Value) -> Value {
    match answer {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), member(name, value))).collect::<Value>()
        }
        Value::Array(values) => values.iter().map(readable).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => answer.clone(),
    }
}

fn member(name: &str, value: &Value) -> Value {
    match (name, value.as_str()) {
        ("Body" | "Data", Some(text)) => {
            let bytes = STANDARD.decode(text).unwrap_or_default();
            let words = String::from_utf8(bytes).unwrap_or_else(|bytes| format!("{} bytes", bytes.as_bytes().len()));
            Value::from(words)
        }
        ("Url", Some(url)) => Value::from(url.split('?').next().unwrap_or_default()),
        ("x-amz-key-v2", _) => Value::from("…"),
        _ => readable(value),
    }
}

/// The members of a request to KMS that tell what it is about.
const SHOWN: &[&str] = &[
    "KeyId",
    "SourceKeyId",
    "DestinationKeyId",
    "EncryptionContext",
    "SourceEncryptionContext",
    "DestinationEncryptionContext",
    "GranteePrincipal",
    "GranteeServicePrincipal",
    "RetiringPrincipal",
    "RetiringServicePrincipal",
    "Operations",
    "Constraints",
    "GrantId",
];

fn kms(call: &KmsCall) -> String {
    let body: Value = serde_json::from_str(&call.request.body).unwrap_or_default();
    let operation = frame::operation_of(&call.request.target).unwrap_or_default();
    let mut text = format!("kms {operation} by {}", call.request.caller.principal());
    let forwarding = call.request.forwarding.clone().unwrap_or_default();
    if !forwarding.services.is_empty() {
        let _ = write!(text, " via {}", forwarding.services.join(", "));
    }
    if let Some(arn) = forwarding.source_arn {
        let _ = write!(text, " for {arn}");
    }
    for name in SHOWN {
        if let Some(value) = body.get(name) {
            let _ = write!(text, " {name}={}", value.as_str().unwrap_or(&value.to_string()));
        }
    }
    if let Some(grant) = call.outcome.decisions.iter().find_map(|decision| decision.granted_by.as_deref()) {
        let _ = write!(text, " by {grant}");
    }
    let _ = write!(text, " -> {}", call.outcome.fault.as_ref().map_or("ok", |fault| fault.kind));
    text
}
