//! The prose of a lesson: the few kinds of Markdown it uses, as a tree that a view renders without any HTML.

use std::fmt;

/// A block of prose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prose {
    Paragraph(Vec<Inline>),
    /// Each item is one line or a line and its indented continuation.
    List {
        numbered: bool,
        items: Vec<Vec<Inline>>,
    },
}

/// A stretch of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    Text(String),
    Code(String),
    Strong(String),
    /// `url` starts with `https://`.
    Link {
        text: String,
        url: String,
    },
}

/// Prose that is not what it seems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProseProblem {
    /// The mark that opens something has no counterpart in its paragraph.
    Unclosed { mark: &'static str },
    /// A link to anything but `https://…`.
    LinkTarget { url: String },
    /// A line that starts like Markdown a lesson has no use for.
    Unsupported { start: &'static str },
}

impl fmt::Display for ProseProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unclosed { mark: "`" } => f.write_str("`` ` `` is not closed; close it in the same paragraph"),
            Self::Unclosed { mark } => write!(f, "`{mark}` is not closed; close it in the same paragraph"),
            Self::LinkTarget { url } => write!(f, "a link leads to `{url}`; only https:// links work everywhere"),
            Self::Unsupported { start } => {
                write!(f, "a line starts with `{start}`; prose is paragraphs and lists, and `## ` starts a page")
            }
        }
    }
}

/// Paragraphs and lists. A problem comes with its line, counted from 0 in `text`.
pub fn parse(text: &str) -> Result<Vec<Prose>, (usize, ProseProblem)> {
    let mut blocks: Vec<Prose> = Vec::new();
    let mut open: Option<Open> = None;
    for (at, line) in text.lines().enumerate() {
        let words = line.trim();
        if let Some(start) = UNSUPPORTED.iter().find(|start| words.starts_with(**start)) {
            return Err((at, ProseProblem::Unsupported { start }));
        }
        let item = list_item(words);
        let continues = !words.is_empty() && item.is_none();
        match &mut open {
            Some(block) if continues => block.add(words),
            _ => {
                close(&mut blocks, open.take())?;
                open = match item {
                    Some((numbered, words)) => Some(Open { at, list: Some(numbered), text: words.to_owned() }),
                    None if continues => Some(Open { at, list: None, text: words.to_owned() }),
                    None => None,
                };
            }
        }
    }
    close(&mut blocks, open)?;
    Ok(blocks)
}

/// One line of text, code, strong text and links.
pub fn inline(text: &str) -> Result<Vec<Inline>, ProseProblem> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (part, after) = if let Some(inside) = rest.strip_prefix('`') {
            let (code, after) = inside.split_once('`').ok_or(ProseProblem::Unclosed { mark: "`" })?;
            (Inline::Code(code.to_owned()), after)
        } else if let Some(inside) = rest.strip_prefix("**") {
            let (strong, after) = inside.split_once("**").ok_or(ProseProblem::Unclosed { mark: "**" })?;
            (Inline::Strong(strong.to_owned()), after)
        } else if let Some((text, url, after)) = link(rest) {
            if !url.starts_with("https://") {
                return Err(ProseProblem::LinkTarget { url: url.to_owned() });
            }
            (Inline::Link { text: text.to_owned(), url: url.to_owned() }, after)
        } else {
            plain.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        };
        if !plain.is_empty() {
            parts.push(Inline::Text(std::mem::take(&mut plain)));
        }
        parts.push(part);
        rest = after;
    }
    if !plain.is_empty() {
        parts.push(Inline::Text(plain));
    }
    Ok(parts)
}

/// What the marks leave: the words alone.
pub fn plain(parts: &[Inline]) -> String {
    parts
        .iter()
        .map(|part| match part {
            Inline::Text(text) | Inline::Code(text) | Inline::Strong(text) | Inline::Link { text, .. } => text.as_str(),
        })
        .collect()
}

