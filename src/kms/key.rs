//! One KMS key (older texts say CMK, customer master key): its identity, state, policy and every key material it had.

use std::{collections::BTreeMap, ops::Deref, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    arn::{KeyArn, Region},
    clock::{Span, Timestamp},
    crypto::{
        blob::MaterialId,
        secret::{self, SecretBytes},
    },
    entropy::Entropy,
    kms::{
        ON_DEMAND_ROTATIONS_PER_KEY,
        error::KmsError,
        event::EventKind,
        spec::{KeySpec, KeyUsage},
        store::custody::Custody,
    },
    policy::Policy,
};

/// A customer managed key: what is its own, and a record it shares with its related multi-Region keys.
///
/// What is shared reads as if it were the key's: `key.spec`. Changing it says so: [`Key::shared_mut`].
#[derive(Clone, Deserialize, Serialize)]
pub struct Key {
    pub arn: KeyArn,
    pub created: Timestamp,
    pub description: String,
    pub policy: Policy,
    pub tags: BTreeMap<String, String>,
    pub state: KeyState,
    /// Only of a key in a custom key store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custody: Option<Custody>,
    /// INVARIANT: one record for all related keys of a world, which `World::put_key` sees to.
    #[serde(flatten)]
    pub(super) shared: Arc<Shared>,
}

/// What related multi-Region keys always have in common ("Multi-Region keys", shared properties). Every other key has
/// a record to itself.
#[derive(Clone, Deserialize, Serialize)]
pub struct Shared {
    /// Worlds saved before there were others have symmetric encryption keys only.
    #[serde(default)]
    pub spec: KeySpec,
    #[serde(default)]
    pub usage: KeyUsage,
    #[serde(default)]
    pub origin: Origin,
    pub rotation: Rotation,
    /// Where the primary key is. Absent while the key never had relatives: it is its own primary then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<Region>,
    /// INVARIANT: oldest first, never empty; the last is current and the only one that encrypts.
    materials: Vec<KeyMaterial>,
}

impl Deref for Key {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

/// Whether the key can be used ("Key states of AWS KMS keys").
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum KeyState {
    Enabled,
    Disabled,
    PendingDeletion {
        deletion_date: Timestamp,
    },
    /// A multi-Region primary key that waits for its replicas to be deleted; then its own waiting period begins.
    PendingReplicaDeletion {
        window_days: u32,
    },
    /// A key of origin `EXTERNAL` that lacks key material.
    PendingImport,
    /// The custom key store is not connected.
    Unavailable,
    /// A replica key on its way. It ends by itself: the key is enabled, or waits for its imported key material.
    Creating {
        until: Timestamp,
    },
    /// The old or the new primary key of a set whose primary is changing. It ends by itself: the key is enabled.
    Updating {
        until: Timestamp,
    },
}

impl KeyState {
    /// The value of `KeyState` on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion { .. } => "PendingDeletion",
            Self::PendingReplicaDeletion { .. } => "PendingReplicaDeletion",
            Self::PendingImport => "PendingImport",
            Self::Unavailable => "Unavailable",
            Self::Creating { .. } => "Creating",
            Self::Updating { .. } => "Updating",
        }
    }
}

/// Where key material comes from. A key has one origin, for ever.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub enum Origin {
    #[default]
    AwsKms,
    /// Imported by its owner.
    External,
    /// Made in the owner's CloudHSM cluster, behind a custom key store.
    AwsCloudHsm,
    /// Of a key manager outside AWS, behind a custom key store; KMS has a layer of its own.
    ExternalKeyStore,
}

impl Origin {
    /// The value of `Origin` on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwsKms => "AWS_KMS",
            Self::External => "EXTERNAL",
            Self::AwsCloudHsm => "AWS_CLOUDHSM",
            Self::ExternalKeyStore => "EXTERNAL_KEY_STORE",
        }
    }
}

/// Automatic rotation of the key material.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Rotation {
    Off,
    On { period_days: u32, next: Timestamp },
}

/// What made a key material.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum MadeBy {
    Creation,
    AutomaticRotation,
    OnDemandRotation,
}

/// The secret bytes of a key, which never leave KMS, and when they came.
#[derive(Clone, Deserialize, Serialize)]
pub struct KeyMaterial {
    pub id: MaterialId,
    pub since: Timestamp,
    pub by: MadeBy,
    /// Empty where the bytes are in a cluster behind a key store.
    #[serde(with = "secret::cleartext_snapshot")]
    secret: SecretBytes,
}

impl KeyMaterial {
    #[expect(clippy::expect_used, reason = "what is drawn for a spec is a key of that spec, which tests hold")]
    fn draw(arn: &KeyArn, spec: KeySpec, by: MadeBy, now: Timestamp, entropy: &mut Entropy) -> Self {
        let secret = spec.draw(entropy).expect("a fresh key");
        Self { id: MaterialId::derive(&arn.id.to_string(), secret.expose()), since: now, by, secret }
    }

