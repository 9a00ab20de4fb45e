//! Snapshots: a volume's blocks and its wrapped data key as they were, shared and copied.

use std::sync::Arc;

use imbl::OrdSet;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::{AccountId, Region},
    clock::Timestamp,
    lang::message,
};

use super::{
    super::{Cx, ServiceError, form::Parameters},
    Wanted,
    disk::Disk,
};

/// What a volume had at some time.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Snapshot {
    pub account: AccountId,
    pub region: Region,
    /// The volume, or the snapshot that it is a copy of.
    pub of: String,
    pub made: Timestamp,
    pub disk: Disk,
    /// The accounts that may make volumes and copies of it.
    #[serde(default, skip_serializing_if = "OrdSet::is_empty")]
    pub shared: OrdSet<AccountId>,
}

pub(super) fn create(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (volume_id, volume) = cx.volume(parameters)?;
    cx.tell(message!("The snapshot has what is on the volume as it is there. KMS is not asked."));
    let id = cx.new_id("snap");
    Ok(cx.keep_snapshot(id, volume_id, volume.disk.clone()))
}

pub(super) fn copy(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let source = parameters.text("SourceSnapshotId").to_owned();
    let region = match parameters.given("SourceRegion") {
        None => cx.region,
        Some(text) => text.parse().map_err(|_| {
            ServiceError::new("InvalidParameterValue", 400, format!("SourceRegion: {text} is no Region."))
        })?,
    };
    let snapshot = cx.in_region(region, |cx| cx.snapshot(&source))?;
    let (id, wanted) = (cx.new_id("snap"), Wanted::read(parameters)?);
    let disk = cx.derived_disk(&id, Some(&snapshot.disk), &wanted)?;
    Ok(cx.keep_snapshot(id, source, disk))
}

pub(super) fn share(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let id = parameters.text("SnapshotId").to_owned();
    let Ok(with) = parameters.text("UserId").parse::<AccountId>() else {
        return Err(ServiceError::new("InvalidParameterValue", 400, "UserId has to be an account id of 12 digits."));
    };
    let mut snapshot = Snapshot::clone(&*cx.snapshot(&id)?);
    if snapshot.account != cx.caller.account() {
        return Err(missing(&id));
    }
    if snapshot.disk.key.as_ref().is_some_and(|key| key.managed) {
        let message = "Encrypted snapshots with EBS default key cannot be shared";
        return Err(ServiceError::new("InvalidParameter", 400, message));
    }
    if parameters.is("Remove") {
        snapshot.shared.remove(&with);
    } else {
        snapshot.shared.insert(with);
        cx.tell(message!(
            "{with} may use {id} from now on. Whether it may use the KMS key, which it needs for that, is for the key's \
             policy to say.",
            with,
            id
        ));
    }
    cx.cloud.ebs.snapshots.insert(id, Arc::new(snapshot));
    Ok(json!({ "Return": true }))
}

impl Cx<'_> {
    /// A snapshot that the caller may use.
    pub(super) fn snapshot(&self, id: &str) -> Result<Arc<Snapshot>, ServiceError> {
        let account = self.caller.account();
        let usable = |snapshot: &&Arc<Snapshot>| {
            snapshot.region == self.region && (snapshot.account == account || snapshot.shared.contains(&account))
        };
        self.cloud.ebs.snapshots.get(id).filter(usable).map(Arc::clone).ok_or_else(|| missing(id))
    }

    fn keep_snapshot(&mut self, id: String, of: String, disk: Disk) -> Value {
        let (account, region, made) = (self.caller.account(), self.region, self.now());
        let key = disk.key.as_ref().map(|key| key.key);
        self.cloud
            .ebs
            .snapshots
            .insert(id.clone(), Arc::new(Snapshot { account, region, of, made, disk, shared: OrdSet::new() }));
        match key {
            None => json!({ "SnapshotId": id, "Encrypted": false }),
            Some(key) => json!({ "SnapshotId": id, "Encrypted": true, "KmsKeyId": key }),
        }
    }
}

fn missing(id: &str) -> ServiceError {
    ServiceError::new("InvalidSnapshot.NotFound", 400, format!("The snapshot '{id}' does not exist."))
}
