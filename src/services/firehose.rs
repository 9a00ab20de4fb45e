//! Amazon Data Firehose: records are kept for a minute and then delivered into a bucket, under a key of one's choice, by a
//! role that Firehose takes on. While they wait they can be encrypted too, under a key that Firehose uses by a grant.
//!
//! Sources: Data Firehose Developer Guide, "Data protection in Amazon Data Firehose", "Controlling access", "Handle data
//! delivery failures"; API Reference, StartDeliveryStreamEncryption, PutRecord.

use std::sync::Arc;

use imbl::{OrdMap, Vector};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::{AccountId, KeyArn, Region},
    clock::{Span, Timestamp},
    crypto::context::EncryptionContext,
    endpoint::fault::Fault,
    estate::principal::Caller,
    kms::Rules,
    lang::message,
};

use super::{
    Cx, Operation, Service, ServiceError,
    change::Change,
    data_key::{self, DataKey},
    due::Due,
    flow,
    form::{Parameter, ParameterKind, Parameters},
    held::{HeldKey, HeldKeys, Holding},
    seal::{self, Bytes},
    tour::Move,
};

mod delivery;
mod shown;

/// What Amazon Data Firehose is here.
pub static SERVICE: Service = Service {
    name: "firehose",
    title: "Amazon Data Firehose",
    host: "firehose",
    about: "Records that wait for a minute and are then delivered into a bucket, under a key of your choice.",
    operations: OPERATIONS,
    then_and_now: THEN_AND_NOW,
    tour: TOUR,
    inventory: shown::inventory,
    due: delivery::due,
    notice: delivery::notice,
    watches: |_| false,
    failed: |_, _| None,
};

/// Where study notes of about 2019 and today differ.
static THEN_AND_NOW: &[Change] = &[
    Change::in_words("What it is called", "Kinesis Data Firehose.", "Amazon Data Firehose."),
    Change::always(
        Rules::Today,
        "Where records are encrypted",
        "In the bucket, after delivery.",
        "There, and before it too if the stream has an encryption of its own.",
    ),
    Change::by_rules(
        "Delivered objects for which nobody chooses a key",
        "They are stored as they came.",
        "They have SSE-S3 at least, as all new objects of S3.",
    ),
];

/// The streams of all accounts, by ARN.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    streams: OrdMap<String, Arc<Stream>>,
}

/// A Firehose stream.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Stream {
    account: AccountId,
    region: Region,
    /// The session of the role in which it is delivered.
    role: Caller,
    bucket: String,
    prefix: String,
    /// The KMS key of what is delivered; without one, as the bucket encrypts by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encryption: Option<Encryption>,
    #[serde(default, skip_serializing_if = "HeldKeys::is_empty")]
    held: HeldKeys,
    #[serde(default, skip_serializing_if = "Vector::is_empty")]
    buffer: Vector<Arc<Waiting>>,
    /// The last number given to a record.
    last: u64,
    /// When the buffer is delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due: Option<Due>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    delivered: u64,
    dropped: u64,
}

/// The Kinesis stream that is read, and how far.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Source {
    arn: String,
    read: u64,
}

/// How records are encrypted while they wait.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
enum Encryption {
    /// AWS_OWNED_CMK.
    Owned,
    /// CUSTOMER_MANAGED_CMK, which Firehose uses by the grant.
    Customer { key: KeyArn, grant: String },
}

/// A record that waits.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Waiting {
    number: u64,
    written: Timestamp,
    under: Under,
    bytes: Bytes,
}

/// What a waiting record is encrypted under.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
enum Under {
    Nothing,
    Owned,
    Customer { key: KeyArn, data_key: Bytes },
}

/// Who uses the grant.
const PRINCIPAL: &str = "firehose.amazonaws.com";
/// How long a data key is used for a stream. Not documented.
const HELD: Holding = Holding { most: Some(Span::minutes(5)), idle: None };
/// The context that Firehose makes is not documented.
const CONTEXT_KEY: &str = "aws:firehose:arn";

