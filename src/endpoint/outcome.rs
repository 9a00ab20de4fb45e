//! Everything a view may show of one request.

use serde::Serialize;

use crate::{
    arn::RequestId,
    authz::decision::Decision,
    clock::Timestamp,
    crypto::step::CryptoStep,
    endpoint::fault::Fault,
    kms::{Event, throttle::Charged},
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
    /// Always all eleven, in order.
    pub stages: Vec<StageRecord>,
    /// What it counted as. Empty where requests are not counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub charged: Vec<Charged>,
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
