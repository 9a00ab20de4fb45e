//! What is in the buckets, as a tree.

use crate::{
    arn::KeyArn,
    crypto::step::{Field, Sensitivity},
    kms::World,
    lang::{Message, Text, message, msg},
};

use super::{
    super::{
        Cloud,
        inventory::{Item, ItemKind},
        seal::{self, Bytes},
    },
    BUCKET_KEY, Bucket, Object, Protection,
};

pub(super) fn inventory(cloud: &Cloud, world: &World) -> Vec<Item> {
    cloud.s3.buckets.iter().map(|(name, held)| bucket(name, held, world)).collect()
}

fn bucket(name: &str, bucket: &Bucket, world: &World) -> Item {
    let item = Item::new(ItemKind::Resource, name)
        .fact(msg!("Account"), bucket.account.to_string())
        .fact(msg!("Region"), bucket.region.to_string())
        .fact(
            msg!("Default encryption"),
            bucket
                .default_encryption(world.rules())
                .map_or_else(|| message!("none").into(), |wanted| Text::from(wanted.to_string())),
        )
        .fact(msg!("SSE-C"), if bucket.blocks_customer_keys { message!("blocked") } else { message!("allowed") })
        .fact(msg!("Bucket policy"), if bucket.policy.is_some() { message!("yes") } else { message!("none") });
    let held = bucket.bucket_keys.iter().filter(|held| held.until(BUCKET_KEY) > world.now).map(|held| {
        Item::new(ItemKind::PlaintextKey, message!("Bucket Key in memory"))
            .fact(msg!("For"), held.holder.clone())
            .bytes(Field::plain("bucket key", Sensitivity::Secret, held.plaintext.expose()))
            .until(held.until(BUCKET_KEY))
    });
    let objects = bucket.objects.iter().map(|(key, stored)| object(key, stored));
    item.children(held).children(objects)
}

fn object(key: &str, object: &Object) -> Item {
    let data = Item::new(ItemKind::Data, message!("The object, encrypted"))
        .bytes(seal::sealed_field("object", &object.sealed));
    let wrapped = |name: Message, bytes: &Bytes| {
        Item::new(ItemKind::WrappedKey, name).bytes(seal::sealed_field("wrapped key", bytes))
    };
    // What KMS wraps has a structure of its own.
    let by_kms = |name: Message, bytes: &Bytes| {
        Item::new(ItemKind::WrappedKey, name).bytes(seal::field("wrapped key", Sensitivity::Ciphertext, &bytes.0))
    };
    let of_kms = |key: &KeyArn| Item::new(ItemKind::KmsKey(*key), message!("The KMS key"));
    let s3 = || Item::new(ItemKind::ServiceKey, message!("A key of S3's own"));
    let tree = match &object.protection {
        Protection::Nothing => {
            let field = seal::field("not encrypted", Sensitivity::Secret, &object.sealed.0);
            vec![Item::new(ItemKind::Data, message!("The object, as it came")).bytes(field)]
        }
        Protection::S3 { wrapped: key } => {
            vec![s3().child(wrapped(message!("The object's key, wrapped"), key).child(data))]
        }
        Protection::Kms { key, wrapped: data_key, .. } => {
            vec![of_kms(key).child(by_kms(message!("The data key, wrapped"), data_key).child(data))]
        }
        Protection::BucketKey { key, bucket_key, wrapped: object_key, .. } => {
            let object_key = wrapped(message!("The object's key, wrapped by the bucket's"), object_key).child(data);
            vec![of_kms(key).child(by_kms(message!("The bucket's key, wrapped"), bucket_key).child(object_key))]
        }
        Protection::Dual { key, wrapped: data_key, outer, .. } => vec![
            of_kms(key).child(by_kms(message!("The data key of the inner layer, wrapped"), data_key)),
            s3().child(wrapped(message!("The key of the outer layer, wrapped"), outer).child(data)),
        ],
        Protection::Customer { check, .. } => {
            let check = seal::field("salted HMAC of your key", Sensitivity::Public, &check.0);
            vec![Item::new(ItemKind::ServiceKey, message!("Your key, which S3 does not keep")).bytes(check).child(data)]
        }
    };
    let context = match &object.protection {
        Protection::Kms { context, .. } | Protection::BucketKey { context, .. } | Protection::Dual { context, .. } => {
            Some(context)
        }
        Protection::Nothing | Protection::S3 { .. } | Protection::Customer { .. } => None,
    };
    let mut item = Item::new(ItemKind::Data, key)
        .fact(msg!("Bytes"), object.size.to_string())
        .fact(msg!("Written"), object.written.to_string());
    for (name, value) in context.iter().flat_map(|context| context.pairs()) {
        item = item.fact(msg!("Encryption context"), format!("{name} = {value}"));
    }
    for (name, value) in &object.metadata {
        item = item.fact(msg!("Metadata"), format!("{name}: {value}"));
    }
    item.children(tree)
}
