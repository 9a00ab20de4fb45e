//! What is wrong with the text of a policy, and where.

use std::fmt;

use serde::Serialize;

use super::SourceSpan;

/// The first thing wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyError {
    pub kind: PolicyErrorKind,
    /// Counted from 1.
    pub line: u32,
    /// In characters, counted from 1.
    pub column: u32,
    /// The text at fault, or what lacks a part.
    pub span: SourceSpan,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum PolicyErrorKind {
    /// Longer than AWS stores.
    TooLarge {
        size: u32,
        limit: u32,
        counted: &'static str,
    },
    /// A typographic quote, as word processors and web pages make them.
    SmartQuote {
        found: char,
    },
    /// A character that policies cannot contain.
    Character {
        found: char,
    },
    /// Not JSON. The words are the JSON parser's.
    Syntax {
        problem: String,
    },
    /// The policy is some other JSON value.
    NotAnObject {
        got: JsonType,
    },
    DuplicateMember {
        name: String,
    },
    UnknownElement {
        name: String,
        /// The element that differs only in case.
        meant: Option<&'static str>,
    },
    WrongType {
        element: &'static str,
        got: JsonType,
        expected: &'static str,
    },
    MissingElement {
        element: &'static str,
    },
    /// A list or an object without anything in it.
    Empty {
        element: &'static str,
    },
    Effect {
        got: String,
    },
    Version {
        got: String,
    },
    PrincipalInIdentityPolicy,
    /// A member of `Principal` that is no kind of principal.
    UnknownPrincipalKind {
        name: String,
    },
    MalformedPrincipal {
        got: String,
    },
    MalformedAction {
        got: String,
    },
    MalformedResource {
        got: String,
    },
    /// Two elements of which a statement has one.
    BothElements {
        element: &'static str,
    },
    /// `NotPrincipal` together with `Allow`, which AWS does not support.
    NotPrincipalAllows,
    UnknownOperator {
        got: String,
    },
    /// A name of a condition key that is none.
    MalformedConditionKey {
        got: String,
    },
    /// A value that its condition operator cannot compare with anything.
    ConditionValue {
        got: String,
        expected: &'static str,
    },
    /// A comment, which JSON does not have.
    Comment,
}

/// The JSON types, as the name of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum JsonType {
    Object,
    List,
    Text,
    Number,
    Boolean,
    Null,
}

impl fmt::Display for JsonType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Object => "an object",
            Self::List => "a list",
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Null => "null",
        })
    }
}

impl fmt::Display for PolicyErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { size, limit, counted } => {
                write!(f, "the policy is too long: got {size} {counted}, expected at most {limit}")
            }
            Self::SmartQuote { found } => write!(f, "`{found}` is not a quote of JSON: use a straight `\"`"),
            Self::Character { found } => write!(
                f,
                "`{}` cannot stand in a policy: use tab, line breaks and characters from U+0020 to U+00FF",
                found.escape_default()
            ),
            Self::Syntax { problem } => write!(f, "not JSON: {problem}"),
            Self::NotAnObject { got } => {
                write!(f, "a policy is an object: got {got}, expected `{{\"Version\": ..., \"Statement\": ...}}`")
            }
            Self::DuplicateMember { name } => write!(f, "`{name}` appears twice: keep one"),
            Self::UnknownElement { name, meant: Some(meant) } => write!(f, "unknown element `{name}`: use `{meant}`"),
            Self::UnknownElement { name, meant: None } => {
                write!(f, "unknown element `{name}`: remove it or correct its name")
            }
            Self::WrongType { element, got, expected } => {
                write!(f, "`{element}` has the wrong type: got {got}, expected {expected}")
            }
            Self::MissingElement { element } => write!(f, "`{element}` is missing: add it"),
            Self::Empty { element } => write!(f, "`{element}` is empty: name at least one"),
            Self::Effect { got } => write!(f, "`Effect` is wrong: got `{got}`, expected `Allow` or `Deny`"),
            Self::Version { got } => {
                write!(f, "`Version` is wrong: got `{got}`, expected `2012-10-17` or `2008-10-17`")
            }
            Self::PrincipalInIdentityPolicy => f.write_str(
                "`Principal` cannot stand in an identity policy: whoever the policy is attached to is meant",
            ),
            Self::UnknownPrincipalKind { name } => {
                write!(f, "`{name}` is no kind of principal: use `AWS` or `Service`")
            }
            Self::MalformedPrincipal { got } => write!(
                f,
                "`{got}` is not a principal: use `*`, an account, or the ARN of a user, role or session without wildcards"
            ),
            Self::MalformedAction { got } => {
                write!(f, "`{got}` is not an action: use `*` or a form such as `kms:Decrypt` or `kms:List*`")
            }
            Self::MalformedResource { got } => {
                write!(f, "`{got}` is not a resource: use `*` or an ARN such as `arn:aws:kms:*:*:key/*`")
            }
            Self::BothElements { element } => {
                write!(f, "`{element}` and `Not{element}` exclude each other: keep one")
            }
            Self::NotPrincipalAllows => f.write_str(
                "`NotPrincipal` with `Allow` would let in everybody else and is not supported: name the principals",
            ),
            Self::UnknownOperator { got } => {
                write!(
                    f,
                    "`{got}` is no condition operator: use one such as `StringEquals` or `ForAnyValue:StringLike`"
                )
            }
            Self::MalformedConditionKey { got } => {
                write!(f, "`{got}` is no condition key: use one such as `kms:ViaService` or `aws:PrincipalOrgID`")
            }
            Self::ConditionValue { got, expected } => {
                write!(f, "`{got}` cannot be compared by this operator: expected {expected}")
            }
            Self::Comment => f.write_str("JSON has no comments: remove it, or put the words into `Sid`"),
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.kind)
    }
}

impl std::error::Error for PolicyError {}
