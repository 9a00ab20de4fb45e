//! The members of a request, taken out one by one as the types an operation wants.
//!
//! INVARIANT: the shape stage has held the request against the API model before. A member that does not fit its type
//! here is a bug of the playground, so there is one answer to all of them and no message.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use crate::{
    clock::Timestamp,
    crypto::context::EncryptionContext,
    ops::{
        refusal::Refusal,
        wire::{Blob, EpochSeconds},
    },
};

/// What is left of a request's members, and whether all that were taken did fit.
pub struct Members {
    rest: Map<String, Value>,
    fit: bool,
}

impl Members {
    pub fn new(members: Map<String, Value>) -> Self {
        Self { rest: members, fit: true }
    }

    /// Takes a member out. One that does not fit is empty, and [`Self::finish`] tells.
    pub fn take<T: Member + Default>(&mut self, name: &str) -> T {
        T::read(self.rest.remove(name)).unwrap_or_else(|| {
            self.fit = false;
            T::default()
        })
    }

    /// Whether a member is there, of whatever type.
    pub fn has(&self, name: &str) -> bool {
        self.rest.contains_key(name)
    }

    /// Whether every member taken was of its type.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.fit { Ok(()) } else { Err(Refusal::Internal { why: "the request fits the model but not its type" }) }
    }
}

/// A type a member can have.
pub trait Member: Sized {
    /// Nothing where the value is of another type, or absent where it must not be.
    fn read(value: Option<Value>) -> Option<Self>;
}

impl<T: Member> Member for Option<T> {
    fn read(value: Option<Value>) -> Option<Self> {
        match value {
            None => Some(None),
            present => T::read(present).map(Some),
        }
    }
}

/// Absent is empty.
impl<T: Member> Member for Vec<T> {
    fn read(value: Option<Value>) -> Option<Self> {
        match value {
            None => Some(Self::new()),
            Some(Value::Array(elements)) => elements.into_iter().map(|element| T::read(Some(element))).collect(),
            Some(_) => None,
        }
    }
}

impl Member for String {
    fn read(value: Option<Value>) -> Option<Self> {
        match value {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }
}

/// Absent is false.
impl Member for bool {
    fn read(value: Option<Value>) -> Option<Self> {
        match value {
            None => Some(false),
            Some(Value::Bool(flag)) => Some(flag),
            Some(_) => None,
        }
    }
}

impl Member for u16 {
    fn read(value: Option<Value>) -> Option<Self> {
        value?.as_u64()?.try_into().ok()
    }
}

impl Member for u32 {
    fn read(value: Option<Value>) -> Option<Self> {
        value?.as_u64()?.try_into().ok()
    }
}

impl Member for Blob {
    fn read(value: Option<Value>) -> Option<Self> {
        STANDARD.decode(String::read(value)?).ok().map(Self)
    }
}

impl Member for EpochSeconds {
    fn read(value: Option<Value>) -> Option<Self> {
        value?.as_f64().map(Timestamp::from_epoch_seconds).map(Self)
    }
}

/// Absent is empty.
impl Member for EncryptionContext {
    fn read(value: Option<Value>) -> Option<Self> {
        match value {
            None => Some(Self::default()),
            Some(Value::Object(pairs)) => {
                pairs.into_iter().map(|(name, value)| Some((name, String::read(Some(value))?))).collect()
            }
            Some(_) => None,
        }
    }
}
