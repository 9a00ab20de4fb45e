//! GenerateDataKey, GenerateDataKeyWithoutPlaintext, GenerateRandom.

use serde::Serialize;
use serde_json::Value;

use crate::{
    arn::KeyArn,
    authz::Context,
    crypto::{
        blob::{MaterialId, draw_secret},
        context::EncryptionContext,
        secret::SecretBytes,
    },
    ops::{
        call::{Call, Operation, Options, Subject},
        encrypt::encrypts,
        members::{Member, Members},
        recipient::Recipient,
        refusal::{Refusal, SemanticError, Violation},
        spec::{Demand, Spec, States},
        wire::Blob,
    },
};

/// A fresh data key, in the clear and wrapped (API reference, GenerateDataKey).
pub struct GenerateDataKey {
    wanted: DataKeyRequest,
    recipient: Option<Recipient>,
}

impl Operation for GenerateDataKey {
    const SPEC: Spec = Spec {
        name: "GenerateDataKey",
        demands: &[Demand::shared("kms:GenerateDataKey", States::Use)],
        accepts_alias: true,
    };
    type Output = DataKey;

    fn read(members: &mut Members) -> Self {
        Self { wanted: DataKeyRequest::read(members), recipient: members.take("Recipient") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.wanted.key_id)]
    }

    fn context(&self, _nth: usize) -> Context<'_> {
        Context::of(&self.wanted.encryption_context)
    }

    fn validate(&self) -> Result<(), Refusal> {
        self.wanted.length().map(|_| ())
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        encrypts(call, 0, Self::SPEC.name, None)
    }

    fn options(&self) -> Options<'_> {
        Options { recipient: self.recipient.as_ref(), ..self.wanted.options() }
    }

    fn run(self, call: &mut Call<'_>) -> Result<DataKey, Refusal> {
        let (plaintext, wrapped) = self.wanted.generate(call)?;
        let delivery = call.deliver(&plaintext)?;
        Ok(DataKey {
            ciphertext_blob: wrapped.ciphertext_blob,
            ciphertext_for_recipient: delivery.for_recipient,
            key_id: wrapped.key_id,
            key_material_id: call.unless_delivered(wrapped.key_material_id),
            plaintext: delivery.plaintext,
        })
    }
}

/// A fresh data key, wrapped only: for whoever stores it but never uses it (API reference,
/// GenerateDataKeyWithoutPlaintext).
pub struct GenerateDataKeyWithoutPlaintext {
    wanted: DataKeyRequest,
}

impl Operation for GenerateDataKeyWithoutPlaintext {
    const SPEC: Spec = Spec {
        name: "GenerateDataKeyWithoutPlaintext",
        demands: &[Demand::shared("kms:GenerateDataKeyWithoutPlaintext", States::Use)],
        accepts_alias: true,
    };
    type Output = WrappedDataKey;

    fn read(members: &mut Members) -> Self {
        Self { wanted: DataKeyRequest::read(members) }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.wanted.key_id)]
    }

    fn context(&self, _nth: usize) -> Context<'_> {
        Context::of(&self.wanted.encryption_context)
    }

    fn validate(&self) -> Result<(), Refusal> {
        self.wanted.length().map(|_| ())
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        encrypts(call, 0, Self::SPEC.name, None)
    }

    fn options(&self) -> Options<'_> {
        self.wanted.options()
    }

    fn run(self, call: &mut Call<'_>) -> Result<WrappedDataKey, Refusal> {
        self.wanted.generate(call).map(|(_, wrapped)| wrapped)
    }
}

/// Random bytes that no key has anything to do with, of KMS or of the cluster behind a key store (API reference, GenerateRandom).
pub struct GenerateRandom {
    number_of_bytes: Option<u16>,
    custom_key_store_id: Option<String>,
    recipient: Option<Recipient>,
}

impl Operation for GenerateRandom {
    const SPEC: Spec = Spec {
        name: "GenerateRandom",
        demands: &[Demand::own("kms:GenerateRandom", States::Any)],
        accepts_alias: false,
    };
    type Output = RandomBytes;

