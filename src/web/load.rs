//! Traffic against quotas, without a world. JSON text in, JSON text out.

use wasm_bindgen::prelude::{JsError, wasm_bindgen};

use crate::load;

/// What comes of a lab: what is served and refused in every second, and what it costs.
///
/// # Errors
///
/// When it is no lab; the message says what is wrong and where.
#[wasm_bindgen(js_name = simulateLoad)]
pub fn simulate_load(lab: &str) -> Result<String, JsError> {
    Ok(serde_json::to_string(&load::of_text(lab)?)?)
}
