//! The ciphertext of a symmetric KMS key: what `CiphertextBlob` holds.
//!
//! Each call has a key of its own, derived from the key material and a fresh nonce ([`kdf::per_call_key`]), and seals
//! with AES-256-GCM under it; the encryption context is the additional data ([`EncryptionContext::aad`]). Layout,
//! version 1:
//!
//! | part | bytes |
//! | --- | --- |
//! | format, always `01 01` | 2 |
//! | key material id | 32 |
//! | nonce of the per-call key | 16 |
//! | IV | 12 |
//! | ciphertext | as long as the plaintext |
//! | tag | 16 |
//!
//! This layout is the playground's own: AWS does not publish its one, and neither KMS opens a blob of the other. As in
//! KMS, the blob names its key material, so Decrypt needs no key id.
//!
//! INVARIANT: the caller finds the material by the id in the blob. The tag does not cover that id and need not: with a
//! changed one there is no material, or other material, which opens nothing.
//!
//! [`EncryptionContext::aad`]: crate::crypto::context::EncryptionContext::aad

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};

use crate::{
    arn::{NotAName, serde_as_text},
    crypto::{
        aead::{self, IV_LENGTH, NotAuthentic, TAG_LENGTH},
        kdf::{self, NONCE_LENGTH},
        secret::{Secret32, SecretBytes},
        step::{CryptoStep, Field, Run, Sensitivity, StepKind, Trace},
    },
    entropy::Entropy,
};

/// How many bytes a blob has more than its plaintext.
pub const OVERHEAD: usize = FORMAT.len() + MATERIAL_ID_LENGTH + NONCE_LENGTH + IV_LENGTH + TAG_LENGTH;

/// In bytes.
pub const MATERIAL_ID_LENGTH: usize = 32;

/// Names one key material of one key: 32 bytes, as text 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaterialId([u8; MATERIAL_ID_LENGTH]);

impl MaterialId {
    /// The id of `material` in the key called `key_id`: the same for the same pair, for no other, and giving nothing
    /// away of the material. The members of a multi-Region key share an id, so `key_id` is the key id and not an ARN.
    ///
    /// SHA-256 of `kms-playground-material-id`, a zero byte, and both inputs, each after its length in eight bytes,
    /// most significant first.
    pub fn derive(key_id: &str, material: &[u8]) -> Self {
        Naming::of_key(key_id).name(material)
    }

    /// As it stands in a ciphertext.
    pub(super) fn from_bytes(bytes: [u8; MATERIAL_ID_LENGTH]) -> Self {
        Self(bytes)
    }

    /// As it stands in a blob.
    pub fn as_bytes(&self) -> &[u8; MATERIAL_ID_LENGTH] {
        &self.0
    }
}

/// Derives the ids of one key's materials, one after the other: what they have in common is hashed once.
pub struct Naming(Sha256);

impl Naming {
    pub fn of_key(key_id: &str) -> Self {
        let hash = Sha256::new_with_prefix(b"kms-playground-material-id\0");
        Self(Self::part(hash, key_id.as_bytes()))
    }

    /// As [`MaterialId::derive`].
    pub fn name(&self, material: &[u8]) -> MaterialId {
        MaterialId(Self::part(self.0.clone(), material).finalize().into())
    }

    fn part(hash: Sha256, part: &[u8]) -> Sha256 {
        hash.chain_update((part.len() as u64).to_be_bytes()).chain_update(part)
    }
}

impl FromStr for MaterialId {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let wrong = NotAName { expected: "a key material id of 64 hexadecimal digits" };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let digit = |byte: u8| char::from(byte).to_digit(16).filter(|_| !byte.is_ascii_uppercase());
        let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok();
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        match bytes.and_then(|bytes| bytes.try_into().ok()) {
            Some(bytes) if rest.is_empty() => Ok(Self(bytes)),
            _ => Err(wrong),
        }
    }
}

