//! Requests are counted, if a world is told to: a bucket for each account, Region and request quota, and one for each
//! custom key store.

use imbl::OrdMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    arn::{AccountId, Region},
    kms::{
        bucket::{Bucket, Rate},
        rate::RequestQuota,
        store::StoreId,
        world::World,
    },
};

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Payer {
    /// The caller's account, whoever owns the key.
    Account { account: AccountId, region: Region },
    /// All accounts together, for the keys in a custom key store.
    Store { store: StoreId, region: Region },
}

/// What one request takes out of one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Charge {
    pub payer: Payer,
    pub quota: RequestQuota,
    pub requests: u32,
}

/// A charge, and how full its bucket was then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Charged {
    #[serde(flatten)]
    pub payer: Payer,
    pub quota: RequestQuota,
    /// How many requests it counted as.
    pub requests: u32,
    /// How many the bucket had room for before it.
    pub room: u64,
    /// Whether that was enough.
    pub passed: bool,
}

/// The buckets that are not full.
#[derive(Clone, Default, PartialEq)]
pub struct Buckets(OrdMap<(Payer, RequestQuota), Bucket>);

/// Stored as a list.
impl Serialize for Buckets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl<'de> Deserialize<'de> for Buckets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let buckets = Vec::<((Payer, RequestQuota), Bucket)>::deserialize(deserializer)?;
        Ok(Self(buckets.into_iter().collect()))
    }
}

/// Whether a world counts requests, and what it counted.
#[derive(Clone, Default, Deserialize, Serialize)]
pub struct Throttling {
    /// Absent where requests are not counted.
    buckets: Option<Buckets>,
}

impl Throttling {
    fn is_on(&self) -> bool {
        self.buckets.is_some()
    }

    /// From now on every bucket is full, if requests are counted at all.
    pub(super) fn turn(&mut self, on: bool) {
        if self.is_on() != on {
            self.buckets = on.then(Buckets::default);
        }
    }
}

impl World {
    /// How many requests a second that bucket lets through.
    pub fn rate(&self, payer: Payer, quota: RequestQuota) -> Rate {
        match payer {
            Payer::Account { account, region } => self.account_rate(quota, account, region),
            Payer::Store { region, .. } => quota.rate(self.rules(), region),
        }
    }

    /// Takes what a request costs out of every bucket that it counts in, or out of none if one has not enough. Says of
    /// each how full it was; nothing where requests are not counted.
    pub fn charge(&mut self, charges: &[Charge]) -> Vec<Charged> {
        let Some(Buckets(buckets)) = &self.throttling.buckets else { return Vec::new() };
        let now = self.now;
        let mut left = Vec::with_capacity(charges.len());
        let mut charged = Vec::with_capacity(charges.len());
        for Charge { payer, quota, requests } in charges.iter().copied() {
            let rate = self.rate(payer, quota);
            let bucket = buckets.get(&(payer, quota)).copied().unwrap_or(Bucket::full(now));
            let after = bucket.take(rate, now, requests);
            left.extend(after.map(|after| ((payer, quota), after)));
            let (room, passed) = (bucket.requests(rate, now), after.is_some());
            charged.push(Charged { payer, quota, requests, room, passed });
        }
        if charged.iter().all(|charged| charged.passed)
            && let Some(Buckets(buckets)) = &mut self.throttling.buckets
        {
            for (of, bucket) in left {
                buckets.insert(of, bucket);
            }
        }
        charged
    }

    /// Takes over what another world, which came from this one, has counted.
    pub fn count_as(&mut self, other: Self) {
        self.throttling = other.throttling;
    }

    /// Whether requests are counted.
    pub fn throttles(&self) -> bool {
        self.throttling.is_on()
    }

    /// Forgets the buckets that have filled up.
    pub(super) fn forget_full_buckets(&mut self) {
        let Some(Buckets(buckets)) = &self.throttling.buckets else { return };
        let lacking = |&(&(payer, quota), bucket): &(&(Payer, RequestQuota), &Bucket)| {
            !bucket.is_full(self.rate(payer, quota), self.now)
        };
        let lacking: OrdMap<_, _> = buckets.iter().filter(lacking).map(|(of, bucket)| (*of, *bucket)).collect();
        if lacking.len() != buckets.len() {
            self.throttling.buckets = Some(Buckets(lacking));
        }
    }

    /// Every bucket that lacks something, with how many requests it lets through now.
    pub fn meters(&self) -> impl Iterator<Item = (Payer, RequestQuota, u64)> {
        let buckets = self.throttling.buckets.iter().flat_map(|Buckets(buckets)| buckets);
        buckets.map(|((payer, quota), bucket)| (*payer, *quota, bucket.requests(self.rate(*payer, *quota), self.now)))
    }
}
