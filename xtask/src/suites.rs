//! The test suites. All run, also after a failure; the last line counts.

use std::{cell::OnceCell, fs, process::Command, thread, time::Instant};

use crate::{
    Outcome, package,
    recorded::Then,
    run::run_watched,
    site, sizes,
    tools::{self, Browser, CHROMIUM_ARGS, Tools, WASM},
};

/// In the order in which they run: quickest answer first.
const SUITES: &[Suite] = &[
    Suite { name: "fmt", about: "formatting", run: fmt },
    Suite { name: "clippy", about: "lints, in the core, the page and the tools", run: clippy },
    Suite { name: "native", about: "the core, natively", run: native },
    Suite { name: "wasm", about: "the JavaScript API and the page, in wasm in headless Chromium", run: wasm },
    Suite {
        name: "clients",
        about: "real AWS clients against the npm package, in Node, Chromium and Python",
        run: clients,
    },
    Suite { name: "e2e", about: "the built site under its final headers, in headless Chromium", run: e2e },
];

struct Suite {
    name: &'static str,
    about: &'static str,
    run: fn(&Options) -> Outcome<Counts>,
}

struct Options {
    filter: Vec<String>,
    built: bool,
    /// The page, where it was built together with the package.
    page: OnceCell<Outcome>,
    /// Whether a suite wants the page.
    wants_page: bool,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    passed: u32,
    failed: u32,
}

/// Runs the suites called `names`, or all. `filter` goes to the test runners; `built` keeps `dist/` as it is.
pub fn test(names: &[String], filter: &[String], built: bool) -> Outcome {
    let all: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
    if let Some(unknown) = names.iter().find(|name| !all.contains(&name.as_str())) {
        return Err(format!("no suite `{unknown}`: choose from {}", all.join(", ")));
    }
    let chosen: Vec<&Suite> =
        SUITES.iter().filter(|suite| names.is_empty() || names.iter().any(|name| name == suite.name)).collect();
    let wants_page = chosen.iter().any(|suite| suite.name == "e2e");
    let options = Options { filter: filter.to_vec(), built, page: OnceCell::new(), wants_page };
    let (begun, mut total, mut summary) = (Instant::now(), Counts::default(), Vec::new());
    for (at, suite) in chosen.iter().enumerate() {
        println!("\n=== {} ({} of {}): {} ===", suite.name, at + 1, chosen.len(), suite.about);
        let begun = Instant::now();
        let counts = (suite.run)(&options).unwrap_or_else(|failure| {
            println!("error: {failure}");
            Counts { passed: 0, failed: 1 }
        });
        let line = format!(
            "{:<8} {:>5} passed {:>3} failed {:>6.1} s",
            suite.name,
            counts.passed,
            counts.failed,
            begun.elapsed().as_secs_f64()
        );
        println!("--- {line}");
        total.passed += counts.passed;
        total.failed += counts.failed;
        summary.push(line);
    }
    println!("\n=== summary, after {:.1} s ===", begun.elapsed().as_secs_f64());
    for line in summary {
        println!("{line}");
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { Ok(()) } else { Err(String::new()) }
}

fn fmt(_options: &Options) -> Outcome<Counts> {
    check(cargo(&["fmt", "--all", "--check"]))
}

fn clippy(_options: &Options) -> Outcome<Counts> {
    tools::wasm_target()?;
    let mut counts = Counts::default();
    for args in [
        &["clippy", "--all-targets", "--", "-D", "warnings"][..],
        &["clippy", "--features", "ui,session", "--target", WASM, "--all-targets", "--", "-D", "warnings"],
        &["clippy", "--package", "xtask", "--all-targets", "--", "-D", "warnings"],
    ] {
        println!("cargo {}", args.join(" "));
        counts.add(check(cargo(args))?);
    }
    Ok(counts)
}

fn native(options: &Options) -> Outcome<Counts> {
    let mut counts = libtest(cargo(&["test", "--no-fail-fast"]).arg("--").args(&options.filter))?;
    if options.filter.is_empty() {
        counts.add(libtest(&mut cargo(&["test", "--quiet", "--package", "xtask"]))?);
    }
    Ok(counts)
}

fn wasm(options: &Options) -> Outcome<Counts> {
    let tools = Tools::for_wasm()?;
    let browser = tools::browser()?;
    let config = fs::canonicalize("target").map_err(|error| format!("target: {error}"))?.join("webdriver.json");
    fs::write(&config, webdriver(&browser)).map_err(|error| format!("cannot write {}: {error}", config.display()))?;
    let mut command = tools.command("cargo");
    command.args(["test", "--target", WASM, "--features", "ui", "--test", "web", "--"]).args(&options.filter);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
    command.env("CHROMEDRIVER", &browser.driver);
    command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", config);
    libtest(&mut command)
}

fn clients(options: &Options) -> Outcome<Counts> {
    if !options.built {
        build(options)?;
    }
    let mut tools = Tools::default();
    tools.npm_packages(tools::E2E)?;
    tools.npm_packages(tools::CLIENTS)?;
    let browser = tools::browser()?;
    let python = tools::python(tools::CLIENTS)?;
    let mut in_node = tools.command("node");
    in_node.args(["--no-warnings", "--test", "--test-reporter=spec"]);
    in_node
        .args(["sdk", "serve", "lessons", "types", "page"].map(|name| format!("{}/{name}.test.mjs", tools::CLIENTS)));
    let mut counts = node_test(in_node.env("CHROME", browser.chromium))?;
    counts.add(node_test(Command::new(python).arg(format!("{}/python_clients.py", tools::CLIENTS)))?);
    Ok(counts)
}

fn e2e(options: &Options) -> Outcome<Counts> {
    if !options.built {
        options.page.get_or_init(|| site::build(None)).clone()?;
    }
    let mut tools = Tools::default();
    tools.npm_packages(tools::E2E)?;
    // The AWS SDK, which samples in pages use, and what makes the sites that have a playground in them.
    tools.npm_packages(tools::CLIENTS)?;
    tools.npm_packages(tools::DOCUSAURUS)?;
    let browser = tools::browser()?;
    let mut command = tools.command("node");
    command.arg("tests/e2e/run.mjs").args(&options.filter).env("CHROME", browser.chromium);
    command.env("KMS_HOSTS", tools::python(tools::HOSTS)?.with_file_name(""));
    let mut counts = node_test(&mut command)?;
    if options.filter.is_empty() {
        let weighed = sizes::sizes(&Then::Compare);
        counts.add(Counts { passed: u32::from(weighed.is_ok()), failed: u32::from(weighed.is_err()) });
        if let Err(failure) = weighed {
            println!("error: {failure}");
        }
    }
    Ok(counts)
}

/// Builds the package and, if it is wanted, the page beside it: the compiler is busy with one core for either.
fn build(options: &Options) -> Outcome {
    if !options.wants_page {
        return package::package();
    }
    // Whatever is missing is installed before the two begin.
    Tools::for_site()?;
    let (package, page) = thread::scope(|scope| {
        let page = scope.spawn(|| site::build(None));
        (package::package(), page.join().unwrap_or_else(|_| Err("building the page panicked".to_owned())))
    });
    options.page.get_or_init(|| page);
    package
}

fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(args);
    command
}

