//! What there is to draw of one life in one window of time: bars, flags, phases, dots and names, with their places.

use crate::{
    clock::{Span, Timestamp},
    kms::{KeyMaterial, KeyState, MadeBy, Origin, Rotation},
    lang::{tr, trn},
    story::chronicle::{
        Chronicle, Life, NameLife, Phase,
        axis::{Place, Window},
    },
};

/// The row of a key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    pub bars: Vec<Bar>,
    pub phases: Vec<Shade>,
    pub flags: Vec<Flag>,
    pub dots: Vec<Dot>,
}

/// One version, or several that are too short to be drawn one by one.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    pub from: Place,
    pub to: Place,
    /// Counted from 1; of several, the first and the last.
    pub versions: (usize, usize),
    pub tense: Tense,
    /// For example `v2`.
    pub label: String,
    /// For example `version 2, made by automatic rotation on 2031-01-01, current until 2032-01-01`.
    pub title: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tense {
    /// Kept, to open what it sealed.
    Kept,
    /// Seals now.
    Current,
    /// Will be the current one, if nothing comes between.
    Ahead,
}

/// A time in which the key could not be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Shade {
    pub from: Place,
    pub to: Place,
    pub phase: Phase,
    pub title: String,
}

/// Something that ends a key's use, ahead or past.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    pub place: Place,
    /// For example `gone in 29 d, with 3 ciphertexts`.
    pub words: String,
    /// Whether it is still to come.
    pub ahead: bool,
}

/// Ciphertexts of about the same moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    pub place: Place,
    /// Which of the chronicle's ciphertexts.
    pub ciphertexts: Vec<usize>,
    pub title: String,
}

/// The row of an alias.
#[derive(Clone, Debug, PartialEq)]
pub struct NameRow {
    pub pieces: Vec<Piece>,
    /// Where it moved.
    pub moves: Vec<Place>,
}

/// A stretch during which an alias pointed to one key.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub from: Place,
    pub to: Place,
    pub target: String,
    pub ahead: bool,
}

/// Bars narrower than this are put together.
const NARROW: Place = 45;
/// Dots nearer than this are one.
const NEAR: Place = 150;
/// So many rotations ahead are looked at.
const MOST_AHEAD: i64 = 500;

/// Draws a key in a window.
pub fn row(chronicle: &Chronicle, life: &Life, window: Window) -> Row {
    let now = chronicle.now;
    let end = life.gone.unwrap_or(now);
    let mut bars = past(life, window, end, life.gone.is_none());
    if life.gone.is_none() {
        bars.extend(ahead(life, window, now));
    }
    Row {
        bars: together(bars),
        phases: phases(life, window, now),
        flags: flags(chronicle, life, window),
        dots: dots(chronicle, life, window),
    }
}

/// For example `3 ciphertexts`.
pub fn keys(count: usize) -> String {
    trn!(count, "1 key", "{count} keys")
}

pub fn versions(count: usize) -> String {
    trn!(count, "1 version", "{count} versions")
}

pub fn ciphertexts(count: usize) -> String {
    trn!(count, "1 ciphertext", "{count} ciphertexts")
}

/// For example `2031-01-01`.
pub fn day(at: Timestamp) -> String {
    at.to_string().get(..10).unwrap_or_default().to_owned()
}

/// In the largest whole unit, for example `29 d`.
pub fn wait(span: Span) -> String {
    match (span.whole_days(), span.millis() / 3_600_000) {
        (0, 0) => tr!("{millis} min", millis = span.millis() / 60_000),
        (0, hours) => format!("{hours} h"),
        (days, _) if days >= 730 => tr!("{days} years", days = days / 365),
        (days, _) => format!("{days} d"),
    }
}

/// How a material came to be the key's.
pub fn made_by(life: &Life, material: &KeyMaterial) -> &'static str {
    match (material.by, life.key.origin) {
        (MadeBy::Creation, Origin::External) => "imported",
        (MadeBy::OnDemandRotation, Origin::External) => "imported, rotated to on demand",
        (MadeBy::Creation, _) => tr!("made with the key"),
        (MadeBy::AutomaticRotation, _) => tr!("automatic rotation"),
        (MadeBy::OnDemandRotation, _) => tr!("rotation on demand"),
    }
}

