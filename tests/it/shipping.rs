//! What is shipped: what it may contain of others, and what SECURITY.md promises about it.

use std::{collections::BTreeSet, process::Command};

use regex_lite::Regex;

use crate::tidy::{files_below, read, root};

/// What fetches anything, and what that is. None of them sends.
const FETCHING: &[(&str, &str)] = &[
    ("src/ui/learn/fetch.rs", "a lesson beside the page, by the address that opens it"),
    ("www/element.js", "the world that the page around the element names"),
    ("www/program.js", "the program's own files"),
    ("www/run.js", "the text of a code sample of the page, to show it"),
    ("www/service-worker.js", "the program's own files, to keep them for visits without a network"),
    ("www/trouble.js", "the program's own files once more, to say what is wrong with them"),
    ("www/words.js", "what that is in the language of the page"),
];

#[test]
fn every_promise_has_a_test() {
    let promises = read("SECURITY.md");
    let (_, table) = promises.split_once("## What it promises").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let name = Regex::new(r"`([^`]+)`").unwrap();
    let tests: String = ["src", "tests", "xtask"]
        .iter()
        .flat_map(|folder| files_below(folder, &["rs", "mjs"]))
        .map(|(_, text)| text)
        .collect();
    let mut rows = 0;
    for row in table.lines().filter(|line| line.starts_with("| ")).skip(2) {
        let (promise, named) = row.trim_matches(['|', ' ']).rsplit_once(" | ").unwrap();
        let named: Vec<&str> = name.captures_iter(named).map(|found| found.get(1).unwrap().as_str()).collect();
        assert!(!named.is_empty(), "no test for: {promise}");
        for test in named {
            let exists = tests.contains(&format!("fn {test}()")) || tests.contains(&format!("(\"{test}\""));
            assert!(exists, "no test is called `{test}`, for: {promise}");
        }
        rows += 1;
    }
    assert!(rows >= 10, "{rows} promises");
}

#[test]
fn the_page_fetches_only_what_is_known() {
    let fetches = Regex::new(r"\bfetch\(|importScripts|fetch_with_").unwrap();
    let sends = Regex::new(r"XMLHttpRequest|XmlHttpRequest|WebSocket|EventSource|[sS]end_?[bB]eacon|RTCPeerConnection")
        .unwrap();
    let page = files_below("www", &["js"]).into_iter().filter(|(path, _)| !path.starts_with("www/npm/"));
    let files: Vec<(String, String)> = page.chain(files_below("src", &["rs"])).collect();
    let fetching: BTreeSet<&str> =
        files.iter().filter(|(_, text)| fetches.is_match(text)).map(|(path, _)| path.as_str()).collect();
    assert_eq!(fetching, FETCHING.iter().map(|(path, _)| *path).collect());
    let sending: Vec<&str> =
        files.iter().filter(|(_, text)| sends.is_match(text)).map(|(path, _)| path.as_str()).collect();
    assert_eq!(sending, Vec::<&str>::new());
    // What the program itself could send by, were it asked of web-sys.
    let manifest = read("Cargo.toml");
    for feature in
        ["\"Request\"", "\"WebSocket\"", "\"XmlHttpRequest\"", "\"EventSource\"", "\"RtcPeerConnection\"", "gloo-net ="]
    {
        assert!(!manifest.contains(feature), "{feature} in Cargo.toml");
    }
}

#[test]
fn licences_are_those_that_deny_toml_allows() {
    let policy = read("deny.toml");
    let (_, list) = policy.split_once("allow = [").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    let allowed: Vec<&str> =
        list.split(',').map(|name| name.trim().trim_matches('"')).filter(|name| !name.is_empty()).collect();

    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--format-version=1", "--locked", "--all-features"]);
    let output = command.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or("nothing");
        if !is_allowed(licence, &allowed) {
            wrong.push(format!("{} {}: {licence}", package["name"], package["version"]));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn one_of_a_choice_of_licences_is_enough_and_each_of_several_is_needed() {
    for (licence, fits) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR GPL-3.0) AND Zlib", true),
        ("(MIT OR Zlib) AND GPL-3.0", false),
    ] {
        assert_eq!(is_allowed(licence, &["MIT", "Zlib"]), fits, "{licence}");
    }
}

/// Whether an SPDX expression can be met with the allowed licences alone. Before there were expressions, a slash was `OR`.
fn is_allowed(licence: &str, allowed: &[&str]) -> bool {
    let licence = licence.replace('/', " OR ");
    let parts = licence.split(" AND ").map(|part| part.trim().trim_matches(['(', ')']));
    parts
        .into_iter()
        .all(|choice| choice.split(" OR ").any(|name| allowed.contains(&name.trim().trim_end_matches('+'))))
}
