//! Encrypt, Decrypt, ReEncrypt.

use serde::Serialize;

use crate::{
    arn::KeyArn,
    crypto::{
        blob::{self, Blob as Sealed, MaterialId},
        context::EncryptionContext,
        secret::{Secret32, SecretBytes},
        step::Trace,
    },
    entropy::Entropy,
    kms::{Key, KeyMaterial, KeyUsage},
    ops::{
        call::{Call, Operation, Options, Subject},
        members::Members,
        refusal::{Refusal, SemanticError},
        spec::{Demand, Spec, States},
        wire::Blob,
    },
};

/// The algorithm of every symmetric encryption key: AES-256-GCM.
const SYMMETRIC_DEFAULT: &str = "SYMMETRIC_DEFAULT";
/// The `DryRunModifiers` value with which a dry run needs no ciphertext.
const IGNORE_CIPHERTEXT: &str = "IGNORE_CIPHERTEXT";

/// Encrypts 1 to 4,096 bytes under a key (API reference, Encrypt).
pub struct Encrypt {
    key_id: String,
    plaintext: Blob,
    encryption_context: EncryptionContext,
    grant_tokens: Vec<String>,
    encryption_algorithm: Option<String>,
    dry_run: bool,
}

impl Operation for Encrypt {
    const SPEC: Spec =
        Spec { name: "Encrypt", demands: &[Demand::shared("kms:Encrypt", States::Enabled)], accepts_alias: true };
    type Output = Encrypted;

    fn read(members: &mut Members) -> Self {
        Self {
            key_id: members.take("KeyId"),
            plaintext: members.take("Plaintext"),
            encryption_context: members.take("EncryptionContext"),
            grant_tokens: members.take("GrantTokens"),
            encryption_algorithm: members.take("EncryptionAlgorithm"),
            dry_run: members.take("DryRun"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        encrypts(call, 0, Self::SPEC.name, self.encryption_algorithm.as_deref())
    }

    fn options(&self) -> Options<'_> {
        Options { grant_tokens: &self.grant_tokens, dry_run: self.dry_run, ignores_ciphertext: false }
    }

    fn run(self, call: &mut Call<'_>) -> Result<Encrypted, Refusal> {
        let (key, entropy, trace) = call.seal_parts(0)?;
        let sealed = seal(key, &self.encryption_context, &self.plaintext.0, entropy, trace)?;
        Ok(Encrypted { ciphertext_blob: sealed, encryption_algorithm: SYMMETRIC_DEFAULT, key_id: call.arn(0)? })
    }
}

/// Opens what Encrypt, GenerateDataKey or ReEncrypt sealed (API reference, Decrypt).
pub struct Decrypt {
    ciphertext_blob: Option<Blob>,
    encryption_context: EncryptionContext,
    grant_tokens: Vec<String>,
    key_id: Option<String>,
    encryption_algorithm: Option<String>,
    recipient: bool,
    dry_run: bool,
    dry_run_modifiers: Vec<String>,
}

impl Operation for Decrypt {
    const SPEC: Spec =
        Spec { name: "Decrypt", demands: &[Demand::shared("kms:Decrypt", States::Enabled)], accepts_alias: true };
    type Output = Decrypted;

