//! Every key, every alias and every key material of a world. Keys and aliases are counted as they come and go: with each
//! new one it is asked how many there are.

use std::sync::{Arc, OnceLock};

use imbl::{OrdMap, OrdSet, Vector};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    arn::{AccountId, AliasArn, AliasName, KeyArn, KeyId, Region},
    crypto::blob::MaterialId,
    kms::{
        key::{Key, KeyManager},
        material::Drawn,
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

/// Which key each material belongs to: a ciphertext names only its material. Of related keys, which have their materials in
/// common, any one stands here, also one that is gone.
#[derive(Clone, Default)]
pub(super) struct Materials {
    by_id: OrdMap<MaterialId, KeyArn>,
    /// Those that a long time drew. Also of keys that are gone.
    drawn: Vector<Arc<Batch>>,
    /// INVARIANT: no key of a world, of which `drawn` may still know.
    gone: OrdSet<(AccountId, KeyId)>,
}

/// Materials that were drawn together, named when somebody asks for one that is not known otherwise.
struct Batch {
    drawn: Vec<(KeyArn, Vec<Drawn>)>,
    by_id: OnceLock<Vec<(MaterialId, KeyArn)>>,
}

impl Batch {
    /// In the order of their ids.
    fn named(&self) -> &[(MaterialId, KeyArn)] {
        self.by_id.get_or_init(|| {
            let of_key =
                |(key, drawn): &(KeyArn, Vec<Drawn>)| drawn.iter().map(|drawn| (drawn.id(), *key)).collect::<Vec<_>>();
            let mut named: Vec<_> = self.drawn.iter().flat_map(of_key).collect();
            named.sort_unstable_by_key(|(id, _)| *id);
            named
        })
    }

    fn get(&self, id: MaterialId) -> Option<&KeyArn> {
        let named = self.named();
        let at = named.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        named.get(at).map(|(_, key)| key)
    }
}

impl Materials {
    /// The key of a material; it may be gone.
    pub(super) fn get(&self, id: MaterialId) -> Option<&KeyArn> {
        self.by_id.get(&id).or_else(|| self.drawn.iter().find_map(|batch| batch.get(id)))
    }

    pub(super) fn insert(&mut self, id: MaterialId, key: KeyArn) {
        self.by_id.insert(id, key);
    }

    /// Takes in what was drawn together. Few are named at once, so that there are never many batches.
    pub(super) fn extend(&mut self, drawn: Vec<(KeyArn, Vec<Drawn>)>) {
        let batch = Batch { drawn, by_id: OnceLock::new() };
        if batch.drawn.iter().map(|(_, drawn)| drawn.len()).sum::<usize>() < FEW {
            self.by_id.extend(batch.named().iter().copied());
        } else {
            self.drawn.push_back(Arc::new(batch));
        }
    }

    /// Forgets the materials of a key that is gone, as its relatives are.
    pub(super) fn remove(&mut self, key: &Key) {
        if !self.drawn.is_empty() {
            self.gone.insert((key.arn.account, key.arn.id));
        }
        for material in key.materials() {
            self.by_id.remove(&material.id());
        }
    }

    fn all(&self) -> OrdMap<MaterialId, KeyArn> {
        let mut all = self.by_id.clone();
        let drawn = self.drawn.iter().flat_map(|batch| batch.named());
        all.extend(drawn.filter(|(_, key)| !self.gone.contains(&(key.account, key.id))).copied());
        all
    }
}

const FEW: usize = 1000;

/// Stored as the one map that it stands for.
impl Serialize for Materials {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Materials {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { by_id: OrdMap::deserialize(deserializer)?, ..Self::default() })
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
