//! Where the condition keys of a request come from.

use crate::lang::tr;

/// What a condition key is a fact about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    Caller,
    Way,
    Request,
    Resource,
    Clock,
}

impl Origin {
    pub const ALL: [Self; 5] = [Self::Caller, Self::Way, Self::Request, Self::Resource, Self::Clock];

    /// Of a condition key, in any case.
    pub fn of(key: &str) -> Self {
        let key = key.to_ascii_lowercase();
        let found = BEGINNINGS.iter().find(|(beginning, _)| key.starts_with(beginning));
        found.map_or(Self::Request, |(_, origin)| *origin)
    }

    /// For example `Who asks`.
    pub fn title(self) -> &'static str {
        match self {
            Self::Caller => tr!("Who asks"),
            Self::Way => tr!("The way it came"),
            Self::Request => tr!("What the request says"),
            Self::Resource => tr!("The key"),
            Self::Clock => tr!("The clock"),
        }
    }

    /// Where AWS takes it from.
    pub fn source(self) -> &'static str {
        match self {
            Self::Caller => tr!("from the caller's credentials"),
            Self::Way => tr!("from the connection and the services in between"),
            Self::Request => tr!("from its members and the Region it was sent to"),
            Self::Resource => tr!("from the key, its aliases and tags, and its account"),
            Self::Clock => "when KMS received it",
        }
    }
}

/// The first that fits counts; what none fits is of the request itself.
const BEGINNINGS: &[(&str, Origin)] = &[
    ("aws:principal", Origin::Caller),
    ("aws:userid", Origin::Caller),
    ("aws:username", Origin::Caller),
    ("aws:federatedprovider", Origin::Caller),
    ("aws:multifactorauth", Origin::Caller),
    ("aws:sourceidentity", Origin::Caller),
    ("aws:tokenissuetime", Origin::Caller),
    ("kms:calleraccount", Origin::Caller),
    ("aws:calledvia", Origin::Way),
    ("aws:referer", Origin::Way),
    ("aws:securetransport", Origin::Way),
    ("aws:useragent", Origin::Way),
    ("aws:source", Origin::Way),
    ("aws:viaawsservice", Origin::Way),
    ("aws:vpcsourceip", Origin::Way),
    ("kms:viaservice", Origin::Way),
    ("aws:resource", Origin::Resource),
    ("kms:customermasterkey", Origin::Resource),
    ("kms:keyorigin", Origin::Resource),
    ("kms:keyspec", Origin::Resource),
    ("kms:keyusage", Origin::Resource),
    ("kms:multiregion", Origin::Resource),
    ("kms:resourcealiases", Origin::Resource),
    ("kms:trailingdayswithoutkeyusage", Origin::Resource),
    ("aws:currenttime", Origin::Clock),
    ("aws:epochtime", Origin::Clock),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::condition_keys::CONDITION_KEYS;

    #[test]
    fn every_condition_key_comes_from_somewhere() {
        for (origin, expected) in [(Origin::Caller, 17), (Origin::Way, 16), (Origin::Resource, 13), (Origin::Clock, 2)]
        {
            let found: Vec<&str> =
                CONDITION_KEYS.iter().map(|key| key.name).filter(|name| Origin::of(name) == origin).collect();
            assert_eq!(found.len(), expected, "{origin:?}: {found:?}");
        }
        for (name, origin) in [
            ("aws:UserAgent", Origin::Way),
            ("AWS:PrincipalTag/team", Origin::Caller),
            ("kms:EncryptionContext:tenant", Origin::Request),
            ("aws:SourceIdentity", Origin::Caller),
            ("aws:SourceIp", Origin::Way),
            ("aws:RequestTag/team", Origin::Request),
        ] {
            assert_eq!(Origin::of(name), origin, "{name}");
        }
    }

    #[test]
    fn every_beginning_is_that_of_a_condition_key_and_the_longer_come_first() {
        for (at, (beginning, _)) in BEGINNINGS.iter().enumerate() {
            let mut keys = CONDITION_KEYS.iter().map(|key| key.name.to_ascii_lowercase());
            assert!(keys.any(|key| key.starts_with(beginning)), "{beginning}");
            let earlier = BEGINNINGS.get(..at).unwrap();
            assert!(earlier.iter().all(|(other, _)| !beginning.starts_with(other)), "{beginning} is never reached");
        }
    }
}
