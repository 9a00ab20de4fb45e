//! Where the chunks of an envelope are, and what each byte of the file is called.

use std::{iter, ops::Range};

use super::{
    damaged::DamagedEnvelope,
    header::{BEFORE_HEADER, Header, MAGIC},
};
use crate::crypto::{
    aead::{self, IV_LENGTH, TAG_LENGTH},
    secret::{Secret32, SecretBytes},
    step::{Field, Run, Sensitivity},
};

/// One separately sealed stretch of the file. All positions are in bytes, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Counted from 0.
    pub index: u32,
    /// In the plaintext; empty only for an empty file.
    pub plaintext: Range<u64>,
    /// Ciphertext and tag, in the file: 16 bytes more than the plaintext.
    pub sealed: Range<u64>,
    /// The IV of its seal: nonce prefix, index and whether it is the last.
    pub nonce: [u8; IV_LENGTH],
}

impl Chunk {
    /// What to say when this chunk does not open.
    pub fn not_authentic(&self) -> DamagedEnvelope {
        DamagedEnvelope::NotAuthentic { chunk: self.index, start: self.sealed.start, end: self.sealed.end }
    }
}

impl Header {
    /// How many chunks there are; at least one.
    pub fn chunk_count(&self) -> u32 {
        let members = self.members();
        let count = members.plaintext_length.div_ceil(members.chunk_length.into()).max(1);
        // INVARIANT: the limits of a header allow 2^40 bytes in chunks of 2^10, which makes 2^30.
        count as u32
    }

    /// The chunk at `index`, if there are so many.
    pub fn chunk(&self, index: u32) -> Option<Chunk> {
        let (members, count) = (self.members(), self.chunk_count());
        if index >= count {
            return None;
        }
        let chunk_length = u64::from(members.chunk_length);
        let start = u64::from(index) * chunk_length;
        let end = members.plaintext_length.min(start + chunk_length);
        let before = self.prefix().len() as u64 + u64::from(index) * TAG_LENGTH as u64;
        let flag = u8::from(index == count - 1);
        let mut nonce = [0; IV_LENGTH];
        let parts = members.nonce_prefix.into_iter().chain(index.to_be_bytes()).chain([flag]);
        for (slot, byte) in nonce.iter_mut().zip(parts) {
            *slot = byte;
        }
        let sealed = before + start..before + end + TAG_LENGTH as u64;
        Some(Chunk { index, plaintext: start..end, sealed, nonce })
    }

    /// All chunks, in the order of the file.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk> {
        (0..self.chunk_count()).map_while(|index| self.chunk(index))
    }

    /// Ciphertext and tag of one chunk's plaintext. For where the browser's own AES is not to be had.
    pub fn seal_chunk(&self, chunk: &Chunk, data_key: &[u8; 32], plaintext: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        aead::seal(&Secret32::from_bytes(*data_key), &chunk.nonce, self.prefix(), plaintext, &mut sealed);
        sealed
    }

    /// The plaintext of one chunk.
    ///
    /// # Errors
    ///
    /// [`DamagedEnvelope::NotAuthentic`] when it is not what was sealed, or not under this data key.
    pub fn open_chunk(
        &self,
        chunk: &Chunk,
        data_key: &[u8; 32],
        sealed: &[u8],
    ) -> Result<SecretBytes, DamagedEnvelope> {
        let key = Secret32::from_bytes(*data_key);
        aead::open(&key, &chunk.nonce, self.prefix(), sealed).map_err(|_| chunk.not_authentic())
    }

    /// Of the whole envelope, in bytes.
    pub fn file_length(&self) -> u64 {
        let tags = u64::from(self.chunk_count()) * TAG_LENGTH as u64;
        self.prefix().len() as u64 + self.members().plaintext_length + tags
    }

    /// Whether a file of `length` bytes can be this envelope, to ask before a chunk is read.
    ///
    /// # Errors
    ///
    /// [`DamagedEnvelope::FileLength`] when it has too few or too many.
    pub fn check_file_length(&self, length: u64) -> Result<(), DamagedEnvelope> {
        let expected = self.file_length();
        if length == expected { Ok(()) } else { Err(DamagedEnvelope::FileLength { expected, got: length }) }
    }

    /// Names each of the first `shown` bytes of the file exactly once. The first four chunks have names of their own,
    /// the others are one run, and so is whatever comes after the end.
    pub fn runs(&self, shown: usize) -> Vec<Run> {
        let first = self.chunks().zip(CHUNK_NAMES);
        let first = first.flat_map(|(chunk, (ciphertext, tag))| {
            [(ciphertext, chunk.plaintext.end - chunk.plaintext.start), (tag, TAG_LENGTH as u64)]
        });
        let header = (self.prefix().len() as u64).saturating_sub(BEFORE_HEADER as u64);
        let start = [("magic", MAGIC.len() as u64), ("header length", 4), ("header", header)];
        let after_first = self.chunk(CHUNK_NAMES.len() as u32);
        let later = after_first.map(|chunk| ("later chunks", self.file_length() - chunk.sealed.start));
        let end = iter::once(("after the end", u64::MAX)).filter(|_| shown as u64 > self.file_length());

        let mut left = shown as u64;
        let shown_parts = start.into_iter().chain(first).chain(later).chain(end).map_while(|(name, length)| {
            let length = length.min(left);
            let any_left = left > 0;
            left -= length;
            // Not cut: at most `shown`, which is a `usize`.
            any_left.then_some((name, length as usize))
        });
        Run::in_order(shown_parts)
    }

    /// The start of the file, or all of it, for a view of its bytes.
    pub fn field(&self, start_of_file: &[u8]) -> Field {
        let runs = self.runs(start_of_file.len());
        Field { name: "envelope", sensitivity: Sensitivity::Ciphertext, bytes: start_of_file.to_vec(), runs }
    }
}

