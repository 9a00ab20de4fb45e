//! Key pairs of every scheme: one way in for all that make, show and use them.
//!
//! Private keys are PKCS#8 (RFC 5958), public keys SubjectPublicKeyInfo (RFC 5280), both DER.

use crate::{
    crypto::{
        curve::{self, Curve},
        lattice::{self, MlDsa, MlKem},
        rsa::{self, Modulus},
        secret::SecretBytes,
    },
    entropy::Entropy,
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

/// A fresh private key.
pub fn generate(scheme: Scheme, entropy: &mut Entropy) -> Result<SecretBytes, Unfit> {
    match scheme {
        Scheme::Curve(curve) => curve::generate(curve, entropy),
        Scheme::MlDsa(set) => lattice::generate_signing_key(set, entropy),
        Scheme::MlKem(set) => lattice::generate_decapsulation_key(set, entropy),
        Scheme::Rsa(modulus) => rsa::generate(modulus, entropy),
    }
}

/// The public half of a private key.
pub fn public_key(scheme: Scheme, private: &SecretBytes) -> Result<Vec<u8>, Unfit> {
    match scheme {
        Scheme::Curve(curve) => curve::public_key(curve, private),
        Scheme::MlDsa(set) => lattice::verifying_key(set, private),
        Scheme::MlKem(set) => lattice::encapsulation_key(set, private),
        Scheme::Rsa(_) => rsa::public_key(private),
    }
}

/// A private key from outside in the one form in which this program writes it, whatever else its PKCS#8 says.
pub fn admit(scheme: Scheme, private: &SecretBytes) -> Result<SecretBytes, Unfit> {
    match scheme {
        Scheme::Curve(curve) => curve::admit(curve, private),
        Scheme::Rsa(modulus) => rsa::admit(modulus, private),
        Scheme::MlDsa(_) | Scheme::MlKem(_) => Err(Unfit),
    }
}

/// A signature, in the form of its scheme, by the algorithm that the API calls `algorithm`; only RSA has several.
pub fn sign(
    scheme: Scheme,
    algorithm: &str,
    private: &SecretBytes,
    signed: Signed<'_>,
    entropy: &mut Entropy,
) -> Result<Vec<u8>, Unfit> {
    match scheme {
        Scheme::Curve(curve) => curve::sign(curve, private, signed, entropy),
        Scheme::MlDsa(set) => lattice::sign(set, private, signed, entropy),
        Scheme::Rsa(_) => rsa::sign(algorithm, private, signed, entropy),
        Scheme::MlKem(_) => Err(Unfit),
    }
}

/// Whether a signature is of the owner of a public key.
pub fn verify(
    scheme: Scheme,
    algorithm: &str,
    public: &[u8],
    signed: Signed<'_>,
    signature: &[u8],
) -> Result<bool, Unfit> {
    match scheme {
        Scheme::Curve(curve) => curve::verify(curve, public, signed, signature),
        Scheme::MlDsa(set) => lattice::verify(set, public, signed, signature),
        Scheme::Rsa(_) => rsa::verify(algorithm, public, signed, signature),
        Scheme::MlKem(_) => Err(Unfit),
    }
}
