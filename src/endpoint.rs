//! AWS JSON 1.1 in, AWS JSON 1.1 out: the pipeline around the operations.
//!
//! INVARIANT: the only place that knows `__type`, status codes and AWS's sentences.

pub mod audit;
pub mod bus;
pub mod fault;
pub mod frame;
pub mod http;
pub mod model;
pub mod outcome;
pub mod presigned;
pub mod render;
pub mod shape;
pub mod sigv4;

pub use outcome::Outcome;

use serde::{Deserialize, Serialize};

use crate::{
    arn::{Region, RequestId},
    crypto::step::Trace,
    endpoint::fault::Fault,
    estate::principal::{Caller, Forwarding},
    kms::World,
    ops::{
        call::Call,
        refusal::Refusal,
        stage::{Stage, StageRecord, StageResult},
        table,
    },
};

/// One request as it comes over the wire, signature already checked: who asks, where, and what.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Request {
    pub caller: Caller,
    pub region: Region,
    /// The header `X-Amz-Target`, for example `TrentService.Encrypt`.
    pub target: String,
    /// JSON text.
    pub body: String,
    /// How it came about, where a service sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarding: Option<Forwarding>,
}

impl Request {
    /// A request for the operation of that name.
    pub fn new(caller: Caller, region: Region, operation: &str, body: impl Into<String>) -> Self {
        Self {
            caller,
            region,
            target: format!("{}{operation}", frame::TARGET_PREFIX),
            body: body.into(),
            forwarding: None,
        }
    }
}

/// Whether an outcome explains itself. Explaining costs time; a load test wants none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracing {
    On,
    Off,
}

/// Answers one request. A refused request leaves the world as it was, but it counts.
///
/// `serial` makes the request id: a different number, a different id.
pub fn call(world: &mut World, request: &Request, serial: u64, tracing: Tracing) -> Outcome {
    let mut draft = world.clone();
    let trace = if tracing == Tracing::On { Trace::on() } else { Trace::off() };
    let mut call = Call::new(&mut draft, &request.caller, request.region, serial, trace);
    call.body = &request.body;
    call.forwarding = request.forwarding.as_ref();
    let answered = answer(request, &mut call);
    let Call { trace, events, mut decisions, mut stages, charged, .. } = call;
    let (response, fault) = match answered {
        Ok(body) => {
            let note = if trace.is_on() { commit_note(events.len()) } else { String::new() };
            stages.push(StageRecord { stage: Stage::Commit, result: StageResult::Passed, note });
            (outcome::Response { status: 200, body }, None)
        }
        Err(refusal) => {
            let operation = frame::operation_of(&request.target);
            let fault = Fault::new(&refusal, operation);
            refuse(&mut stages, &fault);
            if let Refusal::Denied(decision) = refusal {
                decisions.push(*decision);
            }
            (fault.response(), Some(fault))
        }
    };
    let outcome = Outcome {
        request_id: RequestId::new(draft.entropy.label(serial)),
        at: world.now,
        response,
        events: if fault.is_some() { Vec::new() } else { events },
        fault,
        stages,
        charged,
        decisions,
        crypto: trace.into_steps(),
    };
    match &outcome.fault {
        None => *world = draft,
        Some(_) => world.count_as(draft),
    }
    outcome
}

fn answer(request: &Request, call: &mut Call<'_>) -> Result<String, Refusal> {
    let frame = frame::parse(request, &call.world.estate)?;
    call.pass(Stage::Frame, || format!("{} asks for {}", request.caller, frame.operation));
    let model = model::operation(frame.operation)
        .ok_or_else(|| Refusal::UnknownOperation { target: request.target.clone() })?;
    let entry = table::find(frame.operation)
        .ok_or_else(|| Refusal::NotInThisBuild { what: format!("operation {}", frame.operation) })?;
    call.pass(Stage::Operation, || frame.operation.to_owned());
    let mut members = frame.members;
    let ignored = shape::check(&mut members, model)?;
    call.pass(Stage::Shape, || match ignored.as_slice() {
        [] => "every member fits the API model".to_owned(),
        names => format!("fits the API model; ignored, as AWS does: {}", names.join(", ")),
    });
    (entry.invoke)(members, call)
}

/// Marks the stage after the last passed one as refused and the rest as skipped.
fn refuse(stages: &mut Vec<StageRecord>, fault: &Fault) {
    for stage in Stage::ALL.into_iter().skip(stages.len()) {
        let first = stages.iter().all(|record| record.result == StageResult::Passed);
        let (result, note) =
            if first { (StageResult::Refused, fault.kind.to_owned()) } else { (StageResult::Skipped, String::new()) };
        stages.push(StageRecord { stage, result, note });
    }
}

fn commit_note(events: usize) -> String {
    match events {
        0 => "nothing to change but the random stream".to_owned(),
        1 => "1 event".to_owned(),
        count => format!("{count} events"),
    }
}
