use serde_json::{Value, json};

use super::of_text;
use crate::authz::simulate::simulate;

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const HOME: &str = "111122223333";
const OTHER: &str = "444455556666";

fn allow(principal: Value, action: &str, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", "Condition": condition})
}

fn deny(principal: Value, action: &str, condition: Value) -> Value {
    json!({"Effect": "Deny", "Principal": principal, "Action": action, "Resource": "*", "Condition": condition})
}

fn setting(statements: &[Value]) -> Value {
    json!({"key": {"arn": KEY}, "keyPolicy": {"Version": "2012-10-17", "Statement": statements}})
}

/// The answer, in short: `proven`, `refuted by PRINCIPAL: ACTION {CONTEXT}` without what follows from who asks, or
/// `outside: REASON at TEXT`.
fn told(setting: &Value, claim: &Value) -> String {
    let answer = match of_text(&setting.to_string(), &claim.to_string()) {
        Ok(answer) => serde_json::to_value(answer).unwrap(),
        Err(error) => return format!("error: {error}"),
    };
    match answer["answer"].as_str().unwrap() {
        "proven" => "proven".to_owned(),
        "refuted" => {
            let scenario = &answer["scenario"];
            let explained: Value = serde_json::from_str(&simulate(&scenario.to_string()).unwrap()).unwrap();
            assert_eq!(explained["decision"], answer["decision"]);
            let context: serde_json::Map<String, Value> = scenario["request"]["context"].as_object().unwrap().clone();
            let follows = |name: &str| {
                (name.starts_with("aws:Principal") && !name.contains("Org") && !name.contains("Tag"))
                    || [
                        "aws:username",
                        "kms:CallerAccount",
                        "aws:RequestedRegion",
                        "aws:ResourceAccount",
                        "aws:SecureTransport",
                    ]
                    .contains(&name)
                    || (name == "aws:ViaAWSService" && context[name] == "false")
            };
            let own: serde_json::Map<String, Value> =
                context.clone().into_iter().filter(|(name, _)| !follows(name)).collect();
            let (who, action) = (answer["principal"].as_str().unwrap(), answer["action"].as_str().unwrap());
            format!("refuted by {who}: {action} {}", Value::from(own))
        }
        "outside" => {
            let span = |name: &str| answer["span"][name].as_u64().map(|at| usize::try_from(at).unwrap());
            let policy = setting["keyPolicy"].to_string();
            let text = span("start").zip(span("end")).and_then(|(start, end)| policy.get(start..end));
            let place = answer["policy"].as_str().filter(|place| *place != "keyPolicy");
            format!(
                "outside: {} at {}",
                answer["reason"]["kind"].as_str().unwrap(),
                place.or(text).unwrap_or("no place")
            )
        }
        other => panic!("{other} is no answer"),
    }
}

#[track_caller]
fn check(statements: &[Value], claim: Value, expected: &str) {
    same(&setting(statements), &claim, expected);
}

#[track_caller]
fn same(setting: &Value, claim: &Value, expected: &str) {
    assert_eq!(told(setting, claim), expected, "{setting} {claim}");
}

fn nobody(but: &[&str], unless: Value) -> Value {
    json!({"nobody": {"actions": ["kms:Decrypt"], "but": but, "unless": unless}})
}

