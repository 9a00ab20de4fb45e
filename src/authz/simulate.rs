//! A decision about a scenario that is one JSON value, without any world.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
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
    decision::{Check, CheckReport, Decision, Source, Verdict},
    evaluate::{Case, Known, Layers, Level},
    grants::{Candidates, Held, ListedGrant},
    permission::{self, On},
    subject::Subject,
};

/// Every policy and grant that bears on a principal's requests, read once and asked as often as wanted.
pub struct Scenario {
    subject: Subject,
    principal: String,
    request: Request,
    key_policy: Option<Policy>,
    shared_policy: Option<Policy>,
    aws_managed: bool,
    identity: Vec<AttachedPolicy>,
    boundary: Option<AttachedPolicy>,
    session: Option<AttachedPolicy>,
    endpoint: Option<AttachedPolicy>,
    service_control: Vec<Level<'static>>,
    resource_control: LevelsOf,
    /// Each with the ARN of its key.
    grants: Vec<(String, ListedGrant)>,
    problems: Vec<Problem>,
}

/// The levels of each member account of an organization.
type LevelsOf = BTreeMap<AccountId, Vec<Level<'static>>>;

/// What is asked.
struct Request {
    permission: &'static permission::Permission,
    resource: String,
    account: AccountId,
    context: RequestContext,
    encryption_context: Option<EncryptionContext>,
}

/// The answer, with everything that AWS would not have stored among the policies.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation<'a> {
    pub decision: Verdict,
    pub decided_by: Check,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denied_by: Option<Source>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<std::sync::Arc<str>>,
    /// AWS's sentence for the refused caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    pub checks: Vec<CheckReport>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub problems: &'a [Problem],
}

/// A part of a policy that AWS would refuse to store. It matches nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The member of the scenario, for example `identityPolicies[0]`.
    pub policy: String,
    pub line: u32,
    pub column: u32,
    pub message: String,
}

/// Why there is no decision: what is wrong with the scenario, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// The member at fault, for example `principal.arn`.
    pub at: String,
    pub problem: String,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.problem)
    }
}

impl std::error::Error for ScenarioError {}

