//! Backups on demand, and the one that is made of a table whose key stays away.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{clock::Timestamp, lang::message};

use super::{
    super::{Cx, ServiceError, form::Parameters},
    Items, Table, TableKey, TableName, invalid,
    keys::Chosen,
};

/// What a table had at some time, under the keys that it had then.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Backup {
    pub of: TableName,
    pub made: Timestamp,
    pub table_key: TableKey,
    pub items: Items,
}

pub(super) fn create(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let table = cx.table(parameters)?;
    if !table.health.is_accessible() {
        return Err(invalid(format!("The table {} is {}.", table.name.name, table.health.status())));
    }
    let arn = cx.back_up(&table);
    Ok(json!({ "BackupDetails": { "BackupArn": arn, "BackupStatus": "AVAILABLE", "BackupType": "USER" } }))
}

pub(super) fn restore(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let arn = parameters.text("BackupArn");
    let found = cx.cloud.dynamodb.backups.get(arn).filter(|backup| backup.of.account == cx.caller.account());
    let Some(backup) = found.map(Arc::clone) else {
        return Err(ServiceError::new("BackupNotFoundException", 400, format!("Backup not found: {arn}")));
    };
    let chosen = match (Chosen::read(parameters)?, &backup.table_key) {
        (Some(chosen), _) => chosen,
        (None, TableKey::Owned { .. }) => Chosen::Owned,
        (None, TableKey::Kms { key, .. }) => Chosen::Kms(key.to_string()),
    };
    let name = TableName::of(cx, parameters.text("TargetTableName"));
    let old = cx.stored_table_key(&backup.of, &backup.table_key)?;
    let (mut table, new) = cx.new_table(name, &chosen)?;
    table.items = cx.wrapped_anew(&backup.items, &old, &new)?;
    let answer = table.describe();
    cx.cloud.dynamodb.tables.insert(table.name.arn(), Arc::new(table));
    Ok(json!({ "TableDescription": answer }))
}

impl Cx<'_> {
    /// Keeps what a table has now, and gives the ARN of that.
    pub(super) fn back_up(&mut self, table: &Table) -> String {
        let Table { name, table_key, items, .. } = table.clone();
        let unique = u32::from_be_bytes(self.world.entropy.draw());
        let arn = format!("{}/backup/{:014}-{unique:08x}", name.arn(), self.now().millis());
        let backup = Backup { of: name, made: self.now(), table_key, items };
        self.cloud.dynamodb.backups.insert(arn.clone(), Arc::new(backup));
        self.tell(message!("The backup has the items and their keys as the table has them. KMS is not asked."));
        arn
    }
}
