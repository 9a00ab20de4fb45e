//! The permissions of KMS: what each is on, and whether another account can be given it ("AWS KMS permissions").

/// One permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Without `kms:`.
    pub name: &'static str,
    pub on: On,
    pub reach: Reach,
}

/// What a permission is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Key,
    /// The alias by the caller's own policies, and the key behind it by its key policy.
    AliasAndKey,
    /// No resource; policies then have to say `*`.
    Account,
    /// A grant, whose terms say who may end it.
    Grant,
}

/// Whether a permission can be used on a key of another account at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    OwnAccount,
    AnyAccount,
}

const fn own(name: &'static str) -> Permission {
    Permission { name, on: On::Key, reach: Reach::OwnAccount }
}

const fn any(name: &'static str) -> Permission {
    Permission { name, on: On::Key, reach: Reach::AnyAccount }
}

const fn on_account(name: &'static str) -> Permission {
    Permission { name, on: On::Account, reach: Reach::OwnAccount }
}

const fn on_alias(name: &'static str) -> Permission {
    Permission { name, on: On::AliasAndKey, reach: Reach::OwnAccount }
}

/// All of them, in the order of their names.
pub const PERMISSIONS: &[Permission] = &[
    own("CancelKeyDeletion"),
    on_account("ConnectCustomKeyStore"),
    on_alias("CreateAlias"),
    on_account("CreateCustomKeyStore"),
    any("CreateGrant"),
    on_account("CreateKey"),
    any("Decapsulate"),
    any("Decrypt"),
    on_alias("DeleteAlias"),
    on_account("DeleteCustomKeyStore"),
    own("DeleteImportedKeyMaterial"),
    any("DeriveSharedSecret"),
    on_account("DescribeCustomKeyStores"),
    any("DescribeKey"),
    own("DisableKey"),
    own("DisableKeyRotation"),
    on_account("DisconnectCustomKeyStore"),
    own("EnableKey"),
    own("EnableKeyRotation"),
    any("Encapsulate"),
    any("Encrypt"),
    any("GenerateDataKey"),
    any("GenerateDataKeyPair"),
    any("GenerateDataKeyPairWithoutPlaintext"),
    any("GenerateDataKeyWithoutPlaintext"),
    any("GenerateMac"),
    on_account("GenerateRandom"),
    own("GetKeyLastUsage"),
    own("GetKeyPolicy"),
    any("GetKeyRotationStatus"),
    own("GetParametersForImport"),
    any("GetPublicKey"),
    own("ImportKeyMaterial"),
    on_account("ListAliases"),
    any("ListGrants"),
    own("ListKeyPolicies"),
    own("ListKeyRotations"),
    on_account("ListKeys"),
    own("ListResourceTags"),
    on_account("ListRetirableGrants"),
    own("PutKeyPolicy"),
    any("ReEncryptFrom"),
    any("ReEncryptTo"),
    own("ReplicateKey"),
    Permission { name: "RetireGrant", on: On::Grant, reach: Reach::AnyAccount },
    any("RevokeGrant"),
    own("RotateKeyOnDemand"),
    own("ScheduleKeyDeletion"),
    any("Sign"),
    own("SynchronizeMultiRegionKey"),
    own("TagResource"),
    own("UntagResource"),
    on_alias("UpdateAlias"),
    on_account("UpdateCustomKeyStore"),
    own("UpdateKeyDescription"),
    own("UpdatePrimaryRegion"),
    any("Verify"),
    any("VerifyMac"),
];

/// The permission of that name, which is for example `kms:Decrypt`, whatever its case.
pub fn named(action: &str) -> Option<&'static Permission> {
    let (prefix, name) = action.split_once(':')?;
    let found = PERMISSIONS.iter().find(|permission| permission.name.eq_ignore_ascii_case(name));
    found.filter(|_| prefix.eq_ignore_ascii_case("kms"))
}
