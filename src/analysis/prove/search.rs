//! One request of every kind that the policies tell apart, until one speaks against the claim.

use std::{
    collections::{BTreeMap, BTreeSet},
    ptr,
};

use serde_json::json;

use crate::{
    analysis::{
        condition_keys::{self, ConditionKey},
        requests::Requests,
    },
    authz::{
        decision::Verdict,
        permission::{On, Permission, Reach},
        simulate::{KEY_POLICY, Party, Request, SHARED_POLICY, Setting},
        subject::Subject,
    },
    kms::grant::{GrantOperation, Terms},
    policy::{
        Policy, PolicyKind,
        condition::Condition,
        context::RequestContext,
        document::{Effect, Statement as PolicyStatement, Version},
        matching::ActionPattern,
        principal::PolicyPrincipal,
    },
};

use super::{
    claim::{Claim, SINCE, Statement},
    outside::{Outside, Reason, Used, outside},
    principals::{Named, OF_PRINCIPAL},
    values::{self, Choice},
};

/// How many requests are decided.
const MOST_REQUESTS: u64 = 200_000;
/// How many statements are looked at, for all requests together.
const MOST_STATEMENTS: u64 = 10_000_000;

/// Keys that follow from the key and the connection.
const OF_KEY: &[&str] = &["aws:requestedregion", "aws:resourceaccount", "aws:securetransport"];
/// Keys of which not enough is known to say which values go with which principal.
const UNDECIDED: &[&str] = &["aws:principalservicenameslist", "aws:userid"];
/// Keys that only services have when they act for themselves.
const OF_SERVICES: &[&str] = &["aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"];
/// Keys that they do not have.
const NOT_OF_SERVICES: &[&str] = &[
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceidentity",
    "aws:tokenissuetime",
    "aws:viaawsservice",
    "kms:viaservice",
];
/// Keys that depend on each other in ways that are not decided.
const TOGETHER: &[&[&str]] = &[
    &["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"],
    &["aws:currenttime", "aws:epochtime"],
    &["aws:principalorgid", "aws:principalorgpaths"],
    &["aws:requesttag/", "aws:tagkeys"],
    &["aws:resourceorgid", "aws:resourceorgpaths"],
    &["aws:sourceorgid", "aws:sourceorgpaths"],
    &["kms:customermasterkeyspec", "kms:keyspec"],
    &["kms:customermasterkeyusage", "kms:keyusage"],
    &["kms:granteeprincipal", "kms:granteeserviceprincipal"],
    &["kms:requestalias", "kms:resourcealiases"],
    &["kms:retiringprincipal", "kms:retiringserviceprincipal"],
];
const PAIR: &str = "kms:encryptioncontext:";
const PAIRS: &str = "kms:encryptioncontextkeys";

/// A statement of a policy that bears on some of the requests.
#[derive(Clone, Copy)]
struct Rule<'p> {
    place: &'p str,
    policy: &'p Policy,
    statement: &'p PolicyStatement,
}

impl<'p> Rule<'p> {
    /// `folded` is an action in lower case.
    fn covers(&self, folded: &str) -> bool {
        self.statement.actions.as_ref().is_some_and(|actions| {
            actions.find(|pattern: &ActionPattern| pattern.matches(folded)).is_some() != actions.negated
        })
    }

    fn may_mean(&self, subject: &Subject) -> bool {
        match &self.statement.principals {
            None => !self.policy.kind().has_principals(),
            Some(list) => list.negated || list.find(|principal| subject.is_meant_by(principal)).is_some(),
        }
    }

    fn used(self) -> impl Iterator<Item = Used<'p>> {
        let Self { place, policy, statement } = self;
        statement.conditions.iter().map(move |condition| Used { place, policy, condition })
    }

    /// On the key's side.
    fn allows(&self) -> bool {
        self.statement.effect == Effect::Allow && [KEY_POLICY, SHARED_POLICY].contains(&self.place)
    }
}

fn folded(permission: &Permission) -> String {
    format!("kms:{}", permission.name).to_ascii_lowercase()
}

fn rules<'p>(place: &'p str, policy: &'p Policy) -> impl Iterator<Item = Rule<'p>> {
    policy.statements().iter().map(move |statement| Rule { place, policy, statement })
}

