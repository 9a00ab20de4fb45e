//! Every key and every alias of a world, counted as they come and go: with each new one it is asked how many there are.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    arn::{AccountId, AliasArn, AliasName, KeyArn, Region},
    kms::{
        key::{Key, KeyManager},
        world::Alias,
    },
};

/// How many of something each account has in each Region. INVARIANT: no entry where there is none.
type Counts = OrdMap<(AccountId, Region), u32>;

fn add(counts: &mut Counts, place: (AccountId, Region)) {
    let count = counts.get(&place).copied().unwrap_or_default();
    counts.insert(place, count.saturating_add(1));
}

fn take(counts: &mut Counts, place: (AccountId, Region)) {
    match counts.remove(&place) {
        None | Some(0 | 1) => {}
        Some(count) => _ = counts.insert(place, count - 1),
    }
}

/// The keys of a world.
#[derive(Clone, Default)]
pub(super) struct Keys {
    by_arn: OrdMap<KeyArn, Arc<Key>>,
    /// INVARIANT: of the customer managed keys in `by_arn`.
    counts: Counts,
}

impl Keys {
    pub(super) fn by_arn(&self) -> &OrdMap<KeyArn, Arc<Key>> {
        &self.by_arn
    }

    /// How many customer managed keys there are, of every spec and in every state.
    pub(super) fn count(&self, account: AccountId, region: Region) -> u32 {
        self.counts.get(&(account, region)).copied().unwrap_or_default()
    }

    pub(super) fn insert(&mut self, key: Arc<Key>) {
        let (arn, counts) = (key.arn, key.manager == KeyManager::Customer);
        if self.by_arn.insert(arn, key).is_none() && counts {
            add(&mut self.counts, (arn.account, arn.region));
        }
    }

    /// A key to be changed in its place. Its name and its manager stay, by which keys are found and counted.
    pub(super) fn get_mut(&mut self, arn: &KeyArn) -> Option<&mut Arc<Key>> {
        self.by_arn.get_mut(arn)
    }

    pub(super) fn remove(&mut self, arn: &KeyArn) -> Option<Arc<Key>> {
        let key = self.by_arn.remove(arn)?;
        if key.manager == KeyManager::Customer {
            take(&mut self.counts, (arn.account, arn.region));
        }
        Some(key)
    }
}

/// The names of keys of a world.
#[derive(Clone, Default)]
pub(super) struct Aliases {
    by_arn: OrdMap<AliasArn, Alias>,
    /// INVARIANT: the names in `by_arn` by what they point to. No key without a name.
    of_key: OrdMap<KeyArn, OrdSet<AliasName>>,
    /// INVARIANT: of the names in `by_arn` that are not reserved for AWS.
    counts: Counts,
}

impl Aliases {
    pub(super) fn by_arn(&self) -> &OrdMap<AliasArn, Alias> {
        &self.by_arn
    }

    /// The names that point to a key, in order.
    pub(super) fn of(&self, key: KeyArn) -> impl Iterator<Item = &AliasName> {
        self.of_key.get(&key).into_iter().flatten()
    }

    /// How many names point to a key.
    pub(super) fn count_of(&self, key: &KeyArn) -> usize {
        self.of_key.get(key).map_or(0, OrdSet::len)
    }

    /// How many names of their own customers have given.
    pub(super) fn count(&self, account: AccountId, region: Region) -> u32 {
        self.counts.get(&(account, region)).copied().unwrap_or_default()
    }

    /// Puts a name in, new or pointing elsewhere than before.
    pub(super) fn insert(&mut self, arn: AliasArn, alias: Alias) {
        self.remove(&arn);
        let mut names = self.of_key.get(&alias.key).cloned().unwrap_or_default();
        names.insert(arn.name.clone());
        self.of_key.insert(alias.key, names);
        if !arn.name.is_reserved() {
            add(&mut self.counts, (arn.account, arn.region));
        }
        self.by_arn.insert(arn, alias);
    }

    pub(super) fn remove(&mut self, arn: &AliasArn) {
        let Some(alias) = self.by_arn.remove(arn) else { return };
        let mut names = self.of_key.remove(&alias.key).unwrap_or_default();
        names.remove(&arn.name);
        if !names.is_empty() {
            self.of_key.insert(alias.key, names);
        }
        if !arn.name.is_reserved() {
            take(&mut self.counts, (arn.account, arn.region));
        }
    }
}

/// Stored as the map; the counts follow from it.
impl Serialize for Keys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.by_arn.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut keys = Self::default();
        for (_, key) in OrdMap::<KeyArn, Arc<Key>>::deserialize(deserializer)? {
            keys.insert(key);
        }
        Ok(keys)
    }
}

impl Serialize for Aliases {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.by_arn.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Aliases {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut aliases = Self::default();
        for (arn, alias) in OrdMap::<AliasArn, Alias>::deserialize(deserializer)? {
            aliases.insert(arn, alias);
        }
        Ok(aliases)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::clock::Timestamp;

    proptest! {
        #[test]
        fn names_are_counted_as_they_stand(moves in vec((0..4_u8, 0..12_u8, 0..3_u8), 0..200)) {
            let mut aliases = Aliases::default();
            let key = |nth: u8| -> KeyArn {
                let region = if nth == 2 { "eu-west-1" } else { "us-east-1" };
                let id = format!("arn:aws:kms:{region}:111122223333:key/1234abcd-12ab-34cd-56ef-12345678900{nth}");
                id.parse().unwrap()
            };
            for (what, name, nth) in moves {
                let key = key(nth);
                let name = if name < 2 { format!("alias/aws/{name}") } else { format!("alias/{name}") };
                let arn = AliasArn { account: key.account, region: key.region, name: name.parse().unwrap() };
                let moment = Timestamp::from_millis(0);
                match what {
                    0 => aliases.remove(&arn),
                    _ => aliases.insert(arn, Alias { key, created: moment, updated: moment }),
                }
            }
            let opened: Aliases = serde_json::from_str(&serde_json::to_string(&aliases).unwrap()).unwrap();
            prop_assert!(opened.of_key == aliases.of_key && opened.counts == aliases.counts);
            for nth in 0..3 {
                let key = key(nth);
                let names: Vec<&AliasName> = aliases.by_arn.iter().filter(|(_, alias)| alias.key == key).map(|(arn, _)| &arn.name).collect();
                prop_assert_eq!(aliases.count_of(&key), names.len());
                prop_assert_eq!(aliases.of(key).collect::<Vec<_>>(), names);
                let here = aliases.by_arn.keys().filter(|arn| arn.region == key.region && !arn.name.is_reserved()).count();
                prop_assert_eq!(usize::try_from(aliases.count(key.account, key.region)).unwrap(), here);
            }
        }
    }
}
