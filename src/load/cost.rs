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
        let mut free: BTreeMap<(AccountId, Priced), u64> = BTreeMap::new();
        let mut cost = Self {
            requests_a_month: 0,
            free_requests: 0,
            keys_micro_dollars: (price::KEY * u64::from(keys)).0,
            requests_micro_dollars: 0,
            total_micro_dollars: 0,
        };
        for Used { account, operation, spec, requests } in used {
            let requests = a_month(*requests);
            let priced = priced(operation, *spec);
            // All that are of a kind with free ones share them, whatever their operation.
            let left = free.entry((*account, priced)).or_insert(priced.free());
            let spared = requests.min(*left);
            *left -= spared;
            cost.requests_a_month = cost.requests_a_month.saturating_add(requests);
            cost.free_requests = cost.free_requests.saturating_add(spared);
            cost.requests_micro_dollars =
                cost.requests_micro_dollars.saturating_add((priced.each() * (requests - spared)).0);
        }
        cost.total_micro_dollars = cost.keys_micro_dollars.saturating_add(cost.requests_micro_dollars);
        cost
    }
}
