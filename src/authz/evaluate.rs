//! The rules. Every policy is asked whom it takes in and what it denies and allows; [`Answers::settle`] combines them.

use std::{borrow::Cow, cell::OnceCell, sync::Arc};

use crate::{
    arn::AccountId,
    estate::principal::AttachedPolicy,
    policy::{
        Policy, SourceSpan,
        condition::Condition,
        context::RequestContext,
        document::{Effect, Element, Spanned, Statement},
        matching::{ActionPattern, ArnParts, ResourcePattern},
    },
};

use super::{
    decision::{
        Check, CheckReport, CheckResult, ConditionReport, Decision, ElementReport, GrantReport, Source,
        StatementReport, Verdict,
    },
    grants::{self, Candidates, GrantAnswer},
    permission::Reach,
    subject::{Subject, Via},
};

/// A request with every policy and grant that applies to it.
pub(super) struct Case<'a> {
    pub subject: &'a Subject,
    /// What the subject is called in the decision, its ARN.
    pub principal: String,
    pub action: Cow<'static, str>,
    /// An ARN, or `*`.
    pub resource: String,
    /// The account that has the resource, or in which something without one is asked.
    pub account: AccountId,
    /// Whether the key's side has to allow, by its policy or by a grant.
    pub on_key: bool,
    pub reach: Reach,
    pub context: Known<'a>,
    pub layers: Layers<'a>,
    pub grants: Candidates<'a>,
}

/// The condition keys of the request.
#[derive(Clone, Copy)]
pub(super) enum Known<'a> {
    Given(&'a RequestContext),
    /// Made when the first condition asks for them.
    OnDemand(&'a dyn Fn() -> RequestContext),
}

/// The policies, by what they are attached to. Those that do not bear on the subject have been left out.
#[derive(Clone, Copy, Default)]
pub(super) struct Layers<'a> {
    pub key_policy: Option<&'a Policy>,
    /// The key policy has no say in this but to deny.
    pub key_policy_only_denies: bool,
    /// Made by AWS Resource Access Manager for a key that is shared through it.
    pub shared_policy: Option<&'a Policy>,
    pub identity: &'a [AttachedPolicy],
    /// Of the groups of a user: further identity policies.
    pub groups: &'a [&'a [AttachedPolicy]],
    pub boundary: Option<&'a AttachedPolicy>,
    pub session: Option<&'a AttachedPolicy>,
    pub endpoint: Option<&'a AttachedPolicy>,
    /// From the organization's root down.
    pub resource_control: &'a [Level<'a>],
    pub service_control: &'a [Level<'a>],
}

/// A root, unit or account of an organization, with the policies of one kind that are attached to it.
#[derive(Clone, Debug)]
pub(super) struct Level<'a> {
    pub name: Arc<str>,
    pub policies: Cow<'a, [AttachedPolicy]>,
}

impl Case<'_> {
    /// With `trace` the decision lists everything that was looked at.
    pub(super) fn decide(self, trace: bool) -> Decision {
        let asker = Asker {
            case: &self,
            folded: self.action.to_ascii_lowercase(),
            resource: ArnParts::of(&self.resource),
            context: OnceCell::new(),
            trace,
        };
        let mut answers = asker.ask();
        let Settled { verdict, decided_by, granted_by } = answers.settle();
        let checks = if trace { answers.report() } else { Vec::new() };
        let denied_by = answers.deny.take();
        let context = match self.context {
            Known::OnDemand(_) if trace => asker.context().clone(),
            Known::OnDemand(_) | Known::Given(_) => RequestContext::default(),
        };
        let Self { principal, action, resource, .. } = self;
        Decision {
            principal,
            action,
            resource,
            verdict,
            decided_by,
            denied_by,
            granted_by,
            lags: Vec::new(),
            checks,
            context,
        }
    }
}

/// Puts one request to policies.
pub(super) struct Asker<'a> {
    pub(super) case: &'a Case<'a>,
    folded: String,
    /// Absent for `*`.
    resource: Option<ArnParts<'a>>,
    context: OnceCell<RequestContext>,
    trace: bool,
}

/// What one group of policies says.
#[derive(Default)]
struct Answer {
    deny: Option<Source>,
    allow: Option<Via>,
    /// Every Allow that was looked at. Empty without a trace, like the denials.
    allows: Vec<StatementReport>,
    denies: Vec<StatementReport>,
}

