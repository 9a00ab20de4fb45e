//! CreateGrant, ListGrants, ListRetirableGrants, RetireGrant, RevokeGrant.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::{
    arn::{GrantId, KeyArn},
    authz::{Context, Reach},
    crypto::context::EncryptionContext,
    kms::{
        EventKind, Grant,
        grant::{self, Constraints, ContextConstraint, GrantOperation, GrantPrincipal, Terms},
    },
    ops::{
        call::{Call, GrantRef, Operation, Options, Subject},
        members::{Member, Members},
        page::{Limits, Listed, Page},
        refusal::{GrantProblem, Refusal, SemanticError},
        spec::{Demand, Spec, States},
        wire::{Empty, EpochSeconds},
    },
    policy::principal::PolicyPrincipal,
};

/// The most pairs of a constraint, and characters of its values (API reference, GrantConstraints).
const CONSTRAINT_PAIRS: usize = 8;
const CONSTRAINT_CHARACTERS: usize = 384;
const PAGE: Limits = Limits { default: 50, most: 100 };

/// Gives a principal permission to use a key (API reference, CreateGrant).
pub struct CreateGrant {
    key_id: String,
    wanted: WantedGrant,
    /// Of `wanted`, where those are terms.
    terms: Option<Terms>,
    grant_tokens: Vec<String>,
    dry_run: bool,
}

impl Operation for CreateGrant {
    const SPEC: Spec = Spec {
        name: "CreateGrant",
        demands: &[Demand::shared("kms:CreateGrant", States::Grant)],
        accepts_alias: false,
    };
    type Output = GrantCreated;

    fn read(members: &mut Members) -> Self {
        let wanted = WantedGrant::read(members);
        Self {
            key_id: members.take("KeyId"),
            terms: wanted.terms().ok(),
            wanted,
            grant_tokens: members.take("GrantTokens"),
            dry_run: members.take("DryRun"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn context(&self, _nth: usize) -> Context<'_> {
        Context { new_grant: self.terms.as_ref(), ..Context::default() }
    }

    fn validate(&self) -> Result<(), Refusal> {
        self.wanted.terms().map(|_| ())
    }

    /// Whether the principals exist and the key can do what the grant is to allow.
    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        let (terms, key) = (self.terms()?, call.key(0)?);
        for principal in [Some(&terms.grantee), terms.retiring.as_ref()].into_iter().flatten() {
            if !call.world.estate.knows_principal(principal.named()) {
                return Err(Refusal::InvalidPrincipal { given: principal.to_string() });
            }
        }
        if let Some(operation) = terms.operations.iter().find(|operation| !operation.fits(key.spec, key.usage)) {
            let (operation, spec, usage) = (*operation, key.spec, key.usage);
            return Err(problem(GrantProblem::OperationOfKey { operation, spec, usage }));
        }
        if terms.constraints.encryption_context.is_some() && !GrantOperation::GenerateDataKey.fits(key.spec, key.usage)
        {
            return Err(problem(GrantProblem::ConstraintOfKey { spec: key.spec }));
        }
        Ok(())
    }

    fn options(&self) -> Options<'_> {
        Options { grant_tokens: &self.grant_tokens, dry_run: self.dry_run, ..Options::default() }
    }

    fn run(self, call: &mut Call<'_>) -> Result<GrantCreated, Refusal> {
        let (key, issuer) = (call.arn(0)?, call.caller.account());
        let parent = call.decisions.first().and_then(|decision| decision.granted_by.as_ref()?.parse().ok());
        let (grant, event) = call.world.add_grant(key, self.terms()?.clone(), issuer, parent)?;
        call.events.extend(event);
        Ok(GrantCreated { grant_id: grant.id, grant_token: grant::token(&grant, &mut call.world.entropy) })
    }
}

impl CreateGrant {
    fn terms(&self) -> Result<&Terms, Refusal> {
        self.terms.as_ref().ok_or(Refusal::Internal { why: "a grant without terms" })
    }
}

/// The members of CreateGrant that make the terms.
struct WantedGrant {
    grantee: Option<String>,
    grantee_service: Option<String>,
    retiring: Option<String>,
    retiring_service: Option<String>,
    operations: Vec<GrantOperation>,
    constraints: WantedConstraints,
    name: Option<String>,
}

