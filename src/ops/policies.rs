//! GetKeyPolicy, PutKeyPolicy, ListKeyPolicies, and the checks a policy passes before it is put on a key.

use std::cell::RefCell;

use serde::Serialize;

use crate::{
    arn::{AccountId, KeyArn},
    authz,
    estate::default_key_policy,
    kms::{EventKind, KmsError, Quota, quota::Holder},
    ops::{
        call::{Call, Operation, Subject},
        members::Members,
        refusal::{Refusal, SemanticError},
        spec::{Demand, Spec, States},
        wire::Empty,
    },
    policy::{Policy, PolicyKind},
};

/// The only policy name there is.
const DEFAULT: &str = "default";

/// The text of a key's policy (API reference, GetKeyPolicy).
pub struct GetKeyPolicy {
    key_id: String,
    policy_name: Option<String>,
}

impl Operation for GetKeyPolicy {
    const SPEC: Spec =
        Spec { name: "GetKeyPolicy", demands: &[Demand::own("kms:GetKeyPolicy", States::Any)], accepts_alias: false };
    type Output = KeyPolicy;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId"), policy_name: members.take("PolicyName") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn validate(&self) -> Result<(), Refusal> {
        only_default(self.policy_name.as_deref())
    }

    fn run(self, call: &mut Call<'_>) -> Result<KeyPolicy, Refusal> {
        Ok(KeyPolicy { policy: call.key(0)?.policy.text().to_owned(), policy_name: DEFAULT })
    }
}

/// Replaces a key's policy (API reference, PutKeyPolicy).
pub struct PutKeyPolicy {
    key_id: String,
    policy: String,
    policy_name: Option<String>,
    bypass_policy_lockout_safety_check: bool,
}

impl Operation for PutKeyPolicy {
    const SPEC: Spec =
        Spec { name: "PutKeyPolicy", demands: &[Demand::own("kms:PutKeyPolicy", States::Any)], accepts_alias: false };
    type Output = Empty;

    fn read(members: &mut Members) -> Self {
        Self {
            key_id: members.take("KeyId"),
            policy: members.take("Policy"),
            policy_name: members.take("PolicyName"),
            bypass_policy_lockout_safety_check: members.take("BypassPolicyLockoutSafetyCheck"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn validate(&self) -> Result<(), Refusal> {
        only_default(self.policy_name.as_deref())
    }

    fn run(self, call: &mut Call<'_>) -> Result<Empty, Refusal> {
        let bypass = self.bypass_policy_lockout_safety_check;
        let policy = admit(&self.policy, call.arn(0)?, bypass, call)?;
        call.change(|key, _, _| {
            key.policy = policy;
            Ok(vec![EventKind::PolicyChanged])
        })?;
        Ok(Empty)
    }
}

/// Always `["default"]` (API reference, ListKeyPolicies).
pub struct ListKeyPolicies {
    key_id: String,
    marker: Option<String>,
}

impl Operation for ListKeyPolicies {
    const SPEC: Spec = Spec {
        name: "ListKeyPolicies",
        demands: &[Demand::own("kms:ListKeyPolicies", States::Any)],
        accepts_alias: false,
    };
    type Output = PolicyNames;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId"), marker: members.take("Marker") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn run(self, _call: &mut Call<'_>) -> Result<PolicyNames, Refusal> {
        match self.marker {
            // One name is one page, so no page ever gave a marker.
            Some(_) => Err(Refusal::InvalidMarker),
            None => Ok(PolicyNames { policy_names: [DEFAULT], truncated: false }),
        }
    }
}

/// The policy of a key that is being made: the one given, if it may be, or the default.
pub fn of_new_key(
    given: Option<&str>,
    key: KeyArn,
    bypass_lockout_check: bool,
    call: &Call<'_>,
) -> Result<Policy, Refusal> {
    match given {
        Some(text) => admit(text, key, bypass_lockout_check, call),
        None => default_of(key.account),
    }
}

thread_local! {
    /// INVARIANT: follows from the account alone. Keys are often made by the thousand, and one policy in memory does for all.
    static LAST_DEFAULT: RefCell<Option<(AccountId, Policy)>> = const { RefCell::new(None) };
}

/// The default policy of an account's keys.
fn default_of(account: AccountId) -> Result<Policy, Refusal> {
    let last = LAST_DEFAULT.with_borrow(|last| last.clone());
    if let Some((_, policy)) = last.filter(|(of, _)| *of == account) {
        return Ok(policy);
    }
    let policy = parse(&default_key_policy(account))?;
    LAST_DEFAULT.set(Some((account, policy.clone())));
    Ok(policy)
}

/// A policy that may be put on the key: small enough, well formed, of principals that exist, and not a lockout.
pub fn admit(text: &str, key: KeyArn, bypass_lockout_check: bool, call: &Call<'_>) -> Result<Policy, Refusal> {
    Quota::KeyPolicyBytes.check(call.world.rules(), Holder::Key(key), text.len())?;
    let policy = parse(text)?;
    let estate = &call.world.estate;
    if let Some(unknown) = policy.principals().find(|principal| !estate.knows_principal(&principal.value)) {
        return Err(KmsError::UnknownPrincipal(unknown.value.to_string()).into());
    }
    let manageable = authz::key_policy_allows(estate, &policy, call.caller, "kms:PutKeyPolicy", key);
    if manageable || bypass_lockout_check { Ok(policy) } else { Err(KmsError::Lockout.into()) }
}

/// A well-formed key policy.
pub fn parse(text: &str) -> Result<Policy, Refusal> {
    Policy::parse(text, PolicyKind::Key).map_err(|error| KmsError::Policy(error).into())
}

fn only_default(name: Option<&str>) -> Result<(), Refusal> {
    match name {
        None | Some(DEFAULT) => Ok(()),
        Some(_) => Err(Refusal::Semantic(SemanticError::PolicyName)),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyPolicy {
    policy: String,
    policy_name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyNames {
    policy_names: [&'static str; 1],
    truncated: bool,
}
