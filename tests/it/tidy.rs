//! Rules that the compiler does not know: which layer may use which, and lists that must stay in step.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use regex_lite::Regex;

/// The modules at the top of `src/`, in order: a module uses only modules before it.
const LAYERS: &[&str] = &[
    "rest", "lang", "arn", "clock", "entropy", "crypto", "envelope", "policy", "estate", "kms", "authz", "analysis",
    "ops", "endpoint", "services", "load", "timeline", "story", "scenario", "exam", "web", "ui",
];

/// The one edge against the order: what JavaScript calls to put the page into an element.
const UPWARD: &[(&str, &str)] = &[("src/web/mount.rs", "ui")];

/// Modules whose insides the page must not know. It shows what they recorded, so it may name the record.
const HIDDEN_FROM_UI: &[&str] = &["crypto", "policy", "authz"];
const RECORDS: &[&str] = &["decision", "step"];

const LONGEST_FILE: usize = 700;

#[test]
fn a_module_uses_only_modules_before_it() {
    let layer = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    let mut wrong = Vec::new();
    for (path, text) in files_below("src", &["rs"]) {
        let Some(own) = module_of(&path).and_then(|name| layer(&name)) else { continue };
        for used in crate_paths(&text) {
            let allowed = match layer(&used[0]) {
                Some(other) => other <= own || UPWARD.contains(&(path.as_str(), used[0].as_str())),
                None => false,
            };
            if !allowed {
                wrong.push(format!("{path} uses crate::{}", used.join("::")));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "against the order of LAYERS");
}

#[test]
fn the_page_shows_records_and_knows_no_rule() {
    let mut wrong = Vec::new();
    for (path, text) in files_below("src", &["rs"]) {
        if module_of(&path).as_deref() != Some("ui") {
            continue;
        }
        for used in crate_paths(&text) {
            let is_record = used.get(1).is_some_and(|name| RECORDS.contains(&name.as_str()));
            if HIDDEN_FROM_UI.contains(&used[0].as_str()) && !is_record {
                wrong.push(format!("{path} uses crate::{}", used.join("::")));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_list_of_layers_is_the_list_of_modules() {
    let present: BTreeSet<String> = files_below("src", &["rs"]).keys().filter_map(|path| module_of(path)).collect();
    let listed: BTreeSet<String> = LAYERS.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(listed.difference(&present).collect::<Vec<_>>(), Vec::<&String>::new(), "in LAYERS but not in src/");
    let unlisted: Vec<_> = present.iter().filter(|name| !LAYERS.contains(&name.as_str())).collect();
    assert_eq!(unlisted, Vec::<&String>::new(), "in src/ but not in LAYERS");
}

#[test]
fn the_code_map_lists_the_layers_in_order() {
    let row = Regex::new(r"(?m)^\| `(\w+)` \|").unwrap();
    let guide = read("CONTRIBUTING.md");
    let (_, map) = guide.split_once("### Code map").unwrap();
    let (map, _) = map.split_once("\n## ").unwrap();
    let listed: Vec<&str> = row.captures_iter(map).map(|found| found.get(1).unwrap().as_str()).collect();
    assert_eq!(listed, LAYERS);
}

#[test]
fn documents_name_files_that_exist() {
    let code = Regex::new(r"`([\w./-]+)`").unwrap();
    let link = Regex::new(r"\]\(([\w./-]+)\)").unwrap();
    let mut missing = Vec::new();
    for document in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"] {
        let text = read(document);
        for found in code.captures_iter(&text).chain(link.captures_iter(&text)) {
            let name = found.get(1).unwrap().as_str();
            let looks_like_a_file = name.contains('/')
                || Path::new(name)
                    .extension()
                    .is_some_and(|ext| ext.len() <= 4 && ext.to_string_lossy().chars().all(|c| c.is_ascii_lowercase()));
            // What a build makes is not in the repository.
            let is_built = ["dist/", "target/"].iter().any(|folder| name.starts_with(folder));
            if looks_like_a_file && !is_built && !root().join(name).exists() {
                missing.push(format!("{document}: {name}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn files_are_short_and_well_named() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "benches", "xtask", "www"] {
        for (path, text) in files_below(folder, &["rs", "js", "mjs", "css"]) {
            let stem = Path::new(&path).file_stem().unwrap().to_string_lossy().into_owned();
            if ["mod", "util", "utils", "helper", "helpers", "common", "misc", "types"].contains(&stem.as_str()) {
                wrong.push(format!("{path}: name it after what it holds"));
            }
            let lines = text.lines().count();
            if lines > LONGEST_FILE {
                wrong.push(format!("{path}: {lines} lines, over {LONGEST_FILE}"));
            }
        }
    }
    // What strangers' pages load at once; tests/e2e/embed.test.mjs weighs it.
    let element = read("www/element.js").lines().count();
    assert!(element <= 200, "www/element.js has {element} lines, over 200");
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn no_test_is_left_out() {
    let skipped = Regex::new(r"(?m)^\s*#\[ignore|\b(test|it|describe|journey)\.(skip|only|todo)\b|\bskip: ").unwrap();
    let mut found = Vec::new();
    for folder in ["src", "tests", "xtask"] {
        for (path, text) in files_below(folder, &["rs", "mjs"]) {
            if !path.ends_with("tidy.rs") && skipped.is_match(&text) {
                found.push(path);
            }
        }
    }
    // A file that its binary does not name is not compiled, and nobody would miss it.
    for folder in ["tests/it", "tests/web"] {
        let binary = read(&format!("{folder}/main.rs"));
        let modules = files_below(folder, &["rs"]);
        let names = modules.keys().filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".rs"));
        let absent = |name: &&str| *name != "main" && !name.contains('/') && !binary.contains(&format!("mod {name};"));
        found.extend(names.filter(absent).map(|name| format!("{folder}/{name}.rs")));
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn what_is_stored_or_sent_is_the_same_on_every_target() {
    let unordered = Regex::new(r"\bHash(Map|Set)\b").unwrap();
    let machine_sized = Regex::new(r"\b[ui]size\b").unwrap();
    let mut wrong = Vec::new();
    for (path, text) in files_below("src", &["rs"]) {
        if ["web", "ui"].contains(&module_of(&path).as_deref().unwrap_or_default()) {
            continue;
        }
        let text = without_comments(&text);
        if unordered.is_match(&text) {
            wrong.push(format!("{path}: a map without an order"));
        }
        for (name, body) in serialised_types(&text) {
            if machine_sized.is_match(&body) {
                wrong.push(format!("{path}: {name} serialises a usize"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_program_loads_every_style() {
    let listed = Regex::new(r"const STYLES = \[([^\]]*)\]").unwrap();
    let program = read("www/program.js");
    let listed = listed.captures(&program).unwrap().get(1).unwrap().as_str().to_owned();
    let listed: BTreeSet<String> = listed
        .split(',')
        .map(|name| name.trim().trim_matches('"').to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    let present: BTreeSet<String> = files_below("www/styles", &["css"])
        .into_keys()
        .map(|path| path.trim_start_matches("www/styles/").to_owned())
        .filter(|name| name != "page.css")
        .collect();
    assert_eq!(listed, present, "STYLES in www/program.js, and www/styles/ without page.css");
}

/// Styles that every view may build on; all are in one shadow root.
const SHARED_STYLES: &[&str] = &["tokens.css", "base.css", "frame.css"];

#[test]
fn no_two_views_style_a_class_of_one_name() {
    let (rule, inner) = (Regex::new(r"([^{};]+)\{").unwrap(), Regex::new(r"\([^()]*\)|/\*[^*]*\*/").unwrap());
    let first = Regex::new(r"^\s*[a-z]*\.([\w-]+)").unwrap();
    let mut files: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in files_below("www/styles", &["css"]) {
        if SHARED_STYLES.iter().any(|shared| path.ends_with(shared)) {
            continue;
        }
        let text = inner.replace_all(&text, "");
        for selector in rule.captures_iter(&text).flat_map(|found| found.get(1).unwrap().as_str().split(',')) {
            if let Some(class) = first.captures(selector) {
                files.entry(class[1].to_owned()).or_default().insert(path.clone());
            }
        }
    }
    let shared: Vec<_> = files.into_iter().filter(|(_, files)| files.len() > 1).collect();
    assert_eq!(shared, Vec::new(), "scope one of them under its view, or move what both need to base.css");
}

#[test]
fn playing_and_publishing_have_the_same_policy() {
    let directive = Regex::new(r#"(?m)^\s+"([a-z-]+ '[^"]*)",$"#).unwrap();
    let of = |path: &str| -> Vec<String> {
        let text = read(path);
        directive.captures_iter(&text).map(|found| found.get(1).unwrap().as_str().to_owned()).collect()
    };
    let playing: Vec<String> =
        of("Trunk.toml").into_iter().map(|directive| directive.replace(" 'nonce-{{NONCE}}'", "")).collect();
    let mut published = of("tests/e2e/serve.mjs");
    published.retain(|directive| directive != "require-trusted-types-for 'script'");
    assert!(!playing.is_empty());
    assert_eq!(playing, published);
}

#[test]
fn tool_versions_are_the_locked_ones() {
    let trunk = read("Trunk.toml");
    let locked = Regex::new(r#"name = "wasm-bindgen"\nversion = "([^"]+)""#).unwrap();
    let lock = read("Cargo.lock");
    let bindgen = locked.captures(&lock).unwrap().get(1).unwrap().as_str();
    assert!(trunk.contains(&format!("wasm_bindgen = \"{bindgen}\"")), "Trunk.toml: wasm_bindgen is not {bindgen}");
    let packages: serde_json::Value = serde_json::from_str(&read("tests/e2e/package.json")).unwrap();
    let binaryen = packages["devDependencies"]["binaryen"].as_str().unwrap();
    let major = binaryen.split('.').next().unwrap();
    assert!(trunk.contains(&format!("wasm_opt = \"version_{major}\"")), "Trunk.toml: wasm_opt is not {major}");
}

#[test]
fn lock_files_name_no_place_of_their_own() {
    for folder in ["tests/e2e", "www/editor"] {
        assert!(!read(&format!("{folder}/package-lock.json")).contains("\"resolved\""), "{folder}");
    }
    let source = Regex::new(r#"(?m)^source = "([^"]+)""#).unwrap();
    let lock = read("Cargo.lock");
    let sources: BTreeSet<&str> = source.captures_iter(&lock).map(|found| found.get(1).unwrap().as_str()).collect();
    assert_eq!(sources.into_iter().collect::<Vec<_>>(), ["registry+https://github.com/rust-lang/crates.io-index"]);
}

#[test]
fn paths_are_found_through_braces_and_not_in_comments() {
    let text = "use crate::{arn::{self, KeyArn}, kms::world};\n// crate::ui::App\nfn f() -> crate::policy::Policy { $crate::x!() }";
    let found: Vec<String> = crate_paths(text).iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["arn::self", "arn::KeyArn", "kms::world", "policy::Policy", "x"]);
}

/// The top-level module that a file below `src/` belongs to.
fn module_of(path: &str) -> Option<String> {
    let name = path.strip_prefix("src/")?.split('/').next()?.trim_end_matches(".rs");
    (name != "lib").then(|| name.to_owned())
}

/// Every path that starts at the crate's root, with braces written out.
fn crate_paths(text: &str) -> Vec<Vec<String>> {
    let text = without_comments(text);
    let start = Regex::new(r"\bcrate::").unwrap();
    let mut found = Vec::new();
    for at in start.find_iter(&text) {
        use_tree(&mut &text[at.end()..], &[], &mut found);
    }
    found
}

/// Reads `a::b`, `a::{b, c::d}` or `*` from the front of `rest`.
fn use_tree(rest: &mut &str, before: &[String], found: &mut Vec<Vec<String>>) {
    *rest = rest.trim_start();
    if let Some(inner) = rest.strip_prefix('{') {
        *rest = inner;
        loop {
            *rest = rest.trim_start_matches([',', ' ', '\n', '\t', '\r']);
            if rest.is_empty() || rest.starts_with('}') {
                *rest = rest.strip_prefix('}').unwrap_or(rest);
                return;
            }
            use_tree(rest, before, found);
            let end = rest.find([',', '}', '{']).unwrap_or(rest.len());
            *rest = &rest[end..];
        }
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (name, after) = if rest.starts_with('*') { rest.split_at(1) } else { rest.split_at(end) };
    *rest = after;
    let path: Vec<String> = before.iter().cloned().chain([name.to_owned()]).collect();
    match rest.strip_prefix("::") {
        Some(deeper) if deeper.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '{' || c == '*') => {
            *rest = deeper;
            use_tree(rest, &path, found);
        }
        _ => found.push(path),
    }
}

/// Name and body of each type that derives `Serialize`.
fn serialised_types(text: &str) -> Vec<(String, String)> {
    let start = Regex::new(r"#\[derive\([^)]*\bSerialize\b[^)]*\)\]").unwrap();
    let head = Regex::new(r"\b(?:struct|enum)\s+(\w+)[^{(;]*").unwrap();
    let mut found = Vec::new();
    for at in start.find_iter(text) {
        let Some(item) = head.captures(&text[at.end()..]) else { continue };
        let body = &text[at.end() + item.get(0).unwrap().end()..];
        let mut depth = 0_i32;
        let end = body.find(|c| {
            depth += match c {
                '{' | '(' => 1,
                '}' | ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        found.push((item.get(1).unwrap().as_str().to_owned(), body[..end.unwrap_or(body.len())].to_owned()));
    }
    found
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code)).collect::<Vec<_>>().join("\n")
}

/// Text of every file below `folder` with one of the extensions, by its path from the root.
pub(crate) fn files_below(folder: &str, extensions: &[&str]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "node_modules" && name != "target" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ext| extensions.contains(&ext.to_string_lossy().as_ref())) {
                let relative = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                found.insert(relative, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
