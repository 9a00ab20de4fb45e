//! A versioned text of a world and what belongs to it. It contains key material in the clear: it *is* the keys.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The version this build writes, and the only one it reads.
pub const VERSION: u32 = 1;

/// A snapshot that cannot be used. Nothing is guessed from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DamagedSnapshot {
    /// Not JSON, or cut short. Line and column are counted from 1.
    Unreadable { problem: String, line: usize, column: usize },
    /// JSON, but no snapshot of this program.
    NotASnapshot,
    /// Of another version of this program.
    Version { got: u64 },
}

impl fmt::Display for DamagedSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { problem, line, column } => {
                write!(f, "the saved world is damaged at line {line}, column {column}: {problem}")
            }
            Self::NotASnapshot => f.write_str("this is not a saved world of the KMS Playground"),
            Self::Version { got } => {
                write!(f, "the saved world has format version {got}, this build reads version {VERSION}")
            }
        }
    }
}

impl std::error::Error for DamagedSnapshot {}

#[derive(Deserialize)]
struct Outer<T> {
    state: T,
}

/// Marks `state` with the format's name and version.
pub fn write<T: Serialize>(state: &T) -> String {
    #[derive(Serialize)]
    struct Marked<'a, T> {
        format: &'static str,
        version: u32,
        state: &'a T,
    }
    // Every type in a world serialises: the maps have text keys and no float is ever NaN.
    serde_json::to_string(&Marked { format: FORMAT, version: VERSION, state }).unwrap_or_default()
}

/// The state of a text that [`write`] made.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, DamagedSnapshot> {
    #[derive(Deserialize)]
    struct Mark {
        format: Option<String>,
        version: Option<u64>,
    }
    let unreadable = |error: serde_json::Error| {
        let problem = error.to_string();
        let problem = problem.split(" at line ").next().unwrap_or_default().to_owned();
        DamagedSnapshot::Unreadable { problem, line: error.line(), column: error.column() }
    };
    let mark: Mark = serde_json::from_str(text).map_err(unreadable)?;
    match (mark.format.as_deref(), mark.version) {
        (Some(FORMAT), Some(version)) if version == u64::from(VERSION) => {}
        (Some(FORMAT), Some(got)) => return Err(DamagedSnapshot::Version { got }),
        _ => return Err(DamagedSnapshot::NotASnapshot),
    }
    let outer: Outer<T> = serde_json::from_str(text).map_err(unreadable)?;
    Ok(outer.state)
}

const FORMAT: &str = "kms-playground world";
