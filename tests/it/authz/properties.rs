//! What holds for every scenario: the rows, and scenarios put together from the parts of several.

use kms_playground::authz::simulate;
use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

use super::rows;

/// The layers of a scenario, which any other scenario may lend.
const LAYERS: &[&str] = &[
    "keyPolicy",
    "identityPolicies",
    "permissionsBoundary",
    "sessionPolicy",
    "vpcEndpointPolicy",
    "grants",
    "organization",
    "principal",
    "key",
];

/// How near to being allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    ExplicitlyDenied,
    ImplicitlyDenied,
    Allowed,
}

/// Absent where the parts make no scenario.
fn decide(scenario: &Value) -> Option<(Verdict, Value)> {
    let answer: Value = serde_json::from_str(&simulate::simulate(&scenario.to_string()).ok()?).unwrap();
    let verdict = match answer["decision"].as_str().unwrap() {
        "Allowed" => Verdict::Allowed,
        "ImplicitlyDenied" => Verdict::ImplicitlyDenied,
        "ExplicitlyDenied" => Verdict::ExplicitlyDenied,
        other => panic!("{other} is no decision"),
    };
    Some((verdict, answer))
}

/// A row, with some of its layers taken from other rows.
fn scenario() -> impl Strategy<Value = Value> {
    let rows: Vec<Value> = rows().into_iter().map(|asked| asked.scenario).collect();
    let row = proptest::sample::select(rows);
    let loan = (proptest::sample::select(LAYERS), row.clone());
    (row, proptest::collection::vec(loan, 0..4)).prop_map(|(mut scenario, loans)| {
        for (layer, lender) in loans {
            match lender.get(layer) {
                Some(lent) => scenario[layer] = lent.clone(),
                None => drop(scenario.as_object_mut().unwrap().remove(layer)),
            }
        }
        scenario
    })
}

