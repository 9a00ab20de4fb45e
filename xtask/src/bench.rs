//! The same measurements natively and in wasm, side by side.

use std::{collections::BTreeMap, path::Path, process::Command};

use crate::{
    Outcome, package,
    run::run_watched,
    site,
    tools::{self, Tools},
};

/// Prints calls per second: natively, in wasm under Node as the package ships it, and as the page does; then those of a
/// session beside moto's, asked by the same client, decisions beside those of other evaluators, and how soon the page
/// answers.
pub fn bench() -> Outcome {
    let mut tools = Tools::for_wasm()?;
    tools.npm_packages(tools::E2E)?;
    println!("Building and measuring natively …");
    let natively = |bench| {
        let options = ["bench", "--quiet", "--profile", package::FOR_SPEED, "--bench", bench];
        measurements(Command::new("cargo").args(options))
    };
    let mut native = natively("throughput")?;
    native.extend(natively("time")?);
    let in_wasm = |profile| {
        println!("Building and measuring in wasm, profile {profile} …");
        let bindings = format!("target/bench/{profile}");
        package::bindings(&tools, profile, "nodejs", &bindings)?;
        package::optimise(&tools, profile, &format!("{bindings}/{}", package::PROGRAM))?;
        measurements(Command::new("node").args(["benches/wasm.mjs", &bindings]))
    };
    let (mut package, page) = (in_wasm(package::FOR_SPEED)?, in_wasm(package::FOR_SIZE)?);
    println!("Measuring decisions, and the evaluators beside them …");
    let peers_of_decisions = tools.npm_packages(tools::PEERS);
    let mut decisions = Command::new("node");
    decisions.arg("benches/decisions.mjs").arg(format!("target/bench/{}", package::FOR_SPEED));
    if peers_of_decisions.is_ok() {
        decisions.arg(tools::PEERS);
    }
    let decided = measurements(&mut decisions)?;
    package.extend(decided);
    println!("Measuring how soon the page answers …");
    match answers() {
        Ok(found) => package.extend(found),
        Err(failure) => println!("The page was not measured: {failure}"),
    }
    println!("Building the npm package and measuring moto …");
    package::package()?;
    let peers = tools::python(tools::PEERS)
        .and_then(|python| measurements(Command::new(python).args(["benches/peers.py", package::PACKAGE])));

    println!("\n{:<40} {:>12} {:>12} {:>12} {:>10}", "calls per second", "native", "wasm", "page wasm", "quotient");
    let mut names: Vec<&String> = native.keys().chain(package.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names.into_iter().filter(|name| limit(name).is_none()) {
        let (native, package, page) = (native.get(name), package.get(name), page.get(name));
        let shown = |value: Option<&f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"));
        let quotient =
            native.zip(package).map_or_else(|| "-".to_owned(), |(native, package)| format!("{:.2}", native / package));
        println!("{name:<40} {:>12} {:>12} {:>12} {quotient:>10}", shown(native), shown(package), shown(page));
    }
    println!("\n{:<56} {:>12} {:>12} {:>12}", "at most", "measured", "page wasm", "limit");
    for (name, value) in &package {
        if let Some(limit) = limit(name) {
            let page = page.get(name).map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"));
            println!("{name:<56} {value:>12.1} {page:>12} {limit:>12}");
        }
    }
    beside_the_clock(&native, &package, &page);
    match peers_of_decisions {
        Ok(()) => beside_evaluators(&package),
        Err(failure) => println!("\nThe other evaluators were not measured: {failure}"),
    }
    match peers {
        Ok(peers) => beside_moto(&package, &peers),
        Err(failure) => println!("\nmoto was not measured: {failure}"),
    }
    Ok(())
}

/// What a measurement of time, in milliseconds, may be at most; absent for calls per second.
fn limit(name: &str) -> Option<u32> {
    match name {
        "matrix of 100 principals, ms" => Some(50),
        "INP of an edit, ms" | "INP of the timeline of 1,000 keys, ms" => Some(150),
        "an hour at 10,050 requests a second, ms" | "an hour with a key store, ms" => Some(100),
        _ if name.starts_with("hostile policy, ") => Some(100),
        _ => None,
    }
}

/// The goal: a hundred years of a thousand keys that rotate every year pass in 50 milliseconds.
fn beside_the_clock(native: &BTreeMap<String, f64>, package: &BTreeMap<String, f64>, page: &BTreeMap<String, f64>) {
    println!("\n{:<48}{:>12}{:>12}{:>12}{:>8}", "milliseconds", "native", "wasm", "page wasm", "goal");
    for name in native.keys().filter(|name| name.starts_with("advance")) {
        let of = |from: &BTreeMap<String, f64>| from.get(name).map_or(f64::NAN, |times| 1000.0 / times);
        println!("{name:<48}{:>12.0}{:>12.0}{:>12.0}{:>8}", of(native), of(package), of(page), 50);
    }
}

/// From a key typed into a policy, or a click among a thousand keys, to the next picture, on the built site in a browser
/// slowed down four times.
fn answers() -> Outcome<BTreeMap<String, f64>> {
    if !Path::new("dist/index.html").exists() {
        site::build(None)?;
    }
    let browser = tools::browser()?;
    measurements(Command::new("node").arg("benches/page.mjs").env("CHROME", browser.chromium))
}

/// The goals: 40 times what moto answers in process, and 1,000 times as many new keys.
fn beside_moto(package: &BTreeMap<String, f64>, peers: &BTreeMap<String, f64>) {
    let heads = ["session", "moto in process", "times", "goal", "ours over HTTP", "moto over HTTP"];
    let heads: Vec<String> = heads.iter().map(|head| format!("{head:>16}")).collect();
    println!("\n{:<20}{}", "calls per second", heads.concat());
    for (operation, goal) in [("Encrypt", 40), ("Decrypt", 40), ("GenerateDataKey", 40), ("CreateKey", 1000)] {
        let of = |place: &str| peers.get(&format!("{operation}, {place}")).copied().unwrap_or(f64::NAN);
        let session = package.get(&format!("{operation}, session")).copied().unwrap_or(f64::NAN);
        let (mock, over_http, mock_over_http) = (of("moto in process"), of("ours over HTTP"), of("moto over HTTP"));
        println!(
            "{operation:<20}{session:>16.0}{mock:>16.0}{:>16.1}{goal:>16}{over_http:>16.0}{mock_over_http:>16.0}",
            session / mock
        );
    }
}

/// The goals, of many statements: 50,000 a second, and 20 times the faster of the two.
fn beside_evaluators(package: &BTreeMap<String, f64>) {
    let heads = ["explained", "iam-simulate", "Cedar", "times", "goal"];
    let heads: Vec<String> = heads.iter().map(|head| format!("{head:>16}")).collect();
    println!("\n{:<20}{}", "decisions per second", heads.concat());
    for scenario in ["one statement", "many statements"] {
        let of = |what: &str| package.get(&format!("decision, {scenario}, {what}")).copied().unwrap_or(f64::NAN);
        let (ours, simulate, cedar) = (of("explained"), of("iam-simulate"), of("Cedar"));
        println!(
            "{scenario:<20}{ours:>16.0}{simulate:>16.0}{cedar:>16.0}{:>16.1}{:>16}",
            ours / simulate.max(cedar),
            20
        );
    }
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
