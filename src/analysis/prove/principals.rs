//! Who can ask, as far as policies tell principals apart: everybody named, and for the rest one of each kind.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    arn::AccountId,
    policy::{
        condition::Comparison,
        principal::{EntityName, PolicyPrincipal},
    },
};

use super::{
    language::{Form, Pattern, Tail, TooManyWays, representatives},
    outside::{Outside, Reason, Used},
    values::{check, patterns_of},
};

/// What policies, grants and the claim say of principals.
#[derive(Default)]
pub(super) struct Named<'p> {
    pub principals: BTreeSet<PolicyPrincipal>,
    pub accounts: BTreeSet<AccountId>,
    /// The conditions on who asks.
    pub used: Vec<Used<'p>>,
    /// Roles that only services take on differ from others.
    pub has_organization: bool,
}

/// Keys that follow from who asks.
pub(super) const OF_PRINCIPAL: &[&str] = &[
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principaltype",
    "aws:username",
    "kms:calleraccount",
];

/// For how many accounts principals get names to be read.
const MOST_PREFERRED: usize = 20;

/// The session of everybody whose sessions nothing tells apart.
const SESSION: &str = "session";

impl Named<'_> {
    /// Everybody, each as the `principal` of a scenario.
    pub(super) fn everybody(&self) -> Result<Vec<Value>, Outside> {
        let patterns = self.patterns()?;
        let mut all = Vec::new();
        let find = |sort: &str, tail| self.arns(&patterns, &format!("arn:aws:{sort}"), tail);
        for arn in find("iam::############:root", Tail::Nothing)? {
            let account = arn.split(':').nth(4).unwrap_or_default();
            all.push(json!({"kind": "account-root", "account": account}));
        }
        for arn in find("iam::############:user/", Tail::PathAndName)? {
            all.push(json!({"kind": "user", "arn": arn}));
        }
        for arn in find("iam::############:role/", Tail::PathAndName)? {
            self.sessions_of_role(&arn, &mut all);
        }
        for arn in find("sts::############:federated-user/", Tail::Name)? {
            all.push(json!({"kind": "federated-user", "arn": arn}));
            let home = arn.split(':').nth(4).unwrap_or_default();
            for user in self.principals.iter().filter(|named| matches!(named, PolicyPrincipal::User { .. })) {
                if user.account().is_some_and(|account| account.to_string() == home) {
                    all.push(json!({"kind": "federated-user", "arn": arn, "userArn": user.to_string()}));
                }
            }
        }
        all.extend(self.services()?.iter().map(|name| json!({"kind": "service", "service": name})));
        Ok(all)
    }

    /// Everything that is said of the ARN of a principal, or follows from it.
    fn patterns(&self) -> Result<Vec<Pattern>, Outside> {
        let of_account = |account: Pattern| {
            let before = Pattern::like("arn:aws:*:*:", Some(':'));
            before.then(&account.without(':')).then(&Pattern::like(":*", None))
        };
        let of_name = |sort: &str, name: &Pattern| {
            let directly = Pattern::like(&format!("arn:aws:iam::*:{sort}/"), Some(':'));
            let below = directly.clone().then(&Pattern::like("*/", None));
            [directly, below].map(|before| before.then(&name.clone().without('/')))
        };
        let mut patterns: Vec<Pattern> =
            self.accounts.iter().map(|account| of_account(Pattern::text(&account.to_string()))).collect();
        for principal in &self.principals {
            match principal {
                PolicyPrincipal::Account(account) => patterns.push(of_account(Pattern::text(&account.to_string()))),
                PolicyPrincipal::User { .. } | PolicyPrincipal::Role { .. } | PolicyPrincipal::FederatedUser { .. } => {
                    patterns.push(Pattern::text(&principal.to_string()));
                }
                PolicyPrincipal::RoleSession { account, role, .. } => {
                    patterns.push(of_account(Pattern::text(&account.to_string())));
                    patterns.extend(of_name("role", &Pattern::text(role.as_str())));
                }
                PolicyPrincipal::Anyone | PolicyPrincipal::Service(_) | PolicyPrincipal::Nobody(_) => {}
            }
        }
        for used in &self.used {
            check(*used)?;
            match used.condition.folded_key() {
                "aws:principalarn" => patterns.extend(patterns_of(*used)?),
                "aws:principalaccount" | "kms:calleraccount" => {
                    patterns.extend(patterns_of(*used)?.into_iter().map(of_account));
                }
                "aws:username" => patterns.extend(patterns_of(*used)?.iter().flat_map(|name| of_name("user", name))),
                _ => {}
            }
        }
        if self.has_organization {
            patterns.push(Pattern::like("arn:aws:iam::*:role/aws-service-role/*", None));
        }
        patterns.dedup();
        Ok(patterns)
    }

    fn arns(&self, patterns: &[Pattern], head: &str, tail: Tail) -> Result<Vec<String>, Outside> {
        let mut preferred = Vec::new();
        let name = if tail == Tail::Nothing { "" } else { "Somebody" };
        let named = self.principals.iter().filter_map(PolicyPrincipal::account);
        let accounts: BTreeSet<String> =
            named.chain(self.accounts.iter().copied()).map(|account| account.to_string()).collect();
        for account in accounts.iter().take(MOST_PREFERRED).map(String::as_str).chain(["999999999999"]) {
            let head = head.replace("############", account);
            preferred.push(format!("{head}{name}"));
            preferred.push(format!("{head}aws-service-role/other.amazonaws.com/AWSServiceRoleForOther"));
        }
        let arns = representatives(patterns, &Form::new(head, tail), &preferred).map_err(|TooManyWays| {
            let reason = Reason::TooManyPatterns { key: "aws:PrincipalArn".to_owned() };
            self.used.first().map_or_else(|| reason.clone().anywhere(), |used| used.outside(reason.clone()))
        })?;
        match arns.iter().find(|arn| arn.parse::<PolicyPrincipal>().is_err()) {
            Some(name) => Err(Reason::LongName { name: name.clone() }.anywhere()),
            None => Ok(arns),
        }
    }

    /// Every named session of a role, and one that is not.
    fn sessions_of_role(&self, arn: &str, all: &mut Vec<Value>) {
        let Ok(PolicyPrincipal::Role { account, path, name }) = arn.parse() else { return };
        let named = self.principals.iter().filter_map(|principal| match principal {
            PolicyPrincipal::RoleSession { account: home, role, session } if (home, role) == (&account, &name) => {
                Some(session)
            }
            _ => None,
        });
        let mut sessions: BTreeSet<String> = named.map(EntityName::to_string).collect();
        let mut fresh = (0_u32..).map(|nth| if nth == 0 { SESSION.to_owned() } else { format!("{SESSION}-{nth}") });
        sessions.extend(fresh.find(|name| !sessions.contains(name)));
        let linked = self.has_organization && path.as_str().starts_with("/aws-service-role/");
        for session in sessions {
            let session = format!("arn:aws:sts::{account}:assumed-role/{name}/{session}");
            let mut principal = json!({"kind": "role-session", "arn": session, "roleArn": arn});
            if let Some(members) = principal.as_object_mut().filter(|_| linked) {
                members.insert("serviceLinked".to_owned(), true.into());
            }
            all.push(principal);
        }
    }

    /// Every named service, and one that is not.
    fn services(&self) -> Result<BTreeSet<String>, Outside> {
        let mut services: BTreeSet<String> = BTreeSet::new();
        services.extend(self.principals.iter().filter_map(|principal| match principal {
            PolicyPrincipal::Service(name) => Some(name.to_string()),
            _ => None,
        }));
        let named = self.used.iter().filter(|used| used.condition.folded_key() == "aws:principalservicename");
        for used in named {
            patterns_of(*used)?;
            let like = used
                .condition
                .test()
                .is_some_and(|test| matches!(test.comparison, Comparison::TextLike | Comparison::Arn));
            for (text, _) in used.condition.values() {
                if like && text.contains(['*', '?']) {
                    return Err(used.outside(Reason::Wildcard { key: used.condition.key.to_string() }));
                }
                let folded = text.to_ascii_lowercase();
                services.extend([folded].into_iter().filter(|name| PolicyPrincipal::service(name).is_ok()));
            }
        }
        let mut fresh = (0_u32..)
            .map(|nth| format!("other{}.amazonaws.com", if nth == 0 { String::new() } else { nth.to_string() }));
        services.extend(fresh.find(|name| !services.contains(name)));
        Ok(services)
    }
}

