//! The axis of time: how far one looks, and which moments are marked.

use crate::{
    clock::{Span, Timestamp},
    lang::{self, msg},
};

/// The part of time that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// Hundredths of a percent of the width.
pub type Place = u32;

/// The whole width.
pub const WIDTH: Place = 10_000;

impl Window {
    /// Of that zoom, with the present at three fifths.
    pub fn around(now: Timestamp, zoom: usize) -> Self {
        let length = Span::from_millis(span(zoom));
        let before = length.millis() / 5 * 3;
        let from = Timestamp::from_millis(now.millis().saturating_sub(before));
        Self { from, to: from.after(length) }
    }

    /// Of the same length, moved by so many fifths of it.
    #[must_use]
    pub fn moved(self, fifths: i64) -> Self {
        let length = self.length();
        let latest = Timestamp::END.millis().saturating_sub(length);
        let from = self.from.millis().saturating_add(length / 5 * fifths).clamp(0, latest.max(0));
        let from = Timestamp::from_millis(from);
        Self { from, to: from.after(Span::from_millis(length)) }
    }

    /// With another zoom, and what was at three fifths still there.
    #[must_use]
    pub fn zoomed(self, zoom: usize) -> Self {
        let fixed = self.from.millis().saturating_add(self.length() / 5 * 3);
        Self::around(Timestamp::from_millis(fixed), zoom)
    }

    /// Where a moment is; those outside are at the nearer end.
    pub fn place(self, at: Timestamp) -> Place {
        let part = at.millis().saturating_sub(self.from.millis()).clamp(0, self.length());
        let place = part.saturating_mul(i64::from(WIDTH)).checked_div(self.length()).unwrap_or(0);
        Place::try_from(place).unwrap_or(WIDTH)
    }

    pub fn has(self, at: Timestamp) -> bool {
        (self.from..=self.to).contains(&at)
    }

    fn length(self) -> i64 {
        self.to.millis().saturating_sub(self.from.millis()).max(1)
    }
}

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// How far one can look, in milliseconds, what that is called, and what is marked.
const ZOOMS: &[(i64, &str, Unit)] = &[
    (6 * HOUR, msg!("6 hours"), Unit::Hours(1)),
    (2 * DAY, msg!("2 days"), Unit::Hours(12)),
    (14 * DAY, msg!("2 weeks"), Unit::Days(2)),
    (60 * DAY, msg!("2 months"), Unit::Days(10)),
    (180 * DAY, msg!("6 months"), Unit::Months(1)),
    (YEAR, msg!("1 year"), Unit::Months(2)),
    (3 * YEAR, msg!("3 years"), Unit::Months(6)),
    (6 * YEAR, msg!("6 years"), Unit::Years(1)),
    (15 * YEAR, msg!("15 years"), Unit::Years(2)),
    (40 * YEAR, msg!("40 years"), Unit::Years(5)),
    (120 * YEAR, msg!("120 years"), Unit::Years(20)),
];

/// What one begins with: 6 years.
pub const FIRST_ZOOM: usize = 7;

/// The farthest zoom; the nearest is 0.
pub fn last_zoom() -> usize {
    ZOOMS.len().saturating_sub(1)
}

/// For example `6 years`.
pub fn zoom_name(zoom: usize) -> &'static str {
    ZOOMS.get(zoom).map_or("", |(_, name, _)| lang::text(name))
}

fn span(zoom: usize) -> i64 {
    ZOOMS.get(zoom).map_or(YEAR, |(span, ..)| *span)
}

#[derive(Clone, Copy)]
enum Unit {
    Hours(i64),
    Days(i64),
    Months(i64),
    Years(i64),
}

/// A marked moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    pub place: Place,
    pub label: String,
}

/// The marked moments of a window, in order.
pub fn ticks(window: Window, zoom: usize) -> Vec<Tick> {
    let unit = ZOOMS.get(zoom).map_or(Unit::Years(1), |(.., unit)| *unit);
    let (year, month, day) = window.from.date();
    let midnight = Timestamp::of_date(year, month, day).millis();
    let moment: Box<dyn Fn(i64) -> Timestamp> = match unit {
        Unit::Hours(hours) => Box::new(move |nth| Timestamp::from_millis(midnight.saturating_add(nth * hours * HOUR))),
        Unit::Days(days) => {
            // The same days whichever one the window begins with.
            let first = midnight.div_euclid(days * DAY) * days * DAY;
            Box::new(move |nth| Timestamp::from_millis(first.saturating_add(nth * days * DAY)))
        }
        Unit::Months(months) => Box::new(move |nth| {
            let first = (month - 1).div_euclid(months) * months + nth * months;
            Timestamp::of_date(year + first.div_euclid(12), first.rem_euclid(12) + 1, 1)
        }),
        Unit::Years(years) => {
            Box::new(move |nth| Timestamp::of_date(year.div_euclid(years) * years + nth * years, 1, 1))
        }
    };
    let moments = (0..MOST_TICKS).map(moment).take_while(|at| *at <= window.to).filter(|at| window.has(*at));
    moments.map(|at| Tick { place: window.place(at), label: label(at, unit) }).collect()
}

const MOST_TICKS: i64 = 40;

fn label(at: Timestamp, unit: Unit) -> String {
    let text = at.to_string();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let (_, month, day) = at.date();
    match unit {
        Unit::Hours(_) if part(11, 16) == "00:00" => format!("{day} {}", month_name(month)),
        Unit::Hours(_) => part(11, 16).to_owned(),
        Unit::Days(_) => format!("{day} {}", month_name(month)),
        Unit::Months(_) if month == 1 => part(0, 4).to_owned(),
        Unit::Months(_) => month_name(month).to_owned(),
        Unit::Years(_) => part(0, 4).to_owned(),
    }
}

fn month_name(month: i64) -> &'static str {
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let at = usize::try_from(month).ok().and_then(|month| month.checked_sub(1));
    at.and_then(|at| names.get(at)).copied().unwrap_or_default()
}
