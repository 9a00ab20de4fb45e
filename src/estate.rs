//! Accounts, the users and roles in them, the policies attached to these, and the access keys they sign with.
//!
//! Knows who exists, not what anybody may do, and knows no key.

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use crate::{arn::AccountId, policy::principal::PolicyPrincipal};

use self::{
    account::Account,
    attachment::Organization,
    credential::{AccessKey, AccessKeyId},
    principal::{AttachedPolicy, Caller},
};

pub mod account;
pub mod attachment;
pub mod credential;
pub mod principal;

/// Every account of a world. A clone shares everything with its original.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estate {
    pub accounts: OrdMap<AccountId, Account>,
    /// Worlds saved before there were access keys get those of a new world.
    #[serde(default = "new_access_keys")]
    pub access_keys: OrdMap<AccessKeyId, AccessKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<Organization>,
}

fn new_access_keys() -> OrdMap<AccessKeyId, AccessKey> {
    Estate::default_world().access_keys
}

impl Estate {
    /// Whether requests of this caller can arrive at all. Any session of an existing role exists, and so do AWS's own
    /// services and hosts in every account.
    pub fn exists(&self, caller: &Caller) -> bool {
        self.accounts.get(&caller.account()).is_some_and(|account| match caller {
            Caller::Root(_) => true,
            Caller::User { name, .. } => account.users.contains_key(name),
            Caller::RoleSession { role, .. } => role.is_infrastructure() || account.roles.contains_key(role),
            Caller::Service { .. } => true,
        })
    }

