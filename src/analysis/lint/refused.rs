//! What AWS refuses to store, with the change that it would take.

use serde_json::value::RawValue;

use crate::{
    authz::permission::PERMISSIONS,
    lang::tr,
    policy::{
        PolicyKind, SourceSpan,
        condition::operators,
        error::{JsonType, PolicyError, PolicyErrorKind},
    },
};

use super::{
    super::{Edit, condition_keys::CONDITION_KEYS, offset, quoted, slice},
    Finding, Fix, Severity, finding,
    nearest::nearest,
};

/// The findings, and the changes without which statements cannot be looked at.
pub(super) fn explain(
    text: &str,
    kind: PolicyKind,
    wrong: Vec<PolicyError>,
    readable: bool,
) -> (Vec<Finding>, Vec<Edit>) {
    let mut blocking = Vec::new();
    let mut found: Vec<Finding> = Vec::with_capacity(wrong.len());
    let renamed: Vec<(&'static str, SourceSpan)> = wrong
        .iter()
        .filter_map(|error| match error.kind {
            PolicyErrorKind::UnknownElement { meant: Some(meant), .. } => Some((meant, error.span)),
            _ => None,
        })
        .collect();
    let fragment = wrong.iter().any(|error| is_fragment(text, error));
    for error in wrong {
        // A statement that lacks its policy has no wrong elements.
        if fragment && matches!(error.kind, PolicyErrorKind::UnknownElement { .. }) {
            continue;
        }
        // Said better, and once, by the rule for it.
        if matches!(&error.kind, PolicyErrorKind::MalformedResource { got } if names_kms_action(got)) {
            continue;
        }
        // It is there, by another name.
        let there = |element| {
            renamed
                .iter()
                .any(|(meant, span)| *meant == element && error.span.start < span.start && span.end < error.span.end)
        };
        if matches!(error.kind, PolicyErrorKind::MissingElement { element } if there(element)) {
            continue;
        }
        let fix = mend(text, kind, &error);
        let blocks = !readable
            || matches!(
                error.kind,
                PolicyErrorKind::MissingElement { element: "Effect" }
                    | PolicyErrorKind::Effect { .. }
                    | PolicyErrorKind::UnknownElement { meant: Some(_), .. }
            );
        if let Some(fix) = fix.as_ref().filter(|_| blocks) {
            blocking.extend(fix.edits.clone());
        }
        let rule = match &error.kind {
            _ if is_dots(&error.kind) => "placeholder",
            PolicyErrorKind::MissingElement { element: "Statement" } if fragment => "fragment",
            kind => rule(kind),
        };
        let message = match &error.kind {
            _ if is_dots(&error.kind) => "`...` stands for what was left out: write it out, or remove it".to_owned(),
            PolicyErrorKind::MissingElement { element: "Statement" } if fragment => {
                tr!("this is a statement without its policy: put it into the `Statement` of one").to_owned()
            }
            kind => kind.to_string(),
        };
        found.push(Finding { fix, ..finding(rule, Severity::Error, error.span, message) });
    }
    (found, blocking)
}

/// Whether a text names an action of KMS where something else is wanted.
pub(super) fn names_kms_action(text: &str) -> bool {
    text.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("kms:"))
}

fn rule(kind: &PolicyErrorKind) -> &'static str {
    match kind {
        PolicyErrorKind::TooLarge { .. } => "too-large",
        PolicyErrorKind::SmartQuote { .. } => "smart-quotes",
        PolicyErrorKind::Character { .. } => "character",
        PolicyErrorKind::Syntax { .. } => "syntax",
        PolicyErrorKind::NotAnObject { .. } => "not-an-object",
        PolicyErrorKind::DuplicateMember { .. } => "duplicate-member",
        PolicyErrorKind::UnknownElement { .. } => "unknown-element",
        PolicyErrorKind::WrongType { .. } => "wrong-type",
        PolicyErrorKind::MissingElement { .. } => "missing-element",
        PolicyErrorKind::Empty { .. } => "empty",
        PolicyErrorKind::Effect { .. } => "effect",
        PolicyErrorKind::Version { .. } => "version",
        PolicyErrorKind::PrincipalInIdentityPolicy => "principal-in-identity-policy",
        PolicyErrorKind::UnknownPrincipalKind { .. } => "unknown-principal-kind",
        PolicyErrorKind::MalformedPrincipal { .. } => "malformed-principal",
        PolicyErrorKind::MalformedAction { .. } => "malformed-action",
        PolicyErrorKind::MalformedResource { .. } => "malformed-resource",
        PolicyErrorKind::BothElements { .. } => "both-elements",
        PolicyErrorKind::NotPrincipalAllows => "not-principal-allows",
        PolicyErrorKind::UnknownOperator { .. } => "unknown-operator",
        PolicyErrorKind::MalformedConditionKey { .. } => "malformed-condition-key",
        PolicyErrorKind::ConditionValue { .. } => "condition-value",
        PolicyErrorKind::Comment => "comment",
    }
}

