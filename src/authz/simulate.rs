//! A decision about a scenario that is one JSON value, without any world; and the same for many principals of one key.

use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use serde::Serialize;

use crate::{
    arn::AccountId,
    crypto::context::EncryptionContext,
    estate::principal::AttachedPolicy,
    kms::grant::{Constraints, ContextConstraint, Terms},
    policy::{Policy, context::RequestContext, principal::PolicyPrincipal},
};

use super::{
    decision::{Check, CheckReport, Decision, Source, Verdict},
    evaluate::{Case, Known, Layers, Level},
    grants::{Candidates, Held, ListedGrant},
    permission::{self, On, PERMISSIONS, Permission},
    subject::Subject,
};

mod read;
mod world;

pub use self::world::place_and_name;

/// Every policy and grant that bears on a principal's requests, read once and asked as often as wanted.
pub struct Scenario {
    party: Party,
    request: Request,
    common: Common,
    problems: Vec<Problem>,
}

/// A key with all that bears on it, and principals with their own policies.
#[derive(Clone)]
pub struct Setting {
    /// The ARN of the key.
    pub key: String,
    pub account: AccountId,
    pub parties: Vec<Party>,
    /// What is known of every request.
    pub context: RequestContext,
    pub encryption_context: Option<EncryptionContext>,
    /// What is known of single ones.
    pub requests: Arc<KnownRequests>,
    /// Every part of a policy that AWS would refuse to store.
    pub problems: Vec<Problem>,
    common: Common,
}

/// Requests as they would be made, whoever makes them. What is known of one takes the place of what could be guessed.
#[derive(Clone, Default)]
pub struct KnownRequests {
    /// By the name of the permission.
    on_key: BTreeMap<&'static str, RequestContext>,
    /// With the name of the alias that a permission is on beside the key.
    on_alias: BTreeMap<&'static str, (String, RequestContext)>,
}

/// A principal with its policies.
#[derive(Clone)]
pub struct Party {
    pub subject: Subject,
    /// What it is called in decisions, its ARN.
    pub principal: String,
    /// What is known of its requests.
    pub context: RequestContext,
    identity: Vec<AttachedPolicy>,
    boundary: Option<AttachedPolicy>,
    session: Option<AttachedPolicy>,
    /// Of the VPC endpoint that its requests come through, where that is not everybody's.
    endpoint: Option<AttachedPolicy>,
}

/// What bears on every principal's requests.
#[derive(Clone)]
struct Common {
    key_policy: Option<Policy>,
    shared_policy: Option<Policy>,
    aws_managed: bool,
    endpoint: Option<AttachedPolicy>,
    /// The accounts of the organization that its policies bear on.
    members: BTreeMap<AccountId, Member>,
    /// By the ARN of their key.
    grants: BTreeMap<String, Vec<ListedGrant>>,
}

/// The levels above an account of an organization, from the root down.
#[derive(Clone, Default)]
struct Member {
    service_control: Vec<Level<'static>>,
    resource_control: Vec<Level<'static>>,
}

/// What is asked.
#[derive(Clone)]
pub struct Request {
    pub permission: &'static Permission,
    /// An ARN, or `*`.
    pub resource: String,
    pub account: AccountId,
    pub context: RequestContext,
    pub encryption_context: Option<EncryptionContext>,
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
    pub granted_by: Option<Arc<str>>,
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
        .map_err(|error| read::wrong("the decision", error.to_string()))
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] for the first thing that is wrong with it. A policy that AWS would not store is no error as
    /// long as it is JSON and has statements; what is wrong with it matches nothing, and is listed with every answer.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let scenario = read::scenario(text)?;
        scenario.common.check_effort(&scenario.party, &scenario.request)?;
        Ok(scenario)
    }

    /// Decides the request of the scenario. With `trace` the decision lists everything that was looked at.
    pub fn decide(&self, trace: bool) -> Decision {
        self.common.decide(&self.party, &self.request, trace)
    }

    /// Decides another request of the same principal, which is a JSON value like the scenario's `request`.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] for what is no request.
    pub fn ask(&self, request: &str, trace: bool) -> Result<Decision, ScenarioError> {
        let request = read::request(request, &self.party.subject)?;
        self.common.check_effort(&self.party, &request)?;
        Ok(self.common.decide(&self.party, &request, trace))
    }

    /// A decision as it is given out.
    pub fn explain(&self, decision: Decision) -> Explanation<'_> {
        let message = decision.access_denied_message();
        let Decision { verdict, decided_by, denied_by, granted_by, checks, .. } = decision;
        Explanation { decision: verdict, decided_by, denied_by, granted_by, message, checks, problems: &self.problems }
    }
}

