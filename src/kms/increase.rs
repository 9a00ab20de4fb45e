//! Quotas are raised for those who ask: a request to AWS, and some time later there is room for more.
//!
//! Which quotas AWS raises is in the Developer Guide, "Resource quotas" and "Request quotas".

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    arn::{AccountId, NotAName, Region, serde_as_text},
    clock::{Span, Timestamp},
    kms::{
        bucket::Rate,
        event::{About, Event, EventKind},
        quota::Quota,
        rate::RequestQuota,
        world::World,
    },
};

/// How long a request for more waits. AWS names no time; this is the program's choice.
const WAIT: Span = Span::days(2);

/// A quota that AWS raises for an account in a Region.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Adjustable {
    Resource(Quota),
    Request(RequestQuota),
}

impl Adjustable {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let resources = Quota::ALL.into_iter().filter(|quota| quota.is_adjustable()).map(Self::Resource);
        resources.chain(RequestQuota::all().filter(|quota| quota.is_adjustable()).map(Self::Request))
    }
}

impl fmt::Display for Adjustable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource(quota) => f.write_str(quota.as_str()),
            Self::Request(quota) => quota.fmt(f),
        }
    }
}

impl FromStr for Adjustable {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let found = Self::all().find(|quota| quota.to_string() == text);
        found.ok_or(NotAName { expected: "a quota that AWS raises, such as `CreateKey request rate`" })
    }
}

serde_as_text!(Adjustable);

/// What somebody asks for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Increase {
    pub account: AccountId,
    pub region: Region,
    pub quota: Adjustable,
    /// So many, or so many requests a second. Less than there is raises nothing.
    pub to: u32,
}

/// What was raised, and what is asked for.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(super) struct Increases {
    raised: Vec<Increase>,
    /// With the moment at which it is granted.
    asked: Vec<(Timestamp, Increase)>,
}

impl Increases {
    /// The highest figure that an account was given.
    fn figure(&self, account: AccountId, region: Region, quota: Adjustable) -> Option<u32> {
        let of = |increase: &&Increase| (increase.account, increase.region, increase.quota) == (account, region, quota);
        self.raised.iter().filter(of).map(|increase| increase.to).max()
    }
}

impl World {
    /// How many of it there may be, if that has a limit.
    pub fn most(&self, quota: Quota, account: AccountId, region: Region) -> Option<u32> {
        let usual = quota.most(self.rules())?;
        Some(self.increases.figure(account, region, Adjustable::Resource(quota)).map_or(usual, |most| most.max(usual)))
    }

    /// How many requests a second an account may send in a Region.
    pub fn account_rate(&self, quota: RequestQuota, account: AccountId, region: Region) -> Rate {
        let usual = quota.rate(self.rules(), region);
        let raised = self.increases.figure(account, region, Adjustable::Request(quota));
        raised.map_or(usual, |requests| Rate::per_second(requests).max(usual))
    }

    /// Asks for more, which comes later.
    pub(super) fn ask_for(&mut self, increase: Increase) {
        Arc::make_mut(&mut self.increases).asked.push((self.now.after(WAIT), increase));
    }

    /// When something that was asked for is granted.
    pub(super) fn grants_due(&self) -> impl Iterator<Item = Timestamp> {
        self.increases.asked.iter().map(|(at, _)| *at)
    }

    /// Grants what is due by now.
    pub(super) fn grant_increases(&mut self) -> Vec<Event> {
        let now = self.now;
        let due: Vec<Increase> =
            self.increases.asked.iter().filter(|(at, _)| *at <= now).map(|(_, increase)| *increase).collect();
        if due.is_empty() {
            return Vec::new();
        }
        let increases = Arc::make_mut(&mut self.increases);
        increases.asked.retain(|(at, _)| *at > now);
        for increase in &due {
            let Increase { account, region, quota, .. } = *increase;
            increases.raised.retain(|other| {
                (other.account, other.region, other.quota) != (account, region, quota) || other.to > increase.to
            });
            increases.raised.push(*increase);
        }
        let raised = |Increase { account, region, quota, to }| Event {
            at: now,
            about: About::Account(account, region),
            kind: EventKind::QuotaRaised { quota, to },
        };
        due.into_iter().map(raised).collect()
    }
}
