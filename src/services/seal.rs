//! Bytes as services store them: sealed with AES-256-GCM under a key that is not beside them in the clear.

use crate::lang::Message;
use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use crate::crypto::{
    aead::{self, IV_LENGTH, TAG_LENGTH},
    secret::{Secret32, SecretBytes},
    step::{CryptoStep, Field, Run, Sensitivity, StepKind},
};

use super::{Cx, FlowStep, ServiceError};

/// Bytes that may be seen: ciphertext, wrapped keys, or what was never encrypted. In snapshots as base64.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub Arc<[u8]>);

impl Bytes {
    pub fn to_base64(&self) -> String {
        STANDARD.encode(&self.0)
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_base64())
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self::from).map_err(D::Error::custom)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

/// The stretches of what [`Cx::seal`] makes.
pub fn runs(sealed: &[u8]) -> Vec<Run> {
    let ciphertext = sealed.len().saturating_sub(IV_LENGTH + TAG_LENGTH);
    Run::in_order([("IV", IV_LENGTH), ("ciphertext", ciphertext), ("tag", TAG_LENGTH)])
}

/// A field of sealed bytes.
pub fn sealed_field(name: &'static str, sealed: &Bytes) -> Field {
    Field { name, sensitivity: Sensitivity::Ciphertext, bytes: sealed.0.to_vec(), runs: runs(&sealed.0) }
}

/// A field of bytes without a structure that anybody here knows.
pub fn field(name: &'static str, sensitivity: Sensitivity, bytes: &[u8]) -> Field {
    Field::plain(name, sensitivity, bytes)
}

impl Cx<'_> {
    /// IV, ciphertext and tag of `plaintext`, bound to the name of what it belongs to.
    pub fn seal(&mut self, by: &'static str, what: Message, key: &Secret32, name: &str, plaintext: &[u8]) -> Bytes {
        let iv: [u8; IV_LENGTH] = self.world.entropy.draw();
        let mut sealed = iv.to_vec();
        aead::seal(key, &iv, name.as_bytes(), plaintext, &mut sealed);
        let sealed = Bytes::from(sealed);
        let step = CryptoStep {
            kind: StepKind::Seal,
            algorithm: "AES-256-GCM",
            inputs: inputs(key, name, field("plaintext", Sensitivity::Secret, plaintext)),
            outputs: vec![sealed_field("sealed", &sealed)],
            succeeded: true,
        };
        self.record(FlowStep::Crypto { by: self.named(by), what, step });
        sealed
    }

    /// The plaintext of what [`Cx::seal`] made with the same key and name.
    ///
    /// # Errors
    ///
    /// An internal error of the service where the tag does not verify; nobody but a bug can have changed the bytes.
    pub fn open(
        &mut self,
        by: &'static str,
        what: Message,
        key: &Secret32,
        name: &str,
        sealed: &Bytes,
    ) -> Result<SecretBytes, ServiceError> {
        let opened = sealed
            .0
            .split_first_chunk::<IV_LENGTH>()
            .and_then(|(iv, rest)| aead::open(key, iv, name.as_bytes(), rest).ok());
        let step = CryptoStep {
            kind: StepKind::Open,
            algorithm: "AES-256-GCM",
            inputs: inputs(key, name, sealed_field("sealed", sealed)),
            outputs: opened
                .iter()
                .map(|plaintext| field("plaintext", Sensitivity::Secret, plaintext.expose()))
                .collect(),
            succeeded: opened.is_some(),
        };
        self.record(FlowStep::Crypto { by: self.named(by), what, step });
        opened.ok_or_else(ServiceError::internal)
    }

    fn named(&self, by: &'static str) -> &'static str {
        if by.is_empty() { self.by() } else { by }
    }
}

fn inputs(key: &Secret32, name: &str, last: Field) -> Vec<Field> {
    vec![
        field("key", Sensitivity::Secret, key.expose()),
        field("additional data", Sensitivity::Public, name.as_bytes()),
        last,
    ]
}

/// A member of an answer of KMS that is bytes.
///
/// # Errors
///
/// Where the answer has no such member.
pub fn blob(answer: &Value, member: &str) -> Result<Vec<u8>, ServiceError> {
    let text = answer.get(member).and_then(Value::as_str).ok_or_else(ServiceError::internal)?;
    STANDARD.decode(text).map_err(|_| ServiceError::internal())
}

/// A member of an answer of KMS that is a plaintext key of 256 bits.
///
/// # Errors
///
/// Where the answer has no such member.
pub fn key(answer: &Value, member: &str) -> Result<Secret32, ServiceError> {
    Secret32::from_slice(&blob(answer, member)?).ok_or_else(ServiceError::internal)
}
