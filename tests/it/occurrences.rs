//! Everything occurs in the course: every operation, every error that the endpoint can give, every condition operator that
//! the policy engine evaluates, and every view of the page.
//!
//! `tests/data/tables/occurrences.txt` names for each of them the page of a lesson or challenge where it comes first. What
//! no lesson can bring about is in [`IN_WORDS`] with its reason, and named in a lesson's prose all the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use expect_test::expect_file;
use kms_playground::{
    endpoint::model,
    policy::condition,
    scenario::{
        Asked, Call, Deed, Gives, Goal, Item, Page, Scenario, Work,
        catalog::{self, Lesson},
        file,
        template::Template,
        view::View,
    },
};
use serde_json::Value;

/// Errors that a lesson only names, and why.
#[rustfmt::skip]
const IN_WORDS: &[(&str, &str)] = &[
    ("DependencyTimeoutException", "nothing here waits for another service"),
    ("IncompleteSignatureException", "requests of lessons are signed"),
    ("InvalidSignatureException", "requests of lessons are signed"),
    ("KMSInternalException", "it would be a fault of this program"),
    ("KeyUnavailableException", "key material is always at hand"),
    ("MissingAuthenticationTokenException", "requests of lessons are signed"),
    ("UnknownOperationException", "a lesson with an operation that is not there is refused"),
    ("UnrecognizedClientException", "a lesson with a caller who is not there is refused"),
];

/// Errors of no use to a learner.
const NOT_AT_ALL: &[(&str, &str)] = &[("NotInThisBuildException", "this build has everything in the API model")];

/// What endings and beginnings of condition operators there are.
const MODIFIERS: &[&str] = &["ForAllValues:", "ForAnyValue:", "IfExists"];

/// By kind and name, such as `operation Encrypt`, where it occurs first, as `lesson/page`.
type Occurrences = BTreeMap<String, String>;

