//! What each service asks of KMS and answers, flow by flow: `tests/data/services/*.txt`, one file a service.
//!
//! A line that begins with `>` is something done, the lines below it what came of that. `UPDATE_EXPECT=1` writes what came.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use expect_test::expect_file;
use kms_playground::{
    arn::Region,
    crypto::step::{Field, Sensitivity},
    endpoint::frame,
    entropy::Seed,
    estate::principal::Caller,
    kms::{
        Rules, Setting, World,
        grant::{Constraints, GrantOperation, Terms},
        rate::RequestQuota,
        throttle::{Charge, Payer},
    },
    services::{self, Cloud, FlowStep, Item, ItemKind, SERVICES, ServiceRequest, flow},
    timeline::{Input, Step, StepResult, Timeline},
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
        // What the last step ended, and what it made and ended.
        let before = timeline.world_before(timeline.cursor());
        let ended = before.keys().flat_map(|key| before.grants().of(&key.arn).iter(None));
        let ended = ended.map(|grant| grant.id.to_string());
        let calls = timeline.last().into_iter().flat_map(|step| flow::kms_calls(&step.flow));
        let answers = calls.filter_map(|call| serde_json::from_str::<Value>(&call.outcome.response.body).ok());
        let made = answers.filter_map(|answer| answer["GrantId"].as_str().map(str::to_owned));
        names.extend(ended.chain(made).map(|grant| (grant, "a grant that ends".to_owned())));
        Self(names)
    }

    fn put(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
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
                for member in SHOWN {
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
    // What earlier answers had, for example `$Url`, and `$VolumeId2` for the second that told one.
    let mut line = line.to_owned();
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    told.iter().for_each(|answer| texts(answer, &mut known));
    for (name, values) in known.iter().rev() {
        for (nth, value) in values.iter().enumerate().rev() {
            let number = if nth == 0 { String::new() } else { (nth + 1).to_string() };
            line = line.replace(&format!("${name}{number}"), value);
        }
    }
    if let Some(grant) =
        timeline.world().keys().find_map(|key| timeline.world().grants().of(&key.arn).iter(None).next())
    {
        line = line.replace("$grant", &grant.id.to_string());
    }
    // A key by its alias, for operations that take none.
    for key in timeline.world().keys() {
        for alias in timeline.world().aliases_of(key.arn) {
            line = line.replace(&alias.as_str().replace("alias/", "$"), &key.arn.to_string());
        }
    }
    // `$last:Key` is that of the last answer that had one.
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
                let whole = Regex::new(&format!(r"\$last:{}\b", regex_lite::escape(name))).unwrap();
                *line = whole.replace_all(line, NoExpand(text)).into_owned();
            }
            Value::Array(values) => values.iter().rev().for_each(|value| put_in(value, line)),
            _ => put_in(value, line),
        }
    }
}

