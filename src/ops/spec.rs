//! What an operation needs before it runs, as data: one row drives the pipeline, the coverage table and the tests.

use crate::{
    authz::Reach,
    kms::{Key, KeyState},
    ops::refusal::StateRefusal,
};

/// The rules of one operation.
#[derive(Debug)]
pub struct Spec {
    /// For example `GenerateDataKey`.
    pub name: &'static str,
    /// Every permission it takes, decided in this order.
    pub demands: &'static [Demand],
    /// Whether `KeyId` may be an alias name or alias ARN (else only a key id or key ARN).
    pub accepts_alias: bool,
}

/// One permission an operation takes, on one thing.
#[derive(Debug)]
pub struct Demand {
    /// For example `kms:ReEncryptFrom`.
    pub action: &'static str,
    /// Whether a principal of another account may be given it.
    pub reach: Reach,
    /// Whether a grant may give it.
    pub grantable: bool,
    /// In which key states it is possible. `States::Any` for what is not a key.
    pub states: States,
}

impl Demand {
    /// A permission on a key of the caller's own account.
    pub const fn own(action: &'static str, states: States) -> Self {
        Self { action, reach: Reach::OwnAccount, grantable: false, states }
    }

    /// A permission that grants and other accounts can have too: the cryptographic operations and DescribeKey.
    pub const fn shared(action: &'static str, states: States) -> Self {
        Self { action, reach: Reach::AnyAccount, grantable: true, states }
    }
}

/// A row of the table of operations and key states ("Key states of AWS KMS keys").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum States {
    /// Possible in every state.
    Any,
    /// Only an enabled key does it.
    Enabled,
    /// Not once the key is pending deletion.
    NotPendingDeletion,
    /// Only a key pending deletion.
    PendingDeletion,
}

impl States {
    /// Whether `key` may do it now, or what AWS answers.
    pub fn gate(self, key: &Key) -> Result<(), StateRefusal> {
        match (self, key.state) {
            (Self::Any, _)
            | (Self::Enabled, KeyState::Enabled)
            | (Self::NotPendingDeletion, KeyState::Enabled | KeyState::Disabled)
            | (Self::PendingDeletion, KeyState::PendingDeletion { .. }) => Ok(()),
            (Self::Enabled, KeyState::Disabled) => Err(StateRefusal::Disabled),
            (Self::Enabled | Self::NotPendingDeletion, KeyState::PendingDeletion { .. }) => {
                Err(StateRefusal::PendingDeletion)
            }
            (Self::PendingDeletion, KeyState::Enabled | KeyState::Disabled) => Err(StateRefusal::NotPendingDeletion),
        }
    }
}
