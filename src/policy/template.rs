//! Texts with policy variables: `${key}`, `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for those characters
//! themselves ("IAM policy elements: Variables and tags").

use std::borrow::Cow;

use super::{
    context::{ContextValue, RequestContext},
    wildcard::{Token, Wildcard},
};

/// A text, with or without wildcards, that may depend on the request.
#[derive(Debug)]
pub(super) enum Template {
    /// Compared to the letter.
    Text(Box<str>),
    Wildcard(Wildcard),
    Variable {
        pieces: Box<[Piece]>,
    },
}

#[derive(Debug)]
pub(super) enum Piece {
    Text(Box<str>),
    Run,
    One,
    Variable { folded: Box<str>, default: Option<Box<str>> },
}

/// How a text is to be read.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    /// `${…}` is a variable, as it is in version 2012-10-17.
    pub(super) variables: bool,
    /// `*` and `?` are wildcards.
    pub(super) wildcards: bool,
}

impl Template {
    pub(super) fn new(text: &str, reading: Reading) -> Self {
        let variables = reading.variables && text.contains("${");
        match (variables, reading.wildcards) {
            (false, false) => Self::Text(text.into()),
            (false, true) => Self::Wildcard(Wildcard::new(text)),
            (true, _) => Self::of(pieces(text, reading)),
        }
    }

    pub(super) fn of(pieces: Vec<Piece>) -> Self {
        if pieces.iter().any(|piece| matches!(piece, Piece::Variable { .. })) {
            return Self::Variable { pieces: pieces.into() };
        }
        if pieces.iter().any(|piece| matches!(piece, Piece::Run | Piece::One)) {
            return Self::Wildcard(Wildcard::of(pieces.iter().map(Piece::token)));
        }
        let texts = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => &**text,
            Piece::Run | Piece::One | Piece::Variable { .. } => "",
        });
        Self::Text(texts.collect::<String>().into())
    }

    pub(super) fn is_anything(&self) -> bool {
        matches!(self, Self::Wildcard(wildcard) if wildcard.is_anything())
    }

    /// Whether `text` fits. A variable without a value fits nothing, and what comes from one means itself: a `*` in it
    /// is no wildcard.
    pub(super) fn matches(&self, text: &str, context: &RequestContext) -> bool {
        match self {
            Self::Text(wanted) => **wanted == *text,
            Self::Wildcard(wildcard) => wildcard.matches(text),
            Self::Variable { pieces } => {
                resolved(pieces, text.len(), context).is_some_and(|tokens| Wildcard::of(tokens).matches(text))
            }
        }
    }

    /// The text, with its variables replaced. Absent where one has no value, or where it comes to more bytes than
    /// `longest`.
    pub(super) fn text(&self, longest: usize, context: &RequestContext) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Variable { pieces } => {
                let text = |token| match token {
                    Token::Text(text) => text,
                    Token::Run => "*",
                    Token::One => "?",
                };
                resolved(pieces, longest, context).map(|tokens| Cow::Owned(tokens.into_iter().map(text).collect()))
            }
            Self::Wildcard(_) => None,
        }
    }
}

/// The pieces with their values. Absent where one has none, or where all come to more bytes than `longest`: a variable
/// that is repeated thousands of times is not written out for a text that it cannot fit.
fn resolved<'s>(pieces: &'s [Piece], longest: usize, context: &'s RequestContext) -> Option<Vec<Token<'s>>> {
    let mut left = longest;
    let tokens = pieces.iter().map(|piece| {
        let token = piece.resolve(context)?;
        if let Token::Text(text) = token {
            left = left.checked_sub(text.len())?;
        }
        Some(token)
    });
    tokens.collect()
}

impl Piece {
    fn token(&self) -> Token<'_> {
        match self {
            Self::Text(text) => Token::Text(text),
            Self::Run => Token::Run,
            Self::One => Token::One,
            Self::Variable { .. } => Token::Text(""),
        }
    }

    /// Absent for a variable without a value. Only keys with one value can be variables.
    fn resolve<'s>(&'s self, context: &'s RequestContext) -> Option<Token<'s>> {
        let Self::Variable { folded, default } = self else { return Some(self.token()) };
        match context.get(folded) {
            Some(ContextValue::One(value)) => Some(Token::Text(value)),
            Some(ContextValue::Many(_)) => None,
            None => default.as_deref().map(Token::Text),
        }
    }
}

