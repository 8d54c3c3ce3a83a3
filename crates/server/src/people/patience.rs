//! Back-off for who guesses: after a few failures each further try must wait, longer and longer, up to a limit. Nothing is ever
//! locked for good, and a stranger does not lock out a person: who comes from another address, or with a browser that was let
//! in before, or with a passkey, has a count of its own.
//!
//! Counts are in memory and bounded. Names that nobody has are counted like others: a lock tells nothing of them. No clock:
//! moments arrive as seconds. Key type: [`Patience`].

use std::collections::HashMap;

/// How many counts are kept; of more, those with the fewest failures go first.
const KEPT: usize = 10_000;
/// How long a count is kept after the last failure, in seconds.
const KEPT_FOR: i64 = 24 * 3600;

/// How many failures are free, and how long the longest wait is, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) free: u32,
    pub(crate) longest: i64,
}

/// One who comes from one address, or with one browser.
pub(crate) const ONE: Limit = Limit { free: 5, longest: 900 };
/// All who try one account: slows guessing from many addresses, and keeps nobody out for long.
pub(crate) const ALL: Limit = Limit { free: 100, longest: 30 };

#[derive(Clone, Copy, Debug)]
struct Count {
    failures: u32,
    last: i64,
}

/// The counts.
#[derive(Debug, Default)]
pub(crate) struct Patience(HashMap<[u8; 32], Count>);

impl Patience {
    /// How many seconds who is meant must wait before the next try; 0 when it may try now.
    pub(crate) fn wait(&self, who: &[u8; 32], limit: Limit, now: i64) -> i64 {
        let Some(count) = self.0.get(who) else { return 0 };
        let beyond = count.failures.saturating_sub(limit.free);
        if beyond == 0 {
            return 0;
        }
        let pause = 1_i64.checked_shl(beyond.min(30)).unwrap_or(i64::MAX).min(limit.longest);
        // A clock that was set back keeps nobody waiting longer than the pause.
        (count.last.saturating_add(pause).saturating_sub(now)).clamp(0, pause)
    }

    /// A try failed.
    pub(crate) fn failed(&mut self, who: [u8; 32], now: i64) {
        if self.0.len() >= KEPT && !self.0.contains_key(&who) {
            self.0.retain(|_, count| now - count.last < KEPT_FOR);
            let fewest = self.0.values().map(|count| count.failures).min().unwrap_or_default();
            if self.0.len() >= KEPT {
                self.0.retain(|_, count| count.failures > fewest);
            }
        }
        let count = self.0.entry(who).or_insert(Count { failures: 0, last: now });
        *count = Count { failures: count.failures.saturating_add(1), last: now };
    }

    /// A try came through.
    pub(crate) fn succeeded(&mut self, who: &[u8; 32]) {
        self.0.remove(who);
    }

    /// How many tries failed in a row.
    pub(crate) fn failures(&self, who: &[u8; 32]) -> u32 {
        self.0.get(who).map_or(0, |count| count.failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_beyond_the_free_ones_makes_the_wait_longer_up_to_a_limit() {
        let (mut patience, who) = (Patience::default(), [7; 32]);
        let mut waits = Vec::new();
        for _ in 0..18 {
            patience.failed(who, 1000);
            waits.push(patience.wait(&who, ONE, 1000));
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]);
        assert_eq!(patience.wait(&who, ONE, 1899), 1);
        assert_eq!(patience.wait(&who, ONE, 1900), 0);
        assert_eq!(patience.wait(&who, ONE, 0), 900, "a clock set back");
        assert_eq!(patience.wait(&[8; 32], ONE, 1000), 0, "somebody else");
        patience.succeeded(&who);
        assert_eq!(patience.wait(&who, ONE, 1000), 0);
    }

    #[test]
    fn a_flood_of_names_does_not_push_out_the_one_that_is_guessed() {
        let mut patience = Patience::default();
        (0..10).for_each(|_| patience.failed([0; 32], 0));
        for number in 1..=25_000_u32 {
            let mut who = [1; 32];
            who[..4].copy_from_slice(&number.to_be_bytes());
            patience.failed(who, 0);
        }
        assert!(patience.wait(&[0; 32], ONE, 0) > 0);
        assert!(patience.0.len() <= KEPT);
    }
}