impl<'a> Asker<'a> {
    fn ask(&self) -> Answers<'a> {
        let Case { subject, layers, .. } = self.case;
        let one = |check, attached: Option<&'a AttachedPolicy>| {
            attached.map(|attached| self.ask_attached(check, std::slice::from_ref(attached), None))
        };
        let levels = |check, levels: &'a [Level<'a>]| -> Vec<(Arc<str>, Answer)> {
            let ask = |level: &Level<'_>| self.ask_attached(check, &level.policies, Some(&level.name));
            levels.iter().map(|level| (level.name.clone(), ask(level))).collect()
        };
        let mut key_policy = layers.key_policy.map(|policy| {
            let mut answer = Answer::default();
            self.ask_policy(policy, &Source { check: Check::KeyPolicy, policy: None, level: None }, &mut answer);
            if let Some(shared) = layers.shared_policy {
                let source = Source { check: Check::KeyPolicy, policy: Some("AWS_RAM".into()), level: None };
                self.ask_policy(shared, &source, &mut answer);
            }
            answer
        });
        if let Some(answer) = key_policy.as_mut().filter(|_| layers.key_policy_only_denies) {
            answer.allow = None;
        }
        let mut identity = self.ask_attached(Check::IdentityPolicies, layers.identity, None);
        for group in layers.groups {
            self.ask_each(Check::IdentityPolicies, group, None, &mut identity);
        }
        let mut answers = Answers {
            resource_control: levels(Check::ResourceControl, layers.resource_control),
            service_control: levels(Check::ServiceControl, layers.service_control),
            endpoint: one(Check::Endpoint, layers.endpoint),
            key_policy,
            key_policy_may_allow: layers.key_policy.is_some() && !layers.key_policy_only_denies,
            grant: grants::ask(self),
            grant_reports: if self.trace { grants::report(self) } else { None },
            identity,
            boundary: one(Check::Boundary, layers.boundary),
            session: one(Check::SessionPolicy, layers.session),
            subject,
            own_account: subject.account().is_none_or(|account| account == self.case.account),
            can_cross: self.case.reach == Reach::AnyAccount && self.case.on_key,
            on_key: self.case.on_key,
            deny: None,
        };
        let deny = answers.groups().find_map(|answer| answer.deny.clone());
        answers.deny = deny;
        answers
    }

    fn ask_attached(&self, check: Check, policies: &[AttachedPolicy], level: Option<&Arc<str>>) -> Answer {
        let mut answer = Answer::default();
        self.ask_each(check, policies, level, &mut answer);
        answer
    }

    fn ask_each(&self, check: Check, policies: &[AttachedPolicy], level: Option<&Arc<str>>, answer: &mut Answer) {
        for attached in policies {
            let source = Source { check, policy: Some(attached.name.clone()), level: level.cloned() };
            self.ask_policy(&attached.policy, &source, answer);
        }
    }

    fn ask_policy(&self, policy: &Policy, source: &Source, answer: &mut Answer) {
        let named = matches!(source.check, Check::KeyPolicy | Check::Endpoint | Check::ResourceControl);
        for (index, statement) in (0..).zip(policy.statements()) {
            // Nothing gives more than being named oneself; from there on only a Deny is worth a look.
            if !self.trace && statement.effect == Effect::Allow && answer.allow == Some(Via::Itself) {
                continue;
            }
            let via = if self.trace {
                let (via, report) = self.report(statement, named, source, index);
                let reports = if report.allows { &mut answer.allows } else { &mut answer.denies };
                reports.push(report);
                via
            } else {
                self.matches(statement, named)
            };
            let Some(via) = via else { continue };
            match statement.effect {
                Effect::Deny if answer.deny.is_none() => answer.deny = Some(source.clone()),
                Effect::Deny => {}
                Effect::Allow => answer.allow = answer.allow.max(Some(via)),
            }
        }
    }

    /// How a statement takes in the subject, if it matches.
    fn matches(&self, statement: &Statement, named: bool) -> Option<Via> {
        let via = if named { self.find_principal(statement)?.0 } else { Via::Itself };
        let action = statement.actions.as_ref()?;
        if self.find_action(action).is_some() == action.negated {
            return None;
        }
        let resource = statement.resources.as_ref()?;
        if self.find_resource(resource).is_some() == resource.negated {
            return None;
        }
        let holds = statement.conditions.iter().all(|condition| condition.holds(self.context()).0);
        if holds { Some(via) } else { None }
    }

    /// The same with what came of every part.
    fn report(
        &self,
        statement: &Statement,
        named: bool,
        source: &Source,
        index: u32,
    ) -> (Option<Via>, StatementReport) {
        let found = if named { self.find_principal(statement) } else { Some((Via::Itself, None)) };
        let principal = named.then(|| ElementReport {
            matched: found.is_some(),
            negated: statement.principals.as_ref().is_some_and(|element| element.negated),
            span: found.and_then(|(_, span)| span).or(statement.principals.as_ref().map(|element| element.span)),
        });
        let action = element(statement.actions.as_ref(), |element| self.find_action(element));
        let resource = element(statement.resources.as_ref(), |element| self.find_resource(element));
        let conditions: Vec<_> =
            statement.conditions.iter().map(|condition| self.report_condition(condition)).collect();
        let matched = found.is_some()
            && action.matched
            && resource.matched
            && conditions.iter().all(|condition| condition.matched);
        let via = found.map(|(via, _)| via).filter(|_| matched);
        let allows = statement.effect == Effect::Allow;
        let report = StatementReport {
            source: source.clone(),
            index,
            sid: statement.sid.clone(),
            allows,
            delegates: source.check == Check::KeyPolicy && allows && via == Some(Via::Account),
            principal,
            action,
            resource,
            conditions,
            matched,
            span: statement.span,
        };
        (via, report)
    }

    fn report_condition(&self, condition: &Condition) -> ConditionReport {
        let got = condition.got(self.context());
        let (matched, span) = condition.holds_for(got, self.context());
        ConditionReport {
            operator: condition.operator.clone(),
            key: condition.key.clone(),
            want: condition.wanted.clone(),
            got: got.cloned(),
            matched,
            span: span.unwrap_or(condition.span),
        }
    }

    /// How the statement takes in the subject, and the principal by which it does: that which gives most.
    fn find_principal(&self, statement: &Statement) -> Option<(Via, Option<SourceSpan>)> {
        let element = statement.principals.as_ref()?;
        let subject = self.case.subject;
        if element.negated {
            // Whoever has a permissions boundary is denied in any case ("JSON policy elements: NotPrincipal").
            let listed = element.values.iter().map(|listed| &listed.value);
            let spared = self.case.layers.boundary.is_none() && subject.spared_by(listed);
            return if spared { None } else { Some((Via::Itself, None)) };
        }
        let mut best: Option<(Via, Option<SourceSpan>)> = None;
        for Spanned { value, span } in &element.values {
            let via = subject.taken_in_by(value);
            if let Some(via) = via.filter(|via| best.is_none_or(|(found, _)| *via > found)) {
                best = Some((via, Some(*span)));
            }
        }
        best
    }

    fn find_action(&self, actions: &Element<ActionPattern>) -> Option<SourceSpan> {
        actions.find(|pattern| pattern.matches(&self.folded)).map(|value| value.span)
    }

    fn find_resource(&self, resources: &Element<ResourcePattern>) -> Option<SourceSpan> {
        let found = resources.find(|pattern| match &self.resource {
            _ if pattern.matches_no_resource() => true,
            Some(arn) => pattern.matches(arn, self.context()),
            None => false,
        });
        found.map(|value| value.span)
    }

    pub(super) fn context(&self) -> &RequestContext {
        match self.case.context {
            Known::Given(context) => context,
            Known::OnDemand(make) => self.context.get_or_init(make),
        }
    }
}

