//! Key pairs of every scheme: one way in for all that make, show and use them.
//!
//! Private keys are PKCS#8 (RFC 5958), public keys SubjectPublicKeyInfo (RFC 5280), both DER.
//!
//! All of it is of the rest of the program: the page fetches it after its first picture.

use crate::{
    crypto::{
        curve::{self, Curve},
        lattice::{self, MlDsa, MlKem},
        rsa::{self, Modulus},
        secret::SecretBytes,
    },
    entropy::Entropy,
    rest,
};

/// What a key pair is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Curve(Curve),
    MlDsa(MlDsa),
    MlKem(MlKem),
    Rsa(Modulus),
}

/// What is signed.
#[derive(Clone, Copy)]
pub enum Signed<'a> {
    /// Hashed here, with the hash of the scheme.
    Message(&'a [u8]),
    /// The hash of a message: 32, 48 or 64 bytes, as long as the curve's. Edwards25519 takes 64 and hashes them again.
    Digest(&'a [u8]),
    /// The 64 bytes that ML-DSA makes of a public key and a message before it signs (FIPS 204, algorithm 7, line 6).
    Mu(&'a [u8]),
}

/// Bytes that are no key of the scheme, a digest of the wrong length, or a use that the scheme does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfit;

/// What comes of work with key pairs; where the rest is missed it is nothing, and [`Unfit`] says so.
pub fn with_pairs<T>(work: impl FnOnce() -> Result<T, Unfit>) -> Result<T, Unfit> {
    rest::needed(work).unwrap_or(Err(Unfit))
}

/// A fresh private key.
pub fn generate(scheme: Scheme, entropy: &mut Entropy) -> Result<SecretBytes, Unfit> {
    let key = rest::needed(|| match scheme {
        Scheme::Curve(curve) => curve::generate(curve, entropy),
        Scheme::MlDsa(set) => lattice::generate_signing_key(set, entropy),
        Scheme::MlKem(set) => lattice::generate_decapsulation_key(set, entropy),
        Scheme::Rsa(modulus) => rsa::generate(modulus, entropy),
    });
    // Drawing always succeeds, so callers know no other end; whatever comes of no key is thrown away.
    key.unwrap_or_else(|| Ok(SecretBytes::from_vec(Vec::new())))
}

/// The public half of a private key.
pub fn public_key(scheme: Scheme, private: &SecretBytes) -> Result<Vec<u8>, Unfit> {
    with_pairs(|| match scheme {
        Scheme::Curve(curve) => curve::public_key(curve, private),
        Scheme::MlDsa(set) => lattice::verifying_key(set, private),
        Scheme::MlKem(set) => lattice::encapsulation_key(set, private),
        Scheme::Rsa(_) => rsa::public_key(private),
    })
}

/// A private key from outside in the one form in which this program writes it, whatever else its PKCS#8 says.
pub fn admit(scheme: Scheme, private: &SecretBytes) -> Result<SecretBytes, Unfit> {
    with_pairs(|| match scheme {
        Scheme::Curve(curve) => curve::admit(curve, private),
        Scheme::Rsa(modulus) => rsa::admit(modulus, private),
        Scheme::MlDsa(_) | Scheme::MlKem(_) => Err(Unfit),
    })
}

/// A signature, in the form of its scheme, by the algorithm that the API calls `algorithm`; only RSA has several.
pub fn sign(
    scheme: Scheme,
    algorithm: &str,
    private: &SecretBytes,
    signed: Signed<'_>,
    entropy: &mut Entropy,
) -> Result<Vec<u8>, Unfit> {
    with_pairs(|| match scheme {
        Scheme::Curve(curve) => curve::sign(curve, private, signed, entropy),
        Scheme::MlDsa(set) => lattice::sign(set, private, signed, entropy),
        Scheme::Rsa(_) => rsa::sign(algorithm, private, signed, entropy),
        Scheme::MlKem(_) => Err(Unfit),
    })
}

/// Whether a signature is of the owner of a public key.
pub fn verify(
    scheme: Scheme,
    algorithm: &str,
    public: &[u8],
    signed: Signed<'_>,
    signature: &[u8],
) -> Result<bool, Unfit> {
    with_pairs(|| match scheme {
        Scheme::Curve(curve) => curve::verify(curve, public, signed, signature),
        Scheme::MlDsa(set) => lattice::verify(set, public, signed, signature),
        Scheme::Rsa(_) => rsa::verify(algorithm, public, signed, signature),
        Scheme::MlKem(_) => Err(Unfit),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Seed;

    const P256: Scheme = Scheme::Curve(Curve::NistP256);

    #[track_caller]
    fn check(scheme: Scheme, hex: &str, public: Option<&str>) {
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        };
        let admitted = admit(scheme, &SecretBytes::from_vec(bytes(hex))).ok();
        let found = admitted.map(|private| public_key(scheme, &private).unwrap());
        assert_eq!(found.map(|found| found[found.len() - 64..].to_vec()), public.map(bytes));
    }

    /// One key as OpenSSL 3 writes it, with its point whole, compressed or left out; and such as are not admitted.
    #[test]
    fn private_keys_from_outside_are_admitted_if_they_are_of_the_scheme() {
        let start = "020100301306072a8648ce3d020106082a8648ce3d030107";
        let scalar = "0201010420 0ebd3c2eb322d44f4e335ad895805db174a93121ddd0a4f0a756ec8c501b5813".replace(' ', "");
        let x = "1553c6cb4984550ed473735fca12afe6e23ce5640c6b3d124ebdfc75a0171df9";
        let y = "4bdb45cf7c92ff629c0c121d2c5ceb270ce9ffe59155c5918b99ee59b495008b";
        let point = format!("{x}{y}");
        let whole = format!("308187{start}046d306b{scalar}a14403420004{point}");
        check(P256, &whole, Some(&point));
        check(P256, &format!("3067{start}044d304b{scalar}a12403220003{x}"), Some(&point));
        check(P256, &format!("3041{start}04273025{scalar}"), Some(&point));
        check(Scheme::Curve(Curve::NistP384), &whole, None);
        check(Scheme::Rsa(Modulus::Bits2048), &whole, None);
        check(P256, &whole.replace(y, x), None);
        check(P256, &whole.replace("030107", "030108"), None);
        check(P256, &whole[..whole.len() - 2], None);
        check(P256, &format!("{whole}00"), None);
    }

    #[test]
    fn what_is_generated_is_admitted_as_it_is() {
        let mut entropy = Entropy::new(Seed::from_number(7));
        let curves = [Curve::NistP256, Curve::NistP384, Curve::NistP521, Curve::Secp256k1, Curve::Edwards25519];
        let schemes = curves.map(Scheme::Curve).into_iter().chain([Scheme::Rsa(Modulus::Bits2048)]);
        for scheme in schemes {
            let private = generate(scheme, &mut entropy).unwrap();
            assert!(admit(scheme, &private).is_ok_and(|admitted| admitted == private), "{scheme:?}");
            assert!(admit(Scheme::Rsa(Modulus::Bits3072), &private).is_err(), "{scheme:?}");
            assert!(admit(Scheme::MlDsa(MlDsa::MlDsa44), &private).is_err(), "{scheme:?}");
        }
    }
}
