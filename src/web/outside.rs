//! The browser's clock and randomness, each read once, when a session begins.

use crate::{clock::Timestamp, entropy::Seed};

/// The present moment, to the second.
#[expect(clippy::disallowed_methods, reason = "the one place where the outside's time comes in")]
pub(super) fn now() -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit in 53 bits until the year 287396")]
    let millis = js_sys::Date::now() as i64;
    Timestamp::from_millis(millis - millis.rem_euclid(1000))
}

/// 32 bytes nobody can guess.
///
/// # Panics
///
/// Where the browser has no `crypto.getRandomValues`: there is no safe way to go on.
#[expect(clippy::disallowed_methods, clippy::expect_used, reason = "the one place where the outside's chance comes in")]
pub(super) fn seed() -> Seed {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("every supported browser has crypto.getRandomValues");
    Seed::from_bytes(bytes)
}