/// Decides one scenario, with the whole explanation as JSON text.
///
/// # Errors
///
/// [`ScenarioError`] for what is no scenario.
pub fn simulate(scenario: &str) -> Result<String, ScenarioError> {
    let scenario = Scenario::parse(scenario)?;
    serde_json::to_string(&scenario.explain(scenario.decide(true)))
        .map_err(|error| wrong("the decision", error.to_string()))
}

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

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] for the first thing that is wrong with it. A policy that AWS would not store is no error as
    /// long as it is JSON and has statements; what is wrong with it matches nothing, and is listed with every answer.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let written: Written<'_> = read("the scenario", text)?;
        let (subject, principal) = subject(&written.principal)?;
        let request = Request::parse(written.request.get(), &subject)?;
        let mut reader = Reader::default();
        let key = written.key.as_ref();
        let manager = key.and_then(|key| key.manager.as_deref()).unwrap_or("CUSTOMER");
        if !["AWS", "CUSTOMER"].iter().any(|known| known.eq_ignore_ascii_case(manager)) {
            return Err(wrong("key.manager", format!("got `{manager}`, expected `AWS` or `CUSTOMER`")));
        }
        let mut resource_policy = |at: &str, raw: Option<&RawValue>| {
            let policy = raw.map(|raw| reader.policy(at, raw, PolicyKind::Key)).transpose();
            policy.map(|policy| policy.map(|attached| attached.policy))
        };
        let key_policy = resource_policy("keyPolicy", written.key_policy)?;
        let shared_policy = resource_policy("key.sharedPolicy", key.and_then(|key| key.shared_policy))?;
        let identity = written.identity_policies.unwrap_or_default();
        let identity = reader.policies("identityPolicies", &identity, PolicyKind::Identity)?;
        let mut one = |at: &str, raw: Option<&RawValue>, kind| raw.map(|raw| reader.policy(at, raw, kind)).transpose();
        let boundary = one("permissionsBoundary", written.permissions_boundary, PolicyKind::Identity)?;
        let session = one("sessionPolicy", written.session_policy, PolicyKind::Session)?;
        let endpoint = one("vpcEndpointPolicy", written.vpc_endpoint_policy, PolicyKind::Endpoint)?;
        let organization = reader.organization(written.organization, &subject)?;
        let grants = written.grants.unwrap_or_default().into_iter().enumerate();
        let grants = grants.map(|(nth, grant)| grant.read(nth)).collect::<Result<_, _>>()?;
        Ok(Self {
            principal,
            request,
            key_policy,
            shared_policy,
            aws_managed: manager.eq_ignore_ascii_case("AWS"),
            identity: if subject.is_root() || subject.is_service() { Vec::new() } else { identity },
            boundary: boundary.filter(|_| !subject.is_root() && !subject.is_service()),
            session: session.filter(|_| subject.has_session_policies()),
            endpoint,
            service_control: organization.0,
            resource_control: organization.1,
            grants,
            problems: reader.problems,
            subject,
        })
    }

    /// Decides the request of the scenario. With `trace` the decision lists everything that was looked at.
    pub fn decide(&self, trace: bool) -> Decision {
        self.decide_request(&self.request, trace)
    }

    /// Decides another request of the same principal, which is a JSON value like the scenario's `request`.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] for what is no request.
    pub fn ask(&self, request: &str, trace: bool) -> Result<Decision, ScenarioError> {
        Ok(self.decide_request(&Request::parse(request, &self.subject)?, trace))
    }

    /// A decision as it is given out.
    pub fn explain(&self, decision: Decision) -> Explanation<'_> {
        let message = decision.access_denied_message();
        let Decision { verdict, decided_by, denied_by, granted_by, checks, .. } = decision;
        Explanation { decision: verdict, decided_by, denied_by, granted_by, message, checks, problems: &self.problems }
    }

    fn decide_request(&self, request: &Request, trace: bool) -> Decision {
        let Request { permission, resource, account, context, encryption_context } = request;
        let is_key = resource.contains(":key/");
        let retires = permission.on == On::Grant;
        let on_key = is_key && permission.on != On::Account;
        let exempt = self.aws_managed || retires || self.subject.is_service_linked();
        let resource_control = self.resource_control.get(account).filter(|_| !exempt);
        let on_this_key: Vec<ListedGrant> =
            self.grants.iter().filter(|(key, _)| key == resource).map(|(_, grant)| grant.clone()).collect();
        let new_grant = new_grant(permission.name, context, encryption_context.as_ref());
        Case {
            subject: &self.subject,
            principal: self.principal.clone(),
            action: Cow::Owned(format!("kms:{}", permission.name)),
            resource: resource.clone(),
            account: *account,
            on_key,
            reach: permission.reach,
            context: Known::Given(context),
            layers: Layers {
                key_policy: self.key_policy.as_ref().or(Some(Policy::empty())).filter(|_| on_key),
                key_policy_only_denies: retires,
                shared_policy: self.shared_policy.as_ref(),
                identity: &self.identity,
                groups: &[],
                boundary: self.boundary.as_ref(),
                session: self.session.as_ref(),
                endpoint: self.endpoint.as_ref(),
                resource_control: resource_control.map_or(&[], Vec::as_slice),
                service_control: &self.service_control,
            },
            grants: Candidates {
                grants: if !on_key {
                    Held::NotAsked
                } else if retires {
                    Held::RetiredOf(&on_this_key)
                } else {
                    Held::List(&on_this_key)
                },
                encryption_context: encryption_context.as_ref(),
                new_grant: new_grant.as_ref(),
            },
        }
        .decide(trace)
    }
}

