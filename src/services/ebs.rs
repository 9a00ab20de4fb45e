//! Amazon EBS: volumes whose data key only the host of the instance ever has in the clear, for as long as they are attached.
//!
//! Sources: EBS User Guide, "How EBS encryption works"; KMS Developer Guide 2023, "How Amazon EBS uses AWS KMS".

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::{AccountId, Region},
    crypto::context::EncryptionContext,
    endpoint::fault::Fault,
    kms::Rules,
    lang::message,
};

use super::{
    Cx, Operation, Service, ServiceError,
    change::Change,
    flow,
    form::{Parameter, ParameterKind, Parameters},
    granted::Asker,
    seal::Bytes,
};

pub mod disk;
pub mod shown;
mod snapshot;
mod tour;

use disk::{Asking, Attachment, Disk};
use snapshot::Snapshot;

/// What Amazon EBS is here. It asks as a part of Amazon EC2.
pub static SERVICE: Service = Service {
    name: "ebs",
    title: "Amazon EBS",
    host: "ec2",
    about: "Volumes for instances, each under a data key that stays in the host's memory while it is attached.",
    operations: OPERATIONS,
    then_and_now: THEN_AND_NOW,
    tour: tour::TOUR,
    inventory: shown::inventory,
    due: |_, _| None,
    notice: |_| {},
    watches: |_| false,
    failed: |_, _| None,
};

/// Where study notes of about 2019 and today differ.
static THEN_AND_NOW: &[Change] = &[
    Change::by_rules(
        "Who has the data key of an attached volume",
        "The hypervisor of the instance’s host.",
        "A Nitro card, which is hardware of its own in that host.",
    ),
    Change::by_rules(
        "Volumes attached under one key at the same time",
        "2,500, as each takes one of the grants that a key may have.",
        "50,000, for the same reason.",
    ),
    Change::always(
        Rules::Today,
        "Encryption by default",
        "The notes do not speak of it: a volume is encrypted if one asks for it.",
        "An account can have it for all new volumes in a Region, under aws/ebs or a key of its choice.",
    ),
];

/// The volumes and snapshots of all accounts, by their ids.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    volumes: OrdMap<String, Arc<Volume>>,
    #[serde(skip_serializing_if = "OrdMap::is_empty")]
    snapshots: OrdMap<String, Arc<Snapshot>>,
    /// What an account chose in a Region, by both.
    #[serde(skip_serializing_if = "OrdMap::is_empty")]
    defaults: OrdMap<String, Defaults>,
}

/// A volume.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Volume {
    account: AccountId,
    region: Region,
    disk: Disk,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attachment: Option<Attachment>,
}