    fn read(members: &mut Members) -> Self {
        Self {
            number_of_bytes: members.take("NumberOfBytes"),
            custom_key_store_id: members.take("CustomKeyStoreId"),
            recipient: members.take("Recipient"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Account]
    }

    fn validate(&self) -> Result<(), Refusal> {
        match self.number_of_bytes {
            Some(_) => Ok(()),
            // The model does not mark it as required; the service does.
            None => Err(Refusal::Shape(vec![Violation {
                value: "Value null".to_owned(),
                at: "numberOfBytes".to_owned(),
                constraint: "Member must not be null".to_owned(),
            }])),
        }
    }

    fn options(&self) -> Options<'_> {
        let key_store = self.custom_key_store_id.as_deref();
        Options { recipient: self.recipient.as_ref(), key_store, ..Options::default() }
    }

    fn run(self, call: &mut Call<'_>) -> Result<RandomBytes, Refusal> {
        let length = self.number_of_bytes.unwrap_or(0);
        let bytes = match &self.custom_key_store_id {
            None => draw_secret("random data", length, &mut call.world.entropy, &mut call.trace),
            Some(id) => {
                let (account, region) = (call.caller.account(), call.region);
                call.world.random_in_store(account, region, id, length, &mut call.trace)?
            }
        };
        let delivery = call.deliver(&bytes)?;
        Ok(RandomBytes { ciphertext_for_recipient: delivery.for_recipient, plaintext: delivery.plaintext })
    }
}

/// What the operations that make a data key share.
struct DataKeyRequest {
    key_id: String,
    encryption_context: EncryptionContext,
    number_of_bytes: Option<u16>,
    key_spec: Option<DataKeySpec>,
    grant_tokens: Vec<String>,
    dry_run: bool,
}

#[derive(Clone, Copy)]
enum DataKeySpec {
    Aes256,
    Aes128,
}

impl Member for DataKeySpec {
    fn read(value: Option<Value>) -> Option<Self> {
        match value?.as_str()? {
            "AES_256" => Some(Self::Aes256),
            "AES_128" => Some(Self::Aes128),
            _ => None,
        }
    }
}

impl DataKeyRequest {
    fn read(members: &mut Members) -> Self {
        Self {
            key_id: members.take("KeyId"),
            encryption_context: members.take("EncryptionContext"),
            number_of_bytes: members.take("NumberOfBytes"),
            key_spec: members.take("KeySpec"),
            grant_tokens: members.take("GrantTokens"),
            dry_run: members.take("DryRun"),
        }
    }

    /// In bytes.
    fn length(&self) -> Result<u16, Refusal> {
        match (self.key_spec, self.number_of_bytes) {
            (Some(DataKeySpec::Aes256), None) => Ok(32),
            (Some(DataKeySpec::Aes128), None) => Ok(16),
            (None, Some(length)) => Ok(length),
            (Some(_), Some(_)) | (None, None) => Err(Refusal::Semantic(SemanticError::KeySpecOrNumberOfBytes)),
        }
    }

    fn options(&self) -> Options<'_> {
        Options { grant_tokens: &self.grant_tokens, dry_run: self.dry_run, ..Options::default() }
    }

    fn generate(&self, call: &mut Call<'_>) -> Result<(SecretBytes, WrappedDataKey), Refusal> {
        let length = self.length()?;
        let plaintext = draw_secret("data key", length, &mut call.world.entropy, &mut call.trace);
        let sealed = call.seal_symmetric(0, &self.encryption_context, plaintext.expose())?;
        let (key_material_id, ciphertext_blob) = sealed;
        let key_id = call.arn(0)?;
        Ok((plaintext, WrappedDataKey { ciphertext_blob, key_id, key_material_id }))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DataKey {
    ciphertext_blob: Blob,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_for_recipient: Option<Blob>,
    key_id: KeyArn,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<MaterialId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<Blob>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct WrappedDataKey {
    ciphertext_blob: Blob,
    key_id: KeyArn,
    key_material_id: MaterialId,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RandomBytes {
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_for_recipient: Option<Blob>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<Blob>,
}
