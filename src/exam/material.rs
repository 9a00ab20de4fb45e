//! Which key material is used after rotations.

use serde_json::json;

use crate::{
    clock::Span,
    exam::{
        Family, Question, Reading,
        draw::Draw,
        outcomes,
        stage::{ADMINISTRATOR, DEVELOPER, PLAINTEXT, Played, Stage, date, day, text},
    },
    lang::tr,
};

/// So many key materials the key has in the end.
const MATERIALS: usize = 4;

/// After which of its rotations the text was encrypted, and what is asked: for the old text, or for a new one.
#[derive(Clone, Copy)]
struct Variant {
    after: usize,
    decrypts: bool,
}

pub(super) fn ask(draw: &mut Draw) -> Option<Question> {
    let start = draw.below(700);
    let period = draw.pick(&[90_u32, 120, 180, 365, 730])?;
    // Whether each rotation comes by itself.
    let by_itself = [draw.below(3) > 0, draw.below(3) > 0, draw.below(2) > 0];
    let mut variants: Vec<Variant> = (0..MATERIALS).map(|after| Variant { after, decrypts: true }).collect();
    variants.push(Variant { after: draw.below(MATERIALS.saturating_sub(1)), decrypts: false });
    outcomes(Family::Material, draw, Reading::Material, variants, |variant| play(start, period, by_itself, *variant))
}

fn play(start: usize, period: u32, by_itself: [bool; 3], variant: Variant) -> Option<Played> {
    let mut stage = Stage::new(day(start));
    let key = stage.key(&json!({"Description": "orders"}))?;
    stage.call(ADMINISTRATOR, "EnableKeyRotation", &json!({"KeyId": key, "RotationPeriodInDays": period}))?;
    stage.tell(tr!(
        "{now}: a symmetric encryption key is made, with automatic rotation every {period} days.",
        now = date(stage.timeline.world().now),
        period
    ));
    let mut sealed = None;
    for nth in 0..MATERIALS {
        if nth == variant.after {
            stage.wait(Span::days(11));
            sealed = stage.sealed(&key, &json!({}));
            stage.tell(tr!("{now}: a text is encrypted with the key.", now = date(stage.timeline.world().now)));
        }
        match by_itself.get(nth) {
            None => {}
            Some(true) => rotate_by_itself(&mut stage)?,
            Some(false) => {
                stage.wait(Span::days(20));
                stage.call(ADMINISTRATOR, "RotateKeyOnDemand", &json!({"KeyId": key}))?;
                stage.tell(tr!("{now}: `RotateKeyOnDemand`.", now = date(stage.timeline.world().now)));
            }
        }
    }
    stage.wait(Span::days(15));
    let now = date(stage.timeline.world().now);
    if variant.decrypts {
        stage.call(DEVELOPER, "Decrypt", &json!({"CiphertextBlob": sealed?}))?;
        Some(stage.ask(tr!(
            "{now}: Developer calls `Decrypt` with that ciphertext. Which of the key’s materials opens it?",
            now
        )))
    } else {
        let made = stage.call(DEVELOPER, "Encrypt", &json!({"KeyId": key, "Plaintext": PLAINTEXT}))?;
        let made = text(&made, "CiphertextBlob")?;
        stage.call(DEVELOPER, "Decrypt", &json!({"CiphertextBlob": made}))?;
        Some(stage.ask(tr!(
            "{now}: Developer encrypts another text and decrypts it at once. Which of the key’s materials opens it?",
            now
        )))
    }
}

/// Waits for whatever comes next, and a day more.
fn rotate_by_itself(stage: &mut Stage) -> Option<()> {
    let (at, _) = stage.timeline.world().next_due()?;
    let span = stage.timeline.world().now.until(at);
    stage.wait(Span::from_millis(span.millis().saturating_add(Span::days(1).millis())));
    stage.tell(tr!("{at}: the key rotates by itself.", at = date(at)));
    Some(())
}
