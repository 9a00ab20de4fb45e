//! Everything there is: a clock, a stream of chance, the estate, and every key, alias and grant.
//!
//! A `World` is a value. Its maps are persistent, so a clone is a few reference counts however many keys there are.

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use crate::{
    arn::{AccountId, AliasArn, AliasName, GrantId, KeyArn, KeyId, Region},
    clock::{Span, Timestamp},
    crypto::blob::MaterialId,
    entropy::{Entropy, Seed},
    estate::Estate,
    kms::{
        consistency::Spreading,
        error::KmsError,
        event::{About, Event, EventKind},
        grant::{Grant, Grants, Terms},
        increase::Increases,
        key::{Key, KeyManager, KeyState},
        quota::{Holder, Quota},
        register::{Aliases, Keys, Materials},
        rules::Rules,
        store::{KeyStore, StoreId, premises::Premises},
        throttle::Throttling,
        usage::LastUse,
    },
};

/// One whole world.
#[derive(Clone, Deserialize, Serialize)]
pub struct World {
    pub now: Timestamp,
    pub entropy: Entropy,
    pub estate: Estate,
    /// INVARIANT: AWS managed keys rotate by them.
    #[serde(default)]
    pub(super) rules: Rules,
    #[serde(default)]
    pub(super) throttling: Throttling,
    #[serde(default, skip_serializing_if = "Spreading::is_instant")]
    pub(super) spreading: Spreading,
    #[serde(default)]
    pub(super) increases: Arc<Increases>,
    keys: Keys,
    aliases: Aliases,
    /// INVARIANT: every material of every key in `keys`, and no key that is gone with its relatives.
    pub(super) materials: Materials,
    #[serde(default)]
    grants: Grants,
    #[serde(default)]
    last_uses: OrdMap<KeyArn, LastUse>,
    /// Absent in worlds saved before uses were recorded, until the first one is.
    #[serde(default)]
    uses_known_since: Option<Timestamp>,
    #[serde(default)]
    pub(super) stores: OrdMap<StoreId, Arc<KeyStore>>,
    /// What stands behind key stores. Worlds saved before there were any get what a new world has.
    #[serde(default = "Premises::built_in")]
    pub premises: Premises,
}

/// A name that points to a key of the same account and Region.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
pub struct Alias {
    pub key: KeyArn,
    pub created: Timestamp,
    pub updated: Timestamp,
}

impl World {
    /// The default estate and no keys.
    pub fn new(start: Timestamp, seed: Seed) -> Self {
        Self {
            now: start,
            entropy: Entropy::new(seed),
            estate: Estate::default_world(),
            rules: Rules::default(),
            throttling: Throttling::default(),
            spreading: Spreading::default(),
            increases: Arc::default(),
            keys: Keys::default(),
            aliases: Aliases::default(),
            materials: Materials::default(),
            grants: Grants::default(),
            last_uses: OrdMap::new(),
            uses_known_since: Some(start),
            stores: OrdMap::new(),
            premises: Premises::built_in(),
        }
    }

    /// Whose figures it goes by.
    pub fn rules(&self) -> Rules {
        self.rules
    }

    pub fn key(&self, arn: &KeyArn) -> Option<&Arc<Key>> {
        self.keys.by_arn().get(arn)
    }

    /// The key of that Region whose material has this id.
    pub fn key_of_material(&self, id: MaterialId, region: Region) -> Option<&Arc<Key>> {
        self.keys.by_arn().get(&KeyArn { region, ..*self.materials.get(id)? })
    }

    /// A key of any Region whose material has this id.
    pub fn any_key_of_material(&self, id: MaterialId) -> Option<&Arc<Key>> {
        let arn = *self.materials.get(id)?;
        self.keys.by_arn().get(&arn).or_else(|| self.relatives(arn).next())
    }

