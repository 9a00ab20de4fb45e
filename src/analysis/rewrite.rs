//! Small changes of one statement, as edits of its text. Absent where the text does not let them be small.

use crate::policy::{
    SourceSpan,
    condition::{Condition, Operator},
    document::{Element, Statement},
    principal::PolicyPrincipal,
};

use super::{
    Edit,
    lint::{insert_member, value_end, without},
    offset, quoted, slice,
};

/// The statement is about one action more.
pub(super) fn cover_action(text: &str, statement: &Statement, action: &str) -> Option<Vec<Edit>> {
    let Some(actions) = &statement.actions else {
        return Some(insert_member(text, statement.span, &format!("\"Action\": {}", quoted(action)))?.edits);
    };
    add_or_spare(text, actions, action, |pattern| pattern.matches(&action.to_ascii_lowercase()))
}

/// The statement is about one resource more; an alias, which stands for no key, makes room for it.
pub(super) fn cover_resource(text: &str, statement: &Statement, resource: &str) -> Option<Vec<Edit>> {
    let Some(resources) = &statement.resources else {
        return Some(insert_member(text, statement.span, &format!("\"Resource\": {}", quoted(resource)))?.edits);
    };
    let alias = resources.values.iter().find(|value| slice(text, value.span).contains(":alias/"));
    if let Some(alias) = alias.filter(|_| !resources.negated) {
        return Some(vec![Edit::replace(alias.span, quoted(resource))]);
    }
    add_or_spare(text, resources, resource, |_| false)
}

/// The statement names one principal more.
pub(super) fn cover_principal(text: &str, statement: &Statement, who: &str) -> Option<Vec<Edit>> {
    let principals = statement.principals.as_ref().filter(|principals| !principals.negated)?;
    let is_service = |principal: &PolicyPrincipal| matches!(principal, PolicyPrincipal::Service(_));
    let wanted = who.ends_with(".amazonaws.com");
    let last = principals.values.iter().rfind(|value| is_service(&value.value) == wanted)?;
    Some(vec![beside(text, last.span, who)])
}

/// The condition also takes a value: it joins those wanted, or leaves those unwanted.
pub(super) fn accept_value(text: &str, condition: &Condition, got: &str) -> Option<Vec<Edit>> {
    let Operator { negated, .. } = condition.test()?;
    if negated {
        let (_, span) = condition.values().find(|(value, _)| *value == got)?;
        return Some(vec![without(text, span).filter(|_| condition.wanted.len() > 1)?]);
    }
    let (_, last) = condition.values().last()?;
    Some(vec![beside(text, last, got)])
}

pub(super) fn drop_condition(text: &str, statement: &Statement, condition: &Condition) -> Option<Vec<Edit>> {
    let mut others = statement.conditions.iter().filter(|other| other.key_span != condition.key_span).peekable();
    let start = if others.peek().is_none() {
        // The whole of `Condition`.
        let before = text.get(..condition.operator_span.start as usize)?.trim_end().strip_suffix('{')?;
        let before = before.trim_end().strip_suffix(':')?.trim_end().strip_suffix("\"Condition\"")?;
        let start = offset(before.len());
        let end = value_end(text, start + offset("\"Condition\"".len()))?;
        return Some(vec![without(text, SourceSpan { start, end })?]);
    } else if others.any(|other| other.operator_span == condition.operator_span) {
        return Some(vec![without(text, SourceSpan { start: condition.key_span.start, end: condition.span.end })?]);
    } else {
        condition.operator_span
    };
    Some(vec![without(text, SourceSpan { start: start.start, end: value_end(text, start.end)? })?])
}

/// The statement has one condition more, or one value more in it.
pub(super) fn require(text: &str, statement: &Statement, operator: &str, key: &str, value: &str) -> Option<Vec<Edit>> {
    let same = statement.conditions.iter().find(|condition| *condition.operator == *operator);
    if let Some(same) = same {
        let own = statement
            .conditions
            .iter()
            .find(|other| other.operator_span == same.operator_span && other.key.eq_ignore_ascii_case(key));
        return Some(vec![match own {
            Some(own) => beside(text, own.values().last()?.1, value),
            None => Edit::insert(same.key_span.start, format!("{}: {}, ", quoted(key), quoted(value))),
        }]);
    }
    let member = format!("{}: {{{}: {}}}", quoted(operator), quoted(key), quoted(value));
    match statement.conditions.first() {
        Some(first) => Some(vec![Edit::insert(first.operator_span.start, format!("{member}, "))]),
        None => {
            let at = statement.span.end.checked_sub(1)?;
            Some(vec![Edit::insert(at, format!(", \"Condition\": {{{member}}}"))])
        }
    }
}

/// The statement is no longer about an action that it names among others, at `span`.
pub(super) fn uncover_action(text: &str, statement: &Statement, span: Option<SourceSpan>) -> Option<Vec<Edit>> {
    let actions = statement.actions.as_ref().filter(|actions| !actions.negated && actions.values.len() > 1)?;
    let span = span.filter(|span| actions.values.iter().any(|value| value.span == *span))?;
    Some(vec![without(text, span)?])
}

/// Another value for a list, or one less where the list says what is spared.
fn add_or_spare<T>(text: &str, element: &Element<T>, new: &str, covers: impl Fn(&T) -> bool) -> Option<Vec<Edit>> {
    if !element.negated {
        return Some(vec![beside(text, element.values.last()?.span, new)]);
    }
    let spared = element.find(covers)?;
    Some(vec![without(text, spared.span).filter(|_| element.values.len() > 1)?])
}

/// A value after another, which becomes a list where it is none.
fn beside(text: &str, value: SourceSpan, new: &str) -> Edit {
    let before = text.get(..value.start as usize).unwrap_or_default().trim_end();
    if before.ends_with(['[', ',']) {
        Edit::insert(value.end, format!(", {}", quoted(new)))
    } else {
        Edit::replace(value, format!("[{}, {}]", slice(text, value), quoted(new)))
    }
}
