//! Automatic rotation of keys to which nothing else happens by itself: nearly all that happens in a long time.
//!
//! INVARIANT: the world becomes what it would by one rotation after the other. Each sets its bytes aside in its turn.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, binary_heap::PeekMut},
    sync::Arc,
};

use crate::{
    arn::KeyArn,
    clock::{Span, Timestamp},
    kms::{
        advance::{Due, due},
        event::{About, Event, EventKind},
        key::{Key, KeyState, Rotation},
        material::{Drawn, Draws, KeyMaterial, MadeBy, MaterialName},
        spec::KeySpec,
        world::World,
    },
};

/// The keys that only rotate, and when each is next.
pub(super) struct Alone {
    /// In order.
    keys: Vec<Rotating>,
    /// By date and place in `keys`.
    waiting: BinaryHeap<Reverse<(Timestamp, usize)>>,
}

/// A key that only rotates, and what its rotations came to so far.
struct Rotating {
    key: Arc<Key>,
    relatives: Vec<KeyArn>,
    period: Span,
    draws: Arc<Draws>,
    current: Option<MaterialName>,
    fresh: Vec<KeyMaterial>,
}

impl Alone {
    /// Of all that rotate up to `end`.
    pub(super) fn of(world: &World, end: Timestamp) -> Self {
        let mut alone = Self { keys: Vec::new(), waiting: BinaryHeap::new() };
        for key in world.keys() {
            let (Some(at), Rotation::On { period_days, .. }) = (only_rotates(key, world), key.rotation) else {
                continue;
            };
            if at > end {
                continue;
            }
            let period = Span::days(period_days);
            let times = at.until(end).millis() / period.millis().max(1) + 1;
            alone.waiting.push(Reverse((at, alone.keys.len())));
            alone.keys.push(Rotating {
                key: Arc::clone(key),
                relatives: world.relatives(key.arn).map(|relative| relative.arn).collect(),
                period,
                draws: Arc::new(Draws::of(key.arn.id, &world.entropy)),
                current: key.current().map(KeyMaterial::name),
                fresh: Vec::with_capacity(usize::try_from(times).unwrap_or_default()),
            });
        }
        alone
    }

    /// How many events all of this makes.
    pub(super) fn events(&self) -> usize {
        let of_each = |relatives: usize| if relatives == 0 { 1 } else { relatives.saturating_add(2) };
        self.keys
            .iter()
            .map(|rotating| rotating.fresh.capacity().saturating_mul(of_each(rotating.relatives.len())))
            .sum()
    }

    /// Whether it is one of these rotations.
    pub(super) fn has(&self, what: Due) -> bool {
        matches!(what, Due::Rotation(arn) if self.keys.binary_search_by_key(&arn, |rotating| rotating.key.arn).is_ok())
    }

    /// The next rotation, if it comes before `limit` and not after `end`.
    fn next(
        &mut self,
        limit: Option<(Timestamp, Due)>,
        end: Timestamp,
        now: Timestamp,
    ) -> Option<(Timestamp, &mut Rotating)> {
        let mut first = self.waiting.peek_mut()?;
        let Reverse((at, nth)) = *first;
        let rotating = self.keys.get_mut(nth)?;
        if at > end || limit.is_some_and(|limit| (at, Due::Rotation(rotating.key.arn)) >= limit) {
            return None;
        }
        let at = at.max(now);
        let next = at.after(rotating.period);
        // A date beyond the end of time was brought back to it, and would be due again and again.
        if next < Timestamp::END {
            *first = Reverse((next, nth));
        } else {
            PeekMut::pop(first);
        }
        Some((at, rotating))
    }
}

/// The date of the next rotation of a key to which, as to its relatives, nothing else happens by itself.
fn only_rotates(key: &Key, world: &World) -> Option<Timestamp> {
    let quiet = || world.relatives(key.arn).all(|relative| due(relative).is_none());
    match due(key)? {
        (at, Due::Rotation(_))
            if key.state == KeyState::Enabled && key.spec == KeySpec::SymmetricDefault && quiet() =>
        {
            Some(at)
        }
        _ => None,
    }
}

impl World {
    /// Does all of these rotations that come before `limit` and not after `end`. The keys learn of it in
    /// [`Self::have_rotated`].
    pub(super) fn rotate_alone(
        &mut self,
        alone: &mut Alone,
        limit: Option<(Timestamp, Due)>,
        end: Timestamp,
        events: &mut Vec<Event>,
    ) {
        while let Some((at, rotating)) = alone.next(limit, end, self.now) {
            self.now = at;
            let drawn = Drawn::new(&rotating.draws, self.entropy.set_aside(Drawn::LENGTH));
            let current = MaterialName::Drawn(drawn.clone());
            let previous = rotating.current.replace(current.clone());
            rotating.fresh.push(KeyMaterial::drawn(drawn, at));
            let arn = rotating.key.arn;
            let rotated = EventKind::MaterialRotated { previous, current, by: MadeBy::AutomaticRotation };
            let event = |arn, kind| Event { at, about: About::Key(arn), kind };
            if !rotating.relatives.is_empty() {
                events.push(event(arn, rotated.clone()));
                events.push(event(arn, EventKind::KeySynchronized));
                events.extend(rotating.relatives.iter().map(|relative| event(*relative, rotated.clone())));
            } else {
                events.push(event(arn, rotated));
            }
        }
    }

    /// Gives the keys the materials of their rotations.
    pub(super) fn have_rotated(&mut self, alone: Alone) {
        let mut drawn = Vec::with_capacity(alone.keys.len());
        for Rotating { key, period, fresh, .. } in alone.keys {
            let Some(last) = fresh.last() else { continue };
            let next = last.since.after(period);
            drawn.push((key.arn, fresh.iter().filter_map(KeyMaterial::draw_of).cloned().collect()));
            let mut key = Key::clone(&key);
            key.rotate_along(fresh, next);
            self.replace_key(key);
        }
        self.materials.extend(drawn);
    }
}
