//! The site: building, serving and photographing it.

use std::{env, net::TcpListener, process::Command};

use crate::{
    Outcome, lesson,
    package::{FOR_SIZE, optimise},
    run::run,
    tools::{self, Tools, WASM},
};

pub const MAIN: &str = "kms-playground_bg.wasm";
pub const REST: &str = "kms-playground_rest.wasm";
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
    lesson::pages("dist/lessons")?;
    run(Command::new("node").args(["xtask/offline.mjs", "dist"]))
}

/// Splits the built program in two: what the first picture needs, and the rest.
fn split(tools: &Tools) -> Outcome {
    let linked = format!("target/{WASM}/{FOR_SIZE}/kms_playground.wasm");
    let [main, rest] = [MAIN, REST].map(|name| format!("dist/{name}"));
    run(tools.command("node").args(["xtask/split.mjs", &linked, &main, &main, &rest]))?;
    // A second pass over the first file finds what the first pass laid bare: 1.4 kB with brotli, in ten seconds.
    [&main, &rest, &main].iter().try_for_each(|part| optimise(tools, FOR_SIZE, part))
}

/// What pictures are taken of.
pub enum Pictures {
    /// The page, for looking at.
    Page,
    /// Every page of every lesson, likewise.
    Lessons,
    /// Every view, for the tests to compare with; they have a place of their own.
    References,
}

/// Takes pictures of the built site.
pub fn screens(directory: Option<&str>, pictures: &Pictures, built: bool) -> Outcome {
    if !built {
        build(None)?;
    }
    let mut tools = Tools::default();
    tools.npm_packages(tools::E2E)?;
    let browser = tools::browser()?;
    let (script, usual) = match pictures {
        Pictures::Page => ("tests/e2e/screens.mjs", "target/screens"),
        Pictures::Lessons => ("tests/e2e/pictures.mjs", "target/lessons"),
        Pictures::References => ("tests/e2e/looks.mjs", "tests/e2e/looks"),
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
