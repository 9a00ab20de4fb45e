//! What goes on working when the key behind a service is off.

use serde_json::json;

use crate::{
    clock::Span,
    exam::{
        Family, Question, Reading,
        draw::Draw,
        outcomes_in_order,
        stage::{ADMINISTRATOR, DEVELOPER, KEY_ADMIN, PLAINTEXT, Played, Stage, day},
    },
    lang::tr,
};

/// What is stored, and where.
#[derive(Clone, Copy)]
enum Kept {
    Object,
    /// In a bucket with a Bucket Key.
    ObjectOfBucketKey,
    Item,
    Block,
}

impl Kept {
    fn service(self) -> &'static str {
        match self {
            Self::Object | Self::ObjectOfBucketKey => "s3",
            Self::Item => "dynamodb",
            Self::Block => "ebs",
        }
    }
}

/// What happens to the key.
#[derive(Clone, Copy)]
enum Then {
    Nothing,
    Disabled,
    DisabledForAWhile,
    Scheduled,
    DisabledAndEnabled,
}

/// Who asks for it then.
#[derive(Clone, Copy)]
enum By {
    TheSame,
    /// Somebody who may not use keys.
    Another,
    /// After the volume was detached: only of a block.
    AttachedAnew,
}

pub(super) fn ask(draw: &mut Draw) -> Option<Question> {
    let start = draw.below(700);
    let mut variants = Vec::new();
    for kept in [Kept::Object, Kept::ObjectOfBucketKey, Kept::Item, Kept::Block] {
        for then in [Then::Nothing, Then::Disabled, Then::DisabledForAWhile, Then::Scheduled, Then::DisabledAndEnabled]
        {
            variants.extend([By::TheSame, By::Another, By::AttachedAnew].map(|by| (kept, then, by)));
        }
    }
    draw.shuffle(&mut variants);
    // Those of one service first, as its outcomes are the likelier mistakes.
    let (chosen, _, _) = *variants.first()?;
    variants.sort_by_key(|(kept, ..)| kept.service() != chosen.service());
    outcomes_in_order(Family::Services, draw, Reading::Served, variants, |(kept, then, by)| {
        play(start, *kept, *then, *by)
    })
}

fn play(start: usize, kept: Kept, then: Then, by: By) -> Option<Played> {
    let mut stage = Stage::new(day(start));
    let key = stage.key(&json!({"Description": "orders"}))?;
    let is_block = matches!(kept, Kept::Block);
    let volume = keep(&mut stage, &key, kept)?;
    match then {
        Then::Nothing => {
            stage.wait(Span::minutes(1));
            stage.tell(tr!("A minute passes."));
        }
        Then::Disabled | Then::DisabledForAWhile | Then::DisabledAndEnabled => {
            stage.call(ADMINISTRATOR, "DisableKey", &json!({"KeyId": key}))?;
            stage.tell(tr!("The key is disabled."));
        }
        Then::Scheduled => {
            stage.call(ADMINISTRATOR, "ScheduleKeyDeletion", &json!({"KeyId": key}))?;
            stage.tell(tr!("The deletion of the key is scheduled, with a waiting period of 30 days."));
        }
    }
    match then {
        Then::Disabled => {
            stage.wait(Span::minutes(1));
            stage.tell(tr!("A minute passes."));
        }
        Then::DisabledForAWhile | Then::Scheduled => {
            stage.wait(Span::minutes(20));
            stage.tell(tr!("Twenty minutes pass in which nobody asks for anything."));
        }
        Then::DisabledAndEnabled => {
            stage.wait(Span::minutes(20));
            stage.call(ADMINISTRATOR, "EnableKey", &json!({"KeyId": key}))?;
            stage.tell(tr!("Twenty minutes later it is enabled again."));
        }
        Then::Nothing => {}
    }
    let who = match by {
        By::TheSame => DEVELOPER,
        By::Another => KEY_ADMIN,
        By::AttachedAnew if is_block => ADMINISTRATOR,
        By::AttachedAnew => return None,
    };
    let asks = match (kept, by) {
        (Kept::Block, By::AttachedAnew | By::Another) => {
            stage.serve(ADMINISTRATOR, "ebs", "DetachVolume", &json!({"VolumeId": volume}))?;
            stage.tell(tr!("The volume is detached."));
            stage.serve(who, "ebs", "AttachVolume", &json!({"VolumeId": volume, "InstanceId": "i-0abc"}));
            if who == ADMINISTRATOR {
                tr!("Administrator attaches it to the instance again.")
            } else {
                tr!("KMSKeyAdmin, who may administer keys and not use them, attaches it to the instance again.")
            }
        }
        (Kept::Block, By::TheSame) => {
            stage.serve(who, "ebs", "ReadBlock", &json!({"VolumeId": volume, "Block": 0}));
            tr!("The instance reads the block.")
        }
        (Kept::Item, _) => {
            stage.serve(who, "dynamodb", "GetItem", &json!({"TableName": "Books", "Key": "b1"}));
            if who == DEVELOPER {
                tr!("Developer gets the item.")
            } else {
                tr!("KMSKeyAdmin, who may administer keys and not use them, gets the item.")
            }
        }
        (Kept::Object | Kept::ObjectOfBucketKey, _) => {
            stage.serve(who, "s3", "GetObject", &json!({"Bucket": "media", "Key": "film.txt"}));
            if who == DEVELOPER {
                tr!("Developer gets the object.")
            } else {
                tr!("KMSKeyAdmin, who may administer keys and not use them, gets the object.")
            }
        }
    };
    Some(stage.ask(tr!("{asks} What comes of it?", asks)))
}

