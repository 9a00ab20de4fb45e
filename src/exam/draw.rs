//! Chance for an exam: a stream that follows from the seed of the set and what it is for.

use crate::entropy::{Entropy, Seed};

pub(super) struct Draw(Entropy);

impl Draw {
    pub(super) fn new(seed: u32, purpose: &str) -> Self {
        Self(Entropy::new(Seed::from_number(seed.into())).branch(&format!("exam, {purpose}")))
    }

    /// From 0 to `most` - 1.
    pub(super) fn below(&mut self, most: usize) -> usize {
        let drawn = u64::from_be_bytes(self.0.draw());
        let most = u64::try_from(most).unwrap_or(1).max(1);
        usize::try_from(drawn % most).unwrap_or(0)
    }

    /// One of several, of which there must be one.
    pub(super) fn pick<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        let at = self.below(all.len());
        all.get(at).copied()
    }

    pub(super) fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, self.below(at.saturating_add(1)));
        }
    }
}
