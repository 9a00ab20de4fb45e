//! Time passes: what is due happens, earliest first.
//!
//! Due work is computed from the keys themselves. There is no queue that could drift from them.

use std::{cmp::Reverse, collections::BinaryHeap};

use serde::Serialize;

use crate::{
    arn::KeyArn,
    clock::{Span, Timestamp},
    kms::{
        event::Event,
        key::{Key, KeyState},
        world::World,
    },
};

/// Something that will happen by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Due {
    Rotation(KeyArn),
    Deletion(KeyArn),
}

impl World {
    /// The next thing that happens by itself, and when.
    pub fn next_due(&self) -> Option<(Timestamp, Due)> {
        self.keys().filter_map(|key| due(key)).min()
    }

    /// Moves the clock by `span`; all that falls due on the way happens at its own moment, in order.
    pub fn advance(&mut self, span: Span) -> Vec<Event> {
        let end = self.now.after(span);
        let mut waiting: BinaryHeap<_> = self.keys().filter_map(|key| due(key)).map(Reverse).collect();
        let mut events = Vec::new();
        while let Some(Reverse((at, what))) = waiting.pop() {
            if at > end {
                break;
            }
            self.now = self.now.max(at);
            match what {
                Due::Deletion(arn) => events.extend(self.remove_key(arn)),
                Due::Rotation(arn) => {
                    let rotated = self.change_key(arn, |key, now, entropy| {
                        Ok::<_, std::convert::Infallible>(vec![key.rotate_automatically(now, entropy)])
                    });
                    match rotated {
                        Ok(rotated) => events.extend(rotated),
                    }
                    waiting.extend(self.key(&arn).and_then(|key| due(key)).map(Reverse));
                }
            }
        }
        self.now = end;
        events
    }
}

fn due(key: &Key) -> Option<(Timestamp, Due)> {
    if let KeyState::PendingDeletion { deletion_date } = key.state {
        return Some((deletion_date, Due::Deletion(key.arn)));
    }
    // A date beyond the end of time was brought back to it, and would be due again and again.
    let next = key.next_rotation().filter(|at| *at < Timestamp::END);
    next.map(|at| (at, Due::Rotation(key.arn)))
}
