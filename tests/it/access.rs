//! Who can do what, told at once for everybody, is what each of them is answered.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use kms_playground::{
    authz::{decision::Verdict, permission::PERMISSIONS},
    endpoint::{Outcome, Tracing},
    entropy::Seed,
    estate::principal::Caller,
    story::{
        persona::{LAYERS, Layer, PERSONAS},
        question::{self, Question},
    },
    timeline::{
        Timeline,
        access::{Remedy, RemedyStep, Wanted},
        ask::{Draft, PolicyPlace},
    },
};

fn timeline() -> Timeline {
    Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7))
}

/// What the endpoint says to a permission of an outcome: the first no counts.
fn answered(outcome: &Outcome, action: &str) -> Option<Verdict> {
    let mut of_action = outcome.decisions.iter().filter(|decision| decision.action == action).peekable();
    of_action.peek()?;
    let denied = of_action.find(|decision| decision.verdict != Verdict::Allowed);
    Some(denied.map_or(Verdict::Allowed, |decision| decision.verdict))
}

/// Every cell beside the answer to the request that the cell is about.
#[track_caller]
fn check(draft: &Draft, about: &str) {
    let key = draft.world().keys().next().unwrap().arn;
    let context = BTreeMap::from([("tenant".to_owned(), "7".to_owned())]);
    let root = Caller::Root(key.account);
    let known = draft.known(&key, Question::of_every_operation(&root, key, &context, draft.world()));
    let matrix = draft.access(&key, &context, &known).unwrap().matrix();
    for row in &matrix.rows {
        let caller: Caller = row.principal.parse().unwrap();
        for operation in question::operations() {
            let asked = Question { caller: caller.clone(), operation, key, context: context.clone() };
            let outcome = draft.explain(&asked.request(draft.world()), Tracing::Off);
            for (cell, permission) in row.cells.iter().zip(PERMISSIONS) {
                if let Some(verdict) = answered(&outcome, &format!("kms:{}", permission.name)) {
                    assert_eq!(cell.verdict, verdict, "{about}: {caller} {operation} {}", permission.name);
                }
            }
        }
    }
}

#[test]
fn every_cell_is_what_its_request_is_answered() {
    let timeline = timeline();
    let key = PolicyPlace::Key(timeline.world().keys().next().unwrap().arn);
    check(&timeline.draft(std::iter::empty()), "the first world");
    for persona in PERSONAS {
        let text = persona.text("111122223333", "444455556666");
        check(&timeline.draft([(&key, Some(text.as_str()))].into_iter()), persona.title);
    }
    let conditions = [
        ("StringEquals", "kms:CallerAccount", "111122223333"),
        ("StringEquals", "kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT"),
        ("StringEquals", "kms:EncryptionContext:tenant", "7"),
        ("StringEquals", "kms:KeySpec", "SYMMETRIC_DEFAULT"),
        ("StringLike", "kms:ResourceAliases", "alias/*"),
        ("StringEquals", "kms:GrantOperations", "Decrypt"),
        ("Bool", "kms:GrantIsForAWSResource", "false"),
        ("ArnLike", "kms:GranteePrincipal", "arn:aws:iam::111122223333:user/Dev*"),
        ("StringEquals", "aws:username", "Developer"),
        ("Null", "aws:username", "true"),
        ("Bool", "aws:MultiFactorAuthPresent", "false"),
        ("IpAddress", "aws:SourceIp", "192.0.2.0/24"),
        ("Null", "aws:PrincipalOrgID", "false"),
        ("Null", "aws:ResourceOrgID", "false"),
        ("DateLessThan", "aws:CurrentTime", "2031-01-01T00:00:00Z"),
        ("StringEquals", "aws:RequestTag/team", "billing"),
        ("NumericGreaterThan", "kms:ScheduleKeyDeletionPendingWindowInDays", "1"),
    ];
    for (operator, name, value) in conditions {
        let statement = format!(
            r#"{{"Statement": {{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*",
                "Condition": {{"{operator}": {{"{name}": "{value}"}}}}}}}}"#
        );
        check(&timeline.draft([(&key, Some(statement.as_str()))].into_iter()), name);
    }
}

