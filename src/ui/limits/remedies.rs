//! What each remedy alone would change.

use yew::prelude::*;

use crate::{
    kms::rate::RequestQuota,
    lang::{grouped, tr},
    load::{
        Lab,
        lab::{BucketKey, Cdn, DataKeyCache, Increase},
        measure,
    },
    ui::limits::words::dollars,
};

/// What comes of the lab with or without something.
#[derive(Clone, PartialEq)]
pub(super) struct Compared {
    name: &'static str,
    refused: u64,
    lost: u64,
    micro_dollars: u64,
}

/// Twice the quota, in half an hour: what a request to AWS might bring.
pub(super) fn usual_increase(lab: &Lab) -> Increase {
    let rate = RequestQuota::SYMMETRIC.rate(lab.rules, lab.region).to_string();
    let usual: u32 = rate.parse().unwrap_or(5_500);
    Increase { per_second: usual.saturating_mul(2), after_seconds: 1_800, quota: None, region: None, account: None }
}

pub(super) const BUCKET_KEY: BucketKey = BucketKey { saved_percent: 99 };
pub(super) const CDN: Cdn = Cdn { hit_percent: 90 };
pub(super) const CACHE: DataKeyCache = DataKeyCache {
    max_age_seconds: 300,
    max_messages: 1_000,
    max_bytes: 1_000_000_000,
    message_bytes: 10_000,
    hosts: 10,
};

/// As it is, then with each remedy put on or taken away.
pub(super) fn compare(lab: &Lab) -> Vec<Compared> {
    let variants = [
        (tr!("As it is now"), lab.clone()),
        match lab.increase {
            None => (tr!("with a raised quota"), Lab { increase: Some(usual_increase(lab)), ..lab.clone() }),
            Some(_) => (tr!("without the raised quota"), Lab { increase: None, ..lab.clone() }),
        },
        match lab.bucket_key {
            None => (tr!("with S3 Bucket Keys"), Lab { bucket_key: Some(BUCKET_KEY), ..lab.clone() }),
            Some(_) => (tr!("without S3 Bucket Keys"), Lab { bucket_key: None, ..lab.clone() }),
        },
        match lab.cdn {
            None => (tr!("with a CDN"), Lab { cdn: Some(CDN), ..lab.clone() }),
            Some(_) => (tr!("without the CDN"), Lab { cdn: None, ..lab.clone() }),
        },
        match lab.data_key_cache {
            None => (tr!("with a data key cache"), Lab { data_key_cache: Some(CACHE), ..lab.clone() }),
            Some(_) => (tr!("without the data key cache"), Lab { data_key_cache: None, ..lab.clone() }),
        },
    ];
    let of = |(name, lab): (&'static str, Lab)| {
        let meter = measure(&lab).ok()?;
        let (refused, lost) = (meter.totals.throttled, meter.totals.lost);
        Some(Compared { name, refused, lost, micro_dollars: meter.cost.total_micro_dollars })
    };
    variants.into_iter().filter_map(of).collect()
}

pub(super) fn table(compared: &[Compared]) -> Html {
    let Some(now) = compared.first() else { return Html::default() };
    let row = |row: &Compared| {
        let same = row.name != now.name && (row.refused, row.micro_dollars) == (now.refused, now.micro_dollars);
        html! {
            <tr class={same.then_some("same")}>
                <th scope="row">{ row.name }</th>
                if same { <td colspan="2">{ tr!("changes nothing") }</td> } else { <td>{ grouped(row.refused) }</td><td>{ dollars(row.micro_dollars) }</td> }
            </tr>
        }
    };
    html! {
        <section class="compare" aria-labelledby="limits-compare">
            <h2 id="limits-compare" class="eyebrow">{ tr!("What each would change") }</h2>
            <table>
                <thead><tr><td></td><th scope="col">{ tr!("refused") }</th><th scope="col">{ tr!("a month") }</th></tr></thead>
                <tbody>{ for compared.iter().map(row) }</tbody>
            </table>
        </section>
    }
}
