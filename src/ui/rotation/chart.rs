//! The picture: an axis, a row per key and per alias that moved, the present as a line.
//!
//! Places are percentages of the width, so that text keeps its size and nothing has to be measured.

use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::{
    lang::{tr, trn},
    story::chronicle::{
        Life, NameLife, Opening,
        axis::{self, Place},
        picture::{self, Bar, Dot, Row, Tense},
    },
    ui::{
        rotation::{Looking, desk::DeskAction},
        route::Route,
        store::HistoryMode,
    },
};

/// Where in a row the bars, and the ciphertexts below them, are; in pixels.
const BAR: (i32, i32) = (8, 24);
const DOT: i32 = 47;

pub(super) fn chart(looking: &Looking<'_>) -> Html {
    let Looking { chronicle, window, .. } = *looking;
    let now = window.has(chronicle.now).then(|| percent(window.place(chronicle.now)));
    let future = (window.to > chronicle.now).then(|| window.place(chronicle.now));
    let ticks = axis::ticks(window, looking.desk.zoom);
    let mut rows = Vec::new();
    for life in looking.shown {
        rows.push(key(looking, life));
        rows.extend(life.names.iter().map(|name| alias(looking, life, name)));
    }
    html! {
        <div class="chart" role="group" tabindex="0" onkeydown={keys(looking)}
            aria-label={tr!("Keys through time. Arrow keys move, plus and minus look closer and farther, Home leads to now.")}>
            <svg class="backdrop" aria-hidden="true">
                if let Some(from) = future {
                    <rect class="future" x={percent(from)} y="0" width={percent(axis::WIDTH - from)} height="100%" />
                }
                { for ticks.iter().map(|tick| html! { <line class="rule" x1={percent(tick.place)} x2={percent(tick.place)} y1="0" y2="100%" /> }) }
            </svg>
            <svg class="axis" aria-hidden="true">
                { for ticks.iter().filter(|tick| tick.place < 9400).map(|tick| html! { <text x={percent(tick.place)} dx="4" y="34">{ &tick.label }</text> }) }
                if let Some(now) = now.clone() {
                    <svg x={now} y="0"><rect class="pill" x="-21" y="2" width="42" height="19" rx="9.5" /><text class="pill-word" x="0" y="15.5">{ tr!("now") }</text></svg>
                }
            </svg>
            <ul class="lanes">{ rows }</ul>
            if let Some(now) = now {
                <svg class="backdrop present" aria-hidden="true"><line x1={now.clone()} x2={now} y1="0" y2="100%" /></svg>
            }
        </div>
    }
}

/// What the keyboard does while the picture has the focus.
fn keys(looking: &Looking<'_>) -> Callback<KeyboardEvent> {
    let (desk, window) = (looking.desk.clone(), looking.window);
    Callback::from(move |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let zoom = |to: Option<usize>| to.filter(|to| *to <= axis::last_zoom()).map(|to| DeskAction::Zoom(to, window));
        let action = match event.key().as_str() {
            "ArrowLeft" => Some(DeskAction::Window(Some(window.moved(-1)))),
            "ArrowRight" => Some(DeskAction::Window(Some(window.moved(1)))),
            "+" | "=" => zoom(desk.zoom.checked_sub(1)),
            "-" => zoom(desk.zoom.checked_add(1)),
            "Home" => Some(DeskAction::Window(None)),
            _ => return,
        };
        event.prevent_default();
        action.into_iter().for_each(|action| desk.dispatch(action));
    })
}

fn key(looking: &Looking<'_>, life: &Life) -> Html {
    let id = life.key.arn.id;
    let on = looking.life.is_some_and(|chosen| chosen.key.arn == life.key.arn);
    let onclick = {
        let (go, desk) = (looking.go.clone(), looking.desk.clone());
        Callback::from(move |_: MouseEvent| {
            desk.dispatch(DeskAction::Look(None));
            go.emit((Route::Rotation { key: Some(id) }, HistoryMode::Push));
        })
    };
    let row = picture::row(looking.chronicle, life, looking.window);
    let low = row.dots.is_empty() && row.flags.is_empty();
    let versions = life.key.materials().len();
    let summary =
        format!("{}: {}, {}", life.name, picture::versions(versions), picture::ciphertexts(life.sealed.len()));
    let opener = looking.opening.filter(|_| on).and_then(|(_, opening)| match opening {
        Opening::Opens { version } => Some(*version),
        Opening::Closed { .. } => None,
    });
    html! {
        <li key={format!("{}{}", life.key.arn.region, id)} class={classes!("lane", on.then_some("on"), life.gone.map(|_| "gone"), low.then_some("low"))}>
            <button class="name" {onclick} aria-pressed={on.to_string()}><b translate="no">{ &life.name }</b><small>{ &life.about }</small></button>
            <svg class="track" role="group" aria-label={summary}>
                { for row.phases.iter().map(|shade| {
                    let (from, width) = stretch(shade.from, shade.to);
                    html! { <rect class={classes!("phase", shade.phase.class())} x={from} width={width} y="1" height={if low { "42" } else { "58" }} rx="4"><title>{ &shade.title }</title></rect> }
                }) }
                { for row.bars.iter().map(|it| bar(it, opener)) }
                { flags(&row) }
                if on { { thread(looking, life) } }
                { for row.dots.iter().enumerate().map(|(at, it)| dot(looking, &row, at, it)) }
            </svg>
            if on { { bubble(looking, life) } }
        </li>
    }
}

