//! Bytes in, bytes out, plus a [`step::CryptoStep`] for each thing done.
//!
//! - [`secret`]: keys and plaintexts that are wiped and cannot be printed; [`step`]: the record
//! - [`aead`], [`kdf`], [`mac`], [`curve`], [`lattice`], [`rsa`]: the primitives; [`pair`]: key pairs of any scheme; `prime`: primes for RSA; [`context`]: the encryption context as additional data
//! - [`blob`]: the ciphertext of a symmetric key, made of these; [`outer`]: the same, sealed once more outside KMS; [`wrap`]:
//!   key material on its way to KMS
//! - [`asn1`], [`cbor`]: how the following are written; [`x509`], [`attestation`]: who an enclave is; [`cms`]: what only it
//!   can read; [`enclave`]: one that is simulated
//!
//! INVARIANT: never sees a world, a key state or a policy.

pub mod aead;
pub mod asn1;
pub mod attestation;
pub mod blob;
pub mod cbor;
pub mod cms;
pub mod context;
pub mod curve;
pub mod enclave;
pub mod kdf;
pub mod lattice;
pub mod mac;
pub mod memo;
pub mod outer;
pub mod pair;
mod prime;
pub mod rsa;
pub mod secret;
pub mod step;
#[cfg(test)]
mod vectors;
pub mod wrap;
pub mod x509;