impl fmt::Display for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every GenerateDataKey prints one: formatting byte by byte would cost as much as the seal.
        let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
        let mut text = [0; 2 * MATERIAL_ID_LENGTH];
        let (pairs, _) = text.as_chunks_mut::<2>();
        for (pair, byte) in pairs.iter_mut().zip(self.0) {
            *pair = [digit(byte >> 4), digit(byte & 0xF)];
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

serde_as_text!(MaterialId);

/// Seals `plaintext` under `material`, whose name is `id`, and binds `aad` to it. The blob is [`OVERHEAD`] bytes longer
/// than the plaintext.
///
/// Draws the nonce of the per-call key, 16 bytes, and then the IV, 12 bytes. Records a [`StepKind::Derive`] and a
/// [`StepKind::Seal`].
pub fn seal(
    material: &Secret32,
    id: MaterialId,
    aad: &[u8],
    plaintext: &[u8],
    entropy: &mut Entropy,
    trace: &mut Trace,
) -> Vec<u8> {
    let nonce: [u8; NONCE_LENGTH] = entropy.draw();
    let iv: [u8; IV_LENGTH] = entropy.draw();
    let key = kdf::per_call_key(material, &nonce);
    let mut blob = Vec::with_capacity(plaintext.len() + OVERHEAD);
    for part in [FORMAT.as_slice(), id.as_bytes(), &nonce, &iv] {
        blob.extend_from_slice(part);
    }
    aead::seal(&key, &iv, aad, plaintext, &mut blob);
    trace.record(|| derive_step(material, &nonce, &key));
    trace.record(|| CryptoStep {
        kind: StepKind::Seal,
        algorithm: AES_256_GCM,
        inputs: vec![
            Field::plain("per-call key", Sensitivity::Secret, key.expose()),
            Field::plain("IV", Sensitivity::Public, &iv),
            Field::plain("encryption context as AAD", Sensitivity::Public, aad),
            Field::plain("plaintext", Sensitivity::Secret, plaintext),
        ],
        outputs: vec![blob_field(&blob)],
        succeeded: true,
    });
    blob
}

/// A blob taken apart; nothing about it is proved until it is opened.
#[derive(Clone, Copy)]
pub struct Blob<'a> {
    bytes: &'a [u8],
    material_id: MaterialId,
    nonce: &'a [u8; NONCE_LENGTH],
    iv: &'a [u8; IV_LENGTH],
    sealed: &'a [u8],
}

impl<'a> Blob<'a> {
    /// Takes `bytes` apart.
    ///
    /// # Errors
    ///
    /// [`NotABlob`] when there are fewer than [`OVERHEAD`] bytes or they do not start with the format.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, NotABlob> {
        let too_short = || NotABlob::TooShort { length: bytes.len() };
        let (format, rest) = bytes.split_first_chunk().ok_or_else(too_short)?;
        if *format != FORMAT {
            return Err(NotABlob::UnknownFormat { format: *format });
        }
        let (material_id, rest) = rest.split_first_chunk().ok_or_else(too_short)?;
        let (nonce, rest) = rest.split_first_chunk().ok_or_else(too_short)?;
        let (iv, sealed) = rest.split_first_chunk().ok_or_else(too_short)?;
        if sealed.len() < TAG_LENGTH {
            return Err(too_short());
        }
        Ok(Self { bytes, material_id: MaterialId(*material_id), nonce, iv, sealed })
    }

    /// Which key material sealed the blob, if it is to be believed.
    pub fn material_id(&self) -> MaterialId {
        self.material_id
    }

    /// From which the per-call key was derived.
    pub fn nonce(&self) -> &'a [u8; NONCE_LENGTH] {
        self.nonce
    }

    /// Of the seal.
    pub fn iv(&self) -> &'a [u8; IV_LENGTH] {
        self.iv
    }

    /// The ciphertext and the tag of 16 bytes.
    pub fn sealed(&self) -> &'a [u8] {
        self.sealed
    }

    /// The plaintext. `material` is the one that [`Self::material_id`] names.
    ///
    /// Records a [`StepKind::Derive`] and a [`StepKind::Open`], which has not succeeded where this fails.
    ///
    /// # Errors
    ///
    /// [`NotAuthentic`] when material, AAD or any byte after the material id differs from what was sealed.
    pub fn open(&self, material: &Secret32, aad: &[u8], trace: &mut Trace) -> Result<SecretBytes, NotAuthentic> {
        let key = kdf::per_call_key(material, self.nonce);
        let opened = aead::open(&key, self.iv, aad, self.sealed);
        trace.record(|| derive_step(material, self.nonce, &key));
        trace.record(|| CryptoStep {
            kind: StepKind::Open,
            algorithm: AES_256_GCM,
            inputs: vec![
                Field::plain("per-call key", Sensitivity::Secret, key.expose()),
                Field::plain("IV", Sensitivity::Public, self.iv),
                Field::plain("encryption context as AAD", Sensitivity::Public, aad),
                blob_field(self.bytes),
            ],
            outputs: match &opened {
                Ok(plaintext) => vec![Field::plain("plaintext", Sensitivity::Secret, plaintext.expose())],
                Err(NotAuthentic) => Vec::new(),
            },
            succeeded: opened.is_ok(),
        });
        opened
    }
}

