//! Policies beside those of users and roles: permissions boundaries, session policies, groups, VPC endpoints and the
//! organization; and how any of them is put in place or taken away.

use std::{collections::BTreeSet, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    arn::{AccountId, NotAName, serde_as_text},
    policy::{
        Policy, PolicyKind,
        error::PolicyError,
        principal::{EntityName, PolicyPrincipal},
    },
};

use super::{
    Estate,
    principal::{AttachedPolicy, Caller},
};

/// A group of users, who have its policies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub users: BTreeSet<EntityName>,
    pub policies: Vec<AttachedPolicy>,
}

/// Every account of a world, under one root, in an organization whose management account has nobody in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// For example `o-exampleorgid`.
    pub id: Arc<str>,
    pub management_account: AccountId,
    /// From the root down.
    pub service_control: Vec<Level>,
    pub resource_control: Vec<Level>,
}

/// The root of an organization or an account in it, with the policies of one kind attached there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// `root`, or the account.
    pub name: Arc<str>,
    /// Absent for the root, which is above every account.
    pub account: Option<AccountId>,
    pub policies: Vec<AttachedPolicy>,
}

/// What a policy is attached to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    User(AccountId, EntityName),
    Role(AccountId, EntityName),
    Group(AccountId, EntityName),
    /// The permissions boundary of a user.
    UserBoundary(AccountId, EntityName),
    /// The permissions boundary of a role.
    RoleBoundary(AccountId, EntityName),
    /// The policy that every session of a role is made with.
    Session(AccountId, EntityName),
    /// The VPC endpoint that every request from an account comes through.
    Endpoint(AccountId),
    /// The root of the organization, or an account in it.
    ServiceControl(Option<AccountId>),
    ResourceControl(Option<AccountId>),
}

impl Place {
    /// What kind of policy belongs there.
    pub fn kind(&self) -> PolicyKind {
        match self {
            Self::User(..) | Self::Role(..) | Self::Group(..) | Self::UserBoundary(..) | Self::RoleBoundary(..) => {
                PolicyKind::Identity
            }
            Self::Session(..) => PolicyKind::Session,
            Self::Endpoint(_) => PolicyKind::Endpoint,
            Self::ServiceControl(_) => PolicyKind::ServiceControl,
            Self::ResourceControl(_) => PolicyKind::ResourceControl,
        }
    }
}

/// For example `policies of arn:aws:iam::111122223333:user/Developer` or `scps of root`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = |account: &Option<AccountId>| account.map_or("root".to_owned(), |account| account.to_string());
        match self {
            Self::User(account, name) => write!(f, "policies of arn:aws:iam::{account}:user/{name}"),
            Self::Role(account, name) => write!(f, "policies of arn:aws:iam::{account}:role/{name}"),
            Self::Group(account, name) => write!(f, "policies of arn:aws:iam::{account}:group/{name}"),
            Self::UserBoundary(account, name) => write!(f, "boundary of arn:aws:iam::{account}:user/{name}"),
            Self::RoleBoundary(account, name) => write!(f, "boundary of arn:aws:iam::{account}:role/{name}"),
            Self::Session(account, name) => write!(f, "session policy of arn:aws:iam::{account}:role/{name}"),
            Self::Endpoint(account) => write!(f, "endpoint of {account}"),
            Self::ServiceControl(account) => write!(f, "scps of {}", root(account)),
            Self::ResourceControl(account) => write!(f, "rcps of {}", root(account)),
        }
    }
}

impl FromStr for Place {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let wrong = NotAName {
            expected: "a place such as `policies of ARN`, `boundary of ARN`, `session policy of ARN`, `endpoint of ACCOUNT`, `scps of root` or `rcps of ACCOUNT`",
        };
        let (what, whose) = text.split_once(" of ").ok_or(wrong)?;
        let level = || if whose == "root" { Ok(None) } else { whose.parse().map(Some) };
        match what {
            "endpoint" => return Ok(Self::Endpoint(whose.parse()?)),
            "scps" => return Ok(Self::ServiceControl(level()?)),
            "rcps" => return Ok(Self::ResourceControl(level()?)),
            _ => {}
        }
        if let Some((account, name)) = whose.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":group/")) {
            return if what == "policies" { Ok(Self::Group(account.parse()?, name.parse()?)) } else { Err(wrong) };
        }
        match (what, whose.parse()?) {
            (_, PolicyPrincipal::User { path, .. } | PolicyPrincipal::Role { path, .. }) if !path.is_root() => {
                Err(wrong)
            }
            ("policies", PolicyPrincipal::User { account, name, .. }) => Ok(Self::User(account, name)),
            ("policies", PolicyPrincipal::Role { account, name, .. }) => Ok(Self::Role(account, name)),
            ("boundary", PolicyPrincipal::User { account, name, .. }) => Ok(Self::UserBoundary(account, name)),
            ("boundary", PolicyPrincipal::Role { account, name, .. }) => Ok(Self::RoleBoundary(account, name)),
            ("session policy", PolicyPrincipal::Role { account, name, .. }) => Ok(Self::Session(account, name)),
            _ => Err(wrong),
        }
    }
}

