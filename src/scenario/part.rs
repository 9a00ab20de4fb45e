//! The parts of the course, which are the headings in the list of lessons.

use std::{fmt, str::FromStr};

use crate::{arn::NotAName, lang::msg};

/// In the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Envelope,
    WhoMay,
    KeysAndTime,
    Services,
    LimitsAndCost,
    /// Broken worlds to repair, and attacks to stop.
    Challenges,
}

impl Part {
    pub const ALL: [Self; 6] =
        [Self::Envelope, Self::WhoMay, Self::KeysAndTime, Self::Services, Self::LimitsAndCost, Self::Challenges];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Envelope => msg!("Envelope"),
            Self::WhoMay => msg!("Who may"),
            Self::KeysAndTime => msg!("Keys and time"),
            Self::Services => msg!("Services"),
            Self::LimitsAndCost => msg!("Limits and cost"),
            Self::Challenges => msg!("Challenges"),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Part {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let found = Self::ALL.into_iter().find(|part| part.as_str() == text);
        found.ok_or(NotAName { expected: "a part of the course, such as `Keys and time`" })
    }
}
