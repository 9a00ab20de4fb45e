//! Requests on their way through the buckets they count in, second by second. Knows no remedy and no price.

use std::collections::VecDeque;

use crate::{
    arn::AccountId,
    clock::Timestamp,
    kms::{
        KeySpec,
        bucket::{Bucket, Rate},
        rate::RequestQuota,
        store::StoreId,
        throttle::{Charge, Payer},
    },
};

use super::{
    Lab, LabError,
    lab::{Flow, Known},
    meter::{Counts, Line, Raised, Slot},
    remedy::Feed,
    retry::{Cohort, Deal, Queue},
    together::{self, Pool, Take},
};

/// Requests of one kind from one account.
pub(super) struct Stream {
    pub account: AccountId,
    /// Whose the key is.
    pub owner: AccountId,
    pub operation: &'static str,
    pub spec: KeySpec,
    pub store: Option<StoreId>,
    pub totals: Counts,
    /// The served ones, by how long they waited.
    pub waited: Cohort,
    pub minutes: Vec<Minute>,
    /// Which of the feeds it is sent by.
    feed: usize,
    queue: Queue,
    /// What is sent in this second, by attempt.
    sent: Vec<Cohort>,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Minute {
    pub served: u64,
    /// Refused while their key store's quota was used up.
    pub store_lacked: u64,
}

/// Streams whose requests take the same, and what became of those of this second.
struct Alike {
    takes: Vec<Take>,
    streams: Vec<Stream>,
    fresh: u64,
    retried: u64,
    served: u64,
    /// For each take, how many were refused while it was too much.
    lacking: Vec<u64>,
}

/// A bucket, and its line in the making.
pub(super) struct Gauge {
    pub payer: Payer,
    pub quota: RequestQuota,
    rate: Rate,
    raised: Option<(u32, Rate)>,
    bucket: Bucket,
    line: Line,
    /// How many were sent in each minute.
    pub minutes: Vec<u64>,
}

/// Everything that has to do with each other by sharing buckets.
#[derive(Default)]
pub(super) struct Group {
    gauges: Vec<Gauge>,
    kinds: Vec<Alike>,
    /// The latest seconds, as many as it takes until the same kind begins again.
    seen: VecDeque<Second>,
    /// How many seconds were looked at millisecond by millisecond.
    looked_into: u32,
}

/// A second that was counted. One that begins like it ends like it.
struct Second {
    /// Which kind begins, how full the buckets are, and how many are sent of each kind.
    before: (u32, Vec<(Rate, Bucket)>, Vec<u64>),
    buckets: Vec<Bucket>,
    passed: Vec<(u64, Vec<u64>)>,
}

impl Stream {
    pub(super) fn new(lab: &Lab, flow: &Flow, known: &Known, feed: usize) -> Self {
        Self {
            account: flow.account,
            owner: flow.key_account.unwrap_or(flow.account),
            operation: known.operation,
            spec: known.spec,
            store: flow.key_store,
            totals: Counts::default(),
            waited: Cohort::default(),
            minutes: Vec::new(),
            feed,
            queue: Queue::new(lab.attempts),
            sent: Vec::new(),
        }
    }

    pub(super) fn totals(&self) -> Counts {
        Counts { waiting: self.queue.waiting(), waited_seconds: self.waited.waited_seconds(), ..self.totals }
    }

    /// What is sent in this second, for the first time and again.
    fn send(&mut self, feeds: &[Feed]) -> (u64, u64) {
        let fresh = feeds.get(self.feed).map_or(0, |feed| feed.fresh);
        let due = self.queue.due();
        let retried = due.iter().fold(0, |sum, cohort| sum + cohort.count());
        self.sent = [Cohort::fresh(fresh)].into_iter().chain(due).collect();
        self.totals.calls += fresh;
        self.totals.retried += retried;
        (fresh, retried)
    }

    /// Deals with what was served of it and what was not, of which it says how many those were.
    fn settle(&mut self, second: u32, served: &mut Deal, feeds: &mut [Feed]) -> u64 {
        let mut throttled = 0;
        if second.is_multiple_of(60) {
            self.minutes.push(Minute::default());
        }
        for (attempt, mut cohort) in (1..).zip(std::mem::take(&mut self.sent)) {
            let passed = cohort.deal(served);
            let (passing, refused) = (passed.count(), cohort.count());
            self.waited.add(&passed, 0);
            self.totals.served += passing;
            self.minutes.last_mut().into_iter().for_each(|minute| minute.served += passing);
            throttled += refused;
            if refused == 0 {
                continue;
            }
            if attempt == 1 {
                feeds.get_mut(self.feed).into_iter().for_each(|feed| feed.lack(refused));
            }
            if let Some(lost) = self.queue.wait(cohort, attempt) {
                self.totals.lost += lost.count();
            }
        }
        self.queue.turn();
        self.totals.throttled += throttled;
        throttled
    }
}

impl Alike {
    fn offered(&self) -> u64 {
        self.fresh + self.retried
    }

