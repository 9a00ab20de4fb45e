//! The JavaScript API: the one place where the browser's clock, randomness and console are known.
//!
//! Importing the module starts nothing but the panic hook; a page appears only when [`mount()`] is called.

pub(crate) mod accounts;
mod client;
#[cfg(feature = "session")]
mod enclave;
#[cfg(feature = "session")]
mod exam;
#[cfg(feature = "session")]
mod lesson;
#[cfg(feature = "session")]
mod load;
mod outside;
#[cfg(feature = "session")]
mod policy;
#[cfg(feature = "session")]
mod session;

#[cfg(feature = "ui")]
mod keymaker;
#[cfg(feature = "ui")]
mod mount;

use std::panic::PanicHookInfo;

use wasm_bindgen::prelude::wasm_bindgen;

pub use self::client::{open_envelope, seal_envelope};
#[cfg(feature = "session")]
pub use self::enclave::open_for_recipient;
#[cfg(feature = "session")]
pub use self::exam::{exam, mark_answers};
#[cfg(feature = "session")]
pub use self::lesson::check_lesson;
#[cfg(feature = "session")]
pub use self::load::simulate_load;
#[cfg(feature = "ui")]
pub(crate) use self::outside::{now, seed};
#[cfg(feature = "session")]
pub use self::policy::{Decided, Scenario, access_matrix, lint_policy, prove_policy, simulate, suggest_changes};
#[cfg(feature = "session")]
pub use self::session::{Endpoint, Session};
#[cfg(feature = "ui")]
pub use self::{
    keymaker::{make_slow_key, program},
    mount::{Mounted, mount, rest_arrived, rest_awaited},
};

#[wasm_bindgen(start)]
fn start() {
    std::panic::set_hook(Box::new(report));
}

/// Sends a panic's message and place to the browser's console, where a bug report can be copied from.
fn report(panic: &PanicHookInfo<'_>) {
    web_sys::console::error_1(&panic.to_string().into());
}
