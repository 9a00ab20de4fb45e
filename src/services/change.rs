//! Where study notes of about 2019 and AWS today tell different things of a service, and which of them happens here.

use crate::kms::Rules;

/// One difference.
pub struct Change {
    /// What differs, for example `Who has the data key of an attached volume`.
    pub what: &'static str,
    /// As the notes have it.
    pub then: &'static str,
    pub now: &'static str,
    pub here: Here,
}

/// Which of the two happens here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    /// That of the world's rules.
    ByRules,
    /// This one, by whatever rules.
    Always(Rules),
    /// Neither: what differs are names and advice.
    InWords,
}

impl Change {
    pub const fn by_rules(what: &'static str, then: &'static str, now: &'static str) -> Self {
        Self { what, then, now, here: Here::ByRules }
    }

    pub const fn always(rules: Rules, what: &'static str, then: &'static str, now: &'static str) -> Self {
        Self { what, then, now, here: Here::Always(rules) }
    }

    pub const fn in_words(what: &'static str, then: &'static str, now: &'static str) -> Self {
        Self { what, then, now, here: Here::InWords }
    }
}

impl Here {
    /// Whose time a world of those rules follows in this.
    pub fn follows(self, rules: Rules) -> Option<Rules> {
        match self {
            Self::ByRules => Some(rules),
            Self::Always(always) => Some(always),
            Self::InWords => None,
        }
    }
}
