//! Lessons of other authors. Text in, JSON text out.

use serde::Serialize;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

use crate::scenario::check::{self, Checked, Finding};

/// What is wrong with a lesson, and what it would be if it expected what its run gives. `name` is that of its file,
/// without `.md`.
///
/// # Errors
///
/// None that is known.
#[wasm_bindgen(js_name = checkLesson)]
pub fn check_lesson(text: &str, name: Option<String>) -> Result<String, JsError> {
    let Checked { scenario, plays, findings, updated } = check::check(text, name.as_deref());
    let title = scenario.map(|scenario| scenario.front.title);
    Ok(serde_json::to_string(&Written { title, plays, findings, updated })?)
}

#[derive(Serialize)]
struct Written {
    title: Option<String>,
    plays: bool,
    findings: Vec<Finding>,
    updated: Option<String>,
}
