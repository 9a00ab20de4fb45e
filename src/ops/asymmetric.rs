//! GetPublicKey, Sign, Verify, DeriveSharedSecret.

use serde::Serialize;

use crate::{
    arn::KeyArn,
    crypto::{
        curve,
        pair::{self, Scheme, Signed},
        step::{CryptoStep, Field, Sensitivity, StepKind},
    },
    kms::{KeyMaterial, KeySpec, KeyUsage},
    ops::{
        call::{Call, Operation, Options, Subject},
        members::Members,
        recipient::Recipient,
        refusal::{Refusal, SemanticError},
        spec::{Demand, Spec, States},
        wire::Blob,
    },
};

/// The public half of a key, as anybody may have it (API reference, GetPublicKey).
pub struct GetPublicKey {
    key_id: String,
    grant_tokens: Vec<String>,
}

impl Operation for GetPublicKey {
    const SPEC: Spec = Spec {
        name: "GetPublicKey",
        demands: &[Demand::shared("kms:GetPublicKey", States::Publish)],
        accepts_alias: true,
    };
    type Output = PublicKeyOf;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId"), grant_tokens: members.take("GrantTokens") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn options(&self) -> Options<'_> {
        Options { grant_tokens: &self.grant_tokens, ..Options::default() }
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        let key = call.key(0)?;
        match key.spec.scheme() {
            Some(_) => Ok(()),
            None => Err(Refusal::KeySpecUnsupported { key: key.arn, spec: key.spec }),
        }
    }

    fn run(self, call: &mut Call<'_>) -> Result<PublicKeyOf, Refusal> {
        let public_key = call.public_key()?;
        let key = call.key(0)?;
        let algorithms = |usage| (key.usage == usage).then(|| key.spec.algorithms(usage));
        Ok(PublicKeyOf {
            customer_master_key_spec: key.spec.old_name(),
            encapsulation_algorithms: algorithms(KeyUsage::EncapsulateDecapsulate),
            encryption_algorithms: algorithms(KeyUsage::EncryptDecrypt),
            key_agreement_algorithms: algorithms(KeyUsage::KeyAgreement),
            key_id: key.arn,
            key_spec: key.spec,
            key_usage: key.usage,
            public_key: Blob(public_key),
            signing_algorithms: algorithms(KeyUsage::SignVerify),
        })
    }
}

/// A signature over a message of 1 to 4,096 bytes, or over its digest (API reference, Sign).
pub struct Sign {
    wanted: SigningRequest,
}

impl Operation for Sign {
    const SPEC: Spec = Spec { name: "Sign", demands: &[Demand::shared("kms:Sign", States::Use)], accepts_alias: true };
    type Output = Signature;

    fn read(members: &mut Members) -> Self {
        Self { wanted: SigningRequest::read(members) }
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

    fn run(self, call: &mut Call<'_>) -> Result<Signature, Refusal> {
        let scheme = call.scheme()?;
        let (key, entropy, trace) = call.seal_parts(0)?;
        let private = key.usable()?.secret;
        let signature = pair::sign(scheme, &self.wanted.signing_algorithm, &private, self.wanted.signed(), entropy)
            .map_err(|_| UNFIT)?;
        let algorithm = self.wanted.algorithm(key.spec)?;
        trace.record(|| CryptoStep {
            kind: StepKind::Sign,
            algorithm,
            inputs: vec![Field::plain("private key", Sensitivity::Secret, private.expose()), self.wanted.field()],
            outputs: vec![Field::plain("signature", Sensitivity::Public, &signature)],
            succeeded: true,
        });
        Ok(Signature { key_id: key.arn, signature: Blob(signature), signing_algorithm: algorithm })
    }
}

/// Whether a signature is the key's; one that is not is an error (API reference, Verify).
pub struct Verify {
    wanted: SigningRequest,
    signature: Blob,
}

impl Operation for Verify {
    const SPEC: Spec =
        Spec { name: "Verify", demands: &[Demand::shared("kms:Verify", States::Use)], accepts_alias: true };
    type Output = Verified;