/// Puts something there, and gives the id of the volume if it is one.
fn keep(stage: &mut Stage, key: &str, kept: Kept) -> Option<String> {
    match kept {
        Kept::Object | Kept::ObjectOfBucketKey => {
            let shares = matches!(kept, Kept::ObjectOfBucketKey);
            let bucket = json!({"Bucket": "media", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, "BucketKeyEnabled": shares});
            stage.serve(DEVELOPER, "s3", "CreateBucket", &bucket)?;
            stage.serve(
                DEVELOPER,
                "s3",
                "PutObject",
                &json!({"Bucket": "media", "Key": "film.txt", "Body": PLAINTEXT}),
            )?;
            stage.serve(DEVELOPER, "s3", "GetObject", &json!({"Bucket": "media", "Key": "film.txt"}))?;
            let how = if shares { tr!("with a Bucket Key") } else { tr!("without a Bucket Key") };
            stage.tell(tr!(
                "Developer puts an object into a bucket of Amazon S3, under SSE-KMS {how}, and reads it.",
                how
            ));
            Some(String::new())
        }
        Kept::Item => {
            let table = json!({"TableName": "Books", "KMSMasterKeyId": key});
            stage.serve(ADMINISTRATOR, "dynamodb", "CreateTable", &table)?;
            let item = json!({"TableName": "Books", "Key": "b1", "Item": {"title": "Moby-Dick"}});
            stage.serve(DEVELOPER, "dynamodb", "PutItem", &item)?;
            stage.tell(tr!(
                "Developer puts an item into a table of Amazon DynamoDB that is encrypted under a customer managed key."
            ));
            Some(String::new())
        }
        Kept::Block => {
            let volume = stage.serve(DEVELOPER, "ebs", "CreateVolume", &json!({"Encrypted": true, "KmsKeyId": key}))?;
            let volume = super::stage::text(&volume, "VolumeId")?;
            stage.serve(ADMINISTRATOR, "ebs", "AttachVolume", &json!({"VolumeId": volume, "InstanceId": "i-0abc"}))?;
            stage.serve(DEVELOPER, "ebs", "WriteBlock", &json!({"VolumeId": volume, "Block": 0, "Data": PLAINTEXT}))?;
            stage.tell(tr!("A volume of Amazon EBS, encrypted under a customer managed key, is attached to an instance, which writes a block."));
            Some(volume)
        }
    }
}
