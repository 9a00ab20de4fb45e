//! The operations of AWS KMS as a person looks for them: in groups, each with what it does in one sentence.

/// Operations that belong together.
pub struct Group {
    pub name: &'static str,
    /// Name and purpose, in the order in which one meets them.
    pub operations: &'static [(&'static str, &'static str)],
}

/// What an operation does, in one sentence.
pub fn purpose(operation: &str) -> Option<&'static str> {
    let mut all = GROUPS.iter().flat_map(|group| group.operations);
    all.find(|(name, _)| *name == operation).map(|(_, purpose)| *purpose)
}

/// Every operation of the API, also those that this build does not have.
pub const GROUPS: &[Group] = &[
    Group {
        name: "Keys",
        operations: &[
            ("CreateKey", "Makes a KMS key, whose material never leaves KMS."),
            ("DescribeKey", "Tells what a key is and what state it is in."),
            ("ListKeys", "Lists the keys of the account in this Region."),
            ("UpdateKeyDescription", "Replaces the description of a key."),
            ("GetPublicKey", "Gives the public half of an asymmetric key."),
            ("GetKeyLastUsage", "Tells when a key was last used, and for what."),
        ],
    },
    Group {
        name: "Encrypt and decrypt",
        operations: &[
            ("Encrypt", "Encrypts up to 4,096 bytes inside KMS."),
            ("Decrypt", "Opens a ciphertext of Encrypt or of a data key."),
            ("ReEncrypt", "Moves a ciphertext to another key; its plaintext stays inside KMS."),
        ],
    },
    Group {
        name: "Data keys",
        operations: &[
            ("GenerateDataKey", "Makes a key for your own use, in the clear and wrapped."),
            ("GenerateDataKeyWithoutPlaintext", "Makes a wrapped data key, to be opened later."),
            ("GenerateDataKeyPair", "Makes a key pair for your own use, its private key in the clear and wrapped."),
            ("GenerateDataKeyPairWithoutPlaintext", "Makes a key pair whose private key is wrapped only."),
            ("GenerateRandom", "Gives random bytes."),
        ],
    },
    Group {
        name: "Sign, verify, agree",
        operations: &[
            ("Sign", "Signs a message or its digest with a private key."),
            ("Verify", "Holds a signature against a message."),
            ("GenerateMac", "Makes the authentication code of a message."),
            ("VerifyMac", "Holds an authentication code against a message."),
            ("DeriveSharedSecret", "Agrees on a secret with the owner of another public key."),
            ("Encapsulate", "Makes a secret that only the owner of a key can take out again."),
            ("Decapsulate", "Takes that secret out."),
        ],
    },
    Group {
        name: "Key states",
        operations: &[
            ("EnableKey", "Lets a disabled key be used again."),
            ("DisableKey", "Stops every use of a key; nothing is lost."),
            ("ScheduleKeyDeletion", "Deletes a key after 7 to 30 days, and all it sealed with it."),
            ("CancelKeyDeletion", "Saves a key from its deletion; it stays disabled."),
        ],
    },
    Group {
        name: "Aliases",
        operations: &[
            ("CreateAlias", "Gives a key a name."),
            ("UpdateAlias", "Points a name to another key."),
            ("DeleteAlias", "Takes a name away; the key stays."),
            ("ListAliases", "Lists the names and the keys they point to."),
        ],
    },
    Group {
        name: "Policies and grants",
        operations: &[
            ("GetKeyPolicy", "Gives the policy of a key."),
            ("PutKeyPolicy", "Replaces the policy of a key."),
            ("ListKeyPolicies", "Lists the names of a key's policies: always default."),
            ("CreateGrant", "Lets a principal use a key, without touching its policy."),
            ("ListGrants", "Lists the grants of a key."),
            ("ListRetirableGrants", "Lists the grants that a principal may retire."),
            ("RetireGrant", "Ends a grant, by whom it serves."),
            ("RevokeGrant", "Ends a grant, by who owns the key."),
        ],
    },
    Group {
        name: "Rotation",
        operations: &[
            ("EnableKeyRotation", "Lets KMS make new key material every 90 to 2,560 days."),
            ("DisableKeyRotation", "Stops automatic rotation; old material stays."),
            ("GetKeyRotationStatus", "Tells whether and when a key rotates."),
            ("ListKeyRotations", "Lists the rotations that were."),
            ("RotateKeyOnDemand", "Makes new key material now."),
        ],
    },
    Group {
        name: "Imported key material",
        operations: &[
            ("GetParametersForImport", "Gives a public key to wrap your own key material with."),
            ("ImportKeyMaterial", "Brings your own key material into a key."),
            ("DeleteImportedKeyMaterial", "Takes imported material away; the key stays, unusable."),
        ],
    },
    Group {
        name: "Multi-Region keys",
        operations: &[
            ("ReplicateKey", "Copies a multi-Region key to another Region."),
            ("UpdatePrimaryRegion", "Makes a replica the primary."),
        ],
    },
    Group {
        name: "Tags",
        operations: &[
            ("TagResource", "Adds tags to a key, or changes them."),
            ("UntagResource", "Takes tags away from a key."),
            ("ListResourceTags", "Lists the tags of a key."),
        ],
    },
    Group {
        name: "Custom key stores",
        operations: &[
            ("CreateCustomKeyStore", "Makes a key store in a CloudHSM cluster or outside AWS."),
            ("ConnectCustomKeyStore", "Connects a key store, so that its keys can be used."),
            ("DescribeCustomKeyStores", "Lists the key stores of this Region."),
            ("UpdateCustomKeyStore", "Changes a disconnected key store."),
            ("DisconnectCustomKeyStore", "Disconnects a key store; its keys become unavailable."),
            ("DeleteCustomKeyStore", "Removes a key store that has no keys."),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::model;

    #[test]
    fn every_operation_of_the_api_is_in_one_group() {
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|group| group.operations).map(|(name, _)| *name).collect();
        grouped.sort_unstable();
        assert_eq!(grouped, model::operations().map(|(name, _)| name).collect::<Vec<_>>());
    }
}
