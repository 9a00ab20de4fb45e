//! The site: building, serving, weighing and photographing it.

use std::{env, net::TcpListener, path::Path, process::Command};

use crate::{
    Outcome, lesson,
    package::{FOR_SIZE, optimise},
    run::{output, run},
    tools::{self, Tools, WASM},
};

/// What the program's first file may weigh with brotli, in bytes: all that the first picture and the first lesson need.
const MAIN_LIMIT: u64 = 450_000;
/// What everything that is fetched until the first lesson shows may weigh with brotli.
const FIRST_LESSON_LIMIT: u64 = 550_000;

/// What the course may add to that with brotli; the texts of lessons come later.
const COURSE_LIMIT: u64 = 40_000;

const MAIN: &str = "kms-playground_bg.wasm";
const REST: &str = "kms-playground_rest.wasm";
/// What is fetched after the first lesson shows, or when somebody asks for it.
const LATER: &[&str] = &[REST, "editor.js", "open_envelope.py"];
/// Pages to read, which the playground itself never fetches.
const APART: &str = "lessons/";

/// Builds and serves the page, with rebuild on change, until interrupted.
pub fn play(port: u16, open: bool, release: bool) -> Outcome {
    drop(TcpListener::bind(("127.0.0.1", port)).map_err(|error| {
        format!(
            "cannot serve on 127.0.0.1:{port} ({error}): choose another port, as in `cargo xtask play --port {}`",
            port.wrapping_add(1).max(1024)
        )
    })?);
    let tools = Tools::for_site()?;
    // A directory of its own, so that playing does not replace a release build in dist/.
    let mut serve = trunk(&tools, "serve");
    serve.args(["--dist", "target/play", "--port", &port.to_string()]);
    std::fs::create_dir_all("target/play").map_err(|error| format!("cannot create target/play: {error}"))?;
    if release {
        serve.arg("--release").envs(tools::settings_for_size().iter().copied());
    }
    if open && has_display() {
        serve.arg("--open");
    }
    println!(
        "The playground will be at http://127.0.0.1:{port}/ (the first build takes about a minute). Ctrl-C ends it."
    );
    replace_by(&mut serve)
}

/// Builds the static site into `dist/`.
pub fn build(public_url: Option<&str>) -> Outcome {
    let tools = Tools::for_site()?;
    let mut build = trunk(&tools, "build");
    let settings = tools::settings_for_size();
    let flags = settings.iter().find(|(name, _)| *name == "RUSTFLAGS").map_or("", |(_, flags)| flags);
    build.arg("--release").envs(settings.iter().copied());
    // Splitting needs to know what names what, which only the linker knows.
    build.env("RUSTFLAGS", format!("{flags} -Clink-arg=--emit-relocs").trim());
    if let Some(url) = public_url {
        build.args(["--public-url", url]);
    }
    run(&mut build)?;
    split(&tools)?;
    lesson::pages("dist/lessons")
}

/// Splits the built program in two: what the first picture needs, and the rest.
fn split(tools: &Tools) -> Outcome {
    let linked = format!("target/{WASM}/{FOR_SIZE}/kms_playground.wasm");
    let [main, rest] = [MAIN, REST].map(|name| format!("dist/{name}"));
    run(tools.command("node").args(["xtask/split.mjs", &linked, &main, &main, &rest]))?;
    [main, rest].iter().try_for_each(|part| optimise(tools, FOR_SIZE, part))
}

/// Prints what `dist/` weighs; fails when something is over its limit.
pub fn sizes() -> Outcome {
    tools::node()?;
    if !Path::new("dist/index.html").exists() {
        build(None)?;
    }
    let listing = output("node", &["xtask/sizes.mjs", "dist"]).ok_or("xtask/sizes.mjs failed")?;
    println!("{:<40} {:>10} {:>10} {:>10}", "bytes", "raw", "gzip", "brotli");
    let (mut programs, mut first, mut all) = ([0_u64; 3], [0_u64; 3], [0_u64; 3]);
    let mut over = Vec::new();
    let mut print = |name: &str, [raw, gzip, brotli]: [u64; 3], limit: Option<u64>| {
        let shown = limit.map_or_else(String::new, |limit| format!("  limit {limit}"));
        println!("{name:<40} {raw:>10} {gzip:>10} {brotli:>10}{shown}");
        if let Some(limit) = limit.filter(|limit| brotli > *limit) {
            over.push(format!("{name}: {brotli} bytes with brotli, over the limit of {limit}"));
        }
    };
    let add = |sum: &mut [u64; 3], sizes: [u64; 3]| sum.iter_mut().zip(sizes).for_each(|(sum, size)| *sum += size);
    for line in listing.lines() {
        let (name, sizes) = weighed(line);
        print(name, sizes, (name == MAIN).then_some(MAIN_LIMIT));
        add(&mut all, sizes);
        if name.ends_with(".wasm") {
            add(&mut programs, sizes);
        }
        if !LATER.contains(&name) && !name.starts_with(APART) {
            add(&mut first, sizes);
        }
    }
    print("the whole program", programs, None);
    let course = output("node", &["xtask/course.mjs"]).ok_or("xtask/course.mjs failed")?;
    print("the course, in the first file", weighed(course.trim_end()).1, Some(COURSE_LIMIT));
    print("until the first lesson shows", first, Some(FIRST_LESSON_LIMIT));
    print("all", all, None);
    if over.is_empty() { Ok(()) } else { Err(over.join("\n")) }
}

/// A name, and bytes as they are, with gzip and with brotli.
fn weighed(line: &str) -> (&str, [u64; 3]) {
    let mut fields = line.split('\t');
    let name = fields.next().unwrap_or_default();
    let mut next = || fields.next().and_then(|field| field.parse().ok()).unwrap_or(0);
    (name, [next(), next(), next()])
}

/// Takes pictures of the built site, or of every page of every lesson.
pub fn screens(directory: Option<&str>, lessons: bool, built: bool) -> Outcome {
    if !built {
        build(None)?;
    }
    let mut tools = Tools::default();
    tools.npm_packages(tools::E2E)?;
    let browser = tools::browser()?;
    let (script, usual) = match lessons {
        true => ("tests/e2e/pictures.mjs", "target/lessons"),
        false => ("tests/e2e/screens.mjs", "target/screens"),
    };
    run(tools.command("node").args([script, directory.unwrap_or(usual)]).env("CHROME", browser.chromium))
}

fn trunk(tools: &Tools, command: &str) -> Command {
    let mut trunk = tools.command("trunk");
    trunk.args(["--skip-version-check", command]);
    // Some systems set it to `1`, which Trunk takes for a value of its own flag and refuses.
    trunk.env_remove("NO_COLOR");
    trunk
}

fn has_display() -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Runs `command` in place of this program, so that one interrupt ends all.
#[cfg(unix)]
fn replace_by(command: &mut Command) -> Outcome {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(crate::run::cannot_start(command, &error))
}

#[cfg(not(unix))]
fn replace_by(command: &mut Command) -> Outcome {
    run(command)
}
