//! The site: building, serving, weighing and photographing it.

use std::{env, net::TcpListener, path::Path, process::Command};

use crate::{
    Outcome,
    run::{output, run},
    tools::{self, Tools},
};

/// What the wasm file may weigh with brotli and with all cryptography in it, in bytes.
const WASM_LIMIT: u64 = 450_000;

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
    build.arg("--release").envs(tools::settings_for_size().iter().copied());
    if let Some(url) = public_url {
        build.args(["--public-url", url]);
    }
    run(&mut build)
}

/// Prints what `dist/` weighs; fails when the program is over its limit.
pub fn sizes() -> Outcome {
    tools::node()?;
    if !Path::new("dist/index.html").exists() {
        build(None)?;
    }
    let listing = output("node", &["xtask/sizes.mjs", "dist"]).ok_or("xtask/sizes.mjs failed")?;
    println!("{:<40} {:>10} {:>10} {:>10}", "bytes", "raw", "gzip", "brotli");
    let (mut total, mut over) = ([0_u64; 3], None);
    for line in listing.lines() {
        let mut fields = line.split('\t');
        let name = fields.next().unwrap_or_default();
        let mut next = || fields.next().and_then(|field| field.parse().ok()).unwrap_or(0);
        let sizes: [u64; 3] = [next(), next(), next()];
        let [raw, gzip, brotli] = sizes;
        let is_program = name.ends_with(".wasm");
        let limit = match name {
            _ if is_program => format!("  limit {WASM_LIMIT}"),
            "editor.js" => "  fetched when an editor opens".to_owned(),
            _ => String::new(),
        };
        println!("{name:<40} {raw:>10} {gzip:>10} {brotli:>10}{limit}");
        for (sum, size) in total.iter_mut().zip(sizes) {
            *sum += size;
        }
        if is_program && brotli > WASM_LIMIT {
            over = Some(format!("{name} weighs {brotli} bytes with brotli, over the limit of {WASM_LIMIT}"));
        }
    }
    let [raw, gzip, brotli] = total;
    println!("{:<40} {raw:>10} {gzip:>10} {brotli:>10}", "all");
    over.map_or(Ok(()), Err)
}

/// Takes pictures of the built site.
pub fn screens(directory: &str, built: bool) -> Outcome {
    if !built {
        build(None)?;
    }
    let mut tools = Tools::default();
    tools.npm_packages(tools::E2E)?;
    let browser = tools::browser()?;
    run(tools.command("node").args(["tests/e2e/screens.mjs", directory]).env("CHROME", browser.chromium))
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