impl Request {
    fn parse(text: &str, subject: &Subject) -> Result<Self, ScenarioError> {
        let written: WrittenRequest = read("request", text)?;
        let permission = permission::named(&written.action).ok_or_else(|| {
            wrong(
                "request.action",
                format!("got `{}`, expected a permission of KMS such as `kms:Decrypt`", written.action),
            )
        })?;
        let account = match written.resource.account.as_deref() {
            Some(account) => parse("request.resource.account", account)?,
            None => account_of_arn(&written.resource.arn).or(subject.account()).ok_or_else(|| {
                wrong("request.resource.account", "missing: say which account has the resource".to_owned())
            })?,
        };
        let mut context = RequestContext::default();
        for (key, value) in written.context.unwrap_or_default() {
            let at = || format!("request.context[{key:?}]");
            if let Some(value) = context_value(&value).map_err(|problem| wrong(&at(), problem))? {
                context.set(&key, value);
            }
        }
        let resource = written.resource.arn;
        if resource.len() > LONGEST_VALUE {
            return Err(wrong("request.resource.arn", too_long(resource.len())));
        }
        Ok(Self { permission, resource, account, context, encryption_context: written.encryption_context })
    }
}

/// How many bytes a value of the context may have; no condition key of AWS has more.
const LONGEST_VALUE: usize = 16_384;
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

/// What CreateGrant asks for, as far as the condition keys tell: a grant that allows it allows no more than itself.
fn new_grant(action: &str, context: &RequestContext, pairs: Option<&EncryptionContext>) -> Option<Terms> {
    let operations = context.get("kms:grantoperations").filter(|_| action == "CreateGrant")?;
    let kind = context.get("kms:grantconstrainttype").and_then(|kind| kind.values().first());
    let constraint = match kind.map(|kind| &**kind) {
        Some("EncryptionContextEquals") => pairs.cloned().map(ContextConstraint::Equals),
        Some("EncryptionContextSubset") => pairs.cloned().map(ContextConstraint::Subset),
        Some(_) | None => None,
    };
    let source = context.get("kms:grantconstraintsourcearn").and_then(|arn| arn.values().first());
    Some(Terms {
        grantee: PolicyPrincipal::Nobody("".into()).into(),
        retiring: None,
        operations: operations.values().iter().filter_map(|name| name.parse().ok()).collect(),
        constraints: Constraints { encryption_context: constraint, source_arn: source.map(|arn| (**arn).to_owned()) },
        name: None,
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
#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
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
        let name = named.and_then(|named| named.name).unwrap_or_else(|| at.to_owned());
        Ok(AttachedPolicy { name: name.into(), policy })
    }

    /// The SCPs that bear on the subject, and the RCPs of every member account.
    fn organization(
        &mut self,
        written: Option<WrittenOrganization<'_>>,
        subject: &Subject,
    ) -> Result<(Vec<Level<'static>>, LevelsOf), ScenarioError> {
        let Some(WrittenOrganization { management_account, accounts }) = written else { return Ok(Default::default()) };
        let management: Option<AccountId> =
            management_account.as_deref().map(|id| parse("organization.managementAccount", id)).transpose()?;
        let (mut service, mut resource) = (Vec::new(), BTreeMap::new());
        for (id, member) in accounts.unwrap_or_default() {
            let at = format!("organization.accounts[{id:?}]");
            let account: AccountId = parse(&at, &id)?;
            let scps = self.levels(&format!("{at}.scps"), member.scps, PolicyKind::ServiceControl)?;
            let rcps = self.levels(&format!("{at}.rcps"), member.rcps, PolicyKind::ResourceControl)?;
            if management == Some(account) {
                continue;
            }
            if subject.account() == Some(account) && !subject.is_service_linked() {
                service = scps;
            }
            resource.insert(account, rcps);
        }
        Ok((service, resource))
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

fn wrong(at: &str, problem: String) -> ScenarioError {
    ScenarioError { at: at.to_owned(), problem }
}

#[cfg(test)]
mod tests;
