//! Users, roles and the callers that act as one of them.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    arn::{self, AccountId, NotAName, serde_as_text},
    policy::{
        Policy,
        principal::{EntityName, EntityPath, PolicyPrincipal},
    },
};

/// A user. Every user stands directly in its account, at the path `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub policies: Vec<AttachedPolicy>,
    /// The most that its policies can give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<AttachedPolicy>,
}

/// A role. Every role stands directly in its account, at the path `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub policies: Vec<AttachedPolicy>,
    /// The most that its policies can give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<AttachedPolicy>,
    /// The policy that each of its sessions is made with, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_policy: Option<AttachedPolicy>,
}

/// An identity policy under the name it is known by where it is attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedPolicy {
    pub name: Arc<str>,
    pub policy: Policy,
}

/// Who sends a request, written as an ARN.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caller {
    /// The root user of an account.
    Root(AccountId),
    User {
        account: AccountId,
        name: EntityName,
    },
    RoleSession {
        account: AccountId,
        role: EntityName,
        session: EntityName,
    },
    /// An AWS service that acts for itself, for example `dynamodb.us-east-1.amazonaws.com`. No request from outside can
    /// claim to be one, so no text reads as one.
    Service {
        name: Arc<str>,
        /// Whose resource it is about, and who pays. The service belongs to no account.
        account: AccountId,
    },
}

/// How a request of a service came about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forwarding {
    /// The services that pass the caller's request on, the first called first, for example
    /// `s3.us-east-1.amazonaws.com`. Empty where the caller asks directly ("Forward access sessions", IAM User Guide).
    pub services: Vec<Arc<str>>,
    /// The resource for which a service asks for itself (`aws:SourceArn`).
    pub source_arn: Option<Arc<str>>,
}

impl Forwarding {
    /// The service that asks KMS, where it does not ask for itself.
    pub fn via_service(&self) -> Option<&str> {
        self.services.last().map(AsRef::as_ref)
    }

    /// Whether the caller asks without a service in between.
    pub fn is_direct(&self) -> bool {
        self.services.is_empty() && self.source_arn.is_none()
    }
}

impl Caller {
    /// The account the caller belongs to, or acts for.
    pub fn account(&self) -> AccountId {
        match self {
            Self::Root(account)
            | Self::User { account, .. }
            | Self::RoleSession { account, .. }
            | Self::Service { account, .. } => *account,
        }
    }

    /// What decisions call it: its ARN, or the name of the service.
    pub fn principal(&self) -> String {
        match self {
            Self::Service { name, .. } => name.to_string(),
            Self::Root(_) | Self::User { .. } | Self::RoleSession { .. } => arn::text(self),
        }
    }

    /// The unique id, for example `AIDA111122223333Developer`: of the root user its account, of a session that of its
    /// role and its name. Made of the names, as nothing else tells principals apart here.
    pub fn principal_id(&self) -> String {
        match self {
            Self::Root(account) => account.to_string(),
            Self::User { account, name } => format!("AIDA{account}{name}"),
            Self::RoleSession { account, role, session } => format!("AROA{account}{role}:{session}"),
            Self::Service { name, .. } => name.to_string(),
        }
    }

    /// Every principal by which a policy or a grant can name the caller, `*` aside.
    pub fn principals(&self) -> Vec<PolicyPrincipal> {
        let account = PolicyPrincipal::Account(self.account());
        match self.clone() {
            Self::Root(_) => vec![account],
            Self::User { account: home, name } => {
                vec![account, PolicyPrincipal::User { account: home, path: EntityPath::root(), name }]
            }
            Self::RoleSession { account: home, role, session } => vec![
                account,
                PolicyPrincipal::Role { account: home, path: EntityPath::root(), name: role.clone() },
                PolicyPrincipal::RoleSession { account: home, role, session },
            ],
            Self::Service { name, .. } => vec![PolicyPrincipal::Service((*name).into())],
        }
    }

    /// The caller within its account, for example `user/Developer` or `role/OrdersApp`.
    pub fn short_name(&self) -> String {
        match self {
            Self::Root(_) => "root".to_owned(),
            Self::User { name, .. } => format!("user/{name}"),
            Self::RoleSession { role, .. } => format!("role/{role}"),
            Self::Service { name, .. } => name.to_string(),
        }
    }
}

impl FromStr for Caller {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let wrong = NotAName { expected: "the ARN of a root user, a user or a session of a role" };
        match text.parse().map_err(|_| wrong)? {
            PolicyPrincipal::Account(account) => Ok(Self::Root(account)),
            PolicyPrincipal::User { account, path, name } if path.is_root() => Ok(Self::User { account, name }),
            PolicyPrincipal::RoleSession { account, role, session } => Ok(Self::RoleSession { account, role, session }),
            PolicyPrincipal::Anyone
            | PolicyPrincipal::User { .. }
            | PolicyPrincipal::Role { .. }
            | PolicyPrincipal::FederatedUser { .. }
            | PolicyPrincipal::Service(_)
            | PolicyPrincipal::Nobody(_) => Err(wrong),
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(account) => write!(f, "arn:aws:iam::{account}:root"),
            Self::User { account, name } => write!(f, "arn:aws:iam::{account}:user/{name}"),
            Self::RoleSession { account, role, session } => {
                write!(f, "arn:aws:sts::{account}:assumed-role/{role}/{session}")
            }
            Self::Service { name, account } => write!(f, "{name} for {account}"),
        }
    }
}

serde_as_text!(Caller);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, well_formed: bool) {
        let parsed = text.parse::<Caller>().ok().map(|caller| caller.to_string());
        assert_eq!(parsed.as_deref(), well_formed.then_some(text));
    }

    #[test]
    fn callers_survive_a_round_trip_and_others_are_refused() {
        check("arn:aws:iam::111122223333:root", true);
        check("arn:aws:iam::111122223333:user/Developer", true);
        check("arn:aws:sts::111122223333:assumed-role/OrdersApp/i-0abc", true);

        check("arn:aws:iam::111122223333:role/OrdersApp", false);
        check("arn:aws:iam::111122223333:user/team/Developer", false);
        check("arn:aws:sts::111122223333:federated-user/ann", false);
        check("arn:aws:sts::111122223333:assumed-role/OrdersApp", false);
        check("arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-0abc", true);
        check("arn:aws:sts::111122223333:assumed-role/aws:other/i-0abc", false);
        check("s3.amazonaws.com for 111122223333", false);
        check("111122223333", false);
        check("*", false);
        check("", false);
    }
}
