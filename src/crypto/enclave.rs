//! A Nitro enclave that is simulated: its key pair, its measurements, and a document that attests both.
//!
//! Real documents are signed by AWS's hardware. Each world has a root of its own instead, which follows from its seed and
//! is kept nowhere; who holds the world can attest anything.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha384};

use crate::{
    clock::{Span, Timestamp},
    crypto::{
        attestation, cms,
        curve::{self, Curve},
        pair::Unfit,
        rsa::{self, Modulus},
        secret::SecretBytes,
        x509,
    },
    entropy::{Entropy, Seed},
};

/// The public key (DER) that stands for every simulated enclave of a world.
pub fn root(world: &Entropy) -> Result<Vec<u8>, Unfit> {
    curve::public_key(Curve::NistP384, &root_key(world)?)
}

/// A key pair for the enclave that runs `image`: always the same, RSA with 2,048 bits, PKCS#8 (DER).
pub fn key_pair(world: &Entropy, image: &str) -> Result<SecretBytes, Unfit> {
    rsa::generate(Modulus::Bits2048, &mut world.branch(&format!("enclave key {image}")))
}

/// The registers of an enclave that runs `image`, by number: 0 is that of the whole image, 1 of the kernel, 2 of the
/// application. 3 to 15 are zero, as in an enclave without role, parent and signer.
pub fn measurements(image: &str) -> BTreeMap<u8, Vec<u8>> {
    let measured = |part: &str| {
        // A register is extended: from zero, by the hash of what is measured.
        let hash = Sha384::new_with_prefix(part).chain_update(image).finalize();
        Sha384::new_with_prefix([0; 48]).chain_update(hash).finalize().to_vec()
    };
    let parts = ["image", "kernel", "application"].map(measured);
    parts.into_iter().chain(std::iter::repeat(vec![0; 48])).take(16).zip(0..).map(|(value, nth)| (nth, value)).collect()
}

/// What an enclave asks its hardware to attest beside its measurements. Its key is for who has something for it.
#[derive(Clone, Copy, Default)]
pub struct Wishes<'a> {
    /// DER SubjectPublicKeyInfo; for KMS an RSA key.
    pub public_key: Option<&'a [u8]>,
    pub user_data: Option<&'a [u8]>,
    pub nonce: Option<&'a [u8]>,
}

/// An attestation document of the enclave that runs `image`. Its certificate is valid for three hours, as AWS's are.
pub fn attest(world: &Entropy, now: Timestamp, image: &str, wishes: Wishes<'_>) -> Result<Vec<u8>, Unfit> {
    let root_key = root_key(world)?;
    let root = curve::public_key(Curve::NistP384, &root_key)?;
    let root_certificate = x509::issue(
        &x509::Contents {
            issuer: ROOT,
            subject: ROOT,
            from: Timestamp::EPOCH,
            until: Timestamp::END,
            public_key: &root,
            authority: true,
        },
        &root_key,
        &mut world.branch("enclave root certificate"),
    )?;
    // The nonces of signatures must not repeat for different documents.
    let mut entropy = world.branch(&format!("enclave document {now} {image}"));
    let module_key = curve::generate(Curve::NistP384, &mut entropy)?;
    let module_id = module_id(world, image);
    let from = Timestamp::from_millis(now.millis() / 1000 * 1000);
    let certificate = x509::issue(
        &x509::Contents {
            issuer: ROOT,
            subject: &module_id,
            from,
            until: from.after(Span::hours(3)),
            public_key: &curve::public_key(Curve::NistP384, &module_key)?,
            authority: false,
        },
        &root_key,
        &mut entropy,
    )?;
    attestation::issue(
        &attestation::Contents {
            module_id: &module_id,
            issued: now,
            measurements: &measurements(image),
            cabundle: &[&root_certificate],
            certificate: &certificate,
            public_key: wishes.public_key,
            user_data: wishes.user_data,
            nonce: wishes.nonce,
        },
        &module_key,
        &mut entropy,
    )
}

/// What KMS encrypted for an enclave, with the enclave's private key (PKCS#8, DER).
pub fn open(private: &SecretBytes, ciphertext_for_recipient: &[u8]) -> Result<SecretBytes, cms::NotForThisKey> {
    // Only hides how long the private key takes, and nobody watches.
    cms::open(private, ciphertext_for_recipient, &mut Entropy::new(Seed::from_number(0)))
}

const ROOT: &str = "kms-playground.nitro-enclaves";

fn root_key(world: &Entropy) -> Result<SecretBytes, Unfit> {
    curve::generate(Curve::NistP384, &mut world.branch("enclave root"))
}

