//! An outcome as stable text, one fact per line: what lessons expect, what a failing test shows, what "copy
//! explanation" copies.

use std::fmt::Write as _;

use crate::{
    authz::decision::{Check, Decision, Verdict},
    crypto::step::{CryptoStep, StepKind},
    endpoint::Outcome,
    kms::Event,
};

/// Status and fault, decisions, cryptographic steps with the lengths of their fields, and events.
pub fn outcome(outcome: &Outcome) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    match &outcome.fault {
        None => line(outcome.response.status.to_string()),
        Some(fault) => {
            line(format!("{} {}", fault.status, fault.kind));
            if let Some(message) = &fault.message {
                line(message.clone());
            }
        }
    }
    for decided in &outcome.decisions {
        line(decision(decided));
    }
    for step in &outcome.crypto {
        line(crypto(step));
    }
    for happened in &outcome.events {
        line(event(happened));
    }
    text
}

/// For example `allow kms:Encrypt on arn:… by the key policy`.
pub fn decision(decision: &Decision) -> String {
    let verdict = match decision.verdict {
        Verdict::Allowed => "allow",
        Verdict::ImplicitlyDenied => "implicit deny",
        Verdict::ExplicitlyDenied => "explicit deny",
    };
    let by = match decision.decided_by {
        Check::ExplicitDeny => "an explicit deny",
        Check::CrossAccount => "the account boundary",
        Check::KeyPolicy => "the key policy",
        Check::Grants => "a grant",
        Check::IdentityPolicies => "the identity policies",
    };
    format!("{verdict} {} on {} by {by}", decision.action, decision.resource)
}

/// For example `derive SP 800-108 …: key material 32, nonce 16 -> per-call key 32`.
pub fn crypto(step: &CryptoStep) -> String {
    let kind = match step.kind {
        StepKind::Draw => "draw",
        StepKind::Derive => "derive",
        StepKind::Seal => "seal",
        StepKind::Open => "open",
        StepKind::Mac => "mac",
        StepKind::Sign => "sign",
        StepKind::Verify => "verify",
        StepKind::Agree => "agree",
        StepKind::Encapsulate => "encapsulate",
        StepKind::Decapsulate => "decapsulate",
        StepKind::Attest => "attest",
        StepKind::Deliver => "deliver",
    };
    let mut text = format!("{kind} {}:", step.algorithm);
    for (nth, field) in step.inputs.iter().enumerate() {
        let comma = if nth == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(text, "{comma} {} {}", field.name, field.bytes.len());
    }
    if !step.succeeded {
        text.push_str(" -> refused");
    }
    for field in &step.outputs {
        let _ = write!(text, " -> {} {}", field.name, field.bytes.len());
    }
    text
}

/// For example `2030-01-01T00:00:00Z key created: arn:…`.
pub fn event(event: &Event) -> String {
    format!("{} {}: {}", event.at, event.kind.phrase(), event.key)
}
