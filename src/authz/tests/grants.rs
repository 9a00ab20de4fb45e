use proptest::{prelude::*, sample::subsequence};

use super::*;
use crate::{
    arn::GrantId,
    authz::{
        decision::{GrantPart, GrantReport},
        subject::Subject,
    },
    clock::Timestamp,
    crypto::context::EncryptionContext,
    kms::{
        Grant, World,
        grant::{Constraints, ContextConstraint, GrantOperation, GrantPrincipal, Terms},
    },
};

const BY_GRANT: &str = "Allowed by Grants";
const NO_GRANT: &str = "ImplicitlyDenied by Grants because no resource-based policy";
const ORDERS_ROLE: &str = "arn:aws:iam::111122223333:role/Orders";
const AUDIT_ROLE: &str = "arn:aws:iam::444455556666:role/Audit";
const SERVICE: &str = "s3.us-east-1.amazonaws.com";

/// `grantee; operations; constraints`, with `; retired by …`, `; issued by …` where that matters. Constraints are
/// written as `=a:1 b:2` or `>a:1`, or `-`.
fn terms(text: &str) -> (Terms, &str) {
    let mut parts = text.split("; ");
    let (grantee, operations, constraint) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let mut terms = Terms {
        grantee: grantee.parse().unwrap(),
        retiring: None,
        operations: operations.split(' ').map(|name| name.parse().unwrap()).collect(),
        constraints: constraints(constraint),
        name: None,
    };
    let mut issuer = "111122223333";
    for part in parts {
        match part.split_once(" by ").unwrap() {
            ("retired", who) => terms.retiring = Some(who.parse().unwrap()),
            ("issued", account) => issuer = account,
            other => panic!("{other:?}"),
        }
    }
    (terms, issuer)
}

fn constraints(text: &str) -> Constraints {
    let encryption_context = match text.split_at(1) {
        ("-", _) => None,
        ("=", pairs) => Some(ContextConstraint::Equals(context(pairs))),
        (">", pairs) => Some(ContextConstraint::Subset(context(pairs))),
        other => panic!("{other:?}"),
    };
    Constraints { encryption_context, source_arn: None }
}

fn context(text: &str) -> EncryptionContext {
    text.split_whitespace().map(|pair| pair.split_once(':').unwrap()).collect()
}

/// A world with these grants on the key, in this order of ids.
fn world(grants: &[&str]) -> (World, Vec<std::sync::Arc<Grant>>) {
    let mut world = World::new(Timestamp::from_millis(0), crate::entropy::Seed::from_number(7));
    let mut made: Vec<_> = grants
        .iter()
        .map(|text| {
            let (terms, issuer) = terms(text);
            world.add_grant(KEY.parse().unwrap(), terms, issuer.parse().unwrap(), None).unwrap().0
        })
        .collect();
    made.sort_by_key(|grant| grant.id);
    (world, made)
}

/// What the request is besides its caller: an operation with a context, the grant that is to be created, or nothing.
#[derive(Clone, Copy)]
enum Asked<'a> {
    In(&'a str),
    ToCreate(&'a str),
    Plain,
}

struct Case<'a> {
    key_policy: &'a str,
    identity: &'a str,
    grants: &'a [&'a str],
}

