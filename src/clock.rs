//! Time as a value. Nothing here reads the outside; a world carries its own [`Timestamp`].

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use time::{
    OffsetDateTime,
    format_description::{StaticFormatDescription, well_known::Rfc3339},
    macros::format_description,
};

use crate::arn::{NotAName, serde_as_text};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The last moment a world can reach, the end of the year 9999.
    pub const END: Self = Self(253_402_300_799_999);
    /// The earliest moment a world can start at.
    pub const EPOCH: Self = Self(0);

    /// Brought into the range from [`Self::EPOCH`] to [`Self::END`].
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(Self::EPOCH.0, Self::END.0))
    }

    pub fn millis(self) -> i64 {
        self.0
    }

    /// The wire form of a timestamp: seconds with a fraction (AWS JSON 1.1).
    #[expect(clippy::cast_precision_loss, reason = "below 2^53 for every moment a world can reach")]
    pub fn epoch_seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// The moment with that wire form, to the millisecond.
    #[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates, and the range is narrower")]
    pub fn from_epoch_seconds(seconds: f64) -> Self {
        Self::from_millis((seconds * 1000.0).round() as i64)
    }

    /// The last whole second.
    #[must_use]
    pub fn to_the_second(self) -> Self {
        Self(self.0 - self.0 % 1000)
    }

    /// As Java prints a date in American English, for example `May 1, 2030, 5:07:45 AM`: the form of audit records.
    pub fn in_american(self) -> String {
        let moment = OffsetDateTime::from_unix_timestamp(self.0 / 1000);
        moment.ok().and_then(|moment| moment.format(AMERICAN).ok()).unwrap_or_default()
    }

    /// Year, month and day in UTC, the last two counted from 1.
    pub fn date(self) -> (i64, i64, i64) {
        // Days since 1 March of the year 0, whose years end with the leap day.
        let days = self.0.div_euclid(86_400_000) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        (year_of_era + era * 400 + i64::from(month <= 2), month, day)
    }

    /// The beginning of a day; the reverse of [`Self::date`].
    pub fn of_date(year: i64, month: i64, day: i64) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let month_from_march = (month + 9).rem_euclid(12);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
        let days =
            year.div_euclid(400) * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self::from_millis((days - 719_468).saturating_mul(86_400_000))
    }

    /// The moment `span` later, or [`Self::END`] if that comes first.
    #[must_use]
    pub fn after(self, span: Span) -> Self {
        Self::from_millis(self.0.saturating_add(span.0))
    }

    /// How long from this moment to `later`; zero if `later` is past.
    pub fn until(self, later: Self) -> Span {
        Span(later.0.saturating_sub(self.0).max(0))
    }
}

const TO_THE_SECOND: StaticFormatDescription = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const AMERICAN: StaticFormatDescription = format_description!(
    "[month repr:short] [day padding:none], [year], [hour repr:12 padding:none]:[minute]:[second] [period]"
);
const TO_THE_MILLISECOND: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// ISO 8601 in UTC, with milliseconds only where there are some.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = if self.0 % 1000 == 0 { TO_THE_SECOND } else { TO_THE_MILLISECOND };
        let moment =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).map_err(|_| fmt::Error)?;
        f.write_str(&moment.format(format).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Timestamp {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let wrong = NotAName { expected: "a time such as 2030-01-01T00:00:00Z, from 1970 to 9999" };
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| wrong)?;
        let millis = i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).map_err(|_| wrong)?;
        if millis < Self::EPOCH.0 { Err(wrong) } else { Ok(Self::from_millis(millis)) }
    }
}

