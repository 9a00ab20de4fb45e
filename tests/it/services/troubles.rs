//! What the user of each service is told when there is trouble with its key: `tests/data/services/troubles.txt`.
//!
//! Below a service's name (`#`) stands how its world begins, below each use (`##`) what comes before it (`>`), how it is
//! tried (`?`) and how somebody of another account tries it (`@`), and then what its user is told. The last line that is
//! tried counts. `UPDATE_EXPECT=1` writes what came.

use std::{fmt::Write as _, fs, path::Path};

use expect_test::expect_file;
use kms_playground::{
    arn::Region,
    clock::{Span, Timestamp},
    kms::{
        World,
        rate::RequestQuota,
        throttle::{Charge, Payer},
    },
    services::SERVICES,
    timeline::{StepResult, Timeline},
};
use serde_json::{Value, json};

use super::{
    FOLDER,
    stage::{Names, new_world, play},
};

#[test]
fn what_users_are_told_about_keys_in_trouble_is_in_one_table() {
    let file = Path::new(FOLDER).join("troubles.txt");
    let text = fs::read_to_string(&file).unwrap();
    let mut came = String::new();
    let mut services = Vec::new();
    let mut before = Vec::new();
    let mut uses: Option<Use> = None;
    for line in text.lines().chain(["# "]) {
        if line.starts_with('#') {
            came.push_str(&uses.take().map(|asked| asked.told(&before)).unwrap_or_default());
        }
        let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (mark, &mut uses) {
            ("#", _) => {
                services.extend(Some(rest.to_owned()).filter(|title| !title.is_empty()));
                before.clear();
            }
            ("##", _) => uses = Some(Use { before: Vec::new(), tried: Vec::new(), elsewhere: Vec::new() }),
            (">", None) => before.push(rest.to_owned()),
            (">", Some(asked)) => asked.before.push(rest.to_owned()),
            ("?", Some(asked)) => asked.tried.push(rest.to_owned()),
            ("@", Some(asked)) => asked.elsewhere.push(rest.to_owned()),
            // What came the last time, and what is said at the top.
            _ if line.starts_with("  ") => continue,
            _ => {}
        }
        if !(line == "# " || line.is_empty() && uses.is_some()) {
            writeln!(came, "{line}").unwrap();
        }
    }
    expect_file![&file].assert_eq(&came);
    let titles: Vec<&str> = SERVICES.iter().map(|service| service.title).collect();
    assert_eq!(services, titles, "every service has its part");
}

/// One use of a key by a service, as a row of the table.
struct Use {
    before: Vec<String>,
    tried: Vec<String>,
    elsewhere: Vec<String>,
}

