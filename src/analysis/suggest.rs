//! The smallest changes that make a request allowed, or denied: each tried before it is told, and each with what else it
//! does.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use crate::{
    arn::AccountId,
    authz::{
        decision::{Check, CheckReport, CheckResult, Decision, Source, StatementReport, Verdict},
        permission::{self, PERMISSIONS},
        simulate::{KEY_POLICY, Party, Request, ScenarioError, Setting},
        subject::Subject,
    },
    estate::default_key_policy,
    kms::grant::{Constraints, ContextConstraint, GrantOperation, Terms},
    lang::tr,
    policy::{
        Policy, PolicyKind,
        context::RequestContext,
        document::Statement,
        principal::{EntityPath, PolicyPrincipal},
    },
};

use super::{Edit, matrix, quoted, requests::Requests, rewrite};

/// What the verdict is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    Allowed,
    Denied,
}

/// Changes that together make the verdict the wanted one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    pub title: String,
    pub changes: Vec<Change>,
    /// What else becomes allowed.
    pub opens: Vec<Effect>,
    /// What else is no longer allowed.
    pub closes: Vec<Effect>,
    /// It does more than was asked for.
    pub broader: bool,
}

/// One document or grant to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// Another text for a policy, by its place in the setting. Without edits, the policy is a new one.
    Policy { document: String, edits: Vec<Edit>, text: String },
    /// A grant to create, as the body of a CreateGrant request.
    CreateGrant(Value),
    /// A grant to revoke, by its id.
    RevokeGrant(String),
}

/// An action that a principal may do since a change, or may not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effect {
    pub principal: String,
    pub action: String,
    /// Where it may be done; absent for the key, in the circumstances of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Elsewhere>,
}

/// The same request in other circumstances, which a change may be about without having been meant for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Elsewhere {
    /// With any other encryption context.
    OtherContext,
    /// On every other key of the principal's account whose policy leaves it to the account.
    OtherKeys,
}

/// What is asked: a principal of the setting by its number, an action or a whole request, and the wanted verdict.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked<'a> {
    principal: u32,
    action: Option<String>,
    #[serde(borrow)]
    request: Option<&'a RawValue>,
    wanted: Wanted,
}

/// Reads a setting and a question about it, and suggests.
///
/// # Errors
///
/// [`ScenarioError`] for what is no setting or no question.
pub fn of_text(setting: &str, asked: &str) -> Result<Vec<Suggestion>, ScenarioError> {
    let wrong = |at: &str, problem: String| ScenarioError { at: at.to_owned(), problem };
    let setting = Setting::parse(setting)?;
    let asked: Asked<'_> =
        serde_json::from_str(asked).map_err(|error| wrong(tr!("the question"), error.to_string()))?;
    let nth = usize::try_from(asked.principal).unwrap_or(usize::MAX);
    let party = setting.parties.get(nth).ok_or_else(|| wrong("principal", tr!("no such principal").to_owned()))?;
    let request = match (asked.request, asked.action) {
        (Some(request), _) => Setting::request(request.get(), party)?,
        (None, Some(action)) => {
            let permission = permission::named(&action);
            let unknown = || wrong("action", tr!("got `{action}`, expected a permission of KMS", action));
            Requests::of(&setting, party).request(permission.ok_or_else(unknown)?)
        }
        (None, None) => return Err(wrong(tr!("the question"), tr!("give an `action` or a `request`").to_owned())),
    };
    Ok(suggest(&setting, nth, &request, asked.wanted))
}

/// Narrowest first; none where the verdict is the wanted one already, or no change of a policy or grant could make it.
pub fn suggest(setting: &Setting, party: usize, request: &Request, wanted: Wanted) -> Vec<Suggestion> {
    let mut trial = Trial::new(setting.clone(), party, request.clone(), wanted);
    while trial.go_on() {}
    trial.told()
}

/// A search that can be left and taken up again, for those who cannot wait for all of it.
pub struct Trial {
    setting: Setting,
    party: usize,
    request: Request,
    wanted: Wanted,
    probes: Vec<Party>,
    /// Who can do what before any change.
    before: Vec<matrix::Row>,
    /// What changes the verdict and has not been looked at any further, the last first.
    found: Vec<Draft>,
    told: Vec<Suggestion>,
}