/// A length of time, in milliseconds, never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Span {
    pub const ZERO: Self = Self(0);

    pub const fn days(days: u32) -> Self {
        Self(days as i64 * 86_400_000)
    }

    pub const fn hours(hours: u32) -> Self {
        Self(hours as i64 * 3_600_000)
    }

    pub const fn minutes(minutes: u32) -> Self {
        Self(minutes as i64 * 60_000)
    }

    pub const fn seconds(seconds: u32) -> Self {
        Self(seconds as i64 * 1000)
    }

    /// Negative lengths become zero.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.max(0))
    }

    pub fn millis(self) -> i64 {
        self.0
    }

    pub fn whole_days(self) -> i64 {
        self.0 / 86_400_000
    }
}

/// The largest unit that divides the span, for example `36h`, `2d` or `1500ms`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];
        match units.iter().find(|(_, length)| self.0 % length == 0) {
            Some((unit, length)) if self.0 > 0 => write!(f, "{}{unit}", self.0 / length),
            _ if self.0 == 0 => f.write_str("0s"),
            _ => write!(f, "{}ms", self.0),
        }
    }
}

impl FromStr for Span {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let wrong = NotAName { expected: "a length of time such as 366d, 12h, 5m or 30s" };
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (count, unit) = text.split_at(digits);
        let length = match unit {
            "d" => 86_400_000,
            "h" => 3_600_000,
            "m" => 60_000,
            "s" => 1000,
            "ms" => 1,
            _ => return Err(wrong),
        };
        let count: i64 = count.parse().map_err(|_| wrong)?;
        count.checked_mul(length).map(Span).ok_or(wrong)
    }
}

serde_as_text!(Timestamp, Span);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_spans_survive_a_round_trip() {
        for text in ["1970-01-01T00:00:00Z", "2030-03-14T09:26:00Z", "2028-02-29T23:59:59.123Z", "9999-12-31T23:59:59Z"]
        {
            assert_eq!(text.parse::<Timestamp>().map(|moment| moment.to_string()), Ok(text.to_owned()));
        }
        for text in ["366d", "12h", "5m", "30s", "1500ms", "0s"] {
            assert_eq!(text.parse::<Span>().map(|span| span.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "1969-12-31T23:59:59Z", "2030-02-30T00:00:00Z", "yesterday"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
        for text in ["", "d", "-1d", "1w", "99999999999999999999d"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_day_has_its_date() {
        let mut at = Timestamp::EPOCH;
        while at < Timestamp::END {
            let (year, month, day) = at.date();
            assert!(at.to_string().starts_with(&format!("{year:04}-{month:02}-{day:02}T")), "{at}");
            assert_eq!(Timestamp::of_date(year, month, day), at);
            at = at.after(Span::days(if year < 2110 { 1 } else { 97 }));
        }
    }

    #[test]
    fn a_moment_in_american_has_twelve_hours_and_no_leading_zeros() {
        for (moment, text) in [
            ("2025-05-21T05:47:45.999Z", "May 21, 2025, 5:47:45 AM"),
            ("2030-01-01T00:00:00Z", "Jan 1, 2030, 12:00:00 AM"),
            ("2030-12-09T12:05:09Z", "Dec 9, 2030, 12:05:09 PM"),
        ] {
            assert_eq!(moment.parse::<Timestamp>().unwrap().in_american(), text);
        }
    }

    #[test]
    fn seconds_of_the_wire_come_back_to_the_millisecond() {
        for millis in [0, 1, 999, 1_893_456_000_123, 253_402_300_799_999] {
            let moment = Timestamp::from_millis(millis);
            assert_eq!(Timestamp::from_epoch_seconds(moment.epoch_seconds()), moment);
        }
        assert_eq!(Timestamp::from_epoch_seconds(-1.0), Timestamp::EPOCH);
        assert_eq!(Timestamp::from_epoch_seconds(1e300), Timestamp::END);
    }

    #[test]
    fn time_stops_at_the_end_of_the_year_9999() {
        assert_eq!(Timestamp::END.after(Span::days(1)), Timestamp::END);
        assert_eq!(Timestamp::END.to_string(), "9999-12-31T23:59:59.999Z");
    }
}
