//! The answer to "may this principal do this here?" and every reason for it.

use std::{borrow::Cow, sync::Arc};

use serde::Serialize;

use crate::{
    kms::consistency::Lag,
    policy::context::{ContextValue, RequestContext},
};

// A view may name what a decision is made of, but not the policy language.
pub use crate::policy::SourceSpan;

/// Whether the request may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Verdict {
    Allowed,
    /// Nothing allowed it, or a layer that must allow did not.
    ImplicitlyDenied,
    /// A statement with `Effect: Deny` matched.
    ExplicitlyDenied,
}

/// A check, in the order AWS describes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Check {
    /// Every applicable policy, searched for a Deny.
    ExplicitDeny,
    /// The resource control policies (RCPs) of the key's organization; one report for each level.
    ResourceControl,
    /// The service control policies (SCPs) of the caller's organization; one report for each level.
    ServiceControl,
    /// The policy of the VPC endpoint that the request came through.
    Endpoint,
    /// Whether the operation can be used on another account's key at all.
    CrossAccount,
    KeyPolicy,
    /// The grants of the key, which stand in for its policy where that does not allow.
    Grants,
    IdentityPolicies,
    /// The permissions boundary of the caller's user or role.
    Boundary,
    SessionPolicy,
}

/// What one check found, by itself; [`Decision::decided_by`] says which one settled the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckResult {
    Allow,
    /// Nothing matched and nothing had to.
    NoImpact,
    /// An Allow was required here and missing.
    ImplicitDeny,
    ExplicitDeny,
}

/// Where a statement stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The check that asks the policy for an Allow; a Deny in it counts everywhere.
    pub check: Check,
    /// The name of the policy; absent where there is only one of its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Arc<str>>,
    /// Of a policy of an organization: the root, unit or account it is attached to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Arc<str>>,
}

/// Whether one element of a statement matched, and the part of the text that decided it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ElementReport {
    pub matched: bool,
    /// `NotPrincipal`, `NotAction` or `NotResource`.
    #[serde(rename = "not", skip_serializing_if = "is_false")]
    pub negated: bool,
    /// The value that matched, or the whole element when none did. Absent where the statement lacks the element.
    pub span: Option<SourceSpan>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !value
}

/// One key under one condition operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConditionReport {
    /// As written, for example `ForAnyValue:StringLike`.
    pub operator: Arc<str>,
    pub key: Arc<str>,
    /// The values of the policy, as written.
    pub want: Arc<[Arc<str>]>,
    /// What the request has; absent where it has no such key.
    pub got: Option<ContextValue>,
    pub matched: bool,
    /// The value that decided, or all of them.
    pub span: SourceSpan,
}

/// One statement looked at, matched or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementReport {
    pub source: Source,
    /// Counted from 0.
    pub index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Arc<str>>,
    /// True for `Effect: Allow`.
    pub allows: bool,
    /// The statement matched by naming the caller's account, so the caller's own policies have the last word.
    #[serde(skip_serializing_if = "is_false")]
    pub delegates: bool,
    /// Absent for identity policies, which have no `Principal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<ElementReport>,
    pub action: ElementReport,
    pub resource: ElementReport,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionReport>,
    /// All elements matched.
    pub matched: bool,
    /// The whole statement.
    pub span: SourceSpan,
}

/// What of a grant is held against a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum GrantPart {
    /// A new grant is not known everywhere at once.
    Begun,
    /// Nor is the end of one.
    Ended,
    /// Who may use the key.
    Grantee,
    /// Who may end the grant.
    RetiringPrincipal,
    /// The accounts that may end it without being named: the issuing one and the key's.
    Account,
    /// What the grantee may do.
    Operations,
    EncryptionContextEquals,
    EncryptionContextSubset,
    SourceArn,
    /// A grant made by permission of this one allows nothing that this one does not.
    NewOperations,
    /// And is constrained at least as strictly.
    NewConstraints,
}

/// One part of a grant: what it asks for, what the request has, and whether that fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrantFinding {
    pub part: GrantPart,
    pub want: String,
    pub got: String,
    pub matched: bool,
}

/// One grant looked at, matched or not. To retire a grant there are three ways, each with a report of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrantReport {
    /// Its id.
    pub grant: Arc<str>,
    pub name: Option<String>,
    pub findings: Vec<GrantFinding>,
    /// The grant matched by naming the caller's account, so the caller's own policies have the last word.
    pub delegates: bool,
    /// All parts matched.
    pub matched: bool,
}

/// One check with what it looked at: Deny statements under [`Check::ExplicitDeny`], the other statements and the grants
/// under their own check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    pub check: Check,
    /// Of a policy of an organization: the root, unit or account whose policies these are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Arc<str>>,
    pub result: CheckResult,
    pub statements: Vec<StatementReport>,
    /// Those that name the caller first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<GrantReport>,
    /// How many more grants the key has, none of which names the caller.
    pub more_grants: u32,
}

/// The answer to one demand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The caller's ARN.
    pub principal: String,
    /// For example `kms:Decrypt`.
    pub action: Cow<'static, str>,
    /// A key or alias ARN, or `*`.
    pub resource: String,
    pub verdict: Verdict,
    /// The check that settled it.
    pub decided_by: Check,
    /// The policy whose Deny matched.
    pub denied_by: Option<Source>,
    /// The grant without which the request would not be allowed.
    pub granted_by: Option<Arc<str>>,
    /// What about the key was decided as it stood before a change that is not known everywhere yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lags: Vec<Lag>,
    /// In AWS's order. Empty when tracing is off.
    pub checks: Vec<CheckReport>,
    /// What was known of the request. Empty when tracing is off, and of a scenario, which says it itself.
    #[serde(skip)]
    pub context: RequestContext,
}

impl Decision {
    /// AWS's sentence for the refused caller; absent where the request is allowed.
    pub fn access_denied_message(&self) -> Option<String> {
        let Self { principal, action, resource, .. } = self;
        let decided = match (self.verdict, &self.denied_by) {
            (Verdict::Allowed, _) => return None,
            (Verdict::ExplicitlyDenied, Some(source)) => source.check,
            (Verdict::ExplicitlyDenied | Verdict::ImplicitlyDenied, _) => self.decided_by,
        };
        let policy = match decided {
            Check::ResourceControl => "resource control policy",
            Check::ServiceControl => "service control policy",
            Check::Endpoint => "VPC endpoint policy",
            // What cannot cross accounts, AWS reports as a permission the key's owner did not give. A grant counts as
            // a resource-based policy.
            Check::ExplicitDeny | Check::CrossAccount | Check::KeyPolicy | Check::Grants => "resource-based policy",
            Check::IdentityPolicies => "identity-based policy",
            Check::Boundary => "permissions boundary",
            Check::SessionPolicy => "session policy",
        };
        let reason = if self.verdict == Verdict::ExplicitlyDenied {
            let article = if policy.starts_with('i') { "an" } else { "a" };
            format!("with an explicit deny in {article} {policy}")
        } else {
            format!("because no {policy} allows the {action} action")
        };
        Some(format!("User: {principal} is not authorized to perform: {action} on resource: {resource} {reason}"))
    }
}
