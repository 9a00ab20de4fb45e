//! Figures that are kept in the repository, so that a change to them is part of a commit: SIZES.md and SPEED.md.
//!
//! What grew by more than two parts in a hundred is refused until it is written down with a reason, which stays in the
//! file.

use std::{collections::BTreeMap, fs, path::Path};

use crate::Outcome;

/// What to do with what was measured.
pub enum Then {
    /// Fail if something grew.
    Compare,
    /// Write it down; what grew needs a reason.
    Write { because: Option<String> },
}

/// One figure.
pub struct Figure {
    pub name: String,
    pub value: f64,
    /// What it may be at most.
    pub limit: Option<f64>,
    /// How far apart equal things were measured; no growth within it is one.
    pub spread: f64,
}

/// A file of figures.
pub struct Record {
    pub path: &'static str,
    /// What is said above the figures, with their unit.
    pub about: &'static str,
    /// The command that writes it.
    pub command: &'static str,
    pub decimals: usize,
}

const GROWTH: f64 = 0.02;
const REASONS: &str = "## What grew, and why";
const NO_REASON: &str = "Nothing yet.";

impl Record {
    /// Holds `figures` against their limits and against what is written down, and does what is asked.
    pub fn settle(&self, figures: &[Figure], then: &Then) -> Outcome {
        let text = if Path::new(self.path).exists() {
            fs::read_to_string(self.path).map_err(|error| format!("cannot read {}: {error}", self.path))?
        } else {
            String::new()
        };
        let before = self.figures(&text);
        let shown = |value: f64| format!("{value:.*}", self.decimals);
        let (mut over, mut grown) = (Vec::new(), Vec::new());
        for figure in figures {
            let (now, then) = (figure.value, before.get(figure.name.as_str()).copied());
            let limit = figure.limit.map_or_else(String::new, |limit| format!("  limit {}", shown(limit)));
            println!(
                "{:<44} {:>10} {:>10}{limit}",
                figure.name,
                shown(now),
                then.map_or_else(|| "new".to_owned(), shown)
            );
            if figure.limit.is_some_and(|limit| now > limit) {
                over.push(format!(
                    "{}: {}, over the limit of{}",
                    figure.name,
                    shown(now),
                    limit.replace("  limit", "")
                ));
            }
            if let Some(then) = then.filter(|then| now > then * (1.0 + GROWTH) && now > then + figure.spread) {
                grown.push(format!("{} from {} to {}", figure.name, shown(then), shown(now)));
            }
        }
        if !over.is_empty() {
            return Err(over.join("\n"));
        }
        match then {
            Then::Compare if grown.is_empty() => Ok(()),
            Then::Compare => Err(format!(
                "more than 2 % over {}:\n{}\nIf that is worth it, write it down: {} --write --because \"…\"",
                self.path,
                grown.join("\n"),
                self.command
            )),
            Then::Write { because: None } if !grown.is_empty() => Err(format!(
                "this grew by more than 2 %: say why, as in {} --write --because \"a ninth view\"\n{}",
                self.command,
                grown.join("\n")
            )),
            Then::Write { because } => {
                let reason = because.as_ref().filter(|_| !grown.is_empty());
                let reason = reason.map_or_else(String::new, |reason| format!("- {}: {reason}\n", grown.join("; ")));
                let text = self.text(figures, &format!("{reason}{}", reasons(&text)));
                fs::write(self.path, text).map_err(|error| format!("cannot write {}: {error}", self.path))
            }
        }
    }

    fn text(&self, figures: &[Figure], reasons: &str) -> String {
        let rows = figures.iter().map(|Figure { name, value, limit, .. }| {
            let limit = limit.map_or_else(String::new, |limit| format!("{limit:.*}", self.decimals));
            format!("| {name} | {value:.*} | {limit} |\n", self.decimals)
        });
        let title = self.path.trim_end_matches(".md").to_lowercase();
        let title = title.chars().take(1).map(|first| first.to_ascii_uppercase()).chain(title.chars().skip(1));
        format!(
            "# {}\n\n{} Written by `{} --write`; what grows by more than 2 % needs a reason.\n\n\
             | what | now | at most |\n| --- | ---: | ---: |\n{}\n{REASONS}\n\n{}\n",
            title.collect::<String>(),
            self.about,
            self.command,
            rows.collect::<String>(),
            if reasons.is_empty() { NO_REASON } else { reasons.trim() }
        )
    }

    /// The figures in a file that `text` wrote.
    fn figures<'a>(&self, text: &'a str) -> BTreeMap<&'a str, f64> {
        let rows = text.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            Some((cells.next()?, cells.next()?.parse().ok()?))
        });
        rows.collect()
    }
}

/// The reasons that a file gives so far.
fn reasons(text: &str) -> &str {
    let reasons = text.split_once(REASONS).map_or("", |(_, rest)| rest.trim());
    if reasons == NO_REASON { "" } else { reasons }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let record = Record { path: "THINGS.md", about: "In bytes.", command: "cargo xtask things", decimals: 0 };
        let figure = |name: &str, value, limit| Figure { name: name.to_owned(), value, limit, spread: 0.0 };
        let text = record.text(&[figure("one", 10.0, None), figure("two, too", 20.0, Some(30.0))], "");
        assert!(text.starts_with("# Things\n"), "{text}");
        assert_eq!(record.figures(&text), BTreeMap::from([("one", 10.0), ("two, too", 20.0)]));
        assert!(text.ends_with(&format!("{REASONS}\n\nNothing yet.\n")), "{text}");
        assert_eq!(reasons(&text), "");
        let text = record.text(&[], "- one from 8 to 10: two came in\n");
        assert_eq!(reasons(&text), "- one from 8 to 10: two came in");
    }
}
