//! The condition keys that each operation brings: a policy denies exactly when its condition says what the request is.

use std::fs;

use kms_playground::{arn::Region, entropy::Seed, estate::attachment::Attachment, timeline::Timeline};

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tables/facts.txt");
const ADMINISTRATOR: &str = "arn:aws:iam::111122223333:user/Administrator";
const APPLICATION: &str = "arn:aws:sts::111122223333:assumed-role/OrdersApp/i-1";

fn attach(timeline: &mut Timeline, place: &str, document: String) {
    let attachment = Attachment { place: place.parse().unwrap(), name: "Test".into(), document: Some(document.into()) };
    timeline.attach(attachment).unwrap_or_else(|problem| panic!("{place}: {problem}"));
}

fn call(timeline: &mut Timeline, caller: &str, operation: &str, body: &str) -> String {
    let outcome = timeline.call(caller.parse().unwrap(), Region::US_EAST_1, operation, body);
    outcome.response.body.clone()
}

/// A world with a key `alias/orders` that has tags, an `alias/signer`, an `alias/mac`, an `alias/multi` with a replica in
/// eu-west-1, and all accounts in an organization.
fn world() -> Timeline {
    let mut timeline = Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
    for (alias, request) in [
        ("alias/signer", r#"{"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}"#),
        ("alias/mac", r#"{"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}"#),
        ("alias/agree", r#"{"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"}"#),
        ("alias/import", r#"{"Origin": "EXTERNAL"}"#),
        ("alias/multi", r#"{"MultiRegion": true, "Tags": [{"TagKey": "team", "TagValue": "blue"}]}"#),
    ] {
        let created = call(&mut timeline, ADMINISTRATOR, "CreateKey", request);
        let id = created.split("\"KeyId\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect(&created);
        let body = format!(r#"{{"AliasName": "{alias}", "TargetKeyId": "{id}"}}"#);
        assert_eq!(call(&mut timeline, ADMINISTRATOR, "CreateAlias", &body), "");
        if alias == "alias/multi" {
            let body = format!(r#"{{"KeyId": "{id}", "ReplicaRegion": "eu-west-1"}}"#);
            assert!(call(&mut timeline, ADMINISTRATOR, "ReplicateKey", &body).contains("ReplicaKeyMetadata"));
        }
    }
    timeline.advance("3d".parse().unwrap());
    attach(
        &mut timeline,
        "scps of root",
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#.to_owned(),
    );
    timeline
}

/// Whether the caller is denied by a policy of its own with that condition.
fn denied(timeline: &Timeline, caller: &str, operation: &str, body: &str, condition: &str) -> bool {
    let mut timeline = timeline.clone();
    let statement = format!(r#"{{"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Condition": {condition}}}"#);
    let role = caller.contains("assumed-role");
    let place = if role { "arn:aws:iam::111122223333:role/OrdersApp" } else { caller };
    attach(
        &mut timeline,
        &format!("policies of {place}"),
        format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#),
    );
    call(&mut timeline, caller, operation, body).contains("with an explicit deny in an identity-based policy")
}

/// `operation body => operator key value`, with `as application` before the operation where the caller is a session.
/// `operator key -` says that the request has no such key.
#[test]
fn every_request_brings_its_condition_keys() {
    let timeline = world();
    let table = fs::read_to_string(TABLE).unwrap();
    let key_of = |alias: &str| {
        let body = call(&mut timeline.clone(), ADMINISTRATOR, "DescribeKey", &format!(r#"{{"KeyId": "{alias}"}}"#));
        body.split("\"KeyId\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect(&body).to_owned()
    };
    let orders = key_of("alias/orders");
    let multi = key_of("alias/multi");
    let mut seen = 0;
    for (nth, row) in table.lines().enumerate().filter(|(_, row)| !row.is_empty() && !row.starts_with('#')) {
        let place = format!("{TABLE}:{}: {row}", nth + 1);
        let (request, fact) = row.split_once(" => ").expect(&place);
        let (caller, request) =
            request.strip_prefix("as application ").map_or((ADMINISTRATOR, request), |rest| (APPLICATION, rest));
        let (operation, body) = request.split_once(' ').expect(&place);
        let body = body.replace("ORDERS", &orders).replace("MULTI", &multi);
        let mut words = fact.splitn(3, ' ');
        let (operator, key, value) = (words.next().unwrap(), words.next().expect(&place), words.next().expect(&place));
        let condition = |operator: &str, value: &str| format!(r#"{{"{operator}": {{"{key}": {value:?}}}}}"#);
        let denied = |condition: String| denied(&timeline, caller, operation, &body, &condition);
        if value == "-" {
            assert!(denied(condition("Null", "true")), "{place}");
        } else {
            assert!(denied(condition(operator, value)), "{place}");
            let other = match operator {
                "NumericEquals" | "DateEquals" => format!("{value}1"),
                "IpAddress" => "198.51.100.1".to_owned(),
                "Bool" => (if value == "true" { "false" } else { "true" }).to_owned(),
                _ => format!("{value}x"),
            };
            if operator != "DateEquals" {
                assert!(!denied(condition(operator, &other)), "{place}");
            }
        }
        seen += 1;
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn every_place_of_a_policy_has_its_say() {
    let (encrypt, body) = ("Encrypt", r#"{"KeyId": "alias/orders", "Plaintext": "AAAA"}"#);
    let deny = |principal: &str| {
        format!(r#"{{"Statement": {{"Effect": "Deny"{principal}, "Action": "kms:Encrypt", "Resource": "*"}}}}"#)
    };
    let nothing = |principal: &str| {
        format!(r#"{{"Statement": {{"Effect": "Allow"{principal}, "Action": "s3:*", "Resource": "*"}}}}"#)
    };
    let anyone = r#", "Principal": "*""#;
    let role = "arn:aws:iam::111122223333:role/OrdersApp";
    for (place, principal, denied, missing) in [
        (format!("policies of {ADMINISTRATOR}"), "", "with an explicit deny in an identity-based policy", ""),
        (
            format!("boundary of {ADMINISTRATOR}"),
            "",
            "with an explicit deny in a permissions boundary",
            "because no permissions boundary allows",
        ),
        (
            format!("boundary of {role}"),
            "",
            "with an explicit deny in a permissions boundary",
            "because no permissions boundary allows",
        ),
        (
            format!("session policy of {role}"),
            "",
            "with an explicit deny in a session policy",
            "because no session policy allows",
        ),
        (
            "endpoint of 111122223333".to_owned(),
            anyone,
            "with an explicit deny in a VPC endpoint policy",
            "because no VPC endpoint policy allows",
        ),
        ("scps of 111122223333".to_owned(), "", "with an explicit deny in a service control policy", ""),
        ("scps of root".to_owned(), "", "with an explicit deny in a service control policy", ""),
        ("rcps of root".to_owned(), anyone, "with an explicit deny in a resource control policy", ""),
        ("rcps of 111122223333".to_owned(), anyone, "with an explicit deny in a resource control policy", ""),
        ("rcps of 444455556666".to_owned(), anyone, "", ""),
        ("endpoint of 444455556666".to_owned(), anyone, "", ""),
    ] {
        let caller = if place.contains("role/") { APPLICATION } else { ADMINISTRATOR };
        for (document, expected) in [(deny(principal), denied), (nothing(principal), missing)] {
            let mut timeline = world();
            if caller == APPLICATION {
                let all = r#"{"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}"#;
                attach(&mut timeline, &format!("policies of {role}"), all.to_owned());
            }
            attach(&mut timeline, &place, document);
            let answer = call(&mut timeline, caller, encrypt, body);
            assert!(
                answer.contains(if expected.is_empty() { "CiphertextBlob" } else { expected }),
                "{place}: {answer}"
            );
            let saved = timeline.snapshot();
            let restored = Timeline::restore(&saved).unwrap();
            assert_eq!(restored.snapshot(), saved, "{place}");
        }
    }
}
