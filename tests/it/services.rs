//! What each service asks of KMS and answers, flow by flow: `tests/data/services/*.txt`, one file a service.
//!
//! A line that begins with `>` is something done, the lines below it what came of that. `UPDATE_EXPECT=1` writes what came.

use std::{fmt::Write as _, fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use expect_test::expect_file;
use kms_playground::{
    arn::Region,
    endpoint::frame,
    entropy::Seed,
    estate::principal::Caller,
    services::{FlowStep, ServiceRequest},
    timeline::{Step, StepResult, Timeline},
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use regex_lite::{NoExpand, Regex};
use serde_json::Value;

fn files() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/services");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// `Developer`, `AuditApp@444455556666`, `root`: of account 111122223333 unless said otherwise.
fn caller(text: &str) -> Caller {
    let (name, account) = text.split_once('@').unwrap_or((text, "111122223333"));
    let arns = match name {
        "root" => vec![format!("arn:aws:iam::{account}:root")],
        "OrdersApp" | "AuditApp" => vec![format!("arn:aws:sts::{account}:assumed-role/{name}/session")],
        name => vec![format!("arn:aws:iam::{account}:user/{name}")],
    };
    arns[0].parse().unwrap()
}

/// Names instead of what changes with every draw.
struct Names(Vec<(String, String)>);

impl Names {
    fn of(timeline: &Timeline) -> Self {
        let world = timeline.world();
        let mut names = Vec::new();
        for key in world.keys() {
            let alias = world.aliases_of(key.arn).next().map(|alias| alias.as_str().to_owned());
            let name = alias.unwrap_or_else(|| "the key without a name".to_owned());
            names.push((key.arn.to_string(), name.clone()));
            names.push((key.arn.id.to_string(), name));
        }
        for key in world.keys() {
            for (nth, grant) in world.grants().of(&key.arn).iter(None).enumerate() {
                names.push((grant.id.to_string(), format!("grant {}", nth + 1)));
            }
        }
        Self(names)
    }

    fn put(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }
}

fn render(step: &Step, names: &Names) -> String {
    let mut text = String::new();
    for part in &*step.flow {
        match part {
            FlowStep::Kms(call) => {
                let body: Value = serde_json::from_str(&call.request.body).unwrap();
                let operation = frame::operation_of(&call.request.target).unwrap();
                write!(text, "  kms {operation} by {}", call.request.caller.principal()).unwrap();
                let forwarding = call.request.forwarding.clone().unwrap_or_default();
                if !forwarding.services.is_empty() {
                    write!(text, " via {}", forwarding.services.join(", ")).unwrap();
                }
                if let Some(arn) = forwarding.source_arn {
                    write!(text, " for {arn}").unwrap();
                }
                for member in ["KeyId", "EncryptionContext", "GranteePrincipal", "GranteeServicePrincipal"] {
                    if let Some(value) = body.get(member) {
                        write!(text, " {member}={}", names.put(value.as_str().unwrap_or(&value.to_string()))).unwrap();
                    }
                }
                let granted = call.outcome.decisions.iter().find_map(|decision| decision.granted_by.clone());
                if let Some(grant) = granted {
                    write!(text, " by {}", names.put(&grant)).unwrap();
                }
                match &call.outcome.fault {
                    None => writeln!(text, " -> ok").unwrap(),
                    Some(fault) => writeln!(text, " -> {}", fault.kind).unwrap(),
                }
            }
            FlowStep::Crypto { by, what, step } => {
                writeln!(text, "  {by} {what}{}", if step.succeeded { "" } else { ": FAILS" }).unwrap();
            }
            FlowStep::Fact { by, what } => writeln!(text, "  {by}: {}", names.put(what)).unwrap(),
        }
    }
    match &step.result {
        StepResult::Served(answer) => match &**answer {
            Ok(answer) => writeln!(text, "  = {}", names.put(&shown(answer).to_string())).unwrap(),
            Err(error) => {
                writeln!(text, "  ! {} {} {}", error.status, error.code, names.put(&error.message)).unwrap();
            }
        },
        StepResult::Answered(outcome) => {
            let told = outcome.fault.as_ref().map_or("ok", |fault| fault.kind);
            writeln!(text, "  = {told}").unwrap();
        }
        StepResult::Passed(events) => {
            for event in &**events {
                writeln!(text, "  event {}", event.kind.name()).unwrap();
            }
        }
    }
    text
}

/// Bytes that are text as that text, without signatures.
fn shown(answer: &Value) -> Value {
    match answer {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| match (name.as_str(), value.as_str()) {
                    ("Body" | "Data", Some(text)) => {
                        let bytes = STANDARD.decode(text).unwrap();
                        let text = String::from_utf8(bytes)
                            .unwrap_or_else(|bytes| format!("{} bytes", bytes.as_bytes().len()));
                        (name.clone(), Value::from(text))
                    }
                    ("Url", Some(url)) => (name.clone(), Value::from(url.split('?').next().unwrap())),
                    ("x-amz-key-v2", _) => (name.clone(), Value::from("…")),
                    _ => (name.clone(), shown(value)),
                })
                .collect(),
        ),
        Value::Array(values) => Value::Array(values.iter().map(shown).collect()),
        other => other.clone(),
    }
}

