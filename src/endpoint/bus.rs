//! What Amazon EventBridge would deliver of what happens by itself: rotation, expiry and deletion ("Monitoring KMS keys
//! with Amazon EventBridge", Developer Guide).
//!
//! Derived from the audit records of the same step, so the two cannot differ. AWS calls all but deletions best effort;
//! here each comes, once.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    arn::{AccountId, Region, RequestId},
    clock::Timestamp,
    endpoint::audit::Record,
    kms::World,
};

/// One event on the default bus of an account and Region.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct BusEvent {
    pub version: &'static str,
    pub id: RequestId,
    pub detail_type: &'static str,
    pub source: &'static str,
    pub account: AccountId,
    /// To the second.
    pub time: Timestamp,
    pub region: Region,
    /// The ARN of the key.
    pub resources: Vec<String>,
    /// `{"key-id": …}`.
    pub detail: Value,
}

/// The events of one step, in the order of its records. `serial` is what the records were made with.
pub fn of_records(records: &[Record], world: &World, serial: u64) -> Vec<BusEvent> {
    let told = records.iter().filter_map(|record| Some((record, detail_type(record)?, record.resources.first()?)));
    told.zip(0..)
        .map(|((record, detail_type, key), nth)| BusEvent {
            version: "0",
            // Counted down, as the records of the step count their ids up.
            id: RequestId::new(world.entropy.label_within(serial, u32::MAX - nth)),
            detail_type,
            source: "aws.kms",
            account: record.recipient_account_id,
            time: record.event_time,
            region: record.aws_region,
            resources: vec![key.arn.clone()],
            detail: json!({ "key-id": key.arn.rsplit('/').next() }),
        })
        .collect()
}

/// What EventBridge calls what a record is about, where it is told of it.
pub fn detail_type(record: &Record) -> Option<&'static str> {
    match (record.event_type, record.event_name.as_str()) {
        ("AwsServiceEvent", "RotateKey") => Some("KMS CMK Rotation"),
        ("AwsServiceEvent", "DeleteExpiredKeyMaterial") => Some("KMS Imported Key Material Expiration"),
        ("AwsServiceEvent", "DeleteKey") => Some("KMS CMK Deletion"),
        _ => None,
    }
}
