//! Resource quotas: of what there may be only so many, or so much.
//!
//! Source: Developer Guide, "Resource quotas"; the key policy's size is in "Creating a key policy".

use std::fmt;

use crate::{
    arn::{AccountId, KeyArn, Region},
    kms::{error::KmsError, rules::Rules, world::World},
};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// Customer managed keys of an account in a Region, of every spec and in every state.
    Keys,
    /// Names that an account gave in a Region.
    Aliases,
    AliasesPerKey,
    GrantsPerKey,
    KeyPolicyBytes,
    /// Custom key stores of an account in a Region.
    KeyStores,
    /// Ever, in the life of a key.
    OnDemandRotationsPerKey,
    TagsPerKey,
}

/// How many there may be by the classic rules and by today's. Nothing where they know no such quota.
struct Row {
    quota: Quota,
    classic: Option<u32>,
    today: Option<u32>,
}

/// Where the study notes have no figure, the classic one is today's.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { quota: Quota::Keys,                    classic: Some(1_000),  today: Some(100_000) },
    Row { quota: Quota::Aliases,                 classic: Some(1_100),  today: None },
    Row { quota: Quota::AliasesPerKey,           classic: None,         today: Some(50) },
    Row { quota: Quota::GrantsPerKey,            classic: Some(2_500),  today: Some(50_000) },
    Row { quota: Quota::KeyPolicyBytes,          classic: Some(32_768), today: Some(32_768) },
    Row { quota: Quota::KeyStores,               classic: Some(10),     today: Some(10) },
    Row { quota: Quota::OnDemandRotationsPerKey, classic: Some(25),     today: Some(25) },
    Row { quota: Quota::TagsPerKey,              classic: Some(50),     today: Some(50) },
];

impl Quota {
    /// The figure of those rules, if they have one.
    pub fn most(self, rules: Rules) -> Option<u32> {
        let row = ROWS.iter().find(|row| row.quota == self)?;
        match rules {
            Rules::Classic => row.classic,
            Rules::Today => row.today,
        }
    }

    /// Whether there may be `wanted` of it by those rules.
    pub fn check(self, rules: Rules, of: Holder, wanted: usize) -> Result<(), KmsError> {
        match self.most(rules) {
            Some(most) if u32::try_from(wanted).is_ok_and(|wanted| wanted <= most) => Ok(()),
            Some(most) => Err(KmsError::Quota(Exceeded { quota: self, most, wanted, of })),
            None => Ok(()),
        }
    }
}

/// A quota that is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    pub quota: Quota,
    pub most: u32,
    /// How many there would be.
    pub wanted: usize,
    pub of: Holder,
}

/// Whose quota it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Key(KeyArn),
    Account(AccountId, Region),
}

/// The ARN of a key, or for example `Account 111122223333 in us-east-1`.
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => key.fmt(f),
            Self::Account(account, region) => write!(f, "Account {account} in {region}"),
        }
    }
}

impl World {
    /// Whether there may be `wanted` of it.
    pub fn check_quota(&self, quota: Quota, of: Holder, wanted: usize) -> Result<(), KmsError> {
        quota.check(self.rules(), of, wanted)
    }
}
