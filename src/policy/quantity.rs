//! Numbers and dates of conditions, exactly as far as they are written.

use std::cmp::Ordering;

/// A decimal number of any length.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Without leading zeros.
    whole: Box<str>,
    /// Without trailing zeros.
    fraction: Box<str>,
}

impl Decimal {
    pub(super) fn new(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !fraction.is_none_or(is_number) {
            return None;
        }
        let whole: Box<str> = whole.trim_start_matches('0').into();
        let fraction: Box<str> = fraction.unwrap_or_default().trim_end_matches('0').into();
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: negative && !zero, whole, fraction })
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = |number: &Self| number.whole.len();
        let magnitude = || {
            size(self)
                .cmp(&size(other))
                .then_with(|| self.whole.cmp(&other.whole))
                .then_with(|| self.fraction.cmp(&other.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => magnitude(),
            (true, true) => magnitude().reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A moment: seconds since 1970, and nanoseconds.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    seconds: i64,
    nanoseconds: u32,
}

impl Moment {
    /// A date in one of the forms of W3C's profile of ISO 8601, in which four digits are a year; or seconds since 1970.
    pub(super) fn new(text: &str) -> Option<Self> {
        if number(text, 4).is_none() && !text.get(1..).is_some_and(|rest| rest.contains('-')) {
            return Self::since_1970(text);
        }
        let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
        let mut parts = date.split('-');
        let year = number(parts.next()?, 4)?;
        let month = parts.next().map_or(Some(1), |part| number(part, 2))?;
        let day = parts.next().map_or(Some(1), |part| number(part, 2))?;
        if parts.next().is_some() || (time.is_some() && date.len() != 10) {
            return None;
        }
        let days = days_since_1970(year, month, day)?;
        let (seconds, nanoseconds) = time.map_or(Some((0, 0)), of_the_day)?;
        Some(Self { seconds: days * 86_400 + seconds, nanoseconds })
    }

    /// Whole seconds since 1970, rounded down.
    pub(super) fn seconds(&self) -> i64 {
        self.seconds
    }

    fn since_1970(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').map_or((text, ""), |(whole, fraction)| (whole, fraction));
        let digits = whole.strip_prefix('-').unwrap_or(whole);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let seconds: i64 = whole.parse().ok()?;
        let nanoseconds = fraction_in_nanoseconds(fraction)?;
        if whole.starts_with('-') && nanoseconds > 0 {
            return Some(Self { seconds: seconds.checked_sub(1)?, nanoseconds: 1_000_000_000 - nanoseconds });
        }
        Some(Self { seconds, nanoseconds })
    }
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.s` with `Z` or an offset such as `+01:00`.
fn of_the_day(text: &str) -> Option<(i64, u32)> {
    let (time, offset) = match text.strip_suffix('Z') {
        Some(time) => (time, 0),
        None => {
            let at = text.rfind(['+', '-'])?;
            let (time, offset) = text.split_at_checked(at)?;
            let (hours, minutes) = offset.get(1..)?.split_once(':')?;
            let length = number(hours, 2).filter(|h| *h < 24)? * 3600 + number(minutes, 2).filter(|m| *m < 60)? * 60;
            (time, if offset.starts_with('-') { -length } else { length })
        }
    };
    let mut parts = time.split(':');
    let hours = number(parts.next()?, 2).filter(|hours| *hours < 24)?;
    let minutes = number(parts.next()?, 2).filter(|minutes| *minutes < 60)?;
    let seconds = parts.next().unwrap_or("00");
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let seconds = number(seconds, 2).filter(|seconds| *seconds < 60)?;
    if parts.next().is_some() {
        return None;
    }
    Some((hours * 3600 + minutes * 60 + seconds - offset, fraction_in_nanoseconds(fraction)?))
}

/// Digits after the point; those beyond the ninth make no difference.
fn fraction_in_nanoseconds(digits: &str) -> Option<u32> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{digits:0<9}").get(..9)?.parse().ok()
}

/// A number of exactly so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// In the proleptic Gregorian calendar. Years begin in March here, so that the leap day is a year's last.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719,468 days lie between the first of March of the year 0 and 1970.
    Some(year * 365 + leaps + (153 * month + 2) / 5 + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_number(less: &str, more: &str) {
        let (less, more) = (Decimal::new(less).unwrap(), Decimal::new(more).unwrap());
        assert!(less < more, "{less:?} {more:?}");
    }

    #[test]
    fn numbers_compare_by_value_at_any_length() {
        check_number("9", "10");
        check_number("-10", "-9");
        check_number("-1", "0");
        check_number("0.9", "0.91");
        check_number("9007199254740992", "9007199254740993");
        check_number("-0.5", "-0.25");
        for (one, other) in [("7", "007"), ("7", "7.0"), ("-0", "0"), ("+7", "7"), ("0.50", "0.5")] {
            assert_eq!(Decimal::new(one), Decimal::new(other));
        }
        for wrong in ["", "-", ".", "1.", ".5", "1e3", "0x1", "1,000", " 1", "seven"] {
            assert_eq!(Decimal::new(wrong), None, "{wrong}");
        }
    }

    #[track_caller]
    fn check_moment(text: &str, seconds: i64, nanoseconds: u32) {
        assert_eq!(Moment::new(text), Some(Moment { seconds, nanoseconds }), "{text}");
    }

    #[test]
    fn moments_are_dates_or_seconds() {
        check_moment("1970-01-01T00:00:00Z", 0, 0);
        check_moment("1970-01-01T00:00Z", 0, 0);
        check_moment("1970", 0, 0);
        check_moment("2030-03", 1_898_553_600, 0);
        check_moment("2030-03-14", 1_899_676_800, 0);
        check_moment("2030-03-14T09:26:00.5Z", 1_899_710_760, 500_000_000);
        check_moment("2030-03-14T10:26:00+01:00", 1_899_710_760, 0);
        check_moment("2030-03-14T08:56:00-00:30", 1_899_710_760, 0);
        check_moment("2000-02-29", 951_782_400, 0);
        check_moment("1969-12-31T23:59:59Z", -1, 0);
        check_moment("1899710760", 1_899_710_760, 0);
        check_moment("1899710760.25", 1_899_710_760, 250_000_000);
        check_moment("-1", -1, 0);
        check_moment("-0.5", -1, 500_000_000);
        for wrong in [
            "",
            "yesterday",
            "2030-13",
            "2030-02-29",
            "1900-02-29",
            "2030-3-1",
            "2030-03-14T09:26:00",
            "2030-03T00:00Z",
            "2030-03-14T24:00:00Z",
            "2030-03-14T09:60Z",
            "2030-03-14T09:26:00+1:00",
            "1.x",
            "12:00",
        ] {
            assert_eq!(Moment::new(wrong), None, "{wrong}");
        }
    }
}
