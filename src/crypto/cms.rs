//! CMS EnvelopedData (RFC 5652, section 6) for the owner of an RSA key, as KMS writes it for an enclave.
//!
//! RSAES-OAEP with SHA-256 (RFC 3560) transports a key of AES-256-CBC (RFC 3565). The outer lengths are written as
//! marked ends: the AWS Nitro Enclaves SDK for C reads no others.

use aes_gcm::aes::{
    Aes256, Block,
    cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _},
};
use sha1::Sha1;
use sha2::Digest as _;

use crate::{
    crypto::{
        asn1::{self, Reader, Rules},
        pair::Unfit,
        rsa::{self, OaepHash},
        secret::{Secret32, SecretBytes},
    },
    entropy::Entropy,
};

/// `plaintext` for the owner of `public_key`, an RSA key as DER SubjectPublicKeyInfo. [`Unfit`] where it is none.
pub fn seal(public_key: &[u8], plaintext: &[u8], entropy: &mut Entropy) -> Result<Vec<u8>, Unfit> {
    let key = Secret32::from_bytes(entropy.draw());
    let iv: [u8; BLOCK] = entropy.draw();
    let transported = rsa::encrypt_for(OaepHash::Sha256, public_key, key.expose(), entropy)?;
    let identifier = key_identifier(public_key).ok_or(Unfit)?;
    let recipient = asn1::value(
        asn1::SEQUENCE,
        &[
            VERSION_2,
            &asn1::value(SUBJECT_KEY_IDENTIFIER, &[&identifier]),
            RSAES_OAEP_SHA256,
            &asn1::value(asn1::OCTET_STRING, &[&transported]),
        ],
    );
    let algorithm = [AES_256_CBC, &asn1::value(asn1::OCTET_STRING, &[&iv])].concat();
    let ciphertext = encrypt(&key, &iv, plaintext);
    let pieces: Vec<u8> =
        ciphertext.chunks(PIECE).flat_map(|piece| asn1::value(asn1::OCTET_STRING, &[piece])).collect();
    let content = ended(
        asn1::SEQUENCE,
        &[DATA, &asn1::value(asn1::SEQUENCE, &[&algorithm]), &ended(asn1::context(0), &[&pieces])],
    );
    let enveloped = ended(asn1::SEQUENCE, &[VERSION_2, &asn1::value(asn1::SET, &[&recipient]), &content]);
    Ok(ended(asn1::SEQUENCE, &[ENVELOPED_DATA, &ended(asn1::context(0), &[&enveloped])]))
}

/// Not EnvelopedData of that kind, not for this key, or changed on the way. Which of them, nobody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotForThisKey;

/// What [`seal`] sealed, with the private key (PKCS#8, DER). `entropy` only hides how long it takes.
pub fn open(private: &SecretBytes, message: &[u8], entropy: &mut Entropy) -> Result<SecretBytes, NotForThisKey> {
    let parts = Enveloped::read(message).ok_or(NotForThisKey)?;
    let key = rsa::decrypt(OaepHash::Sha256, private, parts.transported, entropy).map_err(|_| NotForThisKey)?;
    let key = Secret32::from_slice(key.expose()).ok_or(NotForThisKey)?;
    decrypt(&key, parts.iv, &parts.ciphertext).ok_or(NotForThisKey)
}

struct Enveloped<'a> {
    transported: &'a [u8],
    iv: &'a [u8; BLOCK],
    ciphertext: Vec<u8>,
}

impl<'a> Enveloped<'a> {
    fn read(message: &'a [u8]) -> Option<Self> {
        let mut outer = Reader::only(message, Rules::Ber, asn1::SEQUENCE)?;
        is(&mut outer, ENVELOPED_DATA)?;
        let mut enveloped = outer.inside(asn1::context(0))?.inside(asn1::SEQUENCE)?;
        is(&mut enveloped, VERSION_2)?;
        let mut recipient = enveloped.inside(asn1::SET)?.inside(asn1::SEQUENCE)?;
        is(&mut recipient, VERSION_2)?;
        recipient.take(SUBJECT_KEY_IDENTIFIER)?;
        is(&mut recipient, RSAES_OAEP_SHA256)?;
        let transported = recipient.take(asn1::OCTET_STRING)?.content;
        let mut content = enveloped.inside(asn1::SEQUENCE)?;
        is(&mut content, DATA)?;
        let mut algorithm = content.inside(asn1::SEQUENCE)?;
        is(&mut algorithm, AES_256_CBC)?;
        let iv = algorithm.take(asn1::OCTET_STRING)?.content.try_into().ok()?;
        let mut ciphertext = Vec::new();
        let whole = content.any()?;
        match whole.tag {
            // In one piece, as DER has it.
            SUBJECT_KEY_IDENTIFIER => ciphertext.extend_from_slice(whole.content),
            _ => {
                let mut pieces = Reader::new(whole.content, Rules::Ber);
                while !pieces.is_empty() {
                    ciphertext.extend_from_slice(pieces.take(asn1::OCTET_STRING)?.content);
                }
            }
        }
        Some(Self { transported, iv, ciphertext })
    }
}

fn is(reader: &mut Reader<'_>, expected: &[u8]) -> Option<()> {
    (reader.any()?.whole == expected).then_some(())
}

/// A value whose end is marked by two bytes of zero.
fn ended(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[tag, 0x80], parts.concat().as_slice(), &[0, 0]].concat()
}

/// The SHA-1 of the key's bits (RFC 5280, section 4.2.1.2, method 1).
fn key_identifier(public_key: &[u8]) -> Option<[u8; 20]> {
    let mut parts = Reader::only(public_key, Rules::Der, asn1::SEQUENCE)?;
    parts.take(asn1::SEQUENCE)?;
    let bits = parts.take(asn1::BIT_STRING)?.content.strip_prefix(&[0])?;
    Some(Sha1::digest(bits).into())
}

