//! What is claimed of all requests.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{
    arn::{AccountId, NotAName},
    authz::{
        permission::{On, PERMISSIONS, Permission},
        simulate::{KEY_POLICY, ScenarioError, Setting},
        subject::Subject,
    },
    policy::{Policy, PolicyKind, condition::Condition, context::RequestContext, principal::PolicyPrincipal},
};

use super::{Members, outside::Outside};

/// A claim, read.
pub(super) struct Claim {
    pub statement: Statement,
    /// The accounts of which all principals are given.
    pub iam_given: BTreeSet<AccountId>,
    /// Those that are claimed about, all on keys.
    pub permissions: Vec<&'static Permission>,
    /// A policy of one statement that has the claim's conditions.
    terms: Policy,
    /// Where the conditions stand in the claim.
    place: &'static str,
    /// How much of the policy's text comes before them.
    before: u32,
}

/// What is claimed.
pub(super) enum Statement {
    /// Nobody but these can, unless the conditions hold.
    Nobody { but: Vec<PolicyPrincipal> },
    /// These always can, when the conditions hold.
    Always { principals: Vec<PolicyPrincipal> },
    /// Nobody can what nobody could under this key policy.
    NothingNew { setting: Box<Setting>, policy: Box<RawValue> },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written<'a> {
    #[serde(borrow)]
    nobody: Option<WrittenNobody<'a>>,
    #[serde(borrow)]
    always: Option<WrittenAlways<'a>>,
    #[serde(borrow)]
    nothing_new: Option<WrittenNothingNew<'a>>,
    iam_given: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenNobody<'a> {
    actions: Vec<String>,
    but: Option<Vec<String>>,
    #[serde(borrow)]
    unless: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAlways<'a> {
    actions: Vec<String>,
    principals: Vec<String>,
    #[serde(borrow)]
    when: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenNothingNew<'a> {
    actions: Option<Vec<String>>,
    #[serde(borrow)]
    since: &'a RawValue,
}

impl Claim {
    /// Reads a claim about the setting that has these members.
    pub(super) fn parse(text: &str, members: &Members) -> Result<Self, ScenarioError> {
        let written: Written<'_> = serde_json::from_str(text).map_err(|error| wrong("the claim", error.to_string()))?;
        let iam_given = written.iam_given.unwrap_or_default();
        let iam_given = iam_given.iter().map(|id| parse("claim.iamGiven", id)).collect::<Result<_, _>>()?;
        let (statement, actions, conditions, place) = match written {
            Written {
                nobody: Some(WrittenNobody { actions, but, unless }), always: None, nothing_new: None, ..
            } => {
                let but = principals("claim.nobody.but", &but.unwrap_or_default())?;
                (Statement::Nobody { but }, actions, unless, "claim.nobody.unless")
            }
            Written {
                nobody: None,
                always: Some(WrittenAlways { actions, principals: who, when }),
                nothing_new: None,
                ..
            } => {
                let principals = principals("claim.always.principals", &who)?;
                if principals.is_empty() {
                    return Err(wrong("claim.always.principals", "expected at least one".to_owned()));
                }
                (Statement::Always { principals }, actions, when, "claim.always.when")
            }
            Written { nobody: None, always: None, nothing_new: Some(WrittenNothingNew { actions, since }), .. } => {
                let policy: Box<RawValue> = since.to_owned();
                let mut old = members.clone();
                old.insert(KEY_POLICY.to_owned(), policy.clone());
                let mut setting = super::read(&old)?;
                for problem in &mut setting.problems {
                    if problem.policy == KEY_POLICY {
                        problem.policy = SINCE.to_owned();
                    }
                }
                let statement = Statement::NothingNew { setting: Box::new(setting), policy };
                (statement, actions.unwrap_or_else(|| vec!["kms:*".to_owned()]), None, SINCE)
            }
            Written { .. } => {
                return Err(wrong("the claim", "give one of `nobody`, `always` and `nothingNew`".to_owned()));
            }
        };
        let (terms, before) = terms(place, &actions, conditions)?;
        let covers = |permission: &&Permission| {
            let folded = format!("kms:{}", permission.name).to_ascii_lowercase();
            let statement = terms.statements().first().and_then(|statement| statement.actions.as_ref());
            permission.on != On::Account
                && statement.is_some_and(|actions| actions.find(|pattern| pattern.matches(&folded)).is_some())
        };
        let permissions: Vec<&Permission> = PERMISSIONS.iter().filter(covers).collect();
        if permissions.is_empty() {
            return Err(wrong("claim.actions", "expected permissions on a key such as `kms:Decrypt`".to_owned()));
        }
        Ok(Self { statement, iam_given, permissions, terms, place, before })
    }

