//! How long served requests waited from their first attempt on.

use yew::prelude::*;

use crate::{
    lang::{figure, tr},
    load::meter::Line,
    ui::limits::words::duration,
};

/// Nothing where no request had to wait.
pub(super) fn table(line: &Line) -> Html {
    let Some(waits) = line.waits.filter(|waits| waits.max_seconds > 0) else { return Html::default() };
    let mean = line.totals.mean_wait_millis();
    let mean = format!("{}.{:02} s", figure(&(mean / 1000).to_string()), mean % 1000 / 10);
    let seconds = |seconds: u32| if seconds == 0 { tr!("none").to_owned() } else { duration(seconds.into()) };
    let rows = [
        (tr!("half waited at most"), seconds(waits.p50_seconds)),
        (tr!("90 of 100"), seconds(waits.p90_seconds)),
        (tr!("99 of 100"), seconds(waits.p99_seconds)),
        (tr!("the longest"), seconds(waits.max_seconds)),
        (tr!("on average"), mean),
    ];
    html! {
        <section class="waits" aria-labelledby="limits-waits">
            <h2 id="limits-waits" class="eyebrow">{ tr!("How long the served ones waited") }</h2>
            <dl>{ for rows.map(|(name, text)| html! { <div><dt>{ name }</dt><dd>{ text }</dd></div> }) }</dl>
            <p class="hint">{ tr!("From the first attempt to the one that was served, in whole seconds: the pauses between them alone. Those given up are not among them.") }</p>
        </section>
    }
}
