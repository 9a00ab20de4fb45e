//! What keeps a text from being JSON: one pass over its characters, one over its brackets and commas.

use crate::{lang::tr, policy::SourceSpan};

use super::{
    super::{Edit, offset},
    Finding, Severity, finding,
};

/// Everything that has to change before a JSON parser takes the text; nothing where it would.
pub(super) fn scan(text: &str) -> Vec<Finding> {
    let mut reader = Reader { text, at: 0, tokens: Vec::new(), found: Vec::new(), quotes: Vec::new(), odd: Vec::new() };
    while let Some(c) = reader.peek() {
        reader.token(c);
    }
    let Reader { tokens, mut found, quotes, odd, .. } = reader;
    found.extend(characters(
        quotes,
        "smart-quotes",
        tr!(
            "typographic quotes, as word processors and web pages make them: JSON and policies know only straight ones"
        ),
        tr!("Make all quotes straight"),
    ));
    found.extend(characters(
        odd,
        "character",
        tr!("characters that a policy cannot hold: use tab, line breaks and U+0020 to U+00FF"),
        tr!("Replace or remove them all"),
    ));
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        structure(text, &tokens, &mut found);
    }
    found
}

/// One finding for all of a kind, at the first.
fn characters(edits: Vec<Edit>, rule: &'static str, message: &str, title: &str) -> Option<Finding> {
    let first = edits.first()?.span;
    Some(finding(rule, Severity::Error, first, message).fixed_by(title, edits))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Open(char),
    Close(char),
    Colon,
    Comma,
    Text,
    /// A number, `true` and the like.
    Word,
    /// `...` outside a text.
    Dots,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    sort: Sort,
    span: SourceSpan,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
    found: Vec<Finding>,
    quotes: Vec<Edit>,
    odd: Vec<Edit>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn span_from(&self, start: usize) -> SourceSpan {
        SourceSpan { start: offset(start), end: offset(self.at) }
    }

    fn push(&mut self, sort: Sort, start: usize) {
        let span = self.span_from(start);
        self.tokens.push(Token { sort, span });
    }

    fn token(&mut self, c: char) {
        let start = self.at;
        match c {
            '"' | '\'' => self.string(c),
            _ if is_smart(c) => self.string(c),
            '#' => self.comment(self.rest().find('\n')),
            '/' if self.rest().starts_with("/*") => self.comment(self.rest().find("*/").map(|end| end + 2)),
            '/' if self.rest().starts_with("//") => self.comment(self.rest().find('\n')),
            _ => {
                self.at += c.len_utf8();
                match c {
                    '{' | '[' => self.push(Sort::Open(c), start),
                    '}' | ']' => self.push(Sort::Close(c), start),
                    ':' => self.push(Sort::Colon, start),
                    ',' => self.push(Sort::Comma, start),
                    '\u{2026}' => self.push(Sort::Dots, start),
                    _ if c.is_whitespace() && c.is_ascii() => {}
                    _ if !is_allowed(c) || c == '\u{A0}' => self.odd(c, start, " "),
                    _ => self.word(start),
                }
            }
        }
    }

    fn word(&mut self, start: usize) {
        let length = self.rest().find(|c: char| c.is_whitespace() || "{}[]:,\"'#/".contains(c) || !c.is_ascii());
        self.at += length.unwrap_or(self.rest().len());
        let dots = self.text.get(start..self.at).is_some_and(|word| word.len() > 1 && word.bytes().all(|b| b == b'.'));
        self.push(if dots { Sort::Dots } else { Sort::Word }, start);
    }

    fn comment(&mut self, length: Option<usize>) {
        let start = self.at;
        self.at += length.unwrap_or(self.rest().len());
        let span = self.span_from(start);
        let message = tr!("JSON has no comments: put the words into `Sid`, or remove them");
        let fix = vec![Edit::replace(span, "")];
        self.found.push(finding("comment", Severity::Error, span, message).fixed_by(tr!("Remove the comment"), fix));
    }

    /// From a quote to the one that ends it. One that is not ended ends with its line.
    fn string(&mut self, quote: char) {
        let start = self.at;
        self.at += quote.len_utf8();
        if quote != '"' {
            let span = self.span_from(start);
            self.quotes.push(Edit::replace(span, "\""));
        }
        let straight = quote == '"';
        loop {
            let Some(c) = self.peek() else { return self.unended(start) };
            let at = self.at;
            self.at += c.len_utf8();
            match c {
                '\\' => self.at += self.peek().map_or(0, char::len_utf8),
                '\n' => {
                    self.at = at;
                    return self.unended(start);
                }
                '"' if quote != '\'' => break,
                '\'' if quote == '\'' => {
                    let span = self.span_from(at);
                    self.quotes.push(Edit::replace(span, "\""));
                    break;
                }
                '"' => {
                    let span = self.span_from(at);
                    self.quotes.push(Edit::replace(span, "\\\""));
                }
                // Within straight quotes it is part of the words; else it ends them.
                _ if is_smart(c) => {
                    let span = self.span_from(at);
                    self.quotes.push(Edit::replace(span, if straight { "'" } else { "\"" }));
                    if !straight {
                        break;
                    }
                }
                _ if !is_allowed(c) => self.odd(c, at, if c.is_whitespace() { " " } else { "" }),
                _ => {}
            }
        }
        self.push(Sort::Text, start);
    }

    fn unended(&mut self, start: usize) {
        let line = self.text.get(start..self.at).unwrap_or_default();
        self.at = start + line.trim_end().trim_end_matches([',', ':']).len();
        let span = self.span_from(start);
        let message = tr!("the text has no closing quote: add one");
        let fix = vec![Edit::insert(span.end, "\"")];
        self.found.push(finding("open-text", Severity::Error, span, message).fixed_by(tr!("Close the quotes"), fix));
        self.push(Sort::Text, start);
    }

    fn odd(&mut self, c: char, start: usize, otherwise: &str) {
        let replacement = match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
            '\u{2026}' => "...",
            _ => otherwise,
        };
        let span = self.span_from(start);
        self.odd.push(Edit::replace(span, replacement));
    }
}

