//! Amazon Athena: reads the objects of a table through S3 and writes what it found back, as the one who asks. What it does
//! with keys is whole; of SQL it knows as much as shows that.
//!
//! Sources: Athena User Guide, "Encryption at rest", "Permissions to encrypted data in Amazon S3"; API Reference,
//! EncryptionConfiguration.

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::{AccountId, Region, RequestId},
    kms::World,
    lang::{Text, message, msg},
};

use super::{
    Cloud, Cx, Operation, Service, ServiceError,
    change::Change,
    form::{Parameter, ParameterKind, Parameters},
    glue,
    inventory::{Item, ItemKind},
    s3::{
        self, Put,
        client_side::{Client, ClientError},
    },
    tour::Move,
};

mod query;

use query::{Place, Query, Rows};

/// What Amazon Athena is here.
pub static SERVICE: Service = Service {
    name: "athena",
    title: "Amazon Athena",
    host: "athena",
    about: "Queries over the objects of a table, with results that are written back encrypted.",
    operations: OPERATIONS,
    then_and_now: THEN_AND_NOW,
    tour: TOUR,
    inventory,
    due: |_, _| None,
    notice: |_| {},
    watches: |_| false,
    failed,
};

/// Where study notes of about 2019 and today differ.
static THEN_AND_NOW: &[Change] = &[
    Change::by_rules(
        "Results for which nobody chooses an encryption",
        "They are stored as they came.",
        "They have SSE-S3 at least, as all new objects of S3.",
    ),
    Change::by_rules(
        "A source under SSE-C",
        "It can be put into the bucket, and no query can read it.",
        "A new bucket refuses it already; where one allows it, still no query can read it.",
    ),
    Change::in_words("Where results go", "The S3 staging directory.", "The query result location."),
    Change::in_words("SSE-KMS or CSE-KMS", "Both are listed alike.", "SSE-KMS is recommended."),
];

/// The queries of all accounts, by id.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    executions: OrdMap<String, Arc<Execution>>,
}

/// A query that ran.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Execution {
    account: AccountId,
    region: Region,
    query: String,
    /// Where the result is.
    result: Place,
    encryption: Wanted,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

/// How a result is encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Wanted {
    /// As the bucket encrypts.
    Default,
    SseS3,
    SseKms(String),
    CseKms(String),
}

/// Athena as one who encrypts before it gives S3 anything. It asks KMS in the name of its caller.
const CLIENT: Client =
    Client { name: "Amazon Athena", ask: |cx, operation, members, why| cx.ask_for_caller(operation, members, why) };

const ID: Parameter = Parameter::required("QueryExecutionId", ParameterKind::Text, "What StartQueryExecution told.");

static OPERATIONS: &[Operation] = &[
    Operation {
        name: "StartQueryExecution",
        about: "Runs a query: SELECT * FROM table, with LIMIT or without, or SELECT COUNT(*) FROM table.",
        parameters: &[
            Parameter::required("QueryString", ParameterKind::Text, "The query."),
            Parameter::required("OutputLocation", ParameterKind::Text, "Where the result goes: s3://BUCKET/PREFIX."),
            Parameter::optional(
                "EncryptionOption",
                ParameterKind::Choice(&["SSE_S3", "SSE_KMS", "CSE_KMS"]),
                "How the result is encrypted; without it, as the bucket encrypts.",
            ),
            Parameter::optional("KmsKey", ParameterKind::Key, "The KMS key, for SSE_KMS and CSE_KMS."),
        ],
        run: start,
    },
    Operation {
        name: "GetQueryExecution",
        about: "Tells what became of a query, and why it failed if it did.",
        parameters: &[ID],
        run: get_execution,
    },
    Operation {
        name: "GetQueryResults",
        about: "Reads the result of a query, as the caller.",
        parameters: &[ID],
        run: get_results,
    },
];

