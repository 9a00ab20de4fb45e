//! `cargo xtask`: play, test, lesson, language, build, package, release, deny, sizes, speed, bench, fuzz, screens, doctor.

mod bench;
mod fuzz;
mod language;
mod lesson;
mod package;
mod recorded;
mod release;
mod run;
mod site;
mod sizes;
mod speed;
mod suites;
mod tools;

use std::{env, path::PathBuf, process::ExitCode};

use recorded::Then;
use site::Pictures;

/// What went wrong, as a sentence for the person at the terminal.
type Failure = String;
type Outcome<T = ()> = Result<T, Failure>;

const USAGE: &str = "\
usage: cargo xtask <command>

  play [--port N] [--no-open] [--release]   build, serve on 127.0.0.1 with rebuild on change, open the page
  test [suite…] [--no-build] [-- filter…]   all checks, or some of: fmt clippy native wasm clients e2e
  lesson new|check|watch                    begins lessons, checks them, and watches them while they are written
  language update|check                     gathers what is said, and says what is not translated
  build [--public-url URL]                  the static site, in dist/
  package                                   the npm package, in target/npm/
  release [--check]                         site, package, checksums, licences; --check builds twice and compares
  deny                                      licences, sources and known flaws of what is shipped
  sizes [--write [--because WHY]]           what dist/ weighs, against the limits and SIZES.md
  speed [--write [--because WHY]]           how soon the page answers, against the gates and SPEED.md
  bench                                     calls per second, natively and in wasm, and how soon the page answers
  fuzz [target] [--seconds N]               what bytes that nobody meant can do, all targets for a minute each
  screens [directory] [--no-build]          pictures of the page in several widths and both colour schemes
  screens --lessons [directory]             pictures of every page of every lesson, wide and narrow
  screens --update                          the pictures that the tests compare with, in tests/e2e/looks/
  doctor                                    find or install everything that the commands above need";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    if let Err(error) = env::set_current_dir(root()) {
        eprintln!("error: cannot enter {}: {error}", root().display());
        return ExitCode::FAILURE;
    }
    let outcome = match args.split_first() {
        Some((command, rest)) => dispatch(command, rest),
        None => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_empty() {
                eprintln!("error: {failure}");
            }
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: &str, rest: &[String]) -> Outcome {
    let mut args = Args { rest: rest.to_vec() };
    match command {
        "play" => {
            let port = match args.value("--port")? {
                Some(text) => text.parse().map_err(|_| format!("--port needs a number up to 65535, got `{text}`"))?,
                None => 8080,
            };
            let (open, release) = (!args.flag("--no-open"), args.flag("--release"));
            args.none_left()?;
            site::play(port, open, release)
        }
        "test" => {
            let filter = args.after_dashes();
            let built = args.flag("--no-build");
            suites::test(&args.rest, &filter, built)
        }
        "lesson" => lesson::lesson(&args.rest),
        "language" => language::language(&args.rest),
        "build" => {
            let public_url = args.value("--public-url")?;
            args.none_left()?;
            site::build(public_url.as_deref())
        }
        "package" => args.none_left().and_then(|()| package::package()),
        "release" => {
            let check = args.flag("--check");
            args.none_left()?;
            release::release(check)
        }
        "deny" => args.none_left().and_then(|()| release::deny()),
        "sizes" | "speed" => {
            let (write, because) = (args.flag("--write"), args.value("--because")?);
            args.none_left()?;
            let then = if write { Then::Write { because } } else { Then::Compare };
            if command == "sizes" { sizes::sizes(&then) } else { speed::speed(&then) }
        }
        "bench" => args.none_left().and_then(|()| bench::bench()),
        "fuzz" => {
            let seconds = match args.value("--seconds")? {
                Some(text) => text.parse().map_err(|_| format!("--seconds needs a number, got `{text}`"))?,
                None => 60,
            };
            let target = (!args.rest.is_empty()).then(|| args.rest.remove(0));
            args.none_left()?;
            fuzz::fuzz(target.as_deref(), seconds)
        }
        "screens" => {
            let built = args.flag("--no-build");
            let pictures = match (args.flag("--lessons"), args.flag("--update")) {
                (true, false) => Pictures::Lessons,
                (false, true) => Pictures::References,
                (false, false) => Pictures::Page,
                (true, true) => return Err("choose one of --lessons and --update".to_owned()),
            };
            let directory = (!args.rest.is_empty()).then(|| args.rest.remove(0));
            args.none_left()?;
            site::screens(directory.as_deref(), &pictures, built)
        }
        "doctor" => args.none_left().and_then(|()| tools::doctor()),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(format!("no command `{other}`\n\n{USAGE}")),
    }
}

/// The repository.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}

/// Arguments not yet understood.
struct Args {
    rest: Vec<String>,
}

impl Args {
    fn flag(&mut self, name: &str) -> bool {
        let before = self.rest.len();
        self.rest.retain(|arg| arg != name);
        self.rest.len() < before
    }

    /// Understands `--name value` and `--name=value`.
    fn value(&mut self, name: &str) -> Outcome<Option<String>> {
        let with_equals = format!("{name}=");
        let Some(at) = self.rest.iter().position(|arg| arg == name || arg.starts_with(&with_equals)) else {
            return Ok(None);
        };
        let arg = self.rest.remove(at);
        if let Some(value) = arg.strip_prefix(&with_equals) {
            return Ok(Some(value.to_owned()));
        }
        if at < self.rest.len() { Ok(Some(self.rest.remove(at))) } else { Err(format!("{name} needs a value")) }
    }

    fn after_dashes(&mut self) -> Vec<String> {
        match self.rest.iter().position(|arg| arg == "--") {
            Some(at) => self.rest.split_off(at).split_off(1),
            None => Vec::new(),
        }
    }

    fn none_left(&self) -> Outcome {
        match self.rest.first() {
            Some(arg) => Err(format!("unexpected argument `{arg}`\n\n{USAGE}")),
            None => Ok(()),
        }
    }
}