    fn read(members: &mut Members) -> Self {
        Self { wanted: SigningRequest::read(members), signature: members.take("Signature") }
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

    fn run(self, call: &mut Call<'_>) -> Result<Verified, Refusal> {
        let scheme = call.scheme()?;
        let public = call.public_key()?;
        let holds =
            pair::verify(scheme, &self.wanted.signing_algorithm, &public, self.wanted.signed(), &self.signature.0)
                .map_err(|_| UNFIT)?;
        let (key_id, spec) = (call.arn(0)?, call.key(0)?.spec);
        let algorithm = self.wanted.algorithm(spec)?;
        call.trace.record(|| CryptoStep {
            kind: StepKind::Verify,
            algorithm,
            inputs: vec![
                Field::plain("public key", Sensitivity::Public, &public),
                self.wanted.field(),
                Field::plain("signature", Sensitivity::Public, &self.signature.0),
            ],
            outputs: Vec::new(),
            succeeded: holds,
        });
        if !holds {
            return Err(Refusal::InvalidSignature);
        }
        Ok(Verified { key_id, signature_valid: true, signing_algorithm: algorithm })
    }
}

/// The secret that a key shares with somebody else's public key (API reference, DeriveSharedSecret).
pub struct DeriveSharedSecret {
    key_id: String,
    key_agreement_algorithm: String,
    public_key: Blob,
    grant_tokens: Vec<String>,
    recipient: Option<Recipient>,
    dry_run: bool,
}

impl Operation for DeriveSharedSecret {
    const SPEC: Spec = Spec {
        name: "DeriveSharedSecret",
        demands: &[Demand::shared("kms:DeriveSharedSecret", States::Use)],
        accepts_alias: true,
    };
    type Output = SharedSecret;

    fn read(members: &mut Members) -> Self {
        Self {
            key_id: members.take("KeyId"),
            key_agreement_algorithm: members.take("KeyAgreementAlgorithm"),
            public_key: members.take("PublicKey"),
            grant_tokens: members.take("GrantTokens"),
            recipient: members.take("Recipient"),
            dry_run: members.take("DryRun"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn options(&self) -> Options<'_> {
        Options {
            grant_tokens: &self.grant_tokens,
            dry_run: self.dry_run,
            recipient: self.recipient.as_ref(),
            ..Options::default()
        }
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        call.made_for(0, KeyUsage::KeyAgreement, Self::SPEC.name, &self.key_agreement_algorithm)
    }

    fn run(self, call: &mut Call<'_>) -> Result<SharedSecret, Refusal> {
        let Scheme::Curve(curve) = call.scheme()? else { return Err(UNFIT) };
        let (key, _, trace) = call.seal_parts(0)?;
        let private = key.usable()?.secret;
        let shared = curve::agree(curve, &private, &self.public_key.0)
            .map_err(|_| Refusal::Semantic(SemanticError::PublicKeyOfOtherCurve { spec: key.spec }))?;
        trace.record(|| CryptoStep {
            kind: StepKind::Agree,
            algorithm: ECDH,
            inputs: vec![
                Field::plain("private key", Sensitivity::Secret, private.expose()),
                Field::plain("public key of the other", Sensitivity::Public, &self.public_key.0),
            ],
            outputs: vec![Field::plain("shared secret", Sensitivity::Secret, shared.expose())],
            succeeded: true,
        });
        let key_id = key.arn;
        let delivery = call.deliver(&shared)?;
        Ok(SharedSecret {
            ciphertext_for_recipient: delivery.for_recipient,
            key_agreement_algorithm: ECDH,
            key_id,
            key_origin: "AWS_KMS",
            shared_secret: delivery.plaintext,
        })
    }
}

const ECDH: &str = "ECDH";
const UNFIT: Refusal = Refusal::Internal { why: "the key material is no key of its spec" };

/// What Sign and Verify have in common.
struct SigningRequest {
    key_id: String,
    message: Blob,
    message_type: Option<String>,
    signing_algorithm: String,
    grant_tokens: Vec<String>,
    dry_run: bool,
}

impl SigningRequest {
    fn read(members: &mut Members) -> Self {
        Self {
            key_id: members.take("KeyId"),
            message: members.take("Message"),
            message_type: members.take("MessageType"),
            signing_algorithm: members.take("SigningAlgorithm"),
            grant_tokens: members.take("GrantTokens"),
            dry_run: members.take("DryRun"),
        }
    }

    fn options(&self) -> Options<'_> {
        Options { grant_tokens: &self.grant_tokens, dry_run: self.dry_run, ..Options::default() }
    }

    fn message_type(&self) -> &str {
        self.message_type.as_deref().unwrap_or("RAW")
    }

    fn signed(&self) -> Signed<'_> {
        match self.message_type() {
            "DIGEST" => Signed::Digest(&self.message.0),
            "EXTERNAL_MU" => Signed::Mu(&self.message.0),
            _ => Signed::Message(&self.message.0),
        }
    }

