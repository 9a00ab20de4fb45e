//! The same measurements natively and in wasm, side by side.

use std::{collections::BTreeMap, process::Command};

use crate::{
    Outcome, package,
    run::run_watched,
    tools::{self, Tools},
};

/// Prints one table of calls per second: natively, in wasm under Node as the package ships it, and as the page does.
pub fn bench() -> Outcome {
    let mut tools = Tools::for_wasm()?;
    tools.npm_packages(tools::E2E)?;
    println!("Building and measuring natively …");
    let native = measurements(Command::new("cargo").args([
        "bench",
        "--quiet",
        "--profile",
        package::FOR_SPEED,
        "--bench",
        "throughput",
    ]))?;
    let in_wasm = |profile| {
        println!("Building and measuring in wasm, profile {profile} …");
        let bindings = format!("target/bench/{profile}");
        package::bindings(&tools, profile, "nodejs", &bindings)?;
        package::optimise(&tools, profile, &format!("{bindings}/{}", package::PROGRAM))?;
        measurements(Command::new("node").args(["benches/wasm.mjs", &bindings]))
    };
    let (package, page) = (in_wasm(package::FOR_SPEED)?, in_wasm(package::FOR_SIZE)?);

    println!("\n{:<40} {:>12} {:>12} {:>12} {:>10}", "calls per second", "native", "wasm", "page wasm", "quotient");
    let mut names: Vec<&String> = native.keys().chain(package.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (native, package, page) = (native.get(name), package.get(name), page.get(name));
        let shown = |value: Option<&f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"));
        let quotient =
            native.zip(package).map_or_else(|| "-".to_owned(), |(native, package)| format!("{:.2}", native / package));
        println!("{name:<40} {:>12} {:>12} {:>12} {quotient:>10}", shown(native), shown(package), shown(page));
    }
    Ok(())
}

/// Reads lines of a name, a tab and calls per second.
fn measurements(command: &mut Command) -> Outcome<BTreeMap<String, f64>> {
    let mut found = BTreeMap::new();
    let succeeded = run_watched(command, |line| {
        if let Some((name, value)) = line.split_once('\t')
            && let Ok(value) = value.trim().parse()
        {
            found.insert(name.to_owned(), value);
        }
    })?;
    if succeeded { Ok(found) } else { Err("a measurement failed, see above".to_owned()) }
}
