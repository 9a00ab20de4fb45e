//! AWS Glue Data Catalog: what is known of tables, encrypted under a KMS key if the catalog is told to.
//!
//! Sources: Glue Developer Guide, "Encrypting your Data Catalog"; API Reference, PutDataCatalogEncryptionSettings.

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::{AccountId, KeyArn, Region},
    crypto::{context::EncryptionContext, step::Sensitivity},
    endpoint::fault::Fault,
    kms::{Rules, World},
    lang::{Text, message, msg},
};

use super::{
    Cloud, Cx, Operation, Service, ServiceError,
    change::Change,
    data_key::DataKey,
    flow,
    form::{Parameter, ParameterKind, Parameters},
    inventory::{Item, ItemKind},
    seal::{self, Bytes},
    tour::Move,
};

/// What the AWS Glue Data Catalog is here.
pub static SERVICE: Service = Service {
    name: "glue",
    title: "AWS Glue Data Catalog",
    host: "glue",
    about: "What is known of tables: where their data is and how it is written.",
    operations: OPERATIONS,
    then_and_now: THEN_AND_NOW,
    tour: TOUR,
    inventory,
    due: |_, _| None,
    notice: |_| {},
    watches: |_| false,
    failed: |_, _| None,
};

/// Where study notes of about 2019 and today differ.
static THEN_AND_NOW: &[Change] = &[Change::always(
    Rules::Classic,
    "A grant on the catalog’s key",
    "There is none: its users need Decrypt, Encrypt and GenerateDataKey.",
    "There is one for a search index since 2026, so that they need CreateGrant and DescribeKey too, unless a role is named for the catalog.",
)];

/// The catalogs of all accounts and Regions, by account and Region as text.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    catalogs: OrdMap<String, Arc<Catalog>>,
}

/// The catalog of an account in a Region.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Catalog {
    account: AccountId,
    region: Region,
    /// Under which key tables are encrypted that are made from now on, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<KeyArn>,
    #[serde(default, skip_serializing_if = "OrdMap::is_empty")]
    tables: OrdMap<String, Arc<Stored>>,
}

/// A table as it is stored.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Stored {
    /// The data key under which it is; nothing where it is not encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wrapped: Option<(KeyArn, Bytes)>,
    /// JSON.
    bytes: Bytes,
}

/// What is known of a table.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Table {
    /// `s3://BUCKET/PREFIX`.
    pub location: String,
    pub format: Format,
    /// Whether the objects were encrypted by a client with KMS (`has_encrypted_data`).
    pub has_encrypted_data: bool,
}

/// How the objects of a table are written.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Format {
    /// Rows of values between commas; the first row has the names of the columns.
    Csv,
    /// One object of JSON a line.
    Json,
}

/// What Glue binds its data keys to.
const CONTEXT_KEY: &str = "glue_catalog_id";
/// The alias that stands for SSE-KMS without a key.
const MANAGED: &str = "alias/aws/glue";

const NAME: Parameter = Parameter::required("Name", ParameterKind::Text, "The table's name.");

static OPERATIONS: &[Operation] = &[
    Operation {
        name: "PutDataCatalogEncryptionSettings",
        about: "Says whether tables that are made from now on are encrypted. Those that are there stay as they are.",
        parameters: &[
            Parameter::required("CatalogEncryptionMode", ParameterKind::Choice(&["DISABLED", "SSE-KMS"]), "Whether."),
            Parameter::optional(
                "SseAwsKmsKeyId",
                ParameterKind::Key,
                "The KMS key, for SSE-KMS; without one, the AWS managed key aws/glue.",
            ),
        ],
        run: put_settings,
    },
    Operation {
        name: "CreateTable",
        about: "Makes a table of the objects below a place in S3.",
        parameters: &[
            NAME,
            Parameter::required("Location", ParameterKind::Text, "Where its data is: s3://BUCKET/PREFIX."),
            Parameter::required("Format", ParameterKind::Choice(&["CSV", "JSON"]), "How its data is written."),
            Parameter::optional(
                "HasEncryptedData",
                ParameterKind::Flag,
                "Whether a client encrypted its data with KMS (CSE-KMS; the table property has_encrypted_data).",
            ),
        ],
        run: create_table,
    },
    Operation {
        name: "GetTable",
        about: "Tells what is known of a table.",
        parameters: &[NAME],
        run: |cx, parameters| {
            let table = cx.catalog_table(parameters.text("Name"))?;
            serde_json::to_value(table).map_err(|_| ServiceError::internal())
        },
    },
];

