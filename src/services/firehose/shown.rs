//! What waits in the streams, as a tree. What they delivered is in the buckets.

use crate::{
    crypto::step::{Field, Sensitivity},
    kms::World,
    lang::{Text, message, msg},
};

use super::{
    super::{
        Cloud,
        inventory::{Item, ItemKind},
        seal,
    },
    Encryption, HELD, Stream, Under, Waiting,
};

pub(super) fn inventory(cloud: &Cloud, world: &World) -> Vec<Item> {
    cloud.firehose.streams.iter().map(|(arn, held)| stream(arn, held, world)).collect()
}

fn stream(arn: &str, stream: &Stream, world: &World) -> Item {
    let encryption = match &stream.encryption {
        None => message!("none"),
        Some(Encryption::Owned) => message!("a key of AWS's"),
        Some(Encryption::Customer { .. }) => message!("a KMS key, by a grant"),
    };
    let mut item = Item::new(ItemKind::Resource, arn.rsplit('/').next().unwrap_or(arn))
        .fact(msg!("Account"), stream.account.to_string())
        .fact(msg!("Region"), stream.region.to_string())
        .fact(msg!("Role"), stream.role.short_name())
        .fact(msg!("Bucket"), stream.bucket.clone())
        .fact(
            msg!("Source"),
            stream.source.as_ref().map_or_else(|| "PutRecord".to_owned(), |source| source.arn.clone()),
        )
        .fact(msg!("Encryption while waiting"), encryption)
        .fact(
            msg!("Key of what is delivered"),
            stream.key.clone().map_or_else(|| message!("as the bucket has it").into(), Text::from),
        )
        .fact(msg!("Records delivered"), stream.delivered.to_string())
        .fact(msg!("Records given up"), stream.dropped.to_string());
    if let Some(error) = &stream.error {
        item = item.fact(msg!("Last error"), error.clone());
    }
    if let Some(due) = stream.due {
        item = item.until(due.at);
    }
    let held = stream.held.iter().filter(|held| held.until(HELD) > world.now).map(|held| {
        Item::new(ItemKind::PlaintextKey, message!("A data key in memory"))
            .bytes(Field::plain("data key", Sensitivity::Secret, held.plaintext.expose()))
            .until(held.until(HELD))
    });
    item.children(held).children(stream.buffer.iter().map(|waits| waiting(waits)))
}

fn waiting(waiting: &Waiting) -> Item {
    let item = Item::new(ItemKind::Data, message!("Record {number}", number = waiting.number))
        .fact(msg!("Written"), waiting.written.to_string());
    let sealed = || {
        Item::new(ItemKind::Data, message!("The record, encrypted")).bytes(seal::sealed_field("record", &waiting.bytes))
    };
    match &waiting.under {
        Under::Nothing => item.bytes(seal::field("record", Sensitivity::Public, &waiting.bytes.0)),
        Under::Owned => {
            item.child(Item::new(ItemKind::ServiceKey, message!("A key of Firehose's own")).child(sealed()))
        }
        Under::Customer { key, data_key } => {
            let data_key = seal::field("wrapped key", Sensitivity::Ciphertext, &data_key.0);
            let data_key =
                Item::new(ItemKind::WrappedKey, message!("The data key, wrapped")).bytes(data_key).child(sealed());
            item.child(Item::new(ItemKind::KmsKey(*key), message!("The KMS key")).child(data_key))
        }
    }
}