    /// The conditions of the claim, with the policy and the place that they are in.
    pub(super) fn conditions(&self) -> (&'static str, &Policy, &[Condition]) {
        let conditions = self.terms.statements().first().map_or(&[][..], |statement| &statement.conditions);
        (self.place, &self.terms, conditions)
    }

    /// Whether all conditions hold of a request; there have to be some.
    pub(super) fn conditions_hold(&self, context: &RequestContext) -> Option<bool> {
        let (_, _, conditions) = self.conditions();
        (!conditions.is_empty()).then(|| conditions.iter().all(|condition| condition.holds(context).0))
    }

    /// Whether its account is one of which all principals are given.
    pub(super) fn is_given(&self, subject: &Subject) -> bool {
        subject.account().is_some_and(|account| self.iam_given.contains(&account))
    }

    /// Whether the claim is about what they can do.
    pub(super) fn concerns(&self, subject: &Subject) -> bool {
        let among = |list: &[PolicyPrincipal]| list.iter().any(|named| subject.is_meant_by(named));
        match &self.statement {
            Statement::Nobody { but } => !among(but),
            Statement::Always { principals } => among(principals),
            Statement::NothingNew { .. } => true,
        }
    }

    pub(super) fn principals(&self) -> &[PolicyPrincipal] {
        match &self.statement {
            Statement::Nobody { but: principals } | Statement::Always { principals } => principals,
            Statement::NothingNew { .. } => &[],
        }
    }

    /// The setting as it was.
    pub(super) fn before(&self) -> Option<&Setting> {
        match &self.statement {
            Statement::NothingNew { setting, .. } => Some(setting),
            Statement::Nobody { .. } | Statement::Always { .. } => None,
        }
    }

    /// The same scenario under the key policy as it was.
    pub(super) fn with_old_policy(&self, scenario: &Members) -> Option<Members> {
        let Statement::NothingNew { policy, .. } = &self.statement else { return None };
        let mut old = scenario.clone();
        old.insert(KEY_POLICY.to_owned(), policy.clone());
        Some(old)
    }

    /// A place in the claim's conditions, counted from where they begin.
    pub(super) fn placed(&self, mut outside: Outside) -> Outside {
        if let Some(at) = outside.at.as_mut().filter(|at| at.policy == self.place && self.place != SINCE) {
            at.span.start = at.span.start.saturating_sub(self.before);
            at.span.end = at.span.end.saturating_sub(self.before);
            if at.line == 1 {
                at.column = at.column.saturating_sub(self.before);
            }
        }
        outside
    }
}

/// Where the key policy as it was stands.
pub(super) const SINCE: &str = "claim.nothingNew.since";

/// The actions and conditions of a claim as a policy, and how much comes before the conditions.
fn terms(place: &str, actions: &[String], conditions: Option<&RawValue>) -> Result<(Policy, u32), ScenarioError> {
    let head = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Resource": "*", "Condition": "#;
    let conditions = conditions.map_or("{}", RawValue::get);
    let text = format!(r#"{head}{conditions}, "Action": {}}}}}"#, Value::from(actions));
    let before = u32::try_from(head.len()).unwrap_or_default();
    let (policy, problems) =
        Policy::read(&text, PolicyKind::Identity).map_err(|error| wrong(place, error.kind.to_string()))?;
    match problems.first() {
        Some(error) => Err(wrong(place, error.kind.to_string())),
        None => Ok((policy, before)),
    }
}

fn principals(at: &str, texts: &[String]) -> Result<Vec<PolicyPrincipal>, ScenarioError> {
    let read = |text: &String| match text.parse() {
        Ok(account) => Ok(PolicyPrincipal::Account(account)),
        Err(_) => PolicyPrincipal::service(text).or_else(|_| parse(at, text)),
    };
    texts.iter().map(read).collect()
}

fn parse<T: std::str::FromStr<Err = NotAName>>(at: &str, text: &str) -> Result<T, ScenarioError> {
    text.parse().map_err(|error: NotAName| wrong(at, format!("got `{text}`, expected {}", error.expected)))
}

fn wrong(at: &str, problem: String) -> ScenarioError {
    ScenarioError { at: at.to_owned(), problem }
}
