//! Statements about all requests, decided: proven, refuted by a request, or named as outside of what can be decided.
//!
//! The verdict on a request depends on who asks, for what, and on what conditions make of its context. Of each of these
//! there are only so many classes that the policies tell apart, and [`authz`](crate::authz), which alone knows the rules, is asked
//! about one request of every combination. What is exact:
//!
//! - Who asks is any root user, user, session of a role or federated user of any account of the partition `aws`, and any
//!   service. All of KMS's requests are signed, so nobody asks without being one of these.
//! - An account's own policies are unknown, and allow what they like, unless the claim says that they are given. Those of
//!   an organization are given with the setting, or there are none, and so are the grants of the key.
//! - A request has any values for the condition keys that requests for its operation can have, or none where they can be
//!   absent. What follows from the principal and the key is not free; the connection is always TLS; keys that belong
//!   together (`kms:ViaService` and `aws:ViaAWSService`, those of VPC endpoints, those of MFA) come together, and what
//!   only services have, or never have, others have not, or have. All other keys are taken to be independent, and texts
//!   to be any texts.
//! - Encryption contexts have any pairs, but no two names that differ in case only.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, value::RawValue};

use crate::{
    arn::AccountId,
    authz::{
        decision::Verdict,
        permission::Permission,
        simulate::{self, Party, Request, ScenarioError, Setting},
        subject::Subject,
    },
};

use self::{
    claim::{Claim, Statement},
    outside::{Outside, Reason},
    principals::Own,
    search::{Found, Search},
};

mod claim;
mod language;
pub mod outside;
mod principals;
mod search;
#[cfg(test)]
mod tests;
mod values;

/// What became of a claim.
#[derive(Debug, Serialize)]
#[serde(tag = "answer", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Answer {
    /// It holds for all requests.
    Proven {
        /// How many principals stood for all, each with each of its own policies that mattered.
        principals: u32,
        /// How many requests stood for all.
        requests: u64,
    },
    /// It does not.
    Refuted {
        /// The ARN of who asks, or the name of a service.
        principal: String,
        action: &'static str,
        /// The whole scenario, for [`simulate`](simulate::simulate()).
        scenario: Box<RawValue>,
        decision: Verdict,
        /// Under the key policy that was there before, where the claim names one.
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<Verdict>,
    },
    /// It is not decided.
    Outside(Outside),
}

/// The members of a setting as they are written.
type Members = BTreeMap<String, Box<RawValue>>;

/// How many principals are looked at, each with each of its own policies that matter.
const MOST_PRINCIPALS: usize = 4_000;

/// Reads a setting and a claim about it, and decides.
///
/// The setting is one of [`Setting::parse`], of which `principals` may be left out. The claim has one of
/// `nobody` (`actions`, perhaps `but` and `unless`), `always` (`principals`, `actions`, perhaps `when`) and `nothingNew`
/// (`since`, perhaps `actions`), and perhaps `iamGiven`: the accounts whose principals are those of the setting, with
/// their policies, and their root users.
///
/// # Errors
///
/// [`ScenarioError`] for what is no setting or no claim.
pub fn of_text(setting: &str, claim: &str) -> Result<Answer, ScenarioError> {
    let wrong = |error: serde_json::Error| ScenarioError { at: "the setting".to_owned(), problem: error.to_string() };
    let mut members: Members = serde_json::from_str(setting).map_err(wrong)?;
    if !members.contains_key("principals") {
        members.insert("principals".to_owned(), raw(&Value::Array(Vec::new()))?);
    }
    let setting = read(&members)?;
    let claim = Claim::parse(claim, &members)?;
    if setting.context.facts().iter().any(|fact| fact.key.to_ascii_lowercase().starts_with("kms:encryptioncontext")) {
        let problem = "give the encryption context as `encryptionContext`".to_owned();
        return Err(ScenarioError { at: "context".to_owned(), problem });
    }
    match decide(&members, &setting, &claim) {
        Ok(answer) => Ok(answer),
        Err(Stop::Outside(outside)) => Ok(Answer::Outside(claim.placed(outside))),
        Err(Stop::Wrong(error)) => Err(error),
    }
}

/// Why there is no more to look at.
enum Stop {
    Outside(Outside),
    Wrong(ScenarioError),
}

impl From<Outside> for Stop {
    fn from(outside: Outside) -> Self {
        Self::Outside(outside)
    }
}

impl From<ScenarioError> for Stop {
    fn from(error: ScenarioError) -> Self {
        Self::Wrong(error)
    }
}

