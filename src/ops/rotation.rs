//! EnableKeyRotation, DisableKeyRotation, GetKeyRotationStatus, RotateKeyOnDemand, ListKeyRotations.

use serde::Serialize;

use crate::{
    arn::{KeyArn, KeyId},
    authz::Reach,
    crypto::blob::MaterialId,
    kms::{EventKind, Key, KeyMaterial, KeyState, KmsError, MadeBy, Origin, Rotation},
    ops::{
        call::{Call, Operation, Subject},
        keys::expiration_model,
        lifecycle::KeyIdOnly,
        members::Members,
        page::{Limits, Page},
        refusal::Refusal,
        spec::{Demand, Spec, States},
        wire::{Empty, EpochSeconds},
    },
};

/// New key material every 90 to 2,560 days, by itself (API reference, EnableKeyRotation).
pub struct EnableKeyRotation {
    key_id: String,
    rotation_period_in_days: Option<u32>,
}

const DEFAULT_PERIOD_DAYS: u32 = 365;

impl Operation for EnableKeyRotation {
    const SPEC: Spec = Spec {
        name: "EnableKeyRotation",
        demands: &[Demand::own("kms:EnableKeyRotation", States::Rotate)],
        accepts_alias: false,
    };
    type Output = Empty;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId"), rotation_period_in_days: members.take("RotationPeriodInDays") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        call.rotates_by_itself()?;
        not_a_replica(call)
    }

    fn run(self, call: &mut Call<'_>) -> Result<Empty, Refusal> {
        let period_days = self.rotation_period_in_days.unwrap_or(DEFAULT_PERIOD_DAYS);
        call.change(|key, now, _| Ok(vec![key.enable_rotation(period_days, now)]))?;
        Ok(Empty)
    }
}

/// No more automatic rotation (API reference, DisableKeyRotation).
pub struct DisableKeyRotation {
    key_id: String,
}

impl Operation for DisableKeyRotation {
    const SPEC: Spec = Spec {
        name: "DisableKeyRotation",
        demands: &[Demand::own("kms:DisableKeyRotation", States::Rotate)],
        accepts_alias: false,
    };
    type Output = Empty;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        call.rotates_by_itself()?;
        not_a_replica(call)
    }

    fn run(self, call: &mut Call<'_>) -> Result<Empty, Refusal> {
        call.change(|key, _, _| {
            if key.rotation == Rotation::Off {
                return Ok(Vec::new());
            }
            key.shared_mut().rotation = Rotation::Off;
            Ok(vec![EventKind::RotationDisabled])
        })?;
        Ok(Empty)
    }
}

/// Whether and when a key rotates by itself (API reference, GetKeyRotationStatus).
pub struct GetKeyRotationStatus {
    key_id: String,
}

impl Operation for GetKeyRotationStatus {
    const SPEC: Spec = Spec {
        name: "GetKeyRotationStatus",
        demands: &[Demand {
            action: "kms:GetKeyRotationStatus",
            reach: Reach::AnyAccount,
            grantable: false,
            states: States::Any,
        }],
        accepts_alias: false,
    };
    type Output = RotationStatus;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        call.symmetric()?;
        let key = call.key(0)?;
        if key.state == KeyState::PendingImport {
            // AWS names the origin here and not the state ("Key states of AWS KMS keys").
            return Err(Refusal::OriginUnsupported { key: key.arn, origin: key.origin });
        }
        Ok(())
    }

    fn run(self, call: &mut Call<'_>) -> Result<RotationStatus, Refusal> {
        let key = call.key(0)?;
        // A key pending deletion reports false; the stored schedule comes back if the deletion is cancelled.
        let on = match (key.state, key.rotation) {
            // What is kept for a cancelled deletion does not show.
            (KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. }, _) | (_, Rotation::Off) => {
                None
            }
            (_, Rotation::On { period_days, next }) => Some((period_days, next)),
        };
        Ok(RotationStatus {
            key_id: key.arn,
            key_rotation_enabled: on.is_some(),
            next_rotation_date: on.map(|(_, next)| EpochSeconds(next)),
            rotation_period_in_days: on.map(|(period_days, _)| period_days),
        })
    }
}

/// New key material now, at most 25 times in a key's life (API reference, RotateKeyOnDemand).
pub struct RotateKeyOnDemand {
    key_id: String,
}

