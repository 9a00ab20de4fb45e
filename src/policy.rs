//! The policy language: text to statements, with the place of everything in the text.
//!
//! Knows neither keys nor who exists. What it cannot evaluate it refuses by name when the text is parsed; a [`Policy`]
//! holds nothing that a decision would have to skip.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use self::{
    document::{Document, Spanned, Statement, Version},
    error::PolicyError,
    principal::PolicyPrincipal,
};

pub mod document;
pub mod error;
pub mod matching;
mod parse;
pub mod principal;

/// A policy as it was written, and what it says. Cheap to clone.
#[derive(Clone)]
pub struct Policy(Arc<Parsed>);

struct Parsed {
    text: Arc<str>,
    kind: PolicyKind,
    document: Document,
}

/// What a policy is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum PolicyKind {
    /// A key: every statement has a `Principal`.
    Key,
    /// A user or a role: no statement has a `Principal`.
    Identity,
    /// A key that AWS manages: as [`Self::Key`], and the condition that a service has to be the one that asks.
    AwsManaged,
}

/// A stretch of a policy's text, in bytes from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SourceSpan {
    pub start: u32,
    pub end: u32,
}

impl Policy {
    /// Reads strict JSON. Total: any text gives a policy or the first thing wrong with it.
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self, PolicyError> {
        let document = parse::document(text, kind)?;
        Ok(Self(Arc::new(Parsed { text: text.into(), kind, document })))
    }

    /// The text exactly as it was parsed.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    pub fn kind(&self) -> PolicyKind {
        self.0.kind
    }

    /// Absent means the same as [`Version::V2008`].
    pub fn version(&self) -> Option<Version> {
        self.0.document.version
    }

    pub fn id(&self) -> Option<&str> {
        self.0.document.id.as_deref()
    }

    /// In the order of the text; never empty.
    pub fn statements(&self) -> &[Statement] {
        &self.0.document.statements
    }

    /// Every principal that any statement names, in the order of the text.
    pub fn principals(&self) -> impl Iterator<Item = &Spanned<PolicyPrincipal>> {
        self.statements().iter().filter_map(|statement| statement.principals.as_ref()).flat_map(|list| &list.values)
    }
}

impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.kind() == other.kind() && self.text() == other.text())
    }
}

impl Eq for Policy {}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

/// The kind is not stored: no text is valid as both of the first two, because a policy has at least one statement and
/// `Principal` is required in the one kind and refused in the other; what is valid as the third alone has a `Condition`.
impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text, PolicyKind::Key)
            .or_else(|_| Self::parse(&text, PolicyKind::Identity))
            .or_else(|_| Self::parse(&text, PolicyKind::AwsManaged))
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