/// What an account has new volumes be in a Region.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
struct Defaults {
    encrypted: bool,
    /// As it was named; without one, the AWS managed key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

const MANAGED: &str = "alias/aws/ebs";
/// The context key by which EBS binds what it has wrapped to a volume or snapshot.
pub const CONTEXT_KEY: &str = "aws:ebs:id";

const VOLUME: Parameter = Parameter::required("VolumeId", ParameterKind::Text, "The id of the volume.");
const SNAPSHOT: Parameter = Parameter::required("SnapshotId", ParameterKind::Text, "The id of the snapshot.");
const BLOCK: Parameter =
    Parameter::required("Block", ParameterKind::Number(0, 1_048_575), "Which block of the volume, counted from 0.");
const ENCRYPTED: Parameter = Parameter::optional("Encrypted", ParameterKind::Flag, "Whether it is to be encrypted.");
const KMS_KEY: Parameter = Parameter::optional(
    "KmsKeyId",
    ParameterKind::Key,
    "The KMS key; without one that of the source, else the account's default, else aws/ebs.",
);

static OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateVolume",
        about: "Makes a volume, empty or of a snapshot.",
        parameters: &[
            ENCRYPTED,
            KMS_KEY,
            Parameter::optional("SnapshotId", ParameterKind::Text, "The snapshot that it begins with."),
        ],
        run: create_volume,
    },
    Operation {
        name: "DescribeVolume",
        about: "Tells how a volume is encrypted and where it is attached.",
        parameters: &[VOLUME],
        run: describe_volume,
    },
    Operation {
        name: "AttachVolume",
        about: "Gives the host of an instance a grant, by which it asks for the volume's data key.",
        parameters: &[
            VOLUME,
            Parameter::required("InstanceId", ParameterKind::Text, "The id of the instance, for example i-0abc."),
        ],
        run: attach_volume,
    },
    Operation {
        name: "WriteBlock",
        about: "Has the instance write a block, which the host encrypts.",
        parameters: &[VOLUME, BLOCK, Parameter::required("Data", ParameterKind::Bytes, "What is written.")],
        run: write_block,
    },
    Operation {
        name: "ReadBlock",
        about: "Has the instance read a block, which the host decrypts.",
        parameters: &[VOLUME, BLOCK],
        run: read_block,
    },
    Operation {
        name: "DetachVolume",
        about: "Takes a volume from its instance, and the data key from the host.",
        parameters: &[VOLUME],
        run: detach_volume,
    },
    Operation {
        name: "DeleteVolume",
        about: "Deletes a volume, with its wrapped data key.",
        parameters: &[VOLUME],
        run: delete_volume,
    },
    Operation {
        name: "CreateSnapshot",
        about: "Keeps a volume's blocks as they are now.",
        parameters: &[VOLUME],
        run: snapshot::create,
    },
    Operation {
        name: "CopySnapshot",
        about: "Copies a snapshot into the caller's Region, under another key if one is named or needed.",
        parameters: &[
            Parameter::required("SourceSnapshotId", ParameterKind::Text, "The snapshot to copy."),
            Parameter::optional("SourceRegion", ParameterKind::Text, "The Region it is in, if it is another."),
            ENCRYPTED,
            KMS_KEY,
        ],
        run: snapshot::copy,
    },
    Operation {
        name: "ModifySnapshotAttribute",
        about: "Shares a snapshot with another account, or no longer.",
        parameters: &[
            SNAPSHOT,
            Parameter::required("UserId", ParameterKind::Text, "The id of the other account."),
            Parameter::optional("Remove", ParameterKind::Flag, "Whether it is shared no longer."),
        ],
        run: snapshot::share,
    },
    Operation {
        name: "EnableEbsEncryptionByDefault",
        about: "Has every new volume and copy of the account be encrypted in this Region.",
        parameters: &[],
        run: |cx, _| Ok(cx.change_defaults(|defaults| defaults.encrypted = true)),
    },
    Operation {
        name: "DisableEbsEncryptionByDefault",
        about: "Leaves it to each request again.",
        parameters: &[],
        run: |cx, _| Ok(cx.change_defaults(|defaults| defaults.encrypted = false)),
    },
    Operation {
        name: "ModifyEbsDefaultKmsKeyId",
        about: "Names the key of requests that name none.",
        parameters: &[Parameter::required("KmsKeyId", ParameterKind::Key, "The KMS key.")],
        run: |cx, parameters| {
            let key = parameters.text("KmsKeyId").to_owned();
            Ok(cx.change_defaults(|defaults| defaults.key = Some(key)))
        },
    },
];

/// How a new volume or copy is to be.
struct Wanted {
    encrypted: Option<bool>,
    key: Option<String>,
}

impl Wanted {
    fn read(parameters: &Parameters) -> Result<Self, ServiceError> {
        let (encrypted, key) = (parameters.flag("Encrypted"), parameters.given("KmsKeyId").map(str::to_owned));
        if key.is_some() && encrypted != Some(true) {
            let message = "The parameter KmsKeyId requires the parameter Encrypted to be set.";
            return Err(ServiceError::new("InvalidParameterDependency", 400, message));
        }
        Ok(Self { encrypted, key })
    }
}

fn create_volume(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let wanted = Wanted::read(parameters)?;
    let source = match parameters.given("SnapshotId") {
        None => None,
        Some(id) => Some(cx.snapshot(id)?),
    };
    let id = cx.new_id("vol");
    let disk = cx.derived_disk(&id, source.as_ref().map(|snapshot| &snapshot.disk), &wanted)?;
    let volume = Volume { account: cx.caller.account(), region: cx.region, disk, attachment: None };
    let answer = volume.describe(&id);
    cx.cloud.ebs.volumes.insert(id, Arc::new(volume));
    Ok(answer)
}

fn describe_volume(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (id, volume) = cx.volume(parameters)?;
    Ok(volume.describe(&id))
}