    /// Everything attached to the caller, directly or by what it belongs to. Nothing but the endpoint's policy for a root
    /// user, which cannot have any.
    pub fn attached_to(&self, caller: &Caller) -> Attached<'_> {
        let endpoint = self.endpoint_of(caller);
        let mut attached = Attached {
            policies: self.identity_policies(caller),
            groups: Vec::new(),
            boundary: None,
            session: None,
            endpoint,
        };
        let Some(account) = self.accounts.get(&caller.account()) else { return attached };
        match caller {
            Caller::Root(_) | Caller::Service { .. } => {}
            Caller::User { name, .. } => {
                attached.boundary = account.users.get(name).and_then(|user| user.boundary.as_ref());
                let of_user = account.groups.values().filter(|group| group.users.contains(name));
                attached.groups = of_user.map(|group| group.policies.as_slice()).collect();
            }
            Caller::RoleSession { role, .. } => {
                let role = account.roles.get(role);
                attached.boundary = role.and_then(|role| role.boundary.as_ref());
                attached.session = role.and_then(|role| role.session_policy.as_ref());
            }
        }
        attached
    }

    /// The policy of the VPC endpoint through which the caller's requests come. Those of AWS itself come through none.
    pub fn endpoint_of(&self, caller: &Caller) -> Option<&AttachedPolicy> {
        if matches!(caller, Caller::Service { .. }) {
            return None;
        }
        self.accounts.get(&caller.account()).and_then(|account| account.endpoint.as_ref())
    }

    /// The policies attached to the caller's user or role. Empty for a root user, which cannot have any, and for a
    /// caller that does not exist.
    pub fn identity_policies(&self, caller: &Caller) -> &[AttachedPolicy] {
        let account = self.accounts.get(&caller.account());
        let policies = account.and_then(|account| match caller {
            Caller::Root(_) | Caller::Service { .. } => None,
            Caller::User { name, .. } => account.users.get(name).map(|user| &user.policies),
            Caller::RoleSession { role, .. } => account.roles.get(role).map(|role| &role.policies),
        });
        policies.map_or(&[], Vec::as_slice)
    }

    /// The policies attached to the caller's user or role, to be changed. Absent where there are none to change.
    pub fn identity_policies_mut(&mut self, caller: &Caller) -> Option<&mut Vec<AttachedPolicy>> {
        let account = self.accounts.get_mut(&caller.account())?;
        match caller {
            Caller::Root(_) | Caller::Service { .. } => None,
            Caller::User { name, .. } => account.users.get_mut(name).map(|user| &mut user.policies),
            Caller::RoleSession { role, .. } => account.roles.get_mut(role).map(|role| &mut role.policies),
        }
    }

    /// Whether a key policy may name this principal; AWS refuses principals that do not exist.
    ///
    /// Sessions come and go, so their role or account decides. A well-formed service is taken to exist.
    pub fn knows_principal(&self, principal: &PolicyPrincipal) -> bool {
        let account = |id: &AccountId| self.accounts.get(id);
        match principal {
            PolicyPrincipal::Anyone | PolicyPrincipal::Service(_) | PolicyPrincipal::Nobody(_) => true,
            PolicyPrincipal::Account(id) | PolicyPrincipal::FederatedUser { account: id, .. } => account(id).is_some(),
            PolicyPrincipal::User { account: id, path, name } => {
                path.is_root() && account(id).is_some_and(|account| account.users.contains_key(name))
            }
            PolicyPrincipal::Role { account: id, path, name } => {
                path.is_root() && account(id).is_some_and(|account| account.roles.contains_key(name))
            }
            PolicyPrincipal::RoleSession { account: id, role, .. } => {
                account(id).is_some_and(|account| role.is_infrastructure() || account.roles.contains_key(role))
            }
        }
    }

    /// Everyone who can send a request: each account's users, a session of each role, and its root user.
    pub fn callers(&self) -> Vec<Caller> {
        let of_account = |(&account, held): (&AccountId, &Account)| {
            let users = held.users.keys().map(|name| Caller::User { account, name: name.clone() });
            let sessions = held.roles.keys().filter_map(|role| {
                let session = "session".parse().ok()?;
                Some(Caller::RoleSession { account, role: role.clone(), session })
            });
            let mut callers: Vec<Caller> = users.chain(sessions).collect();
            callers.push(Caller::Root(account));
            callers
        };
        self.accounts.iter().flat_map(of_account).collect()
    }

    /// The two accounts a new world starts with.
    pub fn default_world() -> Self {
        Self::of(account::built_in().collect())
    }

    /// These accounts, with an access key for everyone in them.
    pub fn of(accounts: OrdMap<AccountId, Account>) -> Self {
        let access_keys = credential::built_in(accounts.iter());
        Self { accounts, access_keys, organization: None }
    }
}

/// The policies that bear on a caller's requests, those of its organization aside.
pub struct Attached<'a> {
    /// Of its user or role.
    pub policies: &'a [AttachedPolicy],
    /// Of the groups its user is in.
    pub groups: Vec<&'a [AttachedPolicy]>,
    pub boundary: Option<&'a AttachedPolicy>,
    pub session: Option<&'a AttachedPolicy>,
    pub endpoint: Option<&'a AttachedPolicy>,
}

/// The policy of a key that was created without one: the account's own policies decide.
pub fn default_key_policy(account: AccountId) -> String {
    DEFAULT_KEY_POLICY.replace("ACCOUNT", &account.to_string())
}