#[test]
fn everything_occurs_in_a_lesson_or_challenge() {
    let (mut found, mut named) = (Occurrences::new(), Occurrences::new());
    for lesson in catalog::lessons() {
        let text = lesson.text().unwrap();
        let scenario = file::parse(text).unwrap();
        let last = scenario.pages.len();
        for (number, (page, written)) in (1..).zip(scenario.pages.iter().zip(text.split("\n## ").skip(1))) {
            let mut note = |what: String| _ = found.entry(what).or_insert_with(|| place(lesson, number));
            of_page(page, &mut note);
            note("view Learn".to_owned());
            if number == last {
                note(format!("view {}", scenario.view()));
            }
            for (error, _) in IN_WORDS.iter().filter(|(error, _)| written.contains(&format!("`{error}`"))) {
                named.entry((*error).to_owned()).or_insert_with(|| place(lesson, number));
            }
        }
    }
    let (mut shown, mut missing, mut wrong) = (String::new(), Vec::new(), Vec::new());
    for what in everything() {
        let reason = |list: &[(&str, &'static str)]| {
            let name = what.strip_prefix("error ");
            list.iter().find(|(error, _)| Some(*error) == name).map(|(_, reason)| *reason)
        };
        let (in_words, not_at_all) = (reason(IN_WORDS), reason(NOT_AT_ALL));
        let in_prose = what.strip_prefix("error ").and_then(|error| named.get(error));
        match (found.get(&what), in_words, not_at_all, in_prose) {
            (Some(place), None, None, _) => shown += &format!("{what}: {place}\n"),
            (Some(_), ..) => wrong.push(what),
            (None, Some(reason), _, Some(place)) => shown += &format!("{what}: {place}, in words: {reason}\n"),
            (None, None, Some(reason), _) => shown += &format!("{what}: nowhere: {reason}\n"),
            (None, ..) => missing.push(what),
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "no lesson or challenge has these");
    assert_eq!(wrong, Vec::<String>::new(), "these are said not to occur, and do");
    expect_file!["../data/tables/occurrences.txt"].assert_eq(&shown);
}

fn place(lesson: &Lesson, page: usize) -> String {
    format!("{}/{page}", lesson.id)
}

/// The kinds and names of everything that has to occur, sorted.
fn everything() -> BTreeSet<String> {
    let operations = model::operations().map(|(name, _)| format!("operation {name}"));
    let errors = model::operations().flat_map(|(_, operation)| operation.errors.iter().map(String::as_str));
    let made = [include_str!("../../src/endpoint/fault.rs"), include_str!("../../src/endpoint/fault/stores.rs")];
    let made = made.into_iter().flat_map(|source| source.split('"'));
    let made = made.filter(|text| text.ends_with("Exception") && !text.contains(' '));
    let errors = errors.chain(made).map(|name| format!("error {name}"));
    let operators = condition::operators().map(|name| format!("operator {name}"));
    let modifiers = MODIFIERS.iter().map(|name| format!("operator {name}"));
    let views = tabs().into_iter().map(|name| format!("view {name}"));
    operations.chain(errors).chain(operators).chain(modifiers).chain(views).collect()
}

/// The names of the page's views, as its head has them.
fn tabs() -> Vec<&'static str> {
    let head = include_str!("../../src/ui/frame.rs");
    head.split("{ tab(\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn lessons_can_name_every_view_but_that_of_the_lessons() {
    let named: Vec<&str> = iter::once("Learn").chain(View::ALL.into_iter().map(View::as_str)).collect();
    assert_eq!(named, tabs());
}

fn of_page(page: &Page, note: &mut impl FnMut(String)) {
    for item in &page.items {
        match item {
            Item::Call(step) => {
                asked(&step.call, note);
                answered(&step.expect.text, note);
            }
            Item::Attach(attach) => {
                let document = attach.attachment.document.as_deref().unwrap_or("{}");
                conditions(&serde_json::from_str(document).unwrap(), note);
            }
            Item::Advance(advance) => answered(&advance.expect.text, note),
            Item::Task(task) => {
                note(format!("view {}", task.view()));
                if let Work::Requests { goal, start, solution } = &task.work {
                    start.iter().for_each(|call| asked(call, note));
                    of_goal(goal, note);
                    solution.iter().for_each(|deed| of_deed(deed, note));
                }
            }
            Item::Prose(_)
            | Item::Set(_)
            | Item::Incident(_)
            | Item::Bytes(_)
            | Item::Wrap(_)
            | Item::Load(_)
            | Item::Meters(_)
            | Item::Bill(_)
            | Item::Predict(_) => {}
        }
    }
}

fn of_goal(goal: &Goal, note: &mut impl FnMut(String)) {
    match goal {
        Goal::Fault(error) => note(format!("error {error}")),
        Goal::Probes(probes) => {
            for probe in probes {
                asked(&probe.call, note);
                if let Gives::Fault(errors) = &probe.gives {
                    errors.iter().for_each(|error| note(format!("error {error}")));
                }
            }
        }
        Goal::Event(_) | Goal::Success(_) => {}
    }
}

fn of_deed(deed: &Deed, note: &mut impl FnMut(String)) {
    match deed {
        Deed::Call(step) => {
            asked(&step.call, note);
            answered(&step.expect.text, note);
        }
        Deed::Attach(attach) => {
            let document = attach.attachment.document.as_deref().unwrap_or("{}");
            conditions(&serde_json::from_str(document).unwrap(), note);
        }
        Deed::Advance(advance) => answered(&advance.expect.text, note),
    }
}

fn asked(call: &Call, note: &mut impl FnMut(String)) {
    match &call.operation {
        Asked::Kms(operation) => note(format!("operation {operation}")),
        Asked::Service { .. } => {}
    }
    let body: Value = serde_json::from_str(&Template::filled_with_x(&call.body)).unwrap();
    if let Some(policy) = body.get("Policy").and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok()) {
        conditions(&policy, note);
    }
}

/// The error in `400 NotFoundException`, and those that services met: `-> AccessDeniedException`.
fn answered(text: &str, note: &mut impl FnMut(String)) {
    let words = text.lines().filter_map(|line| {
        let status = line.strip_prefix("400 ").or_else(|| line.strip_prefix("500 "));
        status.or_else(|| line.rsplit_once(" -> ").map(|(_, end)| end))
    });
    let errors = words.filter(|word| word.ends_with("Exception") && !word.contains(' '));
    errors.for_each(|error| note(format!("error {error}")));
}

/// The operators of every `Condition` in a policy.
fn conditions(policy: &Value, note: &mut impl FnMut(String)) {
    match policy {
        Value::Object(members) => {
            for (name, value) in members {
                if let ("Condition", Some(operators)) = (name.as_str(), value.as_object()) {
                    operators.keys().for_each(|operator| of_operator(operator, note));
                }
                conditions(value, note);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| conditions(value, note)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn of_operator(written: &str, note: &mut impl FnMut(String)) {
    let mut name = written;
    for modifier in MODIFIERS {
        if let Some(rest) = name.strip_prefix(modifier).or_else(|| name.strip_suffix(modifier)) {
            note(format!("operator {modifier}"));
            name = rest;
        }
    }
    note(format!("operator {name}"));
}

#[test]
fn every_lesson_of_the_course_has_tags() {
    for lesson in catalog::lessons() {
        let Scenario { front, .. } = file::parse(lesson.text().unwrap()).unwrap();
        assert!((1..=4).contains(&front.tags.len()), "{}: {} tags", lesson.id, front.tags.len());
    }
}
