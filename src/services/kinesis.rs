//! Amazon Kinesis Data Streams: records that are encrypted before they reach the storage, from the moment a stream is told
//! to; those from before stay as they are.
//!
//! Sources: Kinesis Data Streams Developer Guide, "What is server-side encryption for Kinesis Data Streams?",
//! "Permissions to use user-generated KMS keys", "Costs, Regions and performance considerations"; API Reference,
//! PutRecord.

use std::sync::Arc;

use imbl::{OrdMap, Vector};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::{AccountId, KeyArn, Region},
    clock::{Span, Timestamp},
    crypto::context::EncryptionContext,
    endpoint::fault::Fault,
    kms::{Rules, World},
    lang::message,
    policy::{Policy, PolicyKind},
};

use super::{
    Cloud, Cx, Operation, Service, ServiceError,
    change::Change,
    data_key::DataKey,
    flow,
    form::{Parameter, ParameterKind, Parameters},
    held::{HeldKey, HeldKeys, Holding},
    seal::Bytes,
    tour::Move,
};

mod shown;

/// What Kinesis Data Streams is here.
pub static SERVICE: Service = Service {
    name: "kinesis",
    title: "Kinesis Data Streams",
    host: "kinesis",
    about: "Records in order, kept for 24 hours, encrypted before they are stored if the stream says so.",
    operations: OPERATIONS,
    then_and_now: THEN_AND_NOW,
    tour: TOUR,
    inventory: shown::inventory,
    due,
    notice,
    watches: |_| false,
    failed: |_, _| None,
};

/// Where study notes of about 2019 and today differ.
static THEN_AND_NOW: &[Change] = &[Change::always(
    Rules::Today,
    "Whether records are encrypted at rest",
    "All data is encrypted already, by itself.",
    "Once StartStreamEncryption was asked for, stream by stream. Older records stay as they are.",
)];

/// The streams of all accounts, by ARN.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    streams: OrdMap<String, Arc<Stream>>,
}

/// A stream of one shard.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Stream {
    account: AccountId,
    region: Region,
    /// Under which key new records are encrypted, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<KeyArn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<Policy>,
    #[serde(default, skip_serializing_if = "HeldKeys::is_empty")]
    producers: HeldKeys,
    #[serde(default, skip_serializing_if = "HeldKeys::is_empty")]
    consumers: HeldKeys,
    #[serde(default, skip_serializing_if = "Vector::is_empty")]
    records: Vector<Arc<Record>>,
    /// The last sequence number given out.
    last: u64,
}

/// A record as it is stored.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    number: u64,
    partition_key: String,
    written: Timestamp,
    /// The data key under which it is; nothing where it is not encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wrapped: Option<Wrapped>,
    bytes: Bytes,
}

/// A data key as it is stored beside a record.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Wrapped {
    key: KeyArn,
    data_key: Bytes,
}

/// A record as a consumer gets it.
pub struct Given {
    pub number: u64,
    pub partition_key: String,
    pub written: Timestamp,
    pub encrypted: bool,
    pub data: Vec<u8>,
}

/// How long a data key is used for one who asks. "About every 5 minutes" ("Costs, Regions and performance
/// considerations").
const HELD: Holding = Holding { most: Some(Span::minutes(5)), idle: None };
/// How long records are kept.
const RETENTION: Span = Span::hours(24);
/// The alias that stands for encryption without a key of one's own.
const MANAGED: &str = "alias/aws/kinesis";
/// What the data keys of a stream are bound to.
const CONTEXT_KEY: &str = "aws:kinesis:arn";
/// The most records that GetRecords gives at once.
const MOST_RECORDS: u64 = 10_000;

const STREAM: Parameter = Parameter::required("StreamName", ParameterKind::Text, "The stream's name or ARN.");

static OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateStream",
        about: "Makes a stream in the caller's account and Region. Its records are not encrypted yet.",
        parameters: &[Parameter::required("StreamName", ParameterKind::Text, "The stream's name.")],
        run: create_stream,
    },
    Operation {
        name: "StartStreamEncryption",
        about: "Encrypts the records that are written from now on. Those that are there stay as they are.",
        parameters: &[
            STREAM,
            Parameter::optional(
                "KeyId",
                ParameterKind::Key,
                "The KMS key; without one, the AWS managed key aws/kinesis.",
            ),
        ],
        run: start_encryption,
    },
    Operation {
        name: "StopStreamEncryption",
        about: "Encrypts no more. Records that are encrypted stay encrypted.",
        parameters: &[STREAM],
        run: stop_encryption,
    },
    Operation {
        name: "PutResourcePolicy",
        about: "Says who of other accounts may use the stream.",
        parameters: &[
            STREAM,
            Parameter::optional("Policy", ParameterKind::Policy, "JSON; without it the policy is taken away."),
        ],
        run: put_resource_policy,
    },
    Operation {
        name: "PutRecord",
        about: "Writes a record, as a producer.",
        parameters: &[
            STREAM,
            Parameter::required("PartitionKey", ParameterKind::Text, "By which a shard is chosen."),
            Parameter::required("Data", ParameterKind::Bytes, "The record."),
        ],
        run: put_record,
    },
    Operation {
        name: "GetRecords",
        about: "Reads records in order, as a consumer.",
        parameters: &[
            STREAM,
            Parameter::optional(
                "AfterSequenceNumber",
                ParameterKind::Number(0, u64::MAX),
                "Where to go on; without it, from the oldest record that is kept.",
            ),
            Parameter::optional("Limit", ParameterKind::Number(1, MOST_RECORDS), "The most records to give."),
        ],
        run: get_records,
    },
];

