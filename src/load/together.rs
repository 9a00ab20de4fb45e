//! A second of requests of several kinds, some of which count in the same buckets.
//!
//! Each kind comes evenly in the second, by itself: its `n`th request, from 0, at the millisecond `1000 n / count`. Those
//! of one millisecond come mixed, as evenly as whole numbers can; the kind that is named first begins. As at the endpoint,
//! a request takes out of all its buckets or out of none.

use crate::{
    clock::{Span, Timestamp},
    kms::bucket::{Bucket, Rate},
};

/// A bucket, and its rate in this second.
pub(super) struct Pool {
    pub rate: Rate,
    pub bucket: Bucket,
}

/// What a request takes out of which of the pools.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Take {
    pub pool: usize,
    pub requests: u32,
}

/// Requests that take the same.
pub(super) struct Kind<'a> {
    pub takes: &'a [Take],
    pub count: u64,
    pub served: u64,
    /// For each take, how many were refused while its pool had not enough. Some lack more than one.
    pub lacking: Vec<u64>,
}

impl<'a> Kind<'a> {
    pub(super) fn new(takes: &'a [Take], count: u64) -> Self {
        Self { takes, count, served: 0, lacking: vec![0; takes.len()] }
    }

    /// Whether one of them finds enough in every pool.
    fn passes(&self, room: &[u64]) -> bool {
        self.takes.iter().all(|take| take.fits(room))
    }

    fn refuse(&mut self, count: u64, room: &[u64]) {
        for (take, lacking) in self.takes.iter().zip(&mut self.lacking) {
            *lacking += if take.fits(room) { 0 } else { count };
        }
    }

    fn serve(&mut self, count: u64, room: &mut [u64]) {
        self.served += count;
        for take in self.takes {
            if let Some(room) = room.get_mut(take.pool) {
                *room = room.saturating_sub(count.saturating_mul(take.requests.into()));
            }
        }
    }
}

impl Take {
    fn fits(self, room: &[u64]) -> bool {
        room.get(self.pool).is_some_and(|room| *room >= u64::from(self.requests))
    }
}

/// Lets through what the pools have.
pub(super) fn pass(pools: &mut [Pool], kinds: &mut [Kind], start: Timestamp) {
    match (&mut *pools, &mut *kinds) {
        ([pool], [kind]) if matches!(kind.takes, [Take { requests: 1, .. }]) => {
            kind.served = pool.bucket.take_evenly(pool.rate, start, kind.count);
            kind.lacking = vec![kind.count - kind.served];
        }
        _ => {
            if !each_by_itself(pools, kinds, start) {
                each_millisecond(pools, kinds, start);
            }
        }
    }
}

/// How much is taken out of that pool, if so many of each kind take something, and how much of it at once at most.
fn taken(kinds: &[Kind], pool: usize, so_many: fn(&Kind) -> u64) -> (u64, u64) {
    let takes =
        kinds.iter().filter(|kind| kind.count > 0).flat_map(|kind| kind.takes.iter().map(move |take| (kind, take)));
    takes.filter(|(_, take)| take.pool == pool).fold((0, 0), |(all, at_once), (kind, take)| {
        let requests = u64::from(take.requests);
        (so_many(kind).saturating_mul(requests).saturating_add(all), requests.saturating_add(at_once))
    })
}

/// Counts each kind by itself, if no pool that comes near its end is shared.
fn each_by_itself(pools: &mut [Pool], kinds: &mut [Kind], start: Timestamp) -> bool {
    let after = |(at, pool): (usize, &Pool)| {
        let (all, at_once) = taken(kinds, at, |kind| kind.count);
        let after = pool.bucket.take_all(pool.rate, start, all, at_once)?;
        // Where some may be refused, it must keep up with all of them, whenever they are.
        Some((after, pool.rate.brings(all)))
    };
    let after: Vec<Option<(Bucket, bool)>> = pools.iter().enumerate().map(after).collect();
    if let Some(after) = after.iter().map(|after| after.map(|(bucket, _)| bucket)).collect::<Option<Vec<Bucket>>>() {
        pools.iter_mut().zip(after).for_each(|(pool, after)| pool.bucket = after);
        kinds.iter_mut().for_each(|kind| kind.served = kind.count);
        return true;
    }
    let is_scarce = |pool: usize| !matches!(after.get(pool), Some(Some((_, true))));
    let scarce =
        |kind: &Kind| -> Vec<Take> { kind.takes.iter().copied().filter(|take| is_scarce(take.pool)).collect() };
    let mut users = vec![0; pools.len()];
    for kind in kinds.iter().filter(|kind| kind.count > 0) {
        let scarce = scarce(kind);
        if scarce.len() > 1 || scarce.iter().any(|take| take.requests != 1) {
            return false;
        }
        if let Some(users) = scarce.first().and_then(|take| users.get_mut(take.pool)) {
            *users += 1;
        }
    }
    if users.iter().any(|users: &u32| *users > 1) {
        return false;
    }
    for kind in &mut *kinds {
        let scarce = scarce(kind).first().copied();
        let pool = scarce.and_then(|take| pools.get_mut(take.pool));
        kind.served = pool.map_or(kind.count, |pool| pool.bucket.take_evenly(pool.rate, start, kind.count));
        for (take, lacking) in kind.takes.iter().zip(&mut kind.lacking) {
            *lacking = if Some(*take) == scarce { kind.count - kind.served } else { 0 };
        }
    }
    for (at, pool) in pools.iter_mut().enumerate().filter(|(at, _)| !is_scarce(*at)) {
        let (all, at_once) = taken(kinds, at, |kind| kind.served);
        pool.bucket = pool.bucket.take_all(pool.rate, start, all, at_once).unwrap_or(pool.bucket);
    }
    true
}

