//! The parameters of a service's operations: one table drives the check, the form in the page and the help.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use crate::{crypto::context::EncryptionContext, endpoint::frame};

use super::ServiceError;

/// A parameter of an operation.
pub struct Parameter {
    /// For example `Bucket`.
    pub name: &'static str,
    /// What it means, in a sentence.
    pub about: &'static str,
    pub kind: ParameterKind,
    pub required: bool,
}

/// What a parameter can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// A text of 1 to 1,024 characters.
    Text,
    /// A key: id, ARN, alias or ARN of an alias.
    Key,
    /// One of these.
    Choice(&'static [&'static str]),
    /// Bytes, as base64; at most 1 MiB.
    Bytes,
    /// Bytes that must not be seen, as base64.
    Secret,
    /// Whether.
    Flag,
    /// A whole number, from and to.
    Number(u64, u64),
    /// Pairs of texts, as an object.
    Pairs,
    /// A policy, as JSON text; at most 20,480 characters.
    Policy,
}

impl Parameter {
    pub const fn required(name: &'static str, kind: ParameterKind, about: &'static str) -> Self {
        Self { name, about, kind, required: true }
    }

    pub const fn optional(name: &'static str, kind: ParameterKind, about: &'static str) -> Self {
        Self { name, about, kind, required: false }
    }
}

/// Parameters that passed their table. What is absent reads as empty, false or 0.
pub struct Parameters(Map<String, Value>);

/// In bytes. A playground holds everything in memory, and in the history.
const LONGEST_BODY: usize = 1 << 20;

impl Parameters {
    /// Reads JSON text against a table.
    ///
    /// # Errors
    ///
    /// For what is no JSON object, unknown, missing, of another type or too long; the message says which.
    pub fn read(body: &str, table: &[Parameter]) -> Result<Self, ServiceError> {
        let value: Value = serde_json::from_str(body)
            .map_err(|error| ServiceError::invalid(format!("The parameters are not JSON: {error}.")))?;
        let Value::Object(members) = value else {
            let message = format!("The parameters are {} and have to be an object.", frame::kind(&value));
            return Err(ServiceError::invalid(message));
        };
        for name in members.keys() {
            if !table.iter().any(|parameter| parameter.name == name) {
                let known: Vec<&str> = table.iter().map(|parameter| parameter.name).collect();
                let message = format!("There is no parameter {name}. There are: {}.", known.join(", "));
                return Err(ServiceError::invalid(message));
            }
        }
        for parameter in table {
            match members.get(parameter.name) {
                None if parameter.required => {
                    return Err(ServiceError::invalid(format!("The parameter {} is missing.", parameter.name)));
                }
                None => {}
                Some(value) => parameter.kind.check(value).map_err(|expected| {
                    ServiceError::invalid(format!("The parameter {} has to be {expected}.", parameter.name))
                })?,
            }
        }
        Ok(Self(members))
    }

    /// A text, empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.given(name).unwrap_or_default()
    }

    /// A text that may be absent.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }

    pub fn is(&self, name: &str) -> bool {
        self.flag(name) == Some(true)
    }

    pub fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name).and_then(Value::as_u64)
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        self.given(name).and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default()
    }

    /// Pairs of texts, none where they are absent.
    pub fn pairs(&self, name: &str) -> EncryptionContext {
        self.0.get(name).and_then(|pairs| serde_json::from_value(pairs.clone()).ok()).unwrap_or_default()
    }
}

impl ParameterKind {
    fn check(self, value: &Value) -> Result<(), String> {
        let text = value.as_str();
        let good = match self {
            Self::Text | Self::Key => text.is_some_and(|text| (1..=1024).contains(&text.chars().count())),
            Self::Choice(choices) => text.is_some_and(|text| choices.contains(&text)),
            Self::Bytes | Self::Secret => text
                .filter(|text| text.len() <= LONGEST_BODY / 3 * 4 + 4)
                .is_some_and(|text| STANDARD.decode(text).is_ok_and(|bytes| bytes.len() <= LONGEST_BODY)),
            Self::Flag => value.is_boolean(),
            Self::Number(from, to) => value.as_u64().is_some_and(|number| (from..=to).contains(&number)),
            Self::Pairs => value.as_object().is_some_and(|pairs| pairs.values().all(Value::is_string)),
            Self::Policy => text.is_some_and(|text| text.chars().count() <= 20_480),
        };
        if good { Ok(()) } else { Err(self.expected()) }
    }

    fn expected(self) -> String {
        match self {
            Self::Text => "a text of 1 to 1,024 characters".to_owned(),
            Self::Key => "a key id, a key ARN or an alias".to_owned(),
            Self::Choice(choices) => format!("one of {}", choices.join(", ")),
            Self::Bytes | Self::Secret => "bytes in base64, at most 1 MiB".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Number(from, to) => format!("a whole number from {from} to {to}"),
            Self::Pairs => "an object whose values are texts".to_owned(),
            Self::Policy => "the text of a policy, at most 20,480 characters".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Parameter] = &[
        Parameter::required("Name", ParameterKind::Text, ""),
        Parameter::optional("Body", ParameterKind::Bytes, ""),
        Parameter::optional("Mode", ParameterKind::Choice(&["A", "B"]), ""),
        Parameter::optional("Count", ParameterKind::Number(1, 3), ""),
        Parameter::optional("Sure", ParameterKind::Flag, ""),
        Parameter::optional("Context", ParameterKind::Pairs, ""),
    ];

    #[track_caller]
    fn check(body: &str, problem: &str) {
        let told = Parameters::read(body, TABLE).err().map(|error| error.message).unwrap_or_default();
        assert_eq!(told, problem, "{body}");
    }

    #[test]
    fn parameters_are_held_against_their_table() {
        check(r#"{"Name": "a"}"#, "");
        check(r#"{"Name": "a", "Body": "AAEC", "Mode": "A", "Count": 1, "Sure": false, "Context": {"a": "b"}}"#, "");
        check("{", "The parameters are not JSON: EOF while parsing an object at line 1 column 1.");
        check("[]", "The parameters are a list and have to be an object.");
        check("{}", "The parameter Name is missing.");
        check(r#"{"Name": ""}"#, "The parameter Name has to be a text of 1 to 1,024 characters.");
        check(r#"{"Name": 7}"#, "The parameter Name has to be a text of 1 to 1,024 characters.");
        check(r#"{"name": "a"}"#, "There is no parameter name. There are: Name, Body, Mode, Count, Sure, Context.");
        check(r#"{"Name": "a", "Body": "?"}"#, "The parameter Body has to be bytes in base64, at most 1 MiB.");
        check(r#"{"Name": "a", "Mode": "C"}"#, "The parameter Mode has to be one of A, B.");
        check(r#"{"Name": "a", "Count": 0}"#, "The parameter Count has to be a whole number from 1 to 3.");
        check(r#"{"Name": "a", "Count": 4}"#, "The parameter Count has to be a whole number from 1 to 3.");
        check(r#"{"Name": "a", "Count": 1.5}"#, "The parameter Count has to be a whole number from 1 to 3.");
        check(r#"{"Name": "a", "Sure": "yes"}"#, "The parameter Sure has to be true or false.");
        check(
            r#"{"Name": "a", "Context": {"a": 1}}"#,
            "The parameter Context has to be an object whose values are texts.",
        );
        let body = |length: usize| format!(r#"{{"Name": "a", "Body": "{}"}}"#, STANDARD.encode(vec![0; length]));
        check(&body(LONGEST_BODY), "");
        check(&body(LONGEST_BODY + 1), "The parameter Body has to be bytes in base64, at most 1 MiB.");
    }
}
