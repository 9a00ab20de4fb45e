//! What can be wrong with an envelope, as facts, and the sentence for each.

use std::fmt;

use super::header::{HEADER_LIMIT, InvalidMember};

/// Why a file does not open as an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DamagedEnvelope {
    /// It starts with other bytes than the magic.
    NotAnEnvelope,
    /// It is of a version that this program does not know.
    NewerVersion { version: u64 },
    /// The header claims a length above the limit, in bytes.
    HeaderTooLong { length: u32 },
    /// Of the `needs` bytes before the first chunk there are only `got`. With more of the file at hand, ask again.
    HeaderCutShort { needs: u64, got: u64 },
    /// The header is not one JSON object; line and column count from 1.
    HeaderNotJson { line: u64, column: u64 },
    /// The header lacks a member.
    MissingMember { member: &'static str },
    /// The header has a member twice.
    RepeatedMember { member: String },
    /// The header has a member that version 1 does not have.
    UnknownMember { member: String },
    /// A member of the header has a value that it cannot have.
    InvalidMember(InvalidMember),
    /// The file has `got` bytes where header and chunks have `expected`.
    FileLength { expected: u64, got: u64 },
    /// The tag of a chunk does not verify. `chunk` counts from 0; it takes the bytes from `start` up to before `end`.
    NotAuthentic { chunk: u32, start: u64, end: u64 },
}

impl fmt::Display for DamagedEnvelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnEnvelope => f.write_str(
                "not an envelope file: its first 8 bytes are not `KMSENV1` and a line feed; choose a file that this \
                 page or a lesson made",
            ),
            Self::NewerVersion { version } => write!(
                f,
                "an envelope of version {version}, expected version 1; open it with the newer playground that made it"
            ),
            Self::HeaderTooLong { length } => write!(
                f,
                "the header length at bytes 8..12 is damaged: got {length}, expected at most {HEADER_LIMIT}; {AGAIN}"
            ),
            Self::HeaderCutShort { needs, got } => {
                write!(f, "the file ends inside its header: got {got} bytes, expected at least {needs}; {AGAIN}")
            }
            Self::HeaderNotJson { line, column } => write!(
                f,
                "the header, from byte 12 on, is not a JSON object: wrong at line {line}, column {column}; {AGAIN}"
            ),
            Self::MissingMember { member } => write!(f, "the header has no member `{member}`; {AGAIN}"),
            Self::RepeatedMember { member } => {
                write!(f, "the header has the member `{}` twice; {AGAIN}", Excerpt(member))
            }
            Self::UnknownMember { member } => {
                write!(f, "the header has a member `{}` that version 1 does not have; {AGAIN}", Excerpt(member))
            }
            Self::InvalidMember(invalid) => write!(f, "{invalid}; {AGAIN}"),
            Self::FileLength { expected, got } => {
                let how = if got < expected { "was cut short" } else { "has bytes too many" };
                write!(f, "the file {how}: got {got} bytes, expected {expected}; {AGAIN}")
            }
            Self::NotAuthentic { chunk, start, end } => write!(
                f,
                "chunk {} at bytes {start}..{end} is not authentic: the file was changed, or this is not its data key; \
                 check that the data key is the one from its header, else get the file again from where it was kept",
                u64::from(*chunk) + 1
            ),
        }
    }
}

impl std::error::Error for DamagedEnvelope {}

impl From<InvalidMember> for DamagedEnvelope {
    fn from(invalid: InvalidMember) -> Self {
        Self::InvalidMember(invalid)
    }
}

/// The start of a text that a stranger wrote, on one line.
struct Excerpt<'a>(&'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chars = self.0.chars();
        let start: String = chars.by_ref().take(40).collect();
        write!(f, "{}{}", start.escape_debug(), if chars.next().is_some() { "…" } else { "" })
    }
}

const AGAIN: &str = "get the file again from where it was kept";
