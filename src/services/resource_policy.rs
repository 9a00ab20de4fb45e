//! Who may ask a service about a resource of its own.
//!
//! A choice of the playground: policies of users and roles decide about keys only, so within an account everybody may do
//! everything with its resources that the resource's own policy does not deny. Somebody of another account, and a service
//! that asks for itself and so belongs to none, needs that policy's Allow, as at AWS.

use crate::{
    arn::AccountId,
    authz::{self, ServiceQuestion},
    estate::principal::Caller,
    policy::{Policy, document::Effect},
};

use super::{Cx, ServiceError};

impl Cx<'_> {
    /// Whether the caller may do `action` with a resource.
    ///
    /// # Errors
    ///
    /// AccessDenied in S3's words.
    pub fn may(
        &self,
        action: &'static str,
        resource: &str,
        account: AccountId,
        policy: Option<&Policy>,
        secure: bool,
    ) -> Result<(), ServiceError> {
        let forwarding = self.forwarding();
        let by_service = matches!(self.caller, Caller::Service { .. });
        let asked = ServiceQuestion {
            caller: &self.caller,
            action,
            resource,
            account,
            forwarding: forwarding.as_ref(),
            secure,
            // AWS's own deliveries belong to the owner of the bucket, and the policies that AWS hands out insist on it.
            facts: if by_service { &[("s3:x-amz-acl", "bucket-owner-full-control")] } else { &[] },
        };
        let said = policy.and_then(|policy| authz::resource_policy_says(&self.world.estate, policy, &asked));
        let because = match said {
            Some(Effect::Deny) => "with an explicit deny in a resource-based policy",
            Some(Effect::Allow) => return Ok(()),
            None if self.caller.account() == account && !by_service => return Ok(()),
            None => "because no resource-based policy allows the action",
        };
        let message = format!(
            "User: {} is not authorized to perform: {action} on resource: \"{resource}\" {because}",
            self.caller.principal()
        );
        Err(ServiceError::new("AccessDenied", 403, message))
    }
}