fn bar(bar: &Bar, opener: Option<usize>) -> Html {
    let (from, width) = stretch(bar.from, bar.to);
    let tense = match bar.tense {
        Tense::Kept => "kept",
        Tense::Current => "current",
        Tense::Ahead => "ahead",
    };
    let (first, last) = bar.versions;
    let opens = bar.tense != Tense::Ahead && opener.is_some_and(|version| (first..=last).contains(&version));
    let room = bar.to.saturating_sub(bar.from);
    let needs = |label: &str, track: usize| (label.chars().count() * 8 + 14) * 10_000 / track;
    let fits = |label: &str, track| usize::try_from(room).is_ok_and(|room| room >= needs(label, track));
    let short = bar.label.split(',').next().unwrap_or_default();
    let label = [bar.label.as_str(), short].into_iter().find(|label| fits(label, 600));
    html! {
        <g class={classes!("version", tense, opens.then_some("opens"))}>
            <rect x={from.clone()} width={width} y={BAR.0.to_string()} height={BAR.1.to_string()} rx="5" />
            <title>{ &bar.title }</title>
            if let Some(label) = label {
                <text class={(!fits(label, 260)).then_some("roomy")} x={from} dx="8" y={(BAR.0 + 16).to_string()}>{ label }</text>
            }
        </g>
    }
}

fn flags(row: &Row) -> Html {
    let flag = |flag: &picture::Flag| {
        // Words at the right edge stand before the flag.
        let before = flag.place > 6200;
        let (anchor, dx) = if before { ("end", "-8") } else { ("start", "10") };
        html! {
            <svg class={classes!("flag", flag.ahead.then_some("is-ahead"))} x={percent(flag.place)} y="0">
                <path class="pole" d="M0 2V40" /><path class="cloth" d="M0 2h12l-3.5 4 3.5 4H0z" />
                <text x={dx} y="55" text-anchor={anchor}>{ &flag.words }</text>
            </svg>
        }
    };
    html! { <>{ for row.flags.iter().map(flag) }</> }
}

/// From the chosen ciphertext to its version, and on to now if that opens it.
fn thread(looking: &Looking<'_>, life: &Life) -> Html {
    let Some((at, opening)) = looking.opening else { return Html::default() };
    let ciphertext = looking.chronicle.ciphertexts.get(at).filter(|ciphertext| ciphertext.key == life.key.arn);
    let Some(ciphertext) = ciphertext.filter(|it| looking.window.has(it.at)) else { return Html::default() };
    let from = percent(looking.window.place(ciphertext.at));
    let to = percent(looking.window.place(looking.chronicle.now));
    let y = DOT.to_string();
    let opens = matches!(opening, Opening::Opens { .. });
    html! {
        <g class={if opens { "thread" } else { "thread closed" }}>
            if opens { <line x1={from.clone()} x2={from.clone()} y1={y.clone()} y2={(BAR.0 + BAR.1).to_string()} /> }
            <line class="on" x1={from} x2={to.clone()} y1={y.clone()} y2={y} />
            <svg x={to} y={DOT.to_string()}>
                if opens { <circle r="3.5" /> } else { <path d="M-5 -5L5 5M5 -5L-5 5" /> }
            </svg>
        </g>
    }
}

