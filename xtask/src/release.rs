//! What is published: the site as a zip, the npm package, what is in them of others, and the checksums.

use std::{fs, path::Path, process::Command};

use crate::{
    Outcome, package,
    run::{cannot_start, output, run},
    site,
    tools::Tools,
};

/// Where it is put.
const RELEASE: &str = "target/release-files";
/// Where it is made once more.
const AGAIN: &str = "target/again";

/// Makes a release; with `check` twice, the second time from a clone of the last commit in another folder, and fails if
/// a byte differs.
pub fn release(check: bool) -> Outcome {
    if check {
        let changed =
            output("git", &["status", "--porcelain"]).ok_or("git is needed to build the last commit again")?;
        if !changed.is_empty() {
            return Err(format!("the second build is of the last commit: commit or stash first\n{changed}"));
        }
    }
    deny()?;
    site::build(None)?;
    package::package()?;
    for folder in [RELEASE, AGAIN].iter().filter(|folder| Path::new(folder).exists()) {
        fs::remove_dir_all(folder).map_err(|error| format!("cannot remove {folder}: {error}"))?;
    }
    fs::create_dir_all(RELEASE).map_err(|error| format!("cannot create {RELEASE}: {error}"))?;
    run(Command::new("node").args(["xtask/bom.mjs", RELEASE]))?;
    let (third, to) = (format!("{RELEASE}/THIRD-PARTY.txt"), format!("{}/THIRD-PARTY.txt", package::PACKAGE));
    fs::copy(&third, &to).map_err(|error| format!("cannot copy {third} to {to}: {error}"))?;
    let version = env!("CARGO_PKG_VERSION");
    run(Command::new("node").args(["xtask/release.mjs", RELEASE, version, "dist", package::PACKAGE]))?;
    println!("The release is in {RELEASE}.");
    if check { the_same_again() } else { Ok(()) }
}

fn the_same_again() -> Outcome {
    println!("Building all of it again in {AGAIN} …");
    run(Command::new("git").args(["clone", "--quiet", ".", AGAIN]))?;
    run(Command::new("cargo").args(["xtask", "release"]).current_dir(AGAIN).env_remove("CARGO_TARGET_DIR"))?;
    let sums = |folder: &str| {
        let path = format!("{folder}/SHA256SUMS");
        fs::read_to_string(&path).map_err(|error| format!("cannot read {path}: {error}"))
    };
    let (first, second) = (sums(RELEASE)?, sums(&format!("{AGAIN}/{RELEASE}"))?);
    let differ: Vec<&str> = first.lines().filter(|line| !second.lines().any(|other| other == *line)).collect();
    if differ.is_empty() && first.lines().count() == second.lines().count() {
        println!("Two builds in two folders have the same bytes.");
        Ok(())
    } else {
        Err(format!("the second build, in {AGAIN}/{RELEASE}, has other bytes than this:\n{}", differ.join("\n")))
    }
}

/// Holds licences, sources and known flaws of the crates against `deny.toml`. Where the database of known flaws is not to
/// be had, it says so and goes on.
pub fn deny() -> Outcome {
    let tools = Tools::for_release()?;
    let ours = |what: &[&str]| {
        let mut command = tools.command("cargo");
        command.args(["deny", "--log-level", "warn", "check"]).args(what);
        command
    };
    run(&mut ours(&["licenses", "bans", "sources"]))?;
    let mut advisories = ours(&["advisories"]);
    let found = advisories.output().map_err(|error| cannot_start(&advisories, &error))?;
    let told = String::from_utf8_lossy(&found.stderr);
    if found.status.success() {
        println!("{told}");
        return Ok(());
    }
    if told.contains("advisory database") && (told.contains("failed to fetch") || told.contains("failed to load")) {
        println!(
            "NOT CHECKED: known flaws (advisories). Their database, github.com/rustsec/advisory-db, could not be fetched. \
             Run `cargo xtask deny` where it can be, before you publish."
        );
        return Ok(());
    }
    Err(format!("{told}cargo deny found known flaws, see above"))
}
