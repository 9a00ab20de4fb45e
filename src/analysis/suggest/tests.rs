use expect_test::{Expect, expect};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::*;
use crate::analysis::{
    apply,
    tests::{KEY, statement, user},
};

const ANN: &str = "arn:aws:iam::111122223333:user/Ann";

fn of(key_policy: Vec<Value>, identity: &[Value]) -> Value {
    json!({
        "key": {"arn": KEY},
        "keyPolicy": {"Version": "2012-10-17", "Statement": key_policy},
        "encryptionContext": {"tenant": "7"},
        "principals": [user("Ann", identity), user("Ben", &[])],
    })
}

fn account() -> Value {
    statement("Allow", json!({"AWS": "111122223333"}), json!("kms:*"))
}

/// Every suggestion, after each has been carried out on the text of the setting.
#[track_caller]
fn suggestions(setting: &Value, asked: &Value) -> Vec<Suggestion> {
    let found = of_text(&setting.to_string(), &asked.to_string()).unwrap();
    for told in &found {
        let changed = carried_out(setting, told);
        let parsed = Setting::parse(&changed.to_string()).unwrap();
        let party = &parsed.parties[usize::try_from(asked["principal"].as_u64().unwrap()).unwrap()];
        let permission = permission::named(asked["action"].as_str().unwrap()).unwrap();
        let decision = parsed.decide(party, &Requests::of(&parsed, party).request(permission), false);
        assert_eq!(decision.verdict == Verdict::Allowed, asked["wanted"] == "allowed", "{told:#?}\n{changed:#}");
    }
    found
}

fn carried_out(setting: &Value, told: &Suggestion) -> Value {
    let mut changed = setting.clone();
    for change in &told.changes {
        match change {
            Change::Policy { document, edits, text } => {
                let path = document.replace(['[', '.'], "/").replace([']', '"'], "");
                match changed.pointer_mut(&format!("/{path}")) {
                    Some(slot) => {
                        assert_eq!(apply(&slot.to_string(), edits), *text);
                        *slot = json!(text);
                    }
                    None => changed["principals"][0]["identityPolicies"] = json!([text]),
                }
            }
            Change::CreateGrant(body) => {
                let grant = json!({"keyArn": body["KeyId"], "granteePrincipal": body["GranteePrincipal"],
                    "operations": body["Operations"], "constraints": body.get("Constraints").cloned().unwrap_or(json!({}))});
                changed["grants"] = json!([grant]);
            }
            Change::RevokeGrant(id) => {
                changed["grants"].as_array_mut().unwrap().retain(|grant| grant["grantId"] != **id);
            }
        }
    }
    changed
}

#[track_caller]
fn check(setting: &Value, action: &str, wanted: &str, expected: Expect) {
    let found = suggestions(setting, &json!({"principal": 0, "action": action, "wanted": wanted}));
    let line = |told: &Suggestion| {
        let Suggestion { title, opens, closes, broader, .. } = told;
        format!("{title} (opens {}, closes {}{})\n", opens.len(), closes.len(), if *broader { ", broader" } else { "" })
    };
    expected.assert_eq(&found.iter().map(line).collect::<String>());
}

