//! What is in the tables, as a tree.

use crate::{
    crypto::step::{Field, Sensitivity},
    kms::World,
    lang::{message, msg},
};

use super::{
    super::{
        Cloud,
        inventory::{Item, ItemKind},
        seal,
    },
    Backup, Items, Table, TableKey, holding,
};

pub(super) fn inventory(cloud: &Cloud, world: &World) -> Vec<Item> {
    let tables = cloud.dynamodb.tables.values().map(|held| table(held, world));
    tables.chain(cloud.dynamodb.backups.iter().map(|(arn, held)| backup(arn, held))).collect()
}

fn table(table: &Table, world: &World) -> Item {
    let holding = holding(world.rules());
    let mut item = Item::new(ItemKind::Resource, table.name.name.clone())
        .fact(msg!("Account"), table.name.account.to_string())
        .fact(msg!("Region"), table.name.region.to_string())
        .fact(msg!("Status"), table.health.status());
    if let Some(since) = table.health.inaccessible_since() {
        item = item.fact(msg!("Inaccessible since"), since.to_string());
    }
    let held = table.held.iter().filter(|held| held.until(holding) > world.now).map(|held| {
        Item::new(ItemKind::PlaintextKey, message!("Table key in memory"))
            .fact(msg!("For"), held.holder.clone())
            .bytes(Field::plain("table key", Sensitivity::Secret, held.plaintext.expose()))
            .until(held.until(holding))
    });
    item.children(held).child(tree(&table.table_key, &table.items))
}

fn backup(arn: &str, backup: &Backup) -> Item {
    Item::new(ItemKind::Resource, arn)
        .fact(msg!("Backup of"), backup.of.arn())
        .fact(msg!("Made"), backup.made.to_string())
        .child(tree(&backup.table_key, &backup.items))
}

fn tree(table_key: &TableKey, items: &Items) -> Item {
    let (above, mut wrapped) = match table_key {
        TableKey::Owned { wrapped } => {
            let field = seal::sealed_field("wrapped key", wrapped);
            let wrapped = Item::new(ItemKind::WrappedKey, message!("The table key, wrapped")).bytes(field);
            (Item::new(ItemKind::ServiceKey, message!("A key of DynamoDB's own")), wrapped)
        }
        TableKey::Kms { key, context, wrapped } => {
            // What KMS wraps has a structure of its own.
            let field = seal::field("wrapped key", Sensitivity::Ciphertext, &wrapped.0);
            let mut wrapped = Item::new(ItemKind::WrappedKey, message!("The table key, wrapped")).bytes(field);
            for (name, value) in context.pairs() {
                wrapped = wrapped.fact(msg!("Encryption context"), format!("{name} = {value}"));
            }
            (Item::new(ItemKind::KmsKey(*key), message!("The KMS key")), wrapped)
        }
    };
    wrapped = wrapped.children(items.iter().map(|(name, item)| {
        let data = Item::new(ItemKind::Data, name.clone()).bytes(seal::sealed_field("item", &item.sealed));
        Item::new(ItemKind::WrappedKey, message!("The item's data encryption key, wrapped by the table key"))
            .bytes(seal::sealed_field("wrapped key", &item.wrapped))
            .child(data)
    }));
    above.child(wrapped)
}