static TOUR: &[Move] = &[
    Move::other(
        "s3",
        "A bucket whose objects are under your key.",
        "CreateBucket",
        r#"{"Bucket": "lake", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/orders", "BlockSSEC": false}"#,
    ),
    Move::other(
        "s3",
        "Data in it.",
        "PutObject",
        r#"{"Bucket": "lake", "Key": "sales/1.csv", "Body": "aXRlbSxwcmljZQpib29rLDEyCg=="}"#,
    ),
    Move::other(
        "s3",
        "And more: a data key for each object.",
        "PutObject",
        r#"{"Bucket": "lake", "Key": "sales/2.csv", "Body": "aXRlbSxwcmljZQpwZW4sMgo="}"#,
    ),
    Move::other(
        "glue",
        "A table of it.",
        "CreateTable",
        r#"{"Name": "sales", "Location": "s3://lake/sales/", "Format": "CSV"}"#,
    ),
    Move::ask(
        "Athena reads in your name through S3, one Decrypt for each object, and writes the result under a key.",
        "StartQueryExecution",
        r#"{"QueryString": "SELECT * FROM sales", "OutputLocation": "s3://lake/results/", "EncryptionOption": "SSE_KMS", "KmsKey": "alias/invoices"}"#,
    ),
    Move::ask(
        "With CSE_KMS, it asks KMS for the result's key itself and gives S3 only ciphertext.",
        "StartQueryExecution",
        r#"{"QueryString": "SELECT * FROM sales LIMIT 1", "OutputLocation": "s3://lake/results/", "EncryptionOption": "CSE_KMS", "KmsKey": "alias/invoices"}"#,
    ),
    Move::ask(
        "Without a right to kms:Decrypt the query starts, and FAILED is what becomes of it.",
        "StartQueryExecution",
        r#"{"QueryString": "SELECT * FROM sales", "OutputLocation": "s3://lake/results/"}"#,
    )
    .by("KMSKeyAdmin"),
    Move::other(
        "s3",
        "One object under a key of your own, which S3 uses and forgets (SSE-C).",
        "PutObject",
        r#"{"Bucket": "lake", "Key": "sales/3.csv", "Body": "aXRlbSxwcmljZQpjdXAsNQo=", "SSECustomerKey": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}"#,
    ),
    Move::ask(
        "Athena has no way to send that key, so the query fails.",
        "StartQueryExecution",
        r#"{"QueryString": "SELECT * FROM sales", "OutputLocation": "s3://lake/results/"}"#,
    ),
    Move::other(
        "s3",
        "Without the object it would work again,",
        "DeleteObject",
        r#"{"Bucket": "lake", "Key": "sales/3.csv"}"#,
    ),
    Move::kms("but now the key is switched off.", "DisableKey", r#"{"KeyId": "$orders"}"#),
    Move::ask(
        "S3 says why, and Athena passes it on.",
        "StartQueryExecution",
        r#"{"QueryString": "SELECT * FROM sales", "OutputLocation": "s3://lake/results/"}"#,
    ),
    Move::kms("On again: nothing was lost.", "EnableKey", r#"{"KeyId": "$orders"}"#),
];

fn start(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let text = parameters.text("QueryString");
    let query = Query::read(text).ok_or_else(|| {
        invalid("Only SELECT * FROM table [LIMIT n] and SELECT COUNT(*) FROM table are understood here.")
    })?;
    let folder = Place::read(parameters.text("OutputLocation"));
    let folder = folder.ok_or_else(|| invalid("outputLocation is not a valid S3 path: s3://BUCKET/PREFIX."))?;
    let encryption = match (parameters.given("EncryptionOption"), parameters.given("KmsKey")) {
        (None, _) => Wanted::Default,
        (Some("SSE_S3"), _) => Wanted::SseS3,
        (Some("SSE_KMS"), Some(key)) => Wanted::SseKms(key.to_owned()),
        (Some("CSE_KMS"), Some(key)) => Wanted::CseKms(key.to_owned()),
        (Some(option), _) => return Err(invalid(format!("KmsKey must be given for {option}."))),
    };
    let id = RequestId::new(cx.world.entropy.draw()).to_string();
    let result = folder.with(&format!("{id}.csv"));
    let failed = cx.run_query(&query, &result, &encryption).err().map(|failure| failure.0);
    cx.tell(match &failed {
        None => message!("The query has SUCCEEDED."),
        Some(reason) => message!("The query has FAILED: {reason}", reason),
    });
    let execution = Execution {
        account: cx.caller.account(),
        region: cx.region,
        query: text.to_owned(),
        result,
        encryption,
        failed,
    };
    cx.cloud.athena.executions.insert(id.clone(), Arc::new(execution));
    Ok(json!({ "QueryExecutionId": id }))
}

/// A query that failed was started all the same.
fn failed(cloud: &Cloud, answer: &Value) -> Option<ServiceError> {
    let id = answer.get("QueryExecutionId").and_then(Value::as_str)?;
    let reason = cloud.athena.executions.get(id)?.failed.clone()?;
    Some(ServiceError::new("FAILED", 200, reason))
}

fn get_execution(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let execution = cx.execution(parameters)?;
    Ok(json!({
        "Query": execution.query,
        "State": if execution.failed.is_some() { "FAILED" } else { "SUCCEEDED" },
        "StateChangeReason": execution.failed,
        "OutputLocation": execution.result.to_string(),
        "EncryptionOption": execution.encryption.name(),
    }))
}

fn get_results(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let execution = cx.execution(parameters)?;
    if execution.failed.is_some() {
        return Err(invalid("Query did not finish successfully. Final query state: FAILED"));
    }
    let client_side = matches!(execution.encryption, Wanted::CseKms(_));
    let body = cx.read_source(&execution.result, client_side).map_err(|failure| invalid(failure.0))?;
    Ok(json!({ "Data": super::seal::Bytes::from(body).to_base64() }))
}

/// Why a query failed, in the words that its user sees.
struct Failure(String);

impl Failure {
    fn of_s3(error: &ServiceError) -> Self {
        Self(format!(
            "{} (Service: Amazon S3; Status Code: {}; Error Code: {})",
            error.message, error.status, error.code
        ))
    }

    fn of_client(error: &ClientError) -> Self {
        match error {
            ClientError::Kms(fault) => Self(format!(
                "{} (Service: AWSKMS; Status Code: {}; Error Code: {})",
                super::flow::sentence(fault),
                fault.status,
                fault.kind
            )),
            ClientError::Other(error) => Self::of_s3(error),
        }
    }
}

impl Cx<'_> {
    fn execution(&mut self, parameters: &Parameters) -> Result<Arc<Execution>, ServiceError> {
        let id = parameters.text("QueryExecutionId");
        let here =
            |execution: &&Arc<Execution>| execution.account == self.caller.account() && execution.region == self.region;
        let found = self.cloud.athena.executions.get(id).filter(here).map(Arc::clone);
        found.ok_or_else(|| invalid(format!("QueryExecution {id} was not found")))
    }

    fn run_query(&mut self, query: &Query, result: &Place, encryption: &Wanted) -> Result<(), Failure> {
        let table = self.through(&glue::SERVICE, |cx| cx.catalog_table(&query.table));
        let table = table.map_err(|error| Failure(error.to_string()))?;
        let source = Place::read(&table.location)
            .ok_or_else(|| Failure(format!("{} is not a valid S3 path", table.location)))?;
        let mut rows = Rows::default();
        let names: Vec<String> = self.cloud.s3.names(&source.bucket, &source.key).map(str::to_owned).collect();
        for name in names {
            let object = Place { bucket: source.bucket.clone(), key: name };
            let body = self.read_source(&object, table.has_encrypted_data)?;
            rows.add(&body, table.format).map_err(|why| Failure(format!("HIVE_BAD_DATA: {object}: {why}")))?;
        }
        let body = query.over(rows).into_bytes();
        self.write_result(result, encryption, &body)
    }

    /// An object as Athena reads it for its caller.
    fn read_source(&mut self, object: &Place, client_side: bool) -> Result<Vec<u8>, Failure> {
        let read = self.through(&s3::SERVICE, |cx| cx.read_object(&object.bucket, &object.key, None, true));
        let (body, stored) = read.map_err(|error| {
            let Failure(said) = Failure::of_s3(&error);
            Failure(if is_under_customer_key(&error) { format!("{NO_SSE_C} {said}") } else { said })
        })?;
        if !client_side {
            return Ok(body);
        }
        let opened = CLIENT.open(self, body, &stored).map_err(|error| Failure::of_client(&error))?;
        Ok(opened.expose().to_vec())
    }

    fn write_result(&mut self, result: &Place, encryption: &Wanted, body: &[u8]) -> Result<(), Failure> {
        let put = Put::new(&result.bucket, &result.key);
        let sealed;
        let (put, body) = match encryption {
            Wanted::Default => (put, body),
            Wanted::SseS3 => (put.under_own_keys_of_s3(), body),
            Wanted::SseKms(key) => (put.under(Some(key)), body),
            Wanted::CseKms(key) => {
                let ready = CLIENT.seal(self, put, key, body).map_err(|error| Failure::of_client(&error))?;
                sealed = ready.1;
                (ready.0, &*sealed.0)
            }
        };
        let stored = self.through(&s3::SERVICE, |cx| put.store(cx, body));
        stored.map(drop).map_err(|error| Failure::of_s3(&error))
    }
}

const NO_SSE_C: &str =
    "Athena does not read objects under keys of your own (SSE-C), as it has no way to send S3 the key.";

/// What S3 answers about an object under a key of its owner's that the request does not have.
fn is_under_customer_key(error: &ServiceError) -> bool {
    error.code == "InvalidRequest"
}

impl Wanted {
    fn name(&self) -> Option<&'static str> {
        match self {
            Self::Default => None,
            Self::SseS3 => Some("SSE_S3"),
            Self::SseKms(_) => Some("SSE_KMS"),
            Self::CseKms(_) => Some("CSE_KMS"),
        }
    }
}

fn inventory(cloud: &Cloud, _: &World) -> Vec<Item> {
    let executions = cloud.athena.executions.iter();
    executions
        .map(|(id, execution)| {
            Item::new(ItemKind::Resource, id.as_str())
                .fact(msg!("Account"), execution.account.to_string())
                .fact(msg!("Region"), execution.region.to_string())
                .fact(msg!("Query"), execution.query.clone())
                .fact(msg!("State"), execution.failed.clone().unwrap_or_else(|| "SUCCEEDED".to_owned()))
                .fact(msg!("Result"), execution.result.to_string())
                .fact(
                    msg!("Encryption of the result"),
                    execution.encryption.name().map_or_else(|| message!("as the bucket has it").into(), Text::from),
                )
        })
        .collect()
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new("InvalidRequestException", 400, message)
}
