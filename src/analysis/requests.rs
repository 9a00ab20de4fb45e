//! The request that a principal of a setting would make with each permission.

use crate::{
    authz::{
        permission::{On, Permission},
        simulate::{Party, Request, Setting},
        subject::Subject,
    },
    policy::context::RequestContext,
};

use super::condition_keys;

/// A request for one permission on the key of the setting, or on the principal's account where it is on no key.
///
/// It has the condition keys that follow from who asks for what, and those that the setting and the principal are known
/// to have, as far as requests for the permission can have them.
pub fn request(setting: &Setting, party: &Party, permission: &'static Permission) -> Request {
    let on_key = permission.on != On::Account;
    let account = if on_key { setting.account } else { party.subject.account().unwrap_or(setting.account) };
    let mut context = RequestContext::default();
    of_principal(party, &mut context);
    let region = setting.key.split(':').nth(3).unwrap_or_default();
    context.set("aws:RequestedRegion", region);
    context.set("aws:SecureTransport", true);
    if on_key {
        context.set("aws:ResourceAccount", account.to_string());
    }
    let can_have = |name: &str| condition_keys::named(name).is_none_or(|key| key.operations.include(permission));
    let pairs = setting.encryption_context.as_ref().filter(|pairs| !pairs.is_empty());
    if let Some(pairs) = pairs.filter(|_| can_have("kms:EncryptionContextKeys")) {
        for (name, value) in pairs.pairs() {
            context.set(&format!("kms:EncryptionContext:{name}"), value);
        }
        context.set_many("kms:EncryptionContextKeys", pairs.pairs().map(|(name, _)| name));
    }
    for fact in setting.context.facts().iter().chain(party.context.facts()) {
        if can_have(&fact.key) {
            context.set(&fact.key, fact.value.clone());
        }
    }
    Request {
        permission,
        resource: if on_key { setting.key.clone() } else { "*".to_owned() },
        account,
        context,
        encryption_context: setting.encryption_context.clone(),
    }
}

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
