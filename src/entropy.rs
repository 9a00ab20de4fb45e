//! Chance as a value: a ChaCha20 stream (RFC 8439) from a seed, whose position is part of the world.
//!
//! Two worlds with the same seed draw the same bytes in the same order, natively and in wasm. Nothing here reads the
//! outside; a session's seed comes in as data.

use chacha20::{
    ChaCha20,
    cipher::{KeyIvInit, StreamCipher, StreamCipherSeek},
};
use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// 32 bytes from which every draw of a world follows.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 32]);

impl Seed {
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes themselves.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// A seed for tests and lessons, where a number is enough.
    pub fn from_number(number: u64) -> Self {
        let mut bytes = [0; 32];
        for (slot, byte) in bytes.iter_mut().zip(number.to_be_bytes()) {
            *slot = byte;
        }
        Self(bytes)
    }
}

/// The stream and how far it has been read.
#[derive(Clone, Deserialize, Serialize)]
pub struct Entropy {
    seed: Seed,
    drawn: u64,
    #[serde(skip)]
    block: Block,
}

/// What the cipher made last: most draws are shorter than that, and go on where the one before ended.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct Block {
    /// In the stream; the last there could be where none was made.
    number: u64,
    bytes: [u8; BLOCK_LENGTH],
}

impl Default for Block {
    fn default() -> Self {
        Self { number: u64::MAX, bytes: [0; BLOCK_LENGTH] }
    }
}

impl PartialEq for Entropy {
    fn eq(&self, other: &Self) -> bool {
        (&self.seed, self.drawn) == (&other.seed, other.drawn)
    }
}

impl Eq for Entropy {}

impl Entropy {
    pub fn new(seed: Seed) -> Self {
        Self { seed, drawn: 0, block: Block::default() }
    }

    /// The next `N` bytes of the stream.
    pub fn draw<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// Fills `bytes` with the next bytes of the stream.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let position = self.drawn % STREAM_LENGTH;
            let number = position / BLOCK_LENGTH as u64;
            if self.block.number != number {
                let mut bytes = [0; BLOCK_LENGTH];
                self.keystream(b"kms-world\0\0\0", number * BLOCK_LENGTH as u64, &mut bytes);
                self.block = Block { number, bytes };
            }
            let offset = (position % BLOCK_LENGTH as u64) as usize;
            let ahead = self.block.bytes.get(offset..).unwrap_or_default();
            let (now, later) = rest.split_at_mut(ahead.len().min(rest.len()));
            now.copy_from_slice(ahead.get(..now.len()).unwrap_or_default());
            self.drawn += now.len() as u64;
            rest = later;
        }
    }

    /// Moves on by `length` bytes without making them, and says where they begin: [`Self::at`] makes them.
    pub fn set_aside(&mut self, length: u64) -> u64 {
        let position = self.drawn;
        self.drawn += length;
        position
    }

    /// The same stream, read on from that position.
    pub fn at(&self, position: u64) -> Self {
        Self { drawn: position, ..Self::new(self.seed.clone()) }
    }

    /// The same 16 bytes for the same `serial`, from a stream of their own: names for things that must be unique
    /// without moving the world, such as request ids.
    pub fn label(&self, serial: u64) -> [u8; 16] {
        let mut bytes = [0; 16];
        let mut nonce = *b"kms-labels\0\0";
        // What does not fit into one stream goes on in another.
        for (slot, byte) in nonce.iter_mut().skip(4).zip((serial >> LABEL_BITS).to_be_bytes()) {
            *slot ^= byte;
        }
        self.keystream(&nonce, (serial % (1 << LABEL_BITS)) * 16, &mut bytes);
        bytes
    }

    /// As [`Self::label`], for the things that belong to one `serial`, counted by `nth`.
    pub fn label_within(&self, serial: u64, nth: u32) -> [u8; 16] {
        let mut nonce = *b"part\0\0\0\0\0\0\0\0";
        for (slot, byte) in nonce.iter_mut().skip(4).zip(serial.to_be_bytes()) {
            *slot = byte;
        }
        let mut bytes = [0; 16];
        self.keystream(&nonce, u64::from(nth) * 16, &mut bytes);
        bytes
    }

    /// The key by which a world knows again what it has given out, such as grant tokens. From a stream of its own.
    pub fn own_key(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.keystream(b"kms-own-key\0", 0, &mut bytes);
        bytes
    }

    /// A stream of its own for `purpose`, the same whenever it is asked for: for keys that belong to a world as its seed
    /// does, such as those of simulated hardware. Does not move the world.
    pub fn branch(&self, purpose: &str) -> Self {
        let seed = Sha256::new_with_prefix(b"kms-branch").chain_update(&self.seed.0).chain_update(purpose);
        Self::new(Seed(seed.finalize().into()))
    }

    fn keystream(&self, nonce: &[u8; 12], position: u64, bytes: &mut [u8]) {
        let mut cipher = ChaCha20::new((&self.seed.0).into(), nonce.into());
        cipher.seek(position % STREAM_LENGTH);
        bytes.fill(0);
        cipher.apply_keystream(bytes);
    }
}

