//! What keys and requests cost in a month, in millionths of a US dollar.
//!
//! Source: the KMS pricing page, in US Regions. What it does not say: requests that were refused are not counted here.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{arn::AccountId, kms::KeySpec};

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
const KEY_A_MONTH: u64 = 1_000_000;
/// A month and account, in all Regions together.
const FREE_REQUESTS: u64 = 20_000;

/// The price of a request in millionths of a dollar, and whether the free tier has it.
fn price(operation: &str, spec: KeySpec) -> (u64, bool) {
    let of_pairs = matches!(operation, "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext");
    match spec {
        KeySpec::SymmetricDefault | KeySpec::Hmac224 | KeySpec::Hmac256 | KeySpec::Hmac384 | KeySpec::Hmac512 => {
            (3, true)
        }
        KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 if of_pairs => (1_200, false),
        KeySpec::Rsa2048 => (3, false),
        KeySpec::Rsa3072
        | KeySpec::Rsa4096
        | KeySpec::EccNistP256
        | KeySpec::EccNistP384
        | KeySpec::EccNistP521
        | KeySpec::EccSecgP256k1
        | KeySpec::EccNistEdwards25519
        | KeySpec::MlDsa44
        | KeySpec::MlDsa65
        | KeySpec::MlDsa87
        | KeySpec::MlKem512
        | KeySpec::MlKem768
        | KeySpec::MlKem1024 => (if of_pairs { 10 } else { 15 }, false),
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
        let mut free: BTreeMap<AccountId, u64> = BTreeMap::new();
        let mut cost = Self {
            requests_a_month: 0,
            free_requests: 0,
            keys_micro_dollars: u64::from(keys).saturating_mul(KEY_A_MONTH),
            requests_micro_dollars: 0,
            total_micro_dollars: 0,
        };
        for Used { account, operation, spec, requests } in used {
            let requests = a_month(*requests);
            let (price, has_free) = price(operation, *spec);
            let left = free.entry(*account).or_insert(FREE_REQUESTS);
            let spared = if has_free { requests.min(*left) } else { 0 };
            *left -= spared;
            cost.requests_a_month = cost.requests_a_month.saturating_add(requests);
            cost.free_requests = cost.free_requests.saturating_add(spared);
            cost.requests_micro_dollars =
                cost.requests_micro_dollars.saturating_add((requests - spared).saturating_mul(price));
        }
        cost.total_micro_dollars = cost.keys_micro_dollars.saturating_add(cost.requests_micro_dollars);
        cost
    }
}
