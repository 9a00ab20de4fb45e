//! How many bytes an operation takes at most, found by trying.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    exam::{
        Family, Question, Reading,
        draw::Draw,
        outcomes,
        stage::{ADMINISTRATOR, Played, Stage, day},
    },
    lang::tr,
};

/// An operation, the spec and usage of the key, and the algorithm.
type Variant = (&'static str, &'static str, &'static str, &'static str);

const VARIANTS: &[Variant] = &[
    ("Encrypt", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"),
    ("Encrypt", "RSA_2048", "ENCRYPT_DECRYPT", "RSAES_OAEP_SHA_256"),
    ("Encrypt", "RSA_2048", "ENCRYPT_DECRYPT", "RSAES_OAEP_SHA_1"),
    ("Encrypt", "RSA_4096", "ENCRYPT_DECRYPT", "RSAES_OAEP_SHA_256"),
    ("Encrypt", "RSA_4096", "ENCRYPT_DECRYPT", "RSAES_OAEP_SHA_1"),
    ("GenerateMac", "HMAC_256", "GENERATE_VERIFY_MAC", "HMAC_SHA_256"),
    ("Sign", "ECC_NIST_P256", "SIGN_VERIFY", "ECDSA_SHA_256"),
    ("GenerateDataKey", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", ""),
    ("GenerateRandom", "", "", ""),
];

/// More than any of them takes.
const TOO_MANY: usize = 8192;

pub(super) fn ask(draw: &mut Draw) -> Option<Question> {
    let start = draw.below(700);
    outcomes(Family::Longest, draw, Reading::Longest, VARIANTS.to_vec(), |variant| play(start, *variant))
}

fn play(start: usize, (operation, spec, usage, algorithm): Variant) -> Option<Played> {
    let mut stage = Stage::with_slow_keys(day(start));
    let key = if spec.is_empty() {
        String::new()
    } else {
        stage.key(&json!({"Description": "orders", "KeySpec": spec, "KeyUsage": usage}))?
    };
    let body = |bytes: usize| {
        let text = STANDARD.encode(vec![7_u8; bytes]);
        match operation {
            "Encrypt" => json!({"KeyId": key, "Plaintext": text, "EncryptionAlgorithm": algorithm}),
            "GenerateMac" => json!({"KeyId": key, "Message": text, "MacAlgorithm": algorithm}),
            "Sign" => json!({"KeyId": key, "Message": text, "MessageType": "RAW", "SigningAlgorithm": algorithm}),
            "GenerateRandom" => json!({"NumberOfBytes": bytes}),
            _ => json!({"KeyId": key, "NumberOfBytes": bytes}),
        }
    };
    let fits = |body: &Value| {
        let mut trial = stage.trial();
        trial.call(ADMINISTRATOR, operation, body).is_some()
    };
    let (mut most, mut over) = (1, TOO_MANY);
    while over - most > 1 {
        let between = usize::midpoint(most, over);
        if fits(&body(between)) { most = between } else { over = between }
    }
    let what = match operation {
        "Encrypt" => tr!("`Encrypt` with a key of spec `{spec}` and the algorithm `{algorithm}`", spec, algorithm),
        "GenerateMac" => tr!("`GenerateMac` with a key of spec `{spec}`", spec),
        "Sign" => tr!("`Sign` with a key of spec `{spec}` and `MessageType` `RAW`", spec),
        "GenerateDataKey" => tr!("`GenerateDataKey` with `NumberOfBytes`").to_owned(),
        _ => tr!("`GenerateRandom` with `NumberOfBytes`").to_owned(),
    };
    stage.tell(tr!(
        "Administrator, who may do everything, calls {what}, again and again, each time with one byte more.",
        what
    ));
    stage.call(ADMINISTRATOR, operation, &body(most))?;
    stage.call(ADMINISTRATOR, operation, &body(over));
    Some(stage.ask(tr!("How many bytes are the most that KMS takes in one request?")))
}
