//! The rules. A key policy is asked whom it names, a grant likewise, the caller's own policies what they allow, and the
//! account border decides how the answers combine.

use std::fmt::Write as _;

use crate::{
    arn::{AccountId, GrantId, KeyArn},
    estate::principal::{AttachedPolicy, Caller},
    policy::{
        Policy, SourceSpan,
        document::{Effect, Element, Spanned, Statement},
        matching::{ArnParts, ThroughService},
        principal::PolicyPrincipal,
    },
};

use super::{
    Question, Reach, Target,
    decision::{Check, CheckReport, CheckResult, Decision, ElementReport, Source, StatementReport, Verdict},
    grants::{self, GrantAnswer},
};

pub(super) fn decide(attached: &[AttachedPolicy], question: &Question<'_>, trace: bool) -> Decision {
    let Question { caller, action, target, reach, context } = *question;
    let resource = name_of(target);
    let demand = Demand { caller, action, resource: ArnParts::of(&resource), via_service: context.via_service };
    let on_key = matches!(target, Target::Key { .. } | Target::Grant(_));
    let answers = Answers {
        is_root: matches!(caller, Caller::Root(_)),
        own_account: caller.account() == account_of(target),
        can_cross: reach == Reach::AnyAccount && on_key,
        on_key,
        key_policy: match target {
            Target::Key { policy, .. } => Some(demand.ask_key_policy(policy)),
            Target::Grant(_) | Target::Alias(_) | Target::Account(..) => None,
        },
        grant: grants::ask(question),
        identity: demand.ask_identity_policies(attached),
    };
    let (verdict, decided_by, granted_by) = answers.settle();
    let checks = if trace { demand.report(&answers, attached, question) } else { Vec::new() };
    let denied_by = answers.deny();
    Decision { principal: text(caller), action, resource, verdict, decided_by, denied_by, granted_by, checks }
}

pub(super) fn key_policy_allows(policy: &Policy, caller: &Caller, action: &'static str, arn: KeyArn) -> bool {
    let resource = text(&arn);
    let demand = Demand { caller, action, resource: ArnParts::of(&resource), via_service: None };
    let answer = demand.ask_key_policy(policy);
    !answer.denies && answer.allows.is_some()
}

/// What every statement is compared with.
struct Demand<'a> {
    caller: &'a Caller,
    action: &'static str,
    /// Absent for `*`.
    resource: Option<ArnParts<'a>>,
    via_service: Option<&'a str>,
}

/// How a principal of a key policy or a grant takes in the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    /// By name, by role or as anyone. In the key's account an Allow then needs nothing else.
    Itself,
    /// As one of its account. An Allow then only makes the account's own policies count.
    Account,
}

struct KeyPolicyAnswer {
    denies: bool,
    allows: Option<Via>,
}

struct IdentityAnswer<'a> {
    denies: Option<&'a AttachedPolicy>,
    allows: bool,
}

/// Everything the verdict depends on.
struct Answers<'a> {
    is_root: bool,
    own_account: bool,
    can_cross: bool,
    /// Whether the key's side has to allow, by its policy or by a grant.
    on_key: bool,
    /// Absent where the target is no key.
    key_policy: Option<KeyPolicyAnswer>,
    grant: Option<GrantAnswer>,
    identity: IdentityAnswer<'a>,
}

impl Answers<'_> {
    /// The verdict, the check that settled it, and the grant it rests on. Policies come before grants: what they allow
    /// needs no grant, and a grant that is created by their permission may give anything.
    fn settle(&self) -> (Verdict, Check, Option<GrantId>) {
        if self.denies() {
            return (Verdict::ExplicitlyDenied, Check::ExplicitDeny, None);
        }
        if self.blocked_at_border() {
            return (Verdict::ImplicitlyDenied, Check::CrossAccount, None);
        }
        let own = self.identity.allows || (self.is_root && !self.on_key);
        let by_policy = !self.on_key || self.key_policy_allows().is_some();
        let granted = self.grant.as_ref().map(|grant| grant.id);
        match &self.grant {
            _ if self.key_policy_suffices() => (Verdict::Allowed, Check::KeyPolicy, None),
            _ if by_policy && own => (Verdict::Allowed, Check::IdentityPolicies, None),
            Some(grant) if grant.suffices => (Verdict::Allowed, Check::Grants, granted),
            Some(_) if own => (Verdict::Allowed, Check::IdentityPolicies, granted),
            Some(_) => (Verdict::ImplicitlyDenied, Check::IdentityPolicies, None),
            None if by_policy => (Verdict::ImplicitlyDenied, Check::IdentityPolicies, None),
            None if self.key_policy.is_some() => (Verdict::ImplicitlyDenied, Check::KeyPolicy, None),
            None => (Verdict::ImplicitlyDenied, Check::Grants, None),
        }
    }

    fn key_policy_allows(&self) -> Option<Via> {
        self.key_policy.as_ref().and_then(|answer| answer.allows)
    }

    /// Whether the key policy allows and no identity policy has to. A root user cannot have one: what a key policy
    /// gives its account is its own, in another account's key policy too.
    fn key_policy_suffices(&self) -> bool {
        self.key_policy_allows().is_some_and(|via| self.is_root || (self.own_account && via == Via::Itself))
    }

    fn denies(&self) -> bool {
        self.key_policy.as_ref().is_some_and(|answer| answer.denies) || self.identity.denies.is_some()
    }

    /// AWS names one policy where several deny; which one is not documented.
    fn deny(&self) -> Option<Source> {
        match &self.key_policy {
            Some(KeyPolicyAnswer { denies: true, .. }) => Some(Source::KeyPolicy),
            Some(_) | None => self.identity.denies.map(identity_source),
        }
    }

    fn blocked_at_border(&self) -> bool {
        !self.own_account && !self.can_cross
    }

    fn key_policy_result(&self, answer: &KeyPolicyAnswer) -> CheckResult {
        match (answer.allows, &self.grant) {
            (Some(_), _) => CheckResult::Allow,
            (None, Some(_)) => CheckResult::NoImpact,
            (None, None) => CheckResult::ImplicitDeny,
        }
    }

    fn grants_result(&self) -> CheckResult {
        match (&self.grant, &self.key_policy) {
            (Some(_), _) => CheckResult::Allow,
            // The key policy's check says it already.
            (None, Some(_)) => CheckResult::NoImpact,
            (None, None) => CheckResult::ImplicitDeny,
        }
    }

    fn identity_result(&self) -> CheckResult {
        let other_side_suffices = self.key_policy_suffices() || self.grant.as_ref().is_some_and(|grant| grant.suffices);
        if self.identity.allows || (self.is_root && !self.on_key) {
            CheckResult::Allow
        } else if self.is_root || other_side_suffices {
            CheckResult::NoImpact
        } else {
            CheckResult::ImplicitDeny
        }
    }
}

