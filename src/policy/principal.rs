//! Whom a statement of a key policy names. Knows the forms of names, not who exists.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::arn::{AccountId, NotAName, serde_as_text};

/// The name of a user, a role or a session: 1 to 64 of the characters IAM allows. Case matters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityName(Arc<str>);

impl EntityName {
    /// The role in every account that only AWS's own hosts act as, for the instance that they run (Developer Guide 2023,
    /// "How Amazon EBS uses AWS KMS"). The one name with a colon.
    pub const INFRASTRUCTURE: &str = "aws:ec2-infrastructure";

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_infrastructure(&self) -> bool {
        &*self.0 == Self::INFRASTRUCTURE
    }
}

impl FromStr for EntityName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'=' | b',' | b'.' | b'@' | b'-');
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) || text == Self::INFRASTRUCTURE {
            Ok(Self(text.into()))
        } else {
            Err(NotAName { expected: "a name of 1 to 64 letters, digits or any of _+=,.@-" })
        }
    }
}

impl fmt::Display for EntityName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a user or role stands in its account: `/`, which is absent here, or `/` and segments that each end in `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityPath(Option<Arc<str>>);

impl EntityPath {
    /// Directly in the account.
    pub fn root() -> Self {
        Self(None)
    }

    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or("/")
    }

    /// Whether the entity stands directly in its account.
    pub fn is_root(&self) -> bool {
        self.0.is_none()
    }
}

impl FromStr for EntityPath {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        // IAM would allow `*` and `?`, but a principal with either reads as a wildcard, which it never is.
        let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'*' | b'?');
        let well_formed =
            text == "/" || (text.len() <= 512 && text.starts_with('/') && text.ends_with('/') && !text.contains("//"));
        if well_formed && text.bytes().all(allowed) {
            Ok(Self((text != "/").then(|| text.into())))
        } else {
            Err(NotAName { expected: "an IAM path such as /team/" })
        }
    }
}

impl fmt::Display for EntityPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

serde_as_text!(EntityName, EntityPath);

/// One principal of a key policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyPrincipal {
    /// `*`, or `*` under `AWS`: also callers of other accounts.
    Anyone,
    /// An account as its `root` ARN or as twelve digits, which mean the same.
    Account(AccountId),
    User {
        account: AccountId,
        path: EntityPath,
        name: EntityName,
    },
    /// All sessions of the role.
    Role {
        account: AccountId,
        path: EntityPath,
        name: EntityName,
    },
    /// One session of a role. The ARN of a session has no path.
    RoleSession {
        account: AccountId,
        role: EntityName,
        session: EntityName,
    },
    /// A session of a user made with GetFederationToken.
    FederatedUser {
        account: AccountId,
        name: EntityName,
    },
    /// An AWS service that acts for itself.
    Service(Box<str>),
    /// What no caller of KMS is, such as a `Federated` identity provider, or what is no principal at all.
    Nobody(Box<str>),
}

impl PolicyPrincipal {
    /// The account it belongs to. Absent for what belongs to none.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Account(account)
            | Self::User { account, .. }
            | Self::Role { account, .. }
            | Self::RoleSession { account, .. }
            | Self::FederatedUser { account, .. } => Some(*account),
            Self::Anyone | Self::Service(_) | Self::Nobody(_) => None,
        }
    }

    /// A value under `AWS`.
    pub(super) fn aws(text: &str) -> Result<Self, NotAName> {
        if text == "*" {
            return Ok(Self::Anyone);
        }
        text.parse().map(Self::Account).or_else(|_| text.parse())
    }

    /// A value under `Federated` or `CanonicalUser`.
    #[expect(clippy::unnecessary_wraps, reason = "read in place of the other two")]
    pub(super) fn nobody(text: &str) -> Result<Self, NotAName> {
        Ok(Self::Nobody(text.into()))
    }

    /// A value under `Service`, for example `s3.amazonaws.com`.
    pub fn service(text: &str) -> Result<Self, NotAName> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        match text.strip_suffix(".amazonaws.com") {
            Some(name) if !name.is_empty() && text.bytes().all(allowed) => Ok(Self::Service(text.into())),
            _ => Err(NotAName { expected: "a service such as s3.amazonaws.com" }),
        }
    }
}

/// Reads an ARN of an account, user, role or session.
impl FromStr for PolicyPrincipal {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let wrong = NotAName { expected: "the ARN of an account, user, role or session" };
        let (iam, rest) = match (text.strip_prefix("arn:aws:iam::"), text.strip_prefix("arn:aws:sts::")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(wrong),
        };
        let (account, resource) = rest.split_once(':').ok_or(wrong)?;
        let account = account.parse()?;
        let (sort, name) = resource.split_once('/').unwrap_or((resource, ""));
        match (iam, sort) {
            (true, "root") if resource == "root" => Ok(Self::Account(account)),
            (true, "user" | "role") => {
                let slash = resource.rfind('/').ok_or(wrong)?;
                let (Some(path), Some(name)) = (resource.get(sort.len()..=slash), resource.get(slash + 1..)) else {
                    return Err(wrong);
                };
                let (path, name) = (path.parse()?, name.parse()?);
                Ok(match sort {
                    "user" => Self::User { account, path, name },
                    _ => Self::Role { account, path, name },
                })
            }
            (false, "assumed-role") => {
                let (role, session) = name.split_once('/').ok_or(wrong)?;
                Ok(Self::RoleSession { account, role: role.parse()?, session: session.parse()? })
            }
            (false, "federated-user") => Ok(Self::FederatedUser { account, name: name.parse()? }),
            _ => Err(wrong),
        }
    }
}

/// The form AWS writes back: an account becomes its `root` ARN.
impl fmt::Display for PolicyPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.write_str("*"),
            Self::Account(account) => write!(f, "arn:aws:iam::{account}:root"),
            Self::User { account, path, name } => write!(f, "arn:aws:iam::{account}:user{path}{name}"),
            Self::Role { account, path, name } => write!(f, "arn:aws:iam::{account}:role{path}{name}"),
            Self::RoleSession { account, role, session } => {
                write!(f, "arn:aws:sts::{account}:assumed-role/{role}/{session}")
            }
            Self::FederatedUser { account, name } => write!(f, "arn:aws:sts::{account}:federated-user/{name}"),
            Self::Service(name) | Self::Nobody(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let parsed = PolicyPrincipal::aws(text).ok().map(|principal| principal.to_string());
        assert_eq!(parsed.as_deref(), expected, "{text}");
    }

    #[test]
    fn principals_are_whole_names() {
        let same = |text| check(text, Some(text));
        same("*");
        same("arn:aws:iam::111122223333:root");
        same("arn:aws:iam::111122223333:user/KMSKeyAdmin");
        same("arn:aws:iam::111122223333:user/division/team/Ann.B@example");
        same("arn:aws:iam::111122223333:role/OrdersApp");
        same("arn:aws:iam::111122223333:role/aws-service-role/OrdersApp");
        same("arn:aws:sts::111122223333:assumed-role/OrdersApp/i-0abc");
        same("arn:aws:sts::111122223333:federated-user/ann");
        check("111122223333", Some("arn:aws:iam::111122223333:root"));

        check("", None);
        check("11112222333", None);
        check("Administrator", None);
        check("arn:aws:iam::111122223333:user/*", None);
        check("arn:aws:iam::111122223333:user/Key*", None);
        check("arn:aws:iam::111122223333:user/te*m/Ann", None);
        check("arn:aws:iam::*:root", None);
        check("arn:aws:iam::111122223333:*", None);
        check("arn:aws:iam::111122223333:root/", None);
        check("arn:aws:iam::111122223333:user/", None);
        check("arn:aws:iam::111122223333:user//Ann", None);
        check("arn:aws:iam::111122223333:user", None);
        check("arn:aws:iam::111122223333:group/Admins", None);
        check("arn:aws:sts::111122223333:assumed-role/OrdersApp", None);
        check("arn:aws:sts::111122223333:assumed-role/OrdersApp/a/b", None);
        check("arn:aws:iam::111122223333:assumed-role/OrdersApp/a", None);
        check("arn:aws:sts::111122223333:user/Ann", None);
        check("arn:aws:iam:us-east-1:111122223333:root", None);
        check("AIDACKCEVSQ6C2EXAMPLE", None);
    }

    #[test]
    fn services_are_names_under_amazonaws_com() {
        for (text, well_formed) in [
            ("s3.amazonaws.com", true),
            ("logs.us-east-1.amazonaws.com", true),
            (".amazonaws.com", false),
            ("*", false),
            ("s3", false),
            ("S3.amazonaws.com", false),
        ] {
            assert_eq!(PolicyPrincipal::service(text).is_ok(), well_formed, "{text}");
        }
    }
}