impl Trial {
    /// Looks for changes that make the verdict the wanted one.
    pub fn new(setting: Setting, party: usize, request: Request, wanted: Wanted) -> Self {
        let (mut found, mut probes) = (Vec::new(), Vec::new());
        if let Some(asker) = setting.parties.get(party) {
            let search = Search { party, asker, request: &request, wanted };
            let (steps, touched, others) = (Vec::new(), BTreeMap::new(), Vec::new());
            let start = Draft { setting: setting.clone(), steps, touched, others };
            if !search.satisfied(&search.decide(&start)) {
                search.go(&start, DEEPEST, &mut found);
            }
            found.truncate(TRIED);
            found.reverse();
            probes = self::probes(&setting, asker);
        }
        Self { setting, party, request, wanted, probes, before: Vec::new(), found, told: Vec::new() }
    }

    /// Looks at what else the next of them does. False where there is none left.
    pub fn go_on(&mut self) -> bool {
        let Some(asker) = self.setting.parties.get(self.party) else { return false };
        let Some(draft) = self.found.pop() else { return false };
        if self.before.is_empty() {
            self.before = rows(&self.setting, &self.probes);
        }
        let search = Search { party: self.party, asker, request: &self.request, wanted: self.wanted };
        self.told.push(search.told(draft, &self.setting, &self.before, &self.probes));
        true
    }

    /// Those that have been looked at, narrowest first.
    pub fn told(self) -> Vec<Suggestion> {
        let (mut suggestions, wanted) = (self.told, self.wanted);
        suggestions.sort_by_key(|told| {
            let more = if wanted == Wanted::Allowed { told.opens.len() } else { told.closes.len() };
            (more, told.opens.len() + told.closes.len(), told.changes.len())
        });
        suggestions.dedup_by(|next, kept| next.changes == kept.changes);
        suggestions.truncate(TOLD);
        suggestions
    }
}

/// How many changes are put together.
const DEEPEST: usize = 4;
/// How many ways are looked into from one place.
const BRANCHES: usize = 8;
/// How many are compared.
const TRIED: usize = 24;
/// How many are told.
const TOLD: usize = 8;

/// A setting on its way.
struct Draft {
    setting: Setting,
    steps: Vec<String>,
    /// The policies that have another text, with that they had.
    touched: BTreeMap<String, Option<String>>,
    others: Vec<Change>,
}

struct Search<'a> {
    party: usize,
    asker: &'a Party,
    request: &'a Request,
    wanted: Wanted,
}

