//! What a service stores and holds, as a tree that any view can show.

use serde::Serialize;

use crate::{arn::KeyArn, clock::Timestamp, crypto::step::Field, lang::Text};

/// One thing of a service with what belongs to it.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    pub kind: ItemKind,
    pub name: Text,
    /// What is known of it, as label, which is a message, and text.
    pub facts: Vec<(&'static str, Text)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Field>,
    /// When it is given up if nobody uses it before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    pub children: Vec<Item>,
}

/// What a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ItemKind {
    /// A bucket, a table, a volume.
    Resource,
    /// The KMS key under which something is.
    KmsKey(KeyArn),
    /// A key that is not in KMS and not in any account.
    ServiceKey,
    /// A key, encrypted under another.
    WrappedKey,
    /// A key in memory, in the clear.
    PlaintextKey,
    /// Stored data, encrypted or not as its bytes say.
    Data,
}

impl Item {
    pub fn new(kind: ItemKind, name: impl Into<Text>) -> Self {
        Self { kind, name: name.into(), facts: Vec::new(), bytes: None, until: None, children: Vec::new() }
    }

    #[must_use]
    pub fn fact(mut self, label: &'static str, text: impl Into<Text>) -> Self {
        self.facts.push((label, text.into()));
        self
    }

    #[must_use]
    pub fn bytes(mut self, bytes: Field) -> Self {
        self.bytes = Some(bytes);
        self
    }

    #[must_use]
    pub fn until(mut self, until: Timestamp) -> Self {
        self.until = Some(until);
        self
    }

    #[must_use]
    pub fn child(mut self, child: Item) -> Self {
        self.children.push(child);
        self
    }

    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Item>) -> Self {
        self.children.extend(children);
        self
    }
}
