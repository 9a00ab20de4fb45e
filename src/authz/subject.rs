//! Who asks, as policies and grants name it.

use crate::{
    arn::AccountId,
    estate::principal::Caller,
    policy::principal::{EntityName, EntityPath, PolicyPrincipal},
};

/// The principal of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The root user of an account.
    Root(AccountId),
    User {
        account: AccountId,
        path: EntityPath,
        name: EntityName,
    },
    RoleSession {
        account: AccountId,
        /// Of the role; the ARN of a session has none.
        path: EntityPath,
        role: EntityName,
        session: EntityName,
        /// The role is one that only a service can take on, and that organization policies do not bear on.
        service_linked: bool,
    },
    FederatedUser {
        account: AccountId,
        name: EntityName,
        /// The user whose credentials it was made with.
        user: Option<(EntityPath, EntityName)>,
    },
    /// An AWS service that acts for itself, for example `s3.amazonaws.com`. It belongs to no account.
    Service(Box<str>),
}

/// How a principal of a policy or a grant takes in who asks: what else an Allow then needs in the account of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Via {
    /// As one of its account: the account's own policies have the last word.
    Account,
    /// By its role, or by the user it was made from: nothing, within the permissions boundary and the session policy.
    Limited,
    /// By its own name, or as anyone: nothing.
    Itself,
}

impl Subject {
    /// Absent for a service.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Root(account)
            | Self::User { account, .. }
            | Self::RoleSession { account, .. }
            | Self::FederatedUser { account, .. } => Some(*account),
            Self::Service(_) => None,
        }
    }

    pub(super) fn is_root(&self) -> bool {
        matches!(self, Self::Root(_))
    }

    pub(super) fn is_service(&self) -> bool {
        matches!(self, Self::Service(_))
    }

    pub(super) fn is_service_linked(&self) -> bool {
        matches!(self, Self::RoleSession { service_linked: true, .. })
    }

    /// Whether its session can have a policy.
    pub(super) fn has_session_policies(&self) -> bool {
        matches!(self, Self::RoleSession { .. } | Self::FederatedUser { .. })
    }

    /// Every principal by which a policy or a grant can name it, `*` aside, its account first.
    pub fn principals(&self) -> Vec<PolicyPrincipal> {
        let mut named: Vec<PolicyPrincipal> = self.account().map(PolicyPrincipal::Account).into_iter().collect();
        match self.clone() {
            Self::Root(_) => {}
            Self::User { account, path, name } => named.push(PolicyPrincipal::User { account, path, name }),
            Self::RoleSession { account, path, role, session, .. } => {
                named.push(PolicyPrincipal::Role { account, path, name: role.clone() });
                named.push(PolicyPrincipal::RoleSession { account, role, session });
            }
            Self::FederatedUser { account, name, user } => {
                named.extend(user.map(|(path, name)| PolicyPrincipal::User { account, path, name }));
                named.push(PolicyPrincipal::FederatedUser { account, name });
            }
            Self::Service(name) => named.push(PolicyPrincipal::Service(name)),
        }
        named
    }

    /// Whether a principal of a policy or a grant takes it in.
    pub fn is_meant_by(&self, principal: &PolicyPrincipal) -> bool {
        self.taken_in_by(principal).is_some()
    }

    /// Whether a principal of a policy or a grant takes it in, and how.
    pub(super) fn taken_in_by(&self, principal: &PolicyPrincipal) -> Option<Via> {
        use PolicyPrincipal as Named;

        let when = |matched: bool, via| if matched { Some(via) } else { None };
        match (principal, self) {
            (Named::Anyone, _) => Some(Via::Itself),
            // The account is not its root user, but includes it, and the root user has no policies to delegate to.
            (Named::Account(account), Self::Root(root)) => when(account == root, Via::Itself),
            (Named::Account(account), _) => when(self.account() == Some(*account), Via::Account),
            (Named::User { account, path, name }, Self::User { account: home, path: own, name: user }) => {
                when((account, path, name) == (home, own, user), Via::Itself)
            }
            (Named::User { account, path, name }, Self::FederatedUser { account: home, user: Some(user), .. }) => {
                when(account == home && (path, name) == (&user.0, &user.1), Via::Limited)
            }
            (Named::Role { account, path, name }, Self::RoleSession { account: home, path: own, role, .. }) => {
                when((account, path, name) == (home, own, role), Via::Limited)
            }
            (
                Named::RoleSession { account, role, session },
                Self::RoleSession { account: home, role: own, session: name, .. },
            ) => when((account, role, session) == (home, own, name), Via::Itself),
            (Named::FederatedUser { account, name }, Self::FederatedUser { account: home, name: own, .. }) => {
                when((account, name) == (home, own), Via::Itself)
            }
            (Named::Service(service), Self::Service(own)) => when(service == own, Via::Itself),
            (
                Named::User { .. }
                | Named::Role { .. }
                | Named::RoleSession { .. }
                | Named::FederatedUser { .. }
                | Named::Service(_)
                | Named::Nobody(_),
                _,
            ) => None,
        }
    }

    /// Whether a list under `NotPrincipal` spares it: it has to have every name of it that is an account's, a role's or
    /// its own, because whoever is named by one alone is denied by the others ("JSON policy elements: NotPrincipal").
    pub(super) fn spared_by<'p>(&self, mut listed: impl Iterator<Item = &'p PolicyPrincipal> + Clone) -> bool {
        if listed.clone().any(|principal| *principal == PolicyPrincipal::Anyone) {
            return true;
        }
        let mut needed = self.principals();
        if matches!(self, Self::FederatedUser { .. }) {
            needed.retain(|principal| !matches!(principal, PolicyPrincipal::User { .. }));
        }
        needed.iter().all(|own| listed.clone().any(|principal| principal == own)) && listed.next().is_some()
    }
}

/// Everybody of a world stands directly in its account, at the path `/`.
impl From<&Caller> for Subject {
    fn from(caller: &Caller) -> Self {
        let path = EntityPath::root();
        match caller.clone() {
            Caller::Root(account) => Self::Root(account),
            Caller::User { account, name } => Self::User { account, path, name },
            Caller::RoleSession { account, role, session } => {
                Self::RoleSession { account, path, role, session, service_linked: false }
            }
            Caller::Service { name, .. } => Self::Service((*name).into()),
        }
    }
}
