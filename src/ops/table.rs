//! The only list of operations.

use serde_json::{Map, Value};

use crate::ops::{
    aliases::{CreateAlias, DeleteAlias, ListAliases, UpdateAlias},
    asymmetric::{DeriveSharedSecret, GetPublicKey, Sign, Verify},
    call::{Call, Operation, invoke},
    data_key_pairs::{GenerateDataKeyPair, GenerateDataKeyPairWithoutPlaintext},
    data_keys::{GenerateDataKey, GenerateDataKeyWithoutPlaintext, GenerateRandom},
    encrypt::{Decrypt, Encrypt, ReEncrypt},
    grants::{CreateGrant, ListGrants, ListRetirableGrants, RetireGrant, RevokeGrant},
    import::{DeleteImportedKeyMaterial, GetParametersForImport, ImportKeyMaterial},
    kem::{Decapsulate, Encapsulate},
    keys::{CreateKey, DescribeKey, ListKeys, UpdateKeyDescription},
    lifecycle::{CancelKeyDeletion, DisableKey, EnableKey, ScheduleKeyDeletion},
    mac::{GenerateMac, VerifyMac},
    policies::{GetKeyPolicy, ListKeyPolicies, PutKeyPolicy},
    refusal::Refusal,
    replicas::{ReplicateKey, UpdatePrimaryRegion},
    rotation::{DisableKeyRotation, EnableKeyRotation, GetKeyRotationStatus, ListKeyRotations, RotateKeyOnDemand},
    spec::Spec,
    stores::{
        ConnectCustomKeyStore, CreateCustomKeyStore, DeleteCustomKeyStore, DescribeCustomKeyStores,
        DisconnectCustomKeyStore, UpdateCustomKeyStore,
    },
    tags::{ListResourceTags, TagResource, UntagResource},
    usage::GetKeyLastUsage,
};

/// An operation's rules and the way in.
pub struct Entry {
    pub spec: &'static Spec,
    pub invoke: fn(Map<String, Value>, &mut Call<'_>) -> Result<String, Refusal>,
}

/// The operation of that name, if this build has it.
pub fn find(name: &str) -> Option<&'static Entry> {
    let at = OPERATIONS.binary_search_by(|entry| entry.spec.name.cmp(name)).ok()?;
    OPERATIONS.get(at)
}

/// Every operation this build has, by name.
pub static OPERATIONS: &[Entry] = &[
    entry::<CancelKeyDeletion>(),
    entry::<ConnectCustomKeyStore>(),
    entry::<CreateAlias>(),
    entry::<CreateCustomKeyStore>(),
    entry::<CreateGrant>(),
    entry::<CreateKey>(),
    entry::<Decapsulate>(),
    entry::<Decrypt>(),
    entry::<DeleteAlias>(),
    entry::<DeleteCustomKeyStore>(),
    entry::<DeleteImportedKeyMaterial>(),
    entry::<DeriveSharedSecret>(),
    entry::<DescribeCustomKeyStores>(),
    entry::<DescribeKey>(),
    entry::<DisableKey>(),
    entry::<DisableKeyRotation>(),
    entry::<DisconnectCustomKeyStore>(),
    entry::<EnableKey>(),
    entry::<EnableKeyRotation>(),
    entry::<Encapsulate>(),
    entry::<Encrypt>(),
    entry::<GenerateDataKey>(),
    entry::<GenerateDataKeyPair>(),
    entry::<GenerateDataKeyPairWithoutPlaintext>(),
    entry::<GenerateDataKeyWithoutPlaintext>(),
    entry::<GenerateMac>(),
    entry::<GenerateRandom>(),
    entry::<GetKeyLastUsage>(),
    entry::<GetKeyPolicy>(),
    entry::<GetKeyRotationStatus>(),
    entry::<GetParametersForImport>(),
    entry::<GetPublicKey>(),
    entry::<ImportKeyMaterial>(),
    entry::<ListAliases>(),
    entry::<ListGrants>(),
    entry::<ListKeyPolicies>(),
    entry::<ListKeyRotations>(),
    entry::<ListKeys>(),
    entry::<ListResourceTags>(),
    entry::<ListRetirableGrants>(),
    entry::<PutKeyPolicy>(),
    entry::<ReEncrypt>(),
    entry::<ReplicateKey>(),
    entry::<RetireGrant>(),
    entry::<RevokeGrant>(),
    entry::<RotateKeyOnDemand>(),
    entry::<ScheduleKeyDeletion>(),
    entry::<Sign>(),
    entry::<TagResource>(),
    entry::<UntagResource>(),
    entry::<UpdateAlias>(),
    entry::<UpdateCustomKeyStore>(),
    entry::<UpdateKeyDescription>(),
    entry::<UpdatePrimaryRegion>(),
    entry::<Verify>(),
    entry::<VerifyMac>(),
];

const fn entry<O: Operation>() -> Entry {
    Entry { spec: &O::SPEC, invoke: invoke::<O> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_without_repeats() {
        assert!(OPERATIONS.is_sorted_by(|one, next| one.spec.name < next.spec.name));
    }
}
