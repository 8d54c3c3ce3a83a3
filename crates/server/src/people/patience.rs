//! Back-off for who guesses: after a few failures each further try must wait, longer and longer, up to a limit. Nothing is ever
//! locked for good, and a stranger does not lock out a person: who comes from another address, or with a browser that was let
//! in before, or with a passkey, has a count of its own.
//!
//! A try is counted before it is looked at, and taken back when it was not. Each count sinks by one in the time of its longest
//! wait, so that what a stranger did is over some time after it has gone.
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
/// All who come from one address, whatever the account: keeps one host from having everything hashed. Many may share one.
pub(crate) const ADDRESS: Limit = Limit { free: 200, longest: 10 };

#[derive(Clone, Copy, Debug)]
struct Count {
    failures: u32,
    last: i64,
}

impl Count {
    /// How many failures it has at `now`.
    fn sunk(&self, limit: Limit, now: i64) -> u32 {
        let over = now.saturating_sub(self.last).max(0).checked_div(limit.longest).unwrap_or_default();
        self.failures.saturating_sub(u32::try_from(over).unwrap_or(u32::MAX))
    }
}

/// The counts.
#[derive(Debug, Default)]
pub(crate) struct Patience(HashMap<[u8; 32], Count>);

impl Patience {
    /// How many seconds who is meant must wait before the next try; 0 when it may try now.
    pub(crate) fn wait(&self, who: &[u8; 32], limit: Limit, now: i64) -> i64 {
        let Some(count) = self.0.get(who) else { return 0 };
        let beyond = count.sunk(limit, now).saturating_sub(limit.free);
        if beyond == 0 {
            return 0;
        }
        let pause = 1_i64.checked_shl(beyond.min(30)).unwrap_or(i64::MAX).min(limit.longest);
        // A clock that was set back keeps nobody waiting longer than the pause.
        (count.last.saturating_add(pause).saturating_sub(now)).clamp(0, pause)
    }

    /// A try begins, and counts as failed under each of these until it is known what comes of it; or, where it must wait under
    /// one of them, how many seconds.
    pub(crate) fn begin(&mut self, counts: &[([u8; 32], Limit)], now: i64) -> Result<(), i64> {
        let wait = counts.iter().map(|(who, limit)| self.wait(who, *limit, now)).max().unwrap_or_default();
        if wait > 0 {
            return Err(wait);
        }
        counts.iter().for_each(|(who, limit)| self.failed(*who, *limit, now));
        Ok(())
    }

    /// A try that began was not looked at.
    pub(crate) fn undo(&mut self, who: &[u8; 32]) {
        if let Some(count) = self.0.get_mut(who) {
            count.failures = count.failures.saturating_sub(1);
        }
    }

    fn failed(&mut self, who: [u8; 32], limit: Limit, now: i64) {
        if self.0.len() >= KEPT && !self.0.contains_key(&who) {
            self.0.retain(|_, count| now - count.last < KEPT_FOR);
            let fewest = self.0.values().map(|count| count.failures).min().unwrap_or_default();
            if self.0.len() >= KEPT {
                self.0.retain(|_, count| count.failures > fewest);
            }
        }
        let count = self.0.entry(who).or_insert(Count { failures: 0, last: now });
        *count = Count { failures: count.sunk(limit, now).saturating_add(1), last: now };
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
            patience.failed(who, ONE, 1000);
            waits.push(patience.wait(&who, ONE, 1000));
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]);
        assert_eq!(patience.wait(&who, ONE, 1899), 1);
        assert_eq!(patience.wait(&who, ONE, 1900), 0);
        assert_eq!(patience.wait(&who, ONE, 0), 900, "a clock set back");
        assert_eq!(patience.wait(&[8; 32], ONE, 1000), 0, "somebody else");
        // One of eighteen is over after each quarter of an hour.
        assert_eq!((patience.failed(who, ONE, 1900), patience.failures(&who)), ((), 18));
        assert_eq!(patience.wait(&who, ONE, 1900 + 13 * 900), 0);
        assert_eq!((patience.failed(who, ONE, 1900 + 13 * 900), patience.failures(&who)), ((), 6));
        patience.succeeded(&who);
        assert_eq!(patience.wait(&who, ONE, 1000), 0);
    }

    #[test]
    fn of_many_tries_at_once_as_many_are_looked_at_as_of_many_in_turn() {
        let (mut patience, one, all) = (Patience::default(), [1; 32], [2; 32]);
        let begun = (0..100).filter(|_| patience.begin(&[(one, ONE), (all, ALL)], 1000).is_ok()).count();
        assert_eq!((begun, patience.failures(&all)), (6, 6), "one that must wait under one is counted under none");
        patience.undo(&one);
        assert_eq!(patience.begin(&[(one, ONE)], 1000), Ok(()), "what was not looked at is not counted");
        assert_eq!(patience.begin(&[(one, ONE)], 1000), Err(2));
    }

    #[test]
    fn a_flood_of_names_does_not_push_out_the_one_that_is_guessed() {
        let mut patience = Patience::default();
        (0..10).for_each(|_| patience.failed([0; 32], ONE, 0));
        for number in 1..=25_000_u32 {
            let mut who = [1; 32];
            who[..4].copy_from_slice(&number.to_be_bytes());
            patience.failed(who, ONE, 0);
        }
        assert!(patience.wait(&[0; 32], ONE, 0) > 0);
        assert!(patience.0.len() <= KEPT);
    }
}
