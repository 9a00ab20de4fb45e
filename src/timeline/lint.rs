//! What is to be said about a policy's text: what is wrong with it, what in it hardly means what it says, and the one edit
//! that puts either right.

use crate::{
    authz::{decision::SourceSpan, permission::PERMISSIONS},
    policy::{
        Policy, PolicyKind,
        document::{Effect, Spanned, Statement, Version},
        error::{PolicyError, PolicyErrorKind},
        matching::ActionPattern,
        principal::PolicyPrincipal,
    },
    timeline::ask::{Finding, PolicyPlace, Remedy, Severity},
};

/// Everything wrong; where nothing is, everything doubtful.
pub(super) fn findings(text: &str, place: &PolicyPlace) -> Vec<Finding> {
    let (policy, wrong) = match Policy::read(text, place.kind()) {
        Ok((policy, wrong)) => (Some(policy), wrong),
        Err(error) => (None, vec![error]),
    };
    let finding = |error: PolicyError| Finding {
        span: error.span,
        severity: Severity::Error,
        message: error.kind.to_string(),
        remedy: remedy(text, &error, place),
    };
    match policy {
        Some(policy) if wrong.is_empty() => {
            policy.statements().iter().flat_map(|statement| doubts(statement, &policy)).collect()
        }
        Some(_) | None => wrong.into_iter().map(finding).collect(),
    }
}

fn remedy(text: &str, error: &PolicyError, place: &PolicyPlace) -> Option<Remedy> {
    let span = error.span;
    let here = |label, replacement: &str| Some(Remedy { label, edits: vec![(span, replacement.to_owned())] });
    let first = |label, words: String| {
        let at = span.start.saturating_add(1);
        Some(Remedy { label, edits: vec![(SourceSpan { start: at, end: at }, words)] })
    };
    match &error.kind {
        PolicyErrorKind::SmartQuote { .. } => Some(straight_quotes(text)),
        PolicyErrorKind::Character { .. } => here("Remove it", ""),
        PolicyErrorKind::Syntax { problem } if problem == "trailing comma" => {
            let comma = text.get(..index(span.start))?.rfind(',')?;
            Some(Remedy { label: "Remove the comma", edits: vec![(stretch(comma, comma + 1)?, String::new())] })
        }
        // Members without the braces around them.
        PolicyErrorKind::Syntax { .. } if text.trim_start().starts_with('"') => {
            around(text, "Make it a statement", "{\n", "\n}")
        }
        PolicyErrorKind::MissingElement { element: "Statement" } | PolicyErrorKind::UnknownElement { .. }
            if is_statement(text) =>
        {
            let before = "{\n\"Version\": \"2012-10-17\",\n\"Statement\": [\n";
            around(text, "Put it into a policy", before, "\n]\n}")
        }
        PolicyErrorKind::UnknownElement { meant: Some(meant), .. } => here("Correct its name", &format!("\"{meant}\"")),
        PolicyErrorKind::MissingElement { element: "Effect" } => {
            first("Let it allow", "\"Effect\": \"Allow\", ".to_owned())
        }
        PolicyErrorKind::MissingElement { element: "Principal" } => match place {
            PolicyPlace::Key(arn) => {
                let account = arn.account;
                first(
                    "Name the key’s account",
                    format!("\"Principal\": {{\"AWS\": \"arn:aws:iam::{account}:root\"}}, "),
                )
            }
            PolicyPlace::Attached { .. } => None,
        },
        _ => None,
    }
}

fn straight_quotes(text: &str) -> Remedy {
    let quotes = text.char_indices().filter_map(|(at, found)| {
        let straight = match found {
            '\u{201C}' | '\u{201D}' => "\"",
            '\u{2018}' | '\u{2019}' => "'",
            _ => return None,
        };
        Some((stretch(at, at + found.len_utf8())?, straight.to_owned()))
    });
    Remedy { label: "Use straight quotes", edits: quotes.collect() }
}

/// Whether the text has a statement's elements and is no policy.
fn is_statement(text: &str) -> bool {
    !text.contains("\"Statement\"")
        && ["\"Effect\"", "\"Action\"", "\"Resource\""].iter().any(|name| text.contains(name))
}

fn around(text: &str, label: &'static str, before: &str, after: &str) -> Option<Remedy> {
    let (start, end) = (text.len() - text.trim_start().len(), text.trim_end().len());
    let edits = vec![(stretch(start, start)?, before.to_owned()), (stretch(end, end)?, after.to_owned())];
    Some(Remedy { label, edits })
}

