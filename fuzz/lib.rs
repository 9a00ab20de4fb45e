//! The files of the native tests that say what is fuzzed, and with what to begin.

// Compiled without the tests in them, they have much that nothing uses; and a fuzzer may stop at the first surprise.
#![allow(dead_code, unused_imports, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

/// What the samples exercise is for the tests to note.
mod conformance {
    pub(crate) fn note(_operation: &str, _body: &str, _outcome: &kms_playground::endpoint::Outcome) {}
}
#[path = "../tests/it/fuzz.rs"]
mod fuzz;
#[path = "../tests/it/table.rs"]
mod table;
#[path = "../tests/it/wire.rs"]
mod wire;

use std::{env, fs, path::PathBuf, sync::LazyLock};

static TARGET: LazyLock<&fuzz::Target> = LazyLock::new(|| {
    let name = env::var("FUZZ_TARGET").expect("the variable FUZZ_TARGET names a target of tests/it/fuzz.rs");
    fuzz::TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| panic!("no target `{name}`"))
});

/// Puts the seeds of the target into the folder that the variable FUZZ_CORPUS names. What a target prepares for all its
/// runs is prepared here, where no limit of time for one run counts.
pub fn begin() {
    run(b"");
    let Some(folder) = env::var_os("FUZZ_CORPUS").map(PathBuf::from) else { return };
    fs::create_dir_all(&folder).expect("the folder for the corpus");
    for (nth, seed) in (TARGET.seeds)().into_iter().enumerate() {
        fs::write(folder.join(format!("seed-{nth}")), seed).expect("a seed in the corpus");
    }
}

pub fn run(bytes: &[u8]) {
    (TARGET.run)(bytes);
}
