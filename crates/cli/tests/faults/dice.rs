//! What is drawn, from one seed.

use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

/// Draws numbers; the same for the same seed.
#[derive(Clone)]
pub(crate) struct Dice {
    seed: u64,
    drawn: u64,
}

impl Dice {
    /// The seed of this run: `SEED`, or one of its own.
    pub(crate) fn of_this_run() -> Self {
        let given = std::env::var("SEED").ok().map(|text| text.parse().expect("SEED is a number"));
        let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos().into();
        Self { seed: given.unwrap_or_else(now), drawn: 0 }
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.drawn += 1;
        let digest = Sha256::digest(format!("{}/{}", self.seed, self.drawn));
        u64::from_be_bytes(digest[..8].try_into().unwrap()) % end
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    /// A time shorter than `longest`.
    pub(crate) fn time(&mut self, longest: Duration) -> Duration {
        Duration::from_millis(self.below(u64::try_from(longest.as_millis()).unwrap()))
    }
}

/// The content of a record, from its id alone: a few bytes to 4 KiB, so that the recipient's can be compared.
pub(crate) fn content(id: &str) -> Vec<u8> {
    let digest = Sha256::digest(id);
    let length = usize::from(u16::from_be_bytes([digest[0], digest[1]]) % 4096);
    digest.iter().copied().cycle().take(length + 1).collect()
}
