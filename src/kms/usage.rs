//! When a key was last used, and for what (API reference, GetKeyLastUsage and KeyLastUsageData).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    arn::{NotAName, serde_as_text},
    clock::Timestamp,
};

/// The last successful cryptographic operation with a key.
#[derive(Clone, Copy, Deserialize, Serialize)]
pub struct LastUse {
    pub operation: Tracked,
    pub at: Timestamp,
    /// Which request it was, from which its id follows.
    pub serial: u64,
    /// Which of the ids within that request is that of the record which the key's account has of it.
    pub record: u32,
}

/// A cryptographic operation, by its place in [`TRACKED`]: the only kind that counts as use of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tracked(u8);

impl Tracked {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).zip(TRACKED).map(|(nth, _)| Self(nth))
    }

    /// For example `ReEncrypt`.
    pub fn as_str(self) -> &'static str {
        TRACKED.get(usize::from(self.0)).copied().unwrap_or_default()
    }
}

impl FromStr for Tracked {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        Self::all().find(|tracked| tracked.as_str() == text).ok_or(NotAName { expected: "a cryptographic operation" })
    }
}

impl fmt::Display for Tracked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

serde_as_text!(Tracked);

const TRACKED: [&str; 14] = [
    "Decrypt",
    "DeriveSharedSecret",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "ReEncrypt",
    "Sign",
    "Verify",
    "VerifyMac",
    "Encapsulate",
    "Decapsulate",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Span, entropy::Seed, kms::World};

    /// A world saved before uses were recorded knows of none, and says since when it would.
    #[test]
    fn an_old_world_knows_uses_from_the_first_one_on() {
        let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap();
        let start: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        let mut saved = serde_json::to_value(World::new(start, Seed::from_number(7))).unwrap();
        for member in ["last_uses", "uses_known_since"] {
            assert!(saved.as_object_mut().unwrap().remove(member).is_some(), "{member}");
        }
        let mut world: World = serde_json::from_value(saved).unwrap();
        world.advance(Span::days(1));
        assert_eq!(world.uses_known_since(), start.after(Span::days(1)));
        assert!(world.last_use(&key).is_none());

        let operation = "Decrypt".parse().unwrap();
        world.record_use(key, LastUse { operation, at: world.now, serial: 3, record: 0 });
        world.advance(Span::days(1));
        let text = serde_json::to_string(&world).unwrap();
        let world: World = serde_json::from_str(&text).unwrap();
        assert_eq!(world.uses_known_since(), start.after(Span::days(1)));
        assert_eq!(world.last_use(&key).map(|last| (last.operation.as_str(), last.serial)), Some(("Decrypt", 3)));
    }
}
