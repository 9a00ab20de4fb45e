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

/// The requests that a principal of a setting would make with the key.
///
/// They have the condition keys that follow from who asks for what, and those that the setting and the principal are known
/// to have, as far as requests for the permission can have them.
pub struct Requests<'a> {
    setting: &'a Setting,
    party: &'a Party,
    /// Whatever any of them has, as far as nothing more is known.
    guessed: RequestContext,
    /// For each key of `guessed`, the requests that have it.
    operations: Vec<Operations>,
}

impl<'a> Requests<'a> {
    pub fn of(setting: &'a Setting, party: &'a Party) -> Self {
        let mut guessed = RequestContext::default();
        of_principal(party, &mut guessed);
        guessed.set("aws:RequestedRegion", region(setting));
        guessed.set("aws:SecureTransport", true);
        guessed.set(RESOURCE_ACCOUNT, setting.account.to_string());
        if let Some(pairs) = setting.encryption_context.as_ref().filter(|pairs| !pairs.is_empty()) {
            for (name, value) in pairs.pairs() {
                guessed.set(&format!("kms:EncryptionContext:{name}"), value);
            }
            guessed.set_many("kms:EncryptionContextKeys", pairs.pairs().map(|(name, _)| name));
        }
        let known = setting.context.facts().iter().chain(party.context.facts());
        let names_account = known.clone().any(|fact| fact.key.eq_ignore_ascii_case(RESOURCE_ACCOUNT));
        for fact in known {
            guessed.set(&fact.key, fact.value.clone());
        }
        let operations = |name: &str| match condition_keys::named(name) {
            // Only a key tells which account it is of.
            Some(key) if key.name == RESOURCE_ACCOUNT && !names_account => Operations::OnKey,
            Some(key) => key.operations,
            None => Operations::Any,
        };
        let operations = guessed.facts().iter().map(|fact| operations(&fact.key)).collect();
        Self { setting, party, guessed, operations }
    }

    /// A request for one permission on the key of the setting, or on the principal's account where it is on no key.
    pub fn request(&self, permission: &'static Permission) -> Request {
        let Self { setting, party, .. } = self;
        let on_key = permission.on != On::Account;
        let context = setting.requests.on_key(permission).map_or_else(
            || {
                let mut operations = self.operations.iter();
                self.guessed.part(|_| operations.next().is_some_and(|operations| operations.include(permission)))
            },
            |known| {
                let mut context = RequestContext::default();
                of_principal(party, &mut context);
                take(known, permission, &mut context);
                take(&party.context, permission, &mut context);
                context
            },
        );
        Request {
            permission,
            resource: if on_key { setting.key.clone() } else { "*".to_owned() },
            account: if on_key { setting.account } else { party.subject.account().unwrap_or(setting.account) },
            context,
            encryption_context: setting.encryption_context.clone(),
        }
    }
}

const RESOURCE_ACCOUNT: &str = "aws:ResourceAccount";

/// The request for a permission on an alias of the principal's account, where one is known that the permission is on
/// beside the key.
pub fn request_on_alias(setting: &Setting, party: &Party, permission: &'static Permission) -> Option<Request> {
    let (alias, known) = setting.requests.on_alias(permission)?;
    let account = party.subject.account()?;
    let mut context = RequestContext::default();
    of_principal(party, &mut context);
    take(known, permission, &mut context);
    context.set(RESOURCE_ACCOUNT, account.to_string());
    take(&party.context, permission, &mut context);
    let resource = format!("arn:aws:kms:{}:{account}:alias/{alias}", region(setting));
    Some(Request { permission, resource, account, context, encryption_context: None })
}

fn region(setting: &Setting) -> &str {
    setting.key.split(':').nth(3).unwrap_or_default()
}

/// Adds what requests for the permission can have.
fn take(known: &RequestContext, permission: &Permission, context: &mut RequestContext) {
    for fact in known.facts().iter().filter(|fact| can_have(permission, &fact.key)) {
        context.set(&fact.key, fact.value.clone());
    }
}

fn can_have(permission: &Permission, name: &str) -> bool {
    condition_keys::named(name).is_none_or(|key| key.operations.include(permission))
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
