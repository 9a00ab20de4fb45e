//! Key specs and key usages: a row each, from which every answer about them comes.
//!
//! Sources: API reference, CreateKey; developer guide, "Key spec reference".

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    arn::{NotAName, serde_as_text},
    crypto::{
        curve::Curve,
        lattice::{MlDsa, MlKem},
        pair::{self, Scheme, Unfit},
        rsa::Modulus,
        secret::SecretBytes,
    },
    entropy::Entropy,
};

/// What kind of key material a key has.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum KeySpec {
    #[default]
    SymmetricDefault,
    Hmac224,
    Hmac256,
    Hmac384,
    Hmac512,
    EccNistP256,
    EccNistP384,
    EccNistP521,
    EccSecgP256k1,
    EccNistEdwards25519,
    MlDsa44,
    MlDsa65,
    MlDsa87,
    MlKem512,
    MlKem768,
    MlKem1024,
    Rsa2048,
    Rsa3072,
    Rsa4096,
}

/// What a key is for. A key has one usage, for ever.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyUsage {
    #[default]
    EncryptDecrypt,
    GenerateVerifyMac,
    SignVerify,
    KeyAgreement,
    EncapsulateDecapsulate,
}

/// How key material is made.
enum Material {
    /// So many random bytes.
    Bytes(usize),
    /// The private key of a pair.
    Pair(Scheme),
}

