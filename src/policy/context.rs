//! What is known of a request: condition keys with their values.

use std::sync::Arc;

use serde::{Serialize, Serializer, ser::SerializeMap as _};

/// The condition keys of one request. Names are compared without regard to case, also the part of a name that is an
/// encryption context key or a tag ("AWS KMS condition keys").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestContext {
    /// INVARIANT: ordered by `folded`, each of which occurs once.
    facts: Vec<Fact>,
}

/// One key with what the request has for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// As it is written where it comes from, for example `kms:EncryptionContext:Tenant`.
    pub key: Arc<str>,
    folded: Arc<str>,
    pub value: ContextValue,
}

/// A value, or the values of a multivalued key, of which there may be none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ContextValue {
    One(Arc<str>),
    Many(Arc<[Arc<str>]>),
}

impl ContextValue {
    /// All of them.
    pub fn values(&self) -> &[Arc<str>] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

impl From<&str> for ContextValue {
    fn from(value: &str) -> Self {
        Self::One(value.into())
    }
}

impl From<String> for ContextValue {
    fn from(value: String) -> Self {
        Self::One(value.into())
    }
}

impl From<bool> for ContextValue {
    fn from(value: bool) -> Self {
        Self::One(if value { "true" } else { "false" }.into())
    }
}

impl RequestContext {
    /// The value of a key; `folded` is its name in lower case.
    pub fn get(&self, folded: &str) -> Option<&ContextValue> {
        let at = self.facts.binary_search_by(|fact| (*fact.folded).cmp(folded)).ok()?;
        self.facts.get(at).map(|fact| &fact.value)
    }

    /// Every key with its value, in the order of the names.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// The same without the keys that are not kept.
    #[must_use]
    pub fn part(&self, mut keep: impl FnMut(&Fact) -> bool) -> Self {
        Self { facts: self.facts.iter().filter(|fact| keep(fact)).cloned().collect() }
    }

    /// Sets a key; a value it had is forgotten.
    pub fn set(&mut self, key: &str, value: impl Into<ContextValue>) {
        let folded: Arc<str> = key.to_ascii_lowercase().into();
        let fact = Fact { key: key.into(), folded, value: value.into() };
        match self.facts.binary_search_by(|other| other.folded.cmp(&fact.folded)) {
            Ok(at) => {
                if let Some(slot) = self.facts.get_mut(at) {
                    *slot = fact;
                }
            }
            Err(at) => self.facts.insert(at, fact),
        }
    }

    /// Sets a multivalued key.
    pub fn set_many<'v>(&mut self, key: &str, values: impl IntoIterator<Item = &'v str>) {
        self.set(key, ContextValue::Many(values.into_iter().map(Arc::from).collect()));
    }
}

/// An object of texts and lists of texts.
impl Serialize for RequestContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.facts.len()))?;
        for fact in &self.facts {
            map.serialize_entry(&*fact.key, &fact.value)?;
        }
        map.end()
    }
}
