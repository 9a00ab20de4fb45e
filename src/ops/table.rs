//! The only list of operations.

use serde_json::{Map, Value};

use crate::{
    ops::{
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
    },
    rest,
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

/// Every operation this build has, by name. Those that are not [`later`] are what the first lesson and a new world begin
/// with.
pub static OPERATIONS: &[Entry] = &[
    later::<CancelKeyDeletion>(),
    later::<ConnectCustomKeyStore>(),
    entry::<CreateAlias>(),
    later::<CreateCustomKeyStore>(),
    later::<CreateGrant>(),
    entry::<CreateKey>(),
    later::<Decapsulate>(),
    entry::<Decrypt>(),
    later::<DeleteAlias>(),
    later::<DeleteCustomKeyStore>(),
    later::<DeleteImportedKeyMaterial>(),
    later::<DeriveSharedSecret>(),
    later::<DescribeCustomKeyStores>(),
    later::<DescribeKey>(),
    later::<DisableKey>(),
    later::<DisableKeyRotation>(),
    later::<DisconnectCustomKeyStore>(),
    later::<EnableKey>(),
    later::<EnableKeyRotation>(),
    later::<Encapsulate>(),
    entry::<Encrypt>(),
    entry::<GenerateDataKey>(),
    later::<GenerateDataKeyPair>(),
    later::<GenerateDataKeyPairWithoutPlaintext>(),
    later::<GenerateDataKeyWithoutPlaintext>(),
    later::<GenerateMac>(),
    later::<GenerateRandom>(),
    later::<GetKeyLastUsage>(),
    later::<GetKeyPolicy>(),
    later::<GetKeyRotationStatus>(),
    later::<GetParametersForImport>(),
    later::<GetPublicKey>(),
    later::<ImportKeyMaterial>(),
    later::<ListAliases>(),
    later::<ListGrants>(),
    later::<ListKeyPolicies>(),
    later::<ListKeyRotations>(),
    later::<ListKeys>(),
    later::<ListResourceTags>(),
    later::<ListRetirableGrants>(),
    later::<PutKeyPolicy>(),
    later::<ReEncrypt>(),
    later::<ReplicateKey>(),
    later::<RetireGrant>(),
    later::<RevokeGrant>(),
    later::<RotateKeyOnDemand>(),
    later::<ScheduleKeyDeletion>(),
    later::<Sign>(),
    later::<TagResource>(),
    later::<UntagResource>(),
    later::<UpdateAlias>(),
    later::<UpdateCustomKeyStore>(),
    later::<UpdateKeyDescription>(),
    later::<UpdatePrimaryRegion>(),
    later::<Verify>(),
    later::<VerifyMac>(),
];

const fn entry<O: Operation>() -> Entry {
    Entry { spec: &O::SPEC, invoke: invoke::<O> }
}

/// An operation that is of the rest of the program.
const fn later<O: Operation>() -> Entry {
    Entry {
        spec: &O::SPEC,
        invoke: |members, call| {
            rest::needed(move || invoke::<O>(members, call)).unwrap_or(Err(Refusal::Internal { why: "not here yet" }))
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_without_repeats() {
        assert!(OPERATIONS.is_sorted_by(|one, next| one.spec.name < next.spec.name));
    }
}
