//! Keys, aliases, grants and what happens to them, as one value that moves only when it is told to.
//!
//! INVARIANT: never sees wire JSON, status codes or operation names. Its errors are domain facts.

pub mod advance;
pub mod error;
pub mod event;
pub mod grant;
pub mod import;
pub mod import_token;
pub mod key;
pub mod managed;
pub mod replica;
pub mod rules;
pub mod snapshot;
pub mod spec;
pub mod store;
pub mod usage;
pub mod world;

pub use error::KmsError;
pub use event::{About, Event, EventKind};
pub use grant::Grant;
pub use import::{Import, Novelty};
pub use key::{Key, KeyManager, KeyMaterial, KeyState, Kind, MadeBy, Origin, Rotation, Shared, Usable};
pub use rules::{Rules, Setting};
pub use spec::{KeySpec, KeyUsage};
pub use store::{StoreError, custody::Custody};
pub use world::{Alias, World};

/// How many aliases one key may have ("today" rules; Developer Guide, Resource quotas).
pub const ALIASES_PER_KEY: usize = 50;
/// How many grants one key may have ("today" rules; Developer Guide, Resource quotas).
pub const GRANTS_PER_KEY: usize = 50_000;
/// How many tags one key may have (Developer Guide, Resource quotas).
pub const TAGS_PER_KEY: usize = 50;
/// How many on-demand rotations one key may have in its life (API reference, RotateKeyOnDemand).
pub const ON_DEMAND_ROTATIONS_PER_KEY: usize = 25;
/// How large a key policy may be, in bytes (Developer Guide, Creating a key policy).
pub const POLICY_BYTES: usize = 32_768;
