use serde_json::Value;

use super::{read::LONGEST_VALUE, *};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn scenario(members: &str) -> String {
    let request = format!(
        r#""request": {{"action": "kms:Decrypt", "resource": {{"arn": "{KEY}", "account": "111122223333"}},
            "context": {{"kms:EncryptionContext:tenant": "7"}}, "encryptionContext": {{"tenant": "7"}}}},
            "principal": {{"kind": "user", "arn": "arn:aws:iam::111122223333:user/Ann", "account": "111122223333"}}"#
    );
    format!("{{{request}{}{members}}}", if members.is_empty() { "" } else { ", " })
}

#[track_caller]
fn check(members: &str, expected: &str) {
    let text = scenario(members);
    let answer = simulate(&text).unwrap_or_else(|error| error.to_string());
    assert!(answer.starts_with(expected), "{answer}");
    let Ok(scenario) = Scenario::parse(&text) else { return };
    let again = scenario.ask(&serde_json::from_str::<Value>(&text).unwrap()["request"].to_string(), true);
    assert_eq!(again.unwrap(), scenario.decide(true));
}

#[test]
fn a_scenario_needs_no_world() {
    let allow = r#"{"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/Ann"}, "Action": "kms:*", "Resource": "*"}}"#;
    let deny = r#"{"Statement": {"Effect": "Deny", "Action": "kms:D*", "Resource": "*"}}"#;
    check("", r#"{"decision":"ImplicitlyDenied","decidedBy":"KeyPolicy","#);
    check(&format!(r#""keyPolicy": {allow}"#), r#"{"decision":"Allowed","decidedBy":"KeyPolicy","#);
    check(&format!(r#""keyPolicy": {allow:?}"#), r#"{"decision":"Allowed","decidedBy":"KeyPolicy","#);
    let own = format!(r#""keyPolicy": {allow}, "identityPolicies": [{{"name": "Deny", "document": {deny}}}]"#);
    check(
        &own,
        r#"{"decision":"ExplicitlyDenied","decidedBy":"ExplicitDeny","deniedBy":{"check":"IdentityPolicies","policy":"Deny""#,
    );
    let grant = format!(
        r#""grants": [{{"grantId": "g1", "keyArn": "{KEY}", "granteePrincipal": "arn:aws:iam::111122223333:user/Ann",
        "operations": ["Decrypt"], "issuingAccount": "111122223333", "constraints": {{"encryptionContextSubset": {{"tenant": "7"}}}}}}]"#
    );
    check(&grant, r#"{"decision":"Allowed","decidedBy":"Grants","grantedBy":"g1","#);
    check(&grant.replace("\"7\"", "\"8\""), r#"{"decision":"ImplicitlyDenied","decidedBy":"KeyPolicy","#);
    let organization = |scp: &str| {
        format!(
            r#""keyPolicy": {allow}, "organization": {{"managementAccount": "999999999999", "accounts": {{"111122223333":
            {{"scps": [{{"level": "root", "policies": [{{"Statement": {{"Effect": "Allow", "Action": "{scp}", "Resource": "*"}}}}]}}]}}}}}}"#
        )
    };
    check(&organization("*"), r#"{"decision":"Allowed","decidedBy":"KeyPolicy","#);
    check(&organization("s3:*"), r#"{"decision":"ImplicitlyDenied","decidedBy":"ServiceControl","#);
}

#[test]
fn a_thousand_patterns_are_held_against_the_longest_value_and_no_more() {
    let long = "7".repeat(LONGEST_VALUE);
    let with = |patterns: usize| {
        let list = vec![r#""*7?*""#; patterns].join(",");
        let like = format!(r#"{{"StringLike": {{"kms:EncryptionContext:tenant": [{list}]}}}}"#);
        let statement =
            format!(r#"{{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {like}}}"#);
        let text = scenario(&format!(r#""keyPolicy": {{"Statement": {statement}}}"#));
        simulate(&text.replace(":tenant\": \"7\"", &format!(":tenant\": \"{long}\"")))
    };
    assert!(with(1_000).is_ok());
    let refused = with(1_001).unwrap_err();
    assert_eq!(refused.at, "request.context");
    assert!(refused.problem.contains("16400384 bytes would be compared, expected at most 16384000"), "{refused}");
}

#[test]
fn what_is_no_scenario_is_refused_with_its_place() {
    check(r#""keyPolicy": {"Statement": []}"#, "keyPolicy: line 1, column 15: `Statement` is empty");
    check(r#""permissionsBoundry": {}"#, "the scenario: unknown field `permissionsBoundry`");
    check(r#""key": {"manager": "me"}"#, "key.manager: got `me`, expected `AWS` or `CUSTOMER`");
    check(r#""identityPolicies": [{"document": 1}]"#, "identityPolicies[0]: line 1, column 1: a policy is an object");
    check(r#""grants": [{"keyArn": "k", "granteePrincipal": "x", "operations": []}]"#, "grants[0].keyArn: got `k`");
    for (from, to, expected) in [
        ("kms:Decrypt\"", "s3:Get\"", "request.action: got `s3:Get`, expected a permission of KMS"),
        ("\"kind\": \"user\"", "\"kind\": \"group\"", "principal.kind: got `group`, expected user, role-session"),
        ("user/Ann", "group/Ann", "principal.arn: got `arn:aws:iam::111122223333:group/Ann`, expected the ARN"),
        ("user/Ann\", \"account\": \"1", "user/Ann\", \"account\": \"2", "principal.account: is not the account"),
        ("\"tenant\": \"7\"}}", "\"tenant\": 7}}", "request: invalid type: integer `7`, expected a string"),
        (":tenant\": \"7\"", ":tenant\": {}", "request.context[\"kms:EncryptionContext:tenant\"]: expected a text"),
    ] {
        let text = scenario("").replace(from, to);
        let error = simulate(&text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let long = scenario("").replace(":tenant\": \"7\"", &format!(":tenant\": \"{}\"", "7".repeat(LONGEST_VALUE + 1)));
    assert!(simulate(&long).unwrap_err().to_string().ends_with("got 16385 bytes, expected at most 16384"));
}
