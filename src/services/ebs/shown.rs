//! What is on the volumes, as a tree.

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
    Snapshot, Volume,
    disk::{Attachment, Disk, card},
};

pub(super) fn inventory(cloud: &Cloud, world: &World) -> Vec<Item> {
    let volumes = cloud.ebs.volumes.iter().map(|(id, held)| volume(id, held, world));
    volumes.chain(cloud.ebs.snapshots.iter().map(|(id, held)| snapshot(id, held))).collect()
}

fn volume(id: &str, volume: &Volume, world: &World) -> Item {
    let item = Item::new(ItemKind::Resource, id)
        .fact(msg!("Account"), volume.account.to_string())
        .fact(msg!("Region"), volume.region.to_string())
        .fact(msg!("State"), volume.state());
    let item = volume.attachment.iter().fold(item, |item, attachment| {
        item.fact(msg!("Attached to"), attachment.instance.clone()).children(in_memory(attachment, world))
    });
    item.children(on_disk(&volume.disk))
}

fn snapshot(id: &str, snapshot: &Snapshot) -> Item {
    let item = Item::new(ItemKind::Resource, id)
        .fact(msg!("Snapshot of"), snapshot.of.clone())
        .fact(msg!("Account"), snapshot.account.to_string())
        .fact(msg!("Made"), snapshot.made.to_string());
    let shared = snapshot.shared.iter().map(ToString::to_string);
    shared.fold(item, |item, account| item.fact(msg!("Shared with"), account)).children(on_disk(&snapshot.disk))
}

/// The keys in the memory of a host's card.
pub fn in_memory(attachment: &Attachment, world: &World) -> Vec<Item> {
    let shown = |held: &super::super::held::HeldKey| {
        Item::new(ItemKind::PlaintextKey, message!("Data key in memory"))
            .fact(msg!("Where"), card(world.rules()))
            .fact(msg!("For"), message!("the host of {instance}", instance = attachment.instance))
            .fact(msg!("Until"), message!("the volume is detached"))
            .bytes(Field::plain("data key", Sensitivity::Secret, held.plaintext.expose()))
    };
    attachment.held.iter().map(shown).collect()
}

/// The wrapped key of a disk, and its blocks below it.
pub fn on_disk(disk: &Disk) -> Vec<Item> {
    let Some(key) = &disk.key else {
        let in_the_clear = |bytes: &[u8]| seal::field("not encrypted", Sensitivity::Secret, bytes);
        let block = |(name, bytes): (&String, &seal::Bytes)| {
            Item::new(ItemKind::Data, name.clone()).bytes(in_the_clear(&bytes.0))
        };
        return disk.blocks.iter().map(block).collect();
    };
    // What KMS wraps has a structure of its own.
    let field = seal::field("wrapped key", Sensitivity::Ciphertext, &key.wrapped.0);
    let mut wrapped = Item::new(ItemKind::WrappedKey, message!("The volume's data key, wrapped")).bytes(field);
    for (name, value) in key.context.pairs() {
        wrapped = wrapped.fact(msg!("Encryption context"), format!("{name} = {value}"));
    }
    let block = |(name, bytes): (&String, &seal::Bytes)| {
        Item::new(ItemKind::Data, name.clone()).bytes(seal::sealed_field("block", bytes))
    };
    let wrapped = wrapped.children(disk.blocks.iter().map(block));
    vec![Item::new(ItemKind::KmsKey(key.key), message!("The KMS key")).child(wrapped)]
}