/// What in a statement hardly means what it says.
fn doubts(statement: &Statement, policy: &Policy) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut say = |span, severity, message: String, remedy| found.push(Finding { span, severity, message, remedy });
    let text = policy.text().get(index(statement.span.start)..index(statement.span.end)).unwrap_or_default();
    if statement.actions.is_none() {
        let words = "without `Action` the statement has no effect".to_owned();
        say(statement.span, Severity::Warning, words, called_action(statement, text));
    } else if statement.resources.is_none() {
        let at = statement.span.start.saturating_add(1);
        let edits = vec![(SourceSpan { start: at, end: at }, "\"Resource\": \"*\", ".to_owned())];
        let words = "without `Resource` the statement has no effect".to_owned();
        say(statement.span, Severity::Warning, words, Some(Remedy { label: "Add Resource *", edits }));
    }
    for action in statement.actions.iter().flat_map(|element| &element.values) {
        if let Some((severity, message, remedy)) = doubt_of_action(action, policy) {
            say(action.span, severity, message, remedy);
        }
    }
    let anyone = statement.principals.iter().filter(|element| !element.negated).flat_map(|element| &element.values);
    let anyone = anyone.filter(|principal| matches!(principal.value, PolicyPrincipal::Anyone));
    if statement.effect == Effect::Allow && statement.conditions.is_empty() && policy.kind() == PolicyKind::Key {
        for principal in anyone {
            let words = "lets in everybody in every account of AWS: name principals, or add a condition";
            say(principal.span, Severity::Warning, words.to_owned(), None);
        }
    }
    if text.contains("${") && policy.version() != Some(Version::V2012) {
        let words = "`${…}` is a variable only in a policy of `Version` 2012-10-17, else plain text";
        say(statement.span, Severity::Warning, words.to_owned(), None);
    }
    found
}

/// Actions that stand under `Resource` are put right by the element's name.
fn called_action(statement: &Statement, text: &str) -> Option<Remedy> {
    let name = "\"Resource\"";
    let at = index(statement.span.start) + text.find(name).filter(|_| text.contains("\"kms:"))?;
    Some(Remedy { label: "Call it Action", edits: vec![(stretch(at, at + name.len())?, "\"Action\"".to_owned())] })
}

fn doubt_of_action(action: &Spanned<ActionPattern>, policy: &Policy) -> Option<(Severity, String, Option<Remedy>)> {
    let written = policy.text().get(index(action.span.start)..index(action.span.end))?.trim_matches('"');
    let folded = written.to_ascii_lowercase();
    // Other services have actions of their own.
    let (_, name) = folded.split_once(':').filter(|(service, _)| *service == "kms")?;
    let matches = |name: &str| action.value.matches(&format!("kms:{}", name.to_ascii_lowercase()));
    if !PERMISSIONS.iter().any(|permission| matches(permission.name)) {
        let begin = |name: &&str| name.to_ascii_lowercase().starts_with(name_without_wildcards(&folded));
        let meant: Vec<&str> = PERMISSIONS.iter().map(|permission| permission.name).filter(begin).collect();
        let all = meant.join(", ");
        let message = match meant.as_slice() {
            [] => format!("`{written}` matches no action of KMS"),
            _ => format!("`{written}` matches no action of KMS; `{written}*` would match {all}"),
        };
        let at = action.span.end.saturating_sub(1);
        let edits = vec![(SourceSpan { start: at, end: at }, "*".to_owned())];
        return Some((Severity::Warning, message, (!meant.is_empty()).then_some(Remedy { label: "Add a *", edits })));
    }
    let words = "`kms:Delete*` does not include the deletion of the key: that is `kms:ScheduleKeyDeletion`";
    (name == "delete*").then(|| (Severity::Info, words.to_owned(), None))
}

/// What stands before the first wildcard of an action of KMS, without `kms:`.
fn name_without_wildcards(folded: &str) -> &str {
    let name = folded.strip_prefix("kms:").unwrap_or(folded);
    name.split(['*', '?']).next().unwrap_or_default()
}

fn stretch(start: usize, end: usize) -> Option<SourceSpan> {
    Some(SourceSpan { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()? })
}

fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> PolicyPlace {
        PolicyPlace::Key("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap())
    }

    fn repaired(text: &str, finding: &Finding) -> Option<String> {
        let remedy = finding.remedy.as_ref()?;
        Some(remedy.edits.iter().rev().fold(text.to_owned(), |mut text, (span, replacement)| {
            text.replace_range(index(span.start)..index(span.end), replacement);
            text
        }))
    }

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let found = findings(text, &place());
        let first = found.first().unwrap_or_else(|| panic!("nothing is said about {text}"));
        assert_eq!(repaired(text, first).as_deref(), expected, "{found:?}");
    }

    #[test]
    fn what_one_edit_puts_right_has_a_remedy() {
        check("{“Statement”: [“é’]}", Some("{\"Statement\": [\"é']}"));
        check("{\"Statement\": [1,\n ]}", Some("{\"Statement\": [1\n ]}"));
        check("{\"statement\": []}", Some("{\"Statement\": []}"));
        check("{\u{200B}\"Statement\": []}", Some("{\"Statement\": []}"));
        check("{\"Statement\": ...}", None);
        check("{\"Nonsense\": 1}", None);
        let statement = |rest: &str| {
            format!(
                "{{\"Statement\": [{{\"Effect\": \"Allow\", \"Principal\": {{\"AWS\": \"111122223333\"}}, {rest}}}]}}"
            )
        };
        let on = |action: &str| statement(&format!("\"Action\": \"{action}\", \"Resource\": \"*\""));
        check(&on("kms:ReEncrypt"), Some(&on("kms:ReEncrypt*")));
        check(&on("kms:Nonsense"), None);
        check(&on("kms:Delete*"), None);
        let bare = statement("\"Action\": \"kms:*\"");
        check(&bare, Some(&bare.replace("{\"Effect\"", "{\"Resource\": \"*\", \"Effect\"")));
        check(&statement("\"Resource\": \"kms:*\""), Some(&statement("\"Action\": \"kms:*\"")));
        check(&statement("\"Resource\": \"*\""), None);
        assert_eq!(findings(&on("kms:ReEncrypt*"), &place()), []);
    }
}
