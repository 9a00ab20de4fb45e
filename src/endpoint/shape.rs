//! One walker holds every request against the API model. There is no hand-written length check anywhere else.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use crate::{
    endpoint::{
        frame::kind,
        model::{self, Member, OperationModel, Shape, ShapeKind, Structure},
    },
    ops::refusal::{Refusal, SerializationError, Violation},
};

/// Removes members that are null, as AWS treats them as absent, and refuses whatever breaks the model: a wrong type at
/// once, broken constraints all together. Gives the names the model does not know, which AWS ignores.
pub fn check(members: &mut Map<String, Value>, operation: &OperationModel) -> Result<Vec<String>, Refusal> {
    let mut walker = Walker { path: Vec::new(), violations: Vec::new() };
    walker.structure(members, &operation.input)?;
    if !walker.violations.is_empty() {
        return Err(Refusal::Shape(walker.violations));
    }
    let unknown = members.keys().filter(|name| !operation.input.members.contains_key(*name));
    Ok(unknown.cloned().collect())
}

/// The longest piece of a value that a message repeats, in characters.
const QUOTED: usize = 256;

struct Walker<'a> {
    path: Vec<Step<'a>>,
    violations: Vec<Violation>,
}

enum Step<'a> {
    Member(&'a str),
    Element(usize),
    Entry(String),
}

impl<'a> Walker<'a> {
    fn structure(&mut self, members: &mut Map<String, Value>, structure: &'a Structure) -> Result<(), Refusal> {
        members.retain(|_, value| !value.is_null());
        for name in &structure.required {
            if !members.contains_key(name) {
                self.path.push(Step::Member(name));
                self.broken("Value null".to_owned(), "Member must not be null".to_owned());
                self.path.pop();
            }
        }
        for (name, value) in members {
            if let Some((name, member)) = structure.members.get_key_value(name) {
                self.path.push(Step::Member(name));
                self.member(value, member)?;
                self.path.pop();
            }
        }
        Ok(())
    }

    fn member(&mut self, value: &mut Value, member: &'a Member) -> Result<(), Refusal> {
        match member {
            Member::Plain(shape) => self.plain(value, shape),
            Member::Reference { structure } => match (value, model::structure(structure)) {
                (Value::Object(members), Some(structure)) => self.structure(members, structure),
                (other, _) => Err(self.wrong_type("an object", other)),
            },
        }
    }

    fn plain(&mut self, value: &mut Value, shape: &'a Shape) -> Result<(), Refusal> {
        match (shape.kind, value) {
            (ShapeKind::String, Value::String(text)) => self.string(text, shape),
            (ShapeKind::Blob, Value::String(text)) => return self.blob(text, shape),
            (ShapeKind::Boolean, Value::Bool(_)) => {}
            (ShapeKind::Timestamp, Value::Number(_)) => {}
            (ShapeKind::Integer, Value::Number(number)) => match number.as_i64() {
                Some(number) => self.bounds(number, "value", || format!("Value '{number}'"), shape),
                None => return Err(self.wrong_type("an integer", &Value::Number(number.clone()))),
            },
            (ShapeKind::List, Value::Array(elements)) => {
                let count = i64::try_from(elements.len()).unwrap_or(i64::MAX);
                self.bounds(count, "length", || format!("Value '[{count} elements]'"), shape);
                for (index, element) in elements.iter_mut().enumerate() {
                    self.path.push(Step::Element(index));
                    if let Some(member) = &shape.member {
                        self.member(element, member)?;
                    }
                    self.path.pop();
                }
            }
            (ShapeKind::Map, Value::Object(entries)) => {
                for (name, entry) in entries {
                    self.path.push(Step::Entry(name.clone()));
                    if let Some(member) = &shape.value {
                        self.member(entry, member)?;
                    }
                    self.path.pop();
                }
            }
            (ShapeKind::String, other) => return Err(self.wrong_type("a string", other)),
            (ShapeKind::Blob, other) => return Err(self.wrong_type("a base64 string", other)),
            (ShapeKind::Boolean, other) => return Err(self.wrong_type("a boolean", other)),
            (ShapeKind::Timestamp, other) => return Err(self.wrong_type("a number of seconds", other)),
            (ShapeKind::Integer, other) => return Err(self.wrong_type("an integer", other)),
            (ShapeKind::List, other) => return Err(self.wrong_type("a list", other)),
            (ShapeKind::Map, other) => return Err(self.wrong_type("an object", other)),
        }
        Ok(())
    }

    fn string(&mut self, text: &str, shape: &Shape) {
        let quoted = || if shape.sensitive { "Value".to_owned() } else { quote(text) };
        if let Some(values) = &shape.values {
            if !values.iter().any(|value| value == text) {
                self.broken(quoted(), format!("Member must satisfy enum value set: [{}]", values.join(", ")));
            }
            return;
        }
        let before = self.violations.len();
        self.bounds(i64::try_from(text.chars().count()).unwrap_or(i64::MAX), "length", quoted, shape);
        // A value too long by itself is not searched as well: the pattern adds nothing, and it may be megabytes.
        if let Some(pattern) = shape.pattern.as_deref().filter(|_| self.violations.len() == before)
            && !model::fits(pattern, text)
        {
            self.broken(quoted(), format!("Member must satisfy regular expression pattern: {pattern}"));
        }
    }

    fn blob(&mut self, text: &str, shape: &Shape) -> Result<(), Refusal> {
        let bytes = STANDARD
            .decode(text)
            .map_err(|_| Refusal::Serialization(SerializationError::NotBase64 { at: self.at() }))?;
        let length = bytes.len();
        let quoted = || {
            if shape.sensitive {
                "Value".to_owned()
            } else {
                format!("Value 'java.nio.HeapByteBuffer[pos=0 lim={length} cap={length}]'")
            }
        };
        self.bounds(i64::try_from(length).unwrap_or(i64::MAX), "length", quoted, shape);
        Ok(())
    }

    fn bounds(&mut self, measured: i64, measure: &str, quoted: impl FnOnce() -> String, shape: &Shape) {
        let constraint = match (shape.min, shape.max) {
            (Some(min), _) if measured < min => format!("Member must have {measure} greater than or equal to {min}"),
            (_, Some(max)) if measured > max => format!("Member must have {measure} less than or equal to {max}"),
            _ => return,
        };
        self.broken(quoted(), constraint);
    }

    fn broken(&mut self, value: String, constraint: String) {
        let at = self.at();
        self.violations.push(Violation { value, at, constraint });
    }

    fn wrong_type(&self, expected: &'static str, got: &Value) -> Refusal {
        Refusal::Serialization(SerializationError::WrongType { at: self.at(), expected, got: kind(got) })
    }

    /// The path as AWS writes it: lower-camel members, elements counted from 1.
    fn at(&self) -> String {
        let steps: Vec<String> = self
            .path
            .iter()
            .map(|step| match step {
                Step::Member(name) => lower_first(name),
                Step::Element(index) => format!("{}.member", index + 1),
                Step::Entry(name) => quote(name).trim_start_matches("Value ").trim_matches('\'').to_owned(),
            })
            .collect();
        steps.join(".")
    }
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

fn quote(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((cut, _)) => format!("Value '{}…'", text.get(..cut).unwrap_or_default()),
        None => format!("Value '{text}'"),
    }
}
