//! What the traffic of a lab and its keys cost in a month, in millionths of a US dollar. The pricing page does not say
//! whether requests that were refused cost anything; here they do not.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    arn::AccountId,
    kms::{
        KeySpec,
        price::{self, Priced},
    },
};

/// A month's bill.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    pub requests_a_month: u64,
    /// Of these, those that the free tier takes.
    pub free_requests: u64,
    pub keys_micro_dollars: u64,
    pub requests_micro_dollars: u64,
    pub total_micro_dollars: u64,
}

/// Requests of one kind that were served.
pub(super) struct Used {
    pub account: AccountId,
    pub operation: &'static str,
    pub spec: KeySpec,
    pub requests: u64,
}

/// 730 hours, by which AWS counts a month.
const MONTH_SECONDS: u64 = 730 * 3_600;

/// What a request is priced as.
fn priced(operation: &str, spec: KeySpec) -> Priced {
    match operation {
        "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => Priced::of_pairs(spec),
        _ => Priced::of_keys(spec),
    }
}

impl Cost {
    pub(super) fn of(keys: u32, runs_a_month: Option<u32>, seconds: u32, used: &[Used]) -> Self {
        let a_month = |requests: u64| {
            let (times, of) = match runs_a_month {
                Some(runs) => (runs.into(), 1),
                None => (MONTH_SECONDS, u64::from(seconds.max(1))),
            };
            let requests = u128::from(requests) * u128::from(times) / u128::from(of);
            u64::try_from(requests).unwrap_or(u64::MAX)
        };
        // All of one kind share what is free of it, whatever their operation.
        let mut served: BTreeMap<(AccountId, Priced), u64> = BTreeMap::new();
        for Used { account, operation, spec, requests } in used {
            let of_kind = served.entry((*account, priced(operation, *spec))).or_default();
            *of_kind = of_kind.saturating_add(a_month(*requests));
        }
        let sum = |amount: fn(Priced, u64) -> u64| {
            served.iter().map(|((_, priced), requests)| amount(*priced, *requests)).fold(0, u64::saturating_add)
        };
        let mut cost = Self {
            requests_a_month: sum(|_, requests| requests),
            free_requests: sum(|priced, requests| requests.min(priced.free())),
            keys_micro_dollars: (price::KEY * u64::from(keys)).0,
            requests_micro_dollars: sum(|priced, requests| priced.monthly_cost(requests).0),
            total_micro_dollars: 0,
        };
        cost.total_micro_dollars = cost.keys_micro_dollars.saturating_add(cost.requests_micro_dollars);
        cost
    }
}
