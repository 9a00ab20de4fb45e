//! The condition keys that requests to AWS KMS can have ("AWS KMS condition keys", "AWS global condition context keys").

use crate::authz::permission::{On, Permission};

/// A condition key, or all keys with the same beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionKey {
    /// Where it ends in `:` or `/`, a name of the writer's own follows.
    pub name: &'static str,
    pub sort: ValueSort,
    /// It has a list of values, which takes `ForAllValues` or `ForAnyValue`.
    pub multivalued: bool,
    pub operations: Operations,
}

/// What its values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueSort {
    Text,
    Boolean,
    Number,
    Date,
    Arn,
    Address,
}

/// Which requests can have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operations {
    Any,
    /// Those on a key.
    OnKey,
    /// Those on a key, and CreateKey.
    OnKeyOrNew,
    These(&'static [&'static str]),
}

impl Operations {
    /// Whether requests for the permission can have the key.
    pub fn include(self, permission: &Permission) -> bool {
        match self {
            Self::Any => true,
            Self::OnKey => permission.on != On::Account,
            Self::OnKeyOrNew => permission.on != On::Account || permission.name == "CreateKey",
            Self::These(names) => names.contains(&permission.name),
        }
    }
}

use Operations::{Any, OnKey, OnKeyOrNew, These};
use ValueSort::{Address, Arn, Boolean, Date, Number, Text};

const fn one(name: &'static str, sort: ValueSort, operations: Operations) -> ConditionKey {
    ConditionKey { name, sort, multivalued: false, operations }
}

const fn many(name: &'static str, operations: Operations) -> ConditionKey {
    ConditionKey { name, sort: Text, multivalued: true, operations }
}

const ENCRYPTION: &[&str] = &[
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
];
const ENCRYPTION_AND_GRANTS: &[&str] = &[
    "CreateGrant",
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "RetireGrant",
];
const ATTESTED: &[&str] =
    &["Decrypt", "DeriveSharedSecret", "GenerateDataKey", "GenerateDataKeyPair", "GenerateRandom"];
const BY_ALIAS: &[&str] = &[
    "Decapsulate",
    "Decrypt",
    "DeriveSharedSecret",
    "DescribeKey",
    "Encapsulate",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "GetPublicKey",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "VerifyMac",
];
const GRANT_MAKING: Operations = These(&["CreateGrant"]);

