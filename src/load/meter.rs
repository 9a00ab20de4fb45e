//! What comes of a lab: counted in whole, and over time for each account and quota.

use serde::Serialize;

use crate::kms::{rate::RequestQuota, throttle::Payer};

use super::{
    Lab, LabError, Waits,
    cloudwatch::{self, Metric},
    cost::{Cost, Used},
    lab::MOST_SECONDS,
    remedy::{Feed, Share},
    retry::Cohort,
    traffic::{Group, MOST_LOOKED_INTO, Stream},
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
    /// How long the served ones had waited; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<Waits>,
    /// One for each quota that anybody counts in, of an account in a Region or of a custom key store.
    pub lines: Vec<Line>,
    pub metrics: Vec<Metric>,
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

/// Requests that count together, each as often as it counts. One that counts in several quotas is in the line of each.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    #[serde(flatten)]
    pub payer: Payer,
    pub quota: RequestQuota,
    /// As AWS writes it, for example `0.25`.
    pub per_second: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raised: Option<Raised>,
    pub totals: Counts,
    /// For how many of the throttled ones this quota had no room. The others lacked another in which they count too.
    pub exceeded: u64,
    /// The most that were sent in one second, for the first time or again.
    pub peak: u64,
    /// In how many seconds some were refused, and which of them was the first.
    pub throttled_seconds: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_throttled: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<Waits>,
    pub slots: Vec<Slot>,
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

/// So many slots at most; the shortest of these lengths that will do, in seconds.
const MOST_SLOTS: u32 = 300;
const SLOT_LENGTHS: [u32; 10] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];

/// Counts a lab's traffic.
///
/// # Errors
///
/// When some member of the lab is none that is possible.
pub fn measure(lab: &Lab) -> Result<Meter, LabError> {
    measure_within(lab, MOST_LOOKED_INTO)
}

/// The same, with so many seconds at most that may be looked into.
pub(super) fn measure_within(lab: &Lab, most_looked_into: u32) -> Result<Meter, LabError> {
    lab.check()?;
    let course = lab.arrivals.course()?;
    let seconds = lab.seconds.or(course.seconds()).unwrap_or(3_600).min(MOST_SECONDS);
    let flows: Vec<_> = lab.mix.iter().filter(|flow| flow.weight > 0).collect();
    let mut weights = flows.iter().fold(0, |sum, flow| sum + flow.weight);
    let (mut feeds, mut streams): (Vec<Feed>, Vec<_>) = (Vec::new(), Vec::new());
    for flow in flows {
        let known = flow.known(lab.region)?;
        streams.push((Stream::new(lab, flow, &known, feeds.len()), known.charges));
        feeds.push(Feed::new(lab, known.through, Share::new(flow.weight, weights)));
        weights -= flow.weight;
    }
    let mut groups = Group::all(lab, streams)?;

    let slot_seconds = SLOT_LENGTHS.into_iter().find(|length| seconds.div_ceil(*length) <= MOST_SLOTS).unwrap_or(600);
    let mut asked: u64 = 0;
    for second in 0..seconds {
        let arriving = course.at(second, seconds);
        asked += arriving;
        let mut left = arriving;
        for feed in &mut feeds {
            left -= feed.send(second, left);
        }
        for group in &mut groups {
            group.pass(second, slot_seconds, &mut feeds);
            if group.looked_into() > most_looked_into {
                return Err(LabError::TooMixed);
            }
        }
    }
    let (mut totals, mut waited, mut used) = (Counts::default(), Cohort::default(), Vec::new());
    for stream in groups.iter().flat_map(Group::streams) {
        let counts = stream.totals();
        totals = totals.plus(counts);
        waited.add(&stream.waited, 0);
        let Stream { account, operation, spec, .. } = *stream;
        used.push(Used { account, operation, spec, requests: counts.served });
    }
    let mut lines: Vec<Line> = groups.iter().flat_map(Group::lines).collect();
    lines.sort_by_key(|line| (line.payer, line.quota));
    let (metrics, cost) = (cloudwatch::metrics(lab, &groups), Cost::of(lab.keys, lab.runs_a_month, seconds, &used));
    Ok(Meter { seconds, slot_seconds, asked, totals, waits: waited.waits(), lines, metrics, cost })
}

impl Counts {
    pub(super) fn plus(self, other: Self) -> Self {
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

    pub(super) fn times(self, times: u32) -> Self {
        let times = u64::from(times);
        Self {
            calls: self.calls * times,
            retried: self.retried * times,
            served: self.served * times,
            throttled: self.throttled * times,
            lost: self.lost * times,
            waiting: self.waiting * times,
            waited_seconds: self.waited_seconds * times,
        }
    }

    /// How long a served request waited on average, in milliseconds.
    pub fn mean_wait_millis(&self) -> u64 {
        let millis = u128::from(self.waited_seconds) * 1000 / u128::from(self.served.max(1));
        u64::try_from(millis).unwrap_or(u64::MAX)
    }
}
