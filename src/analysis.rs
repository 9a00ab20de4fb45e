//! What can be said of policies beyond one decision: what is wrong with them, how to mend it, who can do
//! what, what would change that, and what holds for all requests.
//!
//! Pure functions over texts and scenarios: no world, no clock, and no rule of its own about who may do what.

use serde::Serialize;

use crate::policy::SourceSpan;

pub mod condition_keys;
pub mod difference;
pub mod lint;
pub mod matrix;
pub mod prove;
pub mod requests;
mod rewrite;
pub mod suggest;
#[cfg(test)]
mod tests;

/// A change of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// What goes; empty where something is put in.
    pub span: SourceSpan,
    pub replacement: String,
}

impl Edit {
    fn replace(span: SourceSpan, replacement: impl Into<String>) -> Self {
        Self { span, replacement: replacement.into() }
    }

    fn insert(at: u32, text: impl Into<String>) -> Self {
        Self::replace(SourceSpan { start: at, end: at }, text)
    }
}

/// The text with all the changes. Of two that overlap, the first counts.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| edit.span);
    let mut changed = String::with_capacity(text.len());
    let mut done = 0;
    for Edit { span, replacement } in ordered {
        let Some(kept) = text.get(done..span.start as usize) else { continue };
        changed.push_str(kept);
        changed.push_str(replacement);
        done = span.end as usize;
    }
    changed.push_str(text.get(done..).unwrap_or_default());
    changed
}

fn slice(text: &str, span: SourceSpan) -> &str {
    text.get(span.start as usize..span.end as usize).unwrap_or_default()
}

/// The text that a JSON string stands for.
fn unquoted(text: &str, span: SourceSpan) -> String {
    serde_json::from_str(slice(text, span)).unwrap_or_default()
}

/// A text as a JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