const STREAM: Parameter = Parameter::required("DeliveryStreamName", ParameterKind::Text, "The stream's name.");

static OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateDeliveryStream",
        about: "Makes a stream that delivers into a bucket.",
        parameters: &[
            STREAM,
            Parameter::required("RoleARN", ParameterKind::Text, "The role that Firehose takes on to deliver."),
            Parameter::required("BucketARN", ParameterKind::Text, "Where it delivers."),
            Parameter::optional("Prefix", ParameterKind::Text, "How the names of objects begin."),
            Parameter::optional(
                "AWSKMSKeyARN",
                ParameterKind::Key,
                "The KMS key of the objects; without one (NoEncryption) the bucket's default encryption.",
            ),
            Parameter::optional(
                "KinesisStreamARN",
                ParameterKind::Text,
                "The data stream to read, as the role; without one, records come by PutRecord.",
            ),
        ],
        run: create_stream,
    },
    Operation {
        name: "StartDeliveryStreamEncryption",
        about: "Encrypts records while they wait. Those that wait already stay as they are.",
        parameters: &[
            STREAM,
            Parameter::required(
                "KeyType",
                ParameterKind::Choice(&["AWS_OWNED_CMK", "CUSTOMER_MANAGED_CMK"]),
                "Whose key.",
            ),
            Parameter::optional("KeyARN", ParameterKind::Key, "The KMS key, if it is yours."),
        ],
        run: start_encryption,
    },
    Operation {
        name: "StopDeliveryStreamEncryption",
        about: "Encrypts records no longer while they wait.",
        parameters: &[STREAM],
        run: stop_encryption,
    },
    Operation {
        name: "PutRecord",
        about: "Hands over a record.",
        parameters: &[STREAM, Parameter::required("Data", ParameterKind::Bytes, "The record.")],
        run: put_record,
    },
    Operation {
        name: "DescribeDeliveryStream",
        about: "Tells whether records arrive, and what stands in their way where they do not.",
        parameters: &[STREAM],
        run: describe,
    },
];