fn past(life: &Life, window: Window, end: Timestamp, alive: bool) -> Vec<Bar> {
    let materials = life.key.materials();
    let untils = materials.iter().skip(1).map(|next| next.since).chain([end]);
    let versions = materials.iter().zip(untils).zip(1_usize..);
    let shown = versions.filter(|((material, until), _)| material.since <= window.to && *until >= window.from);
    shown
        .map(|((material, until), version)| {
            let current = version == materials.len();
            let how = made_by(life, material);
            let mark = match (material.by, life.key.origin) {
                (MadeBy::OnDemandRotation, Origin::AwsKms) => tr!(", on demand"),
                (_, Origin::External) => tr!(", imported"),
                _ => "",
            };
            let lasts = match (current, alive) {
                (true, true) if life.phase() == Phase::Usable => tr!("seals now").to_owned(),
                (true, true) => tr!("the current one").to_owned(),
                (true, false) => tr!("destroyed with the key on {until}", until = day(until)),
                (false, true) => tr!("sealed until {until}, and is kept", until = day(until)),
                (false, false) => tr!("sealed until {until}", until = day(until)),
            };
            Bar {
                from: window.place(material.since),
                to: window.place(until),
                versions: (version, version),
                tense: if current && alive { Tense::Current } else { Tense::Kept },
                label: format!("v{version}{mark}"),
                title: tr!(
                    "version {version}, {how}, {since}; {lasts}",
                    version,
                    how,
                    since = day(material.since),
                    lasts
                ),
            }
        })
        .collect()
}

/// What the current version and its successors will be, if nothing comes between.
fn ahead(life: &Life, window: Window, now: Timestamp) -> Vec<Bar> {
    let version = life.key.materials().len();
    if window.to <= now || version == 0 {
        return Vec::new();
    }
    let bar = |from: Timestamp, to: Timestamp, version: usize, title: String| Bar {
        from: window.place(from),
        to: window.place(to),
        versions: (version, version),
        tense: Tense::Ahead,
        label: format!("v{version}"),
        title,
    };
    let until = match life.key.state {
        KeyState::PendingDeletion { deletion_date } => deletion_date.min(window.to),
        _ => window.to,
    };
    let (Some(next), Rotation::On { period_days, .. }) = (life.key.next_rotation(), life.key.rotation) else {
        let stays = match life.key.state {
            KeyState::PendingDeletion { deletion_date } => {
                tr!("is destroyed with the key on {deletion_date}", deletion_date = day(deletion_date))
            }
            _ => tr!("stays the current one").to_owned(),
        };
        return vec![bar(now, until, version, tr!("version {version} {stays}", version, stays))];
    };
    let mut bars =
        vec![bar(now, next.min(until), version, tr!("version {version}, until {next}", version, next = day(next)))];
    let period = Span::days(period_days);
    let mut from = next;
    for nth in 1..=MOST_AHEAD {
        let to = from.after(period);
        if from >= until || to <= from {
            break;
        }
        let version = version.saturating_add(usize::try_from(nth).unwrap_or(0));
        if to >= window.from {
            bars.push(bar(
                from,
                to.min(until),
                version,
                tr!("version {version}, from {day}", version, day = day(from)),
            ));
        }
        from = to;
    }
    bars
}

/// Puts neighbours together that are too narrow.
fn together(bars: Vec<Bar>) -> Vec<Bar> {
    let mut all: Vec<Bar> = Vec::with_capacity(bars.len());
    for bar in bars {
        let narrow = bar.to.saturating_sub(bar.from) < NARROW;
        match all.last_mut() {
            Some(last)
                if narrow
                    && last.tense == bar.tense
                    && bar.versions.0 == last.versions.1.saturating_add(1)
                    && (last.versions.0 != last.versions.1 || last.to.saturating_sub(last.from) < NARROW) =>
            {
                last.to = bar.to;
                last.versions.1 = bar.versions.1;
                let (first, last_one) = last.versions;
                last.label = tr!("v{first} to v{last_one}", first, last_one);
                last.title = tr!("versions {first} to {last_one}", first, last_one);
            }
            _ => all.push(bar),
        }
    }
    all
}

