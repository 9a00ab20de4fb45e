//! Writing lessons. The work is done by `xtask/lesson/main.rs`, which has the core that these commands must start without.

use std::process::Command;

use crate::{
    Outcome,
    run::{cannot_start, run},
};

/// Passes the command on to the program that can play lessons.
pub fn lesson(args: &[String]) -> Outcome {
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--example", "lesson", "--"]).args(args);
    let status = command.status().map_err(|error| cannot_start(&command, &error))?;
    // It has said what is wrong.
    if status.success() { Ok(()) } else { Err(String::new()) }
}

/// Writes every lesson of the course as a page without scripts into `folder`.
pub fn pages(folder: &str) -> Outcome {
    run(Command::new("cargo").args(["run", "--quiet", "--example", "lesson", "--", "pages", folder]))
}