#[test]
fn what_is_denied_is_made_allowed() {
    let named = statement("Allow", json!({"AWS": [ANN]}), json!(["kms:Encrypt", "kms:DescribeKey"]));
    check(
        &of(vec![account()], &[]),
        "kms:Decrypt",
        "allowed",
        expect![[r#"
            Let the key policy allow `arn:aws:iam::111122223333:user/Ann`, for this encryption context only (opens 0, closes 0)
            Allow it in an identity policy of `arn:aws:iam::111122223333:user/Ann` (opens 1, closes 0, broader)
            Let the key policy allow `arn:aws:iam::111122223333:user/Ann` (opens 1, closes 0, broader)
            Create a grant for `arn:aws:iam::111122223333:user/Ann` (opens 1, closes 0, broader)
        "#]],
    );
    check(
        &of(vec![named.clone()], &[]),
        "kms:Decrypt",
        "allowed",
        expect![[r#"
            Let the key policy allow `arn:aws:iam::111122223333:user/Ann`, for this encryption context only (opens 0, closes 0)
            Add `kms:Decrypt` to statement 1 (opens 1, closes 0, broader)
            Let the key policy allow `arn:aws:iam::111122223333:user/Ann` (opens 1, closes 0, broader)
            Create a grant for `arn:aws:iam::111122223333:user/Ann` (opens 1, closes 0, broader)
        "#]],
    );
    let mut other = named.clone();
    other["Condition"] = json!({"StringEquals": {"kms:EncryptionContext:tenant": "8"}});
    check(
        &of(vec![other], &[]),
        "kms:Encrypt",
        "allowed",
        expect![[r#"
            Let `kms:EncryptionContext:tenant` also be `7` in statement 1 (opens 0, closes 0)
            Let the key policy allow `arn:aws:iam::111122223333:user/Ann`, for this encryption context only (opens 0, closes 0)
            Let the key policy allow `arn:aws:iam::111122223333:user/Ann` (opens 1, closes 0, broader)
            Create a grant for `arn:aws:iam::111122223333:user/Ann` (opens 1, closes 0, broader)
            Drop the condition on `kms:EncryptionContext:tenant` from statement 1 (opens 2, closes 0, broader)
        "#]],
    );
    let deny = statement("Deny", json!("*"), json!(["kms:Encrypt", "kms:Decrypt"]));
    check(
        &of(vec![named, deny], &[]),
        "kms:Encrypt",
        "allowed",
        expect![[r#"
            Except `arn:aws:iam::111122223333:user/Ann` from statement 2 (opens 1, closes 0, broader)
            Take `kms:Encrypt` out of statement 2 (opens 1, closes 0, broader)
            Remove statement 2 (opens 1, closes 0, broader)
        "#]],
    );
    let alias = json!({"Statement": {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:us-east-1:111122223333:alias/a"}});
    check(
        &of(vec![account()], &[alias]),
        "kms:Decrypt",
        "allowed",
        expect![[r#"
            Let the key policy allow `arn:aws:iam::111122223333:user/Ann`, for this encryption context only (opens 0, closes 0)
            Let statement 1 be about `arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab` (opens 1, closes 0, broader)
            Allow it in an identity policy of `arn:aws:iam::111122223333:user/Ann` (opens 1, closes 0, broader)
            Let the key policy allow `arn:aws:iam::111122223333:user/Ann` (opens 1, closes 0, broader)
            Create a grant for `arn:aws:iam::111122223333:user/Ann` (opens 1, closes 0, broader)
        "#]],
    );
}

#[test]
fn both_halves_are_added_where_both_are_missing() {
    let mut setting = of(vec![account()], &[]);
    setting["principals"][0] =
        json!({"principal": {"kind": "role-session", "arn": "arn:aws:sts::444455556666:assumed-role/App/s"}});
    check(
        &setting,
        "kms:Decrypt",
        "allowed",
        expect![[r#"
            Let the key policy allow `arn:aws:iam::444455556666:role/App`, for this encryption context only; Allow it in an identity policy of `arn:aws:sts::444455556666:assumed-role/App/s` (opens 0, closes 0)
            Name `arn:aws:iam::444455556666:role/App` in statement 1; Allow it in an identity policy of `arn:aws:sts::444455556666:assumed-role/App/s` (opens 1, closes 0, broader)
            Let the key policy allow `arn:aws:iam::444455556666:role/App`; Allow it in an identity policy of `arn:aws:sts::444455556666:assumed-role/App/s` (opens 1, closes 0, broader)
            Create a grant for `arn:aws:iam::444455556666:role/App`; Allow it in an identity policy of `arn:aws:sts::444455556666:assumed-role/App/s` (opens 1, closes 0, broader)
        "#]],
    );
    // What cannot cross accounts, no change of a policy lets cross.
    check(&setting, "kms:PutKeyPolicy", "allowed", expect![[""]]);
}

#[test]
fn layers_that_must_allow_are_mended() {
    let allow = |action: &str| json!({"Statement": [{"Effect": "Allow", "Action": [action], "Resource": "*"}]});
    let mut setting = of(vec![account()], &[allow("kms:*")]);
    setting["principals"][0]["permissionsBoundary"] = allow("s3:*");
    setting["organization"] =
        json!({"accounts": {"111122223333": {"scps": [{"level": "root", "policies": [allow("s3:*")]}]}}});
    check(
        &setting,
        "kms:Decrypt",
        "allowed",
        expect![[r#"
            Add `kms:Decrypt` to statement 1; Allow it in the permissions boundary (opens 2, closes 0, broader)
            Allow it in the service control policy; Allow it in the permissions boundary (opens 2, closes 0, broader)
            Add `kms:Decrypt` to statement 1; Add `kms:Decrypt` to statement 1 (opens 3, closes 0, broader)
            Allow it in the service control policy; Add `kms:Decrypt` to statement 1 (opens 3, closes 0, broader)
        "#]],
    );
}

#[test]
fn what_is_allowed_is_made_denied() {
    let named = statement(
        "Allow",
        json!({"AWS": [ANN, "arn:aws:iam::111122223333:user/Ben"]}),
        json!(["kms:Encrypt", "kms:Decrypt"]),
    );
    check(
        &of(vec![named.clone(), account()], &[]),
        "kms:Decrypt",
        "denied",
        expect![[r#"
            Deny it in an identity policy of `arn:aws:iam::111122223333:user/Ann` (opens 0, closes 1, broader)
            Deny it to `arn:aws:iam::111122223333:user/Ann` in the key policy (opens 0, closes 1, broader)
            Take `kms:Decrypt` out of statement 1 (opens 0, closes 2, broader)
            Take the principal out of statement 1 (opens 0, closes 2, broader)
            Remove statement 1 (opens 0, closes 4, broader)
            Remove statement 2; Deny it to `arn:aws:iam::111122223333:user/Ann` in the key policy (opens 0, closes 47, broader)
            Remove statement 2; Deny it in an identity policy of `arn:aws:iam::111122223333:user/Ann` (opens 0, closes 47, broader)
            Remove statement 2; Take `kms:Decrypt` out of statement 1 (opens 0, closes 48, broader)
        "#]],
    );
    let mut setting = of(vec![account()], &[]);
    setting["grants"] = json!([{"grantId": "g1", "keyArn": KEY, "granteePrincipal": ANN, "operations": ["Decrypt"]}]);
    check(
        &setting,
        "kms:Decrypt",
        "denied",
        expect![[r#"
            Deny it in an identity policy of `arn:aws:iam::111122223333:user/Ann` (opens 0, closes 1, broader)
            Deny it to `arn:aws:iam::111122223333:user/Ann` in the key policy (opens 0, closes 1, broader)
            Revoke grant `g1` (opens 0, closes 2, broader)
        "#]],
    );
    // Nothing to do.
    check(&setting, "kms:Decrypt", "allowed", expect![[""]]);
}

#[test]
fn what_is_no_question_is_refused() {
    let setting = of(vec![account()], &[]).to_string();
    let error = |asked: Value| of_text(&setting, &asked.to_string()).unwrap_err().to_string();
    assert_eq!(
        error(json!({"principal": 9, "action": "kms:Decrypt", "wanted": "allowed"})),
        "principal: no such principal"
    );
    assert!(
        error(json!({"principal": 0, "action": "s3:Get", "wanted": "allowed"})).starts_with("action: got `s3:Get`")
    );
    assert!(error(json!({"principal": 0, "wanted": "allowed"})).starts_with("the question: give an `action`"));
    assert!(
        error(json!({"principal": 0, "action": "kms:Decrypt", "wanted": "perhaps"}))
            .starts_with("the question: unknown variant")
    );
}

fn statements() -> impl Strategy<Value = Vec<Value>> {
    let effect = select(vec!["Allow", "Allow", "Deny"]);
    let principal = select(vec![json!("*"), json!({"AWS": "111122223333"}), json!({"AWS": [ANN]})]);
    let action =
        select(vec![json!("kms:*"), json!("kms:Encrypt"), json!(["kms:Encrypt", "kms:Decrypt"]), json!("kms:Get*")]);
    let condition = select(vec![
        None,
        Some(json!({"StringEquals": {"kms:EncryptionContext:tenant": "8"}})),
        Some(
            json!({"StringNotEquals": {"kms:EncryptionContext:tenant": ["7", "9"]}, "Bool": {"aws:SecureTransport": true}}),
        ),
    ]);
    let one = (effect, principal, action, condition).prop_map(|(effect, principal, action, condition)| {
        let mut statement = statement(effect, principal, action);
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        statement
    });
    vec(one, 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_suggestion_does_what_it_says(
        key in statements(),
        identity in statements(),
        action in select(vec!["kms:Encrypt", "kms:Decrypt", "kms:GetKeyPolicy"]),
    ) {
        let identity: Vec<Value> = identity.into_iter().map(|mut statement| {
            statement.as_object_mut().unwrap().remove("Principal");
            json!({"Statement": [statement]})
        }).collect();
        let setting = of(key, &identity);
        for wanted in ["allowed", "denied"] {
            suggestions(&setting, &json!({"principal": 0, "action": action, "wanted": wanted}));
        }
    }
}

#[track_caller]
fn check_added(text: &str, expected: Expect) {
    let policy = Policy::parse(text, PolicyKind::Identity).unwrap();
    let statement = r#"{"Effect": "Deny", "Action": ["a:b", "c:d"], "Resource": "a, \"{b}\""}"#;
    let added = apply(text, &crate::analysis::lint::add_statement(&policy, statement));
    expected.assert_eq(&added);
    assert_eq!(serde_json::from_str::<Value>(&added).unwrap()["Statement"][0]["Resource"], "a, \"{b}\"");
}

#[test]
fn a_statement_is_added_in_the_manner_of_the_policy() {
    check_added(
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
        expect![[
            r#"{"Statement": [{"Effect": "Deny", "Action": ["a:b", "c:d"], "Resource": "a, \"{b}\""}, {"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#
        ]],
    );
    check_added(
        r#"{
  "Statement" : [ {
    "Effect" : "Allow",
    "Action" : "*",
    "Resource" : "*"
  } ]
}"#,
        expect![[r#"
            {
              "Statement" : [ {
                "Effect": "Deny",
                "Action": ["a:b", "c:d"],
                "Resource": "a, \"{b}\""
              }, {
                "Effect" : "Allow",
                "Action" : "*",
                "Resource" : "*"
              } ]
            }"#]],
    );
    check_added(
        r#"{
  "Statement": {
    "Effect": "Allow",
    "Action": "*",
    "Resource": "*"
  }
}"#,
        expect![[r#"
            {
              "Statement": [{
                "Effect": "Deny",
                "Action": ["a:b", "c:d"],
                "Resource": "a, \"{b}\""
              }, {
                "Effect": "Allow",
                "Action": "*",
                "Resource": "*"
              }]
            }"#]],
    );
    check_added(
        r#"{
  "Statement": [
    {
      "Effect": "Allow", "Action": "*", "Resource": "*"
    }
  ]
}"#,
        expect![[r#"
            {
              "Statement": [
                {
                  "Effect": "Deny",
                  "Action": ["a:b", "c:d"],
                  "Resource": "a, \"{b}\""
                },
                {
                  "Effect": "Allow", "Action": "*", "Resource": "*"
                }
              ]
            }"#]],
    );
}
