//! CreateKey, DescribeKey, ListKeys, UpdateKeyDescription.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    arn::{AccountId, KeyArn, KeyId, Region},
    crypto::blob::MaterialId,
    estate::default_key_policy,
    kms::{EventKind, Key, KeyState},
    ops::{
        call::{Call, Operation, Options, Subject},
        page::{Limits, Page},
        policies,
        refusal::{Refusal, SemanticError},
        spec::{Demand, Spec, States},
        tags::{self, Tag},
        wire::{Empty, EpochSeconds},
    },
};

/// Makes a KMS key (API reference, CreateKey).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateKey {
    policy: Option<String>,
    description: Option<String>,
    key_usage: Option<String>,
    customer_master_key_spec: Option<String>,
    key_spec: Option<String>,
    origin: Option<String>,
    custom_key_store_id: Option<String>,
    bypass_policy_lockout_safety_check: Option<bool>,
    #[serde(default)]
    tags: Vec<Tag>,
    multi_region: Option<bool>,
    xks_key_id: Option<String>,
}

impl Operation for CreateKey {
    const SPEC: Spec = Spec {
        name: "CreateKey",
        demands: &[Demand::own("kms:CreateKey", States::Any), Demand::own("kms:TagResource", States::Any)],
        accepts_alias: false,
    };
    type Output = KeyMetadataOf;

    fn subjects(&self) -> Vec<Subject<'_>> {
        let tags = if self.tags.is_empty() { Subject::None } else { Subject::Account };
        vec![Subject::Account, tags]
    }

    fn validate(&self) -> Result<(), Refusal> {
        match (&self.customer_master_key_spec, &self.key_spec) {
            (Some(old), Some(new)) if old != new => Err(Refusal::Semantic(SemanticError::KeySpecTwice)),
            _ => Ok(()),
        }
    }

    fn check(&self, _call: &Call<'_>) -> Result<(), Refusal> {
        let not_here = |member: &str, value: &str| Refusal::NotInThisBuild { what: format!("{member} {value}") };
        match self.key_spec.as_deref().or(self.customer_master_key_spec.as_deref()) {
            None | Some("SYMMETRIC_DEFAULT") => {}
            Some(other) => return Err(not_here("KeySpec", other)),
        }
        match self.origin.as_deref() {
            None | Some("AWS_KMS") => {}
            Some(other) => return Err(not_here("Origin", other)),
        }
        if let Some(id) = &self.custom_key_store_id {
            return Err(not_here("CustomKeyStoreId", id));
        }
        if let Some(id) = &self.xks_key_id {
            return Err(not_here("XksKeyId", id));
        }
        match self.key_usage.as_deref() {
            None | Some("ENCRYPT_DECRYPT") => Ok(()),
            Some(usage) => Err(Refusal::Semantic(SemanticError::KeyUsageOfSymmetric { usage: usage.to_owned() })),
        }
    }

    fn run(self, call: &mut Call<'_>) -> Result<KeyMetadataOf, Refusal> {
        let account = call.caller.account();
        let random = call.world.entropy.draw();
        let multi_region = self.multi_region.unwrap_or(false);
        let id = if multi_region { KeyId::multi_region_from_random(random) } else { KeyId::from_random(random) };
        let arn = KeyArn { account, region: call.region, id };
        let policy = match &self.policy {
            Some(text) => policies::admit(text, arn, self.bypass_policy_lockout_safety_check.unwrap_or(false), call)?,
            None => policies::parse(&default_key_policy(account))?,
        };
        let now = call.world.now;
        let mut key = Key::create(arn, policy, self.description.unwrap_or_default(), now, &mut call.world.entropy);
        key.tags = tags::merge(arn, &BTreeMap::new(), self.tags)?;
        let metadata = KeyMetadata::new(&key);
        call.world.put_key(key);
        call.events.push(call.world.event(arn, EventKind::KeyCreated));
        Ok(KeyMetadataOf { key_metadata: metadata })
    }
}

/// Everything about a key but its aliases, tags, policy, grants and rotation (API reference, DescribeKey).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeKey {
    key_id: String,
    #[serde(default)]
    grant_tokens: Vec<String>,
}

impl Operation for DescribeKey {
    const SPEC: Spec =
        Spec { name: "DescribeKey", demands: &[Demand::shared("kms:DescribeKey", States::Any)], accepts_alias: true };
    type Output = KeyMetadataOf;

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn options(&self) -> Options<'_> {
        Options { grant_tokens: &self.grant_tokens, ..Options::default() }
    }

    fn run(self, call: &mut Call<'_>) -> Result<KeyMetadataOf, Refusal> {
        Ok(KeyMetadataOf { key_metadata: KeyMetadata::new(call.key(0)?) })
    }
}

/// The keys of the caller's account and Region (API reference, ListKeys).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListKeys {
    limit: Option<u32>,
    marker: Option<String>,
}

impl Operation for ListKeys {
    const SPEC: Spec =
        Spec { name: "ListKeys", demands: &[Demand::own("kms:ListKeys", States::Any)], accepts_alias: false };
    type Output = KeyList;

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Account]
    }

    fn run(self, call: &mut Call<'_>) -> Result<KeyList, Refusal> {
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
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateKeyDescription {
    key_id: String,
    description: String,
}

impl Operation for UpdateKeyDescription {
    const SPEC: Spec = Spec {
        name: "UpdateKeyDescription",
        demands: &[Demand::own("kms:UpdateKeyDescription", States::NotPendingDeletion)],
        accepts_alias: false,
    };
    type Output = Empty;

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
struct KeyMetadata {
    #[serde(rename = "AWSAccountId")]
    aws_account_id: AccountId,
    arn: KeyArn,
    creation_date: EpochSeconds,
    current_key_material_id: MaterialId,
    customer_master_key_spec: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_date: Option<EpochSeconds>,
    description: String,
    enabled: bool,
    encryption_algorithms: [&'static str; 1],
    key_id: KeyId,
    key_manager: &'static str,
    key_spec: &'static str,
    key_state: &'static str,
    key_usage: &'static str,
    multi_region: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_region_configuration: Option<MultiRegionConfiguration>,
    origin: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MultiRegionConfiguration {
    multi_region_key_type: &'static str,
    primary_key: MultiRegionKey,
    replica_keys: [MultiRegionKey; 0],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MultiRegionKey {
    arn: KeyArn,
    region: Region,
}

impl KeyMetadata {
    fn new(key: &Key) -> Self {
        let arn = key.arn;
        let multi_region = arn.id.is_multi_region();
        Self {
            aws_account_id: arn.account,
            arn,
            creation_date: EpochSeconds(key.created),
            current_key_material_id: key.current().id,
            customer_master_key_spec: "SYMMETRIC_DEFAULT",
            deletion_date: match key.state {
                KeyState::PendingDeletion { deletion_date } => Some(EpochSeconds(deletion_date)),
                KeyState::Enabled | KeyState::Disabled => None,
            },
            description: key.description.clone(),
            enabled: key.state == KeyState::Enabled,
            encryption_algorithms: ["SYMMETRIC_DEFAULT"],
            key_id: arn.id,
            key_manager: "CUSTOMER",
            key_spec: "SYMMETRIC_DEFAULT",
            key_state: key.state.as_str(),
            key_usage: "ENCRYPT_DECRYPT",
            multi_region,
            multi_region_configuration: multi_region.then_some(MultiRegionConfiguration {
                multi_region_key_type: "PRIMARY",
                primary_key: MultiRegionKey { arn, region: arn.region },
                replica_keys: [],
            }),
            origin: "AWS_KMS",
        }
    }
}