impl WantedGrant {
    fn read(members: &mut Members) -> Self {
        Self {
            grantee: members.take("GranteePrincipal"),
            grantee_service: members.take("GranteeServicePrincipal"),
            retiring: members.take("RetiringPrincipal"),
            retiring_service: members.take("RetiringServicePrincipal"),
            operations: members.take("Operations"),
            constraints: members.take::<Option<_>>("Constraints").unwrap_or_default(),
            name: members.take("Name"),
        }
    }

    fn terms(&self) -> Result<Terms, Refusal> {
        let grantee = match named(self.grantee.as_deref(), self.grantee_service.as_deref())? {
            Named::One(grantee) => grantee,
            Named::Nobody | Named::Two => return Err(problem(GrantProblem::Grantee)),
        };
        let retiring = match named(self.retiring.as_deref(), self.retiring_service.as_deref())? {
            Named::Nobody => None,
            Named::One(retiring) => Some(retiring),
            Named::Two => return Err(problem(GrantProblem::Retiring)),
        };
        let constraints = self.constraints.checked()?;
        if grantee.is_service() && (constraints.source_arn.is_none() || retiring.is_none()) {
            return Err(problem(GrantProblem::ServiceTerms));
        }
        match self.operations.as_slice() {
            [] => Err(problem(GrantProblem::NoOperations)),
            all if all.iter().all(|operation| *operation == GrantOperation::CreateGrant) => {
                Err(problem(GrantProblem::OnlyCreateGrant))
            }
            all => Ok(Terms {
                grantee,
                retiring,
                operations: all.iter().copied().collect(),
                constraints,
                name: self.name.clone(),
            }),
        }
    }
}

/// The grants of a key (API reference, ListGrants).
pub struct ListGrants {
    key_id: String,
    grant_id: Option<String>,
    grantee: Option<String>,
    grantee_service: Option<String>,
    limit: Option<u32>,
    marker: Option<String>,
}

impl Operation for ListGrants {
    const SPEC: Spec = Spec { name: "ListGrants", demands: &[visible("kms:ListGrants")], accepts_alias: false };
    type Output = GrantList;

