//! The tables of `tests/data/authz/`: each row a scenario and the decision that AWS documents for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use kms_playground::authz::simulate;
use serde::Deserialize;
use serde_json::{Map, Value};

mod properties;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/authz");

/// So many rows there are at least.
const ROWS: usize = 1_200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    topic: String,
    #[serde(default)]
    pieces: BTreeMap<String, Value>,
    base: Value,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    why: String,
    page: String,
    #[serde(default, rename = "open")]
    _open: bool,
    change: Value,
    want: String,
    by: Option<String>,
    #[serde(default)]
    problem: bool,
}

/// A row with its place, as a scenario of its own.
struct Asked {
    place: String,
    scenario: Value,
    row: Row,
}

#[test]
fn every_row_is_decided_as_aws_documents() {
    let rows = rows();
    let wrong: Vec<String> = rows.iter().filter_map(check).collect();
    assert!(wrong.is_empty(), "{} of {} rows:\n\n{}", wrong.len(), rows.len(), wrong.join("\n\n"));
}

#[test]
fn every_row_has_a_reason_and_none_is_there_twice() {
    let rows = rows();
    assert!(rows.len() >= ROWS, "{} rows", rows.len());
    let mut seen = BTreeMap::new();
    for Asked { place, scenario, row } in &rows {
        for text in [&row.why, &row.page] {
            assert!(!text.is_empty() && !text.contains('\n'), "{place}: `why` and `page` are a line each");
        }
        if let Some(other) = seen.insert(scenario.to_string(), place) {
            panic!("{place} asks what {other} asks");
        }
    }
}

/// What is wrong with the answer to a row, and everything that the decision looked at.
fn check(asked: &Asked) -> Option<String> {
    let Asked { place, scenario, row } = asked;
    let text = scenario.to_string();
    let got: Value = match simulate::simulate(&text) {
        Ok(explanation) => serde_json::from_str(&explanation).unwrap(),
        Err(error) => return Some(format!("{place} ({}): no scenario: {error}\n  {text}", row.why)),
    };
    let by = row.by.as_ref().is_none_or(|by| got["decidedBy"] == by.as_str());
    if got["decision"] == row.want.as_str() && by && row.problem != got["problems"].is_null() {
        return None;
    }
    let Row { why, page, want, by, problem, .. } = row;
    let by = by.as_ref().map_or(String::new(), |by| format!(" by {by}"));
    let problem = if *problem { " and a problem named" } else { "" };
    Some(format!("{place} ({page}): {why}\n  want {want}{by}{problem}\n  got {got}\n  for {text}"))
}

/// Every row of every file.
fn rows() -> Vec<Asked> {
    let mut files: Vec<_> = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files.iter().flat_map(|path| read(path)).collect()
}

fn read(path: &Path) -> Vec<Asked> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let table: Table =
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(!table.topic.is_empty(), "{name}: no topic");
    let mut unused: BTreeSet<&str> = table.pieces.keys().map(String::as_str).collect();
    let base = filled(&table.base, &table.pieces, &mut unused);
    let mut asked = Vec::new();
    for (nth, row) in (1..).zip(table.rows) {
        let change = filled(&row.change, &table.pieces, &mut unused);
        asked.push(Asked { place: format!("{name} row {nth}"), scenario: patched(base.clone(), &change), row });
    }
    assert!(unused.is_empty(), "{name}: no row uses {unused:?}");
    asked
}

/// A copy with the pieces in place of their names.
fn filled<'p>(value: &Value, pieces: &'p BTreeMap<String, Value>, unused: &mut BTreeSet<&'p str>) -> Value {
    match value {
        Value::Object(members) => {
            if let (1, Some(Value::String(name))) = (members.len(), members.get("$")) {
                let (name, piece) = pieces.get_key_value(name).unwrap_or_else(|| panic!("no piece `{name}`"));
                unused.remove(name.as_str());
                return filled(piece, pieces, unused);
            }
            members.iter().map(|(name, member)| (name.clone(), filled(member, pieces, unused))).collect()
        }
        Value::Array(entries) => entries.iter().map(|entry| filled(entry, pieces, unused)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// RFC 7386.
fn patched(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut members = match target {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    };
    for (name, change) in patch {
        if change.is_null() {
            members.remove(name);
        } else {
            let member = members.remove(name).unwrap_or(Value::Null);
            members.insert(name.clone(), patched(member, change));
        }
    }
    Value::Object(members)
}