/// Every statement that bears on more than one principal and on what the claim is about.
fn common<'p>(setting: &'p Setting, claim: &'p Claim) -> Result<Vec<Rule<'p>>, Outside> {
    let old = claim.before().and_then(Setting::key_policy).map(|policy| (SINCE, policy));
    let all = setting.common_policies().chain(old).flat_map(|(place, policy)| rules(place, policy));
    let actions: Vec<String> = claim.permissions.iter().map(|permission| folded(permission)).collect();
    let found: Vec<Rule<'_>> = all.filter(|rule| actions.iter().any(|action| rule.covers(action))).collect();
    for rule in &found {
        for resource in rule.statement.resources.iter().flat_map(|list| &list.values) {
            let text = rule.policy.text().get(resource.span.start as usize..resource.span.end as usize);
            if rule.policy.version() == Some(Version::V2012) && text.is_some_and(|text| text.contains("${")) {
                return Err(outside(rule.place, rule.policy, resource.span, Reason::Variable));
            }
        }
    }
    Ok(found)
}

/// What is said of principals.
pub(super) fn named<'p>(setting: &'p Setting, claim: &'p Claim) -> Result<Named<'p>, Outside> {
    let mut named = Named { has_organization: setting.members().next().is_some(), ..Named::default() };
    named.accounts.insert(setting.account);
    named.accounts.extend(setting.members().chain(claim.iam_given.iter().copied()));
    for (terms, issuing_account) in setting.grants() {
        named.accounts.insert(issuing_account);
        named.principals.extend(
            [Some(&terms.grantee), terms.retiring.as_ref()].into_iter().flatten().map(|who| who.named().clone()),
        );
    }
    named.principals.extend(claim.principals().iter().cloned());
    let (place, policy, conditions) = claim.conditions();
    let rules = common(setting, claim)?;
    named.principals.extend(
        rules
            .iter()
            .filter_map(|rule| rule.statement.principals.as_ref())
            .flat_map(|list| list.values.iter().map(|who| who.value.clone())),
    );
    let of_claim = conditions.iter().map(|condition| Used { place, policy, condition });
    let all = rules.into_iter().flat_map(Rule::used).chain(of_claim);
    named.used = all.filter(|used| OF_PRINCIPAL.contains(&used.condition.folded_key())).collect();
    Ok(named)
}

/// What each grant asks of the source for which a service acts, as a condition of a policy.
pub(super) fn sources(setting: &Setting) -> Vec<Policy> {
    let condition = |arn: &Option<String>| match arn {
        Some(arn) => json!({"ArnLike": {"aws:SourceArn": arn}}),
        None => json!({}),
    };
    let policy = |(terms, _): (&Terms, _)| {
        let condition = condition(&terms.constraints.source_arn);
        let text = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}});
        Policy::read(&text.to_string(), PolicyKind::Identity)
            .map_or_else(|_| Policy::empty().clone(), |(policy, _)| policy)
    };
    setting.grants().map(policy).collect()
}

/// A request that speaks against the claim.
pub(super) struct Found {
    pub request: Request,
    pub verdict: Verdict,
    pub before: Option<Verdict>,
}

/// The search for such a request.
pub(super) struct Search<'p> {
    world: &'p Setting,
    claim: &'p Claim,
    /// What each grant asks of the source for which a service acts.
    sources: &'p [Policy],
    rules: Vec<Rule<'p>>,
    /// The condition keys that anything is said of.
    matters: Vec<&'static ConditionKey>,
    permissions: Vec<&'static Permission>,
    /// How many requests have been decided.
    pub requests: u64,
    /// By the conditions that tell values apart.
    known: BTreeMap<Vec<usize>, Vec<Choice>>,
}

/// What bears on the requests of one principal for one permission.
#[derive(Default)]
struct Bearing<'p> {
    keys: BTreeMap<&'p str, (&'static ConditionKey, Vec<Used<'p>>)>,
    values_of_pairs: BTreeMap<String, Vec<Used<'p>>>,
    names_of_pairs: Vec<Used<'p>>,
    /// The pairs that grants ask for.
    wanted: Vec<(String, String)>,
    /// Whether the key's side could allow at all.
    may_allow: bool,
}

