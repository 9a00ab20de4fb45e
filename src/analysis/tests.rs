use serde_json::{Value, json};

use super::{
    matrix::{changes, matrix},
    requests::Requests,
};
use crate::authz::{
    decision::Verdict,
    permission::PERMISSIONS,
    simulate::{Setting, simulate},
};

pub(super) const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

pub(super) fn statement(effect: &str, principal: Value, action: Value) -> Value {
    json!({"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"})
}

pub(super) fn user(name: &str, policies: &[Value]) -> Value {
    let principal = json!({"kind": "user", "arn": format!("arn:aws:iam::111122223333:user/{name}")});
    json!({"principal": principal, "identityPolicies": policies})
}

fn setting() -> Value {
    let own = json!({"Statement": {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:List*"], "Resource": "*"}});
    json!({
        "key": {"arn": KEY},
        "keyPolicy": {"Version": "2012-10-17", "Statement": [
            statement("Allow", json!({"AWS": "111122223333"}), json!("kms:*")),
            statement("Allow", json!({"AWS": "arn:aws:iam::111122223333:user/Admin"}), json!(["kms:Put*", "kms:ScheduleKeyDeletion"])),
            {"Effect": "Allow", "Principal": "*", "Action": "kms:DescribeKey", "Resource": "*",
                "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}}},
            {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "kms:Encrypt", "Resource": "*",
                "Condition": {"StringEquals": {"kms:EncryptionContext:tenant": "7"}}},
        ]},
        "encryptionContext": {"tenant": "7"},
        "principals": [
            user("Ann", &[own]),
            user("Admin", &[]),
            {"principal": {"kind": "role-session", "arn": "arn:aws:sts::444455556666:assumed-role/App/s"},
             "identityPolicies": [{"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}]},
            {"principal": {"kind": "account-root", "account": "111122223333"}},
            {"principal": {"kind": "service", "service": "s3.amazonaws.com"}},
        ],
    })
}

/// The scenario of one cell, as text.
fn scenario(
    setting: &Value,
    parsed: &Setting,
    nth: usize,
    permission: &'static crate::authz::permission::Permission,
) -> String {
    let party = &parsed.parties[nth];
    let asked = Requests::of(parsed, party).request(permission);
    let mut scenario = setting.as_object().unwrap().clone();
    let own = scenario.remove("principals").unwrap()[nth].clone();
    scenario.remove("context");
    scenario.remove("encryptionContext");
    scenario.extend(
        own.as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| *name != "context")
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    scenario.insert(
        "request".into(),
        json!({
            "action": format!("kms:{}", permission.name),
            "resource": {"arn": asked.resource, "account": asked.account.to_string()},
            "context": asked.context,
            "encryptionContext": asked.encryption_context,
        }),
    );
    Value::from(scenario).to_string()
}

#[test]
fn a_cell_is_a_decision() {
    let text = setting();
    let parsed = Setting::parse(&text.to_string()).unwrap();
    let matrix = matrix(&parsed);
    for (nth, row) in matrix.rows.iter().enumerate() {
        for (cell, permission) in row.cells.iter().zip(PERMISSIONS) {
            let alone: Value =
                serde_json::from_str(&simulate(&scenario(&text, &parsed, nth, permission)).unwrap()).unwrap();
            let cell = serde_json::to_value(cell).unwrap();
            assert_eq!(
                (&cell["verdict"], &cell["decidedBy"]),
                (&alone["decision"], &alone["decidedBy"]),
                "{} {}",
                row.principal,
                permission.name
            );
        }
    }
}

#[test]
fn a_matrix_says_who_can_do_what() {
    let answers = matrix(&Setting::parse(&setting().to_string()).unwrap()).answers;
    let [ann, admin] = ["Ann", "Admin"].map(|name| format!("arn:aws:iam::111122223333:user/{name}"));
    let root = "arn:aws:iam::111122223333:root".to_owned();
    let app = "arn:aws:sts::444455556666:assumed-role/App/s".to_owned();
    assert_eq!(answers.can_use, [ann, app, root.clone()]);
    assert_eq!(answers.can_administer, [admin.clone(), root.clone()]);
    assert_eq!(answers.can_delete, [admin.clone(), root.clone()]);
    assert_eq!(answers.can_escalate, [admin, root]);
}

#[test]
fn an_edit_changes_what_it_changes() {
    let before = setting();
    let mut after = before.clone();
    after["keyPolicy"]["Statement"][3]["Condition"]["StringEquals"]["kms:EncryptionContext:tenant"] = json!("8");
    let [before, after] = [before, after].map(|text| matrix(&Setting::parse(&text.to_string()).unwrap()));
    let changed = changes(&before, &after);
    let [change] = changed.as_slice() else { panic!("{changed:?}") };
    assert_eq!(
        (change.action.as_str(), change.before, change.after),
        ("kms:Encrypt", Some(Verdict::Allowed), Some(Verdict::ImplicitlyDenied))
    );
    assert_eq!(changes(&after, &after), []);
}

#[test]
fn what_is_no_setting_is_refused_with_its_place() {
    let error = |change: &dyn Fn(&mut Value)| {
        let mut text = setting();
        change(&mut text);
        Setting::parse(&text.to_string()).err().unwrap().to_string()
    };
    assert_eq!(error(&|text| text["key"] = json!({})), "key.arn: missing");
    assert!(error(&|text| text["key"]["arn"] = json!("alias/a")).starts_with("key.arn: got `alias/a`"));
    assert!(
        error(&|text| text["principals"][1]["principal"]["kind"] = json!("me"))
            .starts_with("principals[1].principal.kind: got `me`")
    );
    assert!(
        error(&|text| text["principals"][0]["identityPolicies"][0] = json!({}))
            .starts_with("principals[0].identityPolicies[0]: line 1")
    );
    assert!(error(&|text| text["request"] = json!({})).starts_with("the setting: unknown field `request`"));
}
