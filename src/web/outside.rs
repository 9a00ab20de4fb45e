//! The browser's clock and randomness, each read once for each world that begins.

use crate::{clock::Timestamp, entropy::Seed};

/// The present moment, to the second.
#[expect(clippy::disallowed_methods, reason = "the one place where the outside's time comes in")]
pub(crate) fn now() -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit in 53 bits until the year 287396")]
    let millis = js_sys::Date::now() as i64;
    Timestamp::from_millis(millis - millis.rem_euclid(1000))
}

/// 32 bytes nobody can guess.
pub(crate) fn seed() -> Seed {
    Seed::from_bytes(random())
}

/// The start of every nonce of one envelope. Not from the world: going back there draws the same data key again.
pub(crate) fn nonce_prefix() -> [u8; 7] {
    random()
}

/// # Panics
///
/// Where the browser has no `crypto.getRandomValues`: there is no safe way to go on.
#[expect(clippy::disallowed_methods, clippy::expect_used, reason = "the one place where the outside's chance comes in")]
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("every supported browser has crypto.getRandomValues");
    bytes
}
