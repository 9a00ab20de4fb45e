//! Request quotas: how many requests a second an account may send in a Region, by what they are for.
//!
//! Source: Developer Guide, "Request quotas", with its names. Most are of one management operation and named after it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    arn::{NotAName, Region, serde_as_text},
    kms::{bucket::Rate, rules::Rules, spec::KeySpec},
};

/// What is counted together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestQuota(&'static str);

impl RequestQuota {
    /// Cryptographic operations with symmetric encryption and HMAC keys, and GenerateRandom.
    pub const SYMMETRIC: Self = Self("Cryptographic operations (symmetric)");
    pub const RSA: Self = Self("Cryptographic operations (RSA)");
    /// Elliptic curves.
    pub const ECC: Self = Self("Cryptographic operations (ECC)");
    pub const ML_DSA: Self = Self("Cryptographic operations (ML-DSA)");
    pub const ML_KEM: Self = Self("Cryptographic operations (ML-KEM)");
    /// Of all accounts together, for the keys in one custom key store, on top of the account's own.
    pub const KEY_STORE: Self = Self("Custom key store");

    /// That of cryptographic operations with keys of that spec.
    pub fn of_keys(spec: KeySpec) -> Self {
        match spec {
            KeySpec::SymmetricDefault | KeySpec::Hmac224 | KeySpec::Hmac256 | KeySpec::Hmac384 | KeySpec::Hmac512 => {
                Self::SYMMETRIC
            }
            KeySpec::EccNistP256
            | KeySpec::EccNistP384
            | KeySpec::EccNistP521
            | KeySpec::EccSecgP256k1
            | KeySpec::EccNistEdwards25519 => Self::ECC,
            KeySpec::MlDsa44 | KeySpec::MlDsa65 | KeySpec::MlDsa87 => Self::ML_DSA,
            KeySpec::MlKem512 | KeySpec::MlKem768 | KeySpec::MlKem1024 => Self::ML_KEM,
            KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => Self::RSA,
        }
    }

    /// That of data key pairs of that spec.
    pub fn of_pairs(spec: &str) -> Option<Self> {
        Self::all().find(|quota| quota.0.strip_prefix(PAIRS).and_then(|rest| rest.strip_suffix(')')) == Some(spec))
    }

    /// That of the management operation of that name.
    pub fn of_operation(name: &str) -> Option<Self> {
        Self::all().find(|quota| quota.0 == name)
    }

    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().flat_map(|row| row.quotas).copied().map(Self)
    }

    /// The figure of those rules in that Region.
    pub fn rate(self, rules: Rules, region: Region) -> Rate {
        let row = ROWS.iter().find(|row| row.quotas.contains(&self.0));
        let [usual, larger, largest] = row.map_or([Rate::per_second(0); 3], |row| match rules {
            Rules::Classic => [row.classic; 3],
            Rules::Today => row.today,
        });
        match region.as_str() {
            "eu-west-1" | "us-east-1" | "us-west-2" => largest,
            "ap-northeast-1" | "ap-southeast-1" | "ap-southeast-2" | "eu-central-1" | "eu-west-2" | "us-east-2" => {
                larger
            }
            _ => usual,
        }
    }

    /// Whether AWS raises it when asked ("Request quotas").
    pub fn is_adjustable(self) -> bool {
        self != Self::KEY_STORE
    }
}

/// As AWS calls it, for example `CreateKey request rate`.
impl fmt::Display for RequestQuota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{SUFFIX}", self.0)
    }
}

impl FromStr for RequestQuota {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let name = text.strip_suffix(SUFFIX);
        let found = Self::all().find(|quota| Some(quota.0) == name);
        found.ok_or(NotAName { expected: "a request quota such as `CreateKey request rate`" })
    }
}

serde_as_text!(RequestQuota);

const SUFFIX: &str = " request rate";
const PAIRS: &str = "GenerateDataKeyPair (";

/// Quotas of one size.
struct Row {
    quotas: &'static [&'static str],
    classic: Rate,
    /// In most Regions, in the larger ones and in the largest.
    today: [Rate; 3],
}

/// A row that is the same in every Region.
const fn row(quotas: &'static [&'static str], classic: Rate, today: Rate) -> Row {
    Row { quotas, classic, today: [today; 3] }
}

const fn each(requests: u32) -> Rate {
    Rate::per_second(requests)
}

/// Where the study notes of the classic rules have no figure, theirs is that of the guide of June 2023 and, for what is
/// younger, today's. The first row is the one that is looked for most.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row {
        quotas: &[RequestQuota::SYMMETRIC.0],
        classic: each(5_500),
        today: [each(10_000), each(20_000), each(100_000)],
    },
    row(&[RequestQuota::RSA.0], each(500), each(1_000)),
    row(&[RequestQuota::ECC.0], each(300), each(1_000)),
    row(&[RequestQuota::ML_DSA.0, RequestQuota::ML_KEM.0], each(1_000), each(1_000)),
    row(&["GenerateDataKeyPair (ECC_NIST_P256)", "GenerateDataKeyPair (ECC_SECG_P256K1)"], each(25), each(100)),
    row(&["GenerateDataKeyPair (ECC_NIST_P384)"], each(10), each(100)),
    row(&["GenerateDataKeyPair (ECC_NIST_P521)"], each(5), each(100)),
    row(&["GenerateDataKeyPair (ECC_NIST_EDWARDS25519)"], each(100), each(100)),
    row(&["GenerateDataKeyPair (RSA_2048)"], each(1), each(20)),
    row(&["GenerateDataKeyPair (RSA_3072)"], Rate::one_in(2), each(4)),
    row(&["GenerateDataKeyPair (RSA_4096)"], Rate::one_in(10), each(1)),
    row(&[RequestQuota::KEY_STORE.0], each(1_800), each(1_800)),
    row(
        &[
            "CancelKeyDeletion", "ConnectCustomKeyStore", "CreateAlias", "CreateCustomKeyStore", "CreateKey",
            "DeleteCustomKeyStore", "DescribeCustomKeyStores", "DisableKey", "DisableKeyRotation",
            "DisconnectCustomKeyStore", "EnableKey", "GetKeyLastUsage", "ReplicateKey", "RotateKeyOnDemand",
            "UntagResource", "UpdateAlias", "UpdateCustomKeyStore", "UpdateKeyDescription", "UpdatePrimaryRegion",
        ],
        each(5), each(5),
    ),
    row(&["DeleteImportedKeyMaterial", "ImportKeyMaterial"], each(5), each(15)),
    row(&["GetParametersForImport"], Rate::one_in(4), each(1)),
    row(&["TagResource"], each(10), each(10)),
    row(&["DeleteAlias", "EnableKeyRotation", "PutKeyPolicy", "ScheduleKeyDeletion"], each(15), each(15)),
    row(&["RetireGrant", "RevokeGrant"], each(30), each(50)),
    row(&["CreateGrant"], each(50), each(50)),
    row(&["ListGrants", "ListKeyPolicies", "ListKeyRotations", "ListRetirableGrants"], each(100), each(100)),
    row(&["ListAliases", "ListKeys"], each(500), each(500)),
    row(&["GetKeyPolicy", "GetKeyRotationStatus"], each(1_000), each(1_000)),
    row(&["DescribeKey", "GetPublicKey", "ListResourceTags"], each(2_000), each(2_000)),
];
