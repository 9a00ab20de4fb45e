//! One demand against every policy that applies, as a [`decision::Decision`] with its reasons.
//!
//! INVARIANT: pure and total. A malformed policy yields a decision, never an error or a panic.

use crate::{
    arn::{AccountId, AliasArn, KeyArn, Region},
    estate::{Estate, principal::Caller},
    policy::Policy,
};

use self::decision::Decision;

pub mod decision;
mod evaluate;

/// What a demand is made on.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    Key {
        arn: KeyArn,
        policy: &'a Policy,
    },
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

/// Whether `caller` may do `action` on `target`.
///
/// `action` is for example `kms:Decrypt`. With `trace` the decision lists every statement of every policy that applies;
/// without, it carries the verdict only.
pub fn authorize(
    estate: &Estate,
    caller: &Caller,
    action: &'static str,
    target: Target<'_>,
    reach: Reach,
    trace: bool,
) -> Decision {
    evaluate::decide(estate.identity_policies(caller), caller, action, target, reach, trace)
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