/// Bytes that no key of this playground can have sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotABlob {
    /// There are `length` bytes.
    TooShort { length: usize },
    /// The first two bytes are of another format.
    UnknownFormat { format: [u8; 2] },
}

impl fmt::Display for NotABlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { length } => {
                write!(f, "not a ciphertext of this playground: got {length} bytes, expected at least {OVERHEAD}")
            }
            Self::UnknownFormat { format: [first, second] } => {
                write!(f, "not a ciphertext of this playground: starts with {first:02x} {second:02x}, expected 01 01")
            }
        }
    }
}

impl std::error::Error for NotABlob {}

/// Names every byte of a blob exactly once. Bytes that are not a blob are one run called `not a blob`.
pub fn runs(blob: &[u8]) -> Vec<Run> {
    match Blob::parse(blob) {
        Ok(_) => Run::in_order([
            ("format", FORMAT.len()),
            ("key material id", MATERIAL_ID_LENGTH),
            ("nonce of the per-call key", NONCE_LENGTH),
            ("IV", IV_LENGTH),
            ("ciphertext", blob.len().saturating_sub(OVERHEAD)),
            ("tag", TAG_LENGTH),
        ]),
        Err(NotABlob::TooShort { .. } | NotABlob::UnknownFormat { .. }) => Run::in_order([("not a blob", blob.len())]),
    }
}

/// A fresh data key of `length` bytes, or that many random bytes for any other use. Records a [`StepKind::Draw`].
///
/// KMS draws from CTR_DRBG with AES-256 (SP 800-90A), seeded by hardware. The playground reads on in the ChaCha20
/// stream of its world (RFC 8439) instead, so that a session replays to the byte; the page seeds it from the operating
/// system.
pub fn draw_secret(name: &'static str, length: u16, entropy: &mut Entropy, trace: &mut Trace) -> SecretBytes {
    let mut bytes = vec![0; length.into()];
    entropy.fill(&mut bytes);
    trace.record(|| CryptoStep {
        kind: StepKind::Draw,
        algorithm: "ChaCha20 stream of the world",
        inputs: Vec::new(),
        outputs: vec![Field::plain(name, Sensitivity::Secret, &bytes)],
        succeeded: true,
    });
    SecretBytes::from_vec(bytes)
}

fn derive_step(material: &Secret32, nonce: &[u8; NONCE_LENGTH], key: &Secret32) -> CryptoStep {
    CryptoStep {
        kind: StepKind::Derive,
        algorithm: "SP 800-108 KDF in counter mode with HMAC-SHA-256",
        inputs: vec![
            Field::plain("key material", Sensitivity::Secret, material.expose()),
            Field::plain("nonce of the per-call key", Sensitivity::Public, nonce),
        ],
        outputs: vec![Field::plain("per-call key", Sensitivity::Secret, key.expose())],
        succeeded: true,
    }
}