impl Search<'_> {
    fn decide(&self, draft: &Draft) -> Decision {
        // The principal as it is now, with the policies that the draft has given it.
        let party = draft.setting.parties.get(self.party).unwrap_or(self.asker);
        draft.setting.decide(party, self.request, true)
    }

    fn satisfied(&self, decision: &Decision) -> bool {
        (decision.verdict == Verdict::Allowed) == (self.wanted == Wanted::Allowed)
    }

    fn go(&self, draft: &Draft, depth: usize, found: &mut Vec<Draft>) {
        let decision = self.decide(draft);
        let mut ways = Ways { search: self, draft, decision: &decision, drafts: Vec::new() };
        match self.wanted {
            Wanted::Allowed => ways.find_allowing(),
            Wanted::Denied => ways.find_denying(),
        }
        let branches = if depth == DEEPEST { usize::MAX } else { BRANCHES };
        let mut further = Vec::new();
        for next in ways.drafts.into_iter().take(branches) {
            if found.len() >= TRIED {
                return;
            }
            if self.satisfied(&self.decide(&next)) {
                found.push(next);
            } else {
                further.push(next);
            }
        }
        // The shorter first.
        for next in further.into_iter().filter(|_| depth > 1) {
            if found.len() >= TRIED {
                return;
            }
            self.go(&next, depth - 1, found);
        }
    }

    fn told(&self, draft: Draft, home: &Setting, before: &[matrix::Row], probes: &[Party]) -> Suggestion {
        let after = rows(&draft.setting, probes);
        let asked = home.parties.get(self.party).map(|party| party.principal.clone()).unwrap_or_default();
        let (mut opens, mut closes) = (Vec::new(), Vec::new());
        for (was, is) in before.iter().zip(&after) {
            for ((was_cell, is_cell), permission) in was.cells.iter().zip(&is.cells).zip(PERMISSIONS) {
                let (principal, action) = (&is.principal, permission.name);
                let effect =
                    || Effect { principal: principal.clone(), action: format!("kms:{action}"), elsewhere: None };
                if permission == self.request.permission && is.principal == asked {
                    continue;
                }
                match (was_cell.verdict == Verdict::Allowed, is_cell.verdict == Verdict::Allowed) {
                    (false, true) => opens.push(effect()),
                    (true, false) => closes.push(effect()),
                    (true, true) | (false, false) => {}
                }
            }
        }
        for elsewhere in [Elsewhere::OtherContext, Elsewhere::OtherKeys] {
            let allowed = |setting: &Setting| self.allowed_elsewhere(setting, elsewhere);
            let action = format!("kms:{}", self.request.permission.name);
            let effect = Effect { principal: asked.clone(), action, elsewhere: Some(elsewhere) };
            match (allowed(home), allowed(&draft.setting)) {
                (false, true) => opens.push(effect),
                (true, false) => closes.push(effect),
                (true, true) | (false, false) => {}
            }
        }
        let mut changes = draft.others;
        for (place, old) in draft.touched {
            let text = draft.setting.policy(&place).map(|policy| policy.text().to_owned()).unwrap_or_default();
            let edits = old.map(|old| vec![difference(&old, &text)]).unwrap_or_default();
            changes.push(Change::Policy { document: place, edits, text });
        }
        let broader = match self.wanted {
            Wanted::Allowed => !opens.is_empty(),
            Wanted::Denied => !closes.is_empty(),
        };
        Suggestion { title: draft.steps.join("; "), changes, opens, closes, broader }
    }

    fn allowed_elsewhere(&self, setting: &Setting, elsewhere: Elsewhere) -> bool {
        let party = setting.parties.get(self.party).unwrap_or(self.asker);
        let mut request = self.request.clone();
        let without = |names: &[&str]| {
            let mut context = RequestContext::default();
            let facts = self.request.context.facts().iter();
            for fact in facts.filter(|fact| names.iter().all(|name| !fact.key.starts_with(name))) {
                context.set(&fact.key, fact.value.clone());
            }
            context
        };
        let setting = match elsewhere {
            Elsewhere::OtherContext => {
                if self.request.context.get("kms:encryptioncontextkeys").is_none() {
                    return false;
                }
                let other = [("another", "context")];
                request.context = without(&["kms:EncryptionContext"]);
                request.context.set("kms:EncryptionContext:another", "context");
                request.context.set_many("kms:EncryptionContextKeys", ["another"]);
                request.encryption_context = Some(other.into_iter().collect());
                Cow::Borrowed(setting)
            }
            Elsewhere::OtherKeys => {
                let Some(account) = party.subject.account().filter(|_| request.resource.contains(":key/")) else {
                    return false;
                };
                let region = request.resource.split(':').nth(3).unwrap_or_default();
                request.resource = format!("arn:aws:kms:{region}:{account}:key/00000000-0000-0000-0000-000000000000");
                request.account = account;
                request.context = without(&["kms:ResourceAliases", "aws:ResourceTag/"]);
                request.context.set("aws:ResourceAccount", account.to_string());
                let policy = Policy::parse(&default_key_policy(account), PolicyKind::Key);
                let Ok(policy) = policy else { return false };
                Cow::Owned(setting.with_policy(KEY_POLICY, policy))
            }
        };
        setting.decide(party, &request, false).verdict == Verdict::Allowed
    }
}

/// The one stretch in which two texts differ.
fn difference(old: &str, new: &str) -> Edit {
    let alike = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| -> usize {
        a.zip(b).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum()
    };
    let head = alike(&mut old.chars(), &mut new.chars());
    let (old_rest, new_rest) = (old.get(head..).unwrap_or_default(), new.get(head..).unwrap_or_default());
    let tail = alike(&mut old_rest.chars().rev(), &mut new_rest.chars().rev());
    let span = crate::policy::SourceSpan { start: super::offset(head), end: super::offset(old.len() - tail) };
    Edit::replace(span, new_rest.get(..new_rest.len() - tail).unwrap_or_default())
}

