//! Snapshots of databases: shared, copied under another key, and made into databases again.

use std::sync::Arc;

use imbl::OrdSet;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{arn::AccountId, clock::Timestamp, lang::message};

use super::{
    super::{Cx, ServiceError, ebs::disk::Disk, form::Parameters},
    InstanceName, SERVICE, for_caller, refused,
};

/// A database's volume at some time.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Snapshot {
    pub account: AccountId,
    /// The instance it is of, as the encryption context calls it.
    pub resource_id: String,
    pub made: Timestamp,
    pub disk: Disk,
    /// The accounts that may copy it.
    #[serde(default, skip_serializing_if = "OrdSet::is_empty")]
    pub shared: OrdSet<AccountId>,
}

pub(super) fn create(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let instance = cx.instance(parameters)?;
    instance.running()?;
    let arn = cx.new_snapshot_arn(parameters.text("DBSnapshotIdentifier"))?;
    cx.tell(message!("The snapshot has what is on the volume as it is there. KMS is not asked."));
    Ok(cx.keep_db_snapshot(arn, instance.resource_id, instance.disk))
}

pub(super) fn copy(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let source = cx.db_snapshot(parameters.text("SourceDBSnapshotIdentifier"))?;
    let arn = cx.new_snapshot_arn(parameters.text("TargetDBSnapshotIdentifier"))?;
    let (account, principal) = (cx.caller.account(), SERVICE.host_in(cx.region));
    let named = match (parameters.given("KmsKeyId"), &source.disk.key) {
        (None, Some(_)) if source.account != account => {
            let message = "A shared encrypted snapshot can only be copied under a KMS key of your own: KmsKeyId.";
            return Err(ServiceError::new("InvalidParameterCombination", 400, message));
        }
        (None, None) => return Ok(cx.keep_db_snapshot(arn, source.resource_id.clone(), source.disk.clone())),
        (named, _) => named,
    };
    let context = cx.volume_context(&source.resource_id, "snap");
    let asking = for_caller(&principal, account, &arn);
    let described = match named {
        None => None,
        Some(named) => Some(cx.describe_key(named, message!("a description of the key"), refused)?),
    };
    let disk = match (&source.disk.key, described) {
        (Some(key), Some(described)) if described.key != key.key => {
            cx.copied_disk(asking, &source.disk, &described, context)?
        }
        (None, Some(described)) => cx.copied_disk(asking, &source.disk, &described, context)?,
        (Some(key), _) => {
            Disk { key: Some(cx.same_disk_key(asking, key, context)?), blocks: source.disk.blocks.clone() }
        }
        (None, None) => source.disk.clone(),
    };
    Ok(cx.keep_db_snapshot(arn, source.resource_id.clone(), disk))
}

pub(super) fn share(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let arn = snapshot_arn(cx, parameters.text("DBSnapshotIdentifier"));
    let mut snapshot = Snapshot::clone(&*cx.db_snapshot(&arn)?);
    let Ok(with) = parameters.text("AccountId").parse::<AccountId>() else {
        return Err(ServiceError::new("InvalidParameterValue", 400, "AccountId has to be an account id of 12 digits."));
    };
    if snapshot.account != cx.caller.account() {
        return Err(missing(&arn));
    }
    if snapshot.disk.key.as_ref().is_some_and(|key| key.managed) {
        let message =
            "A snapshot that is encrypted with the default RDS KMS key cannot be shared. Copy it under another.";
        return Err(ServiceError::new("InvalidDBSnapshotState", 400, message));
    }
    snapshot.shared.insert(with);
    cx.cloud.rds.snapshots.insert(arn, Arc::new(snapshot));
    Ok(json!({ "ValuesToAdd": with }))
}

pub(super) fn restore(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let source = cx.db_snapshot(parameters.text("DBSnapshotIdentifier"))?;
    if source.account != cx.caller.account() && source.disk.key.is_some() {
        let message = "A shared encrypted snapshot has to be copied before a DB instance is restored from it.";
        return Err(ServiceError::new("InvalidDBSnapshotState", 400, message));
    }
    let mut instance = cx.new_instance(parameters)?;
    instance.disk = source.disk.clone();
    cx.first_start(instance, |cx, instance| {
        let Some(key) = &source.disk.key else { return Ok(()) };
        instance.grant = Some(cx.instance_grant(instance, key.key)?);
        let (arn, principal) = (instance.name.arn(), instance.name.principal());
        let context = cx.volume_context(&instance.resource_id, "vol");
        let asking = for_caller(&principal, instance.name.account, &arn);
        instance.disk.key = Some(cx.same_disk_key(asking, key, context)?);
        Ok(())
    })
}

impl Cx<'_> {
    /// A snapshot that the caller may use: its name, or its ARN.
    fn db_snapshot(&self, named: &str) -> Result<Arc<Snapshot>, ServiceError> {
        let (arn, account) = (snapshot_arn(self, named), self.caller.account());
        let usable = |snapshot: &&Arc<Snapshot>| snapshot.account == account || snapshot.shared.contains(&account);
        self.cloud.rds.snapshots.get(&arn).filter(usable).map(Arc::clone).ok_or_else(|| missing(named))
    }

    /// The ARN of a snapshot that is not there yet.
    fn new_snapshot_arn(&self, id: &str) -> Result<String, ServiceError> {
        let arn = snapshot_arn(self, id);
        if self.cloud.rds.snapshots.contains_key(&arn) {
            let message = format!("Cannot create the snapshot because one with the identifier {id} already exists.");
            return Err(ServiceError::new("DBSnapshotAlreadyExists", 400, message));
        }
        Ok(arn)
    }

    fn keep_db_snapshot(&mut self, arn: String, resource_id: String, disk: Disk) -> Value {
        let mut answer = json!({ "DBSnapshotArn": arn, "Encrypted": disk.key.is_some() });
        if let (Value::Object(members), Some(key)) = (&mut answer, &disk.key) {
            members.insert("KmsKeyId".to_owned(), json!(key.key));
        }
        let (account, made) = (self.caller.account(), self.now());
        let snapshot = Snapshot { account, resource_id, made, disk, shared: OrdSet::new() };
        self.cloud.rds.snapshots.insert(arn, Arc::new(snapshot));
        answer
    }
}

fn snapshot_arn(cx: &Cx<'_>, named: &str) -> String {
    if named.starts_with("arn:") {
        return named.to_owned();
    }
    let InstanceName { account, region, id } = InstanceName::of(cx, named);
    format!("arn:aws:rds:{region}:{account}:snapshot:{id}")
}

fn missing(named: &str) -> ServiceError {
    ServiceError::new("DBSnapshotNotFound", 404, format!("DBSnapshot {named} not found."))
}