fn each_millisecond(pools: &mut [Pool], kinds: &mut [Kind], start: Timestamp) {
    let (mut coming, mut room) = (vec![0; kinds.len()], vec![0; pools.len()]);
    let mut taken: Vec<u64> = vec![0; pools.len()];
    for milli in 0..1000 {
        let now = start.after(Span::from_millis(milli));
        let milli = u64::try_from(milli).unwrap_or_default();
        for (coming, kind) in coming.iter_mut().zip(&*kinds) {
            let so_far = |milli: u64| kind.count.saturating_mul(milli).div_ceil(1000);
            *coming = so_far(milli + 1) - so_far(milli);
        }
        for ((pool, room), taken) in pools.iter().zip(&mut room).zip(&mut taken) {
            *room = pool.bucket.requests(pool.rate, now);
            *taken = *room;
        }
        at_once(kinds, &coming, &mut room);
        for ((pool, room), taken) in pools.iter_mut().zip(&room).zip(&taken) {
            let taken = u32::try_from(taken - room).unwrap_or(u32::MAX);
            pool.bucket = pool.bucket.take(pool.rate, now, taken).unwrap_or(pool.bucket);
        }
    }
    for pool in pools {
        pool.bucket = pool.bucket.at(pool.rate, start.after(Span::seconds(1)));
    }
}

/// Lets through what there is room for, of so many of each kind that come in one millisecond.
fn at_once(kinds: &mut [Kind], coming: &[u64], room: &mut [u64]) {
    let taken_of = |pool: usize| {
        let takes = kinds.iter().zip(coming).flat_map(|(kind, count)| kind.takes.iter().map(move |take| (take, count)));
        takes.filter(|(take, _)| take.pool == pool).map(|(take, count)| count * u64::from(take.requests)).sum::<u64>()
    };
    if room.iter().enumerate().all(|(pool, room)| taken_of(pool) <= *room) {
        kinds.iter_mut().zip(coming).for_each(|(kind, count)| kind.serve(*count, room));
        return;
    }
    let all: u64 = coming.iter().sum();
    let mut done = 0;
    let (mut before, mut until) = (vec![0; coming.len()], vec![0; coming.len()]);
    while done < all {
        // As many together as pass or do not pass like the next one.
        let alike = alike(kinds, coming, room, &before, done);
        for count in [alike, 1] {
            done = (done + count).min(all);
            first_of(coming, done, &mut until);
            for ((kind, before), until) in kinds.iter_mut().zip(&mut before).zip(&until) {
                let mine = until - *before;
                *before = *until;
                if mine > 0 && kind.passes(room) {
                    kind.serve(mine, room);
                } else {
                    kind.refuse(mine, room);
                }
            }
        }
    }
}

/// How many requests from `done` on are let through or refused without any pool becoming too empty for anybody.
fn alike(kinds: &[Kind], coming: &[u64], room: &[u64], before: &[u64], done: u64) -> u64 {
    let takes =
        || kinds.iter().enumerate().flat_map(|(nth, kind)| kind.takes.iter().map(move |take| (nth, kind, take)));
    let spare = |(at, room): (usize, &u64)| {
        let here = takes().filter(|(_, _, take)| take.pool == at).map(|(_, _, take)| u64::from(take.requests));
        here.filter(|requests| requests <= room).max().map(|most| room - most)
    };
    // A pool that is too empty for everybody already is asked no more.
    let spare: Vec<Option<u64>> = room.iter().enumerate().map(spare).collect();
    let mut until = vec![0; coming.len()];
    let mut fits = |count: u64| {
        first_of(coming, done + count, &mut until);
        spare.iter().enumerate().all(|(at, spare)| {
            let taken = takes().filter(|(_, kind, take)| take.pool == at && kind.passes(room));
            let taken = taken.filter_map(|(nth, _, take)| {
                Some((until.get(nth)? - before.get(nth)?).saturating_mul(take.requests.into()))
            });
            spare.is_none_or(|spare| taken.fold(0, u64::saturating_add) <= spare)
        })
    };
    let (mut least, mut most) = (0, coming.iter().sum::<u64>() - done);
    while least < most {
        let middle = least + (most - least).div_ceil(2);
        if fits(middle) { least = middle } else { most = middle - 1 }
    }
    least
}

