//! The condition keys that depend on the request's members, on the key, and on the world ("AWS KMS condition keys").

use serde_json::{Map, Value};

use crate::{
    arn::{AliasName, KeyRef},
    authz::Context,
    crypto::attestation::Attestation,
    kms::{Key, World},
    ops::spec::{Demand, Spec},
    policy::context::RequestContext,
};

/// A demand with all that its condition keys are made of.
pub(super) struct Facts<'a> {
    pub world: &'a World,
    pub spec: &'a Spec,
    pub demand: &'a Demand,
    pub nth: usize,
    /// Of the demand, if it is on one.
    pub key: Option<&'a Key>,
    /// The key of the other demand of ReEncrypt.
    pub other: Option<&'a Key>,
    pub recipient: Option<&'a Attestation>,
    /// The request as it came.
    pub body: &'a str,
    pub context: Context<'a>,
}

/// Members whose value is that of a condition key, by operation where the same member means several things.
///
/// The condition key, the member, and what counts where the request leaves it out; where that is nothing, the key is
/// absent then.
type Row = (&'static str, &'static str, Option<&'static str>);

const ROWS: &[(&[&str], &[Row])] = &[
    (&["CreateKey", "PutKeyPolicy"], &[("kms:BypassPolicyLockoutSafetyCheck", "BypassPolicyLockoutSafetyCheck", None)]),
    (&["GetKeyPolicy", "PutKeyPolicy"], &[("kms:PolicyName", "PolicyName", Some("default"))]),
    (
        &["CreateKey"],
        &[
            ("kms:KeyOrigin", "Origin", Some("AWS_KMS")),
            ("kms:KeySpec", "KeySpec", Some("SYMMETRIC_DEFAULT")),
            ("kms:KeyUsage", "KeyUsage", Some("ENCRYPT_DECRYPT")),
            ("kms:MultiRegion", "MultiRegion", Some("false")),
        ],
    ),
    (&["Encrypt", "Decrypt"], &[("kms:EncryptionAlgorithm", "EncryptionAlgorithm", Some("SYMMETRIC_DEFAULT"))]),
    (
        &[
            "GenerateDataKey",
            "GenerateDataKeyWithoutPlaintext",
            "GenerateDataKeyPair",
            "GenerateDataKeyPairWithoutPlaintext",
        ],
        &[("kms:EncryptionAlgorithm", "", Some("SYMMETRIC_DEFAULT")), ("kms:DataKeyPairSpec", "KeyPairSpec", None)],
    ),
    (&["DeriveSharedSecret"], &[("kms:KeyAgreementAlgorithm", "KeyAgreementAlgorithm", None)]),
    (&["GenerateMac", "VerifyMac"], &[("kms:MacAlgorithm", "MacAlgorithm", None)]),
    (
        &["Sign", "Verify"],
        &[("kms:SigningAlgorithm", "SigningAlgorithm", None), ("kms:MessageType", "MessageType", Some("RAW"))],
    ),
    (
        &["ImportKeyMaterial"],
        &[("kms:ExpirationModel", "ExpirationModel", Some("KEY_MATERIAL_EXPIRES")), ("kms:ValidTo", "ValidTo", None)],
    ),
    (
        &["GetParametersForImport"],
        &[("kms:WrappingAlgorithm", "WrappingAlgorithm", None), ("kms:WrappingKeySpec", "WrappingKeySpec", None)],
    ),
    (&["UpdatePrimaryRegion"], &[("kms:PrimaryRegion", "PrimaryRegion", None)]),
    (&["ReplicateKey"], &[("kms:ReplicaRegion", "ReplicaRegion", None)]),
    (&["EnableKeyRotation"], &[("kms:RotationPeriodInDays", "RotationPeriodInDays", None)]),
    (&["ScheduleKeyDeletion"], &[("kms:ScheduleKeyDeletionPendingWindowInDays", "PendingWindowInDays", None)]),
    (
        &["CreateGrant"],
        &[
            ("kms:GranteePrincipal", "GranteePrincipal", None),
            ("kms:GranteeServicePrincipal", "GranteeServicePrincipal", None),
            ("kms:RetiringPrincipal", "RetiringPrincipal", None),
            ("kms:RetiringServicePrincipal", "RetiringServicePrincipal", None),
        ],
    ),
];

impl Facts<'_> {
    /// Adds them to what is known of the caller.
    pub(super) fn add(&self, facts: &mut RequestContext) {
        // The request has passed the API model, so it is an object or empty.
        let members: Map<String, Value> = serde_json::from_str(self.body).unwrap_or_default();
        let operation = self.spec.name;
        for (condition_key, member, default) in
            ROWS.iter().filter(|(operations, _)| operations.contains(&operation)).flat_map(|(_, rows)| *rows)
        {
            if let Some(value) = members.get(*member).and_then(plain).or(default.map(str::to_owned)) {
                facts.set(condition_key, value);
            }
        }
        self.add_of_operation(operation, &members, facts);
        self.add_of_key(facts);
        if let Some(named) = self.named(&members).and_then(|text| text.parse::<KeyRef>().ok()) {
            match named {
                KeyRef::Alias(name) => facts.set("kms:RequestAlias", name.as_str()),
                KeyRef::AliasArn(arn) => facts.set("kms:RequestAlias", arn.name.as_str()),
                KeyRef::Id(_) | KeyRef::Arn(_) => {}
            }
        }
        for (number, value) in self.recipient.iter().flat_map(|attested| &attested.measurements) {
            let value: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
            if *number == 0 {
                facts.set("kms:RecipientAttestation:ImageSha384", value.clone());
            }
            facts.set(&format!("kms:RecipientAttestation:PCR{number}"), value);
        }
        let now = self.world.now;
        facts.set("aws:CurrentTime", now.to_the_second().to_string());
        facts.set("aws:EpochTime", (now.millis() / 1000).to_string());
    }

    fn add_of_operation(&self, operation: &str, members: &Map<String, Value>, facts: &mut RequestContext) {
        let list = |member: &str| members.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        match operation {
            "ReEncrypt" => {
                let member = ["SourceEncryptionAlgorithm", "DestinationEncryptionAlgorithm"].get(self.nth).copied();
                let given = member.and_then(|member| members.get(member)).and_then(plain);
                facts.set("kms:EncryptionAlgorithm", given.unwrap_or_else(|| "SYMMETRIC_DEFAULT".to_owned()));
                if let (Some(key), Some(other)) = (self.key, self.other) {
                    facts.set("kms:ReEncryptOnSameKey", key.arn == other.arn);
                }
            }
            "CreateGrant" | "RetireGrant" => self.add_of_grant(list("Operations"), facts),
            "CreateKey" if members.get("MultiRegion") == Some(&Value::Bool(true)) => {
                facts.set("kms:MultiRegionKeyType", "PRIMARY");
            }
            "ScheduleKeyDeletion" | "DisableKey" => {
                if let Some(key) = self.key {
                    let used = self.world.last_use(&key.arn).map_or(key.created, |last| last.at);
                    facts.set("kms:TrailingDaysWithoutKeyUsage", used.until(self.world.now).whole_days().to_string());
                }
            }
            _ => {}
        }
        if matches!(operation, "CreateGrant" | "ListGrants" | "RevokeGrant") {
            facts.set("kms:GrantIsForAWSResource", self.context.forwarding.is_some());
        }
        if matches!(operation, "CreateKey" | "TagResource") {
            let text = |tag: &Value, member: &str| tag.get(member).and_then(Value::as_str).map(str::to_owned);
            let tags = list("Tags").iter().filter_map(|tag| Some((text(tag, "TagKey")?, text(tag, "TagValue")?)));
            let tags: Vec<(String, String)> = tags.collect();
            for (name, value) in &tags {
                facts.set(&format!("aws:RequestTag/{name}"), value.as_str());
            }
            if !tags.is_empty() {
                facts.set_many("aws:TagKeys", tags.iter().map(|(name, _)| name.as_str()));
            }
        } else if operation == "UntagResource" {
            facts.set_many("aws:TagKeys", list("TagKeys").iter().filter_map(Value::as_str));
        }
    }

    /// Of the grant that is asked for, or that is to be retired.
    fn add_of_grant(&self, operations: &[Value], facts: &mut RequestContext) {
        if !operations.is_empty() {
            facts.set_many("kms:GrantOperations", operations.iter().filter_map(Value::as_str));
        }
        let Some(terms) = self.context.new_grant else { return };
        if let Some(source) = &terms.constraints.source_arn {
            facts.set("kms:GrantConstraintSourceArn", source.as_str());
        }
        if let Some(constraint) = &terms.constraints.encryption_context {
            facts.set("kms:GrantConstraintType", constraint.name());
            for (name, value) in constraint.pairs().pairs() {
                facts.set(&format!("kms:EncryptionContext:{name}"), value);
            }
            facts.set_many("kms:EncryptionContextKeys", constraint.pairs().pairs().map(|(name, _)| name));
        }
    }

    fn add_of_key(&self, facts: &mut RequestContext) {
        let Some(key) = self.key else { return };
        facts.set("kms:KeyOrigin", key.origin.as_str());
        facts.set("kms:KeySpec", key.spec.as_str());
        facts.set("kms:KeyUsage", key.usage.as_str());
        facts.set("kms:MultiRegion", key.arn.id.is_multi_region());
        if key.arn.id.is_multi_region() {
            facts.set("kms:MultiRegionKeyType", if key.is_replica() { "REPLICA" } else { "PRIMARY" });
        }
        if self.world.aliases_within_quota(key.arn) {
            facts.set_many(
                "kms:ResourceAliases",
                self.world.deciding_aliases(key.arn).into_iter().map(AliasName::as_str),
            );
        }
        for (name, value) in self.world.deciding_tags(key) {
            facts.set(&format!("aws:ResourceTag/{name}"), value.as_str());
        }
    }

    /// How the request names the key of the demand.
    fn named<'m>(&self, members: &'m Map<String, Value>) -> Option<&'m str> {
        let member = match (self.demand.action, self.nth) {
            ("kms:ReEncryptFrom", _) => "SourceKeyId",
            ("kms:ReEncryptTo", _) => "DestinationKeyId",
            _ => "KeyId",
        };
        members.get(member)?.as_str()
    }
}

/// The text of a value that is one.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