#[test]
fn every_layer_has_its_say_in_every_cell() {
    let timeline = timeline();
    for (place, name, layer) in [
        ("policies of arn:aws:iam::111122223333:user/Developer", "Extra", Layer::Own),
        ("boundary of arn:aws:iam::111122223333:user/Developer", "Boundary", Layer::Boundary),
        ("session policy of arn:aws:iam::111122223333:role/OrdersApp", "Session", Layer::Session),
        ("endpoint of 111122223333", "Endpoint", Layer::Endpoint),
        ("endpoint of 444455556666", "Endpoint", Layer::Endpoint),
        ("scps of root", "Extra", Layer::Organization),
        ("scps of 111122223333", "Extra", Layer::Account),
        ("rcps of root", "Extra", Layer::Resource),
        ("rcps of 111122223333", "Extra", Layer::Resource),
    ] {
        let about = format!("{layer:?} at {place}");
        let place = PolicyPlace::Attached { place: place.parse().unwrap(), name: name.into() };
        let (.., text) = LAYERS.iter().find(|(other, ..)| *other == layer).unwrap();
        let text = text.replace("ACCOUNT", "111122223333");
        check(&timeline.draft([(&place, Some(text.as_str()))].into_iter()), &about);
    }
}

#[test]
fn every_permission_is_asked_for() {
    let draft = timeline().draft(std::iter::empty());
    let key = draft.world().keys().next().unwrap().arn;
    let caller: Caller = "arn:aws:iam::111122223333:user/Administrator".parse().unwrap();
    let mut unasked: Vec<&str> = PERMISSIONS.iter().map(|permission| permission.name).collect();
    for request in Question::of_every_operation(&caller, key, &BTreeMap::new(), draft.world()) {
        for decision in draft.explain(&request, Tracing::Off).decisions {
            unasked.retain(|name| format!("kms:{name}") != decision.action);
        }
    }
    // Of the grants there are none, and synchronizing is for AWS alone to ask for.
    assert_eq!(unasked, ["RetireGrant", "SynchronizeMultiRegionKey"]);
}

/// What is asked, of the first world but for one policy, and what would change the answer.
#[track_caller]
fn check_remedies(caller: &str, operation: &'static str, policy: Option<(&str, &str)>, expected: Expect) {
    let timeline = timeline();
    let key = timeline.world().keys().next().unwrap().arn;
    let context = BTreeMap::from([("tenant".to_owned(), "7".to_owned())]);
    let place = policy.map(|(place, text)| match place.split_once(": ") {
        None => (PolicyPlace::Key(key), text),
        Some((place, name)) => (PolicyPlace::Attached { place: place.parse().unwrap(), name: name.into() }, text),
    });
    let draft = timeline.draft(place.iter().map(|(place, text)| (place, Some(*text))));
    let asked = Question { caller: caller.parse().unwrap(), operation, key, context: context.clone() };
    let request = asked.request(draft.world());
    let outcome = draft.explain(&request, Tracing::On);
    let denied = outcome.decisions.iter().find(|decision| decision.verdict != Verdict::Allowed);
    let wanted = if denied.is_some() { Wanted::Allowed } else { Wanted::Denied };
    let known =
        draft.known(&key, Question::of_every_operation(&Caller::Root(key.account), key, &context, draft.world()));
    let access = draft.access(&key, &context, &known).unwrap();
    let decision = denied.unwrap_or(&outcome.decisions[0]);
    let mut search = access.search(&draft, &request, decision, wanted).unwrap();
    while search.go_on() {}
    let found = search.found();
    for remedy in &found {
        // As the page does it: policies of keys are drafts, and all else happens.
        let mut changed = timeline.clone();
        let mut texts: BTreeMap<PolicyPlace, String> =
            place.iter().map(|(place, text)| (place.clone(), (*text).to_owned())).collect();
        for step in &remedy.steps {
            match step {
                RemedyStep::Write { place, text, .. } => drop(texts.insert(place.clone(), text.clone())),
                RemedyStep::Call(request) => assert!(changed.request(request.clone()).fault.is_none()),
            }
        }
        let draft = changed.draft(texts.iter().map(|(place, text)| (place, Some(text.as_str()))));
        let answered = answered(&draft.explain(&request, Tracing::Off), &decision.action).unwrap();
        assert_eq!(answered == Verdict::Allowed, wanted == Wanted::Allowed, "{}", remedy.title);
    }
    let told = |remedy: &Remedy| {
        let wanting = remedy.wanting.as_ref().map_or(String::new(), |action| format!("; then {action} is wanting"));
        format!("{} (opens {}, closes {}){wanting}\n", remedy.title, remedy.opens.len(), remedy.closes.len())
    };
    expected.assert_eq(&found.iter().map(told).collect::<String>());
}

