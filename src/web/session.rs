//! A whole KMS as one JavaScript object. JSON text in, JSON text out.

use wasm_bindgen::prelude::wasm_bindgen;

/// One playground: its accounts, keys, clock and history.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Session {}

#[wasm_bindgen]
impl Session {
    /// A new, empty playground.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The playground's own version, as in its changelog.
    #[must_use]
    pub fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }
}
