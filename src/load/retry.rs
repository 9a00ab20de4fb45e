//! Clients that send again what was refused.
//!
//! The SDKs wait a random time of up to 1, 2, 4 … seconds, 20 at most ("full jitter"). Of many requests, that is to
//! come back evenly over those seconds, which is what they do here: without chance, and to the request.

/// The longest time to wait, in seconds ("AWS SDKs and Tools Reference Guide", "Retry behavior").
const LONGEST: u32 = 20;
const SLOTS: usize = 21;

/// Requests that are alike: how often they were sent, and how long they have waited in all.
#[derive(Clone, Copy, Default)]
pub(super) struct Cohort {
    pub count: u64,
    /// The sum over all of them, in seconds.
    pub waited: u64,
}

impl Cohort {
    /// Takes out of it so many, who have waited as long as the others on average.
    pub(super) fn split(&mut self, count: u64) -> Self {
        let share = u128::from(self.waited) * u128::from(count) / u128::from(self.count.max(1));
        let waited = u64::try_from(share).unwrap_or(self.waited).min(self.waited);
        self.count = self.count.saturating_sub(count);
        self.waited -= waited;
        Self { count, waited }
    }

    fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.waited = self.waited.saturating_add(other.waited);
    }
}

/// Who waits for another attempt, by when it will be and how many there were.
pub(super) struct Queue {
    /// For each second ahead, for each attempt after the first.
    slots: Vec<Vec<Cohort>>,
    now: usize,
}

impl Queue {
    pub(super) fn new(attempts: u32) -> Self {
        let later = usize::try_from(attempts.saturating_sub(1)).unwrap_or_default();
        Self { slots: vec![vec![Cohort::default(); later]; SLOTS], now: 0 }
    }

    /// Those whose time has come, by attempt, from the second on.
    pub(super) fn due(&mut self) -> Vec<Cohort> {
        let Some(slot) = self.slots.get_mut(self.now) else { return Vec::new() };
        let due = slot.clone();
        slot.fill(Cohort::default());
        due
    }

    /// Has those who were refused wait, of whom `attempt` was the latest, from 1 on. Gives them back if it was the last.
    pub(super) fn wait(&mut self, mut refused: Cohort, attempt: usize) -> Option<Cohort> {
        let at = attempt.saturating_sub(1);
        if self.slots.first().is_none_or(|slot| at >= slot.len()) {
            return Some(refused);
        }
        let most =
            u32::try_from(at).ok().and_then(|at| 1_u32.checked_shl(at)).map_or(LONGEST, |most| most.min(LONGEST));
        for seconds in 1..=most {
            let left = u64::from(most - seconds + 1);
            let mut some = refused.split(refused.count.div_ceil(left));
            some.waited = some.waited.saturating_add(some.count.saturating_mul(seconds.into()));
            let ahead = usize::try_from(seconds).unwrap_or_default();
            if let Some(cohort) = self.slots.get_mut((self.now + ahead) % SLOTS).and_then(|slot| slot.get_mut(at)) {
                cohort.add(some);
            }
        }
        None
    }

    /// A second passes.
    pub(super) fn turn(&mut self) {
        self.now = (self.now + 1) % SLOTS;
    }

    pub(super) fn waiting(&self) -> u64 {
        self.slots.iter().flatten().fold(0, |sum, cohort| sum.saturating_add(cohort.count))
    }
}