impl Case<'_> {
    fn decide(&self, caller: &str, action: &'static str, asked: Asked<'_>) -> Decision {
        let (world, _) = world(self.grants);
        let (estate, key_policy) = (estate(self.identity), policy(PolicyKind::Key, self.key_policy));
        let arn = KEY.parse().unwrap();
        let target = Target::Key { arn, policy: &key_policy, grants: Some(world.grants().of(&arn)) };
        let (pairs, new);
        let context = match asked {
            Asked::In(text) => {
                pairs = context(text);
                Context::of(&pairs)
            }
            Asked::ToCreate(text) => {
                new = terms(text).0;
                Context { new_grant: Some(&new), ..Context::default() }
            }
            Asked::Plain => Context::default(),
        };
        let caller: Caller = caller.parse().unwrap();
        let question = Question { caller: &caller, action, target, reach: Reach::AnyAccount, context };
        let traced = authorize(&estate, &question, true);
        let untraced = authorize(&estate, &question, false);
        assert_eq!(untraced, Decision { checks: Vec::new(), context: RequestContext::default(), ..traced.clone() });
        let report = traced.checks.iter().find(|report| report.check == Check::Grants);
        for grant in report.iter().flat_map(|report| &report.grants) {
            assert_eq!(grant.matched, grant.findings.iter().all(|finding| finding.matched), "{grant:#?}");
        }
        let any = report.is_some_and(|report| report.grants.iter().any(|grant| grant.matched));
        assert_eq!(any, report.is_some_and(|report| report.result == CheckResult::Allow));
        assert!(traced.granted_by.is_none() || (any && traced.verdict == Verdict::Allowed));
        traced
    }

    #[track_caller]
    fn check(&self, caller: &str, action: &'static str, asked: Asked<'_>, expected: &str) {
        let decision = self.decide(caller, action, asked);
        assert_eq!(render(&decision), expected, "{decision:#?}");
    }
}

#[test]
fn in_the_keys_account_a_grant_is_enough() {
    let grants = &[&*format!("{ANN}; Decrypt DescribeKey; -"), &*format!("{ORDERS_ROLE}; Encrypt; -")];
    for key_policy in [NOBODY, &key("Allow", ROOT, "kms:*"), &key("Allow", BOB, "kms:*")] {
        let case = Case { key_policy, identity: NOTHING, grants };
        let otherwise = if key_policy.contains("root") { NO_OWN } else { NO_KEY };
        case.check(ANN, "kms:Decrypt", Asked::In(""), BY_GRANT);
        case.check(ANN, "kms:DescribeKey", Asked::Plain, BY_GRANT);
        case.check(ANN, "kms:Encrypt", Asked::In(""), otherwise);
        case.check(ORDERS, "kms:Encrypt", Asked::In(""), BY_GRANT);
        case.check(ORDERS, "kms:Decrypt", Asked::In(""), otherwise);
    }
    // What a policy allows needs no grant.
    Case { key_policy: &key("Allow", ANN, "kms:*"), identity: NOTHING, grants }.check(
        ANN,
        "kms:Decrypt",
        Asked::In(""),
        BY_KEY,
    );
    Case { key_policy: &key("Allow", ROOT, "kms:*"), identity: &own("Allow", "kms:*", "*"), grants }.check(
        ANN,
        "kms:Decrypt",
        Asked::In(""),
        BY_OWN,
    );
}

#[test]
fn a_deny_wins_over_a_grant() {
    let grants = &[&*format!("{ANN}; Decrypt; -")];
    Case { key_policy: &key("Deny", ANN, "kms:Decrypt"), identity: NOTHING, grants }.check(
        ANN,
        "kms:Decrypt",
        Asked::In(""),
        KEY_DENY,
    );
    Case { key_policy: NOBODY, identity: &own("Deny", "kms:*", "*"), grants }.check(
        ANN,
        "kms:Decrypt",
        Asked::In(""),
        OWN_DENY,
    );
}

