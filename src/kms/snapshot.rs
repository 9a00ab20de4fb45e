//! A versioned text of a world and what belongs to it. It contains key material in the clear: it *is* the keys.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{estate::attachment::NotAttached, kms::store::premises::NotThere, lang::tr};

/// The version this build writes, and the only one it reads.
pub const VERSION: u32 = 1;

/// A snapshot that cannot be used. Nothing is guessed from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DamagedSnapshot {
    /// Not JSON, cut short, or not what this build writes. Line and column are counted from 1.
    Unreadable { problem: String, line: usize, column: usize },
    /// JSON, but no snapshot of this program.
    NotASnapshot,
    /// Of another version of this program.
    Version { got: u64 },
    /// Something happened to what is not there.
    Nowhere(NotThere),
    /// A policy was put where it cannot be.
    NotAttached(NotAttached),
}

impl fmt::Display for DamagedSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { problem, line, column } => f.write_str(&tr!(
                "the saved world is damaged at line {line}, column {column}: {problem}",
                line,
                column,
                problem
            )),
            Self::NotASnapshot => f.write_str(tr!("this is not a saved world of the KMS Playground")),
            Self::Version { got } => f.write_str(&tr!(
                "the saved world has format version {got}, this build reads version {newest}",
                got,
                newest = VERSION
            )),
            Self::Nowhere(problem) => f.write_str(&tr!("the saved world is damaged: {problem}", problem)),
            Self::NotAttached(problem) => f.write_str(&tr!("the saved world is damaged: {problem}", problem)),
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
    #[derive(Deserialize)]
    struct Marked<'a> {
        format: Option<&'a RawValue>,
        version: Option<u64>,
        #[serde(borrow)]
        state: Option<&'a RawValue>,
    }
    let marked: Marked<'_> = serde_json::from_str(text).map_err(|error| {
        // Of another form is no snapshot; cut short is one that was.
        if error.is_data() { DamagedSnapshot::NotASnapshot } else { damage(&error, text, text) }
    })?;
    let of_this_program = marked.format.is_some_and(|format| format.get() == format!("\"{FORMAT}\""));
    match (of_this_program, marked.version, marked.state) {
        (true, Some(version), Some(state)) if version == u64::from(VERSION) => {
            serde_json::from_str(state.get()).map_err(|error| damage(&error, state.get(), text))
        }
        (true, Some(got), _) if got != u64::from(VERSION) => Err(DamagedSnapshot::Version { got }),
        _ => Err(DamagedSnapshot::NotASnapshot),
    }
}

/// A part of a state, on its own: for what is kept piece by piece beside a text that [`write`] marked.
pub fn write_part<T: Serialize>(part: &T) -> String {
    serde_json::to_string(part).unwrap_or_default()
}

/// The part of a text that [`write_part`] made.
pub fn read_part<T: DeserializeOwned>(text: &str) -> Result<T, DamagedSnapshot> {
    serde_json::from_str(text).map_err(|error| damage(&error, text, text))
}

/// An error in a part of the text, with its place in the whole.
fn damage(error: &serde_json::Error, part: &str, text: &str) -> DamagedSnapshot {
    let problem = error.to_string();
    let problem = problem.split(" at line ").next().unwrap_or_default().to_owned();
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count().saturating_add(error.line());
    let offset =
        if error.line() > 1 { 0 } else { before.len().saturating_sub(before.rfind('\n').map_or(0, |at| at + 1)) };
    DamagedSnapshot::Unreadable { problem, line, column: error.column().saturating_add(offset) }
}

const FORMAT: &str = "kms-playground world";
