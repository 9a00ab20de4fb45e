//! The condition keys of a request, each as AWS fills it ("AWS KMS condition keys", "AWS global condition context keys").

use crate::{estate::principal::Caller, policy::context::RequestContext};

use super::{Question, Target};

pub(super) fn of(question: &Question<'_>) -> RequestContext {
    let mut facts = RequestContext::default();
    of_caller(question.caller, &mut facts);
    of_target(question, &mut facts);
    of_request(question, &mut facts);
    facts
}

fn of_caller(caller: &Caller, facts: &mut RequestContext) {
    let account = caller.account().to_string();
    let (arn, kind) = match caller {
        Caller::Root(_) => (caller.to_string(), "Account"),
        Caller::User { name, .. } => {
            facts.set("aws:username", name.as_str());
            (caller.to_string(), "User")
        }
        // Of a session, the role.
        Caller::RoleSession { role, .. } => (format!("arn:aws:iam::{account}:role/{role}"), "AssumedRole"),
    };
    facts.set("aws:PrincipalArn", arn);
    facts.set("aws:PrincipalType", kind);
    facts.set("aws:userid", caller.principal_id());
    facts.set("aws:PrincipalAccount", account);
    facts.set("aws:PrincipalIsAWSService", false);
}

fn of_target(question: &Question<'_>, facts: &mut RequestContext) {
    let (account, region) = match question.target {
        Target::Key { arn, .. } => (Some(arn.account), arn.region),
        Target::Grant(grant) => (Some(grant.key.account), grant.key.region),
        Target::Alias(alias) => (Some(alias.account), alias.region),
        Target::Account(_, region) => (None, region),
    };
    if let Some(account) = account {
        facts.set("aws:ResourceAccount", account.to_string());
    }
    facts.set("aws:RequestedRegion", region.as_str());
    facts.set("kms:CallerAccount", question.caller.account().to_string());
}

fn of_request(question: &Question<'_>, facts: &mut RequestContext) {
    let known = question.context;
    facts.set("aws:SecureTransport", true);
    facts.set("aws:ViaAWSService", known.via_service.is_some());
    if let Some(service) = known.via_service {
        facts.set("kms:ViaService", service);
    }
    if let Some(context) = known.encryption_context.filter(|context| !context.is_empty()) {
        for (name, value) in context.pairs() {
            facts.set(&format!("kms:EncryptionContext:{name}"), value);
        }
        facts.set_many("kms:EncryptionContextKeys", context.pairs().map(|(name, _)| name));
    }
}