fn attach_volume(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (id, volume) = cx.volume(parameters)?;
    volume.is_available(&id)?;
    let instance = parameters.text("InstanceId");
    let (arn, principal) = (volume.arn(&id), SERVICE.host_in(volume.region));
    let asking = asking(&principal, volume.account, &arn);
    let attachment = cx.attach_disk(asking, &volume.disk, instance)?;
    cx.change_volume(&id, |volume| volume.attachment = Some(attachment))?;
    Ok(json!({ "VolumeId": id, "InstanceId": instance, "State": "attached" }))
}

fn detach_volume(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (id, volume) = cx.volume(parameters)?;
    let attachment = volume.attached(&id)?;
    let (arn, principal) = (volume.arn(&id), SERVICE.host_in(volume.region));
    cx.detach_disk(asking(&principal, volume.account, &arn), attachment);
    cx.change_volume(&id, |volume| volume.attachment = None)?;
    Ok(json!({ "VolumeId": id, "InstanceId": attachment.instance, "State": "detached" }))
}

fn write_block(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (id, volume) = cx.volume(parameters)?;
    let (attachment, name) = (volume.attached(&id)?, block_name(parameters));
    let block = cx.written(&volume.disk, attachment, &name, &parameters.bytes("Data"))?;
    cx.change_volume(&id, |volume| volume.disk.blocks.insert(name, block))?;
    Ok(json!({}))
}

fn read_block(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (id, volume) = cx.volume(parameters)?;
    let (attachment, name) = (volume.attached(&id)?, block_name(parameters));
    let Some(stored) = volume.disk.blocks.get(&name) else {
        return Ok(json!({ "Data": "" }));
    };
    let plaintext = cx.read(&volume.disk, attachment, &name, stored)?;
    Ok(json!({ "Data": Bytes::from(plaintext.expose().to_vec()).to_base64() }))
}

fn delete_volume(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (id, volume) = cx.volume(parameters)?;
    volume.is_available(&id)?;
    cx.cloud.ebs.volumes.remove(&id);
    cx.tell(message!("{id} is gone, with its wrapped data key.", id));
    Ok(json!({}))
}

fn block_name(parameters: &Parameters) -> String {
    format!("block {}", parameters.number("Block").unwrap_or_default())
}

impl Volume {
    fn describe(&self, id: &str) -> Value {
        let mut answer = json!({ "VolumeId": id, "State": self.state(), "Encrypted": self.disk.key.is_some() });
        let Value::Object(members) = &mut answer else { return answer };
        if let Some(key) = &self.disk.key {
            members.insert("KmsKeyId".to_owned(), json!(key.key));
        }
        if let Some(attachment) = &self.attachment {
            members.insert("InstanceId".to_owned(), json!(attachment.instance));
        }
        answer
    }

    fn state(&self) -> &'static str {
        if self.attachment.is_some() { "in-use" } else { "available" }
    }

    fn arn(&self, id: &str) -> String {
        format!("arn:aws:ec2:{}:{}:volume/{id}", self.region, self.account)
    }

    fn is_available(&self, id: &str) -> Result<(), ServiceError> {
        match &self.attachment {
            None => Ok(()),
            Some(Attachment { instance, .. }) => {
                let message = format!("{id} is already attached to {instance}");
                Err(ServiceError::new("VolumeInUse", 400, message))
            }
        }
    }

    fn attached(&self, id: &str) -> Result<&Attachment, ServiceError> {
        let message =
            || format!("Volume '{id}' is in the 'available' state: only an instance that has it reads and writes.");
        self.attachment.as_ref().ok_or_else(|| ServiceError::new("IncorrectState", 400, message()))
    }
}