/// How many of each kind are among the first `count`, where they are mixed: each kind has its share of what those before
/// it leave over.
fn first_of(coming: &[u64], count: u64, among: &mut [u64]) {
    let (mut left, mut all) = (count, coming.iter().sum::<u64>());
    for (mine, among) in coming.iter().zip(among) {
        let others = left.saturating_mul(all - mine).checked_div(all).unwrap_or_default();
        *among = left - others;
        (left, all) = (others, all - mine);
    }
}

/// The order in which so many of each kind come: of the first `n`, rounded down in favour of the first kind, all others
/// have their share, and among them it is the same again.
#[cfg(test)]
pub(super) fn order(coming: &[u64], first: usize) -> Vec<usize> {
    let Some((mine, others)) = coming.split_first() else { return Vec::new() };
    let mut others = order(others, first + 1).into_iter();
    let (rest, mut sent) = (u64::try_from(others.len()).unwrap(), 0);
    (1..=mine + rest)
        .map(|n| {
            let due = n * rest / (mine + rest);
            let next = if due > sent { others.next() } else { None };
            sent = due;
            next.unwrap_or(first)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, every request by itself.
    fn one_by_one(pools: &mut [Pool], kinds: &mut [Kind], start: Timestamp) {
        let millis = |kind: &Kind| {
            let mut due = vec![0; 1000];
            (0..kind.count).for_each(|nth| due[usize::try_from(1000 * nth / kind.count).unwrap()] += 1);
            due
        };
        let due: Vec<Vec<u64>> = kinds.iter().map(millis).collect();
        for milli in 0..1000_u32 {
            let now = start.after(Span::from_millis(milli.into()));
            let coming: Vec<u64> = due.iter().map(|due: &Vec<u64>| due[usize::try_from(milli).unwrap()]).collect();
            for nth in order(&coming, 0) {
                let kind = &mut kinds[nth];
                let after = |take: &Take| pools[take.pool].bucket.take(pools[take.pool].rate, now, take.requests);
                let after: Vec<_> = kind.takes.iter().map(after).collect();
                for (lacking, after) in kind.lacking.iter_mut().zip(&after) {
                    *lacking += u64::from(after.is_none());
                }
                if after.iter().all(Option::is_some) {
                    kind.served += 1;
                    for (take, after) in kind.takes.iter().zip(after) {
                        pools[take.pool].bucket = after.unwrap();
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn together_is_one_by_one(
            rates in prop::collection::vec(1..400_u32, 3),
            kinds in prop::collection::vec((prop::collection::vec(0..3_u32, 3), prop::collection::vec(0..600_u64, 4)), 1..4),
        ) {
            let pools = || -> Vec<Pool> {
                let pool = |rate: &u32| Pool { rate: Rate::per_second(*rate), bucket: Bucket::full(Timestamp::EPOCH) };
                rates.iter().map(pool).collect()
            };
            let takes: Vec<Vec<Take>> = kinds.iter().map(|(requests, _)| {
                let takes = requests.iter().enumerate().map(|(pool, requests)| Take { pool, requests: *requests });
                takes.filter(|take| take.requests > 0).collect()
            }).collect();
            let (mut counted, mut single) = (pools(), pools());
            for second in 0..4_u32 {
                let start = Timestamp::EPOCH.after(Span::seconds(second));
                let of = |nth: usize| kinds[nth].1[usize::try_from(second).unwrap()];
                let fresh = || -> Vec<Kind> { takes.iter().enumerate().map(|(nth, takes)| Kind::new(takes, of(nth))).collect() };
                let (mut expected, mut got) = (fresh(), fresh());
                one_by_one(&mut single, &mut expected, start);
                pass(&mut counted, &mut got, start);
                for (expected, got) in expected.iter().zip(&got) {
                    prop_assert_eq!((got.served, &got.lacking), (expected.served, &expected.lacking));
                }
            }
            let end = Timestamp::EPOCH.after(Span::seconds(4));
            for (counted, single) in counted.iter().zip(&single) {
                prop_assert_eq!(counted.bucket.at(counted.rate, end), single.bucket.at(single.rate, end));
            }
        }
    }
}
