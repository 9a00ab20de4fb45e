//! Text to statements.
//!
//! `serde_json` reads the JSON, because it is strict. Members are kept as raw slices of the text, which gives every
//! value its place and lets a name occur twice without being lost; each level of a policy is one step down. Nothing
//! recurses, so nesting cannot exhaust the stack.

use std::{cell::RefCell, collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    PolicyKind, SourceSpan,
    condition::{Condition, Wrong},
    document::{Document, Effect, Element, Spanned, Statement, Version},
    error::{JsonType, PolicyError, PolicyErrorKind},
    matching::{ActionPattern, ResourcePattern},
    principal::PolicyPrincipal,
};

/// Reads a whole policy, or says why there is none; and what else is wrong with it.
pub(super) fn document(text: &str, kind: PolicyKind) -> (Result<Document, PolicyError>, Vec<PolicyError>) {
    let source = Source { text, kind, wrong: RefCell::default() };
    if text.len() > LONGEST {
        let size =
            PolicyErrorKind::TooLarge { size: saturated(text.len()), limit: saturated(LONGEST), counted: "bytes" };
        return (Err(source.error(size, SourceSpan { start: 0, end: saturated(text.len()) })), Vec::new());
    }
    source.check_characters();
    let raw = serde_json::from_str::<&RawValue>(text).map_err(|error| source.syntax(text, &error));
    let read = raw.and_then(|raw| source.document(raw));
    (read, source.wrong.into_inner())
}

const POLICY_ELEMENTS: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// How much that is wrong is listed.
const LISTED: usize = 100;

/// How many bytes are read at all, with white space: as many as the APIs of KMS and IAM take of any policy ("PutKeyPolicy",
/// "CreatePolicy").
const LONGEST: usize = 131_072;

/// How long a policy may be, and what of it counts.
fn limit(kind: PolicyKind) -> (usize, Counted) {
    match kind {
        // Quotas of KMS: key policy document size.
        PolicyKind::Key => (32_768, Counted::Bytes),
        // Quotas of IAM: a managed policy, a session policy.
        PolicyKind::Identity => (6_144, Counted::CharactersWithoutSpace),
        PolicyKind::Session => (2_048, Counted::CharactersWithoutSpace),
        // Quotas of AWS Organizations.
        PolicyKind::ServiceControl => (10_240, Counted::CharactersWithoutSpace),
        PolicyKind::ResourceControl => (5_120, Counted::CharactersWithoutSpace),
        // Quotas of Amazon VPC: VPC endpoint policy.
        PolicyKind::Endpoint => (20_480, Counted::CharactersWithoutSpace),
        // "Bucket policies", S3 User Guide: 20 KB.
        PolicyKind::Bucket => (20_480, Counted::Bytes),
    }
}

#[derive(Clone, Copy)]
enum Counted {
    Bytes,
    CharactersWithoutSpace,
}

/// The text under the parser's eyes.
struct Source<'a> {
    text: &'a str,
    kind: PolicyKind,
    /// What is wrong, but does not keep the rest from being read.
    wrong: RefCell<Vec<PolicyError>>,
}

