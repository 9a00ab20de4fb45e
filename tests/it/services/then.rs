//! What differs between the rules of about 2019 and today's: `tests/data/services/then-and-now.txt`.
//!
//! Each part is a row of a service's `then_and_now`. What comes before it (`>`) and how it is tried (`?`) is done in a world
//! of each rule set. `UPDATE_EXPECT=1` writes what came.

use std::{fmt::Write as _, fs, path::Path};

use expect_test::expect_file;
use kms_playground::{
    kms::{Rules, Setting},
    services::{SERVICES, change::Here},
};

use super::{
    FOLDER,
    stage::{new_world, play},
};

#[test]
fn what_differs_then_and_now_happens_by_the_rules_and_nothing_else_does() {
    let file = Path::new(FOLDER).join("then-and-now.txt");
    let text = fs::read_to_string(&file).unwrap();
    let mut parts = text.split("\n# ");
    let mut came = format!("{}\n", parts.next().unwrap().trim_end());
    let mut differing = Vec::new();
    for part in parts {
        let done: Vec<&str> = part.lines().filter(|line| line.starts_with("> ") || line.starts_with("? ")).collect();
        let title = part.lines().next().unwrap();
        writeln!(came, "\n# {title}\n{}", done.join("\n")).unwrap();
        let told = Rules::ALL.map(|rules| told(rules, &done));
        for (rules, told) in Rules::ALL.iter().zip(&told) {
            writeln!(came, "  {rules}:").unwrap();
            told.lines().for_each(|line| writeln!(came, "  {line}").unwrap());
        }
        differing.push((title.to_owned(), told[0] != told[1]));
    }
    expect_file![&file].assert_eq(&came);
    let rows = SERVICES.iter().flat_map(|service| service.then_and_now.iter().map(move |change| (service, change)));
    let expected: Vec<(String, bool)> = rows
        .filter(|(_, change)| change.here != Here::InWords)
        .map(|(service, change)| (format!("{}: {}", service.title, change.what), change.here == Here::ByRules))
        .collect();
    assert_eq!(differing, expected, "each row that is not words alone has its part");
}

/// What came of what was tried.
fn told(rules: Rules, done: &[&str]) -> String {
    let (mut timeline, mut answers) = (new_world(7), Vec::new());
    timeline.set(Setting::Rules(rules));
    let each = done.iter().map(|line| {
        let came = play(&mut timeline, &mut answers, &line[2..]);
        if line.starts_with('?') { came } else { String::new() }
    });
    each.collect()
}
