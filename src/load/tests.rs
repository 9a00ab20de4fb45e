use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    lab::{DataKeyCache, Increase},
    meter::{self, Counts},
    presets::PRESETS,
    remedy::{Caches, Share},
    retry::Cohort,
    *,
};
use crate::{
    clock::{Span, Timestamp},
    entropy::Seed,
    kms::{
        Rules, Setting, World,
        bucket::Bucket,
        rate::RequestQuota,
        throttle::{Charge, Payer},
    },
};

const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";

/// A lab of Decrypt by one account with other members put over it; `null` takes one away.
fn with(members: Value) -> String {
    let mut lab = json!({
        "rules": "classic", "region": "us-east-1", "seconds": 60, "arrivals": {"constant": {"perSecond": 100}},
        "mix": [{"operation": "Decrypt", "account": ACCOUNT}],
    });
    for (name, value) in members.as_object().unwrap() {
        lab[name] = value.clone();
    }
    lab.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    lab.to_string()
}

fn payer(line: &meter::Line) -> String {
    match line.payer {
        Payer::Account { account, region } => format!("{account} {region}"),
        Payer::Store { store, region } => format!("{store} {region}"),
    }
}

fn media_site(rules: &str, region: &str, members: Value) -> Meter {
    let mut all = json!({
        "rules": rules, "region": region, "seconds": 3600, "arrivals": {"constant": {"perSecond": 10_050}},
        "mix": [{"operation": "s3:GetObject", "account": ACCOUNT}],
    });
    for (name, value) in members.as_object().unwrap() {
        all[name] = value.clone();
    }
    of_text(&all.to_string()).unwrap()
}

#[test]
fn an_hour_of_the_media_site_is_counted_to_the_request() {
    let whole = 36_180_000;
    // A full bucket at first, and what comes in until the last request of the hour.
    for (rules, region, served) in [
        ("classic", "us-east-1", 5_500 + 5_500 * 3_599_999 / 1_000),
        ("classic", "eu-north-1", 5_500 + 5_500 * 3_599_999 / 1_000),
        ("today", "eu-north-1", 10_000 + 10 * 3_599_999),
        ("today", "eu-west-2", whole),
        ("today", "us-east-1", whole),
    ] {
        let meter = media_site(rules, region, json!({}));
        let Counts { calls, served: got, throttled, lost, retried, waiting, .. } = meter.totals;
        assert_eq!((meter.asked, calls, got), (whole, whole, served), "{rules} {region}");
        assert_eq!((throttled, lost, retried, waiting), (whole - served, whole - served, 0, 0), "{rules} {region}");
    }
}

#[test]
fn remedies_change_what_reaches_kms() {
    let whole = 36_180_000;
    for (remedy, calls, throttled) in [
        (json!({}), whole, true),
        (json!({"cdn": {"hitPercent": 40}}), whole * 60 / 100, true),
        (json!({"cdn": {"hitPercent": 46}}), whole * 54 / 100, false),
        (json!({"bucketKey": {"savedPercent": 99}}), whole / 100, false),
        (json!({"cdn": {"hitPercent": 90}, "bucketKey": {"savedPercent": 99}}), whole / 1000, false),
        (json!({"increase": {"perSecond": 20_000, "afterSeconds": 0}}), whole, false),
        (json!({"increase": {"perSecond": 20_000, "afterSeconds": 1_800}}), whole, true),
        // S3 knows nothing of the Encryption SDK.
        (
            json!({"dataKeyCache": {"maxAgeSeconds": 60, "maxMessages": 100, "maxBytes": 1_000_000, "messageBytes": 1}}),
            whole,
            true,
        ),
    ] {
        let meter = media_site("classic", "us-east-1", remedy.clone());
        assert_eq!((meter.totals.calls, meter.totals.throttled > 0), (calls, throttled), "{remedy}");
    }
    let meter = media_site("classic", "us-east-1", json!({"increase": {"perSecond": 20_000, "afterSeconds": 1_800}}));
    let line = &meter.lines[0];
    // In the first second a full bucket helps.
    assert_eq!((line.first_throttled, line.throttled_seconds), (Some(1), 1_799));
    assert_eq!(meter.totals.throttled, 1_800 * 10_050 - (5_500 + 5_500 * 1_799_999 / 1_000));
}

