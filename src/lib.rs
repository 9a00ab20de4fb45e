//! A whole AWS KMS as one value: every request is decided and every byte really encrypted, on a clock the caller moves.
//!
//! The layers, in order; a module uses only modules above it:
//!
//! - [`rest`]: what of the program the page fetches later
//! - [`lang`]: the language of the page, by which messages are looked up
//! - [`arn`], [`clock`], [`entropy`]: names, time and chance, parsed once and then typed
//! - [`crypto`]: bytes in, bytes out, and a record of each step
//! - [`envelope`]: the file that a data key seals, to keep and to open again
//! - [`policy`]: the policy language; [`estate`]: accounts, principals and the policies attached to them
//! - [`kms`]: keys, aliases and what happens to them, as one [`kms::World`]
//! - [`authz`]: one demand against every policy, as a [`authz::decision::Decision`] with its reasons
//! - [`analysis`]: what is wrong with policies, the change that mends it, who can do what, what would change it, and what
//!   holds for all requests
//! - [`ops`]: the operations, one struct and one `impl` each
//! - [`endpoint`]: AWS JSON 1.1 in and out, and the pipeline of stages
//! - [`services`]: S3 and other AWS services that use keys, each a small working model
//! - [`load`]: traffic against the request quotas, counted by the second, and what it costs
//! - [`timeline`]: history over a world; whoever moves the world does it there
//! - [`story`]: what an outcome means, in words, bytes and a picture
//! - [`scenario`]: lessons, read, run and compared
//! - [`exam`]: questions that the core asks and answers
//! - `web` (feature `web`): the browser, and the JavaScript API (feature `session`); `ui` (feature `ui`): the page

// Tests may stop at the first surprise.
#![cfg_attr(test, allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used))]

pub mod analysis;
pub mod arn;
pub mod authz;
pub mod clock;
pub mod crypto;
pub mod endpoint;
pub mod entropy;
pub mod envelope;
pub mod estate;
pub mod exam;
pub mod kms;
pub mod lang;
pub mod load;
pub mod ops;
pub mod policy;
pub mod rest;
pub mod scenario;
pub mod services;
pub mod story;
pub mod timeline;
#[cfg(feature = "ui")]
pub mod ui;
#[cfg(feature = "web")]
pub mod web;