#[test]
fn the_grantee_is_who_is_named() {
    let rows = [
        (ANN, ANN, BY_GRANT),
        (ANN, "arn:aws:iam::111122223333:user/ann", NO_KEY),
        (ANN, "arn:aws:iam::111122223333:user/team/Ann", NO_KEY),
        (ANN, "arn:aws:iam::111122223333:role/Ann", NO_KEY),
        (ANN, "arn:aws:sts::111122223333:federated-user/Ann", NO_KEY),
        (ANN, SERVICE, NO_KEY),
        (ANN, ROOT, NO_OWN),
        (ROOT, ROOT, BY_GRANT),
        (ROOT, ANN, NO_KEY),
        (ORDERS, ORDERS_ROLE, BY_GRANT),
        (ORDERS, ORDERS, BY_GRANT),
        (ORDERS, "arn:aws:sts::111122223333:assumed-role/Orders/i-2", NO_KEY),
        (ORDERS, ROOT, NO_OWN),
        (BOB, ROOT, NO_KEY),
    ];
    for (caller, grantee, expected) in rows {
        let case = Case { key_policy: NOBODY, identity: NOTHING, grants: &[&*format!("{grantee}; Decrypt; -")] };
        case.check(caller, "kms:Decrypt", Asked::In(""), expected);
        let found = GrantPrincipal::named(&grantee.parse().unwrap()).clone();
        let caller: Caller = caller.parse().unwrap();
        assert_eq!(
            Subject::from(&caller).taken_in_by(&found).is_some(),
            caller.principals().contains(&found),
            "{caller} {grantee}"
        );
    }
    // An account as grantee leaves the rest to its own policies, as in a key policy.
    let allow = own("Allow", "kms:Decrypt", KEY);
    let case = Case { key_policy: NOBODY, identity: &allow, grants: &[&*format!("{ROOT}; Decrypt; -")] };
    case.check(ANN, "kms:Decrypt", Asked::In(""), BY_OWN);
    assert!(case.decide(ANN, "kms:Decrypt", Asked::In("")).granted_by.is_some());
}

#[test]
fn from_another_account_the_own_side_must_allow_too() {
    let allow = own("Allow", "kms:Decrypt", "*");
    for (caller, grantee) in [(BOB, BOB), (AUDIT, AUDIT_ROLE)] {
        // Issued by the key's account: a grant and a policy.
        let theirs = &[&*format!("{grantee}; Decrypt; -")];
        Case { key_policy: NOBODY, identity: NOTHING, grants: theirs }.check(
            caller,
            "kms:Decrypt",
            Asked::In(""),
            NO_OWN,
        );
        Case { key_policy: NOBODY, identity: &allow, grants: theirs }.check(
            caller,
            "kms:Decrypt",
            Asked::In(""),
            BY_OWN,
        );
        // Issued by the caller's own account: the grant says both.
        let own = &[&*format!("{grantee}; Decrypt; -; issued by 444455556666")];
        Case { key_policy: NOBODY, identity: NOTHING, grants: own }.check(
            caller,
            "kms:Decrypt",
            Asked::In(""),
            BY_GRANT,
        );
        Case { key_policy: NOBODY, identity: NOTHING, grants: own }.check(caller, "kms:Encrypt", Asked::In(""), NO_KEY);
    }
    let account = &[&*format!("{FOREIGN_ROOT}; Decrypt; -")];
    Case { key_policy: NOBODY, identity: NOTHING, grants: account }.check(
        FOREIGN_ROOT,
        "kms:Decrypt",
        Asked::In(""),
        BY_GRANT,
    );
    Case { key_policy: NOBODY, identity: NOTHING, grants: account }.check(BOB, "kms:Decrypt", Asked::In(""), NO_OWN);
    Case { key_policy: NOBODY, identity: &allow, grants: account }.check(BOB, "kms:Decrypt", Asked::In(""), BY_OWN);
}

