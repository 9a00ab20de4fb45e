//! The npm package: the core for Node and browsers, without the page.

use std::{fs, path::Path, process::Command};

use crate::{
    Outcome,
    run::run,
    tools::{self, Tools, WASM},
};

/// Where the package is made.
pub const PACKAGE: &str = "target/npm";
/// The files that are written by hand.
const SOURCES: &str = "www/npm";
/// The name that the bindings give the program.
pub const PROGRAM: &str = "kms_playground_bg.wasm";
/// The Cargo profiles of what is shipped: the package, and the page.
pub const FOR_SPEED: &str = "speed";
pub const FOR_SIZE: &str = "release";

/// Makes the package anew.
pub fn package() -> Outcome {
    let mut tools = Tools::for_wasm()?;
    tools.npm_packages(tools::E2E)?;
    bindings(&tools, FOR_SPEED, "web", PACKAGE)?;
    optimise(&tools, FOR_SPEED, &format!("{PACKAGE}/{PROGRAM}"))?;
    let sources = fs::read_dir(SOURCES).map_err(|error| format!("cannot read {SOURCES}: {error}"))?;
    for source in sources {
        let source = source.map_err(|error| format!("cannot read {SOURCES}: {error}"))?.path();
        copy(&source, PACKAGE)?;
    }
    for text in ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT", "CHANGELOG.md", "LESSONS.md"] {
        copy(Path::new(text), PACKAGE)?;
    }
    let description = format!("{PACKAGE}/package.json");
    let text = fs::read_to_string(&description).map_err(|error| format!("cannot read {description}: {error}"))?;
    let own = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    fs::write(&description, text.replace("\"version\": \"0.0.0\"", &own))
        .map_err(|error| format!("cannot write {description}: {error}"))?;
    println!("The package is in {PACKAGE}: `npm install ./{PACKAGE}` adds it to a project.");
    Ok(())
}

/// Builds the core in a profile, with bindings for `target`, into `directory`.
pub fn bindings(tools: &Tools, profile: &str, target: &str, directory: &str) -> Outcome {
    let mut build = Command::new("cargo");
    build.args(["build", "--quiet", "--lib", "--profile", profile, "--features", "session", "--target", WASM]);
    if profile == FOR_SIZE {
        build.envs(tools::settings_for_size().iter().copied());
    } else {
        // Node has had it since 16, and browsers since 2023.
        build.env("RUSTFLAGS", "-C target-feature=+simd128");
    }
    run(&mut build)?;
    if Path::new(directory).exists() {
        fs::remove_dir_all(directory).map_err(|error| format!("cannot remove {directory}: {error}"))?;
    }
    let program = format!("target/{WASM}/{profile}/kms_playground.wasm");
    let mut bindgen = tools.command("wasm-bindgen");
    run(bindgen.args(["--target", target, "--no-typescript", "--out-dir", directory, &program]))
}

/// Runs wasm-opt over a program, in its place, for what its profile is for.
pub fn optimise(tools: &Tools, profile: &str, program: &str) -> Outcome {
    let level = if profile == FOR_SPEED { "-O3" } else { "-Oz" };
    run(tools.command("wasm-opt").args([level, program, "-o", program]))
}

fn copy(file: &Path, directory: &str) -> Outcome {
    let name = file.file_name().ok_or_else(|| format!("{} is no file", file.display()))?;
    let to = Path::new(directory).join(name);
    fs::copy(file, &to).map_err(|error| format!("cannot copy {} to {}: {error}", file.display(), to.display()))?;
    Ok(())
}