fn is_dots(kind: &PolicyErrorKind) -> bool {
    matches!(
        kind,
        PolicyErrorKind::MalformedAction { got }
            | PolicyErrorKind::MalformedResource { got }
            | PolicyErrorKind::MalformedPrincipal { got } if is_dotted(got)
    )
}

pub(super) fn is_dotted(text: &str) -> bool {
    matches!(text.trim(), "..." | "..")
}

/// Whether the whole text is one statement.
fn is_fragment(text: &str, error: &PolicyError) -> bool {
    matches!(error.kind, PolicyErrorKind::MissingElement { element: "Statement" })
        && ["Effect", "Principal", "Action", "Resource", "Condition"]
            .iter()
            .any(|element| slice(text, error.span).contains(&quoted(element)))
}

fn mend(text: &str, kind: PolicyKind, error: &PolicyError) -> Option<Fix> {
    let span = error.span;
    let fix = |title: String, edits: Vec<Edit>| Some(Fix { title, edits });
    let replace = |with: &str| fix(tr!("Change to `{with}`", with), vec![Edit::replace(span, quoted(with))]);
    let around = |before: &str, after: &str, title: &str| {
        fix(title.to_owned(), vec![Edit::insert(span.start, before), Edit::insert(span.end, after)])
    };
    if is_dots(&error.kind) {
        return fix(tr!("Remove it").to_owned(), vec![without(text, span)?]);
    }
    match &error.kind {
        PolicyErrorKind::NotAnObject { got: JsonType::List } => around(POLICY, "}", tr!("Put it into a policy")),
        PolicyErrorKind::MissingElement { element: "Statement" } if is_fragment(text, error) => {
            around(&format!("{POLICY}["), "]}", tr!("Put it into a policy"))
        }
        PolicyErrorKind::MissingElement { element: "Effect" } => insert_member(text, span, "\"Effect\": \"Allow\""),
        // A statement that names no action either says under `Resource` what belongs elsewhere.
        PolicyErrorKind::MissingElement { element: "Resource" } => insert_member(text, span, "\"Resource\": \"*\""),
        PolicyErrorKind::UnknownElement { meant: Some(meant), .. } => replace(meant),
        PolicyErrorKind::UnknownElement { .. } | PolicyErrorKind::PrincipalInIdentityPolicy => {
            let end = value_end(text, span.end)?;
            fix(tr!("Remove it").to_owned(), vec![without(text, SourceSpan { start: span.start, end })?])
        }
        PolicyErrorKind::Effect { got } => {
            let meant = ["Allow", "Deny"].into_iter().find(|effect| effect.eq_ignore_ascii_case(got.trim()));
            replace(meant.or_else(|| nearest(got, ["Allow", "Deny"]))?)
        }
        PolicyErrorKind::Version { .. } => replace("2012-10-17"),
        PolicyErrorKind::UnknownPrincipalKind { name } => {
            replace(["AWS", "Service"].into_iter().find(|known| known.eq_ignore_ascii_case(name))?)
        }
        PolicyErrorKind::MalformedPrincipal { got } => {
            let account = got.strip_prefix("arn:aws:iam::").and_then(|rest| rest.strip_suffix(":*"));
            match account {
                Some(account) if account.len() == 12 => replace(&format!("arn:aws:iam::{account}:root")),
                _ if got.trim().len() < got.len() => replace(got.trim()),
                // Outside an object only `*` may stand.
                _ if got.starts_with("arn:aws:")
                    && kind.has_principals()
                    && is_member_value(text, span, "Principal") =>
                {
                    around("{\"AWS\": ", "}", tr!("Say that it is a principal of AWS"))
                }
                _ => None,
            }
        }
        PolicyErrorKind::MalformedAction { got } => {
            let name = got.trim().strip_prefix("kms.").unwrap_or(got.trim());
            let stem = name.trim_end_matches('*');
            let known = PERMISSIONS.iter().any(|permission| permission.name.starts_with(stem));
            if known && !stem.is_empty() { replace(&format!("kms:{name}")) } else { None }
        }
        PolicyErrorKind::UnknownOperator { got } => {
            let bare = got.rsplit(':').next()?;
            let bare = bare.strip_suffix("IfExists").unwrap_or(bare);
            let known = nearest(bare, operators())?;
            let set = ["ForAllValues", "ForAnyValue"].into_iter().find(|set| got.contains(set));
            let set = set.map(|set| format!("{set}:")).unwrap_or_default();
            let tail = if got.ends_with("IfExists") { "IfExists" } else { "" };
            let whole = format!("{set}{known}{tail}");
            if whole == *got { None } else { replace(&whole) }
        }
        PolicyErrorKind::MalformedConditionKey { got } => {
            let prefixed = ["kms", "aws"].map(|prefix| format!("{prefix}:{}", got.trim_matches(':')));
            let known = |name: &String| CONDITION_KEYS.iter().find(|key| key.name.eq_ignore_ascii_case(name));
            replace(prefixed.iter().find_map(known)?.name)
        }
        PolicyErrorKind::TooLarge { .. }
        | PolicyErrorKind::SmartQuote { .. }
        | PolicyErrorKind::Character { .. }
        | PolicyErrorKind::Syntax { .. }
        | PolicyErrorKind::NotAnObject { .. }
        | PolicyErrorKind::DuplicateMember { .. }
        | PolicyErrorKind::WrongType { .. }
        | PolicyErrorKind::MissingElement { .. }
        | PolicyErrorKind::Empty { .. }
        | PolicyErrorKind::MalformedResource { .. }
        | PolicyErrorKind::BothElements { .. }
        | PolicyErrorKind::NotPrincipalAllows
        | PolicyErrorKind::ConditionValue { .. }
        | PolicyErrorKind::Comment => None,
    }
}