/// Where the key policy of a setting stands.
pub const KEY_POLICY: &str = "keyPolicy";
/// Where the policy stands that AWS Resource Access Manager made for the key.
pub const SHARED_POLICY: &str = "key.sharedPolicy";

impl Setting {
    /// Reads a setting: a scenario whose `key` has its `arn`, without `request`, and in place of the `principal` and its
    /// policies a list of `principals`, each with `principal`, `identityPolicies`, `permissionsBoundary`, `sessionPolicy`
    /// and `context`. `context` and `encryptionContext` beside them are of every request.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] as for a scenario.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let setting = read::setting(text)?;
        let effort = |party: &Party| {
            let about = |context| setting.common.effort(party, &setting.key, context);
            about(&setting.context).saturating_add(about(&party.context))
        };
        let effort = setting.parties.iter().map(effort).fold(0, u64::saturating_add);
        within("context", effort.saturating_mul(PERMISSIONS.len() as u64), MOST_COMPARISONS_OF_ALL)?;
        Ok(setting)
    }

    /// Reads a list like the `principals` of a setting.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] for what is no principal.
    pub fn parties(text: &str) -> Result<Vec<Party>, ScenarioError> {
        read::parties(text)
    }

    /// Decides a request of one of the principals. Policies are called by their place in the setting, for example
    /// `principals[0].identityPolicies[1]`.
    pub fn decide(&self, party: &Party, request: &Request, trace: bool) -> Decision {
        self.common.decide(party, request, trace)
    }

    pub fn key_policy(&self) -> Option<&Policy> {
        self.common.key_policy.as_ref()
    }

    /// Every policy that bears on more than one principal, with its place.
    pub fn common_policies(&self) -> impl Iterator<Item = (&str, &Policy)> {
        let Common { key_policy, shared_policy, endpoint, members, .. } = &self.common;
        let levels = members.values().flat_map(|member| member.service_control.iter().chain(&member.resource_control));
        let attached = levels.flat_map(|level| level.policies.iter()).chain(endpoint);
        let on_key = [(KEY_POLICY, key_policy), (SHARED_POLICY, shared_policy)];
        on_key
            .into_iter()
            .filter_map(|(place, policy)| Some((place, policy.as_ref()?)))
            .chain(attached.map(|attached| (&*attached.name, &attached.policy)))
    }

    /// Whether all requests are said to come through a VPC endpoint.
    pub fn has_endpoint(&self) -> bool {
        self.common.endpoint.is_some()
    }

    /// The accounts of the organization that its policies bear on.
    pub fn members(&self) -> impl Iterator<Item = AccountId> {
        self.common.members.keys().copied()
    }

    /// The grants of the key, each with the account that issued it.
    pub fn grants(&self) -> impl Iterator<Item = (&Terms, AccountId)> {
        let own = self.common.grants.get(&self.key).into_iter().flatten();
        own.map(|grant| (&grant.terms, grant.issuing_account))
    }

    /// The policy at a place.
    pub fn policy(&self, place: &str) -> Option<&Policy> {
        if place == KEY_POLICY {
            return self.key_policy();
        }
        let own = self.parties.iter().flat_map(|party| {
            party.identity.iter().chain(&party.boundary).chain(&party.session).chain(&party.endpoint)
        });
        let levels = self.common.members.values().flat_map(|member| {
            member.service_control.iter().chain(&member.resource_control).flat_map(|level| level.policies.iter())
        });
        let mut all = own.chain(levels).chain(&self.common.endpoint);
        all.find(|attached| &*attached.name == place).map(|attached| &attached.policy)
    }

    /// The same setting with another policy at a place that has one, for everybody who has it.
    #[must_use]
    pub fn with_policy(&self, place: &str, policy: Policy) -> Self {
        let mut changed = self.clone();
        if place == KEY_POLICY {
            changed.common.key_policy = Some(policy);
            return changed;
        }
        let own = changed.parties.iter_mut().flat_map(|party| {
            let Party { identity, boundary, session, endpoint, .. } = party;
            identity.iter_mut().chain(boundary).chain(session).chain(endpoint)
        });
        let levels = changed.common.members.values_mut().flat_map(|member| {
            let levels = member.service_control.iter_mut().chain(&mut member.resource_control);
            levels.flat_map(|level| level.policies.to_mut().iter_mut())
        });
        let all = own.chain(levels).chain(&mut changed.common.endpoint);
        all.filter(|attached| &*attached.name == place).for_each(|attached| attached.policy = policy.clone());
        changed
    }

    /// The same setting with one identity policy more for the principal of that number.
    #[must_use]
    pub fn with_identity_policy(&self, party: usize, policy: Policy) -> Self {
        let mut changed = self.clone();
        if let Some(owner) = changed.parties.get_mut(party) {
            let name = format!("principals[{party}].identityPolicies[{}]", owner.identity.len()).into();
            owner.identity.push(AttachedPolicy { name, policy });
        }
        changed
    }

    /// Reads a request of one of the principals, which is a JSON value like the `request` of a scenario.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] for what is no request.
    pub fn request(text: &str, party: &Party) -> Result<Request, ScenarioError> {
        read::request(text, &party.subject)
    }

    /// The places of the identity policies of a principal.
    pub fn identity_places(party: &Party) -> impl Iterator<Item = &str> {
        party.identity.iter().map(|attached| &*attached.name)
    }

    /// The same setting with one grant more for the key, which is issued by the key's account.
    #[must_use]
    pub fn with_grant(&self, terms: Terms) -> Self {
        let mut changed = self.clone();
        let account = self.account;
        let grant = ListedGrant { id: "new".into(), key_account: account, issuing_account: account, terms };
        changed.common.grants.entry(self.key.clone()).or_default().push(grant);
        changed
    }

    /// The same setting without a grant.
    #[must_use]
    pub fn without_grant(&self, id: &str) -> Self {
        let mut changed = self.clone();
        changed.common.grants.values_mut().for_each(|grants| grants.retain(|grant| &*grant.id != id));
        changed
    }
}

