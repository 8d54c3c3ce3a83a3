//! How much each partner may have this node keep: the bytes of its envelopes that are here, in quarantine or not.
//!
//! It is counted from the store once, then carried along, and counted again when a bound is reached: by then recalls may
//! have made room. Nothing is written for it, and a restart forgets nothing. What is opened from the envelopes is kept beside
//! them and is never longer: the disk needs up to twice the quota. Files that a person imports are counted and not stopped.
//!
//! The key type is [`Quota`], which the configuration sets; `Quotas` counts.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use entente_core::Party;
use entente_formats::wire::{Canonical, Entry, Package};
use entente_node::Lane;
use entente_store::{Reader, StoreError};
use jiff::Timestamp;

/// Bytes in a MiB, the unit of the configuration.
const MIB: u64 = 1024 * 1024;
/// The least quota, in MiB: the largest package fits where nothing is yet.
pub const LEAST: u64 = 32;
/// The quota where the configuration names none, in MiB.
pub const DEFAULT: u64 = 4096;
/// How long a count is believed once it stands in the way of something: a partner must not have us count all the time.
const BELIEVED: Duration = Duration::from_secs(5);

/// The quota of each partner, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    each: u64,
    partners: BTreeMap<Party, u64>,
}

impl Quota {
    /// So many MiB for each partner, but for those named.
    ///
    /// # Errors
    /// When one is less than [`LEAST`], with the partner's code.
    pub fn of_mib(each: u64, partners: BTreeMap<Party, u64>) -> Result<Self, (Option<Party>, u64)> {
        if each < LEAST {
            return Err((None, each));
        }
        if let Some((party, mib)) = partners.iter().find(|(_, mib)| **mib < LEAST) {
            return Err((Some(party.clone()), *mib));
        }
        let bytes = |mib: u64| mib.saturating_mul(MIB);
        Ok(Self { each: bytes(each), partners: partners.into_iter().map(|(party, mib)| (party, bytes(mib))).collect() })
    }

    /// So many bytes for each partner, however few: for trying what happens when they are used up.
    pub fn of_bytes(each: u64) -> Self {
        Self { each, partners: BTreeMap::new() }
    }

    /// Whether a partner of which `used` bytes are here may have `bytes` more kept.
    pub fn admits(&self, partner: &Party, lane: Lane, used: u64, bytes: u64) -> bool {
        used.saturating_add(bytes) <= self.bound(partner, lane)
    }

    fn of(&self, partner: &Party) -> u64 {
        self.partners.get(partner).copied().unwrap_or(self.each)
    }

    /// How much may be here of a partner before a lane is closed to it. The urgent lane has a quarter more: with the routine
    /// lane full to the brim, recalls, acts and warnings still come in.
    pub fn bound(&self, partner: &Party, lane: Lane) -> u64 {
        let quota = self.of(partner);
        match lane {
            Lane::Routine => quota,
            Lane::Urgent => quota.saturating_add(quota / 4),
        }
    }
}

/// Whether a package may bring something that is kept: it has envelopes, and goes on where the feed stands or further on. What is
/// further on than that may follow by the time when it is taken. What is wrong with it otherwise, the node says.
pub fn may_be_kept(package: &[u8], next: u64) -> bool {
    Package::from_bytes(package).is_ok_and(|package| {
        package.start >= next && package.entries.iter().any(|entry| matches!(entry, Entry::Envelope(_)))
    })
}

/// What is here of a partner.
struct Use {
    bytes: u64,
    counted: Instant,
    /// Since when its packages are turned away.
    full: Option<Timestamp>,
}

/// What is here of each partner, beside what may be.
#[derive(Clone)]
pub(crate) struct Quotas(Arc<Inner>);

struct Inner {
    quota: Quota,
    data: PathBuf,
    uses: Mutex<BTreeMap<Party, Use>>,
}

