//! Scenarios and settings as they are written.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{
    arn::{AccountId, NotAName},
    crypto::context::EncryptionContext,
    estate::principal::AttachedPolicy,
    kms::grant::{Constraints, ContextConstraint, GrantOperation, GrantPrincipal, Terms},
    policy::{
        Policy, PolicyKind,
        context::{ContextValue, RequestContext},
        error::PolicyError,
        principal::{EntityPath, PolicyPrincipal},
    },
};

use super::{
    super::{evaluate::Level, grants::ListedGrant, permission, subject::Subject},
    Common, KEY_POLICY, Member, Party, Problem, Request, SHARED_POLICY, Scenario, ScenarioError, Setting,
};

/// The members of a scenario as they are written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written<'a> {
    #[serde(borrow)]
    request: &'a RawValue,
    principal: WrittenPrincipal,
    key: Option<WrittenKey<'a>>,
    key_policy: Option<&'a RawValue>,
    identity_policies: Option<Vec<&'a RawValue>>,
    permissions_boundary: Option<&'a RawValue>,
    session_policy: Option<&'a RawValue>,
    vpc_endpoint_policy: Option<&'a RawValue>,
    grants: Option<Vec<WrittenGrant>>,
    organization: Option<WrittenOrganization<'a>>,
}

/// The members of a setting as they are written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenSetting<'a> {
    #[serde(borrow)]
    key: WrittenKey<'a>,
    key_policy: Option<&'a RawValue>,
    vpc_endpoint_policy: Option<&'a RawValue>,
    grants: Option<Vec<WrittenGrant>>,
    organization: Option<WrittenOrganization<'a>>,
    context: Option<BTreeMap<String, Value>>,
    encryption_context: Option<EncryptionContext>,
    principals: Vec<WrittenParty<'a>>,
}

