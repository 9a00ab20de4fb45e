//! Request quotas: where each operation counts, how many pass, and that one more does not.

use std::fmt::Write as _;

use expect_test::expect_file;
use kms_playground::{
    arn::Region,
    clock::Span,
    endpoint::{self, Outcome, Request, Tracing},
    kms::{
        Rules, Setting, World,
        rate::RequestQuota,
        spec::KeySpec,
        throttle::{Charge, Charged, Payer},
    },
    load,
    ops::stage::{Stage, StageResult},
};
use serde_json::json;

use crate::table;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tables/requests.txt");

/// Each operation: the request quotas it counts in, with its weight where that is not one, and both figures.
#[test]
fn the_last_request_passes_and_the_one_after_it_is_throttled() {
    let usual = table::prepared("key", "blob", "alias/orders");
    let pending = table::prepared("pending", "pendingBlob", "alias/going");
    let mut shown = String::new();
    for (operation, body) in table::SAMPLES {
        let talk = if *operation == "CancelKeyDeletion" { &pending } else { &usual };
        let body = talk.filled(body, operation);
        let mut figures = Vec::new();
        for rules in [Rules::Classic, Rules::Today] {
            let mut world = World::clone(talk.timeline.world());
            world.set(Setting::Rules(rules));
            world.set(Setting::Throttling(true));
            // Whatever a full bucket has too much is taken out of it first.
            let counted = asked(&mut world.clone(), operation, &body).charged;
            for taken_before in [0, 1] {
                for charged in &counted {
                    let mut world = world.clone();
                    let room = u32::try_from(charged.room).unwrap();
                    take(&mut world, charged, room - charged.requests + taken_before);
                    let outcome = asked(&mut world, operation, &body);
                    let kind = outcome.fault.as_ref().map(|fault| fault.kind);
                    let expected = (taken_before == 1).then_some("ThrottlingException");
                    assert_eq!(kind, expected, "{operation}, {rules}, {}: {room} at once", charged.quota);
                }
            }
            figures.push(counted.iter().map(|charged| described(&world, charged)).collect::<Vec<_>>());
        }
        let [classic, today] = figures.as_slice() else { unreachable!() };
        for (classic, today) in classic.iter().zip(today) {
            writeln!(shown, "{operation}: {}, {} or {}", today.0, classic.1, today.1).unwrap();
        }
    }
    expect_file![TABLE].assert_eq(&shown);
}

/// Which bucket, and its rate.
fn described(world: &World, Charged { payer, quota, requests, .. }: &Charged) -> (String, String) {
    let (Payer::Account { region, .. } | Payer::Store { region, .. }) = payer;
    let times = if *requests == 1 { String::new() } else { format!(" × {requests}") };
    let place = if *region == Region::US_EAST_1 { String::new() } else { format!(" in {region}") };
    (format!("{quota}{times}{place}"), world.rate(*payer, *quota).to_string())
}

fn take(world: &mut World, charged: &Charged, requests: u32) {
    let charge = Charge { payer: charged.payer, quota: charged.quota, requests };
    assert!(world.charge(&[charge]).iter().all(|charged| charged.passed));
}

fn asked(world: &mut World, operation: &str, body: &str) -> Outcome {
    let caller = "arn:aws:iam::111122223333:user/Administrator".parse().unwrap();
    endpoint::call(world, &Request::new(caller, Region::US_EAST_1, operation, body), 1, Tracing::On)
}

