//! What a lesson looks at beside requests, as cards: wrapped material, traffic, meters and bills. The core made the readings.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use yew::prelude::*;

use crate::{
    endpoint::render::pretty,
    kms::Rules,
    lang::{self, figure, grouped, tr},
    load::meter::Line,
    scenario::{
        Traffic,
        reading::{Bill, BillLine, Measured, Reading, Wrapped},
    },
    ui::{
        effects,
        learn::prose::marked,
        limits::words::{dollars, duration, payer, quota_name, verdict},
        route::Route,
        store::HistoryMode,
    },
};

/// Material before and after it is wrapped, which happens outside of KMS.
pub(super) fn wrapped(made: &Wrapped) -> Html {
    let Wrapped { name, algorithm, material, wrapped } = made;
    let hex: Vec<String> = material.iter().map(|byte| format!("{byte:02x}")).collect();
    let title = tr!("Wrapped with {algorithm}", algorithm);
    html! {
        <article class="exchange" aria-label={title.clone()}>
            <header>
                <span class="who-asks">{ tr!("Outside of KMS") }</span><strong>{ title }</strong><span class="hint">{ tr!("called ${name}", name) }</span>
            </header>
            <div class="both-ways">
                <div><p class="part">{ tr!("Key material, {material} bytes", material = material.len()) }</p><pre>{ hex.join(" ") }</pre></div>
                <div><p class="part">{ tr!("Wrapped, {wrapped} bytes in base64", wrapped = wrapped.len()) }</p><pre>{ STANDARD.encode(wrapped) }</pre></div>
            </div>
        </article>
    }
}

/// An example of the load lab with its changes, what comes of it, and the way to the lab.
pub(super) fn measured(traffic: &Traffic, measured: &Measured, go: &Callback<(Route, HistoryMode)>) -> Html {
    let route = Route::Limits { preset: Some(traffic.preset.id) };
    let href = route.to_hash();
    let onclick = effects::leads(go, route);
    let changes = serde_json::to_string(&traffic.changes).unwrap_or_default();
    let title = lang::text(traffic.preset.title);
    let way = if traffic.changes.is_empty() {
        tr!("The example in the load lab: {title}", title)
    } else {
        tr!("The example in the load lab, before these changes: {title}", title)
    };
    html! {
        <article class="exchange counted-traffic" aria-label={tr!("Traffic, counted")}>
            { head(measured) }
            if !traffic.changes.is_empty() { <div><p class="part">{ tr!("Changed about the example") }</p><pre>{ pretty(&changes) }</pre></div> }
            { results(measured) }
            <p class="hint"><a {href} {onclick}>{ way }</a></p>
        </article>
    }
}

/// The same of the learner's own traffic.
pub(super) fn traffic(measured: &Measured) -> Html {
    html! { <article class="exchange counted-traffic" aria-label={tr!("Traffic, counted")}>{ head(measured) }{ results(measured) }</article> }
}

fn head(Measured { lab, meter }: &Measured) -> Html {
    let refused = meter.totals.throttled;
    let (class, result) = if refused == 0 {
        ("tag allow", tr!("all served").to_owned())
    } else {
        ("tag deny", tr!("{refused} refused", refused = grouped(refused)))
    };
    let figures = match lab.rules {
        Rules::Classic => tr!("about 2019"),
        Rules::Today => tr!("today"),
    };
    let time = tr!(
        "in {seconds} in {region}, by the figures of {figures}",
        seconds = duration(meter.seconds.into()),
        region = lab.region,
        figures
    );
    html! {
        <header>
            <strong>{ tr!("{asked} asked for", asked = grouped(meter.asked)) }</strong><span class="who-asks">{ time }</span>
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
                { marked(&tr!(
                    "A month: **{total}**, {requests} for {count} requests ({free} of them free) and {keys} for keys.",
                    total = dollars(cost.total_micro_dollars),
                    requests = dollars(cost.requests_micro_dollars),
                    count = grouped(cost.requests_a_month),
                    free = grouped(cost.free_requests),
                    keys = dollars(cost.keys_micro_dollars),
                )) }
            </p>
        </>
    }
}

/// One account's requests of one quota.
fn line(line: &Line) -> Html {
    let totals = &line.totals;
    let figures = [
        (tr!("sent"), totals.calls),
        (tr!("sent again"), totals.retried),
        (tr!("served"), totals.served),
        (tr!("refused"), totals.throttled),
        (tr!("given up"), totals.lost),
    ];
    let quota = tr!(
        "{quota}, {payer}: {per_second} a second",
        quota = quota_name(line),
        payer = payer(line),
        per_second = figure(&line.per_second)
    );
    let raised = line.raised.as_ref().map(|raised| {
        tr!(
            ", after {second} it is {per_second}",
            second = duration(raised.second.into()),
            per_second = figure(&raised.per_second)
        )
    });
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
        <svg class="portion" viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">
            <rect class="rest" width="1000" height="12" /><rect class="part-of" width={width.to_string()} height="12" />
        </svg>
    }
}

/// Buckets and how full they are.
pub(super) fn meters(readings: &[Reading]) -> Html {
    let row = |reading: &Reading| {
        let quota = reading.quota.to_string();
        let (class, left) = if reading.left == 0 {
            ("tag deny", tr!("empty").to_owned())
        } else {
            ("tag allow", tr!("{left} left", left = grouped(reading.left)))
        };
        html! {
            <section class="line-of-traffic">
                <p class="row"><b>{ reading.of() }</b><span {class}>{ left }</span></p>
                { bar(reading.left, reading.full) }
                <p class="part">{ tr!("{quota}: {rate} a second, a full bucket holds {full}", quota, rate = figure(&reading.rate.to_string()), full = grouped(reading.full)) }</p>
            </section>
        }
    };
    html! {
        <article class="exchange counted-traffic left-over" aria-label={tr!("Meters")}>
            <header><strong>{ tr!("Meters") }</strong><span class="who-asks">{ tr!("what each may still send at this moment") }</span></header>
            { for readings.iter().map(row) }
            if readings.is_empty() { <p>{ tr!("Every bucket is full.") }</p> }
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
            <figcaption>{ tr!("What these keys cost a month") }</figcaption>
            <table>
                <thead><tr><th scope="col">{ tr!("key") }</th><th scope="col">{ tr!("state") }</th><th scope="col" class="number">{ tr!("rotations") }</th><th scope="col" class="number">{ tr!("a month") }</th></tr></thead>
                <tbody>{ for bill.lines.iter().map(row) }</tbody>
                <tfoot><tr><th scope="row" colspan="3">{ tr!("together") }</th><td class="number"><b>{ bill.total.to_string() }</b></td></tr></tfoot>
            </table>
        </figure>
    }
}
