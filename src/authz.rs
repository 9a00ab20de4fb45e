//! One demand against every policy and grant that applies, as a [`decision::Decision`] with its reasons.
//!
//! INVARIANT: pure and total. A malformed policy yields a decision, never an error or a panic.

use crate::{
    arn::{AccountId, AliasArn, KeyArn, Region},
    crypto::context::EncryptionContext,
    estate::{Estate, principal::Caller},
    kms::grant::{Grant, KeyGrants, Terms},
    policy::Policy,
};

use self::decision::Decision;

pub mod decision;
mod evaluate;
mod grants;

/// What a demand is made on.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    Key {
        arn: KeyArn,
        policy: &'a Policy,
        /// Absent where the operation is not one that a grant can give: then none is asked.
        grants: Option<&'a KeyGrants>,
    },
    /// A grant that the caller wants to retire. Its key's policy has no say in that.
    Grant(&'a Grant),
    /// The alias itself, never the key behind it.
    Alias(&'a AliasArn),
    /// An account in a Region, for operations on no resource, whose resource is `*`.
    Account(AccountId, Region),
}

/// Whether an operation can be used on a key of another account at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    OwnAccount,
    AnyAccount,
}

/// One permission asked for, with everything that may matter to the answer.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub caller: &'a Caller,
    /// For example `kms:Decrypt`.
    pub action: &'static str,
    pub target: Target<'a>,
    pub reach: Reach,
    pub context: Context<'a>,
}

/// What is known of a request beside who asks to do what on what: the facts that a permission can depend on.
#[derive(Clone, Copy, Default)]
pub struct Context<'a> {
    /// Of the operations that take one, also where it is empty.
    pub encryption_context: Option<&'a EncryptionContext>,
    /// Of CreateGrant: what it asks for.
    pub new_grant: Option<&'a Terms>,
    /// The AWS service that asks for the caller, for example `s3.us-east-1.amazonaws.com`. Absent where the caller asks
    /// directly, as everybody does in this build.
    pub via_service: Option<&'a str>,
}

impl<'a> Context<'a> {
    /// What an operation on an encryption context has.
    pub fn of(encryption_context: &'a EncryptionContext) -> Self {
        Self { encryption_context: Some(encryption_context), ..Self::default() }
    }
}

/// Whether the caller may do it.
///
/// With `trace` the decision lists every statement of every policy that applies, and the grants; without, it carries the
/// verdict only.
pub fn authorize(estate: &Estate, question: &Question<'_>, trace: bool) -> Decision {
    evaluate::decide(estate.identity_policies(question.caller), question, trace)
}

/// Whether `policy`, as the policy of the key `arn`, lets `caller` do `action` or leaves that to the caller's account.
///
/// The caller's own policies are not asked. This is the question of the lockout safety check: could whoever puts this
/// policy put another one?
pub fn key_policy_allows(policy: &Policy, caller: &Caller, action: &'static str, arn: KeyArn) -> bool {
    evaluate::key_policy_allows(policy, caller, action, arn)
}

#[cfg(test)]
mod tests;
