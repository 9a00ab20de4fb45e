//! What a key in a state can still do.

use serde_json::{Value, json};

use crate::{
    clock::Span,
    exam::{
        Family, Question, Reading,
        draw::Draw,
        outcomes,
        stage::{ADMINISTRATOR, PLAINTEXT, Played, Stage, day},
    },
    lang::tr,
};

#[derive(Clone, Copy)]
enum State {
    Enabled,
    Disabled,
    PendingDeletion,
    Deleted,
    /// Origin `EXTERNAL`, and nothing imported.
    PendingImport,
}

const STATES: [State; 5] =
    [State::Enabled, State::Disabled, State::PendingDeletion, State::Deleted, State::PendingImport];

const OPERATIONS: &[&str] = &[
    "Encrypt",
    "Decrypt",
    "GenerateDataKey",
    "DescribeKey",
    "EnableKey",
    "DisableKey",
    "CancelKeyDeletion",
    "ScheduleKeyDeletion",
    "EnableKeyRotation",
    "RotateKeyOnDemand",
    "TagResource",
    "UpdateKeyDescription",
    "PutKeyPolicy",
    "CreateAlias",
    "GenerateMac",
];

pub(super) fn ask(draw: &mut Draw) -> Option<Question> {
    let (start, window) = (draw.below(700), 7 + draw.below(24));
    // The rarer outcomes are asked about as often as the others: variants come in the order in which they are drawn.
    let variants: Vec<(State, &str)> =
        STATES.iter().flat_map(|state| OPERATIONS.iter().map(|operation| (*state, *operation))).collect();
    outcomes(Family::States, draw, Reading::Fault, variants, |(state, operation)| {
        play(start, window, *state, operation)
    })
}

fn play(start: usize, window: usize, state: State, operation: &str) -> Option<Played> {
    let mut stage = Stage::new(day(start));
    let external = matches!(state, State::PendingImport);
    let origin = if external { "EXTERNAL" } else { "AWS_KMS" };
    let key = stage.key(&json!({"Description": "orders", "Origin": origin}))?;
    let sealed = if external { PLAINTEXT.to_owned() } else { stage.sealed(&key, &json!({}))? };
    let named = json!({"KeyId": key});
    match state {
        State::Enabled => stage.tell(tr!("A symmetric encryption key was made a while ago and has been used since.")),
        State::Disabled => {
            stage.call(ADMINISTRATOR, "DisableKey", &named)?;
            stage.tell(tr!("A symmetric encryption key was used for a while, and then disabled with `DisableKey`."));
        }
        State::PendingDeletion | State::Deleted => {
            let days = u32::try_from(window).ok()?;
            stage.call(ADMINISTRATOR, "ScheduleKeyDeletion", &json!({"KeyId": key, "PendingWindowInDays": days}))?;
            stage.tell(tr!(
                "A symmetric encryption key was used for a while. Then `ScheduleKeyDeletion` was called for it, with a \
                 waiting period of {days} days.",
                days
            ));
            let past = matches!(state, State::Deleted);
            stage.wait(if past { Span::days(days.saturating_add(1)) } else { Span::days(days.saturating_sub(3)) });
            stage.tell(tr!(
                "{days} days have passed since.",
                days = if past { days + 1 } else { days.saturating_sub(3) }
            ));
        }
        State::PendingImport => stage.tell(tr!(
            "A symmetric encryption key was made with the origin `EXTERNAL`. No key material has been imported into it."
        )),
    }
    stage.call(ADMINISTRATOR, operation, &body(&key, &sealed, operation));
    let what = if operation == "Decrypt" && !external { tr!(" with a ciphertext of this key") } else { "" };
    Some(stage.ask(tr!(
        "Administrator, who may do everything, calls `{operation}` for it{what}. What comes of it?",
        operation,
        what
    )))
}

/// A request that nothing but the key can be against.
fn body(key: &str, sealed: &str, operation: &str) -> Value {
    match operation {
        "Encrypt" => json!({"KeyId": key, "Plaintext": PLAINTEXT}),
        "Decrypt" => json!({"KeyId": key, "CiphertextBlob": sealed}),
        "GenerateDataKey" => json!({"KeyId": key, "KeySpec": "AES_256"}),
        "ScheduleKeyDeletion" => json!({"KeyId": key, "PendingWindowInDays": 10}),
        "TagResource" => json!({"KeyId": key, "Tags": [{"TagKey": "team", "TagValue": "orders"}]}),
        "UpdateKeyDescription" => json!({"KeyId": key, "Description": "orders of the north"}),
        "PutKeyPolicy" => {
            let policy = json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}});
            json!({"KeyId": key, "PolicyName": "default", "Policy": policy.to_string()})
        }
        "CreateAlias" => json!({"AliasName": "alias/orders", "TargetKeyId": key}),
        "GenerateMac" => json!({"KeyId": key, "Message": PLAINTEXT, "MacAlgorithm": "HMAC_SHA_256"}),
        _ => json!({"KeyId": key}),
    }
}