    pub fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        self.keys.by_arn().values()
    }

    /// The keys of one account and Region in the order of their ids, those after `after` only.
    pub fn keys_in(&self, account: AccountId, region: Region, after: Option<KeyId>) -> impl Iterator<Item = &Arc<Key>> {
        let first = KeyArn { account, region, id: after.unwrap_or(KeyId::FIRST) };
        self.keys
            .by_arn()
            .range(first..)
            .map(|(_, key)| key)
            .take_while(move |key| (key.arn.account, key.arn.region) == (account, region))
            .filter(move |key| after != Some(key.arn.id))
    }

    pub fn alias(&self, arn: &AliasArn) -> Option<&Alias> {
        self.aliases.by_arn().get(arn)
    }

    /// The aliases of one account and Region by name, those after `after` only.
    pub fn aliases_in(
        &self,
        account: AccountId,
        region: Region,
        after: Option<AliasName>,
    ) -> impl Iterator<Item = (&AliasArn, &Alias)> {
        let first = AliasArn { account, region, name: after.clone().unwrap_or_else(AliasName::first) };
        self.aliases
            .by_arn()
            .range(first..)
            .take_while(move |(arn, _)| (arn.account, arn.region) == (account, region))
            .filter(move |(arn, _)| after.as_ref() != Some(&arn.name))
    }

    /// The names that point to a key, in order.
    pub fn aliases_of(&self, key: KeyArn) -> impl Iterator<Item = &AliasName> {
        self.aliases.of(key)
    }

    /// How many customer managed keys the account has in the Region, of every spec and in every state.
    pub fn count_keys(&self, account: AccountId, region: Region) -> u32 {
        self.keys.count(account, region)
    }

    /// Whether a key has as many aliases as it may; it can have more when the rules were others.
    pub fn aliases_within_quota(&self, key: KeyArn) -> bool {
        self.check_quota(Quota::AliasesPerKey, Holder::Key(key), self.aliases.count_of(&key)).is_ok()
    }

    /// Puts a new key in, if the account may have one more in its Region.
    pub fn add_key(&mut self, key: Key) -> Result<Event, KmsError> {
        let (arn, KeyArn { account, region, .. }) = (key.arn, key.arn);
        let keys = usize::try_from(self.count_keys(account, region)).unwrap_or(usize::MAX);
        self.check_quota(Quota::Keys, Holder::Account(account, region), keys.saturating_add(1))?;
        self.put_key(key);
        Ok(self.event(arn, EventKind::KeyCreated))
    }

    /// Puts a key in, new or changed. What it shares, its relatives have from now on.
    pub fn put_key(&mut self, key: Key) {
        // Materials only ever come, and those of related keys are the same.
        let known = self.key(&key.arn).or_else(|| self.relatives(key.arn).next());
        let known = known.map_or(0, |known| known.materials().len());
        for material in key.materials().iter().skip(known) {
            self.materials.insert(material.id(), key.arn);
        }
        self.replace_key(key);
    }

    /// Puts a key in of whose materials none is new.
    pub(super) fn replace_key(&mut self, key: Key) {
        let outdated = |relative: &&Arc<Key>| !Arc::ptr_eq(&relative.shared, &key.shared);
        let relatives: Vec<Key> =
            self.relatives(key.arn).filter(outdated).map(|relative| Key::clone(relative)).collect();
        for mut relative in relatives {
            relative.shared = Arc::clone(&key.shared);
            relative.forget_unknown();
            self.keys.insert(Arc::new(relative));
        }
        self.keys.insert(Arc::new(key));
    }

    /// Changes a key in place and says what happened, to its relatives too if it was something they share. A key that
    /// is not there stays away.
    pub fn change_key<E>(
        &mut self,
        arn: KeyArn,
        change: impl FnOnce(&mut Key, Timestamp, &mut Entropy) -> Result<Vec<EventKind>, E>,
    ) -> Result<Vec<Event>, E> {
        let Some(before) = self.keys.by_arn().get(&arn).map(Arc::clone) else { return Ok(Vec::new()) };
        let mut key = Key::clone(&before);
        let happened = change(&mut key, self.now, &mut self.entropy)?;
        if key.tags != before.tags {
            self.spreading.tags_change(&before, self.now);
        }
        let mut events: Vec<Event> = happened.iter().map(|kind| self.event(arn, kind.clone())).collect();
        if !Arc::ptr_eq(&key.shared, &before.shared) {
            let relatives: Vec<KeyArn> = self.relatives(arn).map(|relative| relative.arn).collect();
            if !relatives.is_empty() {
                events.push(self.event(arn, EventKind::KeySynchronized));
            }
            let rotated: Vec<&EventKind> =
                happened.iter().filter(|kind| matches!(kind, EventKind::MaterialRotated { .. })).collect();
            for relative in relatives {
                events.extend(rotated.iter().map(|kind| self.event(relative, (*kind).clone())));
            }
        }
        self.put_key(key);
        Ok(events)
    }

    /// Takes a key away with its aliases, its grants and, if no relative has them, its materials, for ever. With the last replica the
    /// waiting period of a primary begins that is to be deleted.
    pub fn remove_key(&mut self, arn: KeyArn) -> Vec<Event> {
        let names: Vec<AliasName> = self.aliases_of(arn).cloned().collect();
        for name in names {
            self.aliases.remove(&AliasArn { account: arn.account, region: arn.region, name });
        }
        let Some(key) = self.keys.remove(&arn) else { return Vec::new() };
        let relatives: Vec<Arc<Key>> = self.relatives(arn).map(Arc::clone).collect();
        let mut events = Vec::new();
        if relatives.is_empty() {
            self.materials.remove(&key);
            events.push(self.event(arn, EventKind::KeyDeleted));
        } else {
            events.push(self.event(arn, EventKind::ReplicaDeleted));
        }
        self.grants.remove_key(&arn);
        self.spreading.forget_key(&arn);
        self.last_uses.remove(&arn);
        self.release(&key);
        if let [primary] = relatives.as_slice()
            && let KeyState::PendingReplicaDeletion { window_days } = primary.state
        {
            let deletion_date = self.now.after(Span::days(window_days));
            let mut primary = Key::clone(primary);
            primary.state = KeyState::PendingDeletion { deletion_date };
            events.push(self.event(primary.arn, EventKind::DeletionScheduled { deletion_date }));
            self.put_key(primary);
        }
        events
    }

    /// Adds a name for a key.
    pub fn add_alias(&mut self, alias: AliasArn, key: KeyArn) -> Result<Event, KmsError> {
        self.check_alias(&alias, key)?;
        let names = usize::try_from(self.aliases.count(alias.account, alias.region)).unwrap_or(usize::MAX);
        let of = Holder::Account(alias.account, alias.region);
        self.check_quota(Quota::Aliases, of, names.saturating_add(1))?;
        if self.aliases.by_arn().contains_key(&alias) {
            return Err(KmsError::AliasExists(alias));
        }
        Ok(self.put_alias(alias, key))
    }

    /// Puts a name in that is new.
    pub(super) fn put_alias(&mut self, alias: AliasArn, key: KeyArn) -> Event {
        self.aliases_change(key);
        self.aliases.insert(alias.clone(), Alias { key, created: self.now, updated: self.now });
        self.event(key, EventKind::AliasCreated { alias })
    }

    /// Points an existing name to another key.
    pub fn move_alias(&mut self, alias: AliasArn, from: KeyArn, to: KeyArn) -> Result<Event, KmsError> {
        if from != to {
            self.check_alias(&alias, to)?;
        }
        if from != to {
            self.aliases_change(from);
            self.aliases_change(to);
        }
        let created = self.aliases.by_arn().get(&alias).map_or(self.now, |alias| alias.created);
        self.aliases.insert(alias.clone(), Alias { key: to, created, updated: self.now });
        Ok(self.event(to, EventKind::AliasMoved { alias, from }))
    }

    /// Takes a name away; the key stays.
    pub fn remove_alias(&mut self, alias: AliasArn, key: KeyArn) -> Event {
        self.aliases_change(key);
        self.aliases.remove(&alias);
        self.event(key, EventKind::AliasDeleted { alias })
    }

    /// The last use of a key, if there was one since [`Self::uses_known_since`].
    pub fn last_use(&self, key: &KeyArn) -> Option<&LastUse> {
        self.last_uses.get(key)
    }

    /// Since when no use of a key is missing.
    pub fn uses_known_since(&self) -> Timestamp {
        self.uses_known_since.unwrap_or(self.now)
    }

    pub fn record_use(&mut self, key: KeyArn, last_use: LastUse) {
        self.uses_known_since.get_or_insert(self.now);
        self.last_uses.insert(key, last_use);
    }

    pub fn grants(&self) -> &Grants {
        &self.grants
    }

    /// Adds a grant for a key, and nothing if `issuing_account` has made the same one under the same name before.
    pub fn add_grant(
        &mut self,
        key: KeyArn,
        terms: Terms,
        issuing_account: AccountId,
        parent: Option<GrantId>,
    ) -> Result<(Arc<Grant>, Option<Event>), KmsError> {
        let grants = self.grants.of(&key);
        if terms.name.is_some() {
            let again = |grant: &&Arc<Grant>| grant.terms == terms && grant.issuing_account == issuing_account;
            if let Some(found) = grants.given_to(terms.grantee.clone(), None).find(again) {
                return Ok((Arc::clone(found), None));
            }
        }
        // AWS makes as many grants for its services on AWS managed keys as they take.
        if self.key(&key).is_none_or(|key| key.manager == KeyManager::Customer) {
            self.check_quota(Quota::GrantsPerKey, Holder::Key(key), grants.len().saturating_add(1))?;
        }
        let id = GrantId::from_bytes(self.entropy.draw());
        let grantee = terms.grantee.clone();
        let grant = Arc::new(Grant { id, key, terms, created: self.now, issuing_account, parent });
        self.grants.insert(Arc::clone(&grant));
        self.spreading.grant_begins(id, self.now);
        Ok((grant, Some(self.event(key, EventKind::GrantCreated { grant: id, grantee }))))
    }

    /// Takes a grant away; `how` says whether it was retired or revoked.
    pub fn end_grant(&mut self, grant: &Grant, how: EventKind) -> Event {
        self.grants.remove(grant);
        self.spreading.grant_ends(grant, self.now);
        self.event(grant.key, how)
    }

    pub fn event(&self, key: KeyArn, kind: EventKind) -> Event {
        Event { at: self.now, about: About::Key(key), kind }
    }

    fn aliases_change(&mut self, key: KeyArn) {
        self.spreading.aliases_change(key, self.aliases.of(key), self.now);
    }

    fn check_alias(&self, alias: &AliasArn, key: KeyArn) -> Result<(), KmsError> {
        if alias.name.is_reserved() {
            return Err(KmsError::AliasReserved(alias.clone()));
        }
        self.check_quota(Quota::AliasesPerKey, Holder::Key(key), self.aliases.count_of(&key).saturating_add(1))
    }
}