/// A line as it is written, which [`inline`] reads.
pub fn source(parts: &[Inline]) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Inline::Text(words) => text.push_str(words),
            Inline::Code(words) => text.extend(["`", words, "`"]),
            Inline::Strong(words) => text.extend(["**", words, "**"]),
            Inline::Link { text: words, url } => text.extend(["[", words, "](", url, ")"]),
        }
    }
    text
}

/// A block that further lines may continue.
struct Open {
    at: usize,
    /// For an item of a list, whether the list is numbered.
    list: Option<bool>,
    text: String,
}

impl Open {
    fn add(&mut self, words: &str) {
        self.text.push(' ');
        self.text.push_str(words);
    }
}

fn close(blocks: &mut Vec<Prose>, open: Option<Open>) -> Result<(), (usize, ProseProblem)> {
    let Some(Open { at, list, text }) = open else { return Ok(()) };
    let words = inline(&text).map_err(|problem| (at, problem))?;
    match (list, blocks.last_mut()) {
        (None, _) => blocks.push(Prose::Paragraph(words)),
        (Some(numbered), Some(Prose::List { numbered: same, items })) if numbered == *same => items.push(words),
        (Some(numbered), _) => blocks.push(Prose::List { numbered, items: vec![words] }),
    }
    Ok(())
}

/// The words of a list item, and whether it is numbered.
fn list_item(line: &str) -> Option<(bool, &str)> {
    if let Some(words) = line.strip_prefix("- ") {
        return Some((false, words));
    }
    let (number, words) = line.split_once(". ")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some((true, words))
}

/// Text, target and what follows, if `rest` starts with `[text](target)`.
fn link(rest: &str) -> Option<(&str, &str, &str)> {
    let (text, after) = rest.strip_prefix('[')?.split_once("](")?;
    let (url, after) = after.split_once(')')?;
    Some((text, url, after))
}

/// How lines of the Markdown start that lessons do not use: headings of other levels, tables, quotes, other lists, rules.
const UNSUPPORTED: &[&str] = &["#", "|", ">", "* ", "+ ", "<", "---", "!["];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_paragraphs_and_lists() {
        let text = "One `a*b` and **two\nlines** of it, see [AWS](https://aws.amazon.com/kms/).\n\n- first\n  goes on\n- \
                    second\n1. numbered\n\nLast.";
        let plain = |text: &str| Inline::Text(text.to_owned());
        assert_eq!(
            parse(text),
            Ok(vec![
                Prose::Paragraph(vec![
                    plain("One "),
                    Inline::Code("a*b".to_owned()),
                    plain(" and "),
                    Inline::Strong("two lines".to_owned()),
                    plain(" of it, see "),
                    Inline::Link { text: "AWS".to_owned(), url: "https://aws.amazon.com/kms/".to_owned() },
                    plain("."),
                ]),
                Prose::List { numbered: false, items: vec![vec![plain("first goes on")], vec![plain("second")]] },
                Prose::List { numbered: true, items: vec![vec![plain("numbered")]] },
                Prose::Paragraph(vec![plain("Last.")]),
            ])
        );
    }

    #[test]
    fn a_line_is_written_as_it_was_read() {
        let line = "One `a*b` and **two** of it, see [AWS](https://aws.amazon.com/kms/).";
        assert_eq!(inline(line).map(|parts| source(&parts)).as_deref(), Ok(line));
    }

    #[test]
    fn problems_come_with_their_line() {
        let check = |text: &str, at: usize, problem: ProseProblem| assert_eq!(parse(text), Err((at, problem)));
        check("fine\n\nnot `fine", 2, ProseProblem::Unclosed { mark: "`" });
        check("**open", 0, ProseProblem::Unclosed { mark: "**" });
        check("a\n\n[x](http://x)", 2, ProseProblem::LinkTarget { url: "http://x".to_owned() });
        check("### deep", 0, ProseProblem::Unsupported { start: "#" });
        check("a\n<b>", 1, ProseProblem::Unsupported { start: "<" });
    }
}
