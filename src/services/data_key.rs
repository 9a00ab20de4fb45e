//! Data keys as services have them from KMS.

use serde_json::{Value, json};

use crate::{
    arn::KeyArn,
    crypto::{context::EncryptionContext, secret::Secret32},
    endpoint::fault::Fault,
    lang::Message,
};

use super::{
    Cx, ServiceError,
    seal::{self, Bytes},
};

/// A data key of 256 bits, and all it takes to have it again.
#[derive(Clone)]
pub struct DataKey {
    pub key: KeyArn,
    pub context: EncryptionContext,
    pub wrapped: Bytes,
    pub plaintext: Secret32,
}

impl Cx<'_> {
    /// A new data key for the caller (GenerateDataKey). `refused` makes the service's error of what KMS answers.
    ///
    /// # Errors
    ///
    /// What `refused` makes.
    pub fn new_data_key(
        &mut self,
        key_id: &str,
        context: EncryptionContext,
        why: Message,
        refused: fn(Fault) -> ServiceError,
    ) -> Result<DataKey, ServiceError> {
        let members = json!({ "KeyId": key_id, "KeySpec": "AES_256", "EncryptionContext": context });
        let answer = self.ask_for_caller("GenerateDataKey", &members, why).map_err(refused)?;
        DataKey::read(&answer, context)
    }

    /// A data key of old for the caller (Decrypt).
    ///
    /// # Errors
    ///
    /// What `refused` makes.
    pub fn data_key_of_old(
        &mut self,
        key: KeyArn,
        context: &EncryptionContext,
        wrapped: &Bytes,
        why: Message,
        refused: fn(Fault) -> ServiceError,
    ) -> Result<DataKey, ServiceError> {
        let members = json!({ "KeyId": key, "CiphertextBlob": wrapped, "EncryptionContext": context });
        let answer = self.ask_for_caller("Decrypt", &members, why).map_err(refused)?;
        let plaintext = seal::key(&answer, "Plaintext")?;
        Ok(DataKey { key, context: context.clone(), wrapped: wrapped.clone(), plaintext })
    }
}

impl DataKey {
    /// Of an answer of GenerateDataKey.
    ///
    /// # Errors
    ///
    /// Where it is none.
    pub fn read(answer: &Value, context: EncryptionContext) -> Result<Self, ServiceError> {
        Ok(Self {
            key: key_arn(answer)?,
            context,
            wrapped: seal::blob(answer, "CiphertextBlob")?.into(),
            plaintext: seal::key(answer, "Plaintext")?,
        })
    }
}

/// What a service looks at before it takes a key for a resource.
pub struct Described {
    pub key: KeyArn,
    /// Whether it is a symmetric encryption key, which is what services take.
    pub symmetric: bool,
    /// Whether it is an AWS managed key, which no other account can use.
    pub managed: bool,
    /// For example `Enabled`.
    pub state: String,
}

impl Cx<'_> {
    /// A key as KMS describes it to the caller (DescribeKey). Makes an AWS managed key that is named for the first time.
    ///
    /// # Errors
    ///
    /// What `refused` makes.
    pub fn describe_key(
        &mut self,
        key_id: &str,
        why: Message,
        refused: fn(Fault) -> ServiceError,
    ) -> Result<Described, ServiceError> {
        let answer = self.ask_for_caller("DescribeKey", &json!({ "KeyId": key_id }), why).map_err(refused)?;
        let metadata = answer.get("KeyMetadata").ok_or_else(ServiceError::internal)?;
        let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default();
        Ok(Described {
            key: text("Arn").parse().map_err(|_| ServiceError::internal())?,
            symmetric: text("KeySpec") == "SYMMETRIC_DEFAULT",
            managed: text("KeyManager") == "AWS",
            state: text("KeyState").to_owned(),
        })
    }
}

/// The key that an answer of KMS names.
///
/// # Errors
///
/// Where it names none.
pub fn key_arn(answer: &Value) -> Result<KeyArn, ServiceError> {
    let key = answer.get("KeyId").and_then(Value::as_str).and_then(|arn| arn.parse().ok());
    key.ok_or_else(ServiceError::internal)
}
