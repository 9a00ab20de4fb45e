//! Amazon DynamoDB: a table key that KMS makes, under it a data encryption key for each item, and under that the item.
//!
//! Sources: DynamoDB Developer Guide, "DynamoDB encryption at rest" and its "usage notes"; API reference, SSEDescription and
//! ArchivalSummary.

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::{AccountId, Region},
    clock::Span,
    crypto::{context::EncryptionContext, secret::Secret32},
    endpoint::fault::Fault,
    kms::Rules,
    lang::message,
};

use super::{
    Cx, Operation, Service, ServiceError,
    change::Change,
    flow,
    form::{Parameter, ParameterKind, Parameters},
    granted::ServiceGrant,
    held::{HeldKeys, Holding},
    seal::Bytes,
};

mod backup;
mod health;
mod keys;
mod shown;
mod tour;

use backup::Backup;
use health::Health;
use keys::{Chosen, TableKey};

/// What Amazon DynamoDB is here.
pub static SERVICE: Service = Service {
    name: "dynamodb",
    title: "Amazon DynamoDB",
    host: "dynamodb",
    about: "Tables whose items are each encrypted under a key of their own, all of these under the table's.",
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
        "The key of a table for which nobody chooses one",
        "aws/dynamodb: the first encrypted table makes it in its Region.",
        "A key that DynamoDB owns, which no account sees. aws/dynamodb is there if somebody chooses it.",
    ),
    Change::by_rules(
        "How long a plaintext table key stays in memory",
        "12 hours at most, and 5 minutes without a request.",
        "5 minutes without a request, for each caller. No longest time is documented.",
    ),
    Change::always(
        Rules::Classic,
        "Whose a data encryption key is",
        "Each item has one.",
        "Each structure below the table has one, so that several items may share it.",
    ),
];

/// The tables and backups of all accounts, by their ARNs.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    tables: OrdMap<String, Arc<Table>>,
    #[serde(skip_serializing_if = "OrdMap::is_empty")]
    backups: OrdMap<String, Arc<Backup>>,
}

/// A table.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Table {
    name: TableName,
    table_key: TableKey,
    /// By which DynamoDB uses the KMS key; with an AWS owned key it needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant: Option<ServiceGrant>,
    #[serde(default, skip_serializing_if = "Health::is_good")]
    health: Health,
    #[serde(default, skip_serializing_if = "HeldKeys::is_empty")]
    held: HeldKeys,
    #[serde(default, skip_serializing_if = "OrdMap::is_empty")]
    items: Items,
}

/// By primary key.
type Items = OrdMap<String, Arc<Item>>;

/// Whose table it is, where, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct TableName {
    account: AccountId,
    region: Region,
    name: String,
}

/// An item as it is stored.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Item {
    /// Its data encryption key, wrapped by the table key.
    wrapped: Bytes,
    /// Never the plaintext.
    sealed: Bytes,
}

/// After that long without a request of the same caller, KMS is asked again.
const IDLE: Span = Span::minutes(5);
/// So long, and no longer, a table key was kept; today's documentation has no such figure.
const MOST_CLASSIC: Span = Span::hours(12);

fn holding(rules: Rules) -> Holding {
    let most = match rules {
        Rules::Classic => Some(MOST_CLASSIC),
        Rules::Today => None,
    };
    Holding { most, idle: Some(IDLE) }
}

const TABLE: Parameter = Parameter::required("TableName", ParameterKind::Text, "The name of the table.");
const KEY: Parameter = Parameter::required("Key", ParameterKind::Text, "The item's primary key.");
const SSE_TYPE: Parameter = Parameter::optional(
    "SSEType",
    ParameterKind::Choice(&["AWS_OWNED", "KMS"]),
    "AWS_OWNED is a key of DynamoDB's own, KMS the AWS managed key or the one that is named.",
);
const KMS_KEY: Parameter =
    Parameter::optional("KMSMasterKeyId", ParameterKind::Key, "The KMS key; without one, aws/dynamodb.");

static OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateTable",
        about: "Makes a table, and a table key for it.",
        parameters: &[TABLE, SSE_TYPE, KMS_KEY],
        run: create_table,
    },
    Operation {
        name: "DescribeTable",
        about: "Tells how a table is encrypted, and whether it can be used.",
        parameters: &[TABLE],
        run: describe_table,
    },
    Operation {
        name: "UpdateTable",
        about: "Puts a table under another key: a new table key, and every item's key wrapped anew.",
        parameters: &[TABLE, SSE_TYPE, KMS_KEY],
        run: update_table,
    },
    Operation {
        name: "PutItem",
        about: "Encrypts and stores an item.",
        parameters: &[TABLE, KEY, Parameter::required("Item", ParameterKind::Pairs, "Its attributes.")],
        run: put_item,
    },
    Operation {
        name: "GetItem",
        about: "Decrypts an item and gives it out.",
        parameters: &[TABLE, KEY],
        run: get_item,
    },
    Operation {
        name: "DeleteTable",
        about: "Deletes a table with its keys, and ends its grant.",
        parameters: &[TABLE],
        run: delete_table,
    },
    Operation {
        name: "CreateBackup",
        about: "Keeps the items as they are now, under the keys that they have now.",
        parameters: &[TABLE],
        run: backup::create,
    },
    Operation {
        name: "RestoreTableFromBackup",
        about: "Makes a new table of a backup, for which the backup's key is needed.",
        parameters: &[
            Parameter::required("BackupArn", ParameterKind::Text, "The ARN of the backup."),
            Parameter::required("TargetTableName", ParameterKind::Text, "The name of the new table."),
            SSE_TYPE,
            KMS_KEY,
        ],
        run: backup::restore,
    },
];

impl TableName {
    /// Of the caller's account.
    fn of(cx: &Cx<'_>, name: &str) -> Self {
        Self { account: cx.caller.account(), region: cx.region, name: name.to_owned() }
    }

    fn arn(&self) -> String {
        format!("arn:aws:dynamodb:{}:{}:table/{}", self.region, self.account, self.name)
    }

    /// What DynamoDB calls itself.
    fn principal(&self) -> String {
        SERVICE.host_in(self.region)
    }

    /// What the table key is bound to.
    fn context(&self) -> EncryptionContext {
        let account = self.account.to_string();
        [("aws:dynamodb:tableName", self.name.as_str()), ("aws:dynamodb:subscriberId", &account)].into_iter().collect()
    }
}

fn create_table(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let name = TableName::of(cx, parameters.text("TableName"));
    let chosen = Chosen::read(parameters)?.unwrap_or_else(|| Chosen::by_default(cx.world.rules()));
    let (table, _) = cx.new_table(name, &chosen)?;
    let answer = table.describe();
    cx.cloud.dynamodb.tables.insert(table.name.arn(), Arc::new(table));
    Ok(json!({ "TableDescription": answer }))
}

fn describe_table(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    Ok(json!({ "Table": cx.table(parameters)?.describe() }))
}

fn update_table(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let mut table = Table::clone(&*cx.table(parameters)?);
    table.in_use()?;
    let Some(chosen) = Chosen::read(parameters)? else {
        return Err(invalid("At least one of SSEType and KMSMasterKeyId is required."));
    };
    let old = cx.table_key_for_itself(&table)?;
    let (table_key, grant, new) = cx.new_table_key(&table.name, &chosen, Some(&table.table_key))?;
    table.items = cx.wrapped_anew(&table.items, &old, &new)?;
    let before = table.grant.take();
    table.table_key = table_key;
    table.grant = grant;
    table.held = HeldKeys::default();
    if let Some(grant) = before {
        cx.end_table_grant(&table.name, &grant);
    }
    cx.tell(message!(
        "{table} is under another key from now on. Backups made before still need the old one.",
        table = table.name.arn()
    ));
    let answer = table.describe();
    cx.cloud.dynamodb.tables.insert(table.name.arn(), Arc::new(table));
    Ok(json!({ "TableDescription": answer }))
}

fn put_item(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let table = cx.table(parameters)?;
    let table_key = cx.table_key_for_caller(&table)?;
    let plaintext = serde_json::to_vec(&parameters.pairs("Item")).map_err(|_| ServiceError::internal())?;
    let key = parameters.text("Key");
    let item = cx.seal_item(&table_key, key, &plaintext);
    cx.change_table(&table.name, |table| table.items.insert(key.to_owned(), Arc::new(item)))?;
    Ok(json!({}))
}

fn get_item(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (table, key) = (cx.table(parameters)?, parameters.text("Key"));
    let table_key = cx.table_key_for_caller(&table)?;
    let Some(item) = table.items.get(key) else { return Ok(json!({})) };
    let plaintext = cx.open_item(&table_key, key, item)?;
    let attributes: Value = serde_json::from_slice(plaintext.expose()).map_err(|_| ServiceError::internal())?;
    Ok(json!({ "Item": attributes }))
}

