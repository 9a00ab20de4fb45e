//! Text to statements.
//!
//! `serde_json` reads the JSON, because it is strict. Members are kept as raw slices of the text, which gives every
//! value its place and lets a name occur twice without being lost; each level of a policy is one step down. Nothing
//! recurses, so nesting cannot exhaust the stack.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    PolicyKind, SourceSpan,
    document::{Document, Effect, Element, Spanned, Statement, Version},
    error::{JsonType, PolicyError, PolicyErrorKind},
    matching::{ActionPattern, ResourcePattern, ThroughService},
    principal::PolicyPrincipal,
};

/// Reads a whole policy.
pub(super) fn document(text: &str, kind: PolicyKind) -> Result<Document, PolicyError> {
    let source = Source { text, kind };
    source.check_characters()?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| source.syntax(text, &error))?;
    source.document(raw)
}

const POLICY_ELEMENTS: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
/// The size of a key policy in bytes (quota "Key policy document size").
const KEY_POLICY_BYTES: usize = 32_768;
/// The size of a managed policy in characters that are not white space (IAM quotas).
const IDENTITY_POLICY_CHARACTERS: usize = 6_144;

/// The text under the parser's eyes.
#[derive(Clone, Copy)]
struct Source<'a> {
    text: &'a str,
    kind: PolicyKind,
}

