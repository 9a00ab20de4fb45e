//! The envelope file: a file sealed under a data key, together with that data key as KMS wrapped it.
//!
//! Somebody takes it home and opens it again tomorrow, with this page or with the script `www/open_envelope.py`; all
//! that is missing is a KMS that unwraps the data key. Never sees a world and never calls KMS: the caller brings the
//! data key.
//!
//! # Format, version 1
//!
//! | part | bytes |
//! | --- | --- |
//! | magic: `KMSENV1` and a line feed, `4b 4d 53 45 4e 56 31 0a` | 8 |
//! | length of the header, most significant byte first, at most 65,536 | 4 |
//! | header: one JSON object in UTF-8 | as said |
//! | chunks, one after the other, nothing after the last | the rest |
//!
//! The header has these members in any order, each once, and no others. `encryptionContext` and `wrappedDataKey` are
//! what Decrypt needs to give the data key back.
//!
//! | member | value |
//! | --- | --- |
//! | `version` | 1 |
//! | `algorithm` | `"AES-256-GCM"` |
//! | `keyId` | ARN of the KMS key, as GenerateDataKey returned it |
//! | `encryptionContext` | object of text to text, perhaps empty |
//! | `wrappedDataKey` | base64 of the `CiphertextBlob` of GenerateDataKey, 1 to 6,144 bytes |
//! | `fileName` | last component of a path, 1 to 255 bytes, no control characters |
//! | `mediaType` | for example `"text/plain"`; may be missing |
//! | `plaintextLength` | length of the file in bytes, at most 2^40 |
//! | `chunkLength` | length in bytes of every chunk's plaintext but the last, 1,024 to 67,108,864 |
//! | `noncePrefix` | base64 of 7 random bytes |
//!
//! Base64 is the standard alphabet with padding (RFC 4648, section 4).
//!
//! The plaintext is cut into chunks of `chunkLength` bytes; the last has what is left, and an empty file is one empty
//! chunk. Each chunk is sealed on its own with AES-256-GCM under the data key and stands in the file as its ciphertext,
//! of the same length, and its tag of 16 bytes.
//!
//! - Its nonce of 12 bytes is the 7 of `noncePrefix`, the index of the chunk in 4, counted from 0 and most significant
//!   byte first, and one more: 1 for the last chunk and 0 for the others. The data key is fresh for each file, so no
//!   nonce is used twice.
//! - Its additional data are all bytes of the file before the first chunk.
//!
//! So a chunk opens only in its own place, under its own header, and the last one only at the end: a changed, swapped,
//! missing or added byte anywhere is noticed, in the first chunk it concerns. This is the STREAM construction (Hoang,
//! Reyhanitabar, Rogaway and Vizár, Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, CRYPTO
//! 2015).

mod chunk;
mod damaged;
mod header;
mod read;

use zeroize::Zeroizing;

pub use self::{
    chunk::Chunk,
    damaged::DamagedEnvelope,
    header::{FileName, Header, InvalidMember, MediaType, Members},
};
use crate::crypto::{
    aead,
    secret::{Secret32, SecretBytes},
};

/// The whole envelope of `plaintext`.
///
/// The page seals chunk by chunk with the browser's own AES instead; the bytes are the same.
///
/// # Errors
///
/// [`InvalidMember`] when the header says another length than that of `plaintext`.
pub fn seal_all(header: &Header, data_key: &Secret32, plaintext: &[u8]) -> Result<Vec<u8>, InvalidMember> {
    if header.members().plaintext_length != plaintext.len() as u64 {
        return Err(InvalidMember { member: "plaintextLength", expected: "the length of the plaintext" });
    }
    let mut file = header.prefix().to_vec();
    for chunk in header.chunks() {
        let part = chunk::stretch(plaintext, &chunk.plaintext);
        aead::seal(data_key, &chunk.nonce, header.prefix(), part, &mut file);
    }
    Ok(file)
}

