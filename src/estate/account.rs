//! One account, and the two that every new world has.

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use crate::{
    arn::AccountId,
    policy::{Policy, PolicyKind, principal::EntityName},
};

use super::{
    attachment::Group,
    principal::{AttachedPolicy, Role, User},
};

/// The users and roles of one account. Its root user needs no entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub users: OrdMap<EntityName, User>,
    pub roles: OrdMap<EntityName, Role>,
    #[serde(default, skip_serializing_if = "OrdMap::is_empty")]
    pub groups: OrdMap<EntityName, Group>,
    /// The policy of the VPC endpoint that every request from the account comes through; absent where they come over
    /// the internet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<AttachedPolicy>,
}

/// The accounts of a new world: the same three users in each, and a role that differs.
///
/// INVARIANT: every constant parses; a name or policy that does not would be left out here, and the tests below fail.
pub(super) fn built_in() -> impl Iterator<Item = (AccountId, Account)> {
    let attached = |(name, text): (&str, &str)| {
        let policy = Policy::parse(text, PolicyKind::Identity).ok();
        policy.map(|policy| AttachedPolicy { name: name.into(), policy })
    };
    ACCOUNTS.iter().filter_map(move |(id, role)| {
        let users = USERS.iter().filter_map(|(name, policy)| {
            let user = User { policies: attached(*policy).into_iter().collect(), boundary: None };
            Some((name.parse().ok()?, user))
        });
        let role =
            (role.parse().ok()?, Role { policies: attached(DATA_KEYS).into_iter().collect(), ..Role::default() });
        Some((
            id.parse().ok()?,
            Account { users: users.collect(), roles: OrdMap::unit(role.0, role.1), ..Account::default() },
        ))
    })
}

/// The account and its role.
const ACCOUNTS: &[(&str, &str)] = &[("111122223333", "OrdersApp"), ("444455556666", "AuditApp")];

/// The user, and the name and text of its policy.
const USERS: &[(&str, (&str, &str))] =
    &[("Administrator", ALL_OF_KMS), ("KMSKeyAdmin", ADMINISTER_KEYS), ("Developer", USE_KEYS)];

const ALL_OF_KMS: (&str, &str) = (
    "AllOfKms",
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Sid": "AllOfKms",
    "Effect": "Allow",
    "Action": "kms:*",
    "Resource": "*"
  }
}"#,
);

/// What the console gives key administrators.
const ADMINISTER_KEYS: (&str, &str) = (
    "AdministerKeys",
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Sid": "AdministerKeys",
    "Effect": "Allow",
    "Action": [
      "kms:Create*",
      "kms:Describe*",
      "kms:Enable*",
      "kms:List*",
      "kms:Put*",
      "kms:Update*",
      "kms:Revoke*",
      "kms:Disable*",
      "kms:Get*",
      "kms:Delete*",
      "kms:TagResource",
      "kms:UntagResource",
      "kms:ScheduleKeyDeletion",
      "kms:CancelKeyDeletion",
      "kms:RotateKeyOnDemand"
    ],
    "Resource": "*"
  }
}"#,
);

const USE_KEYS: (&str, &str) = (
    "UseKeys",
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Sid": "UseKeys",
    "Effect": "Allow",
    "Action": [
      "kms:Encrypt",
      "kms:Decrypt",
      "kms:ReEncrypt*",
      "kms:GenerateDataKey*",
      "kms:DescribeKey",
      "kms:ListKeys",
      "kms:ListAliases",
      "kms:GenerateRandom"
    ],
    "Resource": "*"
  }
}"#,
);

const DATA_KEYS: (&str, &str) = (
    "DataKeys",
    r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "DataKeys",
      "Effect": "Allow",
      "Action": [
        "kms:GenerateDataKey*",
        "kms:Decrypt",
        "kms:DescribeKey"
      ],
      "Resource": "arn:aws:kms:*:*:key/*"
    },
    {
      "Sid": "RandomBytes",
      "Effect": "Allow",
      "Action": "kms:GenerateRandom",
      "Resource": "*"
    }
  ]
}"#,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_constant_was_left_out() {
        let accounts: Vec<_> = built_in().collect();
        assert_eq!(accounts.len(), ACCOUNTS.len());
        for (id, account) in accounts {
            assert_eq!(account.users.len(), USERS.len(), "{id}");
            assert!(account.users.values().all(|user| user.policies.len() == 1), "{id}");
            assert!(account.roles.values().all(|role| role.policies.len() == 1), "{id}");
        }
    }
}