    fn read(members: &mut Members) -> Self {
        Self {
            key_id: members.take("KeyId"),
            grant_id: members.take("GrantId"),
            grantee: members.take("GranteePrincipal"),
            grantee_service: members.take("GranteeServicePrincipal"),
            limit: members.take("Limit"),
            marker: members.take("Marker"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn run(self, call: &mut Call<'_>) -> Result<GrantList, Refusal> {
        let page: Page<GrantId> = Page::parse(self.limit, self.marker.as_deref(), &PAGE)?;
        let id: Option<GrantId> = match self.grant_id {
            Some(given) => Some(given.parse().map_err(|_| Refusal::InvalidGrantId { given })?),
            None => None,
        };
        let grants = call.world.grants().of(&call.arn(0)?);
        let wanted = |grant: &&Arc<Grant>| id.is_none_or(|id| grant.id == id);
        let listed = match named(self.grantee.as_deref(), self.grantee_service.as_deref())? {
            // A grant has one grantee.
            Named::Two => page.take(std::iter::empty(), |grant: &&Arc<Grant>| grant.id),
            Named::Nobody => page.take(grants.iter(page.after).filter(wanted), |grant| grant.id),
            Named::One(grantee) => page.take(grants.given_to(grantee, page.after).filter(wanted), |grant| grant.id),
        };
        Ok(listed.into())
    }
}

/// The grants that a principal of the caller's account may retire, on whichever account's keys (API reference,
/// ListRetirableGrants).
pub struct ListRetirableGrants {
    retiring: Option<String>,
    retiring_service: Option<String>,
    limit: Option<u32>,
    marker: Option<String>,
}

impl Operation for ListRetirableGrants {
    const SPEC: Spec = Spec {
        name: "ListRetirableGrants",
        demands: &[Demand::own("kms:ListRetirableGrants", States::Any)],
        accepts_alias: false,
    };
    type Output = GrantList;

    fn read(members: &mut Members) -> Self {
        Self {
            retiring: members.take("RetiringPrincipal"),
            retiring_service: members.take("RetiringServicePrincipal"),
            limit: members.take("Limit"),
            marker: members.take("Marker"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        let account = self.principal().ok().and_then(|principal| principal.named().account());
        vec![account.map_or(Subject::Account, Subject::AccountOf)]
    }

    fn validate(&self) -> Result<(), Refusal> {
        self.principal().map(|_| ())
    }

    fn run(self, call: &mut Call<'_>) -> Result<GrantList, Refusal> {
        let page: Page<GrantId> = Page::parse(self.limit, self.marker.as_deref(), &PAGE)?;
        let principal = self.principal()?;
        let (region, account, service) = (call.region, call.caller.account(), principal.is_service());
        // A service is nobody's, so what it may retire is shown of the caller's own keys.
        let here = |grant: &&Arc<Grant>| grant.key.region == region && (!service || grant.key.account == account);
        let grants = call.world.grants().retirable_by(principal, page.after).filter(here);
        Ok(page.take(grants, |grant| grant.id).into())
    }
}

impl ListRetirableGrants {
    fn principal(&self) -> Result<GrantPrincipal, Refusal> {
        match named(self.retiring.as_deref(), self.retiring_service.as_deref())? {
            Named::One(principal) => Ok(principal),
            Named::Nobody | Named::Two => Err(problem(GrantProblem::WhoseGrants)),
        }
    }
}

/// Ends a grant that has done its work (API reference, RetireGrant).
pub struct RetireGrant {
    grant_token: Option<String>,
    key_id: Option<String>,
    grant_id: Option<String>,
    dry_run: bool,
}

impl Operation for RetireGrant {
    const SPEC: Spec =
        Spec { name: "RetireGrant", demands: &[Demand::shared("kms:RetireGrant", States::Any)], accepts_alias: false };
    type Output = Empty;

    fn read(members: &mut Members) -> Self {
        Self {
            grant_token: members.take("GrantToken"),
            key_id: members.take("KeyId"),
            grant_id: members.take("GrantId"),
            dry_run: members.take("DryRun"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        self.named().map_or(Vec::new(), |reference| vec![Subject::Grant(reference)])
    }

    fn validate(&self) -> Result<(), Refusal> {
        self.named().map(|_| ())
    }

    fn options(&self) -> Options<'_> {
        Options { dry_run: self.dry_run, ..Options::default() }
    }

    fn run(self, call: &mut Call<'_>) -> Result<Empty, Refusal> {
        let grant = Arc::clone(call.grant()?);
        let grantee = grant.terms.grantee.clone();
        let event = call.world.end_grant(&grant, EventKind::GrantRetired { grant: grant.id, grantee });
        call.events.push(event);
        Ok(Empty)
    }
}

impl RetireGrant {
    fn named(&self) -> Result<GrantRef<'_>, Refusal> {
        match (&self.grant_token, &self.key_id, &self.grant_id) {
            (Some(token), ..) => Ok(GrantRef::Token(token)),
            (None, Some(key), Some(grant)) => Ok(GrantRef::Id { key, grant }),
            (None, ..) => Err(problem(GrantProblem::WhichGrant)),
        }
    }
}

/// Ends a grant whatever its grantee would like (API reference, RevokeGrant).
pub struct RevokeGrant {
    key_id: String,
    grant_id: String,
    dry_run: bool,
}

impl Operation for RevokeGrant {
    const SPEC: Spec = Spec { name: "RevokeGrant", demands: &[visible("kms:RevokeGrant")], accepts_alias: false };
    type Output = Empty;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId"), grant_id: members.take("GrantId"), dry_run: members.take("DryRun") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn options(&self) -> Options<'_> {
        Options { dry_run: self.dry_run, ..Options::default() }
    }

    fn run(self, call: &mut Call<'_>) -> Result<Empty, Refusal> {
        let grant = call.grant_of(&call.arn(0)?, &self.grant_id)?;
        let grantee = grant.terms.grantee.clone();
        let event = call.world.end_grant(&grant, EventKind::GrantRevoked { grant: grant.id, grantee });
        call.events.push(event);
        Ok(Empty)
    }
}

/// A permission that another account can have but no grant can give.
const fn visible(action: &'static str) -> Demand {
    Demand { action, reach: Reach::AnyAccount, grantable: false, states: States::Any }
}

fn problem(problem: GrantProblem) -> Refusal {
    Refusal::Semantic(SemanticError::Grant(problem))
}

/// Whom two members name, of which one is for principals and the other for services.
enum Named {
    Nobody,
    One(GrantPrincipal),
    Two,
}

fn named(principal: Option<&str>, service: Option<&str>) -> Result<Named, Refusal> {
    let wrong = |given: &str| Refusal::InvalidPrincipal { given: given.to_owned() };
    let found: Result<PolicyPrincipal, &str> = match (principal, service) {
        (None, None) => return Ok(Named::Nobody),
        (Some(_), Some(_)) => return Ok(Named::Two),
        (Some(given), None) => given.parse().map_err(|_| given),
        (None, Some(given)) => PolicyPrincipal::service(given).map_err(|_| given),
    };
    found.map(|principal| Named::One(principal.into())).map_err(wrong)
}

/// `GrantConstraints` as it is sent and answered.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct WantedConstraints {
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_context_subset: Option<EncryptionContext>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_context_equals: Option<EncryptionContext>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_arn: Option<String>,
}

impl Member for WantedConstraints {
    fn read(value: Option<Value>) -> Option<Self> {
        let Some(Value::Object(members)) = value else { return None };
        let mut members = Members::new(members);
        let constraints = Self {
            encryption_context_subset: members.take("EncryptionContextSubset"),
            encryption_context_equals: members.take("EncryptionContextEquals"),
            source_arn: members.take("SourceArn"),
        };
        members.finish().ok().map(|()| constraints)
    }
}

impl Member for GrantOperation {
    fn read(value: Option<Value>) -> Option<Self> {
        String::read(value)?.parse().ok()
    }
}

impl WantedConstraints {
    fn checked(&self) -> Result<Constraints, Refusal> {
        let encryption_context = match (&self.encryption_context_equals, &self.encryption_context_subset) {
            (Some(_), Some(_)) => return Err(problem(GrantProblem::TwoConstraints)),
            (Some(pairs), None) => Some(ContextConstraint::Equals(pairs.clone())),
            (None, Some(pairs)) => Some(ContextConstraint::Subset(pairs.clone())),
            (None, None) => None,
        };
        if let Some(constraint) = &encryption_context {
            if constraint.pairs().len() > CONSTRAINT_PAIRS {
                return Err(problem(GrantProblem::TooManyPairs));
            }
            let characters: usize = constraint.pairs().pairs().map(|(_, value)| value.chars().count()).sum();
            if characters > CONSTRAINT_CHARACTERS {
                return Err(problem(GrantProblem::ValuesTooLong));
            }
        }
        Ok(Constraints { encryption_context, source_arn: self.source_arn.clone() })
    }

    fn of(constraints: &Constraints) -> Option<Self> {
        let (equals, subset) = match &constraints.encryption_context {
            None => (None, None),
            Some(ContextConstraint::Equals(pairs)) => (Some(pairs.clone()), None),
            Some(ContextConstraint::Subset(pairs)) => (None, Some(pairs.clone())),
        };
        (*constraints != Constraints::default()).then(|| Self {
            encryption_context_subset: subset,
            encryption_context_equals: equals,
            source_arn: constraints.source_arn.clone(),
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GrantCreated {
    grant_id: GrantId,
    grant_token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GrantList {
    grants: Vec<GrantListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

impl From<Listed<&Arc<Grant>>> for GrantList {
    fn from(listed: Listed<&Arc<Grant>>) -> Self {
        Self {
            grants: listed.items.into_iter().map(|grant| GrantListEntry::new(grant)).collect(),
            truncated: listed.next_marker.is_some(),
            next_marker: listed.next_marker,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GrantListEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    constraints: Option<WantedConstraints>,
    creation_date: EpochSeconds,
    grant_id: GrantId,
    #[serde(skip_serializing_if = "Option::is_none")]
    grantee_principal: Option<GrantPrincipal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grantee_service_principal: Option<GrantPrincipal>,
    /// An account as the ARN of its root.
    issuing_account: GrantPrincipal,
    key_id: KeyArn,
    /// Empty where there is none.
    name: String,
    operations: Vec<GrantOperation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retiring_principal: Option<GrantPrincipal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retiring_service_principal: Option<GrantPrincipal>,
}

impl GrantListEntry {
    fn new(grant: &Grant) -> Self {
        let Terms { grantee, retiring, operations, constraints, name } = &grant.terms;
        let as_service = |named: Option<&GrantPrincipal>, service| {
            named.filter(|principal| principal.is_service() == service).cloned()
        };
        Self {
            constraints: WantedConstraints::of(constraints),
            creation_date: EpochSeconds(grant.created),
            grant_id: grant.id,
            grantee_principal: as_service(Some(grantee), false),
            grantee_service_principal: as_service(Some(grantee), true),
            issuing_account: PolicyPrincipal::Account(grant.issuing_account).into(),
            key_id: grant.key,
            name: name.clone().unwrap_or_default(),
            operations: operations.iter().copied().collect(),
            retiring_principal: as_service(retiring.as_ref(), false),
            retiring_service_principal: as_service(retiring.as_ref(), true),
        }
    }
}