/// The bytes of `range`; none where the range is not inside, which the tag then finds out.
pub(super) fn stretch<'a>(bytes: &'a [u8], range: &Range<u64>) -> &'a [u8] {
    let bounds = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
    bounds.and_then(|(start, end)| bytes.get(start..end)).unwrap_or_default()
}

const CHUNK_NAMES: [(&str, &str); 4] = [
    ("chunk 1 ciphertext", "chunk 1 tag"),
    ("chunk 2 ciphertext", "chunk 2 tag"),
    ("chunk 3 ciphertext", "chunk 3 tag"),
    ("chunk 4 ciphertext", "chunk 4 tag"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::Members;

    fn header(plaintext_length: u64, chunk_length: u32) -> Header {
        let members = Members {
            key: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap(),
            encryption_context: Default::default(),
            wrapped_data_key: vec![1],
            file_name: "a".parse().unwrap(),
            media_type: None,
            plaintext_length,
            chunk_length,
            nonce_prefix: [9; 7],
        };
        Header::new(members).unwrap()
    }

    /// `shown` counts from the first chunk.
    #[track_caller]
    fn check(plaintext_length: u64, shown: i64, expected: &[(&str, u32)]) {
        let header = header(plaintext_length, 1024);
        let prefix = header.prefix().len();
        let shown = (prefix as i64 + shown) as usize;
        let field = header.field(&vec![0; shown]);
        let named: Vec<_> = field.runs.iter().skip(3).map(|run| (run.name, run.length)).collect();
        assert_eq!(named, expected);
        let mut next = 0;
        for run in &field.runs {
            assert_eq!(run.start, next, "{}", run.name);
            next += run.length;
        }
        assert_eq!(next as usize, shown);
    }

    #[test]
    fn every_byte_shown_has_one_name() {
        let (one, one_tag) = (("chunk 1 ciphertext", 1024), ("chunk 1 tag", 16));
        let (two, two_tag) = (("chunk 2 ciphertext", 1024), ("chunk 2 tag", 16));
        let (three, three_tag) = (("chunk 3 ciphertext", 1024), ("chunk 3 tag", 16));
        check(0, 16, &[("chunk 1 ciphertext", 0), one_tag]);
        check(0, 0, &[]);
        check(0, -100, &[]);
        check(1024, 1040, &[one, one_tag]);
        check(1024, 1041, &[one, one_tag, ("after the end", 1)]);
        check(1025, 1041, &[one, one_tag, ("chunk 2 ciphertext", 1)]);
        check(1 << 40, 5, &[("chunk 1 ciphertext", 5)]);
        let four = [one, one_tag, two, two_tag, three, three_tag, ("chunk 4 ciphertext", 1024), ("chunk 4 tag", 16)];
        check(4096, 4160, &four);
        check(1 << 40, 4200, &[four.as_slice(), &[("later chunks", 40)]].concat());
        check(4097, 4178, &[four.as_slice(), &[("later chunks", 17), ("after the end", 1)]].concat());
    }

    #[test]
    fn the_largest_file_has_2_to_the_30_chunks() {
        let header = header(1 << 40, 1024);
        assert_eq!(header.chunk_count(), 1 << 30);
        let last = header.chunk((1 << 30) - 1).unwrap();
        assert_eq!(last.nonce, [9, 9, 9, 9, 9, 9, 9, 0x3F, 0xFF, 0xFF, 0xFF, 1]);
        assert_eq!(last.plaintext, (1 << 40) - 1024..1 << 40);
        assert_eq!(last.sealed.end, header.file_length());
        assert_eq!(header.chunk(0).unwrap().nonce, [9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0, 0]);
        assert_eq!(header.chunk(1 << 30), None);
        assert_eq!(header.check_file_length(header.file_length()), Ok(()));
    }

    #[test]
    fn chunk_by_chunk_is_the_same_as_all_at_once() {
        let header = header(2500, 1024);
        let plaintext: Vec<u8> = (0..2500_u32).map(|at| (at % 251) as u8).collect();
        let mut file = header.prefix().to_vec();
        for chunk in header.chunks() {
            file.extend(header.seal_chunk(&chunk, &[8; 32], stretch(&plaintext, &chunk.plaintext)));
        }
        assert!(file == crate::envelope::seal_all(&header, &Secret32::from_bytes([8; 32]), &plaintext).unwrap());
        for chunk in header.chunks() {
            let sealed = stretch(&file, &chunk.sealed);
            let opened = header.open_chunk(&chunk, &[8; 32], sealed).unwrap();
            assert!(opened.expose() == stretch(&plaintext, &chunk.plaintext));
            assert_eq!(header.open_chunk(&chunk, &[9; 32], sealed).err(), Some(chunk.not_authentic()));
        }
    }
}