#[test]
fn whose_quota_it_is() {
    let mix = json!([
        {"operation": "Decrypt", "account": ACCOUNT, "weight": 1},
        {"operation": "Encrypt", "account": OTHER, "keyAccount": ACCOUNT, "weight": 1},
        {"operation": "GenerateRandom", "account": OTHER, "weight": 1},
        {"operation": "Sign", "keySpec": "RSA_2048", "account": OTHER, "weight": 1},
        {"operation": "GenerateDataKeyPair", "keySpec": "RSA_2048", "account": OTHER, "weight": 1},
        {"operation": "CreateKey", "account": OTHER, "weight": 1},
    ]);
    let meter = of_text(&with(json!({"mix": mix, "arrivals": {"constant": {"perSecond": 60}}}))).unwrap();
    let lines: Vec<_> = meter
        .lines
        .iter()
        .map(|line| format!("{} {} {} {}", payer(line), line.quota, line.per_second, line.totals.calls))
        .collect();
    assert_eq!(
        lines,
        [
            "111122223333 us-east-1 Cryptographic operations (symmetric) request rate 5500 600",
            "444455556666 us-east-1 CreateKey request rate 5 600",
            "444455556666 us-east-1 Cryptographic operations (RSA) request rate 500 600",
            "444455556666 us-east-1 Cryptographic operations (symmetric) request rate 5500 1200",
            "444455556666 us-east-1 GenerateDataKeyPair (RSA_2048) request rate 1 600",
        ]
    );
}

#[test]
fn refused_requests_come_back_evenly_over_the_time_they_may_wait() {
    // 20 calls at once where 5 a second pass, and nothing after: 15 come back in the next second, of which 5 pass, and the
    // other 10 in the two seconds after that.
    let burst = json!({
        "arrivals": {"burst": {"usual": 0, "peak": 20, "everySeconds": 60, "lastingSeconds": 1}},
        "mix": [{"operation": "CreateKey", "account": ACCOUNT}], "seconds": 8, "attempts": 3,
    });
    let meter = of_text(&with(burst)).unwrap();
    let seen: Vec<_> =
        meter.lines[0].slots.iter().map(|slot| (slot.calls, slot.retried, slot.served, slot.throttled)).collect();
    // Evenly in a second: five wait in the bucket, and one more comes in each fifth of it.
    assert_eq!(seen[..5], [(20, 0, 9, 11), (0, 11, 5, 6), (0, 3, 3, 0), (0, 3, 3, 0), (0, 0, 0, 0)]);
    let Counts { calls, served, lost, waiting, waited_seconds, .. } = meter.totals;
    assert_eq!((calls, served, lost, waiting), (20, 20, 0, 0));
    // Five after one second, three after two and three after three.
    assert_eq!(waited_seconds, 5 + 3 * 2 + 3 * 3);
}

#[test]
fn every_preset_is_a_lab() {
    for preset in PRESETS {
        let lab = preset.lab().unwrap_or_else(|| panic!("{}", preset.id));
        let meter = measure(&lab).unwrap_or_else(|error| panic!("{}: {error}", preset.id));
        assert!(meter.totals.throttled > 0, "{} shows a limit", preset.id);
        assert_eq!(Lab::parse(&serde_json::to_string(&lab).unwrap()).unwrap(), lab);
    }
}

