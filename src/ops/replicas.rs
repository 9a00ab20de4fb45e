//! ReplicateKey, UpdatePrimaryRegion.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    arn::KeyArn,
    kms::KmsError,
    ops::{
        call::{Call, Operation, Subject},
        keys::KeyMetadata,
        members::Members,
        policies,
        refusal::Refusal,
        spec::{Demand, Spec, States},
        tags::{self, Tag},
        wire::Empty,
    },
};

/// Makes a key of the same id and material in another Region (API reference, ReplicateKey).
pub struct ReplicateKey {
    key_id: String,
    replica_region: String,
    policy: Option<String>,
    bypass_policy_lockout_safety_check: bool,
    description: Option<String>,
    tags: Vec<Tag>,
}

impl Operation for ReplicateKey {
    const SPEC: Spec = Spec {
        name: "ReplicateKey",
        demands: &[
            Demand::own("kms:ReplicateKey", States::Replicate),
            Demand::own("kms:CreateKey", States::Any),
            Demand::own("kms:TagResource", States::Any),
        ],
        accepts_alias: false,
    };
    type Output = Replicated;

    fn read(members: &mut Members) -> Self {
        Self {
            key_id: members.take("KeyId"),
            replica_region: members.take("ReplicaRegion"),
            policy: members.take("Policy"),
            bypass_policy_lockout_safety_check: members.take("BypassPolicyLockoutSafetyCheck"),
            description: members.take("Description"),
            tags: members.take("Tags"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        let there = || Subject::AccountIn(&self.replica_region);
        vec![Subject::Key(&self.key_id), there(), if self.tags.is_empty() { Subject::None } else { there() }]
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        call.primary()
    }

    fn run(self, call: &mut Call<'_>) -> Result<Replicated, Refusal> {
        let (primary, region) = (call.key(0)?, Call::region_of(&self.replica_region)?);
        let arn = KeyArn { region, ..primary.arn };
        let policy = policies::of_new_key(self.policy.as_deref(), arn, self.bypass_policy_lockout_safety_check, call)?;
        let mut replica = primary.replica(region, policy, self.description.unwrap_or_default(), call.world.now);
        replica.tags = tags::merge(arn, &BTreeMap::new(), self.tags, call.world.rules())?;
        let events = call.world.add_replica(replica)?;
        call.events.extend(events);
        let replica = call.world.key(&arn).ok_or(Refusal::Internal { why: "the replica is not in its world" })?;
        Ok(Replicated {
            replica_key_metadata: KeyMetadata::new(replica, call.world),
            replica_policy: replica.policy.text().to_owned(),
            replica_tags: tags::all_of(replica),
        })
    }
}

/// Makes a replica the primary key of its set, and the primary a replica (API reference, UpdatePrimaryRegion).
pub struct UpdatePrimaryRegion {
    key_id: String,
    primary_region: String,
}

impl Operation for UpdatePrimaryRegion {
    const SPEC: Spec = Spec {
        name: "UpdatePrimaryRegion",
        demands: &[
            Demand::own("kms:UpdatePrimaryRegion", States::Use),
            Demand::own("kms:UpdatePrimaryRegion", States::Use),
        ],
        accepts_alias: false,
    };
    type Output = Empty;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId"), primary_region: members.take("PrimaryRegion") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id), Subject::Relative { key: &self.key_id, region: &self.primary_region }]
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        call.primary()?;
        match call.arn(0)? {
            arn if arn == call.arn(1)? => Err(KmsError::AlreadyPrimary(arn).into()),
            _ => Ok(()),
        }
    }

    fn run(self, call: &mut Call<'_>) -> Result<Empty, Refusal> {
        let (from, to) = (call.key(0)?.clone(), call.key(1)?.clone());
        let events = call.world.move_primary(&from, &to);
        call.events.extend(events);
        Ok(Empty)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Replicated {
    replica_key_metadata: KeyMetadata,
    replica_policy: String,
    replica_tags: Vec<Tag>,
}