/// A lab counts each operation in the quotas in which the endpoint charges it, each as often.
#[test]
fn the_load_lab_counts_where_the_endpoint_does() {
    const STORE: &str = "cks-0123456789abcdef0";
    let usual = table::prepared("key", "blob", "alias/orders");
    let pending = table::prepared("pending", "pendingBlob", "alias/going");
    let in_store = ("GenerateRandom", r#"{"NumberOfBytes": 32, "CustomKeyStoreId": "${store}"}"#);
    for (operation, body) in table::SAMPLES.iter().chain([&in_store]) {
        let talk = if *operation == "CancelKeyDeletion" { &pending } else { &usual };
        let mut world = World::clone(talk.timeline.world());
        world.set(Setting::Throttling(true));
        let charged = asked(&mut world, operation, &talk.filled(body, operation)).charged;
        let mut charged: Vec<_> = charged
            .iter()
            .map(|charged| match charged.payer {
                Payer::Account { account, region } => {
                    (format!("{account} {region}"), charged.quota.to_string(), u64::from(charged.requests))
                }
                Payer::Store { region, .. } => (format!("store {region}"), charged.quota.to_string(), 1),
            })
            .collect();
        charged.sort();
        let spec = match *operation {
            "Sign" | "Verify" | "DeriveSharedSecret" | "GenerateDataKeyPair" => Some("ECC_NIST_P256"),
            "GenerateDataKeyPairWithoutPlaintext" => Some("ECC_NIST_EDWARDS25519"),
            "GenerateMac" | "VerifyMac" => Some("HMAC_256"),
            "Encapsulate" | "Decapsulate" => Some("ML_KEM_768"),
            _ => None,
        };
        let to = match *operation {
            "ReplicateKey" => Some("us-west-2"),
            "UpdatePrimaryRegion" => Some("eu-west-1"),
            _ => None,
        };
        let store = body.contains("CustomKeyStoreId").then_some(STORE).filter(|_| *operation == "GenerateRandom");
        let lab = json!({
            "region": "us-east-1", "seconds": 1, "arrivals": {"constant": {"perSecond": 1}},
            "mix": [{"operation": operation, "account": "111122223333", "keySpec": spec, "toRegion": to, "keyStore": store}],
        });
        let mut counted: Vec<_> = load::of_text(&lab.to_string())
            .unwrap_or_else(|error| panic!("{operation}: {error}"))
            .lines
            .iter()
            .map(|line| match line.payer {
                Payer::Account { account, region } => {
                    (format!("{account} {region}"), line.quota.to_string(), line.totals.calls)
                }
                Payer::Store { region, .. } => (format!("store {region}"), line.quota.to_string(), line.totals.calls),
            })
            .collect();
        counted.sort();
        assert_eq!(counted, charged, "{operation}");
    }
}

#[test]
fn every_spec_counts_where_the_guide_says() {
    let specs = [
        (KeySpec::SymmetricDefault, "symmetric", 5_500, 100_000),
        (KeySpec::Hmac224, "symmetric", 5_500, 100_000),
        (KeySpec::Hmac512, "symmetric", 5_500, 100_000),
        (KeySpec::Rsa2048, "RSA", 500, 1_000),
        (KeySpec::Rsa4096, "RSA", 500, 1_000),
        (KeySpec::EccNistP256, "ECC", 300, 1_000),
        (KeySpec::EccNistP521, "ECC", 300, 1_000),
        (KeySpec::EccSecgP256k1, "ECC", 300, 1_000),
        (KeySpec::EccNistEdwards25519, "ECC", 300, 1_000),
        (KeySpec::MlDsa44, "ML-DSA", 1_000, 1_000),
        (KeySpec::MlDsa87, "ML-DSA", 1_000, 1_000),
        (KeySpec::MlKem768, "ML-KEM", 1_000, 1_000),
    ];
    for (spec, group, classic, today) in specs {
        let quota = RequestQuota::of_keys(spec);
        assert_eq!(quota.to_string(), format!("Cryptographic operations ({group}) request rate"), "{spec}");
        check_rates(quota, [&classic.to_string(), &today.to_string()]);
    }
    for (spec, figures) in [
        ("ECC_NIST_P256", ["25", "100"]),
        ("ECC_NIST_P384", ["10", "100"]),
        ("ECC_NIST_P521", ["5", "100"]),
        ("ECC_SECG_P256K1", ["25", "100"]),
        ("ECC_NIST_EDWARDS25519", ["100", "100"]),
        ("RSA_2048", ["1", "20"]),
        ("RSA_3072", ["0.5", "4"]),
        ("RSA_4096", ["0.1", "1"]),
    ] {
        check_rates(RequestQuota::of_pairs(spec).unwrap(), figures);
    }
    assert_eq!(RequestQuota::of_pairs("SM2"), None);
}

#[track_caller]
fn check_rates(quota: RequestQuota, expected: [&str; 2]) {
    let got = [Rules::Classic, Rules::Today].map(|rules| quota.rate(rules, Region::US_EAST_1).to_string());
    assert_eq!(got, expected, "{quota}");
}

#[test]
fn the_shared_quota_depends_on_the_region() {
    for region in Region::ALL {
        let expected = match region.as_str() {
            "us-east-1" | "us-west-2" | "eu-west-1" => "100000",
            "us-east-2" | "ap-southeast-1" | "ap-southeast-2" | "ap-northeast-1" | "eu-central-1" | "eu-west-2" => {
                "20000"
            }
            _ => "10000",
        };
        let got = [Rules::Classic, Rules::Today].map(|rules| RequestQuota::SYMMETRIC.rate(rules, *region).to_string());
        assert_eq!(got, ["5500", expected], "{region}");
    }
    let names: Vec<String> = RequestQuota::all().map(|quota| quota.to_string()).collect();
    for name in &names {
        assert_eq!(name.parse::<RequestQuota>().unwrap().to_string(), *name);
        assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
    }
    assert!("Sign request rate".parse::<RequestQuota>().is_err() && "CreateKey".parse::<RequestQuota>().is_err());
}

#[test]
fn a_denied_request_counts_and_a_throttled_one_is_decided_by_nobody() {
    let talk = table::prepared("key", "blob", "alias/orders");
    let mut world = World::clone(talk.timeline.world());
    world.set(Setting::Throttling(true));
    let developer = || "arn:aws:iam::111122223333:user/Developer".parse().unwrap();
    let body = talk.filled(r#"{"KeyId": "${it}", "Description": "mine"}"#, "body");
    let ask = |world: &mut World| {
        let request = Request::new(developer(), Region::US_EAST_1, "UpdateKeyDescription", body.clone());
        endpoint::call(world, &request, 1, Tracing::On)
    };
    for _ in 0..5 {
        assert_eq!(ask(&mut world).fault.unwrap().kind, "AccessDeniedException");
    }
    let before = serde_json::to_string(&world).unwrap();
    let throttled = ask(&mut world);
    assert_eq!(throttled.fault.unwrap().kind, "ThrottlingException");
    assert!(throttled.decisions.is_empty());
    let last = throttled.stages.iter().find(|record| record.result == StageResult::Refused).unwrap();
    assert_eq!(last.stage, Stage::Throttle);
    assert_eq!(serde_json::to_string(&world).unwrap(), before, "a throttled request changes nothing");

    // What was counted is in a saved world, until the buckets are full again.
    let mut opened: World = serde_json::from_str(&before).unwrap();
    assert_eq!(ask(&mut opened).fault.unwrap().kind, "ThrottlingException");
    assert_eq!(world.meters().count(), 1);
    world.advance(Span::from_millis(999));
    assert_eq!(world.meters().map(|(.., left)| left).collect::<Vec<_>>(), [4]);
    world.advance(Span::from_millis(1));
    assert_eq!(world.meters().count(), 0);
}

#[test]
fn nothing_is_counted_in_a_world_that_does_not_say_so() {
    let talk = table::prepared("key", "blob", "alias/orders");
    let mut world = World::clone(talk.timeline.world());
    for on in [false, true, false] {
        world.set(Setting::Throttling(on));
        let charged = asked(&mut world, "GenerateRandom", r#"{"NumberOfBytes": 1}"#).charged;
        assert_eq!((charged.len(), world.meters().count()), (usize::from(on), usize::from(on)));
    }
}
