//! What the grants of a key say to a question: as policies do, they name somebody and allow something, and that is all.

use std::sync::Arc;

use crate::{
    arn::{AccountId, GrantId},
    estate::principal::Caller,
    kms::grant::{ContextConstraint, Grant, GrantOperation, GrantPrincipal, KeyGrants},
    policy::principal::PolicyPrincipal,
};

use super::{
    Question, Target,
    decision::{GrantFinding, GrantPart, GrantReport},
    evaluate::{Via, takes_in},
};

/// How many grants a traced decision lists beside those that name the caller.
const LISTED: usize = 20;

/// A grant that matches.
pub(super) struct GrantAnswer {
    pub id: GrantId,
    /// Whether it allows alone, without a policy of the caller's.
    pub suffices: bool,
}

/// The grant that gives most of those that match.
pub(super) fn ask(question: &Question<'_>) -> Option<GrantAnswer> {
    let silent = &mut |_: GrantPart, _: bool, _: &dyn Fn() -> [String; 2]| {};
    if let Target::Grant(grant) = question.target {
        let ways: Vec<Via> = Way::ALL.into_iter().filter_map(|way| way.examine(grant, question, silent)).collect();
        let answer = GrantAnswer { id: grant.id, suffices: ways.contains(&Via::Itself) };
        return if ways.is_empty() { None } else { Some(answer) };
    }
    let (grants, operation) = granted(question)?;
    if grants.is_empty() {
        return None;
    }
    let mut best: Option<GrantAnswer> = None;
    for grant in naming(question.caller, grants) {
        let Some(via) = as_grantee(grant, operation, question, silent) else { continue };
        let suffices = suffices(grant, via, question.caller);
        if suffices || best.is_none() {
            best = Some(GrantAnswer { id: grant.id, suffices });
        }
        if suffices {
            break;
        }
    }
    best
}

/// Every grant that names the caller, some of the others, and how many are left. Nothing where no grant is asked.
pub(super) fn report(question: &Question<'_>) -> Option<(Vec<GrantReport>, u32)> {
    if let Target::Grant(grant) = question.target {
        let ways = Way::ALL.into_iter().filter(|way| *way != Way::Retiring || grant.terms.retiring.is_some());
        return Some((ways.map(|way| found(grant, |note| way.examine(grant, question, note))).collect(), 0));
    }
    let (grants, operation) = granted(question)?;
    let look = |grant: &Arc<Grant>| found(grant, |note| as_grantee(grant, operation, question, note));
    let mut reports: Vec<GrantReport> = naming(question.caller, grants).map(look).collect();
    let own = reports.len();
    let others = grants.iter(None).filter(|grant| takes_in(grant.terms.grantee.named(), question.caller).is_none());
    reports.extend(others.take(LISTED).map(look));
    let more = grants.len().saturating_sub(own.max(reports.len()));
    Some((reports, u32::try_from(more).unwrap_or(u32::MAX)))
}

/// What a part of a grant comes to. The texts, what is asked for and what the request has, are only made when wanted.
type Note<'n> = dyn FnMut(GrantPart, bool, &dyn Fn() -> [String; 2]) + 'n;

/// The grants that have a say, and which of their operations is asked for.
fn granted<'a>(question: &Question<'a>) -> Option<(&'a KeyGrants, GrantOperation)> {
    let Target::Key { grants: Some(grants), .. } = question.target else { return None };
    let operation = question.action.strip_prefix("kms:")?.parse().ok()?;
    Some((grants, operation))
}

fn naming<'g>(caller: &Caller, grants: &'g KeyGrants) -> impl Iterator<Item = &'g Arc<Grant>> {
    // The caller itself before its account, because that gives more.
    caller.principals().into_iter().rev().flat_map(|named| grants.given_to(named.into(), None))
}

/// In the key's account, as in that of whoever issued the grant, being named is enough. A root user has no policies that
/// could be asked.
fn suffices(grant: &Grant, via: Via, caller: &Caller) -> bool {
    let home = caller.account() == grant.key.account || caller.account() == grant.issuing_account;
    matches!(caller, Caller::Root(_)) || (home && via == Via::Itself)
}

/// How a caller comes to end a grant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As its retiring principal.
    Retiring,
    /// As its grantee, if the grant includes that.
    Grantee,
    /// As the account that issued it or has the key.
    Account,
}