/// The interface by which cryptographic crates draw.
impl TryRng for Entropy {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes(self.draw()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes(self.draw()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Entropy {}

/// So many labels are in one stream, as a power of two.
const LABEL_BITS: u32 = 33;

/// Of the cipher, in bytes.
const BLOCK_LENGTH: usize = 64;

/// 256 GiB less one draw: the block counter of RFC 8439 has 32 bits. No session comes near it.
const STREAM_LENGTH: u64 = (1 << 38) - (1 << 20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_does_not_depend_on_how_it_is_cut() {
        let mut whole = Entropy::new(Seed::from_number(7));
        let mut parts = whole.clone();
        let expected: [u8; 100] = whole.draw();
        let mut drawn = Vec::new();
        for length in [1, 0, 63, 2, 34] {
            let mut part = vec![0; length];
            parts.fill(&mut part);
            drawn.extend(part);
        }
        assert_eq!(drawn, expected);
        assert!(whole == parts);
    }

    #[test]
    fn what_was_set_aside_is_made_later() {
        let mut entropy = Entropy::new(Seed::from_number(7));
        let mut drawn = entropy.clone();
        let expected: ([u8; 5], [u8; 32], [u8; 9]) = (drawn.draw(), drawn.draw(), drawn.draw());
        let before = entropy.draw();
        let position = entropy.set_aside(32);
        assert_eq!((before, entropy.at(position).draw(), entropy.draw()), expected);
        assert!(entropy == drawn);
    }

    #[test]
    fn labels_differ_however_large_their_numbers_are() {
        let entropy = Entropy::new(Seed::from_number(7));
        let numbers = [0, 1, 1 << 16, (1 << 33) - 1, 1 << 33, (1 << 33) + 1, 1 << 62, (1 << 62) + 1, 1 << 63, u64::MAX];
        let labels: std::collections::BTreeSet<_> = numbers.map(|number| entropy.label(number)).into();
        assert_eq!(labels.len(), numbers.len());
    }

    #[test]
    fn branches_differ_and_do_not_move_the_stream() {
        let mut entropy = Entropy::new(Seed::from_number(7));
        let first: [u8; 32] = entropy.branch("a").draw();
        assert_ne!(first, entropy.branch("b").draw());
        assert_ne!(first, entropy.clone().draw());
        entropy.draw::<8>();
        assert_eq!(first, entropy.branch("a").draw());
    }

    #[test]
    fn labels_differ_and_do_not_move_the_stream() {
        let mut entropy = Entropy::new(Seed::from_number(7));
        let before = entropy.clone();
        assert_ne!(entropy.label(1), entropy.label(2));
        assert_eq!(entropy.label(1), before.label(1));
        let within: Vec<_> = [(0, 0), (0, 1), (1, 0)].map(|(serial, nth)| entropy.label_within(serial, nth)).into();
        assert!(within[0] != within[1] && within[0] != within[2] && within[0] != entropy.label(0));
        assert!(entropy == before);
        assert_ne!(entropy.draw::<16>(), before.label(0));
    }
}
