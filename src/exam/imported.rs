//! What becomes of a key whose material its owner brought.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    clock::Span,
    crypto::{
        pair::with_pairs,
        secret::SecretBytes,
        wrap::{self, WrappingAlgorithm},
    },
    exam::{
        Family, Question, Reading,
        draw::Draw,
        outcomes,
        stage::{ADMINISTRATOR, PLAINTEXT, Played, Stage, date, day, text},
    },
    lang::tr,
};

#[derive(Clone, Copy)]
enum Then {
    Valid,
    Expired,
    Deleted,
    /// Expired, and brought again: the same bytes, or others.
    Again {
        same: bool,
    },
    /// The same, but with an import token that is more than a day old.
    TooLate,
    Disabled,
}

const OPERATIONS: &[&str] = &["Encrypt", "Decrypt", "DescribeKey", "EnableKeyRotation", "EnableKey"];

pub(super) fn ask(draw: &mut Draw) -> Option<Question> {
    let start = draw.below(700);
    let hours = draw.pick(&[4_u32, 6, 8, 12])?;
    let thens = [Then::Valid, Then::Expired, Then::Deleted, Then::Disabled, Then::Again { same: true }];
    let mut variants: Vec<(Then, Option<&str>)> =
        thens.iter().flat_map(|then| OPERATIONS.iter().map(|operation| (*then, Some(*operation)))).collect();
    // Here the import itself is what is asked about.
    let imports = [Then::Again { same: true }, Then::Again { same: false }, Then::TooLate].map(|then| (then, None));
    (0..3).for_each(|_| variants.extend(imports));
    outcomes(Family::Imported, draw, Reading::Fault, variants, |(then, operation)| {
        play(start, hours, *then, *operation)
    })
}

fn play(start: usize, hours: u32, then: Then, operation: Option<&str>) -> Option<Played> {
    let mut stage = Stage::with_slow_keys(day(start));
    let key = stage.key(&json!({"Description": "contracts", "Origin": "EXTERNAL"}))?;
    let parameters = json!({"KeyId": key, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"});
    let parameters = stage.call(ADMINISTRATOR, "GetParametersForImport", &parameters)?;
    let (public, token) = (text(&parameters, "PublicKey")?, text(&parameters, "ImportToken")?);
    // On a computer of its owner's, whose chance is a branch of the world's.
    let wrapped = |stage: &Stage, byte: u8| {
        let (public, material) = (STANDARD.decode(&public).ok()?, SecretBytes::from_vec(vec![byte; 32]));
        let mut entropy = stage.timeline.world().entropy.branch("owner of the material");
        let wrap = || wrap::wrap(WrappingAlgorithm::RsaesOaepSha256, &public, &material, &mut entropy);
        with_pairs(wrap).ok().map(|wrapped| STANDARD.encode(wrapped))
    };
    let expires = stage.timeline.world().now.after(Span::hours(hours));
    let import = |stage: &Stage, byte: u8, expires: Option<f64>| {
        let model = if expires.is_some() { "KEY_MATERIAL_EXPIRES" } else { "KEY_MATERIAL_DOES_NOT_EXPIRE" };
        let mut body = json!({"KeyId": key, "ImportToken": token, "EncryptedKeyMaterial": wrapped(stage, byte)?, "ExpirationModel": model});
        if let (Some(members), Some(at)) = (body.as_object_mut(), expires) {
            members.insert("ValidTo".to_owned(), at.into());
        }
        Some(body)
    };
    let first = import(&stage, 7, Some(expires.epoch_seconds()))?;
    stage.call(ADMINISTRATOR, "ImportKeyMaterial", &first)?;
    let sealed = stage.sealed(&key, &json!({}))?;
    stage.tell(tr!("{now}: a symmetric encryption key of origin `EXTERNAL` gets key material with `ImportKeyMaterial`, valid for {hours} \
         hours. A text is encrypted with it.", now = date(stage.timeline.world().now), hours));
    let named = json!({"KeyId": key});
    let mut asked: Option<Value> = None;
    match then {
        Then::Valid => {
            stage.wait(Span::hours(1));
            stage.tell(tr!("An hour passes."));
        }
        Then::Disabled => {
            stage.call(ADMINISTRATOR, "DisableKey", &named)?;
            stage.tell(tr!("The key is disabled."));
        }
        Then::Deleted => {
            stage.wait(Span::hours(1));
            stage.call(ADMINISTRATOR, "DeleteImportedKeyMaterial", &named)?;
            stage.tell(tr!("An hour later `DeleteImportedKeyMaterial` is called for it."));
        }
        Then::Expired | Then::Again { .. } | Then::TooLate => {
            let late = matches!(then, Then::TooLate);
            let pass = if late { 25 } else { hours.saturating_add(2) };
            stage.wait(Span::hours(pass));
            stage.tell(tr!("{pass} hours pass.", pass));
            if !matches!(then, Then::Expired) {
                let same = !matches!(then, Then::Again { same: false });
                let body = import(&stage, if same { 7 } else { 8 }, None)?;
                let words = if same { tr!("the same key material") } else { tr!("other key material") };
                if operation.is_some() {
                    stage.call(ADMINISTRATOR, "ImportKeyMaterial", &body)?;
                    stage.tell(tr!("Its owner imports {words} again, which does not expire.", words));
                } else {
                    stage.tell(tr!("Its owner wraps {words} for the public key of the first time and uses the import token of the first time.", words));
                    asked = Some(body);
                }
            }
        }
    }
    let operation = operation.unwrap_or("ImportKeyMaterial");
    let body = asked.unwrap_or_else(|| match operation {
        "Encrypt" => json!({"KeyId": key, "Plaintext": PLAINTEXT}),
        "Decrypt" => json!({"CiphertextBlob": sealed}),
        _ => named.clone(),
    });
    stage.call(ADMINISTRATOR, operation, &body);
    let what = if operation == "Decrypt" { tr!(" with the ciphertext") } else { tr!(" for the key") };
    Some(stage.ask(tr!(
        "Administrator, who may do everything, calls `{operation}`{what}. What comes of it?",
        operation,
        what
    )))
}
