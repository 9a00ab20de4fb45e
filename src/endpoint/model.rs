//! The API model of the 56 operations (version 2014-11-01): names, types, lengths, patterns and enumerations.
//!
//! The same data drives the validator and every form built from it.

use std::{collections::BTreeMap, sync::LazyLock};

use regex_lite::Regex;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

/// The operation of that name in AWS's API, whether or not this build has it.
pub fn operation(name: &str) -> Option<&'static OperationModel> {
    MODEL.operations.get(name)
}

/// Every operation of AWS's API, by name.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static OperationModel)> {
    MODEL.operations.iter().map(|(name, operation)| (name.as_str(), operation))
}

/// A structure that members refer to by name.
pub fn structure(name: &str) -> Option<&'static Structure> {
    MODEL.structures.get(name)
}

/// Whether all of `text` fits a pattern of the model.
pub fn fits(pattern: &str, text: &str) -> bool {
    PATTERNS.get(pattern).is_none_or(|compiled| compiled.is_match(text))
}

#[derive(Deserialize)]
struct Model {
    operations: BTreeMap<String, OperationModel>,
    structures: BTreeMap<String, Structure>,
}

/// One operation.
#[derive(Deserialize)]
pub struct OperationModel {
    pub input: Structure,
    /// Absent where the response has no body.
    pub output: Option<Structure>,
    /// The `__type`s it may answer with, beside those of every operation.
    pub errors: Vec<String>,
}

/// Named members.
#[derive(Deserialize)]
pub struct Structure {
    #[serde(default)]
    pub required: Vec<String>,
    pub members: BTreeMap<String, Member>,
}

/// One member, list element or map value.
pub enum Member {
    Reference { structure: String },
    Plain(Shape),
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match value.get("ref").and_then(Value::as_str) {
            Some(structure) => Ok(Self::Reference { structure: structure.to_owned() }),
            None => Shape::deserialize(&value).map(Self::Plain).map_err(D::Error::custom),
        }
    }
}

/// A type with its constraints.
#[derive(Deserialize)]
pub struct Shape {
    #[serde(rename = "type")]
    pub kind: ShapeKind,
    /// Length of strings (characters), blobs (bytes) and lists (elements), or value of integers.
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub pattern: Option<String>,
    #[serde(rename = "enum")]
    pub values: Option<Vec<String>>,
    /// Secret: AWS leaves the value out of its messages.
    #[serde(default)]
    pub sensitive: bool,
    pub member: Option<Box<Member>>,
    pub value: Option<Box<Member>>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ShapeKind {
    Blob,
    Boolean,
    Integer,
    List,
    Map,
    String,
    Timestamp,
}

#[expect(clippy::expect_used, reason = "the file is part of the program; a test parses it")]
static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let json: Value = serde_json::from_str(include_str!("model.json")).expect("the API model is JSON");
    Model::deserialize(&json).expect("the API model is well formed")
});

/// AWS matches whole values, whether or not a pattern is anchored.
static PATTERNS: LazyLock<BTreeMap<&'static str, Regex>> = LazyLock::new(|| {
    let operations = MODEL.operations.values().map(|operation| &operation.input);
    let members = operations.chain(MODEL.structures.values()).flat_map(|structure| structure.members.values());
    members
        .filter_map(|member| match member {
            Member::Plain(shape) => shape.pattern.as_deref(),
            Member::Reference { .. } => None,
        })
        .filter_map(|pattern| Some((pattern, Regex::new(&format!("^(?:{})$", rust_syntax(pattern))).ok()?)))
        .collect()
});

/// `\u0020` is `\u{0020}` here, and a hyphen between classes has to be escaped.
fn rust_syntax(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("\\u") {
        let (digits, tail) = after.split_at_checked(4).unwrap_or((after, ""));
        text.push_str(before);
        text.push_str(&format!("\\u{{{digits}}}"));
        rest = tail;
    }
    text.push_str(rest);
    text.replace("9-_.", "9\\-_.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_has_56_operations_and_every_pattern_compiles() {
        assert_eq!(operations().count(), 56);
        let patterns = MODEL.operations.values().map(|operation| &operation.input).chain(MODEL.structures.values());
        for (name, member) in patterns.flat_map(|structure| &structure.members) {
            if let Member::Plain(Shape { pattern: Some(pattern), .. }) = member {
                assert!(PATTERNS.contains_key(pattern.as_str()), "{name}: {pattern}");
            }
        }
    }

    #[test]
    fn patterns_match_whole_values() {
        let policy = r"[\u0009\u000A\u000D\u0020-\u00FF]+";
        assert!(fits(policy, "{}\n\u{e9}"));
        assert!(!fits(policy, "{\u{201c}}"));
        assert!(fits("[\\w]+", "default"));
        assert!(!fits("[\\w]+", "de fault"));
    }
}