/// Those that no policy names: whoever else a statement lets in, it lets in one of them.
fn probes(setting: &Setting, asker: &Party) -> Vec<Party> {
    let any = |account: AccountId, principal: String| {
        let name = "anyone-else".parse().ok()?;
        let subject = Subject::User { account, path: EntityPath::root(), name };
        Some(Party::unlimited(subject, principal))
    };
    let mut accounts = vec![setting.account];
    accounts.extend(asker.subject.account().filter(|account| *account != setting.account));
    let mut probes: Vec<Party> = accounts
        .iter()
        .filter_map(|account| {
            any(*account, tr!("any other principal of {account} whose own policies allow it", account))
        })
        .collect();
    if let Ok(stranger) = "000000000000".parse() {
        probes.extend(any(stranger, tr!("any principal of any other account whose own policies allow it").to_owned()));
    }
    probes
}

fn rows(setting: &Setting, probes: &[Party]) -> Vec<matrix::Row> {
    setting.parties.iter().chain(probes).map(|party| matrix::row(setting, party)).collect()
}

/// The next drafts from one.
struct Ways<'a> {
    search: &'a Search<'a>,
    draft: &'a Draft,
    decision: &'a Decision,
    drafts: Vec<Draft>,
}

impl Ways<'_> {
    fn setting(&self) -> &Setting {
        &self.draft.setting
    }

    fn action(&self) -> String {
        format!("kms:{}", self.search.request.permission.name)
    }

    fn draft(&self, setting: Setting, title: String) -> Draft {
        let steps = self.draft.steps.iter().cloned().chain([title]).collect();
        Draft { setting, steps, touched: self.draft.touched.clone(), others: self.draft.others.clone() }
    }

    /// A policy with another text, if nothing more is wrong with it.
    fn edit(&mut self, place: &str, title: String, edits: Option<Vec<Edit>>) {
        let (Some(policy), Some(edits)) = (self.setting().policy(place), edits) else { return };
        let text = super::apply(policy.text(), &edits);
        let wrong = |text: &str| Policy::read(text, policy.kind()).map(|(policy, wrong)| (policy, wrong.len())).ok();
        let (Some((changed, now)), Some((_, before))) = (wrong(&text), wrong(policy.text())) else { return };
        if now > before {
            return;
        }
        let old = policy.text().to_owned();
        let mut draft = self.draft(self.setting().with_policy(place, changed), title);
        draft.touched.entry(place.to_owned()).or_insert(Some(old));
        self.drafts.push(draft);
    }

    fn find_allowing(&mut self) {
        if self.decision.verdict == Verdict::ExplicitlyDenied {
            return self.past_a_deny();
        }
        let own = self.search.asker.subject.account().is_none_or(|own| own == self.search.request.account);
        let on_key = self.search.request.resource != "*";
        match self.decision.decided_by {
            Check::ExplicitDeny | Check::ResourceControl | Check::CrossAccount => {}
            check @ (Check::ServiceControl | Check::Endpoint | Check::Boundary | Check::SessionPolicy) => {
                self.mend(check);
                self.add_allow(check);
            }
            Check::KeyPolicy | Check::Grants => {
                self.mend(Check::KeyPolicy);
                self.add_allow(Check::KeyPolicy);
                self.create_grant();
            }
            Check::IdentityPolicies => {
                self.mend(Check::IdentityPolicies);
                self.add_allow(Check::IdentityPolicies);
                if own && on_key {
                    self.mend(Check::KeyPolicy);
                    self.add_allow(Check::KeyPolicy);
                    self.create_grant();
                }
            }
        }
    }

    /// Every statement of the policies that a check asks, of the level that fails where there are levels.
    fn statements(&self, check: Check) -> Vec<StatementReport> {
        let fails = |report: &&CheckReport| report.check == check && report.result != CheckResult::Allow;
        let level = self.decision.checks.iter().find(fails).and_then(|report| report.level.clone());
        let all = self.decision.checks.iter().flat_map(|report| &report.statements);
        all.filter(|found| found.source.check == check && found.source.level == level).cloned().collect()
    }

    /// The one part that keeps a statement from allowing.
    fn mend(&mut self, check: Check) {
        for report in self.statements(check).iter().filter(|report| report.allows && !report.matched) {
            let Some(place) = place(&report.source) else { continue };
            let Some(policy) = self.setting().policy(&place).cloned() else { continue };
            let Some(statement) = statement(&policy, report) else { continue };
            let text = policy.text();
            let principal = report.principal.as_ref().is_none_or(|part| part.matched);
            let failing: Vec<_> = report.conditions.iter().enumerate().filter(|(_, part)| !part.matched).collect();
            let name = named(statement, report);
            match (principal, report.action.matched, report.resource.matched, failing.as_slice()) {
                (true, false, true, []) => {
                    let edits = rewrite::cover_action(text, statement, &self.action());
                    self.edit(&place, tr!("Add `{action}` to {name}", action = self.action(), name), edits);
                }
                (true, true, false, []) => {
                    let wanted = if check == Check::KeyPolicy { "*" } else { &self.search.request.resource };
                    let edits = rewrite::cover_resource(text, statement, wanted);
                    self.edit(&place, tr!("Let {name} be about `{wanted}`", name, wanted), edits);
                }
                (false, true, true, []) => {
                    let Some(who) = principal_name(&self.search.asker.subject) else { continue };
                    let edits = rewrite::cover_principal(text, statement, &who);
                    self.edit(&place, tr!("Name `{who}` in {name}", who, name), edits);
                }
                (true, true, true, [(nth, part)]) => {
                    let Some(condition) = statement.conditions.get(*nth) else { continue };
                    let got = part.got.as_ref().and_then(|got| got.values().first());
                    if let Some(got) = got {
                        let edits = rewrite::accept_value(text, condition, got);
                        self.edit(
                            &place,
                            tr!("Let `{key}` also be `{got}` in {name}", key = part.key, got, name),
                            edits,
                        );
                    }
                    let edits = rewrite::drop_condition(text, statement, condition);
                    self.edit(&place, tr!("Drop the condition on `{key}` from {name}", key = part.key, name), edits);
                }
                _ => {}
            }
        }
    }

    fn add_allow(&mut self, check: Check) {
        let action = quoted(&self.action());
        let resource = quoted(&self.search.request.resource);
        match check {
            Check::KeyPolicy => {
                let Some(who) = principal_name(&self.search.asker.subject) else { return };
                let principal = principal_element(&self.search.asker.subject, &who);
                let pairs = self.search.request.encryption_context.as_ref().filter(|pairs| !pairs.is_empty());
                let pairs = pairs.filter(|_| self.search.request.context.get("kms:encryptioncontextkeys").is_some());
                let statement =
                    format!("{{\"Effect\": \"Allow\", {principal}, \"Action\": {action}, \"Resource\": \"*\"}}");
                if let Some(pairs) = pairs {
                    let wanted: Vec<String> = pairs
                        .pairs()
                        .map(|(name, value)| {
                            format!("{}: {}", quoted(&format!("kms:EncryptionContext:{name}")), quoted(value))
                        })
                        .collect();
                    let condition = format!("\"Condition\": {{\"StringEquals\": {{{}}}}}", wanted.join(", "));
                    let statement = format!(
                        "{{\"Effect\": \"Allow\", {principal}, \"Action\": {action}, \"Resource\": \"*\", {condition}}}"
                    );
                    let title = tr!("Let the key policy allow `{who}`, for this encryption context only", who);
                    self.add_statement(KEY_POLICY, title, &statement);
                }
                self.add_statement(KEY_POLICY, tr!("Let the key policy allow `{who}`", who), &statement);
            }
            Check::IdentityPolicies => {
                let statement = format!("{{\"Effect\": \"Allow\", \"Action\": {action}, \"Resource\": {resource}}}");
                self.add_to_identity(
                    tr!("Allow it in an identity policy of `{principal}`", principal = self.search.asker.principal),
                    &statement,
                );
            }
            Check::Endpoint => {
                let statement = format!(
                    "{{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": {action}, \"Resource\": {resource}}}"
                );
                self.add_to_first(check, tr!("Allow it in the VPC endpoint policy"), &statement);
            }
            Check::ServiceControl => {
                // Of organization policies, those of another kind may not name resources with Allow.
                let statement = format!("{{\"Effect\": \"Allow\", \"Action\": {action}, \"Resource\": \"*\"}}");
                self.add_to_first(check, tr!("Allow it in the service control policy"), &statement);
            }
            Check::Boundary | Check::SessionPolicy => {
                let title = if check == Check::Boundary {
                    tr!("Allow it in the permissions boundary")
                } else {
                    tr!("Allow it in the session policy")
                };
                let statement = format!("{{\"Effect\": \"Allow\", \"Action\": {action}, \"Resource\": {resource}}}");
                self.add_to_first(check, title, &statement);
            }
            Check::ExplicitDeny | Check::ResourceControl | Check::CrossAccount | Check::Grants => {}
        }
    }

    fn add_to_first(&mut self, check: Check, title: &str, statement: &str) {
        if let Some(place) = self.statements(check).first().and_then(|report| place(&report.source)) {
            self.add_statement(&place, title.to_owned(), statement);
        }
    }

    fn add_statement(&mut self, place: &str, title: String, statement: &str) {
        let edits = self.setting().policy(place).map(|policy| super::lint::add_statement(policy, statement));
        self.edit(place, title, edits);
    }

    /// To the first identity policy, or as a new one where there is none.
    fn add_to_identity(&mut self, title: String, statement: &str) {
        let subject = &self.search.asker.subject;
        if matches!(subject, Subject::Root(_) | Subject::Service(_)) {
            return;
        }
        let party = self.setting().parties.get(self.search.party);
        let first = party.and_then(|party| Setting::identity_places(party).next().map(str::to_owned));
        if let Some(place) = first {
            return self.add_statement(&place, title, statement);
        }
        let text = format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{statement}]}}");
        let Ok(policy) = Policy::parse(&text, PolicyKind::Identity) else { return };
        let mut draft = self.draft(self.setting().with_identity_policy(self.search.party, policy), title);
        let place = format!("principals[{}].identityPolicies[0]", self.search.party);
        draft.touched.insert(place, None);
        self.drafts.push(draft);
    }

    fn create_grant(&mut self) {
        let Some(who) = principal_name(&self.search.asker.subject) else { return };
        let request = self.search.request;
        let Ok(operation) = request.permission.name.parse::<GrantOperation>() else { return };
        let Ok(grantee) = who.parse() else { return };
        let pairs = request.encryption_context.as_ref().filter(|pairs| !pairs.is_empty() && operation.minds_context());
        let constraint = pairs.map(|pairs| {
            let members: Vec<String> =
                pairs.pairs().map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))).collect();
            format!(", \"Constraints\": {{\"EncryptionContextSubset\": {{{}}}}}", members.join(", "))
        });
        let grantee_member = if matches!(self.search.asker.subject, Subject::Service(_)) {
            "GranteeServicePrincipal"
        } else {
            "GranteePrincipal"
        };
        let body = format!(
            "{{\"KeyId\": {}, \"{grantee_member}\": {}, \"Operations\": [{}]{}}}",
            quoted(&self.setting().key),
            quoted(&who),
            quoted(request.permission.name),
            constraint.unwrap_or_default(),
        );
        let terms = Terms {
            grantee,
            retiring: None,
            operations: [operation].into_iter().collect(),
            constraints: Constraints {
                encryption_context: pairs.cloned().map(ContextConstraint::Subset),
                source_arn: None,
            },
            name: None,
        };
        let mut draft = self.draft(self.setting().with_grant(terms), tr!("Create a grant for `{who}`", who));
        draft.others.push(Change::CreateGrant(serde_json::from_str(&body).unwrap_or_default()));
        self.drafts.push(draft);
    }

    /// Around or without the Deny that matches.
    fn past_a_deny(&mut self) {
        let denies = self.decision.checks.iter().flat_map(|check| &check.statements);
        let Some(report) = denies.clone().find(|report| report.matched && !report.allows).cloned() else { return };
        let Some(place) = place(&report.source) else { return };
        let Some(policy) = self.setting().policy(&place).cloned() else { return };
        let Some(statement) = statement(&policy, &report) else { return };
        let (text, name) = (policy.text(), named(statement, &report));
        let arn = self.search.request.context.get("aws:principalarn").and_then(|arn| arn.values().first().cloned());
        if let Some(arn) = arn {
            let edits = rewrite::require(text, statement, "ArnNotEquals", "aws:PrincipalArn", &arn);
            self.edit(&place, tr!("Except `{arn}` from {name}", arn, name), edits);
        }
        let edits = rewrite::uncover_action(text, statement, report.action.span);
        self.edit(&place, tr!("Take `{action}` out of {name}", action = self.action(), name), edits);
        let edits = super::lint::without(text, statement.span).map(|edit| vec![edit]);
        self.edit(&place, tr!("Remove {name}", name), edits);
    }

    fn find_denying(&mut self) {
        let (action, resource) = (quoted(&self.action()), quoted(&self.search.request.resource));
        let statement = format!("{{\"Effect\": \"Deny\", \"Action\": {action}, \"Resource\": {resource}}}");
        self.add_to_identity(
            tr!("Deny it in an identity policy of `{principal}`", principal = self.search.asker.principal),
            &statement,
        );
        if let Some(who) = principal_name(&self.search.asker.subject).filter(|_| self.search.request.resource != "*") {
            let principal = principal_element(&self.search.asker.subject, &who);
            let statement = format!("{{\"Effect\": \"Deny\", {principal}, \"Action\": {action}, \"Resource\": \"*\"}}");
            self.add_statement(KEY_POLICY, tr!("Deny it to `{who}` in the key policy", who), &statement);
        }
        let matched = self.decision.checks.iter().flat_map(|check| &check.statements);
        let matched: Vec<_> = matched.filter(|report| report.matched && report.allows).cloned().collect();
        for report in &matched {
            let Some(place) = place(&report.source) else { continue };
            let Some(policy) = self.setting().policy(&place).cloned() else { continue };
            let Some(statement) = self::statement(&policy, report) else { continue };
            let (text, name) = (policy.text(), named(statement, report));
            let edits = rewrite::uncover_action(text, statement, report.action.span);
            self.edit(&place, tr!("Take `{action}` out of {name}", action = self.action(), name), edits);
            let span = report.principal.as_ref().and_then(|part| part.span);
            let edits = span.and_then(|span| super::lint::without(text, span)).map(|edit| vec![edit]);
            self.edit(&place, tr!("Take the principal out of {name}", name), edits);
            let edits = super::lint::without(text, statement.span).map(|edit| vec![edit]);
            self.edit(&place, tr!("Remove {name}", name), edits);
        }
        let grants = self.decision.checks.iter().flat_map(|check| &check.grants);
        let grants: Vec<_> = grants.filter(|grant| grant.matched).map(|grant| grant.grant.clone()).collect();
        for id in grants {
            let mut draft = self.draft(self.setting().without_grant(&id), tr!("Revoke grant `{id}`", id));
            draft.others.push(Change::RevokeGrant(id.to_string()));
            self.drafts.push(draft);
        }
    }
}

