//! Requests a second over time, under or over their quota: as a picture, as a table and as a file.

use std::{fmt::Write as _, rc::Rc};

use yew::prelude::*;

use crate::{
    kms::throttle::Payer,
    lang::{figure, grouped, tr},
    load::{
        Lab, Meter,
        meter::{Line, Slot},
    },
    ui::limits::{
        save,
        words::{duration, payer_in, quota_name, verdict},
    },
};

/// The picture's units. Its text is as large as the page's where it is as wide as that.
const WIDTH: u64 = 720;
const HEIGHT: u64 = 280;
const LEFT: u64 = 62;
const RIGHT: u64 = 708;
const TOP: u64 = 18;
const BASE: u64 = 248;
/// The table has so many rows at most; the file has all.
const MOST_ROWS: usize = 60;

/// The quota from each second on.
fn quotas(line: &Line) -> Vec<(u32, u64)> {
    let whole = |text: &str| text.split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or(0_u64);
    let mut quotas = vec![(0, whole(&line.per_second))];
    quotas.extend(line.raised.iter().map(|raised| (raised.second, whole(&raised.per_second))));
    quotas
}

/// Requests a second, in the middle of a slot.
fn offered(slot: &Slot) -> u64 {
    (slot.served + slot.throttled) / u64::from(slot.seconds.max(1))
}

pub(super) fn draw(lab: &Lab, meter: &Meter, line: &Line) -> Html {
    let quotas = quotas(line);
    let most = line.slots.iter().map(offered).max().unwrap_or_default();
    // A quota far above all that is sent would press it flat.
    let shown = |quota: u64| quota <= most.saturating_mul(4).max(10);
    let highest = quotas.iter().map(|(_, quota)| *quota).filter(|quota| shown(*quota)).max().unwrap_or_default();
    let (step, top) = scale(most.max(highest).max(1));
    let y = |rate: u64| BASE - (BASE - TOP) * rate.min(top) / top;
    let x = |second: u32| LEFT + (RIGHT - LEFT) * u64::from(second) / u64::from(meter.seconds.max(1));
    let area = |of: fn(&Slot) -> u64| {
        let mut path = format!("M{LEFT} {BASE}");
        for slot in &line.slots {
            let rate = of(slot) / u64::from(slot.seconds.max(1));
            let _ = write!(path, "V{}H{}", y(rate), x(slot.second + slot.seconds));
        }
        path + &format!("V{BASE}Z")
    };
    let mut limit = String::new();
    for (nth, (from, quota)) in quotas.iter().enumerate().filter(|(_, (from, _))| *from < meter.seconds) {
        let until = quotas.get(nth + 1).map_or(meter.seconds, |(next, _)| (*next).min(meter.seconds));
        let height = y(*quota);
        let _ = if shown(*quota) { write!(limit, "M{} {height}H{}", x(*from), x(until)) } else { Ok(()) };
    }
    let above = quotas.iter().find(|(_, quota)| !shown(*quota)).map(|(_, quota)| *quota);
    let described = tr!(
        "{verdict}. The quota is {per_second} a second; {peak} is the most that was sent in one.",
        verdict = verdict(line),
        per_second = figure(&line.per_second),
        peak = grouped(line.peak)
    );
    html! {
        <figure class="traffic">
            <figcaption>
                <span><b translate="no">{ quota_name(line) }</b>{ tr!(", {payer}: requests a second", payer = payer_in(lab, line)) }</span>
                <span class="legend"><i class="served"></i>{ tr!("served") }<i class="throttled"></i>{ tr!("refused") }<i class="limit"></i>{ tr!("quota") }</span>
            </figcaption>
            <svg viewBox={format!("0 0 {WIDTH} {HEIGHT}")} role="img" aria-label={described}>
                <defs>
                    <pattern id="refused-requests" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <rect class="ground" width="6" height="6" /><path class="hatch" d="M0 0V6" />
                    </pattern>
                </defs>
                { for (0..=top / step).map(|nth| { let at = y(nth * step); html! {
                    <><path class="grid" d={format!("M{LEFT} {at}H{RIGHT}")} /><text class="value" x={(LEFT - 8).to_string()} y={(at + 4).to_string()}>{ short(nth * step) }</text></>
                } }) }
                <path class="throttled" d={area(|slot| slot.served + slot.throttled)} />
                <path class="served" d={area(|slot| slot.served)} />
                <path class="limit" d={limit} />
                { for (0..=4_u32).map(|nth| { let second = meter.seconds / 4 * nth; html! {
                    <text class={classes!("time", (nth == 4).then_some("last"))} x={x(second).to_string()} y={(BASE + 20).to_string()}>{ if nth == 0 { "0".to_owned() } else { duration(second.into()) } }</text>
                } }) }
                if let Some(quota) = above {
                    <text class="note" x={RIGHT.to_string()} y={(TOP - 5).to_string()}>{ tr!("↑ quota {quota}, far above", quota = grouped(quota)) }</text>
                }
            </svg>
            { table(meter, line) }
        </figure>
    }
}

