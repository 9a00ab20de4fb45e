//! How many requests come in each second: by a pattern, or as they were recorded.

use serde::{Deserialize, Serialize};

use super::{
    LabError, Unreadable,
    lab::{MOST, MOST_SECONDS},
};

/// A pattern in time.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Arrivals {
    Constant {
        per_second: u32,
    },
    /// Evenly from one to the other.
    Ramp {
        from: u32,
        to: u32,
    },
    /// From midnight on: lowest at four, highest at eight in the evening.
    Daily {
        low: u32,
        high: u32,
    },
    /// `peak` for so long, again and again, beginning at once; `usual` in between.
    Burst {
        usual: u32,
        peak: u32,
        every_seconds: u32,
        lasting_seconds: u32,
    },
    /// As lines of `requests`, one for each second, or of `second,requests`, where seconds that are left out have none.
    Recorded {
        csv: String,
    },
}

/// How a day goes: so many hundredths of the way from its lowest to its highest, at each full hour.
const DAY: [u8; 24] = [32, 18, 8, 2, 0, 3, 10, 22, 38, 52, 62, 68, 72, 71, 69, 70, 74, 81, 90, 97, 100, 92, 74, 52];
const MOST_BYTES: u32 = 2_000_000;

/// A pattern that was read.
pub(super) enum Course<'a> {
    Pattern(&'a Arrivals),
    Recording(Vec<u32>),
}

impl Arrivals {
    pub(super) fn check(&self) -> Result<(), LabError> {
        let within = |member: &'static str, value: u32, least: u32, most: u32| {
            if (least..=most).contains(&value) { Ok(()) } else { Err(LabError::Range { member, least, most }) }
        };
        match *self {
            Self::Constant { per_second } => within("arrivals.constant.perSecond", per_second, 0, MOST),
            Self::Ramp { from, to } => {
                within("arrivals.ramp.from", from, 0, MOST)?;
                within("arrivals.ramp.to", to, 0, MOST)
            }
            Self::Daily { low, high } => {
                within("arrivals.daily.high", high, 0, MOST)?;
                within("arrivals.daily.low", low, 0, high)
            }
            Self::Burst { usual, peak, every_seconds, lasting_seconds } => {
                within("arrivals.burst.usual", usual, 0, MOST)?;
                within("arrivals.burst.peak", peak, 0, MOST)?;
                within("arrivals.burst.everySeconds", every_seconds, 1, MOST_SECONDS)?;
                within("arrivals.burst.lastingSeconds", lasting_seconds, 1, every_seconds)
            }
            Self::Recorded { .. } => Ok(()),
        }
    }

    pub(super) fn course(&self) -> Result<Course<'_>, LabError> {
        match self {
            Self::Recorded { csv } => recording(csv).map(Course::Recording),
            Self::Constant { .. } | Self::Ramp { .. } | Self::Daily { .. } | Self::Burst { .. } => {
                Ok(Course::Pattern(self))
            }
        }
    }
}

impl Course<'_> {
    /// How long it is by itself, if it is.
    pub(super) fn seconds(&self) -> Option<u32> {
        match self {
            Self::Pattern(_) => None,
            Self::Recording(seconds) => u32::try_from(seconds.len()).ok(),
        }
    }

    /// How many come in that second, of so many.
    pub(super) fn at(&self, second: u32, of: u32) -> u64 {
        match self {
            Self::Recording(seconds) => {
                let at = usize::try_from(second).unwrap_or(usize::MAX);
                seconds.get(at).copied().unwrap_or_default().into()
            }
            Self::Pattern(Arrivals::Constant { per_second }) => u64::from(*per_second),
            Self::Pattern(Arrivals::Ramp { from, to }) => between(*from, *to, second, of.saturating_sub(1).max(1)),
            Self::Pattern(Arrivals::Daily { low, high }) => daily(*low, *high, second),
            Self::Pattern(Arrivals::Burst { usual, peak, every_seconds, lasting_seconds }) => {
                let into = second.checked_rem(*every_seconds).unwrap_or_default();
                u64::from(if into < *lasting_seconds { *peak } else { *usual })
            }
            Self::Pattern(Arrivals::Recorded { .. }) => 0,
        }
    }
}

/// So many parts of the way from one number to another.
fn between(from: u32, to: u32, part: u32, of: u32) -> u64 {
    let (part, of) = (u64::from(part.min(of)), u64::from(of.max(1)));
    (u64::from(from) * (of - part) + u64::from(to) * part) / of
}

fn daily(low: u32, high: u32, second: u32) -> u64 {
    let hundredths = |hour: u32| {
        let at = usize::try_from(hour % 24).unwrap_or_default();
        u32::from(DAY.get(at).copied().unwrap_or_default()) * 100
    };
    let hour = second / 3_600;
    let part = between(hundredths(hour), hundredths(hour + 1), second % 3_600, 3_600);
    between(low, high, u32::try_from(part).unwrap_or_default(), 10_000)
}

fn recording(csv: &str) -> Result<Vec<u32>, LabError> {
    let wrong = |line: usize, column: usize, problem| {
        let counted = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Err(LabError::Recording { line: counted(line), column: counted(column), problem })
    };
    if csv.len() > usize::try_from(MOST_BYTES).unwrap_or(usize::MAX) {
        return wrong(1, 1, Unreadable::TooLong { most_bytes: MOST_BYTES });
    }
    let mut seconds: Vec<u32> = Vec::new();
    // An export may begin with a mark of its encoding.
    for (line, text) in csv.trim_start_matches('\u{feff}').lines().enumerate() {
        if text.trim().is_empty() || (line == 0 && is_heading(text)) {
            continue;
        }
        let line = line + 1;
        let (second, count) = text.split_once(',').map_or((None, text), |(second, count)| (Some(second), count));
        let column = second.map_or(1, |second| second.len() + 2);
        if let Some((before, _)) = count.split_once(',') {
            return wrong(line, column + before.len() + 1, Unreadable::TooManyColumns);
        }
        if let Some(second) = second {
            let Some(second) = whole(second) else { return wrong(line, 1, Unreadable::NotAWholeNumber) };
            if second >= u64::from(MOST_SECONDS) {
                return wrong(line, 1, Unreadable::TooLate { most_seconds: MOST_SECONDS });
            }
            let second = usize::try_from(second).unwrap_or(usize::MAX);
            if second < seconds.len() {
                return wrong(line, 1, Unreadable::NotLater);
            }
            seconds.resize(second, 0);
        }
        match whole(count) {
            None => return wrong(line, column, Unreadable::NotAWholeNumber),
            Some(count) if count > u64::from(MOST) => return wrong(line, column, Unreadable::TooLarge { most: MOST }),
            Some(_) if seconds.len() >= usize::try_from(MOST_SECONDS).unwrap_or_default() => {
                return wrong(line, 1, Unreadable::TooLate { most_seconds: MOST_SECONDS });
            }
            Some(count) => seconds.push(u32::try_from(count).unwrap_or(MOST)),
        }
    }
    if seconds.is_empty() { wrong(1, 1, Unreadable::Empty) } else { Ok(seconds) }
}

/// Names of columns rather than numbers.
fn is_heading(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "requests" | "second,requests" | "seconds,requests")
}

/// Digits alone. One too large to be read is larger than anything.
fn whole(text: &str) -> Option<u64> {
    let digits = text.trim();
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| digits.parse().unwrap_or(u64::MAX))
}