/// To the byte as GetKeyPolicy returns it.
const DEFAULT_KEY_POLICY: &str = r#"{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::ACCOUNT:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, PolicyKind};

    #[track_caller]
    fn check(caller: &str, exists: bool, policies: &[&str]) {
        let estate = Estate::default_world();
        let caller: Caller = caller.parse().unwrap();
        assert_eq!(estate.exists(&caller), exists, "{caller}");
        let names: Vec<_> = estate.identity_policies(&caller).iter().map(|policy| &*policy.name).collect();
        assert_eq!(names, policies, "{caller}");
    }

    #[test]
    fn the_default_world_has_its_people() {
        check("arn:aws:iam::111122223333:root", true, &[]);
        check("arn:aws:iam::444455556666:root", true, &[]);
        check("arn:aws:iam::777788889999:root", false, &[]);
        for account in ["111122223333", "444455556666"] {
            check(&format!("arn:aws:iam::{account}:user/Administrator"), true, &["AllOfKms"]);
            check(&format!("arn:aws:iam::{account}:user/KMSKeyAdmin"), true, &["AdministerKeys"]);
            check(&format!("arn:aws:iam::{account}:user/Developer"), true, &["UseKeys"]);
            check(&format!("arn:aws:iam::{account}:user/developer"), false, &[]);
        }
        check("arn:aws:sts::111122223333:assumed-role/OrdersApp/i-0abc", true, &["DataKeys"]);
        check("arn:aws:sts::444455556666:assumed-role/OrdersApp/i-0abc", false, &[]);
        check("arn:aws:sts::444455556666:assumed-role/AuditApp/nightly", true, &["DataKeys"]);
        check("arn:aws:sts::111122223333:assumed-role/AuditApp/nightly", false, &[]);
    }

    #[track_caller]
    fn check_named(principal: &str, known: bool) {
        let policy = format!(
            r#"{{"Statement": {{"Effect": "Allow", "Principal": {principal}, "Action": "*", "Resource": "*"}}}}"#
        );
        let policy = Policy::parse(&policy, PolicyKind::Key).unwrap();
        let estate = Estate::default_world();
        assert_eq!(policy.principals().all(|named| estate.knows_principal(&named.value)), known, "{principal}");
    }

    #[test]
    fn a_key_policy_names_only_those_who_exist() {
        check_named(r#""*""#, true);
        check_named(r#"{"AWS": "*"}"#, true);
        check_named(r#"{"Service": "s3.amazonaws.com"}"#, true);
        check_named(r#"{"AWS": "111122223333"}"#, true);
        check_named(r#"{"AWS": "777788889999"}"#, false);
        check_named(r#"{"AWS": ["111122223333", "777788889999"]}"#, false);
        check_named(r#"{"AWS": "arn:aws:iam::111122223333:user/Developer"}"#, true);
        check_named(r#"{"AWS": "arn:aws:iam::111122223333:user/team/Developer"}"#, false);
        check_named(r#"{"AWS": "arn:aws:iam::111122223333:user/Nobody"}"#, false);
        check_named(r#"{"AWS": "arn:aws:iam::111122223333:role/OrdersApp"}"#, true);
        check_named(r#"{"AWS": "arn:aws:iam::111122223333:role/Developer"}"#, false);
        check_named(r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/OrdersApp/any"}"#, true);
        check_named(r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/AuditApp/any"}"#, false);
        check_named(r#"{"AWS": "arn:aws:sts::111122223333:federated-user/any"}"#, true);
        check_named(r#"{"AWS": "arn:aws:sts::777788889999:federated-user/any"}"#, false);
    }

    #[test]
    fn the_default_key_policy_is_a_policy_of_its_account() {
        let text = default_key_policy("444455556666".parse().unwrap());
        let policy = Policy::parse(&text, PolicyKind::Key).unwrap();
        let named: Vec<_> = policy.principals().map(|named| named.value.to_string()).collect();
        assert_eq!(named, ["arn:aws:iam::444455556666:root"]);
        assert_eq!(policy.statements()[0].sid.as_deref(), Some("Enable IAM User Permissions"));
    }

    #[test]
    fn a_snapshot_gives_the_same_estate_and_a_clone_its_own() {
        let estate = Estate::default_world();
        let text = serde_json::to_string(&estate).unwrap();
        assert_eq!(serde_json::from_str::<Estate>(&text).unwrap(), estate);

        let developer = "arn:aws:iam::111122223333:user/Developer".parse().unwrap();
        let mut changed = estate.clone();
        changed.identity_policies_mut(&developer).unwrap().clear();
        assert!(changed.identity_policies(&developer).is_empty());
        assert_eq!(estate.identity_policies(&developer).len(), 1);
    }
}
