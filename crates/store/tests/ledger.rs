//! The ledger over time: what its leaves are, and what they are not.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use entente_node::Event;
use jiff::SignedDuration;
use site::{Site, three};

/// The ends of the intervals that are over, and the numbers behind their last statements.
fn intervals(site: &mut Site) -> Vec<(i64, u64)> {
    let rows = site.store().reader().unwrap().intervals(0, 100).unwrap();
    rows.iter().map(|row| (row.until, row.next)).collect()
}

fn wait(site: &mut Site, seconds: i64) {
    site.now = site.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
}

/// 2026-11-23T12:00:00Z, when the sites begin.
const NOON: i64 = 1_795_435_200;

#[test]
fn there_is_one_leaf_for_each_interval_whatever_happens() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    // All that was before the first event is the first interval; the three party files are in the second.
    assert_eq!(intervals(kor), [(NOON, 0)]);
    wait(kor, 59);
    kor.handle(Event::Tick).unwrap();
    assert_eq!(intervals(kor), [(NOON, 0)], "it is not over yet");
    wait(kor, 1);
    kor.handle(Event::Tick).unwrap();
    assert_eq!(intervals(kor)[1..], [(NOON + 60, 3)]);
    // Nothing happens: a leaf all the same.
    wait(kor, 60);
    kor.handle(Event::Tick).unwrap();
    assert_eq!(intervals(kor)[2..], [(NOON + 120, 3)]);
    // An event that comes before its tick closes the interval first: what it says is in the next one.
    wait(kor, 61);
    kor.release("K-1", "//KOR SECRET//REL TO USA, JPN, KOR", &["JPN"], None);
    assert_eq!(intervals(kor)[3..], [(NOON + 180, 3)]);
}

#[test]
fn the_time_in_which_the_node_was_away_is_one_leaf() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    wait(kor, 30 * 86_400 + 7);
    kor.crash();
    kor.handle(Event::Tick).unwrap();
    assert_eq!(intervals(kor), [(NOON, 0), (NOON + 30 * 86_400, 3)]);
    // A clock that was set back closes nothing, and doubles nothing.
    wait(kor, -3_600);
    kor.handle(Event::Tick).unwrap();
    assert_eq!(intervals(kor).len(), 2);
}

#[test]
fn a_start_goes_on_in_the_interval_that_was_open() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    let before = kor.store().reader().unwrap().open_interval().unwrap().unwrap();
    kor.crash();
    kor.release("K-1", "//KOR SECRET//REL TO USA, JPN, KOR", &["JPN"], None);
    let after = kor.store().reader().unwrap().open_interval().unwrap().unwrap();
    assert_eq!((after.index, after.salt), (before.index, before.salt));
    wait(kor, 60);
    kor.handle(Event::Tick).unwrap();
    assert_eq!(intervals(kor)[1..], [(NOON + 60, 5)]);
}