/// What an element comes to. Where nothing decided, the whole of it is shown.
fn element<T>(element: Option<&Element<T>>, find: impl Fn(&Element<T>) -> Option<SourceSpan>) -> ElementReport {
    let Some(element) = element else { return ElementReport { matched: false, negated: false, span: None } };
    let found = find(element);
    ElementReport {
        matched: found.is_some() != element.negated,
        negated: element.negated,
        span: Some(found.unwrap_or(element.span)),
    }
}

/// Everything the verdict depends on.
struct Answers<'a> {
    resource_control: Vec<(Arc<str>, Answer)>,
    service_control: Vec<(Arc<str>, Answer)>,
    endpoint: Option<Answer>,
    /// Absent where the target is no key.
    key_policy: Option<Answer>,
    key_policy_may_allow: bool,
    grant: Option<GrantAnswer>,
    grant_reports: Option<(Vec<GrantReport>, u32)>,
    identity: Answer,
    boundary: Option<Answer>,
    session: Option<Answer>,
    subject: &'a Subject,
    own_account: bool,
    can_cross: bool,
    on_key: bool,
    /// The first policy with a Deny that matched. AWS names one where several deny; which one is not documented.
    deny: Option<Source>,
}

struct Settled {
    verdict: Verdict,
    decided_by: Check,
    granted_by: Option<Arc<str>>,
}