#[test]
fn constraints_bear_on_the_operations_that_take_a_context() {
    let rows = [
        ("=a:1 b:2", "kms:Decrypt", Asked::In("b:2 a:1"), BY_GRANT),
        ("=a:1 b:2", "kms:Decrypt", Asked::In("a:1"), NO_KEY),
        ("=a:1 b:2", "kms:Decrypt", Asked::In("a:1 b:2 c:3"), NO_KEY),
        ("=a:1", "kms:Decrypt", Asked::In("A:1"), NO_KEY),
        ("=a:x", "kms:Decrypt", Asked::In("a:X"), NO_KEY),
        ("=a:1", "kms:Decrypt", Asked::In(""), NO_KEY),
        ("=", "kms:Decrypt", Asked::In(""), BY_GRANT),
        ("=", "kms:Decrypt", Asked::In("a:1"), NO_KEY),
        (">a:1", "kms:Decrypt", Asked::In("a:1 b:2"), BY_GRANT),
        (">a:1", "kms:Decrypt", Asked::In("a:1"), BY_GRANT),
        (">a:1", "kms:Decrypt", Asked::In("a:2 b:1"), NO_KEY),
        (">a:1", "kms:Decrypt", Asked::In(""), NO_KEY),
        (">", "kms:Decrypt", Asked::In("a:1"), BY_GRANT),
        (">a:1", "kms:Decrypt", Asked::Plain, NO_KEY),
        ("=a:1", "kms:DescribeKey", Asked::Plain, BY_GRANT),
    ];
    for (constraint, action, asked, expected) in rows {
        let grants = &[&*format!("{ANN}; Decrypt DescribeKey; {constraint}")];
        Case { key_policy: NOBODY, identity: NOTHING, grants }.check(ANN, action, asked, expected);
    }
    // One of several is enough.
    let grants = &[&*format!("{ANN}; Decrypt; =a:1"), &*format!("{ANN}; Decrypt; =a:2")];
    for (asked, expected) in [("a:1", BY_GRANT), ("a:2", BY_GRANT), ("a:3", NO_KEY)] {
        Case { key_policy: NOBODY, identity: NOTHING, grants }.check(ANN, "kms:Decrypt", Asked::In(asked), expected);
    }
}

#[test]
fn a_child_grant_stays_within_its_parent() {
    let child = |operations: &str, constraint: &str| format!("{ORDERS_ROLE}; {operations}; {constraint}");
    let rows = [
        ("-", child("Decrypt", "-"), BY_GRANT),
        ("-", child("Decrypt CreateGrant", "=a:1"), BY_GRANT),
        ("-", child("Encrypt", "-"), NO_KEY),
        ("-", child("Decrypt Encrypt", "-"), NO_KEY),
        (">a:1", child("Decrypt", ">a:1"), BY_GRANT),
        (">a:1", child("Decrypt", ">a:1 b:2"), BY_GRANT),
        (">a:1", child("Decrypt", "=a:1 b:2"), BY_GRANT),
        (">a:1", child("Decrypt", "-"), NO_KEY),
        (">a:1", child("Decrypt", ">a:2"), NO_KEY),
        (">a:1", child("Decrypt", "=b:2"), NO_KEY),
        ("=a:1", child("Decrypt", "=a:1"), BY_GRANT),
        ("=a:1", child("Decrypt", ">a:1"), NO_KEY),
        ("=a:1", child("Decrypt", "=a:1 b:2"), NO_KEY),
    ];
    for (constraint, child, expected) in rows {
        let grants = &[&*format!("{ANN}; CreateGrant Decrypt; {constraint}")];
        let case = Case { key_policy: NOBODY, identity: NOTHING, grants };
        case.check(ANN, "kms:CreateGrant", Asked::ToCreate(&child), expected);
        // A policy knows no such limit, and the grant has no part in it then.
        let policy = Case { key_policy: &key("Allow", ANN, "kms:CreateGrant"), ..case };
        policy.check(ANN, "kms:CreateGrant", Asked::ToCreate(&child), BY_KEY);
        assert_eq!(policy.decide(ANN, "kms:CreateGrant", Asked::ToCreate(&child)).granted_by, None);
    }
}

#[test]
fn a_source_is_asked_of_services_only() {
    let (mut world, _) = world(&[]);
    let (mut of_ann, issuer) = terms("arn:aws:iam::111122223333:user/Ann; Decrypt; -");
    of_ann.constraints.source_arn = Some("arn:aws:s3:::bucket".to_owned());
    let arn = KEY.parse().unwrap();
    world.add_grant(arn, of_ann, issuer.parse().unwrap(), None).unwrap();
    let (caller, nobody) = (ANN.parse().unwrap(), policy(PolicyKind::Key, NOBODY));
    let target = Target::Key { arn, policy: &nobody, grants: Some(world.grants().of(&arn)) };
    let (action, reach, context) = ("kms:Decrypt", Reach::AnyAccount, Context::default());
    let decision = authorize(&estate(NOTHING), &Question { caller: &caller, action, target, reach, context }, true);
    assert_eq!(render(&decision), BY_GRANT);
}

