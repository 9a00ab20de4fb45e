//! The path of a request, as data: which stages it passed and where it stopped.

use serde::Serialize;

use crate::lang::msg;

/// A stage every request goes through, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Stage {
    /// Who asks, and which operation the request names.
    Frame,
    /// Whether there is such an operation.
    Operation,
    /// Members, lengths, patterns and enumerations against the API model.
    Shape,
    /// The typed request.
    Parse,
    /// Key ids, ARNs and aliases to things that exist.
    Resolve,
    /// Whether the account may send another request now.
    Throttle,
    /// Every policy that applies.
    Authorize,
    /// Whether the key's state allows it.
    State,
    /// Whether the key is made for it.
    Usage,
    /// The operation itself; a dry run ends here.
    Run,
    /// The new world takes the place of the old.
    Commit,
}

impl Stage {
    pub const ALL: [Self; 11] = [
        Self::Frame,
        Self::Operation,
        Self::Shape,
        Self::Parse,
        Self::Resolve,
        Self::Throttle,
        Self::Authorize,
        Self::State,
        Self::Usage,
        Self::Run,
        Self::Commit,
    ];

    /// For example `authorize`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Frame => msg!("frame"),
            Self::Operation => msg!("operation"),
            Self::Shape => msg!("shape"),
            Self::Parse => msg!("parse"),
            Self::Resolve => msg!("resolve"),
            Self::Throttle => msg!("throttle"),
            Self::Authorize => msg!("authorize"),
            Self::State => msg!("state"),
            Self::Usage => msg!("usage"),
            Self::Run => msg!("run"),
            Self::Commit => msg!("commit"),
        }
    }
}

/// How one stage ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageRecord {
    pub stage: Stage,
    pub result: StageResult,
    /// What the stage found out, in a few words. Empty with tracing off.
    pub note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum StageResult {
    Passed,
    Refused,
    /// An earlier stage refused.
    Skipped,
}