/// The header and the plaintext of a whole envelope. Nothing is returned unless all of it is authentic.
///
/// # Errors
///
/// [`DamagedEnvelope`] with the first thing that is wrong.
pub fn open_all(file: &[u8], data_key: &Secret32) -> Result<(Header, SecretBytes), DamagedEnvelope> {
    let header = Header::parse(file)?;
    header.check_file_length(file.len() as u64)?;
    // The plaintext is shorter than the file, so it never moves and leaves no copy behind.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(file.len()));
    for chunk in header.chunks() {
        let sealed = chunk::stretch(file, &chunk.sealed);
        let opened = aead::open(data_key, &chunk.nonce, header.prefix(), sealed);
        plaintext.extend_from_slice(opened.map_err(|_| chunk.not_authentic())?.expose());
    }
    Ok((header, SecretBytes::from_vec(std::mem::take(&mut *plaintext))))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    const CHUNK: u32 = 1024;

    fn members(plaintext_length: u64) -> Members {
        Members {
            key: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap(),
            encryption_context: [("purpose", "übung")].into_iter().collect(),
            wrapped_data_key: vec![1; 110],
            file_name: "notes.txt".parse().unwrap(),
            media_type: Some("text/plain".parse().unwrap()),
            plaintext_length,
            chunk_length: CHUNK,
            nonce_prefix: [1, 2, 3, 4, 5, 6, 7],
        }
    }

    fn key() -> Secret32 {
        Secret32::from_bytes([8; 32])
    }

    fn plaintext(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at % 251) as u8).collect()
    }

    fn sealed(length: usize) -> Vec<u8> {
        seal_all(&Header::new(members(length as u64)).unwrap(), &key(), &plaintext(length)).unwrap()
    }

    #[track_caller]
    fn check(length: usize, chunks: u32) {
        let file = sealed(length);
        let (header, opened) = open_all(&file, &key()).unwrap();
        assert!(opened.expose() == plaintext(length));
        assert_eq!(header.members(), &members(length as u64));
        assert_eq!(header.chunk_count(), chunks);
        assert_eq!(file.len(), header.prefix().len() + length + 16 * chunks as usize);
    }

    #[test]
    fn files_of_every_shape_open_again() {
        let chunk = CHUNK as usize;
        check(0, 1);
        check(1, 1);
        check(chunk - 1, 1);
        check(chunk, 1);
        check(chunk + 1, 2);
        check(2 * chunk, 2);
        check(2 * chunk + 5, 3);
    }

    #[test]
    fn no_bit_can_be_flipped() {
        let file = sealed(3);
        for bit in 0..file.len() * 8 {
            let mut changed = file.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(open_all(&changed, &key()).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn every_cut_says_how_long_the_file_should_be() {
        let file = sealed(CHUNK as usize + 9);
        let prefix = Header::parse(&file).unwrap().prefix().len() as u64;
        for length in 0..file.len() {
            let got = length as u64;
            let expected = match got {
                0..12 => DamagedEnvelope::HeaderCutShort { needs: 12, got },
                _ if got < prefix => DamagedEnvelope::HeaderCutShort { needs: prefix, got },
                _ => DamagedEnvelope::FileLength { expected: file.len() as u64, got },
            };
            assert_eq!(open_all(&file[..length], &key()).err(), Some(expected), "cut to {length}");
        }
        let longer = [file.as_slice(), &[0]].concat();
        let expected = DamagedEnvelope::FileLength { expected: file.len() as u64, got: file.len() as u64 + 1 };
        assert_eq!(open_all(&longer, &key()).err(), Some(expected));
    }

    #[test]
    fn chunks_open_only_in_their_own_place() {
        let file = sealed(3 * CHUNK as usize);
        let chunks = Header::parse(&file).unwrap().chunks().collect::<Vec<_>>();
        for (one, other) in [(0, 1), (1, 2), (0, 2)] {
            let mut swapped = file.clone();
            let (one, other) = (&chunks[one], &chunks[other]);
            let stretch = |chunk: &Chunk| chunk.sealed.start as usize..chunk.sealed.end as usize;
            swapped[stretch(one)].copy_from_slice(&file[stretch(other)]);
            swapped[stretch(other)].copy_from_slice(&file[stretch(one)]);
            assert_eq!(open_all(&swapped, &key()).err(), Some(one.not_authentic()));
        }
        let another = Secret32::from_bytes([9; 32]);
        assert_eq!(open_all(&file, &another).err(), Some(chunks[0].not_authentic()));
    }

    /// A shorter file with a header of its own: what whoever drops the last chunk would have to pass off.
    #[test]
    fn a_dropped_last_chunk_is_noticed_even_where_the_lengths_fit() {
        let long = sealed(2 * CHUNK as usize);
        let short = sealed(CHUNK as usize);
        let (prefix, from) = (Header::parse(&short).unwrap(), Header::parse(&long).unwrap());
        let first = chunk::stretch(&long, &from.chunks().next().unwrap().sealed);
        let forged = [prefix.prefix(), first].concat();
        assert_eq!(forged.len(), short.len());
        assert_eq!(open_all(&forged, &key()).err(), Some(prefix.chunks().next().unwrap().not_authentic()));
    }

    #[test]
    fn a_header_seals_only_the_length_it_says() {
        let header = Header::new(members(5)).unwrap();
        assert_eq!(seal_all(&header, &key(), b"four").unwrap_err().member, "plaintextLength");
    }

    proptest! {
        /// Whatever the bytes, the answer is a plaintext or a sentence.
        #[test]
        fn garbage_never_opens(body in vec(any::<u8>(), 0..400), length in any::<u32>(), magic in any::<bool>()) {
            let start = if magic { [b"KMSENV1\n".as_slice(), &length.to_be_bytes()].concat() } else { Vec::new() };
            let error = open_all(&[start, body].concat(), &key()).err();
            prop_assert!(error.is_some_and(|error| !error.to_string().is_empty()));
        }
    }
}