serde_as_text!(Place);

/// A policy put in place under a name, in the stead of one that is there under it; or, without a document, taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    pub place: Place,
    /// Boundaries, session policies and endpoint policies are alone at their place whatever they are called.
    pub name: Arc<str>,
    pub document: Option<Arc<str>>,
}

/// Why a policy is not put in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAttached {
    /// Nobody and nothing is called so.
    NoSuchPlace(Place),
    /// No policy of that name is there to be taken away.
    NoSuchPolicy {
        place: Place,
        name: Arc<str>,
    },
    Malformed(PolicyError),
}

impl fmt::Display for NotAttached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchPlace(place) => write!(f, "{place}: there is nobody of that name"),
            Self::NoSuchPolicy { place, name } => write!(f, "{place}: there is no policy `{name}` to take away"),
            Self::Malformed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotAttached {}

impl Estate {
    /// Every policy beside the key's that bears on what the caller does with a key of `owner`, with its place.
    pub fn bearing_on(&self, caller: &Caller, owner: AccountId) -> Vec<(Place, &AttachedPolicy)> {
        let home = caller.account();
        let Some(account) = self.accounts.get(&home) else { return Vec::new() };
        let mut found: Vec<(Place, &AttachedPolicy)> = Vec::new();
        match caller {
            Caller::Root(_) | Caller::Service { .. } => {}
            Caller::User { name, .. } => {
                let Some(user) = account.users.get(name) else { return found };
                found.extend(user.policies.iter().map(|policy| (Place::User(home, name.clone()), policy)));
                for (group, held) in account.groups.iter().filter(|(_, group)| group.users.contains(name)) {
                    found.extend(held.policies.iter().map(|policy| (Place::Group(home, group.clone()), policy)));
                }
                found.extend(user.boundary.iter().map(|policy| (Place::UserBoundary(home, name.clone()), policy)));
            }
            Caller::RoleSession { role: name, .. } => {
                let Some(role) = account.roles.get(name) else { return found };
                found.extend(role.policies.iter().map(|policy| (Place::Role(home, name.clone()), policy)));
                found.extend(role.boundary.iter().map(|policy| (Place::RoleBoundary(home, name.clone()), policy)));
                found.extend(role.session_policy.iter().map(|policy| (Place::Session(home, name.clone()), policy)));
            }
        }
        found.extend(account.endpoint.iter().map(|policy| (Place::Endpoint(home), policy)));
        let Some(organization) = &self.organization else { return found };
        for (levels, account, place) in [
            (&organization.service_control, home, Place::ServiceControl as fn(Option<AccountId>) -> Place),
            (&organization.resource_control, owner, Place::ResourceControl),
        ] {
            for level in levels.iter().filter(|level| level.account.is_none_or(|own| own == account)) {
                found.extend(level.policies.iter().map(|policy| (place(level.account), policy)));
            }
        }
        found
    }

