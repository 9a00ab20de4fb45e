//! One KMS key (older texts say CMK, customer master key): its identity, state, policy and every key material it had.

use std::{borrow::Cow, collections::BTreeMap, ops::Deref, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    arn::{KeyArn, Region},
    clock::{Span, Timestamp},
    crypto::{
        blob::{MaterialId, Naming},
        secret::{self, SecretBytes},
    },
    entropy::Entropy,
    kms::{
        error::KmsError,
        event::EventKind,
        material::{KeyMaterial, MadeBy},
        quota::{Holder, Quota},
        rules::Rules,
        spec::{KeySpec, KeyUsage},
        store::custody::Custody,
    },
    policy::Policy,
};

/// What a key is, from when it is made and for ever.
#[derive(Clone, Copy)]
pub struct Kind {
    pub spec: KeySpec,
    pub usage: KeyUsage,
    pub origin: Origin,
}

/// A KMS key: what is its own, and a record it shares with its related multi-Region keys.
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
    #[serde(default, skip_serializing_if = "KeyManager::is_customer")]
    pub manager: KeyManager,
    /// The bytes that its owner brought to this key; each related key needs its own copy.
    ///
    /// INVARIANT: of materials that the set has or that wait for a rotation, and only of origin `EXTERNAL`. An enabled
    /// key has the bytes of every one of [`Shared::materials`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) imported: BTreeMap<MaterialId, Imported>,
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
    /// INVARIANT: oldest first; the last is current and the only one that encrypts. Empty only in a key of origin
    /// `EXTERNAL` into which nothing was imported yet.
    pub(super) materials: Vec<KeyMaterial>,
    /// Imported for the next rotation on demand: not current and, until then, not for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pending: Option<KeyMaterial>,
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

/// Who decides over a key: who may use it, whether it rotates, when it is deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub enum KeyManager {
    #[default]
    Customer,
    Aws,
}

impl KeyManager {
    /// The value of `KeyManager` on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "CUSTOMER",
            Self::Aws => "AWS",
        }
    }

    fn is_customer(&self) -> bool {
        *self == Self::Customer
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

/// Imported bytes, for as long as they are there.
#[derive(Clone, Deserialize, Serialize)]
pub struct Imported {
    #[serde(with = "secret::cleartext_snapshot")]
    pub(super) secret: SecretBytes,
    /// When they expire; never, if that is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) valid_to: Option<Timestamp>,
}

/// The current key material of a key that has its bytes.
pub struct Usable<'a> {
    pub id: MaterialId,
    /// For the cryptography inside KMS only.
    pub secret: Cow<'a, SecretBytes>,
}

impl Shared {
    /// Forgets the bytes of all materials, which another has taken over.
    pub(in crate::kms) fn leave_material(&mut self) {
        self.materials.iter_mut().for_each(KeyMaterial::forget_secret);
    }

    /// Those it has for ever, oldest first; the last is current.
    pub fn materials(&self) -> &[KeyMaterial] {
        &self.materials
    }

    /// Imported for the next rotation on demand.
    pub fn pending(&self) -> Option<&KeyMaterial> {
        self.pending.as_ref()
    }

    /// The material that encrypts now, whether or not its bytes are there.
    pub fn current(&self) -> Option<&KeyMaterial> {
        self.materials.last()
    }

    /// The material of that id, current or not.
    pub fn material(&self, id: MaterialId) -> Option<&KeyMaterial> {
        self.materials.iter().rev().find(|material| material.id() == id)
    }
}

impl Key {
    /// A new key with rotation off: enabled and with fresh material or, of origin `EXTERNAL`, waiting for its owner's.
    pub fn create(
        arn: KeyArn,
        kind: Kind,
        policy: Policy,
        description: String,
        now: Timestamp,
        entropy: &mut Entropy,
    ) -> Self {
        let material = match kind.origin {
            Origin::External => None,
            Origin::AwsKms | Origin::AwsCloudHsm | Origin::ExternalKeyStore => {
                let naming = Naming::of_key(&arn.id.to_string());
                Some(KeyMaterial::draw(&naming, kind.spec, MadeBy::Creation, now, entropy))
            }
        };
        Self::new(arn, kind, policy, description, now, material)
    }