/// One row of the table of key specs.
struct Row {
    spec: KeySpec,
    name: &'static str,
    material: Material,
    /// The usages it can have, each with its algorithms in AWS's order.
    usages: &'static [(KeyUsage, &'static [&'static str])],
}

const ROWS: &[Row] = &[
    Row {
        spec: KeySpec::SymmetricDefault,
        name: "SYMMETRIC_DEFAULT",
        material: Material::Bytes(32),
        usages: &[(KeyUsage::EncryptDecrypt, &["SYMMETRIC_DEFAULT"])],
    },
    Row {
        spec: KeySpec::Hmac224,
        name: "HMAC_224",
        material: Material::Bytes(28),
        usages: &[(KeyUsage::GenerateVerifyMac, &["HMAC_SHA_224"])],
    },
    Row {
        spec: KeySpec::Hmac256,
        name: "HMAC_256",
        material: Material::Bytes(32),
        usages: &[(KeyUsage::GenerateVerifyMac, &["HMAC_SHA_256"])],
    },
    Row {
        spec: KeySpec::Hmac384,
        name: "HMAC_384",
        material: Material::Bytes(48),
        usages: &[(KeyUsage::GenerateVerifyMac, &["HMAC_SHA_384"])],
    },
    Row {
        spec: KeySpec::Hmac512,
        name: "HMAC_512",
        material: Material::Bytes(64),
        usages: &[(KeyUsage::GenerateVerifyMac, &["HMAC_SHA_512"])],
    },
    Row {
        spec: KeySpec::EccNistP256,
        name: "ECC_NIST_P256",
        material: Material::Pair(Scheme::Curve(Curve::NistP256)),
        usages: &[(KeyUsage::SignVerify, &["ECDSA_SHA_256"]), (KeyUsage::KeyAgreement, &["ECDH"])],
    },
    Row {
        spec: KeySpec::EccNistP384,
        name: "ECC_NIST_P384",
        material: Material::Pair(Scheme::Curve(Curve::NistP384)),
        usages: &[(KeyUsage::SignVerify, &["ECDSA_SHA_384"]), (KeyUsage::KeyAgreement, &["ECDH"])],
    },
    Row {
        spec: KeySpec::EccNistP521,
        name: "ECC_NIST_P521",
        material: Material::Pair(Scheme::Curve(Curve::NistP521)),
        usages: &[(KeyUsage::SignVerify, &["ECDSA_SHA_512"]), (KeyUsage::KeyAgreement, &["ECDH"])],
    },
    Row {
        spec: KeySpec::EccSecgP256k1,
        name: "ECC_SECG_P256K1",
        material: Material::Pair(Scheme::Curve(Curve::Secp256k1)),
        usages: &[(KeyUsage::SignVerify, &["ECDSA_SHA_256"])],
    },
    Row {
        spec: KeySpec::EccNistEdwards25519,
        name: "ECC_NIST_EDWARDS25519",
        material: Material::Pair(Scheme::Curve(Curve::Edwards25519)),
        usages: &[(KeyUsage::SignVerify, &["ED25519_SHA_512", "ED25519_PH_SHA_512"])],
    },
    Row {
        spec: KeySpec::MlDsa44,
        name: "ML_DSA_44",
        material: Material::Pair(Scheme::MlDsa(MlDsa::MlDsa44)),
        usages: &[(KeyUsage::SignVerify, &["ML_DSA_SHAKE_256"])],
    },
    Row {
        spec: KeySpec::MlDsa65,
        name: "ML_DSA_65",
        material: Material::Pair(Scheme::MlDsa(MlDsa::MlDsa65)),
        usages: &[(KeyUsage::SignVerify, &["ML_DSA_SHAKE_256"])],
    },
    Row {
        spec: KeySpec::MlDsa87,
        name: "ML_DSA_87",
        material: Material::Pair(Scheme::MlDsa(MlDsa::MlDsa87)),
        usages: &[(KeyUsage::SignVerify, &["ML_DSA_SHAKE_256"])],
    },
    Row {
        spec: KeySpec::MlKem512,
        name: "ML_KEM_512",
        material: Material::Pair(Scheme::MlKem(MlKem::MlKem512)),
        usages: &[(KeyUsage::EncapsulateDecapsulate, &["ML_KEM"])],
    },
    Row {
        spec: KeySpec::MlKem768,
        name: "ML_KEM_768",
        material: Material::Pair(Scheme::MlKem(MlKem::MlKem768)),
        usages: &[(KeyUsage::EncapsulateDecapsulate, &["ML_KEM"])],
    },
    Row {
        spec: KeySpec::MlKem1024,
        name: "ML_KEM_1024",
        material: Material::Pair(Scheme::MlKem(MlKem::MlKem1024)),
        usages: &[(KeyUsage::EncapsulateDecapsulate, &["ML_KEM"])],
    },
    Row {
        spec: KeySpec::Rsa2048,
        name: "RSA_2048",
        material: Material::Pair(Scheme::Rsa(Modulus::Bits2048)),
        usages: RSA_USAGES,
    },
    Row {
        spec: KeySpec::Rsa3072,
        name: "RSA_3072",
        material: Material::Pair(Scheme::Rsa(Modulus::Bits3072)),
        usages: RSA_USAGES,
    },
    Row {
        spec: KeySpec::Rsa4096,
        name: "RSA_4096",
        material: Material::Pair(Scheme::Rsa(Modulus::Bits4096)),
        usages: RSA_USAGES,
    },
];

/// How long an imported HMAC key may be.
const MOST_HMAC_KEY_BYTES: usize = 128;

const RSA_USAGES: &[(KeyUsage, &[&str])] = &[
    (KeyUsage::EncryptDecrypt, &["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]),
    (
        KeyUsage::SignVerify,
        &[
            "RSASSA_PKCS1_V1_5_SHA_256",
            "RSASSA_PKCS1_V1_5_SHA_384",
            "RSASSA_PKCS1_V1_5_SHA_512",
            "RSASSA_PSS_SHA_256",
            "RSASSA_PSS_SHA_384",
            "RSASSA_PSS_SHA_512",
        ],
    ),
];

const USAGES: &[(KeyUsage, &str)] = &[
    (KeyUsage::EncryptDecrypt, "ENCRYPT_DECRYPT"),
    (KeyUsage::GenerateVerifyMac, "GENERATE_VERIFY_MAC"),
    (KeyUsage::SignVerify, "SIGN_VERIFY"),
    (KeyUsage::KeyAgreement, "KEY_AGREEMENT"),
    (KeyUsage::EncapsulateDecapsulate, "ENCAPSULATE_DECAPSULATE"),
];

impl KeySpec {
    #[expect(clippy::expect_used, reason = "every spec has a row, which a test holds")]
    fn row(self) -> &'static Row {
        ROWS.iter().find(|row| row.spec == self).expect("a row")
    }

    /// Every spec of this build.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.spec)
    }

    /// The usages keys of this spec can have.
    pub fn usages(self) -> impl Iterator<Item = KeyUsage> {
        self.row().usages.iter().map(|(usage, _)| *usage)
    }

    /// The value of `KeySpec` on the wire.
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The value of the older `CustomerMasterKeySpec`, which ends with the specs of 2021.
    pub fn old_name(self) -> Option<&'static str> {
        let newer = match self.scheme() {
            Some(Scheme::Curve(curve)) => curve == Curve::Edwards25519,
            Some(Scheme::MlDsa(_) | Scheme::MlKem(_)) => true,
            Some(Scheme::Rsa(_)) | None => false,
        };
        (!newer).then(|| self.as_str())
    }

