//! Bytes in, bytes out, plus a [`step::CryptoStep`] for each thing done.
//!
//! INVARIANT: never sees a world, a key state or a policy.

pub mod step;
