//! Encrypt, Decrypt, ReEncrypt.

use std::sync::Arc;

use serde::Serialize;

use crate::{
    arn::KeyArn,
    authz::Context,
    crypto::{
        blob::{self, Blob as Sealed, MaterialId},
        context::EncryptionContext,
        outer::{self, Outer},
        pair::{Scheme, with_pairs},
        rsa::{self, Modulus, OaepHash},
        secret::{Secret32, SecretBytes},
        step::{CryptoStep, Field, Sensitivity, StepKind, Trace},
    },
    entropy::Entropy,
    kms::{
        Key, KeyMaterial, KeySpec, KeyUsage, KmsError, StoreError,
        store::{Cause, custody::StoreKeys},
    },
    ops::{
        call::{Call, Operation, Options, Subject},
        members::Members,
        recipient::Recipient,
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
        Spec { name: "Encrypt", demands: &[Demand::shared("kms:Encrypt", States::Use)], accepts_alias: true };
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

    fn context(&self, _nth: usize) -> Context<'_> {
        Context::of(&self.encryption_context)
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        encrypts(call, 0, Self::SPEC.name, self.encryption_algorithm.as_deref())
    }

    fn options(&self) -> Options<'_> {
        Options { grant_tokens: &self.grant_tokens, dry_run: self.dry_run, ..Options::default() }
    }

    fn run(self, call: &mut Call<'_>) -> Result<Encrypted, Refusal> {
        let algorithm = algorithm(call, 0, self.encryption_algorithm.as_deref())?;
        let sealed = call.seal(0, algorithm, &self.encryption_context, &self.plaintext.0)?;
        Ok(Encrypted { ciphertext_blob: sealed, encryption_algorithm: algorithm, key_id: call.arn(0)? })
    }
}

/// Opens what Encrypt, GenerateDataKey or ReEncrypt sealed (API reference, Decrypt).
pub struct Decrypt {
    ciphertext_blob: Option<Blob>,
    encryption_context: EncryptionContext,
    grant_tokens: Vec<String>,
    key_id: Option<String>,
    encryption_algorithm: Option<String>,
    recipient: Option<Recipient>,
    dry_run: bool,
    dry_run_modifiers: Vec<String>,
}

impl Operation for Decrypt {
    const SPEC: Spec =
        Spec { name: "Decrypt", demands: &[Demand::shared("kms:Decrypt", States::Use)], accepts_alias: true };
    type Output = Decrypted;

    fn read(members: &mut Members) -> Self {
        Self {
            ciphertext_blob: members.take("CiphertextBlob"),
            encryption_context: members.take("EncryptionContext"),
            grant_tokens: members.take("GrantTokens"),
            key_id: members.take("KeyId"),
            encryption_algorithm: members.take("EncryptionAlgorithm"),
            recipient: members.take("Recipient"),
            dry_run: members.take("DryRun"),
            dry_run_modifiers: members.take("DryRunModifiers"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![named_or_in_ciphertext(self.key_id.as_deref(), self.ciphertext_blob.as_ref())]
    }

    fn context(&self, _nth: usize) -> Context<'_> {
        Context::of(&self.encryption_context)
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
        encrypts(call, 0, Self::SPEC.name, self.encryption_algorithm.as_deref())
    }

    fn options(&self) -> Options<'_> {
        Options {
            grant_tokens: &self.grant_tokens,
            dry_run: self.dry_run,
            ignores_ciphertext: ignores_ciphertext(&self.dry_run_modifiers),
            recipient: self.recipient.as_ref(),
            ..Options::default()
        }
    }

