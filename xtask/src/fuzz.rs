//! Fuzzing for as long as one likes. The native tests have a short run of the same targets.

use std::{fs, path::Path};

use crate::{Outcome, run::run, tools::Tools};

/// Where the targets are listed.
const TARGETS: &str = "tests/it/fuzz.rs";

/// Runs the target called `name`, or one after the other, each for `seconds`. What was found to reach new branches is
/// kept in `target/fuzz/corpus` for the next time; what breaks something, beside it.
pub fn fuzz(name: Option<&str>, seconds: u32) -> Outcome {
    let source = fs::read_to_string(TARGETS).map_err(|error| format!("cannot read {TARGETS}: {error}"))?;
    let all = names(&source);
    let chosen: Vec<&str> = all.iter().copied().filter(|target| name.is_none_or(|name| name == *target)).collect();
    if chosen.is_empty() {
        return Err(format!("no target `{}`: choose from {}", name.unwrap_or_default(), all.join(", ")));
    }
    let tools = Tools::for_fuzzing()?;
    for target in chosen {
        println!("\n=== {target}, {seconds} s ===");
        let corpus = std::path::absolute(Path::new("target/fuzz/corpus").join(target));
        let corpus = corpus.map_err(|error| format!("target/fuzz/corpus: {error}"))?;
        fs::create_dir_all(&corpus).map_err(|error| format!("{}: {error}", corpus.display()))?;
        let mut command = tools.command("cargo");
        // Coverage and sanitizer are flags that a stable compiler has but does not take otherwise.
        command.env("RUSTC_BOOTSTRAP", "1").env("FUZZ_TARGET", target).env("FUZZ_CORPUS", &corpus);
        command.args(["fuzz", "run", "--fuzz-dir", "fuzz", "--target-dir", "target/fuzz", "any"]).arg(&corpus);
        command.args(["--", "-timeout=60", "-rss_limit_mb=4096", "-print_final_stats=1"]);
        command.args([format!("-max_total_time={seconds}"), format!("-artifact_prefix=target/fuzz/{target}-")]);
        run(&mut command)?;
    }
    Ok(())
}

/// The names in lines like `Target { name: "requests", …`.
fn names(source: &str) -> Vec<&str> {
    source.lines().filter_map(|line| line.trim().strip_prefix("Target { name: \"")?.split('"').next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_where_they_are_listed() {
        let names = names(include_str!("../../tests/it/fuzz.rs"));
        assert!(names.len() >= 10 && names.contains(&"requests"), "{names:?}");
    }
}
