//! Keys from keys: the KDF in counter mode of SP 800-108r1, section 4.1, with HMAC-SHA-256.
//!
//! KMS derives a fresh key for each call from its key material and a fresh nonce with this function. The bytes it puts
//! around the nonce are not public; ours are, so that anybody can check a trace by hand. The per-call key is
//!
//! ```text
//! HMAC-SHA-256(key material, [1]_32 || "kms-playground-encrypt" || 0x00 || nonce (16 bytes) || [256]_32)
//! ```
//!
//! where `[n]_32` is `n` in four bytes, most significant first: the counter, then the label, the separator, the context
//! and the length of the output in bits, in the order that the standard recommends. 256 bits are one block of the
//! function, so the counter stays at 1.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroize as _;

use crate::crypto::secret::Secret32;

/// In bytes: long enough that no two calls share a nonce.
pub const NONCE_LENGTH: usize = 16;

/// `N` bytes of keying material from `key`, the key-derivation key.
///
/// The counter has 32 bits and comes before the fixed input. The fixed input is the concatenation of `fixed_input`;
/// where it has to say how long the output is, the caller puts that in.
///
/// By hand rather than from the crate `kbkdf`: that one is a release candidate, fixes the encoding of the fixed input,
/// and computes a second HMAC that counter mode has no use for.
pub fn counter_mode<const N: usize>(key: &Secret32, fixed_input: &[&[u8]]) -> [u8; N] {
    const { assert!(N.div_ceil(BLOCK_LENGTH) <= u32::MAX as usize, "the counter has 32 bits") };
    let mut output = [0; N];
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104, section 3)")]
    let keyed = Hmac::<Sha256>::new_from_slice(key.expose()).expect("a key of 32 bytes");
    for (counter, part) in (1_u32..).zip(output.chunks_mut(BLOCK_LENGTH)) {
        let mut prf = keyed.clone();
        prf.update(&counter.to_be_bytes());
        for piece in fixed_input {
            prf.update(piece);
        }
        let mut block = prf.finalize().into_bytes();
        for (slot, byte) in part.iter_mut().zip(&block) {
            *slot = *byte;
        }
        block.zeroize();
    }
    output
}

/// The key that seals or opens one ciphertext and is then forgotten.
pub fn per_call_key(material: &Secret32, nonce: &[u8; NONCE_LENGTH]) -> Secret32 {
    Secret32::from_bytes(counter_mode(material, &[LABEL, &[0], nonce, &256_u32.to_be_bytes()]))
}

/// Of HMAC-SHA-256, in bytes.
const BLOCK_LENGTH: usize = 32;
const LABEL: &[u8] = b"kms-playground-encrypt";

#[cfg(test)]
mod tests {
    use super::*;

    fn hex_bytes(text: &str) -> Vec<u8> {
        let digits = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(digits).collect()
    }

    /// The published fixed input does not hold the length, so a shorter output is the start of a longer one.
    #[track_caller]
    fn check(row: &str) {
        let fields: Vec<Vec<u8>> = row.split(' ').map(hex_bytes).collect();
        let [key, fixed_input, expected] = fields.as_slice() else { panic!("three fields in {row}") };
        let key = Secret32::from_slice(key).unwrap();
        let (head, tail) = fixed_input.split_at(7);
        let output: [u8; 40] = counter_mode(&key, &[head, tail]);
        assert_eq!(&output[..expected.len()], expected, "{row}");
        let exact: [u8; 16] = counter_mode(&key, &[fixed_input]);
        assert_eq!(exact, expected[..16], "{row}");
    }

    #[test]
    fn agrees_with_the_vectors_of_nist() {
        let rows = include_str!("../../tests/data/kbkdf_counter_hmac_sha256.txt").lines();
        let rows: Vec<&str> = rows.filter(|line| !line.starts_with('#')).collect();
        assert!(rows.len() >= 9);
        rows.into_iter().for_each(check);
    }

    #[test]
    fn the_per_call_key_is_what_the_module_says() {
        let (material, nonce) = (Secret32::from_bytes([7; 32]), [9; 16]);
        let message = [b"\0\0\0\x01kms-playground-encrypt\0".as_slice(), &nonce, &[0, 0, 1, 0]].concat();
        let mut prf = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
        prf.update(&message);
        assert_eq!(per_call_key(&material, &nonce).expose(), prf.finalize().into_bytes().as_slice());
    }
}
