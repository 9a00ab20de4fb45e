//! Import tokens: what GetParametersForImport gives and ImportKeyMaterial takes back.
//!
//! A token holds the private half of its wrapping key, sealed as KMS seals all that it gives out and takes back, so
//! nothing has to be kept for it. That AWS does the same shows in its tokens, which begin and grow as its ciphertexts do.
//! The encryption context names the key that the token is for; the plaintext is:
//!
//! | part | bytes |
//! | --- | --- |
//! | when it expires, in milliseconds since 1970 | 8 |
//! | the wrapping algorithm's place in [`WrappingAlgorithm::ALL`] | 1 |
//! | the private key, PKCS#8 | the rest |

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{
    arn::KeyArn,
    clock::{Span, Timestamp},
    crypto::{
        blob::{self, Blob, MaterialId},
        context::EncryptionContext,
        secret::{Secret32, SecretBytes},
        step::Trace,
        wrap::WrappingAlgorithm,
    },
    entropy::Entropy,
};

/// How long a token and its wrapping key are good for (API reference, GetParametersForImport).
pub const VALIDITY: Span = Span::hours(24);

/// A wrapping key, what it is for, and until when.
pub struct ImportToken {
    /// The key whose material may come.
    pub key: KeyArn,
    pub algorithm: WrappingAlgorithm,
    pub valid_to: Timestamp,
    /// The private half, PKCS#8.
    pub wrapping_key: SecretBytes,
}

/// Why bytes are not a token that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenProblem {
    /// No token of this world, or one for another key.
    Invalid,
    Expired,
}

impl ImportToken {
    /// As it goes out.
    pub fn seal(&self, entropy: &mut Entropy, trace: &mut Trace) -> Vec<u8> {
        let place = WrappingAlgorithm::ALL.iter().position(|algorithm| *algorithm == self.algorithm);
        let place = place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX);
        let mut plaintext = self.valid_to.millis().to_be_bytes().to_vec();
        plaintext.push(place);
        plaintext.extend_from_slice(self.wrapping_key.expose());
        let plaintext = SecretBytes::from_vec(plaintext);
        let (domain_key, id) = domain_key(entropy);
        blob::seal(&domain_key, id, &bound_to(self.key), plaintext.expose(), entropy, trace)
    }

    /// The token that came back for `key`.
    pub fn open(
        token: &[u8],
        key: KeyArn,
        now: Timestamp,
        entropy: &Entropy,
        trace: &mut Trace,
    ) -> Result<Self, TokenProblem> {
        let (domain_key, id) = domain_key(entropy);
        let sealed = Blob::parse(token).ok().filter(|sealed| sealed.material_id() == id);
        let sealed = sealed.ok_or(TokenProblem::Invalid)?;
        let plaintext = sealed.open(&domain_key, &bound_to(key), trace);
        let plaintext = plaintext.map_err(|_| TokenProblem::Invalid)?;
        let (valid_to, rest) = plaintext.expose().split_first_chunk().ok_or(TokenProblem::Invalid)?;
        let (place, wrapping_key) = rest.split_first().ok_or(TokenProblem::Invalid)?;
        let valid_to = Timestamp::from_millis(i64::from_be_bytes(*valid_to));
        let algorithm = *WrappingAlgorithm::ALL.get(usize::from(*place)).ok_or(TokenProblem::Invalid)?;
        if valid_to <= now {
            return Err(TokenProblem::Expired);
        }
        Ok(Self { key, algorithm, valid_to, wrapping_key: SecretBytes::from_vec(wrapping_key.to_vec()) })
    }
}

/// The key under which tokens are sealed, and its name.
fn domain_key(entropy: &Entropy) -> (Secret32, MaterialId) {
    let own = Zeroizing::new(entropy.own_key());
    let key = Secret32::from_bytes(
        Sha256::new_with_prefix(b"kms-playground-import-tokens\0").chain_update(*own).finalize().into(),
    );
    let id = MaterialId::derive("import tokens", key.expose());
    (key, id)
}

/// The encryption context of a token, as additional data.
fn bound_to(key: KeyArn) -> Vec<u8> {
    let context: EncryptionContext = [("kms:KeyArn".to_owned(), key.to_string())].into_iter().collect();
    // Only a context of more than 65,535 bytes has none.
    context.aad().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Seed;

    #[test]
    fn a_token_is_for_one_key_in_one_world_for_a_day() {
        let arn = |id: &str| -> KeyArn { format!("arn:aws:kms:us-east-1:111122223333:key/{id}").parse().unwrap() };
        let own = arn("00000000-0000-4000-8000-000000000000");
        let mut entropy = Entropy::new(Seed::from_number(7));
        let start: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        let token = ImportToken {
            key: own,
            algorithm: WrappingAlgorithm::RsaAesKeyWrapSha1,
            valid_to: start.after(VALIDITY),
            wrapping_key: SecretBytes::from_vec(vec![9; 1200]),
        };
        let sealed = token.seal(&mut entropy, &mut Trace::off());
        let open = |sealed: &[u8], key, after: Span, entropy: &Entropy| {
            let opened = ImportToken::open(sealed, key, start.after(after), entropy, &mut Trace::off());
            opened.map(|token| (token.algorithm, token.wrapping_key.len()))
        };
        let (last, over) = (Span::from_millis(VALIDITY.millis() - 1), VALIDITY);
        let good = Ok((WrappingAlgorithm::RsaAesKeyWrapSha1, 1200));
        assert_eq!(open(&sealed, own, Span::ZERO, &entropy), good);
        assert_eq!(open(&sealed, own, last, &entropy), good);
        assert_eq!(open(&sealed, own, over, &entropy), Err(TokenProblem::Expired));
        let other = arn("00000000-0000-4000-8000-000000000001");
        assert_eq!(open(&sealed, other, Span::ZERO, &entropy), Err(TokenProblem::Invalid));
        let elsewhere = Entropy::new(Seed::from_number(8));
        assert_eq!(open(&sealed, own, Span::ZERO, &elsewhere), Err(TokenProblem::Invalid));
        for at in [0, 10, 40, 60, 80, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(open(&changed, own, over, &entropy), Err(TokenProblem::Invalid), "byte {at}");
        }
        assert_eq!(open(&sealed[1..], own, Span::ZERO, &entropy), Err(TokenProblem::Invalid));
    }
}
