//! A versioned text of a world and what belongs to it. It contains key material in the clear: it *is* the keys.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The version this build writes, and the only one it reads.
pub const VERSION: u32 = 1;

/// A snapshot that cannot be used. Nothing is guessed from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DamagedSnapshot {
    /// Not JSON, or cut short. Line and column are counted from 1.
    Unreadable { problem: String, line: usize, column: usize },
    /// A snapshot whose content is not what this build writes.
    Content { problem: String },
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
            Self::Content { problem } => write!(f, "the saved world is damaged: {problem}"),
            Self::NotASnapshot => f.write_str("this is not a saved world of the KMS Playground"),
            Self::Version { got } => {
                write!(f, "the saved world has format version {got}, this build reads version {VERSION}")
            }
        }
    }
}

impl std::error::Error for DamagedSnapshot {}

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
    let marked: Value = serde_json::from_str(text).map_err(|error| {
        let problem = error.to_string();
        let problem = problem.split(" at line ").next().unwrap_or_default().to_owned();
        DamagedSnapshot::Unreadable { problem, line: error.line(), column: error.column() }
    })?;
    if marked.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(DamagedSnapshot::NotASnapshot);
    }
    match marked.get("version").and_then(Value::as_u64) {
        Some(version) if version == u64::from(VERSION) => {}
        Some(got) => return Err(DamagedSnapshot::Version { got }),
        None => return Err(DamagedSnapshot::NotASnapshot),
    }
    T::deserialize(marked.get("state").unwrap_or(&Value::Null))
        .map_err(|error| DamagedSnapshot::Content { problem: error.to_string() })
}

const FORMAT: &str = "kms-playground world";