impl Way {
    const ALL: [Self; 3] = [Self::Retiring, Self::Grantee, Self::Account];

    fn examine(self, grant: &Grant, question: &Question<'_>, note: &mut Note<'_>) -> Option<Via> {
        match self {
            Self::Retiring => is_named(GrantPart::RetiringPrincipal, grant.terms.retiring.as_ref()?, question, note),
            Self::Grantee => as_grantee(grant, GrantOperation::RetireGrant, question, note),
            Self::Account => as_account(grant, question, note),
        }
    }
}

/// Whether the caller is the grantee and the grant allows the operation. Every part is looked at and noted.
fn as_grantee(grant: &Grant, operation: GrantOperation, question: &Question<'_>, note: &mut Note<'_>) -> Option<Via> {
    let terms = &grant.terms;
    let via = is_named(GrantPart::Grantee, &terms.grantee, question, note);
    let mut holds = |part, matched, texts: &dyn Fn() -> [String; 2]| {
        note(part, matched, texts);
        matched
    };
    let mut all = holds(GrantPart::Operations, terms.operations.contains(&operation), &|| {
        [listed(&terms.operations), operation.to_string()]
    });
    if let Some(constraint) = terms.constraints.encryption_context.as_ref().filter(|_| operation.minds_context()) {
        let context = question.context.encryption_context;
        let part = match constraint {
            ContextConstraint::Equals(_) => GrantPart::EncryptionContextEquals,
            ContextConstraint::Subset(_) => GrantPart::EncryptionContextSubset,
        };
        all &= holds(part, context.is_some_and(|context| constraint.holds(context)), &|| {
            let got = context.map_or("no encryption context".to_owned(), ToString::to_string);
            [constraint.pairs().to_string(), got]
        });
    }
    if let Some(arn) = terms.constraints.source_arn.as_ref().filter(|_| operation != GrantOperation::RetireGrant) {
        // Only services are asked for a source, and no caller of today is one.
        all &=
            holds(GrantPart::SourceArn, true, &|| [arn.clone(), "not asked, as the caller is no service".to_owned()]);
    }
    if let Some(new) = question.context.new_grant {
        all &= holds(GrantPart::NewOperations, new.operations_within(terms), &|| {
            [listed(&terms.operations), listed(&new.operations)]
        });
        all &= holds(GrantPart::NewConstraints, new.constraints.within(&terms.constraints), &|| {
            [terms.constraints.to_string(), new.constraints.to_string()]
        });
    }
    via.filter(|_| all)
}

fn is_named(part: GrantPart, named: &GrantPrincipal, question: &Question<'_>, note: &mut Note<'_>) -> Option<Via> {
    let via = takes_in(named.named(), question.caller);
    note(part, via.is_some(), &|| [named.to_string(), question.caller.to_string()]);
    via
}

fn as_account(grant: &Grant, question: &Question<'_>, note: &mut Note<'_>) -> Option<Via> {
    let by = |account: AccountId| takes_in(&PolicyPrincipal::Account(account), question.caller);
    let via = by(grant.issuing_account).or_else(|| by(grant.key.account));
    note(GrantPart::Account, via.is_some(), &|| {
        let accounts = [grant.issuing_account, grant.key.account].map(|account| account.to_string());
        let want = if grant.issuing_account == grant.key.account { &accounts[..1] } else { &accounts[..] };
        [want.join(" or "), question.caller.account().to_string()]
    });
    via
}

/// A report of what `examine` notes.
fn found(grant: &Grant, examine: impl FnOnce(&mut Note<'_>) -> Option<Via>) -> GrantReport {
    let mut findings = Vec::new();
    let via = examine(&mut |part, matched, texts| {
        let [want, got] = texts();
        findings.push(GrantFinding { part, want, got, matched });
    });
    GrantReport {
        grant: grant.id,
        name: grant.terms.name.clone(),
        findings,
        delegates: via == Some(Via::Account),
        matched: via.is_some(),
    }
}

fn listed<'a>(operations: impl IntoIterator<Item = &'a GrantOperation>) -> String {
    operations.into_iter().map(|operation| operation.as_str()).collect::<Vec<_>>().join(", ")
}
