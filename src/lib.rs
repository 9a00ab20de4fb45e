//! A whole AWS KMS as one value: every request is decided and every byte really encrypted, on a clock the caller moves.
//!
//! The layers, in order; a module uses only modules above it:
//!
//! - [`arn`], [`clock`], [`entropy`]: names, time and chance, parsed once and then typed
//! - [`crypto`]: bytes in, bytes out, and a record of each step
//! - [`policy`]: the policy language; [`estate`]: accounts, principals and the policies attached to them
//! - [`authz`]: one demand against every policy, as a [`authz::decision::Decision`] with its reasons

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod arn;
pub mod authz;
pub mod clock;
pub mod crypto;
pub mod entropy;
pub mod estate;
pub mod policy;