#[test]
fn a_month_is_paid_for_what_was_served() {
    let paid = |members: Value| {
        let cost = of_text(&with(members)).unwrap().cost;
        (cost.requests_a_month, cost.free_requests, cost.requests_micro_dollars, cost.total_micro_dollars)
    };
    let of = |operation: &str, spec: &str| json!([{"operation": operation, "keySpec": spec, "account": ACCOUNT}]);
    // 6,000 requests in each run; the first 20,000 a month are free.
    assert_eq!(paid(json!({"runsAMonth": 3})), (18_000, 18_000, 0, 1_000_000));
    assert_eq!(paid(json!({"runsAMonth": 4})), (24_000, 20_000, 12_000, 1_012_000));
    assert_eq!(paid(json!({"runsAMonth": 4, "keys": 0})), (24_000, 20_000, 12_000, 12_000));
    let signed = json!({"runsAMonth": 1, "mix": of("Sign", "RSA_2048")});
    assert_eq!(paid(signed), (6_000, 0, 18_000, 1_018_000));
    let signed = json!({"runsAMonth": 1, "mix": of("Sign", "ECC_NIST_P256")});
    assert_eq!(paid(signed), (6_000, 0, 90_000, 1_090_000));
    let pairs = json!({"runsAMonth": 1, "mix": of("GenerateDataKeyPair", "RSA_2048"), "rules": "today", "seconds": 1});
    // Of 100 in a second, 20 at once and 19 that come in until the last of them.
    assert_eq!(paid(pairs), (39, 0, 39 * 1_200, 1_000_000 + 39 * 1_200));
    // Without a number of runs, a month of 730 hours: 43,800 minutes.
    assert_eq!(paid(json!({})), (262_800_000, 20_000, (262_800_000 - 20_000) * 3, 789_340_000));
    // The free requests are each account's.
    let two = json!([{"operation": "Decrypt", "account": ACCOUNT}, {"operation": "Decrypt", "account": OTHER}]);
    assert_eq!(paid(json!({"mix": two, "runsAMonth": 10})), (60_000, 40_000, 60_000, 1_060_000));
}

#[test]
fn a_recording_lasts_as_long_as_it_is() {
    for (csv, expected) in [
        ("5", vec![5]),
        ("requests\r\n5\r\n\r\n0\r\n7", vec![5, 0, 7]),
        ("\u{feff}second,requests\n0,5\n3, 7 \n", vec![5, 0, 0, 7]),
    ] {
        let meter = of_text(&with(json!({"arrivals": {"recorded": {"csv": csv}}, "seconds": null}))).unwrap();
        let seen: Vec<u64> = meter.lines[0].slots.iter().map(|slot| slot.calls).collect();
        assert_eq!(seen, expected, "{csv:?}");
    }
    let cut = of_text(&with(json!({"arrivals": {"recorded": {"csv": "1\n2\n3"}}, "seconds": 2}))).unwrap();
    assert_eq!((cut.seconds, cut.asked), (2, 3));
}

#[test]
fn what_would_take_too_long_to_count_is_refused_and_what_is_before_it_not() {
    let flow =
        |store: Option<&str>| json!({"operation": "Decrypt", "account": ACCOUNT, "keyStore": store, "weight": 50});
    let mix = json!([flow(Some(STORE)), flow(None)]);
    let arrivals = json!({"ramp": {"from": 20_000, "to": 20_020}});
    let rising = Lab::parse(&with(json!({"mix": mix, "seconds": 20, "arrivals": arrivals}))).unwrap();
    assert!(meter::measure_within(&rising, 20).is_ok());
    let refused = meter::measure_within(&rising, 19).unwrap_err().to_string();
    assert!(refused.contains("for at most 1800 such seconds; shorten `seconds`"), "{refused}");
}

