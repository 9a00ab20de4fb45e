//! A bucket of requests: each takes one out, and it fills again at a steady rate, up to what a second brings.
//!
//! INVARIANT: whole numbers and pure functions. Knows no account and no operation, and no moment but those it is given.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::{Span, Timestamp};

/// How many requests a second, in twentieths of a request, so that one in every four or ten seconds is a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u32);

impl Rate {
    pub const fn per_second(requests: u32) -> Self {
        Self(requests.saturating_mul(20))
    }

    /// One request in so many seconds, which divide 20.
    pub const fn one_in(seconds: u32) -> Self {
        Self(20 / seconds)
    }

    /// How many requests in a minute, in whole ones.
    pub fn a_minute(self) -> u64 {
        self.in_time(60_000) / REQUEST
    }

    /// Whether a second brings as many requests as that.
    pub fn brings(self, requests: u64) -> bool {
        requests.saturating_mul(REQUEST) <= self.in_time(1000)
    }

    /// What a full bucket holds: a second of the rate, but a whole request at least.
    fn capacity(self) -> u64 {
        self.in_time(1000).max(REQUEST)
    }

    /// What comes in so many milliseconds: a twentieth of a request a second is one unit in each of them.
    fn in_time(self, millis: u64) -> u64 {
        u64::from(self.0).saturating_mul(millis)
    }
}

/// For example `10000` or `0.25`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 20, self.0 % 20 * 5) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, hundredths) if hundredths % 10 == 0 => write!(f, "{whole}.{}", hundredths / 10),
            (whole, hundredths) => write!(f, "{whole}.{hundredths:02}"),
        }
    }
}

/// A request, in the unit of buckets.
const REQUEST: u64 = 20_000;

/// A bucket as it was left. Its rate comes with every question, so that a quota may change under it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// What it lacked of being full, at that moment.
    missing: u64,
    at: Timestamp,
}

impl Bucket {
    pub fn full(at: Timestamp) -> Self {
        Self { missing: 0, at }
    }

    /// The same bucket later.
    #[must_use]
    pub fn at(self, rate: Rate, now: Timestamp) -> Self {
        let passed = u64::try_from(self.at.until(now).millis()).unwrap_or_default();
        // A bucket that was left with a higher rate has no less than nothing.
        let missing = self.missing.min(rate.capacity()).saturating_sub(rate.in_time(passed));
        Self { missing, at: self.at.max(now) }
    }

    /// The same bucket, as if it had been left so at another moment.
    #[must_use]
    pub fn as_of(self, at: Timestamp) -> Self {
        Self { at, ..self }
    }

    /// The bucket in the second from `start` on, to go through it by milliseconds.
    pub fn level(self, rate: Rate, start: Timestamp) -> Level {
        let capacity = rate.capacity();
        Level { left: capacity.saturating_sub(self.at(rate, start).missing), capacity, fills: rate.in_time(1) }
    }

    /// As a second left it, which ended at `end`.
    pub fn left(level: Level, end: Timestamp) -> Self {
        Self { missing: level.capacity - level.left, at: end }
    }

    /// How many requests it lets through now.
    pub fn requests(self, rate: Rate, now: Timestamp) -> u64 {
        rate.capacity().saturating_sub(self.at(rate, now).missing) / REQUEST
    }

    /// Whether nothing is missing, so that there is nothing to remember.
    pub fn is_full(self, rate: Rate, now: Timestamp) -> bool {
        self.at(rate, now).missing == 0
    }

    /// The bucket after `count` requests at once, if it lets all of them through.
    pub fn take(self, rate: Rate, now: Timestamp, count: u32) -> Option<Self> {
        let mut bucket = self.at(rate, now);
        let count = u64::from(count);
        (bucket.take_most(rate, count) == count).then_some(bucket)
    }

    /// Lets through as many of `count` requests as it can, which come evenly in the second from `start` on: the `n`th
    /// of them, from 0, at the millisecond `1000 n / count`. Says how many those were.
    pub fn take_evenly(&mut self, rate: Rate, start: Timestamp, count: u64) -> u64 {
        *self = self.at(rate, start);
        let so_far = |milli: u64| count.saturating_mul(milli).div_ceil(1000);
        let mut milli = self.all_pass_until(rate, count);
        let mut served = so_far(milli);
        if milli > 0 {
            let taken = self.missing.saturating_add(served.saturating_mul(REQUEST));
            self.missing = taken.saturating_sub(rate.in_time(milli));
        }
        // As soon as it is empty, and every millisecond has more requests than it fills up for, nothing is left over.
        let fills_up_for = rate.in_time(1).saturating_add(REQUEST - 1) / REQUEST;
        let never_left = count / 1000 >= fills_up_for && rate.capacity() >= rate.in_time(1).saturating_add(REQUEST);
        while milli < 1000 {
            let left = rate.capacity().saturating_sub(self.missing);
            if never_left && left < rate.in_time(1).saturating_add(REQUEST) {
                let left = left.saturating_add(rate.in_time(999 - milli));
                served = served.saturating_add(left / REQUEST);
                self.missing = rate.capacity().saturating_sub((left % REQUEST).saturating_add(rate.in_time(1)));
                break;
            }
            served = served.saturating_add(self.take_most(rate, so_far(milli + 1).saturating_sub(so_far(milli))));
            self.missing = self.missing.saturating_sub(rate.in_time(1));
            milli += 1;
        }
        self.at = self.at.after(Span::seconds(1));
        served
    }

