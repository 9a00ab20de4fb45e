//! The operations. Each is one struct and one `impl` in its group's file: request, rules, behaviour, in reading order.
//!
//! INVARIANT: the only place where wire shapes meet domain types.

pub mod aliases;
pub mod asymmetric;
pub mod call;
mod charges;
pub mod data_key_pairs;
pub mod data_keys;
pub mod encrypt;
mod facts;
pub mod grants;
pub mod import;
pub mod kem;
pub mod keys;
pub mod lifecycle;
pub mod mac;
pub mod members;
pub mod page;
pub mod policies;
pub mod recipient;
pub mod refusal;
pub mod replicas;
pub mod rotation;
pub mod spec;
pub mod stage;
pub mod stores;
pub mod table;
pub mod tags;
pub mod usage;
pub mod wire;
