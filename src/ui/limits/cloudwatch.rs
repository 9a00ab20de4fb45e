//! The traffic as CloudWatch has it: AWS's own metrics, as rows and as a file.

use std::{fmt::Write as _, rc::Rc};

use yew::prelude::*;

use crate::{
    lang::{grouped, tr},
    load::{Lab, Meter, cloudwatch::Metric},
    ui::limits::save,
};

/// The units of a metric's picture.
const WIDTH: u64 = 160;
const HEIGHT: u64 = 28;

pub(super) fn draw(lab: &Lab, meter: &Meter) -> Html {
    let file = Rc::new(csv(meter));
    html! {
        <section class="metrics" aria-labelledby="limits-metrics">
            <header>
                <h2 id="limits-metrics" class="eyebrow">{ tr!("In CloudWatch") }</h2>
                <button class="btn small" onclick={save("metrics.csv", file)}>{ tr!("Save metrics as CSV") }</button>
            </header>
            <p class="hint">{ tr!("What AWS shows of this: sums of each minute. CallCount has refused requests too, and no metric tells those of an account's quota; one watches how much of the quota a minute used.") }</p>
            <div class="rows" tabindex="0" role="group" aria-label={tr!("Metrics")}>
                <table>
                    <thead><tr>{ for [tr!("metric"), tr!("all minutes"), tr!("the highest"), tr!("of the quota"), tr!("in time")].map(|name| html! { <th scope="col">{ name }</th> }) }</tr></thead>
                    <tbody>{ for meter.metrics.iter().map(|metric| row(lab, metric)) }</tbody>
                </table>
            </div>
        </section>
    }
}

fn row(lab: &Lab, metric: &Metric) -> Html {
    let sum = metric.sums.iter().fold(0, |sum: u64, value| sum.saturating_add(*value));
    let highest = metric.sums.iter().copied().max().unwrap_or_default();
    let used = metric.utilization_percent.iter().flatten().copied().max();
    let place = if metric.region == lab.region { String::new() } else { tr!(" in {region}", region = metric.region) };
    html! {
        <tr>
            <th scope="row">
                <b>{ format!("{} {}", metric.namespace, metric.name) }</b>
                <small translate="no">{ dimensions(metric, " ") }</small>
                <small>{ tr!("account {account}{place}", account = metric.account, place) }</small>
            </th>
            <td>{ grouped(sum) }</td>
            <td>{ grouped(highest) }</td>
            <td>{ used.map_or_else(|| "–".to_owned(), |percent| format!("{} %", grouped(percent))) }</td>
            <td><svg viewBox={format!("0 0 {WIDTH} {HEIGHT}")} aria-hidden="true"><path d={steps(&metric.sums, highest)} /></svg></td>
        </tr>
    }
}

/// Those that tell metrics apart.
fn dimensions(metric: &Metric, between: &str) -> String {
    let written = metric.dimensions.iter().map(|(name, value)| format!("{name}={value}"));
    written.collect::<Vec<_>>().join(between)
}

fn steps(sums: &[u64], highest: u64) -> String {
    let minutes = u64::try_from(sums.len()).unwrap_or(u64::MAX).max(1);
    let mut path = format!("M0 {HEIGHT}");
    for (minute, sum) in (1..).zip(sums) {
        let height = u128::from(*sum) * u128::from(HEIGHT) / u128::from(highest.max(1));
        let y = HEIGHT - u64::try_from(height).unwrap_or_default();
        let _ = write!(path, "V{y}H{}", WIDTH * minute / minutes);
    }
    path + &format!("V{HEIGHT}Z")
}

/// Every data point.
fn csv(meter: &Meter) -> String {
    let mut text =
        String::from("account,region,namespace,metric,dimensions,statistic,period,minute,value,utilization percent\n");
    for metric in &meter.metrics {
        let used = |minute: usize| metric.utilization_percent.as_ref().and_then(|used| used.get(minute));
        for (minute, value) in metric.sums.iter().enumerate() {
            let used = used(minute).map(u64::to_string).unwrap_or_default();
            let Metric { account, region, namespace, name, .. } = metric;
            let dimensions = dimensions(metric, " ");
            let _ = writeln!(text, "{account},{region},{namespace},{name},{dimensions},Sum,60,{minute},{value},{used}");
        }
    }
    text
}
