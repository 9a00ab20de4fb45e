//! How soon the page shows and answers, in a browser slowed down four times, against the gates.

use std::{collections::BTreeMap, path::Path};

use crate::{
    Outcome,
    recorded::{Figure, Record, Then},
    run::run_watched,
    site,
    tools::{self, Tools},
};

const RECORD: Record = Record {
    path: "SPEED.md",
    about: "How soon the page shows and answers on a processor slowed down four times, in milliseconds; the middle of \
            five visits. INP is the longest time from an input to the next picture.",
    command: "cargo xtask speed",
    decimals: 0,
};

/// An answer, a key to be made included.
const INP_LIMIT: f64 = 150.0;

/// Measures `dist/`; fails when something is over its limit, or got slower by more than the visits differ.
pub fn speed(then: &Then) -> Outcome {
    if !Path::new("dist/index.html").exists() {
        site::build(None)?;
    }
    let mut tools = Tools::default();
    tools.npm_packages(tools::E2E)?;
    let browser = tools::browser()?;
    let mut found: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    let mut measure = tools.command("node");
    measure.arg("benches/vitals.mjs").env("CHROME", browser.chromium);
    // Lines of a name, the middle and the spread.
    let succeeded = run_watched(&mut measure, |line| {
        let mut fields = line.split('\t');
        if let (Some(name), Some(Ok(value)), Some(Ok(spread))) =
            (fields.next(), fields.next().map(str::parse), fields.next().map(str::parse))
        {
            found.insert(name.to_owned(), (value, spread));
        }
    })?;
    if !succeeded || found.is_empty() {
        return Err("a measurement failed, see above".to_owned());
    }
    let figures: Vec<Figure> = found
        .into_iter()
        .map(|(name, (value, spread))| {
            let limit = name.starts_with("INP").then_some(INP_LIMIT);
            Figure { name, value, limit, spread }
        })
        .collect();
    println!();
    RECORD.settle(&figures, then)
}
