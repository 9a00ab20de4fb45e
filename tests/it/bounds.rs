//! Both sides of every bound of the API model, for every operation of this build: drawn from the model, not listed.

use kms_playground::{
    arn::Region,
    endpoint::model::{self, Member, Shape, ShapeKind, Structure},
    ops::table::OPERATIONS,
};
use serde_json::{Map, Value, json};

use crate::{table, wire::Conversation};

/// What a request with one changed member must come to.
enum Expected {
    /// A ValidationException that says this about the member.
    Broken(String),
    /// Anything but that.
    Kept(String),
    /// A SerializationException that names the member.
    WrongType,
}

#[test]
fn bounds_hold_on_both_sides() {
    let mut talk = table::prepared("key", "blob", "alias/orders");
    let mut tried = 0;
    for entry in OPERATIONS {
        let operation = entry.spec.name;
        let (_, sample) = table::SAMPLES.iter().find(|(name, _)| *name == operation).unwrap();
        let sample: Map<String, Value> = serde_json::from_str(&talk.filled(sample, operation)).unwrap();
        for (path, changed, expected) in changes(&sample, &model::operation(operation).unwrap().input) {
            check(&mut talk, operation, &path, &Value::Object(changed), &expected);
            tried += 1;
        }
    }
    assert!(tried > 1000, "only {tried} requests");
}

#[track_caller]
fn check(talk: &mut Conversation, operation: &str, path: &str, body: &Value, expected: &Expected) {
    let place = format!("{operation}.{path}");
    let outcome = talk.ask("Administrator", Region::US_EAST_1, operation, body.to_string(), &place);
    talk.timeline.go_to(talk.timeline.cursor() - 1);
    let (kind, message) = match &outcome.fault {
        None => ("", ""),
        Some(fault) => (fault.kind, fault.message.as_deref().unwrap_or_default()),
    };
    let says = |words: &str| {
        kind == "ValidationException" && message.contains(&format!("at '{path}' failed to satisfy constraint: {words}"))
    };
    let mut shown = body.to_string();
    shown.truncate(300);
    match expected {
        Expected::Broken(words) => {
            assert!(says(words), "{place}: got {kind}: {message}, expected `{words}` for {shown}")
        }
        Expected::Kept(words) => assert!(!says(words), "{place}: got {message} for {shown}"),
        Expected::WrongType => {
            assert!(
                kind == "SerializationException" && message.contains(&format!("`{path}`")),
                "{place}: got {kind}: {message} for {shown}"
            );
        }
    }
}

/// Every change of one member of `sample`, with the member's path as AWS writes it.
fn changes(sample: &Map<String, Value>, structure: &Structure) -> Vec<(String, Map<String, Value>, Expected)> {
    let mut changes = Vec::new();
    for (name, member) in &structure.members {
        let path = lower_first(name);
        let mut change = |path: String, value: Value, expected: Expected| {
            let mut changed = sample.clone();
            changed.insert(name.clone(), value);
            changes.push((path, changed, expected));
        };
        let is_required = structure.required.contains(name);
        if is_required {
            change(path.clone(), Value::Null, Expected::Broken("Member must not be null".to_owned()));
        }
        for (inner, value, expected) in variants(member) {
            change(format!("{path}{inner}"), value, expected);
        }
    }
    for name in &structure.required {
        let mut changed = sample.clone();
        changed.remove(name);
        changes.push((lower_first(name), changed, Expected::Broken("Member must not be null".to_owned())));
    }
    changes
}

/// Values on both sides of every bound of a member, with the path below it.
fn variants(member: &Member) -> Vec<(String, Value, Expected)> {
    let shape = match member {
        Member::Plain(shape) => shape,
        Member::Reference { structure } => {
            let inner = changes(&Map::new(), model::structure(structure).unwrap());
            let inner =
                inner.into_iter().map(|(path, value, expected)| (format!(".{path}"), Value::Object(value), expected));
            return inner.chain([(String::new(), json!("text"), Expected::WrongType)]).collect();
        }
    };
    let mut variants: Vec<_> =
        wrong_types(shape.kind).into_iter().map(|value| (String::new(), value, Expected::WrongType)).collect();
    let measure = if shape.kind == ShapeKind::Integer { "value" } else { "length" };
    for (bound, words, step) in [(shape.min, "greater than or equal to", -1), (shape.max, "less than or equal to", 1)] {
        let Some(bound) = bound else { continue };
        let words = format!("Member must have {measure} {words} {bound}");
        variants.extend(of_size(shape, bound).map(|value| (String::new(), value, Expected::Kept(words.clone()))));
        variants.extend(of_size(shape, bound + step).map(|value| (String::new(), value, Expected::Broken(words))));
    }
    if let Some(values) = &shape.values {
        let words = "Member must satisfy enum value set".to_owned();
        variants.extend(values.iter().map(|value| (String::new(), json!(value), Expected::Kept(words.clone()))));
        variants.push((String::new(), json!("SOMETHING_ELSE"), Expected::Broken(words)));
    }
    if let Some(pattern) = &shape.pattern {
        // A character that no pattern of the model allows, as often as a length may ask for it.
        let words = format!("Member must satisfy regular expression pattern: {pattern}");
        let length = usize::try_from(shape.min.unwrap_or(1)).unwrap_or(1).max(1);
        variants.push((String::new(), json!("\u{201c}".repeat(length)), Expected::Broken(words)));
    }
    if let Some(element) = &shape.member {
        let elements = self::variants(element).into_iter();
        variants.extend(elements.map(|(path, value, expected)| (format!(".1.member{path}"), json!([value]), expected)));
    }
    if let Some(entry) = &shape.value {
        let entries = self::variants(entry).into_iter();
        variants.extend(
            entries.map(|(path, value, expected)| (format!(".name{path}"), json!({ "name": value }), expected)),
        );
    }
    variants
}

/// A value of that length, or that number; absent below zero and for enumerations, which have no length of their own.
fn of_size(shape: &Shape, size: i64) -> Option<Value> {
    if shape.kind == ShapeKind::Integer {
        return Some(json!(size));
    }
    let length = usize::try_from(size).ok().filter(|_| shape.values.is_none())?;
    match shape.kind {
        ShapeKind::String => Some(json!("a".repeat(length))),
        ShapeKind::Blob => {
            use base64::{Engine as _, engine::general_purpose::STANDARD};
            Some(json!(STANDARD.encode(vec![0; length])))
        }
        ShapeKind::List => Some(json!(vec!["token"; length])),
        ShapeKind::Boolean | ShapeKind::Integer | ShapeKind::Map | ShapeKind::Timestamp => None,
    }
}

fn wrong_types(kind: ShapeKind) -> Vec<Value> {
    let all = [json!("text"), json!(7), json!(1.5), json!(true), json!([]), json!({})];
    let fits = |value: &Value| match kind {
        // Text that is not base64 is refused, but not as another type.
        ShapeKind::Blob | ShapeKind::String => value.is_string(),
        ShapeKind::Boolean => value.is_boolean(),
        ShapeKind::Integer => value.is_i64(),
        ShapeKind::List => value.is_array(),
        ShapeKind::Map => value.is_object(),
        ShapeKind::Timestamp => value.is_number(),
    };
    all.into_iter().filter(|value| !fits(value)).collect()
}

fn lower_first(name: &str) -> String {
    name.chars().take(1).map(|first| first.to_ascii_lowercase()).chain(name.chars().skip(1)).collect()
}
