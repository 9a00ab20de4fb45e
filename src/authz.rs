//! One demand against every policy that applies, as a [`decision::Decision`] with its reasons.
//!
//! INVARIANT: pure and total. A malformed policy yields a decision, never an error or a panic.

pub mod decision;
