//! Holds a lesson against what its file says comes of each step.

use std::fmt::Write as _;

use crate::{
    endpoint::render,
    kms::Event,
    scenario::{
        Deed, Expected, Item, Scenario, Work, reading,
        run::{self, Played, Run, RunError, Shown},
    },
    services,
    timeline::{Step, StepResult},
};

/// The file with what was played in place of what it expects.
pub(super) fn put_into(text: &str, played: &[(&Expected, String)]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept = 0;
    let mut updated = String::with_capacity(text.len());
    let mut keep = |updated: &mut String, to: usize, then: usize| {
        for line in lines.get(kept..to).unwrap_or_default() {
            updated.push_str(line);
            updated.push('\n');
        }
        kept = then;
    };
    for (expected, got) in played {
        keep(&mut updated, expected.lines.start, expected.lines.end);
        updated.push_str(got);
    }
    keep(&mut updated, lines.len(), lines.len());
    updated
}

/// What came of a step: the answer with its reasons, or what happened by itself; and what services did.
pub fn moved(step: &Step) -> String {
    let flow = services::render::flow(&step.flow);
    match &step.result {
        StepResult::Answered(outcome) => render::outcome(outcome) + &flow,
        StepResult::Served(answer) => flow + &services::render::answer(answer),
        StepResult::Passed(happened) if happened.is_empty() && !flow.is_empty() => flow,
        StepResult::Passed(happened) => events(happened) + &flow,
    }
}

/// What happened by itself while time passed.
pub fn events(events: &[Event]) -> String {
    match events {
        [] => "nothing happened by itself\n".to_owned(),
        events => events.iter().map(|event| render::event(event) + "\n").collect(),
    }
}

/// Each stretch of a ciphertext on a line: where it starts, how long it is, its name and its bytes.
pub fn bytes(shown: &Shown) -> String {
    let mut text = String::new();
    for run in &shown.runs {
        let start = usize::try_from(run.start).unwrap_or(usize::MAX);
        let bytes = shown.bytes.iter().skip(start).take(usize::try_from(run.length).unwrap_or(usize::MAX));
        // Writing to a String cannot fail.
        let _ = write!(text, "{:>3} +{:<2} {}:", run.start, run.length, run.name);
        for byte in bytes {
            let _ = write!(text, " {byte:02x}");
        }
        text.push('\n');
    }
    text
}

/// Every expected text of the lesson in the order of the file, with what the run gives instead.
pub(super) fn played(scenario: &Scenario) -> Result<Vec<(&Expected, String)>, RunError> {
    let mut run = Run::new(scenario);
    let mut found = Vec::new();
    for (nth, page) in scenario.pages.iter().enumerate() {
        let played = run.play_to(nth)?;
        for (item, played) in page.items.iter().zip(&played) {
            let expected = match item {
                Item::Call(step) => &step.expect,
                Item::Advance(advance) => &advance.expect,
                Item::Bytes(bytes) => &bytes.expect,
                Item::Load(load) => &load.expect,
                Item::Meters(expect) | Item::Bill(expect) => expect,
                Item::Prose(_)
                | Item::Attach(_)
                | Item::Set(_)
                | Item::Incident(_)
                | Item::Wrap(_)
                | Item::Predict(_)
                | Item::Task(_) => continue,
            };
            let text = match played {
                Played::Moved(step) => moved(step),
                Played::Shown(shown) => bytes(shown),
                Played::Measured(measured) => measured.text(),
                Played::Metered(meters) => reading::meters_text(meters),
                Played::Billed(bill) => bill.text(),
                Played::Nothing | Played::Wrapped(_) => continue,
            };
            found.push((expected, text));
        }
        if let Some(task) = page.task() {
            let steps = run.solve(task)?;
            match &task.work {
                Work::Requests { solution, .. } => {
                    for (deed, step) in solution.iter().zip(&steps) {
                        match deed {
                            Deed::Call(call) => found.push((&call.expect, moved(step))),
                            Deed::Advance(advance) => found.push((&advance.expect, moved(step))),
                            Deed::Attach(_) => {}
                        }
                    }
                }
                Work::Remedies { solution, .. } => {
                    found.push((&solution.expect, run::measure(&solution.traffic)?.text()));
                }
            }
        }
    }
    Ok(found)
}
