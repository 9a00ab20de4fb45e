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
    name: &'static str,
    /// Whether AWS raises it when asked.
    adjustable: bool,
    classic: Option<u32>,
    today: Option<u32>,
}

/// Where the study notes have no figure, the classic one is today's.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row(Quota::Keys,                    "Customer managed keys",        RAISED, Some(1_000),  Some(100_000)),
    row(Quota::Aliases,                 "Aliases",                      RAISED, Some(1_100),  None),
    row(Quota::AliasesPerKey,           "Aliases per key",              RAISED, None,         Some(50)),
    row(Quota::GrantsPerKey,            "Grants per key",               RAISED, Some(2_500),  Some(50_000)),
    row(Quota::KeyPolicyBytes,          "Key policy bytes",             FIXED,  Some(32_768), Some(32_768)),
    row(Quota::KeyStores,               "Custom key stores",            RAISED, Some(10),     Some(10)),
    row(Quota::OnDemandRotationsPerKey, "On-demand rotations per key",  FIXED,  Some(25),     Some(25)),
    row(Quota::TagsPerKey,              "Tags per key",                 FIXED,  Some(50),     Some(50)),
];

const RAISED: bool = true;
const FIXED: bool = false;

const fn row(quota: Quota, name: &'static str, adjustable: bool, classic: Option<u32>, today: Option<u32>) -> Row {
    Row { quota, name, adjustable, classic, today }
}

impl Quota {
    pub const ALL: [Self; 8] = [
        Self::Keys,
        Self::Aliases,
        Self::AliasesPerKey,
        Self::GrantsPerKey,
        Self::KeyPolicyBytes,
        Self::KeyStores,
        Self::OnDemandRotationsPerKey,
        Self::TagsPerKey,
    ];

    fn row(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.quota == self)
    }

    /// For example `Aliases per key`.
    pub fn as_str(self) -> &'static str {
        self.row().map_or("", |row| row.name)
    }

    /// Whether AWS raises it when asked.
    pub fn is_adjustable(self) -> bool {
        self.row().is_some_and(|row| row.adjustable)
    }

    /// The figure of those rules, if they have one.
    pub fn most(self, rules: Rules) -> Option<u32> {
        let row = self.row()?;
        match rules {
            Rules::Classic => row.classic,
            Rules::Today => row.today,
        }
    }

    /// Whether there may be `wanted` of it by those rules, where nothing was raised.
    pub fn check(self, rules: Rules, of: Holder, wanted: usize) -> Result<(), KmsError> {
        self.within(self.most(rules), of, wanted)
    }

    fn within(self, most: Option<u32>, of: Holder, wanted: usize) -> Result<(), KmsError> {
        match most {
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
        let (account, region) = match of {
            Holder::Key(key) => (key.account, key.region),
            Holder::Account(account, region) => (account, region),
        };
        quota.within(self.most(quota, account, region), of, wanted)
    }
}
