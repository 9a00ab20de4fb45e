//! A transcript as Markdown.

use std::fmt::Write as _;

use crate::scenario::{
    Predict,
    prose::{Inline, Prose},
    transcript::{Entry, Happened, Transcript},
};

/// The whole document. It is no lesson file: what was to be found out stands in it.
pub fn markdown(transcript: &Transcript<'_>) -> String {
    let mut text = format!("# {}\n\n{}\n\n", plain(transcript.title), plain(transcript.summary));
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(text, "*{}*", plain(&transcript.about));
    if !transcript.older_terms.is_empty() {
        let term = |term: &crate::scenario::OlderTerm| format!("**{}** is {}", plain(&term.older), plain(&term.today));
        let terms: Vec<String> = transcript.older_terms.iter().map(term).collect();
        let _ = writeln!(text, "\nIn older texts: {}.", terms.join("; "));
    }
    for sheet in &transcript.sheets {
        let _ = writeln!(text, "\n## {}", plain(sheet.title));
        for entry in &sheet.entries {
            text.push('\n');
            match entry {
                Entry::Prose(prose) => text.push_str(&blocks(prose)),
                Entry::Heading(words) => {
                    let _ = writeln!(text, "### {words}");
                }
                Entry::Question(predict) => text.push_str(&question(predict)),
                Entry::Happened(happened) => text.push_str(&what_happened(happened)),
            }
        }
    }
    text
}

fn blocks(prose: &[Prose]) -> String {
    let blocks: Vec<String> = prose
        .iter()
        .map(|block| match block {
            Prose::Paragraph(words) => inline(words) + "\n",
            Prose::List { numbered, items } => {
                let item = |(at, words): (usize, &Vec<Inline>)| match numbered {
                    true => format!("{}. {}\n", at.saturating_add(1), inline(words)),
                    false => format!("- {}\n", inline(words)),
                };
                items.iter().enumerate().map(item).collect()
            }
        })
        .collect();
    blocks.join("\n")
}

fn question(predict: &Predict) -> String {
    let mut text = format!("**What will happen?** {}\n\n", inline(&predict.question));
    for choice in &predict.choices {
        let mark = if choice.right { 'x' } else { ' ' };
        let _ = writeln!(text, "- [{mark}] {}", inline(&choice.text));
    }
    let _ = writeln!(text, "\n> {}", inline(&predict.explanation));
    text
}

fn what_happened(happened: &Happened) -> String {
    let mut text = format!("**{}**\n", plain(&happened.title));
    for (label, body) in &happened.texts {
        let fence = "`".repeat(longest_run(body).max(2).saturating_add(1));
        let language = if body.starts_with('{') { "json" } else { "text" };
        let _ = writeln!(text, "\n{}:\n\n{fence}{language}\n{}\n{fence}", plain(label), body.trim_end());
    }
    text
}

fn inline(words: &[Inline]) -> String {
    words
        .iter()
        .map(|part| match part {
            Inline::Text(text) => plain(text),
            Inline::Code(text) => format!("`{text}`"),
            Inline::Strong(text) => format!("**{}**", plain(text)),
            Inline::Link { text, url } => format!("[{}]({url})", plain(text)),
        })
        .collect()
}

/// Words whose letters are no marks.
fn plain(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '&') {
            written.push('\\');
        }
        written.push(letter);
    }
    written
}

/// How many backticks stand together in a text at most.
fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0)
}