fn blob_field(blob: &[u8]) -> Field {
    let bytes = blob.to_vec();
    Field { name: "ciphertext blob", sensitivity: Sensitivity::Ciphertext, bytes, runs: runs(blob) }
}

const FORMAT: [u8; 2] = [1, 1];
const AES_256_GCM: &str = "AES-256-GCM";

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::{crypto::context::EncryptionContext, entropy::Seed};

    const MATERIAL: [u8; 32] = [3; 32];

    fn sealed(aad: &[u8], plaintext: &[u8], trace: &mut Trace) -> Vec<u8> {
        let (material, mut entropy) = (Secret32::from_bytes(MATERIAL), Entropy::new(Seed::from_number(7)));
        seal(&material, MaterialId::derive("a key", &MATERIAL), aad, plaintext, &mut entropy, trace)
    }

    /// As a KMS does it: parse, find the material that the blob names, open.
    fn opened(blob: &[u8], aad: &[u8], trace: &mut Trace) -> Option<SecretBytes> {
        let blob = Blob::parse(blob).ok()?;
        let material = (blob.material_id() == MaterialId::derive("a key", &MATERIAL)).then_some(MATERIAL)?;
        blob.open(&Secret32::from_bytes(material), aad, trace).ok()
    }

    fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    }

    #[test]
    fn no_bit_can_be_flipped() {
        let context: EncryptionContext = [("tenant", "blue"), ("purpose", "invoices")].into_iter().collect();
        for (aad, plaintext) in
            [(context.aad().unwrap(), [5; 32].to_vec()), (Vec::new(), Vec::new()), (vec![1], vec![0])]
        {
            let blob = sealed(&aad, &plaintext, &mut Trace::off());
            assert!(opened(&blob, &aad, &mut Trace::off()).is_some());
            for bit in 0..blob.len() * 8 {
                assert!(opened(&flipped(&blob, bit), &aad, &mut Trace::off()).is_none(), "bit {bit} of the blob");
            }
            for bit in 0..aad.len() * 8 {
                assert!(opened(&blob, &flipped(&aad, bit), &mut Trace::off()).is_none(), "bit {bit} of the AAD");
            }
            for length in 0..blob.len() {
                assert!(opened(&blob[..length], &aad, &mut Trace::off()).is_none(), "cut to {length}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_and_nothing_else_does(
            plaintext in vec(any::<u8>(), 0..4096),
            pairs in vec(("\\PC{0,8}", "\\PC{0,8}"), 0..4),
            at in any::<proptest::sample::Index>(),
        ) {
            let aad = pairs.into_iter().collect::<EncryptionContext>().aad().unwrap();
            let blob = sealed(&aad, &plaintext, &mut Trace::off());
            prop_assert_eq!(blob.len(), plaintext.len() + OVERHEAD);
            let again = opened(&blob, &aad, &mut Trace::off());
            prop_assert!(again.is_some_and(|again| again.expose() == plaintext));
            prop_assert!(opened(&flipped(&blob, at.index(blob.len() * 8)), &aad, &mut Trace::off()).is_none());
        }
    }

    #[track_caller]
    fn check_runs(blob: &[u8], expected: &[(&str, u32)]) {
        let runs = runs(blob);
        let named: Vec<(&str, u32)> = runs.iter().map(|run| (run.name, run.length)).collect();
        assert_eq!(named, expected);
        let mut next = 0;
        for run in &runs {
            assert_eq!(run.start, next, "{}", run.name);
            next += run.length;
        }
        assert_eq!(next as usize, blob.len());
    }

    #[test]
    fn every_byte_has_one_name() {
        let head = [("format", 2), ("key material id", 32), ("nonce of the per-call key", 16), ("IV", 12)];
        for length in [0, 1, 32] {
            let blob = sealed(b"", &vec![9; length as usize], &mut Trace::off());
            check_runs(&blob, &[head.as_slice(), &[("ciphertext", length), ("tag", 16)]].concat());
        }
        check_runs(&[1; OVERHEAD - 1], &[("not a blob", 77)]);
        check_runs(&[2; OVERHEAD], &[("not a blob", 78)]);
    }

    #[test]
    fn bytes_that_are_no_blob_say_why() {
        let check = |bytes: &[u8], expected: NotABlob| assert_eq!(Blob::parse(bytes).err(), Some(expected));
        check(&[], NotABlob::TooShort { length: 0 });
        check(&[1], NotABlob::TooShort { length: 1 });
        check(&[1; 77], NotABlob::TooShort { length: 77 });
        check(&[1, 2, 0], NotABlob::UnknownFormat { format: [1, 2] });
        assert!(Blob::parse(&[1; 78]).is_ok());
    }

    /// One line a step: kind, inputs -> outputs, each with its length.
    fn render(trace: Trace) -> String {
        let fields = |fields: &[Field]| {
            let each = |field: &Field| format!("{} {:?} {}", field.name, field.sensitivity, field.bytes.len());
            fields.iter().map(each).collect::<Vec<_>>().join(", ")
        };
        let line = |step: CryptoStep| {
            let result = if step.succeeded { "" } else { "failed" };
            format!("{:?}: {} -> {}{result}\n", step.kind, fields(&step.inputs), fields(&step.outputs))
        };
        trace.into_steps().into_iter().map(line).collect()
    }

    #[test]
    fn steps_show_what_went_in_and_came_out() {
        let mut trace = Trace::on();
        let data_key = draw_secret("data key", 32, &mut Entropy::new(Seed::from_number(1)), &mut trace);
        let blob = sealed(b"context", data_key.expose(), &mut trace);
        assert!(opened(&blob, b"context", &mut trace).is_some_and(|again| again == data_key));
        assert!(opened(&blob, b"another", &mut trace).is_none());
        expect_test::expect![[r#"
            Draw:  -> data key Secret 32
            Derive: key material Secret 32, nonce of the per-call key Public 16 -> per-call key Secret 32
            Seal: per-call key Secret 32, IV Public 12, encryption context as AAD Public 7, plaintext Secret 32 -> ciphertext blob Ciphertext 110
            Derive: key material Secret 32, nonce of the per-call key Public 16 -> per-call key Secret 32
            Open: per-call key Secret 32, IV Public 12, encryption context as AAD Public 7, ciphertext blob Ciphertext 110 -> plaintext Secret 32
            Derive: key material Secret 32, nonce of the per-call key Public 16 -> per-call key Secret 32
            Open: per-call key Secret 32, IV Public 12, encryption context as AAD Public 7, ciphertext blob Ciphertext 110 -> failed
        "#]]
        .assert_eq(&render(trace));
    }

    #[track_caller]
    fn check_id(text: &str, well_formed: bool) {
        let parsed = text.parse::<MaterialId>();
        assert_eq!(parsed.map(|id| id.to_string()).ok(), well_formed.then(|| text.to_owned()));
    }

    #[test]
    fn material_ids_are_64_digits_and_differ_for_different_pairs() {
        let text = MaterialId::derive("ab", b"c").to_string();
        check_id(&text, true);
        check_id(&text[1..], false);
        check_id(&text[2..], false);
        check_id(&format!("{text}0"), false);
        check_id(&format!("{text}00"), false);
        check_id(&"A".repeat(64), false);
        check_id(&"g".repeat(64), false);
        check_id(&"é".repeat(32), false);
        assert_ne!(text, MaterialId::derive("a", b"bc").to_string());
        assert_eq!(serde_json::to_string(&MaterialId::derive("ab", b"c")).unwrap(), format!("\"{text}\""));
    }
}