fn place(source: &Source) -> Option<String> {
    match (source.check, &source.policy) {
        (Check::KeyPolicy, None) => Some(KEY_POLICY.to_owned()),
        // What Resource Access Manager made is not for editing.
        (Check::KeyPolicy, Some(_)) | (_, None) => None,
        (_, Some(place)) => Some(place.to_string()),
    }
}

fn statement<'p>(policy: &'p Policy, report: &StatementReport) -> Option<&'p Statement> {
    policy.statements().get(usize::try_from(report.index).ok()?)
}

fn named(statement: &Statement, report: &StatementReport) -> String {
    match &statement.sid {
        Some(sid) => tr!("statement `{sid}`", sid),
        None => tr!("statement {index}", index = report.index + 1),
    }
}

/// By which a policy or a grant names who asks: for a session, its role or itself.
fn principal_name(subject: &Subject) -> Option<String> {
    let named = subject.principals();
    let by_role = named.iter().find(|named| matches!(named, PolicyPrincipal::Role { .. }));
    by_role.or(named.last()).map(ToString::to_string)
}

fn principal_element(subject: &Subject, who: &str) -> String {
    let kind = if matches!(subject, Subject::Service(_)) { "Service" } else { "AWS" };
    format!("\"Principal\": {{\"{kind}\": {}}}", quoted(who))
}

#[cfg(test)]
mod tests;