impl Answers<'_> {
    /// Every group of policies, in AWS's order.
    fn groups(&self) -> impl Iterator<Item = &Answer> {
        let control = self.resource_control.iter().chain(&self.service_control).map(|(_, answer)| answer);
        let rest = [self.endpoint.as_ref(), self.key_policy.as_ref(), Some(&self.identity)];
        control.chain(rest.into_iter().flatten()).chain(&self.boundary).chain(&self.session)
    }

    /// The verdict, the check that settled it, and the grant it rests on. Policies come before grants: what they allow
    /// needs no grant, and a grant that is created by their permission may give anything.
    fn settle(&self) -> Settled {
        let denied = |check| Settled { verdict: Verdict::ImplicitlyDenied, decided_by: check, granted_by: None };
        let allowed = |check, granted_by| Settled { verdict: Verdict::Allowed, decided_by: check, granted_by };
        if self.deny.is_some() {
            return Settled { verdict: Verdict::ExplicitlyDenied, ..denied(Check::ExplicitDeny) };
        }
        if self.service_control.iter().any(|(_, answer)| answer.allow.is_none()) {
            return denied(Check::ServiceControl);
        }
        if self.endpoint.as_ref().is_some_and(|answer| answer.allow.is_none()) {
            return denied(Check::Endpoint);
        }
        if self.blocked_at_border() {
            return denied(Check::CrossAccount);
        }
        let (policy, grant) = (self.by_policy(), self.by_grant());
        let granted = || self.grant.as_ref().map(|grant| grant.id.clone());
        let within = self.boundary_lets() && self.session_lets();
        let suffices = |via: Option<Via>| via == Some(Via::Itself) || (via == Some(Via::Limited) && within);
        let own = self.identity.allow.is_some() && within;
        if suffices(policy) {
            return allowed(if self.on_key { Check::KeyPolicy } else { Check::IdentityPolicies }, None);
        }
        if policy.is_some() && own {
            return allowed(Check::IdentityPolicies, None);
        }
        if suffices(grant) {
            return allowed(Check::Grants, granted());
        }
        if grant.is_some() && own {
            return allowed(Check::IdentityPolicies, granted());
        }
        denied(match policy.max(grant) {
            None if self.key_policy_may_allow => Check::KeyPolicy,
            None if self.on_key => Check::Grants,
            None => Check::IdentityPolicies,
            Some(Via::Account) if self.identity.allow.is_none() => Check::IdentityPolicies,
            Some(_) if !self.boundary_lets() => Check::Boundary,
            Some(_) => Check::SessionPolicy,
        })
    }

    /// What the resource's side gives by its policy: what its own account's principals then still need, and those of
    /// other accounts always. A root user has no policies that could be asked.
    fn by_policy(&self) -> Option<Via> {
        if !self.on_key {
            return match self.subject {
                Subject::Service(_) => None,
                Subject::Root(_) => Some(Via::Itself),
                _ => Some(Via::Account),
            };
        }
        let via = self.key_policy.as_ref()?.allow?;
        Some(match self.subject {
            Subject::Root(_) | Subject::Service(_) => Via::Itself,
            _ if self.own_account => via,
            _ => Via::Account,
        })
    }

    fn by_grant(&self) -> Option<Via> {
        self.grant.as_ref().map(|grant| grant.via)
    }

    fn boundary_lets(&self) -> bool {
        self.boundary.as_ref().is_none_or(|answer| answer.allow.is_some())
    }

    /// A session of a role may have a policy, and that of a federated user has nothing without one.
    fn session_lets(&self) -> bool {
        let none = !matches!(self.subject, Subject::FederatedUser { .. });
        self.session.as_ref().map_or(none, |answer| answer.allow.is_some())
    }

    fn blocked_at_border(&self) -> bool {
        !self.own_account && !self.can_cross
    }

    /// Each statement once: a Deny under the search for one, an Allow under the check that asks for it.
    fn report(&mut self) -> Vec<CheckReport> {
        let mut denies = Vec::new();
        let mut report = |check, result, answer: Answer| {
            denies.extend(answer.denies);
            CheckReport {
                check,
                level: None,
                result: if answer.deny.is_some() { CheckResult::ExplicitDeny } else { result },
                statements: answer.allows,
                grants: Vec::new(),
                more_grants: 0,
            }
        };
        let granted =
            |answer: &Answer| if answer.allow.is_some() { CheckResult::Allow } else { CheckResult::ImplicitDeny };
        let (policy, grant) = (self.by_policy(), self.by_grant());
        let best = policy.max(grant);
        let limited = best.is_some_and(|via| via != Via::Itself);
        let limit = |lets: bool| match (lets, limited) {
            (true, _) => CheckResult::Allow,
            (false, true) => CheckResult::ImplicitDeny,
            (false, false) => CheckResult::NoImpact,
        };
        let (boundary, session) = (limit(self.boundary_lets()), limit(self.session_lets()));
        let identity = match (self.identity.allow.is_some(), best) {
            (true, _) => CheckResult::Allow,
            (false, _) if !self.on_key && self.subject.is_root() => CheckResult::Allow,
            (false, Some(Via::Itself | Via::Limited)) => CheckResult::NoImpact,
            (false, _) if self.subject.is_root() || (self.on_key && self.subject.is_service()) => CheckResult::NoImpact,
            (false, _) => CheckResult::ImplicitDeny,
        };
        let border = if self.blocked_at_border() { CheckResult::ImplicitDeny } else { CheckResult::NoImpact };

        let mut checks = vec![report(Check::ExplicitDeny, CheckResult::NoImpact, Answer::default())];
        if self.deny.is_some() {
            checks.iter_mut().for_each(|check| check.result = CheckResult::ExplicitDeny);
        }
        // AWS attaches an RCP that allows everything to every level, where it cannot be removed.
        for (level, answer) in std::mem::take(&mut self.resource_control) {
            checks
                .push(CheckReport { level: Some(level), ..report(Check::ResourceControl, CheckResult::Allow, answer) });
        }
        for (level, answer) in std::mem::take(&mut self.service_control) {
            let result = granted(&answer);
            checks.push(CheckReport { level: Some(level), ..report(Check::ServiceControl, result, answer) });
        }
        if let Some(answer) = self.endpoint.take() {
            checks.push(report(Check::Endpoint, granted(&answer), answer));
        }
        checks.push(report(Check::CrossAccount, border, Answer::default()));
        if let Some(answer) = self.key_policy.take() {
            let result = match (answer.allow, grant) {
                (Some(_), _) => CheckResult::Allow,
                (None, None) if self.key_policy_may_allow => CheckResult::ImplicitDeny,
                (None, _) => CheckResult::NoImpact,
            };
            checks.push(report(Check::KeyPolicy, result, answer));
        }
        if let Some((grants, more_grants)) = self.grant_reports.take() {
            let result = match grant {
                Some(_) => CheckResult::Allow,
                // The key policy's check says it already.
                None if self.key_policy_may_allow => CheckResult::NoImpact,
                None => CheckResult::ImplicitDeny,
            };
            checks.push(CheckReport { grants, more_grants, ..report(Check::Grants, result, Answer::default()) });
        }
        checks.push(report(Check::IdentityPolicies, identity, std::mem::take(&mut self.identity)));
        if let Some(answer) = self.boundary.take() {
            checks.push(report(Check::Boundary, boundary, answer));
        }
        if self.session.is_some() || matches!(self.subject, Subject::FederatedUser { .. }) {
            checks.push(report(Check::SessionPolicy, session, self.session.take().unwrap_or_default()));
        }
        if let Some(search) = checks.first_mut() {
            search.statements = denies;
        }
        checks
    }
}

/// Whether a key policy alone allows, as a principal of the key's account sees it.
pub(super) fn key_policy_allows(case: &Case<'_>) -> bool {
    resource_policy_says(case) == Some(Effect::Allow)
}

/// What the one policy of a resource says.
pub(super) fn resource_policy_says(case: &Case<'_>) -> Option<Effect> {
    let asker = Asker {
        case,
        folded: case.action.to_ascii_lowercase(),
        resource: ArnParts::of(&case.resource),
        context: OnceCell::new(),
        trace: false,
    };
    let mut answer = Answer::default();
    if let Some(policy) = case.layers.key_policy {
        asker.ask_policy(policy, &Source { check: Check::KeyPolicy, policy: None, level: None }, &mut answer);
    }
    match (answer.deny, answer.allow) {
        (Some(_), _) => Some(Effect::Deny),
        (None, Some(_)) => Some(Effect::Allow),
        (None, None) => None,
    }
}
