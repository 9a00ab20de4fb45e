//! Amazon RDS: a database on a volume as EBS has them, with a grant for as long as the instance lives.
//!
//! Sources: RDS User Guide, "Encrypting Amazon RDS resources"; KMS Developer Guide 2023, "How Amazon RDS uses AWS KMS".

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::{AccountId, KeyArn, Region},
    crypto::context::EncryptionContext,
    endpoint::fault::Fault,
    lang::message,
};

use super::{
    Cx, Operation, Service, ServiceError,
    change::Change,
    ebs::{
        self,
        disk::{Asking, Attachment, Disk},
    },
    flow,
    form::{Parameter, ParameterKind, Parameters},
    granted::{Asker, ServiceGrant},
};

mod health;
mod shown;
mod snapshot;
mod tour;

use health::Status;
use snapshot::Snapshot;

/// What Amazon RDS is here.
pub static SERVICE: Service = Service {
    name: "rds",
    title: "Amazon RDS",
    host: "rds",
    about: "Databases on encrypted volumes, whose hosts RDS runs.",
    operations: OPERATIONS,
    then_and_now: THEN_AND_NOW,
    tour: tour::TOUR,
    inventory: shown::inventory,
    due: health::due,
    notice: health::notice,
    watches: health::watches,
    failed: |_, _| None,
};

/// Where study notes of about 2019 and today differ.
static THEN_AND_NOW: &[Change] = &[
    Change::by_rules(
        "Who has the data key of a database’s volume",
        "The hypervisor of its host.",
        "A Nitro card, as for every EBS volume.",
    ),
    Change::in_words(
        "What a database is stored on",
        "RDS uses EBS.",
        "Still so for the engines of RDS, and here. Aurora has a storage layer of its own.",
    ),
];

/// The instances and snapshots of all accounts, by their ARNs.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    instances: OrdMap<String, Arc<Instance>>,
    #[serde(skip_serializing_if = "OrdMap::is_empty")]
    snapshots: OrdMap<String, Arc<Snapshot>>,
}

/// A database instance.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Instance {
    name: InstanceName,
    /// What the encryption context calls it, for example `db-0123456789ABCDEF`.
    resource_id: String,
    /// The EC2 instance that RDS runs it on.
    host: String,
    disk: Disk,
    /// For how many days backups are kept; with 0 there are none.
    retention: u32,
    /// By which RDS uses the key, as long as the instance lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant: Option<ServiceGrant>,
    /// Absent while it is stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attachment: Option<Attachment>,
    status: Status,
}

/// Whose instance it is, where, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct InstanceName {
    account: AccountId,
    region: Region,
    id: String,
}

const MANAGED: &str = "alias/aws/rds";
/// What RDS asks to be allowed to; it passes Decrypt on to the host.
const GRANTED: [&str; 8] = [
    "Decrypt",
    "Encrypt",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "CreateGrant",
    "RetireGrant",
    "DescribeKey",
];

const INSTANCE: Parameter =
    Parameter::required("DBInstanceIdentifier", ParameterKind::Text, "The name of the database instance.");
const KEY: Parameter = Parameter::required("Key", ParameterKind::Text, "The row's primary key.");
const ENCRYPTED: Parameter =
    Parameter::optional("StorageEncrypted", ParameterKind::Flag, "Whether its storage is encrypted.");
const KMS_KEY: Parameter =
    Parameter::optional("KmsKeyId", ParameterKind::Key, "The KMS key; without one, the AWS managed key aws/rds.");
const RETENTION: Parameter = Parameter::optional(
    "BackupRetentionPeriod",
    ParameterKind::Number(0, 35),
    "For how many days automated backups are kept; 1 if nothing is said, none with 0.",
);
const SNAPSHOT: Parameter =
    Parameter::required("DBSnapshotIdentifier", ParameterKind::Text, "The name of the snapshot.");

static OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateDBInstance",
        about: "Makes a database, on a volume that is encrypted or not for ever.",
        parameters: &[INSTANCE, ENCRYPTED, KMS_KEY, RETENTION],
        run: create_instance,
    },
    Operation {
        name: "DescribeDBInstance",
        about: "Tells how a database is encrypted and how it stands with it.",
        parameters: &[INSTANCE],
        run: describe_instance,
    },
    Operation {
        name: "ModifyDBInstance",
        about: "Changes how long backups are kept. How storage is encrypted cannot be changed.",
        parameters: &[INSTANCE, RETENTION, ENCRYPTED, KMS_KEY],
        run: modify_instance,
    },
    Operation {
        name: "WriteRow",
        about: "Has the database write a row, which its host encrypts.",
        parameters: &[INSTANCE, KEY, Parameter::required("Row", ParameterKind::Pairs, "Its columns.")],
        run: write_row,
    },
    Operation {
        name: "ReadRow",
        about: "Has the database read a row, which its host decrypts.",
        parameters: &[INSTANCE, KEY],
        run: read_row,
    },
    Operation {
        name: "StopDBInstance",
        about: "Stops a database; its host forgets the data key.",
        parameters: &[INSTANCE],
        run: stop_instance,
    },
    Operation {
        name: "StartDBInstance",
        about: "Starts a database that is stopped; its host asks for the data key again.",
        parameters: &[INSTANCE],
        run: start_instance,
    },
    Operation {
        name: "DeleteDBInstance",
        about: "Deletes a database with its volume, and ends its grants.",
        parameters: &[INSTANCE],
        run: delete_instance,
    },
    Operation {
        name: "CreateDBSnapshot",
        about: "Keeps a database's volume as it is now.",
        parameters: &[INSTANCE, SNAPSHOT],
        run: snapshot::create,
    },
    Operation {
        name: "CopyDBSnapshot",
        about: "Copies a snapshot, under another key if one is named: the way to encrypt what is not encrypted.",
        parameters: &[
            Parameter::required(
                "SourceDBSnapshotIdentifier",
                ParameterKind::Text,
                "Its name, or of another account its ARN.",
            ),
            Parameter::required("TargetDBSnapshotIdentifier", ParameterKind::Text, "The name of the copy."),
            Parameter::optional("KmsKeyId", ParameterKind::Key, "The KMS key; without one, as the source."),
        ],
        run: snapshot::copy,
    },
    Operation {
        name: "ModifyDBSnapshotAttribute",
        about: "Shares a snapshot with another account.",
        parameters: &[SNAPSHOT, Parameter::required("AccountId", ParameterKind::Text, "The id of the other account.")],
        run: snapshot::share,
    },
    Operation {
        name: "RestoreDBInstanceFromDBSnapshot",
        about: "Makes a new database of a snapshot, encrypted as that is.",
        parameters: &[INSTANCE, SNAPSHOT, RETENTION],
        run: snapshot::restore,
    },
];

impl InstanceName {
    /// Of the caller's account.
    fn of(cx: &Cx<'_>, id: &str) -> Self {
        Self { account: cx.caller.account(), region: cx.region, id: id.to_owned() }
    }

    fn arn(&self) -> String {
        format!("arn:aws:rds:{}:{}:db:{}", self.region, self.account, self.id)
    }

    /// What RDS calls itself.
    fn principal(&self) -> String {
        SERVICE.host_in(self.region)
    }
}

fn create_instance(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let named = parameters.given("KmsKeyId");
    if named.is_some() && !parameters.is("StorageEncrypted") {
        let message = "KmsKeyId can only be specified when StorageEncrypted is true.";
        return Err(ServiceError::new("InvalidParameterCombination", 400, message));
    }
    let instance = cx.new_instance(parameters)?;
    if !parameters.is("StorageEncrypted") {
        return cx.first_start(instance, |_, _| Ok(()));
    }
    let described = cx.describe_key(named.unwrap_or(MANAGED), message!("a description of the key"), refused)?;
    cx.first_start(instance, |cx, instance| {
        instance.grant = Some(cx.instance_grant(instance, described.key)?);
        let (arn, principal) = (instance.name.arn(), instance.name.principal());
        let context = cx.volume_context(&instance.resource_id, "vol");
        let asking = itself(&principal, instance.name.account, &arn);
        instance.disk.key = Some(cx.new_disk_key(asking, &described, context)?);
        Ok(())
    })
}

fn describe_instance(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    Ok(cx.instance(parameters)?.describe())
}

fn modify_instance(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let mut instance = cx.instance(parameters)?;
    let encrypted = instance.disk.key.is_some();
    let other_key = parameters.given("KmsKeyId").is_some();
    if other_key || parameters.flag("StorageEncrypted").is_some_and(|wanted| wanted != encrypted) {
        let message = "How the storage of a DB instance is encrypted can be chosen when it is created, and only then. Take \
                       a DB snapshot, copy it under the KMS key (CopyDBSnapshot), and restore a new DB instance from the \
                       copy. What is encrypted stays encrypted.";
        return Err(ServiceError::new("InvalidParameterCombination", 400, message));
    }
    if parameters.number("BackupRetentionPeriod").is_some() {
        instance.retention = retention(parameters);
    }
    Ok(cx.keep_instance(instance))
}