/// How a partner stands with its quota.
pub(crate) struct Standing {
    pub(crate) used: u64,
    pub(crate) quota: u64,
    pub(crate) full: Option<Timestamp>,
}

impl Quotas {
    /// Of the node whose store is in the folder `data`.
    pub(crate) fn new(quota: Quota, data: PathBuf) -> Self {
        Self(Arc::new(Inner { quota, data, uses: Mutex::default() }))
    }

    fn uses(&self) -> MutexGuard<'_, BTreeMap<Party, Use>> {
        self.0.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes room for so many bytes of a partner, if it has that much left.
    pub(crate) async fn claim(&self, partner: &Party, lane: Lane, bytes: u64) -> Result<bool, StoreError> {
        let fits = || {
            let mut uses = self.uses();
            let Some(found) = uses.get_mut(partner) else { return false };
            let fits = self.0.quota.admits(partner, lane, found.bytes, bytes);
            if fits {
                found.bytes = found.bytes.saturating_add(bytes);
            }
            fits
        };
        if fits() {
            return Ok(true);
        }
        let is_believed = self.uses().get(partner).is_some_and(|found| found.counted.elapsed() < BELIEVED);
        if is_believed {
            return Ok(false);
        }
        self.count(partner).await?;
        Ok(fits())
    }

    /// Gives room back that was not needed.
    pub(crate) fn release(&self, partner: &Party, bytes: u64) {
        if let Some(found) = self.uses().get_mut(partner) {
            found.bytes = found.bytes.saturating_sub(bytes);
        }
    }

    /// Notes whether a partner's packages are turned away; whether that is new.
    pub(crate) fn turned_away(&self, partner: &Party, is_full: bool, now: Timestamp) -> bool {
        let mut uses = self.uses();
        let Some(found) = uses.get_mut(partner) else { return false };
        let is_new = found.full.is_some() != is_full;
        if is_new {
            found.full = is_full.then_some(now);
        }
        is_new
    }

    /// How a partner stands. What came by file since the count is missing until `count_again`.
    pub(crate) async fn standing(&self, partner: &Party) -> Result<Standing, StoreError> {
        if !self.uses().contains_key(partner) {
            self.count(partner).await?;
        }
        let (used, full) = self.uses().get(partner).map(|found| (found.bytes, found.full)).unwrap_or_default();
        Ok(Standing { used, quota: self.0.quota.of(partner), full })
    }

    /// Counts what the store holds of a partner. A package that is being taken meanwhile may be left out, so that a bound is
    /// passed by one package of each lane at most.
    pub(crate) async fn count(&self, partner: &Party) -> Result<(), StoreError> {
        let (data, of) = (self.0.data.clone(), partner.clone());
        let counting = tokio::task::spawn_blocking(move || Reader::of_folder(&data)?.held_of(&of));
        let bytes = counting.await.map_err(|error| StoreError::Damaged(error.to_string()))??;
        let mut uses = self.uses();
        let full = uses.get(partner).and_then(|found| found.full);
        uses.insert(partner.clone(), Use { bytes, counted: Instant::now(), full });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partner_has_its_own_quota_or_that_of_all_and_urgent_has_a_quarter_more() {
        let quota = Quota::of_mib(100, BTreeMap::from([("JPN".into(), 40)])).unwrap();
        for (partner, lane, mib) in [
            ("KOR", Lane::Routine, 100),
            ("KOR", Lane::Urgent, 125),
            ("JPN", Lane::Routine, 40),
            ("JPN", Lane::Urgent, 50),
        ] {
            assert_eq!(quota.bound(&partner.into(), lane), mib * 1_048_576, "{partner} {lane:?}");
        }
    }

    #[test]
    fn a_quota_that_the_largest_package_may_not_fit_is_refused() {
        assert_eq!(Quota::of_mib(31, BTreeMap::new()), Err((None, 31)));
        assert_eq!(Quota::of_mib(32, BTreeMap::from([("JPN".into(), 0)])), Err((Some("JPN".into()), 0)));
    }
}