fn dot(looking: &Looking<'_>, row: &Row, at: usize, dot: &Dot) -> Html {
    let chosen = looking.desk.chosen;
    let on = chosen.is_some_and(|chosen| dot.ciphertexts.contains(&chosen));
    // One stop for the Tab key in each row; arrow keys go on from there.
    let stop = match row.dots.iter().position(|it| chosen.is_some_and(|chosen| it.ciphertexts.contains(&chosen))) {
        Some(of_chosen) => of_chosen == at,
        None => at + 1 == row.dots.len(),
    };
    let first = dot.ciphertexts.first().copied();
    let look = {
        let desk = looking.desk.clone();
        move |at: Option<usize>| desk.dispatch(DeskAction::Look(at))
    };
    let onclick = {
        let look = look.clone();
        Callback::from(move |_: MouseEvent| look(if on { None } else { first }))
    };
    let around = [at.checked_sub(1), at.checked_add(1)]
        .map(|at| at.and_then(|at| row.dots.get(at)?.ciphertexts.first().copied()));
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        let [before, after] = around;
        let to = match event.key().as_str() {
            "Enter" | " " => Some((first, at)),
            "ArrowLeft" => before.map(|it| (Some(it), at.saturating_sub(1))),
            "ArrowRight" => after.map(|it| (Some(it), at + 1)),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        let Some((to, place)) = to else { return };
        look(to);
        let track = event.target_dyn_into::<Element>().and_then(|it| it.closest("svg.track").ok()?);
        let next = track.and_then(|track| track.query_selector(&format!("[data-at=\"{place}\"]")).ok()?);
        // An SVG element, which has the focus in the same way.
        next.into_iter().for_each(|next| drop(next.unchecked_into::<HtmlElement>().focus()));
    });
    let count = dot.ciphertexts.len();
    html! {
        <g class={classes!("cipher", on.then_some("on"))} role="button" tabindex={if stop { "0" } else { "-1" }} data-at={at.to_string()}
            aria-label={dot.title.clone()} aria-pressed={on.to_string()} {onclick} {onkeydown}>
            <title>{ &dot.title }</title>
            <circle class="reach" cx={percent(dot.place)} cy={DOT.to_string()} r="12" />
            <circle class="mark" cx={percent(dot.place)} cy={DOT.to_string()} r={if count > 1 { "8" } else { "5" }} />
            if count > 1 { <text x={percent(dot.place)} y={(DOT + 4).to_string()}>{ count }</text> }
        </g>
    }
}

/// What becomes of the chosen ciphertext, below its row.
fn bubble(looking: &Looking<'_>, life: &Life) -> Html {
    let Some((at, opening)) = looking.opening else { return Html::default() };
    let Some(ciphertext) = looking.chronicle.ciphertexts.get(at) else { return Html::default() };
    let sealed =
        life.version(ciphertext.material).map_or(String::new(), |version| tr!(", sealed by v{version}", version));
    let words = match opening {
        Opening::Opens { version } if *version == life.key.materials().len() => {
            tr!("opens now: v{version} is the current version", version)
        }
        Opening::Opens { version } => tr!("opens now: v{version} is kept, only retired", version),
        Opening::Closed { kind, .. } => tr!("nothing opens it now: {kind}", kind),
    };
    let closed = matches!(opening, Opening::Closed { .. }).then_some("closed");
    // Below its dot, as far as it has room there.
    let place = match looking.window.place(ciphertext.at) {
        0..=2999 => None,
        3000..=6499 => Some("middle"),
        _ => Some("end"),
    };
    html! {
        <p class={classes!("bubble", closed, place)} role="status"><b>{ format!("{}{sealed}", ciphertext.name()) }</b>{ " " }<span>{ words }</span></p>
    }
}

fn alias(looking: &Looking<'_>, life: &Life, name: &NameLife) -> Html {
    let row = picture::name_row(looking.chronicle, name, looking.window);
    let called = name.alias.name.as_str();
    let moves = name.targets.len().saturating_sub(1);
    let summary = trn!(
        moves,
        "{called} moved once, now it names {life}",
        "{called} moved {moves} times, now it names {life}",
        called,
        life = life.name
    );
    html! {
        <li key={name.alias.to_string()} class="lane alias">
            <div class="name"><b>{ called.to_owned() }</b><small>{ tr!("which key it names") }</small></div>
            <svg class="track" role="group" aria-label={summary}>
                { for row.pieces.iter().map(|piece| html! {
                    <g class={classes!("piece", piece.ahead.then_some("is-ahead"))}>
                        <line x1={percent(piece.from)} x2={percent(piece.to)} y1="24" y2="24" />
                        if !piece.ahead && piece.to.saturating_sub(piece.from) > 900 {
                            <text x={percent(piece.from)} dx="8" y="17">{ &piece.target }</text>
                        }
                    </g>
                }) }
                { for row.moves.iter().map(|at| html! {
                    <g class="move"><circle cx={percent(*at)} cy="24" r="6" /><text x={percent(*at)} y="46">{ tr!("moved") }</text></g>
                }) }
            </svg>
        </li>
    }
}

/// Where a stretch begins, and how wide it is; a little short of its end, so that neighbours are apart.
fn stretch(from: Place, to: Place) -> (String, String) {
    (percent(from), percent(to.saturating_sub(from).saturating_sub(25).max(20)))
}

fn percent(place: Place) -> String {
    format!("{}.{:02}%", place / 100, place % 100)
}
