//! What a lesson looks at beside requests, as cards: wrapped material, traffic, meters and bills. The core made the readings.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use yew::prelude::*;

use crate::{
    endpoint::render::pretty,
    kms::Rules,
    load::meter::Line,
    scenario::{
        Traffic,
        reading::{Bill, BillLine, Measured, Reading, Wrapped},
    },
    ui::{
        limits::words::{dollars, duration, grouped, payer, quota_name, verdict, written},
        route::Route,
        store::HistoryMode,
    },
};

/// Material before and after it is wrapped, which happens outside of KMS.
pub(super) fn wrapped(made: &Wrapped) -> Html {
    let Wrapped { name, algorithm, material, wrapped } = made;
    let hex: Vec<String> = material.iter().map(|byte| format!("{byte:02x}")).collect();
    let title = format!("Wrapped with {algorithm}");
    html! {
        <article class="exchange" aria-label={title.clone()}>
            <header>
                <span class="who-asks">{ "Outside of KMS" }</span><strong>{ title }</strong><span class="tag none">{ name.clone() }</span>
            </header>
            <div class="both-ways">
                <div><p class="part">{ format!("Key material, {} bytes", material.len()) }</p><pre>{ hex.join(" ") }</pre></div>
                <div><p class="part">{ format!("Wrapped, {} bytes in base64", wrapped.len()) }</p><pre>{ STANDARD.encode(wrapped) }</pre></div>
            </div>
        </article>
    }
}

/// An example of the load lab with its changes, what comes of it, and the way to the lab.
pub(super) fn measured(traffic: &Traffic, measured: &Measured, go: &Callback<(Route, HistoryMode)>) -> Html {
    let route = Route::Limits { preset: Some(traffic.preset.id) };
    let href = route.to_hash();
    let go = go.clone();
    let onclick = Callback::from(move |event: MouseEvent| {
        event.prevent_default();
        go.emit((route.clone(), HistoryMode::Push));
    });
    let changes = serde_json::to_string(&traffic.changes).unwrap_or_default();
    html! {
        <article class="exchange counted-traffic" aria-label="Traffic, counted">
            { head(measured) }
            if !traffic.changes.is_empty() { <div><p class="part">{ "Changed about the example" }</p><pre>{ pretty(&changes) }</pre></div> }
            { results(measured) }
            <p class="hint"><a {href} {onclick}>{ format!("The example in the load lab: {}", traffic.preset.title) }</a></p>
        </article>
    }
}

/// The same of the learner's own traffic.
pub(super) fn traffic(measured: &Measured) -> Html {
    html! { <article class="exchange counted-traffic" aria-label="Traffic, counted">{ head(measured) }{ results(measured) }</article> }
}

fn head(Measured { lab, meter }: &Measured) -> Html {
    let refused = meter.totals.throttled;
    let (class, result) = if refused == 0 {
        ("tag allow", "all served".to_owned())
    } else {
        ("tag deny", format!("{} refused", grouped(refused)))
    };
    let figures = match lab.rules {
        Rules::Classic => "about 2019",
        Rules::Today => "today",
    };
    let time = format!("in {} in {}, by the figures of {figures}", duration(meter.seconds.into()), lab.region);
    html! {
        <header>
            <strong>{ format!("{} asked for", grouped(meter.asked)) }</strong><span class="who-asks">{ time }</span>
            <span {class}>{ result }</span>
        </header>
    }
}

fn results(Measured { meter, .. }: &Measured) -> Html {
    let cost = &meter.cost;
    html! {
        <>
            { for meter.lines.iter().map(line) }
            <p class="month">
                { "A month: " }<b>{ dollars(cost.total_micro_dollars) }</b>
                { format!(", {} for {} requests ({} of them free) and {} for keys.", dollars(cost.requests_micro_dollars),
                    grouped(cost.requests_a_month), grouped(cost.free_requests), dollars(cost.keys_micro_dollars)) }
            </p>
        </>
    }
}

/// One account's requests of one quota.
fn line(line: &Line) -> Html {
    let totals = &line.totals;
    let figures = [
        ("sent", totals.calls),
        ("sent again", totals.retried),
        ("served", totals.served),
        ("refused", totals.throttled),
        ("given up", totals.lost),
    ];
    let quota = format!("{}, {}: {} a second", quota_name(line), payer(line), written(&line.per_second));
    let raised = line
        .raised
        .as_ref()
        .map(|raised| format!(", after {} it is {}", duration(raised.second.into()), written(&raised.per_second)));
    html! {
        <section class="line-of-traffic">
            <p class="part">{ quota }{ raised.unwrap_or_default() }</p>
            { bar(totals.served, totals.served.saturating_add(totals.throttled)) }
            <b>{ verdict(line) }</b>
            <dl>{ for figures.map(|(name, figure)| html! { <div><dt>{ name }</dt><dd>{ grouped(figure) }</dd></div> }) }</dl>
        </section>
    }
}

/// So many parts of a whole. The words beside it say the same.
fn bar(parts: u64, whole: u64) -> Html {
    let width = u128::from(parts) * 1_000 / u128::from(whole.max(1));
    html! {
        <svg class="share" viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">
            <rect class="rest" width="1000" height="12" /><rect class="part-of" width={width.to_string()} height="12" />
        </svg>
    }
}

/// Buckets and how full they are.
pub(super) fn meters(readings: &[Reading]) -> Html {
    let row = |reading: &Reading| {
        let quota = reading.quota.to_string();
        let (class, left) = if reading.left == 0 {
            ("tag deny", "empty".to_owned())
        } else {
            ("tag allow", format!("{} left", grouped(reading.left)))
        };
        html! {
            <section class="line-of-traffic">
                <p class="row"><b>{ reading.of() }</b><span {class}>{ left }</span></p>
                { bar(reading.left, reading.full) }
                <p class="part">{ format!("{quota}: {} a second, a full bucket holds {}", written(&reading.rate.to_string()), grouped(reading.full)) }</p>
            </section>
        }
    };
    html! {
        <article class="exchange counted-traffic left-over" aria-label="Meters">
            <header><strong>{ "Meters" }</strong><span class="who-asks">{ "what each may still send at this moment" }</span></header>
            { for readings.iter().map(row) }
            if readings.is_empty() { <p>{ "Every bucket is full." }</p> }
        </article>
    }
}

/// What a month with the keys costs.
pub(super) fn bill(bill: &Bill) -> Html {
    let row = |line: &BillLine| {
        html! {
            <tr>
                <th scope="row">{ &line.description }</th>
                <td>{ line.state.as_str() }</td>
                <td class="number">{ line.rotations }</td>
                <td class="number">{ line.cost.to_string() }</td>
            </tr>
        }
    };
    html! {
        <figure class="exchange bytes-table">
            <figcaption>{ "What these keys cost a month" }</figcaption>
            <table>
                <thead><tr><th scope="col">{ "key" }</th><th scope="col">{ "state" }</th><th scope="col" class="number">{ "rotations" }</th><th scope="col" class="number">{ "a month" }</th></tr></thead>
                <tbody>{ for bill.lines.iter().map(row) }</tbody>
                <tfoot><tr><th scope="row" colspan="3">{ "together" }</th><td class="number"><b>{ bill.total.to_string() }</b></td></tr></tfoot>
            </table>
        </figure>
    }
}