const POLICY: &str = "{\"Version\": \"2012-10-17\", \"Statement\": ";

/// A member put first into an object.
pub(in crate::analysis) fn insert_member(text: &str, object: SourceSpan, member: &str) -> Option<Fix> {
    let inside = slice(text, object).strip_prefix('{')?;
    let space = inside.get(..inside.len() - inside.trim_start().len())?;
    let separator = if inside.trim_start().starts_with('}') {
        ""
    } else if space.is_empty() {
        ", "
    } else {
        ","
    };
    let replacement = format!("{space}{member}{separator}");
    Some(Fix { title: tr!("Add `{member}`", member), edits: vec![Edit::insert(object.start + 1, replacement)] })
}

/// Takes a member or an item away, with the comma that set it apart. Absent where nothing else would be left.
pub(in crate::analysis) fn without(text: &str, span: SourceSpan) -> Option<Edit> {
    let (before, after) = (text.get(..span.start as usize)?, text.get(span.end as usize..)?);
    let rest = after.trim_start();
    if let Some(next) = rest.strip_prefix(',') {
        let end = offset(text.len() - next.trim_start().len());
        return Some(Edit::replace(SourceSpan { start: span.start, end }, ""));
    }
    let start = offset(before.trim_end().strip_suffix(',')?.len());
    Some(Edit::replace(SourceSpan { start, end: span.end }, ""))
}

/// Where the value of a member ends, whose name ends at `name_end`.
pub(in crate::analysis) fn value_end(text: &str, name_end: u32) -> Option<u32> {
    let value = text.get(name_end as usize..)?.trim_start().strip_prefix(':')?.trim_start();
    let raw = serde_json::Deserializer::from_str(value).into_iter::<&RawValue>().next()?.ok()?;
    Some(offset(text.len() - value.len() + raw.get().len()))
}

/// Whether the value is all that a member of that name has.
fn is_member_value(text: &str, span: SourceSpan, name: &str) -> bool {
    let before = text.get(..span.start as usize).unwrap_or_default().trim_end();
    before.strip_suffix(':').is_some_and(|before| before.trim_end().ends_with(&quoted(name)))
}
