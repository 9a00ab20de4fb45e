//! What came of something asked of a service, step by step.

use std::{borrow::Cow, collections::BTreeMap, fmt, rc::Rc};

use serde::Serialize;
use serde_json::Value;

use crate::{
    arn::RequestId,
    clock::Timestamp,
    crypto::step::CryptoStep,
    endpoint::{
        Outcome, Request,
        audit::{self, Record},
        fault::Fault,
    },
    estate::principal::Caller,
    kms::{
        World,
        price::{MicroDollars, Priced},
        rate::RequestQuota,
        throttle::Payer,
    },
    lang::Message,
};

use super::Service;

/// What a service answered, and how it came to that.
#[derive(Clone, Serialize)]
pub struct Served {
    pub answer: Result<Value, ServiceError>,
    pub flow: Vec<FlowStep>,
}

/// One thing that happened on the way.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FlowStep {
    /// KMS was asked.
    Kms(Box<KmsCall>),
    /// Something was encrypted or decrypted outside KMS.
    Crypto {
        /// Who did it, for example `Amazon S3`.
        by: &'static str,
        what: Message,
        step: CryptoStep,
    },
    /// Anything else, in words.
    Fact { by: &'static str, what: Message },
}

/// One request to KMS, with its whole outcome.
#[derive(Clone, Serialize)]
pub struct KmsCall {
    /// The service for whose work it is, for example `Amazon S3`.
    pub by: &'static str,
    /// What for, for example `a data key for this object`.
    pub why: Message,
    pub request: Request,
    pub outcome: Rc<Outcome>,
    #[serde(skip)]
    pub serial: u64,
    /// When the same was asked again, with the same result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<Again>,
}

/// A request to KMS that is like an earlier one in all but what it names.
#[derive(Clone, Serialize)]
pub struct Again {
    pub at: Timestamp,
    pub id: RequestId,
    #[serde(skip)]
    pub serial: u64,
    /// JSON text.
    pub body: String,
}

impl KmsCall {
    /// What CloudTrail would keep of it and of those like it.
    pub fn records(&self, world: &World) -> Vec<Record> {
        let mut records = audit::of_request(&self.request, &self.outcome, world, self.serial);
        for again in &self.again {
            let request = Request { body: again.body.clone(), ..self.request.clone() };
            let outcome = Outcome { at: again.at, request_id: again.id, ..Outcome::clone(&self.outcome) };
            records.extend(audit::of_request(&request, &outcome, world, again.serial));
        }
        records
    }
}

impl FlowStep {
    /// Who did it, for example `Amazon S3`.
    pub fn by(&self) -> &'static str {
        match self {
            Self::Kms(call) => call.by,
            Self::Crypto { by, .. } | Self::Fact { by, .. } => by,
        }
    }
}

/// The calls to KMS in a flow, in order.
pub fn kms_calls(flow: &[FlowStep]) -> impl Iterator<Item = &KmsCall> {
    flow.iter().filter_map(|step| if let FlowStep::Kms(call) = step { Some(&**call) } else { None })
}

/// What a month with these requests alone would cost beyond the free tier. Those that KMS refused are free here, and so are
/// CloudTrail's own, as AWS says.
pub fn price(flow: &[FlowStep]) -> MicroDollars {
    let by_cloudtrail =
        |call: &KmsCall| matches!(&call.request.caller, Caller::Service { name, .. } if &**name == CLOUDTRAIL);
    let charged = kms_calls(flow).filter(|call| call.outcome.fault.is_none() && !by_cloudtrail(call));
    // Services take symmetric encryption keys alone.
    charged.map(|_| Priced::Symmetric.each()).sum()
}

const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";

/// How many requests count in which quota. None where the world does not count them.
pub fn counted(flow: &[FlowStep]) -> BTreeMap<(Payer, RequestQuota), u64> {
    let mut counted = BTreeMap::new();
    for call in kms_calls(flow) {
        let times = u64::try_from(call.again.len()).unwrap_or(u64::MAX).saturating_add(1);
        for charged in &call.outcome.charged {
            let requests: &mut u64 = counted.entry((charged.payer, charged.quota)).or_default();
            *requests = requests.saturating_add(u64::from(charged.requests).saturating_mul(times));
        }
    }
    counted
}

/// A service refuses, as its users see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceError {
    /// For example `KMS.DisabledException`.
    pub code: Cow<'static, str>,
    pub status: u16,
    pub message: String,
}

impl ServiceError {
    pub fn new(code: impl Into<Cow<'static, str>>, status: u16, message: impl Into<String>) -> Self {
        Self { code: code.into(), status, message: message.into() }
    }

    /// A parameter is missing, of the wrong type or unknown.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new("InvalidArgument", 400, message)
    }

    pub(super) fn no_service(name: &str) -> Self {
        let known: Vec<&str> = super::SERVICES.iter().map(|service| service.name).collect();
        Self::new("UnknownService", 400, format!("There is no service {name}. There are: {}.", known.join(", ")))
    }

    pub(super) fn no_operation(service: &Service, name: &str) -> Self {
        let known: Vec<&str> = service.operations.iter().map(|operation| operation.name).collect();
        let message = format!("{} has no operation {name} here. It has: {}.", service.title, known.join(", "));
        Self::new("UnknownOperation", 400, message)
    }

    /// What KMS answered does not have the form it always has.
    pub fn internal() -> Self {
        Self::new("InternalError", 500, "We encountered an internal error. Please try again.")
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ServiceError {}

/// The sentence in which a service passes on what KMS answered.
pub fn sentence(fault: &Fault) -> String {
    fault.message.clone().unwrap_or_else(|| fault.kind.to_owned())
}