/// CBC (SP 800-38A, section 6.2). The last block is filled up with bytes that say how many they are, 1 to 16.
fn encrypt(key: &Secret32, iv: &[u8; BLOCK], plaintext: &[u8]) -> Vec<u8> {
    let cipher = Aes256::new(key.expose().into());
    let fill = BLOCK - plaintext.len() % BLOCK;
    let padded = SecretBytes::from_vec([plaintext, &vec![u8::try_from(fill).unwrap_or(0); fill]].concat());
    let mut block = Block::from(*iv);
    let mut out = Vec::with_capacity(padded.len());
    for plain in padded.expose().chunks(BLOCK) {
        block.iter_mut().zip(plain).for_each(|(byte, plain)| *byte ^= plain);
        cipher.encrypt_block(&mut block);
        out.extend_from_slice(&block);
    }
    out
}

fn decrypt(key: &Secret32, iv: &[u8; BLOCK], ciphertext: &[u8]) -> Option<SecretBytes> {
    let cipher = Aes256::new(key.expose().into());
    let (blocks, []) = ciphertext.as_chunks::<BLOCK>() else { return None };
    let mut before = iv;
    let mut out = Vec::with_capacity(ciphertext.len());
    for sealed in blocks {
        let mut block = Block::from(*sealed);
        cipher.decrypt_block(&mut block);
        out.extend(block.iter().zip(before).map(|(byte, before)| byte ^ before));
        before = sealed;
    }
    let padded = SecretBytes::from_vec(out);
    let fill = *padded.expose().last()?;
    let (plaintext, filling) = padded.expose().split_at_checked(padded.len().checked_sub(fill.into())?)?;
    let right = (1..=BLOCK).contains(&filling.len()) && filling.iter().all(|byte| *byte == fill);
    right.then(|| SecretBytes::from_vec(plaintext.to_vec()))
}

const BLOCK: usize = 16;
/// In how long pieces the ciphertext is written.
const PIECE: usize = 1000;

const VERSION_2: &[u8] = &[asn1::INTEGER, 1, 2];
/// `[0]`, not made of other values.
const SUBJECT_KEY_IDENTIFIER: u8 = 0x80;
/// 1.2.840.113549.1.7.3
const ENVELOPED_DATA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3];
/// 1.2.840.113549.1.7.1
const DATA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
/// 2.16.840.1.101.3.4.1.42
const AES_256_CBC: &[u8] = &[6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42];
/// 1.2.840.113549.1.1.7 with SHA-256 (2.16.840.1.101.3.4.2.1) as its hash, and MGF1 (1.2.840.113549.1.1.8) with the same.
#[rustfmt::skip]
const RSAES_OAEP_SHA256: &[u8] = &[
    0x30, 60, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 7, 0x30, 47,
        0xa0, 15, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0,
        0xa1, 28, 0x30, 26, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8,
            0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{crypto::rsa::Modulus, entropy::Seed};

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// SP 800-38A, F.2.5, and a last block of padding.
    #[test]
    fn cbc_is_that_of_the_standard() {
        let key = bytes("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        let key = Secret32::from_slice(&key).unwrap();
        let iv: [u8; 16] = bytes("000102030405060708090a0b0c0d0e0f").try_into().unwrap();
        let plaintext = bytes(
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
             30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
        );
        let ciphertext = encrypt(&key, &iv, &plaintext);
        assert_eq!(
            ciphertext[..64],
            bytes(
                "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d\
                 39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"
            )
        );
        for length in 0..=plaintext.len() {
            let ciphertext = encrypt(&key, &iv, &plaintext[..length]);
            assert_eq!(ciphertext.len(), length / 16 * 16 + 16);
            assert_eq!(decrypt(&key, &iv, &ciphertext).unwrap().expose(), &plaintext[..length]);
        }
        assert!(decrypt(&key, &iv, &ciphertext[..64]).is_none(), "no padding");
        assert!(decrypt(&key, &iv, &ciphertext[..79]).is_none(), "no whole block");
        assert!(decrypt(&key, &iv, &[]).is_none());
    }

    #[test]
    fn only_the_owner_of_the_key_opens_a_message() {
        let mut entropy = Entropy::new(Seed::from_number(7));
        let private = rsa::generate(Modulus::Bits2048, &mut entropy).unwrap();
        let public = rsa::public_key(&private).unwrap();
        for length in [0, 1, 16, 999, 1000, 3000] {
            let plaintext = vec![9; length];
            let message = seal(&public, &plaintext, &mut entropy).unwrap();
            assert_eq!(open(&private, &message, &mut entropy).unwrap().expose(), plaintext);
        }
        let message = seal(&public, b"hello", &mut entropy).unwrap();
        let other = rsa::generate(Modulus::Bits2048, &mut entropy).unwrap();
        assert!(open(&other, &message, &mut entropy).is_err());
        for cut in 0..message.len() {
            assert!(open(&private, &message[..cut], &mut entropy).is_err(), "cut at {cut}");
        }
        assert_eq!(seal(b"no key", b"hello", &mut entropy), Err(Unfit));
        let curve = crate::crypto::curve::Curve::NistP256;
        let of_a_curve = crate::crypto::curve::generate(curve, &mut entropy).unwrap();
        let of_a_curve = crate::crypto::curve::public_key(curve, &of_a_curve).unwrap();
        assert_eq!(seal(&of_a_curve, b"hello", &mut entropy), Err(Unfit));
    }
}
