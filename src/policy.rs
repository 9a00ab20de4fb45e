//! The policy language: text to statements, with the place of everything in the text.
//!
//! Knows neither keys nor who exists. [`Policy::parse`] refuses whatever AWS would refuse to store; [`Policy::read`] takes
//! it with a list of what is wrong, and what is wrong then matches nothing.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use self::{
    context::RequestContext,
    document::{Document, Spanned, Statement, Version},
    error::PolicyError,
    principal::PolicyPrincipal,
};

pub mod condition;
pub mod context;
pub mod document;
pub mod error;
pub mod matching;
mod parse;
pub mod principal;
mod quantity;
mod template;
mod wildcard;

/// A policy as it was written, and what it says. Cheap to clone.
#[derive(Clone)]
pub struct Policy(Arc<Parsed>);

struct Parsed {
    text: Arc<str>,
    kind: PolicyKind,
    document: Document,
}

/// What a policy is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PolicyKind {
    /// A key: every statement has a `Principal`.
    Key,
    /// A user, a group or a role, as its policy or as its permissions boundary: no statement has a `Principal`.
    Identity,
    /// A session of a role or a federated user.
    Session,
    /// An organization, a unit of it or an account, for the principals in it.
    ServiceControl,
    /// An organization, a unit of it or an account, for the resources in it.
    ResourceControl,
    /// A VPC endpoint.
    Endpoint,
    /// A bucket, as its policy: every statement has a `Principal`.
    Bucket,
}

impl PolicyKind {
    /// Whether its statements say whom they mean; else whoever the policy is attached to is meant.
    pub fn has_principals(self) -> bool {
        matches!(self, Self::Key | Self::ResourceControl | Self::Endpoint | Self::Bucket)
    }
}

/// A stretch of a policy's text, in bytes from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SourceSpan {
    pub start: u32,
    pub end: u32,
}

impl Policy {
    /// Reads a policy as AWS does. Total: any text gives a policy or the first thing wrong with it.
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self, PolicyError> {
        let (policy, wrong) = Self::read(text, kind)?;
        wrong.into_iter().next().map_or(Ok(policy), Err)
    }

    /// Reads what can be read of a policy, and everything else that is wrong with it, in the order of the text. What is
    /// wrong matches nothing. An error if the text is not JSON or has no statements.
    pub fn read(text: &str, kind: PolicyKind) -> Result<(Self, Vec<PolicyError>), PolicyError> {
        match parse::document(text, kind) {
            (Ok(document), wrong) => Ok((Self::of(text, kind, document), wrong)),
            // A character that JSON stumbles over has been named already.
            (Err(error), wrong) => Err(wrong.into_iter().next().unwrap_or(error)),
        }
    }

    /// What can be read of a policy, and all that is wrong with it.
    pub fn diagnose(text: &str, kind: PolicyKind) -> (Option<Self>, Vec<PolicyError>) {
        let (document, mut wrong) = parse::document(text, kind);
        let policy = document.map(|document| Self::of(text, kind, document)).map_err(|error| wrong.push(error)).ok();
        (policy, wrong)
    }

    fn of(text: &str, kind: PolicyKind, document: Document) -> Self {
        Self(Arc::new(Parsed { text: text.into(), kind, document }))
    }

    /// A key policy without statements, which no key has.
    pub fn empty() -> &'static Self {
        static EMPTY: LazyLock<Policy> = LazyLock::new(|| {
            let document = Document { version: None, version_span: None, id: None, statements: Vec::new() };
            Policy(Arc::new(Parsed { text: "".into(), kind: PolicyKind::Key, document }))
        });
        &EMPTY
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

    /// Where the version stands.
    pub fn version_span(&self) -> Option<SourceSpan> {
        self.0.document.version_span
    }

    pub fn id(&self) -> Option<&str> {
        self.0.document.id.as_deref()
    }

    /// In the order of the text; never empty.
    pub fn statements(&self) -> &[Statement] {
        &self.0.document.statements
    }

    /// About how many bytes are compared at most when the policy is asked about a request: of the resource and of the
    /// values of the context, once for each pattern that they are held against, and again for every 64 bytes of it.
    pub fn comparisons(&self, resource: &str, context: &RequestContext) -> u64 {
        let held =
            |bytes: usize, span: SourceSpan| (bytes as u64).saturating_mul(1 + u64::from(span.end - span.start) / 64);
        let about = |statement: &Statement| -> u64 {
            let resources = statement.resources.iter().flat_map(|list| &list.values);
            let compared = resources.filter(|pattern| !pattern.value.matches_no_resource());
            let resources: u64 = compared.map(|pattern| held(resource.len(), pattern.span)).sum();
            let conditions =
                statement.conditions.iter().filter_map(|condition| Some((condition, condition.got(context)?)));
            let conditions = conditions.map(|(condition, got)| -> u64 {
                let bytes = got.values().iter().map(|value| value.len()).sum();
                condition.values().map(|(_, span)| held(bytes, span)).sum()
            });
            resources + conditions.sum::<u64>()
        };
        self.statements().iter().map(about).sum()
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

/// The text alone of what a key or an identity has, which it tells apart itself: `Principal` is required in the one
/// and refused in the other. With the kind, of what else there is.
impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.kind() {
            PolicyKind::Key | PolicyKind::Identity => serializer.serialize_str(self.text()),
            kind => (kind, self.text()).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Stored {
            Text(String),
            OfKind(PolicyKind, String),
        }

        match Stored::deserialize(deserializer)? {
            Stored::Text(text) => {
                Self::parse(&text, PolicyKind::Key).or_else(|_| Self::parse(&text, PolicyKind::Identity))
            }
            Stored::OfKind(kind, text) => Self::parse(&text, kind),
        }
        .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
