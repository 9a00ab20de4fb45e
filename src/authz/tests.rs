use super::{
    Context, Question, Reach, Target, authorize,
    decision::{Check, CheckResult, Decision, Verdict},
    key_policy_allows,
};
use crate::{
    arn::{AliasArn, KeyArn, Region},
    estate::principal::Forwarding,
    estate::{
        Estate,
        account::Account,
        default_key_policy,
        principal::{AttachedPolicy, Caller, Role, User},
    },
    policy::{Policy, PolicyKind, context::RequestContext},
};

mod grants;

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const ALIAS: &str = "arn:aws:kms:us-east-1:111122223333:alias/orders";

const ROOT: &str = "arn:aws:iam::111122223333:root";
const ANN: &str = "arn:aws:iam::111122223333:user/Ann";
const ORDERS: &str = "arn:aws:sts::111122223333:assumed-role/Orders/i-1";
const FOREIGN_ROOT: &str = "arn:aws:iam::444455556666:root";
const BOB: &str = "arn:aws:iam::444455556666:user/Bob";
const AUDIT: &str = "arn:aws:sts::444455556666:assumed-role/Audit/i-1";

/// Statements of a key policy that nobody in these tests is named by.
const NOBODY: &str =
    r#"{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "*", "Resource": "*"}"#;
/// An identity policy about something else.
const NOTHING: &str = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#;

