//! What a worker beside the page needs to make slow keys: this program, and a way to ask it for one key.

use wasm_bindgen::{JsError, JsValue, prelude::wasm_bindgen};

use crate::timeline::SlowKey;

/// This program, compiled, for a worker to start from.
#[wasm_bindgen]
pub fn program() -> JsValue {
    wasm_bindgen::module()
}

/// The private key that `wanted` tells of, as PKCS#8, DER.
///
/// # Errors
///
/// When `wanted` is not of the form that the page makes.
#[wasm_bindgen(js_name = makeSlowKey)]
pub fn make_slow_key(wanted: &str) -> Result<Vec<u8>, JsError> {
    let wanted: SlowKey = wanted.parse()?;
    let key = wanted.make().map_err(|_| JsError::new("no such key can be made"))?;
    Ok(key.expose().to_vec())
}
