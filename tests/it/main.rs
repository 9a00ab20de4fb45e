//! Natively: the playground from the outside, and the repository itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod audit;
mod authz;
mod bounds;
mod challenges;
mod conformance;
mod consistency;
mod facts;
mod fuzz;
mod lesson_format;
mod notes;
mod occurrences;
mod prove;
mod quotas;
mod recipient;
mod replicas;
mod rotation;
mod scenarios;
mod services;
mod shares;
mod shipping;
mod stores;
mod table;
mod throttling;
mod tidy;
mod time;
mod transcripts;
mod wire;
mod worlds;
