//! Everything that a person has, as one file: all their worlds with their histories, and what else is kept beside them.
//!
//! It holds key material in the clear. What the settings mean is not known here.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::lang::tr;

/// The version this build writes, and the latest that it reads.
pub const VERSION: u32 = 1;

const FORMAT: &str = "kms-playground worlds";

/// All that a file holds.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Bundle {
    pub worlds: Vec<Bundled>,
    /// What is kept beside the worlds, by name.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

/// A world as [`crate::timeline::Timeline::resume`] takes it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Bundled {
    pub name: String,
    pub beginning: String,
    pub steps: Vec<String>,
    pub cursor: u32,
    /// The keys that would take long to make again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_keys: Option<String>,
}

/// A file that holds no worlds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DamagedBundle {
    NotOne,
    Version {
        got: u32,
    },
    /// Line and column are counted from 1.
    Unreadable {
        problem: String,
        line: u64,
        column: u64,
    },
}

impl fmt::Display for DamagedBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOne => f.write_str(tr!("this is no file with worlds of the KMS Playground")),
            Self::Version { got } => f.write_str(&tr!(
                "the file has format version {got}, this build reads up to {newest}: reload the page to get the latest",
                got,
                newest = VERSION
            )),
            Self::Unreadable { problem, line, column } => f.write_str(&tr!(
                "the file is damaged at line {line}, column {column}: {problem}",
                line,
                column,
                problem
            )),
        }
    }
}

impl std::error::Error for DamagedBundle {}

impl Bundle {
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Marked<'a> {
            format: &'static str,
            version: u32,
            #[serde(flatten)]
            bundle: &'a Bundle,
        }
        serde_json::to_string(&Marked { format: FORMAT, version: VERSION, bundle: self }).unwrap_or_default()
    }

    /// # Errors
    ///
    /// When the text is no such file, of a later version, or damaged.
    pub fn from_json(text: &str) -> Result<Self, DamagedBundle> {
        #[derive(Deserialize)]
        struct Mark {
            format: Option<String>,
            version: Option<u32>,
        }
        let mark: Mark = serde_json::from_str(text).map_err(|error| damage(&error))?;
        match (mark.format.as_deref(), mark.version) {
            (Some(FORMAT), Some(1..=VERSION)) => serde_json::from_str(text).map_err(|error| damage(&error)),
            (Some(FORMAT), Some(got)) => Err(DamagedBundle::Version { got }),
            (_, _) => Err(DamagedBundle::NotOne),
        }
    }
}

fn damage(error: &serde_json::Error) -> DamagedBundle {
    let problem = error.to_string();
    let problem = problem.split(" at line ").next().unwrap_or_default().to_owned();
    let place = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    DamagedBundle::Unreadable { problem, line: place(error.line()), column: place(error.column()) }
}
