//! Everything a view may show of one request.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    arn::{serde_as_text, uuid_bits, write_uuid},
    authz::decision::Decision,
    clock::Timestamp,
    crypto::step::CryptoStep,
    endpoint::fault::Fault,
    kms::Event,
    ops::stage::StageRecord,
};

/// The answer to one request, and how it came about.
#[derive(Clone, Serialize)]
pub struct Outcome {
    /// The header `x-amzn-RequestId`.
    pub request_id: RequestId,
    pub at: Timestamp,
    pub response: Response,
    /// Absent on success.
    pub fault: Option<Fault>,
    /// Always all ten, in order.
    pub stages: Vec<StageRecord>,
    /// One per permission decided, the refused one last.
    pub decisions: Vec<Decision>,
    /// What was drawn, derived, sealed and opened, in order.
    pub crypto: Vec<CryptoStep>,
    /// What happened to keys, aliases and grants.
    pub events: Vec<Event>,
}

/// Status and body as they go over the wire.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Response {
    pub status: u16,
    /// JSON text, or empty where the operation has no output.
    pub body: String,
}

/// A UUID that names one request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId(u128);

impl RequestId {
    pub(super) fn new(bytes: [u8; 16]) -> Self {
        Self(uuid_bits(bytes))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_uuid(f, self.0)
    }
}

impl std::str::FromStr for RequestId {
    type Err = crate::arn::NotAName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = crate::arn::NotAName { expected: "a request id" };
        u128::from_str_radix(&text.replace('-', ""), 16).map(Self).map_err(|_| wrong)
    }
}

serde_as_text!(RequestId);