#[test]
fn who_is_outside_of_the_accounts() {
    let home = || allow(json!({"AWS": HOME}), "kms:*", json!({}));
    let only_home = || nobody(&[HOME], json!({}));
    check(&[home()], only_home(), "proven");
    check(&[home()], nobody(&[], json!({})), "refuted by arn:aws:iam::111122223333:root: Decrypt {}");
    let anyone = |condition| allow(json!("*"), "kms:Decrypt", condition);
    check(&[home(), anyone(json!({}))], only_home(), "refuted by arn:aws:iam::999999999999:root: Decrypt {}");
    check(&[anyone(json!({"StringEquals": {"kms:CallerAccount": HOME}}))], only_home(), "proven");
    check(
        &[anyone(json!({"StringLike": {"kms:CallerAccount": "1111222233*"}}))],
        only_home(),
        "refuted by arn:aws:iam::111122223399:root: Decrypt {}",
    );
    check(
        &[anyone(json!({"StringEqualsIfExists": {"aws:PrincipalAccount": HOME}}))],
        only_home(),
        "refuted by other.amazonaws.com: Decrypt {}",
    );
    check(
        &[anyone(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin*"}}))],
        only_home(),
        "refuted by arn:aws:sts::999999999999:assumed-role/Admin/session: Decrypt {}",
    );
    check(
        &[anyone(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/Admin*"}}))],
        only_home(),
        "proven",
    );
    // A pattern that reads like the account's own, and takes in names in others.
    check(
        &[anyone(json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*111122223333*"}}))],
        only_home(),
        "refuted by arn:aws:iam::999999999999:user/111122223333: Decrypt {}",
    );
    let service = || allow(json!({"Service": "logs.us-east-1.amazonaws.com"}), "kms:*", json!({}));
    check(&[service()], only_home(), "refuted by logs.us-east-1.amazonaws.com: Decrypt {}");
    check(&[service()], nobody(&[HOME, "logs.us-east-1.amazonaws.com"], json!({})), "proven");
    // What cannot be done in another account at all.
    let deletion = json!({"nobody": {"actions": ["kms:ScheduleKeyDeletion"], "but": [HOME, "*"]}});
    check(
        &[allow(json!("*"), "kms:*", json!({}))],
        deletion.clone(),
        "error: claim.nobody.but: got `*`, expected the ARN of an account, user, role or session",
    );
    let deletion = json!({"nobody": {"actions": ["kms:ScheduleKeyDeletion"], "but": [HOME]}});
    let foreign = allow(json!({"AWS": OTHER}), "kms:*", json!({}));
    let abroad = [foreign];
    check(&abroad, deletion, "proven");
    check(&abroad, only_home(), "refuted by arn:aws:iam::444455556666:root: Decrypt {}");
    let shield = deny(json!("*"), "kms:*", json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}));
    check(
        &[abroad[0].clone(), shield],
        only_home(),
        r#"refuted by arn:aws:iam::444455556666:root: Decrypt {"aws:PrincipalOrgID":"o-1"}"#,
    );
    let wall = deny(json!("*"), "kms:*", json!({"StringNotEquals": {"aws:PrincipalAccount": HOME}}));
    check(&[abroad[0].clone(), wall], only_home(), "proven");
}

#[test]
fn nobody_unless_conditions_hold() {
    let role = json!({"AWS": "arn:aws:iam::111122223333:role/App"});
    let when = |condition: Value| [allow(role.clone(), "kms:*", condition)];
    let unless = |condition: Value| nobody(&[], condition);
    let tenant = |operator: &str| json!({operator: {"kms:EncryptionContext:tenant": "7"}});
    check(&when(tenant("StringEquals")), unless(tenant("StringEquals")), "proven");
    check(
        &when(tenant("StringEqualsIfExists")),
        unless(tenant("StringEquals")),
        "refuted by arn:aws:sts::111122223333:assumed-role/App/session: Decrypt {}",
    );
    check(&when(tenant("StringLike")), unless(json!({"StringLike": {"kms:EncryptionContext:TENANT": "?"}})), "proven");
    check(
        &when(json!({})),
        unless(tenant("StringEquals")),
        "refuted by arn:aws:sts::111122223333:assumed-role/App/session: Decrypt {}",
    );
    check(
        &when(tenant("StringNotEquals")),
        unless(json!({"Null": {"kms:EncryptionContext:tenant": "false"}})),
        "refuted by arn:aws:sts::111122223333:assumed-role/App/session: Decrypt {}",
    );
    // The names of pairs are compared with their case where they are values.
    let named = |operator: &str| json!({operator: {"kms:EncryptionContextKeys": ["tenant", "doc"]}});
    check(
        &when(tenant("StringEquals")),
        unless(named("ForAnyValue:StringEquals")),
        r#"refuted by arn:aws:sts::111122223333:assumed-role/App/session: Decrypt {"kms:EncryptionContext:TENANT":"7","kms:EncryptionContextKeys":["TENANT"]}"#,
    );
    check(
        &when(named("ForAllValues:StringEquals")),
        unless(named("ForAnyValue:StringEquals")),
        "refuted by arn:aws:sts::111122223333:assumed-role/App/session: Decrypt {}",
    );
    check(
        &when(named("ForAnyValue:StringEquals")),
        unless(named("ForAllValues:StringEquals")),
        r#"refuted by arn:aws:sts::111122223333:assumed-role/App/session: Decrypt {"kms:EncryptionContext:doc":"other","kms:EncryptionContext:other":"other","kms:EncryptionContextKeys":["doc","other"]}"#,
    );
    check(
        &when(named("ForAnyValue:StringEquals")),
        unless(json!({"ForAnyValue:StringLike": {"kms:EncryptionContextKeys": ["t*", "d*"]}})),
        "proven",
    );
    let via = |service: &str| json!({"StringLike": {"kms:ViaService": service}});
    check(&when(via("s3.us-east-1.amazonaws.com")), unless(via("s3.*.amazonaws.com")), "proven");
    check(
        &when(via("s3.*.amazonaws.com")),
        unless(via("s3.us-east-1.amazonaws.com")),
        r#"refuted by arn:aws:sts::111122223333:assumed-role/App/session: Decrypt {"aws:ViaAWSService":"true","kms:ViaService":"s3.other.amazonaws.com"}"#,
    );
    check(&when(via("*")), unless(json!({"Bool": {"aws:ViaAWSService": "true"}})), "proven");
    check(&when(json!({"Bool": {"aws:ViaAWSService": "true"}})), unless(via("*")), "proven");
    check(
        &when(json!({"Bool": {"aws:ViaAWSService": "false"}})),
        unless(json!({"Null": {"kms:ViaService": "true"}})),
        "proven",
    );
}

#[test]
fn quantities_are_cut_where_conditions_cut_them() {
    let when = |condition: Value| [allow(json!({"AWS": "arn:aws:iam::111122223333:role/App"}), "kms:*", condition)];
    let unless = |condition: Value| nobody(&[], condition);
    let from = |range: &str| json!({"IpAddress": {"aws:SourceIp": range}});
    check(&when(from("203.0.113.0/24")), unless(from("203.0.0.0/16")), "proven");
    check(
        &when(from("203.0.0.0/16")),
        unless(from("203.0.113.0/24")),
        r#"refuted by arn:aws:sts::111122223333:assumed-role/App/session: Decrypt {"aws:SourceIp":"203.0.0.0"}"#,
    );
    check(
        &when(json!({"NotIpAddress": {"aws:SourceIp": "0.0.0.0/1"}})),
        unless(json!({"IpAddress": {"aws:SourceIp": ["128.0.0.0/1", "::/0"]}})),
        "refuted by arn:aws:sts::111122223333:assumed-role/App/session: Decrypt {}",
    );
    check(&when(from("203.0.113.0/24")), unless(json!({"Null": {"aws:SourceVpce": "true"}})), "proven");
    check(
        &when(json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}})),
        unless(json!({"Null": {"aws:SourceIp": "true"}})),
        "proven",
    );
    let age = |most: &str| json!({"NumericLessThan": {"aws:MultiFactorAuthAge": most}});
    check(&when(age("3600")), unless(age("3600.5")), "proven");
    check(
        &when(age("3601")),
        unless(age("3600")),
        r#"refuted by arn:aws:sts::111122223333:assumed-role/App/session: Decrypt {"aws:MultiFactorAuthAge":"3600","aws:MultiFactorAuthPresent":"true"}"#,
    );
    check(&when(age("3600")), unless(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})), "proven");
    check(
        &when(json!({"DateLessThan": {"aws:CurrentTime": "2030-01-01"}})),
        unless(json!({"DateLessThanEquals": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}})),
        "proven",
    );
    check(
        &when(json!({"DateLessThanEquals": {"aws:CurrentTime": "2030-01-01"}})),
        unless(json!({"DateLessThan": {"aws:CurrentTime": "2030-01-01"}})),
        r#"refuted by arn:aws:sts::111122223333:assumed-role/App/session: Decrypt {"aws:CurrentTime":"2030-01-01T00:00:00Z"}"#,
    );
    check(&when(json!({})), unless(json!({"Bool": {"aws:SecureTransport": "true"}})), "proven");
    let window = |least: &str| {
        let deletion = json!({"NumericGreaterThanEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": least}});
        json!({"nobody": {"actions": ["kms:ScheduleKeyDeletion"], "unless": deletion}})
    };
    check(
        &when(json!({})),
        window("7"),
        "refuted by arn:aws:sts::111122223333:assumed-role/App/session: ScheduleKeyDeletion {}",
    );
    check(&when(json!({"Null": {"kms:ScheduleKeyDeletionPendingWindowInDays": "false"}})), window("7"), "proven");
    check(
        &when(json!({"Null": {"kms:ScheduleKeyDeletionPendingWindowInDays": "false"}})),
        window("8"),
        r#"refuted by arn:aws:sts::111122223333:assumed-role/App/session: ScheduleKeyDeletion {"kms:ScheduleKeyDeletionPendingWindowInDays":"7"}"#,
    );
    let grants = json!({"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "Encrypt"]}});
    let create = |condition: Value| json!({"nobody": {"actions": ["kms:CreateGrant"], "unless": condition}});
    check(
        &when(grants.clone()),
        create(json!({"ForAnyValue:StringLike": {"kms:GrantOperations": "*crypt"}})),
        "proven",
    );
    check(
        &when(grants),
        create(json!({"ForAnyValue:StringEquals": {"kms:GrantOperations": "Decrypt"}})),
        r#"refuted by arn:aws:sts::111122223333:assumed-role/App/session: CreateGrant {"kms:GrantOperations":["Encrypt"]}"#,
    );
}

#[test]
fn what_is_outside_is_named_with_its_place() {
    let when = |condition: Value| [allow(json!("*"), "kms:*", condition)];
    for (condition, expected) in [
        (
            json!({"StringEquals": {"kms:EncryptionContext:who": "${aws:username}"}}),
            r#"outside: variable at "${aws:username}""#,
        ),
        (
            json!({"StringEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"}}),
            r#"outside: variable at "${aws:ResourceTag/team}""#,
        ),
        (json!({"StringEquals": {"aws:userid": "AIDA"}}), r#"outside: undecided-key at "aws:userid""#),
        (
            json!({"StringEquals": {"kms:EncryptionContex:tenant": "7"}}),
            r#"outside: unknown-key at "kms:EncryptionContex:tenant""#,
        ),
        (json!({"NumericLessThan": {"aws:PrincipalTag/level": "7"}}), r#"outside: operator at "NumericLessThan""#),
        (
            json!({"StringEquals": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}),
            r#"outside: operator at "StringEquals""#,
        ),
        (
            json!({"StringLike": {"aws:PrincipalServiceName": "s3.*"}}),
            r#"outside: wildcard at "aws:PrincipalServiceName""#,
        ),
        (
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}, "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}}),
            r#"outside: together at "aws:PrincipalOrgPaths""#,
        ),
        (
            json!({"ArnLike": {"aws:PrincipalArn": format!("arn:aws:iam::*:user/{}", "?".repeat(65))}}),
            "outside: long-name at no place",
        ),
        (
            json!({"StringLike": {"aws:PrincipalTag/a": ('a'..='z').map(|c| format!("*{c}*{c}*")).collect::<Vec<_>>()}}),
            r#"outside: too-many-patterns at "aws:PrincipalTag/a""#,
        ),
        // A name in either case could stand beside one in the other.
        (
            json!({"ForAnyValue:StringLike": {"kms:EncryptionContextKeys": ["t*"]}, "ForAnyValue:StringNotLike": {"kms:EncryptionContextKeys": ["T*"]}}),
            r#"outside: wildcard at "kms:EncryptionContextKeys""#,
        ),
        (json!({"BinaryEquals": {"aws:PrincipalTag/a": "AQID"}}), r#"outside: operator at "BinaryEquals""#),
        (json!({"StringEqual": {"aws:PrincipalTag/a": "b"}}), "outside: malformed at no place"),
    ] {
        check(&when(condition), nobody(&[HOME], json!({})), expected);
    }
    check(
        &when(json!({})),
        nobody(&[], json!({"StringEquals": {"aws:PrincipalTag/a": "${aws:username}"}})),
        "outside: variable at claim.nobody.unless",
    );
    let mut many = serde_json::Map::new();
    for nth in 0..20 {
        many.insert(format!("aws:PrincipalTag/{nth}"), json!("x"));
    }
    let wide = [allow(json!("*"), "kms:*", json!({})), deny(json!("*"), "kms:*", json!({"StringEquals": many}))];
    check(
        &wide,
        nobody(&[], json!({"Null": {"aws:SourceIp": ["true", "false"]}})),
        "outside: too-many-requests at no place",
    );
    let mut endpoint = setting(&when(json!({})));
    endpoint["vpcEndpointPolicy"] = json!({"Statement": allow(json!("*"), "*", json!({}))});
    same(&endpoint, &nobody(&[], json!({})), "outside: endpoint-policy at no place");
    // Not where the statement is not about what is asked.
    let other = allow(json!("*"), "kms:Encrypt", json!({"StringEquals": {"aws:userid": "AIDA"}}));
    check(&[other], nobody(&[], json!({})), "proven");
}

#[test]
fn who_always_can() {
    let always = |principals: &[&str], when: Value| json!({"always": {"actions": ["kms:Decrypt"], "principals": principals, "when": when}});
    let named = |arn: &str| allow(json!({"AWS": arn}), "kms:*", json!({}));
    let (role, user) = ("arn:aws:iam::111122223333:role/App", "arn:aws:iam::111122223333:user/Ann");
    check(&[named(role)], always(&[role], json!({})), "proven");
    check(
        &[named(role)],
        always(&[role, user], json!({})),
        "refuted by arn:aws:iam::111122223333:user/Ann: Decrypt {}",
    );
    check(&[named(HOME)], always(&[HOME], json!({})), "refuted by arn:aws:iam::111122223333:user/Somebody: Decrypt {}");
    check(&[named(OTHER)], always(&[OTHER], json!({})), "proven");
    let mfa = deny(json!("*"), "kms:*", json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}));
    check(
        &[named(role), mfa.clone()],
        always(&[role], json!({})),
        "refuted by arn:aws:sts::111122223333:assumed-role/App/session: Decrypt {}",
    );
    check(&[named(role), mfa], always(&[role], json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})), "proven");
    let session = "arn:aws:sts::111122223333:assumed-role/App/one";
    check(&[named(session)], always(&[session], json!({})), "proven");
    check(
        &[named(session)],
        always(&[role], json!({})),
        "refuted by arn:aws:sts::111122223333:assumed-role/App/session: Decrypt {}",
    );
    // A federated user made by a user is limited by its session policy.
    check(
        &[named(user)],
        always(&[user], json!({})),
        "refuted by arn:aws:sts::111122223333:federated-user/Somebody: Decrypt {}",
    );
    check(&[allow(json!("*"), "kms:*", json!({}))], always(&[HOME, OTHER, "s3.amazonaws.com"], json!({})), "proven");
}

