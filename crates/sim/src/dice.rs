//! Chance, all of it from one seed.

use chacha20::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

/// A source of chance for one purpose. What one purpose draws does not change what another gets, so that a step can be
/// left out of a run without changing the others.
pub struct Dice(ChaCha20Rng);

impl Dice {
    /// The dice of `seed` for the purpose `stream`.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self(generator(seed, stream))
    }

    /// A number below `end`; 0 when that is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        // The bias of the remainder is below 2^-40 for every range used here.
        self.0.next_u64().checked_rem(end).unwrap_or_default()
    }

    /// A number from `low` to `high`, both possible.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Yes, in so many of a hundred cases.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// An index into a list of that length; 0 for an empty one.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap_or(u64::MAX))).unwrap_or_default()
    }

    /// One of several; none of none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.index(items.len()))
    }

    /// One of several, each with its weight; the first when all weights are 0.
    pub fn weighted<T: Copy>(&mut self, items: &[(u64, T)]) -> Option<T> {
        let mut left = self.below(items.iter().map(|(weight, _)| weight).sum());
        for (weight, item) in items {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return Some(*item),
            }
        }
        items.first().map(|(_, item)| *item)
    }

    /// Each of several with that chance of a hundred.
    pub fn some<'a, T>(&mut self, items: &'a [T], chance: u64) -> Vec<&'a T> {
        items.iter().filter(|_| self.percent(chance)).collect()
    }

    /// Bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// 32 bytes, such as a key seed.
    pub fn seed(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

/// The generator of `seed` for the purpose `stream`, as a node is given one.
pub fn generator(seed: u64, stream: u64) -> ChaCha20Rng {
    let mut bytes = [0; 32];
    let words = seed.to_le_bytes().into_iter().chain(stream.to_le_bytes());
    bytes.iter_mut().zip(words).for_each(|(byte, word)| *byte = word);
    ChaCha20Rng::from_seed(bytes)
}
