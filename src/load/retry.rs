//! Clients that send again what was refused.
//!
//! The SDKs wait a random time of up to 1, 2, 4 … seconds, 20 at most ("full jitter"). Of many requests, that is to
//! come back evenly over those seconds, which is what they do here: without chance, and to the request.

use serde::Serialize;

/// The longest time to wait, in seconds ("AWS SDKs and Tools Reference Guide", "Retry behavior").
const LONGEST: u32 = 20;
const SLOTS: usize = 21;

/// Requests that are alike, by how many whole seconds they have waited: none, one and so on.
#[derive(Clone, Debug, Default)]
pub(super) struct Cohort(Vec<u64>);

impl Cohort {
    /// Those who have not waited yet.
    pub(super) fn fresh(count: u64) -> Self {
        Self(vec![count])
    }

    pub(super) fn count(&self) -> u64 {
        self.0.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// How long all of them have waited together.
    pub(super) fn waited_seconds(&self) -> u64 {
        (0..).zip(&self.0).fold(0, |sum: u64, (seconds, count)| sum.saturating_add(count.saturating_mul(seconds)))
    }

    /// Takes out of it so many, in proportion to how long they have waited.
    fn split(&mut self, count: u64) -> Self {
        let all = self.count();
        let mut dealt = Deal::new(count, all);
        Self(
            self.0
                .iter_mut()
                .map(|alike| {
                    let mine = dealt.of(*alike).min(*alike);
                    *alike -= mine;
                    mine
                })
                .collect(),
        )
    }

    /// Takes out of it what falls to it.
    pub(super) fn deal(&mut self, deal: &mut Deal) -> Self {
        let count = deal.of(self.count());
        self.split(count)
    }

    /// Those others too, each `seconds` later.
    pub(super) fn add(&mut self, other: &Self, seconds: u32) {
        let later = usize::try_from(seconds).unwrap_or_default();
        if self.0.len() < other.0.len() + later {
            self.0.resize(other.0.len() + later, 0);
        }
        for (mine, theirs) in self.0.iter_mut().skip(later).zip(&other.0) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// The same so many times.
    pub(super) fn times(&self, times: u32) -> Self {
        Self(self.0.iter().map(|count| count.saturating_mul(times.into())).collect())
    }

    /// How long they waited, unless there are none.
    pub(super) fn waits(&self) -> Option<Waits> {
        let all = u128::from(self.count());
        let within = |percent: u128| {
            let mut so_far: u128 = 0;
            let reaches = |(_, count): &(u32, &u64)| {
                so_far += u128::from(**count);
                so_far > 0 && so_far * 100 >= all * percent
            };
            (0..).zip(&self.0).find(reaches).map(|(seconds, _)| seconds)
        };
        Some(Waits {
            p50_seconds: within(50)?,
            p90_seconds: within(90)?,
            p99_seconds: within(99)?,
            max_seconds: within(100)?,
        })
    }
}

/// How long served requests had waited between their first attempt and the one that was served, in whole seconds. The
/// `p`th percentile is the shortest time that at least `p` of a hundred did not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waits {
    pub p50_seconds: u32,
    pub p90_seconds: u32,
    pub p99_seconds: u32,
    pub max_seconds: u32,
}

/// Deals out some of a whole in proportion to the parts of it, exactly: in the end everything is dealt.
pub(super) struct Deal {
    some: u64,
    of: u64,
    up_to: u64,
    dealt: u64,
}

impl Deal {
    /// INVARIANT: `some` is not more than `of`, which is what all parts add up to.
    pub(super) fn new(some: u64, of: u64) -> Self {
        Self { some, of: of.max(1), up_to: 0, dealt: 0 }
    }

    /// What falls to the next part.
    pub(super) fn of(&mut self, part: u64) -> u64 {
        self.up_to = self.up_to.saturating_add(part);
        let so_far = match self.some.checked_mul(self.up_to) {
            Some(product) => product / self.of,
            None => {
                u64::try_from(u128::from(self.some) * u128::from(self.up_to) / u128::from(self.of)).unwrap_or(self.some)
            }
        };
        let mine = so_far - self.dealt;
        self.dealt = so_far;
        mine
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
        self.slots.get_mut(self.now).into_iter().flatten().map(std::mem::take).collect()
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
            let some = refused.split(refused.count().div_ceil(left));
            let ahead = usize::try_from(seconds).unwrap_or_default();
            if let Some(cohort) = self.slots.get_mut((self.now + ahead) % SLOTS).and_then(|slot| slot.get_mut(at)) {
                cohort.add(&some, seconds);
            }
        }
        None
    }

    /// A second passes.
    pub(super) fn turn(&mut self) {
        self.now = (self.now + 1) % SLOTS;
    }

    pub(super) fn waiting(&self) -> u64 {
        self.slots.iter().flatten().fold(0, |sum, cohort| sum.saturating_add(cohort.count()))
    }
}