impl Operation for RotateKeyOnDemand {
    const SPEC: Spec = Spec {
        name: "RotateKeyOnDemand",
        demands: &[Demand::own("kms:RotateKeyOnDemand", States::RotateNow)],
        accepts_alias: false,
    };
    type Output = KeyIdOnly;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        call.symmetric()?;
        not_a_replica(call)?;
        let key = call.key(0)?;
        if call.world.awaits_import(key) {
            return Err(KmsError::ReplicasLackMaterial(key.arn).into());
        }
        Ok(())
    }

    fn run(self, call: &mut Call<'_>) -> Result<KeyIdOnly, Refusal> {
        let rules = call.world.rules();
        call.change(|key, now, entropy| Ok(vec![key.rotate_on_demand(rules, now, entropy)?]))?;
        Ok(KeyIdOnly { key_id: call.arn(0)? })
    }
}

/// Every rotation a key had; with `ALL_KEY_MATERIAL` its first material too, and one that waits for its rotation (API reference, ListKeyRotations).
pub struct ListKeyRotations {
    key_id: String,
    include_key_material: Option<String>,
    limit: Option<u32>,
    marker: Option<String>,
}

impl Operation for ListKeyRotations {
    const SPEC: Spec = Spec {
        name: "ListKeyRotations",
        demands: &[Demand::own("kms:ListKeyRotations", States::Any)],
        accepts_alias: false,
    };
    type Output = Rotations;

    fn read(members: &mut Members) -> Self {
        Self {
            key_id: members.take("KeyId"),
            include_key_material: members.take("IncludeKeyMaterial"),
            limit: members.take("Limit"),
            marker: members.take("Marker"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        call.symmetric()
    }

    fn run(self, call: &mut Call<'_>) -> Result<Rotations, Refusal> {
        let page: Page<MaterialId> =
            Page::parse(self.limit, self.marker.as_deref(), &Limits { default: 100, most: 1000 })?;
        let key = call.key(0)?;
        let all = self.include_key_material.as_deref() == Some("ALL_KEY_MATERIAL");
        let awaited = call.world.awaits_import(key);
        let mut materials = key.materials().iter().chain(key.pending());
        if let Some(after) = page.after {
            materials.find(|material| material.id() == after).ok_or(Refusal::InvalidMarker)?;
        }
        // What waits for its rotation was not made by one.
        let materials = materials.filter(|material| all || material.by != MadeBy::Creation);
        let listed = page.take(materials, |material| material.id());
        Ok(Rotations {
            rotations: listed
                .items
                .into_iter()
                .map(|material| RotationsListEntry::new(key, material, awaited))
                .collect(),
            truncated: listed.next_marker.is_some(),
            next_marker: listed.next_marker,
        })
    }
}

/// A replica rotates with its primary and not otherwise.
pub fn not_a_replica(call: &Call<'_>) -> Result<(), Refusal> {
    let key = call.key(0)?;
    if key.is_replica() { Err(Refusal::NotPrimary { key: key.arn }) } else { Ok(()) }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RotationStatus {
    key_id: KeyArn,
    key_rotation_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_rotation_date: Option<EpochSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_period_in_days: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rotations {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    rotations: Vec<RotationsListEntry>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RotationsListEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_model: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    import_state: Option<&'static str>,
    key_id: KeyId,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_description: Option<String>,
    key_material_id: MaterialId,
    key_material_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_date: Option<EpochSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<EpochSeconds>,
}

impl RotationsListEntry {
    /// `awaited` tells whether a related key lacks the material that waits for its rotation.
    fn new(key: &Key, material: &KeyMaterial, awaited: bool) -> Self {
        let rotation_type = match material.by {
            MadeBy::Creation => None,
            MadeBy::AutomaticRotation => Some("AUTOMATIC"),
            MadeBy::OnDemandRotation => Some("ON_DEMAND"),
        };
        let is = |other: Option<&KeyMaterial>| other.is_some_and(|other| other.id() == material.id());
        let state = match (is(key.pending()), is(key.current())) {
            (true, _) if awaited => "PENDING_MULTI_REGION_IMPORT_AND_ROTATION",
            (true, _) => "PENDING_ROTATION",
            (false, true) => "CURRENT",
            (false, false) => "NON_CURRENT",
        };
        let imported = key.origin == Origin::External;
        let is_held = key.secret(material).is_some();
        Self {
            expiration_model: (imported && is_held).then(|| expiration_model(key.valid_to_of(material))),
            import_state: imported.then_some(if is_held { "IMPORTED" } else { "PENDING_IMPORT" }),
            key_id: key.arn.id,
            key_material_description: material.description().map(ToOwned::to_owned),
            key_material_id: material.id(),
            key_material_state: state,
            rotation_date: rotation_type.map(|_| EpochSeconds(material.since)),
            rotation_type,
            valid_to: key.valid_to_of(material).map(EpochSeconds),
        }
    }
}
