//! The keys of a table: the table key under a KMS key, and the data encryption keys under the table key.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    arn::KeyArn,
    crypto::{
        context::EncryptionContext,
        secret::{Secret32, SecretBytes},
    },
    kms::Rules,
    lang::message,
};

use super::{
    super::{
        Cx, ServiceError,
        data_key::DataKey,
        form::Parameters,
        granted::{Asker, ServiceGrant},
        seal::{self, Bytes},
    },
    Item, Items, Table, TableName, holding, invalid, refused,
};

/// Whose key a table is to be under.
pub(super) enum Chosen {
    /// One of DynamoDB's, which no account sees.
    Owned,
    /// The AWS managed key, or one that is named.
    Kms(String),
}

const MANAGED: &str = "alias/aws/dynamodb";

impl Chosen {
    /// What a request says; nothing where it says nothing.
    pub(super) fn read(parameters: &Parameters) -> Result<Option<Self>, ServiceError> {
        match (parameters.given("SSEType"), parameters.given("KMSMasterKeyId")) {
            (None, None) => Ok(None),
            (Some("AWS_OWNED"), None) => Ok(Some(Self::Owned)),
            (Some("AWS_OWNED"), Some(_)) => {
                Err(invalid("One or more parameter values were invalid: KMSMasterKeyId needs the SSEType KMS."))
            }
            (_, Some(key)) => Ok(Some(Self::Kms(key.to_owned()))),
            (Some(_), None) => Ok(Some(Self::Kms(MANAGED.to_owned()))),
        }
    }

    /// The AWS owned key came in November 2018; older notes know the AWS managed key only.
    pub(super) fn by_default(rules: Rules) -> Self {
        match rules {
            Rules::Classic => Self::Kms(MANAGED.to_owned()),
            Rules::Today => Self::Owned,
        }
    }
}

/// A table key as it is stored, wrapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum TableKey {
    /// By a key of DynamoDB's own.
    Owned { wrapped: Bytes },
    /// By a KMS key.
    Kms { key: KeyArn, context: EncryptionContext, wrapped: Bytes },
}

