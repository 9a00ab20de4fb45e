//! What is wrong with a policy, why, and the change that mends it.
//!
//! What keeps a text from being read is mended in thought, so that everything behind it is found too; places are always
//! those of the text as it is.

use serde::Serialize;

use crate::policy::{Policy, PolicyKind, SourceSpan};

use super::{Edit, apply, offset};

pub(super) use self::{
    refused::{insert_member, value_end, without},
    statements::add_statement,
};

mod json;
pub mod nearest;
mod refused;
mod statements;
#[cfg(test)]
mod tests;

/// Something to look at in a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Names the rule, for example `unknown-action`.
    pub rule: &'static str,
    pub severity: Severity,
    pub span: SourceSpan,
    /// Counted from 1.
    pub line: u32,
    /// In characters, counted from 1.
    pub column: u32,
    /// What, why, and what to do.
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// AWS refuses the policy, or somebody is locked out or let in.
    Error,
    /// It does not do what it says.
    Warning,
    /// It may not do what was meant.
    Note,
}

/// A change that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    pub title: String,
    pub edits: Vec<Edit>,
}

/// Everything found, in the order of the text.
pub fn lint(text: &str, kind: PolicyKind) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut mended = Mended { text: text.to_owned(), passes: Vec::new() };
    // Each round mends one kind of thing: characters, then the JSON, then what encloses the statements, then those.
    for _ in 0..ROUNDS {
        // What holds of a whole policy cannot be said of a part.
        let whole = findings.iter().all(|finding: &Finding| finding.rule != "fragment");
        let Round { found, blocking } = round(&mended.text, kind, whole);
        for finding in found {
            let finding = mended.at_home(finding, text);
            if !findings.iter().any(|known: &Finding| {
                known.rule == finding.rule && known.message == finding.message && known.span == finding.span
            }) {
                findings.push(finding);
            }
        }
        if blocking.is_empty() {
            break;
        }
        mended.pass(&blocking);
    }
    findings.sort_by_key(|finding| (finding.span, finding.severity));
    findings
}

const ROUNDS: usize = 6;

/// What one look at a text finds.
struct Round {
    found: Vec<Finding>,
    /// The changes without which the rest cannot be read.
    blocking: Vec<Edit>,
}

fn round(text: &str, kind: PolicyKind, whole: bool) -> Round {
    let broken = json::scan(text);
    if !broken.is_empty() {
        let blocking = broken.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| fix.edits.clone());
        return Round { blocking: blocking.collect(), found: broken };
    }
    let (policy, wrong) = Policy::diagnose(text, kind);
    let (mut found, blocking) = refused::explain(text, kind, wrong, policy.is_some());
    if let Some(policy) = policy.as_ref().filter(|_| blocking.is_empty()) {
        statements::look(policy, whole, &mut found);
    }
    Round { found, blocking }
}

fn finding(rule: &'static str, severity: Severity, span: SourceSpan, message: impl Into<String>) -> Finding {
    Finding { rule, severity, span, line: 0, column: 0, message: message.into(), fix: None }
}

impl Finding {
    fn fixed_by(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fix = Some(Fix { title: title.into(), edits });
        self
    }
}

/// A text that has been changed, and the way back.
struct Mended {
    text: String,
    passes: Vec<Vec<Edit>>,
}

impl Mended {
    fn pass(&mut self, edits: &[Edit]) {
        let mut edits = edits.to_vec();
        edits.sort_by_key(|edit| edit.span);
        edits.dedup_by(|next, kept| next.span.start < kept.span.end);
        self.text = apply(&self.text, &edits);
        self.passes.push(edits);
    }

    /// A finding with the places it has in the text as it is.
    fn at_home(&self, mut finding: Finding, home: &str) -> Finding {
        let span =
            |span: SourceSpan| SourceSpan { start: self.home(span.start, false), end: self.home(span.end, true) };
        finding.span = span(finding.span);
        // What is put in has its place only once the rest is mended.
        let inserts = |fix: &Fix| fix.edits.iter().any(|edit| edit.span.start == edit.span.end);
        finding.fix = finding.fix.filter(|fix| self.passes.is_empty() || !inserts(fix));
        for edit in finding.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
            if edit.span.start < edit.span.end {
                edit.span = span(edit.span);
            }
        }
        let before = home.get(..finding.span.start as usize).unwrap_or(home);
        finding.line = offset(before.matches('\n').count() + 1);
        finding.column = offset(before.chars().rev().take_while(|c| *c != '\n').count() + 1);
        finding
    }

    /// Where something stood before all the changes. What was put in stands where it was put, or ends there.
    fn home(&self, at: u32, end: bool) -> u32 {
        self.passes.iter().rev().fold(at, |at, edits| {
            let mut moved = i64::from(at);
            let mut shift = 0;
            for Edit { span, replacement } in edits {
                let start = i64::from(span.start) + shift;
                let length = i64::from(offset(replacement.len()));
                if moved < start || (moved == start && (end || length == 0 && span.start == span.end)) {
                    break;
                }
                if moved < start + length {
                    // Inside what was put in.
                    moved = if end { i64::from(span.end) } else { i64::from(span.start) } + shift;
                    break;
                }
                shift += length - i64::from(span.end - span.start);
            }
            u32::try_from(moved - shift).unwrap_or_default()
        })
    }
}
