//! GetKeyLastUsage.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{
    arn::{AccountId, KeyId, RequestId},
    kms::usage::LastUse,
    ops::{
        call::{Call, Operation, Subject},
        members::Members,
        refusal::Refusal,
        spec::{Demand, Spec, States},
        wire::EpochSeconds,
    },
};

/// What a key was last used for, and when (API reference, GetKeyLastUsage).
pub struct GetKeyLastUsage {
    key_id: String,
}

impl Operation for GetKeyLastUsage {
    const SPEC: Spec = Spec {
        name: "GetKeyLastUsage",
        demands: &[Demand::own("kms:GetKeyLastUsage", States::Any)],
        accepts_alias: false,
    };
    type Output = KeyUsageHistory;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn run(self, call: &mut Call<'_>) -> Result<KeyUsageHistory, Refusal> {
        let (world, key) = (&*call.world, call.key(0)?);
        let last_use = world.last_use(&key.arn);
        Ok(KeyUsageHistory {
            key_creation_date: EpochSeconds(key.created),
            key_id: key.arn.id,
            key_last_usage: KeyLastUsage {
                cloud_trail_event_id: last_use
                    .map(|last| RequestId::new(world.entropy.label_within(last.serial, last.record))),
                kms_request_id: last_use.map(|last| RequestId::new(world.entropy.label(last.serial))),
                operation: last_use.map(|last| last.operation.as_str()),
                timestamp: last_use.map(|last| EpochSeconds(last.at)),
            },
            tracking_start_date: EpochSeconds(world.uses_known_since().max(key.created)),
        })
    }
}

impl Call<'_> {
    /// Remembers that a successful operation used its keys, if it is one that counts.
    pub(super) fn record_use(&mut self, operation: &'static str) {
        let Ok(operation) = operation.parse() else { return };
        let own = self.caller.account();
        let others: BTreeSet<AccountId> =
            self.keys.iter().map(|key| key.arn.account).filter(|account| *account != own).collect();
        for key in &self.keys {
            // Where other accounts have a record too, an id that all records share comes before theirs.
            let own_record = u32::from(!others.is_empty());
            let other = (1..).zip(&others).find(|(_, account)| **account == key.arn.account);
            let record = own_record + other.map_or(0, |(nth, _)| nth);
            self.world.record_use(key.arn, LastUse { operation, at: self.world.now, serial: self.serial, record });
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyUsageHistory {
    key_creation_date: EpochSeconds,
    key_id: KeyId,
    key_last_usage: KeyLastUsage,
    tracking_start_date: EpochSeconds,
}

/// Empty where the key has not been used since uses are known.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyLastUsage {
    /// Of the record that the account of the key has.
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_trail_event_id: Option<RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_request_id: Option<RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<EpochSeconds>,
}