impl<'p> Search<'p> {
    /// `setting` has the texts as they were written, `world` everybody in it; `sources` are [`sources`] of it.
    pub(super) fn new(
        setting: &'p Setting,
        world: &'p Setting,
        sources: &'p [Policy],
        claim: &'p Claim,
    ) -> Result<Self, Outside> {
        let by_grantee = |(terms, _): (&Terms, _)| terms.operations.contains(&GrantOperation::CreateGrant);
        if claim.permissions.iter().any(|one| one.name == "CreateGrant") && setting.grants().any(by_grantee) {
            return Err(Reason::GrantsByGrantee.anywhere());
        }
        let common = common(setting, claim)?;
        let (permissions, known) = (Vec::new(), BTreeMap::new());
        let of_claim = claim.conditions().2.iter().map(|condition| &*condition.key);
        let own = world.parties.iter().filter(|party| claim.is_given(&party.subject)).flat_map(Party::policies);
        let own = own.flat_map(|(place, policy)| rules(place, policy)).collect::<Vec<_>>();
        let said = common.iter().chain(&own).copied().flat_map(Rule::used).map(|used| &*used.condition.key);
        let facts = world.parties.iter().map(|party| &party.context).chain([&world.context]);
        let facts = facts.flat_map(|context| context.facts().iter().map(|fact| &*fact.key));
        let names: BTreeSet<&str> = said.chain(of_claim).chain(facts).chain([PAIRS]).collect();
        let matters = names.into_iter().filter_map(condition_keys::named).collect();
        let mut search = Self { world, claim, sources, rules: common, matters, permissions, requests: 0, known };
        // Permissions that nothing tells apart are asked for once.
        let mut seen = BTreeSet::new();
        for permission in &claim.permissions {
            if seen.insert(search.traits(permission)) {
                search.permissions.push(permission);
            }
        }
        Ok(search)
    }

    /// Everything by which requests for a permission can differ from those for another.
    fn traits(&self, permission: &Permission) -> Vec<bool> {
        let own = self.world.parties.iter().filter(|party| self.claim.is_given(&party.subject));
        let own = own.flat_map(Party::policies);
        let own = own.flat_map(|(place, policy)| rules(place, policy));
        let action = folded(permission);
        let covered = self.rules.iter().copied().chain(own).map(|rule| rule.covers(&action));
        let granted =
            self.world.grants().map(|(terms, _)| terms.operations.iter().any(|one| one.as_str() == permission.name));
        let has = self.matters.iter().map(|key| key.operations.include(permission));
        let sorts = [permission.reach == Reach::AnyAccount, permission.on == On::Grant, permission.on == On::Key];
        covered.chain(granted).chain(has).chain(sorts).collect()
    }

    /// The first request of the principal that speaks against the claim.
    pub(super) fn look(&mut self, party: &'p Party) -> Result<Option<Found>, Outside> {
        let requests = Requests::of(self.world, party);
        for permission in self.permissions.clone() {
            let request = requests.request(permission);
            let bearing = self.bearing(party, permission, &request.context)?;
            let always = matches!(self.claim.statement, Statement::Always { .. });
            let choices = if bearing.may_allow || always { self.choices(&bearing)? } else { Vec::new() };
            let count = choices.iter().fold(1_u64, |count, list| count.saturating_mul(list.len() as u64));
            self.requests = self.requests.saturating_add(count);
            let most = MOST_REQUESTS.min(MOST_STATEMENTS / (self.rules.len() as u64 + 1));
            if self.requests > most {
                return Err(Reason::TooManyRequests { count: self.requests, most }.anywhere());
            }
            let mut at = vec![0; choices.len()];
            loop {
                let picked: Vec<&Choice> = choices.iter().zip(&at).filter_map(|(list, nth)| list.get(*nth)).collect();
                if let Some(found) = with(&request, &picked).and_then(|request| self.refutes(party, request)) {
                    return Ok(Some(found));
                }
                if !advance(&mut at, &choices) {
                    break;
                }
            }
        }
        Ok(None)
    }

    fn refutes(&self, party: &Party, request: Request) -> Option<Found> {
        let verdict = self.world.decide(party, &request, false).verdict;
        let allowed = verdict == Verdict::Allowed;
        let holds = self.claim.conditions_hold(&request.context);
        let before = self.claim.before().map(|old| old.decide(party, &request, false).verdict);
        let refuted = match &self.claim.statement {
            Statement::Nobody { .. } => allowed && holds != Some(true),
            Statement::Always { .. } => !allowed && holds != Some(false),
            Statement::NothingNew { .. } => allowed && before != Some(Verdict::Allowed),
        };
        refuted.then_some(Found { request, verdict, before })
    }