/// A command that is one check.
fn check(mut command: Command) -> Outcome<Counts> {
    let passed = run_watched(&mut command, |_| ())?;
    Ok(Counts { passed: u32::from(passed), failed: u32::from(!passed) })
}

/// A command whose tests are counted from lines like `test result: ok. 5 passed; 0 failed; …`.
fn libtest(command: &mut Command) -> Outcome<Counts> {
    counted(command, |line| {
        let Some((_, result)) = line.split_once("test result: ") else { return Counts::default() };
        let count = |label: &str| {
            let before = result.split_once(label)?.0;
            before.rsplit(|c: char| !c.is_ascii_digit()).find(|word| !word.is_empty())?.parse().ok()
        };
        Counts { passed: count(" passed").unwrap_or(0), failed: count(" failed").unwrap_or(0) }
    })
}

/// A command that ends as Node's test runner does.
fn node_test(command: &mut Command) -> Outcome<Counts> {
    counted(command, |line| {
        let count = |label: &str| line.strip_prefix(label).and_then(|rest| rest.trim().parse().ok());
        Counts { passed: count("ℹ pass ").unwrap_or(0), failed: count("ℹ fail ").unwrap_or(0) }
    })
}

/// Adds up what `of_line` finds. A command that fails without a failed test counts as one.
fn counted(command: &mut Command, of_line: impl Fn(&str) -> Counts) -> Outcome<Counts> {
    let mut counts = Counts::default();
    let succeeded = run_watched(command, |line| counts.add(of_line(line)))?;
    if !succeeded && counts.failed == 0 {
        counts.failed = 1;
    }
    Ok(counts)
}

fn webdriver(browser: &Browser) -> String {
    let args = CHROMIUM_ARGS.map(|arg| format!("{arg:?}")).join(", ");
    let binary = browser.chromium.to_string_lossy();
    format!("{{ \"goog:chromeOptions\": {{ \"binary\": {binary:?}, \"args\": [{args}] }} }}\n")
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}