#[test]
fn policies_of_the_account_are_given_or_unknown() {
    let own = |action: &str, condition: Value| json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition}});
    let mut known = setting(&[allow(json!({"AWS": HOME}), "kms:*", json!({}))]);
    let ann = |policies: Value| json!({"principal": {"kind": "user", "arn": "arn:aws:iam::111122223333:user/Ann"}, "identityPolicies": policies});
    let claim = json!({"nobody": {"actions": ["kms:Decrypt"], "but": ["arn:aws:iam::111122223333:user/Bob"]}, "iamGiven": [HOME]});
    known["principals"] = json!([ann(json!([own("kms:Encrypt", json!({}))]))]);
    // The root user needs no policy.
    same(&known, &claim, "refuted by arn:aws:iam::111122223333:root: Decrypt {}");
    let encrypt = json!({"always": {"actions": ["kms:Encrypt"], "principals": [HOME]}, "iamGiven": [HOME]});
    same(&known, &encrypt, "proven");
    known["keyPolicy"]["Statement"][0]["Condition"] = json!({"StringNotEquals": {"aws:PrincipalType": "Account"}});
    same(&known, &claim, "proven");
    known["principals"] =
        json!([ann(json!([own("kms:Decrypt", json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}))]))]);
    same(
        &known,
        &claim,
        r#"refuted by arn:aws:iam::111122223333:user/Ann: Decrypt {"aws:MultiFactorAuthPresent":"true"}"#,
    );
}