fn write_row(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let mut instance = cx.instance(parameters)?;
    let attachment = instance.running()?.clone();
    let row = serde_json::to_vec(&parameters.pairs("Row")).map_err(|_| ServiceError::internal())?;
    let name = format!("row {}", parameters.text("Key"));
    let stored = cx.written(&instance.disk, &attachment, &name, &row)?;
    instance.disk.blocks.insert(name, stored);
    cx.keep_instance(instance);
    Ok(json!({}))
}

fn read_row(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let instance = cx.instance(parameters)?;
    let attachment = instance.running()?;
    let name = format!("row {}", parameters.text("Key"));
    let Some(stored) = instance.disk.blocks.get(&name) else { return Ok(json!({})) };
    let row = cx.read(&instance.disk, attachment, &name, stored)?;
    let row: Value = serde_json::from_slice(row.expose()).map_err(|_| ServiceError::internal())?;
    Ok(json!({ "Row": row }))
}

fn stop_instance(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let mut instance = cx.instance(parameters)?;
    instance.running()?;
    cx.stop(&mut instance);
    instance.status = Status::Stopped;
    Ok(cx.keep_instance(instance))
}

fn start_instance(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let mut instance = cx.instance(parameters)?;
    if !matches!(instance.status, Status::Stopped | Status::Recoverable { .. }) {
        return Err(instance.in_wrong_state());
    }
    cx.start(&mut instance)?;
    Ok(cx.keep_instance(instance))
}

fn delete_instance(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let mut instance = cx.instance(parameters)?;
    cx.stop(&mut instance);
    cx.end_instance_grant(&instance);
    let arn = instance.name.arn();
    cx.cloud.rds.instances.remove(&arn);
    cx.tell(message!("{arn} is gone, with its volume and the wrapped data key.", arn));
    Ok(json!({ "DBInstanceIdentifier": instance.name.id, "DBInstanceStatus": "deleting" }))
}

fn retention(parameters: &Parameters) -> u32 {
    parameters.number("BackupRetentionPeriod").and_then(|days| u32::try_from(days).ok()).unwrap_or(1)
}

impl Instance {
    fn describe(&self) -> Value {
        let mut answer = json!({
            "DBInstanceIdentifier": self.name.id,
            "DBInstanceArn": self.name.arn(),
            "DbiResourceId": self.resource_id,
            "DBInstanceStatus": self.status.as_str(),
            "StorageEncrypted": self.disk.key.is_some(),
            "BackupRetentionPeriod": self.retention,
        });
        if let (Value::Object(members), Some(key)) = (&mut answer, &self.disk.key) {
            members.insert("KmsKeyId".to_owned(), json!(key.key));
        }
        answer
    }

    fn running(&self) -> Result<&Attachment, ServiceError> {
        self.attachment.as_ref().ok_or_else(|| self.in_wrong_state())
    }

    fn in_wrong_state(&self) -> ServiceError {
        let message = format!("Instance {} is in the state {}.", self.name.id, self.status.as_str());
        ServiceError::new("InvalidDBInstanceState", 400, message)
    }
}