/// A demand for which no grant may speak is decided without them, whatever they would say.
#[test]
fn grants_are_asked_only_where_they_can_be_given() {
    let (world, _) = world(&[&format!("{ANN}; Decrypt CreateGrant; -")]);
    let (arn, nobody) = (KEY.parse().unwrap(), policy(PolicyKind::Key, NOBODY));
    let caller = ANN.parse().unwrap();
    let grants = world.grants().of(&arn);
    for (action, grants, listed) in
        [("kms:Decrypt", Some(grants), true), ("kms:Decrypt", None, false), ("kms:ListGrants", Some(grants), false)]
    {
        let target = Target::Key { arn, policy: &nobody, grants };
        let (reach, context) = (Reach::AnyAccount, Context::default());
        let decision = authorize(&estate(NOTHING), &Question { caller: &caller, action, target, reach, context }, true);
        assert_eq!(decision.verdict == Verdict::Allowed, listed, "{action}");
        assert_eq!(decision.checks.iter().any(|report| report.check == Check::Grants), listed, "{action}");
    }
}

#[track_caller]
fn check_retiring(key_policy: &str, grant: &str, identity: &str, caller: &str, expected: &str) {
    let (_, grants) = world(&[grant]);
    let caller: Caller = caller.parse().unwrap();
    let (action, reach, context) = ("kms:RetireGrant", Reach::AnyAccount, Context::default());
    let policy = policy(PolicyKind::Key, key_policy);
    let target = Target::Grant { grant: &grants[0], policy: &policy };
    let question = Question { caller: &caller, action, target, reach, context };
    let traced = authorize(&estate(identity), &question, true);
    assert_eq!(render(&traced), expected, "{traced:#?}");
    assert_eq!(
        authorize(&estate(identity), &question, false),
        Decision { checks: Vec::new(), context: RequestContext::default(), ..traced.clone() }
    );
    let report = traced.checks.iter().find(|report| report.check == Check::Grants).unwrap();
    let any = report.grants.iter().any(|way| way.matched);
    assert_eq!(report.result == CheckResult::Allow, any, "{traced:#?}");
    let key_policy = traced.checks.iter().find(|report| report.check == Check::KeyPolicy).unwrap();
    assert!(![CheckResult::Allow, CheckResult::ImplicitDeny].contains(&key_policy.result), "{traced:#?}");
}

#[test]
fn the_grant_says_who_may_retire_it() {
    let by_ann = format!("{ORDERS_ROLE}; Decrypt; =a:1; retired by {ANN}");
    let by_grantee = format!("{ORDERS_ROLE}; Decrypt RetireGrant; =a:1");
    let by_account = format!("{ANN}; Decrypt; -; retired by {FOREIGN_ROOT}");
    let from_abroad = format!("{ANN}; Decrypt; -; issued by 444455556666");
    let allow = own("Allow", "kms:RetireGrant", "*");
    let deny = own("Deny", "kms:RetireGrant", "*");
    let rows = [
        (&by_ann, NOTHING, ANN, BY_GRANT),
        (&by_ann, &*deny, ANN, OWN_DENY),
        (&by_ann, NOTHING, ORDERS, NO_OWN),
        (&by_ann, &*allow, ORDERS, BY_OWN),
        (&by_ann, NOTHING, ROOT, BY_GRANT),
        (&by_ann, NOTHING, BOB, NO_GRANT),
        (&by_ann, &*allow, BOB, NO_GRANT),
        (&by_ann, NOTHING, FOREIGN_ROOT, NO_GRANT),
        (&by_grantee, NOTHING, ORDERS, BY_GRANT),
        (&by_grantee, NOTHING, ANN, NO_OWN),
        (&by_grantee, &*allow, ANN, BY_OWN),
        (&by_account, NOTHING, FOREIGN_ROOT, BY_GRANT),
        (&by_account, NOTHING, BOB, NO_OWN),
        (&by_account, &*allow, BOB, BY_OWN),
        (&by_account, NOTHING, ANN, NO_OWN),
        (&from_abroad, NOTHING, FOREIGN_ROOT, BY_GRANT),
        (&from_abroad, &*allow, BOB, BY_OWN),
        (&from_abroad, NOTHING, BOB, NO_OWN),
        (&from_abroad, NOTHING, ROOT, BY_GRANT),
    ];
    for (grant, identity, caller, expected) in rows {
        check_retiring(NOBODY, grant, identity, caller, expected);
    }
}