impl Party {
    /// Its own policies, each called by its place.
    pub fn policies(&self) -> impl Iterator<Item = (&str, &Policy)> {
        let all = self.identity.iter().chain(&self.boundary).chain(&self.session).chain(&self.endpoint);
        all.map(|attached| (&*attached.name, &attached.policy))
    }

    /// A principal that its own policies let do everything.
    pub fn unlimited(subject: Subject, principal: String) -> Self {
        let all = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
        let policy = Policy::parse(all, crate::policy::PolicyKind::Identity).ok();
        let identity = policy.map(|policy| AttachedPolicy { name: "everything".into(), policy }).into_iter().collect();
        let context = RequestContext::default();
        Self { subject, principal, context, identity, boundary: None, session: None, endpoint: None }
    }
}

impl KnownRequests {
    /// Learns from a decision about a request by somebody of whom `sender` is known. Of several with the same permission the
    /// first counts.
    pub fn learn(&mut self, decision: &Decision, sender: &RequestContext) {
        let Some(permission) = permission::named(&decision.action) else { return };
        let mut known = RequestContext::default();
        for fact in decision.context.facts().iter().filter(|fact| sender.get(&fact.key.to_ascii_lowercase()).is_none())
        {
            known.set(&fact.key, fact.value.clone());
        }
        match decision.resource.split_once(":alias/") {
            Some((_, name)) => {
                self.on_alias.entry(permission.name).or_insert((name.to_owned(), known));
            }
            None => {
                self.on_key.entry(permission.name).or_insert(known);
            }
        }
    }

