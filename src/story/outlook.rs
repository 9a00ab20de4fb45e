//! What goes on working without a key: what services did before is done again, in a draft of the world without it.

use std::collections::BTreeSet;

use crate::{
    arn::KeyArn,
    clock::Span,
    kms::KeyState,
    lang::tr,
    services::{self, FlowStep, ServiceError, ServiceRequest, flow},
    timeline::{Input, Step, StepResult, Timeline},
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
        let Input::Serve(request) = &step.input else { continue };
        let tried = failure(step).is_none() && uses_key(&step.flow, key) && !found.contains(request);
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
    failure(&draft.serve(request.clone())).is_none()
}

/// Whether KMS was asked about the key, or something was sealed or opened with what it has in memory or of its own.
fn uses_key(flow: &[FlowStep], key: KeyArn) -> bool {
    let of_key = key.to_string();
    let mut decided = flow::kms_calls(flow).flat_map(|call| &call.outcome.decisions);
    decided.any(|decision| decision.resource == of_key)
        || flow.iter().any(|step| matches!(step, FlowStep::Crypto { .. })) && flow::kms_calls(flow).next().is_none()
}

/// Why a request to a service came to nothing, at once or after it was taken on.
pub fn failure(step: &Step) -> Option<ServiceError> {
    let (Input::Serve(request), StepResult::Served(answer)) = (&step.input, &step.result) else { return None };
    services::failure(&step.cloud, request, answer)
}

fn outlook(without: &Timeline, request: &ServiceRequest) -> Line {
    let what = tr!(
        "{service} {operation} as {caller}",
        service = request.service,
        operation = request.operation,
        caller = request.caller.short_name()
    );
    let mut worked_after = None;
    for span in TRIED {
        let mut draft = without.clone();
        if span != Span::ZERO {
            draft.advance(span);
        }
        if let Some(error) = failure(&draft.serve(request.clone())) {
            return Line { what, worked_after, stopped_after: Some(span), error: Some(error) };
        }
        worked_after = Some(span);
    }
    Line { what, worked_after, stopped_after: None, error: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{entropy::Seed, services::SERVICES, story::tours};

    /// What stops without alias/orders after the first moves of a service's walk, each line in words.
    #[track_caller]
    fn check(service: &str, moves: usize, lines: &[&str]) {
        let mut timeline = Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
        let service = SERVICES.iter().find(|known| known.name == service).unwrap();
        for next in &service.tour[..moves] {
            assert!(tours::play(&mut timeline, service, next));
        }
        let orders = timeline.world().keys().find(|key| &*key.description == "orders").unwrap().arn;
        let told = without(&timeline, orders);
        let in_words = |line: &Line| match (line.worked_after, line.stopped_after, &line.error) {
            (None, Some(_), Some(error)) => format!("{}: stops at once, {}", line.what, error.code),
            (Some(_), Some(by), Some(error)) => format!("{}: stops by {by}, {}", line.what, error.code),
            _ => format!("{}: goes on", line.what),
        };
        assert_eq!(told.iter().map(in_words).collect::<Vec<_>>(), lines, "{}", service.name);
    }

    #[test]
    fn what_stops_without_a_key_is_told_with_its_time() {
        check(
            "s3",
            3,
            &[
                "s3 PutObject as user/Developer: stops at once, KMS.DisabledException",
                "s3 GetObject as user/Developer: stops at once, KMS.DisabledException",
            ],
        );
        check(
            "kinesis",
            6,
            &[
                "kinesis StartStreamEncryption as user/Developer: stops at once, KMSDisabledException",
                "kinesis PutRecord as user/Developer: stops by 5m, KMSDisabledException",
                "kinesis PutRecord as user/Developer: stops by 5m, KMSDisabledException",
                "kinesis GetRecords as role/OrdersApp: stops by 5m, KMSDisabledException",
            ],
        );
        // A query that fails was started all the same.
        check(
            "athena",
            7,
            &[
                "s3 PutObject as user/Developer: stops at once, KMS.DisabledException",
                "s3 PutObject as user/Developer: stops at once, KMS.DisabledException",
                "athena StartQueryExecution as user/Developer: stops at once, FAILED",
                "athena StartQueryExecution as user/Developer: stops at once, FAILED",
            ],
        );
    }
}