#[test]
fn a_new_policy_permits_nothing_new() {
    let role = || json!({"AWS": "arn:aws:iam::111122223333:role/App"});
    let session = json!({"AWS": "arn:aws:sts::111122223333:assumed-role/App/one"});
    let via = |service: &str| json!({"StringLike": {"kms:ViaService": service}});
    let home = || json!({"AWS": HOME});
    for (old, new, expected) in [
        (vec![allow(home(), "kms:*", json!({}))], vec![allow(home(), "kms:De*", json!({}))], "proven"),
        (
            vec![allow(home(), "kms:De*", json!({}))],
            vec![allow(home(), "kms:*", json!({}))],
            "refuted by arn:aws:iam::111122223333:root: CancelKeyDeletion {}",
        ),
        (
            vec![allow(role(), "kms:*", json!({}))],
            vec![allow(role(), "kms:*", via("s3.*")), allow(role(), "kms:*", json!({}))],
            "proven",
        ),
        (
            vec![allow(role(), "kms:*", via("s3.*"))],
            vec![allow(role(), "kms:*", via("*"))],
            r#"refuted by arn:aws:sts::111122223333:assumed-role/App/session: CancelKeyDeletion {"aws:ViaAWSService":"true","kms:ViaService":"other.us-east-1.amazonaws.com"}"#,
        ),
        (vec![allow(role(), "kms:*", via("s3.*"))], vec![allow(role(), "kms:*", via("s3.us-*"))], "proven"),
        // What was left to the account's own policies is now given.
        (
            vec![allow(home(), "kms:*", json!({}))],
            vec![allow(home(), "kms:*", json!({})), allow(role(), "kms:*", json!({}))],
            "refuted by arn:aws:sts::111122223333:assumed-role/App/session: CancelKeyDeletion {}",
        ),
        // What a boundary could limit, it cannot any more.
        (
            vec![allow(role(), "kms:*", json!({}))],
            vec![allow(role(), "kms:*", json!({})), allow(session, "kms:*", json!({}))],
            "refuted by arn:aws:sts::111122223333:assumed-role/App/one: CancelKeyDeletion {}",
        ),
        (
            vec![
                allow(home(), "kms:*", json!({})),
                deny(json!("*"), "kms:*", json!({"Bool": {"aws:ViaAWSService": "true"}})),
            ],
            vec![allow(home(), "kms:*", json!({}))],
            r#"refuted by arn:aws:iam::111122223333:root: CancelKeyDeletion {"aws:ViaAWSService":"true"}"#,
        ),
        (
            vec![allow(json!("*"), "kms:*", json!({}))],
            vec![allow(json!("*"), "kms:*", json!({"StringEquals": {"kms:CallerAccount": HOME}}))],
            "proven",
        ),
        (
            vec![allow(json!("*"), "kms:*", json!({"StringEquals": {"kms:CallerAccount": HOME}}))],
            vec![allow(home(), "kms:*", json!({}))],
            "proven",
        ),
        (
            vec![allow(home(), "kms:*", json!({}))],
            vec![allow(json!("*"), "kms:*", json!({"StringEquals": {"kms:CallerAccount": HOME}}))],
            "refuted by arn:aws:iam::111122223333:user/Somebody: CancelKeyDeletion {}",
        ),
    ] {
        check(&new, json!({"nothingNew": {"since": {"Version": "2012-10-17", "Statement": old}}}), expected);
    }
}

