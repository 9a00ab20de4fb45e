//! Keys that take seconds to make, kept for when they are asked for again.
//!
//! INVARIANT: what is kept changes how long a key takes and nothing else. A slow key is a function of its modulus and a
//! seed, so it can be made anywhere: here when it is needed, or beforehand by somebody who was told what is needed.

use std::{cell::RefCell, fmt::Write as _, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    arn::NotAName,
    crypto::{
        pair::{Unfit, with_pairs},
        rsa::{self, Modulus},
        secret::SecretBytes,
    },
    entropy::Seed,
};

/// Which key: all that it follows from.
#[derive(Clone, PartialEq, Eq)]
pub struct SlowKey {
    modulus: Modulus,
    seed: Seed,
}

impl SlowKey {
    pub(super) fn new(modulus: Modulus, seed: Seed) -> Self {
        Self { modulus, seed }
    }

    /// Makes it, which takes from a tenth of a second to some seconds: a private key as PKCS#8, DER.
    pub fn make(&self) -> Result<SecretBytes, Unfit> {
        with_pairs(|| rsa::from_seed(self.modulus, self.seed.clone()))
    }

    /// The length of the modulus, for example 4096.
    pub fn bits(&self) -> u64 {
        u64::try_from(self.modulus.bits()).unwrap_or_default()
    }

    /// Keeps a key that was made elsewhere. What is no key is not kept.
    pub fn keep(self, key: SecretBytes) {
        if with_pairs(|| rsa::public_key(&key)).is_ok() {
            MEMO.with_borrow_mut(|memo| memo.keep(self, key));
        }
    }

    /// Text from which [`FromStr`] makes the same.
    pub fn to_text(&self) -> String {
        format!("{}:{}", self.modulus.bits(), STANDARD.encode(self.seed.expose()))
    }
}

impl FromStr for SlowKey {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let read = || {
            let (bits, seed) = text.split_once(':')?;
            let modulus = Modulus::ALL.into_iter().find(|modulus| modulus.bits().to_string() == bits)?;
            let seed: [u8; 32] = STANDARD.decode(seed).ok()?.try_into().ok()?;
            Some(Self { modulus, seed: Seed::from_bytes(seed) })
        };
        read().ok_or(NotAName { expected: "a length in bits, a colon and a seed of 32 bytes" })
    }
}

/// The private key of `wanted`: kept, or made and then kept.
pub(super) fn recall(wanted: SlowKey) -> Result<SecretBytes, Unfit> {
    let found = MEMO.with_borrow_mut(|memo| {
        let kept = memo.kept.iter().find(|(other, _)| *other == wanted).map(|(_, key)| key.clone());
        if kept.is_none() && memo.looking {
            memo.missing.get_or_insert_with(|| wanted.clone());
            // Whatever comes of it is thrown away.
            return Some(SecretBytes::from_vec(Vec::new()));
        }
        kept
    });
    match found {
        Some(key) => Ok(key),
        None => {
            let key = wanted.make()?;
            MEMO.with_borrow_mut(|memo| memo.keep(wanted, key.clone()));
            Ok(key)
        }
    }
}

/// The first slow key that `run` asks for and that is not kept. None is made, and what `run` does is worth nothing.
pub fn missing(run: impl FnOnce()) -> Option<SlowKey> {
    MEMO.with_borrow_mut(|memo| (memo.looking, memo.missing) = (true, None));
    run();
    MEMO.with_borrow_mut(|memo| {
        memo.looking = false;
        memo.missing.take()
    })
}

/// Every key that is kept, in the clear, for [`read`].
pub fn write() -> String {
    MEMO.with_borrow(|memo| {
        memo.kept.iter().fold(String::new(), |mut text, (wanted, key)| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{} {}", wanted.to_text(), STANDARD.encode(key.expose()));
            text
        })
    })
}

/// Keeps what [`write`] wrote; passes over what cannot be read.
pub fn read(text: &str) {
    for line in text.lines() {
        let Some((wanted, key)) = line.split_once(' ') else { continue };
        let Ok(wanted) = wanted.parse::<SlowKey>() else { continue };
        // To look whether it is a key takes its time.
        let is_kept = MEMO.with_borrow(|memo| memo.kept.iter().any(|(other, _)| *other == wanted));
        if let Ok(key) = STANDARD.decode(key)
            && !is_kept
        {
            wanted.keep(SecretBytes::from_vec(key));
        }
    }
}

#[derive(Default)]
struct Memo {
    /// Oldest first.
    kept: Vec<(SlowKey, SecretBytes)>,
    looking: bool,
    missing: Option<SlowKey>,
}

/// So many keys are kept: more than anybody makes by hand, less than weighs on a server.
const MOST: usize = 32;

impl Memo {
    fn keep(&mut self, wanted: SlowKey, key: SecretBytes) {
        self.kept.retain(|(other, _)| *other != wanted);
        if self.kept.len() >= MOST {
            self.kept.remove(0);
        }
        self.kept.push((wanted, key));
    }
}

thread_local! {
    static MEMO: RefCell<Memo> = RefCell::default();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Entropy;

    /// Each test runs on a thread of its own, and so with a memo of its own.
    #[test]
    fn a_key_is_the_same_made_here_or_kept_from_elsewhere() {
        let entropy = Entropy::new(Seed::from_number(7));
        let draw = || rsa::generate(Modulus::Bits2048, &mut entropy.clone()).unwrap();
        let wanted = missing(|| assert!(draw().is_empty())).unwrap();
        assert_eq!(wanted.bits(), 2048);
        let told: SlowKey = wanted.to_text().parse().unwrap();
        let elsewhere = std::thread::spawn(move || told.make().unwrap().expose().to_vec()).join().unwrap();
        let here = draw();
        assert!(here.expose() == elsewhere);

        let written = write();
        std::thread::spawn(move || {
            read(&written);
            assert_eq!(write(), written);
            assert!(wanted.clone() == written.split(' ').next().unwrap().parse().unwrap());
            assert!(recall(wanted).unwrap().expose() == elsewhere);
        })
        .join()
        .unwrap();
        assert!(missing(|| drop(draw())).is_none(), "what is kept is not missing");
    }

    #[test]
    fn what_is_no_key_is_not_kept() {
        let seed = STANDARD.encode([1; 32]);
        for text in ["", "2048", "2048:", "2047:AA==", "x y z"] {
            assert!(text.parse::<SlowKey>().is_err(), "{text}");
        }
        read(&format!("2048:{seed} AAAA\n2048:{seed}\nnonsense"));
        assert_eq!(write(), "");
    }

    #[test]
    fn the_oldest_are_given_up() {
        let mut memo = Memo::default();
        for number in 0..40 {
            memo.keep(SlowKey::new(Modulus::Bits2048, Seed::from_number(number)), SecretBytes::from_vec(vec![1]));
        }
        assert_eq!(memo.kept.len(), MOST);
        assert!(memo.kept[0].0.seed == Seed::from_number(8));
    }
}