    fn read(members: &mut Members) -> Self {
        Self {
            ciphertext_blob: members.take("CiphertextBlob"),
            encryption_context: members.take("EncryptionContext"),
            grant_tokens: members.take("GrantTokens"),
            key_id: members.take("KeyId"),
            encryption_algorithm: members.take("EncryptionAlgorithm"),
            recipient: members.has("Recipient"),
            dry_run: members.take("DryRun"),
            dry_run_modifiers: members.take("DryRunModifiers"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![named_or_in_ciphertext(self.key_id.as_deref(), self.ciphertext_blob.as_ref())]
    }

    fn validate(&self) -> Result<(), Refusal> {
        ciphertext_or_dry_run(
            self.ciphertext_blob.is_some(),
            self.key_id.is_some(),
            self.dry_run,
            &self.dry_run_modifiers,
        )
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        no_recipient(self.recipient)?;
        encrypts(call, 0, Self::SPEC.name, self.encryption_algorithm.as_deref())
    }

    fn options(&self) -> Options<'_> {
        Options {
            grant_tokens: &self.grant_tokens,
            dry_run: self.dry_run,
            ignores_ciphertext: ignores_ciphertext(&self.dry_run_modifiers),
        }
    }

    fn run(self, call: &mut Call<'_>) -> Result<Decrypted, Refusal> {
        let blob = self.ciphertext_blob.ok_or(Refusal::Semantic(SemanticError::CiphertextMissing))?;
        let (material, plaintext) = call.open(0, &blob.0, &self.encryption_context)?;
        Ok(Decrypted {
            encryption_algorithm: SYMMETRIC_DEFAULT,
            key_id: call.arn(0)?,
            key_material_id: material,
            plaintext: Blob(plaintext.expose().to_vec()),
        })
    }
}

/// Opens a ciphertext and seals it again, inside KMS: the plaintext never leaves (API reference, ReEncrypt).
pub struct ReEncrypt {
    ciphertext_blob: Option<Blob>,
    source_encryption_context: EncryptionContext,
    source_key_id: Option<String>,
    destination_key_id: String,
    destination_encryption_context: EncryptionContext,
    source_encryption_algorithm: Option<String>,
    destination_encryption_algorithm: Option<String>,
    grant_tokens: Vec<String>,
    dry_run: bool,
    dry_run_modifiers: Vec<String>,
}

impl Operation for ReEncrypt {
    const SPEC: Spec = Spec {
        name: "ReEncrypt",
        demands: &[
            Demand::shared("kms:ReEncryptFrom", States::Enabled),
            Demand::shared("kms:ReEncryptTo", States::Enabled),
        ],
        accepts_alias: true,
    };
    type Output = ReEncrypted;

