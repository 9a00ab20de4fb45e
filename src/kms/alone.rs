//! Automatic rotation of keys without relatives, many at once: nearly all that happens in a long time.
//!
//! INVARIANT: the world becomes what it would by one rotation after the other. Each draws in its turn, and nothing else
//! happens by itself to such a key.

use std::{cmp::Reverse, collections::BinaryHeap};

use zeroize::Zeroizing;

use crate::{
    arn::KeyArn,
    clock::{Span, Timestamp},
    crypto::secret::SecretBytes,
    kms::{
        advance::{Due, due},
        event::{About, Event, EventKind},
        key::Rotation,
        spec::KeySpec,
        world::World,
    },
};

/// The keys that only rotate, and when each is next.
pub(super) struct Alone {
    /// In order.
    keys: Vec<(KeyArn, Span)>,
    /// By date and place in `keys`.
    waiting: BinaryHeap<Reverse<(Timestamp, usize)>>,
}

impl Alone {
    pub(super) fn of(world: &World) -> Self {
        let mut alone = Self { keys: Vec::new(), waiting: BinaryHeap::new() };
        for key in world.keys() {
            if let (Some((at, Due::Rotation(arn))), Rotation::On { period_days, .. }) = (due(key), key.rotation)
                && key.spec == KeySpec::SymmetricDefault
                && world.relatives(arn).next().is_none()
            {
                alone.waiting.push(Reverse((at, alone.keys.len())));
                alone.keys.push((arn, Span::days(period_days)));
            }
        }
        alone
    }

    /// Whether it is one of these rotations.
    pub(super) fn has(&self, what: Due) -> bool {
        matches!(what, Due::Rotation(arn) if self.keys.binary_search_by_key(&arn, |(key, _)| *key).is_ok())
    }

    /// Takes out every rotation that comes before `limit` and not after `end`: when, and of which key.
    fn take(&mut self, limit: Option<(Timestamp, Due)>, end: Timestamp, now: Timestamp) -> Vec<(Timestamp, usize)> {
        let mut turns = Vec::new();
        while let Some(&Reverse((at, nth))) = self.waiting.peek() {
            let Some((arn, period)) = self.keys.get(nth) else { break };
            if at > end || limit.is_some_and(|limit| (at, Due::Rotation(*arn)) >= limit) {
                break;
            }
            self.waiting.pop();
            let at = at.max(now);
            turns.push((at, nth));
            // A date beyond the end of time was brought back to it, and would be due again and again.
            let next = at.after(*period);
            if next < Timestamp::END {
                self.waiting.push(Reverse((next, nth)));
            }
        }
        turns
    }
}

impl World {
    /// Does all of these rotations that come before `limit` and not after `end`.
    pub(super) fn rotate_alone(
        &mut self,
        alone: &mut Alone,
        limit: Option<(Timestamp, Due)>,
        end: Timestamp,
        events: &mut Vec<Event>,
    ) {
        let turns = alone.take(limit, end, self.now);
        let Some((last, _)) = turns.last().copied() else { return };
        let mut drawn = Zeroizing::new(vec![0; turns.len() * MATERIAL_LENGTH]);
        self.entropy.fill(&mut drawn);
        let mut of_key: Vec<Vec<(Timestamp, SecretBytes)>> = alone.keys.iter().map(|_| Vec::new()).collect();
        for ((at, nth), secret) in turns.iter().zip(drawn.chunks_exact(MATERIAL_LENGTH)) {
            if let Some(of_key) = of_key.get_mut(*nth) {
                of_key.push((*at, SecretBytes::from_vec(secret.to_vec())));
            }
        }
        let mut fresh = Vec::with_capacity(turns.len());
        let mut happened = Vec::with_capacity(of_key.len());
        for ((arn, period), turns) in alone.keys.iter().zip(of_key) {
            let kinds = match turns.last().map(|(at, _)| at.after(*period)) {
                Some(next) => self.change_alone(arn, |key| key.rotate_along(turns, next)).unwrap_or_default(),
                None => Vec::new(),
            };
            fresh.extend(kinds.iter().filter_map(|kind| {
                let EventKind::MaterialRotated { current, .. } = kind else { return None };
                Some((*current, *arn))
            }));
            happened.push((*arn, kinds.into_iter()));
        }
        self.know_materials(fresh);
        self.now = self.now.max(last);
        events.reserve(turns.len());
        for (at, nth) in turns {
            if let Some((arn, kinds)) = happened.get_mut(nth) {
                events.extend(kinds.next().map(|kind| Event { at, about: About::Key(*arn), kind }));
            }
        }
    }
}

/// Of symmetric encryption keys, in bytes.
const MATERIAL_LENGTH: usize = 32;
