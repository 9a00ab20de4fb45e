//! Grants as services have them: made in somebody's name, used for a resource, ended with it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::{AccountId, GrantId, KeyArn},
    endpoint::fault::Fault,
    kms::KeyState,
    policy::principal::PolicyPrincipal,
};

use super::{Cx, ServiceError};

/// In whose name a service asks KMS.
#[derive(Clone, Copy)]
pub enum Asker<'a> {
    /// The caller's, by way of the service.
    Caller,
    /// Its own, for a resource of an account.
    Itself { principal: &'a str, account: AccountId, arn: &'a str },
}

/// A grant that a service has for a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceGrant {
    pub key: KeyArn,
    pub id: GrantId,
}

impl Cx<'_> {
    /// Asks KMS in that name.
    ///
    /// # Errors
    ///
    /// What KMS answers.
    pub fn ask_as(
        &mut self,
        asker: Asker<'_>,
        operation: &'static str,
        members: &Value,
        why: &'static str,
    ) -> Result<Value, Fault> {
        match asker {
            Asker::Caller => self.ask_for_caller(operation, members, why),
            Asker::Itself { principal, account, arn } => {
                self.ask_itself(principal, (account, arn), operation, members, why)
            }
        }
    }

    /// Makes a grant (CreateGrant) with these members beside `KeyId`, and gives its token too.
    ///
    /// # Errors
    ///
    /// What KMS answers, as `refused` tells it.
    pub fn make_grant(
        &mut self,
        asker: Asker<'_>,
        key: KeyArn,
        mut terms: Value,
        why: &'static str,
        refused: fn(Fault) -> ServiceError,
    ) -> Result<(ServiceGrant, String), ServiceError> {
        if let Value::Object(members) = &mut terms {
            members.insert("KeyId".to_owned(), json!(key));
        }
        let answer = self.ask_as(asker, "CreateGrant", &terms, why).map_err(refused)?;
        let text = |member| answer.get(member).and_then(Value::as_str).ok_or_else(ServiceError::internal);
        let id = text("GrantId")?.parse().map_err(|_| ServiceError::internal())?;
        Ok((ServiceGrant { key, id }, text("GrantToken")?.to_owned()))
    }

    /// Ends a grant (RetireGrant) as its retiring principal. One that is gone already is as good.
    pub fn retire_grant(&mut self, principal: &str, of: (AccountId, &str), grant: &ServiceGrant, why: &'static str) {
        let members = json!({ "KeyId": grant.key, "GrantId": grant.id });
        let _ = self.ask_itself(principal, of, "RetireGrant", &members, why);
    }

    /// Whether the service has no reason to look after its key: that can be used, and the grant stands, or another like it
    /// that somebody made in its place.
    pub fn serves(&self, grant: &ServiceGrant, principal: &str, arn: &str) -> bool {
        let usable = |state| matches!(state, KeyState::Enabled | KeyState::Updating { .. });
        if !self.world.key(&grant.key).is_some_and(|key| usable(key.state)) {
            return false;
        }
        let grants = self.world.grants().of(&grant.key);
        let like_it = |principal: PolicyPrincipal| {
            let mut given = grants.given_to(principal.into(), None);
            given.any(|grant| grant.terms.constraints.source_arn.as_deref() == Some(arn))
        };
        grants.get(grant.id).is_some() || PolicyPrincipal::service(principal).is_ok_and(like_it)
    }
}