fn is_smart(c: char) -> bool {
    matches!(c, '\u{2018}'..='\u{201F}' | '\u{2032}' | '\u{2033}')
}

fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FF}')
}

/// Brackets and commas. What is put in or taken away is taken as done from there on.
fn structure(text: &str, tokens: &[Token], found: &mut Vec<Finding>) {
    let mut open: Vec<(char, SourceSpan)> = Vec::new();
    let members = matches!(tokens, [Token { sort: Sort::Text, .. }, Token { sort: Sort::Colon, .. }, ..]);
    let braces = found.len();
    if let Some(first) = tokens.first().filter(|_| members) {
        open.push(('{', SourceSpan { start: 0, end: 0 }));
        let message =
            tr!("members of an object without its braces: this is a part of a policy, so put braces around it");
        let fix = vec![Edit::insert(first.span.start, "{")];
        found
            .push(finding("fragment", Severity::Error, first.span, message).fixed_by(tr!("Put braces around it"), fix));
    }
    let mut before: Option<Token> = None;
    for (nth, token) in tokens.iter().enumerate() {
        let ends_value = before.is_some_and(|token| matches!(token.sort, Sort::Close(_) | Sort::Text | Sort::Word));
        match token.sort {
            Sort::Dots => {
                let next = tokens.get(nth + 1).filter(|next| next.sort == Sort::Comma);
                let span =
                    SourceSpan { start: token.span.start, end: next.map_or(token.span.end, |next| next.span.end) };
                let message = "`...` stands for what was left out: write it out, or remove the dots";
                let fix = vec![Edit::replace(span, "")];
                found.push(
                    finding("placeholder", Severity::Error, token.span, message).fixed_by(tr!("Remove the dots"), fix),
                );
                continue;
            }
            Sort::Comma if before.is_none_or(|token| !ends_value_of(token)) => {
                // The comma of dots that have been removed, or one too many.
                let dotted =
                    nth.checked_sub(1).and_then(|nth| tokens.get(nth)).is_some_and(|token| token.sort == Sort::Dots);
                if !dotted {
                    found.push(comma("comma", token.span, tr!("a comma too many: remove it")));
                }
                continue;
            }
            Sort::Close(close) => {
                if let Some(comma_before) = before.filter(|token| token.sort == Sort::Comma) {
                    found.push(comma(
                        "trailing-comma",
                        comma_before.span,
                        tr!("JSON takes no comma after the last: remove it"),
                    ));
                }
                let wanted = if close == '}' { '{' } else { '[' };
                if !open.iter().any(|(bracket, _)| *bracket == wanted) {
                    let message = tr!("a stray `{close}` that closes nothing: remove it", close);
                    let fix = vec![Edit::replace(token.span, "")];
                    found.push(
                        finding("stray-bracket", Severity::Error, token.span, message)
                            .fixed_by(tr!("Remove the `{close}`", close), fix),
                    );
                    continue;
                }
                while let Some((bracket, at)) = open.pop().filter(|(bracket, _)| *bracket != wanted) {
                    found.push(unclosed(bracket, at, token.span.start));
                }
            }
            Sort::Open(_) | Sort::Text | Sort::Word => {
                if let Some(before) = before.filter(|_| ends_value && !open.is_empty()) {
                    let message = tr!("a comma is missing before this: add it");
                    let fix = vec![Edit::insert(before.span.end, ",")];
                    found.push(
                        finding("missing-comma", Severity::Error, token.span, message)
                            .fixed_by(tr!("Add the comma"), fix),
                    );
                }
                if let Sort::Open(bracket) = token.sort {
                    open.push((bracket, token.span));
                }
            }
            Sort::Comma | Sort::Colon => {}
        }
        before = Some(*token);
    }
    if let Some(last) = before.filter(|token| token.sort == Sort::Comma) {
        found.push(comma("trailing-comma", last.span, tr!("JSON takes no comma after the last: remove it")));
    }
    // At the end innermost first; all in one place, so in one fix.
    let end = offset(text.trim_end().len());
    let closing: String = open.iter().rev().map(|(bracket, _)| if *bracket == '{' { '}' } else { ']' }).collect();
    if let ([_], true) = (open.as_slice(), members) {
        if let Some(fix) = found.get_mut(braces).and_then(|finding| finding.fix.as_mut()) {
            fix.edits.push(Edit::insert(end, closing));
        }
    } else if let Some((bracket, at)) = open.last() {
        let mut finding = unclosed(*bracket, *at, end);
        finding.fix = None;
        let title = tr!("Close with `{closing}`", closing);
        found.push(finding.fixed_by(title, vec![Edit::insert(end, closing)]));
    }
}

fn ends_value_of(token: Token) -> bool {
    matches!(token.sort, Sort::Close(_) | Sort::Text | Sort::Word)
}

fn comma(rule: &'static str, span: SourceSpan, message: &str) -> Finding {
    finding(rule, Severity::Error, span, message).fixed_by(tr!("Remove the comma"), vec![Edit::replace(span, "")])
}

fn unclosed(bracket: char, at: SourceSpan, end: u32) -> Finding {
    let close = if bracket == '{' { '}' } else { ']' };
    let message = tr!("this `{bracket}` is never closed: add `{close}`", bracket, close);
    let fix = vec![Edit::insert(end, close)];
    finding("open-bracket", Severity::Error, at, message).fixed_by(tr!("Add `{close}`", close), fix)
}
