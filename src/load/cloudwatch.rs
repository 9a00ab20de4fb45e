//! What CloudWatch has of a lab's traffic: AWS's own metrics, each a sum for every minute.
//!
//! Sources: Developer Guide, "Monitor KMS keys with Amazon CloudWatch"; CloudWatch User Guide, "AWS usage metrics"; AWS
//! Security Blog, "Manage your AWS KMS API request rates using Service Quotas and Amazon CloudWatch". No metric says how
//! many requests an account's quotas refused: one sees that calls come near a quota.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    arn::{AccountId, Region},
    kms::{rate::RequestQuota, throttle::Payer},
};

use super::{
    Lab,
    traffic::{Gauge, Group, Stream},
};

/// A metric and its data points.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metric {
    pub account: AccountId,
    pub region: Region,
    /// `AWS/Usage` or `AWS/KMS`.
    pub namespace: &'static str,
    pub name: &'static str,
    /// Without `KeyArn`: a lab knows no keys, so these are sums over all of them.
    pub dimensions: BTreeMap<&'static str, String>,
    /// The statistic Sum with a period of a minute.
    pub sums: Vec<u64>,
    /// Of `CallCount`: how many hundredths of what the quota lets through in a minute that is, as Service Quotas shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utilization_percent: Option<Vec<u64>>,
}

/// Where a metric is and what it is of.
type Place = (AccountId, Region, &'static str, &'static str, BTreeMap<&'static str, String>);

pub(super) fn metrics(lab: &Lab, groups: &[Group]) -> Vec<Metric> {
    let calls = groups.iter().flat_map(Group::gauges).filter_map(call_count);
    let mut sums: BTreeMap<Place, Vec<u64>> = BTreeMap::new();
    for stream in groups.iter().flat_map(Group::streams) {
        let successful = successful(lab, stream).map(|place| (place, (|minute| minute.served) as Count));
        let refused = store_throttle(lab, stream).map(|place| (place, (|minute| minute.store_lacked) as Count));
        for (place, count) in successful.into_iter().chain(refused) {
            let minutes = sums.entry(place).or_insert_with(|| vec![0; stream.minutes.len()]);
            for (sum, minute) in minutes.iter_mut().zip(&stream.minutes) {
                *sum = sum.saturating_add(count(minute));
            }
        }
    }
    let of_keys = sums.into_iter().map(|((account, region, namespace, name, dimensions), sums)| Metric {
        account,
        region,
        namespace,
        name,
        dimensions,
        sums,
        utilization_percent: None,
    });
    let mut metrics: Vec<Metric> = calls.chain(of_keys).collect();
    metrics.sort_by(|one, other| {
        let place = |metric: &Metric| (metric.account, metric.region, metric.name);
        place(one).cmp(&place(other)).then_with(|| one.dimensions.cmp(&other.dimensions))
    });
    metrics
}

type Count = fn(&super::traffic::Minute) -> u64;

/// The requests of an account that count together. Custom key stores' are not among AWS's usage metrics.
fn call_count(gauge: &Gauge) -> Option<Metric> {
    let Payer::Account { account, region } = gauge.payer else { return None };
    let dimensions = [("Service", "KMS"), ("Type", "API"), ("Class", "None")];
    let dimensions = dimensions.into_iter().map(|(name, value)| (name, value.to_owned()));
    let percent = |(minute, calls): (u32, &u64)| {
        let most = gauge.rate_in(minute.saturating_mul(60)).a_minute().max(1);
        calls.saturating_mul(100) / most
    };
    Some(Metric {
        account,
        region,
        namespace: "AWS/Usage",
        name: "CallCount",
        dimensions: dimensions.chain([("Resource", resource(gauge.quota))]).collect(),
        sums: gauge.minutes.clone(),
        utilization_percent: Some((0..).zip(&gauge.minutes).map(percent).collect()),
    })
}

/// What AWS/Usage calls what a quota counts. The names for ML-DSA and ML-KEM follow those of the others.
fn resource(quota: RequestQuota) -> String {
    let name = quota.to_string();
    let name = name.strip_suffix(" request rate").unwrap_or(&name);
    match quota {
        RequestQuota::SYMMETRIC => "CryptographicOperationsSymmetric".to_owned(),
        RequestQuota::RSA => "CryptographicOperationsRsa".to_owned(),
        RequestQuota::ECC => "CryptographicOperationsEcc".to_owned(),
        RequestQuota::ML_DSA => "CryptographicOperationsMlDsa".to_owned(),
        RequestQuota::ML_KEM => "CryptographicOperationsMlKem".to_owned(),
        _ => name.replace(" (", "-").replace(')', ""),
    }
}

/// Of cryptographic operations with keys, in the account of the key.
fn successful(lab: &Lab, stream: &Stream) -> Option<Place> {
    let is_management = RequestQuota::of_operation(stream.operation).is_some();
    let dimensions = BTreeMap::from([("Operation", stream.operation.to_owned())]);
    let place = (stream.owner, lab.region, "AWS/KMS", "SuccessfulRequest", dimensions);
    (!is_management && stream.operation != "GenerateRandom").then_some(place)
}

/// Of a key store, in its account, which is that of its keys.
fn store_throttle(lab: &Lab, stream: &Stream) -> Option<Place> {
    let dimensions = BTreeMap::from([
        ("CustomKeyStoreId", stream.store?.to_string()),
        ("KmsOperation", stream.operation.to_owned()),
        ("KeySpec", stream.spec.as_str().to_owned()),
    ]);
    Some((stream.owner, lab.region, "AWS/KMS", "CloudHSMKeyStoreThrottle", dimensions))
}
