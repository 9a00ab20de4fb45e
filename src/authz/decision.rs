//! The answer to "may this principal do this here?" and every reason for it.

use serde::Serialize;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Check {
    /// Every applicable policy, searched for a Deny.
    ExplicitDeny,
    /// Whether the operation can be used on another account's key at all.
    CrossAccount,
    KeyPolicy,
    IdentityPolicies,
}

/// What one check did to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum CheckResult {
    Allow,
    NoImpact,
    ImplicitDeny,
    ExplicitDeny,
}

/// Where a statement stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Source {
    KeyPolicy,
    /// A policy attached to the caller's user or role.
    Identity {
        policy: String,
    },
}

/// Whether one element of a statement matched, and the part of the text that decided it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ElementReport {
    pub matched: bool,
    /// The value that matched, or the whole element when none did. Absent where the statement lacks the element.
    pub span: Option<SourceSpan>,
}

/// One statement looked at, matched or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementReport {
    pub source: Source,
    /// Counted from 0.
    pub index: u32,
    pub sid: Option<String>,
    /// True for `Effect: Allow`.
    pub allows: bool,
    /// Absent for identity policies, which have no `Principal`.
    pub principal: Option<ElementReport>,
    pub action: ElementReport,
    pub resource: ElementReport,
    /// All elements matched.
    pub matched: bool,
    /// The whole statement.
    pub span: SourceSpan,
}

/// One check with the statements it looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    pub check: Check,
    pub result: CheckResult,
    pub statements: Vec<StatementReport>,
}

/// The answer to one demand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The caller's ARN.
    pub principal: String,
    /// For example `kms:Decrypt`.
    pub action: &'static str,
    /// A key or alias ARN, or `*`.
    pub resource: String,
    pub verdict: Verdict,
    /// The check that settled it.
    pub decided_by: Check,
    /// In AWS's order. Empty when tracing is off.
    pub checks: Vec<CheckReport>,
}