    fn send(&mut self, feeds: &[Feed]) {
        (self.fresh, self.retried) = (0, 0);
        for stream in &mut self.streams {
            let (fresh, retried) = stream.send(feeds);
            self.fresh += fresh;
            self.retried += retried;
        }
    }

    /// They come mixed, so each stream and each attempt is served in proportion.
    fn settle(&mut self, second: u32, of_store: Option<usize>, feeds: &mut [Feed]) {
        let offered = self.offered();
        let mut served = Deal::new(self.served, offered);
        let lacked = of_store.and_then(|at| self.lacking.get(at)).copied().unwrap_or_default();
        let mut lacked = Deal::new(lacked, offered - self.served);
        for stream in &mut self.streams {
            let throttled = stream.settle(second, &mut served, feeds);
            let lacked = lacked.of(throttled);
            stream.minutes.last_mut().into_iter().for_each(|minute| minute.store_lacked += lacked);
        }
    }

    /// What it takes out of that bucket: how much each, and how many lacked it.
    fn of(&self, pool: usize) -> Option<(u64, u64)> {
        let take = self.takes.iter().zip(&self.lacking).find(|(take, _)| take.pool == pool);
        take.map(|(take, lacking)| (take.requests.into(), *lacking))
    }
}

impl Gauge {
    fn new(lab: &Lab, Charge { payer, quota, .. }: Charge) -> Result<Self, LabError> {
        let (Payer::Account { region, .. } | Payer::Store { region, .. }) = payer;
        let rate = quota.rate(lab.rules, region);
        let for_it = |increase: &super::lab::Increase| match payer {
            Payer::Account { account, .. } => increase.account.is_none_or(|of| of == account),
            Payer::Store { .. } => false,
        };
        let raised = lab.raised()?.filter(|(of, there, _)| (*of, *there) == (quota, region));
        let raised = lab.increase.filter(for_it).zip(raised);
        let raised = raised.map(|(increase, (_, _, rate))| (increase.after_seconds, rate));
        let line = Line {
            payer,
            quota,
            per_second: rate.to_string(),
            raised: raised.map(|(second, rate)| Raised { second, per_second: rate.to_string() }),
            totals: Counts::default(),
            exceeded: 0,
            peak: 0,
            throttled_seconds: 0,
            first_throttled: None,
            waits: None,
            slots: Vec::new(),
        };
        Ok(Self { payer, quota, rate, raised, bucket: Bucket::full(Timestamp::EPOCH), line, minutes: Vec::new() })
    }

    pub(super) fn rate_in(&self, second: u32) -> Rate {
        self.raised.filter(|(from, _)| second >= *from).map_or(self.rate, |(_, raised)| raised)
    }

    /// Writes down a second.
    fn note(&mut self, second: u32, slot_seconds: u32, seen: Slot, exceeded: u64) {
        let line = &mut self.line;
        line.peak = line.peak.max(seen.peak);
        line.exceeded += exceeded;
        if seen.throttled > 0 {
            line.throttled_seconds += 1;
            line.first_throttled = line.first_throttled.or(Some(second));
        }
        if second.is_multiple_of(slot_seconds) {
            line.slots.push(Slot { second, ..Slot::default() });
        }
        if let Some(slot) = line.slots.last_mut() {
            slot.seconds += 1;
            slot.calls += seen.calls;
            slot.retried += seen.retried;
            slot.served += seen.served;
            slot.throttled += seen.throttled;
            slot.peak = slot.peak.max(seen.peak);
        }
        if second.is_multiple_of(60) {
            self.minutes.push(0);
        }
        self.minutes.last_mut().into_iter().for_each(|sent| *sent += seen.peak);
    }
}

/// So many seconds may be looked at millisecond by millisecond; about half a millisecond each in wasm.
pub(super) const MOST_LOOKED_INTO: u32 = 1_800;

impl Group {
    /// Puts together what shares buckets.
    pub(super) fn all(lab: &Lab, streams: Vec<(Stream, Vec<Charge>)>) -> Result<Vec<Self>, LabError> {
        let mut groups: Vec<Self> = Vec::new();
        for (stream, charges) in streams {
            let counts_here = |group: &Self| charges.iter().any(|charge| group.pool(*charge).is_some());
            let (shared, mut others): (Vec<Self>, Vec<Self>) = groups.into_iter().partition(counts_here);
            let mut group = shared.into_iter().reduce(Self::join).unwrap_or_default();
            group.admit(lab, stream, charges)?;
            others.push(group);
            groups = others;
        }
        Ok(groups)
    }

    fn pool(&self, charge: Charge) -> Option<usize> {
        self.gauges.iter().position(|gauge| (gauge.payer, gauge.quota) == (charge.payer, charge.quota))
    }

    fn join(mut self, other: Self) -> Self {
        let before = self.gauges.len();
        self.gauges.extend(other.gauges);
        self.kinds.extend(other.kinds.into_iter().map(|mut kind| {
            kind.takes.iter_mut().for_each(|take| take.pool += before);
            kind
        }));
        self
    }

