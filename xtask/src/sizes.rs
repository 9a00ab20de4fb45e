//! What the built site weighs.

use std::path::Path;

use crate::{
    Outcome,
    recorded::{Figure, Record, Then},
    run::output,
    site::{self, MAIN, REST},
    tools,
};

const RECORD: Record = Record {
    path: "SIZES.md",
    about: "What the built site weighs, in bytes with brotli (the loader with gzip).",
    command: "cargo xtask sizes",
    decimals: 0,
};

/// What the program's first file may weigh: all that the first picture and the first lesson need.
const MAIN_LIMIT: f64 = 450_000.0;
/// What everything that is fetched until the first lesson shows may weigh.
const FIRST_LESSON_LIMIT: f64 = 550_000.0;
/// What the course may add to that; the texts of lessons come later.
const COURSE_LIMIT: f64 = 40_000.0;
/// What another page loads before the playground is wanted may weigh, with gzip.
const LOADER_LIMIT: f64 = 6_000.0;
const LOADER: &[&str] = &["element.js", "client.js", "program.js"];
/// What is fetched after the first lesson shows, or when somebody asks for it.
const LATER: &[&str] = &[
    REST,
    "editor.js",
    "element.css",
    "element.d.ts",
    "embed.html",
    "embed.js",
    "frame.js",
    "icon-192.png",
    "icon-512.png",
    "index.d.ts",
    "keymaker-worker.js",
    "manifest.webmanifest",
    "mdbook-kms-lesson.mjs",
    "offline.js",
    "open_envelope.py",
    "run.js",
    "service-worker.js",
];
/// Pages to read, which the playground itself never fetches, and what it fetches for one language.
const APART: &[&str] = &["lessons/", "languages/"];

/// Prints what `dist/` weighs; fails when something is over its limit, or grew.
pub fn sizes(then: &Then) -> Outcome {
    tools::node()?;
    if !Path::new("dist/index.html").exists() {
        site::build(None)?;
    }
    let listing = output("node", &["xtask/sizes.mjs", "dist"]).ok_or("xtask/sizes.mjs failed")?;
    println!("{:<44} {:>10} {:>10} {:>10}", "bytes", "raw", "gzip", "brotli");
    let files: Vec<(&str, [f64; 3])> = listing.lines().map(weighed).collect();
    let course = output("node", &["xtask/course.mjs"]).ok_or("xtask/course.mjs failed")?;
    for (name, [raw, gzip, brotli]) in &files {
        println!("{name:<44} {raw:>10} {gzip:>10} {brotli:>10}");
    }
    println!("\n{:<44} {:>10} {:>10}", "", "now", "recorded");
    let brotli = |name: &str, of: &dyn Fn(&str) -> bool, limit| Figure {
        name: name.to_owned(),
        value: files.iter().filter(|(file, _)| of(file)).map(|(_, [_, _, brotli])| brotli).sum(),
        limit,
        spread: 0.0,
    };
    let loader = Figure {
        name: "what an embedding page loads first, gzip".to_owned(),
        value: files.iter().filter(|(file, _)| LOADER.contains(file)).map(|(_, [_, gzip, _])| gzip).sum(),
        limit: Some(LOADER_LIMIT),
        spread: 0.0,
    };
    let first = |file: &str| !LATER.contains(&file) && !APART.iter().any(|folder| file.starts_with(folder));
    let figures = [
        brotli("program, first file", &|file| file == MAIN, Some(MAIN_LIMIT)),
        brotli("program, second file", &|file| file == REST, None),
        brotli("until the first lesson shows", &first, Some(FIRST_LESSON_LIMIT)),
        Figure {
            name: "the course, in the first file".to_owned(),
            value: weighed(course.trim_end()).1[2],
            limit: Some(COURSE_LIMIT),
            spread: 0.0,
        },
        brotli("editor", &|file| file == "editor.js", None),
        brotli("styles", &|file| file.starts_with("styles/"), None),
        brotli("lessons to read without script", &|file| file.starts_with("lessons/"), None),
        brotli("German", &|file| file == "languages/de.json", None),
        brotli("all", &|_| true, None),
        loader,
    ];
    RECORD.settle(&figures, then)
}

/// A name, and bytes as they are, with gzip and with brotli.
fn weighed(line: &str) -> (&str, [f64; 3]) {
    let mut fields = line.split('\t');
    let name = fields.next().unwrap_or_default();
    let mut next = || fields.next().and_then(|field| field.parse().ok()).unwrap_or(0.0);
    (name, [next(), next(), next()])
}
