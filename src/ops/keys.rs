//! CreateKey, DescribeKey, ListKeys, UpdateKeyDescription.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    arn::{AccountId, KeyArn, KeyId, Region},
    clock::Timestamp,
    crypto::{blob::MaterialId, secret::SecretBytes},
    kms::{
        Custody, EventKind, Key, KeySpec, KeyState, KeyUsage, Kind, Origin, World,
        store::{Behind, StoreId},
    },
    ops::{
        call::{Call, Operation, Options, Subject},
        members::Members,
        page::{Limits, Page},
        policies,
        refusal::{Refusal, SemanticError},
        spec::{Demand, Spec, States},
        tags::{self, Tag},
        wire::{Empty, EpochSeconds},
    },
};

/// Makes a KMS key (API reference, CreateKey).
pub struct CreateKey {
    policy: Option<String>,
    description: Option<String>,
    key_usage: Option<String>,
    customer_master_key_spec: Option<String>,
    key_spec: Option<String>,
    origin: Option<String>,
    custom_key_store_id: Option<String>,
    bypass_policy_lockout_safety_check: bool,
    tags: Vec<Tag>,
    multi_region: bool,
    xks_key_id: Option<String>,
}

impl Operation for CreateKey {
    const SPEC: Spec = Spec {
        name: "CreateKey",
        demands: &[Demand::own("kms:CreateKey", States::Any), Demand::own("kms:TagResource", States::Any)],
        accepts_alias: false,
    };
    type Output = KeyMetadataOf;

