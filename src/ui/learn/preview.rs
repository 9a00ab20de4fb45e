//! A lesson at a glance, as a row of marks: each page a band, on it what is answered, refused, asked and done.

use yew::prelude::*;

use crate::{
    lang::{tr, trn},
    scenario::preview::Mark,
};

/// The row of one lesson. It says its numbers in words, too.
pub(super) fn row(marks: &[Mark]) -> Html {
    let (mut x, mut bands, mut drawn) = (0_u32, Vec::new(), Vec::new());
    let mut begin = 0_u32;
    let band = |from: u32, to: u32| {
        html! { <rect class="band" x={from.to_string()} y="0" width={to.saturating_sub(from).to_string()} height="14" rx="3" /> }
    };
    for mark in marks {
        if *mark == Mark::Page {
            if x > begin {
                bands.push(band(begin, x.saturating_add(2)));
                x = x.saturating_add(5);
            }
            begin = x;
            x = x.saturating_add(2);
        } else {
            drawn.push(glyph(*mark, x.saturating_add(5)));
            x = x.saturating_add(10);
        }
    }
    let width = x.saturating_add(2);
    bands.push(band(begin, width));
    html! {
        <svg class="glance" width={width.to_string()} height="14" viewBox={format!("0 0 {width} 14")} role="img" aria-label={in_words(marks)}>
            { for bands }{ for drawn }
        </svg>
    }
}

/// What the marks mean.
pub(super) fn legend() -> Html {
    let meaning = |mark: Mark, words: &'static str| {
        html! {
            <span><svg class="glance" width="12" height="14" viewBox="0 0 12 14" aria-hidden="true">{ glyph(mark, 6) }</svg>{ words }</span>
        }
    };
    html! {
        <p class="marks">
            { meaning(Mark::Answered, tr!("answered")) }
            { meaning(Mark::Refused, tr!("refused")) }
            { meaning(Mark::Happens, tr!("time passes")) }
            { meaning(Mark::Question, tr!("what will happen?")) }
            { meaning(Mark::Task, tr!("your turn")) }
        </p>
    }
}

/// Each of another shape, so that colour is not needed.
fn glyph(mark: Mark, x: u32) -> Html {
    let at = format!("translate({x} 7)");
    let (class, path) = match mark {
        Mark::Page => return Html::default(),
        Mark::Answered => ("answered", "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0Z"),
        Mark::Refused => ("refused", "M-3 -3L3 3M3 -3L-3 3"),
        Mark::Happens => ("happens", "M-3 -3.5L3.5 0L-3 3.5Z"),
        Mark::Question => ("question", "M0 -4L4 0L0 4L-4 0Z"),
        Mark::Task => ("task-mark", "M-3.5 -3.5H3.5V3.5H-3.5Z"),
    };
    html! { <path {class} d={path} transform={at} /> }
}

fn in_words(marks: &[Mark]) -> String {
    let count = |wanted: Mark| marks.iter().filter(|mark| **mark == wanted).count();
    let said = [
        (Mark::Answered, trn!(count = count(Mark::Answered), "one request answered", "{count} requests answered")),
        (Mark::Refused, trn!(count = count(Mark::Refused), "one refused", "{count} refused")),
        (Mark::Question, trn!(count = count(Mark::Question), "one question", "{count} questions")),
        (Mark::Task, trn!(count = count(Mark::Task), "one task", "{count} tasks")),
    ];
    said.into_iter().filter(|(mark, _)| count(*mark) > 0).map(|(_, words)| words).collect::<Vec<_>>().join(", ")
}