    /// The policy of that name at a place.
    pub fn attached_at(&self, place: &Place, name: &str) -> Option<&AttachedPolicy> {
        let user = |account: &AccountId, name: &EntityName| self.accounts.get(account)?.users.get(name);
        let role = |account: &AccountId, name: &EntityName| self.accounts.get(account)?.roles.get(name);
        let level = |levels: fn(&Organization) -> &Vec<Level>, account: &Option<AccountId>| {
            let found = levels(self.organization.as_ref()?).iter().find(|level| level.account == *account)?;
            Some(found.policies.as_slice())
        };
        let there = match place {
            Place::User(account, name) => &user(account, name)?.policies,
            Place::Role(account, name) => &role(account, name)?.policies,
            Place::Group(account, name) => self.accounts.get(account)?.groups.get(name)?.policies.as_slice(),
            Place::UserBoundary(account, name) => user(account, name)?.boundary.as_slice(),
            Place::RoleBoundary(account, name) => role(account, name)?.boundary.as_slice(),
            Place::Session(account, name) => role(account, name)?.session_policy.as_slice(),
            Place::Endpoint(account) => self.accounts.get(account)?.endpoint.as_slice(),
            Place::ServiceControl(account) => level(|organization| &organization.service_control, account)?,
            Place::ResourceControl(account) => level(|organization| &organization.resource_control, account)?,
        };
        there.iter().find(|attached| *attached.name == *name)
    }

    /// Puts a policy in place or takes it away. The organization is there from the first policy of one on, with all
    /// accounts in it and, as AWS begins, `FullAWSAccess` as the SCP of every level.
    ///
    /// # Errors
    ///
    /// [`NotAttached`] where there is no such place or policy, or the document is no policy of its kind.
    pub fn attach(&mut self, attachment: &Attachment) -> Result<(), NotAttached> {
        let Attachment { place, name, document } = attachment;
        let policy = document.as_ref().map(|text| Policy::parse(text, place.kind())).transpose();
        let policy = policy.map_err(NotAttached::Malformed)?;
        let attached = policy.map(|policy| AttachedPolicy { name: name.clone(), policy });
        let nowhere = || NotAttached::NoSuchPlace(place.clone());
        match self.slot(place).ok_or_else(nowhere)? {
            Slot::One(slot) if attached.is_some() || slot.is_some() => *slot = attached,
            Slot::Many(list) if attached.is_some() || list.iter().any(|other| other.name == *name) => {
                let at = list.iter().position(|other| other.name == *name);
                match (at.and_then(|at| list.get_mut(at)), attached) {
                    (Some(slot), Some(attached)) => *slot = attached,
                    (Some(_), None) => list.retain(|other| other.name != *name),
                    (None, attached) => list.extend(attached),
                }
            }
            Slot::One(_) | Slot::Many(_) => {
                return Err(NotAttached::NoSuchPolicy { place: place.clone(), name: name.clone() });
            }
        }
        Ok(())
    }

    fn slot(&mut self, place: &Place) -> Option<Slot<'_>> {
        let (account, level) = match place {
            Place::ServiceControl(level) => {
                return Some(Slot::Many(level_of(&mut self.organization()?.service_control, *level)?));
            }
            Place::ResourceControl(level) => {
                return Some(Slot::Many(level_of(&mut self.organization()?.resource_control, *level)?));
            }
            Place::User(account, name)
            | Place::Role(account, name)
            | Place::Group(account, name)
            | Place::UserBoundary(account, name)
            | Place::RoleBoundary(account, name)
            | Place::Session(account, name) => (account, Some(name)),
            Place::Endpoint(account) => (account, None),
        };
        let account = self.accounts.get_mut(account)?;
        Some(match (place, level) {
            (Place::Endpoint(_), _) | (_, None) => Slot::One(&mut account.endpoint),
            (Place::User(..), Some(name)) => Slot::Many(&mut account.users.get_mut(name)?.policies),
            (Place::UserBoundary(..), Some(name)) => Slot::One(&mut account.users.get_mut(name)?.boundary),
            (Place::Group(..), Some(name)) => Slot::Many(&mut account.groups.get_mut(name)?.policies),
            (Place::RoleBoundary(..), Some(name)) => Slot::One(&mut account.roles.get_mut(name)?.boundary),
            (Place::Session(..), Some(name)) => Slot::One(&mut account.roles.get_mut(name)?.session_policy),
            (_, Some(name)) => Slot::Many(&mut account.roles.get_mut(name)?.policies),
        })
    }

    fn organization(&mut self) -> Option<&mut Organization> {
        if self.organization.is_none() {
            let allowed = Policy::parse(FULL_ACCESS, PolicyKind::ServiceControl).ok()?;
            let level = |account: Option<AccountId>, policies: Vec<AttachedPolicy>| {
                let name = account.map_or("root".into(), |account| account.to_string().into());
                Level { name, account, policies }
            };
            let levels = || std::iter::once(None).chain(self.accounts.keys().copied().map(Some));
            let full = || vec![AttachedPolicy { name: "FullAWSAccess".into(), policy: allowed.clone() }];
            self.organization = Some(Organization {
                id: "o-exampleorgid".into(),
                management_account: MANAGEMENT_ACCOUNT.parse().ok()?,
                service_control: levels().map(|account| level(account, full())).collect(),
                resource_control: levels().map(|account| level(account, Vec::new())).collect(),
            });
        }
        self.organization.as_mut()
    }
}