    /// Fresh key material.
    pub fn draw(self, entropy: &mut Entropy) -> Result<SecretBytes, Unfit> {
        match self.row().material {
            Material::Bytes(length) => {
                let mut bytes = vec![0; length];
                entropy.fill(&mut bytes);
                Ok(SecretBytes::from_vec(bytes))
            }
            Material::Pair(scheme) => pair::generate(scheme, entropy),
        }
    }

    /// Bytes from outside as key material of this spec, in the form in which it is kept: 32 bytes for a symmetric key, as
    /// many as the tag has to 128 for HMAC, PKCS#8 for a pair.
    pub fn admit(self, bytes: SecretBytes) -> Result<SecretBytes, Unfit> {
        match self.row().material {
            Material::Bytes(length) => {
                let most = if self == Self::SymmetricDefault { length } else { MOST_HMAC_KEY_BYTES };
                if (length..=most).contains(&bytes.len()) { Ok(bytes) } else { Err(Unfit) }
            }
            Material::Pair(scheme) => pair::admit(scheme, &bytes),
        }
    }

    /// Whether keys of this spec can have imported material (Developer Guide, "Importing key material").
    pub fn imports(self) -> bool {
        match self.scheme() {
            None | Some(Scheme::Curve(_) | Scheme::Rsa(_)) => true,
            Some(Scheme::MlDsa(_) | Scheme::MlKem(_)) => false,
        }
    }

    /// The scheme of an asymmetric key.
    pub fn scheme(self) -> Option<Scheme> {
        match self.row().material {
            Material::Bytes(_) => None,
            Material::Pair(scheme) => Some(scheme),
        }
    }

    /// Whether an alias may move from a key of this spec to one of the other: both symmetric, HMAC or asymmetric.
    pub fn is_like(self, other: Self) -> bool {
        let kind = |spec: Self| (spec == Self::SymmetricDefault, spec.scheme().is_some());
        kind(self) == kind(other)
    }

    /// The algorithms of a key of this spec and `usage`, in AWS's order; none if it cannot have that usage.
    pub fn algorithms(self, usage: KeyUsage) -> &'static [&'static str] {
        self.row().usages.iter().find(|(taken, _)| *taken == usage).map_or(&[], |(_, algorithms)| algorithms)
    }
}

impl KeyUsage {
    /// The value of `KeyUsage` on the wire.
    pub fn as_str(self) -> &'static str {
        USAGES.iter().find(|(usage, _)| *usage == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for KeySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KeySpec {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let row = ROWS.iter().find(|row| row.name == text);
        row.map(|row| row.spec).ok_or(NotAName { expected: "a key spec" })
    }
}

impl FromStr for KeyUsage {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let found = USAGES.iter().find(|(_, name)| *name == text);
        found.map(|(usage, _)| *usage).ok_or(NotAName { expected: "a key usage" })
    }
}

serde_as_text!(KeySpec, KeyUsage);
