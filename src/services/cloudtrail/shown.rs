//! What trails are there, as a tree. What they delivered is in the buckets.

use crate::{
    kms::World,
    lang::{message, msg},
};

use super::{
    super::{
        Cloud,
        inventory::{Item, ItemKind},
    },
    Delivery, Trail,
};

pub(super) fn inventory(cloud: &Cloud, _: &World) -> Vec<Item> {
    cloud.cloudtrail.trails.iter().map(|(arn, held)| trail(arn, held)).collect()
}

fn trail(arn: &str, trail: &Trail) -> Item {
    let item = Item::new(ItemKind::Resource, arn.rsplit('/').next().unwrap_or(arn))
        .fact(msg!("Account"), trail.account.to_string())
        .fact(msg!("Region"), trail.region.to_string())
        .fact(msg!("Bucket"), trail.bucket.clone())
        .fact(msg!("Logging"), if trail.logging { message!("yes") } else { message!("no") })
        .fact(msg!("Encryption"), if trail.key.is_some() { "SSE-KMS" } else { "SSE-S3" })
        .fact(msg!("Records that wait"), trail.pending.len().to_string());
    let item = delivery(item, msg!("Last delivery"), msg!("Last error"), &trail.logs);
    let item = delivery(item, msg!("Last digest"), msg!("Last error of a digest"), &trail.digest);
    let item = match trail.log_due {
        Some((due, _)) => item.until(due.at),
        None => item,
    };
    item.children(trail.key.map(|key| Item::new(ItemKind::KmsKey(key), message!("The KMS key of new files"))))
}

fn delivery(item: Item, last: &'static str, error: &'static str, delivery: &Delivery) -> Item {
    let item = delivery.last.iter().fold(item, |item, at| item.fact(last, at.to_string()));
    delivery.error.iter().fold(item, |item, code| item.fact(error, code.clone()))
}
