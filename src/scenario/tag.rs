//! What lessons are about, in words of a closed list: the list of lessons can be narrowed down to one of them.

use std::{fmt, str::FromStr};

use crate::{arn::NotAName, lang::msg};

/// In the order in which they are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tag {
    DataKeys,
    Context,
    Policies,
    Conditions,
    Grants,
    Accounts,
    Regions,
    Rotation,
    Deletion,
    Imported,
    KeyStores,
    Signatures,
    Secrets,
    Services,
    Audit,
    Quotas,
    Cost,
    Errors,
}

impl Tag {
    pub const ALL: [Self; 18] = [
        Self::DataKeys,
        Self::Context,
        Self::Policies,
        Self::Conditions,
        Self::Grants,
        Self::Accounts,
        Self::Regions,
        Self::Rotation,
        Self::Deletion,
        Self::Imported,
        Self::KeyStores,
        Self::Signatures,
        Self::Secrets,
        Self::Services,
        Self::Audit,
        Self::Quotas,
        Self::Cost,
        Self::Errors,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::DataKeys => msg!("data keys"),
            Self::Context => msg!("context"),
            Self::Policies => msg!("policies"),
            Self::Conditions => msg!("conditions"),
            Self::Grants => msg!("grants"),
            Self::Accounts => msg!("accounts"),
            Self::Regions => msg!("Regions"),
            Self::Rotation => msg!("rotation"),
            Self::Deletion => msg!("deletion"),
            Self::Imported => msg!("imported material"),
            Self::KeyStores => msg!("key stores"),
            Self::Signatures => msg!("signatures"),
            Self::Secrets => msg!("shared secrets"),
            Self::Services => msg!("services"),
            Self::Audit => msg!("audit"),
            Self::Quotas => msg!("quotas"),
            Self::Cost => msg!("cost"),
            Self::Errors => msg!("errors"),
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Tag {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let found = Self::ALL.into_iter().find(|tag| tag.as_str() == text);
        found.ok_or(NotAName { expected: "one of the tags of LESSONS.md, such as `data keys`" })
    }
}