#[test]
fn grants_and_organizations_count_as_given() {
    let grant = |grantee: &str, constraints: Value| json!({"keyArn": KEY, "granteePrincipal": grantee, "operations": ["Decrypt", "DescribeKey"], "constraints": constraints});
    let mut with = setting(&[allow(json!({"AWS": HOME}), "kms:*", json!({}))]);
    let app = "arn:aws:iam::444455556666:role/App";
    with["grants"] = json!([grant(app, json!({"encryptionContextSubset": {"tenant": "7"}}))]);
    let unless = |name: &str| nobody(&[HOME], json!({"StringEquals": {format!("kms:EncryptionContext:{name}"): "7"}}));
    same(
        &with,
        &nobody(&[HOME], json!({})),
        r#"refuted by arn:aws:sts::444455556666:assumed-role/App/session: Decrypt {"kms:EncryptionContext:tenant":"7","kms:EncryptionContextKeys":["tenant"]}"#,
    );
    same(&with, &unless("tenant"), "proven");
    same(&with, &unless("Tenant"), "proven");
    same(
        &with,
        &unless("doc"),
        r#"refuted by arn:aws:sts::444455556666:assumed-role/App/session: Decrypt {"kms:EncryptionContext:tenant":"7","kms:EncryptionContextKeys":["tenant"]}"#,
    );
    with["grants"] = json!([grant(app, json!({"encryptionContextEquals": {"tenant": "7"}}))]);
    let no_other = json!({"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "tenant"}});
    same(&with, &nobody(&[HOME], no_other.clone()), "proven");
    with["grants"] = json!([grant(app, json!({"encryptionContextSubset": {"tenant": "7"}}))]);
    same(
        &with,
        &nobody(&[HOME], no_other),
        r#"refuted by arn:aws:sts::444455556666:assumed-role/App/session: Decrypt {"kms:EncryptionContext:other":"other","kms:EncryptionContext:tenant":"7","kms:EncryptionContextKeys":["other","tenant"]}"#,
    );
    let mut create = with.clone();
    create["grants"][0]["operations"] = json!(["CreateGrant"]);
    same(&create, &json!({"nobody": {"actions": ["kms:CreateGrant"]}}), "outside: grants-by-grantee at no place");
    with["grants"] = json!([{"keyArn": KEY, "granteeServicePrincipal": "s3.amazonaws.com", "operations": ["Decrypt"], "constraints": {"sourceArn": "arn:aws:s3:::a*"}}]);
    same(
        &with,
        &nobody(&[HOME], json!({})),
        r#"refuted by s3.amazonaws.com: Decrypt {"aws:SourceArn":"arn:aws:s3:::aother"}"#,
    );
    same(&with, &nobody(&[HOME], json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}})), "proven");
    same(
        &with,
        &nobody(&[HOME], json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::ab*"}})),
        r#"refuted by s3.amazonaws.com: Decrypt {"aws:SourceArn":"arn:aws:s3:::aother"}"#,
    );
    let mut shared = setting(&[allow(json!("*"), "kms:*", json!({}))]);
    let rcp = json!({"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}});
    shared["organization"] =
        json!({"accounts": {HOME: {"rcps": [{"level": "root", "policies": [{"Statement": rcp}]}]}}});
    same(
        &shared,
        &nobody(&[], json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
        "refuted by arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForOther/session: Decrypt {}",
    );
    shared["organization"] = json!({"accounts": {OTHER: {"scps": [{"level": "root", "policies": [{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}]}]}}});
    let claim = json!({"always": {"actions": ["kms:Decrypt"], "principals": [HOME]}});
    same(&shared, &claim, "proven");
    let claim = json!({"always": {"actions": ["kms:Decrypt"], "principals": [OTHER]}});
    same(&shared, &claim, "refuted by arn:aws:iam::444455556666:root: Decrypt {}");
}

/// As long as key policies can be.
fn long(statement: impl Fn(usize) -> Value) -> Value {
    let mut statements = Vec::new();
    let mut length = 60;
    while let Some(next) = Some(statement(statements.len())).filter(|next| length + next.to_string().len() < 32_768) {
        length += next.to_string().len() + 1;
        statements.push(next);
    }
    setting(&statements)
}

#[test]
fn hostile_policies_are_refused_or_decided_soon() {
    let user = |nth: usize| json!({"AWS": format!("arn:aws:iam::{:012}:user/{nth}", nth % 7)});
    let tag = |nth: usize| json!({"StringLike": {format!("aws:PrincipalTag/{nth}"): "*a*b*c*"}});
    let all = |claim: Value| json!({"nobody": {"actions": ["kms:*"], "but": [HOME], "unless": claim}});
    let users = long(|nth| allow(user(nth), "kms:*", json!({})));
    let nothing_new = json!({"nothingNew": {"since": users["keyPolicy"]}});
    for (policy, claim, expected) in [
        (users.clone(), all(json!({})), "refuted by arn:aws:iam::000000000000:user/0: CreateGrant {}"),
        (users, nothing_new, "proven"),
        (
            long(|nth| allow(json!({"AWS": format!("{nth:012}")}), "kms:*", json!({}))),
            all(json!({})),
            "refuted by arn:aws:iam::000000000000:root: CreateGrant {}",
        ),
        (long(|nth| allow(json!({"AWS": HOME}), "kms:*", tag(nth))), nobody(&[HOME], json!({})), "proven"),
        (
            long(|nth| allow(json!("*"), "kms:*", tag(nth))),
            all(json!({"StringEquals": {"aws:PrincipalOrgID": "o"}})),
            "outside: too-many-requests at no place",
        ),
        (
            long(|nth| {
                deny(json!("*"), "kms:*", json!({"StringLike": {"aws:PrincipalTag/a": format!("*{nth}*{nth}*")}}))
            }),
            all(json!({})),
            "proven",
        ),
        (
            long(|nth| {
                allow(
                    json!("*"),
                    "kms:*",
                    json!({"ArnLike": {"aws:PrincipalArn": format!("arn:aws:iam::111122223333:role/*{nth}*")}}),
                )
            }),
            all(json!({})),
            r#"outside: too-many-patterns at "aws:PrincipalArn""#,
        ),
        (
            long(|nth| allow(json!("*"), "kms:*", json!({"StringLike": {"aws:PrincipalArn": format!("*{nth}?*")}}))),
            all(json!({})),
            r#"outside: too-many-patterns at "aws:PrincipalArn""#,
        ),
        (
            long(|nth| {
                allow(user(nth), "kms:*", json!({"StringLike": {"kms:ViaService": format!("{nth}.*.amazonaws.com")}}))
            }),
            json!({"nothingNew": {"since": {"Statement": allow(json!({"AWS": HOME}), "kms:*", json!({}))}}}),
            r#"refuted by arn:aws:iam::000000000000:user/0: CreateGrant {"aws:ViaAWSService":"true","kms:ViaService":"0.other.amazonaws.com"}"#,
        ),
        (
            long(|nth| {
                allow(
                    json!({"AWS": [HOME, OTHER]}),
                    "kms:*",
                    json!({"StringLike": {"kms:ViaService": format!("{nth}.*.amazonaws.com")}}),
                )
            }),
            all(json!({"StringLike": {"kms:ViaService": "*.amazonaws.com"}})),
            "proven",
        ),
    ] {
        same(&policy, &claim, expected);
    }
}
