//! When a key is gone.

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

#[derive(Clone, Copy)]
enum Then {
    Nothing,
    /// Cancelled after so many days.
    Cancelled(u32),
    /// Cancelled after so many days, and scheduled again with this waiting period.
    Again(u32, Option<u32>),
    /// A second request while the first still waits.
    Twice(u32),
}

pub(super) fn ask(draw: &mut Draw) -> Option<Question> {
    let start = draw.below(700);
    let number =
        |draw: &mut Draw, from: u32, most: usize| u32::try_from(draw.below(most)).ok().map(|drawn| drawn + from);
    let (window, other, after) = (number(draw, 8, 8)?, number(draw, 17, 12)?, number(draw, 2, 5)?);
    let thens = [
        Then::Nothing,
        Then::Cancelled(after),
        Then::Again(after, Some(other)),
        Then::Again(after, None),
        Then::Twice(other),
    ];
    let variants: Vec<(Option<u32>, Then)> =
        [Some(window), None].into_iter().flat_map(|window| thens.map(|then| (window, then))).collect();
    outcomes(Family::Deletion, draw, Reading::Deletion, variants, |(window, then)| play(start, *window, *then))
}

fn play(start: usize, window: Option<u32>, then: Then) -> Option<Played> {
    let mut stage = Stage::new(day(start));
    let key = stage.key(&json!({"Description": "orders"}))?;
    let today = |stage: &Stage| date(stage.timeline.world().now);
    let schedule = |stage: &mut Stage, window: Option<u32>| {
        let (mut body, mut words) = (json!({"KeyId": key}), tr!("without `PendingWindowInDays`").to_owned());
        if let Some(days) = window {
            body.as_object_mut()?.insert("PendingWindowInDays".to_owned(), days.into());
            words = tr!("with `PendingWindowInDays` {days}", days);
        }
        let done = stage.call(ADMINISTRATOR, "ScheduleKeyDeletion", &body);
        stage.tell(tr!("{today}: `ScheduleKeyDeletion`, {words}.", today = today(stage), words));
        done
    };
    stage.wait(Span::days(40));
    schedule(&mut stage, window)?;
    let cancel = |stage: &mut Stage, after: u32| {
        stage.wait(Span::days(after));
        stage.call(ADMINISTRATOR, "CancelKeyDeletion", &json!({"KeyId": key}))?;
        stage.tell(tr!("{today}: `CancelKeyDeletion`.", today = today(stage)));
        Some(())
    };
    match then {
        Then::Nothing => {}
        Then::Cancelled(after) => cancel(&mut stage, after)?,
        Then::Again(after, window) => {
            cancel(&mut stage, after)?;
            stage.wait(Span::days(3));
            schedule(&mut stage, window)?;
        }
        Then::Twice(other) => {
            stage.wait(Span::days(3));
            // Refused or not, it is told as it was sent.
            schedule(&mut stage, Some(other));
        }
    }
    Some(stage.ask(tr!("Nothing else happens. On which day is the key deleted?")))
}