impl<'a> Source<'a> {
    fn check_characters(&self) {
        let (limit, counted) = limit(self.kind);
        let (size, counted) = match counted {
            Counted::Bytes => (self.text.len(), "bytes"),
            Counted::CharactersWithoutSpace => {
                (self.text.chars().filter(|c| !c.is_whitespace()).count(), "characters without white space")
            }
        };
        if size > limit {
            let kind = PolicyErrorKind::TooLarge { size: saturated(size), limit: saturated(limit), counted };
            self.note(self.error(kind, SourceSpan { start: 0, end: saturated(self.text.len()) }));
        }
        let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FF}');
        let Some((at, found)) = self.text.char_indices().find(|(_, c)| !allowed(*c)) else { return };
        let kind = match found {
            '\u{201C}' | '\u{201D}' | '\u{2018}' | '\u{2019}' => PolicyErrorKind::SmartQuote { found },
            _ => PolicyErrorKind::Character { found },
        };
        self.note(self.error(kind, SourceSpan { start: saturated(at), end: saturated(at + found.len_utf8()) }));
    }

    fn note(&self, error: PolicyError) {
        let mut wrong = self.wrong.borrow_mut();
        if wrong.len() < LISTED {
            wrong.push(error);
        }
    }

    /// What was read, or nothing once the error is noted.
    fn noted<T>(&self, read: Result<T, PolicyError>) -> Option<T> {
        read.map_err(|error| self.note(error)).ok()
    }

    fn document(&self, raw: &'a RawValue) -> Result<Document, PolicyError> {
        if json_type(raw) != JsonType::Object {
            return Err(self.error_at(PolicyErrorKind::NotAnObject { got: json_type(raw) }, raw));
        }
        let (mut version, mut version_span, mut id, mut statement) = (None, None, None, None);
        for (name, key, value) in self.members(raw)? {
            match name.as_str() {
                "Version" => {
                    version = self.noted(self.version(value));
                    version_span = Some(self.span(value));
                }
                "Id" => id = self.noted(self.text_of("Id", value)),
                "Statement" => statement = Some(value),
                _ => self.note(self.unknown_element(name, key, POLICY_ELEMENTS)),
            }
        }
        let Some(list) = statement else {
            return Err(self.error_at(PolicyErrorKind::MissingElement { element: "Statement" }, raw));
        };
        let items = match json_type(list) {
            JsonType::Object => vec![list],
            JsonType::List => self.items(list)?,
            JsonType::Text | JsonType::Number | JsonType::Boolean | JsonType::Null => {
                return Err(self.wrong_type("Statement", list, "a statement or a list of statements"));
            }
        };
        if items.is_empty() {
            return Err(self.error_at(PolicyErrorKind::Empty { element: "Statement" }, list));
        }
        let statements = items.into_iter().filter_map(|item| self.noted(self.statement(item, version))).collect();
        Ok(Document { version, version_span, id, statements })
    }

    fn version(&self, raw: &'a RawValue) -> Result<Version, PolicyError> {
        let got = self.text_of("Version", raw)?;
        match got.as_str() {
            "2012-10-17" => Ok(Version::V2012),
            "2008-10-17" => Ok(Version::V2008),
            _ => Err(self.error_at(PolicyErrorKind::Version { got }, raw)),
        }
    }

    fn statement(&self, raw: &'a RawValue, version: Option<Version>) -> Result<Statement, PolicyError> {
        if json_type(raw) != JsonType::Object {
            return Err(self.wrong_type("Statement", raw, "an object for each statement"));
        }
        let variables = version == Some(Version::V2012);
        let (mut sid, mut effect, mut principals, mut actions, mut resources) = (None, None, None, None, None);
        let mut conditions = Vec::new();
        for (name, key, value) in self.members(raw)? {
            let negated = name.starts_with("Not");
            let twice = |filled: bool, element| {
                if filled {
                    self.note(self.error_at(PolicyErrorKind::BothElements { element }, key));
                }
            };
            match name.as_str() {
                "Sid" => sid = self.noted(self.text_of("Sid", value)).map(Into::into),
                "Effect" => effect = Some(self.effect(value)?),
                "Principal" | "NotPrincipal" => {
                    twice(principals.is_some(), "Principal");
                    principals = Some(self.principals(key, value, negated)?);
                }
                "Action" | "NotAction" => {
                    twice(actions.is_some(), "Action");
                    actions = Some(self.element("Action", key, value, negated, |got| self.action(got))?);
                }
                "Resource" | "NotResource" => {
                    twice(resources.is_some(), "Resource");
                    resources =
                        Some(self.element("Resource", key, value, negated, |got| self.resource(got, variables))?);
                }
                "Condition" => conditions = self.conditions(value, variables)?,
                _ => self.note(self.unknown_element(name, key, STATEMENT_ELEMENTS)),
            }
        }
        let missing = |element| self.error_at(PolicyErrorKind::MissingElement { element }, raw);
        let effect = effect.ok_or_else(|| missing("Effect"))?;
        if self.kind.has_principals() {
            match &principals {
                None => self.note(missing("Principal")),
                Some(Element { negated: true, span, .. }) if effect == Effect::Allow => {
                    return Err(self.error(PolicyErrorKind::NotPrincipalAllows, *span));
                }
                Some(_) => {}
            }
        }
        // AWS stores a key policy without, and the statement then does nothing.
        if self.kind != PolicyKind::Key {
            if actions.is_none() {
                self.note(missing("Action"));
            }
            if resources.is_none() {
                self.note(missing("Resource"));
            }
        }
        Ok(Statement { sid, effect, principals, actions, resources, conditions, span: self.span(raw) })
    }

    fn conditions(&self, raw: &'a RawValue, variables: bool) -> Result<Vec<Condition>, PolicyError> {
        let expected = "an object such as {\"StringEquals\": {\"kms:ViaService\": ...}}";
        let members = |raw: &'a RawValue| match json_type(raw) {
            JsonType::Object => self.members(raw),
            JsonType::List | JsonType::Text | JsonType::Number | JsonType::Boolean | JsonType::Null => {
                Err(self.wrong_type("Condition", raw, expected))
            }
        };
        let mut conditions = Vec::new();
        for (operator, operator_key, tests) in members(raw)? {
            for (name, key, value) in members(tests)? {
                if name.split_once(':').is_none_or(|(prefix, name)| prefix.is_empty() || name.is_empty()) {
                    self.note(self.error_at(PolicyErrorKind::MalformedConditionKey { got: name.clone() }, key));
                }
                let values = self.condition_values(value)?;
                let spans = [operator_key, key, value].map(|raw| self.span(raw));
                let (condition, wrong) = Condition::new(&operator, &name, values, variables, spans);
                match wrong {
                    Some(Wrong::Operator) => {
                        let kind = PolicyErrorKind::UnknownOperator { got: operator.clone() };
                        self.note(self.error_at(kind, operator_key));
                    }
                    Some(Wrong::Value { got, span, expected }) => {
                        self.note(self.error(PolicyErrorKind::ConditionValue { got, expected }, span));
                    }
                    None => {}
                }
                conditions.push(condition);
            }
        }
        Ok(conditions)
    }

    /// A value or a list of them. Numbers and booleans stand for their text.
    fn condition_values(&self, raw: &'a RawValue) -> Result<Vec<Spanned<String>>, PolicyError> {
        let items = if json_type(raw) == JsonType::List { self.items(raw)? } else { vec![raw] };
        let value = |raw: &'a RawValue| {
            let value = match json_type(raw) {
                JsonType::Text => self.json(raw)?,
                JsonType::Number | JsonType::Boolean => raw.get().to_owned(),
                JsonType::Object | JsonType::List | JsonType::Null => {
                    return Err(self.wrong_type("Condition", raw, "a text, a number or a boolean, or a list of these"));
                }
            };
            Ok(Spanned { value, span: self.span(raw) })
        };
        items.into_iter().map(value).collect()
    }

    fn effect(&self, raw: &'a RawValue) -> Result<Effect, PolicyError> {
        let got = self.text_of("Effect", raw)?;
        match got.as_str() {
            "Allow" => Ok(Effect::Allow),
            "Deny" => Ok(Effect::Deny),
            _ => Err(self.error_at(PolicyErrorKind::Effect { got }, raw)),
        }
    }

    fn principals(
        &self,
        key: &'a RawValue,
        raw: &'a RawValue,
        negated: bool,
    ) -> Result<Element<PolicyPrincipal>, PolicyError> {
        let malformed = |got: &Spanned<String>| {
            self.error(PolicyErrorKind::MalformedPrincipal { got: got.value.clone() }, got.span)
        };
        if !self.kind.has_principals() {
            return Err(self.error_at(PolicyErrorKind::PrincipalInIdentityPolicy, key));
        }
        let nobody = |got: &Spanned<String>| {
            self.note(malformed(got));
            PolicyPrincipal::Nobody(got.value.as_str().into())
        };
        let mut values = Vec::new();
        match json_type(raw) {
            // Outside an object only `*` says whom it means.
            JsonType::Text => {
                let got = Spanned { value: self.text_of("Principal", raw)?, span: self.span(raw) };
                let value = if got.value == "*" { PolicyPrincipal::Anyone } else { nobody(&got) };
                values.push(Spanned { value, span: got.span });
            }
            JsonType::Object => {
                for (name, name_of_list, value) in self.members(raw)? {
                    let read = match name.as_str() {
                        "AWS" => PolicyPrincipal::aws,
                        "Service" => PolicyPrincipal::service,
                        "CanonicalUser" | "Federated" => PolicyPrincipal::nobody,
                        _ => return Err(self.error_at(PolicyErrorKind::UnknownPrincipalKind { name }, name_of_list)),
                    };
                    let element = self.element("Principal", name_of_list, value, negated, |got| {
                        read(&got.value).unwrap_or_else(|_| nobody(got))
                    })?;
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
        Ok(Element { values, negated, name_span: self.span(key), span: self.span(raw) })
    }

    fn action(&self, got: &Spanned<String>) -> ActionPattern {
        ActionPattern::new(&got.value).unwrap_or_else(|| {
            self.note(self.error(PolicyErrorKind::MalformedAction { got: got.value.clone() }, got.span));
            ActionPattern::NOTHING
        })
    }

    fn resource(&self, got: &Spanned<String>, variables: bool) -> ResourcePattern {
        let pattern = ResourcePattern::new(&got.value, variables);
        // AWS stores a key policy with any text here; the statement then covers nothing.
        if self.kind != PolicyKind::Key && !pattern.is_well_formed() {
            self.note(self.error(PolicyErrorKind::MalformedResource { got: got.value.clone() }, got.span));
        }
        pattern
    }

    /// A text or a list of texts, each read by `read`.
    fn element<T>(
        &self,
        element: &'static str,
        key: &'a RawValue,
        raw: &'a RawValue,
        negated: bool,
        read: impl Fn(&Spanned<String>) -> T,
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
            values.push(Spanned { value: read(&got), span: got.span });
        }
        Ok(Element { values, negated, name_span: self.span(key), span: self.span(raw) })
    }

    fn text_of(&self, element: &'static str, raw: &'a RawValue) -> Result<String, PolicyError> {
        match json_type(raw) {
            JsonType::Text => self.json(raw),
            JsonType::Object | JsonType::List | JsonType::Number | JsonType::Boolean | JsonType::Null => {
                Err(self.wrong_type(element, raw, "a text"))
            }
        }
    }

    fn items(&self, raw: &'a RawValue) -> Result<Vec<&'a RawValue>, PolicyError> {
        self.json(raw)
    }

    /// The members of an object: the name, the name's place, the value.
    fn members(&self, raw: &'a RawValue) -> Result<Vec<(String, &'a RawValue, &'a RawValue)>, PolicyError> {
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

    fn json<T: Deserialize<'a>>(&self, raw: &'a RawValue) -> Result<T, PolicyError> {
        serde_json::from_str(raw.get()).map_err(|error| self.syntax(raw.get(), &error))
    }

    fn span(&self, raw: &RawValue) -> SourceSpan {
        let start = self.offset_of(raw.get());
        SourceSpan { start: saturated(start), end: saturated(start + raw.get().len()) }
    }

    /// INVARIANT: `part` is a slice of the text, as every raw value is.
    fn offset_of(&self, part: &str) -> usize {
        part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr())
    }

    fn wrong_type(&self, element: &'static str, raw: &RawValue, expected: &'static str) -> PolicyError {
        self.error_at(PolicyErrorKind::WrongType { element, got: json_type(raw), expected }, raw)
    }

    fn unknown_element(&self, name: String, key: &RawValue, known: &[&'static str]) -> PolicyError {
        let meant = known.iter().copied().find(|element| element.eq_ignore_ascii_case(&name));
        self.error_at(PolicyErrorKind::UnknownElement { name, meant }, key)
    }

    /// An error of the JSON parser while it read `part`, with its place in the whole text.
    fn syntax(&self, part: &str, error: &serde_json::Error) -> PolicyError {
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
        if self.text.as_bytes().get(start) == Some(&b'/') {
            let end = self.text.get(start..).and_then(|rest| rest.find('\n')).map_or(end, |length| start + length);
            return self.error(PolicyErrorKind::Comment, SourceSpan { start: saturated(start), end: saturated(end) });
        }
        let comma_before = self.text.get(..start).is_some_and(|before| before.trim_end().ends_with(','));
        let words = match self.text.as_bytes().get(start) {
            Some(b'}' | b']') if comma_before => "trailing comma".to_owned(),
            _ => error.to_string(),
        };
        let problem = words.split(" at line ").next().unwrap_or_default().to_owned();
        let span = SourceSpan { start: saturated(start), end: saturated(start + length) };
        self.error(PolicyErrorKind::Syntax { problem }, span)
    }

    fn error_at(&self, kind: PolicyErrorKind, raw: &RawValue) -> PolicyError {
        self.error(kind, self.span(raw))
    }

    fn error(&self, kind: PolicyErrorKind, span: SourceSpan) -> PolicyError {
        // Nobody reads of more, and lines take time to count.
        let end = if self.wrong.borrow().len() < LISTED { span.start as usize } else { 0 };
        let before = self.text.get(..end).unwrap_or(self.text);
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
