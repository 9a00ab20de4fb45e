//! What comes of a lab: counted in whole, and over time for each account and quota.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    arn::AccountId,
    clock::{Span, Timestamp},
    kms::{
        bucket::{Bucket, Rate},
        rate::RequestQuota,
    },
};

use super::{
    Lab, LabError,
    cost::{Cost, Used},
    lab::{Known, MOST_SECONDS, Through},
    remedy::{Caches, Share},
    retry::{Cohort, Queue},
};

/// Everything that was counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Meter {
    pub seconds: u32,
    /// How long a slot of a line is, but for the last.
    pub slot_seconds: u32,
    /// What was wanted, before anything was spared: views, new objects, calls.
    pub asked: u64,
    pub totals: Counts,
    /// One for each account and quota that anybody counts in.
    pub lines: Vec<Line>,
    pub cost: Cost,
}

/// Requests to KMS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Those that were sent for the first time.
    pub calls: u64,
    /// Those that were sent once more.
    pub retried: u64,
    pub served: u64,
    /// Those that were answered with ThrottlingException.
    pub throttled: u64,
    /// Those that nobody sent again after that.
    pub lost: u64,
    /// Those that are to be sent again after the end.
    pub waiting: u64,
    /// For how long the served ones had been waiting, all together, in seconds.
    pub waited_seconds: u64,
}

/// One account's requests that count together.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub account: AccountId,
    pub quota: RequestQuota,
    /// As AWS writes it, for example `0.25`.
    pub per_second: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raised: Option<Raised>,
    pub totals: Counts,
    /// The most that were sent in one second, for the first time or again.
    pub peak: u64,
    /// In how many seconds some were refused, and which of them was the first.
    pub throttled_seconds: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_throttled: Option<u32>,
    pub slots: Vec<Slot>,
    /// As CloudWatch has them, a row for each minute (namespace AWS/Usage, sums).
    pub minutes: Vec<Minute>,
}

/// The quota from some second on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Raised {
    pub second: u32,
    pub per_second: String,
}

/// What was sent in some seconds, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Slot {
    /// The first of them, from 0.
    pub second: u32,
    pub seconds: u32,
    pub calls: u64,
    pub retried: u64,
    pub served: u64,
    pub throttled: u64,
    /// The most that were sent in one of them.
    pub peak: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Minute {
    pub call_count: u64,
    pub throttle_count: u64,
}

/// So many slots at most; the shortest of these lengths that will do, in seconds.
const MOST_SLOTS: u32 = 300;
const SLOT_LENGTHS: [u32; 10] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];

/// Counts a lab's traffic.
///
/// # Errors
///
/// When some member of the lab is none that is possible.
pub fn measure(lab: &Lab) -> Result<Meter, LabError> {
    lab.check()?;
    let course = lab.arrivals.course()?;
    let seconds = lab.seconds.or(course.seconds()).unwrap_or(3_600).min(MOST_SECONDS);
    let mut streams = Vec::new();
    for flow in lab.mix.iter().filter(|flow| flow.weight > 0) {
        streams.push(Stream { account: flow.account, known: flow.known()?, weight: flow.weight, calls: 0 });
    }
    let mut states = lines(lab, &streams)?;
    let mut feeds: Vec<Feed> = Vec::new();
    let mut weights = streams.iter().fold(0, |sum, stream| sum + stream.weight);
    for stream in &streams {
        let of = |state: &State| state.account == stream.account && state.quota == stream.known.quota;
        let line = states.iter().position(of).unwrap_or_default();
        feeds.push(Feed::new(lab, stream.known.through, Share::new(stream.weight, weights), line));
        weights -= stream.weight;
    }

    let slot_seconds = SLOT_LENGTHS.into_iter().find(|length| seconds.div_ceil(*length) <= MOST_SLOTS).unwrap_or(600);
    let mut asked: u64 = 0;
    for second in 0..seconds {
        let arriving = course.at(second, seconds);
        asked += arriving;
        let mut left = arriving;
        for (stream, feed) in streams.iter_mut().zip(&mut feeds) {
            let mine = feed.of_the_rest.of(left);
            left -= mine;
            let calls = feed.calls(second, mine);
            stream.calls += calls;
            if let Some(state) = states.get_mut(feed.line) {
                state.fresh += calls;
            }
        }
        for state in &mut states {
            state.pass(second, slot_seconds);
        }
    }
    let totals = states.iter().fold(Counts::default(), |sum, state| sum.plus(state.done()));
    let used = used(&streams, &states);
    let lines = states.into_iter().map(State::finish).collect();
    let cost = Cost::of(lab.keys, lab.runs_a_month, seconds, &used);
    Ok(Meter { seconds, slot_seconds, asked, totals, lines, cost })
}