fn decide(members: &Members, setting: &Setting, claim: &Claim) -> Result<Answer, Stop> {
    let before = claim.before();
    for known in [Some(setting), before].into_iter().flatten() {
        if let Some(problem) = known.problems.first() {
            let simulate::Problem { policy, line, column, message } = problem.clone();
            return Err(Reason::Malformed { policy, line, column, problem: message }.anywhere().into());
        }
    }
    if setting.has_endpoint() {
        return Err(Reason::EndpointPolicy.anywhere().into());
    }
    let everybody = search::named(setting, claim)?.everybody()?;
    // Those of the setting keep their places.
    let mut principals: Vec<Box<RawValue>> = match members.get("principals") {
        Some(written) => serde_json::from_str(written.get()).unwrap_or_default(),
        None => Vec::new(),
    };
    let given = principals.len();
    for principal in &everybody {
        for party in owns(claim, setting.account, principal).into_iter().filter_map(|own| own.of(principal)) {
            principals.push(serde_json::value::to_raw_value(&party).map_err(unwritten)?);
        }
    }
    if principals.len() > MOST_PRINCIPALS {
        let [count, most] = [principals.len(), MOST_PRINCIPALS].map(|number| u32::try_from(number).unwrap_or(u32::MAX));
        return Err(Reason::TooManyPrincipals { count, most }.anywhere().into());
    }
    let mut world = setting.clone();
    world.parties = Setting::parties(&serde_json::to_string(&principals).map_err(unwritten)?)?;
    let counts = |nth: usize, party: &Party| {
        let known = claim.is_given(&party.subject);
        // Its root user is not among the principals of an account that are given, and has no policies.
        (if nth < given { known } else { !known || matches!(party.subject, Subject::Root(_)) })
            && claim.concerns(&party.subject)
    };
    let parties: Vec<(usize, &Party)> =
        world.parties.iter().enumerate().filter(|(nth, party)| counts(*nth, party)).collect();
    let sources = search::sources(setting);
    let mut search = Search::new(setting, &world, &sources, claim)?;
    for (nth, party) in &parties {
        if let (Some(found), Some(written)) = (search.look(party)?, principals.get(*nth)) {
            return Ok(confirm(members, written, claim, party, found)?);
        }
    }
    let principals = u32::try_from(parties.len()).unwrap_or(u32::MAX);
    Ok(Answer::Proven { principals, requests: search.requests })
}

/// With which policies of its own a principal is asked about.
fn owns(claim: &Claim, home: AccountId, principal: &Value) -> Vec<Own> {
    let arn = principal.get("arn").and_then(Value::as_str).unwrap_or_default();
    let foreign = arn.split(':').nth(4).is_some_and(|account| account != home.to_string());
    match claim.statement {
        Statement::Nobody { .. } => vec![Own::MOST],
        // In another account, its own policies have to allow in any case.
        Statement::Always { .. } if foreign => vec![Own::MOST],
        Statement::Always { .. } => vec![Own::NONE],
        Statement::NothingNew { .. } => Own::all().filter(|own| own.everything || !foreign).collect(),
    }
}

/// The request with everything that bears on it, once `simulate` has said the same of it.
fn confirm(
    members: &Members,
    party: &RawValue,
    claim: &Claim,
    asker: &Party,
    found: Found,
) -> Result<Answer, ScenarioError> {
    let Found { request, verdict, before } = found;
    let Request { permission, resource, account, context, encryption_context } = request;
    let Permission { name, .. } = permission;
    let mut scenario = members.clone();
    for setting_only in ["principals", "context", "encryptionContext"] {
        scenario.remove(setting_only);
    }
    let own: Members = serde_json::from_str(party.get()).map_err(unwritten)?;
    scenario.extend(own.into_iter().filter(|(name, _)| name != "context"));
    let mut asked = serde_json::json!({
        "action": format!("kms:{name}"),
        "resource": {"arn": resource, "account": account.to_string()},
        "context": context,
    });
    if let (Some(members), Some(pairs)) = (asked.as_object_mut(), encryption_context) {
        members.insert("encryptionContext".to_owned(), serde_json::to_value(pairs).map_err(unwritten)?);
    }
    scenario.insert("request".to_owned(), raw(&asked)?);
    let decided = |scenario: &Members| -> Result<Verdict, ScenarioError> {
        let text = serde_json::to_string(scenario).map_err(unwritten)?;
        Ok(simulate::Scenario::parse(&text)?.decide(false).verdict)
    };
    let old = claim.with_old_policy(&scenario).map(|scenario| decided(&scenario)).transpose()?;
    if (decided(&scenario)?, old) != (verdict, before) {
        let problem = "is decided otherwise as a scenario".to_owned();
        return Err(ScenarioError { at: "the counter-example".to_owned(), problem });
    }
    Ok(Answer::Refuted {
        principal: asker.principal.clone(),
        action: name,
        scenario: serde_json::value::to_raw_value(&scenario).map_err(unwritten)?,
        decision: verdict,
        before,
    })
}

fn read(members: &Members) -> Result<Setting, ScenarioError> {
    Setting::parse(&serde_json::to_string(members).map_err(unwritten)?)
}

fn raw(value: &Value) -> Result<Box<RawValue>, ScenarioError> {
    serde_json::value::to_raw_value(value).map_err(unwritten)
}

fn unwritten(error: serde_json::Error) -> ScenarioError {
    ScenarioError { at: "the setting".to_owned(), problem: error.to_string() }
}
