//! From headers and bytes to a caller, an operation's name and a JSON object. Knows no operation.

use serde_json::{Map, Value};

use crate::{
    endpoint::Request,
    estate::Estate,
    ops::refusal::{Refusal, SerializationError},
};

/// What stands before the operation's name in `X-Amz-Target`.
pub const TARGET_PREFIX: &str = "TrentService.";

/// A request of which only the outside is known.
pub struct Frame<'a> {
    pub operation: &'a str,
    pub members: Map<String, Value>,
}

/// Refuses callers that do not exist, targets of another service and bodies that are not a JSON object.
pub fn parse<'a>(request: &'a Request, estate: &Estate) -> Result<Frame<'a>, Refusal> {
    if !estate.exists(&request.caller) {
        return Err(Refusal::UnknownCaller);
    }
    let operation =
        operation_of(&request.target).ok_or_else(|| Refusal::UnknownOperation { target: request.target.clone() })?;
    let body: Value = serde_json::from_str(&request.body).map_err(|error| {
        let problem = error.to_string();
        let problem = problem.split(" at line ").next().unwrap_or_default().to_owned();
        Refusal::Serialization(SerializationError::NotJson { problem, line: error.line(), column: error.column() })
    })?;
    match body {
        Value::Object(members) => Ok(Frame { operation, members }),
        other => Err(Refusal::Serialization(SerializationError::NotAnObject { got: kind(&other) })),
    }
}

/// The operation a target names, if the target is of this service.
pub fn operation_of(target: &str) -> Option<&str> {
    target.strip_prefix(TARGET_PREFIX)
}

/// What a JSON value is, for a sentence.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