static TOUR: &[Move] = &[
    Move::ask("A data stream. Nothing is encrypted yet.", "CreateStream", r#"{"StreamName": "clicks"}"#),
    Move::ask(
        "This record is stored as it comes.",
        "PutRecord",
        r#"{"StreamName": "clicks", "PartitionKey": "a", "Data": "b25l"}"#,
    ),
    Move::ask(
        "From here on records are encrypted before they reach the storage. Kinesis looks at the key in your name.",
        "StartStreamEncryption",
        r#"{"StreamName": "clicks", "KeyId": "alias/orders"}"#,
    ),
    Move::ask(
        "A data key for this producer, by way of Kinesis: it is used for about five minutes.",
        "PutRecord",
        r#"{"StreamName": "clicks", "PartitionKey": "a", "Data": "dHdv"}"#,
    ),
    Move::ask(
        "The next record: KMS is not asked.",
        "PutRecord",
        r#"{"StreamName": "clicks", "PartitionKey": "a", "Data": "dGhyZWU="}"#,
    ),
    Move::ask(
        "A consumer has the data key decrypted in its own name. The first record needs none.",
        "GetRecords",
        r#"{"StreamName": "clicks"}"#,
    )
    .by("OrdersApp"),
    Move::kms("Now the key is switched off.", "DisableKey", r#"{"KeyId": "$orders"}"#),
    Move::ask(
        "The producer's data key is still in memory, so this is taken.",
        "PutRecord",
        r#"{"StreamName": "clicks", "PartitionKey": "a", "Data": "Zm91cg=="}"#,
    ),
    Move::wait("Five minutes later it has lapsed.", "5m"),
    Move::ask(
        "Producers are refused.",
        "PutRecord",
        r#"{"StreamName": "clicks", "PartitionKey": "a", "Data": "Zml2ZQ=="}"#,
    )
    .refused(),
    Move::ask("And so are consumers.", "GetRecords", r#"{"StreamName": "clicks"}"#).by("OrdersApp").refused(),
    Move::wait("Records wait for their key for 24 hours.", "1d"),
    Move::kms("The key is back, too late for them.", "EnableKey", r#"{"KeyId": "$orders"}"#),
    Move::ask("Nothing is left.", "GetRecords", r#"{"StreamName": "clicks"}"#).by("OrdersApp"),
];

fn create_stream(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let name = parameters.text("StreamName");
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if name.len() > 128 || !name.bytes().all(good) {
        return Err(invalid("The stream name is not valid: 1 to 128 letters, digits, _, - or dots."));
    }
    let arn = cx.stream_arn(name);
    if cx.cloud.kinesis.streams.contains_key(&arn) {
        let message = format!("Stream {name} under account {} already exists.", cx.caller.account());
        return Err(ServiceError::new("ResourceInUseException", 400, message));
    }
    let stream = Stream {
        account: cx.caller.account(),
        region: cx.region,
        key: None,
        policy: None,
        producers: HeldKeys::default(),
        consumers: HeldKeys::default(),
        records: Vector::new(),
        last: 0,
    };
    cx.tell(message!("The stream “{name}” is there. What is written into it is not encrypted.", name));
    cx.cloud.kinesis.streams.insert(arn, Arc::new(stream));
    Ok(json!({}))
}

fn start_encryption(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (arn, stream) = cx.stream(parameters.text("StreamName"), "kinesis:StartStreamEncryption")?;
    let named = parameters.given("KeyId").filter(|named| *named != MANAGED);
    // Whoever asks, the AWS managed key is that of the stream's account.
    let managed = || format!("arn:aws:kms:{}:{}:{MANAGED}", stream.region, stream.account);
    let key_id = named.map_or_else(managed, str::to_owned);
    let described =
        cx.describe_key(&key_id, message!("a description of the key, and whether it can be used"), refused)?;
    if !described.symmetric {
        return Err(invalid("The key is not a symmetric encryption key."));
    }
    match described.state.as_str() {
        "Enabled" => {}
        "Disabled" => return Err(unusable("KMSDisabledException", &described.key)),
        _ => return Err(unusable("KMSInvalidStateException", &described.key)),
    }
    cx.tell(message!("Records written from now on are encrypted. Those that are there stay as they are."));
    cx.change_stream(&arn, |stream| {
        stream.key = Some(described.key);
        stream.producers = HeldKeys::default();
    })?;
    Ok(json!({}))
}

fn stop_encryption(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (arn, _) = cx.stream(parameters.text("StreamName"), "kinesis:StopStreamEncryption")?;
    cx.tell(message!("Records written from now on are not encrypted. To read those that are still takes the key."));
    cx.change_stream(&arn, |stream| {
        stream.key = None;
        stream.producers = HeldKeys::default();
    })?;
    Ok(json!({}))
}

fn put_resource_policy(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (arn, _) = cx.stream(parameters.text("StreamName"), "kinesis:PutResourcePolicy")?;
    let policy = match parameters.given("Policy").filter(|text| !text.trim().is_empty()) {
        None => None,
        Some(text) => Some(
            Policy::parse(text, PolicyKind::Bucket)
                .map_err(|error| invalid(format!("The resource policy is not valid: {error}")))?,
        ),
    };
    cx.change_stream(&arn, |stream| stream.policy = policy)?;
    Ok(json!({}))
}

fn put_record(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (arn, stream) = cx.stream(parameters.text("StreamName"), "kinesis:PutRecord")?;
    let (number, data) = (stream.last + 1, parameters.bytes("Data"));
    let (wrapped, bytes) = match stream.key {
        None => (None, Bytes::from(data)),
        Some(key) => {
            let DataKey { key, wrapped: data_key, plaintext, .. } = cx.producer_key(&arn, key)?;
            let what = message!("encrypts the record before it is stored");
            let bytes = cx.seal("", what, &plaintext, &record_name(&arn, number), &data);
            (Some(Wrapped { key, data_key }), bytes)
        }
    };
    let encryption = encryption_type(wrapped.is_some());
    cx.tell(match wrapped {
        Some(_) => {
            message!("The record is stored: ciphertext, and beside it its data key, wrapped by the KMS key.")
        }
        None => message!("The record is stored as it came."),
    });
    let partition_key = parameters.text("PartitionKey").to_owned();
    let record = Record { number, partition_key, written: cx.now(), wrapped, bytes };
    cx.change_stream(&arn, |stream| {
        stream.last = number;
        stream.records.push_back(Arc::new(record));
    })?;
    Ok(json!({ "ShardId": SHARD, "SequenceNumber": number.to_string(), "EncryptionType": encryption }))
}

fn get_records(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let after = parameters.number("AfterSequenceNumber").unwrap_or(0);
    let limit = parameters.number("Limit").unwrap_or(MOST_RECORDS);
    let given = cx.read_stream(parameters.text("StreamName"), after, limit)?;
    let records = given.into_iter().map(|record| {
        json!({
            "SequenceNumber": record.number.to_string(),
            "PartitionKey": record.partition_key,
            "EncryptionType": encryption_type(record.encrypted),
            "Data": Bytes::from(record.data).to_base64(),
        })
    });
    Ok(json!({ "Records": records.collect::<Vec<_>>() }))
}

/// The one shard that every stream has.
const SHARD: &str = "shardId-000000000000";

fn encryption_type(encrypted: bool) -> &'static str {
    if encrypted { "KMS" } else { "NONE" }
}

/// What a record is bound to.
fn record_name(arn: &str, number: u64) -> String {
    format!("{arn} record {number}")
}

impl Cx<'_> {
    /// Records of a stream after a sequence number, decrypted for the caller.
    ///
    /// # Errors
    ///
    /// Kinesis's own, and what it makes of what KMS answers.
    pub fn read_stream(&mut self, named: &str, after: u64, limit: u64) -> Result<Vec<Given>, ServiceError> {
        let (arn, stream) = self.stream(named, "kinesis:GetRecords")?;
        let wanted = stream.records.iter().filter(|record| record.number > after);
        let mut given = Vec::new();
        for record in wanted.take(usize::try_from(limit).unwrap_or(usize::MAX)) {
            let data = match &record.wrapped {
                None => record.bytes.0.to_vec(),
                Some(wrapped) => {
                    let key = self.consumer_key(&arn, wrapped)?;
                    let name = record_name(&arn, record.number);
                    let what = message!("decrypts the record after it was retrieved");
                    self.open("", what, &key.plaintext, &name, &record.bytes)?.expose().to_vec()
                }
            };
            given.push(Given {
                number: record.number,
                partition_key: record.partition_key.clone(),
                written: record.written,
                encrypted: record.wrapped.is_some(),
                data,
            });
        }
        Ok(given)
    }

    /// The stream, if the caller may do this with it.
    fn stream(&mut self, named: &str, action: &'static str) -> Result<(String, Arc<Stream>), ServiceError> {
        let arn = self.stream_arn(named);
        let found = self.cloud.kinesis.streams.get(&arn).filter(|stream| stream.region == self.region);
        let stream = found.map(Arc::clone).ok_or_else(|| {
            let message = format!("Stream {named} under account {} not found.", self.caller.account());
            ServiceError::new("ResourceNotFoundException", 400, message)
        })?;
        self.may(action, &arn, stream.account, stream.policy.as_ref(), true)
            .map_err(|error| ServiceError::new("AccessDeniedException", 400, error.message))?;
        Ok((arn, stream))
    }

    fn stream_arn(&self, named: &str) -> String {
        if named.starts_with("arn:") {
            return named.to_owned();
        }
        format!("arn:aws:kinesis:{}:{}:stream/{named}", self.region, self.caller.account())
    }

    fn change_stream<T>(&mut self, arn: &str, change: impl FnOnce(&mut Stream) -> T) -> Result<T, ServiceError> {
        let stream = self.cloud.kinesis.streams.get_mut(arn).ok_or_else(ServiceError::internal)?;
        Ok(change(Arc::make_mut(stream)))
    }

    /// The data key for what this producer writes, from memory or from KMS.
    fn producer_key(&mut self, arn: &str, key: KeyArn) -> Result<DataKey, ServiceError> {
        let (holder, now) = (self.caller.principal(), self.now());
        let fits = |held: &HeldKey| held.holder == holder;
        let held = self.change_stream(arn, |stream| stream.producers.find(HELD, now, fits))?;
        if let Some(HeldKey { key, wrapped, plaintext, .. }) = held {
            self.tell(message!("A data key for this producer is in memory. KMS is not asked."));
            return Ok(DataKey { key, context: context(arn), wrapped, plaintext });
        }
        let why = message!("a data key for what this producer writes");
        let data_key = self.new_data_key(&key.to_string(), context(arn), why, refused)?;
        self.change_stream(arn, |stream| stream.producers.hold(holder, &data_key, now))?;
        Ok(data_key)
    }

    /// The data key of a record for this consumer, from memory or from KMS.
    fn consumer_key(&mut self, arn: &str, wrapped: &Wrapped) -> Result<DataKey, ServiceError> {
        let (holder, now) = (self.caller.principal(), self.now());
        let fits = |held: &HeldKey| held.holder == holder && held.wrapped == wrapped.data_key;
        let held = self.change_stream(arn, |stream| stream.consumers.find(HELD, now, fits))?;
        if let Some(HeldKey { key, wrapped, plaintext, .. }) = held {
            return Ok(DataKey { key, context: context(arn), wrapped, plaintext });
        }
        let why = message!("the data key of this consumer's records");
        let data_key = self.data_key_of_old(wrapped.key, &context(arn), &wrapped.data_key, why, refused)?;
        self.change_stream(arn, |stream| stream.consumers.hold(holder, &data_key, now))?;
        Ok(data_key)
    }
}

fn context(arn: &str) -> EncryptionContext {
    EncryptionContext::from_iter([(CONTEXT_KEY.to_owned(), arn.to_owned())])
}

impl State {
    /// When the first record after a sequence number was written.
    pub fn written_after(&self, arn: &str, number: u64) -> Option<Timestamp> {
        let stream = self.streams.get(arn)?;
        stream.records.iter().find(|record| record.number > number).map(|record| record.written)
    }

    /// The last sequence number that a stream gave out; nothing where there is no such stream.
    pub fn last_number(&self, arn: &str) -> Option<u64> {
        self.streams.get(arn).map(|stream| stream.last)
    }
}

impl Stream {
    fn forgets_at(&self) -> Option<Timestamp> {
        self.records.front().map(|oldest| oldest.written.after(RETENTION))
    }
}

fn due(cloud: &Cloud, _: &World) -> Option<Timestamp> {
    cloud.kinesis.streams.values().filter_map(|stream| stream.forgets_at()).min()
}

/// Gives up records that were kept long enough.
fn notice(cx: &mut Cx<'_>) {
    let now = cx.now();
    let old = cx.cloud.kinesis.streams.iter().filter(|(_, stream)| stream.forgets_at().is_some_and(|at| at <= now));
    let old: Vec<String> = old.map(|(arn, _)| arn.clone()).collect();
    for arn in old {
        let forgotten = cx.change_stream(&arn, |stream| {
            let before = stream.records.len();
            stream.records.retain(|record| record.written.after(RETENTION) > now);
            before - stream.records.len()
        });
        if let Ok(forgotten) = forgotten {
            cx.tell(message!("Gone from {arn}, as they were kept for 24 hours: {forgotten}.", arn, forgotten));
        }
    }
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new("InvalidArgumentException", 400, message)
}

fn unusable(code: &'static str, key: &KeyArn) -> ServiceError {
    ServiceError::new(code, 400, format!("The key {key} is not enabled."))
}

/// What Kinesis makes of an answer of KMS.
fn refused(fault: Fault) -> ServiceError {
    let code = match fault.kind {
        "AccessDeniedException" => "KMSAccessDeniedException",
        "DisabledException" => "KMSDisabledException",
        "KMSInvalidStateException" => "KMSInvalidStateException",
        "NotFoundException" => "KMSNotFoundException",
        "ThrottlingException" => "KMSThrottlingException",
        _ => "InvalidArgumentException",
    };
    ServiceError::new(code, 400, flow::sentence(&fault))
}
