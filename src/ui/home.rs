//! Where the playground lives, which says whose the address bar and the browser's storage are.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    clock::Timestamp,
    entropy::Seed,
    lang::tr,
    scenario::catalog,
    timeline::{Timeline, share},
    ui::{route::Route, store::Theme},
};

/// Where the playground lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// On a page of its own: the address bar says what is shown, and the browser keeps the world for the next visit.
    Page,
    /// In a page of somebody else's, who owns both: it begins as its attributes say and leaves nothing behind.
    Element,
}

impl Home {
    /// What the attributes of the element say; `standalone` is that of the playground's own page.
    pub fn of(options: &BTreeMap<String, String>) -> Self {
        if options.contains_key("standalone") { Self::Page } else { Self::Element }
    }
}

/// What an element in somebody else's page begins with: the attribute `lesson`, at the page `step`, or else `view`.
pub fn first_route(options: &BTreeMap<String, String>) -> Option<Route> {
    let given = |name: &str| options.get(name).filter(|text| !text.is_empty());
    let hash = match (given("lesson"), given("view")) {
        (Some(lesson), _) => format!("#/learn/{lesson}/{}", given("step").map_or("1", String::as_str)),
        (None, Some(view)) => format!("#/{view}"),
        (None, None) => return Some(Route::Learn),
    };
    Route::from_hash(&hash).filter(|route| {
        let Route::Lesson { id, .. } = route else { return true };
        catalog::lessons().iter().any(|lesson| lesson.id == id)
    })
}

/// The attribute `theme`: `light`, `dark`, or whatever the browser prefers.
pub fn first_theme(options: &BTreeMap<String, String>) -> Theme {
    match options.get("theme").map(String::as_str) {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::Auto,
    }
}

/// When the world of an element with a `seed` begins: otherwise the same number would not give the same bytes.
const SEEDED_START: &str = "2030-01-01T00:00:00Z";

/// The world that the attributes `state` and `seed` ask for; otherwise one that begins at `started` with `seed`.
pub fn first_world(options: &BTreeMap<String, String>, started: Timestamp, seed: Seed) -> Result<Timeline, String> {
    let (started, seed) = match options.get("seed") {
        Some(text) => {
            let number = text.parse().map_err(|_| tr!("the seed is `{text}`, and has to be a whole number", text))?;
            (SEEDED_START.parse().unwrap_or(started), Seed::from_number(number))
        }
        None => (started, seed),
    };
    match options.get("state") {
        Some(text) => world_of(text, started, seed),
        None => Ok(Timeline::ready_to_play(started, seed)),
    }
}

/// The world of a shared world, a saved one or a world file: the text of a link, JSON text, or base64url of that. `start` and
/// `seed` are for a world file that leaves them out.
pub fn world_of(text: &str, start: Timestamp, seed: Seed) -> Result<Timeline, String> {
    let text = text.trim();
    if share::is_one(text) {
        return Timeline::from_shared(text, seed).map(|shared| shared.timeline).map_err(|damage| damage.to_string());
    }
    let decoded = if text.starts_with('{') {
        None
    } else {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
        Some(
            bytes
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| tr!("it is neither JSON nor base64url of it").to_owned())?,
        )
    };
    Timeline::open(decoded.as_deref().unwrap_or(text), start, seed).map_err(|damage| damage.to_string())
}
