//! When a key rotates next.

use serde_json::json;

use crate::{
    clock::Span,
    exam::{
        Family, Question, Reading,
        draw::Draw,
        outcomes,
        stage::{ADMINISTRATOR, Played, Stage, date, day},
    },
    lang::tr,
};

/// What else happens to the rotation, some time after it was turned on.
#[derive(Clone, Copy)]
enum Then {
    Nothing,
    OnDemand,
    /// Turned on again, with this period.
    Again(u32),
    /// The key is disabled and enabled a while later.
    OffAndOn,
    /// It has rotated by itself meanwhile.
    Rotated,
}

pub(super) fn ask(draw: &mut Draw) -> Option<Question> {
    let start = draw.below(700);
    let periods = &mut [90_u32, 120, 180, 365, 400, 730];
    draw.shuffle(periods);
    let [period, other, ..] = *periods;
    // From making the key to turning rotation on, and from then to what else happens.
    let (before, after) =
        (u32::try_from(draw.below(60)).ok()?.saturating_add(3), u32::try_from(draw.below(70)).ok()?.saturating_add(5));
    let thens = [Then::Nothing, Then::OnDemand, Then::Again(other), Then::Again(period), Then::OffAndOn, Then::Rotated];
    let variants: Vec<(u32, Then)> =
        [before, 0].into_iter().flat_map(|before| thens.map(|then| (before, then))).collect();
    outcomes(Family::Rotation, draw, Reading::Date("NextRotationDate"), variants, |(before, then)| {
        play(start, period, (*before, after), *then)
    })
}

fn play(start: usize, period: u32, (before, after): (u32, u32), then: Then) -> Option<Played> {
    let mut stage = Stage::new(day(start));
    let key = stage.key(&json!({"Description": "orders"}))?;
    let named = json!({"KeyId": key});
    let today = |stage: &Stage| date(stage.timeline.world().now);
    stage.tell(tr!("{today}: a symmetric encryption key is made.", today = today(&stage)));
    let turn_on = |stage: &mut Stage, period: u32| {
        stage.call(ADMINISTRATOR, "EnableKeyRotation", &json!({"KeyId": key, "RotationPeriodInDays": period}))?;
        stage.tell(tr!("{today}: `EnableKeyRotation` with a period of {period} days.", today = today(stage), period));
        Some(())
    };
    stage.wait(Span::days(before));
    turn_on(&mut stage, period)?;
    stage.wait(Span::days(after));
    match then {
        Then::Nothing => {}
        Then::OnDemand => {
            stage.call(ADMINISTRATOR, "RotateKeyOnDemand", &named)?;
            stage.tell(tr!("{today}: `RotateKeyOnDemand`, which succeeds.", today = today(&stage)));
        }
        Then::Again(other) => turn_on(&mut stage, other)?,
        Then::OffAndOn => {
            stage.call(ADMINISTRATOR, "DisableKey", &named)?;
            stage.tell(tr!("{today}: the key is disabled.", today = today(&stage)));
            stage.wait(Span::days(14));
            stage.call(ADMINISTRATOR, "EnableKey", &named)?;
            stage.tell(tr!("{today}: the key is enabled.", today = today(&stage)));
        }
        Then::Rotated => {
            stage.wait(Span::days(period));
            stage.tell(tr!("The key has rotated by itself once since."));
        }
    }
    stage.wait(Span::days(2));
    let now = today(&stage);
    stage.call(ADMINISTRATOR, "GetKeyRotationStatus", &named)?;
    Some(stage.ask(tr!("Today is {now}. When does the key rotate by itself next?", now)))
}
