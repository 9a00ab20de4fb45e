//! What each service asks of KMS and answers, flow by flow: `tests/data/services/*.txt`, one file a service, beside `troubles.txt` and
//! `then-and-now.txt`.
//!
//! A line that begins with `>` is something done, the lines below it what came of that. `UPDATE_EXPECT=1` writes what came.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use expect_test::expect_file;
use kms_playground::{
    arn::Region,
    crypto::step::{Field, Sensitivity},
    endpoint::audit::Record,
    entropy::Seed,
    kms::World,
    services::{Item, ItemKind, SERVICES, ServiceRequest, flow},
    timeline::Timeline,
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::Value;

use stage::{caller, new_world, play};

mod stage;
mod then;
mod troubles;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/services");

fn files() -> impl Iterator<Item = std::path::PathBuf> {
    SERVICES.iter().map(|service| Path::new(FOLDER).join(format!("{}.txt", service.name)))
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
    let (mut timeline, mut told) = (new_world(7), Vec::new());
    play(&mut timeline, &mut told, r#"set {"rules": "classic"}"#);
    play(&mut timeline, &mut told, &format!("grants {grants}"));
    for nth in 1..=2 {
        let create = r#"Administrator ebs CreateVolume {"Encrypted": true, "KmsKeyId": "$orders"}"#;
        play(&mut timeline, &mut told, create);
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

/// What a request does to the quota of whoever pays for it, and what the audit log and the bill have of it.
#[track_caller]
fn check_counted(lines: &[&str], calls: &[(&str, &str)], counted: &[u64], price: &str) {
    let (mut timeline, mut told) = (new_world(7), Vec::new());
    play(&mut timeline, &mut told, r#"set {"throttling": true}"#);
    for line in lines {
        play(&mut timeline, &mut told, line);
    }
    let step = timeline.last().unwrap();
    let records = timeline.audit(timeline.cursor());
    let recorded = records.iter().map(|record| {
        let by = record.user_identity["invokedBy"].as_str().unwrap();
        assert_eq!(by, &*record.source_ip_address, "{lines:?}");
        (record.event_name.as_str(), by)
    });
    assert_eq!(recorded.collect::<Vec<_>>(), calls, "{lines:?}");
    assert_eq!(flow::counted(&step.flow).into_values().collect::<Vec<_>>(), counted, "{lines:?}");
    assert_eq!(flow::price(&step.flow).to_string(), price, "{lines:?}");
    for ((payer, quota), requests) in flow::counted(&step.flow) {
        let room = |world: &World| {
            let meter = world.meters().find(|(of, named, _)| (*of, *named) == (payer, quota));
            meter.map_or_else(|| world.rate(payer, quota).a_minute() / 60, |(.., room)| room)
        };
        let before = room(timeline.world_before(timeline.cursor()));
        assert_eq!(before - room(timeline.world()), requests, "{lines:?}: {quota}");
    }
}

#[test]
fn requests_of_services_count_in_quotas_cost_and_are_in_the_audit_log() {
    let bucket = r#"Developer s3 CreateBucket {"Bucket": "media", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/orders"}"#;
    let put = r#"Developer s3 PutObject {"Bucket": "media", "Key": "a", "Body": "hello"}"#;
    let by_s3 = "s3.us-east-1.amazonaws.com";
    check_counted(&[bucket, put], &[("GenerateDataKey", by_s3)], &[1], "$0.000003");
    let get = r#"Developer s3 GetObject {"Bucket": "media", "Key": "a"}"#;
    check_counted(&[bucket, put, get], &[("Decrypt", by_s3)], &[1], "$0.000003");
    let denied = r#"KMSKeyAdmin s3 GetObject {"Bucket": "media", "Key": "a"}"#;
    check_counted(&[bucket, put, denied], &[("Decrypt", by_s3)], &[1], "$0.00");
}

#[test]
fn what_is_tried_in_vain_is_told_once_and_recorded_each_time() {
    let (mut timeline, mut told) = (new_world(7), Vec::new());
    for line in [
        r#"Developer s3 CreateBucket {"Bucket": "lake"}"#,
        r#"Developer firehose CreateDeliveryStream {"DeliveryStreamName": "to-lake", "RoleARN": "arn:aws:iam::111122223333:role/OrdersApp", "BucketARN": "arn:aws:s3:::lake", "AWSKMSKeyARN": "$orders"}"#,
        r#"Developer firehose PutRecord {"DeliveryStreamName": "to-lake", "Data": "one"}"#,
        r#"Administrator kms DisableKey {"KeyId": "$orders"}"#,
        "wait 1d",
    ] {
        play(&mut timeline, &mut told, line);
    }
    let step = timeline.last().unwrap();
    let calls: Vec<_> = flow::kms_calls(&step.flow).collect();
    // The last one is told apart, as the record is given up then.
    assert_eq!((calls.len(), calls[0].again.len()), (2, 28));
    let records = timeline.audit(timeline.cursor());
    assert_eq!(records.len(), 30);
    assert!(records.is_sorted_by(|one, other| one.event_time < other.event_time));
    let unlike = |name: fn(&Record) -> String| records.iter().map(name).collect::<BTreeSet<_>>().len();
    assert_eq!(unlike(|record| record.event_id.to_string()), 30);
    assert_eq!(unlike(|record| record.request_id.unwrap().to_string()), 30);
    assert_eq!(unlike(|record| record.request_parameters["encryptionContext"].to_string()), 30);
}