#[test]
fn what_is_no_lab_is_refused_with_its_place() {
    let recorded = |csv: &str| with(json!({"arrivals": {"recorded": {"csv": csv}}}));
    let constant =
        |per_second: &str| with(json!({})).replace(r#"{"perSecond":100}"#, &format!(r#"{{"perSecond":{per_second}}}"#));
    let mix = |flow: Value| with(json!({"mix": [flow]}));
    let increase = |increase: Value| with(json!({"increase": increase}));
    let many_lines = "1\n".repeat(86_401);
    for (text, expected) in [
        ("{".to_owned(), "not a lab: EOF while parsing an object at line 1 column 1"),
        (constant("-5"), "not a lab: invalid value: integer `-5`, expected u32"),
        (constant("NaN"), "not a lab: expected value"),
        (constant("1e3"), "not a lab: invalid type: floating point `1000.0`, expected u32"),
        (constant("99999999999999999999"), "not a lab: invalid type: floating point"),
        (constant("10000001"), "`arrivals.constant.perSecond` is not from 0 to 10000000"),
        (with(json!({"seconds": 0})), "`seconds` is not from 1 to 86400"),
        (with(json!({"seconds": 86_401})), "`seconds` is not from 1 to 86400"),
        (with(json!({"mix": []})), "`mix` is empty, or all its weights are 0"),
        (with(json!({"attempts": 11})), "`attempts` is not from 1 to 10"),
        (with(json!({"surprise": 1})), "not a lab: unknown field `surprise`"),
        (with(json!({"region": "mars-1"})), "not a lab: not a Region of this playground"),
        (mix(json!({"operation": "Dectypt", "account": ACCOUNT})), "`Dectypt` is no operation, expected one of KMS"),
        (mix(json!({"operation": "Sign", "account": ACCOUNT})), "`Sign` is not possible with keys of that `keySpec`"),
        (
            mix(json!({"operation": "ReplicateKey", "account": ACCOUNT})),
            "`ReplicateKey` counts in two Regions, expected another than the lab's as `toRegion`",
        ),
        (
            mix(json!({"operation": "UpdatePrimaryRegion", "account": ACCOUNT, "toRegion": "us-east-1"})),
            "`UpdatePrimaryRegion` counts in two Regions, expected another",
        ),
        (
            mix(json!({"operation": "Decrypt", "account": ACCOUNT, "toRegion": "eu-west-1"})),
            "`Decrypt` counts in one Region alone, got a `toRegion`",
        ),
        (
            mix(json!({"operation": "DescribeKey", "account": ACCOUNT, "keyStore": STORE})),
            "`DescribeKey` is not possible in a custom key store",
        ),
        (
            mix(json!({"operation": "Decrypt", "account": ACCOUNT, "keySpec": "RSA_2048", "keyStore": STORE})),
            "`Decrypt` is not possible in a custom key store with that `keySpec`",
        ),
        (
            mix(json!({"operation": "Decrypt", "account": ACCOUNT, "keyStore": "cks-1"})),
            "not a lab: not a key store id at line 1 column 94",
        ),
        (mix(json!({"operation": "Decrypt", "account": "1"})), "not a lab: not an account id of 12 digits"),
        (increase(json!({"perSecond": 5_500, "afterSeconds": 0})), "`increase.perSecond` is no more than the 5500"),
        (
            increase(json!({"perSecond": 5_500, "afterSeconds": 0, "quota": "Custom key store request rate"})),
            "that quota is fixed",
        ),
        (recorded(""), "the recording, line 1 column 1: no number of requests"),
        (recorded("requests\n"), "the recording, line 1 column 1: no number of requests"),
        (recorded("1\nx\n"), "the recording, line 2 column 1: not a whole number"),
        (recorded("1\n-2\n"), "the recording, line 2 column 1: not a whole number"),
        (recorded("0,1\n1,NaN\n"), "the recording, line 2 column 3: not a whole number"),
        (recorded("0,1\n1,2,3\n"), "the recording, line 2 column 5: a column too many"),
        (recorded("4,1\n4,2\n"), "the recording, line 2 column 1: a second that is not later"),
        (recorded("86400,1"), "the recording, line 1 column 1: later than 86400 seconds"),
        (recorded(&many_lines), "the recording, line 86401 column 1: later than 86400 seconds"),
        (recorded("99999999999999999999999"), "the recording, line 1 column 1: more than 10000000 requests"),
        (recorded(&"1\n".repeat(5_000_000)), "the recording, line 1 column 1: more than 2000000 bytes"),
    ] {
        let error = of_text(&text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}\nfor {}", text.chars().take(200).collect::<String>());
    }
}

#[test]
fn the_largest_lab_overflows_nothing() {
    let flow = |operation: &str| json!({"operation": operation, "account": ACCOUNT, "weight": 1_000_000});
    let lab = with(json!({
        "seconds": 2_000, "attempts": 10, "keys": 1_000_000, "runsAMonth": 1_000_000,
        "arrivals": {"constant": {"perSecond": 10_000_000}},
        "mix": [flow("CreateKey"), flow("Decrypt"), flow("s3:GetObject"), flow("GenerateDataKey")],
        "dataKeyCache": {"maxAgeSeconds": 86_400, "maxMessages": u32::MAX, "maxBytes": u64::MAX, "messageBytes": 0, "hosts": 100},
    }));
    let totals = of_text(&lab).unwrap().totals;
    assert_eq!(totals.calls, totals.served + totals.lost + totals.waiting);
}

const STORE: &str = "cks-0123456789abcdef0";

#[test]
fn a_request_counts_in_several_quotas() {
    let mix = json!([
        {"operation": "Decrypt", "account": ACCOUNT, "keyStore": STORE},
        {"operation": "Encrypt", "account": OTHER, "keyStore": STORE, "keyAccount": ACCOUNT},
        {"operation": "ReplicateKey", "account": OTHER, "toRegion": "eu-west-1"},
        {"operation": "UpdatePrimaryRegion", "account": OTHER, "toRegion": "eu-west-1"},
    ]);
    let meter = of_text(&with(json!({"mix": mix, "seconds": 1, "arrivals": {"constant": {"perSecond": 4}}}))).unwrap();
    let lines: Vec<_> =
        meter.lines.iter().map(|line| format!("{} {}: {}", payer(line), line.quota, line.totals.served)).collect();
    assert_eq!(
        lines,
        [
            "111122223333 us-east-1 Cryptographic operations (symmetric) request rate: 1",
            "444455556666 eu-west-1 CreateKey request rate: 2",
            "444455556666 eu-west-1 UpdatePrimaryRegion request rate: 1",
            "444455556666 us-east-1 Cryptographic operations (symmetric) request rate: 1",
            "444455556666 us-east-1 ReplicateKey request rate: 1",
            "444455556666 us-east-1 UpdatePrimaryRegion request rate: 1",
            "cks-0123456789abcdef0 us-east-1 Custom key store request rate: 2",
        ]
    );
    assert_eq!((meter.totals.calls, meter.totals.served), (4, 4));
}

#[test]
fn the_quota_that_is_exceeded_is_told_from_those_that_are_not() {
    // 1,800 a second pass the key store, of all accounts together; each account's own quota is far away.
    let flow = |account: &str| json!({"operation": "Decrypt", "account": account, "keyStore": STORE});
    let mix = json!([flow(ACCOUNT), flow(OTHER), {"operation": "Encrypt", "account": OTHER, "weight": 2}]);
    let lab = with(json!({"mix": mix, "seconds": 60, "arrivals": {"constant": {"perSecond": 8_000}}}));
    let meter = of_text(&lab).unwrap();
    let served = 1_800 + 1_800 * 59_999 / 1_000;
    assert_eq!(meter.totals.served, 60 * 4_000 + served);
    let exceeded: Vec<_> = meter.lines.iter().map(|line| (line.exceeded, line.totals.throttled)).collect();
    let refused = 60 * 4_000 - served;
    let [mine, others, store] = exceeded[..] else { panic!("{exceeded:?}") };
    assert_eq!((mine.0, others.0, store), (0, 0, (refused, refused)));
    assert_eq!(mine.1 + others.1, refused);
    assert!(mine.1.abs_diff(others.1) < refused / 500, "neither account is preferred: {} {}", mine.1, others.1);
}

#[test]
fn what_was_refused_fills_no_cache() {
    // The same account's other requests use up nearly everything.
    let cache =
        json!({"maxAgeSeconds": 3_600, "maxMessages": 4_000_000_000_u32, "maxBytes": u64::MAX, "messageBytes": 0});
    let mix = |others: u32| {
        json!([{"operation": "GenerateDataKey", "account": ACCOUNT, "weight": 1},
               {"operation": "Encrypt", "account": ACCOUNT, "weight": others}])
    };
    let calls = |others: u32, per_second: u32| {
        let lab =
            json!({"dataKeyCache": cache, "mix": mix(others), "arrivals": {"constant": {"perSecond": per_second}}});
        let meter = of_text(&with(lab)).unwrap();
        let key = meter
            .metrics
            .iter()
            .find(|metric| metric.dimensions.get("Operation").is_some_and(|name| name == "GenerateDataKey"));
        (meter.totals.calls - 60 * u64::from(others * per_second / (others + 1)), key.unwrap().sums.iter().sum::<u64>())
    };
    // One data key is enough, if it is given.
    assert_eq!(calls(1, 100), (1, 1));
    let mut caches = Caches::new(serde_json::from_value(cache.clone()).unwrap());
    assert_eq!([caches.calls(0, 10), caches.calls(1, 10)], [1, 0]);
    let mut caches = Caches::new(serde_json::from_value(cache.clone()).unwrap());
    for second in 0..3 {
        assert_eq!(caches.calls(second, 10), 1, "asked for until it is given");
        caches.lack(1);
    }
    assert_eq!([caches.calls(3, 10), caches.calls(4, 10)], [1, 0]);
}

#[test]
fn waits_are_told_by_how_many_waited_no_longer() {
    // 20 calls at once of which 9 pass; then five after one second, three after two and three after three.
    let burst = json!({
        "arrivals": {"burst": {"usual": 0, "peak": 20, "everySeconds": 60, "lastingSeconds": 1}},
        "mix": [{"operation": "CreateKey", "account": ACCOUNT}], "seconds": 8, "attempts": 3,
    });
    let meter = of_text(&with(burst)).unwrap();
    let waits = Waits { p50_seconds: 1, p90_seconds: 3, p99_seconds: 3, max_seconds: 3 };
    assert_eq!((meter.waits, meter.lines[0].waits), (Some(waits), Some(waits)));
    for (waited, expected) in [
        (vec![], None),
        (vec![0, 0], None),
        (vec![1], Some([0, 0, 0, 0])),
        // Both sides of each: 50, 90 and 99 of 100, and one less.
        (vec![50, 40, 9, 1], Some([0, 1, 2, 3])),
        (vec![49, 40, 9, 2], Some([1, 2, 3, 3])),
        (vec![0, 0, 7], Some([2, 2, 2, 2])),
    ] {
        let mut cohort = Cohort::default();
        for (seconds, count) in (0..).zip(&waited) {
            cohort.add(&Cohort::fresh(*count), seconds);
        }
        let [p50_seconds, p90_seconds, p99_seconds, max_seconds] = expected.unwrap_or_default();
        let waits = Waits { p50_seconds, p90_seconds, p99_seconds, max_seconds };
        assert_eq!(cohort.waits(), expected.map(|_| waits), "{waited:?}");
    }
}

#[test]
fn cloudwatch_has_its_own_metrics() {
    let mix = json!([
        {"operation": "s3:GetObject", "account": ACCOUNT, "weight": 40},
        {"operation": "Encrypt", "account": OTHER, "keyAccount": ACCOUNT, "keyStore": STORE, "weight": 40},
        {"operation": "GenerateRandom", "account": OTHER, "weight": 5},
        {"operation": "GenerateDataKeyPair", "keySpec": "RSA_2048", "account": OTHER, "weight": 5},
        {"operation": "CreateKey", "account": OTHER, "weight": 10},
    ]);
    let lab = json!({"rules": "today", "mix": mix, "seconds": 90, "arrivals": {"constant": {"perSecond": 100}}});
    let meter = of_text(&with(lab)).unwrap();
    let rows: Vec<_> = meter
        .metrics
        .iter()
        .map(|metric| {
            let dimensions: Vec<_> = metric
                .dimensions
                .iter()
                .filter(|(name, _)| !["Class", "Service", "Type"].contains(name))
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let used = metric.utilization_percent.iter().flatten().collect::<Vec<_>>();
            let place = (metric.account, metric.namespace, metric.name, dimensions.join(" "));
            format!("{} {} {} {}: {:?} {used:?}", place.0, place.1, place.2, place.3, metric.sums)
        })
        .collect();
    assert_eq!(
        rows,
        [
            "111122223333 AWS/Usage CallCount Resource=CryptographicOperationsSymmetric: [2400, 1200] [0, 0]",
            "111122223333 AWS/KMS CloudHSMKeyStoreThrottle CustomKeyStoreId=cks-0123456789abcdef0 KeySpec=SYMMETRIC_DEFAULT KmsOperation=Encrypt: [0, 0] []",
            "111122223333 AWS/KMS SuccessfulRequest Operation=Decrypt: [2400, 1200] []",
            "111122223333 AWS/KMS SuccessfulRequest Operation=Encrypt: [2400, 1200] []",
            "444455556666 AWS/Usage CallCount Resource=CreateKey: [600, 300] [200, 100]",
            "444455556666 AWS/Usage CallCount Resource=CryptographicOperationsSymmetric: [2700, 1350] [0, 0]",
            "444455556666 AWS/Usage CallCount Resource=GenerateDataKeyPair-RSA_2048: [300, 150] [25, 12]",
            "444455556666 AWS/KMS SuccessfulRequest Operation=GenerateDataKeyPair: [300, 150] []",
        ]
    );
}

/// Every request of a lab by itself, on a world that counts requests as its endpoint does: how many pass. Each operation
/// comes evenly in each second; in one millisecond they come as [`together`] has it, which another test holds to account.
fn through_a_world(lab: &Lab, per_second: &[u64], seconds: u32) -> u64 {
    let mut world = World::new(Timestamp::EPOCH, Seed::from_number(7));
    world.set(Setting::Rules(lab.rules));
    world.set(Setting::Throttling(true));
    let charges: Vec<Vec<Charge>> = lab.mix.iter().map(|flow| flow.known(lab.region).unwrap().charges).collect();
    let mut turns: Vec<usize> = (0..charges.len()).collect();
    let mut served = 0;
    for second in 0..seconds {
        for milli in 0..1000_u64 {
            let due = |count: u64| (count * (milli + 1)).div_ceil(1000) - (count * milli).div_ceil(1000);
            let left: Vec<(u64, &Vec<Charge>)> =
                turns.iter().map(|nth: &usize| (due(per_second[*nth]), &charges[*nth])).collect();
            for nth in together::order(&left.iter().map(|(count, _)| *count).collect::<Vec<_>>(), 0) {
                served += u64::from(world.charge(left[nth].1).iter().all(|charged| charged.passed));
            }
            world.advance(Span::from_millis(1));
        }
        turns.reverse();
        if second % 2 == 1 {
            turns.rotate_left(1);
        }
    }
    served
}

/// How many pass if each is taken out of the bucket by itself.
fn one_by_one(lab: &Lab, per_second: u64, seconds: u32) -> u64 {
    let usual = RequestQuota::of_operation("DeleteAlias").unwrap().rate(lab.rules, lab.region);
    let mut bucket = Bucket::full(Timestamp::EPOCH);
    let mut served = 0;
    for second in 0..seconds {
        let raised = lab.increase.filter(|increase| second >= increase.after_seconds);
        let rate = raised.map_or(usual, |increase| crate::kms::bucket::Rate::per_second(increase.per_second));
        for nth in 0..per_second {
            let millis = i64::from(second) * 1000 + i64::try_from(1000 * nth / per_second).unwrap();
            if let Some(left) = bucket.take(rate, Timestamp::from_millis(millis), 1) {
                bucket = left;
                served += 1;
            }
        }
        bucket = bucket.at(rate, Timestamp::EPOCH.after(Span::seconds(second + 1)));
    }
    served
}

proptest! {
    #[test]
    fn counting_is_running_each_request(per_second in 0..80_u32, seconds in 1..90_u32, raise in 16..100_u32, after in 0..90_u32) {
        let mut lab = Lab::parse(&with(json!({
            "seconds": seconds, "arrivals": {"constant": {"perSecond": per_second}},
            "mix": [{"operation": "DeleteAlias", "account": ACCOUNT}],
        }))).unwrap();
        let quota = RequestQuota::of_operation("DeleteAlias");
        lab.increase = Some(Increase { per_second: raise, after_seconds: after, quota, region: None, account: None });
        let meter = measure(&lab).unwrap();
        prop_assert_eq!(meter.totals.served, one_by_one(&lab, per_second.into(), seconds));
    }

    #[test]
    fn no_request_is_lost_sight_of(
        peak in 0..60_u32, every in 1..30_u32, lasting in 1..30_u32, seconds in 1..200_u32, attempts in 1..11_u32,
        weights in prop::collection::vec(0..5_u32, 3), saved in 0..100_u32, cached in any::<bool>(),
    ) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let mix: Vec<Value> = ["CreateKey", "s3:GetObject", "GenerateDataKey"].into_iter().zip(&weights)
            .map(|(operation, weight)| json!({"operation": operation, "account": ACCOUNT, "weight": weight})).collect();
        let cache = json!({"maxAgeSeconds": 3, "maxMessages": 7, "maxBytes": 100, "messageBytes": 9, "hosts": 3});
        let meter = of_text(&with(json!({
            "seconds": seconds, "attempts": attempts, "mix": mix, "bucketKey": {"savedPercent": saved},
            "arrivals": {"burst": {"usual": 1, "peak": peak, "everySeconds": every.max(lasting), "lastingSeconds": lasting}},
            "dataKeyCache": if cached { cache } else { Value::Null },
        }))).unwrap();
        for line in &meter.lines {
            let Counts { calls, retried, served, throttled, lost, waiting, .. } = line.totals;
            prop_assert_eq!(calls + retried, served + throttled);
            prop_assert_eq!(calls, served + lost + waiting);
            let sum = |of: fn(&meter::Slot) -> u64| line.slots.iter().map(of).sum::<u64>();
            prop_assert_eq!((sum(|slot| slot.served), sum(|slot| slot.throttled)), (served, throttled));
            let Payer::Account { account, .. } = line.payer else { unreachable!() };
            let of = |metric: &&cloudwatch::Metric| {
                let resource = metric.dimensions.get("Resource");
                let is_symmetric = resource.is_some_and(|name| name == "CryptographicOperationsSymmetric");
                resource.is_some() && metric.account == account && is_symmetric == (line.quota == RequestQuota::SYMMETRIC)
            };
            let minutes: u64 = meter.metrics.iter().filter(of).flat_map(|metric| &metric.sums).sum();
            prop_assert_eq!(minutes, calls + retried);
            prop_assert_eq!(line.exceeded, throttled);
        }
        if saved == 0 && !cached {
            prop_assert_eq!(meter.totals.calls, meter.asked);
        }
    }

    #[test]
    fn a_share_of_a_sum_is_the_sum_of_shares(parts in 0..101_u32, counts in prop::collection::vec(0..10_000_u64, 0..50)) {
        let mut share = Share::new(parts, 100);
        let dealt: u64 = counts.iter().map(|count| share.of(*count)).sum();
        prop_assert_eq!(dealt, counts.iter().sum::<u64>() * u64::from(parts) / 100);
    }

    #[test]
    fn a_data_key_serves_until_a_limit(counts in prop::collection::vec(0..40_u64, 1..60), age in 1..20_u32, most in 1..50_u32, bytes in 0..300_u64) {
        let cache = DataKeyCache { max_age_seconds: age, max_messages: most, max_bytes: bytes, message_bytes: 10, hosts: 1 };
        let mut caches = Caches::new(cache);
        let (mut until, mut left) = (0, 0);
        for (second, count) in (0..).zip(counts) {
            let mut calls = 0;
            for _ in 0..count {
                if left == 0 || second >= until {
                    calls += 1;
                    left = u64::from(most).min(bytes / 10).max(1);
                    until = second + age;
                }
                left -= 1;
            }
            prop_assert_eq!(caches.calls(second, count), calls);
        }
    }
}

