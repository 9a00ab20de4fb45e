//! One demand against every policy and grant that applies, as a [`decision::Decision`] with its reasons.
//!
//! INVARIANT: pure and total. A malformed policy yields a decision, never an error or a panic.

use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    arn::{self, AccountId, AliasArn, GrantId, KeyArn, Region},
    crypto::context::EncryptionContext,
    estate::{
        Estate, attachment,
        principal::{Caller, Forwarding},
    },
    kms::{
        consistency::GrantLag,
        grant::{Grant, KeyGrants, Terms},
    },
    policy::{Policy, context::RequestContext, document::Effect},
};

use self::{
    decision::Decision,
    evaluate::{Case, Known, Layers, Level},
    grants::{Candidates, Held},
    subject::Subject,
};

pub use self::permission::Reach;

pub mod decision;
mod evaluate;
pub mod facts;
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
    /// A grant that the caller wants to retire. Its key's policy can do no more than deny that.
    Grant { grant: &'a Grant, policy: &'a Policy },
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
    /// How the request came about, where a service sent it. Absent where the caller asks directly.
    pub forwarding: Option<&'a Forwarding>,
    /// The key is one that AWS manages, on which resource control policies do not bear.
    pub managed_by_aws: bool,
    /// What is not known everywhere of the key's grants.
    pub grant_lags: Option<&'a BTreeMap<GrantId, GrantLag>>,
    /// Adds the condition keys that depend on more than the caller and the target.
    pub facts: Option<&'a dyn Fn(&mut RequestContext)>,
}

impl<'a> Context<'a> {
    /// What an operation on an encryption context has.
    pub fn of(encryption_context: &'a EncryptionContext) -> Self {
        Self { encryption_context: Some(encryption_context), ..Self::default() }
    }

    /// The service that asks for the caller, for example `s3.us-east-1.amazonaws.com`.
    pub fn via_service(&self) -> Option<&'a str> {
        self.forwarding.and_then(Forwarding::via_service)
    }
}

/// Whether the caller may do it.
///
/// With `trace` the decision lists every statement of every policy that applies, and the grants; without, it carries the
/// verdict only.
pub fn authorize(estate: &Estate, question: &Question<'_>, trace: bool) -> Decision {
    let (caller, subject) = (question.caller, Subject::from(question.caller));
    let attached = estate.attached_to(caller);
    let owner = match question.target {
        Target::Key { arn, policy: _, grants: _ } => Some(arn.account),
        Target::Alias(alias) => Some(alias.account),
        // An RCP has no say in who retires a grant.
        Target::Grant { .. } | Target::Account(..) => None,
    };
    let organization = estate.organization.as_ref();
    // An SCP bears on the principals of an account, and a service is none of them.
    let member = subject.account();
    let service_control = organization.map_or(Vec::new(), |it| levels(&it.service_control, member));
    let owner = owner.filter(|_| !question.context.managed_by_aws);
    let resource_control = organization.map_or(Vec::new(), |it| levels(&it.resource_control, owner));
    let layers = Layers {
        identity: attached.policies,
        groups: &attached.groups,
        boundary: attached.boundary,
        session: attached.session,
        // What a service sends does not come by the caller's network.
        endpoint: attached.endpoint.filter(|_| question.context.via_service().is_none()),
        service_control: &service_control,
        resource_control: &resource_control,
        ..Layers::default()
    };
    case(question, &subject, layers, &|| facts::of(estate, question)).decide(trace)
}

/// The levels above an account, or none where no account is meant.
fn levels(levels: &[attachment::Level], account: Option<AccountId>) -> Vec<Level<'_>> {
    let above =
        levels.iter().filter(|level| account.is_some() && (level.account.is_none() || level.account == account));
    above.map(|level| Level { name: level.name.clone(), policies: Cow::Borrowed(&level.policies) }).collect()
}

/// Whether a key policy lets the caller do something, whatever the caller's own policies say.
pub fn key_policy_allows(estate: &Estate, policy: &Policy, caller: &Caller, action: &'static str, arn: KeyArn) -> bool {
    let target = Target::Key { arn, policy, grants: None };
    let question = Question { caller, action, target, reach: Reach::OwnAccount, context: Context::default() };
    let subject = Subject::from(caller);
    evaluate::key_policy_allows(&case(&question, &subject, Layers::default(), &|| facts::of(estate, &question)))
}

/// Something asked of another service about a resource of its own.
pub struct ServiceQuestion<'a> {
    pub caller: &'a Caller,
    /// For example `s3:GetObject`.
    pub action: &'static str,
    /// The ARN of the resource.
    pub resource: &'a str,
    /// Whose it is.
    pub account: AccountId,
    pub forwarding: Option<&'a Forwarding>,
    /// Whether the request came over TLS (`aws:SecureTransport`).
    pub secure: bool,
    /// What only this service knows of it, by condition key.
    pub facts: &'a [(&'static str, &'a str)],
}

/// What the policy of a resource says of a request: a Deny, an Allow, or nothing.
pub fn resource_policy_says(estate: &Estate, policy: &Policy, asked: &ServiceQuestion<'_>) -> Option<Effect> {
    let subject = Subject::from(asked.caller);
    let context = || {
        let mut facts = facts::of_service_request(estate, asked);
        facts.set("aws:SecureTransport", asked.secure);
        for (name, value) in asked.facts {
            facts.set(name, *value);
        }
        facts
    };
    evaluate::resource_policy_says(&Case {
        subject: &subject,
        principal: asked.caller.principal(),
        action: Cow::Borrowed(asked.action),
        resource: asked.resource.to_owned(),
        account: asked.account,
        on_key: false,
        reach: Reach::AnyAccount,
        context: Known::OnDemand(&context),
        layers: Layers { key_policy: Some(policy), ..Layers::default() },
        grants: Candidates { grants: Held::NotAsked, encryption_context: None, new_grant: None, lags: None },
    })
}

fn case<'a>(
    question: &Question<'a>,
    subject: &'a Subject,
    layers: Layers<'a>,
    context: &'a dyn Fn() -> RequestContext,
) -> Case<'a> {
    let Question { caller, action, target, reach, context: known } = *question;
    let (resource, account, grants) = match target {
        Target::Key { arn, grants, .. } => {
            (arn.line().as_str().to_owned(), arn.account, grants.map_or(Held::NotAsked, Held::Key))
        }
        Target::Grant { grant, .. } => (grant.key.line().as_str().to_owned(), grant.key.account, Held::Retired(grant)),
        Target::Alias(alias) => (arn::text(alias), alias.account, Held::NotAsked),
        Target::Account(account, _) => ("*".to_owned(), account, Held::NotAsked),
    };
    let key_policy = match target {
        Target::Key { policy, .. } | Target::Grant { policy, .. } => Some(policy),
        Target::Alias(_) | Target::Account(..) => None,
    };
    Case {
        subject,
        principal: caller.principal(),
        action: Cow::Borrowed(action),
        resource,
        account,
        on_key: matches!(target, Target::Key { .. } | Target::Grant { .. }),
        reach,
        context: Known::OnDemand(context),
        layers: Layers { key_policy, key_policy_only_denies: matches!(target, Target::Grant { .. }), ..layers },
        grants: Candidates {
            grants,
            lags: known.grant_lags,
            encryption_context: known.encryption_context,
            new_grant: known.new_grant,
        },
    }
}

#[cfg(test)]
mod tests;
