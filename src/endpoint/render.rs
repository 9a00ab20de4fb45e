//! An outcome as stable text, one fact per line: what lessons expect, what a failing test shows, what "copy
//! explanation" copies.

use std::{borrow::Cow, fmt::Write as _};

use serde_json::Value;

use crate::{
    authz::decision::{Check, CheckResult, Decision, GrantPart, Source, Verdict},
    crypto::step::{CryptoStep, Field, StepKind},
    endpoint::Outcome,
    kms::{
        Event,
        consistency::{Lag, Lagging},
    },
    lang::msg,
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

/// JSON over several lines with its members in the order in which they were written, long bytes cut short and their length
/// named. Words stay whole, and so does text that is no JSON.
pub fn pretty(body: &str) -> String {
    // Also bounds how deep it is.
    if serde_json::from_str::<Value>(body).is_err() {
        return body.to_owned();
    }
    let (mut text, mut depth, mut rest) = (String::with_capacity(body.len() * 2), 0, body);
    while let Some(sign) = rest.chars().next() {
        let (token, after) = rest.split_at(if sign == '"' { string_length(rest) } else { sign.len_utf8() });
        let is_empty = after.trim_start().starts_with(['}', ']']) && matches!(sign, '{' | '[');
        rest = if is_empty { after.trim_start() } else { after };
        match sign {
            '{' | '[' if is_empty => {
                text.push_str(if sign == '{' { "{}" } else { "[]" });
                rest = rest.get(1..).unwrap_or_default();
            }
            '{' | '[' => {
                text.push(sign);
                depth += 1;
                break_line(&mut text, depth);
            }
            '}' | ']' => {
                depth -= 1;
                break_line(&mut text, depth);
                text.push(sign);
            }
            ',' => {
                text.push(sign);
                break_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            '"' => text.push_str(&shortened(token)),
            _ if sign.is_ascii_whitespace() => {}
            _ => text.push(sign),
        }
    }
    text
}

fn break_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

/// Of the string that `json` begins with, with its quotes, in bytes.
fn string_length(json: &str) -> usize {
    let mut is_escaped = false;
    let end = json.bytes().enumerate().skip(1).find(|(_, byte)| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(json.len(), |(at, _)| at + 1)
}

/// The longest bytes shown of one member, in characters.
const SHOWN: usize = 120;

/// With what keys and certificates in PEM begin.
const PEM: &str = "-----BEGIN ";

/// A string of JSON, which stays as it is written if it is short or words.
fn shortened(token: &str) -> Cow<'_, str> {
    if token.len() > SHOWN
        && let Ok(text) = serde_json::from_str::<String>(token)
        && (!text.contains(' ') || text.starts_with(PEM))
    {
        let length = text.chars().count();
        if length <= SHOWN {
            return token.into();
        }
        let start: String = text.chars().take(SHOWN / 2).collect();
        return Value::from(format!("{start} … ({length} characters)")).to_string().into();
    }
    token.into()
}

/// For example `allow kms:Encrypt on arn:… by the key policy`. What denied explicitly is named by its policy.
pub fn decision(decision: &Decision) -> String {
    let by = decision.denied_by.as_ref().map_or_else(|| check(decision.decided_by).to_owned(), source);
    format!("{} {} on {} by {by}", verdict(decision.verdict), decision.action, decision.resource)
}

/// For example `implicit deny`.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => msg!("allow"),
        Verdict::ImplicitlyDenied => msg!("implicit deny"),
        Verdict::ExplicitlyDenied => msg!("explicit deny"),
    }
}

/// For example `the key policy`.
pub fn check(check: Check) -> &'static str {
    match check {
        Check::ExplicitDeny => msg!("an explicit deny"),
        Check::ResourceControl => msg!("the resource control policies"),
        Check::ServiceControl => msg!("the service control policies"),
        Check::Endpoint => msg!("the VPC endpoint policy"),
        Check::CrossAccount => msg!("the account boundary"),
        Check::KeyPolicy => msg!("the key policy"),
        Check::Grants => msg!("a grant"),
        Check::IdentityPolicies => msg!("the identity policies"),
        Check::Boundary => msg!("the permissions boundary"),
        Check::SessionPolicy => msg!("the session policy"),
    }
}

/// For example `no impact`.
pub fn check_result(result: CheckResult) -> &'static str {
    match result {
        CheckResult::Allow => msg!("allow"),
        CheckResult::NoImpact => msg!("no impact"),
        CheckResult::ImplicitDeny => msg!("implicit deny"),
        CheckResult::ExplicitDeny => msg!("explicit deny"),
    }
}

/// For example `the key policy` or `policy UseKeys`.
pub fn source(source: &Source) -> String {
    let Source { check: kind, policy, level } = source;
    match (policy, level) {
        (Some(policy), Some(level)) => format!("policy {policy} of {level}"),
        (Some(policy), None) => format!("policy {policy}"),
        (None, _) => check(*kind).to_owned(),
    }
}

