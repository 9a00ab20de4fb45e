//! The walks through services, played: each move is a step of the history like any other.

use serde_json::Value;

use crate::{
    arn::{AliasName, Region},
    estate::principal::Caller,
    services::{
        Service, ServiceRequest,
        tour::{Deed, Move},
    },
    timeline::{StepResult, Timeline},
};

/// Makes one move. Whether there was somebody to make it, and a key to make it with.
pub fn play(timeline: &mut Timeline, service: &Service, next: &Move) -> bool {
    let Some(caller) = who(timeline, next.who) else { return false };
    match next.deed {
        Deed::Ask(operation, body) => return ask(timeline, caller, service.name, operation, body),
        Deed::AskOther(service, operation, body) => return ask(timeline, caller, service, operation, body),
        Deed::AskKms(operation, body) => {
            let Some(body) = filled(timeline, body) else { return false };
            timeline.call(caller, Region::US_EAST_1, operation, body);
        }
        Deed::Wait(span) => {
            let Ok(span) = span.parse() else { return false };
            timeline.advance(span);
        }
    }
    true
}

fn ask(timeline: &mut Timeline, caller: Caller, service: &str, operation: &str, body: &str) -> bool {
    let Some(body) = filled(timeline, body) else { return false };
    let (service, operation) = (service.to_owned(), operation.to_owned());
    timeline.serve(ServiceRequest { caller, region: Region::US_EAST_1, service, operation, body });
    true
}

/// Who makes a move: the first of that name in the world.
pub fn who(timeline: &Timeline, name: &str) -> Option<Caller> {
    let named = |caller: &Caller| caller.short_name().rsplit('/').next() == Some(name);
    timeline.world().estate.callers().into_iter().find(named)
}

fn filled(timeline: &Timeline, body: &str) -> Option<String> {
    const PLACE: &str = "$orders";
    let body = with_answers(timeline, body);
    if !body.contains(PLACE) {
        return Some(body);
    }
    let name: AliasName = "alias/orders".parse().ok()?;
    let world = timeline.world();
    let key = world.keys().find(|key| world.aliases_of(key.arn).any(|alias| *alias == name))?;
    Some(body.replace(PLACE, &key.arn.to_string()))
}

/// With what services answered last in place of its name, for example `$VolumeId`.
fn with_answers(timeline: &Timeline, body: &str) -> String {
    let mut body = body.to_owned();
    for step in timeline.steps().iter().take(timeline.cursor()).rev() {
        let StepResult::Served(answer) = &step.result else { continue };
        let members = answer.as_ref().as_ref().ok().and_then(Value::as_object);
        for (name, value) in members.into_iter().flatten() {
            if let Some(text) = value.as_str() {
                body = body.replace(&format!("${name}"), text);
            }
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{entropy::Seed, services::SERVICES};

    #[test]
    fn every_walk_goes_as_it_is_told_and_reads_the_same_after_a_restore() {
        for service in SERVICES {
            assert!(service.tour.len() > 3, "{}", service.name);
            let mut timeline = Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
            for (nth, next) in service.tour.iter().enumerate() {
                assert!(play(&mut timeline, service, next), "{} {nth}", service.name);
                let step = timeline.last().unwrap();
                let told = serde_json::to_string(&*step.flow).unwrap();
                assert_eq!(step.refused(), next.refused, "{} {nth}: {} {told}", service.name, next.about);
            }
            let text = timeline.snapshot();
            let restored = Timeline::restore(&text).unwrap();
            assert_eq!(restored.snapshot(), text, "{}", service.name);
            assert_eq!(restored.checkpoint(), timeline.checkpoint(), "{}", service.name);
        }
    }
}
