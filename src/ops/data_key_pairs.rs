//! GenerateDataKeyPair, GenerateDataKeyPairWithoutPlaintext.

use serde::Serialize;

use crate::{
    arn::KeyArn,
    authz::Context,
    crypto::{
        blob::MaterialId,
        context::EncryptionContext,
        pair::{self, Scheme},
        secret::SecretBytes,
    },
    kms::KeySpec,
    ops::{
        call::{Call, Operation, Options, Subject},
        encrypt::encrypts,
        members::Members,
        recipient::Recipient,
        refusal::Refusal,
        spec::{Demand, Spec, States},
        wire::Blob,
    },
};

/// A fresh key pair for use outside KMS, its private key in the clear and wrapped (API reference,
/// GenerateDataKeyPair).
pub struct GenerateDataKeyPair {
    wanted: PairRequest,
    recipient: Option<Recipient>,
}

impl Operation for GenerateDataKeyPair {
    const SPEC: Spec = Spec {
        name: "GenerateDataKeyPair",
        demands: &[Demand::shared("kms:GenerateDataKeyPair", States::UsePair)],
        accepts_alias: true,
    };
    type Output = DataKeyPair;

    fn read(members: &mut Members) -> Self {
        Self { wanted: PairRequest::read(members), recipient: members.take("Recipient") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.wanted.key_id)]
    }

    fn context(&self, _nth: usize) -> Context<'_> {
        Context::of(&self.wanted.encryption_context)
    }

    fn options(&self) -> Options<'_> {
        Options { recipient: self.recipient.as_ref(), ..self.wanted.options() }
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        self.wanted.check(Self::SPEC.name, call)
    }

    fn run(self, call: &mut Call<'_>) -> Result<DataKeyPair, Refusal> {
        let (private, wrapped) = self.wanted.generate(call)?;
        let delivery = call.deliver(&private)?;
        Ok(DataKeyPair {
            ciphertext_for_recipient: delivery.for_recipient,
            key_id: wrapped.key_id,
            key_material_id: call.unless_delivered(wrapped.key_material_id),
            key_pair_spec: wrapped.key_pair_spec,
            private_key_ciphertext_blob: wrapped.private_key_ciphertext_blob,
            private_key_plaintext: delivery.plaintext,
            public_key: wrapped.public_key,
        })
    }
}

/// A fresh key pair, its private key wrapped only (API reference, GenerateDataKeyPairWithoutPlaintext).
pub struct GenerateDataKeyPairWithoutPlaintext {
    wanted: PairRequest,
}

impl Operation for GenerateDataKeyPairWithoutPlaintext {
    const SPEC: Spec = Spec {
        name: "GenerateDataKeyPairWithoutPlaintext",
        demands: &[Demand::shared("kms:GenerateDataKeyPairWithoutPlaintext", States::UsePair)],
        accepts_alias: true,
    };
    type Output = WrappedDataKeyPair;

    fn read(members: &mut Members) -> Self {
        Self { wanted: PairRequest::read(members) }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.wanted.key_id)]
    }

    fn context(&self, _nth: usize) -> Context<'_> {
        Context::of(&self.wanted.encryption_context)
    }

    fn options(&self) -> Options<'_> {
        self.wanted.options()
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        self.wanted.check(Self::SPEC.name, call)
    }

    fn run(self, call: &mut Call<'_>) -> Result<WrappedDataKeyPair, Refusal> {
        self.wanted.generate(call).map(|(_, wrapped)| wrapped)
    }
}

/// What both have in common.
struct PairRequest {
    key_id: String,
    encryption_context: EncryptionContext,
    key_pair_spec: String,
    grant_tokens: Vec<String>,
    dry_run: bool,
}

impl PairRequest {
    fn read(members: &mut Members) -> Self {
        Self {
            key_id: members.take("KeyId"),
            encryption_context: members.take("EncryptionContext"),
            key_pair_spec: members.take("KeyPairSpec"),
            grant_tokens: members.take("GrantTokens"),
            dry_run: members.take("DryRun"),
        }
    }

    fn options(&self) -> Options<'_> {
        let key_pair_spec = Some(self.key_pair_spec.as_str());
        Options { grant_tokens: &self.grant_tokens, dry_run: self.dry_run, key_pair_spec, ..Options::default() }
    }

    fn check(&self, operation: &'static str, call: &Call<'_>) -> Result<(), Refusal> {
        encrypts(call, 0, operation, None)?;
        call.in_no_store()?;
        self.spec().map(|_| ())
    }

    fn spec(&self) -> Result<(KeySpec, Scheme), Refusal> {
        if self.key_pair_spec == "SM2" {
            return Err(Refusal::OnlyInChina { what: "KeyPairSpec SM2" });
        }
        let spec: Option<KeySpec> = self.key_pair_spec.parse().ok();
        let not_here = || Refusal::NotInThisBuild { what: format!("KeyPairSpec {}", self.key_pair_spec) };
        spec.and_then(|spec| Some((spec, spec.scheme()?))).ok_or_else(not_here)
    }

    fn generate(&self, call: &mut Call<'_>) -> Result<(SecretBytes, WrappedDataKeyPair), Refusal> {
        let (spec, scheme) = self.spec()?;
        let unfit = |_| Refusal::Internal { why: "a fresh key is no key" };
        let private = pair::generate(scheme, &mut call.world.entropy).map_err(unfit)?;
        let public = pair::public_key(scheme, &private).map_err(unfit)?;
        let (key_material_id, sealed) = call.seal_symmetric(0, &self.encryption_context, private.expose())?;
        let wrapped = WrappedDataKeyPair {
            key_id: call.arn(0)?,
            key_material_id,
            key_pair_spec: spec,
            private_key_ciphertext_blob: sealed,
            public_key: Blob(public),
        };
        Ok((private, wrapped))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DataKeyPair {
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_for_recipient: Option<Blob>,
    key_id: KeyArn,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<MaterialId>,
    key_pair_spec: KeySpec,
    private_key_ciphertext_blob: Blob,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key_plaintext: Option<Blob>,
    public_key: Blob,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct WrappedDataKeyPair {
    key_id: KeyArn,
    key_material_id: MaterialId,
    key_pair_spec: KeySpec,
    private_key_ciphertext_blob: Blob,
    public_key: Blob,
}