/// What falls to the first `parts` of `of` parts.
fn part(count: u64, parts: u64, of: u64) -> u64 {
    let share = u128::from(count) * u128::from(parts) / u128::from(of.max(1));
    u64::try_from(share).unwrap_or(u64::MAX)
}

/// Requests of one kind from one account.
struct Stream {
    account: AccountId,
    known: Known,
    weight: u32,
    calls: u64,
}

/// What a stream goes through before it is a request to KMS, and the line that this counts in.
struct Feed {
    /// Its part of what the streams before it have left.
    of_the_rest: Share,
    /// What a CDN and Bucket Keys let through, of a hundred.
    shares: Vec<Share>,
    caches: Option<Caches>,
    line: usize,
}

impl Feed {
    fn new(lab: &Lab, through: Through, of_the_rest: Share, line: usize) -> Self {
        let cdn = lab.cdn.filter(|_| through == Through::View).map(|cdn| cdn.hit_percent);
        let of_s3 = matches!(through, Through::View | Through::Put);
        let saved = lab.bucket_key.filter(|_| of_s3).map(|key| key.saved_percent);
        let shares = cdn.into_iter().chain(saved).map(|percent| Share::new(100_u32.saturating_sub(percent), 100));
        let caches = lab.data_key_cache.filter(|_| through == Through::DataKeys).map(Caches::new);
        Self { of_the_rest, shares: shares.collect(), caches, line }
    }

    fn calls(&mut self, second: u32, wanted: u64) -> u64 {
        let let_through = self.shares.iter_mut().fold(wanted, |count, share| share.of(count));
        match &mut self.caches {
            Some(caches) => caches.calls(second, let_through),
            None => let_through,
        }
    }
}

/// A line in the making.
struct State {
    account: AccountId,
    quota: RequestQuota,
    rate: Rate,
    raised: Option<(u32, Rate)>,
    bucket: Bucket,
    queue: Queue,
    /// What is sent for the first time in this second.
    fresh: u64,
    line: Line,
}

/// A line for each account and quota.
fn lines(lab: &Lab, streams: &[Stream]) -> Result<Vec<State>, LabError> {
    let raised = lab.raised()?;
    let keys: BTreeMap<(AccountId, RequestQuota), ()> =
        streams.iter().map(|stream| ((stream.account, stream.known.quota), ())).collect();
    let line = |(account, quota): (AccountId, RequestQuota)| {
        let rate = quota.rate(lab.rules, lab.region);
        let for_it = |increase: &super::lab::Increase| increase.account.is_none_or(|of| of == account);
        let increase = lab.increase.filter(for_it).zip(raised.filter(|(of, _)| *of == quota));
        let raised = increase.map(|(increase, (_, rate))| (increase.after_seconds, rate));
        let line = Line {
            account,
            quota,
            per_second: rate.to_string(),
            raised: raised.map(|(second, rate)| Raised { second, per_second: rate.to_string() }),
            totals: Counts::default(),
            peak: 0,
            throttled_seconds: 0,
            first_throttled: None,
            slots: Vec::new(),
            minutes: Vec::new(),
        };
        let (bucket, queue) = (Bucket::full(Timestamp::EPOCH), Queue::new(lab.attempts));
        State { account, quota, rate, raised, bucket, queue, fresh: 0, line }
    };
    Ok(keys.into_keys().map(line).collect())
}

