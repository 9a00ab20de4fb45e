//! A second of requests of several kinds, some of which count in the same buckets.
//!
//! Each kind comes evenly in the second, by itself: its `n`th request, from 0, at the millisecond `1000 n / count`. Those
//! of one millisecond come mixed, as evenly as whole numbers can; the kind that is named first begins. As at the endpoint,
//! a request takes out of all its buckets or out of none.

use crate::{
    clock::{Span, Timestamp},
    kms::bucket::{Bucket, Level, Rate},
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

/// Lets through what the pools have. Whether that took a look at every millisecond, a thousand times the work.
pub(super) fn pass(pools: &mut [Pool], kinds: &mut [Kind], start: Timestamp) -> bool {
    match (&mut *pools, &mut *kinds) {
        ([pool], [kind]) if matches!(kind.takes, [Take { requests: 1, .. }]) => {
            kind.served = pool.bucket.take_evenly(pool.rate, start, kind.count);
            kind.lacking = vec![kind.count - kind.served];
            false
        }
        _ => {
            let looked_into = !each_by_itself(pools, kinds, start);
            if looked_into {
                each_millisecond(pools, kinds, start);
            }
            looked_into
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
    // One without requests in this second would let the second pass for a pool that others use.
    for kind in kinds.iter_mut().filter(|kind| kind.count > 0) {
        let scarce = scarce(kind).first().copied();
        let pool = scarce.and_then(|take| pools.get_mut(take.pool));
        kind.served = pool.map_or(kind.count, |pool| pool.bucket.take_evenly(pool.rate, start, kind.count));
        for (take, lacking) in kind.takes.iter().zip(&mut kind.lacking) {
            *lacking = if Some(*take) == scarce { kind.count - kind.served } else { 0 };
        }
    }
    let end = start.after(Span::seconds(1));
    for (at, pool) in pools.iter_mut().enumerate() {
        if !is_scarce(at) {
            let (all, at_once) = taken(kinds, at, |kind| kind.served);
            pool.bucket = pool.bucket.take_all(pool.rate, start, all, at_once).unwrap_or(pool.bucket);
        } else if users.get(at) == Some(&0) {
            pool.bucket = pool.bucket.at(pool.rate, end);
        }
    }
    true
}

fn each_millisecond(pools: &mut [Pool], kinds: &mut [Kind], start: Timestamp) {
    let mut levels: Vec<Level> = pools.iter().map(|pool| pool.bucket.level(pool.rate, start)).collect();
    let mut coming = vec![0; kinds.len()];
    let mut so_far = vec![0; kinds.len()];
    let mut room = vec![0; pools.len()];
    let mut mixed = Mixed::new(kinds.len(), pools.len());
    for milli in 1..=1000_u64 {
        for ((coming, so_far), kind) in coming.iter_mut().zip(&mut so_far).zip(&*kinds) {
            let due = kind.count.saturating_mul(milli).div_ceil(1000);
            *coming = due - *so_far;
            *so_far = due;
        }
        for (room, level) in room.iter_mut().zip(&levels) {
            *room = level.requests();
        }
        mixed.pass(kinds, &coming, &mut room);
        for (room, level) in room.iter().zip(&mut levels) {
            level.go_on(level.requests() - room);
        }
    }
    for (pool, level) in pools.iter_mut().zip(levels) {
        pool.bucket = Bucket::left(level, start.after(Span::seconds(1)));
    }
}

/// What comes in one millisecond, mixed. Its lists are kept from one to the next.
struct Mixed {
    /// How many of each kind are done with, and will be.
    before: Vec<u64>,
    until: Vec<u64>,
    /// Which kinds find enough everywhere.
    passing: Vec<bool>,
    /// How much may be taken out of each pool without it becoming too empty for anybody for whom it is not.
    spare: Vec<u64>,
    taken: Vec<u64>,
}

impl Mixed {
    fn new(kinds: usize, pools: usize) -> Self {
        let (before, until, passing) = (vec![0; kinds], vec![0; kinds], vec![false; kinds]);
        Self { before, until, passing, spare: vec![0; pools], taken: vec![0; pools] }
    }

    /// Lets through what there is room for, of so many of each kind.
    fn pass(&mut self, kinds: &mut [Kind], coming: &[u64], room: &mut [u64]) {
        let all: u64 = coming.iter().sum();
        if let Some((kind, count)) = kinds.iter_mut().zip(coming).find(|(_, count)| **count == all) {
            let most =
                kind.takes.iter().filter_map(|take| Some(room.get(take.pool)? / u64::from(take.requests.max(1))));
            let served = most.min().map_or(all, |most| most.min(*count));
            kind.serve(served, room);
            kind.refuse(all - served, room);
            return;
        }
        self.before.fill(0);
        let mut done = 0;
        while done < all {
            // As many together as pass or do not pass like the next one; then the one that may change that.
            for count in [self.alike(kinds, coming, room, done), 1] {
                done = (done + count).min(all);
                first_of(coming, done, &mut self.until);
                for ((kind, before), until) in kinds.iter_mut().zip(&mut self.before).zip(&self.until) {
                    let mine = until - *before;
                    *before = *until;
                    if mine > 0 && kind.passes(room) {
                        kind.serve(mine, room);
                    } else if mine > 0 {
                        kind.refuse(mine, room);
                    }
                }
            }
        }
    }

    /// How many requests from `done` on are let through or refused without any pool becoming too empty for anybody.
    fn alike(&mut self, kinds: &[Kind], coming: &[u64], room: &[u64], done: u64) -> u64 {
        // A pool that is too empty for everybody already is asked no more.
        self.spare.fill(u64::MAX);
        for (passing, kind) in self.passing.iter_mut().zip(kinds) {
            *passing = kind.passes(room);
            for take in kind.takes.iter().filter(|take| take.fits(room)) {
                if let (Some(spare), Some(room)) = (self.spare.get_mut(take.pool), room.get(take.pool)) {
                    *spare = (*spare).min(room - u64::from(take.requests));
                }
            }
        }
        let (mut least, mut most) = (0, coming.iter().sum::<u64>() - done);
        // Mostly there is room for all.
        let mut next = most;
        while least < most {
            if self.fits(kinds, coming, done + next) {
                least = next;
            } else {
                most = next - 1;
            }
            next = least + (most - least).div_ceil(2);
        }
        least
    }

    fn fits(&mut self, kinds: &[Kind], coming: &[u64], until: u64) -> bool {
        first_of(coming, until, &mut self.until);
        self.taken.fill(0);
        let counts = self.before.iter().zip(&self.until).map(|(before, until)| until - before);
        for ((kind, count), _) in kinds.iter().zip(counts).zip(&self.passing).filter(|(_, passing)| **passing) {
            for take in kind.takes {
                if let Some(taken) = self.taken.get_mut(take.pool) {
                    *taken = taken.saturating_add(count.saturating_mul(take.requests.into()));
                }
            }
        }
        self.taken.iter().zip(&self.spare).all(|(taken, spare)| taken <= spare)
    }
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

    /// Found by the property below: a kind that does not ask in a second is no user of its pool.
    #[test]
    fn a_second_passes_once_for_a_pool_of_several_kinds() {
        let mut pools = [Pool { rate: Rate::per_second(2), bucket: Bucket::full(Timestamp::EPOCH) }];
        let takes = [Take { pool: 0, requests: 1 }];
        for (second, counts) in (0..).zip([[0, 9], [0, 0], [9, 0]]) {
            let mut kinds = counts.map(|count| Kind::new(&takes, count));
            assert!(each_by_itself(&mut pools, &mut kinds, Timestamp::EPOCH.after(Span::seconds(second))), "{second}");
            let end = Timestamp::EPOCH.after(Span::seconds(second + 1));
            assert_eq!(pools[0].bucket.as_of(end), pools[0].bucket, "{second}");
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
