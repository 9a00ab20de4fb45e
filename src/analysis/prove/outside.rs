//! What keeps a statement from being decided: named, with its place.

use std::fmt;

use serde::Serialize;

use crate::policy::{Policy, SourceSpan, condition::Condition};

/// Why a statement is neither proven nor refuted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outside {
    pub reason: Reason,
    /// In words.
    pub message: String,
    /// The policy at fault by its place in the setting or the claim, and the element at fault.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// For example `keyPolicy`, or `claim.nobody.unless`.
    pub policy: String,
    /// In bytes of that policy's text.
    pub span: SourceSpan,
    /// Counted from 1.
    pub line: u32,
    /// In characters, counted from 1.
    pub column: u32,
}

/// What is outside of what can be decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Reason {
    /// A part of a policy that AWS would refuse to store.
    Malformed {
        policy: String,
        line: u32,
        column: u32,
        problem: String,
    },
    /// `${...}`, which holds one part of a request against another.
    Variable,
    /// A condition key that requests to KMS are not known to have.
    UnknownKey {
        key: String,
    },
    /// A condition key whose values depend on more than is known of principals.
    UndecidedKey {
        key: String,
    },
    /// An operator that does not compare as the values of the key are.
    Operator {
        operator: String,
        key: String,
    },
    /// A pattern where only whole values are decided.
    Wildcard {
        key: String,
    },
    /// Condition keys that depend on each other.
    Together {
        key: String,
        other: String,
    },
    /// A principal whose name would be longer than IAM allows.
    LongName {
        name: String,
    },
    /// The patterns on a key overlap in too many ways.
    TooManyPatterns {
        key: String,
    },
    TooManyPrincipals {
        count: u32,
        most: u32,
    },
    TooManyRequests {
        count: u64,
        most: u64,
    },
    /// A VPC endpoint policy, which bears on some requests only.
    EndpointPolicy,
    /// A grant by which its grantee can create grants, where CreateGrant is asked about.
    GrantsByGrantee,
}

impl Reason {
    /// Not at a place of its own.
    pub(super) fn anywhere(self) -> Outside {
        Outside { message: self.to_string(), reason: self, at: None }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { policy, line, column, problem } => {
                write!(f, "AWS would not store {policy}: line {line}, column {column}: {problem}")
            }
            Self::Variable => f.write_str("policy variables hold one part of a request against another"),
            Self::UnknownKey { key } => write!(f, "requests to KMS are not known to have `{key}`"),
            Self::UndecidedKey { key } => write!(f, "which values `{key}` has is not known for every principal"),
            Self::Operator { operator, key } => write!(f, "`{operator}` compares otherwise than `{key}` is written"),
            Self::Wildcard { key } => write!(f, "wildcards are not decided for `{key}`"),
            Self::Together { key, other } => write!(f, "the values of `{key}` and `{other}` depend on each other"),
            Self::LongName { name } => write!(f, "no principal can have as long a name as `{name}`"),
            Self::TooManyPatterns { key } => write!(f, "the patterns on `{key}` overlap in too many ways"),
            Self::TooManyPrincipals { count, most } => {
                write!(f, "{count} kinds of principals would have to be looked at, expected at most {most}")
            }
            Self::TooManyRequests { count, most } => {
                write!(f, "{count} requests would have to be decided, expected at most {most}")
            }
            Self::EndpointPolicy => {
                f.write_str("a VPC endpoint policy bears only on the requests that come through the endpoint")
            }
            Self::GrantsByGrantee => {
                f.write_str("a grant lets its grantee create grants, and how far depends on the grant to be created")
            }
        }
    }
}

/// A condition with the policy that it is in.
#[derive(Clone, Copy)]
pub(super) struct Used<'p> {
    pub place: &'p str,
    pub policy: &'p Policy,
    pub condition: &'p Condition,
}

impl Used<'_> {
    pub(super) fn outside(self, reason: Reason) -> Outside {
        outside(self.place, self.policy, self.condition.key_span, reason)
    }

    pub(super) fn operator_outside(self) -> Outside {
        let Condition { operator, key, operator_span, .. } = self.condition;
        let reason = Reason::Operator { operator: operator.to_string(), key: key.to_string() };
        outside(self.place, self.policy, *operator_span, reason)
    }
}

pub(super) fn outside(place: &str, policy: &Policy, span: SourceSpan, reason: Reason) -> Outside {
    let before = policy.text().get(..span.start as usize).unwrap_or_default();
    let count = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
    let line = count(before.matches('\n').count());
    let column = count(before.chars().rev().take_while(|c| *c != '\n').count());
    Outside { message: reason.to_string(), reason, at: Some(Place { policy: place.to_owned(), span, line, column }) }
}