    /// A new enabled key with material of one's own, which no operation of AWS makes.
    pub fn with_material(
        arn: KeyArn,
        kind: Kind,
        policy: Policy,
        description: String,
        now: Timestamp,
        secret: SecretBytes,
    ) -> Self {
        let naming = Naming::of_key(&arn.id.to_string());
        let material = KeyMaterial::new(&naming, secret, MadeBy::Creation, now);
        Self::new(arn, kind, policy, description, now, Some(material))
    }

    fn new(
        arn: KeyArn,
        Kind { spec, usage, origin }: Kind,
        policy: Policy,
        description: String,
        now: Timestamp,
        material: Option<KeyMaterial>,
    ) -> Self {
        Self {
            arn,
            created: now,
            description,
            policy,
            tags: BTreeMap::new(),
            state: if material.is_some() { KeyState::Enabled } else { KeyState::PendingImport },
            manager: KeyManager::Customer,
            imported: BTreeMap::new(),
            custody: None,
            shared: Arc::new(Shared {
                spec,
                usage,
                origin,
                rotation: Rotation::Off,
                primary: None,
                materials: material.into_iter().collect(),
                pending: None,
            }),
        }
    }

    /// The bytes of one of its materials, if they are there; for the cryptography inside KMS only.
    pub fn secret<'a>(&'a self, material: &'a KeyMaterial) -> Option<Cow<'a, SecretBytes>> {
        material.secret().or_else(|| Some(Cow::Borrowed(&self.imported.get(&material.id())?.secret)))
    }

    /// The material that encrypts now.
    pub fn usable(&self) -> Result<Usable<'_>, KmsError> {
        let current = self.current().and_then(|material| Some((material.id(), self.secret(material)?)));
        current.map(|(id, secret)| Usable { id, secret }).ok_or(KmsError::MaterialMissing(self.arn))
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

    /// Derives the ids of this key's materials.
    pub(super) fn naming(&self) -> Naming {
        Naming::of_key(&self.arn.id.to_string())
    }

    /// New current material now: fresh, or what was imported for it. The automatic schedule stays as it is.
    pub fn rotate_on_demand(
        &mut self,
        rules: Rules,
        now: Timestamp,
        entropy: &mut Entropy,
    ) -> Result<EventKind, KmsError> {
        if self.next_rotation().is_some_and(|due| now.until(due) <= Span::minutes(20)) {
            return Err(KmsError::RotationImminent(self.arn));
        }
        let so_far = self.materials.iter().filter(|material| material.by == MadeBy::OnDemandRotation).count();
        Quota::OnDemandRotationsPerKey.check(rules, Holder::Key(self.arn), so_far.saturating_add(1))?;
        match self.origin {
            Origin::AwsKms | Origin::AwsCloudHsm | Origin::ExternalKeyStore => {
                Ok(self.rotate(MadeBy::OnDemandRotation, now, entropy))
            }
            Origin::External => {
                let mut imported = self.shared_mut().pending.take().ok_or(KmsError::NothingToRotateTo(self.arn))?;
                (imported.by, imported.since) = (MadeBy::OnDemandRotation, now);
                Ok(self.succeed(imported))
            }
        }
    }

    fn rotate(&mut self, by: MadeBy, now: Timestamp, entropy: &mut Entropy) -> EventKind {
        let material = KeyMaterial::draw(&self.naming(), self.spec, by, now, entropy);
        self.succeed(material)
    }

    /// As [`Self::rotate_automatically`] several times: with the materials of those rotations, and the date after the last.
    pub(super) fn rotate_along(&mut self, fresh: Vec<KeyMaterial>, next: Timestamp) {
        let shared = self.shared_mut();
        shared.materials.extend(fresh);
        if let Rotation::On { next: date, .. } = &mut shared.rotation {
            *date = next;
        }
    }

    /// Makes `material` the current one.
    fn succeed(&mut self, material: KeyMaterial) -> EventKind {
        let (previous, current, by) = (self.current().map(KeyMaterial::name), material.name(), material.by);
        self.shared_mut().materials.push(material);
        EventKind::MaterialRotated { previous, current, by }
    }
}