    fn read(members: &mut Members) -> Self {
        Self {
            ciphertext_blob: members.take("CiphertextBlob"),
            source_encryption_context: members.take("SourceEncryptionContext"),
            source_key_id: members.take("SourceKeyId"),
            destination_key_id: members.take("DestinationKeyId"),
            destination_encryption_context: members.take("DestinationEncryptionContext"),
            source_encryption_algorithm: members.take("SourceEncryptionAlgorithm"),
            destination_encryption_algorithm: members.take("DestinationEncryptionAlgorithm"),
            grant_tokens: members.take("GrantTokens"),
            dry_run: members.take("DryRun"),
            dry_run_modifiers: members.take("DryRunModifiers"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![
            named_or_in_ciphertext(self.source_key_id.as_deref(), self.ciphertext_blob.as_ref()),
            Subject::Key(&self.destination_key_id),
        ]
    }

    fn validate(&self) -> Result<(), Refusal> {
        ciphertext_or_dry_run(
            self.ciphertext_blob.is_some(),
            self.source_key_id.is_some(),
            self.dry_run,
            &self.dry_run_modifiers,
        )
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        encrypts(call, 0, Self::SPEC.name, self.source_encryption_algorithm.as_deref())?;
        encrypts(call, 1, Self::SPEC.name, self.destination_encryption_algorithm.as_deref())
    }

    fn options(&self) -> Options<'_> {
        Options {
            grant_tokens: &self.grant_tokens,
            dry_run: self.dry_run,
            ignores_ciphertext: ignores_ciphertext(&self.dry_run_modifiers),
        }
    }

    fn run(self, call: &mut Call<'_>) -> Result<ReEncrypted, Refusal> {
        let blob = self.ciphertext_blob.ok_or(Refusal::Semantic(SemanticError::CiphertextMissing))?;
        let (source_material, plaintext) = call.open(0, &blob.0, &self.source_encryption_context)?;
        let (key, entropy, trace) = call.seal_parts(1)?;
        let destination_material = key.current().id;
        let sealed = seal(key, &self.destination_encryption_context, plaintext.expose(), entropy, trace)?;
        Ok(ReEncrypted {
            ciphertext_blob: sealed,
            destination_encryption_algorithm: SYMMETRIC_DEFAULT,
            destination_key_material_id: destination_material,
            key_id: call.arn(1)?,
            source_encryption_algorithm: SYMMETRIC_DEFAULT,
            source_key_id: call.arn(0)?,
            source_key_material_id: source_material,
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Encrypted {
    ciphertext_blob: Blob,
    encryption_algorithm: &'static str,
    key_id: KeyArn,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Decrypted {
    encryption_algorithm: &'static str,
    key_id: KeyArn,
    key_material_id: MaterialId,
    plaintext: Blob,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReEncrypted {
    ciphertext_blob: Blob,
    destination_encryption_algorithm: &'static str,
    destination_key_material_id: MaterialId,
    key_id: KeyArn,
    source_encryption_algorithm: &'static str,
    source_key_id: KeyArn,
    source_key_material_id: MaterialId,
}

/// Seals under a key's current material.
pub fn seal(
    key: &Key,
    context: &EncryptionContext,
    plaintext: &[u8],
    entropy: &mut Entropy,
    trace: &mut Trace,
) -> Result<Blob, Refusal> {
    let aad = context.aad().map_err(|_| Refusal::Semantic(SemanticError::EncryptionContextTooLarge))?;
    let material = key.current();
    Ok(Blob(blob::seal(&aes_key(material)?, material.id, &aad, plaintext, entropy, trace)))
}

impl Call<'_> {
    /// What sealing under the `nth` key takes.
    pub fn seal_parts(&mut self, nth: usize) -> Result<(&Key, &mut Entropy, &mut Trace), Refusal> {
        let key = self.keys.get(nth).ok_or(Refusal::Internal { why: "no such key was resolved" })?;
        Ok((key, &mut self.world.entropy, &mut self.trace))
    }

    /// Opens a ciphertext with the material it names, which must be the `nth` key's.
    fn open(
        &mut self,
        nth: usize,
        ciphertext: &[u8],
        context: &EncryptionContext,
    ) -> Result<(MaterialId, SecretBytes), Refusal> {
        let aad = context.aad().map_err(|_| Refusal::Semantic(SemanticError::EncryptionContextTooLarge))?;
        let sealed = Sealed::parse(ciphertext).map_err(|_| Refusal::InvalidCiphertext)?;
        let id = sealed.material_id();
        let key = self.keys.get(nth).ok_or(Refusal::Internal { why: "no such key was resolved" })?;
        let material = match key.material(id) {
            Some(material) => material,
            None if self.world.key_of_material(id).is_some() => return Err(Refusal::IncorrectKey),
            None => return Err(Refusal::InvalidCiphertext),
        };
        let opened = sealed.open(&aes_key(material)?, &aad, &mut self.trace);
        opened.map(|plaintext| (id, plaintext)).map_err(|_| Refusal::InvalidCiphertext)
    }
}

/// The key a request names, or else the one its ciphertext does.
fn named_or_in_ciphertext<'a>(key_id: Option<&'a str>, blob: Option<&'a Blob>) -> Subject<'a> {
    match (key_id, blob) {
        (Some(given), _) => Subject::Key(given),
        (None, Some(blob)) => Subject::Ciphertext(&blob.0),
        (None, None) => Subject::Ciphertext(&[]),
    }
}

/// Whether the `nth` key encrypts with that algorithm.
pub fn encrypts(call: &Call<'_>, nth: usize, operation: &'static str, algorithm: Option<&str>) -> Result<(), Refusal> {
    call.made_for(nth, KeyUsage::EncryptDecrypt, operation, algorithm.unwrap_or(SYMMETRIC_DEFAULT))
}

fn aes_key(material: &KeyMaterial) -> Result<Secret32, Refusal> {
    let key = Secret32::from_slice(material.secret().expose());
    key.ok_or(Refusal::Internal { why: "the key material is no AES-256 key" })
}

/// Nitro enclaves are not in this build.
pub fn no_recipient(given: bool) -> Result<(), Refusal> {
    if given { Err(Refusal::NotInThisBuild { what: "Recipient".to_owned() }) } else { Ok(()) }
}

fn ignores_ciphertext(modifiers: &[String]) -> bool {
    modifiers.iter().any(|modifier| modifier == IGNORE_CIPHERTEXT)
}

fn ciphertext_or_dry_run(blob: bool, key_id: bool, dry_run: bool, modifiers: &[String]) -> Result<(), Refusal> {
    match (blob, ignores_ciphertext(modifiers), dry_run, key_id) {
        (_, true, false, _) => Err(Refusal::Semantic(SemanticError::ModifierWithoutDryRun)),
        (false, false, _, _) => Err(Refusal::Semantic(SemanticError::CiphertextMissing)),
        (false, true, true, false) => Err(Refusal::Semantic(SemanticError::KeyIdMissing)),
        (true, _, _, _) | (false, true, true, true) => Ok(()),
    }
}