    /// Every condition whose outcome is open, of the statements that can match.
    fn bearing(
        &self,
        party: &'p Party,
        permission: &'static Permission,
        fixed: &RequestContext,
    ) -> Result<Bearing<'p>, Outside> {
        let mut bearing = Bearing::default();
        let own = party.policies().flat_map(|(place, policy)| rules(place, policy));
        let action = folded(permission);
        for rule in self.rules.iter().copied().chain(own) {
            if !rule.covers(&action) || !rule.may_mean(&party.subject) {
                continue;
            }
            let mut open = Vec::new();
            let mut can_match = true;
            for used in rule.used() {
                match self.open(used, party, permission, fixed)? {
                    Some(key) => open.push((used, key)),
                    None => can_match &= used.condition.holds(fixed).0,
                }
            }
            if can_match {
                bearing.may_allow |= rule.allows();
                open.into_iter().for_each(|(used, key)| bearing.add(used, key));
            }
        }
        let (place, policy, conditions) = self.claim.conditions();
        for condition in conditions {
            let used = Used { place, policy, condition };
            if let Some(key) = self.open(used, party, permission, fixed)? {
                bearing.add(used, key);
            }
        }
        self.add_grants(party, permission, &mut bearing);
        bearing.check_together()?;
        Ok(bearing)
    }

    fn add_grants(&self, party: &'p Party, permission: &Permission, bearing: &mut Bearing<'p>) {
        for ((terms, _), source) in self.world.grants().zip(self.sources) {
            let Some(operation) = terms.operations.iter().find(|one| one.as_str() == permission.name) else {
                // An account may retire what it issued.
                bearing.may_allow |= permission.on == On::Grant;
                continue;
            };
            let named = |who: &PolicyPrincipal| party.subject.is_meant_by(who);
            if !named(terms.grantee.named()) && permission.on != On::Grant {
                continue;
            }
            bearing.may_allow = true;
            let of_source = rules("grants", source).flat_map(Rule::used);
            for used in of_source.filter(|_| matches!(party.subject, Subject::Service(_))) {
                if let Some(key) = condition_keys::named(&used.condition.key) {
                    bearing.add(used, key);
                }
            }
            let constraint = terms.constraints.encryption_context.as_ref().filter(|_| operation.minds_context());
            if let Some(constraint) = constraint.filter(|_| self.world.encryption_context.is_none()) {
                let pairs = constraint.pairs().pairs();
                bearing.wanted.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
        }
    }

    /// The key that a condition is on if a request can have it or not, or have one value or another.
    fn open(
        &self,
        used: Used<'p>,
        party: &Party,
        permission: &Permission,
        fixed: &RequestContext,
    ) -> Result<Option<&'static ConditionKey>, Outside> {
        values::check(used)?;
        let Condition { key, .. } = used.condition;
        let folded = used.condition.folded_key();
        let name = || key.to_string();
        if UNDECIDED.contains(&folded) {
            return Err(used.outside(Reason::UndecidedKey { key: name() }));
        }
        let Some(known) = condition_keys::named(key) else {
            return Err(used.outside(Reason::UnknownKey { key: name() }));
        };
        let service = matches!(party.subject, Subject::Service(_));
        let given = self.world.context.get(folded).or(party.context.get(folded)).is_some();
        let follows = OF_PRINCIPAL.contains(&folded) || OF_KEY.contains(&folded) || given;
        let of_pairs = folded.starts_with(PAIR) || folded == PAIRS;
        let closed = follows
            || !known.operations.include(permission)
            || (service && (NOT_OF_SERVICES.contains(&folded) || folded.starts_with("aws:principaltag/")))
            || (!service && OF_SERVICES.contains(&folded))
            || (of_pairs && self.world.encryption_context.is_some())
            // What the request has by itself is no question, but for whether a service passes it on.
            || (fixed.get(folded).is_some() && folded != "aws:viaawsservice");
        Ok((!closed).then_some(known))
    }

    /// For every part of the request that is open, what it can be.
    fn choices(&mut self, bearing: &Bearing<'p>) -> Result<Vec<Vec<Choice>>, Outside> {
        let mut all = values::of_pairs(&bearing.values_of_pairs, &bearing.names_of_pairs, &bearing.wanted)?;
        for (key, used) in bearing.keys.values() {
            let by: Vec<usize> = used.iter().map(|used| ptr::from_ref(used.condition).addr()).collect();
            let choices = match self.known.get(&by) {
                Some(choices) => choices.clone(),
                None => values::of_key(key, used)?,
            };
            self.known.insert(by, choices.clone());
            all.push(choices);
        }
        Ok(all)
    }
}

