//! Keys, aliases, grants and what happens to them, as one value that moves only when it is told to.
//!
//! INVARIANT: never sees wire JSON, status codes or operation names. Its errors are domain facts.

pub mod advance;
mod alone;
pub mod bucket;
pub mod consistency;
pub mod error;
pub mod event;
pub mod grant;
mod handover;
pub mod import;
pub mod import_token;
pub mod increase;
pub mod key;
pub mod managed;
pub mod material;
pub mod price;
pub mod quota;
pub mod rate;
mod register;
pub mod replica;
pub mod rules;
pub mod snapshot;
pub mod spec;
pub mod store;
pub mod throttle;
pub mod usage;
pub mod world;

pub use consistency::Consistency;
pub use error::KmsError;
pub use event::{About, Event, EventKind};
pub use grant::Grant;
pub use import::{Import, Novelty};
pub use key::{Key, KeyManager, KeyState, Kind, Origin, Rotation, Shared, Usable};
pub use material::{KeyMaterial, MadeBy, MaterialName};
pub use quota::Quota;
pub use rules::{Rules, Setting};
pub use spec::{KeySpec, KeyUsage};
pub use store::{StoreError, custody::Custody};
pub use world::{Alias, World};