    /// For how many milliseconds of a second with `count` requests, at least, all of them pass and not a moment of its
    /// filling is lost to being full; or the whole second, in which it may fill up.
    fn all_pass_until(self, rate: Rate, count: u64) -> u64 {
        let (out, fills) = (count.saturating_mul(REQUEST / 1000), rate.in_time(1));
        let left = rate.capacity().saturating_sub(self.missing);
        let Some(spare) = left.checked_sub(fills.saturating_add(REQUEST)) else { return 0 };
        let sinks = out.saturating_sub(fills);
        spare.checked_div(sinks).map_or(1000, |millis| millis.min(1000))
    }

    /// The bucket a second later if it surely lets all of `count` requests through that come evenly in the second from
    /// `start` on, but for `bunched` of them at most that come a little sooner than that.
    pub fn take_all(self, rate: Rate, start: Timestamp, count: u64, bunched: u64) -> Option<Self> {
        let missing = self.at(rate, start).missing;
        let (out, filled) = (count.saturating_mul(REQUEST), rate.in_time(1000));
        let at_once = rate.in_time(1).saturating_add(bunched.saturating_mul(REQUEST));
        let lowest = missing.saturating_add(out.saturating_sub(filled)).saturating_add(at_once);
        let missing = missing.saturating_add(out).saturating_sub(filled);
        (lowest <= rate.capacity()).then(|| Self { missing, at: start.after(Span::seconds(1)) })
    }

    /// As [`Self::take_evenly`] in each of so many seconds, all of which have the same `count`. As soon as a second
    /// leaves the bucket as it found it, so does every later one, and they need not be gone through.
    pub fn take_steadily(&mut self, rate: Rate, start: Timestamp, count: u64, seconds: u32) -> u64 {
        *self = self.at(rate, start);
        let mut served: u64 = 0;
        for left in (0..seconds).rev() {
            let before = *self;
            let now = self.take_evenly(rate, before.at, count);
            served = served.saturating_add(now);
            if self.missing == before.missing {
                self.at = self.at.after(Span::seconds(left));
                return served.saturating_add(now.saturating_mul(left.into()));
            }
        }
        served
    }

    fn take_most(&mut self, rate: Rate, count: u64) -> u64 {
        let served = count.min(rate.capacity().saturating_sub(self.missing) / REQUEST);
        self.missing = self.missing.saturating_add(served.saturating_mul(REQUEST));
        served
    }
}

/// How full a bucket is in a millisecond.
#[derive(Clone, Copy)]
pub struct Level {
    left: u64,
    capacity: u64,
    fills: u64,
}

impl Level {
    /// How many requests it lets through now.
    pub fn requests(self) -> u64 {
        self.left / REQUEST
    }

    /// A millisecond passes, in which so many were let through.
    pub fn go_on(&mut self, taken: u64) {
        let left = self.left.saturating_sub(taken.saturating_mul(REQUEST));
        self.left = left.saturating_add(self.fills).min(self.capacity);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moment(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_893_456_000_000 + i64::try_from(millis).unwrap())
    }

    /// How many of `count` requests that come at once are let through, one by one.
    fn one_by_one(bucket: &mut Bucket, rate: Rate, now: Timestamp, count: u64) -> u64 {
        (0..count)
            .filter(|_| match bucket.take(rate, now, 1) {
                Some(left) => {
                    *bucket = left;
                    true
                }
                None => false,
            })
            .count() as u64
    }

    #[test]
    fn the_last_request_of_a_second_passes_and_the_next_waits_for_its_share() {
        // A rate, how many pass at once, and how many milliseconds until another one does.
        for (rate, at_once, wait) in [
            (Rate::per_second(5_500), 5_500, 1),
            (Rate::per_second(1_000), 1_000, 1),
            (Rate::per_second(5), 5, 200),
            (Rate::per_second(1), 1, 1_000),
            (Rate::one_in(2), 1, 2_000),
            (Rate::one_in(4), 1, 4_000),
            (Rate::one_in(10), 1, 10_000),
        ] {
            let mut bucket = Bucket::full(moment(0));
            assert_eq!(one_by_one(&mut bucket, rate, moment(0), at_once + 1), at_once, "{rate}");
            assert_eq!(bucket.requests(rate, moment(wait - 1)), 0, "{rate}");
            assert!(bucket.requests(rate, moment(wait)) > 0, "{rate}");
            assert_eq!(bucket.requests(rate, moment(1_000)), if wait > 1_000 { 0 } else { at_once }, "{rate}");
            assert!(!bucket.is_full(rate, moment(999)));
            assert!(bucket.is_full(rate, moment(wait.max(1_000))), "{rate}");
        }
    }

