//! The request that a principal of a setting would make with each permission.

use crate::{
    authz::{
        permission::{On, Permission},
        simulate::{Party, Request, Setting},
        subject::Subject,
    },
    policy::context::RequestContext,
};

use super::condition_keys::{self, Operations};

/// The requests that a principal of a setting would make.
///
/// They have the condition keys that follow from who asks for what, and those that the setting and the principal are known
/// to have, as far as requests for the permission can have them.
pub struct Requests<'a> {
    setting: &'a Setting,
    party: &'a Party,
    /// Whatever any of them has.
    context: RequestContext,
    /// For each key of `context`, the requests that have it.
    operations: Vec<Operations>,
}

impl<'a> Requests<'a> {
    pub fn of(setting: &'a Setting, party: &'a Party) -> Self {
        let mut context = RequestContext::default();
        of_principal(party, &mut context);
        context.set("aws:RequestedRegion", setting.key.split(':').nth(3).unwrap_or_default());
        context.set("aws:SecureTransport", true);
        let known = setting.context.facts().iter().chain(party.context.facts());
        let names_account = known.clone().any(|fact| fact.key.eq_ignore_ascii_case(RESOURCE_ACCOUNT));
        context.set(RESOURCE_ACCOUNT, setting.account.to_string());
        if let Some(pairs) = setting.encryption_context.as_ref().filter(|pairs| !pairs.is_empty()) {
            for (name, value) in pairs.pairs() {
                context.set(&format!("kms:EncryptionContext:{name}"), value);
            }
            context.set_many("kms:EncryptionContextKeys", pairs.pairs().map(|(name, _)| name));
        }
        for fact in known {
            context.set(&fact.key, fact.value.clone());
        }
        let operations = |name: &str| match condition_keys::named(name) {
            // Only a key tells which account it is of.
            Some(key) if key.name == RESOURCE_ACCOUNT && !names_account => Operations::OnKey,
            Some(key) => key.operations,
            None => Operations::Any,
        };
        let operations = context.facts().iter().map(|fact| operations(&fact.key)).collect();
        Self { setting, party, context, operations }
    }

    /// A request for one permission on the key of the setting, or on the principal's account where it is on no key.
    pub fn request(&self, permission: &'static Permission) -> Request {
        let Self { setting, party, context, operations } = self;
        let on_key = permission.on != On::Account;
        let mut operations = operations.iter();
        Request {
            permission,
            resource: if on_key { setting.key.clone() } else { "*".to_owned() },
            account: if on_key { setting.account } else { party.subject.account().unwrap_or(setting.account) },
            context: context.part(|_| operations.next().is_some_and(|operations| operations.include(permission))),
            encryption_context: setting.encryption_context.clone(),
        }
    }
}

const RESOURCE_ACCOUNT: &str = "aws:ResourceAccount";

fn of_principal(party: &Party, context: &mut RequestContext) {
    let (arn, kind) = match &party.subject {
        Subject::Service(name) => {
            context.set("aws:PrincipalIsAWSService", true);
            context.set("aws:PrincipalServiceName", &**name);
            return;
        }
        Subject::Root(_) => (party.principal.clone(), "Account"),
        Subject::User { name, .. } => {
            context.set("aws:username", name.as_str());
            (party.principal.clone(), "User")
        }
        // Of a session, the role.
        Subject::RoleSession { account, path, role, .. } => {
            (format!("arn:aws:iam::{account}:role{path}{role}"), "AssumedRole")
        }
        Subject::FederatedUser { .. } => (party.principal.clone(), "FederatedUser"),
    };
    context.set("aws:PrincipalArn", arn);
    context.set("aws:PrincipalType", kind);
    context.set("aws:PrincipalIsAWSService", false);
    context.set("aws:ViaAWSService", false);
    if let Some(account) = party.subject.account() {
        context.set("aws:PrincipalAccount", account.to_string());
        context.set("kms:CallerAccount", account.to_string());
    }
}