fn play(timeline: &mut Timeline, told: &mut Vec<Value>, line: &str) -> String {
    let mut line = line.to_owned();
    // A key by its alias, for operations that take none.
    for key in timeline.world().keys() {
        for alias in timeline.world().aliases_of(key.arn) {
            line = line.replace(&alias.as_str().replace("alias/", "$"), &key.arn.to_string());
        }
    }
    // What an earlier answer had, for example `$Url`: the last that had it.
    for answer in told.iter().rev() {
        if line.contains('$') {
            put_in(answer, &mut line);
        }
    }
    let (who, rest) = line.split_once(' ').unwrap();
    if who == "wait" {
        timeline.advance(rest.parse().unwrap());
    } else if who == "set" {
        timeline.set(serde_json::from_str(rest).unwrap());
    } else if who == "drain" {
        drain(timeline, &caller(rest));
    } else if who == "attach" {
        timeline.attach(serde_json::from_str(rest).unwrap()).unwrap();
    } else {
        let (service, rest) = rest.split_once(' ').unwrap();
        let (operation, body) = rest.split_once(' ').unwrap_or((rest, "{}"));
        // Elsewhere than in us-east-1: `CreateTable@eu-west-1`.
        let (operation, region) = operation.split_once('@').unwrap_or((operation, "us-east-1"));
        let region: Region = region.parse().unwrap();
        if service == "kms" {
            timeline.call(caller(who), region, operation, body);
        } else {
            let (service, operation, body) = (service.to_owned(), operation.to_owned(), encoded(body));
            timeline.serve(ServiceRequest { caller: caller(who), region, service, operation, body });
        }
    }
    let step = timeline.last().unwrap();
    match &step.result {
        StepResult::Served(answer) => told.extend((**answer).clone().ok()),
        StepResult::Answered(outcome) => told.extend(serde_json::from_str(&outcome.response.body)),
        StepResult::Passed(_) => {}
    }
    render(step, &Names::of(timeline))
}

/// Of a list, the last.
fn put_in(answer: &Value, line: &mut String) {
    for (name, value) in answer.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => {
                let whole = Regex::new(&format!(r"\${}\b", regex_lite::escape(name))).unwrap();
                *line = whole.replace_all(line, NoExpand(text)).into_owned();
            }
            Value::Array(values) => values.iter().rev().for_each(|value| put_in(value, line)),
            _ => put_in(value, line),
        }
    }
}

/// Asks for data keys until the caller's account has none left of this second.
fn drain(timeline: &mut Timeline, caller: &Caller) {
    let body = r#"{"KeyId": "alias/orders", "KeySpec": "AES_256"}"#;
    for _ in 0..6000 {
        let outcome = timeline.call(caller.clone(), Region::US_EAST_1, "GenerateDataKey", body);
        if outcome.fault.as_ref().is_some_and(|fault| fault.kind == "ThrottlingException") {
            return;
        }
    }
    panic!("nothing was refused");
}