fn phases(life: &Life, window: Window, now: Timestamp) -> Vec<Shade> {
    let end = life.gone.unwrap_or(now);
    let untils = life.phases.iter().skip(1).map(|(at, _)| *at).chain([end]);
    let phases = life.phases.iter().zip(untils);
    let shown = phases
        .filter(|((from, phase), to)| *phase != Phase::Usable && *from <= window.to && *to >= window.from && from < to);
    shown
        .map(|(&(from, phase), to)| Shade {
            from: window.place(from),
            to: window.place(to),
            phase,
            title: tr!(
                "{words} from {day} to {to}",
                words = phase.words(),
                day = day(from),
                to = if to == now { "now".to_owned() } else { day(to) }
            ),
        })
        .collect()
}

fn flags(chronicle: &Chronicle, life: &Life, window: Window) -> Vec<Flag> {
    let now = chronicle.now;
    let with = match life.sealed.len() {
        0 => String::new(),
        count => tr!(", with {count}", count = ciphertexts(count)),
    };
    let mut flags = Vec::new();
    let mut flag = |at: Timestamp, words: String| {
        if window.has(at) {
            flags.push(Flag { place: window.place(at), words, ahead: at > now });
        }
    };
    if let Some(gone) = life.gone {
        let words = if life.key.is_replica() { tr!("replica deleted").to_owned() } else { format!("deleted{with}") };
        flag(gone, words);
        return flags;
    }
    if let KeyState::PendingDeletion { deletion_date } = life.key.state {
        flag(deletion_date, tr!("gone in {deletion_date}{with}", deletion_date = wait(now.until(deletion_date)), with));
    }
    if let Some(expiry) = life.key.next_expiry() {
        flag(expiry, tr!("material expires in {expiry}", expiry = wait(now.until(expiry))));
    }
    if let Some((since, Phase::PendingImport)) = life.phases.last() {
        if life.key.materials().is_empty() {
            flag(*since, tr!("waits for its material").to_owned());
        } else {
            flag(*since, tr!("material gone: nothing opens until it is imported again").to_owned());
        }
    }
    flags
}

fn dots(chronicle: &Chronicle, life: &Life, window: Window) -> Vec<Dot> {
    let mut dots: Vec<Dot> = Vec::new();
    for &at in &life.sealed {
        let Some(ciphertext) = chronicle.ciphertexts.get(at).filter(|ciphertext| window.has(ciphertext.at)) else {
            continue;
        };
        let place = window.place(ciphertext.at);
        match dots.last_mut() {
            Some(last) if place.saturating_sub(last.place) < NEAR => last.ciphertexts.push(at),
            _ => dots.push(Dot { place, ciphertexts: vec![at], title: String::new() }),
        }
    }
    for dot in &mut dots {
        let first = dot.ciphertexts.first().and_then(|at| chronicle.ciphertexts.get(*at));
        let Some(first) = first else { continue };
        dot.title = match dot.ciphertexts.len() {
            1 => {
                let version = life
                    .version(first.material)
                    .map_or(String::new(), |version| tr!(", sealed by v{version}", version));
                tr!(
                    "{value} of {life}{version}, on {at}",
                    value = first.name(),
                    life = life.name,
                    version,
                    at = day(first.at)
                )
            }
            count => {
                tr!("{count} of {life}, about {at}", count = ciphertexts(count), life = life.name, at = day(first.at))
            }
        };
    }
    dots
}

/// Draws an alias in a window.
pub fn name_row(chronicle: &Chronicle, name: &NameLife, window: Window) -> NameRow {
    let called = |target| {
        let life = chronicle.lives.iter().find(|life| life.key.arn == target);
        life.map_or(String::new(), |life| life.name.clone())
    };
    let now = chronicle.now;
    let untils = name.targets.iter().skip(1).map(|(at, _)| (*at, false)).chain([(window.to, true)]);
    let mut row = NameRow { pieces: Vec::new(), moves: Vec::new() };
    for (&(from, target), (to, last)) in name.targets.iter().zip(untils) {
        let Some(target) = target else { continue };
        let mut piece = |from: Timestamp, to: Timestamp, ahead: bool| {
            if from < to && from <= window.to && to >= window.from {
                let (from, to) = (window.place(from), window.place(to));
                row.pieces.push(Piece { from, to, target: called(target), ahead });
            }
        };
        piece(from, if last { to.min(now) } else { to }, false);
        if last {
            piece(now, to, true);
        }
    }
    row.moves = name
        .targets
        .iter()
        .skip(1)
        .map(|(at, _)| *at)
        .filter(|at| window.has(*at))
        .map(|at| window.place(at))
        .collect();
    row
}