#[test]
fn a_key_policy_cannot_let_a_grant_be_retired_but_stop_it() {
    let by_ann = format!("{ORDERS_ROLE}; Decrypt; -; retired by {ANN}");
    let (allow, deny) = (key("Allow", "*", "kms:RetireGrant"), key("Deny", "*", "kms:RetireGrant"));
    check_retiring(&allow, &by_ann, NOTHING, BOB, NO_GRANT);
    check_retiring(&allow, &by_ann, NOTHING, ANN, BY_GRANT);
    check_retiring(&deny, &by_ann, NOTHING, ANN, KEY_DENY);
}

/// One line for each grant looked at, with what it wants and what it got.
fn render_grants(grants: &[GrantReport]) -> String {
    let line = |report: &GrantReport| {
        let findings = report.findings.iter().map(|found| {
            let sign = if found.matched { '+' } else { '-' };
            format!(" {sign}{:?} {} / {}", found.part, found.want, found.got)
        });
        format!("{}{}\n", if report.matched { "match" } else { "no" }, findings.collect::<String>())
    };
    grants.iter().map(line).collect()
}

#[test]
fn a_trace_shows_every_grant_and_what_of_it_did_not_match() {
    let grants = &[
        &*format!("{ANN}; Encrypt; -"),
        &*format!("{ANN}; Decrypt CreateGrant; >a:1"),
        &*format!("{BOB}; Decrypt; =b:2"),
    ];
    let case = Case { key_policy: NOBODY, identity: NOTHING, grants };
    let shown = |decision: Decision| {
        let report = decision.checks.iter().find(|report| report.check == Check::Grants).unwrap();
        let mut lines: Vec<String> = render_grants(&report.grants).lines().map(str::to_owned).collect();
        lines.sort();
        lines.join("\n")
    };
    assert_eq!(
        shown(case.decide(ANN, "kms:Decrypt", Asked::In("a:1 c:3"))),
        format!(
            "match +Grantee {ANN} / {ANN} +Operations Decrypt, CreateGrant / Decrypt +EncryptionContextSubset a=1 / a=1, c=3\n\
             no +Grantee {ANN} / {ANN} -Operations Encrypt / Decrypt\n\
             no -Grantee {BOB} / {ANN} +Operations Decrypt / Decrypt -EncryptionContextEquals b=2 / a=1, c=3"
        )
    );
    assert_eq!(
        shown(case.decide(ANN, "kms:CreateGrant", Asked::ToCreate(&format!("{BOB}; Decrypt Encrypt; =")))),
        format!(
            "no +Grantee {ANN} / {ANN} +Operations Decrypt, CreateGrant / CreateGrant \
             -NewOperations Decrypt, CreateGrant / Decrypt, Encrypt \
             -NewConstraints EncryptionContextSubset a=1 / EncryptionContextEquals no pairs\n\
             no +Grantee {ANN} / {ANN} -Operations Encrypt / CreateGrant \
             -NewOperations Encrypt / Decrypt, Encrypt +NewConstraints none / EncryptionContextEquals no pairs\n\
             no -Grantee {BOB} / {ANN} -Operations Decrypt / CreateGrant \
             -NewOperations Decrypt / Decrypt, Encrypt \
             -NewConstraints EncryptionContextEquals b=2 / EncryptionContextEquals no pairs"
        )
    );
}

