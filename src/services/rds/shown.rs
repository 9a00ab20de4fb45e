//! What is in the databases, as a tree.

use crate::{
    kms::World,
    lang::{message, msg},
};

use super::{
    super::{
        Cloud,
        ebs::shown::{in_memory, on_disk},
        inventory::{Item, ItemKind},
    },
    Instance, Snapshot,
};

pub(super) fn inventory(cloud: &Cloud, world: &World) -> Vec<Item> {
    let instances = cloud.rds.instances.values().map(|held| instance(held, world));
    instances.chain(cloud.rds.snapshots.iter().map(|(arn, held)| snapshot(arn, held))).collect()
}

fn instance(instance: &Instance, world: &World) -> Item {
    let backups = match instance.retention {
        0 => message!("none"),
        1 => message!("kept for one day"),
        days => message!("kept for {days} days", days),
    };
    let host = Item::new(ItemKind::Resource, message!("Host {name}", name = instance.host));
    let host = instance.attachment.iter().fold(host, |host, attachment| host.children(in_memory(attachment, world)));
    Item::new(ItemKind::Resource, instance.name.id.clone())
        .fact(msg!("Account"), instance.name.account.to_string())
        .fact(msg!("Region"), instance.name.region.to_string())
        .fact(msg!("Status"), instance.status.as_str())
        .fact(msg!("Backups"), backups)
        .child(host)
        .child(Item::new(ItemKind::Resource, message!("Volume")).children(on_disk(&instance.disk)))
}

fn snapshot(arn: &str, snapshot: &Snapshot) -> Item {
    let item = Item::new(ItemKind::Resource, arn)
        .fact(msg!("Snapshot of"), snapshot.resource_id.clone())
        .fact(msg!("Made"), snapshot.made.to_string());
    let shared = snapshot.shared.iter().map(ToString::to_string);
    shared.fold(item, |item, account| item.fact(msg!("Shared with"), account)).children(on_disk(&snapshot.disk))
}
