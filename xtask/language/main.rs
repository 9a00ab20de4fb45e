//! What `cargo xtask language` does: gathers what is said in English, hands it to every language, and says what is missing.

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![expect(clippy::disallowed_methods, reason = "a program for the terminal is told what to do by its arguments")]

mod files;
mod gather;
mod marks;

use std::{env, path::Path, process::ExitCode};

use crate::files::{Language, TEMPLATE};

const USAGE: &str = "\
usage: cargo xtask language <command>

  update           gathers all messages into www/languages/messages.pot and hands them to every language below it
  check [TAG]      says what is outdated, not translated, or translated with other marks than the message has
  site FOLDER      writes the table of each language into a folder, as the page fetches it";

/// What went wrong, as a sentence.
type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["update"] => update(),
        ["check"] => check(None),
        ["check", tag] => check(Some(tag)),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn update() -> Outcome<bool> {
    let messages = gather::all()?;
    files::write(TEMPLATE, &files::template(&messages)?)?;
    println!("{TEMPLATE}: {} messages", messages.len());
    for language in Language::all()? {
        language.write(&messages)?;
        let problems = Language::read(&language.tag)?.problems(&messages)?;
        println!(
            "{}: {} to do, which `cargo xtask language check {}` lists",
            language.tag,
            problems.len(),
            language.tag
        );
    }
    Ok(true)
}

/// Prints what is to do, and says whether nothing is.
fn check(tag: Option<&str>) -> Outcome<bool> {
    let messages = gather::all()?;
    let mut problems = Vec::new();
    if files::read(Path::new(TEMPLATE))? != files::template(&messages)? {
        problems.push(OUTDATED.to_owned());
    }
    for language in Language::all()?.into_iter().filter(|language| tag.is_none_or(|tag| language.tag == tag)) {
        problems.extend(language.problems(&messages)?);
    }
    for problem in &problems {
        println!("{problem}");
    }
    println!("{} messages, {} to do", messages.len(), problems.len());
    Ok(problems.is_empty())
}

const OUTDATED: &str =
    "www/languages/messages.pot is not what the code and the lessons say; run `cargo xtask language update`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_has_every_message() {
        let expected = files::template(&gather::all().unwrap()).unwrap();
        if env::var_os("UPDATE_EXPECT").is_some() {
            update().unwrap();
        }
        assert!(files::read(Path::new(TEMPLATE)).unwrap() == expected, "{OUTDATED}");
    }

    #[test]
    fn every_language_is_complete() {
        let messages = gather::all().unwrap();
        for language in Language::all().unwrap() {
            let problems = language.problems(&messages).unwrap();
            assert_eq!(problems, Vec::<String>::new(), "{} of {} messages", problems.len(), messages.len());
        }
    }
}
