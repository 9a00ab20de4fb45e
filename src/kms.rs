//! Keys, aliases and what happens to them, as one value that moves only when it is told to.
//!
//! INVARIANT: never sees wire JSON, status codes or operation names. Its errors are domain facts.

pub mod advance;
pub mod error;
pub mod event;
pub mod key;
pub mod replica;
pub mod snapshot;
pub mod spec;
pub mod store;
pub mod world;

pub use error::KmsError;
pub use event::{About, Event, EventKind};
pub use key::{Key, KeyMaterial, KeyState, MadeBy, Origin, Rotation, Shared};
pub use spec::{KeySpec, KeyUsage};
pub use store::{StoreError, custody::Custody};
pub use world::{Alias, World};

/// How many aliases one key may have ("today" rules; Developer Guide, Resource quotas).
pub const ALIASES_PER_KEY: usize = 50;
/// How many tags one key may have (Developer Guide, Resource quotas).
pub const TAGS_PER_KEY: usize = 50;
/// How many on-demand rotations one key may have in its life (API reference, RotateKeyOnDemand).
pub const ON_DEMAND_ROTATIONS_PER_KEY: usize = 25;
/// How large a key policy may be, in bytes (Developer Guide, Creating a key policy).
pub const POLICY_BYTES: usize = 32_768;
