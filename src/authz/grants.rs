//! What the grants of a key say to a question: as policies do, they name somebody and allow something, and that is all.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{
    arn::{AccountId, GrantId},
    crypto::context::EncryptionContext,
    kms::{
        consistency::GrantLag,
        grant::{ContextConstraint, Grant, GrantOperation, GrantPrincipal, KeyGrants, Terms},
    },
    policy::{
        context::RequestContext,
        matching::{ArnParts, ResourcePattern},
        principal::PolicyPrincipal,
    },
};

use super::{
    decision::{GrantFinding, GrantPart, GrantReport},
    evaluate::Asker,
    subject::{Subject, Via},
};

/// How many grants a traced decision lists beside those that name the caller.
const LISTED: usize = 20;

/// The grants that may have a say, and what of the request matters to them.
#[derive(Clone, Copy, Default)]
pub(super) struct Candidates<'a> {
    pub grants: Held<'a>,
    pub lags: Option<&'a BTreeMap<GrantId, GrantLag>>,
    pub encryption_context: Option<&'a EncryptionContext>,
    /// Of CreateGrant: what it asks for.
    pub new_grant: Option<&'a Terms>,
}

/// Where the grants are.
#[derive(Clone, Copy, Default)]
pub(super) enum Held<'a> {
    /// The operation is not one that a grant can give: none is asked.
    #[default]
    NotAsked,
    /// At the key.
    Key(&'a KeyGrants),
    /// In a list, all of this key.
    List(&'a [ListedGrant]),
    /// The one that is to be retired.
    Retired(&'a Grant),
    /// Those in a list, one of which is to be retired.
    RetiredOf(&'a [ListedGrant]),
}

/// A grant that no key of a world holds.
#[derive(Clone, Debug)]
pub(super) struct ListedGrant {
    pub id: Box<str>,
    pub key_account: AccountId,
    pub issuing_account: AccountId,
    pub terms: Terms,
}

/// A grant, wherever it is held.
#[derive(Clone, Copy)]
struct View<'a> {
    id: Id<'a>,
    key_account: AccountId,
    issuing_account: AccountId,
    terms: &'a Terms,
}

#[derive(Clone, Copy)]
enum Id<'a> {
    Made(GrantId),
    Given(&'a str),
}

impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Made(id) => id.fmt(f),
            Self::Given(id) => f.write_str(id),
        }
    }
}

impl<'a> From<&'a Grant> for View<'a> {
    fn from(grant: &'a Grant) -> Self {
        let Grant { id, key, terms, issuing_account, .. } = grant;
        Self { id: Id::Made(*id), key_account: key.account, issuing_account: *issuing_account, terms }
    }
}

impl<'a> From<&'a ListedGrant> for View<'a> {
    fn from(grant: &'a ListedGrant) -> Self {
        let ListedGrant { id, key_account, issuing_account, terms } = grant;
        Self { id: Id::Given(id), key_account: *key_account, issuing_account: *issuing_account, terms }
    }
}

/// A grant that matches.
pub(super) struct GrantAnswer {
    pub id: Arc<str>,
    /// What else it takes.
    pub via: Via,
}

/// The grant that gives most of those that match.
pub(super) fn ask(asker: &Asker<'_>) -> Option<GrantAnswer> {
    let silent = &mut |_: GrantPart, _: bool, _: &dyn Fn() -> [String; 2]| {};
    let mut best = Best(None);
    match asker.case.grants.grants {
        Held::NotAsked => {}
        Held::Retired(grant) => {
            retire(grant.into(), asker, silent, &mut best);
        }
        Held::RetiredOf(grants) => {
            let _ = grants.iter().any(|grant| retire(grant.into(), asker, silent, &mut best));
        }
        Held::Key(grants) if grants.is_empty() => {}
        Held::Key(grants) => {
            let operation = operation(asker)?;
            let _ = naming(asker.case.subject, grants)
                .map(|grant| View::from(&**grant))
                .any(|grant| best.take(grant, give(grant, operation, asker, silent)));
        }
        Held::List(grants) => {
            let operation = operation(asker)?;
            let _ = grants.iter().map(View::from).any(|grant| best.take(grant, give(grant, operation, asker, silent)));
        }
    }
    best.0.map(|(grant, via)| GrantAnswer { id: grant.id.to_string().into(), via })
}

/// The grant that gives most of those met so far.
struct Best<'a>(Option<(View<'a>, Via)>);