impl State {
    /// A second passes.
    fn pass(&mut self, second: u32, slot_seconds: u32) {
        let rate = self.raised.map_or(self.rate, |(from, raised)| if second >= from { raised } else { self.rate });
        let fresh = std::mem::take(&mut self.fresh);
        let again = self.queue.due();
        let retried = again.iter().fold(0, |sum, cohort| sum + cohort.count);
        let offered = fresh + retried;
        let start = Timestamp::EPOCH.after(Span::seconds(second));
        let served = self.bucket.take_evenly(rate, start, offered);
        let throttled = offered - served;

        let totals = &mut self.line.totals;
        // They come mixed, so each part of them is served in proportion.
        let mut up_to: u64 = 0;
        let mut dealt: u64 = 0;
        for (attempt, mut cohort) in (1..).zip([Cohort { count: fresh, waited: 0 }].into_iter().chain(again)) {
            up_to += cohort.count;
            let so_far = part(served, up_to, offered);
            let passed = cohort.split(so_far - dealt);
            dealt = so_far;
            totals.waited_seconds += passed.waited;
            if cohort.count > 0
                && let Some(lost) = self.queue.wait(cohort, attempt)
            {
                totals.lost += lost.count;
            }
        }
        self.queue.turn();
        totals.calls += fresh;
        totals.retried += retried;
        totals.served += served;
        totals.throttled += throttled;
        self.line.peak = self.line.peak.max(offered);
        if throttled > 0 {
            self.line.throttled_seconds += 1;
            self.line.first_throttled = self.line.first_throttled.or(Some(second));
        }
        if second.is_multiple_of(slot_seconds) {
            self.line.slots.push(Slot { second, ..Slot::default() });
        }
        if let Some(slot) = self.line.slots.last_mut() {
            slot.seconds += 1;
            slot.calls += fresh;
            slot.retried += retried;
            slot.served += served;
            slot.throttled += throttled;
            slot.peak = slot.peak.max(offered);
        }
        if second.is_multiple_of(60) {
            self.line.minutes.push(Minute::default());
        }
        if let Some(minute) = self.line.minutes.last_mut() {
            minute.call_count += offered;
            minute.throttle_count += throttled;
        }
    }

    fn done(&self) -> Counts {
        Counts { waiting: self.queue.waiting(), ..self.line.totals }
    }

    fn finish(self) -> Line {
        Line { totals: self.done(), ..self.line }
    }
}

impl Counts {
    fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            retried: self.retried + other.retried,
            served: self.served + other.served,
            throttled: self.throttled + other.throttled,
            lost: self.lost + other.lost,
            waiting: self.waiting + other.waiting,
            waited_seconds: self.waited_seconds + other.waited_seconds,
        }
    }

    /// How long a served request waited on average, in milliseconds.
    pub fn mean_wait_millis(&self) -> u64 {
        let millis = u128::from(self.waited_seconds) * 1000 / u128::from(self.served.max(1));
        u64::try_from(millis).unwrap_or(u64::MAX)
    }
}

/// How many requests of each kind were served, in proportion to what was sent of them.
fn used(streams: &[Stream], states: &[State]) -> Vec<Used> {
    let mut used = Vec::new();
    for state in states {
        let mine = |stream: &&Stream| (stream.account, stream.known.quota) == (state.account, state.quota);
        let calls = streams.iter().filter(mine).fold(0, |sum, stream| sum + stream.calls);
        let mut up_to: u64 = 0;
        let mut dealt: u64 = 0;
        for stream in streams.iter().filter(mine) {
            up_to += stream.calls;
            let so_far = part(state.line.totals.served, up_to, calls);
            let Known { operation, spec, .. } = stream.known;
            used.push(Used { account: stream.account, operation, spec, requests: so_far - dealt });
            dealt = so_far;
        }
    }
    used
}