/// A principal with its policies.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenParty<'a> {
    principal: WrittenPrincipal,
    #[serde(borrow)]
    identity_policies: Option<Vec<&'a RawValue>>,
    permissions_boundary: Option<&'a RawValue>,
    session_policy: Option<&'a RawValue>,
    context: Option<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenRequest {
    action: String,
    resource: WrittenResource,
    context: Option<BTreeMap<String, Value>>,
    encryption_context: Option<EncryptionContext>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenResource {
    arn: String,
    account: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenPrincipal {
    kind: String,
    arn: Option<String>,
    account: Option<String>,
    role_arn: Option<String>,
    user_arn: Option<String>,
    service: Option<String>,
    service_linked: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenKey<'a> {
    /// Of a setting; a scenario has it in its request.
    arn: Option<String>,
    manager: Option<String>,
    #[serde(borrow)]
    shared_policy: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenGrant {
    grant_id: Option<String>,
    key_arn: String,
    grantee_principal: Option<String>,
    grantee_service_principal: Option<String>,
    operations: Vec<String>,
    issuing_account: Option<String>,
    retiring_principal: Option<String>,
    retiring_service_principal: Option<String>,
    constraints: Option<WrittenConstraints>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenConstraints {
    #[serde(alias = "EncryptionContextEquals")]
    encryption_context_equals: Option<EncryptionContext>,
    #[serde(alias = "EncryptionContextSubset")]
    encryption_context_subset: Option<EncryptionContext>,
    #[serde(alias = "SourceArn")]
    source_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenOrganization<'a> {
    management_account: Option<String>,
    #[serde(borrow)]
    accounts: Option<BTreeMap<String, WrittenMember<'a>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMember<'a> {
    #[serde(borrow)]
    scps: Option<Vec<WrittenLevel<'a>>>,
    rcps: Option<Vec<WrittenLevel<'a>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLevel<'a> {
    level: String,
    #[serde(borrow)]
    policies: Vec<&'a RawValue>,
}

/// A policy with its name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPolicy<'a> {
    name: Option<String>,
    #[serde(borrow)]
    document: &'a RawValue,
}

pub(super) fn scenario(text: &str) -> Result<Scenario, ScenarioError> {
    let written: Written<'_> = read("the scenario", text)?;
    let mut reader = Reader { problems: Vec::new(), by_place: false };
    let subject = subject(&written.principal)?;
    let request = request(written.request.get(), &subject.0)?;
    let common = reader.common(CommonParts {
        key: written.key,
        key_policy: written.key_policy,
        endpoint: written.vpc_endpoint_policy,
        organization: written.organization,
        grants: written.grants,
    })?;
    let party = reader.party(
        "",
        subject,
        written.identity_policies,
        [written.permissions_boundary, written.session_policy],
        None,
    )?;
    Ok(Scenario { party, request, common, problems: reader.problems })
}

pub(super) fn setting(text: &str) -> Result<Setting, ScenarioError> {
    let written: WrittenSetting<'_> = read("the setting", text)?;
    let mut reader = Reader { problems: Vec::new(), by_place: true };
    let key = written.key.arn.clone().ok_or_else(|| wrong("key.arn", "missing".to_owned()))?;
    let account = account_of_arn(&key).filter(|_| key.contains(":key/"));
    let account = account.ok_or_else(|| wrong("key.arn", format!("got `{key}`, expected a key ARN")))?;
    let common = reader.common(CommonParts {
        key: Some(written.key),
        key_policy: written.key_policy,
        endpoint: written.vpc_endpoint_policy,
        organization: written.organization,
        grants: written.grants,
    })?;
    let parties = reader.parties(written.principals)?;
    let context = context("context", written.context)?;
    let Reader { problems, .. } = reader;
    let (encryption_context, requests) = (written.encryption_context, Arc::default());
    Ok(Setting { key, account, parties, context, encryption_context, requests, problems, common })
}

pub(super) fn parties(text: &str) -> Result<Vec<Party>, ScenarioError> {
    Reader { problems: Vec::new(), by_place: true }.parties(read("principals", text)?)
}

/// What a scenario and a setting have in common, as it is written.
struct CommonParts<'a> {
    key: Option<WrittenKey<'a>>,
    key_policy: Option<&'a RawValue>,
    endpoint: Option<&'a RawValue>,
    organization: Option<WrittenOrganization<'a>>,
    grants: Option<Vec<WrittenGrant>>,
}

pub(super) fn request(text: &str, subject: &Subject) -> Result<Request, ScenarioError> {
    let written: WrittenRequest = read("request", text)?;
    let permission = permission::named(&written.action).ok_or_else(|| {
        wrong("request.action", format!("got `{}`, expected a permission of KMS such as `kms:Decrypt`", written.action))
    })?;
    let account = match written.resource.account.as_deref() {
        Some(account) => parse("request.resource.account", account)?,
        None => account_of_arn(&written.resource.arn).or(subject.account()).ok_or_else(|| {
            wrong("request.resource.account", "missing: say which account has the resource".to_owned())
        })?,
    };
    let context = context("request.context", written.context)?;
    let resource = written.resource.arn;
    if resource.len() > LONGEST_VALUE {
        return Err(wrong("request.resource.arn", too_long(resource.len())));
    }
    Ok(Request { permission, resource, account, context, encryption_context: written.encryption_context })
}

fn context(at: &str, written: Option<BTreeMap<String, Value>>) -> Result<RequestContext, ScenarioError> {
    let mut context = RequestContext::default();
    for (key, value) in written.unwrap_or_default() {
        if let Some(value) = context_value(&value).map_err(|problem| wrong(&format!("{at}[{key:?}]"), problem))? {
            context.set(&key, value);
        }
    }
    Ok(context)
}

/// How many bytes a value of the context may have; no condition key of AWS has more.
pub(super) const LONGEST_VALUE: usize = 16_384;
/// How many values a key of the context may have.
const MOST_VALUES: usize = 1_024;

fn too_long(bytes: usize) -> String {
    format!("got {bytes} bytes, expected at most {LONGEST_VALUE}")
}

fn context_value(value: &Value) -> Result<Option<ContextValue>, String> {
    let text = |value: &Value| match value {
        Value::String(text) if text.len() > LONGEST_VALUE => Err(too_long(text.len())),
        Value::String(text) => Ok(text.as_str().into()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string().into()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err("expected a text or a list of texts".to_owned()),
    };
    Ok(match value {
        Value::Null => None,
        Value::Array(values) if values.len() > MOST_VALUES => {
            return Err(format!("got {} values, expected at most {MOST_VALUES}", values.len()));
        }
        Value::Array(values) => Some(ContextValue::Many(values.iter().map(text).collect::<Result<_, _>>()?)),
        value => Some(ContextValue::One(text(value)?)),
    })
}

impl WrittenGrant {
    fn read(self, nth: usize) -> Result<(String, ListedGrant), ScenarioError> {
        let at = |member: &str| format!("grants[{nth}].{member}");
        let named = |member: &str, arn: Option<String>, service: Option<String>| match (arn, service) {
            (Some(_), Some(_)) => {
                Err(wrong(&at(member), "give the principal or the service principal, not both".into()))
            }
            // What is neither, such as the infrastructure of EC2, is nobody who could ask here.
            (Some(name), None) | (None, Some(name)) => {
                Ok(Some(name.parse().unwrap_or_else(|_| GrantPrincipal::from(PolicyPrincipal::Nobody(name.into())))))
            }
            (None, None) => Ok(None),
        };
        let grantee = named("granteePrincipal", self.grantee_principal, self.grantee_service_principal)?
            .ok_or_else(|| wrong(&at("granteePrincipal"), "missing".to_owned()))?;
        let retiring = named("retiringPrincipal", self.retiring_principal, self.retiring_service_principal)?;
        let operation = |name: String| -> Result<GrantOperation, ScenarioError> { parse(&at("operations"), &name) };
        let operations = self.operations.into_iter().map(operation).collect::<Result<_, _>>()?;
        let constraints = self.constraints.unwrap_or(WrittenConstraints {
            encryption_context_equals: None,
            encryption_context_subset: None,
            source_arn: None,
        });
        let encryption_context = match (constraints.encryption_context_equals, constraints.encryption_context_subset) {
            (Some(_), Some(_)) => {
                return Err(wrong(
                    &at("constraints"),
                    "give EncryptionContextEquals or EncryptionContextSubset".into(),
                ));
            }
            (Some(pairs), None) => Some(ContextConstraint::Equals(pairs)),
            (None, pairs) => pairs.map(ContextConstraint::Subset),
        };
        let key_account = account_of_arn(&self.key_arn)
            .ok_or_else(|| wrong(&at("keyArn"), format!("got `{}`, expected a key ARN", self.key_arn)))?;
        let issuing_account = match self.issuing_account.as_deref() {
            // ListGrants gives the account as an ARN of its root user.
            Some(text) if text.starts_with("arn:") => {
                account_of_arn(text).ok_or_else(|| wrong(&at("issuingAccount"), "expected an account".into()))?
            }
            Some(text) => parse(&at("issuingAccount"), text)?,
            None => key_account,
        };
        let constraints = Constraints { encryption_context, source_arn: constraints.source_arn };
        let terms = Terms { grantee, retiring, operations, constraints, name: self.name };
        let id = self.grant_id.unwrap_or_else(|| format!("grants[{nth}]")).into();
        Ok((self.key_arn, ListedGrant { id, key_account, issuing_account, terms }))
    }
}

/// Reads policies, and keeps what is wrong with them.
struct Reader {
    problems: Vec<Problem>,
    /// Policies are called by their place, whatever their name.
    by_place: bool,
}

impl Reader {
    fn common(&mut self, parts: CommonParts<'_>) -> Result<Common, ScenarioError> {
        let key = parts.key.as_ref();
        let manager = key.and_then(|key| key.manager.as_deref()).unwrap_or("CUSTOMER");
        if !["AWS", "CUSTOMER"].iter().any(|known| known.eq_ignore_ascii_case(manager)) {
            return Err(wrong("key.manager", format!("got `{manager}`, expected `AWS` or `CUSTOMER`")));
        }
        let mut one = |at: &str, raw: Option<&RawValue>, kind| raw.map(|raw| self.policy(at, raw, kind)).transpose();
        let key_policy = one(KEY_POLICY, parts.key_policy, PolicyKind::Key)?;
        let shared = one(SHARED_POLICY, key.and_then(|key| key.shared_policy), PolicyKind::Key)?;
        let endpoint = one("vpcEndpointPolicy", parts.endpoint, PolicyKind::Endpoint)?;
        let members = self.organization(parts.organization)?;
        let mut grants: BTreeMap<String, Vec<ListedGrant>> = BTreeMap::new();
        for (nth, grant) in parts.grants.unwrap_or_default().into_iter().enumerate() {
            let (key, grant) = grant.read(nth)?;
            grants.entry(key).or_default().push(grant);
        }
        Ok(Common {
            key_policy: key_policy.map(|attached| attached.policy),
            shared_policy: shared.map(|attached| attached.policy),
            aws_managed: manager.eq_ignore_ascii_case("AWS"),
            endpoint,
            members,
            grants,
        })
    }

    fn parties(&mut self, written: Vec<WrittenParty<'_>>) -> Result<Vec<Party>, ScenarioError> {
        let mut parties = Vec::with_capacity(written.len());
        for (nth, party) in written.into_iter().enumerate() {
            let at = format!("principals[{nth}].");
            let who = subject(&party.principal).map_err(|error| wrong(&format!("{at}{}", error.at), error.problem))?;
            let limits = [party.permissions_boundary, party.session_policy];
            parties.push(self.party(&at, who, party.identity_policies, limits, party.context)?);
        }
        Ok(parties)
    }

    fn party(
        &mut self,
        at: &str,
        (subject, principal): (Subject, String),
        identity: Option<Vec<&RawValue>>,
        [boundary, session]: [Option<&RawValue>; 2],
        written: Option<BTreeMap<String, Value>>,
    ) -> Result<Party, ScenarioError> {
        let identity =
            self.policies(&format!("{at}identityPolicies"), &identity.unwrap_or_default(), PolicyKind::Identity)?;
        let mut one = |name: &str, raw: Option<&RawValue>, kind| {
            raw.map(|raw| self.policy(&format!("{at}{name}"), raw, kind)).transpose()
        };
        let boundary = one("permissionsBoundary", boundary, PolicyKind::Identity)?;
        let session = one("sessionPolicy", session, PolicyKind::Session)?;
        let has_policies = !subject.is_root() && !subject.is_service();
        Ok(Party {
            principal,
            context: context(&format!("{at}context"), written)?,
            identity: if has_policies { identity } else { Vec::new() },
            boundary: boundary.filter(|_| has_policies),
            session: session.filter(|_| subject.has_session_policies()),
            endpoint: None,
            subject,
        })
    }

    fn policies(
        &mut self,
        at: &str,
        raw: &[&RawValue],
        kind: PolicyKind,
    ) -> Result<Vec<AttachedPolicy>, ScenarioError> {
        raw.iter().enumerate().map(|(nth, raw)| self.policy(&format!("{at}[{nth}]"), raw, kind)).collect()
    }

    /// A policy as an object or as its text, by itself or under `document` beside its `name`.
    fn policy(&mut self, at: &str, raw: &RawValue, kind: PolicyKind) -> Result<AttachedPolicy, ScenarioError> {
        let named = serde_json::from_str::<WrittenPolicy<'_>>(raw.get()).ok();
        let document = named.as_ref().map_or(raw, |named| named.document).get();
        let text: Cow<'_, str> =
            if document.starts_with('"') { Cow::Owned(read(at, document)?) } else { Cow::Borrowed(document) };
        let (policy, problems) = Policy::read(&text, kind).map_err(|error| wrong(at, error.to_string()))?;
        let problem = |error: PolicyError| {
            let PolicyError { kind, line, column, .. } = error;
            Problem { policy: at.to_owned(), line, column, message: kind.to_string() }
        };
        self.problems.extend(problems.into_iter().map(problem));
        let name = named.and_then(|named| named.name).filter(|_| !self.by_place).unwrap_or_else(|| at.to_owned());
        Ok(AttachedPolicy { name: name.into(), policy })
    }

    /// The member accounts, without the management account, which no organization policy bears on.
    fn organization(
        &mut self,
        written: Option<WrittenOrganization<'_>>,
    ) -> Result<BTreeMap<AccountId, Member>, ScenarioError> {
        let Some(WrittenOrganization { management_account, accounts }) = written else { return Ok(BTreeMap::new()) };
        let management: Option<AccountId> =
            management_account.as_deref().map(|id| parse("organization.managementAccount", id)).transpose()?;
        let mut members = BTreeMap::new();
        for (id, member) in accounts.unwrap_or_default() {
            let at = format!("organization.accounts[{id:?}]");
            let account: AccountId = parse(&at, &id)?;
            let service_control = self.levels(&format!("{at}.scps"), member.scps, PolicyKind::ServiceControl)?;
            let resource_control = self.levels(&format!("{at}.rcps"), member.rcps, PolicyKind::ResourceControl)?;
            if management != Some(account) {
                members.insert(account, Member { service_control, resource_control });
            }
        }
        Ok(members)
    }

    fn levels(
        &mut self,
        at: &str,
        levels: Option<Vec<WrittenLevel<'_>>>,
        kind: PolicyKind,
    ) -> Result<Vec<Level<'static>>, ScenarioError> {
        let mut read = |(nth, level): (usize, WrittenLevel<'_>)| {
            let policies = self.policies(&format!("{at}[{nth}].policies"), &level.policies, kind)?;
            Ok(Level { name: level.level.into(), policies: policies.into() })
        };
        levels.unwrap_or_default().into_iter().enumerate().map(&mut read).collect()
    }
}

fn subject(written: &WrittenPrincipal) -> Result<(Subject, String), ScenarioError> {
    let WrittenPrincipal { kind, arn, role_arn, user_arn, service, .. } = written;
    let account: Option<AccountId> = written.account.as_deref().map(|id| parse("principal.account", id)).transpose()?;
    let named = |member: &str, text: &Option<String>| -> Result<PolicyPrincipal, ScenarioError> {
        let text = text.as_deref().ok_or_else(|| wrong(&format!("principal.{member}"), "missing".to_owned()))?;
        parse(&format!("principal.{member}"), text)
    };
    let mismatch = |member: &str| Err(wrong(&format!("principal.{member}"), format!("is not the ARN of a {kind}")));
    if kind == "service" {
        let name = service.as_deref().or(arn.as_deref());
        let name = name.ok_or_else(|| wrong("principal.service", "missing".to_owned()))?;
        return Ok((Subject::Service(name.into()), name.to_owned()));
    }
    let subject = match (kind.as_str(), named("arn", arn)) {
        // The ARN of a root user is that of its account, so the account is enough.
        ("account-root", named) => match (named, account) {
            (Ok(PolicyPrincipal::Account(account)), _) | (Err(_), Some(account)) => Subject::Root(account),
            (Ok(_), _) => return mismatch("arn"),
            (Err(error), None) => return Err(error),
        },
        ("user", named) => match named? {
            PolicyPrincipal::User { account, path, name } => Subject::User { account, path, name },
            _ => return mismatch("arn"),
        },
        ("role-session", session) => {
            let PolicyPrincipal::RoleSession { account, role, session } = session? else { return mismatch("arn") };
            let path = match role_arn {
                None => EntityPath::root(),
                Some(_) => match named("roleArn", role_arn)? {
                    PolicyPrincipal::Role { path, name, account: home } if (&name, home) == (&role, account) => path,
                    _ => return mismatch("roleArn"),
                },
            };
            let service_linked = written.service_linked.unwrap_or_default();
            Subject::RoleSession { account, path, role, session, service_linked }
        }
        ("federated-user", session) => {
            let PolicyPrincipal::FederatedUser { account, name } = session? else { return mismatch("arn") };
            let user = match user_arn {
                None => None,
                Some(_) => match named("userArn", user_arn)? {
                    PolicyPrincipal::User { account: home, path, name } if home == account => Some((path, name)),
                    _ => return mismatch("userArn"),
                },
            };
            Subject::FederatedUser { account, name, user }
        }
        _ => {
            let expected = "expected user, role-session, federated-user, account-root or service";
            return Err(wrong("principal.kind", format!("got `{kind}`, {expected}")));
        }
    };
    if account.is_some() && account != subject.account() {
        return Err(wrong("principal.account", "is not the account of principal.arn".to_owned()));
    }
    let principal = arn.clone().or(subject.account().map(|account| PolicyPrincipal::Account(account).to_string()));
    Ok((subject, principal.unwrap_or_default()))
}

/// The account of an ARN, which is its fifth part.
fn account_of_arn(arn: &str) -> Option<AccountId> {
    arn.split(':').nth(4)?.parse().ok()
}

fn parse<T: std::str::FromStr<Err = NotAName>>(at: &str, text: &str) -> Result<T, ScenarioError> {
    text.parse().map_err(|error: NotAName| wrong(at, format!("got `{text}`, expected {}", error.expected)))
}

fn read<'a, T: Deserialize<'a>>(at: &str, text: &'a str) -> Result<T, ScenarioError> {
    serde_json::from_str(text).map_err(|error| wrong(at, error.to_string()))
}

pub(super) fn wrong(at: &str, problem: String) -> ScenarioError {
    ScenarioError { at: at.to_owned(), problem }
}