static TOUR: &[Move] = &[
    Move::other("s3", "A bucket to deliver into.", "CreateBucket", r#"{"Bucket": "lake"}"#),
    Move::ask(
        "A stream, with the key of what it delivers and the role in which it does.",
        "CreateDeliveryStream",
        r#"{"DeliveryStreamName": "to-lake", "RoleARN": "arn:aws:iam::111122223333:role/OrdersApp", "BucketARN": "arn:aws:s3:::lake", "AWSKMSKeyARN": "$orders"}"#,
    ),
    Move::ask(
        "A record. It waits, not encrypted by anything of yours.",
        "PutRecord",
        r#"{"DeliveryStreamName": "to-lake", "Data": "b25lIA=="}"#,
    ),
    Move::wait("A minute later the role stores it through S3, under a data key.", "1m"),
    Move::ask(
        "Now what waits is to be under your key too. Firehose gets a grant for that.",
        "StartDeliveryStreamEncryption",
        r#"{"DeliveryStreamName": "to-lake", "KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": "$orders"}"#,
    )
    .by("Administrator"),
    Move::ask(
        "Firehose asks as itself, by the grant: whoever hands a record over needs no right to the key.",
        "PutRecord",
        r#"{"DeliveryStreamName": "to-lake", "Data": "dHdvIA=="}"#,
    )
    .by("KMSKeyAdmin"),
    Move::kms("Now the key is switched off.", "DisableKey", r#"{"KeyId": "$orders"}"#),
    Move::wait("The delivery fails, and is tried again.", "10m"),
    Move::ask("New records are refused.", "PutRecord", r#"{"DeliveryStreamName": "to-lake", "Data": "dGhyZWUg"}"#)
        .refused(),
    Move::ask("One still waits.", "DescribeDeliveryStream", r#"{"DeliveryStreamName": "to-lake"}"#),
    Move::kms("The key is back in time.", "EnableKey", r#"{"KeyId": "$orders"}"#),
    Move::wait("The next try gets through. After 24 hours it would have been gone.", "1h"),
    Move::ask("Nothing was lost.", "DescribeDeliveryStream", r#"{"DeliveryStreamName": "to-lake"}"#),
];

fn create_stream(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let name = parameters.text("DeliveryStreamName");
    let arn = cx.firehose_arn(name);
    if cx.cloud.firehose.streams.contains_key(&arn) {
        let message = format!("Firehose {name} under accountId {} already exists", cx.caller.account());
        return Err(ServiceError::new("ResourceInUseException", 400, message));
    }
    let bucket = parameters.text("BucketARN").strip_prefix("arn:aws:s3:::");
    let bucket = bucket.ok_or_else(|| invalid("BucketARN is not the ARN of a bucket."))?.to_owned();
    let source = match parameters.given("KinesisStreamARN") {
        None => None,
        Some(arn) => {
            let read = cx.cloud.kinesis.last_number(arn);
            let read = read.ok_or_else(|| invalid(format!("Kinesis stream {arn} does not exist.")))?;
            Some(Source { arn: arn.to_owned(), read })
        }
    };
    let stream = Stream {
        account: cx.caller.account(),
        region: cx.region,
        role: cx.role_session(parameters.text("RoleARN"))?,
        bucket,
        prefix: parameters.text("Prefix").to_owned(),
        key: parameters.given("AWSKMSKeyARN").map(str::to_owned),
        source,
        encryption: None,
        held: HeldKeys::default(),
        buffer: Vector::new(),
        last: 0,
        due: None,
        error: None,
        delivered: 0,
        dropped: 0,
    };
    cx.cloud.firehose.streams.insert(arn.clone(), Arc::new(stream));
    Ok(json!({ "DeliveryStreamARN": arn }))
}

fn start_encryption(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (arn, stream) = cx.firehose_stream(parameters)?;
    if stream.source.is_some() {
        return Err(invalid("Encryption of a stream that reads a Kinesis data stream is that of the data stream."));
    }
    let encryption = match parameters.text("KeyType") {
        "AWS_OWNED_CMK" => Encryption::Owned,
        _ => {
            let named = parameters.given("KeyARN");
            cx.grant_key(&arn, named.ok_or_else(|| invalid("KeyARN must be given for CUSTOMER_MANAGED_CMK."))?)?
        }
    };
    cx.give_grant_back(&arn, &stream);
    cx.change_firehose(&arn, |stream| {
        stream.encryption = Some(encryption);
        stream.held = HeldKeys::default();
    })?;
    Ok(json!({}))
}

fn stop_encryption(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (arn, stream) = cx.firehose_stream(parameters)?;
    cx.give_grant_back(&arn, &stream);
    cx.change_firehose(&arn, |stream| {
        stream.encryption = None;
        stream.held = HeldKeys::default();
    })?;
    Ok(json!({}))
}

fn put_record(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (arn, stream) = cx.firehose_stream(parameters)?;
    if stream.source.is_some() {
        return Err(invalid("This operation is not permitted on KinesisStreamAsSource delivery stream type."));
    }
    let (number, data, now) = (stream.last + 1, parameters.bytes("Data"), cx.now());
    let name = record_name(&arn, number);
    let (under, bytes) = match &stream.encryption {
        None => (Under::Nothing, Bytes::from(data)),
        Some(Encryption::Owned) => {
            let own = cx.own_key("firehose", stream.account);
            (Under::Owned, cx.seal("", message!("encrypts the record by a key of its own"), &own, &name, &data))
        }
        Some(Encryption::Customer { key, .. }) => {
            let DataKey { key, wrapped, plaintext, .. } = cx.firehose_key(&arn, &stream, *key)?;
            let bytes = cx.seal("", message!("encrypts the record while it waits"), &plaintext, &name, &data);
            (Under::Customer { key, data_key: wrapped }, bytes)
        }
    };
    let encrypted = under != Under::Nothing;
    cx.change_firehose(&arn, |stream| {
        stream.last = number;
        stream.due = stream.due.or(Some(Due::first(now, delivery::BUFFERED)));
        stream.buffer.push_back(Arc::new(Waiting { number, written: now, under, bytes }));
    })?;
    Ok(json!({ "RecordId": number.to_string(), "Encrypted": encrypted }))
}

fn describe(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (arn, stream) = cx.firehose_stream(parameters)?;
    let (status, key_type) = match &stream.encryption {
        None => ("DISABLED", None),
        Some(Encryption::Owned) => ("ENABLED", Some("AWS_OWNED_CMK")),
        Some(Encryption::Customer { .. }) => ("ENABLED", Some("CUSTOMER_MANAGED_CMK")),
    };
    Ok(json!({
        "DeliveryStreamARN": arn,
        "EncryptionStatus": status,
        "KeyType": key_type,
        "RecordsWaiting": stream.buffer.len(),
        "RecordsDelivered": stream.delivered,
        "RecordsDropped": stream.dropped,
        "LastError": stream.error,
    }))
}

/// What a record is bound to.
fn record_name(arn: &str, number: u64) -> String {
    format!("{arn} record {number}")
}

impl Cx<'_> {
    fn firehose_arn(&self, name: &str) -> String {
        format!("arn:aws:firehose:{}:{}:deliverystream/{name}", self.region, self.caller.account())
    }

    fn firehose_stream(&mut self, parameters: &Parameters) -> Result<(String, Arc<Stream>), ServiceError> {
        let name = parameters.text("DeliveryStreamName");
        let arn = self.firehose_arn(name);
        let found = self.cloud.firehose.streams.get(&arn).map(Arc::clone);
        found.map(|stream| (arn, stream)).ok_or_else(|| {
            let message = format!("Firehose {name} under account {} not found.", self.caller.account());
            ServiceError::new("ResourceNotFoundException", 400, message)
        })
    }

    fn change_firehose<T>(&mut self, arn: &str, change: impl FnOnce(&mut Stream) -> T) -> Result<T, ServiceError> {
        let stream = self.cloud.firehose.streams.get_mut(arn).ok_or_else(ServiceError::internal)?;
        Ok(change(Arc::make_mut(stream)))
    }

    /// Firehose's session of a role of the caller's account.
    fn role_session(&self, role: &str) -> Result<Caller, ServiceError> {
        let own = format!("arn:aws:iam::{}:role/", self.caller.account());
        let name = role.strip_prefix(&own);
        let session = name.map(|name| format!("arn:aws:sts::{}:assumed-role/{name}/firehose", self.caller.account()));
        let session = session.and_then(|session| session.parse().ok());
        session.filter(|session| self.world.estate.exists(session)).ok_or_else(|| {
            invalid(format!("Firehose is unable to assume role {role}. Please check the role provided."))
        })
    }

    /// Lets the caller give Firehose a grant of a key.
    fn grant_key(&mut self, arn: &str, named: &str) -> Result<Encryption, ServiceError> {
        let described =
            self.describe_key(named, message!("a description of the key, and of which kind it is"), refused)?;
        if !described.symmetric {
            return Err(refused_with("The key is not a symmetric encryption key."));
        }
        let members = json!({
            "KeyId": described.key,
            "GranteeServicePrincipal": PRINCIPAL,
            "RetiringServicePrincipal": PRINCIPAL,
            "Operations": ["GenerateDataKey", "Decrypt"],
            "Constraints": { "SourceArn": arn },
        });
        let answer = self.ask_for_caller(
            "CreateGrant",
            &members,
            message!("a grant, so that Firehose can use the key for the stream"),
        );
        let answer = answer.map_err(refused)?;
        let grant = answer.get("GrantId").and_then(Value::as_str).ok_or_else(ServiceError::internal)?;
        Ok(Encryption::Customer { key: described.key, grant: grant.to_owned() })
    }

    /// Gives a grant back that is needed no longer. That KMS refuses changes nothing for the stream.
    fn give_grant_back(&mut self, arn: &str, stream: &Stream) {
        if let Some(Encryption::Customer { key, grant }) = &stream.encryption {
            if stream.buffer.iter().any(|waiting| waiting.under != Under::Nothing) {
                self.tell(message!("The grant stays, as records that are encrypted by it still wait."));
                return;
            }
            let members = json!({ "KeyId": key, "GrantId": grant });
            let answer = self.ask_itself(
                PRINCIPAL,
                (stream.account, arn),
                "RetireGrant",
                &members,
                message!("the end of the grant, which is not needed any more"),
            );
            if let Err(fault) = answer {
                self.tell(message!("The grant stays: {reason}", reason = flow::sentence(&fault)));
            }
        }
    }

    /// The data key for what waits in a stream, from memory or from KMS.
    fn firehose_key(&mut self, arn: &str, stream: &Stream, key: KeyArn) -> Result<DataKey, ServiceError> {
        let now = self.now();
        let context = context(arn);
        let held = self.change_firehose(arn, |stream| stream.held.find(HELD, now, |held| held.key == key))?;
        if let Some(HeldKey { key, wrapped, plaintext, .. }) = held {
            self.tell(message!("Firehose has a data key for the stream in memory. KMS is not asked."));
            return Ok(DataKey { key, context, wrapped, plaintext });
        }
        let members = json!({ "KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context });
        let of = (stream.account, arn);
        let answer = self.ask_itself(PRINCIPAL, of, "GenerateDataKey", &members, message!("a data key for what waits"));
        let data_key = DataKey::read(&answer.map_err(refused)?, context)?;
        self.change_firehose(arn, |stream| stream.held.hold(PRINCIPAL.to_owned(), &data_key, now))?;
        Ok(data_key)
    }

    /// The data key of a record that waits, from memory or from KMS.
    fn firehose_key_of_old(
        &mut self,
        arn: &str,
        stream: &Stream,
        (key, wrapped): (KeyArn, &Bytes),
    ) -> Result<DataKey, ServiceError> {
        let (now, context) = (self.now(), context(arn));
        let held = self.change_firehose(arn, |stream| stream.held.find(HELD, now, |held| held.wrapped == *wrapped))?;
        if let Some(HeldKey { key, wrapped, plaintext, .. }) = held {
            return Ok(DataKey { key, context, wrapped, plaintext });
        }
        let members = json!({ "KeyId": key, "CiphertextBlob": wrapped, "EncryptionContext": context });
        let of = (stream.account, arn);
        let answer = self.ask_itself(PRINCIPAL, of, "Decrypt", &members, message!("the data key of what waits"));
        let answer = answer.map_err(|fault| ServiceError::new(metric(&fault), 400, flow::sentence(&fault)))?;
        let (key, plaintext) = (data_key::key_arn(&answer)?, seal::key(&answer, "Plaintext")?);
        let data_key = DataKey { key, context, wrapped: wrapped.clone(), plaintext };
        self.change_firehose(arn, |stream| stream.held.hold(PRINCIPAL.to_owned(), &data_key, now))?;
        Ok(data_key)
    }
}

fn context(arn: &str) -> EncryptionContext {
    EncryptionContext::from_iter([(CONTEXT_KEY.to_owned(), arn.to_owned())])
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new("InvalidArgumentException", 400, message)
}

fn refused_with(message: impl Into<String>) -> ServiceError {
    ServiceError::new("InvalidKMSResourceException", 400, message)
}

/// What Firehose makes of an answer of KMS.
fn refused(fault: Fault) -> ServiceError {
    if fault.kind == "ThrottlingException" {
        return ServiceError::new("ServiceUnavailableException", 503, flow::sentence(&fault));
    }
    refused_with(format!("{}: {}", fault.kind, flow::sentence(&fault)))
}

/// The metric that tells why waiting records cannot be decrypted.
fn metric(fault: &Fault) -> &'static str {
    match fault.kind {
        "AccessDeniedException" => "KMSKeyAccessDenied",
        "DisabledException" => "KMSKeyDisabled",
        "NotFoundException" => "KMSKeyNotFound",
        "ThrottlingException" => "KMSThrottled",
        _ => "KMSKeyInvalidState",
    }
}
