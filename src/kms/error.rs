//! What a key or alias refuses, as typed facts.

use crate::{
    arn::{AliasArn, KeyArn},
    crypto::blob::MaterialId,
    kms::{quota::Exceeded, spec::KeySpec, store::StoreError},
    policy::error::PolicyError,
};

/// A domain rule that a change would break.
#[derive(Clone, Debug, PartialEq)]
pub enum KmsError {
    AliasExists(AliasArn),
    /// `alias/aws/…` belongs to AWS services.
    AliasReserved(AliasArn),
    /// The multi-Region key's set has one in that Region.
    KeyExists(KeyArn),
    AlreadyPrimary(KeyArn),
    Quota(Exceeded),
    /// Tag keys that begin with `aws:` belong to AWS.
    TagReserved(String),
    TagTwice(String),
    /// An automatic rotation is due within 20 minutes.
    RotationImminent(KeyArn),
    /// Its current material was never imported, was deleted or has expired.
    MaterialMissing(KeyArn),
    /// Nothing was imported for a rotation.
    NothingToRotateTo(KeyArn),
    /// The material that waits for its rotation is not in every Region of the key.
    ReplicasLackMaterial(KeyArn),
    /// Other material waits for a rotation already.
    RotationPending(KeyArn),
    /// Not bytes of the form that a spec takes.
    MaterialUnfit {
        key: KeyArn,
        spec: KeySpec,
    },
    /// Not the material that was imported before.
    OtherMaterial(KeyArn),
    /// Material that the key has, imported as new.
    MaterialKnown(KeyArn),
    NoSuchMaterial {
        key: KeyArn,
        id: MaterialId,
    },
    Policy(PolicyError),
    /// The policy names a principal that does not exist.
    UnknownPrincipal(String),
    Store(StoreError),
    /// Nobody who could ask now could change the policy afterwards.
    Lockout,
}

impl From<StoreError> for KmsError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