    fn run(self, call: &mut Call<'_>) -> Result<Decrypted, Refusal> {
        let blob = self.ciphertext_blob.ok_or(Refusal::Semantic(SemanticError::CiphertextMissing))?;
        let algorithm = algorithm(call, 0, self.encryption_algorithm.as_deref())?;
        let (material, plaintext) = call.open(0, algorithm, &blob.0, &self.encryption_context)?;
        let delivery = call.deliver(&plaintext)?;
        Ok(Decrypted {
            ciphertext_for_recipient: delivery.for_recipient,
            encryption_algorithm: algorithm,
            key_id: call.arn(0)?,
            key_material_id: material.and_then(|id| call.unless_delivered(id)),
            plaintext: delivery.plaintext,
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
        demands: &[Demand::shared("kms:ReEncryptFrom", States::Use), Demand::shared("kms:ReEncryptTo", States::Use)],
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

    fn context(&self, nth: usize) -> Context<'_> {
        Context::of(if nth == 0 { &self.source_encryption_context } else { &self.destination_encryption_context })
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
            recipient: None,
            ..Options::default()
        }
    }

    fn run(self, call: &mut Call<'_>) -> Result<ReEncrypted, Refusal> {
        let blob = self.ciphertext_blob.ok_or(Refusal::Semantic(SemanticError::CiphertextMissing))?;
        let from = algorithm(call, 0, self.source_encryption_algorithm.as_deref())?;
        let to = algorithm(call, 1, self.destination_encryption_algorithm.as_deref())?;
        let (source_material, plaintext) = call.open(0, from, &blob.0, &self.source_encryption_context)?;
        let sealed = call.seal(1, to, &self.destination_encryption_context, plaintext.expose())?;
        let destination = call.key(1)?;
        let is_symmetric = destination.spec == KeySpec::SymmetricDefault;
        let destination_material = destination.current().filter(|_| is_symmetric).map(KeyMaterial::id);
        Ok(ReEncrypted {
            ciphertext_blob: sealed,
            destination_encryption_algorithm: to,
            destination_key_material_id: destination_material,
            key_id: call.arn(1)?,
            source_encryption_algorithm: from,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_for_recipient: Option<Blob>,
    encryption_algorithm: &'static str,
    key_id: KeyArn,
    /// Only of symmetric encryption keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<MaterialId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<Blob>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReEncrypted {
    ciphertext_blob: Blob,
    destination_encryption_algorithm: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_key_material_id: Option<MaterialId>,
    key_id: KeyArn,
    source_encryption_algorithm: &'static str,
    source_key_id: KeyArn,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_key_material_id: Option<MaterialId>,
}

impl Call<'_> {
    /// Seals under the current material of the `nth` key, a symmetric one; in an external key store twice.
    pub fn seal_symmetric(
        &mut self,
        nth: usize,
        context: &EncryptionContext,
        plaintext: &[u8],
    ) -> Result<(MaterialId, Blob), Refusal> {
        let aad = context.aad().map_err(|_| Refusal::Semantic(SemanticError::EncryptionContextTooLarge))?;
        let key = self.key(nth)?;
        let material = key.current().ok_or(KmsError::MaterialMissing(key.arn))?;
        let (id, keys) = (material.id(), self.keys_of(key, material)?);
        let (entropy, trace) = (&mut self.world.entropy, &mut self.trace);
        let sealed = blob::seal(&keys.material, id, &aad, plaintext, entropy, trace);
        let sealed = match keys.external {
            Some(external) => outer::seal(&external, id, &aad, &sealed, entropy, trace),
            None => sealed,
        };
        Ok((id, Blob(sealed)))
    }

    /// The keys that seal and open under that material of a symmetric key.
    fn keys_of(&self, key: &Key, material: &KeyMaterial) -> Result<StoreKeys, Refusal> {
        match &key.custody {
            None => {
                let secret = key.secret(material).ok_or(KmsError::MaterialMissing(key.arn))?;
                Ok(StoreKeys { material: aes_key(&secret)?, external: None })
            }
            Some(custody) => Ok(self.world.store_keys(key, custody, material.id())?),
        }
    }

    /// What sealing under the `nth` key takes.
    pub fn seal_parts(&mut self, nth: usize) -> Result<(&Key, &mut Entropy, &mut Trace), Refusal> {
        let key = self.keys.get(nth).ok_or(Refusal::Internal { why: "no such key was resolved" })?;
        Ok((key, &mut self.world.entropy, &mut self.trace))
    }

    /// Seals under the `nth` key, whatever its kind.
    fn seal(
        &mut self,
        nth: usize,
        algorithm: &'static str,
        context: &EncryptionContext,
        plaintext: &[u8],
    ) -> Result<Blob, Refusal> {
        let (key, entropy, trace) = self.seal_parts(nth)?;
        let Some((modulus, hash)) = rsa_of(key.spec, algorithm) else {
            return self.seal_symmetric(nth, context, plaintext).map(|(_, sealed)| sealed);
        };
        without_context(context)?;
        let most = rsa::longest_plaintext(modulus, hash);
        if plaintext.len() > most {
            return Err(Refusal::Semantic(SemanticError::PlaintextTooLong { algorithm, spec: key.spec, most }));
        }
        let private = key.usable()?.secret;
        let sealed = with_pairs(|| rsa::encrypt(hash, &private, plaintext, entropy)).map_err(|_| UNFIT)?;
        trace.record(|| CryptoStep {
            kind: StepKind::Seal,
            algorithm,
            inputs: vec![Field::plain("plaintext", Sensitivity::Secret, plaintext)],
            outputs: vec![Field::plain("ciphertext", Sensitivity::Ciphertext, &sealed)],
            succeeded: true,
        });
        Ok(Blob(sealed))
    }

    /// Opens a ciphertext with the `nth` key, whatever its kind; a symmetric one names the material it takes.
    fn open(
        &mut self,
        nth: usize,
        algorithm: &'static str,
        ciphertext: &[u8],
        context: &EncryptionContext,
    ) -> Result<(Option<MaterialId>, SecretBytes), Refusal> {
        let (key, entropy, trace) = self.seal_parts(nth)?;
        let Some((_, hash)) = rsa_of(key.spec, algorithm) else {
            return self.open_symmetric(nth, ciphertext, context).map(|(id, plaintext)| (Some(id), plaintext));
        };
        without_context(context)?;
        let private = key.usable()?.secret;
        let opened = with_pairs(|| rsa::decrypt(hash, &private, ciphertext, entropy)).ok();
        trace.record(|| CryptoStep {
            kind: StepKind::Open,
            algorithm,
            inputs: vec![
                Field::plain("private key", Sensitivity::Secret, private.expose()),
                Field::plain("ciphertext", Sensitivity::Ciphertext, ciphertext),
            ],
            outputs: opened
                .iter()
                .map(|plaintext| Field::plain("plaintext", Sensitivity::Secret, plaintext.expose()))
                .collect(),
            succeeded: opened.is_some(),
        });
        opened.map(|plaintext| (None, plaintext)).ok_or(Refusal::InvalidCiphertext)
    }

    /// Opens a ciphertext with the material it names, which must be the `nth` key's.
    fn open_symmetric(
        &mut self,
        nth: usize,
        ciphertext: &[u8],
        context: &EncryptionContext,
    ) -> Result<(MaterialId, SecretBytes), Refusal> {
        let aad = context.aad().map_err(|_| Refusal::Semantic(SemanticError::EncryptionContextTooLarge))?;
        let id = outer::material_id(ciphertext).map_err(|_| Refusal::InvalidCiphertext)?;
        let key = Arc::clone(self.key(nth)?);
        let material = match key.material(id) {
            Some(material) => material,
            None if self.world.any_key_of_material(id).is_some() => return Err(Refusal::IncorrectKey),
            None => return Err(Refusal::InvalidCiphertext),
        };
        let keys = self.keys_of(&key, material)?;
        let opened = match keys.external {
            None => {
                let sealed = Sealed::parse(ciphertext).map_err(|_| Refusal::InvalidCiphertext)?;
                sealed.open(&keys.material, &aad, &mut self.trace).map_err(|_| Refusal::InvalidCiphertext)
            }
            Some(external) => {
                // As AWS does, a ciphertext that the outside refuses is a failure of the store.
                let fail = |cause| StoreError::Key { key: key.arn, cause };
                let sealed = Outer::parse(ciphertext).map_err(|_| Refusal::InvalidCiphertext)?;
                let inner = sealed.open(&external, &aad, &mut self.trace);
                let inner = inner.map_err(|_| fail(Cause::OuterCiphertext))?;
                let sealed = Sealed::parse(inner.expose()).map_err(|_| fail(Cause::InnerCiphertext))?;
                let opened = sealed.open(&keys.material, &aad, &mut self.trace);
                opened.map_err(|_| fail(Cause::InnerCiphertext).into())
            }
        };
        opened.map(|plaintext| (id, plaintext))
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

/// The algorithm of a request for the `nth` key, as the table of key specs has it.
fn algorithm(call: &Call<'_>, nth: usize, given: Option<&str>) -> Result<&'static str, Refusal> {
    let given = given.unwrap_or(SYMMETRIC_DEFAULT);
    let known = call.key(nth)?.spec.algorithms(KeyUsage::EncryptDecrypt).iter().find(|name| **name == given);
    known.copied().ok_or(Refusal::Internal { why: "an algorithm without a name" })
}

/// What an RSA key encrypts with; nothing for a symmetric one.
fn rsa_of(spec: KeySpec, algorithm: &str) -> Option<(Modulus, OaepHash)> {
    match spec.scheme()? {
        Scheme::Rsa(modulus) => Some((modulus, OaepHash::of(algorithm)?)),
        Scheme::Curve(_) | Scheme::MlDsa(_) | Scheme::MlKem(_) => None,
    }
}

fn without_context(context: &EncryptionContext) -> Result<(), Refusal> {
    if context.is_empty() { Ok(()) } else { Err(Refusal::Semantic(SemanticError::ContextOfAsymmetric)) }
}

const UNFIT: Refusal = Refusal::Internal { why: "the key material is no key of its spec" };

fn aes_key(secret: &SecretBytes) -> Result<Secret32, Refusal> {
    let key = Secret32::from_slice(secret.expose());
    key.ok_or(Refusal::Internal { why: "the key material is no AES-256 key" })
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
