//! What a key or alias refuses, as typed facts.

use crate::{
    arn::{AliasArn, KeyArn},
    kms::store::StoreError,
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
    TooManyAliases(KeyArn),
    TooManyTags(KeyArn),
    /// Tag keys that begin with `aws:` belong to AWS.
    TagReserved(String),
    TagTwice(String),
    TooManyOnDemandRotations(KeyArn),
    /// An automatic rotation is due within 20 minutes.
    RotationImminent(KeyArn),
    PolicyTooLarge {
        bytes: usize,
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
