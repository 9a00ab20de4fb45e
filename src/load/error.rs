//! What may be wrong with a lab, as facts.

use std::fmt;

use super::traffic::MOST_LOOKED_INTO;

/// Why there is nothing to measure.
#[derive(Debug)]
pub enum LabError {
    /// It is not JSON of the right form; the error has line and column.
    Json(serde_json::Error),
    /// A recording cannot be read. Lines and columns are counted from 1, columns in bytes.
    Recording { line: u32, column: u32, problem: Unreadable },
    /// A number is not among those that are possible.
    Range { member: &'static str, least: u32, most: u32 },
    /// `cut` is the name, shortened.
    Operation { cut: String },
    /// Keys of that spec cannot do it, or none was given where it decides.
    Spec { operation: &'static str },
    /// It counts in two Regions at once, and the other was not named.
    TwoRegions { operation: &'static str },
    /// It counts in one Region alone, and another was named.
    OneRegion { operation: &'static str },
    /// No key in a custom key store can do it.
    KeyStore { operation: &'static str },
    /// A quota that was increased is less than before.
    NoIncrease { usual: String },
    /// AWS does not change it.
    Fixed,
    /// Nobody sends anything.
    NobodySends,
    /// Operations contend for several quotas, in other numbers every second, for longer than can be counted at once.
    TooMixed,
}

/// What is wrong at a place of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    Empty,
    TooLong {
        most_bytes: u32,
    },
    /// Neither digits alone, nor the heading of the first line.
    NotAWholeNumber,
    TooLarge {
        most: u32,
    },
    /// More than `second,requests`.
    TooManyColumns,
    /// A second is not later than the one before.
    NotLater,
    TooLate {
        most_seconds: u32,
    },
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "not a lab: {error}"),
            Self::Recording { line, column, problem } => {
                write!(f, "the recording, line {line} column {column}: {problem}")
            }
            Self::Range { member, least, most } => write!(f, "`{member}` is not from {least} to {most}"),
            Self::Operation { cut } => write!(
                f,
                "`{cut}` is no operation, expected one of KMS such as `Decrypt`, or `s3:GetObject` or `s3:PutObject`"
            ),
            Self::Spec { operation } => write!(f, "`{operation}` is not possible with keys of that `keySpec`"),
            Self::TwoRegions { operation } => {
                write!(f, "`{operation}` counts in two Regions, expected another than the lab's as `toRegion`")
            }
            Self::OneRegion { operation } => write!(f, "`{operation}` counts in one Region alone, got a `toRegion`"),
            Self::KeyStore { operation } => {
                write!(f, "`{operation}` is not possible in a custom key store with that `keySpec`, got a `keyStore`")
            }
            Self::NoIncrease { usual } => {
                write!(f, "`increase.perSecond` is no more than the {usual} that there are without it")
            }
            Self::Fixed => f.write_str("that quota is fixed: AWS increases it for nobody"),
            Self::TooMixed => write!(
                f,
                "operations contend for several quotas in other numbers every second, which is counted for at most \
                 {MOST_LOOKED_INTO} such seconds; shorten `seconds`, or let the same number come every second"
            ),
            Self::NobodySends => f.write_str("`mix` is empty, or all its weights are 0"),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no number of requests, expected one a line"),
            Self::TooLong { most_bytes } => write!(f, "more than {most_bytes} bytes"),
            Self::NotAWholeNumber => f.write_str("not a whole number, expected digits alone"),
            Self::TooLarge { most } => write!(f, "more than {most} requests in a second"),
            Self::TooManyColumns => f.write_str("a column too many, expected `requests` or `second,requests`"),
            Self::NotLater => f.write_str("a second that is not later than the one before"),
            Self::TooLate { most_seconds } => write!(f, "later than {most_seconds} seconds"),
        }
    }
}

impl std::error::Error for LabError {}
