//! When something is tried next that may fail, and how long its service waits after it did.

use serde::{Deserialize, Serialize};

use crate::clock::{Span, Timestamp};

/// The next try of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    pub at: Timestamp,
    /// How long after it the next one comes, should it fail.
    wait: Span,
}

impl Due {
    /// The first try, a while from now.
    pub fn first(now: Timestamp, wait: Span) -> Self {
        Self { at: now.after(wait), wait }
    }

    /// The next try after one that failed. Each wait is twice the last, up to `longest`.
    #[must_use]
    pub fn again(self, now: Timestamp, longest: Span) -> Self {
        let wait = Span::from_millis(self.wait.millis().saturating_mul(2)).min(longest);
        Self { at: now.after(self.wait), wait }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_the_last_up_to_the_longest() {
        let mut now = Timestamp::from_millis(0);
        let mut due = Due::first(now, Span::minutes(5));
        let mut waited = Vec::new();
        for _ in 0..6 {
            waited.push(now.until(due.at).to_string());
            now = due.at;
            due = due.again(now, Span::minutes(30));
        }
        assert_eq!(waited, ["5m", "5m", "10m", "20m", "30m", "30m"]);
    }
}