/// A statement of the given effect about everything or something, for anyone or someone.
fn statement(effect: &'static str) -> impl Strategy<Value = Value> {
    let principal = proptest::sample::select(vec![
        json!("*"),
        json!({"AWS": "111122223333"}),
        json!({"AWS": "arn:aws:iam::111122223333:user/Alice"}),
        json!({"AWS": ["arn:aws:iam::111122223333:role/Orders", "arn:aws:iam::444455556666:root"]}),
        json!({"Service": "logs.us-east-1.amazonaws.com"}),
    ]);
    let action = proptest::sample::select(vec![
        json!("*"),
        json!("kms:*"),
        json!(["kms:Decrypt", "kms:RetireGrant"]),
        json!("kms:D*"),
    ]);
    let resource = proptest::sample::select(vec![json!("*"), json!("arn:aws:kms:*:111122223333:key/*")]);
    let condition = proptest::sample::select(vec![
        json!({}),
        json!({"StringNotEquals": {"aws:PrincipalTag/team": "blue"}}),
        json!({"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["tenant", "purpose"]}}),
        json!({"Null": {"kms:ViaService": "true"}}),
    ]);
    (principal, action, resource, condition).prop_map(move |(principal, action, resource, condition)| {
        json!({
            "Effect": effect, "Principal": principal, "Action": action, "Resource": resource, "Condition": condition,
        })
    })
}

/// The policies of a scenario, as places of statements; with whether they have principals.
fn policies(scenario: &mut Value) -> Vec<(&mut Value, bool)> {
    let mut found = Vec::new();
    for (name, member) in scenario.as_object_mut().unwrap() {
        match name.as_str() {
            "keyPolicy" | "vpcEndpointPolicy" => found.push((member, true)),
            "permissionsBoundary" | "sessionPolicy" => found.push((member, false)),
            "identityPolicies" => {
                found.extend(member.as_array_mut().unwrap().iter_mut().map(|policy| (&mut policy["document"], false)));
            }
            "organization" => {
                let accounts =
                    member["accounts"].as_object_mut().into_iter().flat_map(|accounts| accounts.values_mut());
                for (kind, levels) in accounts.flat_map(|account| account.as_object_mut().unwrap()) {
                    let levels = levels.as_array_mut().unwrap().iter_mut();
                    let named = levels.flat_map(|level| level["policies"].as_array_mut().unwrap());
                    found.extend(named.map(|policy| {
                        let has_name = policy.get("document").is_some();
                        (if has_name { &mut policy["document"] } else { policy }, kind == "rcps")
                    }));
                }
            }
            _ => {}
        }
    }
    found
}

/// Adds a statement to one of the policies. False where there is none to add it to.
fn add(scenario: &mut Value, statement: &Value, place: &Index) -> bool {
    let mut places = policies(scenario);
    places.retain(|(policy, _)| policy.is_object());
    if places.is_empty() {
        return false;
    }
    let (policy, has_principals) = places.swap_remove(place.index(places.len()));
    let mut statement = statement.clone();
    if !has_principals {
        statement.as_object_mut().unwrap().remove("Principal");
    }
    let statements = &mut policy["Statement"];
    match statements {
        Value::Array(statements) => statements.push(statement),
        one => *one = json!([one.take(), statement]),
    }
    true
}

/// Every list in another order.
fn shuffled(value: &Value, by: usize) -> Value {
    match value {
        Value::Array(entries) => {
            let mut entries: Vec<Value> = entries.iter().map(|entry| shuffled(entry, by)).collect();
            let turn = by.checked_rem(entries.len()).unwrap_or(0);
            entries.rotate_left(turn);
            if by % 2 == 1 {
                entries.reverse();
            }
            Value::Array(entries)
        }
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), shuffled(member, by))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// The same scenarios each time.
fn hold<S: Strategy>(strategy: &S, holds: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases: 4000, failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    if let Err(failure) = runner.run(strategy, holds) {
        panic!("{failure}");
    }
}

#[test]
fn a_deny_more_never_allows_more() {
    hold(&(scenario(), statement("Deny"), any::<Index>()), |(before, deny, place)| {
        let mut after = before.clone();
        let (Some((was, _)), true) = (decide(&before), add(&mut after, &deny, &place)) else { return Ok(()) };
        let Some((is, _)) = decide(&after) else { return Ok(()) };
        prop_assert!(is == was || is == Verdict::ExplicitlyDenied, "{was:?} is {is:?} with {deny}: {after}");
        Ok(())
    });
}

#[test]
fn an_allow_more_never_denies_more() {
    hold(&(scenario(), statement("Allow"), any::<Index>()), |(before, allow, place)| {
        let mut after = before.clone();
        let (Some((was, _)), true) = (decide(&before), add(&mut after, &allow, &place)) else { return Ok(()) };
        let Some((is, _)) = decide(&after) else { return Ok(()) };
        let denied = was == Verdict::ExplicitlyDenied;
        prop_assert!(is == was || (!denied && is == Verdict::Allowed), "{was:?} is {is:?} with {allow}: {after}");
        Ok(())
    });
}

#[test]
fn order_says_nothing() {
    hold(&(scenario(), 1_usize..7), |(before, by)| {
        let after = shuffled(&before, by);
        let verdicts = [&before, &after].map(|scenario| decide(scenario).map(|(verdict, _)| verdict));
        prop_assert_eq!(verdicts[0], verdicts[1], "{} and {}", before, after);
        Ok(())
    });
}

#[test]
fn every_verdict_has_a_reason() {
    hold(&scenario(), |scenario| {
        let Some((verdict, answer)) = decide(&scenario) else { return Ok(()) };
        let checks = answer["checks"].as_array().unwrap();
        let deciding = checks.iter().filter(|check| check["check"] == answer["decidedBy"]);
        let result = match verdict {
            Verdict::Allowed => "ALLOW",
            Verdict::ImplicitlyDenied => "IMPLICIT_DENY",
            Verdict::ExplicitlyDenied => "EXPLICIT_DENY",
        };
        let mut reasons = deciding.filter(|check| check["result"] == result);
        prop_assert!(reasons.next().is_some(), "no reason in {answer} for {scenario}");
        if verdict == Verdict::ExplicitlyDenied {
            let denies = |statement: &Value| statement["matched"] == true && statement["allows"] == false;
            let mut statements = checks.iter().flat_map(|check| check["statements"].as_array().unwrap());
            prop_assert!(statements.any(denies), "no Deny in {answer} for {scenario}");
        }
        Ok(())
    });
}

/// Up to 10 MB, as part of the scenario and as a text in it. There is an answer or a refusal, and the stack holds.
#[test]
fn hostile_policies_are_answered_or_refused() {
    const LARGE: usize = 1_000_000;
    let with = |elements: &str| {
        format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": "*", {elements}}}}}"#)
    };
    let for_anything = |condition: &str| with(&format!(r#""Action": "*", "Resource": "*", "Condition": {condition}"#));
    let about_name = |value: &str| for_anything(&format!(r#"{{"StringLike": {{"aws:username": "{value}"}}}}"#));
    let statement = r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"}"#;
    let statements = vec![statement; 100_000].join(",");
    let pattern = "*?".repeat(LARGE / 2);
    let texts = [
        "[".repeat(10 * LARGE),
        r#"{"Statement":"#.repeat(LARGE / 13),
        format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#),
        with(&format!(r#""Action": "kms:{pattern}", "Resource": "*""#)),
        with(&format!(r#""Action": "*", "Resource": "arn:aws:kms:{pattern}""#)),
        with(&format!(r#""Action": [{}"kms:*"], "Resource": "*""#, r#""kms:Encrypt","#.repeat(LARGE / 14))),
        with(&format!(r#""Action": "*", "Resource": "*", "Sid": "{}""#, "a".repeat(LARGE))),
        about_name(&format!("{pattern}x")),
        about_name(&"${aws:username}".repeat(LARGE / 15)),
        for_anything(&(r#"{"a":"#.repeat(LARGE / 6) + "{}" + &"}".repeat(LARGE / 6))),
    ];
    let name = "a".repeat(2_000);
    for (nth, text) in texts.iter().enumerate() {
        let quoted = serde_json::to_string(text).unwrap();
        for (member, policy) in [("keyPolicy", text), ("vpcEndpointPolicy", &quoted)] {
            let scenario = format!(
                r#"{{
                    "request": {{"action": "kms:Decrypt", "context": {{"aws:username": "{name}"}}, "resource": {{
                        "arn": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
                        "account": "111122223333"
                    }}}},
                    "principal": {{"kind": "user", "arn": "arn:aws:iam::111122223333:user/Alice", "account": "111122223333"}},
                    "key": {{"manager": "CUSTOMER"}},
                    "{member}": {policy}
                }}"#
            );
            match simulate::simulate(&scenario) {
                Ok(answer) => assert!(answer.starts_with(r#"{"decision":""#), "text {nth}"),
                Err(refusal) => assert!(!refusal.at.is_empty(), "text {nth}"),
            }
        }
    }
}
