//! Encapsulate, Decapsulate.

use serde::Serialize;

use crate::{
    arn::KeyArn,
    crypto::{
        lattice::{self, MlKem},
        pair::Scheme,
        step::{CryptoStep, Field, Sensitivity, StepKind},
    },
    kms::KeyUsage,
    ops::{
        call::{Call, Operation, Options, Subject},
        members::Members,
        refusal::Refusal,
        spec::{Demand, Spec, States},
        wire::Blob,
    },
};

/// A fresh secret of 32 bytes, in the clear and for the key alone (API reference, Encapsulate).
pub struct Encapsulate {
    wanted: KemRequest,
}

impl Operation for Encapsulate {
    const SPEC: Spec =
        Spec { name: "Encapsulate", demands: &[Demand::shared("kms:Encapsulate", States::Use)], accepts_alias: true };
    type Output = Encapsulated;

    fn read(members: &mut Members) -> Self {
        Self { wanted: KemRequest::read(members) }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.wanted.key_id)]
    }

    fn options(&self) -> Options<'_> {
        self.wanted.options()
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        self.wanted.check(Self::SPEC.name, call)
    }

    fn run(self, call: &mut Call<'_>) -> Result<Encapsulated, Refusal> {
        let set = call.ml_kem()?;
        let (key, entropy, trace) = call.seal_parts(0)?;
        let made = lattice::encapsulate(set, &key.usable()?.secret, entropy).map_err(|_| UNFIT)?;
        trace.record(|| CryptoStep {
            kind: StepKind::Encapsulate,
            algorithm: ML_KEM,
            inputs: Vec::new(),
            outputs: vec![
                Field::plain("shared secret", Sensitivity::Secret, made.secret.expose()),
                Field::plain("ciphertext of the shared secret", Sensitivity::Ciphertext, &made.ciphertext),
            ],
            succeeded: true,
        });
        Ok(Encapsulated {
            encapsulation_algorithm: ML_KEM,
            key_id: key.arn,
            shared_secret: Blob(made.secret.expose().to_vec()),
            shared_secret_ciphertext_blob: Blob(made.ciphertext),
        })
    }
}

/// The secret in what Encapsulate, or anybody with the public key, made (API reference, Decapsulate).
pub struct Decapsulate {
    wanted: KemRequest,
    shared_secret_ciphertext_blob: Blob,
}

impl Operation for Decapsulate {
    const SPEC: Spec =
        Spec { name: "Decapsulate", demands: &[Demand::shared("kms:Decapsulate", States::Use)], accepts_alias: true };
    type Output = Decapsulated;

    fn read(members: &mut Members) -> Self {
        Self {
            wanted: KemRequest::read(members),
            shared_secret_ciphertext_blob: members.take("SharedSecretCiphertextBlob"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.wanted.key_id)]
    }

    fn options(&self) -> Options<'_> {
        self.wanted.options()
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        self.wanted.check(Self::SPEC.name, call)
    }

    fn run(self, call: &mut Call<'_>) -> Result<Decapsulated, Refusal> {
        let set = call.ml_kem()?;
        let (key, _, trace) = call.seal_parts(0)?;
        let private = key.usable()?.secret;
        let secret = lattice::decapsulate(set, &private, &self.shared_secret_ciphertext_blob.0);
        let secret = secret.map_err(|_| Refusal::InvalidCiphertext)?;
        trace.record(|| CryptoStep {
            kind: StepKind::Decapsulate,
            algorithm: ML_KEM,
            inputs: vec![
                Field::plain("private key", Sensitivity::Secret, private.expose()),
                Field::plain(
                    "ciphertext of the shared secret",
                    Sensitivity::Ciphertext,
                    &self.shared_secret_ciphertext_blob.0,
                ),
            ],
            outputs: vec![Field::plain("shared secret", Sensitivity::Secret, secret.expose())],
            succeeded: true,
        });
        Ok(Decapsulated {
            encapsulation_algorithm: ML_KEM,
            key_id: key.arn,
            shared_secret: Blob(secret.expose().to_vec()),
        })
    }
}

const ML_KEM: &str = "ML_KEM";
const UNFIT: Refusal = Refusal::Internal { why: "the key material is no key of its spec" };

/// What both have in common.
struct KemRequest {
    key_id: String,
    encapsulation_algorithm: String,
    grant_tokens: Vec<String>,
    dry_run: bool,
}

impl KemRequest {
    fn read(members: &mut Members) -> Self {
        Self {
            key_id: members.take("KeyId"),
            encapsulation_algorithm: members.take("EncapsulationAlgorithm"),
            grant_tokens: members.take("GrantTokens"),
            dry_run: members.take("DryRun"),
        }
    }

    fn options(&self) -> Options<'_> {
        Options { grant_tokens: &self.grant_tokens, dry_run: self.dry_run, ..Options::default() }
    }

    fn check(&self, operation: &'static str, call: &Call<'_>) -> Result<(), Refusal> {
        call.made_for(0, KeyUsage::EncapsulateDecapsulate, operation, &self.encapsulation_algorithm)
    }
}

impl Call<'_> {
    fn ml_kem(&self) -> Result<MlKem, Refusal> {
        match self.scheme()? {
            Scheme::MlKem(set) => Ok(set),
            Scheme::Curve(_) | Scheme::MlDsa(_) | Scheme::Rsa(_) => Err(UNFIT),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Encapsulated {
    encapsulation_algorithm: &'static str,
    key_id: KeyArn,
    shared_secret: Blob,
    shared_secret_ciphertext_blob: Blob,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Decapsulated {
    encapsulation_algorithm: &'static str,
    key_id: KeyArn,
    shared_secret: Blob,
}
