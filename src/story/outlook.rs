//! What goes on working without a key: what services did before is done again, in a draft of the world without it.

use std::collections::BTreeSet;

use crate::{
    arn::KeyArn,
    clock::Span,
    kms::KeyState,
    services::{FlowStep, ServiceError, ServiceRequest, flow},
    timeline::{Input, StepResult, Timeline},
};

/// One thing that was done before.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// For example `s3 GetObject as user/Developer`.
    pub what: String,
    /// When it worked last; nothing where it stops at once.
    pub worked_after: Option<Span>,
    /// When it had stopped, and so by when it does at the latest. Absent like the error.
    pub stopped_after: Option<Span>,
    /// What its user sees then. Absent where it still works after the longest time that is tried.
    pub error: Option<ServiceError>,
}

/// When it is tried again.
const TRIED: [Span; 7] =
    [Span::ZERO, Span::minutes(5), Span::minutes(6), Span::hours(1), Span::hours(3), Span::days(2), Span::days(9)];

/// The keys that services have asked for so far, by way of KMS.
pub fn keys(timeline: &Timeline) -> BTreeSet<KeyArn> {
    let behind = timeline.steps().get(..timeline.cursor()).unwrap_or_default();
    let decided = behind.iter().flat_map(|step| flow::kms_calls(&step.flow)).flat_map(|call| &call.outcome.decisions);
    decided.filter_map(|decision| decision.resource.parse().ok()).collect()
}

/// Disables a key, or enables it again, as somebody of its account may. Whether that could be.
pub fn switch(timeline: &mut Timeline, key: KeyArn, on: bool) -> bool {
    let operation = if on { "EnableKey" } else { "DisableKey" };
    let body = format!(r#"{{"KeyId": "{}"}}"#, key.id);
    let here = timeline.cursor();
    for caller in timeline.world().estate.callers().into_iter().filter(|caller| caller.account() == key.account) {
        let outcome = timeline.call(caller, key.region, operation, body.clone());
        if outcome.fault.is_none() {
            return true;
        }
        timeline.go_to(here);
    }
    false
}

/// Everything that was done before with a key, tried again without it.
pub fn without(timeline: &Timeline, key: KeyArn) -> Vec<Line> {
    let mut draft = timeline.clone();
    let enabled = draft.world().key(&key).is_some_and(|key| key.state == KeyState::Enabled);
    if enabled && !switch(&mut draft, key, false) {
        return Vec::new();
    }
    uses(timeline, key).into_iter().map(|request| outlook(&draft, &request)).collect()
}

/// The requests to services that went well and have to do with a key, each once.
fn uses(timeline: &Timeline, key: KeyArn) -> Vec<ServiceRequest> {
    let behind = timeline.steps().get(..timeline.cursor()).unwrap_or_default();
    let mut found: Vec<ServiceRequest> = Vec::new();
    for (nth, step) in behind.iter().enumerate() {
        let (Input::Serve(request), StepResult::Served(answer)) = (&step.input, &step.result) else { continue };
        let tried = answer.is_ok() && uses_key(&step.flow, key) && !found.contains(request);
        if tried && goes_twice(timeline, nth, request) {
            found.push(request.clone());
        }
    }
    found
}

/// Whether what was done in a step can be done again at once. What made or attached something cannot, with or without a
/// key.
fn goes_twice(timeline: &Timeline, nth: usize, request: &ServiceRequest) -> bool {
    let mut draft = timeline.clone();
    draft.go_to(nth + 1);
    !draft.serve(request.clone()).refused()
}

/// Whether KMS was asked about the key, or something was sealed or opened with what it has in memory or of its own.
fn uses_key(flow: &[FlowStep], key: KeyArn) -> bool {
    let of_key = key.to_string();
    let mut decided = flow::kms_calls(flow).flat_map(|call| &call.outcome.decisions);
    decided.any(|decision| decision.resource == of_key)
        || flow.iter().any(|step| matches!(step, FlowStep::Crypto { .. })) && flow::kms_calls(flow).next().is_none()
}

fn outlook(without: &Timeline, request: &ServiceRequest) -> Line {
    let what = format!("{} {} as {}", request.service, request.operation, request.caller.short_name());
    let mut worked_after = None;
    for span in TRIED {
        let mut draft = without.clone();
        if span != Span::ZERO {
            draft.advance(span);
        }
        let step = draft.serve(request.clone());
        if let StepResult::Served(answer) = &step.result
            && let Err(error) = &**answer
        {
            return Line { what, worked_after, stopped_after: Some(span), error: Some(error.clone()) };
        }
        worked_after = Some(span);
    }
    Line { what, worked_after, stopped_after: None, error: None }
}
