//! What is tried again and again in vain: the first time is told, and of the others how often and until when.

use crate::{arn::RequestId, clock::Timestamp, lang::message};

use super::{FlowStep, flow::Again};

/// What services did by themselves at one moment.
pub struct Moment {
    pub at: Timestamp,
    pub flow: Vec<FlowStep>,
    /// Whether something was tried that failed and will be tried again.
    pub in_vain: bool,
}

/// The moments of a span of time, in order.
#[derive(Default)]
pub struct Moments {
    parts: Vec<Part>,
    /// Where those begin that were in vain without one between them that was not.
    in_vain_since: usize,
}

struct Part {
    flow: Vec<FlowStep>,
    /// How often the same came again, and when it last did.
    again: u32,
    last: Timestamp,
}

impl Moments {
    pub fn add(&mut self, moment: Moment) {
        let Moment { at, flow, in_vain } = moment;
        if flow.is_empty() {
            return;
        }
        let in_vain_so_far = self.parts.get_mut(self.in_vain_since..).unwrap_or_default();
        let same = in_vain_so_far.iter_mut().find(|part| in_vain && are_alike(&part.flow, &flow));
        if let Some(part) = same {
            part.again = part.again.saturating_add(1);
            part.last = at;
            for (first, again) in part.flow.iter_mut().zip(flow) {
                if let (FlowStep::Kms(first), FlowStep::Kms(again)) = (first, again) {
                    let id: RequestId = again.outcome.request_id;
                    first.again.push(Again { at, id, serial: again.serial, body: again.request.body });
                }
            }
            return;
        }
        self.parts.push(Part { flow, again: 0, last: at });
        if !in_vain {
            self.in_vain_since = self.parts.len();
        }
    }

    /// Everything in order, with a word about what came again.
    pub fn into_flow(self) -> Vec<FlowStep> {
        let told = |part: Part| {
            let by = part.flow.last().map_or("", FlowStep::by);
            let (times, last) = (part.again, part.last);
            let what = if times == 1 {
                message!("That was tried once more and came to the same, at {last}.", last)
            } else {
                message!(
                    "That was tried {times} times more and came to the same, the last time at {last}.",
                    times,
                    last
                )
            };
            let again = (part.again > 0).then_some(FlowStep::Fact { by, what });
            part.flow.into_iter().chain(again)
        };
        self.parts.into_iter().flat_map(told).collect()
    }
}

fn are_alike(one: &[FlowStep], other: &[FlowStep]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_like(one, other))
}

/// Whether the same was done with the same result, whatever it was called.
fn is_like(one: &FlowStep, other: &FlowStep) -> bool {
    match (one, other) {
        (FlowStep::Kms(one), FlowStep::Kms(other)) => {
            let asked = |call: &super::KmsCall| (call.by, call.why.clone(), call.request.target.clone());
            asked(one) == asked(other)
                && one.request.caller == other.request.caller
                && one.request.forwarding == other.request.forwarding
                && one.outcome.fault == other.outcome.fault
        }
        (FlowStep::Crypto { by, what, step }, FlowStep::Crypto { by: other_by, what: other_what, step: other }) => {
            (by, what, step.succeeded) == (other_by, other_what, other.succeeded)
        }
        (FlowStep::Fact { by, what }, FlowStep::Fact { by: other_by, what: other_what }) => {
            (by, what) == (other_by, other_what)
        }
        (FlowStep::Kms(_) | FlowStep::Crypto { .. } | FlowStep::Fact { .. }, _) => false,
    }
}
