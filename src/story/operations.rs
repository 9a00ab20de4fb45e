//! The operations of AWS KMS as a person looks for them: in groups, each with what it does in one sentence.

use crate::lang::{self, msg};

/// Operations that belong together.
pub struct Group {
    pub name: &'static str,
    /// Name and purpose, in the order in which one meets them.
    pub operations: &'static [(&'static str, &'static str)],
}

/// What an operation does, in one sentence.
pub fn purpose(operation: &str) -> Option<&'static str> {
    let mut all = GROUPS.iter().flat_map(|group| group.operations);
    all.find(|(name, _)| *name == operation).map(|(_, purpose)| lang::text(purpose))
}

/// Every operation of the API, also those that this build does not have.
pub const GROUPS: &[Group] = &[
    Group {
        name: msg!("Keys"),
        operations: &[
            ("CreateKey", msg!("Makes a KMS key, whose material never leaves KMS.")),
            ("DescribeKey", msg!("Tells what a key is and what state it is in.")),
            ("ListKeys", msg!("Lists the keys of the account in this Region.")),
            ("UpdateKeyDescription", msg!("Replaces the description of a key.")),
            ("GetPublicKey", msg!("Gives the public half of an asymmetric key.")),
            ("GetKeyLastUsage", msg!("Tells when a key was last used, and for what.")),
        ],
    },
    Group {
        name: msg!("Encrypt and decrypt"),
        operations: &[
            ("Encrypt", msg!("Encrypts up to 4,096 bytes inside KMS.")),
            ("Decrypt", msg!("Opens a ciphertext of Encrypt or of a data key.")),
            ("ReEncrypt", msg!("Moves a ciphertext to another key; its plaintext stays inside KMS.")),
        ],
    },
    Group {
        name: msg!("Data keys"),
        operations: &[
            ("GenerateDataKey", msg!("Makes a key for your own use, in the clear and wrapped.")),
            ("GenerateDataKeyWithoutPlaintext", msg!("Makes a wrapped data key, to be opened later.")),
            (
                "GenerateDataKeyPair",
                msg!("Makes a key pair for your own use, its private key in the clear and wrapped."),
            ),
            ("GenerateDataKeyPairWithoutPlaintext", msg!("Makes a key pair whose private key is wrapped only.")),
            ("GenerateRandom", msg!("Gives random bytes.")),
        ],
    },
    Group {
        name: msg!("Sign, verify, agree"),
        operations: &[
            ("Sign", msg!("Signs a message or its digest with a private key.")),
            ("Verify", msg!("Holds a signature against a message.")),
            ("GenerateMac", msg!("Makes the authentication code of a message.")),
            ("VerifyMac", msg!("Holds an authentication code against a message.")),
            ("DeriveSharedSecret", msg!("Agrees on a secret with the owner of another public key.")),
            ("Encapsulate", msg!("Makes a secret that only the owner of a key can take out again.")),
            ("Decapsulate", msg!("Takes that secret out.")),
        ],
    },
    Group {
        name: msg!("Key states"),
        operations: &[
            ("EnableKey", msg!("Lets a disabled key be used again.")),
            ("DisableKey", msg!("Stops every use of a key; nothing is lost.")),
            ("ScheduleKeyDeletion", msg!("Deletes a key after 7 to 30 days, and all it sealed with it.")),
            ("CancelKeyDeletion", msg!("Saves a key from its deletion; it stays disabled.")),
        ],
    },
    Group {
        name: msg!("Aliases"),
        operations: &[
            ("CreateAlias", msg!("Gives a key a name.")),
            ("UpdateAlias", msg!("Points a name to another key.")),
            ("DeleteAlias", msg!("Takes a name away; the key stays.")),
            ("ListAliases", msg!("Lists the names and the keys they point to.")),
        ],
    },
    Group {
        name: msg!("Policies and grants"),
        operations: &[
            ("GetKeyPolicy", msg!("Gives the policy of a key.")),
            ("PutKeyPolicy", msg!("Replaces the policy of a key.")),
            ("ListKeyPolicies", msg!("Lists the names of a key's policies: always default.")),
            ("CreateGrant", msg!("Lets a principal use a key, without touching its policy.")),
            ("ListGrants", msg!("Lists the grants of a key.")),
            ("ListRetirableGrants", msg!("Lists the grants that a principal may retire.")),
            ("RetireGrant", msg!("Ends a grant, by whom it serves.")),
            ("RevokeGrant", msg!("Ends a grant, by who owns the key.")),
        ],
    },
    Group {
        name: msg!("Rotation"),
        operations: &[
            ("EnableKeyRotation", msg!("Lets KMS make new key material every 90 to 2,560 days.")),
            ("DisableKeyRotation", msg!("Stops automatic rotation; old material stays.")),
            ("GetKeyRotationStatus", msg!("Tells whether and when a key rotates.")),
            ("ListKeyRotations", msg!("Lists the rotations that were.")),
            ("RotateKeyOnDemand", msg!("Makes new key material now.")),
        ],
    },
    Group {
        name: msg!("Imported key material"),
        operations: &[
            ("GetParametersForImport", msg!("Gives a public key to wrap your own key material with.")),
            ("ImportKeyMaterial", msg!("Brings your own key material into a key.")),
            ("DeleteImportedKeyMaterial", msg!("Takes imported material away; the key stays, unusable.")),
        ],
    },
    Group {
        name: msg!("Multi-Region keys"),
        operations: &[
            ("ReplicateKey", msg!("Copies a multi-Region key to another Region.")),
            ("UpdatePrimaryRegion", msg!("Makes a replica the primary.")),
        ],
    },
    Group {
        name: msg!("Tags"),
        operations: &[
            ("TagResource", msg!("Adds tags to a key, or changes them.")),
            ("UntagResource", msg!("Takes tags away from a key.")),
            ("ListResourceTags", msg!("Lists the tags of a key.")),
        ],
    },
    Group {
        name: msg!("Custom key stores"),
        operations: &[
            ("CreateCustomKeyStore", msg!("Makes a key store in a CloudHSM cluster or outside AWS.")),
            ("ConnectCustomKeyStore", msg!("Connects a key store, so that its keys can be used.")),
            ("DescribeCustomKeyStores", msg!("Lists the key stores of this Region.")),
            ("UpdateCustomKeyStore", msg!("Changes a disconnected key store.")),
            ("DisconnectCustomKeyStore", msg!("Disconnects a key store; its keys become unavailable.")),
            ("DeleteCustomKeyStore", msg!("Removes a key store that has no keys.")),
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
