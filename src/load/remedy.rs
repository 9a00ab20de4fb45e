//! What keeps requests from KMS, exactly: a share of them, or all for which a data key is kept.

use super::lab::DataKeyCache;

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

/// The data key of one machine: for how many more messages, and until which second.
#[derive(Clone)]
struct Host {
    share: Share,
    left: u64,
    until: u32,
}

impl Caches {
    pub(super) fn new(cache: DataKeyCache) -> Self {
        let by_bytes = cache.max_bytes.checked_div(cache.message_bytes).unwrap_or(u64::MAX).max(1);
        let host = |nth: u32| {
            let mut share = Share::new(1, cache.hosts);
            share.rest = u64::from(nth);
            Host { share, left: 0, until: 0 }
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
            if mine > host.left {
                let keys = (mine - host.left).div_ceil(self.messages.max(1));
                host.left = host.left.saturating_add(keys.saturating_mul(self.messages));
                host.until = second.saturating_add(self.max_age);
                calls = calls.saturating_add(keys);
            }
            host.left -= mine.min(host.left);
        }
        calls
    }
}