/// Every text of an answer by its name, each once.
fn texts(answer: &Value, known: &mut BTreeMap<String, Vec<String>>) {
    for (name, value) in answer.as_object().into_iter().flatten() {
        match value.as_str() {
            Some(text) => {
                let values = known.entry(name.clone()).or_default();
                if !values.iter().any(|value| value == text) {
                    values.push(text.to_owned());
                }
            }
            None => texts(value, known),
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

fn new_world(seed: u64) -> Timeline {
    Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(seed))
}

fn transcript(text: &str) -> String {
    let mut timeline = new_world(7);
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
                    timeline = new_world(7);
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
            r#"Developer s3 GetObject {"Bucket": "lake", "Key": "$last:Key"}"#,
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

/// What is done in each part of each transcript, played in a world of another seed, with what was answered.
fn parts() -> Vec<(String, Vec<String>, Timeline, Vec<Value>)> {
    let mut parts = Vec::new();
    for path in files() {
        let text = fs::read_to_string(&path).unwrap();
        for part in text.split("\n# ").skip(1) {
            let title = format!("{}: {}", path.display(), part.lines().next().unwrap());
            let lines: Vec<String> =
                part.lines().filter_map(|line| line.strip_prefix("> ")).map(str::to_owned).collect();
            let (mut timeline, mut told) = (new_world(11), Vec::new());
            for line in &lines {
                play(&mut timeline, &mut told, line);
            }
            parts.push((title, lines, timeline, told));
        }
    }
    parts
}

/// Texts of five characters or more that a line gives a service to encrypt.
fn plaintexts(line: &str) -> Vec<String> {
    let body: Value = line.find('{').and_then(|at| serde_json::from_str(&line[at..]).ok()).unwrap_or_default();
    let mut found: Vec<String> =
        ["Body", "Data"].iter().filter_map(|name| body[*name].as_str()).map(str::to_owned).collect();
    for pairs in ["Item", "Row"].iter().filter_map(|name| body[*name].as_object()) {
        found.extend(pairs.values().filter_map(Value::as_str).map(str::to_owned));
    }
    found.retain(|text| text.len() >= 5);
    found
}

/// What KMS gave out in the clear, in base64.
fn plaintext_keys(timeline: &Timeline) -> Vec<String> {
    let calls = timeline.steps().iter().flat_map(|step| flow::kms_calls(&step.flow));
    let answers = calls.filter_map(|call| serde_json::from_str::<Value>(&call.outcome.response.body).ok());
    answers.filter_map(|answer| answer["Plaintext"].as_str().map(str::to_owned)).collect()
}

fn stored(items: &[Item], found: &mut Vec<(ItemKind, Field)>) {
    for item in items {
        found.extend(item.bytes.iter().map(|bytes| (item.kind, bytes.clone())));
        stored(&item.children, found);
    }
}

/// Keys in memory are the one thing in the clear.
fn without_held_keys(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("plaintext");
            members.values_mut().for_each(without_held_keys);
        }
        Value::Array(values) => values.iter_mut().for_each(without_held_keys),
        _ => {}
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn what_services_store_has_neither_plaintext_nor_a_plaintext_key_in_it() {
    let mut looked_at = (0, 0, 0);
    for (title, lines, timeline, _) in parts() {
        let mut fields = Vec::new();
        for service in SERVICES {
            stored(&(service.inventory)(timeline.cloud(), timeline.world()), &mut fields);
        }
        // What is stored without encryption says so.
        let in_the_clear: Vec<&Field> = fields
            .iter()
            .filter(|(kind, field)| *kind == ItemKind::Data && field.sensitivity == Sensitivity::Secret)
            .map(|(_, field)| field)
            .collect();
        let sealed: Vec<&Field> = fields
            .iter()
            .filter(|(kind, _)| matches!(kind, ItemKind::Data | ItemKind::WrappedKey))
            .map(|(_, field)| field)
            .filter(|field| field.sensitivity != Sensitivity::Secret)
            .collect();
        let mut cloud = serde_json::to_value(&**timeline.cloud()).unwrap();
        without_held_keys(&mut cloud);
        let cloud = cloud.to_string();
        let keys = plaintext_keys(&timeline);
        for key in &keys {
            let bytes = STANDARD.decode(key).unwrap();
            assert!(sealed.iter().all(|field| !contains(&field.bytes, &bytes)), "{title}: a plaintext key");
            assert!(!cloud.contains(key.as_str()), "{title}: a plaintext key");
        }
        let texts: Vec<String> = lines.iter().flat_map(|line| plaintexts(line)).collect();
        for text in &texts {
            assert!(sealed.iter().all(|field| !contains(&field.bytes, text.as_bytes())), "{title}: {text}");
            let in_the_clear = in_the_clear.iter().any(|field| contains(&field.bytes, text.as_bytes()));
            let seen = [text.clone(), STANDARD.encode(text)].iter().any(|text| cloud.contains(text.as_str()));
            assert!(in_the_clear || !seen, "{title}: {text}");
        }
        looked_at = (looked_at.0 + sealed.len(), looked_at.1 + keys.len(), looked_at.2 + texts.len());
    }
    assert!(looked_at.0 > 50 && looked_at.1 > 40 && looked_at.2 > 30, "{looked_at:?}");
}

#[test]
fn a_saved_world_goes_on_as_the_one_that_was_saved() {
    for (title, lines, timeline, told) in parts() {
        let replayed = Timeline::restore(&timeline.snapshot()).unwrap();
        assert_eq!(replayed.checkpoint(), timeline.checkpoint(), "{title}");
        let opened = Timeline::restore(&timeline.checkpoint()).unwrap();
        let again = |mut timeline: Timeline| -> Vec<String> {
            let mut told = told.clone();
            lines.iter().map(|line| play(&mut timeline, &mut told, line)).collect()
        };
        let expected = again(timeline);
        assert_eq!(again(replayed), expected, "{title}");
        assert_eq!(again(opened), expected, "{title}");
    }
}

/// How often KMS decrypts a table key for somebody who reads every four minutes, from the first read on.
#[track_caller]
fn check_table_key(rules: &str, hours: u32, decrypted: usize) {
    let mut timeline = new_world(7);
    let mut told = Vec::new();
    let mut calls = 0;
    play(&mut timeline, &mut told, &format!("set {{\"rules\": \"{rules}\"}}"));
    play(
        &mut timeline,
        &mut told,
        "Administrator dynamodb CreateTable {\"TableName\": \"Books\", \"KMSMasterKeyId\": \"alias/orders\"}",
    );
    for nth in 0..=hours * 15 {
        if nth > 0 {
            play(&mut timeline, &mut told, "wait 4m");
        }
        let read = "Developer dynamodb GetItem {\"TableName\": \"Books\", \"Key\": \"a\"}";
        calls += usize::from(play(&mut timeline, &mut told, read).contains("kms Decrypt"));
    }
    assert_eq!(calls, decrypted, "{rules}, {hours} h");
}

#[test]
fn a_table_key_is_kept_for_twelve_hours_by_the_classic_rules() {
    check_table_key("classic", 11, 1);
    check_table_key("classic", 12, 2);
    check_table_key("today", 13, 1);
}

/// What two more attachments come to on a key that has this many grants.
#[track_caller]
fn check_attachments(grants: u32, answers: [&str; 2]) {
    let made = new_world(7);
    let mut world = World::clone(made.world());
    world.set(Setting::Rules(Rules::Classic));
    let key = world.keys().next().unwrap().arn;
    let terms = Terms {
        grantee: "dynamodb.us-east-1.amazonaws.com".parse().unwrap(),
        retiring: None,
        operations: [GrantOperation::Decrypt].into(),
        constraints: Constraints::default(),
        name: None,
    };
    for _ in 0..grants {
        world.add_grant(key, terms.clone(), key.account, None).unwrap();
    }
    let (mut timeline, mut told) = (Timeline::new(world), Vec::new());
    for nth in 1..=2 {
        let create = format!(r#"Administrator ebs CreateVolume {{"Encrypted": true, "KmsKeyId": "{key}"}}"#);
        play(&mut timeline, &mut told, &create);
        let volume = if nth == 1 { "$VolumeId" } else { "$VolumeId2" };
        let attach = format!(r#"Administrator ebs AttachVolume {{"VolumeId": "{volume}", "InstanceId": "i-0abc"}}"#);
        let came = play(&mut timeline, &mut told, &attach);
        assert!(came.contains(answers[nth - 1]), "{grants} and {nth}: {came}");
    }
}

#[test]
fn each_attached_volume_takes_one_of_the_grants_that_a_key_may_have() {
    let full = "! 400 ResourceLimitExceeded The key cannot have another grant for a volume. ";
    check_attachments(2_498, ["\"State\":\"attached\"", "\"State\":\"attached\""]);
    check_attachments(2_499, ["\"State\":\"attached\"", full]);
    check_attachments(2_500, [full, full]);
}

/// What the last of these requests comes to where no request is left of any quota.
#[track_caller]
fn check_throttled(lines: &[&str], code: &str) {
    let (mut timeline, mut told) = (new_world(7), Vec::new());
    play(&mut timeline, &mut told, r#"set {"throttling": true}"#);
    for line in lines {
        play(&mut timeline, &mut told, line);
    }
    let Input::Serve(request) = &timeline.last().unwrap().input else { panic!("{lines:?}") };
    let before = timeline.steps().len() - 2;
    let (mut world, mut cloud) =
        (World::clone(&timeline.steps()[before].world), Cloud::clone(&timeline.steps()[before].cloud));
    let payer = Payer::Account { account: request.caller.account(), region: request.region };
    for quota in RequestQuota::all() {
        let room = world.clone().charge(&[Charge { payer, quota, requests: 1 }])[0].room;
        world.charge(&[Charge { payer, quota, requests: room.try_into().unwrap() }]);
    }
    let refused = services::call(&mut world, &mut cloud, request, 1).answer.unwrap_err();
    assert_eq!(refused.code, code, "{lines:?}: {refused}");
    assert!(refused.message.contains("You have exceeded the rate at which you may call KMS."), "{refused}");
}

#[test]
fn too_many_requests_are_refused_in_the_words_of_each_service() {
    let bucket = r#"Developer s3 CreateBucket {"Bucket": "media", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/orders"}"#;
    let put = r#"Developer s3 PutObject {"Bucket": "media", "Key": "a", "Body": "hello"}"#;
    check_throttled(&[bucket, put], "KMS.ThrottlingException");
    let table = r#"Administrator dynamodb CreateTable {"TableName": "Books", "KMSMasterKeyId": "alias/orders"}"#;
    check_throttled(&[table], "ThrottlingException");
    check_throttled(
        &[table, r#"Developer dynamodb GetItem {"TableName": "Books", "Key": "a"}"#],
        "ThrottlingException",
    );
    let volume = r#"Administrator ebs CreateVolume {"Encrypted": true, "KmsKeyId": "alias/orders"}"#;
    let attach = r#"Administrator ebs AttachVolume {"VolumeId": "$VolumeId", "InstanceId": "i-0abc"}"#;
    check_throttled(&[volume], "RequestLimitExceeded");
    check_throttled(&[volume, attach], "RequestLimitExceeded");
    let database = r#"Administrator rds CreateDBInstance {"DBInstanceIdentifier": "shop", "StorageEncrypted": true, "KmsKeyId": "alias/orders"}"#;
    check_throttled(&[database], "Throttling");
}
