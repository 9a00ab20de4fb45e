//! The picture as an SVG file of its own, for a report or a slide: the same rows, without anything to press.

use std::fmt::Write as _;

use crate::{
    lang::tr,
    story::chronicle::{
        Chronicle, Life, NameLife,
        axis::{self, Place, Window},
        picture::{self, Tense},
    },
};

/// Left of it stand the names, right of it the picture, both in pixels.
const NAMES: i64 = 190;
const TRACK: i64 = 970;
const ROW: i64 = 64;
const TOP: i64 = 76;

/// Draws some lives, each with its names.
pub fn svg(chronicle: &Chronicle, lives: &[&Life], window: Window, zoom: usize) -> String {
    let rows: usize = lives.iter().map(|life| life.names.len().saturating_add(1)).sum();
    let height = TOP + ROW * i64::try_from(rows).unwrap_or(0) + 16;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {height}\" width=\"{0}\" height=\"{height}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\">\n<title>Keys through time, at {}</title>\n{STYLE}\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        NAMES + TRACK + 24,
        chronicle.now
    );
    let bottom = height - 12;
    let now = x(window.place(chronicle.now));
    if window.to > chronicle.now {
        let _ = writeln!(
            svg,
            r##"<rect x="{now}" y="44" width="{}" height="{}" class="future"/>"##,
            x(axis::WIDTH) - now,
            bottom - 44
        );
    }
    for tick in axis::ticks(window, zoom) {
        let at = x(tick.place);
        let _ = writeln!(
            svg,
            r##"<path class="rule" d="M{at} 44V{bottom}"/><text x="{}" y="38" class="mute">{}</text>"##,
            at + 4,
            tick.label
        );
    }
    let mut y = TOP;
    for life in lives {
        key(&mut svg, chronicle, life, window, y);
        y += ROW;
        for name in &life.names {
            alias(&mut svg, chronicle, name, window, y);
            y += ROW;
        }
    }
    if window.has(chronicle.now) {
        let _ = writeln!(
            svg,
            r##"<path class="now" d="M{now} 24V{bottom}"/><text x="{now}" y="18" class="now-word">{}</text>"##,
            picture::day(chronicle.now)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn key(svg: &mut String, chronicle: &Chronicle, life: &Life, window: Window, y: i64) {
    let row = picture::row(chronicle, life, window);
    names(svg, &life.name, &life.about, y);
    for shade in &row.phases {
        let (from, to) = (x(shade.from), x(shade.to));
        let class = shade.phase.class();
        let _ = writeln!(
            svg,
            r##"<rect x="{from}" y="{}" width="{}" height="44" class="{class}"/>"##,
            y - 12,
            (to - from).max(1)
        );
    }
    for bar in &row.bars {
        let (from, to) = (x(bar.from), x(bar.to));
        let class = match bar.tense {
            Tense::Kept => "kept",
            Tense::Current => "current",
            Tense::Ahead => "ahead",
        };
        let _ = writeln!(
            svg,
            r##"<rect x="{from}" y="{}" width="{}" height="22" rx="4" class="{class}"/>"##,
            y - 6,
            (to - from - 2).max(1)
        );
        if to - from > 12 + 7 * i64::try_from(bar.label.len()).unwrap_or(0) {
            let _ =
                writeln!(svg, r##"<text x="{}" y="{}" class="{class}-word">{}</text>"##, from + 7, y + 10, bar.label);
        }
    }
    for dot in &row.dots {
        let _ = writeln!(svg, r##"<circle cx="{}" cy="{}" r="4.5" class="sealed"/>"##, x(dot.place), y + 26);
    }
    for flag in &row.flags {
        let at = x(flag.place);
        let _ = writeln!(
            svg,
            r##"<path class="flag" d="M{at} {}v40"/><text x="{}" y="{}" class="flag-word">{}</text>"##,
            y - 12,
            at + 6,
            y + 30,
            escaped(&flag.words)
        );
    }
}

fn alias(svg: &mut String, chronicle: &Chronicle, name: &NameLife, window: Window, y: i64) {
    let row = picture::name_row(chronicle, name, window);
    names(svg, name.alias.name.as_str(), tr!("which key it names"), y);
    for piece in &row.pieces {
        let (from, to) = (x(piece.from), x(piece.to));
        let class = if piece.ahead { tr!("points later") } else { "points" };
        let _ = writeln!(svg, r##"<path class="{class}" d="M{from} {0}H{to}"/>"##, y + 5);
        if !piece.ahead {
            let _ = writeln!(
                svg,
                r##"<text x="{}" y="{}" class="mute">{}</text>"##,
                from + 6,
                y - 1,
                escaped(&piece.target)
            );
        }
    }
    for at in &row.moves {
        let _ = writeln!(svg, r##"<circle cx="{}" cy="{}" r="5" class="moved"/>"##, x(*at), y + 5);
    }
}

fn names(svg: &mut String, name: &str, about: &str, y: i64) {
    let (name, about) = (escaped(name), escaped(about));
    let _ = writeln!(
        svg,
        r##"<text x="14" y="{}" class="name">{name}</text><text x="14" y="{}" class="mute">{about}</text>"##,
        y + 6,
        y + 22
    );
}

fn x(place: Place) -> i64 {
    NAMES + i64::from(place) * TRACK / i64::from(axis::WIDTH)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

const STYLE: &str = "<style>
.rule{stroke:#dedcd4}.mute{fill:#565f69;font-size:11px}.name{font-weight:600}.future{fill:#f3f2ed}
.kept{fill:#e2f0f1;stroke:#0b5f6b}.kept-word{fill:#0b5f6b;font-weight:600}
.current{fill:#0b5f6b}.current-word{fill:#fff;font-weight:600}
.ahead{fill:none;stroke:#0b5f6b;stroke-dasharray:4 3}.ahead-word{fill:#0b5f6b}
.sealed{fill:#e9eefc;stroke:#2449b8;stroke-width:1.6}
.flag{stroke:#ae2020;stroke-width:2}.flag-word{fill:#ae2020;font-size:11px;font-weight:600}
.disabled,.away{fill:#e6e5df}.pending,.lacking{fill:#fcebea}
.now{stroke:#8f430a;stroke-width:2}.now-word{fill:#8f430a;text-anchor:middle;font-weight:600}
.points{stroke:#1a1f24;stroke-width:2}.later{stroke-dasharray:4 4}.moved{fill:#fff;stroke:#1a1f24;stroke-width:2}
</style>";