    #[test]
    fn all_of_several_pass_or_none() {
        let (rate, bucket) = (Rate::per_second(5), Bucket::full(moment(0)));
        assert_eq!(bucket.take(rate, moment(0), 6), None);
        let left = bucket.take(rate, moment(0), 4).unwrap();
        assert_eq!((left.take(rate, moment(0), 2), left.requests(rate, moment(0))), (None, 1));
    }

    #[test]
    fn a_bucket_goes_on_when_its_rate_changes() {
        let (high, low) = (Rate::per_second(100), Rate::per_second(10));
        let empty = Bucket::full(moment(0)).take(high, moment(0), 100).unwrap();
        assert_eq!(empty.requests(low, moment(0)), 0);
        assert_eq!(empty.requests(low, moment(500)), 5);
        let used = Bucket::full(moment(0)).take(low, moment(0), 10).unwrap();
        assert_eq!(used.requests(high, moment(0)), 90);
    }

    #[test]
    fn rates_are_written_in_requests() {
        let rates = [Rate::per_second(10_000), Rate::one_in(10), Rate::one_in(4), Rate::one_in(2), Rate::one_in(20)];
        assert_eq!(rates.map(|rate| rate.to_string()), ["10000", "0.1", "0.25", "0.5", "0.05"]);
    }

    #[test]
    fn an_hour_of_the_media_site_is_counted_at_once() {
        // 10,050 requests a second for an hour: what a full bucket holds at first, and what comes in until the last
        // millisecond.
        for (rate, served) in
            [(5_500, 5_500 + 5_500 * 3_599_999 / 1_000), (10_000, 10_000 + 10 * 3_599_999), (20_000, 36_180_000)]
        {
            let mut bucket = Bucket::full(moment(0));
            assert_eq!(bucket.take_steadily(Rate::per_second(rate), moment(0), 10_050, 3_600), served, "{rate}");
            assert_eq!(bucket.at, moment(3_600_000));
        }
    }

    proptest! {
        #[test]
        fn evenly_is_one_by_one(twentieths in 1..4_000_u32, spent in 0..300_u64, wait in 0..2_000_u64, count in 0..400_u64) {
            let rate = Rate(twentieths);
            let mut bucket = Bucket::full(moment(0));
            one_by_one(&mut bucket, rate, moment(0), spent);
            let mut single = bucket;
            let served: u64 = (0..count)
                .map(|nth| one_by_one(&mut single, rate, moment(wait + 1000 * nth / count), 1))
                .sum();
            let counted = bucket.take_evenly(rate, moment(wait), count);
            prop_assert_eq!(counted, served);
            prop_assert_eq!(bucket, single.at(rate, moment(wait + 1000)));
        }

        #[test]
        fn evenly_is_each_millisecond(twentieths in 1..600_000_u32, spent in 0..40_000_u64, tenths in 0..30_u64, more in 0..3_000_u64) {
            let rate = Rate(twentieths);
            let count = u64::from(twentieths) * tenths / 200 + more;
            let mut bucket = Bucket::full(moment(0));
            bucket.take_most(rate, spent);
            for second in 0..4_u64 {
                let mut single = bucket.at(rate, moment(1000 * second));
                let mut served = 0;
                for milli in 0..1000 {
                    let due = |milli: u64| (count * milli).div_ceil(1000);
                    single = single.at(rate, moment(1000 * second + milli));
                    served += single.take_most(rate, due(milli + 1) - due(milli));
                }
                prop_assert_eq!(bucket.take_evenly(rate, moment(1000 * second), count), served);
                prop_assert_eq!(bucket, single.at(rate, moment(1000 * (second + 1))));
            }
        }

        #[test]
        fn all_pass_where_they_surely_do(twentieths in 1..4_000_u32, spent in 0..300_u64, wait in 0..2_000_u64, count in 0..400_u64) {
            let rate = Rate(twentieths);
            let mut bucket = Bucket::full(moment(0));
            one_by_one(&mut bucket, rate, moment(0), spent);
            if let Some(after) = bucket.take_all(rate, moment(wait), count, 1) {
                prop_assert_eq!(bucket.take_evenly(rate, moment(wait), count), count);
                prop_assert_eq!(bucket, after);
            }
        }

        #[test]
        fn steadily_is_evenly_in_each_second(twentieths in 1..4_000_u32, spent in 0..300_u64, count in 0..400_u64, seconds in 0..200_u32) {
            let rate = Rate(twentieths);
            let mut bucket = Bucket::full(moment(0));
            one_by_one(&mut bucket, rate, moment(0), spent);
            let mut each = bucket;
            let served: u64 = (0..seconds)
                .map(|second| each.take_evenly(rate, moment(u64::from(second) * 1000), count))
                .sum();
            prop_assert_eq!(bucket.take_steadily(rate, moment(0), count, seconds), served);
            prop_assert_eq!(bucket, each.at(rate, moment(u64::from(seconds) * 1000)));
        }
    }
}