/// In thousands or millions where these are whole.
fn short(number: u64) -> String {
    match number {
        0 => "0".to_owned(),
        _ if number.is_multiple_of(1_000_000) => format!("{}M", number / 1_000_000),
        _ if number.is_multiple_of(1_000) => format!("{}k", number / 1_000),
        _ => grouped(number),
    }
}

/// A round step between lines, and the top that so many of them reach.
fn scale(most: u64) -> (u64, u64) {
    let mut step = 1_u64;
    'found: for power in 0..16 {
        for factor in [1, 2, 5] {
            step = factor * 10_u64.pow(power);
            if most.div_ceil(step) <= 5 {
                break 'found;
            }
        }
    }
    (step, most.div_ceil(step).max(1) * step)
}

/// The same as rows, and as a file with all of them.
fn table(meter: &Meter, line: &Line) -> Html {
    let together = line.slots.len().div_ceil(MOST_ROWS).max(1);
    let rows = line.slots.chunks(together).filter_map(|slots| {
        let (first, last) = (slots.first()?, slots.last()?);
        let sum = |of: fn(&Slot) -> u64| slots.iter().map(of).sum::<u64>();
        Some(html! {
            <tr>
                <th scope="row">{ tr!("{from} to {to}", from = duration(first.second.into()), to = duration((last.second + last.seconds).into())) }</th>
                <td>{ grouped(sum(|slot| slot.calls)) }</td><td>{ grouped(sum(|slot| slot.retried)) }</td>
                <td>{ grouped(sum(|slot| slot.served)) }</td><td>{ grouped(sum(|slot| slot.throttled)) }</td>
            </tr>
        })
    });
    let file = Rc::new(csv(meter));
    html! {
        <div class="as-rows">
            <details>
                <summary>{ tr!("The same as a table") }</summary>
                <div class="rows" tabindex="0" role="group" aria-label={tr!("Requests in time, as a table")}>
                    <table>
                        <thead><tr>{ for [tr!("time"), tr!("sent"), tr!("sent again"), tr!("served"), tr!("refused")].map(|name| html! { <th scope="col">{ name }</th> }) }</tr></thead>
                        <tbody>{ for rows }</tbody>
                    </table>
                </div>
            </details>
            <button class="btn small" onclick={save("requests.csv", file)}>{ tr!("Save as CSV") }</button>
        </div>
    }
}

/// Every slot of every line.
fn csv(meter: &Meter) -> String {
    let mut text = String::from("region,account,key store,quota,second,seconds,sent,sent again,served,refused\n");
    for line in &meter.lines {
        let whose = match line.payer {
            Payer::Account { account, region } => format!("{region},{account},"),
            Payer::Store { store, region } => format!("{region},,{store}"),
        };
        for Slot { second, seconds, calls, retried, served, throttled, .. } in &line.slots {
            let _ = writeln!(text, "{whose},{},{second},{seconds},{calls},{retried},{served},{throttled}", line.quota);
        }
    }
    text
}