/// The members of a scenario by which a principal has policies of its own, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Own {
    pub everything: bool,
    pub limit: Limit,
}

/// What bounds the policies of a principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    None,
    /// A permissions boundary that allows nothing, which differs from one that allows everything.
    BoundaryOfNothing,
    BoundaryOfEverything,
    /// A session policy that allows nothing.
    SessionOfNothing,
}

impl Own {
    /// The most that any policies can give.
    pub(super) const MOST: Self = Self { everything: true, limit: Limit::None };
    /// None at all.
    pub(super) const NONE: Self = Self { everything: false, limit: Limit::None };

    /// Every way in which a principal's own policies can bear on a request without denying it.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let limits = [Limit::None, Limit::BoundaryOfNothing, Limit::BoundaryOfEverything, Limit::SessionOfNothing];
        [true, false].into_iter().flat_map(move |everything| limits.map(|limit| Self { everything, limit }))
    }

    /// A principal with these policies. Absent where it cannot have them.
    pub(super) fn of(self, principal: &Value) -> Option<BTreeMap<String, Value>> {
        let kind = principal.get("kind").and_then(Value::as_str).unwrap_or_default();
        let statement = |action: &str| json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}});
        let (everything, nothing) = (statement("*"), statement("none:Nothing"));
        let mut members = BTreeMap::from([("principal".to_owned(), principal.clone())]);
        let has_none = matches!(kind, "account-root" | "service");
        if has_none {
            return (self.limit == Limit::None).then_some(members);
        }
        if self.everything {
            members.insert("identityPolicies".to_owned(), json!([everything]));
        }
        // A federated user has nothing without a session policy.
        if kind == "federated-user" && (self.everything || self.limit != Limit::None) {
            members.insert("sessionPolicy".to_owned(), everything.clone());
        }
        match self.limit {
            Limit::None => {}
            Limit::BoundaryOfNothing => drop(members.insert("permissionsBoundary".to_owned(), nothing)),
            Limit::BoundaryOfEverything => drop(members.insert("permissionsBoundary".to_owned(), everything)),
            Limit::SessionOfNothing if kind == "user" => return None,
            Limit::SessionOfNothing => drop(members.insert("sessionPolicy".to_owned(), nothing)),
        }
        Some(members)
    }
}
