//! The body of a request with gaps for what only the run knows: `${name}` and what can be computed from it.
//!
//! | gap | is filled with |
//! | --- | --- |
//! | `${wrapped}` | the text bound to `wrapped` |
//! | `${wrapped\|flip:40}` | the same bytes in base64, but the lowest bit of byte 40 |
//! | `${nth}` | how often the request has been sent, this time included: `1`, `2`, … |
//! | `${trustAnchor}` | the trust anchor certificate of the cluster that a new world has |
//! | `${zeros:4097}` | 4,097 zero bytes in base64 |
//! | `${text:hello}` | the bytes of `hello` in base64 |

use std::{collections::BTreeMap, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::kms::store::premises;

/// Bound anew each time a request is sent.
pub(super) const NTH: &str = "nth";
/// The file `customerCA.crt` of the cluster that a new world has.
const TRUST_ANCHOR: &str = "trustAnchor";

/// A text with gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Bound { name: String, flip: Option<u32> },
    TrustAnchor,
    Zeros(u32),
    Base64Of(String),
}

/// What cannot be read or filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateProblem {
    /// `${` without `}`.
    Unclosed,
    /// A gap of a form there is not.
    UnknownGap { gap: String },
    /// Nothing of that name is bound.
    Unbound { name: String, bound: Vec<String> },
    /// A flip of something that is not base64 or has fewer bytes.
    CannotFlip { name: String, byte: u32 },
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unclosed => f.write_str("`${` is not closed; add `}`"),
            Self::UnknownGap { gap } => write!(
                f,
                "`${{{gap}}}` is no gap; write `${{name}}`, `${{name|flip:40}}`, `${{zeros:4097}}` or `${{text:hello}}`"
            ),
            Self::Unbound { name, bound } if bound.is_empty() => {
                write!(f, "`{name}` is not bound; no request before this one has `bind=`")
            }
            Self::Unbound { name, bound } => {
                write!(f, "`{name}` is not bound before this; bound are {}", bound.join(", "))
            }
            Self::CannotFlip { name, byte } => {
                write!(f, "byte {byte} of `{name}` cannot be flipped; it is not base64 of more than {byte} bytes")
            }
        }
    }
}

impl std::error::Error for TemplateProblem {}

impl Template {
    /// A problem comes with its line, counted from 0 in `text`.
    pub fn parse(text: &str) -> Result<Self, (usize, TemplateProblem)> {
        let mut pieces = Vec::new();
        let (mut rest, mut line) = (text, 0);
        while let Some((before, after)) = rest.split_once("${") {
            line += before.matches('\n').count();
            let (gap, after) = after.split_once('}').ok_or((line, TemplateProblem::Unclosed))?;
            pieces.push(Piece::Text(before.to_owned()));
            let unknown = || (line, TemplateProblem::UnknownGap { gap: gap.to_owned() });
            pieces.push(Piece::parse(gap).ok_or_else(unknown)?);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self { text: text.to_owned(), pieces })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names it uses that have to be bound before.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Bound { name, .. } => Some(name.as_str()).filter(|name| *name != NTH),
            Piece::Text(_) | Piece::TrustAnchor | Piece::Zeros(_) | Piece::Base64Of(_) => None,
        })
    }

    /// The text with every gap filled, each as the inside of a JSON string.
    pub fn fill(&self, bound: &BTreeMap<String, String>) -> Result<String, TemplateProblem> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(words) => text.push_str(words),
                Piece::Zeros(length) => {
                    text.push_str(&STANDARD.encode(vec![0; usize::try_from(*length).unwrap_or_default()]));
                }
                Piece::TrustAnchor => text.push_str(&json_inside(premises::CERTIFICATE)),
                Piece::Base64Of(words) => text.push_str(&STANDARD.encode(words)),
                Piece::Bound { name, flip } => {
                    let value = bound.get(name).ok_or_else(|| TemplateProblem::Unbound {
                        name: name.clone(),
                        bound: bound.keys().cloned().collect(),
                    })?;
                    match flip {
                        None => text.push_str(&json_inside(value)),
                        Some(byte) => text.push_str(&flipped(name, value, *byte)?),
                    }
                }
            }
        }
        Ok(text)
    }

    /// The text with `x` in every gap, to see whether it is JSON.
    pub fn filled_with_x(&self) -> String {
        let each = self.pieces.iter().map(|piece| match piece {
            Piece::Text(words) => words.as_str(),
            Piece::Bound { .. } | Piece::TrustAnchor | Piece::Zeros(_) | Piece::Base64Of(_) => "x",
        });
        each.collect()
    }
}

impl Piece {
    fn parse(gap: &str) -> Option<Self> {
        if gap == TRUST_ANCHOR {
            return Some(Self::TrustAnchor);
        }
        if let Some(words) = gap.strip_prefix("text:") {
            return Some(Self::Base64Of(words.to_owned()));
        }
        if let Some(length) = gap.strip_prefix("zeros:") {
            return length.parse().ok().filter(|length| *length <= MOST_ZEROS).map(Self::Zeros);
        }
        let (name, flip) = match gap.split_once('|') {
            None => (gap, None),
            Some((name, transform)) => (name, Some(transform.strip_prefix("flip:")?.parse().ok()?)),
        };
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric());
        is_name.then(|| Self::Bound { name: name.to_owned(), flip })
    }
}

/// More than any request may hold.
const MOST_ZEROS: u32 = 1 << 20;

fn json_inside(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

fn flipped(name: &str, value: &str, byte: u32) -> Result<String, TemplateProblem> {
    let cannot = || TemplateProblem::CannotFlip { name: name.to_owned(), byte };
    let mut bytes = STANDARD.decode(value).map_err(|_| cannot())?;
    let at = usize::try_from(byte).map_err(|_| cannot())?;
    *bytes.get_mut(at).ok_or_else(cannot)? ^= 1;
    Ok(STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, TemplateProblem>) {
        let bound = [("blob", "AAEC"), ("say", "a\"b")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let filled = Template::parse(text).map_err(|(_, problem)| problem).and_then(|body| body.fill(&bound.into()));
        assert_eq!(filled, expected.map(str::to_owned));
    }

    #[test]
    fn gaps_are_filled() {
        check("{}", Ok("{}"));
        check(r#"{"A":"${blob}","B":"${say}"}"#, Ok(r#"{"A":"AAEC","B":"a\"b"}"#));
        check("${blob|flip:2}${zeros:2}${text:hi}", Ok("AAEDAAA=aGk="));
        let unbound =
            TemplateProblem::Unbound { name: "nothing".to_owned(), bound: vec!["blob".to_owned(), "say".to_owned()] };
        check("${nothing}", Err(unbound));
        check("${blob|flip:3}", Err(TemplateProblem::CannotFlip { name: "blob".to_owned(), byte: 3 }));
        check("${say|flip:0}", Err(TemplateProblem::CannotFlip { name: "say".to_owned(), byte: 0 }));
        check("a ${blob", Err(TemplateProblem::Unclosed));
        for gap in ["", "blob|shout", "zeros:many", "zeros:99999999", "a b", "1"] {
            check(&format!("${{{gap}}}"), Err(TemplateProblem::UnknownGap { gap: gap.to_owned() }));
        }
    }

    #[test]
    fn a_problem_knows_its_line() {
        assert_eq!(Template::parse("{\n\"a\": \"${}\"\n}").map_err(|(line, _)| line), Err(1));
    }
}