proptest! {
    // Every request of these runs by itself.
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn counting_in_several_quotas_is_running_each_request_at_the_endpoint(
        replicas in 0..9_u32, primaries in 0..9_u32, keys in 0..9_u32, at_store in 0..3_000_u32, beside_it in 0..5_000_u32,
    ) {
        let two = |operation: &str, to: &str, weight: u32| json!({"operation": operation, "account": ACCOUNT, "toRegion": to, "weight": weight});
        let one = |account: &str, store: Option<&str>, weight: u32| json!({"operation": "Decrypt", "account": account, "keyStore": store, "weight": weight});
        // Each of these is one group of quotas that depend on each other.
        for (mix, weights) in [
            (json!([two("ReplicateKey", "eu-west-1", replicas), two("ReplicateKey", "eu-north-1", keys)]), vec![replicas, keys]),
            (json!([two("UpdatePrimaryRegion", "eu-west-1", primaries), two("UpdatePrimaryRegion", "eu-north-1", keys)]), vec![primaries, keys]),
            (json!([one(ACCOUNT, Some(STORE), at_store), one(ACCOUNT, None, beside_it), one(OTHER, Some(STORE), 700)]), vec![at_store, beside_it, 700]),
        ] {
            if weights.contains(&0) {
                continue;
            }
            let per_second = weights.iter().sum::<u32>();
            let lab = Lab::parse(&with(json!({"mix": mix, "seconds": 3, "arrivals": {"constant": {"perSecond": per_second}}}))).unwrap();
            let expected = through_a_world(&lab, &weights.iter().copied().map(u64::from).collect::<Vec<_>>(), 3);
            let totals = measure(&lab).unwrap().totals;
            prop_assert_eq!((totals.calls, totals.served), (u64::from(3 * per_second), expected));
        }
    }
}

#[test]
fn the_rules_of_a_lab_are_those_of_worlds() {
    assert_eq!(Lab::parse(&with(json!({"rules": null}))).unwrap().rules, Rules::Today);
}
