//! What related keys of several Regions have in common, and what not.

use serde_json::{Value, json};

use crate::{
    arn::Region,
    clock::Span,
    exam::{
        Family, Question, Reading,
        draw::Draw,
        outcomes,
        stage::{ADMINISTRATOR, PLAINTEXT, Played, Stage, day},
    },
    lang::tr,
};

#[derive(Clone, Copy, PartialEq)]
enum Then {
    Nothing,
    /// The replica is made, and asked at once.
    AtOnce,
    PrimaryDisabled,
    ReplicaDisabled,
    PrimaryDeletion,
    /// There is no replica: the key is of one Region.
    Single,
}

/// What is asked in the Region of the replica, or where it would be; or of the primary.
#[derive(Clone, Copy)]
enum Asked {
    Decrypt,
    Encrypt,
    Rotate,
    Replicate,
    DescribePrimary,
    EncryptWithPrimary,
}

pub(super) fn ask(draw: &mut Draw) -> Option<Question> {
    let start = draw.below(700);
    let there = draw.pick(&["eu-west-1", "eu-central-1", "ap-southeast-2", "us-west-2"])?;
    let thens = [
        Then::Nothing,
        Then::AtOnce,
        Then::PrimaryDisabled,
        Then::ReplicaDisabled,
        Then::PrimaryDeletion,
        Then::Single,
    ];
    let asks = [
        Asked::Decrypt,
        Asked::Encrypt,
        Asked::Rotate,
        Asked::Replicate,
        Asked::DescribePrimary,
        Asked::EncryptWithPrimary,
    ];
    let variants: Vec<(Then, Asked)> = thens.iter().flat_map(|then| asks.map(|asked| (*then, asked))).collect();
    outcomes(Family::Regions, draw, Reading::Fault, variants, |(then, asked)| play(start, there, *then, *asked))
}

fn play(start: usize, there: &str, then: Then, asked: Asked) -> Option<Played> {
    let region: Region = there.parse().ok()?;
    let mut stage = Stage::new(day(start));
    let single = then == Then::Single;
    let primary = stage.key(&json!({"Description": "orders", "MultiRegion": !single}))?;
    let sealed = stage.sealed(&primary, &json!({}))?;
    let named = json!({"KeyId": primary});
    if single {
        stage.tell(tr!("A symmetric encryption key is made in us-east-1 without `MultiRegion`, and a text is encrypted with it there."));
    } else {
        stage.call(ADMINISTRATOR, "ReplicateKey", &json!({"KeyId": primary, "ReplicaRegion": there}))?;
        stage.tell(tr!("A multi-Region key is made in us-east-1, a text is encrypted with it there, and `ReplicateKey` makes a replica in {there}.", there));
    }
    if then != Then::AtOnce {
        stage.wait(Span::hours(2));
        stage.tell(tr!("Two hours pass."));
    }
    let replica = if single { primary.clone() } else { primary.replace("us-east-1", there) };
    match then {
        Then::Nothing | Then::Single => {}
        Then::AtOnce => stage.tell(tr!("Not a second passes.")),
        Then::PrimaryDisabled => {
            stage.call(ADMINISTRATOR, "DisableKey", &named)?;
            stage.tell(tr!("The primary key, in us-east-1, is disabled."));
        }
        Then::ReplicaDisabled => {
            stage.region = region;
            stage.call(ADMINISTRATOR, "DisableKey", &json!({"KeyId": replica}))?;
            stage.tell(tr!("The replica, in {there}, is disabled.", there));
        }
        Then::PrimaryDeletion => {
            stage.call(ADMINISTRATOR, "ScheduleKeyDeletion", &named)?;
            stage.tell(tr!("The deletion of the primary key is scheduled."));
        }
    }
    let (here, operation, body, words): (Region, &str, Value, String) = match asked {
        Asked::Decrypt => (
            region,
            "Decrypt",
            json!({"CiphertextBlob": sealed}),
            tr!("calls `Decrypt` in {there}, with that ciphertext and no `KeyId`", there),
        ),
        // A key of one Region has no id elsewhere that could be named.
        Asked::Encrypt | Asked::Rotate if single => return None,
        Asked::Encrypt => (
            region,
            "Encrypt",
            json!({"KeyId": replica, "Plaintext": PLAINTEXT}),
            tr!("calls `Encrypt` in {there}, with the replica", there),
        ),
        Asked::Rotate => (
            region,
            "EnableKeyRotation",
            json!({"KeyId": replica}),
            tr!("calls `EnableKeyRotation` in {there}, for the replica", there),
        ),
        Asked::Replicate => (
            Region::US_EAST_1,
            "ReplicateKey",
            json!({"KeyId": primary, "ReplicaRegion": if single { there } else { "eu-west-2" }}),
            tr!(
                "calls `ReplicateKey` in us-east-1, for {region} as the new Region",
                region = if single { there } else { "eu-west-2" }
            ),
        ),
        Asked::DescribePrimary => {
            (Region::US_EAST_1, "DescribeKey", named, tr!("calls `DescribeKey` in us-east-1").to_owned())
        }
        Asked::EncryptWithPrimary => (
            Region::US_EAST_1,
            "Encrypt",
            json!({"KeyId": primary, "Plaintext": PLAINTEXT}),
            tr!("calls `Encrypt` in us-east-1").to_owned(),
        ),
    };
    stage.region = here;
    stage.call(ADMINISTRATOR, operation, &body);
    Some(stage.ask(tr!("Administrator, who may do everything, {words}. What comes of it?", words)))
}
