//! Primes for RSA keys, from a stream of chance (FIPS 186-5, appendix A.1.3).
//!
//! The tests of primality are those of the crate `crypto-primes` (Baillie-PSW). Its search is not used: that brings
//! along a table of 2,047 reciprocals, which would be a thirtieth of the program's download.

use crypto_primes::{Flavor, is_prime};
use rsa::BoxedUint;
use zeroize::Zeroizing;

use crate::entropy::Entropy;

/// What is looked for a factor below this before the costly test.
const SMALL: u16 = 1 << 13;

/// A prime of `bits` bits, a multiple of 8, of which the two highest are set, so that the product of two has twice as
/// many. It is the first at or after a random number.
pub(super) fn random(bits: u32, entropy: &mut Entropy) -> Option<BoxedUint> {
    let small = small_primes();
    loop {
        let mut start = Zeroizing::new(vec![0; usize::try_from(bits / 8).ok()?]);
        entropy.fill(&mut start);
        *start.first_mut()? |= 0xc0;
        *start.last_mut()? |= 1;
        let number = BoxedUint::from_be_slice(&start, bits).ok()?;
        let remainders = Zeroizing::new(small.iter().map(|prime| remainder(&start, *prime)).collect::<Vec<u32>>());
        for step in (0..1_u32 << 16).step_by(2) {
            let mut factors = small.iter().zip(remainders.iter());
            if factors.any(|(prime, remainder)| (remainder + step) % u32::from(*prime) == 0) {
                continue;
            }
            // Beyond the highest number of that length the sum begins again at zero, which is no prime.
            let candidate = number.wrapping_add(BoxedUint::from(step));
            if candidate.bit_width_vartime() == bits && is_prime(Flavor::Any, &candidate) {
                return Some(candidate);
            }
        }
    }
}

/// The odd primes below [`SMALL`] (sieve of Eratosthenes).
fn small_primes() -> Vec<u16> {
    let mut composite = vec![false; usize::from(SMALL)];
    let mut primes = Vec::new();
    for number in (3..SMALL).step_by(2) {
        if composite.get(usize::from(number)) == Some(&true) {
            continue;
        }
        primes.push(number);
        for multiple in composite.iter_mut().step_by(usize::from(number)) {
            *multiple = true;
        }
    }
    primes
}

/// What is left of a number, its highest byte first.
fn remainder(number: &[u8], divisor: u16) -> u32 {
    number.iter().fold(0, |rest, byte| ((rest << 8) | u32::from(*byte)) % u32::from(divisor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Seed;

    #[test]
    fn small_primes_are_all_of_them() {
        let primes = small_primes();
        assert_eq!(primes[..8], [3, 5, 7, 11, 13, 17, 19, 23]);
        assert_eq!((primes.len(), primes.last()), (1027, Some(&8191)), "pi(8192) is 1028, with 2");
    }

    #[test]
    fn a_prime_has_its_two_highest_bits_and_no_factor() {
        for seed in 0..8 {
            let mut entropy = Entropy::new(Seed::from_number(seed));
            let prime = random(512, &mut entropy).unwrap();
            let bytes = prime.to_be_bytes();
            assert_eq!((bytes.len(), bytes[0] & 0xc0, bytes[63] & 1), (64, 0xc0, 1));
            assert!(is_prime(Flavor::Any, &prime));
            assert_ne!(random(512, &mut entropy).unwrap(), prime, "the stream goes on");
        }
    }
}