    fn admit(&mut self, lab: &Lab, stream: Stream, charges: Vec<Charge>) -> Result<(), LabError> {
        let mut takes = Vec::with_capacity(charges.len());
        for charge in charges {
            let pool = self.pool(charge).unwrap_or(self.gauges.len());
            if pool == self.gauges.len() {
                self.gauges.push(Gauge::new(lab, charge)?);
            }
            takes.push(Take { pool, requests: charge.requests });
        }
        match self.kinds.iter_mut().find(|kind| kind.takes == takes) {
            Some(kind) => kind.streams.push(stream),
            None => {
                let lacking = vec![0; takes.len()];
                self.kinds.push(Alike { takes, streams: vec![stream], fresh: 0, retried: 0, served: 0, lacking });
            }
        }
        Ok(())
    }

    /// How many seconds were looked at millisecond by millisecond.
    pub(super) fn looked_into(&self) -> u32 {
        self.looked_into
    }

    /// A second passes.
    pub(super) fn pass(&mut self, second: u32, slot_seconds: u32, feeds: &mut [Feed]) {
        self.kinds.iter_mut().for_each(|kind| kind.send(feeds));
        let (buckets, passed) = self.served(second);
        for (gauge, bucket) in self.gauges.iter_mut().zip(buckets) {
            gauge.bucket = bucket;
        }
        for (kind, (served, lacking)) in self.kinds.iter_mut().zip(passed) {
            (kind.served, kind.lacking) = (served, lacking);
            let is_store = |take: &Take| {
                self.gauges.get(take.pool).is_some_and(|gauge| matches!(gauge.payer, Payer::Store { .. }))
            };
            kind.settle(second, kind.takes.iter().position(is_store), feeds);
        }
        for (at, gauge) in self.gauges.iter_mut().enumerate() {
            let (mut seen, mut exceeded) = (Slot::default(), 0);
            for (kind, (requests, lacking)) in self.kinds.iter().filter_map(|kind| Some((kind, kind.of(at)?))) {
                seen.calls += kind.fresh * requests;
                seen.retried += kind.retried * requests;
                seen.served += kind.served * requests;
                seen.throttled += (kind.offered() - kind.served) * requests;
                seen.peak += kind.offered() * requests;
                exceeded += lacking * requests;
            }
            gauge.note(second, slot_seconds, seen, exceeded);
        }
        // They take turns at beginning, each before and after each other one as often.
        self.kinds.reverse();
        if second % 2 == 1 && !self.kinds.is_empty() {
            self.kinds.rotate_left(1);
        }
    }

    /// What the buckets become in a second, and how many of each kind pass and lack what. Every second is counted as if it
    /// were the first.
    fn served(&mut self, second: u32) -> (Vec<Bucket>, Vec<(u64, Vec<u64>)>) {
        let turns = self.kinds.len().saturating_mul(2).max(1);
        let turn = second % u32::try_from(turns).unwrap_or(u32::MAX);
        let full = self.gauges.iter().map(|gauge| (gauge.rate_in(second), gauge.bucket)).collect();
        let before = (turn, full, self.kinds.iter().map(Alike::offered).collect::<Vec<u64>>());
        if let Some(seen) = self.seen.iter().find(|seen| seen.before == before) {
            return (seen.buckets.clone(), seen.passed.clone());
        }
        let pool = |(rate, bucket): &(Rate, Bucket)| Pool { rate: *rate, bucket: *bucket };
        let mut pools: Vec<Pool> = before.1.iter().map(pool).collect();
        let mut sent: Vec<together::Kind> =
            self.kinds.iter().map(|kind| together::Kind::new(&kind.takes, kind.offered())).collect();
        self.looked_into += u32::from(together::pass(&mut pools, &mut sent, Timestamp::EPOCH));
        let passed: Vec<(u64, Vec<u64>)> = sent.into_iter().map(|kind| (kind.served, kind.lacking)).collect();
        let buckets: Vec<Bucket> = pools.into_iter().map(|pool| pool.bucket.as_of(Timestamp::EPOCH)).collect();
        self.seen.truncate(turns - 1);
        self.seen.push_front(Second { before, buckets: buckets.clone(), passed: passed.clone() });
        (buckets, passed)
    }

    pub(super) fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.kinds.iter().flat_map(|kind| &kind.streams)
    }

    pub(super) fn gauges(&self) -> impl Iterator<Item = &Gauge> {
        self.gauges.iter()
    }

    /// Its lines, with what all their requests add up to.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        self.gauges.iter().enumerate().map(|(at, gauge)| {
            let (mut totals, mut waited) = (Counts::default(), Cohort::default());
            for kind in &self.kinds {
                let Some(take) = kind.takes.iter().find(|take| take.pool == at) else { continue };
                for stream in &kind.streams {
                    totals = totals.plus(stream.totals().times(take.requests));
                    waited.add(&stream.waited.times(take.requests), 0);
                }
            }
            Line { totals, waits: waited.waits(), ..gauge.line.clone() }
        })
    }
}
