//! The ciphertext of a key in an external key store: a [`blob`] of KMS, sealed once more with a key that KMS never sees.
//!
//! AES-256-GCM under the external key, with the encryption context as additional data as in the layer below
//! ([`EncryptionContext::aad`]). Layout:
//!
//! | part | bytes |
//! | --- | --- |
//! | format, always `01 02` | 2 |
//! | key material id | 32 |
//! | IV | 12 |
//! | ciphertext of the blob | as long as the blob |
//! | tag | 16 |
//!
//! What the invariant of [`blob`] says of the material id holds here too.
//!
//! [`EncryptionContext::aad`]: crate::crypto::context::EncryptionContext::aad

use crate::{
    crypto::{
        aead::{self, IV_LENGTH, NotAuthentic, TAG_LENGTH},
        blob::{self, Blob, MATERIAL_ID_LENGTH, MaterialId, NotABlob},
        secret::{Secret32, SecretBytes},
        step::{CryptoStep, Field, Run, Sensitivity, StepKind, Trace},
    },
    entropy::Entropy,
};

/// How many bytes the outer layer adds.
pub const OVERHEAD: usize = FORMAT.len() + MATERIAL_ID_LENGTH + IV_LENGTH + TAG_LENGTH;

/// Seals `inner`, a blob under the material called `id`, as the external key manager does. Draws the IV, 12 bytes.
/// Records a [`StepKind::SealOutside`].
pub fn seal(
    external: &Secret32,
    id: MaterialId,
    aad: &[u8],
    inner: &[u8],
    entropy: &mut Entropy,
    trace: &mut Trace,
) -> Vec<u8> {
    let iv: [u8; IV_LENGTH] = entropy.draw();
    let mut sealed = Vec::with_capacity(inner.len() + OVERHEAD);
    for part in [FORMAT.as_slice(), id.as_bytes(), &iv] {
        sealed.extend_from_slice(part);
    }
    aead::seal(external, &iv, aad, inner, &mut sealed);
    trace.record(|| step(StepKind::SealOutside, external, &iv, aad, (INNER, inner), Some((OUTER, &sealed))));
    sealed
}

/// A ciphertext taken apart; nothing about it is proved until it is opened.
pub struct Outer<'a> {
    bytes: &'a [u8],
    material_id: MaterialId,
    iv: &'a [u8; IV_LENGTH],
    sealed: &'a [u8],
}

impl<'a> Outer<'a> {
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
        let (iv, sealed) = rest.split_first_chunk().ok_or_else(too_short)?;
        if sealed.len() < TAG_LENGTH {
            return Err(too_short());
        }
        Ok(Self { bytes, material_id: MaterialId::from_bytes(*material_id), iv, sealed })
    }

    pub fn material_id(&self) -> MaterialId {
        self.material_id
    }

    /// The blob of KMS inside. Records a [`StepKind::OpenOutside`], which has not succeeded where this fails.
    ///
    /// # Errors
    ///
    /// [`NotAuthentic`] when key, AAD or any byte after the material id differs from what was sealed.
    pub fn open(&self, external: &Secret32, aad: &[u8], trace: &mut Trace) -> Result<SecretBytes, NotAuthentic> {
        let opened = aead::open(external, self.iv, aad, self.sealed);
        trace.record(|| {
            let inner = opened.as_ref().ok().map(|inner| (INNER, inner.expose()));
            step(StepKind::OpenOutside, external, self.iv, aad, (OUTER, self.bytes), inner)
        });
        opened
    }
}

/// Which key material a ciphertext of either layer names.
///
/// # Errors
///
/// [`NotABlob`] when it is of neither.
pub fn material_id(ciphertext: &[u8]) -> Result<MaterialId, NotABlob> {
    match Outer::parse(ciphertext) {
        Ok(outer) => Ok(outer.material_id()),
        Err(_) => Blob::parse(ciphertext).map(|blob| blob.material_id()),
    }
}

