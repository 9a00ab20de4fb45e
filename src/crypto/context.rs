//! The encryption context and the bytes that stand for it in a seal.
//!
//! KMS binds the context to a ciphertext as additional authenticated data (AAD). It does not publish the bytes; the
//! playground uses the layout that the AWS Encryption SDK message format documents for the same purpose:
//!
//! | part | bytes |
//! | --- | --- |
//! | number of pairs | 2 |
//! | for each pair, in the order of the bytes of its key: length of the key | 2 |
//! | key, UTF-8 | as said |
//! | length of the value | 2 |
//! | value, UTF-8 | as said |
//!
//! Numbers have their most significant byte first. An empty context has an empty AAD.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// Pairs of a key and a value, both case-sensitive; their order in a request means nothing.
///
/// Reads from a JSON object; where that names a key twice, the last pair counts.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct EncryptionContext(BTreeMap<String, String>);

impl EncryptionContext {
    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The pairs, in the order of the bytes of their keys.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value under `key`.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The bytes that a seal authenticates for this context. Two contexts with the same bytes are the same context.
    ///
    /// # Errors
    ///
    /// [`ContextTooLarge`] when a number does not fit into its two bytes.
    pub fn aad(&self) -> Result<Vec<u8>, ContextTooLarge> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let length = self.pairs().map(|(key, value)| 4 + key.len() + value.len()).sum::<usize>();
        let mut aad = Vec::with_capacity(2 + length);
        let count = u16::try_from(self.len()).map_err(|_| ContextTooLarge::Pairs { count: self.len() })?;
        aad.extend_from_slice(&count.to_be_bytes());
        for (key, value) in self.pairs() {
            let bytes = u16::try_from(key.len()).map_err(|_| ContextTooLarge::Key { bytes: key.len() })?;
            aad.extend_from_slice(&bytes.to_be_bytes());
            aad.extend_from_slice(key.as_bytes());
            let too_large = |_| ContextTooLarge::Value { key: key.to_owned(), bytes: value.len() };
            let bytes = u16::try_from(value.len()).map_err(too_large)?;
            aad.extend_from_slice(&bytes.to_be_bytes());
            aad.extend_from_slice(value.as_bytes());
        }
        Ok(aad)
    }
}

/// For example `tenant=7, doc=invoice-0193`.
impl fmt::Display for EncryptionContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no pairs");
        }
        for (nth, (name, value)) in self.pairs().enumerate() {
            write!(f, "{}{name}={value}", if nth == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for EncryptionContext {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

/// A context that the AAD has no bytes for; each limit is 65,535.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextTooLarge {
    /// Too many pairs.
    Pairs { count: usize },
    /// A key has too many bytes.
    Key { bytes: usize },
    /// The value under `key` has too many bytes.
    Value { key: String, bytes: usize },
}

impl fmt::Display for ContextTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pairs { count } => write!(f, "encryption context of {count} pairs, expected at most 65535"),
            Self::Key { bytes } => write!(f, "encryption context key of {bytes} bytes, expected at most 65535"),
            Self::Value { key, bytes } => {
                write!(f, "encryption context value of `{key}` has {bytes} bytes, expected at most 65535")
            }
        }
    }
}

impl std::error::Error for ContextTooLarge {}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, prelude::*};

    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &[u8]) {
        let context: EncryptionContext = serde_json::from_str(json).unwrap();
        assert_eq!(context.aad().unwrap(), expected, "{json}");
    }

    #[test]
    fn contexts_have_the_documented_bytes() {
        check("{}", b"");
        check(r#"{"a":"bc"}"#, b"\0\x01\0\x01a\0\x02bc");
        check(r#"{"ab":"c"}"#, b"\0\x01\0\x02ab\0\x01c");
        check(r#"{"a":""}"#, b"\0\x01\0\x01a\0\0");
        check(r#"{"b":"2","a":"1"}"#, b"\0\x02\0\x01a\0\x011\0\x01b\0\x012");
        check(r#"{"a":"1","a":"2"}"#, b"\0\x01\0\x01a\0\x012");
        // By bytes, not by letters: Z before a, and U+FFFD before U+10000 although UTF-16 has it the other way.
        check(r#"{"a":"","Z":""}"#, b"\0\x02\0\x01Z\0\0\0\x01a\0\0");
        check("{\"\u{10000}\":\"\",\"\u{fffd}\":\"\"}", b"\0\x02\0\x03\xef\xbf\xbd\0\0\0\x04\xf0\x90\x80\x80\0\0");
    }

    #[test]
    fn only_objects_of_text_are_contexts() {
        for json in ["null", "[]", r#"{"a":1}"#, r#"{"a":null}"#, r#"{"a":{}}"#] {
            assert!(serde_json::from_str::<EncryptionContext>(json).is_err(), "{json}");
        }
    }

    #[track_caller]
    fn check_limit(context: EncryptionContext, expected: Option<ContextTooLarge>) {
        assert_eq!(context.aad().err(), expected);
    }

    #[test]
    fn each_limit_is_65535() {
        let long = |length: usize| "x".repeat(length);
        let many = |count: usize| (0..count).map(|number| (number.to_string(), "")).collect();
        check_limit(many(65_535), None);
        check_limit(many(65_536), Some(ContextTooLarge::Pairs { count: 65_536 }));
        check_limit([(long(65_535), "")].into_iter().collect(), None);
        check_limit([(long(65_536), "")].into_iter().collect(), Some(ContextTooLarge::Key { bytes: 65_536 }));
        check_limit([("a", long(65_535))].into_iter().collect(), None);
        let expected = ContextTooLarge::Value { key: "a".to_owned(), bytes: 65_536 };
        check_limit([("a", long(65_536))].into_iter().collect(), Some(expected));
    }

    fn text_after_length<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (text, after) = after.split_at_checked(u16::from_be_bytes(*length).into())?;
        *rest = after;
        std::str::from_utf8(text).ok()
    }

    fn decode(aad: &[u8]) -> Option<EncryptionContext> {
        let Some((count, mut rest)) = aad.split_first_chunk::<2>() else {
            return Some(EncryptionContext::default());
        };
        let mut pairs = Vec::new();
        for _ in 0..u16::from_be_bytes(*count) {
            pairs.push((text_after_length(&mut rest)?, text_after_length(&mut rest)?));
        }
        rest.is_empty().then(|| pairs.into_iter().collect())
    }

    proptest! {
        /// What decodes to one context only cannot stand for two.
        #[test]
        fn an_aad_decodes_to_its_context(pairs in btree_map("\\PC{0,6}", "\\PC{0,6}", 0..6)) {
            let context: EncryptionContext = pairs.into_iter().collect();
            prop_assert_eq!(decode(&context.aad().unwrap()), Some(context));
        }
    }
}