/// Of many grants to others only some are listed, all to the caller are, and none is lost from the count.
#[test]
fn a_trace_counts_the_grants_it_does_not_list() {
    let mut grants = vec![format!("{BOB}; Encrypt; -"); 30];
    grants.extend(vec![format!("{ANN}; Encrypt; -"); 25]);
    let grants: Vec<&str> = grants.iter().map(String::as_str).collect();
    let case = Case { key_policy: NOBODY, identity: NOTHING, grants: &grants };
    let decision = case.decide(ANN, "kms:Encrypt", Asked::In(""));
    let report = decision.checks.iter().find(|report| report.check == Check::Grants).unwrap();
    let named = |report: &GrantReport| report.findings[0].part == GrantPart::Grantee && report.findings[0].matched;
    assert_eq!(report.grants.iter().take_while(|report| named(report)).count(), 25);
    assert_eq!((report.grants.len(), report.more_grants), (45, 10));
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let operations: Vec<GrantOperation> =
        ["Decrypt", "Encrypt", "CreateGrant", "DescribeKey"].map(|name| name.parse().unwrap()).to_vec();
    let constraint =
        (0..3_usize, subsequence(vec![("a", "1"), ("a", "2"), ("b", "1")], 0..3)).prop_map(|(kind, pairs)| {
            let pairs: EncryptionContext = pairs.into_iter().collect();
            match kind {
                0 => None,
                1 => Some(ContextConstraint::Equals(pairs)),
                _ => Some(ContextConstraint::Subset(pairs)),
            }
        });
    (subsequence(operations, 1..=4), constraint).prop_map(|(operations, encryption_context)| Terms {
        grantee: ANN.parse().unwrap(),
        retiring: None,
        operations: operations.into_iter().collect(),
        constraints: Constraints { encryption_context, source_arn: None },
        name: None,
    })
}

/// Whether Ann, with this grant alone, may do it.
fn allows(terms: &Terms, action: &'static str, context: Context<'_>) -> bool {
    let mut world = World::new(Timestamp::from_millis(0), crate::entropy::Seed::from_number(7));
    let (arn, nobody): (KeyArn, _) = (KEY.parse().unwrap(), policy(PolicyKind::Key, NOBODY));
    world.add_grant(arn, terms.clone(), arn.account, None).unwrap();
    let caller = ANN.parse().unwrap();
    let target = Target::Key { arn, policy: &nobody, grants: Some(world.grants().of(&arn)) };
    let question = Question { caller: &caller, action, target, reach: Reach::AnyAccount, context };
    let decision = authorize(&estate(NOTHING), &question, false);
    let granted: Option<GrantId> = decision.granted_by.map(|id| id.parse().unwrap());
    assert_eq!(granted.is_some(), decision.verdict == Verdict::Allowed);
    decision.verdict == Verdict::Allowed
}

proptest! {
    /// Whatever a child grant allows, the grant it was made by permission of allows too: to use the key, and to make
    /// grants in turn.
    #[test]
    fn a_child_grant_never_allows_what_its_parent_does_not(
        parent in any_terms(), child in any_terms(), grandchild in any_terms(), pairs in subsequence(vec![("a", "1"), ("b", "1"), ("c", "1")], 0..=3)
    ) {
        if allows(&parent, "kms:CreateGrant", Context { new_grant: Some(&child), ..Context::default() }) {
            let pairs: EncryptionContext = pairs.into_iter().collect();
            for (action, context) in [
                ("kms:Encrypt", Context::of(&pairs)),
                ("kms:Decrypt", Context::of(&pairs)),
                ("kms:DescribeKey", Context::default()),
                ("kms:CreateGrant", Context { new_grant: Some(&grandchild), ..Context::default() }),
            ] {
                prop_assert!(!allows(&child, action, context) || allows(&parent, action, context), "{}", action);
            }
        }
    }
}
