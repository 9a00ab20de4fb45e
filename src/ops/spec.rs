//! What an operation needs before it runs, as data: one row drives the pipeline, the coverage table and the tests.

use crate::{authz::Reach, kms::KeyState, ops::refusal::StateRefusal};

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
    /// Uses key material.
    Use,
    /// Uses key material for what no key in a key store does, which the usage stage refuses.
    UsePair,
    /// Gives permission to use key material, which a disconnected key store does not hinder.
    Grant,
    /// Reads the public half of key material.
    Publish,
    /// Copies the key to another Region.
    Replicate,
    /// Rotates key material, or turns that on and off. What cannot rotate is refused by the usage stage.
    Rotate,
    /// Rotates key material at once.
    RotateNow,
    /// Asks for what an import of key material takes.
    PrepareImport,
    /// Brings key material in.
    Import,
    /// Takes imported key material away.
    DeleteMaterial,
    /// Enables or disables the key.
    Switch,
    /// Changes what belongs to a key that stays.
    Edit,
    /// Schedules the key's deletion.
    Schedule,
    /// Cancels a scheduled deletion.
    Cancel,
}

/// Nothing where the operation is possible, or what AWS answers.
type Gate = Option<StateRefusal>;

impl States {
    /// Whether a key in `state` may do it now, or what AWS answers.
    pub fn gate(self, state: KeyState) -> Result<(), StateRefusal> {
        let [enabled, disabled, pending_deletion, pending_import, unavailable, creating, updating] = self.row();
        let gate = match state {
            KeyState::Enabled => enabled,
            KeyState::Disabled => disabled,
            KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. } => pending_deletion,
            KeyState::PendingImport => pending_import,
            KeyState::Unavailable => unavailable,
            KeyState::Creating { .. } => creating,
            KeyState::Updating { .. } => updating,
        };
        gate.map_or(Ok(()), Err)
    }

    /// Whether only keys of origin `EXTERNAL` have it. Others are refused for that, whatever their state.
    pub fn is_of_imported(self) -> bool {
        matches!(self, Self::PrepareImport | Self::Import | Self::DeleteMaterial)
    }

    #[rustfmt::skip]
    const fn row(self) -> [Gate; 7] {
        const OPEN: Gate = None;
        const DISABLED: Gate = Some(StateRefusal::Disabled);
        const DELETED: Gate = Some(StateRefusal::PendingDeletion);
        const KEPT: Gate = Some(StateRefusal::NotPendingDeletion);
        const IMPORT: Gate = Some(StateRefusal::PendingImport);
        const UNAVAILABLE: Gate = Some(StateRefusal::Unavailable);
        const CREATING: Gate = Some(StateRefusal::Creating);
        const UPDATING: Gate = Some(StateRefusal::Updating);
        match self {
            // Enabled, Disabled, PendingDeletion, PendingImport, Unavailable, Creating, Updating
            Self::Any =>            [OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN],
            Self::Use =>            [OPEN, DISABLED, DELETED, IMPORT, UNAVAILABLE, CREATING, OPEN],
            Self::UsePair =>        [OPEN, DISABLED, DELETED, IMPORT, OPEN, CREATING, OPEN],
            Self::Grant =>          [OPEN, DISABLED, DELETED, IMPORT, OPEN, CREATING, OPEN],
            Self::Publish =>        [OPEN, OPEN, DELETED, OPEN, OPEN, CREATING, OPEN],
            Self::Replicate =>      [OPEN, DISABLED, DELETED, IMPORT, UNAVAILABLE, CREATING, UPDATING],
            Self::Rotate =>         [OPEN, DISABLED, DELETED, OPEN, OPEN, CREATING, OPEN],
            Self::RotateNow =>      [OPEN, DISABLED, DELETED, IMPORT, OPEN, CREATING, OPEN],
            Self::PrepareImport =>  [OPEN, OPEN, DELETED, OPEN, OPEN, CREATING, UPDATING],
            Self::Import =>         [OPEN, OPEN, DELETED, OPEN, OPEN, CREATING, OPEN],
            Self::DeleteMaterial => [OPEN, OPEN, OPEN, OPEN, OPEN, CREATING, UPDATING],
            Self::Switch =>         [OPEN, OPEN, DELETED, IMPORT, OPEN, CREATING, UPDATING],
            Self::Edit =>           [OPEN, OPEN, DELETED, OPEN, OPEN, OPEN, OPEN],
            Self::Schedule =>       [OPEN, OPEN, DELETED, OPEN, OPEN, OPEN, UPDATING],
            Self::Cancel =>         [KEPT, KEPT, OPEN, KEPT, KEPT, KEPT, KEPT],
        }
    }
}
