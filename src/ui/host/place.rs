//! What is shown, in words of the page around the playground.

use serde::Serialize;

use crate::{
    scenario::catalog,
    ui::{host::number, route::Route, store::Store},
};

/// Where a playground is.
#[derive(Serialize)]
pub(super) struct Place {
    /// For example `#/policy/3`: what `goto` takes.
    address: String,
    /// For example `policy`.
    view: String,
    /// The lesson that is open.
    lesson: Option<String>,
    /// The page of the lesson, or the step of the story or the history, counted from 1; 0 before the first step.
    pub(super) step: u32,
    /// How many there are, where that is known.
    steps: Option<u32>,
    world: WorldPlace,
}

#[derive(Serialize)]
struct WorldPlace {
    /// How many steps of the history lie behind.
    step: u32,
    /// How many there are, undone ones among them.
    steps: u32,
    /// The world's time.
    now: String,
}

impl Place {
    pub(super) fn of(store: &Store) -> Self {
        let address = store.route.to_hash();
        let view = address.trim_start_matches("#/").split(['/', '?']).next().unwrap_or_default().to_owned();
        let timeline = &store.timeline;
        let world = WorldPlace {
            step: number(timeline.cursor()),
            steps: number(timeline.steps().len()),
            now: timeline.world().now.to_string(),
        };
        let (lesson, step, steps) = match &store.route {
            Route::Lesson { id, page } => {
                let pages = catalog::lessons().iter().find(|lesson| lesson.id == id).map(|lesson| number(lesson.pages));
                (Some(id.clone()), pages.map_or(*page, |pages| (*page).clamp(1, pages)), pages)
            }
            Route::Envelope { step } => (None, step.saturating_add(1), None),
            Route::Learn
            | Route::Exams
            | Route::Exam { .. }
            | Route::Policy { .. }
            | Route::Forwarded { .. }
            | Route::Rotation { .. }
            | Route::Asked(_)
            | Route::Services { .. }
            | Route::Limits { .. }
            | Route::Console { .. }
            | Route::Audit { .. } => (None, world.step, Some(world.steps)),
        };
        Self { address, view, lesson, step, steps, world }
    }
}
