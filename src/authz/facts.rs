//! The condition keys of a request, each as AWS fills it ("AWS KMS condition keys", "AWS global condition context keys").

use crate::{
    arn::AccountId,
    estate::{
        Estate,
        attachment::Organization,
        principal::{Caller, Forwarding},
    },
    policy::context::RequestContext,
};

use super::{Question, ServiceQuestion, Target};

pub(super) fn of(estate: &Estate, question: &Question<'_>) -> RequestContext {
    let mut facts = RequestContext::default();
    of_sender(estate, question.caller, question.context.via_service().is_none(), &mut facts);
    of_target(estate, question, &mut facts);
    of_request(question, &mut facts);
    if let Some(add) = question.context.facts {
        add(&mut facts);
    }
    facts
}

/// What every request of a caller has, whatever it asks for. `direct` if no service asks for the caller.
pub fn of_sender(estate: &Estate, caller: &Caller, direct: bool, facts: &mut RequestContext) {
    of_caller(caller, facts);
    if matches!(caller, Caller::Service { .. }) {
        return;
    }
    // Every account of a world is in the organization, if there is one.
    if let Some(organization) = &estate.organization {
        facts.set("aws:PrincipalOrgID", &*organization.id);
        facts.set_many("aws:PrincipalOrgPaths", [&*organization_path(organization)]);
    }
    if direct && estate.endpoint_of(caller).is_none() {
        facts.set("aws:SourceIp", SOURCE_IP_ADDRESS);
    }
    // Of those who have temporary credentials, and nobody here signs in with a second factor.
    if matches!(caller, Caller::RoleSession { .. }) {
        facts.set("aws:MultiFactorAuthPresent", false);
    }
}

/// What a request to another service has.
pub(super) fn of_service_request(estate: &Estate, asked: &ServiceQuestion<'_>) -> RequestContext {
    let mut facts = RequestContext::default();
    of_sender(estate, asked.caller, asked.forwarding.is_none_or(Forwarding::is_direct), &mut facts);
    facts.set("aws:ResourceAccount", asked.account.to_string());
    if let Some(forwarding) = asked.forwarding {
        of_forwarding(asked.caller, forwarding, &mut facts);
    }
    facts
}

fn organization_path(organization: &Organization) -> String {
    format!("{}/r-root/", organization.id)
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
        Caller::Service { name, .. } => {
            facts.set("aws:PrincipalIsAWSService", true);
            facts.set("aws:PrincipalServiceName", &**name);
            facts.set_many("aws:PrincipalServiceNamesList", [&**name]);
            return;
        }
    };
    facts.set("aws:PrincipalArn", arn);
    facts.set("aws:PrincipalType", kind);
    facts.set("aws:userid", caller.principal_id());
    facts.set("kms:CallerAccount", &*account);
    facts.set("aws:PrincipalAccount", account);
    facts.set("aws:PrincipalIsAWSService", false);
}

fn of_target(estate: &Estate, question: &Question<'_>, facts: &mut RequestContext) {
    let region = match question.target {
        Target::Key { arn, .. } => arn.region,
        Target::Grant { grant, .. } => grant.key.region,
        Target::Alias(alias) => alias.region,
        Target::Account(_, region) => region,
    };
    if let Some(account) = account_of(question) {
        facts.set("aws:ResourceAccount", account.to_string());
        if let Some(organization) = &estate.organization {
            facts.set("aws:ResourceOrgID", &*organization.id);
            facts.set_many("aws:ResourceOrgPaths", [&*organization_path(organization)]);
        }
    }
    facts.set("aws:RequestedRegion", region.as_str());
}

fn account_of(question: &Question<'_>) -> Option<AccountId> {
    match question.target {
        Target::Key { arn, .. } => Some(arn.account),
        Target::Grant { grant, .. } => Some(grant.key.account),
        Target::Alias(alias) => Some(alias.account),
        Target::Account(..) => None,
    }
}

fn of_request(question: &Question<'_>, facts: &mut RequestContext) {
    let known = question.context;
    facts.set("aws:SecureTransport", true);
    facts.set("aws:ViaAWSService", known.via_service().is_some());
    if let Some(service) = known.via_service() {
        facts.set("kms:ViaService", service);
    }
    if let Some(forwarding) = known.forwarding {
        of_forwarding(question.caller, forwarding, facts);
    }
    if let Some(context) = known.encryption_context.filter(|context| !context.is_empty()) {
        for (name, value) in context.pairs() {
            facts.set(&format!("kms:EncryptionContext:{name}"), value);
        }
        facts.set_many("kms:EncryptionContextKeys", context.pairs().map(|(name, _)| name));
    }
}

fn of_forwarding(caller: &Caller, forwarding: &Forwarding, facts: &mut RequestContext) {
    let mut called: Vec<String> = Vec::new();
    for service in forwarding.services.iter().filter_map(|host| host.split('.').next()) {
        if CALLED_VIA.contains(&service) {
            called.push(format!("{service}.amazonaws.com"));
        }
    }
    if let (Some(first), Some(last)) = (called.first(), called.last()) {
        facts.set("aws:CalledViaFirst", first.clone());
        facts.set("aws:CalledViaLast", last.clone());
        facts.set_many("aws:CalledVia", called.iter().map(String::as_str));
    }
    // Of whom a service works for when it asks for itself, so that nobody else can have it do so.
    if let (Some(arn), Caller::Service { account, .. }) = (&forwarding.source_arn, caller) {
        facts.set("aws:SourceArn", &**arn);
        facts.set("aws:SourceAccount", account.to_string());
    }
}

/// The services, of those here, that `aws:CalledVia` tells of ("AWS global condition context keys").
const CALLED_VIA: &[&str] = &["athena", "dynamodb"];

/// Where every request of a caller comes from, an address for documentation (RFC 5737), as audit records have it.
pub const SOURCE_IP_ADDRESS: &str = "192.0.2.0";