impl<'a> Demand<'a> {
    fn ask_key_policy(&self, policy: &Policy) -> KeyPolicyAnswer {
        let mut answer = KeyPolicyAnswer { denies: false, allows: None };
        for statement in policy.statements() {
            // Nothing gives more than being named oneself; from there on only a Deny is worth a look.
            if statement.effect == Effect::Allow && answer.allows == Some(Via::Itself) {
                continue;
            }
            let Some((_, via)) = self.find_principal(statement) else { continue };
            if self.find_action(statement).is_none() || self.find_resource(statement).is_none() {
                continue;
            }
            if !self.meets_condition(statement) {
                continue;
            }
            match statement.effect {
                Effect::Deny => answer.denies = true,
                Effect::Allow => answer.allows = Some(via),
            }
        }
        answer
    }

    fn ask_identity_policies<'p>(&self, attached: &'p [AttachedPolicy]) -> IdentityAnswer<'p> {
        let mut answer = IdentityAnswer { denies: None, allows: false };
        for entry in attached {
            for statement in entry.policy.statements() {
                if statement.effect == Effect::Allow && answer.allows {
                    continue;
                }
                if self.find_action(statement).is_none() || self.find_resource(statement).is_none() {
                    continue;
                }
                match statement.effect {
                    Effect::Deny => answer.denies = answer.denies.or(Some(entry)),
                    Effect::Allow => answer.allows = true,
                }
            }
        }
        answer
    }

    /// The principal that takes in the caller; the caller itself before its account, because that gives more.
    fn find_principal<'s>(&self, statement: &'s Statement) -> Option<(&'s Spanned<PolicyPrincipal>, Via)> {
        let mut by_account = None;
        for named in &statement.principals.as_ref()?.values {
            match takes_in(&named.value, self.caller) {
                Some(Via::Itself) => return Some((named, Via::Itself)),
                Some(Via::Account) => by_account = by_account.or(Some((named, Via::Account))),
                None => {}
            }
        }
        by_account
    }

    fn find_action(&self, statement: &Statement) -> Option<SourceSpan> {
        let found = statement.actions.as_ref()?.find(|pattern| pattern.matches(self.action));
        found.map(|value| value.span)
    }

    fn find_resource(&self, statement: &Statement) -> Option<SourceSpan> {
        let found = statement.resources.as_ref()?.find(|pattern| match &self.resource {
            Some(arn) => pattern.matches(arn),
            None => pattern.matches_no_resource(),
        });
        found.map(|value| value.span)
    }

    fn meets_condition(&self, statement: &Statement) -> bool {
        let lets = |through: &ThroughService| through.lets(self.caller.account(), self.via_service);
        statement.through.as_ref().is_none_or(|through| lets(&through.value))
    }

    /// Each statement once: under the search for a Deny, or under the policies that must allow.
    fn report(&self, answers: &Answers<'_>, attached: &[AttachedPolicy], question: &Question<'_>) -> Vec<CheckReport> {
        let report =
            |check, result, statements| CheckReport { check, result, statements, grants: Vec::new(), more_grants: 0 };
        let denies = if answers.denies() { CheckResult::ExplicitDeny } else { CheckResult::NoImpact };
        let border = if answers.blocked_at_border() { CheckResult::ImplicitDeny } else { CheckResult::NoImpact };
        let mut checks =
            vec![report(Check::ExplicitDeny, denies, Vec::new()), report(Check::CrossAccount, border, Vec::new())];
        let mut denies = Vec::new();
        let mut sort = |reports: Vec<StatementReport>| {
            let (allows, others): (Vec<_>, Vec<_>) = reports.into_iter().partition(|report| report.allows);
            denies.extend(others);
            allows
        };
        if let (Target::Key { policy, .. }, Some(answer)) = (question.target, &answers.key_policy) {
            let statements = sort(self.report_policy(policy, &Source::KeyPolicy));
            checks.push(report(Check::KeyPolicy, answers.key_policy_result(answer), statements));
        }
        if let Some((grants, more_grants)) = grants::report(question) {
            let result = answers.grants_result();
            checks.push(CheckReport { grants, more_grants, ..report(Check::Grants, result, Vec::new()) });
        }
        let identity = attached.iter().flat_map(|entry| self.report_policy(&entry.policy, &identity_source(entry)));
        let statements = sort(identity.collect());
        checks.push(report(Check::IdentityPolicies, answers.identity_result(), statements));
        if let Some(search) = checks.first_mut() {
            search.statements = denies;
        }
        checks
    }

    fn report_policy(&self, policy: &Policy, source: &Source) -> Vec<StatementReport> {
        let report = |(index, statement): (u32, &Statement)| {
            let found = self.find_principal(statement);
            let principal = match source {
                Source::KeyPolicy => Some(element(statement.principals.as_ref(), found.map(|(named, _)| named.span))),
                Source::Identity { .. } => None,
            };
            let action = element(statement.actions.as_ref(), self.find_action(statement));
            let resource = element(statement.resources.as_ref(), self.find_resource(statement));
            let condition = statement
                .through
                .as_ref()
                .map(|through| ElementReport { matched: self.meets_condition(statement), span: Some(through.span) });
            let asked = [principal.as_ref(), Some(&action), Some(&resource), condition.as_ref()];
            let matched = asked.into_iter().flatten().all(|part| part.matched);
            let by_account = found.is_some_and(|(_, via)| via == Via::Account);
            StatementReport {
                source: source.clone(),
                index,
                sid: statement.sid.clone(),
                allows: statement.effect == Effect::Allow,
                delegates: principal.is_some() && matched && by_account && statement.effect == Effect::Allow,
                principal,
                action,
                resource,
                condition,
                matched,
                span: statement.span,
            }
        };
        (0..).zip(policy.statements()).map(report).collect()
    }
}

