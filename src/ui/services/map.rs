//! KMS in the middle, the services around it.

use yew::prelude::*;

use crate::{lang::tr, services::SERVICES, ui::route::Route};

#[derive(PartialEq, Properties)]
pub(super) struct MapProps {
    pub chosen: &'static str,
    /// The service that the shown step was asked of.
    pub asked: Option<&'static str>,
}

const WIDTH: f64 = 320.0;
const BOX: (f64, f64) = (118.0, 30.0);
/// From one box to the next below it.
const ROW: f64 = 42.0;

/// A picture that is a list of links too: every other service on the left, the others on the right.
#[component]
pub(super) fn Map(props: &MapProps) -> Html {
    let rows = SERVICES.len().div_ceil(2);
    let height = number(rows) * ROW;
    let place = |at: usize| {
        let right = at % 2 == 1;
        let of = if right { SERVICES.len() / 2 } else { rows };
        let first = (height - number(of) * ROW) / 2.0;
        let x = if right { WIDTH - BOX.0 / 2.0 - 1.0 } else { BOX.0 / 2.0 + 1.0 };
        (x, first + (number(at / 2) + 0.5) * ROW)
    };
    let line = |(at, service): (usize, &&'static crate::services::Service)| {
        let (x, y) = place(at);
        let class = if props.asked == Some(service.name) { "way asked" } else { "way" };
        html! { <line {class} x1={text(x)} y1={text(y)} x2={text(WIDTH / 2.0)} y2={text(height / 2.0)} /> }
    };
    let node = |(at, service): (usize, &&'static crate::services::Service)| {
        let (x, y) = place(at);
        let chosen = service.name == props.chosen;
        let href = Route::Services { service: Some(service.name), step: None }.to_hash();
        html! {
            <a {href} aria-current={chosen.then_some("true")} class={if chosen { "node chosen" } else { "node" }}>
                <rect x={text(x - BOX.0 / 2.0)} y={text(y - BOX.1 / 2.0)} width={text(BOX.0)} height={text(BOX.1)} rx="8" />
                <text x={text(x)} y={text(y + 4.5)} translate="no">{ short(service.title) }</text>
            </a>
        }
    };
    let view_box = format!("0 0 {WIDTH} {height}");
    html! {
        <nav class="map" aria-label={tr!("Services around KMS")}>
            <svg viewBox={view_box}>
                { for SERVICES.iter().enumerate().map(line) }
                <g class="kms">
                    <circle cx={text(WIDTH / 2.0)} cy={text(height / 2.0)} r="29" />
                    <text x={text(WIDTH / 2.0)} y={text(height / 2.0 + 5.0)}>{ "KMS" }</text>
                </g>
                { for SERVICES.iter().enumerate().map(node) }
            </svg>
        </nav>
    }
}

/// Without `Amazon` and `AWS`, which everything here is of, and short enough for its box.
fn short(title: &str) -> &str {
    title.trim_start_matches("Amazon ").trim_start_matches("AWS ").trim_end_matches(" Data Streams")
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(0.0, f64::from)
}

fn text(number: f64) -> String {
    format!("{number:.1}")
}