    /// Of a request for a permission on a key or on no resource.
    pub fn on_key(&self, permission: &Permission) -> Option<&RequestContext> {
        self.on_key.get(permission.name)
    }

    /// Of a request for a permission on an alias, with the alias's name.
    pub fn on_alias(&self, permission: &Permission) -> Option<&(String, RequestContext)> {
        self.on_alias.get(permission.name)
    }
}

/// How many bytes may be compared for one decision: those of 1,000 patterns with the longest value of a context.
const MOST_COMPARISONS: u64 = 16_384_000;
/// The same for every principal of a setting with every permission.
const MOST_COMPARISONS_OF_ALL: u64 = 10 * MOST_COMPARISONS;

/// Refuses many patterns against long values.
fn within(at: &str, bytes: u64, most: u64) -> Result<(), ScenarioError> {
    if bytes <= most {
        return Ok(());
    }
    let problem = format!(
        "the values, and the resource, are held against so many patterns that {bytes} bytes would be compared, expected at \
         most {most}: shorten the values or the policies"
    );
    Err(read::wrong(at, problem))
}

impl Common {
    /// About how many bytes are compared to decide a request.
    fn effort(&self, party: &Party, resource: &str, context: &RequestContext) -> u64 {
        let levels =
            self.members.values().flat_map(|member| member.service_control.iter().chain(&member.resource_control));
        let attached = levels.flat_map(|level| level.policies.iter());
        let attached = attached
            .chain(&self.endpoint)
            .chain(&party.endpoint)
            .chain(&party.identity)
            .chain(&party.boundary)
            .chain(&party.session);
        let policies = attached.map(|attached| &attached.policy).chain(&self.key_policy).chain(&self.shared_policy);
        policies.map(|policy| policy.comparisons(resource, context)).sum()
    }

    /// Refuses what would take long.
    fn check_effort(&self, party: &Party, request: &Request) -> Result<(), ScenarioError> {
        within("request.context", self.effort(party, &request.resource, &request.context), MOST_COMPARISONS)
    }

    fn decide(&self, party: &Party, request: &Request, trace: bool) -> Decision {
        let Request { permission, resource, account, context, encryption_context } = request;
        let is_key = resource.contains(":key/");
        let retires = permission.on == On::Grant;
        let on_key = is_key && permission.on != On::Account;
        let linked = party.subject.is_service_linked();
        let controlled = !(self.aws_managed || retires || linked || permission.on == On::Account);
        let resource_control = self.members.get(account).filter(|_| controlled);
        let service_control = party.subject.account().and_then(|own| self.members.get(&own)).filter(|_| !linked);
        let on_this_key = self.grants.get(resource).map_or(&[][..], |grants| grants);
        let new_grant = new_grant(permission.name, context, encryption_context.as_ref());
        Case {
            subject: &party.subject,
            principal: party.principal.clone(),
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
                identity: &party.identity,
                groups: &[],
                boundary: party.boundary.as_ref(),
                session: party.session.as_ref(),
                endpoint: party.endpoint.as_ref().or(self.endpoint.as_ref()),
                resource_control: resource_control.map_or(&[], |member| &member.resource_control),
                service_control: service_control.map_or(&[], |member| &member.service_control),
            },
            grants: Candidates {
                lags: None,
                grants: if !on_key {
                    Held::NotAsked
                } else if retires {
                    Held::RetiredOf(on_this_key)
                } else {
                    Held::List(on_this_key)
                },
                encryption_context: encryption_context.as_ref(),
                new_grant: new_grant.as_ref(),
            },
        }
        .decide(trace)
    }
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

#[cfg(test)]
mod tests;