fn delete_table(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let table = cx.table(parameters)?;
    if let Some(grant) = &table.grant {
        cx.end_table_grant(&table.name, grant);
    }
    cx.cloud.dynamodb.tables.remove(&table.name.arn());
    cx.tell(message!("{table} is gone, with its wrapped table key and all items.", table = table.name.arn()));
    Ok(json!({ "TableDescription": { "TableName": table.name.name, "TableStatus": "DELETING" } }))
}

impl Table {
    fn describe(&self) -> Value {
        let mut answer = json!({
            "TableName": self.name.name,
            "TableArn": self.name.arn(),
            "TableStatus": self.health.status(),
            "ItemCount": self.items.len(),
        });
        let Value::Object(members) = &mut answer else { return answer };
        if let TableKey::Kms { key, .. } = &self.table_key {
            let mut sse = json!({ "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key });
            if let (Value::Object(sse), Some(since)) = (&mut sse, self.health.inaccessible_since()) {
                sse.insert("InaccessibleEncryptionDateTime".to_owned(), json!(since));
            }
            members.insert("SSEDescription".to_owned(), sse);
        }
        if let Health::Archived { at, backup } = &self.health {
            let summary = json!({
                "ArchivalDateTime": at,
                "ArchivalReason": "INACCESSIBLE_ENCRYPTION_CREDENTIALS",
                "ArchivalBackupArn": backup,
            });
            members.insert("ArchivalSummary".to_owned(), summary);
        }
        answer
    }

    /// Whether it is more than a name for an archive.
    fn in_use(&self) -> Result<(), ServiceError> {
        match &self.health {
            Health::Good | Health::Troubled { .. } | Health::Inaccessible { .. } => Ok(()),
            Health::Archiving { .. } | Health::Archived { .. } => {
                let (name, status) = (&self.name.name, self.health.status());
                Err(invalid(format!("The table {name} is {status}; its items are in a backup.")))
            }
        }
    }
}

impl Cx<'_> {
    /// The table that a request names.
    fn table(&mut self, parameters: &Parameters) -> Result<Arc<Table>, ServiceError> {
        let name = TableName::of(self, parameters.text("TableName"));
        let found = self.cloud.dynamodb.tables.get(&name.arn()).map(Arc::clone);
        let missing = || format!("Requested resource not found: Table: {} not found", name.name);
        found.ok_or_else(|| ServiceError::new("ResourceNotFoundException", 400, missing()))
    }

    /// An empty table that is nowhere yet, and its table key.
    fn new_table(&mut self, name: TableName, chosen: &Chosen) -> Result<(Table, Secret32), ServiceError> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        if !(3..=255).contains(&name.name.len()) || !name.name.bytes().all(good) {
            return Err(invalid("TableName must be 3 to 255 of the characters a-z, A-Z, 0-9, '_', '-' and '.'."));
        }
        if self.cloud.dynamodb.tables.contains_key(&name.arn()) {
            let message = format!("Table already exists: {}", name.name);
            return Err(ServiceError::new("ResourceInUseException", 400, message));
        }
        let (table_key, grant, plaintext) = self.new_table_key(&name, chosen, None)?;
        let (health, held, items) = (Health::Good, HeldKeys::default(), Items::new());
        Ok((Table { name, table_key, grant, health, held, items }, plaintext))
    }

    fn change_table<T>(&mut self, name: &TableName, change: impl FnOnce(&mut Table) -> T) -> Result<T, ServiceError> {
        let table = self.cloud.dynamodb.tables.get_mut(&name.arn()).ok_or_else(ServiceError::internal)?;
        Ok(change(Arc::make_mut(table)))
    }
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new("ValidationException", 400, message)
}

/// What DynamoDB makes of an answer of KMS.
fn refused(fault: Fault) -> ServiceError {
    let what = match fault.kind {
        "ThrottlingException" => return ServiceError::new(fault.kind, 400, flow::sentence(&fault)),
        "AccessDeniedException" => "KMS key access denied error",
        "DisabledException" => "KMS key disabled error",
        "KMSInvalidStateException" => "KMS key invalid state error",
        "NotFoundException" => "KMS key not found error",
        _ => "KMS key error",
    };
    let Fault { kind, status, .. } = fault;
    let sentence = flow::sentence(&fault);
    invalid(format!("{what}: {sentence} (Service: AWSKMS; Status Code: {status}; Error Code: {kind})"))
}
