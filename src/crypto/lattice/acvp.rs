//! The sample vectors of NIST's Automated Cryptographic Validation Protocol.

use ml_kem::TryKeyInit as _;

use super::*;
use crate::crypto::vectors;

const ML_KEM: &str = include_str!("../../../tests/data/acvp_ml_kem.txt");
const ML_DSA: &str = include_str!("../../../tests/data/acvp_ml_dsa.txt");

const ML_KEM_SETS: [(&str, MlKem); 3] =
    [("ML_KEM_512", MlKem::MlKem512), ("ML_KEM_768", MlKem::MlKem768), ("ML_KEM_1024", MlKem::MlKem1024)];
const ML_DSA_SETS: [(&str, MlDsa); 3] =
    [("ML_DSA_44", MlDsa::MlDsa44), ("ML_DSA_65", MlDsa::MlDsa65), ("ML_DSA_87", MlDsa::MlDsa87)];

#[test]
fn ml_kem_makes_keys() {
    for (name, set) in ML_KEM_SETS {
        let vectors = vectors::of_set(ML_KEM, &format!("{name} keyGen"), "d");
        for vector in &vectors {
            let seed = [vector["d"].as_slice(), &vector["z"]].concat().as_slice().try_into().unwrap();
            let private = on_ml_kem!(set, Params => ml_kem::DecapsulationKey::<Params>::from_seed(seed).to_pkcs8_der());
            let private = SecretBytes::from_vec(private.unwrap().as_bytes().to_vec());
            assert!(encapsulation_key(set, &private).unwrap().ends_with(&vector["ek"]), "{name}");
        }
        println!("{name}: {} vectors of ACVP keyGen", vectors.len());
        assert_eq!(vectors.len(), 5);
    }
}

#[test]
fn ml_kem_encapsulates() {
    for (name, set) in ML_KEM_SETS {
        let vectors = vectors::of_set(ML_KEM, &format!("{name} encapsulation"), "ek");
        for vector in &vectors {
            let message = vector["m"].as_slice().try_into().unwrap();
            let (ciphertext, secret) = on_ml_kem!(set, Params => {
                let key = ml_kem::EncapsulationKey::<Params>::new_from_slice(&vector["ek"]).unwrap();
                let (ciphertext, secret) = key.encapsulate_deterministic(message);
                (ciphertext.to_vec(), secret.to_vec())
            });
            assert_eq!((&ciphertext, &secret), (&vector["c"], &vector["k"]), "{name}");
        }
        println!("{name}: {} vectors of ACVP encapsulation", vectors.len());
        assert_eq!(vectors.len(), 5);
    }
}

/// The vectors name the key in its expanded form, which KMS never sees.
#[test]
fn ml_kem_decapsulates_and_rejects_in_silence() {
    for (name, set) in ML_KEM_SETS {
        let key = vectors::of_set(ML_KEM, &format!("{name} decapsulation key"), "dk").remove(0).remove("dk").unwrap();
        let vectors = vectors::of_set(ML_KEM, &format!("{name} decapsulation"), "c");
        for vector in &vectors {
            let secret = on_ml_kem!(set, Params => {
                #[expect(deprecated, reason = "the form of the vectors")]
                let key = ml_kem::DecapsulationKey::<Params>::from_expanded(key.as_slice().try_into().unwrap()).unwrap();
                key.decapsulate(vector["c"].as_slice().try_into().unwrap()).to_vec()
            });
            assert_eq!(secret, vector["k"], "{name}");
        }
        println!("{name}: {} vectors of ACVP decapsulation", vectors.len());
        assert_eq!(vectors.len(), 10);
    }
}

#[test]
fn ml_dsa_makes_keys() {
    for (name, set) in ML_DSA_SETS {
        let vectors = vectors::of_set(ML_DSA, &format!("{name} keyGen"), "seed");
        for vector in &vectors {
            let seed = vector["seed"].as_slice().try_into().unwrap();
            let private = on_ml_dsa!(set, Params => ml_dsa::SigningKey::<Params>::from_seed(&seed).to_pkcs8_der());
            let private = SecretBytes::from_vec(private.unwrap().as_bytes().to_vec());
            assert!(verifying_key(set, &private).unwrap().ends_with(&vector["pk"]), "{name}");
        }
        println!("{name}: {} vectors of ACVP keyGen", vectors.len());
        assert_eq!(vectors.len(), 5);
    }
}

#[test]
fn ml_dsa_verifies() {
    for (name, set) in ML_DSA_SETS {
        let public = vectors::of_set(ML_DSA, &format!("{name} sigVer key"), "pk").remove(0).remove("pk").unwrap();
        let vectors = vectors::of_set(ML_DSA, &format!("{name} sigVer"), "message");
        for vector in &vectors {
            let holds = on_ml_dsa!(set, Params => {
                let key = ml_dsa::VerifyingKey::<Params>::decode(public.as_slice().try_into().unwrap());
                let signature = ml_dsa::Signature::<Params>::try_from(vector["signature"].as_slice());
                signature.is_ok_and(|signature| key.verify_internal(&vector["message"], &signature))
            });
            assert_eq!(holds, vector["holds"] == [1], "{name}");
        }
        println!("{name}: {} vectors of ACVP sigVer", vectors.len());
        assert_eq!(vectors.len(), 5);
    }
}
