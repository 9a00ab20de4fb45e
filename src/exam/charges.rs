//! Whose request quota a request counts in, across accounts.

use serde_json::{Value, json};

use crate::{
    exam::{
        Family, Question, Reading,
        draw::Draw,
        outcomes,
        stage::{DEVELOPER, PLAINTEXT, Played, Stage, day, name},
    },
    kms::Setting,
    lang::tr,
};

const CALLERS: [&str; 3] =
    [DEVELOPER, "arn:aws:iam::444455556666:user/Developer", "arn:aws:iam::444455556666:user/KMSKeyAdmin"];
const OPERATIONS: &[&str] = &["GenerateDataKey", "Encrypt", "Sign", "DescribeKey", "GetPublicKey", "GenerateMac"];

pub(super) fn ask(draw: &mut Draw) -> Option<Question> {
    let start = draw.below(700);
    let variants: Vec<(&str, &str)> =
        CALLERS.iter().flat_map(|caller| OPERATIONS.iter().map(|operation| (*caller, *operation))).collect();
    outcomes(Family::Charges, draw, Reading::Charged, variants, |(caller, operation)| play(start, caller, operation))
}

fn play(start: usize, caller: &str, operation: &str) -> Option<Played> {
    let mut stage = Stage::new(day(start));
    let (spec, usage, kind) = match operation {
        "Sign" | "GetPublicKey" => ("ECC_NIST_P256", "SIGN_VERIFY", tr!("an elliptic-curve key")),
        "GenerateMac" => ("HMAC_256", "GENERATE_VERIFY_MAC", tr!("an HMAC key")),
        _ => ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", tr!("a symmetric encryption key")),
    };
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": ["111122223333", "444455556666"]},
        "Action": "kms:*", "Resource": "*"}});
    let key = json!({"Description": "shared", "KeySpec": spec, "KeyUsage": usage, "Policy": policy.to_string()});
    let key = stage.key(&key)?;
    stage.set(Setting::Throttling(true));
    stage.tell(tr!(
        "Account 111122223333 has {kind} in us-east-1, whose key policy leaves its use to the people of both accounts, \
         111122223333 and 444455556666. Requests are counted.",
        kind
    ));
    stage.call(caller, operation, &body(&key, operation));
    let refused = stage.timeline.last().is_some_and(|step| step.refused());
    let ended = if refused { tr!("It is refused with `AccessDeniedException`") } else { tr!("It is allowed") };
    let who = name(caller);
    Some(stage.ask(tr!(
        "{who} calls `{operation}` with that key. {ended}. Whose quota does the request count in?",
        who,
        operation,
        ended
    )))
}

fn body(key: &str, operation: &str) -> Value {
    match operation {
        "GenerateDataKey" => json!({"KeyId": key, "KeySpec": "AES_256"}),
        "Encrypt" => json!({"KeyId": key, "Plaintext": PLAINTEXT}),
        "Sign" => json!({"KeyId": key, "Message": PLAINTEXT, "SigningAlgorithm": "ECDSA_SHA_256"}),
        "GenerateMac" => json!({"KeyId": key, "Message": PLAINTEXT, "MacAlgorithm": "HMAC_SHA_256"}),
        _ => json!({"KeyId": key}),
    }
}