/// What AWS attaches to every level of a new organization.
const FULL_ACCESS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "*",
      "Resource": "*"
    }
  ]
}"#;
/// Nobody is in it, so no request comes from it.
const MANAGEMENT_ACCOUNT: &str = "999999999999";

enum Slot<'a> {
    One(&'a mut Option<AttachedPolicy>),
    Many(&'a mut Vec<AttachedPolicy>),
}

fn level_of(levels: &mut [Level], account: Option<AccountId>) -> Option<&mut Vec<AttachedPolicy>> {
    levels.iter_mut().find(|level| level.account == account).map(|level| &mut level.policies)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOW: &str = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    const ENDPOINT: &str = r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}"#;

    #[test]
    fn policies_come_and_go_at_every_place() {
        let mut estate = Estate::default_world();
        let account = estate.accounts.get_mut(&"111122223333".parse::<AccountId>().unwrap()).unwrap();
        account.groups.insert("Auditors".parse().unwrap(), Group::default());
        let before = serde_json::to_string(&estate).unwrap();
        for (place, document) in [
            ("policies of arn:aws:iam::111122223333:user/Developer", ALLOW),
            ("policies of arn:aws:iam::111122223333:role/OrdersApp", ALLOW),
            ("policies of arn:aws:iam::111122223333:group/Auditors", ALLOW),
            ("boundary of arn:aws:iam::111122223333:user/Developer", ALLOW),
            ("boundary of arn:aws:iam::111122223333:role/OrdersApp", ALLOW),
            ("session policy of arn:aws:iam::111122223333:role/OrdersApp", ALLOW),
            ("endpoint of 111122223333", ENDPOINT),
            ("scps of root", ALLOW),
            ("scps of 111122223333", ALLOW),
            ("rcps of root", ENDPOINT),
            ("rcps of 444455556666", ENDPOINT),
        ] {
            let place: Place = place.parse().unwrap();
            assert_eq!(place.to_string().parse(), Ok(place.clone()));
            let mut attach = |document: Option<&str>| {
                let attachment =
                    Attachment { place: place.clone(), name: "Mine".into(), document: document.map(Into::into) };
                let text = serde_json::to_string(&attachment).unwrap();
                assert_eq!(serde_json::from_str::<Attachment>(&text).unwrap(), attachment);
                estate.attach(&attachment)
            };
            assert_eq!(
                attach(None),
                Err(NotAttached::NoSuchPolicy { place: place.clone(), name: "Mine".into() }),
                "{place}"
            );
            assert_eq!(attach(Some(document)), Ok(()), "{place}");
            assert!(matches!(attach(Some("{}")), Err(NotAttached::Malformed(_))), "{place}");
            let saved = serde_json::to_string(&estate).unwrap();
            assert!(saved.contains("Mine"), "{place}");
            assert_eq!(serde_json::from_str::<Estate>(&saved).unwrap(), estate);
            let attachment = Attachment { place: place.clone(), name: "Mine".into(), document: None };
            assert_eq!(estate.attach(&attachment), Ok(()), "{place}");
        }
        assert_eq!(estate.organization.take().unwrap().service_control.len(), 3);
        assert_eq!(serde_json::to_string(&estate).unwrap(), before);
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in [
            "",
            "policies",
            "policies of Developer",
            "policies of arn:aws:iam::111122223333:root",
            "policies of arn:aws:iam::111122223333:user/team/Developer",
            "boundary of arn:aws:iam::111122223333:group/Auditors",
            "session policy of arn:aws:iam::111122223333:user/Developer",
            "endpoint of vpce-1",
            "scps of ou-1",
        ] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
        let place: Place = "policies of arn:aws:iam::111122223333:user/Nobody".parse().unwrap();
        let attachment = Attachment { place: place.clone(), name: "Mine".into(), document: Some(ALLOW.into()) };
        assert_eq!(Estate::default_world().attach(&attachment), Err(NotAttached::NoSuchPlace(place)));
    }
}