/// A statement of a key policy.
fn key(effect: &str, principal: &str, action: &str) -> String {
    format!(r#"{{"Effect": "{effect}", "Principal": {{"AWS": "{principal}"}}, "Action": "{action}", "Resource": "*"}}"#)
}

/// A statement of an identity policy.
fn own(effect: &str, action: &str, resource: &str) -> String {
    format!(r#"{{"Effect": "{effect}", "Action": "{action}", "Resource": "{resource}"}}"#)
}

fn policy(kind: PolicyKind, statements: &str) -> Policy {
    Policy::parse(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#), kind).unwrap()
}

/// The estate in which everybody has the same one identity policy, called `own`.
fn estate(identity: &str) -> Estate {
    let policies = || vec![AttachedPolicy { name: "own".into(), policy: policy(PolicyKind::Identity, identity) }];
    let account = |user: &str, role: &str| Account {
        users: [(user.parse().unwrap(), User { policies: policies(), boundary: None })].into_iter().collect(),
        roles: [(role.parse().unwrap(), Role { policies: policies(), ..Role::default() })].into_iter().collect(),
        ..Account::default()
    };
    let accounts = [("111122223333", account("Ann", "Orders")), ("444455556666", account("Bob", "Audit"))];
    Estate {
        accounts: accounts.into_iter().map(|(id, account)| (id.parse().unwrap(), account)).collect(),
        ..Estate::default()
    }
}

enum On {
    /// The key, by an operation that can be used from any account.
    Key,
    /// The key, by an operation of its own account only.
    OwnKey,
    Alias,
    Account,
}

fn decide(key_policy: &str, identity: &str, caller: &str, action: &'static str, on: &On, trace: bool) -> Decision {
    let (estate, key_policy) = (estate(identity), policy(PolicyKind::Key, key_policy));
    let caller: Caller = caller.parse().unwrap();
    let alias: AliasArn = ALIAS.parse().unwrap();
    let (arn, account) = (KEY.parse().unwrap(), "111122223333".parse().unwrap());
    let key = Target::Key { arn, policy: &key_policy, grants: None };
    let (target, reach) = match on {
        On::Key => (key, Reach::AnyAccount),
        On::OwnKey => (key, Reach::OwnAccount),
        On::Alias => (Target::Alias(&alias), Reach::OwnAccount),
        On::Account => (Target::Account(account, Region::US_EAST_1), Reach::OwnAccount),
    };
    let question = Question { caller: &caller, action, target, reach, context: Context::default() };
    authorize(&estate, &question, trace)
}

/// The verdict, who decided, and AWS's reason, on one line.
fn render(decision: &Decision) -> String {
    let Decision { principal, action, resource, verdict, decided_by, .. } = decision;
    let Some(sentence) = decision.access_denied_message() else { return format!("{verdict:?} by {decided_by:?}") };
    let start = format!("User: {principal} is not authorized to perform: {action} on resource: {resource} ");
    let reason = sentence.strip_prefix(&start).expect(&sentence).replace(&format!(" allows the {action} action"), "");
    format!("{verdict:?} by {decided_by:?} {reason}")
}

#[track_caller]
fn check(key_policy: &str, identity: &str, caller: &str, action: &'static str, on: On, expected: &str) {
    let traced = decide(key_policy, identity, caller, action, &on, true);
    let shown = || format!("{key_policy}\n{identity}\n{caller} {action}\n{traced:#?}");
    assert_eq!(render(&traced), expected, "{}", shown());

    let untraced = decide(key_policy, identity, caller, action, &on, false);
    assert_eq!(
        untraced,
        Decision { checks: Vec::new(), context: RequestContext::default(), ..traced.clone() },
        "{}",
        shown()
    );
    assert_eq!(untraced.principal, caller);

    for report in &traced.checks {
        for statement in &report.statements {
            assert_eq!(statement.allows, report.check != Check::ExplicitDeny, "{}", shown());
            let by_parts = statement.principal.as_ref().is_none_or(|part| part.matched)
                && statement.action.matched
                && statement.resource.matched;
            assert_eq!(statement.matched, by_parts, "{}", shown());
        }
        let any_matched = report.statements.iter().any(|statement| statement.matched);
        // Of a layer that denies, only what it allows stands under it.
        if report.result == CheckResult::ExplicitDeny && report.check != Check::ExplicitDeny {
            continue;
        }
        let acted = matches!(report.result, CheckResult::Allow | CheckResult::ExplicitDeny);
        let root_at_home = caller.ends_with(":root") && report.check == Check::IdentityPolicies;
        assert!(any_matched == acted || root_at_home, "{}", shown());
    }
}

const BY_KEY: &str = "Allowed by KeyPolicy";
const BY_OWN: &str = "Allowed by IdentityPolicies";
const NO_KEY: &str = "ImplicitlyDenied by KeyPolicy because no resource-based policy";
const NO_OWN: &str = "ImplicitlyDenied by IdentityPolicies because no identity-based policy";
const BORDER: &str = "ImplicitlyDenied by CrossAccount because no resource-based policy";
const KEY_DENY: &str = "ExplicitlyDenied by ExplicitDeny with an explicit deny in a resource-based policy";
const OWN_DENY: &str = "ExplicitlyDenied by ExplicitDeny with an explicit deny in an identity-based policy";

#[test]
fn in_the_keys_account_delegation_and_the_callers_policy_must_meet() {
    let delegation = key("Allow", "111122223333", "kms:*");
    let allow = own("Allow", "kms:Decrypt", "*");
    let rows = [
        (&*delegation, &*allow, BY_OWN),
        (&*delegation, NOTHING, NO_OWN),
        (NOBODY, &*allow, NO_KEY),
        (NOBODY, NOTHING, NO_KEY),
    ];
    for (key_policy, identity, expected) in rows {
        for caller in [ANN, ORDERS] {
            let deny_by_key = format!("{key_policy}, {}", key("Deny", "*", "kms:Decrypt"));
            let deny_by_own = format!("{identity}, {}", own("Deny", "kms:De*", "*"));
            check(key_policy, identity, caller, "kms:Decrypt", On::Key, expected);
            check(&deny_by_key, identity, caller, "kms:Decrypt", On::Key, KEY_DENY);
            check(key_policy, &deny_by_own, caller, "kms:Decrypt", On::Key, OWN_DENY);
            check(&deny_by_key, &deny_by_own, caller, "kms:Decrypt", On::Key, KEY_DENY);
            check(
                &deny_by_key,
                &deny_by_own,
                caller,
                "kms:Encrypt",
                On::Key,
                if key_policy == NOBODY { NO_KEY } else { NO_OWN },
            );
        }
    }
}

#[test]
fn delegation_covers_the_actions_it_lists() {
    let delegation = key("Allow", ROOT, "kms:Describe*");
    let all = own("Allow", "kms:*", "*");
    check(&delegation, &all, ANN, "kms:DescribeKey", On::Key, BY_OWN);
    check(&delegation, &all, ANN, "kms:Decrypt", On::Key, NO_KEY);
}

#[test]
fn in_the_keys_account_being_named_is_enough() {
    let rows = [
        (ANN, "arn:aws:iam::111122223333:user/Ann", BY_KEY),
        (ANN, "arn:aws:iam::111122223333:user/ann", NO_KEY),
        (ANN, "arn:aws:iam::111122223333:user/team/Ann", NO_KEY),
        (ANN, "arn:aws:iam::111122223333:role/Ann", NO_KEY),
        (ANN, "arn:aws:sts::111122223333:federated-user/Ann", NO_KEY),
        (ANN, "arn:aws:iam::444455556666:user/Ann", NO_KEY),
        (ANN, "*", BY_KEY),
        (ANN, "111122223333", NO_OWN),
        (ANN, ROOT, NO_OWN),
        (ANN, "444455556666", NO_KEY),
        (ORDERS, "arn:aws:iam::111122223333:role/Orders", BY_KEY),
        (ORDERS, "arn:aws:iam::111122223333:role/service/Orders", NO_KEY),
        (ORDERS, "arn:aws:iam::111122223333:role/Other", NO_KEY),
        (ORDERS, "arn:aws:iam::111122223333:user/Orders", NO_KEY),
        (ORDERS, "arn:aws:sts::111122223333:assumed-role/Orders/i-1", BY_KEY),
        (ORDERS, "arn:aws:sts::111122223333:assumed-role/Orders/i-2", NO_KEY),
        (ORDERS, "arn:aws:sts::111122223333:assumed-role/Other/i-1", NO_KEY),
        (ORDERS, "*", BY_KEY),
        (ORDERS, "111122223333", NO_OWN),
    ];
    for (caller, principal, expected) in rows {
        check(&key("Allow", principal, "kms:Decrypt"), NOTHING, caller, "kms:Decrypt", On::Key, expected);
        let denied = if expected == NO_KEY { BY_KEY } else { KEY_DENY };
        let anyone_but = format!("{}, {}", key("Allow", "*", "kms:*"), key("Deny", principal, "kms:Decrypt"));
        check(&anyone_but, NOTHING, caller, "kms:Decrypt", On::Key, denied);
    }
    // Named as itself and by its account: itself gives more, in whichever order.
    for list in [format!(r#""{ROOT}", "{ANN}""#), format!(r#""{ANN}", "{ROOT}""#)] {
        let both =
            format!(r#"{{"Effect": "Allow", "Principal": {{"AWS": [{list}]}}, "Action": "*", "Resource": "*"}}"#);
        check(&both, NOTHING, ANN, "kms:Decrypt", On::Key, BY_KEY);
    }
    for pair in [[ROOT, ANN], [ANN, ROOT]] {
        let both = pair.map(|principal| key("Allow", principal, "kms:*")).join(", ");
        check(&both, NOTHING, ANN, "kms:Decrypt", On::Key, BY_KEY);
    }
}

#[test]
fn from_another_account_both_sides_must_allow() {
    let allow = own("Allow", "kms:Decrypt", "arn:aws:kms:*:111122223333:key/*");
    let elsewhere = own("Allow", "kms:Decrypt", "arn:aws:kms:*:444455556666:key/*");
    for (caller, name) in [(BOB, "arn:aws:iam::444455556666:user/Bob"), (AUDIT, "arn:aws:iam::444455556666:role/Audit")]
    {
        for principal in [name, "444455556666", FOREIGN_ROOT, "*"] {
            let trust = key("Allow", principal, "kms:*");
            check(&trust, &allow, caller, "kms:Decrypt", On::Key, BY_OWN);
            check(&trust, NOTHING, caller, "kms:Decrypt", On::Key, NO_OWN);
            check(&trust, &elsewhere, caller, "kms:Decrypt", On::Key, NO_OWN);
            check(NOBODY, &allow, caller, "kms:Decrypt", On::Key, NO_KEY);
            check(NOBODY, NOTHING, caller, "kms:Decrypt", On::Key, NO_KEY);
            // What cannot cross is not allowed by anything, but a Deny is still the reason where there is one.
            check(&trust, &own("Allow", "kms:*", "*"), caller, "kms:DisableKey", On::OwnKey, BORDER);
            let deny_by_key = format!("{trust}, {}", key("Deny", principal, "kms:D*"));
            check(&deny_by_key, &allow, caller, "kms:Decrypt", On::Key, KEY_DENY);
            check(&deny_by_key, &allow, caller, "kms:DisableKey", On::OwnKey, KEY_DENY);
            check(&trust, &format!("{allow}, {}", own("Deny", "*", KEY)), caller, "kms:Decrypt", On::Key, OWN_DENY);
        }
        // The key's account does not include anybody of another.
        check(&key("Allow", "111122223333", "kms:*"), &allow, caller, "kms:Decrypt", On::Key, NO_KEY);
    }
}

#[test]
fn a_root_user_has_no_policies_and_no_key_of_its_own() {
    check(NOBODY, NOTHING, ROOT, "kms:Decrypt", On::Key, NO_KEY);
    check(&key("Allow", "111122223333", "kms:*"), NOTHING, ROOT, "kms:Decrypt", On::Key, BY_KEY);
    check(&key("Allow", ROOT, "kms:*"), NOTHING, ROOT, "kms:DisableKey", On::OwnKey, BY_KEY);
    check(&key("Allow", ROOT, "kms:Describe*"), NOTHING, ROOT, "kms:Decrypt", On::Key, NO_KEY);
    check(&key("Allow", "*", "kms:*"), NOTHING, ROOT, "kms:Decrypt", On::Key, BY_KEY);
    check(&key("Allow", ANN, "kms:*"), NOTHING, ROOT, "kms:Decrypt", On::Key, NO_KEY);
    check(
        &format!("{}, {}", key("Allow", ROOT, "*"), key("Deny", ROOT, "*")),
        NOTHING,
        ROOT,
        "kms:Decrypt",
        On::Key,
        KEY_DENY,
    );

    check(NOBODY, NOTHING, ROOT, "kms:CreateKey", On::Account, BY_OWN);
    check(NOBODY, NOTHING, ROOT, "kms:CreateAlias", On::Alias, BY_OWN);
    check(NOBODY, NOTHING, FOREIGN_ROOT, "kms:CreateKey", On::Account, BORDER);
    check(NOBODY, NOTHING, FOREIGN_ROOT, "kms:CreateAlias", On::Alias, BORDER);

    check(NOBODY, NOTHING, FOREIGN_ROOT, "kms:Decrypt", On::Key, NO_KEY);
    check(&key("Allow", "111122223333", "kms:*"), NOTHING, FOREIGN_ROOT, "kms:Decrypt", On::Key, NO_KEY);
    check(&key("Allow", "444455556666", "kms:*"), NOTHING, FOREIGN_ROOT, "kms:Decrypt", On::Key, BY_KEY);
    check(&key("Allow", "444455556666", "kms:*"), NOTHING, FOREIGN_ROOT, "kms:DisableKey", On::OwnKey, BORDER);
}

#[test]
fn aliases_and_accounts_are_decided_by_the_callers_policies_alone() {
    let anyone = key("Allow", "*", "kms:*");
    let nobody = key("Deny", "*", "kms:*");
    let all = own("Allow", "kms:*", "*");
    let keys = own("Allow", "kms:*", "arn:aws:kms:*:*:key/*");
    let aliases = own("Allow", "kms:*", "arn:aws:kms:*:111122223333:alias/ord*");
    let everything_named = own("Allow", "kms:*", "arn:aws:kms:*:*:*");
    check(&nobody, &all, ANN, "kms:CreateKey", On::Account, BY_OWN);
    check(&anyone, NOTHING, ANN, "kms:CreateKey", On::Account, NO_OWN);
    check(&anyone, &keys, ANN, "kms:ListKeys", On::Account, NO_OWN);
    check(&anyone, &everything_named, ANN, "kms:ListKeys", On::Account, NO_OWN);
    check(&anyone, &format!("{all}, {}", own("Deny", "kms:ListKeys", "*")), ANN, "kms:ListKeys", On::Account, OWN_DENY);
    check(&anyone, &all, BOB, "kms:ListKeys", On::Account, BORDER);

    check(&nobody, &all, ORDERS, "kms:CreateAlias", On::Alias, BY_OWN);
    check(&nobody, &aliases, ORDERS, "kms:CreateAlias", On::Alias, BY_OWN);
    check(&nobody, &everything_named, ORDERS, "kms:CreateAlias", On::Alias, BY_OWN);
    check(&anyone, &keys, ORDERS, "kms:CreateAlias", On::Alias, NO_OWN);
    check(&anyone, NOTHING, ORDERS, "kms:CreateAlias", On::Alias, NO_OWN);
    check(&anyone, &all, BOB, "kms:CreateAlias", On::Alias, BORDER);
    // An alias as a resource never means the key behind it.
    check(&key("Allow", ROOT, "kms:*"), &aliases, ANN, "kms:Decrypt", On::Key, NO_OWN);
}

#[test]
fn a_wrong_action_name_allows_nothing() {
    for (listed, expected) in [("kms:ReEncrypt", NO_KEY), ("kms:ReEncrypt*", BY_KEY), ("KMS:REENCRYPT????*", NO_KEY)] {
        check(&key("Allow", ANN, listed), NOTHING, ANN, "kms:ReEncryptTo", On::Key, expected);
    }
    check(&key("Allow", ANN, "kms:ReEncrypt"), NOTHING, ANN, "kms:ReEncryptFrom", On::Key, NO_KEY);
    check(&key("Allow", ANN, "kms:ReEncrypt*"), NOTHING, ANN, "kms:ReEncryptFrom", On::Key, BY_KEY);
    check(&key("Allow", ANN, "*"), NOTHING, ANN, "kms:ReEncryptFrom", On::Key, BY_KEY);
}

#[test]
fn the_resource_of_a_key_policy_is_its_key() {
    let of = |resource: &str| {
        key("Allow", ANN, "kms:*").replace(r#""Resource": "*""#, &format!(r#""Resource": "{resource}""#))
    };
    check(&of(KEY), NOTHING, ANN, "kms:Decrypt", On::Key, BY_KEY);
    check(&of("arn:aws:kms:us-east-1:111122223333:key/other"), NOTHING, ANN, "kms:Decrypt", On::Key, NO_KEY);
    check(&of(ALIAS), NOTHING, ANN, "kms:Decrypt", On::Key, NO_KEY);
    check(&of("kms:Decrypt"), NOTHING, ANN, "kms:Decrypt", On::Key, NO_KEY);
}

#[test]
fn a_statement_without_action_or_resource_does_nothing() {
    let deny_without_action = format!(
        r#"{{"Effect": "Deny", "Principal": "*", "Resource": ["*", "kms:Decrypt"]}}, {}"#,
        key("Allow", ANN, "*")
    );
    check(&deny_without_action, NOTHING, ANN, "kms:Decrypt", On::Key, BY_KEY);
    let deny_without_resource = deny_without_action.replace(r#""Resource": ["*", "kms:Decrypt"]"#, r#""Action": "*""#);
    check(&deny_without_resource, NOTHING, ANN, "kms:Decrypt", On::Key, BY_KEY);

    let study_notes_json_3 = r#"{"Effect": "Allow", "Principal": "*", "Resource": ["kms:Encrypt", "kms:Decrypt"]}"#;
    check(study_notes_json_3, NOTHING, ANN, "kms:Decrypt", On::Key, NO_KEY);
    let decision = decide(study_notes_json_3, NOTHING, ANN, "kms:Decrypt", &On::Key, true);
    let statement = &decision.checks[2].statements[0];
    assert!(!statement.matched && statement.principal.as_ref().unwrap().matched);
    assert_eq!((statement.action.matched, statement.action.span), (false, None));
    assert!(statement.resource.span.is_some());
}

/// One line for each check, and under it one for each statement with the texts that decided.
fn render_trace(decision: &Decision, texts: [&str; 2]) -> String {
    let mut lines = Vec::new();
    for report in &decision.checks {
        lines.push(format!("{:?}: {:?}", report.check, report.result));
        for statement in &report.statements {
            let text = texts[usize::from(statement.principal.is_none())];
            let part = |part: &super::decision::ElementReport| {
                let shown = part.span.map_or("nothing", |span| &text[span.start as usize..span.end as usize]);
                format!("{}{shown}", if part.matched { "+" } else { "-" })
            };
            let principal = statement.principal.as_ref().map_or(String::new(), part);
            let (action, resource) = (part(&statement.action), part(&statement.resource));
            let delegates = if statement.delegates { " delegates" } else { "" };
            lines.push(format!("  #{} {principal} {action} {resource}{delegates}", statement.index));
        }
    }
    lines.join("\n")
}

#[test]
fn a_trace_shows_every_statement_and_what_decided_it() {
    let key_policy = [
        key("Allow", ROOT, "kms:*"),
        key("Deny", BOB, "kms:Decrypt"),
        r#"{"Effect": "Allow", "Principal": {"AWS": ["444455556666", "*"]}, "Action": ["kms:A", "kms:B"], "Resource": "*"}"#.to_owned(),
    ]
    .join(", ");
    let identity = format!("{}, {}", own("Deny", "kms:Enc*", "*"), own("Allow", "kms:Dec*", KEY));
    let decision = decide(&key_policy, &identity, ANN, "kms:Decrypt", &On::Key, true);
    let texts = [policy(PolicyKind::Key, &key_policy), policy(PolicyKind::Identity, &identity)];
    let expected = format!(
        r#"ExplicitDeny: NoImpact
  #1 -{{"AWS": "{BOB}"}} +"kms:Decrypt" +"*"
  #0  -"kms:Enc*" +"*"
CrossAccount: NoImpact
KeyPolicy: Allow
  #0 +"{ROOT}" +"kms:*" +"*" delegates
  #2 +"*" -["kms:A", "kms:B"] +"*"
IdentityPolicies: Allow
  #1  +"kms:Dec*" +"{KEY}""#
    );
    assert_eq!(render_trace(&decision, [texts[0].text(), texts[1].text()]), expected);
    assert_eq!((decision.verdict, decision.decided_by), (Verdict::Allowed, Check::IdentityPolicies));
}

/// The result of each check, in order.
#[track_caller]
fn check_results(key_policy: &str, identity: &str, caller: &str, on: On, expected: &str) {
    let decision = decide(key_policy, identity, caller, "kms:Decrypt", &on, true);
    let results: Vec<_> =
        decision.checks.iter().map(|report| format!("{:?} {:?}", report.check, report.result)).collect();
    assert_eq!(results.join(", "), expected);
}

#[test]
fn each_check_reports_what_it_found_by_itself() {
    use CheckResult::{Allow, ExplicitDeny, ImplicitDeny, NoImpact};
    let results = |deny: CheckResult, border: CheckResult, key: CheckResult, own: CheckResult| {
        format!("ExplicitDeny {deny:?}, CrossAccount {border:?}, KeyPolicy {key:?}, IdentityPolicies {own:?}")
    };
    let (anyone, delegation) = (key("Allow", "*", "*"), key("Allow", ROOT, "*"));
    let allow = own("Allow", "kms:*", "*");
    check_results(&anyone, NOTHING, ANN, On::Key, &results(NoImpact, NoImpact, Allow, NoImpact));
    check_results(&anyone, &allow, ANN, On::Key, &results(NoImpact, NoImpact, Allow, Allow));
    check_results(&delegation, NOTHING, ANN, On::Key, &results(NoImpact, NoImpact, Allow, ImplicitDeny));
    check_results(&delegation, NOTHING, ROOT, On::Key, &results(NoImpact, NoImpact, Allow, NoImpact));
    check_results(NOBODY, &allow, ANN, On::Key, &results(NoImpact, NoImpact, ImplicitDeny, Allow));
    check_results(&anyone, NOTHING, BOB, On::Key, &results(NoImpact, NoImpact, Allow, ImplicitDeny));
    check_results(&anyone, &allow, BOB, On::OwnKey, &results(NoImpact, ImplicitDeny, Allow, Allow));
    check_results(&key("Deny", "*", "*"), &allow, ANN, On::Key, &results(ExplicitDeny, NoImpact, ExplicitDeny, Allow));
    check_results(
        NOBODY,
        NOTHING,
        ANN,
        On::Account,
        "ExplicitDeny NoImpact, CrossAccount NoImpact, IdentityPolicies ImplicitDeny",
    );
    check_results(
        NOBODY,
        NOTHING,
        ROOT,
        On::Account,
        "ExplicitDeny NoImpact, CrossAccount NoImpact, IdentityPolicies Allow",
    );
}

/// The default world with the default key policy: what people can do there on the first day.
#[track_caller]
fn check_default(caller: &str, action: &'static str, reach: Reach, expected: Verdict) {
    let arn: KeyArn = KEY.parse().unwrap();
    let key_policy = Policy::parse(&default_key_policy(arn.account), PolicyKind::Key).unwrap();
    let target = Target::Key { arn, policy: &key_policy, grants: None };
    let caller = caller.parse().unwrap();
    let question = Question { caller: &caller, action, target, reach, context: Context::default() };
    let decision = authorize(&Estate::default_world(), &question, true);
    assert_eq!(decision.verdict, expected, "{decision:#?}");
}

#[test]
fn key_administrators_administer_and_developers_use() {
    use Verdict::{Allowed, ImplicitlyDenied};
    let user = |name: &str| format!("arn:aws:iam::111122223333:user/{name}");
    for action in
        ["kms:PutKeyPolicy", "kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:TagResource"]
    {
        check_default(&user("KMSKeyAdmin"), action, Reach::OwnAccount, Allowed);
        check_default(&user("Administrator"), action, Reach::OwnAccount, Allowed);
        check_default(&user("Developer"), action, Reach::OwnAccount, ImplicitlyDenied);
    }
    for action in ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"] {
        check_default(&user("KMSKeyAdmin"), action, Reach::AnyAccount, ImplicitlyDenied);
        check_default(&user("Administrator"), action, Reach::AnyAccount, Allowed);
        check_default(&user("Developer"), action, Reach::AnyAccount, Allowed);
        check_default("arn:aws:iam::444455556666:user/Administrator", action, Reach::AnyAccount, ImplicitlyDenied);
    }
    let orders = "arn:aws:sts::111122223333:assumed-role/OrdersApp/i-1";
    check_default(orders, "kms:GenerateDataKeyWithoutPlaintext", Reach::AnyAccount, Allowed);
    check_default(orders, "kms:Encrypt", Reach::AnyAccount, ImplicitlyDenied);
    check_default(&user("Nobody"), "kms:Decrypt", Reach::AnyAccount, ImplicitlyDenied);
    check_default(ROOT, "kms:Decrypt", Reach::AnyAccount, Allowed);
}

#[test]
fn the_lockout_question_is_put_to_the_key_policy_alone() {
    let rows = [
        (key("Allow", ROOT, "kms:*"), ANN, true),
        (key("Allow", ANN, "kms:Put*"), ANN, true),
        (key("Allow", ANN, "kms:Get*"), ANN, false),
        (key("Allow", "arn:aws:iam::111122223333:user/Ben", "kms:*"), ANN, false),
        (format!("{}, {}", key("Allow", ROOT, "*"), key("Deny", ANN, "kms:PutKeyPolicy")), ANN, false),
        (format!("{}, {}", key("Allow", ROOT, "*"), key("Deny", ANN, "kms:PutKeyPolicy")), ORDERS, true),
    ];
    for (key_policy, caller, expected) in rows {
        let parsed = policy(PolicyKind::Key, &key_policy);
        let allows = key_policy_allows(
            &Estate::default_world(),
            &parsed,
            &caller.parse().unwrap(),
            "kms:PutKeyPolicy",
            KEY.parse().unwrap(),
        );
        assert_eq!(allows, expected, "{key_policy} {caller}");
    }
}

/// A policy of the wrong kind in a damaged snapshot must not open a key to everybody.
#[test]
fn an_identity_policy_on_a_key_allows_nobody() {
    let misplaced = policy(PolicyKind::Identity, &own("Allow", "kms:*", "*"));
    let target = Target::Key { arn: KEY.parse().unwrap(), policy: &misplaced, grants: None };
    let estate = estate(&own("Allow", "kms:*", "*"));
    let caller = ANN.parse().unwrap();
    let (action, reach, context) = ("kms:Decrypt", Reach::AnyAccount, Context::default());
    let decision = authorize(&estate, &Question { caller: &caller, action, target, reach, context }, true);
    assert_eq!(render(&decision), NO_KEY);
}

/// The policy of an AWS managed key asks who makes the request for the caller.
#[test]
fn through_a_service_is_not_the_same_as_directly() {
    let through = r#""Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}, "StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}"#;
    let statements = format!(
        r#"{{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", {through}}}, {}"#,
        key("Allow", ROOT, "kms:Describe*")
    );
    let managed = policy(PolicyKind::Key, &statements);
    let (estate, target) = (estate(NOTHING), Target::Key { arn: KEY.parse().unwrap(), policy: &managed, grants: None });
    let rows = [
        (ANN, "kms:Decrypt", None, NO_KEY),
        (ROOT, "kms:Decrypt", None, NO_KEY),
        (ANN, "kms:Decrypt", Some("s3.us-east-1.amazonaws.com"), BY_KEY),
        (ROOT, "kms:Decrypt", Some("s3.eu-west-1.amazonaws.com"), BY_KEY),
        (ANN, "kms:Decrypt", Some("sqs.us-east-1.amazonaws.com"), NO_KEY),
        (BOB, "kms:Decrypt", Some("s3.us-east-1.amazonaws.com"), NO_KEY),
        (ANN, "kms:Encrypt", Some("s3.us-east-1.amazonaws.com"), NO_KEY),
        (ROOT, "kms:DescribeKey", None, BY_KEY),
    ];
    for (caller, action, via_service, expected) in rows {
        let forwarding =
            via_service.map(|service: &str| Forwarding { services: vec![service.into()], ..Forwarding::default() });
        let context = Context { forwarding: forwarding.as_ref(), ..Context::default() };
        let caller: Caller = caller.parse().unwrap();
        let question = Question { caller: &caller, action, target, reach: Reach::AnyAccount, context };
        let decision = authorize(&estate, &question, true);
        assert_eq!(render(&decision), expected, "{caller} {action} {via_service:?} {decision:#?}");
    }
}
