//! JSON with its places: each value knows its path, and where it begins in the text.
//!
//! Reads what a person wrote, so a member of another name and one that is there twice are refused. Knows nothing of what
//! is read.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::arn::NotAName;

/// What is wrong with a world file, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Damage {
    /// For example `keys[1].spec`; empty for the whole text.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    pub problem: Problem,
}

/// What is wrong with one value.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// Not JSON. The words are the parser's.
    Syntax(String),
    UnknownMember {
        name: String,
        known: &'static [&'static str],
    },
    Twice {
        name: String,
    },
    Missing {
        name: &'static str,
    },
    /// Of another type, another form, or out of bounds.
    Expected(&'static str),
    Version {
        got: u32,
        newest: u32,
    },
    /// The policy parser's sentence.
    Policy(String),
    /// The sentence with which AWS, or this build, refuses a key like that.
    Refused(String),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the world file, line {}, column {}", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, ", `{}`", self.path)?;
        }
        f.write_str(": ")?;
        match &self.problem {
            Problem::Syntax(problem) => f.write_str(problem),
            Problem::UnknownMember { name, known } => {
                write!(f, "no member is called `{name}`; there are {}", known.join(", "))
            }
            Problem::Twice { name } => write!(f, "`{name}` is there twice"),
            Problem::Missing { name } => write!(f, "`{name}` is missing"),
            Problem::Expected(what) => write!(f, "expected {what}"),
            Problem::Version { got, newest } => write!(f, "version {got}, this build reads up to {newest}"),
            Problem::Policy(sentence) | Problem::Refused(sentence) => f.write_str(sentence),
        }
    }
}

impl std::error::Error for Damage {}

/// A value within the text.
#[derive(Clone)]
pub(super) struct Node<'a> {
    text: &'a str,
    raw: &'a RawValue,
    path: String,
}

impl<'a> Node<'a> {
    /// The value that is the whole text.
    pub(super) fn whole(text: &'a str) -> Result<Self, Damage> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| {
            let problem = error.to_string();
            let problem = problem.split(" at line ").next().unwrap_or_default().to_owned();
            let (line, column) = (error.line(), error.column());
            Damage { path: String::new(), line, column, problem: Problem::Syntax(problem) }
        })?;
        Ok(Self { text, raw, path: String::new() })
    }

    /// The text of the value, exactly as it is written.
    pub(super) fn written(&self) -> &'a str {
        self.raw.get()
    }

    /// Something wrong with this value.
    pub(super) fn damage(&self, problem: Problem) -> Damage {
        self.damage_at(0, problem)
    }

    /// Something wrong so many bytes into this value.
    pub(super) fn damage_at(&self, offset: usize, problem: Problem) -> Damage {
        let start = self.raw.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        let before = self.text.get(..start.saturating_add(offset)).unwrap_or(self.text);
        let line = before.matches('\n').count().saturating_add(1);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
        Damage { path: self.path.clone(), line, column, problem }
    }

    /// The members of an object, in order and under any names.
    pub(super) fn entries(&self) -> Result<Vec<(String, Self)>, Damage> {
        let Entries(entries) = self.typed("an object")?;
        let mut nodes: Vec<(String, Self)> = Vec::with_capacity(entries.len());
        for (name, raw) in entries {
            let dot = if self.path.is_empty() { "" } else { "." };
            let node = Self { text: self.text, raw, path: format!("{}{dot}{name}", self.path) };
            if nodes.iter().any(|(other, _)| *other == name) {
                return Err(node.damage(Problem::Twice { name }));
            }
            nodes.push((name, node));
        }
        Ok(nodes)
    }

    /// The members of an object that has no other than those in `known`.
    pub(super) fn members(&self, known: &'static [&'static str]) -> Result<Members<'a>, Damage> {
        let entries = self.entries()?;
        match entries.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, node)) => Err(node.damage(Problem::UnknownMember { name: name.clone(), known })),
            None => Ok(Members { object: self.clone(), entries }),
        }
    }

    pub(super) fn elements(&self) -> Result<Vec<Self>, Damage> {
        let elements: Vec<&RawValue> = self.typed("a list")?;
        let node = |(nth, raw)| Self { text: self.text, raw, path: format!("{}[{nth}]", self.path) };
        Ok(elements.into_iter().enumerate().map(node).collect())
    }

    pub(super) fn string(&self) -> Result<String, Damage> {
        self.typed("a string")
    }

    pub(super) fn flag(&self) -> Result<bool, Damage> {
        self.typed("true or false")
    }

    /// A whole number; `expected` says which.
    pub(super) fn number(&self, expected: &'static str) -> Result<u32, Damage> {
        self.typed(expected)
    }

    /// A name of some kind.
    pub(super) fn name<T: FromStr<Err = NotAName>>(&self) -> Result<T, Damage> {
        self.string()?.parse().map_err(|NotAName { expected }| self.damage(Problem::Expected(expected)))
    }

    fn typed<T: Deserialize<'a>>(&self, expected: &'static str) -> Result<T, Damage> {
        serde_json::from_str(self.raw.get()).map_err(|_| self.damage(Problem::Expected(expected)))
    }
}

/// The members of an object, by name, and the object.
pub(super) struct Members<'a> {
    object: Node<'a>,
    entries: Vec<(String, Node<'a>)>,
}

impl<'a> Members<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.entries.iter().find(|(other, _)| other == name).map(|(_, node)| node)
    }

    /// A member that must be there.
    pub(super) fn need(&self, name: &'static str) -> Result<&Node<'a>, Damage> {
        self.get(name).ok_or_else(|| self.object.damage(Problem::Missing { name }))
    }

    /// The member, or the object that lacks it.
    pub(super) fn place(&self, name: &str) -> &Node<'a> {
        self.get(name).unwrap_or(&self.object)
    }

    /// A member as `read` reads it, or what it is when it is left out.
    pub(super) fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Node<'a>) -> Result<T, Damage>,
    ) -> Result<Option<T>, Damage> {
        self.get(name).map(read).transpose()
    }
}

/// An object as its members in order, also those that are there twice.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