impl Cx<'_> {
    /// The volume that a request names.
    fn volume(&mut self, parameters: &Parameters) -> Result<(String, Arc<Volume>), ServiceError> {
        let id = parameters.text("VolumeId");
        let own = |volume: &&Arc<Volume>| (volume.account, volume.region) == (self.caller.account(), self.region);
        let found = self.cloud.ebs.volumes.get(id).filter(own).map(Arc::clone);
        let missing = || ServiceError::new("InvalidVolume.NotFound", 400, format!("The volume '{id}' does not exist."));
        Ok((id.to_owned(), found.ok_or_else(missing)?))
    }

    fn change_volume<T>(&mut self, id: &str, change: impl FnOnce(&mut Volume) -> T) -> Result<T, ServiceError> {
        let volume = self.cloud.ebs.volumes.get_mut(id).ok_or_else(ServiceError::internal)?;
        Ok(change(Arc::make_mut(volume)))
    }

    /// For example `vol-0123456789abcdef0`.
    pub(super) fn new_id(&mut self, kind: &str) -> String {
        format!("{kind}-0{:016x}", u64::from_be_bytes(self.world.entropy.draw()))
    }

    fn defaults_name(&self) -> String {
        format!("{} {}", self.caller.account(), self.region)
    }

    fn change_defaults(&mut self, change: impl FnOnce(&mut Defaults)) -> Value {
        let name = self.defaults_name();
        let mut defaults = self.cloud.ebs.defaults.get(&name).cloned().unwrap_or_default();
        change(&mut defaults);
        let key = defaults.key.clone().unwrap_or_else(|| MANAGED.to_owned());
        let answer = json!({ "EbsEncryptionByDefault": defaults.encrypted, "KmsKeyId": key });
        self.cloud.ebs.defaults.insert(name, defaults);
        answer
    }

    /// A new disk, empty or with the blocks of another.
    fn derived_disk(&mut self, id: &str, source: Option<&Disk>, wanted: &Wanted) -> Result<Disk, ServiceError> {
        let defaults = self.cloud.ebs.defaults.get(&self.defaults_name()).cloned().unwrap_or_default();
        let of_source = source.and_then(|disk| disk.key.as_ref());
        if of_source.is_some() && wanted.encrypted == Some(false) {
            let message = "What is made of an encrypted snapshot is encrypted.";
            return Err(ServiceError::new("InvalidParameterCombination", 400, message));
        }
        let source = source.cloned().unwrap_or_default();
        if !(of_source.is_some() || wanted.encrypted == Some(true) || defaults.encrypted) {
            return Ok(source);
        }
        let (account, principal) = (self.caller.account(), SERVICE.host_in(self.region));
        let kind = if id.starts_with("vol") { "volume" } else { "snapshot" };
        let arn = format!("arn:aws:ec2:{}:{account}:{kind}/{id}", self.region);
        let asking = asking(&principal, account, &arn);
        let context: EncryptionContext = [(CONTEXT_KEY, id)].into_iter().collect();
        let described = match (&wanted.key, of_source) {
            (None, Some(key)) if key.key.region == self.region => {
                let key = self.same_disk_key(asking, key, context)?;
                return Ok(Disk { key: Some(key), ..source });
            }
            (named, _) => {
                let named = named.clone().or(defaults.key).unwrap_or_else(|| MANAGED.to_owned());
                self.describe_key(&named, message!("a description of the key"), refused)?
            }
        };
        match of_source {
            Some(key) if key.key == described.key => {
                let key = self.same_disk_key(asking, key, context)?;
                Ok(Disk { key: Some(key), ..source })
            }
            None if source.blocks.is_empty() => {
                let key = self.new_disk_key(asking, &described, context)?;
                Ok(Disk { key: Some(key), ..source })
            }
            Some(_) | None => self.copied_disk(asking, &source, &described, context),
        }
    }
}

/// EBS asks in the caller's name, as Amazon EC2.
fn asking<'a>(principal: &'a str, account: AccountId, arn: &'a str) -> Asking<'a> {
    Asking { asker: Asker::Caller, refused, principal, of: (account, arn) }
}

/// What Amazon EC2 makes of an answer of KMS.
fn refused(fault: Fault) -> ServiceError {
    let sentence = flow::sentence(&fault);
    let (code, status, message) = match fault.kind {
        "AccessDeniedException" => {
            ("UnauthorizedOperation", 403, format!("You are not authorized to perform this operation. {sentence}"))
        }
        "DisabledException" | "KMSInvalidStateException" => {
            ("InvalidKMSKey.InvalidState", 400, format!("The KMS key provided is in an incorrect state. {sentence}"))
        }
        "NotFoundException" => ("InvalidKMSKey.NotFound", 400, format!("The KMS key does not exist. {sentence}")),
        "LimitExceededException" => {
            ("ResourceLimitExceeded", 400, format!("The key cannot have another grant for a volume. {sentence}"))
        }
        "ThrottlingException" => ("RequestLimitExceeded", 503, sentence),
        kind => return ServiceError::new(format!("KMS.{kind}"), fault.status, sentence),
    };
    ServiceError::new(code, status, message)
}
