//! Plaintext keys that a service holds in memory for a while. They are never stored beside what they open.

use serde::{Deserialize, Serialize};

use crate::{
    arn::KeyArn,
    clock::{Span, Timestamp},
    crypto::secret::{self, Secret32},
};

use super::{data_key::DataKey, seal::Bytes};

/// A plaintext key, for whom it was fetched, and until when it is used without asking again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldKey {
    /// For whom KMS gave it out: a principal, or a host.
    pub holder: String,
    /// The KMS key that wraps it.
    pub key: KeyArn,
    /// What KMS wrapped.
    pub wrapped: Bytes,
    #[serde(with = "secret::cleartext_snapshot")]
    pub plaintext: Secret32,
    pub since: Timestamp,
    pub last_used: Timestamp,
}

/// How long keys are held.
#[derive(Clone, Copy)]
pub struct Holding {
    /// From when it was fetched.
    pub most: Option<Span>,
    /// From when it was last used.
    pub idle: Option<Span>,
}

impl HeldKey {
    /// When it is given up if nobody uses it before.
    pub fn until(&self, holding: Holding) -> Timestamp {
        let most = holding.most.map(|most| self.since.after(most));
        let idle = holding.idle.map(|idle| self.last_used.after(idle));
        [most, idle].into_iter().flatten().min().unwrap_or(Timestamp::from_millis(i64::MAX))
    }
}

/// The keys that one resource has in memory.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HeldKeys(Vec<HeldKey>);

impl HeldKeys {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &HeldKey> {
        self.0.iter()
    }

    /// A key that is still held and fits, which is used by that.
    pub fn find(&mut self, holding: Holding, now: Timestamp, fits: impl Fn(&HeldKey) -> bool) -> Option<HeldKey> {
        self.forget(holding, now);
        let found = self.0.iter_mut().find(|held| fits(held))?;
        found.last_used = now;
        Some(found.clone())
    }

    /// Holds a key of this principal or host from now on.
    pub fn hold(&mut self, holder: String, data_key: &DataKey, now: Timestamp) {
        let DataKey { key, wrapped, plaintext, .. } = data_key.clone();
        self.0.push(HeldKey { holder, key, wrapped, plaintext, since: now, last_used: now });
    }

    /// Gives up what is held too long. A key is no longer used at the moment its time is over.
    pub fn forget(&mut self, holding: Holding, now: Timestamp) {
        self.0.retain(|held| held.until(holding) > now);
    }

    /// Gives up those that fit.
    pub fn erase(&mut self, fits: impl Fn(&HeldKey) -> bool) {
        self.0.retain(|held| !fits(held));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::context::EncryptionContext;

    #[test]
    fn a_key_is_held_to_the_end_of_its_time_and_no_longer() {
        let start = Timestamp::from_millis(0);
        let at = |minutes: i64| start.after(Span::from_millis(minutes * 60_000));
        let minutes = |minutes: i64| Some(Span::from_millis(minutes * 60_000));
        for (most, idle, used, asked, held) in [
            (minutes(12), None, 0, 11, true),
            (minutes(12), None, 0, 12, false),
            (None, minutes(5), 0, 4, true),
            (None, minutes(5), 0, 5, false),
            (None, minutes(5), 4, 8, true),
            (None, minutes(5), 4, 9, false),
            (minutes(6), minutes(5), 4, 6, false),
            (None, None, 0, 1_000_000, true),
        ] {
            let holding = Holding { most, idle };
            let mut keys = HeldKeys::default();
            let data_key = DataKey {
                key: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap(),
                context: EncryptionContext::default(),
                wrapped: Bytes::default(),
                plaintext: Secret32::from_bytes([7; 32]),
            };
            keys.hold("ann".to_owned(), &data_key, start);
            keys.find(holding, at(used), |_| true);
            let found = keys.find(holding, at(asked), |held| held.holder == "ann");
            assert_eq!(found.is_some(), held, "{used} {asked}");
            assert_eq!(keys.is_empty(), !held, "{used} {asked}");
        }
    }
}