static TOUR: &[Move] = &[
    Move::ask(
        "A table, in a catalog that is not encrypted.",
        "CreateTable",
        r#"{"Name": "before", "Location": "s3://lake/before/", "Format": "CSV"}"#,
    ),
    Move::ask(
        "From here on tables are encrypted. Those that are there stay as they are.",
        "PutDataCatalogEncryptionSettings",
        r#"{"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": "alias/orders"}"#,
    ),
    Move::ask(
        "A data key for what is known of this table, bound to the catalog.",
        "CreateTable",
        r#"{"Name": "sales", "Location": "s3://lake/sales/", "Format": "CSV"}"#,
    ),
    Move::ask("Who reads it has the data key decrypted.", "GetTable", r#"{"Name": "sales"}"#),
    Move::ask("Who may not use the key does not even see where the data is.", "GetTable", r#"{"Name": "sales"}"#)
        .by("KMSKeyAdmin")
        .refused(),
    Move::ask("The table from before is open.", "GetTable", r#"{"Name": "before"}"#).by("KMSKeyAdmin"),
    Move::kms("Now the key is switched off.", "DisableKey", r#"{"KeyId": "$orders"}"#),
    Move::ask("The very next request fails.", "GetTable", r#"{"Name": "sales"}"#).refused(),
    Move::kms("And on again.", "EnableKey", r#"{"KeyId": "$orders"}"#),
];

fn put_settings(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let key = if parameters.text("CatalogEncryptionMode") == "DISABLED" {
        None
    } else {
        let named = parameters.given("SseAwsKmsKeyId").unwrap_or(MANAGED);
        let described =
            cx.describe_key(named, message!("a description of the key, and of which kind it is"), refused)?;
        if !described.symmetric {
            return Err(invalid("The key is not a symmetric encryption key."));
        }
        Some(described.key)
    };
    cx.tell(message!("Tables that are made from now on are stored like that. Those that are there stay as they are."));
    cx.catalog().key = key;
    Ok(json!({}))
}

fn create_table(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let name = parameters.text("Name");
    if cx.catalog().tables.contains_key(name) {
        return Err(ServiceError::new("AlreadyExistsException", 400, "Table already exists."));
    }
    let table = Table {
        location: parameters.text("Location").to_owned(),
        format: if parameters.text("Format") == "CSV" { Format::Csv } else { Format::Json },
        has_encrypted_data: parameters.is("HasEncryptedData"),
    };
    let text = serde_json::to_vec(&table).map_err(|_| ServiceError::internal())?;
    let stored = match cx.catalog().key {
        None => Stored { wrapped: None, bytes: text.into() },
        Some(key) => {
            let (why, context) = (message!("a data key for what is known of the table"), cx.catalog_context());
            let data_key = cx.new_data_key(&key.to_string(), context, why, refused)?;
            let DataKey { key, wrapped, plaintext, .. } = data_key;
            let bytes = cx.seal("", message!("encrypts what is known of the table"), &plaintext, name, &text);
            Stored { wrapped: Some((key, wrapped)), bytes }
        }
    };
    cx.catalog().tables.insert(name.to_owned(), Arc::new(stored));
    Ok(json!({}))
}

impl Cx<'_> {
    /// What is known of a table of the caller's catalog.
    ///
    /// # Errors
    ///
    /// Glue's own, and what it makes of what KMS answers.
    pub fn catalog_table(&mut self, name: &str) -> Result<Table, ServiceError> {
        let found = self.catalog().tables.get(name).map(Arc::clone);
        let stored = found.ok_or_else(|| {
            ServiceError::new("EntityNotFoundException", 400, format!("Entity Not Found: there is no table {name}."))
        })?;
        let text = match &stored.wrapped {
            None => stored.bytes.0.to_vec(),
            Some((key, wrapped)) => {
                let (why, context) = (message!("the data key of what is known of the table"), self.catalog_context());
                let data_key = self.data_key_of_old(*key, &context, wrapped, why, refused)?;
                let what = message!("decrypts what is known of the table");
                self.open("", what, &data_key.plaintext, name, &stored.bytes)?.expose().to_vec()
            }
        };
        serde_json::from_slice(&text).map_err(|_| ServiceError::internal())
    }

    /// The caller's catalog here.
    fn catalog(&mut self) -> &mut Catalog {
        let (account, region) = (self.caller.account(), self.region);
        let new = || Arc::new(Catalog { account, region, key: None, tables: OrdMap::new() });
        let catalog = self.cloud.glue.catalogs.entry(format!("{account} {region}")).or_insert_with(new);
        Arc::make_mut(catalog)
    }

    fn catalog_context(&self) -> EncryptionContext {
        EncryptionContext::from_iter([(CONTEXT_KEY.to_owned(), self.caller.account().to_string())])
    }
}

fn inventory(cloud: &Cloud, _: &World) -> Vec<Item> {
    let catalogs = cloud.glue.catalogs.values();
    catalogs
        .map(|catalog| {
            Item::new(ItemKind::Resource, message!("Data Catalog"))
                .fact(msg!("Account"), catalog.account.to_string())
                .fact(msg!("Region"), catalog.region.to_string())
                .fact(
                    msg!("Encryption"),
                    if catalog.key.is_some() { Text::from("SSE-KMS") } else { message!("none").into() },
                )
                .children(catalog.tables.iter().map(|(name, stored)| table(name, stored)))
        })
        .collect()
}

fn table(name: &str, stored: &Stored) -> Item {
    let item = Item::new(ItemKind::Data, name);
    match &stored.wrapped {
        None => item.bytes(seal::field("table", Sensitivity::Secret, &stored.bytes.0)),
        Some((key, wrapped)) => {
            let data = Item::new(ItemKind::Data, message!("What is known of it, encrypted"))
                .bytes(seal::sealed_field("table", &stored.bytes));
            let wrapped = seal::field("wrapped key", Sensitivity::Ciphertext, &wrapped.0);
            let wrapped = Item::new(ItemKind::WrappedKey, message!("The data key, wrapped")).bytes(wrapped).child(data);
            item.child(Item::new(ItemKind::KmsKey(*key), message!("The KMS key")).child(wrapped))
        }
    }
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new("InvalidInputException", 400, message)
}

/// What Glue makes of an answer of KMS.
fn refused(fault: Fault) -> ServiceError {
    ServiceError::new("GlueEncryptionException", 400, format!("{}: {}", fault.kind, flow::sentence(&fault)))
}