    fn read(members: &mut Members) -> Self {
        Self {
            policy: members.take("Policy"),
            description: members.take("Description"),
            key_usage: members.take("KeyUsage"),
            customer_master_key_spec: members.take("CustomerMasterKeySpec"),
            key_spec: members.take("KeySpec"),
            origin: members.take("Origin"),
            custom_key_store_id: members.take("CustomKeyStoreId"),
            bypass_policy_lockout_safety_check: members.take("BypassPolicyLockoutSafetyCheck"),
            tags: members.take("Tags"),
            multi_region: members.take("MultiRegion"),
            xks_key_id: members.take("XksKeyId"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        let tags = if self.tags.is_empty() { Subject::None } else { Subject::Account };
        vec![Subject::Account, tags]
    }

    fn validate(&self) -> Result<(), Refusal> {
        match (&self.customer_master_key_spec, &self.key_spec) {
            (Some(old), Some(new)) if old != new => return Err(Refusal::Semantic(SemanticError::KeySpecTwice)),
            _ => {}
        }
        let error = match (self.origin.as_deref(), &self.custom_key_store_id, &self.xks_key_id) {
            (Some("AWS_CLOUDHSM"), None, _) => SemanticError::StoreIdMissing { origin: "AWS_CLOUDHSM" },
            (Some(EXTERNAL_KEY_STORE), None, _) => SemanticError::StoreIdMissing { origin: EXTERNAL_KEY_STORE },
            (Some(EXTERNAL_KEY_STORE), Some(_), None) => SemanticError::XksKeyId { needed: true },
            (Some(EXTERNAL_KEY_STORE), Some(_), Some(_)) => return Ok(()),
            (Some(_) | None, _, Some(_)) => SemanticError::XksKeyId { needed: false },
            (Some(_) | None, _, None) => return Ok(()),
        };
        Err(Refusal::Semantic(error))
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        let kind = self.kind()?;
        self.custody(kind, call).map(|_| ())
    }

    fn run(self, call: &mut Call<'_>) -> Result<KeyMetadataOf, Refusal> {
        let custody = self.custody(self.kind()?, call)?;
        let random = call.world.entropy.draw();
        let multi_region = self.multi_region;
        let id = if multi_region { KeyId::multi_region_from_random(random) } else { KeyId::from_random(random) };
        let arn = KeyArn { account: call.caller.account(), region: call.region, id };
        let mut key = self.make(arn, None, call)?;
        if let Some(custody) = custody {
            call.world.entrust(&mut key, custody);
        }
        let metadata = KeyMetadata::new(&key, call.world);
        let created = call.world.add_key(key)?;
        call.events.push(created);
        Ok(KeyMetadataOf { key_metadata: metadata })
    }
}

const EXTERNAL_KEY_STORE: &str = "EXTERNAL_KEY_STORE";

impl CreateKey {
    /// The key that is wanted, under that name and not yet in the world. Its material is fresh unless some is `given`.
    pub fn make(self, arn: KeyArn, given: Option<SecretBytes>, call: &mut Call<'_>) -> Result<Key, Refusal> {
        let kind = self.kind()?;
        let policy = policies::of_new_key(self.policy.as_deref(), arn, self.bypass_policy_lockout_safety_check, call)?;
        let (description, now) = (self.description.unwrap_or_default(), call.world.now);
        let mut key = match given {
            Some(secret) => Key::with_material(arn, kind, policy, description, now, secret),
            None => Key::create(arn, kind, policy, description, now, &mut call.world.entropy),
        };
        key.tags = tags::merge(arn, &BTreeMap::new(), self.tags, call.world.rules())?;
        Ok(key)
    }

    /// Which key store the key is to be in, and as what.
    fn custody(&self, wanted: Kind, call: &Call<'_>) -> Result<Option<Custody>, Refusal> {
        let Some(id) = &self.custom_key_store_id else { return Ok(None) };
        let (account, region) = (call.caller.account(), call.region);
        let kind = call.world.store_in(account, region, id)?.behind.kind();
        let origin = wanted.origin.as_str();
        // The origins of keys in stores are called as the types of stores are.
        if origin != kind {
            return Err(Refusal::Semantic(SemanticError::OriginOfStore { kind, origin }));
        }
        if (wanted.spec, wanted.usage) != (KeySpec::SymmetricDefault, KeyUsage::EncryptDecrypt) {
            return Err(Refusal::NoKeyStoreHas { what: "A KMS key other than a symmetric encryption key" });
        }
        if self.multi_region {
            return Err(Refusal::NoKeyStoreHas { what: "A multi-Region key" });
        }
        Ok(Some(call.world.custody_for(account, region, id, self.xks_key_id.as_deref())?))
    }

    /// What kind of key is wanted, and what for.
    fn kind(&self) -> Result<Kind, Refusal> {
        let not_here = |member: &str, value: &str| Refusal::NotInThisBuild { what: format!("{member} {value}") };
        let spec = match self.key_spec.as_deref().or(self.customer_master_key_spec.as_deref()) {
            None => KeySpec::SymmetricDefault,
            Some("SM2") => return Err(Refusal::OnlyInChina { what: "KeySpec SM2" }),
            Some(name) => name.parse().map_err(|_| not_here("KeySpec", name))?,
        };
        let usage = match (self.key_usage.as_deref(), spec) {
            (None, KeySpec::SymmetricDefault) => KeyUsage::EncryptDecrypt,
            (None, _) => return Err(Refusal::Semantic(SemanticError::KeyUsageMissing)),
            (Some(name), _) => {
                let usage: Option<KeyUsage> = name.parse().ok();
                let incompatible = || SemanticError::KeyUsageOfSpec { usage: name.to_owned(), spec };
                usage
                    .filter(|usage| spec.usages().any(|taken| taken == *usage))
                    .ok_or_else(|| Refusal::Semantic(incompatible()))?
            }
        };
        let origin = match self.origin.as_deref() {
            None | Some("AWS_KMS") => Origin::AwsKms,
            Some("EXTERNAL") if spec.imports() => Origin::External,
            Some("EXTERNAL") => return Err(Refusal::SpecOfOrigin { spec, origin: Origin::External }),
            Some("AWS_CLOUDHSM") => Origin::AwsCloudHsm,
            Some(EXTERNAL_KEY_STORE) => Origin::ExternalKeyStore,
            Some(other) => return Err(not_here("Origin", other)),
        };
        Ok(Kind { spec, usage, origin })
    }
}

/// Everything about a key but its aliases, tags, policy, grants and rotation (API reference, DescribeKey).
pub struct DescribeKey {
    key_id: String,
    grant_tokens: Vec<String>,
}

impl Operation for DescribeKey {
    const SPEC: Spec =
        Spec { name: "DescribeKey", demands: &[Demand::shared("kms:DescribeKey", States::Any)], accepts_alias: true };
    type Output = KeyMetadataOf;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId"), grant_tokens: members.take("GrantTokens") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::KeyToDescribe(&self.key_id)]
    }

    fn options(&self) -> Options<'_> {
        Options { grant_tokens: &self.grant_tokens, ..Options::default() }
    }

