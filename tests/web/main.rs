//! In a real browser, in wasm: what a page that embeds the playground relies on.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod lessons;
mod mount;
#[path = "../it/transcripts.rs"]
mod transcripts;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