impl<'a> Best<'a> {
    /// Whether none can give more.
    fn take(&mut self, grant: View<'a>, via: Option<Via>) -> bool {
        if let Some(via) = via.filter(|via| self.0.is_none_or(|(_, found)| *via > found)) {
            self.0 = Some((grant, via));
        }
        self.0.is_some_and(|(_, via)| via == Via::Itself)
    }
}

fn retire<'g>(grant: View<'g>, asker: &Asker<'_>, note: &mut Note<'_>, best: &mut Best<'g>) -> bool {
    Way::ALL.into_iter().any(|way| best.take(grant, way.examine(grant, asker, note)))
}

/// What the grant gives, and what else that takes: in the key's account, as in that of whoever issued the grant, being
/// named is enough. A root user has no policies that could be asked.
fn give(grant: View<'_>, operation: GrantOperation, asker: &Asker<'_>, note: &mut Note<'_>) -> Option<Via> {
    let known = in_force(grant, asker, note);
    let via = as_grantee(grant, operation, asker, note).filter(|_| known)?;
    let account = asker.case.subject.account();
    let home = account.is_none_or(|account| account == grant.key_account || account == grant.issuing_account);
    Some(if asker.case.subject.is_root() {
        Via::Itself
    } else if home {
        via
    } else {
        Via::Account
    })
}

/// Whether the grant is one by which it is decided at this moment. Nothing is noted where that is beyond doubt.
fn in_force(grant: View<'_>, asker: &Asker<'_>, note: &mut Note<'_>) -> bool {
    let Id::Made(id) = grant.id else { return true };
    let Some(lag) = asker.case.grants.lags.and_then(|lags| lags.get(&id)) else { return true };
    let (part, matched, texts) = match lag {
        GrantLag::Begins { at, has_token: false } => (
            GrantPart::Begun,
            false,
            [format!("from {at} on, or with its token"), "earlier, without its token".to_owned()],
        ),
        GrantLag::Begins { at, has_token: true } => {
            (GrantPart::Begun, true, [format!("from {at} on, or with its token"), "its token".to_owned()])
        }
        GrantLag::Ends { at } => {
            (GrantPart::Ended, true, [format!("ended, which is known everywhere from {at} on"), "earlier".to_owned()])
        }
    };
    note(part, matched, &|| texts.clone());
    matched
}

/// Every grant that names the caller, some of the others, and how many are left. Nothing where no grant is asked.
pub(super) fn report(asker: &Asker<'_>) -> Option<(Vec<GrantReport>, u32)> {
    let ways = |grant: View<'_>| -> Vec<GrantReport> {
        let ways = Way::ALL.into_iter().filter(|way| *way != Way::Retiring || grant.terms.retiring.is_some());
        ways.map(|way| found(grant, |note| way.examine(grant, asker, note))).collect()
    };
    let look = |operation, grant: View<'_>| found(grant, |note| give(grant, operation, asker, note));
    match asker.case.grants.grants {
        Held::NotAsked => None,
        Held::Retired(grant) => Some((ways(grant.into()), 0)),
        Held::RetiredOf(grants) => Some((grants.iter().flat_map(|grant| ways(grant.into())).collect(), 0)),
        Held::List(grants) => {
            let operation = operation(asker)?;
            Some((grants.iter().map(|grant| look(operation, grant.into())).collect(), 0))
        }
        Held::Key(grants) => {
            let operation = operation(asker)?;
            let subject = asker.case.subject;
            let look = |grant: &Arc<Grant>| look(operation, View::from(&**grant));
            let mut reports: Vec<GrantReport> = naming(subject, grants).map(look).collect();
            let own = reports.len();
            let others = grants.iter(None).filter(|grant| subject.taken_in_by(grant.terms.grantee.named()).is_none());
            reports.extend(others.take(LISTED).map(look));
            let more = grants.len().saturating_sub(own.max(reports.len()));
            Some((reports, u32::try_from(more).unwrap_or(u32::MAX)))
        }
    }
}

/// What a part of a grant comes to. The texts, what is asked for and what the request has, are only made when wanted.
type Note<'n> = dyn FnMut(GrantPart, bool, &dyn Fn() -> [String; 2]) + 'n;

/// Which of the operations of grants is asked for.
fn operation(asker: &Asker<'_>) -> Option<GrantOperation> {
    asker.case.action.strip_prefix("kms:")?.parse().ok()
}

