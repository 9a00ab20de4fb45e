//! What is shown, in words of the page around the playground.

use serde::Serialize;

use crate::{
    scenario::catalog,
    ui::{host::number, store::Store},
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
        let (lesson, step, steps) = match (store.route.lesson(), store.route.envelope()) {
            (Some((id, page)), _) => {
                let pages = catalog::lessons().iter().find(|lesson| lesson.id == id).map(|lesson| number(lesson.pages));
                (Some(id.to_owned()), pages.map_or(page, |pages| page.clamp(1, pages)), pages)
            }
            (None, Some(step)) => (None, step.saturating_add(1), None),
            (None, None) => (None, world.step, Some(world.steps)),
        };
        Self { address, view, lesson, step, steps, world }
    }
}
