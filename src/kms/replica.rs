//! Multi-Region keys: a primary key and its replicas, at most one a Region, with one id and one record of what they share.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    arn::{KeyArn, Region},
    clock::{Span, Timestamp},
    kms::{
        error::KmsError,
        event::{Event, EventKind},
        key::{Key, KeyState},
        world::World,
    },
    policy::Policy,
};

/// How long a replica key is being created, and the primary of a set being changed. AWS says seconds ("Key states of
/// AWS KMS keys"); how many is this program's choice.
const TRANSITION: Span = Span::seconds(10);

impl Key {
    /// Whether the key is a multi-Region key of which there can be replicas.
    pub fn is_primary(&self) -> bool {
        self.arn.id.is_multi_region() && !self.is_replica()
    }

    /// Whether another Region has the primary key.
    pub fn is_replica(&self) -> bool {
        self.primary.is_some_and(|region| region != self.arn.region)
    }

    /// The name of the primary key, which may be this one.
    pub fn primary_arn(&self) -> KeyArn {
        KeyArn { region: self.primary.unwrap_or(self.arn.region), ..self.arn }
    }

    /// A replica of this primary key on its way to `region`. Nothing comes along but what the two share.
    pub fn replica(&self, region: Region, policy: Policy, description: String, now: Timestamp) -> Self {
        let mut replica = Self {
            arn: KeyArn { region, ..self.arn },
            created: now,
            description,
            policy,
            tags: BTreeMap::new(),
            state: KeyState::Creating { until: now.after(TRANSITION) },
            manager: self.manager,
            imported: BTreeMap::new(),
            custody: None,
            shared: Arc::clone(&self.shared),
        };
        replica.shared_mut().primary = Some(self.arn.region);
        replica
    }
}

impl World {
    /// The other keys of a multi-Region key's set, by Region; none of a single-Region key.
    pub fn relatives(&self, arn: KeyArn) -> impl Iterator<Item = &Arc<Key>> {
        let regions = if arn.id.is_multi_region() { Region::ALL } else { &[] };
        let others = regions.iter().filter(move |region| **region != arn.region);
        others.filter_map(move |region| self.key(&KeyArn { region: *region, ..arn }))
    }

    /// Whether a related key still lacks the bytes of the material that waits for its rotation.
    pub fn awaits_import(&self, key: &Key) -> bool {
        key.pending().is_some_and(|pending| self.relatives(key.arn).any(|other| other.secret(pending).is_none()))
    }

    /// Puts a replica in, if its Region has none.
    pub fn add_replica(&mut self, replica: Key) -> Result<Vec<Event>, KmsError> {
        if self.key(&replica.arn).is_some() {
            return Err(KmsError::KeyExists(replica.arn));
        }
        let (arn, primary) = (replica.arn, replica.primary_arn());
        let created = self.add_key(replica)?;
        let replicated = EventKind::KeyReplicated { region: arn.region };
        Ok(vec![self.event(primary, replicated), created])
    }

    /// Makes another key of a set its primary. The old and the new one are in transition for a little.
    pub fn move_primary(&mut self, from: &Key, to: &Key) -> Vec<Event> {
        let region = to.arn.region;
        let state = KeyState::Updating { until: self.now.after(TRANSITION) };
        let moved = |key: &Key| {
            let mut key = Key { state, ..key.clone() };
            key.shared_mut().primary = Some(region);
            key
        };
        self.put_key(moved(from));
        self.put_key(moved(to));
        [from, to].map(|key| self.event(key.arn, EventKind::PrimaryRegionChanged { region })).to_vec()
    }

    /// Ends a key's transient state.
    pub fn settle(&mut self, arn: KeyArn) -> Vec<Event> {
        let Some(mut key) = self.key(&arn).map(|key| Key::clone(key)) else { return Vec::new() };
        let events = match key.state {
            KeyState::Creating { .. } => {
                let synchronized = self.event(key.primary_arn(), EventKind::KeySynchronized);
                vec![synchronized, self.event(arn, EventKind::ReplicaReady)]
            }
            KeyState::Updating { .. } => vec![self.event(arn, EventKind::PrimaryUpdated)],
            KeyState::Enabled
            | KeyState::Disabled
            | KeyState::PendingDeletion { .. }
            | KeyState::PendingReplicaDeletion { .. }
            | KeyState::PendingImport
            | KeyState::Unavailable => return Vec::new(),
        };
        key.state = if key.is_whole() { KeyState::Enabled } else { KeyState::PendingImport };
        self.put_key(key);
        events
    }
}