/// The transcripts write bytes as text.
fn encoded(body: &str) -> String {
    let Ok(Value::Object(mut members)) = serde_json::from_str(body) else { return body.to_owned() };
    for name in ["Body", "Data", "SSECustomerKey"] {
        if let Some(Value::String(text)) = members.get_mut(name) {
            *text = STANDARD.encode(&text);
        }
    }
    Value::Object(members).to_string()
}

fn transcript(text: &str) -> String {
    let mut timeline = Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
    let mut told = Vec::new();
    let mut came = String::new();
    for line in text.lines() {
        match line.strip_prefix("> ") {
            Some(input) => {
                writeln!(came, "{line}").unwrap();
                came.push_str(&play(&mut timeline, &mut told, input));
            }
            None if line.starts_with("  ") => {}
            None => {
                // Each part begins in a new world.
                if line.starts_with("# ") {
                    timeline = Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
                    told.clear();
                }
                writeln!(came, "{line}").unwrap();
            }
        }
    }
    came
}

#[test]
fn services_ask_kms_as_their_transcripts_say() {
    for path in files() {
        let text = fs::read_to_string(&path).unwrap();
        let came = transcript(&text);
        expect_file![path].assert_eq(&came);
    }
}

#[test]
fn what_is_stored_is_not_what_was_given_and_opens_after_a_restore() {
    let config = Config { cases: 16, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let checked = runner.run(&vec(any::<u8>(), 24..200), |data| {
        let given = STANDARD.encode(&data);
        let mut timeline = Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
        let mut told = Vec::new();
        for line in [
            r#"Developer s3 CreateBucket {"Bucket": "lake"}"#,
            r#"Developer kinesis CreateStream {"StreamName": "clicks"}"#,
            r#"Developer kinesis StartStreamEncryption {"StreamName": "clicks", "KeyId": "alias/orders"}"#,
            r#"Developer firehose CreateDeliveryStream {"DeliveryStreamName": "to-lake", "RoleARN": "arn:aws:iam::111122223333:role/OrdersApp", "BucketARN": "arn:aws:s3:::lake"}"#,
            r#"Administrator firehose StartDeliveryStreamEncryption {"DeliveryStreamName": "to-lake", "KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": "$orders"}"#,
        ] {
            play(&mut timeline, &mut told, line);
        }
        for (service, operation, body) in [
            ("kinesis", "PutRecord", format!(r#"{{"StreamName": "clicks", "PartitionKey": "a", "Data": "{given}"}}"#)),
            ("firehose", "PutRecord", format!(r#"{{"DeliveryStreamName": "to-lake", "Data": "{given}"}}"#)),
            ("s3", "PutObject", format!(r#"{{"Bucket": "lake", "Key": "a", "Body": "{given}"}}"#)),
        ] {
            let (service, operation) = (service.to_owned(), operation.to_owned());
            let request =
                ServiceRequest { caller: caller("Developer"), region: Region::US_EAST_1, service, operation, body };
            prop_assert!(!timeline.serve(request).refused());
            prop_assert!(!serde_json::to_string(&**timeline.cloud()).unwrap().contains(&given));
        }
        timeline.advance("1m".parse().unwrap());
        prop_assert!(!serde_json::to_string(&**timeline.cloud()).unwrap().contains(&given));
        let mut timeline = Timeline::restore(&timeline.snapshot()).unwrap();
        play(&mut timeline, &mut told, r#"Developer s3 ListObjectsV2 {"Bucket": "lake", "Prefix": "2030/"}"#);
        for line in [
            r#"Developer s3 GetObject {"Bucket": "lake", "Key": "$Key"}"#,
            r#"Developer s3 GetObject {"Bucket": "lake", "Key": "a"}"#,
            r#"Developer kinesis GetRecords {"StreamName": "clicks"}"#,
        ] {
            play(&mut timeline, &mut told, line);
            prop_assert!(told.last().unwrap().to_string().contains(&given), "{}", line);
        }
        Ok(())
    });
    checked.unwrap();
}
