//! A lesson as a document that stands alone: every page with its prose, its requests and what came of them, its questions
//! with their answers, its tasks with their solutions. Written as Markdown, as HTML, or by the page.

mod html;
mod markdown;
#[cfg(test)]
mod tests;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use crate::{
    arn::Region,
    endpoint::{Outcome, render},
    lang::tr,
    scenario::{
        Attach, Call, Deed, Goal, Item, Load, OlderTerm, Predict, Probe, Scenario, Task, Work, expect,
        prose::Prose,
        reading::{self, Measured},
        run::{self, Played, Run, RunError},
    },
    services,
    story::{attaching, facts},
    timeline::{Input, Step, StepResult},
};

pub use self::{
    html::{html, list},
    markdown::markdown,
};

/// A lesson that was played to its end.
#[derive(Debug)]
pub struct Transcript<'a> {
    pub title: &'a str,
    pub summary: &'a str,
    /// Where it belongs, how long it takes, and from what its world follows.
    pub about: String,
    pub older_terms: &'a [OlderTerm],
    pub sheets: Vec<Sheet<'a>>,
}

/// A page.
#[derive(Debug)]
pub struct Sheet<'a> {
    pub title: &'a str,
    pub entries: Vec<Entry<'a>>,
}

#[derive(Debug)]
pub enum Entry<'a> {
    Prose(&'a [Prose]),
    /// Over what follows on its page: the task, its hint, its solution.
    Heading(&'static str),
    Question(&'a Predict),
    Happened(Happened),
}

/// Something that was done and what came of it, as texts with labels.
#[derive(Debug, PartialEq, Eq)]
pub struct Happened {
    pub title: String,
    pub texts: Vec<(String, String)>,
}

/// Plays a lesson and writes down everything.
///
/// # Errors
///
/// When a step cannot be played, which the lessons of the course do not know.
pub fn of(scenario: &Scenario) -> Result<Transcript<'_>, RunError> {
    let mut run = Run::new(scenario);
    let mut sheets = Vec::new();
    for (nth, page) in scenario.pages.iter().enumerate() {
        let played = run.play_to(nth)?;
        let mut entries = vec![Entry::Prose(&page.prose)];
        for (item, played) in page.items.iter().zip(&played) {
            match item {
                Item::Prose(prose) => entries.push(Entry::Prose(prose)),
                Item::Predict(predict) => entries.push(Entry::Question(predict)),
                Item::Task(task) => entries.extend(of_task(task, &mut run)?),
                Item::Call(_)
                | Item::Attach(_)
                | Item::Set(_)
                | Item::Incident(_)
                | Item::Advance(_)
                | Item::Bytes(_)
                | Item::Wrap(_)
                | Item::Load(_)
                | Item::Meters(_)
                | Item::Bill(_) => entries.push(Entry::Happened(of_item(item, played, &run))),
            }
        }
        entries.retain(|entry| !matches!(entry, Entry::Prose([])));
        sheets.push(Sheet { title: &page.title, entries });
    }
    let about = format!(
        "{}, level {}, {} minutes. The world begins at {}, with the seed {}.",
        scenario.front.part, scenario.front.level, scenario.front.minutes, scenario.front.start, scenario.front.seed
    );
    let (title, summary) = (&scenario.front.title, &scenario.front.summary);
    Ok(Transcript { title, summary, about, older_terms: &scenario.front.older_terms, sheets })
}

fn of_item(item: &Item, played: &Played, run: &Run<'_>) -> Happened {
    let title = match item {
        Item::Call(step) => title_of(&step.call),
        Item::Attach(attach) => title_of_policy(attach),
        Item::Set(setting) => format!("Chosen for the world: {setting}"),
        Item::Incident(happens) => format!("Behind a key store, at {}", happens.incident.place()),
        Item::Advance(advance) => tr!("{span} later", span = facts::length(advance.span)),
        Item::Bytes(bytes) => format!("{}, byte by byte", bytes.of),
        Item::Wrap(wrap) => format!("Wrapped outside of KMS: {}", wrap.name),
        Item::Load(load) => format!("Traffic: {}", load.traffic.preset.title),
        Item::Meters(_) => "What each may still send at this moment".to_owned(),
        Item::Bill(_) => "What these keys cost a month".to_owned(),
        Item::Prose(_) | Item::Predict(_) | Item::Task(_) => String::new(),
    };
    let mut texts = Vec::new();
    match item {
        Item::Call(step) => texts.push(("Request".to_owned(), request(&step.call, run))),
        Item::Attach(attach) => texts.extend(document(attach)),
        Item::Incident(happens) => texts.push(("What happens".to_owned(), happens.incident.text())),
        Item::Load(load) if !load.traffic.changes.is_empty() => {
            texts.push(("Changed about the example".to_owned(), members(&load.traffic.changes)));
        }
        Item::Load(_)
        | Item::Set(_)
        | Item::Advance(_)
        | Item::Bytes(_)
        | Item::Wrap(_)
        | Item::Meters(_)
        | Item::Bill(_)
        | Item::Prose(_)
        | Item::Predict(_)
        | Item::Task(_) => {}
    }
    if let Played::Moved(step) = played {
        texts.extend(came(step));
    }
    let mut add = |label: &str, text: String| texts.push((label.to_owned(), text));
    match played {
        Played::Shown(shown) => add("Start, length, name and bytes", expect::bytes(shown)),
        Played::Wrapped(wrapped) => {
            let hex: Vec<String> = wrapped.material.iter().map(|byte| format!("{byte:02x}")).collect();
            add("Key material", hex.join(" "));
            add(&format!("Wrapped with {}, in base64", wrapped.algorithm), STANDARD.encode(&wrapped.wrapped));
        }
        Played::Measured(measured) => add("Counted", measured.text()),
        Played::Metered(meters) => add("Meters", reading::meters_text(meters)),
        Played::Billed(bill) => add("Bill", bill.text()),
        Played::Nothing | Played::Moved(_) => {}
    }
    Happened { title, texts }
}

/// `run` stands where the task begins, and then where it is done.
fn of_task<'a>(task: &'a Task, run: &mut Run<'_>) -> Result<Vec<Entry<'a>>, RunError> {
    let mut entries = vec![Entry::Heading("Your turn"), Entry::Prose(&task.text)];
    let begin = |title: String, text: String| {
        Entry::Happened(Happened {
            title: format!("To begin with: {title}"),
            texts: vec![("Request".to_owned(), text)],
        })
    };
    match &task.work {
        Work::Requests { start, .. } => {
            entries.extend(start.iter().map(|call| begin(title_of(call), request(call, run))))
        }
        Work::Remedies { start, .. } => entries.push(begin(start.preset.title.to_owned(), members(&start.changes))),
    }
    let hints = task.hints.iter().flat_map(|hint| [Entry::Heading("Hint"), Entry::Prose(hint)]);
    entries.extend(hints.chain([Entry::Heading("Solution")]));
    let steps = run.solve(task)?;
    match &task.work {
        Work::Requests { goal, solution, .. } => {
            let solved = solution.iter().zip(&steps).map(|(deed, step)| Entry::Happened(of_deed(deed, step, run)));
            entries.extend(solved);
            if let Goal::Probes(probes) = goal {
                let shows = |probe: &Probe| format!("{}: {}\n", probe.shows, title_of(&probe.call));
                let texts = vec![("Tried on a copy of the world".to_owned(), probes.iter().map(shows).collect())];
                entries.push(Entry::Happened(Happened { title: "So it is done when".to_owned(), texts }));
            }
        }
        Work::Remedies { solution, .. } => {
            let measured = run::measure(&solution.traffic)?;
            entries.push(Entry::Happened(of_remedies(solution, &measured)));
        }
    }
    Ok(entries)
}

fn of_deed(deed: &Deed, step: &Step, run: &Run<'_>) -> Happened {
    let (title, asked) = match deed {
        Deed::Call(step) => (title_of(&step.call), Some(("Request".to_owned(), request(&step.call, run)))),
        Deed::Attach(attach) => (title_of_policy(attach), document(attach)),
        Deed::Advance(advance) => (tr!("{span} later", span = facts::length(advance.span)), None),
    };
    Happened { title, texts: asked.into_iter().chain(came(step)).collect() }
}

fn title_of_policy(attach: &Attach) -> String {
    let (title, whose) = attaching::phrase(&attach.attachment);
    format!("{title}, {whose}")
}

fn document(attach: &Attach) -> Option<(String, String)> {
    attach.attachment.document.as_ref().map(|document| ("Policy".to_owned(), document.to_string()))
}

fn of_remedies(solution: &Load, measured: &Measured) -> Happened {
    let changed = ("Changed about the example".to_owned(), members(&solution.traffic.changes));
    let counted = ("Counted".to_owned(), measured.text());
    Happened { title: solution.traffic.preset.title.to_owned(), texts: vec![changed, counted] }
}

/// For example `Encrypt as role/OrdersApp, 5 times`.
fn title_of(call: &Call) -> String {
    let mut title = format!("{} as {}", call.operation, call.caller.short_name());
    if call.caller.account().to_string() != HOME {
        title.push_str(&format!(" of {}", call.caller.account()));
    }
    if call.region != Region::US_EAST_1 {
        title.push_str(&format!(" in {}", call.region));
    }
    if call.times > 1 {
        let apart = call.every.map_or_else(String::new, |every| format!(", {every} apart"));
        title.push_str(&format!(", {} times{apart}, the last of them", call.times));
    }
    title
}

/// The account that need not be told.
const HOME: &str = "111122223333";

/// A request as it was sent. Names are bound once, so what they stand for now is what they stood for then.
fn request(call: &Call, run: &Run<'_>) -> String {
    run.fill(&call.body).map_or_else(|_| call.body.text().to_owned(), |body| render::pretty(&body))
}

/// What came of a step: the answer and why it is that one, what services did, and what happened by itself.
fn came(step: &Step) -> Vec<(String, String)> {
    let flow = services::render::flow(&step.flow);
    let flow = (!flow.is_empty()).then(|| ("What services did".to_owned(), flow));
    match &step.result {
        StepResult::Answered(outcome) => answer(outcome).into_iter().chain(flow).collect(),
        StepResult::Served(answer) => {
            let answered = ("Answer".to_owned(), services::render::answer(answer));
            flow.into_iter().chain([answered]).collect()
        }
        StepResult::Passed(events) => {
            let passed = matches!(step.input, Input::Advance(_)) && flow.is_none();
            let told =
                (passed || !events.is_empty()).then(|| ("What happened by itself".to_owned(), expect::events(events)));
            told.into_iter().chain(flow).collect()
        }
    }
}

/// The response, and why it is that one.
fn answer(outcome: &Outcome) -> Vec<(String, String)> {
    let (status, body) = match &outcome.fault {
        None => (outcome.response.status.to_string(), &outcome.response.body),
        Some(fault) => (format!("{} {}", fault.status, fault.kind), &outcome.response.body),
    };
    let body = if body.is_empty() { "(empty)".to_owned() } else { render::pretty(body) };
    let facts = outcome.decisions.iter().map(render::decision);
    let facts = facts.chain(outcome.crypto.iter().map(render::crypto)).chain(outcome.events.iter().map(render::event));
    let facts: String = facts.map(|fact| fact + "\n").collect();
    let mut texts = vec![(format!("Response, {status}"), body)];
    if !facts.is_empty() {
        texts.push(("Why, and what happened".to_owned(), facts));
    }
    texts
}

fn members(changes: &Map<String, Value>) -> String {
    serde_json::to_string_pretty(changes).unwrap_or_default()
}
