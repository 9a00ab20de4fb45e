//! What transcripts are played with: who acts, what is done in a line, and how what came of it is written.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kms_playground::{
    arn::{KeyArn, Region},
    entropy::Seed,
    estate::principal::Caller,
    kms::{
        World,
        grant::{Constraints, GrantOperation, Terms},
    },
    services::{ServiceRequest, flow, render},
    timeline::{Step, StepResult, Timeline},
};
use regex_lite::{NoExpand, Regex};
use serde_json::Value;

/// `Developer`, `AuditApp@444455556666`, `root`: of account 111122223333 unless said otherwise.
pub(super) fn caller(text: &str) -> Caller {
    let (name, account) = text.split_once('@').unwrap_or((text, "111122223333"));
    let arns = match name {
        "root" => vec![format!("arn:aws:iam::{account}:root")],
        "OrdersApp" | "AuditApp" => vec![format!("arn:aws:sts::{account}:assumed-role/{name}/session")],
        name => vec![format!("arn:aws:iam::{account}:user/{name}")],
    };
    arns[0].parse().unwrap()
}

/// Names instead of what changes with every draw.
pub(super) struct Names(Vec<(String, String)>);

impl Names {
    pub(super) fn of(timeline: &Timeline) -> Self {
        let world = timeline.world();
        let mut names = Vec::new();
        for key in world.keys() {
            let alias = world.aliases_of(key.arn).next().map(|alias| alias.as_str().to_owned());
            let name = alias.unwrap_or_else(|| "the key without a name".to_owned());
            names.push((key.arn.to_string(), name.clone()));
            names.push((key.arn.id.to_string(), name));
        }
        for key in world.keys() {
            for (nth, grant) in world.grants().of(&key.arn).iter(None).enumerate() {
                names.push((grant.id.to_string(), format!("grant {}", nth + 1)));
            }
        }
        // What the last step ended, and what it made and ended.
        let before = timeline.world_before(timeline.cursor());
        let ended = before.keys().flat_map(|key| before.grants().of(&key.arn).iter(None));
        let ended = ended.map(|grant| grant.id.to_string());
        let calls = timeline.last().into_iter().flat_map(|step| flow::kms_calls(&step.flow));
        let answers = calls.filter_map(|call| serde_json::from_str::<Value>(&call.outcome.response.body).ok());
        let made = answers.filter_map(|answer| answer["GrantId"].as_str().map(str::to_owned));
        names.extend(ended.chain(made).map(|grant| (grant, "a grant that ends".to_owned())));
        Self(names)
    }

    pub(super) fn put(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }
}

pub(super) fn render(step: &Step, names: &Names) -> String {
    let came = match &step.result {
        StepResult::Served(answer) => render::answer(answer),
        StepResult::Answered(outcome) => {
            format!("= {}\n", outcome.fault.as_ref().map_or("ok", |fault| fault.kind))
        }
        StepResult::Passed(events) => events.iter().map(|event| format!("event {}\n", event.kind.name())).collect(),
    };
    let told = names.put(&(render::flow(&step.flow) + &came));
    told.lines().map(|line| format!("  {line}\n")).collect()
}