/// Names every byte of a ciphertext of either layer exactly once, as [`blob::runs`] does.
pub fn runs(ciphertext: &[u8]) -> Vec<Run> {
    match Outer::parse(ciphertext) {
        Ok(_) => Run::in_order([
            ("format", FORMAT.len()),
            ("key material id", MATERIAL_ID_LENGTH),
            ("IV of the external key", IV_LENGTH),
            ("KMS ciphertext, encrypted", ciphertext.len().saturating_sub(OVERHEAD)),
            ("tag of the external key", TAG_LENGTH),
        ]),
        Err(_) => blob::runs(ciphertext),
    }
}

const OUTER: &str = "ciphertext blob";
const INNER: &str = "KMS ciphertext";

fn step(
    kind: StepKind,
    external: &Secret32,
    iv: &[u8],
    aad: &[u8],
    from: (&'static str, &[u8]),
    to: Option<(&'static str, &[u8])>,
) -> CryptoStep {
    let field = |(name, bytes): (&'static str, &[u8])| Field {
        name,
        sensitivity: Sensitivity::Ciphertext,
        bytes: bytes.to_vec(),
        runs: runs(bytes),
    };
    CryptoStep {
        kind,
        algorithm: "AES-256-GCM in the external key manager",
        inputs: vec![
            Field::plain("external key", Sensitivity::Secret, external.expose()),
            Field::plain("IV", Sensitivity::Public, iv),
            Field::plain("encryption context as AAD", Sensitivity::Public, aad),
            field(from),
        ],
        succeeded: to.is_some(),
        outputs: to.into_iter().map(field).collect(),
    }
}

const FORMAT: [u8; 2] = [1, 2];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Seed;

    const MATERIAL: [u8; 32] = [3; 32];

    fn sealed(aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let mut entropy = Entropy::new(Seed::from_number(7));
        let id = MaterialId::derive("a key", &MATERIAL);
        let mut trace = Trace::off();
        let inner = blob::seal(&Secret32::from_bytes(MATERIAL), id, aad, plaintext, &mut entropy, &mut trace);
        seal(&Secret32::from_bytes([4; 32]), id, aad, &inner, &mut entropy, &mut trace)
    }

    fn opened(bytes: &[u8], external: [u8; 32], own: [u8; 32], aad: &[u8]) -> Option<SecretBytes> {
        let outer = Outer::parse(bytes).ok()?;
        (outer.material_id() == MaterialId::derive("a key", &MATERIAL)).then_some(())?;
        let inner = outer.open(&Secret32::from_bytes(external), aad, &mut Trace::off()).ok()?;
        Blob::parse(inner.expose()).ok()?.open(&Secret32::from_bytes(own), aad, &mut Trace::off()).ok()
    }

    #[test]
    fn it_takes_both_keys_and_no_bit_can_be_flipped() {
        for (aad, plaintext) in [(b"context".as_slice(), [5; 32].as_slice()), (b"", b"")] {
            let bytes = sealed(aad, plaintext);
            assert_eq!(bytes.len(), plaintext.len() + blob::OVERHEAD + OVERHEAD);
            assert!(opened(&bytes, [4; 32], MATERIAL, aad).is_some_and(|again| again.expose() == plaintext));
            assert!(opened(&bytes, [4; 32], [4; 32], aad).is_none());
            assert!(opened(&bytes, MATERIAL, MATERIAL, aad).is_none());
            assert!(opened(&bytes, [4; 32], MATERIAL, b"another").is_none());
            for bit in 0..bytes.len() * 8 {
                let mut flipped = bytes.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(opened(&flipped, [4; 32], MATERIAL, aad).is_none(), "bit {bit}");
            }
            for length in 0..bytes.len() {
                assert!(opened(&bytes[..length], [4; 32], MATERIAL, aad).is_none(), "cut to {length}");
            }
        }
    }

    #[test]
    fn every_byte_has_one_name() {
        let bytes = sealed(b"", b"hello");
        let lengths: Vec<u32> = runs(&bytes).iter().map(|run| run.length).collect();
        assert_eq!(lengths, [2, 32, 12, 5 + 78, 16]);
        assert_eq!(material_id(&bytes), Ok(MaterialId::derive("a key", &MATERIAL)));
        assert_eq!(runs(&bytes[..40]), blob::runs(&bytes[..40]));
    }
}