/// What may be wrong with the key that everything is under.
const TROUBLES: [(&str, &str); 3] = [
    ("key disabled", r#"Administrator kms DisableKey {"KeyId": "$orders"}"#),
    ("key pending deletion", r#"Administrator kms ScheduleKeyDeletion {"KeyId": "$orders", "PendingWindowInDays": 7}"#),
    (
        "policy taken away",
        r#"Administrator kms PutKeyPolicy {"KeyId": "$orders", "BypassPolicyLockoutSafetyCheck": true, "Policy": "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:aws:iam::111122223333:user/KMSKeyAdmin\"}, \"Action\": [\"kms:Describe*\", \"kms:Put*\"], \"Resource\": \"*\"}}"}"#,
    ),
];

/// When it is looked again. Between two looks, it is found out when the answer changes, to the minute.
const LOOKS: [Span; 8] = [
    Span::ZERO,
    Span::minutes(6),
    Span::minutes(50),
    Span::hours(3),
    Span::hours(30),
    Span::days(6),
    Span::days(9),
    Span::days(31),
];

impl Use {
    fn told(&self, before: &[String]) -> String {
        assert!(!self.tried.is_empty() && !self.elsewhere.is_empty(), "{:?}", self.before);
        let (mut start, mut answers) = (new_world(7), Vec::new());
        for line in before.iter().chain(&self.before) {
            play(&mut start, &mut answers, line);
            assert!(!start.last().unwrap().refused(), "{line}");
        }
        let names = Names::of(&start);
        let attempt = |timeline: &Timeline, lines: &[String]| {
            let (mut draft, mut answers) = (timeline.clone(), answers.clone());
            for line in lines {
                // The key may be gone, and its alias with it.
                play(&mut draft, &mut answers, &with_keys(&start, line));
            }
            names.put(&what_is_told(&draft))
        };
        let later = |timeline: &Timeline, span: Span, lines: &[String]| {
            let mut draft = timeline.clone();
            if span != Span::ZERO {
                draft.advance(span);
            }
            attempt(&draft, lines)
        };
        assert_eq!(attempt(&start, &self.tried), GOES_ON, "without any trouble: {:?}", self.tried);
        let mut rows: Vec<(&str, String)> = TROUBLES
            .iter()
            .map(|(trouble, line)| {
                let mut troubled = start.clone();
                play(&mut troubled, &mut Vec::new(), line);
                assert!(!troubled.last().unwrap().refused(), "{line}");
                (*trouble, over_time(|span| later(&troubled, span, &self.tried)))
            })
            .collect();
        rows.push(("wrong account", attempt(&start, &self.elsewhere)));
        let exhausted = exhausted(&start, start.world().now.after(Span::seconds(599)));
        rows.push(("throttled for 10m", over_time(|span| later(&exhausted, span, &self.tried))));
        rows.iter().fold(String::new(), |text, (trouble, told)| text + &format!("  {trouble}: {told}\n")) + "\n"
    }
}

/// With the ARNs of keys in place of their names.
fn with_keys(timeline: &Timeline, line: &str) -> String {
    let world = timeline.world();
    let aliases = world.keys().flat_map(|key| world.aliases_of(key.arn).map(move |alias| (alias.as_str(), key.arn)));
    aliases.fold(line.to_owned(), |line, (alias, arn)| line.replace(&alias.replace("alias/", "$"), &arn.to_string()))
}

const GOES_ON: &str = "goes on";

/// What the user learns from the last step.
fn what_is_told(timeline: &Timeline) -> String {
    let StepResult::Served(answer) = &timeline.last().unwrap().result else { panic!("asks no service") };
    let answer = match &**answer {
        Err(error) => return format!("{} {}: {}", error.status, error.code, error.message),
        Ok(answer) => answer,
    };
    let mut told = Vec::new();
    problems(answer, &mut told);
    if told.is_empty() { GOES_ON.to_owned() } else { told.join(", ") }
}

/// What an answer that succeeds says of something that does not.
fn problems(answer: &Value, told: &mut Vec<String>) {
    for (name, value) in answer.as_object().into_iter().flatten() {
        let problem = match name.as_str() {
            "LatestDeliveryError" | "LastError" | "StateChangeReason" => !value.is_null(),
            "RecordsDropped" => value != 0,
            "TableStatus" => value != "ACTIVE",
            "DBInstanceStatus" => value != "available",
            "Records" => value == &json!([]),
            _ => false,
        };
        if problem {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            told.push(format!("{name} {value}"));
        }
        problems(value, told);
    }
}

/// What is told at first, and from when on something else.
fn over_time(later: impl Fn(Span) -> String) -> String {
    let mut said = later(Span::ZERO);
    let mut text = said.clone();
    for pair in LOOKS.windows(2) {
        let (mut from, last) = (pair[0].millis(), later(pair[1]));
        while said != last {
            let (mut before, mut after) = (from, pair[1].millis());
            while after - before > 60_000 {
                let middle = (before + after) / 2 / 60_000 * 60_000;
                if later(Span::from_millis(middle)) == said { before = middle } else { after = middle }
            }
            (from, said) = (after, later(Span::from_millis(after)));
            write!(text, "\n    after {}: {said}", in_words(after / 60_000)).unwrap();
        }
    }
    text
}

/// For example `7d 36m`.
fn in_words(minutes: i64) -> String {
    let parts = [(minutes / 1440, "d"), (minutes / 60 % 24, "h"), (minutes % 60, "m")];
    let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}"));
    parts.collect::<Vec<_>>().join(" ")
}

/// The same world, in which somebody else uses up every quota of both accounts until then.
fn exhausted(timeline: &Timeline, until: Timestamp) -> Timeline {
    let mut timeline = timeline.clone();
    play(&mut timeline, &mut Vec::new(), r#"set {"throttling": true}"#);
    let mut world = World::clone(timeline.world());
    world.now = until;
    for account in ["111122223333", "444455556666"] {
        let payer = Payer::Account { account: account.parse().unwrap(), region: Region::US_EAST_1 };
        for quota in RequestQuota::all() {
            let room = world.clone().charge(&[Charge { payer, quota, requests: 1 }])[0].room;
            world.charge(&[Charge { payer, quota, requests: room.try_into().unwrap() }]);
        }
    }
    world.now = timeline.world().now;
    let mut saved: Value = serde_json::from_str(&timeline.checkpoint()).unwrap();
    saved["state"]["start"] = json!(world);
    Timeline::restore(&saved.to_string()).unwrap()
}
