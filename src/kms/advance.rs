//! Time passes: what is due happens, earliest first.
//!
//! Due work is computed from the keys themselves. There is no queue that could drift from them.

use std::{cmp::Reverse, collections::BinaryHeap, convert::Infallible};

use serde::Serialize;

use crate::{
    arn::KeyArn,
    clock::{Span, Timestamp},
    entropy::Entropy,
    kms::{
        alone::Alone,
        event::{Event, EventKind},
        key::{Key, KeyState},
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
        let mut alone = Alone::of(self, end);
        let mut waiting: BinaryHeap<_> = self.due().filter(|(_, what)| !alone.has(*what)).map(Reverse).collect();
        let mut events = Vec::with_capacity(alone.events());
        loop {
            let next = waiting.pop().map(|Reverse(next)| next).filter(|(at, _)| *at <= end);
            self.rotate_alone(&mut alone, next, end, &mut events);
            let Some((at, what)) = next else { break };
            // What happened to the key or to a relative meanwhile may have put something else in its place.
            let of_key = what.key();
            if of_key.is_some_and(|arn| self.key(&arn).and_then(|key| due(key)) != Some((at, what))) {
                continue;
            }
            self.now = self.now.max(at);
            let happened = match what {
                Due::Deletion(arn) => self.remove_key(arn),
                Due::Rotation(arn) => {
                    self.change_freely(arn, |key, now, entropy| vec![key.rotate_automatically(now, entropy)])
                }
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
        self.have_rotated(alone);
        self.now = end;
        self.forget_full_buckets();
        self.spreading.settle(end);
        events
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

/// What happens to a key next by itself.
pub(super) fn due(key: &Key) -> Option<(Timestamp, Due)> {
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