pub(super) fn play(timeline: &mut Timeline, told: &mut Vec<Value>, line: &str) -> String {
    // What earlier answers had, for example `$Url`, and `$VolumeId2` for the second that told one.
    let mut line = line.to_owned();
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    told.iter().for_each(|answer| texts(answer, &mut known));
    for (name, values) in known.iter().rev() {
        for (nth, value) in values.iter().enumerate().rev() {
            let number = if nth == 0 { String::new() } else { (nth + 1).to_string() };
            line = line.replace(&format!("${name}{number}"), value);
        }
    }
    if let Some(grant) =
        timeline.world().keys().find_map(|key| timeline.world().grants().of(&key.arn).iter(None).next())
    {
        line = line.replace("$grant", &grant.id.to_string());
    }
    // A key by its alias, for operations that take none.
    for key in timeline.world().keys() {
        for alias in timeline.world().aliases_of(key.arn) {
            line = line.replace(&alias.as_str().replace("alias/", "$"), &key.arn.to_string());
        }
    }
    // `$last:Key` is that of the last answer that had one.
    for answer in told.iter().rev() {
        if line.contains('$') {
            put_in(answer, &mut line);
        }
    }
    let (who, rest) = line.split_once(' ').unwrap();
    if who == "every" {
        // `every 4m 180 ...` waits and does the rest so often.
        let [span, times, rest] = rest.splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
        let again = (0..times.parse::<u32>().unwrap()).map(|_| {
            timeline.advance(span.parse().unwrap());
            play(timeline, told, rest)
        });
        return again.last().unwrap();
    }
    if who == "grants" {
        fill(timeline, rest.parse().unwrap());
        return String::new();
    }
    if who == "wait" {
        timeline.advance(rest.parse().unwrap());
    } else if who == "set" {
        timeline.set(serde_json::from_str(rest).unwrap());
    } else if who == "drain" {
        drain(timeline, &caller(rest));
    } else if who == "attach" {
        timeline.attach(serde_json::from_str(rest).unwrap()).unwrap();
    } else {
        let (service, rest) = rest.split_once(' ').unwrap();
        let (operation, body) = rest.split_once(' ').unwrap_or((rest, "{}"));
        // Elsewhere than in us-east-1: `CreateTable@eu-west-1`.
        let (operation, region) = operation.split_once('@').unwrap_or((operation, "us-east-1"));
        let region: Region = region.parse().unwrap();
        if service == "kms" {
            timeline.call(caller(who), region, operation, body);
        } else {
            let (service, operation, body) = (service.to_owned(), operation.to_owned(), encoded(body));
            timeline.serve(ServiceRequest { caller: caller(who), region, service, operation, body });
        }
    }
    let step = timeline.last().unwrap();
    match &step.result {
        StepResult::Served(answer) => told.extend((**answer).clone().ok()),
        StepResult::Answered(outcome) => told.extend(serde_json::from_str(&outcome.response.body)),
        StepResult::Passed(_) => {}
    }
    render(step, &Names::of(timeline))
}

/// Of a list, the last.
fn put_in(answer: &Value, line: &mut String) {
    for (name, value) in answer.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => {
                let whole = Regex::new(&format!(r"\$last:{}\b", regex_lite::escape(name))).unwrap();
                *line = whole.replace_all(line, NoExpand(text)).into_owned();
            }
            Value::Array(values) => values.iter().rev().for_each(|value| put_in(value, line)),
            _ => put_in(value, line),
        }
    }
}

/// Every text of an answer by its name, each once.
fn texts(answer: &Value, known: &mut BTreeMap<String, Vec<String>>) {
    for (name, value) in answer.as_object().into_iter().flatten() {
        match value.as_str() {
            Some(text) => {
                let values = known.entry(name.clone()).or_default();
                if !values.iter().any(|value| value == text) {
                    values.push(text.to_owned());
                }
            }
            None => texts(value, known),
        }
    }
}

/// Gives the key of alias/orders so many grants, and begins the history there.
fn fill(timeline: &mut Timeline, grants: u32) {
    let mut world = World::clone(timeline.world());
    let of_orders = |key: &KeyArn| world.aliases_of(*key).any(|alias| alias.as_str() == "alias/orders");
    let key = world.keys().map(|key| key.arn).find(of_orders).unwrap();
    let terms = Terms {
        grantee: "dynamodb.us-east-1.amazonaws.com".parse().unwrap(),
        retiring: None,
        operations: [GrantOperation::Decrypt].into(),
        constraints: Constraints::default(),
        name: None,
    };
    for _ in 0..grants {
        world.add_grant(key, terms.clone(), key.account, None).unwrap();
    }
    *timeline = Timeline::new(world);
}

/// Asks for data keys until the caller's account has none left of this second, or has had 6,000.
fn drain(timeline: &mut Timeline, caller: &Caller) {
    let body = r#"{"KeyId": "alias/orders", "KeySpec": "AES_256"}"#;
    for _ in 0..6000 {
        let outcome = timeline.call(caller.clone(), Region::US_EAST_1, "GenerateDataKey", body);
        if outcome.fault.as_ref().is_some_and(|fault| fault.kind == "ThrottlingException") {
            return;
        }
    }
}

/// The transcripts write bytes as text.
fn encoded(body: &str) -> String {
    let Ok(Value::Object(mut members)) = serde_json::from_str(body) else { return body.to_owned() };
    for name in ["Body", "Data", "SSECustomerKey"] {
        if let Some(Value::String(text)) = members.get_mut(name) {
            *text = STANDARD.encode(&text);
        }
    }
    Value::Object(members).to_string()
}

pub(super) fn new_world(seed: u64) -> Timeline {
    Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(seed))
}
