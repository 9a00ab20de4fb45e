//! Where the playground lives, which says whose the address bar and the browser's storage are.

use std::collections::BTreeMap;

use crate::ui::route::Route;

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
    let hash = match (options.get("lesson"), options.get("view")) {
        (Some(lesson), _) => format!("#/learn/{lesson}/{}", options.get("step").map_or("1", String::as_str)),
        (None, Some(view)) => format!("#/{view}"),
        (None, None) => return Some(Route::Learn),
    };
    Route::from_hash(&hash)
}