/// In the form of AWS's: an instance and an enclave on it.
fn module_id(world: &Entropy, image: &str) -> String {
    let [instance, enclave] =
        ["instance", "module"].map(|part| u64::from_be_bytes(world.branch(&format!("enclave {part} {image}")).draw()));
    format!("i-{instance:016x}0-enc{enclave:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{
        asn1::{self, Reader, Rules},
        attestation::{NotAttested, verify},
        x509::BrokenChain,
    };

    const START: &str = "2030-01-01T00:00:00Z";

    fn world() -> Entropy {
        Entropy::new(Seed::from_number(7))
    }

    fn document(wishes: Wishes<'_>) -> Vec<u8> {
        attest(&world(), START.parse().unwrap(), "image", wishes).unwrap()
    }

    fn verdict(document: &[u8], now: &str) -> Result<(), NotAttested> {
        let root = root(&world()).unwrap();
        verify(document, &[attestation::AWS_ROOT, &root], now.parse().unwrap()).map(|_| ())
    }

    fn attested_key() -> Vec<u8> {
        rsa::public_key(&key_pair(&world(), "image").unwrap()).unwrap()
    }

    #[test]
    fn a_document_says_who_the_enclave_is() {
        let key = attested_key();
        let document = document(Wishes { public_key: Some(&key), user_data: Some(b"hello"), nonce: Some(b"1") });
        let root = root(&world()).unwrap();
        let now = START.parse().unwrap();
        let attestation = verify(&document, &[&root], now).unwrap();
        assert_eq!(attestation.public_key, key);
        assert_eq!(attestation.issued, now);
        assert_eq!(attestation.measurements, measurements("image"));
        assert_ne!(attestation.measurements, measurements("other"));
        assert_eq!(attestation.measurements.len(), 16);
        let tagged = [&[0xd2], document.as_slice()].concat();
        assert_eq!(verify(&tagged, &[&root], now), Ok(attestation));
        assert!(document.len() < 4096, "{}", document.len());
    }

    #[test]
    fn a_document_holds_for_three_hours_and_in_its_own_world() {
        let key = attested_key();
        let document = document(Wishes { public_key: Some(&key), ..Wishes::default() });
        let now = START.parse().unwrap();
        for (now, expected) in [
            ("2029-12-31T23:59:59Z", Err(NotAttested::Chain(BrokenChain::NotYetValid { from: now }))),
            (START, Ok(())),
            ("2030-01-01T03:00:00Z", Ok(())),
            (
                "2030-01-01T03:00:01Z",
                Err(NotAttested::Chain(BrokenChain::Expired { until: now.after(Span::hours(3)) })),
            ),
        ] {
            assert_eq!(verdict(&document, now), expected, "{now}");
        }
        let elsewhere = root(&Entropy::new(Seed::from_number(8))).unwrap();
        assert_eq!(verify(&document, &[&elsewhere], now), Err(NotAttested::Chain(BrokenChain::UnknownRoot)));
    }

    #[test]
    fn no_byte_of_a_document_can_be_changed() {
        let key = attested_key();
        let document = document(Wishes { public_key: Some(&key), ..Wishes::default() });
        for at in (0..document.len()).step_by(41).chain([0, 6, document.len() - 1]) {
            let mut changed = document.clone();
            changed[at] ^= 1;
            assert!(verdict(&changed, START).is_err(), "byte {at}");
        }
        for cut in (0..document.len()).step_by(17) {
            assert!(verdict(&document[..cut], START).is_err(), "cut at {cut}");
        }
        assert!(verdict(&[document.as_slice(), &[0]].concat(), START).is_err());
    }

    #[test]
    fn what_is_wrong_with_a_document_is_said() {
        let key = attested_key();
        let malformed = |part| Err(NotAttested::Malformed { part });
        assert_eq!(verdict(b"", START), malformed("COSE_Sign1"));
        assert_eq!(verdict(b"hello", START), malformed("COSE_Sign1"));
        assert_eq!(verdict(&[0x84, 0x43, 0xa1, 0x01, 0x26, 0xa0, 0x40, 0x40], START), malformed("protected header"));
        let empty = [0x84, 0x44, 0xa1, 0x01, 0x38, 0x22, 0xa0, 0x41, 0xa0, 0x40];
        assert_eq!(verdict(&empty, START), malformed("digest"));
        assert_eq!(verdict(&document(Wishes::default()), START), Err(NotAttested::NoPublicKey));
        let curve_key = root(&world()).unwrap();
        let of_a_curve = document(Wishes { public_key: Some(&curve_key), ..Wishes::default() });
        assert_eq!(verdict(&of_a_curve, START), Err(NotAttested::PublicKey));
        let too_long = document(Wishes { public_key: Some(&[0; 1025]), ..Wishes::default() });
        assert_eq!(verdict(&too_long, START), malformed("public_key"));
        let mut unsigned = document(Wishes { public_key: Some(&key), ..Wishes::default() });
        let length = unsigned.len();
        unsigned[length - 96..].fill(0);
        assert_eq!(verdict(&unsigned, START), Err(NotAttested::Signature));
    }

    /// "Verifying the root of trust", AWS Nitro Enclaves User Guide: the certificate with the fingerprint printed there.
    #[test]
    fn the_root_of_aws_is_the_published_one() {
        let der = include_bytes!("../../tests/data/aws-nitro-root.der");
        let fingerprint = sha2::Sha256::digest(der);
        let fingerprint: String = fingerprint.iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(fingerprint, "641A0321A3E244EFE456463195D606317ED7CDCC3C1756E09893F3C68F79BB5B");
        // It is its own issuer, and an authority; so it breaks a chain only as its last link.
        let now = START.parse().unwrap();
        let der = der.as_slice();
        assert!(x509::verify(&[der], &[attestation::AWS_ROOT], now).is_ok());
        assert_eq!(x509::verify(&[der], &[&root(&world()).unwrap()], now), Err(BrokenChain::UnknownRoot));
        assert!(Reader::only(attestation::AWS_ROOT, Rules::Der, asn1::SEQUENCE).is_some());
    }

    #[test]
    fn what_is_for_an_enclave_only_it_opens() {
        let mut entropy = world();
        let private = key_pair(&entropy, "image").unwrap();
        let message = cms::seal(&rsa::public_key(&private).unwrap(), b"hello", &mut entropy).unwrap();
        assert_eq!(open(&private, &message).unwrap().expose(), b"hello");
        let other = key_pair(&entropy, "other").unwrap();
        assert!(open(&other, &message).is_err());
    }
}