    /// The bytes, for the cryptography inside KMS only.
    pub fn secret(&self) -> &SecretBytes {
        &self.secret
    }
}

impl Shared {
    /// Forgets the bytes of all materials, which another has taken over.
    pub(in crate::kms) fn leave_material(&mut self) {
        for material in &mut self.materials {
            material.secret = SecretBytes::from_vec(Vec::new());
        }
    }

    /// Oldest first; the last is current.
    pub fn materials(&self) -> &[KeyMaterial] {
        &self.materials
    }

    /// The material that encrypts now.
    #[expect(clippy::expect_used, reason = "a key is made with one material and none is ever removed")]
    pub fn current(&self) -> &KeyMaterial {
        self.materials.last().expect("never empty")
    }

    /// The material of that id, current or not.
    pub fn material(&self, id: MaterialId) -> Option<&KeyMaterial> {
        self.materials.iter().rev().find(|material| material.id == id)
    }
}

impl Key {
    /// A new enabled key with fresh material and rotation off.
    pub fn create(
        arn: KeyArn,
        (spec, usage): (KeySpec, KeyUsage),
        policy: Policy,
        description: String,
        now: Timestamp,
        entropy: &mut Entropy,
    ) -> Self {
        Self {
            arn,
            created: now,
            description,
            policy,
            tags: BTreeMap::new(),
            state: KeyState::Enabled,
            custody: None,
            shared: Arc::new(Shared {
                spec,
                usage,
                origin: Origin::AwsKms,
                rotation: Rotation::Off,
                primary: None,
                materials: vec![KeyMaterial::draw(&arn, spec, MadeBy::Creation, now, entropy)],
            }),
        }
    }

    /// Changes what related keys have in common, for all of them once the key is put into its world.
    pub fn shared_mut(&mut self) -> &mut Shared {
        Arc::make_mut(&mut self.shared)
    }

    /// When the key rotates by itself, if it will: never while disabled or pending deletion, and replicas never.
    pub fn next_rotation(&self) -> Option<Timestamp> {
        match (self.state, self.rotation) {
            (KeyState::Enabled | KeyState::Updating { .. }, Rotation::On { next, .. }) if !self.is_replica() => {
                Some(next)
            }
            (
                KeyState::Enabled
                | KeyState::Updating { .. }
                | KeyState::Disabled
                | KeyState::PendingDeletion { .. }
                | KeyState::PendingReplicaDeletion { .. }
                | KeyState::PendingImport
                | KeyState::Unavailable
                | KeyState::Creating { .. },
                _,
            ) => None,
        }
    }

    /// Makes the key usable; an automatic rotation that fell due meanwhile happens at once.
    pub fn enable(&mut self, now: Timestamp, entropy: &mut Entropy) -> Vec<EventKind> {
        self.state = KeyState::Enabled;
        let mut happened = vec![EventKind::KeyEnabled];
        if self.next_rotation().is_some_and(|due| due <= now) {
            happened.push(self.rotate_automatically(now, entropy));
        }
        happened
    }

    /// Turns automatic rotation on, counted from now; on again restarts the schedule.
    pub fn enable_rotation(&mut self, period_days: u32, now: Timestamp) -> EventKind {
        let next = now.after(Span::days(period_days));
        self.shared_mut().rotation = Rotation::On { period_days, next };
        EventKind::RotationEnabled { period_days, next }
    }

    /// New current material; the next automatic rotation is a period later.
    pub fn rotate_automatically(&mut self, now: Timestamp, entropy: &mut Entropy) -> EventKind {
        if let Rotation::On { period_days, .. } = self.rotation {
            self.shared_mut().rotation = Rotation::On { period_days, next: now.after(Span::days(period_days)) };
        }
        self.rotate(MadeBy::AutomaticRotation, now, entropy)
    }

    /// New current material now; the automatic schedule stays as it is.
    pub fn rotate_on_demand(&mut self, now: Timestamp, entropy: &mut Entropy) -> Result<EventKind, KmsError> {
        if self.next_rotation().is_some_and(|due| now.until(due) <= Span::minutes(20)) {
            return Err(KmsError::RotationImminent(self.arn));
        }
        let so_far = self.materials.iter().filter(|material| material.by == MadeBy::OnDemandRotation).count();
        if so_far >= ON_DEMAND_ROTATIONS_PER_KEY {
            return Err(KmsError::TooManyOnDemandRotations(self.arn));
        }
        Ok(self.rotate(MadeBy::OnDemandRotation, now, entropy))
    }

    fn rotate(&mut self, by: MadeBy, now: Timestamp, entropy: &mut Entropy) -> EventKind {
        let previous = self.current().id;
        let material = KeyMaterial::draw(&self.arn, self.spec, by, now, entropy);
        let current = material.id;
        self.shared_mut().materials.push(material);
        EventKind::MaterialRotated { previous, current, by }
    }
}