impl<'a> Source<'a> {
    fn check_characters(self) -> Result<(), PolicyError> {
        let (size, limit, counted) = match self.kind {
            PolicyKind::Key | PolicyKind::AwsManaged => (self.text.len(), KEY_POLICY_BYTES, "bytes"),
            PolicyKind::Identity => (
                self.text.chars().filter(|c| !c.is_whitespace()).count(),
                IDENTITY_POLICY_CHARACTERS,
                "characters without white space",
            ),
        };
        // White space alone must not make a text too long for spans.
        if size > limit || u32::try_from(self.text.len()).is_err() {
            let kind = PolicyErrorKind::TooLarge { size: saturated(size), limit: saturated(limit), counted };
            return Err(self.error(kind, SourceSpan { start: 0, end: saturated(self.text.len()) }));
        }
        let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FF}');
        let Some((at, found)) = self.text.char_indices().find(|(_, c)| !allowed(*c)) else { return Ok(()) };
        let kind = match found {
            '\u{201C}' | '\u{201D}' | '\u{2018}' | '\u{2019}' => PolicyErrorKind::SmartQuote { found },
            _ => PolicyErrorKind::Character { found },
        };
        Err(self.error(kind, SourceSpan { start: saturated(at), end: saturated(at + found.len_utf8()) }))
    }

    fn document(self, raw: &'a RawValue) -> Result<Document, PolicyError> {
        if json_type(raw) != JsonType::Object {
            return Err(self.error_at(PolicyErrorKind::NotAnObject { got: json_type(raw) }, raw));
        }
        let (mut version, mut id, mut statement) = (None, None, None);
        for (name, key, value) in self.members(raw)? {
            match name.as_str() {
                "Version" => version = Some(self.version(value)?),
                "Id" => id = Some(self.text_of("Id", value)?),
                "Statement" => statement = Some(value),
                _ => return Err(self.unknown_element(name, key, POLICY_ELEMENTS)),
            }
        }
        let Some(list) = statement else {
            return Err(self.error_at(PolicyErrorKind::MissingElement { element: "Statement" }, raw));
        };
        let statements = match json_type(list) {
            JsonType::Object => vec![self.statement(list, version)?],
            JsonType::List => {
                let items = self.items(list)?;
                items.into_iter().map(|item| self.statement(item, version)).collect::<Result<_, _>>()?
            }
            JsonType::Text | JsonType::Number | JsonType::Boolean | JsonType::Null => {
                return Err(self.wrong_type("Statement", list, "a statement or a list of statements"));
            }
        };
        if statements.is_empty() {
            return Err(self.error_at(PolicyErrorKind::Empty { element: "Statement" }, list));
        }
        Ok(Document { version, id, statements })
    }

    fn version(self, raw: &'a RawValue) -> Result<Version, PolicyError> {
        let got = self.text_of("Version", raw)?;
        match got.as_str() {
            "2012-10-17" => Ok(Version::V2012),
            "2008-10-17" => Ok(Version::V2008),
            _ => Err(self.error_at(PolicyErrorKind::Version { got }, raw)),
        }
    }

    fn statement(self, raw: &'a RawValue, version: Option<Version>) -> Result<Statement, PolicyError> {
        if json_type(raw) != JsonType::Object {
            return Err(self.wrong_type("Statement", raw, "an object for each statement"));
        }
        let (mut sid, mut effect, mut principals, mut actions, mut resources) = (None, None, None, None, None);
        let mut through = None;
        for (name, key, value) in self.members(raw)? {
            match name.as_str() {
                "Sid" => sid = Some(self.text_of("Sid", value)?),
                "Effect" => effect = Some(self.effect(value)?),
                "Principal" => principals = Some(self.principals(key, value)?),
                "Action" => actions = Some(self.element("Action", value, |got| self.action(got))?),
                "Resource" => resources = Some(self.element("Resource", value, |got| self.resource(got, version))?),
                "Condition" if self.kind == PolicyKind::AwsManaged => through = Some(self.through(key, value)?),
                "Condition" => return Err(self.not_yet("Condition", key)),
                "NotAction" => return Err(self.not_yet("NotAction", key)),
                "NotPrincipal" => return Err(self.not_yet("NotPrincipal", key)),
                "NotResource" => return Err(self.not_yet("NotResource", key)),
                _ => return Err(self.unknown_element(name, key, STATEMENT_ELEMENTS)),
            }
        }
        let missing = |element| self.error_at(PolicyErrorKind::MissingElement { element }, raw);
        let effect = effect.ok_or_else(|| missing("Effect"))?;
        match self.kind {
            PolicyKind::Key | PolicyKind::AwsManaged if principals.is_none() => return Err(missing("Principal")),
            PolicyKind::Identity if actions.is_none() => return Err(missing("Action")),
            PolicyKind::Identity if resources.is_none() => return Err(missing("Resource")),
            PolicyKind::Key | PolicyKind::Identity | PolicyKind::AwsManaged => {}
        }
        Ok(Statement { sid, effect, principals, actions, resources, through, span: self.span(raw) })
    }

    /// The only condition there is as yet, and only AWS writes it.
    fn through(self, key: &'a RawValue, raw: &'a RawValue) -> Result<Spanned<ThroughService>, PolicyError> {
        let (mut account, mut service) = (None, None);
        for (operator, _, tests) in self.members(raw)? {
            for (name, _, value) in self.members(tests)? {
                let value = self.text_of("Condition", value)?;
                match (operator.as_str(), name.as_str()) {
                    ("StringEquals", "kms:CallerAccount") => account = value.parse().ok(),
                    ("StringEquals" | "StringLike", "kms:ViaService") => service = Some(value),
                    _ => return Err(self.not_yet("Condition", key)),
                }
            }
        }
        let both = account.zip(service).ok_or_else(|| self.not_yet("Condition", key));
        both.map(|(account, service)| Spanned { value: ThroughService::new(account, &service), span: self.span(raw) })
    }

    fn effect(self, raw: &'a RawValue) -> Result<Effect, PolicyError> {
        let got = self.text_of("Effect", raw)?;
        match got.as_str() {
            "Allow" => Ok(Effect::Allow),
            "Deny" => Ok(Effect::Deny),
            _ => Err(self.error_at(PolicyErrorKind::Effect { got }, raw)),
        }
    }

    fn principals(self, key: &'a RawValue, raw: &'a RawValue) -> Result<Element<PolicyPrincipal>, PolicyError> {
        let malformed = |got: &Spanned<String>| {
            self.error(PolicyErrorKind::MalformedPrincipal { got: got.value.clone() }, got.span)
        };
        if self.kind == PolicyKind::Identity {
            return Err(self.error_at(PolicyErrorKind::PrincipalInIdentityPolicy, key));
        }
        let mut values = Vec::new();
        match json_type(raw) {
            // Outside an object only `*` says whom it means.
            JsonType::Text => {
                let got = Spanned { value: self.text_of("Principal", raw)?, span: self.span(raw) };
                if got.value != "*" {
                    return Err(malformed(&got));
                }
                values.push(Spanned { value: PolicyPrincipal::Anyone, span: got.span });
            }
            JsonType::Object => {
                for (name, key, value) in self.members(raw)? {
                    let read = match name.as_str() {
                        "AWS" => PolicyPrincipal::aws,
                        "Service" => PolicyPrincipal::service,
                        "CanonicalUser" => return Err(self.not_yet("CanonicalUser", key)),
                        "Federated" => return Err(self.not_yet("Federated", key)),
                        _ => return Err(self.error_at(PolicyErrorKind::UnknownPrincipalKind { name }, key)),
                    };
                    let element =
                        self.element("Principal", value, |got| read(&got.value).map_err(|_| malformed(got)))?;
                    values.extend(element.values);
                }
            }
            JsonType::List | JsonType::Number | JsonType::Boolean | JsonType::Null => {
                return Err(self.wrong_type("Principal", raw, "`*` or an object such as {\"AWS\": ...}"));
            }
        }
        if values.is_empty() {
            return Err(self.error_at(PolicyErrorKind::Empty { element: "Principal" }, raw));
        }
        Ok(Element { values, span: self.span(raw) })
    }

    fn action(self, got: &Spanned<String>) -> Result<ActionPattern, PolicyError> {
        ActionPattern::new(&got.value)
            .ok_or_else(|| self.error(PolicyErrorKind::MalformedAction { got: got.value.clone() }, got.span))
    }

    fn resource(self, got: &Spanned<String>, version: Option<Version>) -> Result<ResourcePattern, PolicyError> {
        if version == Some(Version::V2012) && got.value.contains("${") {
            return Err(self.error(PolicyErrorKind::NotEvaluatedYet { element: "${...}" }, got.span));
        }
        let pattern = ResourcePattern::new(&got.value);
        // AWS stores a key policy with any text here; the statement then covers nothing.
        if self.kind == PolicyKind::Identity && !pattern.is_well_formed() {
            return Err(self.error(PolicyErrorKind::MalformedResource { got: got.value.clone() }, got.span));
        }
        Ok(pattern)
    }

    /// A text or a list of texts, each read by `read`.
    fn element<T>(
        self,
        element: &'static str,
        raw: &'a RawValue,
        read: impl Fn(&Spanned<String>) -> Result<T, PolicyError>,
    ) -> Result<Element<T>, PolicyError> {
        let items = match json_type(raw) {
            JsonType::List => self.items(raw)?,
            JsonType::Text => vec![raw],
            JsonType::Object | JsonType::Number | JsonType::Boolean | JsonType::Null => {
                return Err(self.wrong_type(element, raw, "a text or a list of texts"));
            }
        };
        if items.is_empty() {
            return Err(self.error_at(PolicyErrorKind::Empty { element }, raw));
        }
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let got = Spanned { value: self.text_of(element, item)?, span: self.span(item) };
            values.push(Spanned { value: read(&got)?, span: got.span });
        }
        Ok(Element { values, span: self.span(raw) })
    }

    fn text_of(self, element: &'static str, raw: &'a RawValue) -> Result<String, PolicyError> {
        match json_type(raw) {
            JsonType::Text => self.json(raw),
            JsonType::Object | JsonType::List | JsonType::Number | JsonType::Boolean | JsonType::Null => {
                Err(self.wrong_type(element, raw, "a text"))
            }
        }
    }

    fn items(self, raw: &'a RawValue) -> Result<Vec<&'a RawValue>, PolicyError> {
        self.json(raw)
    }

    /// The members of an object: the name, the name's place, the value.
    fn members(self, raw: &'a RawValue) -> Result<Vec<(String, &'a RawValue, &'a RawValue)>, PolicyError> {
        let Members(members) = self.json(raw)?;
        let mut seen = BTreeSet::new();
        let mut named = Vec::with_capacity(members.len());
        for (key, value) in members {
            let name: String = self.json(key)?;
            if !seen.insert(name.clone()) {
                return Err(self.error_at(PolicyErrorKind::DuplicateMember { name }, key));
            }
            named.push((name, key, value));
        }
        Ok(named)
    }

    fn json<T: Deserialize<'a>>(self, raw: &'a RawValue) -> Result<T, PolicyError> {
        serde_json::from_str(raw.get()).map_err(|error| self.syntax(raw.get(), &error))
    }

    fn span(self, raw: &RawValue) -> SourceSpan {
        let start = self.offset_of(raw.get());
        SourceSpan { start: saturated(start), end: saturated(start + raw.get().len()) }
    }

    /// INVARIANT: `part` is a slice of the text, as every raw value is.
    fn offset_of(self, part: &str) -> usize {
        part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr())
    }

    fn wrong_type(self, element: &'static str, raw: &RawValue, expected: &'static str) -> PolicyError {
        self.error_at(PolicyErrorKind::WrongType { element, got: json_type(raw), expected }, raw)
    }

    fn not_yet(self, element: &'static str, key: &RawValue) -> PolicyError {
        self.error_at(PolicyErrorKind::NotEvaluatedYet { element }, key)
    }

    fn unknown_element(self, name: String, key: &RawValue, known: &[&'static str]) -> PolicyError {
        let meant = known.iter().copied().find(|element| element.eq_ignore_ascii_case(&name));
        self.error_at(PolicyErrorKind::UnknownElement { name, meant }, key)
    }

    /// An error of the JSON parser while it read `part`, with its place in the whole text.
    fn syntax(self, part: &str, error: &serde_json::Error) -> PolicyError {
        let lines_before = error.line().saturating_sub(1);
        let line: usize = part.split_inclusive('\n').take(lines_before).map(str::len).sum();
        let end = self.text.len();
        // The parser counts bytes from 1, and stands on 0 after a line break.
        let mut start = (self.offset_of(part) + line + error.column().saturating_sub(1)).min(end);
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let length = self.text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        // The parser's words for this most common slip would be `key must be a string` and `expected value`.
        let comma_before = self.text.get(..start).is_some_and(|before| before.trim_end().ends_with(','));
        let words = match self.text.as_bytes().get(start) {
            Some(b'}' | b']') if comma_before => "trailing comma".to_owned(),
            _ => error.to_string(),
        };
        let problem = words.split(" at line ").next().unwrap_or_default().to_owned();
        let span = SourceSpan { start: saturated(start), end: saturated(start + length) };
        self.error(PolicyErrorKind::Syntax { problem }, span)
    }

    fn error_at(self, kind: PolicyErrorKind, raw: &RawValue) -> PolicyError {
        self.error(kind, self.span(raw))
    }

    fn error(self, kind: PolicyErrorKind, span: SourceSpan) -> PolicyError {
        let before = self.text.get(..span.start as usize).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        PolicyError { kind, line: saturated(line), column: saturated(column), span }
    }
}

/// A raw value is well-formed JSON, so its first byte tells its type.
fn json_type(raw: &RawValue) -> JsonType {
    match raw.get().bytes().next() {
        Some(b'{') => JsonType::Object,
        Some(b'[') => JsonType::List,
        Some(b'"') => JsonType::Text,
        Some(b't' | b'f') => JsonType::Boolean,
        Some(b'n') => JsonType::Null,
        _ => JsonType::Number,
    }
}

/// INVARIANT: a text longer than `u32::MAX` is refused before anything in it is measured.
fn saturated(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// An object's members in the order of the text, names that occur twice included.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(&'de RawValue, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Collect).map(Members)
    }
}