/// All of them, in the order of their names.
pub const CONDITION_KEYS: &[ConditionKey] = &[
    many("aws:CalledVia", Any),
    one("aws:CalledViaFirst", Text, Any),
    one("aws:CalledViaLast", Text, Any),
    one("aws:CurrentTime", Date, Any),
    one("aws:EpochTime", Date, Any),
    one("aws:FederatedProvider", Text, Any),
    one("aws:MultiFactorAuthAge", Number, Any),
    one("aws:MultiFactorAuthPresent", Boolean, Any),
    one("aws:PrincipalAccount", Text, Any),
    one("aws:PrincipalArn", Arn, Any),
    one("aws:PrincipalIsAWSService", Boolean, Any),
    one("aws:PrincipalOrgID", Text, Any),
    many("aws:PrincipalOrgPaths", Any),
    one("aws:PrincipalServiceName", Text, Any),
    many("aws:PrincipalServiceNamesList", Any),
    one("aws:PrincipalTag/", Text, Any),
    one("aws:PrincipalType", Text, Any),
    one("aws:RequestTag/", Text, These(&["CreateKey", "ReplicateKey", "TagResource"])),
    one("aws:RequestedRegion", Text, Any),
    one("aws:ResourceAccount", Text, Any),
    one("aws:ResourceOrgID", Text, Any),
    many("aws:ResourceOrgPaths", Any),
    one("aws:ResourceTag/", Text, OnKey),
    one("aws:SecureTransport", Boolean, Any),
    one("aws:SourceAccount", Text, Any),
    one("aws:SourceArn", Arn, Any),
    one("aws:SourceIdentity", Text, Any),
    one("aws:SourceIp", Address, Any),
    one("aws:SourceOrgID", Text, Any),
    many("aws:SourceOrgPaths", Any),
    one("aws:SourceVpc", Text, Any),
    one("aws:SourceVpce", Text, Any),
    many("aws:TagKeys", These(&["CreateKey", "ReplicateKey", "TagResource", "UntagResource"])),
    one("aws:TokenIssueTime", Date, Any),
    one("aws:UserAgent", Text, Any),
    one("aws:ViaAWSService", Boolean, Any),
    one("aws:VpcSourceIp", Address, Any),
    one("aws:referer", Text, Any),
    one("aws:userid", Text, Any),
    one("aws:username", Text, Any),
    one("kms:BypassPolicyLockoutSafetyCheck", Boolean, These(&["CreateKey", "PutKeyPolicy", "ReplicateKey"])),
    one("kms:CallerAccount", Text, Any),
    one("kms:CustomerMasterKeySpec", Text, OnKeyOrNew),
    one("kms:CustomerMasterKeyUsage", Text, OnKeyOrNew),
    one("kms:DataKeyPairSpec", Text, These(&["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"])),
    one("kms:EncryptionAlgorithm", Text, These(ENCRYPTION)),
    one("kms:EncryptionContext:", Text, These(ENCRYPTION_AND_GRANTS)),
    many("kms:EncryptionContextKeys", These(ENCRYPTION_AND_GRANTS)),
    one("kms:ExpirationModel", Text, These(&["ImportKeyMaterial"])),
    one("kms:GrantConstraintSourceArn", Arn, GRANT_MAKING),
    one("kms:GrantConstraintType", Text, These(&["CreateGrant", "RetireGrant"])),
    one("kms:GrantIsForAWSResource", Boolean, These(&["CreateGrant", "ListGrants", "RevokeGrant"])),
    many("kms:GrantOperations", GRANT_MAKING),
    one("kms:GranteePrincipal", Arn, GRANT_MAKING),
    one("kms:GranteeServicePrincipal", Text, GRANT_MAKING),
    one("kms:KeyAgreementAlgorithm", Text, These(&["DeriveSharedSecret"])),
    one("kms:KeyOrigin", Text, OnKeyOrNew),
    one("kms:KeySpec", Text, OnKeyOrNew),
    one("kms:KeyUsage", Text, OnKeyOrNew),
    one("kms:MacAlgorithm", Text, These(&["GenerateMac", "VerifyMac"])),
    one("kms:MessageType", Text, These(&["Sign", "Verify"])),
    one("kms:MultiRegion", Boolean, OnKeyOrNew),
    one("kms:MultiRegionKeyType", Text, OnKeyOrNew),
    one("kms:PolicyName", Text, These(&["GetKeyPolicy", "PutKeyPolicy"])),
    one("kms:PrimaryRegion", Text, These(&["UpdatePrimaryRegion"])),
    one("kms:ReEncryptOnSameKey", Boolean, These(&["ReEncryptFrom", "ReEncryptTo"])),
    one("kms:RecipientAttestation:", Text, These(ATTESTED)),
    one("kms:ReplicaRegion", Text, These(&["ReplicateKey"])),
    one("kms:RequestAlias", Text, These(BY_ALIAS)),
    many("kms:ResourceAliases", OnKey),
    one("kms:RetiringPrincipal", Arn, GRANT_MAKING),
    one("kms:RetiringServicePrincipal", Text, GRANT_MAKING),
    one("kms:RotationPeriodInDays", Number, These(&["EnableKeyRotation"])),
    one("kms:ScheduleKeyDeletionPendingWindowInDays", Number, These(&["ScheduleKeyDeletion"])),
    one("kms:SigningAlgorithm", Text, These(&["Sign", "Verify"])),
    one("kms:TrailingDaysWithoutKeyUsage", Number, These(&["DisableKey", "ScheduleKeyDeletion"])),
    one("kms:ValidTo", Date, These(&["ImportKeyMaterial"])),
    one("kms:ViaService", Text, OnKeyOrNew),
    one("kms:WrappingAlgorithm", Text, These(&["GetParametersForImport"])),
    one("kms:WrappingKeySpec", Text, These(&["GetParametersForImport"])),
];

/// The key of that name, whatever its case.
pub fn named(name: &str) -> Option<&'static ConditionKey> {
    CONDITION_KEYS.iter().find(|key| {
        if key.name.ends_with([':', '/']) {
            let head = name.get(..key.name.len());
            name.len() > key.name.len() && head.is_some_and(|head| head.eq_ignore_ascii_case(key.name))
        } else {
            name.eq_ignore_ascii_case(key.name)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authz::permission::PERMISSIONS;

    #[test]
    fn keys_are_in_order_and_name_permissions() {
        assert!(CONDITION_KEYS.is_sorted_by_key(|key| key.name));
        for key in CONDITION_KEYS {
            let Operations::These(names) = key.operations else { continue };
            for name in names {
                assert!(PERMISSIONS.iter().any(|permission| permission.name == *name), "{name} of {}", key.name);
            }
        }
    }

    #[test]
    fn a_key_is_found_by_its_name_or_its_beginning() {
        for (name, found) in [
            ("KMS:viaservice", Some("kms:ViaService")),
            ("kms:EncryptionContext:tenant", Some("kms:EncryptionContext:")),
            ("kms:EncryptionContext:", None),
            ("kms:EncryptionContextKeys", Some("kms:EncryptionContextKeys")),
            ("aws:PrincipalTag/team", Some("aws:PrincipalTag/")),
            ("aws:PrincipalTag", None),
            ("kms:Via", None),
        ] {
            assert_eq!(named(name).map(|key| key.name), found, "{name}");
        }
    }
}
