//! What CloudTrail would keep: records as expected texts, and no secret in any of them.
//!
//! A file of `tests/data/audit/` is a conversation as in [`crate::wire`], with the records below each line in the place
//! of the answer, and after them what EventBridge delivers.

use std::{collections::BTreeSet, fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use expect_test::expect_file;
use kms_playground::{
    arn::{KeyArn, Region},
    crypto::step::Sensitivity,
    endpoint::{audit::Record, bus::BusEvent, model},
    timeline::{Input, Timeline},
};
use serde_json::Value;

use crate::wire::{self, Conversation};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/audit");

#[test]
fn calls_and_time_leave_these_records() {
    each_file(FOLDER, |path, text, name| {
        let held = wire::converse(text, name, |talk, line, place| {
            let before = talk.timeline.cursor();
            talk.line(line, place);
            let steps = before + 1..=talk.timeline.cursor();
            let records: Vec<Record> = steps.clone().flat_map(|step| talk.timeline.audit(step)).collect();
            let delivered: Vec<BusEvent> = steps.flat_map(|step| talk.timeline.bus(step)).collect();
            let records = records.iter().map(|record| serde_json::to_string_pretty(record).unwrap());
            let delivered = delivered.iter().map(|event| serde_json::to_string_pretty(event).unwrap());
            talk.named(&records.chain(delivered).collect::<Vec<String>>().join("\n"))
        });
        expect_file![path].assert_eq(&held);
    });
}

#[test]
fn every_call_of_a_known_caller_leaves_a_record_and_nothing_in_it_is_secret() {
    for folder in [FOLDER, wire::FOLDER] {
        each_file(folder, |_, text, name| {
            let mut seen = 0;
            let mut ids = BTreeSet::new();
            let mut secrets = BTreeSet::new();
            let mut records = String::new();
            wire::converse(text, name, |talk, line, place| {
                if talk.timeline.cursor() < seen {
                    check_nothing_is_in(&records, &secrets, name);
                    ids.clear();
                    secrets.clear();
                    records.clear();
                    seen = 0;
                }
                talk.line(line, place);
                for step in seen + 1..=talk.timeline.cursor() {
                    let of_step = talk.timeline.audit(step);
                    let called = is_known_call(&talk.timeline, step);
                    assert!(!called || !of_step.is_empty(), "{place}: no record");
                    for record in &of_step {
                        assert!(ids.insert(record.event_id.to_string()), "{place}: an event id twice");
                    }
                    records += &serde_json::to_string(&of_step).unwrap();
                    secrets.extend(secrets_of(&talk.timeline, step));
                }
                seen = talk.timeline.cursor();
                String::new()
            });
            check_nothing_is_in(&records, &secrets, name);
        });
    }
}

#[track_caller]
fn check_nothing_is_in(records: &str, secrets: &BTreeSet<String>, name: &str) {
    for secret in secrets {
        assert!(!records.contains(secret.as_str()), "{name}: a record has `{secret}` in it");
    }
}

fn is_known_call(timeline: &Timeline, step: usize) -> bool {
    let step = &timeline.steps()[step - 1];
    match &step.input {
        Input::Advance(_) | Input::Simulate(_) | Input::Attach(_) | Input::Set(_) | Input::Serve(_) => false,
        Input::Call(request) => model::operation(&step.label()).is_some() && step.world.estate.exists(&request.caller),
    }
}

/// Everything in a step that no record may have: blobs and tokens of request and response, secret fields of the
/// cryptography, key material, and what signs requests. As base64 or, where it is text, as it is.
fn secrets_of(timeline: &Timeline, step: usize) -> BTreeSet<String> {
    let step = &timeline.steps()[step - 1];
    let mut secrets = BTreeSet::new();
    for key in step.world.estate.access_keys.values() {
        secrets.insert(key.secret.expose().to_owned());
        secrets.extend(key.session_token.as_ref().map(|token| token.expose().to_owned()));
    }
    let Some(outcome) = step.outcome() else { return secrets };
    let Input::Call(request) = &step.input else { return secrets };
    let fields = outcome.crypto.iter().flat_map(|step| step.inputs.iter().chain(&step.outputs));
    secrets.extend(
        fields.filter(|field| field.sensitivity == Sensitivity::Secret).map(|field| STANDARD.encode(&field.bytes)),
    );
    let answered = outcome.fault.is_none().then_some(&outcome.response.body);
    for text in std::iter::once(&request.body).chain(answered) {
        collect(&serde_json::from_str(text).unwrap_or_default(), "", &mut secrets);
    }
    secrets.retain(|secret| secret.len() >= 8);
    secrets
}

fn collect(value: &Value, name: &str, secrets: &mut BTreeSet<String>) {
    #[rustfmt::skip]
    const SECRET: &[&str] = &[
        "AttestationDocument", "CiphertextBlob", "CiphertextForRecipient", "EncryptedKeyMaterial", "GrantToken",
        "GrantTokens", "ImportToken", "KeyStorePassword", "Mac", "Message", "Plaintext", "PrivateKeyCiphertextBlob",
        "PrivateKeyPlaintext", "RawSecretAccessKey", "SharedSecret", "SharedSecretCiphertextBlob", "Signature",
    ];
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| collect(value, name, secrets)),
        Value::Array(elements) => elements.iter().for_each(|value| collect(value, name, secrets)),
        Value::String(text) if SECRET.contains(&name) => _ = secrets.insert(text.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn each_file(folder: &str, mut visit: impl FnMut(&Path, &str, &str)) {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        visit(&path, &fs::read_to_string(&path).unwrap(), &name);
    }
}

/// GetKeyLastUsage names the record that the account of the key has of the last use of it, whoever that was.
#[test]
fn the_last_use_of_a_key_is_in_the_audit_log_of_its_account() {
    let policy = r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}}"#;
    let uses = [
        ("Administrator", "Encrypt", r#"{"KeyId": "${key}", "Plaintext": "${text:hello}"}"#),
        ("444455556666/Administrator", "Encrypt", r#"{"KeyId": "${keyArn}", "Plaintext": "${text:hello}"}"#),
        ("Administrator", "ReEncrypt", r#"{"CiphertextBlob": "${blob}", "DestinationKeyId": "${other}"}"#),
        ("Administrator", "ReEncrypt", r#"{"CiphertextBlob": "${blob}", "DestinationKeyId": "${foreignArn}"}"#),
        (
            "444455556666/Administrator",
            "ReEncrypt",
            r#"{"CiphertextBlob": "${foreignBlob}", "DestinationKeyId": "${keyArn}"}"#,
        ),
    ];
    let mut talk = Conversation::prepared();
    for key in ["key", "other", "foreign"] {
        let owner = if key == "foreign" { "444455556666/Administrator" } else { "Administrator" };
        let body = serde_json::json!({ "KeyId": talk.bound[key], "Policy": policy }).to_string();
        assert!(talk.ask(owner, Region::US_EAST_1, "PutKeyPolicy", body, key).fault.is_none());
    }
    for (caller, operation, body) in uses {
        let body = talk.filled(body, operation);
        let outcome = talk.ask(caller, Region::US_EAST_1, operation, body, operation);
        assert!(outcome.fault.is_none(), "{caller} {operation}");
        let records = talk.timeline.audit(talk.timeline.cursor());
        for decision in &outcome.decisions {
            let arn: KeyArn = decision.resource.parse().unwrap();
            let asked = talk.ask(
                &format!("{}/Administrator", arn.account),
                Region::US_EAST_1,
                "GetKeyLastUsage",
                format!(r#"{{"KeyId": "{}"}}"#, arn.id),
                operation,
            );
            let answer: Value = serde_json::from_str(&asked.response.body).unwrap();
            let last = &answer["KeyLastUsage"];
            assert_eq!(last["Operation"], operation);
            assert_eq!(last["KmsRequestId"], outcome.request_id.to_string());
            let own = records.iter().find(|record| record.recipient_account_id == arn.account).unwrap();
            assert_eq!(last["CloudTrailEventId"], own.event_id.to_string(), "{caller} {operation} {arn}");
        }
    }
}

#[test]
fn only_reads_and_cryptography_are_read_only() {
    let mut talk = Conversation::prepared();
    let mut changing = Vec::new();
    for (operation, _) in model::operations() {
        talk.ask("Administrator", "us-east-1".parse().unwrap(), operation, "{", operation);
        let records = talk.timeline.audit(talk.timeline.cursor());
        assert_eq!(records.len(), 1, "{operation}");
        if !records[0].read_only {
            changing.push(operation);
        }
    }
    expect_test::expect![[r#"
        CancelKeyDeletion
        ConnectCustomKeyStore
        CreateAlias
        CreateCustomKeyStore
        CreateGrant
        CreateKey
        DeleteAlias
        DeleteCustomKeyStore
        DeleteImportedKeyMaterial
        DisableKey
        DisableKeyRotation
        DisconnectCustomKeyStore
        EnableKey
        EnableKeyRotation
        ImportKeyMaterial
        PutKeyPolicy
        ReplicateKey
        RetireGrant
        RevokeGrant
        RotateKeyOnDemand
        ScheduleKeyDeletion
        TagResource
        UntagResource
        UpdateAlias
        UpdateCustomKeyStore
        UpdateKeyDescription
        UpdatePrimaryRegion"#]]
    .assert_eq(&changing.join("\n"));
}