const DENY: &str = r#"{"Statement": [
  {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"},
  {"Sid": "Nobody", "Effect": "Deny", "Principal": "*", "Action": ["kms:Decrypt", "kms:Encrypt"], "Resource": "*"}
]}"#;
const LESS: &str = r#"{"Statement": {"Effect": "Allow", "Action": "kms:Describe*", "Resource": "*"}}"#;

#[test]
fn what_would_change_an_answer_does() {
    let developer = "arn:aws:iam::111122223333:user/Developer";
    check_remedies(
        "arn:aws:iam::111122223333:user/KMSKeyAdmin",
        "Decrypt",
        None,
        expect![[r#"
        Let the key policy allow `arn:aws:iam::111122223333:user/KMSKeyAdmin`, for this encryption context only (opens 0, closes 0)
        Allow it in an identity policy of `arn:aws:iam::111122223333:user/KMSKeyAdmin` (opens 1, closes 0)
        Let the key policy allow `arn:aws:iam::111122223333:user/KMSKeyAdmin` (opens 1, closes 0)
        Add `kms:Decrypt` to statement `AdministerKeys` (opens 2, closes 0)
        Create a grant for `arn:aws:iam::111122223333:user/KMSKeyAdmin` (opens 3, closes 0)
    "#]],
    );
    check_remedies(
        "arn:aws:iam::444455556666:user/Developer",
        "Decrypt",
        None,
        expect![[r#"
        Let the key policy allow `arn:aws:iam::444455556666:user/Developer`, for this encryption context only (opens 0, closes 0)
        Let the key policy allow `arn:aws:iam::444455556666:user/Developer` (opens 1, closes 0)
        Create a grant for `arn:aws:iam::444455556666:user/Developer` (opens 3, closes 0)
        Name `arn:aws:iam::444455556666:user/Developer` in statement `Enable IAM User Permissions` (opens 9, closes 0)
    "#]],
    );
    check_remedies(
        "arn:aws:sts::111122223333:assumed-role/OrdersApp/session",
        "ReEncrypt",
        None,
        expect![[r#"
        Let the key policy allow `arn:aws:iam::111122223333:role/OrdersApp`, for this encryption context only (opens 0, closes 0); then kms:ReEncryptTo is wanting
        Allow it in an identity policy of `arn:aws:sts::111122223333:assumed-role/OrdersApp/session` (opens 1, closes 0); then kms:ReEncryptTo is wanting
        Let the key policy allow `arn:aws:iam::111122223333:role/OrdersApp` (opens 1, closes 0); then kms:ReEncryptTo is wanting
        Add `kms:ReEncryptFrom` to statement `DataKeys` (opens 2, closes 0); then kms:ReEncryptTo is wanting
        Add `kms:ReEncryptFrom` to statement `RandomBytes` (opens 2, closes 0); then kms:ReEncryptTo is wanting
        Create a grant for `arn:aws:iam::111122223333:role/OrdersApp` (opens 3, closes 0); then kms:ReEncryptTo is wanting
    "#]],
    );
    check_remedies(
        developer,
        "Decrypt",
        None,
        expect![[r#"
        Deny it in an identity policy of `arn:aws:iam::111122223333:user/Developer` (opens 0, closes 1)
        Deny it to `arn:aws:iam::111122223333:user/Developer` in the key policy (opens 0, closes 1)
        Take `kms:Decrypt` out of statement `UseKeys` (opens 0, closes 2)
    "#]],
    );
    check_remedies(
        developer,
        "Decrypt",
        Some(("key", DENY)),
        expect![[r#"
        Except `arn:aws:iam::111122223333:user/Developer` from statement `Nobody` (opens 2, closes 0)
        Take `kms:Decrypt` out of statement `Nobody` (opens 5, closes 0)
        Remove statement `Nobody` (opens 9, closes 0)
    "#]],
    );
    check_remedies(
        developer,
        "Decrypt",
        Some(("scps of root: FullAWSAccess", LESS)),
        expect![[r#"
        Add `kms:Decrypt` to statement 1 (opens 6, closes 0)
        Allow it in the service control policy (opens 6, closes 0)
    "#]],
    );
    check_remedies("arn:aws:iam::111122223333:root", "CreateAlias", Some(("key", DENY)), expect![[""]]);
}
