//! One demand against every policy and grant that applies, as a [`decision::Decision`] with its reasons.
//!
//! INVARIANT: pure and total. A malformed policy yields a decision, never an error or a panic.

use std::borrow::Cow;

use crate::{
    arn::{AccountId, AliasArn, KeyArn, Region},
    crypto::context::EncryptionContext,
    estate::{Estate, principal::Caller},
    kms::grant::{Grant, KeyGrants, Terms},
    policy::Policy,
};

use self::{
    decision::Decision,
    evaluate::{Case, Known, Layers},
    grants::{Candidates, Held},
    subject::Subject,
};

pub use self::permission::Reach;

pub mod decision;
mod evaluate;
mod facts;
mod grants;
pub mod permission;
pub mod simulate;
pub mod subject;

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
    let subject = Subject::from(question.caller);
    let layers = Layers { identity: estate.identity_policies(question.caller), ..Layers::default() };
    case(question, &subject, layers, &|| facts::of(question)).decide(trace)
}

/// Whether a key policy lets the caller do something, whatever the caller's own policies say.
pub fn key_policy_allows(policy: &Policy, caller: &Caller, action: &'static str, arn: KeyArn) -> bool {
    let target = Target::Key { arn, policy, grants: None };
    let question = Question { caller, action, target, reach: Reach::OwnAccount, context: Context::default() };
    let subject = Subject::from(caller);
    evaluate::key_policy_allows(&case(&question, &subject, Layers::default(), &|| facts::of(&question)))
}

fn case<'a>(
    question: &Question<'a>,
    subject: &'a Subject,
    layers: Layers<'a>,
    context: &'a dyn Fn() -> crate::policy::context::RequestContext,
) -> Case<'a> {
    let Question { caller, action, target, reach, context: known } = *question;
    let (resource, account, grants) = match target {
        Target::Key { arn, grants, .. } => (text(&arn), arn.account, grants.map_or(Held::NotAsked, Held::Key)),
        Target::Grant(grant) => (text(&grant.key), grant.key.account, Held::Retired(grant)),
        Target::Alias(alias) => (text(alias), alias.account, Held::NotAsked),
        Target::Account(account, _) => ("*".to_owned(), account, Held::NotAsked),
    };
    let key_policy = match target {
        Target::Key { policy, .. } => Some(policy),
        Target::Grant(_) | Target::Alias(_) | Target::Account(..) => None,
    };
    Case {
        subject,
        principal: text(caller),
        action: Cow::Borrowed(action),
        resource,
        account,
        on_key: matches!(target, Target::Key { .. } | Target::Grant(_)),
        reach,
        context: Known::OnDemand(context),
        layers: Layers { key_policy, ..layers },
        grants: Candidates { grants, encryption_context: known.encryption_context, new_grant: known.new_grant },
    }
}

/// `to_string` without its reallocations: every ARN here but that of a long alias fits at once.
fn text(name: &impl std::fmt::Display) -> String {
    use std::fmt::Write as _;

    let mut text = String::with_capacity(96);
    // Writing to a `String` cannot fail.
    let _ = write!(text, "{name}");
    text
}

#[cfg(test)]
mod tests;