    fn run(self, call: &mut Call<'_>) -> Result<KeyMetadataOf, Refusal> {
        Ok(KeyMetadataOf { key_metadata: KeyMetadata::new(call.key(0)?, call.world) })
    }
}

/// The keys of the caller's account and Region (API reference, ListKeys).
pub struct ListKeys {
    limit: Option<u32>,
    marker: Option<String>,
    resource_owners: Vec<String>,
}

impl Operation for ListKeys {
    const SPEC: Spec =
        Spec { name: "ListKeys", demands: &[Demand::own("kms:ListKeys", States::Any)], accepts_alias: false };
    type Output = KeyList;

    fn read(members: &mut Members) -> Self {
        Self {
            limit: members.take("Limit"),
            marker: members.take("Marker"),
            resource_owners: members.take("ResourceOwners"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Account]
    }

    fn run(self, call: &mut Call<'_>) -> Result<KeyList, Refusal> {
        if !self.resource_owners.is_empty() && !self.resource_owners.iter().any(|owner| owner == "SELF") {
            // Nothing is shared through AWS RAM here.
            return Ok(KeyList { keys: Vec::new(), next_marker: None, truncated: false });
        }
        let page: Page<KeyId> = Page::parse(self.limit, self.marker.as_deref(), &Limits { default: 100, most: 1000 })?;
        let keys = call.world.keys_in(call.caller.account(), call.region, page.after).map(|key| key.arn);
        let listed = page.take(keys, |arn| arn.id);
        Ok(KeyList {
            keys: listed.items.into_iter().map(|arn| KeyListEntry { key_id: arn.id, key_arn: arn }).collect(),
            truncated: listed.next_marker.is_some(),
            next_marker: listed.next_marker,
        })
    }
}

/// Replaces a key's description; an empty text clears it (API reference, UpdateKeyDescription).
pub struct UpdateKeyDescription {
    key_id: String,
    description: String,
}

impl Operation for UpdateKeyDescription {
    const SPEC: Spec = Spec {
        name: "UpdateKeyDescription",
        demands: &[Demand::own("kms:UpdateKeyDescription", States::Edit)],
        accepts_alias: false,
    };
    type Output = Empty;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId"), description: members.take("Description") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn run(self, call: &mut Call<'_>) -> Result<Empty, Refusal> {
        call.change(|key, _, _| {
            key.description = self.description;
            Ok(vec![EventKind::DescriptionChanged])
        })?;
        Ok(Empty)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyList {
    keys: Vec<KeyListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyListEntry {
    key_id: KeyId,
    key_arn: KeyArn,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyMetadataOf {
    key_metadata: KeyMetadata,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyMetadata {
    #[serde(rename = "AWSAccountId")]
    aws_account_id: AccountId,
    arn: KeyArn,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_hsm_cluster_id: Option<String>,
    creation_date: EpochSeconds,
    /// Only of symmetric encryption keys, and of those in key stores neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_key_material_id: Option<MaterialId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_key_store_id: Option<StoreId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_master_key_spec: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_date: Option<EpochSeconds>,
    description: String,
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_model: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encapsulation_algorithms: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_algorithms: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_agreement_algorithms: Option<&'static [&'static str]>,
    key_id: KeyId,
    key_manager: &'static str,
    key_spec: &'static str,
    key_state: &'static str,
    key_usage: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac_algorithms: Option<&'static [&'static str]>,
    multi_region: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_region_configuration: Option<MultiRegionConfiguration>,
    origin: &'static str,
    /// Of a primary key that waits for its replicas to be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_deletion_window_in_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_algorithms: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<EpochSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    xks_key_configuration: Option<XksKeyConfiguration>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct XksKeyConfiguration {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MultiRegionConfiguration {
    multi_region_key_type: &'static str,
    primary_key: MultiRegionKey,
    replica_keys: Vec<MultiRegionKey>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MultiRegionKey {
    arn: KeyArn,
    region: Region,
}

impl MultiRegionConfiguration {
    /// The set that `key` belongs to, if it is a multi-Region key; the replicas by Region.
    fn new(key: &Key, world: &World) -> Option<Self> {
        if !key.arn.id.is_multi_region() {
            return None;
        }
        let primary = key.primary_arn();
        let mut replicas: Vec<KeyArn> = world.relatives(primary).map(|replica| replica.arn).collect();
        replicas.sort_unstable();
        let named = |arn: KeyArn| MultiRegionKey { arn, region: arn.region };
        Some(Self {
            multi_region_key_type: if key.is_replica() { "REPLICA" } else { "PRIMARY" },
            primary_key: named(primary),
            replica_keys: replicas.into_iter().map(named).collect(),
        })
    }
}

/// The value of `ExpirationModel` on the wire.
pub fn expiration_model(valid_to: Option<Timestamp>) -> &'static str {
    if valid_to.is_some() { "KEY_MATERIAL_EXPIRES" } else { "KEY_MATERIAL_DOES_NOT_EXPIRE" }
}

impl KeyMetadata {
    /// The key as it is, in the set of those relatives that `world` has.
    pub fn new(key: &Key, world: &World) -> Self {
        let arn = key.arn;
        let state = world.state_of(key);
        let cluster = world.store_of(key).and_then(|store| match &store.behind {
            Behind::Cluster { id, .. } => Some(id.clone()),
            Behind::Proxy(_) => None,
        });
        let external_key = match &key.custody {
            Some(Custody::External { key, .. }) => Some(XksKeyConfiguration { id: key.clone() }),
            Some(Custody::Cluster { .. }) | None => None,
        };
        let rotates = key.spec == KeySpec::SymmetricDefault && key.custody.is_none();
        let algorithms = |usage| (key.usage == usage).then(|| key.spec.algorithms(usage));
        Self {
            aws_account_id: arn.account,
            arn,
            creation_date: EpochSeconds(key.created),
            cloud_hsm_cluster_id: cluster,
            current_key_material_id: key.current().filter(|_| rotates).map(crate::kms::KeyMaterial::id),
            custom_key_store_id: key.custody.as_ref().map(Custody::store),
            customer_master_key_spec: key.spec.old_name(),
            deletion_date: match state {
                KeyState::PendingDeletion { deletion_date } => Some(EpochSeconds(deletion_date)),
                KeyState::Enabled
                | KeyState::Disabled
                | KeyState::PendingReplicaDeletion { .. }
                | KeyState::PendingImport
                | KeyState::Unavailable
                | KeyState::Creating { .. }
                | KeyState::Updating { .. } => None,
            },
            description: key.description.clone(),
            enabled: matches!(state, KeyState::Enabled | KeyState::Updating { .. }),
            expiration_model: key.has_imported().then(|| expiration_model(key.valid_to())),
            encapsulation_algorithms: algorithms(KeyUsage::EncapsulateDecapsulate),
            encryption_algorithms: algorithms(KeyUsage::EncryptDecrypt),
            key_agreement_algorithms: algorithms(KeyUsage::KeyAgreement),
            key_id: arn.id,
            key_manager: key.manager.as_str(),
            key_spec: key.spec.as_str(),
            key_state: state.as_str(),
            key_usage: key.usage.as_str(),
            mac_algorithms: algorithms(KeyUsage::GenerateVerifyMac),
            multi_region: arn.id.is_multi_region(),
            multi_region_configuration: MultiRegionConfiguration::new(key, world),
            origin: key.origin.as_str(),
            pending_deletion_window_in_days: match key.state {
                KeyState::PendingReplicaDeletion { window_days } => Some(window_days),
                KeyState::Enabled
                | KeyState::Disabled
                | KeyState::PendingDeletion { .. }
                | KeyState::PendingImport
                | KeyState::Unavailable
                | KeyState::Creating { .. }
                | KeyState::Updating { .. } => None,
            },
            signing_algorithms: algorithms(KeyUsage::SignVerify),
            valid_to: key.valid_to().map(EpochSeconds),
            xks_key_configuration: external_key,
        }
    }
}