impl Cx<'_> {
    /// The instance that a request names, to be changed and kept.
    fn instance(&mut self, parameters: &Parameters) -> Result<Instance, ServiceError> {
        let name = InstanceName::of(self, parameters.text("DBInstanceIdentifier"));
        let found = self.cloud.rds.instances.get(&name.arn()).map(|instance| Instance::clone(instance));
        let missing = || ServiceError::new("DBInstanceNotFound", 404, format!("DBInstance {} not found.", name.id));
        found.ok_or_else(missing)
    }

    fn keep_instance(&mut self, instance: Instance) -> Value {
        let answer = instance.describe();
        self.cloud.rds.instances.insert(instance.name.arn(), Arc::new(instance));
        answer
    }

    /// An instance without a key that is not started and nowhere yet.
    fn new_instance(&mut self, parameters: &Parameters) -> Result<Instance, ServiceError> {
        let name = InstanceName::of(self, parameters.text("DBInstanceIdentifier"));
        let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !(1..=63).contains(&name.id.len()) || !name.id.bytes().all(good) {
            let message = "DBInstanceIdentifier must be 1 to 63 letters, digits or hyphens.";
            return Err(ServiceError::new("InvalidParameterValue", 400, message));
        }
        if self.cloud.rds.instances.contains_key(&name.arn()) {
            return Err(ServiceError::new("DBInstanceAlreadyExists", 400, "DB instance already exists"));
        }
        Ok(Instance {
            name,
            resource_id: format!("db-{:016X}", u64::from_be_bytes(self.world.entropy.draw())),
            host: self.new_id("i"),
            disk: Disk::default(),
            retention: retention(parameters),
            grant: None,
            attachment: None,
            status: Status::Stopped,
        })
    }

    /// Permission for RDS to use the key for the instance, from the caller.
    fn instance_grant(&mut self, instance: &Instance, key: KeyArn) -> Result<ServiceGrant, ServiceError> {
        let (arn, principal) = (instance.name.arn(), instance.name.principal());
        let terms = json!({
            "GranteeServicePrincipal": principal,
            "RetiringServicePrincipal": principal,
            "Operations": GRANTED,
            "Constraints": {
                "EncryptionContextSubset": { CONTEXT_KEY: instance.resource_id },
                "SourceArn": arn,
            },
        });
        let why = message!("permission for RDS to use the key as long as the instance lives");
        Ok(self.make_grant(Asker::Caller, key, terms, why, refused)?.0)
    }

    fn end_instance_grant(&mut self, instance: &Instance) {
        let (arn, principal) = (instance.name.arn(), instance.name.principal());
        if let Some(grant) = &instance.grant {
            self.retire_grant(
                &principal,
                (instance.name.account, &arn),
                grant,
                message!("the end of the grant, which is not needed any more"),
            );
        }
    }

    /// Has a new instance get its key, starts and keeps it. One that cannot leaves no grant behind.
    fn first_start(
        &mut self,
        mut instance: Instance,
        get_key: impl FnOnce(&mut Self, &mut Instance) -> Result<(), ServiceError>,
    ) -> Result<Value, ServiceError> {
        match get_key(self, &mut instance).and_then(|()| self.start(&mut instance)) {
            Ok(()) => Ok(self.keep_instance(instance)),
            Err(error) => {
                self.end_instance_grant(&instance);
                Err(error)
            }
        }
    }

    /// What the data key of a database's volume or snapshot is bound to.
    fn volume_context(&mut self, resource_id: &str, kind: &str) -> EncryptionContext {
        let id = self.new_id(kind);
        [(CONTEXT_KEY, resource_id), (ebs::CONTEXT_KEY, &id)].into_iter().collect()
    }

    /// Attaches the volume to the host.
    fn start(&mut self, instance: &mut Instance) -> Result<(), ServiceError> {
        let (arn, principal) = (instance.name.arn(), instance.name.principal());
        let asking = itself(&principal, instance.name.account, &arn);
        instance.attachment = Some(self.attach_disk(asking, &instance.disk, &instance.host)?);
        instance.status = Status::Available;
        Ok(())
    }

    /// Takes the volume from the host.
    fn stop(&mut self, instance: &mut Instance) {
        let (arn, principal) = (instance.name.arn(), instance.name.principal());
        if let Some(attachment) = instance.attachment.take() {
            self.detach_disk(itself(&principal, instance.name.account, &arn), &attachment);
        }
    }
}

/// The context key by which RDS binds what it has wrapped to an instance.
const CONTEXT_KEY: &str = "aws:rds:db-id";

/// RDS asks for itself, by its grant.
fn itself<'a>(principal: &'a str, account: AccountId, arn: &'a str) -> Asking<'a> {
    Asking { asker: Asker::Itself { principal, account, arn }, refused, principal, of: (account, arn) }
}

/// RDS asks in the caller's name.
fn for_caller<'a>(principal: &'a str, account: AccountId, arn: &'a str) -> Asking<'a> {
    Asking { asker: Asker::Caller, refused, principal, of: (account, arn) }
}

/// What RDS makes of an answer of KMS.
fn refused(fault: Fault) -> ServiceError {
    let sentence = flow::sentence(&fault);
    if fault.kind == "ThrottlingException" {
        return ServiceError::new("Throttling", 400, sentence);
    }
    let message = format!("An error occurred accessing an AWS KMS key. {sentence} ({})", fault.kind);
    ServiceError::new("KMSKeyNotAccessibleFault", 400, message)
}
