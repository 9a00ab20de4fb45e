//! The same measurements natively and in wasm, side by side.

use std::{collections::BTreeMap, process::Command};

use crate::{
    Outcome, package,
    run::run_watched,
    tools::{self, Tools},
};

/// Prints one table: calls per second natively, in wasm under Node, and their quotient.
pub fn bench() -> Outcome {
    tools::node()?;
    let tools = Tools::for_wasm()?;
    println!("Building and measuring natively …");
    let native = measurements(Command::new("cargo").args(["bench", "--quiet", "--bench", "throughput"]))?;
    println!("Building and measuring in wasm …");
    let bindings = "target/bench";
    package::bindings(&tools, "nodejs", bindings)?;
    let wasm = measurements(Command::new("node").args(["benches/wasm.mjs", bindings]))?;

    println!("\n{:<40} {:>14} {:>14} {:>10}", "calls per second", "native", "wasm", "quotient");
    let mut names: Vec<&String> = native.keys().chain(wasm.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (native, wasm) = (native.get(name), wasm.get(name));
        let shown = |value: Option<&f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"));
        let quotient =
            native.zip(wasm).map_or_else(|| "-".to_owned(), |(native, wasm)| format!("{:.2}", native / wasm));
        println!("{name:<40} {:>14} {:>14} {quotient:>10}", shown(native), shown(wasm));
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
