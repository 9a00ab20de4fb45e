//! What is in the streams, as a tree.

use crate::{
    crypto::step::{Field, Sensitivity},
    kms::World,
    lang::{Message, Text, message, msg},
};

use super::{
    super::{
        Cloud,
        held::HeldKeys,
        inventory::{Item, ItemKind},
        seal,
    },
    HELD, Record, Stream,
};

pub(super) fn inventory(cloud: &Cloud, world: &World) -> Vec<Item> {
    cloud.kinesis.streams.iter().map(|(arn, held)| stream(arn, held, world)).collect()
}

fn stream(arn: &str, stream: &Stream, world: &World) -> Item {
    let item = Item::new(ItemKind::Resource, arn.rsplit('/').next().unwrap_or(arn))
        .fact(msg!("Account"), stream.account.to_string())
        .fact(msg!("Region"), stream.region.to_string())
        .fact(msg!("Encryption"), if stream.key.is_some() { Text::from("KMS") } else { message!("none").into() })
        .fact(msg!("Resource policy"), if stream.policy.is_some() { message!("yes") } else { message!("none") });
    let key = stream.key.map(|key| Item::new(ItemKind::KmsKey(key), message!("The KMS key of new records")));
    item.children(key)
        .children(held(&message!("A producer's data key in memory"), &stream.producers, world))
        .children(held(&message!("A consumer's data key in memory"), &stream.consumers, world))
        .children(stream.records.iter().map(|stored| record(stored)))
}

fn held(name: &Message, keys: &HeldKeys, world: &World) -> Vec<Item> {
    let held = keys.iter().filter(|held| held.until(HELD) > world.now);
    held.map(|held| {
        Item::new(ItemKind::PlaintextKey, name.clone())
            .fact(msg!("For"), held.holder.clone())
            .bytes(Field::plain("data key", Sensitivity::Secret, held.plaintext.expose()))
            .until(held.until(HELD))
    })
    .collect()
}

fn record(record: &Record) -> Item {
    let item = Item::new(ItemKind::Data, message!("Record {number}", number = record.number))
        .fact(msg!("Partition key"), record.partition_key.clone())
        .fact(msg!("Written"), record.written.to_string());
    match &record.wrapped {
        None => item.bytes(seal::field("record", Sensitivity::Secret, &record.bytes.0)),
        Some(wrapped) => {
            let data = Item::new(ItemKind::Data, message!("The record, encrypted"))
                .bytes(seal::sealed_field("record", &record.bytes));
            let data_key = seal::field("wrapped key", Sensitivity::Ciphertext, &wrapped.data_key.0);
            let data_key =
                Item::new(ItemKind::WrappedKey, message!("The data key, wrapped")).bytes(data_key).child(data);
            item.child(Item::new(ItemKind::KmsKey(wrapped.key), message!("The KMS key")).child(data_key))
        }
    }
}
