//! Which of AWS's figures a world goes by: today's, or those that older study notes give.
//!
//! INVARIANT: a rule set changes figures. It takes no operation and no member of a request away that came later.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    arn::{NotAName, serde_as_text},
    clock::Span,
    kms::{
        consistency::Consistency,
        event::Event,
        increase::Increase,
        key::{Key, KeyManager},
        world::World,
    },
    lang::msg,
};

/// The figures of one time.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Rules {
    /// Those of about 2019.
    Classic,
    #[default]
    Today,
}

impl Rules {
    pub const ALL: [Self; 2] = [Self::Classic, Self::Today];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Classic => msg!("classic"),
            Self::Today => msg!("today"),
        }
    }

    /// How often AWS rotates the keys that it manages, in days: every three years until May 2022, every year since
    /// ("Rotate AWS KMS keys"). Customer managed keys have 365 days in both, where nobody says otherwise.
    pub fn managed_rotation_days(self) -> u32 {
        match self {
            Self::Classic => 1095,
            Self::Today => 365,
        }
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Rules {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let found = Self::ALL.into_iter().find(|rules| rules.as_str() == text);
        found.ok_or(NotAName { expected: "rules, which are classic or today" })
    }
}

serde_as_text!(Rules);

/// What is chosen for a world as a whole, and can be chosen anew at any moment of it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Setting {
    Rules(Rules),
    /// Whether requests are counted, so that too many are refused.
    Throttling(bool),
    /// When changed grants, tags and aliases begin to decide.
    Consistency(Consistency),
    /// A quota is to be raised, which takes its time.
    Increase(Increase),
}

/// In a few words, for example `rules: classic`.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rules(rules) => write!(f, "rules: {rules}"),
            Self::Increase(Increase { account, region, quota, to }) => {
                write!(f, "{account} asks for {quota} of {to} in {region}")
            }
            Self::Consistency(Consistency::Instant) => f.write_str("changes are known at once"),
            Self::Consistency(Consistency::Eventual) => f.write_str("changes take minutes to be known"),
            Self::Throttling(true) => f.write_str("requests are counted"),
            Self::Throttling(false) => f.write_str("requests are not counted"),
        }
    }
}

impl World {
    /// Chooses anew. What is overdue by that happens at once.
    pub fn set(&mut self, setting: Setting) -> Vec<Event> {
        match setting {
            Setting::Rules(rules) => self.go_by(rules),
            Setting::Increase(increase) => {
                self.ask_for(increase);
                Vec::new()
            }
            Setting::Consistency(consistency) => {
                self.spreading.go_by(consistency);
                Vec::new()
            }
            Setting::Throttling(on) => {
                self.throttling.turn(on);
                Vec::new()
            }
        }
    }

    /// AWS managed keys keep to the new period, counted from when they last rotated.
    fn go_by(&mut self, rules: Rules) -> Vec<Event> {
        if self.rules == rules {
            return Vec::new();
        }
        self.rules = rules;
        let managed: Vec<Key> =
            self.keys().filter(|key| key.manager == KeyManager::Aws).map(|key| Key::clone(key)).collect();
        let mut events = Vec::new();
        for mut key in managed {
            let since = key.current().map_or(key.created, |material| material.since);
            let changed = key.enable_rotation(rules.managed_rotation_days(), since);
            events.push(self.event(key.arn, changed));
            self.put_key(key);
        }
        events.extend(self.advance(Span::ZERO));
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        arn::{AliasArn, Region},
        entropy::Seed,
        kms::EventKind,
    };

    fn world_with_a_managed_key(rules: Rules) -> World {
        let mut world = World::new("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
        world.set(Setting::Rules(rules));
        let account = "111122223333".parse().unwrap();
        let alias = AliasArn { account, region: Region::US_EAST_1, name: "alias/aws/s3".parse().unwrap() };
        assert_eq!(world.make_managed_key(&alias).len(), 2);
        world
    }

    fn rotations(events: &[Event]) -> usize {
        events.iter().filter(|event| matches!(event.kind, EventKind::MaterialRotated { .. })).count()
    }

    #[test]
    fn aws_managed_keys_rotate_by_the_rules() {
        for (rules, days, expected) in [
            (Rules::Today, 364, 0),
            (Rules::Today, 365, 1),
            (Rules::Today, 729, 1),
            (Rules::Today, 730, 2),
            (Rules::Classic, 1094, 0),
            (Rules::Classic, 1095, 1),
            (Rules::Classic, 2189, 1),
            (Rules::Classic, 2190, 2),
        ] {
            let mut world = world_with_a_managed_key(rules);
            assert_eq!(rotations(&world.advance(Span::days(days))), expected, "{rules}, day {days}");
        }
    }

    #[test]
    fn rules_chosen_anew_count_from_the_last_rotation() {
        // From which rules, on which day of the key; how many rotations that is overdue for, and the date of the next.
        for (from, day, overdue, next) in [
            (Rules::Today, 364, 0, "2032-12-31T00:00:00Z"),
            (Rules::Today, 366, 0, "2033-12-31T00:00:00Z"),
            (Rules::Classic, 364, 0, "2031-01-01T00:00:00Z"),
            (Rules::Classic, 365, 1, "2032-01-01T00:00:00Z"),
            (Rules::Classic, 1000, 1, "2033-09-27T00:00:00Z"),
        ] {
            let mut world = world_with_a_managed_key(from);
            world.advance(Span::days(day));
            let now = world.now;
            let to = if from == Rules::Today { Rules::Classic } else { Rules::Today };
            let events = world.set(Setting::Rules(to));
            assert_eq!((rotations(&events), world.now), (overdue, now), "{from} to {to} on day {day}");
            let due = world.next_due().map(|(at, _)| at.to_string());
            assert_eq!(due.as_deref(), Some(next), "{from} to {to} on day {day}");
            assert!(world.set(Setting::Rules(to)).is_empty(), "what is so already changes nothing");
        }
    }
}