pub(super) fn takes_in(principal: &PolicyPrincipal, caller: &Caller) -> Option<Via> {
    let itself = |matched: bool| if matched { Some(Via::Itself) } else { None };
    match (principal, caller) {
        (PolicyPrincipal::Anyone, _) => Some(Via::Itself),
        // The account is not its root user, but includes it, and the root user has no policies to delegate to.
        (PolicyPrincipal::Account(account), Caller::Root(root)) => itself(account == root),
        (PolicyPrincipal::Account(account), Caller::User { .. } | Caller::RoleSession { .. }) => {
            if *account == caller.account() { Some(Via::Account) } else { None }
        }
        (PolicyPrincipal::User { account, path, name }, Caller::User { account: home, name: user }) => {
            itself(path.is_root() && (account, name) == (home, user))
        }
        (PolicyPrincipal::Role { account, path, name }, Caller::RoleSession { account: home, role, .. }) => {
            itself(path.is_root() && (account, name) == (home, role))
        }
        (
            PolicyPrincipal::RoleSession { account, role, session },
            Caller::RoleSession { account: home, role: own, session: name },
        ) => itself((account, role, session) == (home, own, name)),
        (
            PolicyPrincipal::User { .. }
            | PolicyPrincipal::Role { .. }
            | PolicyPrincipal::RoleSession { .. }
            | PolicyPrincipal::FederatedUser { .. }
            | PolicyPrincipal::Service(_),
            _,
        ) => None,
    }
}

fn element<T>(element: Option<&Element<T>>, found: Option<SourceSpan>) -> ElementReport {
    ElementReport { matched: found.is_some(), span: found.or(element.map(|element| element.span)) }
}

fn identity_source(entry: &AttachedPolicy) -> Source {
    Source::Identity { policy: (*entry.name).to_owned() }
}

fn account_of(target: Target<'_>) -> AccountId {
    match target {
        Target::Key { arn, .. } => arn.account,
        Target::Grant(grant) => grant.key.account,
        Target::Alias(alias) => alias.account,
        Target::Account(account, _) => account,
    }
}

fn name_of(target: Target<'_>) -> String {
    match target {
        Target::Key { arn, .. } => text(&arn),
        Target::Grant(grant) => text(&grant.key),
        Target::Alias(alias) => text(alias),
        Target::Account(..) => "*".to_owned(),
    }
}

/// `to_string` without its reallocations: every ARN here but that of a long alias fits at once.
fn text(name: &impl std::fmt::Display) -> String {
    let mut text = String::with_capacity(96);
    // Writing to a `String` cannot fail.
    let _ = write!(text, "{name}");
    text
}