    fn field(&self) -> Field {
        let name = match self.message_type() {
            "DIGEST" => "digest",
            "EXTERNAL_MU" => "external mu",
            _ => "message",
        };
        Field::plain(name, Sensitivity::Secret, &self.message.0)
    }

    /// Each algorithm takes some types of message, and digests of one length ("Key spec reference").
    fn check(&self, operation: &'static str, call: &Call<'_>) -> Result<(), Refusal> {
        call.made_for(0, KeyUsage::SignVerify, operation, &self.signing_algorithm)?;
        let (types, digest): (&[&str], usize) = match self.signing_algorithm.as_str() {
            "ML_DSA_SHAKE_256" => (&["RAW", "EXTERNAL_MU"], 64),
            "ED25519_SHA_512" => (&["RAW"], 0),
            "ED25519_PH_SHA_512" => (&["DIGEST"], 64),
            name if name.ends_with("SHA_256") => (&["RAW", "DIGEST"], 32),
            name if name.ends_with("SHA_384") => (&["RAW", "DIGEST"], 48),
            _ => (&["RAW", "DIGEST"], 64),
        };
        let (algorithm, given) = (self.signing_algorithm.clone(), self.message_type());
        if !types.contains(&given) {
            let message_type = given.to_owned();
            return Err(Refusal::Semantic(SemanticError::MessageTypeOfAlgorithm { message_type, algorithm }));
        }
        if given != "RAW" && self.message.0.len() != digest {
            return Err(Refusal::Semantic(SemanticError::DigestLength { algorithm }));
        }
        Ok(())
    }

    fn algorithm(&self, spec: KeySpec) -> Result<&'static str, Refusal> {
        let known = spec.algorithms(KeyUsage::SignVerify).iter().find(|name| **name == self.signing_algorithm);
        known.copied().ok_or(Refusal::Internal { why: "an algorithm without a name" })
    }
}

impl Call<'_> {
    pub fn scheme(&self) -> Result<Scheme, Refusal> {
        self.key(0)?.spec.scheme().ok_or(UNFIT)
    }

    fn public_key(&self) -> Result<Vec<u8>, Refusal> {
        let key = self.key(0)?;
        match key.current().and_then(KeyMaterial::public_key) {
            Some(kept) => Ok(kept.to_vec()),
            None => pair::public_key(self.scheme()?, &key.usable()?.secret).map_err(|_| UNFIT),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PublicKeyOf {
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_master_key_spec: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encapsulation_algorithms: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_algorithms: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_agreement_algorithms: Option<&'static [&'static str]>,
    key_id: KeyArn,
    key_spec: KeySpec,
    key_usage: KeyUsage,
    public_key: Blob,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_algorithms: Option<&'static [&'static str]>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Signature {
    key_id: KeyArn,
    signature: Blob,
    signing_algorithm: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Verified {
    key_id: KeyArn,
    signature_valid: bool,
    signing_algorithm: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SharedSecret {
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_for_recipient: Option<Blob>,
    key_agreement_algorithm: &'static str,
    key_id: KeyArn,
    key_origin: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_secret: Option<Blob>,
}