/// What DynamoDB asks to be allowed to (Developer Guide, "Creating grants").
const GRANTED: [&str; 7] =
    ["Decrypt", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo", "RetireGrant", "DescribeKey"];

impl Cx<'_> {
    /// A new table key: as it is stored, with the grant that DynamoDB uses it by, and in the clear. `before` is the one that
    /// it takes the place of.
    pub(super) fn new_table_key(
        &mut self,
        name: &TableName,
        chosen: &Chosen,
        before: Option<&TableKey>,
    ) -> Result<(TableKey, Option<ServiceGrant>, Secret32), ServiceError> {
        let Chosen::Kms(key_id) = chosen else {
            if matches!(before, Some(TableKey::Owned { .. })) {
                return Err(invalid(
                    "One or more parameter values were invalid: Table is already encrypted by default",
                ));
            }
            let table_key = Secret32::from_bytes(self.world.entropy.draw());
            let own = self.own_key("dynamodb", name.account);
            let what = message!("wraps the table key by a key of its own");
            let wrapped = self.seal("", what, &own, &name.arn(), table_key.expose());
            return Ok((TableKey::Owned { wrapped }, None, table_key));
        };
        let key = self.describe_key(key_id, message!("a description of the key"), refused)?.key;
        if before.is_some_and(|before| matches!(before, TableKey::Kms { key: old, .. } if *old == key)) {
            let message =
                "One or more parameter values were invalid: Table is already encrypted by given KMSMasterKeyId";
            return Err(invalid(message));
        }
        let (arn, principal, context) = (name.arn(), name.principal(), name.context());
        let terms = json!({
            "GranteeServicePrincipal": principal,
            "RetiringServicePrincipal": principal,
            "Operations": GRANTED,
            "Constraints": { "EncryptionContextSubset": context, "SourceArn": arn },
        });
        let why = message!("permission for DynamoDB to use the key for this table");
        let (grant, _) = self.make_grant(Asker::Caller, key, terms, why, refused)?;
        let members = json!({ "KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context });
        let of = (name.account, arn.as_str());
        let answer = self
            .ask_itself(&principal, of, "GenerateDataKey", &members, message!("a new table key"))
            .map_err(|fault| {
                self.end_table_grant(name, &grant);
                refused(fault)
            })?;
        let DataKey { key, context, wrapped, plaintext } = DataKey::read(&answer, context)?;
        self.tell(message!("The table key is stored with the table, wrapped by the KMS key."));
        Ok((TableKey::Kms { key, context, wrapped }, Some(grant), plaintext))
    }

    /// The table key for whoever asks now, from memory or from KMS.
    pub(super) fn table_key_for_caller(&mut self, table: &Table) -> Result<Secret32, ServiceError> {
        table.in_use()?;
        match &table.table_key {
            TableKey::Owned { wrapped } => self.unwrap_by_dynamodb(&table.name, wrapped),
            TableKey::Kms { key, context, wrapped } => {
                let (holder, now, holding) = (self.caller.principal(), self.now(), holding(self.world.rules()));
                let fits = |held: &super::super::held::HeldKey| held.holder == holder && held.wrapped == *wrapped;
                if let Some(held) = self.change_table(&table.name, |table| table.held.find(holding, now, fits))? {
                    self.tell(message!("DynamoDB has the table key for this caller in memory. KMS is not asked."));
                    return Ok(held.plaintext);
                }
                let plaintext = self.decrypt_for_caller(context, wrapped)?;
                let data_key = DataKey {
                    key: *key,
                    context: context.clone(),
                    wrapped: wrapped.clone(),
                    plaintext: plaintext.clone(),
                };
                self.change_table(&table.name, |table| table.held.hold(holder, &data_key, now))?;
                Ok(plaintext)
            }
        }
    }

    /// A table key that nothing holds, for the caller.
    pub(super) fn stored_table_key(&mut self, name: &TableName, stored: &TableKey) -> Result<Secret32, ServiceError> {
        match stored {
            TableKey::Owned { wrapped } => self.unwrap_by_dynamodb(name, wrapped),
            TableKey::Kms { context, wrapped, .. } => self.decrypt_for_caller(context, wrapped),
        }
    }

    /// The table key for DynamoDB's own work on the table.
    pub(super) fn table_key_for_itself(&mut self, table: &Table) -> Result<Secret32, ServiceError> {
        let (context, wrapped) = match &table.table_key {
            TableKey::Owned { wrapped } => return self.unwrap_by_dynamodb(&table.name, wrapped),
            TableKey::Kms { context, wrapped, .. } => (context, wrapped),
        };
        let members = json!({ "CiphertextBlob": wrapped, "EncryptionContext": context });
        let (arn, principal) = (table.name.arn(), table.name.principal());
        let of = (table.name.account, arn.as_str());
        let answer =
            self.ask_itself(&principal, of, "Decrypt", &members, message!("the table key")).map_err(refused)?;
        seal::key(&answer, "Plaintext")
    }

    /// Whether DynamoDB would get the table key for its own work, if it asked.
    pub(super) fn could_use_table_key(&self, table: &Table) -> bool {
        let TableKey::Kms { context, wrapped, .. } = &table.table_key else { return true };
        let members = json!({ "CiphertextBlob": wrapped, "EncryptionContext": context });
        self.would_decrypt(&table.name.principal(), (table.name.account, &table.name.arn()), &members)
    }

    /// DynamoDB does not say which key it is, as the ciphertext does.
    fn decrypt_for_caller(&mut self, context: &EncryptionContext, wrapped: &Bytes) -> Result<Secret32, ServiceError> {
        let members = json!({ "CiphertextBlob": wrapped, "EncryptionContext": context });
        let answer = self.ask_for_caller("Decrypt", &members, message!("the table key")).map_err(refused)?;
        seal::key(&answer, "Plaintext")
    }

    fn unwrap_by_dynamodb(&mut self, name: &TableName, wrapped: &Bytes) -> Result<Secret32, ServiceError> {
        let own = self.own_key("dynamodb", name.account);
        let key = self.open("", message!("unwraps the table key by a key of its own"), &own, &name.arn(), wrapped)?;
        Secret32::from_slice(key.expose()).ok_or_else(ServiceError::internal)
    }

    /// An item under a new key of its own.
    pub(super) fn seal_item(&mut self, table_key: &Secret32, name: &str, plaintext: &[u8]) -> Item {
        let item_key = Secret32::from_bytes(self.world.entropy.draw());
        let what = message!("wraps the item's data encryption key by the table key");
        let wrapped = self.seal("", what, table_key, name, item_key.expose());
        let sealed = self.seal("", message!("encrypts the item"), &item_key, name, plaintext);
        Item { wrapped, sealed }
    }

    pub(super) fn open_item(
        &mut self,
        table_key: &Secret32,
        name: &str,
        item: &Item,
    ) -> Result<SecretBytes, ServiceError> {
        let what = message!("unwraps the item's data encryption key by the table key");
        let item_key = self.open("", what, table_key, name, &item.wrapped)?;
        let item_key = Secret32::from_slice(item_key.expose()).ok_or_else(ServiceError::internal)?;
        self.open("", message!("decrypts the item"), &item_key, name, &item.sealed)
    }

    /// The same items with their keys under another table key. The items stay as they are.
    pub(super) fn wrapped_anew(
        &mut self,
        items: &Items,
        old: &Secret32,
        new: &Secret32,
    ) -> Result<Items, ServiceError> {
        let mut wrapped = Items::new();
        for (name, item) in items {
            let item_key =
                self.open("", message!("unwraps an item's data encryption key"), old, name, &item.wrapped)?;
            let key = self.seal("", message!("wraps it by the new table key"), new, name, item_key.expose());
            wrapped.insert(name.clone(), Arc::new(Item { wrapped: key, sealed: item.sealed.clone() }));
        }
        Ok(wrapped)
    }

    /// Ends the grant that a table has no use for any more.
    pub(super) fn end_table_grant(&mut self, name: &TableName, grant: &ServiceGrant) {
        self.retire_grant(
            &name.principal(),
            (name.account, &name.arn()),
            grant,
            message!("the end of the grant, which is not needed any more"),
        );
    }
}