fn naming<'g>(subject: &Subject, grants: &'g KeyGrants) -> impl Iterator<Item = &'g Arc<Grant>> {
    // The caller itself before its account, because that gives more.
    subject.principals().into_iter().rev().flat_map(|named| grants.given_to(named.into(), None))
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

    fn examine(self, grant: View<'_>, asker: &Asker<'_>, note: &mut Note<'_>) -> Option<Via> {
        match self {
            Self::Retiring => is_named(GrantPart::RetiringPrincipal, grant.terms.retiring.as_ref()?, asker, note),
            Self::Grantee => as_grantee(grant, GrantOperation::RetireGrant, asker, note),
            Self::Account => as_account(grant, asker, note),
        }
    }
}

/// Whether the caller is the grantee and the grant allows the operation. Every part is looked at and noted.
fn as_grantee(grant: View<'_>, operation: GrantOperation, asker: &Asker<'_>, note: &mut Note<'_>) -> Option<Via> {
    let terms = &grant.terms;
    let via = is_named(GrantPart::Grantee, &terms.grantee, asker, note);
    let mut holds = |part, matched, texts: &dyn Fn() -> [String; 2]| {
        note(part, matched, texts);
        matched
    };
    let mut all = holds(GrantPart::Operations, terms.operations.contains(&operation), &|| {
        [listed(&terms.operations), operation.to_string()]
    });
    if let Some(constraint) = terms.constraints.encryption_context.as_ref().filter(|_| operation.minds_context()) {
        let context = asker.case.grants.encryption_context;
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
        // Only services are asked for a source.
        let source = asker.context().get("aws:sourcearn").filter(|_| asker.case.subject.is_service());
        let source = source.map(|value| value.values().join(", "));
        let fits = source.as_ref().is_some_and(|source| is_source(arn, source));
        all &= holds(GrantPart::SourceArn, fits || !asker.case.subject.is_service(), &|| {
            let none = if asker.case.subject.is_service() { "none" } else { "not asked, as the caller is no service" };
            [arn.clone(), source.clone().unwrap_or_else(|| none.to_owned())]
        });
    }
    if let Some(new) = asker.case.grants.new_grant {
        all &= holds(GrantPart::NewOperations, new.operations_within(terms), &|| {
            [listed(&terms.operations), listed(&new.operations)]
        });
        all &= holds(GrantPart::NewConstraints, new.constraints.within(&terms.constraints), &|| {
            [terms.constraints.to_string(), new.constraints.to_string()]
        });
    }
    via.filter(|_| all)
}

fn is_named(part: GrantPart, named: &GrantPrincipal, asker: &Asker<'_>, note: &mut Note<'_>) -> Option<Via> {
    let via = asker.case.subject.taken_in_by(named.named());
    note(part, via.is_some(), &|| [named.to_string(), asker.case.principal.clone()]);
    via
}

fn as_account(grant: View<'_>, asker: &Asker<'_>, note: &mut Note<'_>) -> Option<Via> {
    let subject = asker.case.subject;
    let by = |account: AccountId| subject.taken_in_by(&PolicyPrincipal::Account(account));
    let via = by(grant.issuing_account).or_else(|| by(grant.key_account));
    note(GrantPart::Account, via.is_some(), &|| {
        let accounts = [grant.issuing_account, grant.key_account].map(|account| account.to_string());
        let want = if grant.issuing_account == grant.key_account { &accounts[..1] } else { &accounts[..] };
        [want.join(" or "), subject.account().map_or("none".to_owned(), |account| account.to_string())]
    });
    via
}

/// A report of what `examine` notes.
fn found(grant: View<'_>, examine: impl FnOnce(&mut Note<'_>) -> Option<Via>) -> GrantReport {
    let mut findings = Vec::new();
    let via = examine(&mut |part, matched, texts| {
        let [want, got] = texts();
        findings.push(GrantFinding { part, want, got, matched });
    });
    GrantReport {
        grant: grant.id.to_string().into(),
        name: grant.terms.name.clone(),
        findings,
        delegates: via == Some(Via::Account),
        matched: via.is_some(),
    }
}

/// Compared as `ArnLike` does.
fn is_source(want: &str, got: &str) -> bool {
    ArnParts::of(got).is_some_and(|got| ResourcePattern::of_arn(want).matches(&got, &RequestContext::default()))
}

fn listed<'a>(operations: impl IntoIterator<Item = &'a GrantOperation>) -> String {
    operations.into_iter().map(|operation| operation.as_str()).collect::<Vec<_>>().join(", ")
}
