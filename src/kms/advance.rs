//! Time passes: what is due happens, earliest first.
//!
//! Due work is computed from the keys themselves. There is no queue that could drift from them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    convert::Infallible,
};

use serde::Serialize;

use crate::{
    arn::KeyArn,
    clock::{Span, Timestamp},
    crypto::blob::Naming,
    entropy::Entropy,
    kms::{
        event::{Event, EventKind},
        key::{Key, KeyState, Rotation},
        store::StoreId,
        world::World,
    },
};

/// Something that will happen by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Due {
    Rotation(KeyArn),
    /// Imported key material expires.
    Expiry(KeyArn),
    Deletion(KeyArn),
    /// A replica is ready, or a change of the primary Region is done.
    Transition(KeyArn),
    /// A key store is connected, or disconnected.
    Connection(StoreId),
    /// A quota that somebody asked for is raised.
    Increase,
}

impl Due {
    /// The key that something happens to.
    fn key(self) -> Option<KeyArn> {
        match self {
            Self::Rotation(arn) | Self::Expiry(arn) | Self::Deletion(arn) | Self::Transition(arn) => Some(arn),
            Self::Connection(_) | Self::Increase => None,
        }
    }
}

impl World {
    /// The next thing that happens by itself, and when.
    pub fn next_due(&self) -> Option<(Timestamp, Due)> {
        self.due().min()
    }

    /// Moves the clock by `span`; all that falls due on the way happens at its own moment, in order.
    pub fn advance(&mut self, span: Span) -> Vec<Event> {
        let end = self.now.after(span);
        let mut waiting: BinaryHeap<_> = self.due().map(Reverse).collect();
        let mut events = Vec::with_capacity(self.rotations_until(end));
        let mut namings = BTreeMap::new();
        while let Some(Reverse((at, what))) = waiting.pop() {
            if at > end {
                break;
            }
            if let Due::Rotation(arn) = what
                && self.relatives(arn).next().is_none()
            {
                self.now = self.now.max(at);
                let (event, next) = self.rotate_alone(arn, at, &mut namings);
                events.extend(event);
                waiting.extend(next.map(Reverse));
                continue;
            }
            // What happened to the key or to a relative meanwhile may have put something else in its place.
            let of_key = what.key();
            if of_key.is_some_and(|arn| self.key(&arn).and_then(|key| due(key)) != Some((at, what))) {
                continue;
            }
            self.now = self.now.max(at);
            let happened = match what {
                Due::Deletion(arn) => self.remove_key(arn),
                Due::Rotation(arn) => self.change_freely(arn, |key, now, entropy| {
                    vec![key.rotate_automatically(&key.naming(), now, entropy)]
                }),
                Due::Expiry(arn) => self.change_freely(arn, |key, now, _| key.expire(now)),
                Due::Transition(arn) => self.settle(arn),
                Due::Connection(id) => self.settle_store(id).into_iter().collect(),
                Due::Increase => self.grant_increases(),
            };
            events.extend(happened);
            if let Some(arn) = of_key {
                let keys = self.key(&arn).into_iter().chain(self.relatives(arn));
                waiting.extend(keys.filter_map(|key| due(key)).map(Reverse));
            }
        }
        self.now = end;
        self.forget_full_buckets();
        events
    }

    /// Rotates a key without relatives if it is still due: most of what happens in a long time. What it is due for then.
    fn rotate_alone(
        &mut self,
        arn: KeyArn,
        at: Timestamp,
        namings: &mut BTreeMap<KeyArn, Naming>,
    ) -> (Option<Event>, Option<(Timestamp, Due)>) {
        let rotated = self.change_alone(arn, |key, now, entropy| {
            let is_due = due(key) == Some((at, Due::Rotation(arn)));
            let kind = is_due.then(|| {
                let naming = namings.entry(arn).or_insert_with(|| key.naming());
                key.rotate_automatically(naming, now, entropy)
            });
            (kind, due(key).filter(|_| is_due))
        });
        let (kind, next) = rotated.unwrap_or_default();
        (kind.map(|kind| self.event(arn, kind)), next)
    }

    /// How many automatic rotations there are until then, if nothing comes between.
    fn rotations_until(&self, end: Timestamp) -> usize {
        let rotations = self.keys().filter_map(|key| match key.rotation {
            Rotation::On { period_days, .. } => {
                let left = key.next_rotation()?.until(end).whole_days();
                usize::try_from(left / i64::from(period_days.max(1))).ok()?.checked_add(1)
            }
            Rotation::Off => None,
        });
        rotations.sum::<usize>().min(MOST_AT_ONCE)
    }

    fn due(&self) -> impl Iterator<Item = (Timestamp, Due)> {
        let stores = self.stores.values();
        let connections = stores.filter_map(|store| Some((store.connection.due()?, Due::Connection(store.id))));
        let increases = self.grants_due().map(|at| (at, Due::Increase));
        self.keys().filter_map(|key| due(key)).chain(connections).chain(increases)
    }

    fn change_freely(
        &mut self,
        arn: KeyArn,
        change: impl FnOnce(&mut Key, Timestamp, &mut Entropy) -> Vec<EventKind>,
    ) -> Vec<Event> {
        let Ok::<_, Infallible>(events) = self.change_key(arn, |key, now, entropy| Ok(change(key, now, entropy)));
        events
    }
}

/// So many events get their room beforehand.
const MOST_AT_ONCE: usize = 1 << 20;

/// What happens to a key next by itself.
fn due(key: &Key) -> Option<(Timestamp, Due)> {
    let ends = match key.state {
        KeyState::PendingDeletion { deletion_date } => Some((deletion_date, Due::Deletion(key.arn))),
        KeyState::Creating { until } | KeyState::Updating { until } => Some((until, Due::Transition(key.arn))),
        KeyState::Enabled
        | KeyState::Disabled
        | KeyState::PendingReplicaDeletion { .. }
        | KeyState::PendingImport
        | KeyState::Unavailable => None,
    };
    // A date beyond the end of time was brought back to it, and would be due again and again.
    let next = key.next_rotation().filter(|at| *at < Timestamp::END);
    let dates =
        [ends, next.map(|at| (at, Due::Rotation(key.arn))), key.next_expiry().map(|at| (at, Due::Expiry(key.arn)))];
    dates.into_iter().flatten().min()
}