impl<'p> Bearing<'p> {
    fn add(&mut self, used: Used<'p>, key: &'static ConditionKey) {
        let folded = used.condition.folded_key();
        if let Some(name) = folded.strip_prefix(PAIR) {
            self.values_of_pairs.entry(name.to_owned()).or_default().push(used);
        } else if folded == PAIRS {
            self.names_of_pairs.push(used);
        } else {
            self.keys.entry(folded).or_insert_with(|| (key, Vec::new())).1.push(used);
        }
    }

    fn check_together(&self) -> Result<(), Outside> {
        for group in TOGETHER {
            let is_one =
                |key: &&str| group.iter().any(|one| one == key || (one.ends_with('/') && key.starts_with(one)));
            let mut found = self.keys.iter().filter(|(key, _)| is_one(key)).filter_map(|(_, (_, used))| used.first());
            if let (Some(first), Some(second)) = (found.next(), found.next()) {
                // Tags are independent of each other.
                let [key, other] = [first, second].map(|used| used.condition.key.to_string());
                if !(key.contains('/') && other.contains('/')) {
                    return Err(second.outside(Reason::Together { key: other, other: key }));
                }
            }
        }
        Ok(())
    }
}

/// The request with what was picked. Absent where no request has all of it.
fn with(request: &Request, picked: &[&Choice]) -> Option<Request> {
    let mut request = request.clone();
    let mut pairs: Vec<(String, String)> = Vec::new();
    for choice in picked {
        match choice {
            Choice::Absent(_) => {}
            Choice::Key(name, value) => request.context.set(name, value.clone()),
            Choice::Pair(name, value) => pairs.push((name.clone(), value.clone())),
        }
    }
    for (name, value) in &pairs {
        request.context.set(&format!("kms:EncryptionContext:{name}"), value.clone());
    }
    if !pairs.is_empty() {
        request.context.set_many("kms:EncryptionContextKeys", pairs.iter().map(|(name, _)| name.as_str()));
        request.encryption_context = Some(pairs.into_iter().collect());
    }
    comes_together(&mut request.context, picked).then_some(request)
}

/// Whether what was picked can be in one request, which also gets what comes with it.
fn comes_together(context: &mut RequestContext, picked: &[&Choice]) -> bool {
    let open = |name: &str| {
        picked.iter().any(|choice| match choice {
            Choice::Absent(key) | Choice::Key(key, _) => key.eq_ignore_ascii_case(name),
            Choice::Pair(..) => false,
        })
    };
    let has = |context: &RequestContext, name: &str| context.get(name).is_some();
    let is = |context: &RequestContext, name: &str| {
        context.get(name).is_some_and(|value| value.values().iter().any(|value| &**value == "true"))
    };
    // A service that passes a request on says so.
    let (passes, called) = ("kms:viaservice", ["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"]);
    let passed = has(context, passes) || called.iter().any(|name| has(context, name));
    if passed && !open("aws:viaawsservice") {
        context.set("aws:ViaAWSService", true);
    }
    let via_service = is(context, "aws:viaawsservice");
    if (passed && !via_service) || (via_service && open(passes) && !has(context, passes)) {
        return false;
    }
    // What comes through a VPC endpoint has all of its keys and no other address.
    let endpoint = ["aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"];
    let through = endpoint.iter().any(|name| has(context, name));
    let parts = endpoint.iter().any(|name| open(name) && !has(context, name));
    if through && (parts || has(context, "aws:sourceip")) {
        return false;
    }
    let age = has(context, "aws:multifactorauthage");
    if age && !open("aws:multifactorauthpresent") {
        context.set("aws:MultiFactorAuthPresent", true);
    }
    !age || is(context, "aws:multifactorauthpresent")
}

/// On to the next combination, if there is one.
fn advance(at: &mut [usize], choices: &[Vec<Choice>]) -> bool {
    for (nth, list) in at.iter_mut().zip(choices) {
        *nth += 1;
        if *nth < list.len() {
            return true;
        }
        *nth = 0;
    }
    false
}
