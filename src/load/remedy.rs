//! What keeps requests from KMS, exactly: a share of them, or all for which a data key is kept.

use super::{
    Lab,
    lab::{DataKeyCache, Through},
    retry::Deal,
};

/// What a stream of requests goes through before it is one to KMS.
pub(super) struct Feed {
    /// Its part of what the streams before it have left.
    of_the_rest: Share,
    /// What a CDN and Bucket Keys let through, of a hundred.
    shares: Vec<Share>,
    caches: Option<Caches>,
    /// What it sends to KMS in this second, for the first time.
    pub fresh: u64,
}

impl Feed {
    pub(super) fn new(lab: &Lab, through: Through, of_the_rest: Share) -> Self {
        let cdn = lab.cdn.filter(|_| through == Through::View).map(|cdn| cdn.hit_percent);
        let of_s3 = matches!(through, Through::View | Through::Put);
        let saved = lab.bucket_key.filter(|_| of_s3).map(|key| key.saved_percent);
        let shares = cdn.into_iter().chain(saved).map(|percent| Share::new(100_u32.saturating_sub(percent), 100));
        let caches = lab.data_key_cache.filter(|_| through == Through::DataKeys).map(Caches::new);
        Self { of_the_rest, shares: shares.collect(), caches, fresh: 0 }
    }

    /// Takes its part out of what is left of a second's arrivals, and says how much that was.
    pub(super) fn send(&mut self, second: u32, left: u64) -> u64 {
        let mine = self.of_the_rest.of(left);
        let let_through = self.shares.iter_mut().fold(mine, |count, share| share.of(count));
        self.fresh = match &mut self.caches {
            Some(caches) => caches.calls(second, let_through),
            None => let_through,
        };
        mine
    }

    /// So many of what it sent last were refused.
    pub(super) fn lack(&mut self, refused: u64) {
        self.caches.iter_mut().for_each(|caches| caches.lack(refused));
    }
}

/// Takes so many parts out of a whole, as evenly as whole numbers can, and never loses one.
#[derive(Clone, Copy)]
pub(super) struct Share {
    parts: u64,
    of: u64,
    /// What the parts so far left over, in parts.
    rest: u64,
}

impl Share {
    /// INVARIANT: `parts` is not more than `of`, both below 2^32.
    pub(super) fn new(parts: u32, of: u32) -> Self {
        Self { parts: parts.into(), of: u64::from(of.max(1)), rest: 0 }
    }

    /// What falls to it of the next `count`.
    pub(super) fn of(&mut self, count: u64) -> u64 {
        let wanted = u128::from(count) * u128::from(self.parts) + u128::from(self.rest);
        let of = u128::from(self.of);
        self.rest = u64::try_from(wanted % of).unwrap_or_default();
        u64::try_from(wanted / of).unwrap_or(u64::MAX)
    }
}

/// The caches of several machines, which get messages in turn.
pub(super) struct Caches {
    /// How many messages a data key is for.
    messages: u64,
    max_age: u32,
    hosts: Vec<Host>,
}

/// The data key of one machine: for how many more messages, until which second, and how many were asked for last.
#[derive(Clone)]
struct Host {
    share: Share,
    left: u64,
    until: u32,
    asked: u64,
}

impl Caches {
    pub(super) fn new(cache: DataKeyCache) -> Self {
        let by_bytes = cache.max_bytes.checked_div(cache.message_bytes).unwrap_or(u64::MAX).max(1);
        let host = |nth: u32| {
            let mut share = Share::new(1, cache.hosts);
            share.rest = u64::from(nth);
            Host { share, left: 0, until: 0, asked: 0 }
        };
        let hosts = (0..cache.hosts.max(1)).map(host).collect();
        Self { messages: u64::from(cache.max_messages).min(by_bytes), max_age: cache.max_age_seconds, hosts }
    }

    /// How many data keys are asked for in a second with so many messages.
    pub(super) fn calls(&mut self, second: u32, messages: u64) -> u64 {
        let mut calls: u64 = 0;
        for host in &mut self.hosts {
            let mine = host.share.of(messages);
            if second >= host.until {
                host.left = 0;
            }
            host.asked = 0;
            if mine > host.left {
                let keys = (mine - host.left).div_ceil(self.messages.max(1));
                host.left = host.left.saturating_add(keys.saturating_mul(self.messages));
                host.until = second.saturating_add(self.max_age);
                host.asked = keys;
                calls = calls.saturating_add(keys);
            }
            host.left -= mine.min(host.left);
        }
        calls
    }

    /// So many of those that were asked for last were refused. A machine that lacks one has used up the others.
    pub(super) fn lack(&mut self, refused: u64) {
        let asked = self.hosts.iter().fold(0, |sum: u64, host| sum.saturating_add(host.asked));
        let mut refused = Deal::new(refused, asked);
        for host in &mut self.hosts {
            if refused.of(host.asked) > 0 {
                host.left = 0;
            }
        }
    }
}