/// A text cut into its parts. A `${` without its `}`, or without a name, stands for itself.
pub(super) fn pieces(text: &str, reading: Reading) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let plain = |text: &str, pieces: &mut Vec<Piece>| {
        if !reading.wildcards {
            pieces.push(Piece::Text(text.into()));
            return;
        }
        for part in text.split_inclusive(['*', '?']) {
            let (before, wild) = match part.as_bytes().last() {
                Some(b'*') => (part.strip_suffix('*'), Some(Piece::Run)),
                Some(b'?') => (part.strip_suffix('?'), Some(Piece::One)),
                _ => (Some(part), None),
            };
            pieces.extend(before.filter(|text| !text.is_empty()).map(|text| Piece::Text(text.into())));
            pieces.extend(wild);
        }
    };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${").filter(|_| reading.variables) {
        let Some((inside, others)) = cut_variable(after) else { break };
        plain(before, &mut pieces);
        pieces.push(inside);
        rest = others;
    }
    plain(rest, &mut pieces);
    pieces
}

/// What stands between `${` and `}`, and what follows.
fn cut_variable(text: &str) -> Option<(Piece, &str)> {
    let end = text.find(['}', ','])?;
    let name = text.get(..end)?.trim();
    let rest = text.get(end..)?;
    if let Some(after) = rest.strip_prefix('}') {
        let piece = match name {
            "" => return None,
            "*" | "?" | "$" => Piece::Text(name.into()),
            _ => Piece::Variable { folded: name.to_ascii_lowercase().into(), default: None },
        };
        return Some((piece, after));
    }
    let quoted = rest.strip_prefix(',')?.trim_start().strip_prefix('\'')?;
    let (default, after) = quoted.split_once('\'')?;
    let after = after.trim_start().strip_prefix('}')?;
    let variable = Piece::Variable { folded: name.to_ascii_lowercase().into(), default: Some(default.into()) };
    if name.is_empty() { None } else { Some((variable, after)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &str, reading: Reading, text: &str, matched: bool) {
        let mut context = RequestContext::default();
        context.set("aws:username", "ann*");
        context.set_many("aws:TagKeys", ["a"]);
        let template = Template::new(template, reading);
        assert_eq!(template.matches(text, &context), matched, "{template:?} against {text}");
        if !reading.wildcards {
            assert_eq!(
                template.text(text.len(), &context).is_some_and(|own| own == text),
                matched,
                "{template:?} against {text}"
            );
        }
    }

    const BOTH: Reading = Reading { variables: true, wildcards: true };
    const VARIABLES: Reading = Reading { variables: true, wildcards: false };
    const LITERAL: Reading = Reading { variables: false, wildcards: false };

    #[test]
    fn variables_are_values_and_never_wildcards() {
        check("${aws:username}", BOTH, "ann*", true);
        check("${aws:username}", BOTH, "anna", false);
        check("${AWS:UserName}/*", BOTH, "ann*/x", true);
        check("${aws:username}", VARIABLES, "ann*", true);
        check("a-${aws:username}-?", VARIABLES, "a-ann*-?", true);
        check("a-${aws:username}-?", BOTH, "a-ann*-1", true);
        check("${aws:username}", LITERAL, "ann*", false);
        check("${aws:username}", LITERAL, "${aws:username}", true);
        check("${aws:absent}", BOTH, "", false);
        check("${aws:absent}*", BOTH, "x", false);
        check("${aws:absent, 'no one'}", BOTH, "no one", true);
        check("${aws:absent,'*'}", BOTH, "x", false);
        check("${aws:username, 'no one'}", BOTH, "ann*", true);
        check("${aws:TagKeys}", BOTH, "a", false);
        check("${*}${?}${$}", BOTH, "*?$", true);
        check("${*}", BOTH, "x", false);
        check("${*}", VARIABLES, "*", true);
        check("${", BOTH, "${", true);
        check("${}", BOTH, "${}", true);
        check("${a, b}", VARIABLES, "${a, b}", true);
        check("${aws:username", VARIABLES, "${aws:username", true);
    }
}
