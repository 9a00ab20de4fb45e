//! Grants as services have them: made in somebody's name, used for a resource, ended with it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::{AccountId, GrantId, KeyArn},
    endpoint::{self, Request, Tracing, fault::Fault},
    estate::principal::{Caller, Forwarding},
    kms::{Setting, World},
    lang::Message,
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
        why: Message,
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
        why: Message,
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
    pub fn retire_grant(&mut self, principal: &str, of: (AccountId, &str), grant: &ServiceGrant, why: Message) {
        let members = json!({ "KeyId": grant.key, "GrantId": grant.id });
        let _ = self.ask_itself(principal, of, "RetireGrant", &members, why);
    }

    /// Whether KMS would decrypt this for the service, for a resource of an account: that takes a key that can be used, a
    /// grant or policy that lets it, and no policy that denies. Found out in a draft of the world; KMS is not asked.
    pub fn would_decrypt(&self, principal: &str, (account, arn): (AccountId, &str), members: &Value) -> bool {
        let mut draft = World::clone(self.world);
        // That too many ask just now says nothing about the key.
        draft.set(Setting::Throttling(false));
        let forwarding = Forwarding { services: Vec::new(), source_arn: Some(arn.into()) };
        let caller = Caller::Service { name: principal.into(), account };
        let request = Request::new(caller, self.region, "Decrypt", members.to_string());
        let request = Request { forwarding: Some(forwarding), ..request };
        endpoint::call(&mut draft, &request, 0, Tracing::Off).fault.is_none()
    }
}