/// What a part of a grant is called, for example `grantee`.
pub fn grant_part(part: GrantPart) -> &'static str {
    match part {
        GrantPart::Begun => msg!("a new grant"),
        GrantPart::Ended => msg!("a grant that has ended"),
        GrantPart::Grantee => msg!("grantee"),
        GrantPart::RetiringPrincipal => msg!("retiring principal"),
        GrantPart::Account => msg!("account of the grant or of its key"),
        GrantPart::Operations => msg!("operations"),
        GrantPart::EncryptionContextEquals => msg!("encryption context, exactly"),
        GrantPart::EncryptionContextSubset => msg!("encryption context, at least"),
        GrantPart::SourceArn => msg!("source"),
        GrantPart::NewOperations => msg!("no operation more"),
        GrantPart::NewConstraints => msg!("constraint as strict"),
    }
}

/// For example `The key's tags have changed, which is known everywhere from 2030-01-01T00:05:00Z on.`
pub fn lag(lag: &Lag) -> String {
    let what = match lag.of {
        Lagging::Tags => "tags",
        Lagging::Aliases => "aliases",
    };
    format!(
        "The key's {what} have changed, which is known everywhere from {} on. Until then the old ones decide.",
        lag.until
    )
}

/// For example `derive`.
pub fn step(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Draw => msg!("draw"),
        StepKind::Derive => msg!("derive"),
        StepKind::Seal => msg!("seal"),
        StepKind::Open => msg!("open"),
        StepKind::SealOutside => msg!("seal outside"),
        StepKind::OpenOutside => msg!("open outside"),
        StepKind::Mac => msg!("mac"),
        StepKind::Sign => msg!("sign"),
        StepKind::Verify => msg!("verify"),
        StepKind::Agree => msg!("agree"),
        StepKind::Encapsulate => msg!("encapsulate"),
        StepKind::Decapsulate => msg!("decapsulate"),
        StepKind::Attest => msg!("attest"),
        StepKind::Deliver => msg!("deliver"),
    }
}

/// For example `derive SP 800-108 …: key material 32 bytes, nonce 16 bytes -> per-call key 32 bytes`.
pub fn crypto(done: &CryptoStep) -> String {
    let mut text = format!("{} {}:", step(done.kind), done.algorithm);
    for (nth, field) in done.inputs.iter().enumerate() {
        let comma = if nth == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(text, "{comma} {}", measured(field));
    }
    if !done.succeeded {
        text.push_str(" -> refused");
    }
    for field in &done.outputs {
        let _ = write!(text, " -> {}", measured(field));
    }
    text
}

fn measured(field: &Field) -> String {
    match field.bytes.len() {
        1 => format!("{} 1 byte", field.name),
        length => format!("{} {length} bytes", field.name),
    }
}

/// For example `2030-01-01T00:00:00Z key created: arn:…`.
pub fn event(event: &Event) -> String {
    format!("{} {}: {}", event.at, event.kind.phrase(), event.about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(pretty(body), expected);
    }

    #[test]
    fn json_is_read_in_the_order_in_which_it_was_written() {
        check(r#"{"b":1,"a":[true,null]}"#, "{\n  \"b\": 1,\n  \"a\": [\n    true,\n    null\n  ]\n}");
        check(r#" { "b" : { } , "a" : [ ] } "#, "{\n  \"b\": {},\n  \"a\": []\n}");
        check(r#"{"a{,":"}:\\\",\u00e4 ä"}"#, "{\n  \"a{,\": \"}:\\\\\\\",\\u00e4 ä\"\n}");
        check(r#""\\""#, r#""\\""#);
        for words in ["", "{", "no JSON", "{\"a\":1}}", "{'a': 1}", "{“a”: 1}"] {
            check(words, words);
        }
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        check(&deep, &deep);
        let same = r#"{"a":{"b":[1.5,{"c":"x y"}],"d":-1},"e":[[],[[]],{"f":{}}]}"#;
        let value: Value = serde_json::from_str(same).unwrap();
        check(same, &serde_json::to_string_pretty(&value).unwrap());
    }

    #[test]
    fn long_bytes_are_cut_short_and_words_are_not() {
        let bytes = |length| format!("[\"{}\"]", "A".repeat(length));
        check(&bytes(SHOWN), &format!("[\n  \"{}\"\n]", "A".repeat(SHOWN)));
        check(&bytes(SHOWN + 1), &format!("[\n  \"{} … (121 characters)\"\n]", "A".repeat(60)));
        let words = "a ".repeat(SHOWN);
        check(&format!("[\"{words}\"]"), &format!("[\n  \"{words}\"\n]"));
        let pem = format!("[\"{PEM}PUBLIC KEY-----\\n{}\"]", "B".repeat(SHOWN));
        check(&pem, &format!("[\n  \"{PEM}PUBLIC KEY-----\\n{} … (147 characters)\"\n]", "B".repeat(33)));
    }
}
