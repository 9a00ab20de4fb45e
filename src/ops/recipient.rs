//! `Recipient`: what a response has in the clear is encrypted for an enclave instead (API reference, RecipientInfo).

use serde_json::Value;

use crate::{
    crypto::{
        attestation::{self, Attestation},
        cms, enclave,
        pair::with_pairs,
        secret::SecretBytes,
        step::{CryptoStep, Field, Sensitivity, StepKind},
    },
    ops::{
        call::Call,
        members::{Member, Members},
        refusal::{Refusal, SemanticError},
        wire::Blob,
    },
};

/// An enclave that is to receive the secret, as it says of itself.
pub struct Recipient {
    key_encryption_algorithm: Option<String>,
    attestation_document: Option<Blob>,
}

impl Member for Recipient {
    fn read(value: Option<Value>) -> Option<Self> {
        let Value::Object(members) = value? else { return None };
        let mut members = Members::new(members);
        let recipient = Self {
            key_encryption_algorithm: members.take("KeyEncryptionAlgorithm"),
            attestation_document: members.take("AttestationDocument"),
        };
        members.finish().ok().map(|()| recipient)
    }
}

impl Call<'_> {
    /// Verifies the document of a recipient. From here on [`Self::deliver`] encrypts for it.
    pub fn attest(&mut self, recipient: Option<&Recipient>) -> Result<(), Refusal> {
        let Some(recipient) = recipient else { return Ok(()) };
        // The model knows one algorithm, and has refused every other.
        let (Some(_), Some(document)) = (&recipient.key_encryption_algorithm, &recipient.attestation_document) else {
            return Err(Refusal::Semantic(SemanticError::RecipientIncomplete));
        };
        let unfit = |_| Refusal::Internal { why: "a world without a root for its enclaves" };
        let verdict = with_pairs(|| {
            let root = enclave::root(&self.world.entropy)?;
            Ok(attestation::verify(&document.0, &[&root, attestation::AWS_ROOT], self.world.now))
        });
        let verdict = verdict.map_err(unfit)?;
        self.trace.record(|| CryptoStep {
            kind: StepKind::Attest,
            algorithm: "ECDSA_SHA_384",
            inputs: vec![Field::plain("attestation document", Sensitivity::Public, &document.0)],
            outputs: verdict
                .iter()
                .map(|attestation| {
                    Field::plain("public key of the enclave", Sensitivity::Public, &attestation.public_key)
                })
                .collect(),
            succeeded: verdict.is_ok(),
        });
        let attestation = verdict.map_err(|why| Refusal::Semantic(SemanticError::NotAttested(why)))?;
        self.recipient = Some(attestation);
        Ok(())
    }

    /// A secret as the response has it: in the clear, or encrypted for the recipient.
    pub fn deliver(&mut self, secret: &SecretBytes) -> Result<Delivery, Refusal> {
        let Some(Attestation { public_key, .. }) = &self.recipient else {
            return Ok(Delivery { plaintext: Some(Blob(secret.expose().to_vec())), for_recipient: None });
        };
        let unfit = |_| Refusal::Internal { why: "an attested key that does not encrypt" };
        let entropy = &mut self.world.entropy;
        let message = with_pairs(|| cms::seal(public_key, secret.expose(), entropy)).map_err(unfit)?;
        self.trace.record(|| CryptoStep {
            kind: StepKind::Deliver,
            algorithm: "RSAES_OAEP_SHA_256 and AES-256-CBC",
            inputs: vec![
                Field::plain("public key of the enclave", Sensitivity::Public, public_key),
                Field::plain("plaintext", Sensitivity::Secret, secret.expose()),
            ],
            outputs: vec![Field::plain("ciphertext for the recipient", Sensitivity::Ciphertext, &message)],
            succeeded: true,
        });
        Ok(Delivery { plaintext: None, for_recipient: Some(Blob(message)) })
    }

    /// `member` of a response, which AWS leaves out of those to a recipient.
    pub fn unless_delivered<T>(&self, member: T) -> Option<T> {
        self.recipient.is_none().then_some(member)
    }
}

/// One of the two is there.
pub struct Delivery {
    pub plaintext: Option<Blob>,
    /// `CiphertextForRecipient`.
    pub for_recipient: Option<Blob>,
}
