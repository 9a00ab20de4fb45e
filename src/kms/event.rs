//! What happened to a key or a custom key store: the facts behind audit records and timelines.

use std::fmt;

use serde::Serialize;

use crate::{
    arn::{AccountId, AliasArn, GrantId, KeyArn, Region},
    clock::Timestamp,
    crypto::blob::MaterialId,
    kms::{
        grant::GrantPrincipal,
        increase::Adjustable,
        material::{MadeBy, MaterialName},
        store::{ConnectionError, StoreId},
    },
};

/// Something that happened to one thing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    pub at: Timestamp,
    #[serde(flatten)]
    pub about: About,
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What an event happened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum About {
    Key(KeyArn),
    Store(StoreId),
    /// The quotas of an account in a Region.
    Account(AccountId, Region),
}

impl About {
    /// The key, if it is one.
    pub fn key(self) -> Option<KeyArn> {
        match self {
            Self::Key(arn) => Some(arn),
            Self::Store(_) | Self::Account(..) => None,
        }
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(arn) => arn.fmt(f),
            Self::Store(id) => id.fmt(f),
            Self::Account(account, region) => write!(f, "account {account} in {region}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event")]
pub enum EventKind {
    KeyCreated,
    KeyEnabled,
    KeyDisabled,
    DescriptionChanged,
    PolicyChanged,
    TagsChanged,
    DeletionScheduled {
        deletion_date: Timestamp,
    },
    /// Of a primary key with replicas, whose waiting period begins when the last of them is gone.
    DeletionAwaitsReplicas {
        window_days: u32,
    },
    DeletionCancelled,
    KeyDeleted,
    /// Its relatives keep the key material.
    ReplicaDeleted,
    RotationEnabled {
        period_days: u32,
        next: Timestamp,
    },
    RotationDisabled,
    /// `valid_to` is absent where the bytes never expire.
    MaterialImported {
        material: MaterialId,
        valid_to: Option<Timestamp>,
    },
    MaterialDeleted {
        material: MaterialId,
    },
    MaterialExpired {
        material: MaterialId,
    },
    MaterialRotated {
        previous: Option<MaterialName>,
        current: MaterialName,
        by: MadeBy,
    },
    AliasCreated {
        alias: AliasArn,
    },
    AliasMoved {
        alias: AliasArn,
        from: KeyArn,
    },
    AliasDeleted {
        alias: AliasArn,
    },
    /// Of the primary key; the replica has a `KeyCreated`.
    KeyReplicated {
        region: Region,
    },
    ReplicaReady,
    /// What the primary key shares was copied to its replicas.
    KeySynchronized,
    /// Of the old and the new primary key.
    PrimaryRegionChanged {
        region: Region,
    },
    /// The keys whose primary Region changed are as usable as before.
    PrimaryUpdated,
    GrantCreated {
        grant: GrantId,
        grantee: GrantPrincipal,
    },
    GrantRetired {
        grant: GrantId,
        grantee: GrantPrincipal,
    },
    GrantRevoked {
        grant: GrantId,
        grantee: GrantPrincipal,
    },
    StoreCreated,
    StoreChanged,
    StoreConnecting {
        until: Timestamp,
    },
    StoreConnected,
    StoreFailed {
        code: ConnectionError,
    },
    StoreDisconnecting {
        until: Timestamp,
    },
    StoreDisconnected,
    StoreDeleted,
    /// An account has what it asked for.
    QuotaRaised {
        quota: Adjustable,
        to: u32,
    },
}

impl EventKind {
    /// What the kind is called, for example `MaterialRotated`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::KeyCreated => "KeyCreated",
            Self::KeyEnabled => "KeyEnabled",
            Self::KeyDisabled => "KeyDisabled",
            Self::DescriptionChanged => "DescriptionChanged",
            Self::PolicyChanged => "PolicyChanged",
            Self::TagsChanged => "TagsChanged",
            Self::DeletionScheduled { .. } => "DeletionScheduled",
            Self::DeletionAwaitsReplicas { .. } => "DeletionAwaitsReplicas",
            Self::DeletionCancelled => "DeletionCancelled",
            Self::KeyDeleted => "KeyDeleted",
            Self::ReplicaDeleted => "ReplicaDeleted",
            Self::RotationEnabled { .. } => "RotationEnabled",
            Self::RotationDisabled => "RotationDisabled",
            Self::MaterialImported { .. } => "MaterialImported",
            Self::MaterialDeleted { .. } => "MaterialDeleted",
            Self::MaterialExpired { .. } => "MaterialExpired",
            Self::MaterialRotated { .. } => "MaterialRotated",
            Self::AliasCreated { .. } => "AliasCreated",
            Self::AliasMoved { .. } => "AliasMoved",
            Self::AliasDeleted { .. } => "AliasDeleted",
            Self::KeyReplicated { .. } => "KeyReplicated",
            Self::ReplicaReady => "ReplicaReady",
            Self::KeySynchronized => "KeySynchronized",
            Self::PrimaryRegionChanged { .. } => "PrimaryRegionChanged",
            Self::PrimaryUpdated => "PrimaryUpdated",
            Self::GrantCreated { .. } => "GrantCreated",
            Self::GrantRetired { .. } => "GrantRetired",
            Self::GrantRevoked { .. } => "GrantRevoked",
            Self::StoreCreated => "StoreCreated",
            Self::StoreChanged => "StoreChanged",
            Self::StoreConnecting { .. } => "StoreConnecting",
            Self::StoreConnected => "StoreConnected",
            Self::StoreFailed { .. } => "StoreFailed",
            Self::StoreDisconnecting { .. } => "StoreDisconnecting",
            Self::StoreDisconnected => "StoreDisconnected",
            Self::StoreDeleted => "StoreDeleted",
            Self::QuotaRaised { .. } => "QuotaRaised",
        }
    }

    /// The event in a few words, for a timeline or a transcript.
    pub fn phrase(&self) -> String {
        match self {
            Self::KeyCreated => "key created".to_owned(),
            Self::KeyEnabled => "key enabled".to_owned(),
            Self::KeyDisabled => "key disabled".to_owned(),
            Self::DescriptionChanged => "description changed".to_owned(),
            Self::PolicyChanged => "key policy changed".to_owned(),
            Self::TagsChanged => "tags changed".to_owned(),
            Self::DeletionScheduled { deletion_date } => format!("deletion scheduled for {deletion_date}"),
            Self::DeletionAwaitsReplicas { window_days } => {
                format!("deletion {window_days} days after that of the last replica")
            }
            Self::DeletionCancelled => "deletion cancelled".to_owned(),
            Self::KeyDeleted => "key deleted, with its material and its aliases".to_owned(),
            Self::ReplicaDeleted => "replica key deleted, with its aliases".to_owned(),
            Self::RotationEnabled { period_days, next } => {
                format!("automatic rotation every {period_days} days, next on {next}")
            }
            Self::RotationDisabled => "automatic rotation off".to_owned(),
            Self::MaterialImported { valid_to: Some(valid_to), .. } => {
                format!("key material imported, valid to {valid_to}")
            }
            Self::MaterialImported { valid_to: None, .. } => "key material imported".to_owned(),
            Self::MaterialDeleted { .. } => "imported key material deleted".to_owned(),
            Self::MaterialExpired { .. } => "imported key material expired".to_owned(),
            Self::MaterialRotated { by: MadeBy::OnDemandRotation, .. } => "key material rotated on demand".to_owned(),
            Self::MaterialRotated { .. } => "key material rotated automatically".to_owned(),
            Self::AliasCreated { alias } => format!("{} created", alias.name),
            Self::AliasMoved { alias, from } => format!("{} moved here from key {}", alias.name, from.id),
            Self::AliasDeleted { alias } => format!("{} deleted", alias.name),
            Self::KeyReplicated { region } => format!("replicated to {region}"),
            Self::ReplicaReady => "replica key ready".to_owned(),
            Self::KeySynchronized => "replica keys synchronized".to_owned(),
            Self::PrimaryRegionChanged { region } => format!("primary key is now in {region}"),
            Self::PrimaryUpdated => "update of the primary Region finished".to_owned(),
            Self::GrantCreated { grantee, .. } => format!("grant to {grantee} created"),
            Self::GrantRetired { grantee, .. } => format!("grant to {grantee} retired"),
            Self::GrantRevoked { grantee, .. } => format!("grant to {grantee} revoked"),
            Self::StoreCreated => "key store created, not connected".to_owned(),
            Self::StoreChanged => "key store changed".to_owned(),
            Self::StoreConnecting { until } => format!("key store connecting until {until}"),
            Self::StoreConnected => "key store connected".to_owned(),
            Self::StoreFailed { code } => format!("key store failed to connect: {}", code.as_str()),
            Self::StoreDisconnecting { until } => format!("key store disconnecting until {until}"),
            Self::StoreDisconnected => "key store disconnected".to_owned(),
            Self::StoreDeleted => "key store deleted".to_owned(),
            Self::QuotaRaised { quota, to } => format!("{quota} raised to {to}"),
        }
    }
}
