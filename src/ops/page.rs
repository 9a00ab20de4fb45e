//! Pagination: `Limit` and `Marker` in, `Truncated` and `NextMarker` out.

use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::ops::refusal::{Refusal, Violation};

/// Where a list starts and how long a page may be.
pub struct Page<K> {
    /// The last item of the page before.
    pub after: Option<K>,
    limit: usize,
}

/// One page of a list, and the marker of the next.
pub struct Listed<T> {
    pub items: Vec<T>,
    pub next_marker: Option<String>,
}

/// The limits of one operation: the model allows 1 to 1,000 everywhere, the operations less.
pub struct Limits {
    pub default: u32,
    pub most: u32,
}

impl<K: FromStr + ToString> Page<K> {
    /// Refuses a limit over the operation's own, and a marker that no page gave.
    pub fn parse(limit: Option<u32>, marker: Option<&str>, limits: &Limits) -> Result<Self, Refusal> {
        let limit = limit.unwrap_or(limits.default);
        if limit > limits.most {
            return Err(Refusal::Shape(vec![Violation {
                value: format!("Value '{limit}'"),
                at: "limit".to_owned(),
                constraint: format!("Member must have value less than or equal to {}", limits.most),
            }]));
        }
        let after = marker.map(read_marker).transpose()?;
        Ok(Self { after, limit: limit.try_into().unwrap_or(usize::MAX) })
    }

    /// Takes a page from `items`, which start after [`Self::after`].
    pub fn take<T>(&self, items: impl Iterator<Item = T>, key: impl Fn(&T) -> K) -> Listed<T> {
        let mut items: Vec<T> = items.take(self.limit.saturating_add(1)).collect();
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        let next_marker = items.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(key(last).to_string()));
        Listed { items, next_marker }
    }
}

fn read_marker<K: FromStr>(marker: &str) -> Result<K, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(marker).map_err(|_| Refusal::InvalidMarker)?;
    let text = String::from_utf8(bytes).map_err(|_| Refusal::InvalidMarker)?;
    text.parse().map_err(|_| Refusal::InvalidMarker)
}
