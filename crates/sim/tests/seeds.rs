//! A few seeds with every build, so that the simulator itself is tried: that one seed is one run, and that the runs have
//! in them what they are for. Many seeds are run by `make sim`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect"
)]

use entente_sim::{Contents, Counts, Pieces, run};

fn counts(seed: u64) -> Counts {
    run(seed).unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn one_seed_is_one_run() {
    for seed in [3, 4] {
        assert_eq!(counts(seed), counts(seed));
    }
}

/// A run in which nothing happens finds nothing.
#[test]
fn runs_have_in_them_what_they_are_for() {
    let total = (0..60).map(counts).fold(Counts::default(), |total, counts| total + counts);
    let Counts { entries, withdrawn, starts, forks_shown, turned_away, alarms, kept_on_hold, .. } = total;
    let all = [entries, withdrawn, usize::try_from(starts).unwrap(), forks_shown, turned_away, alarms, kept_on_hold];
    assert!(all.into_iter().all(|count| count > 0), "{total:?}");
    assert!(entries > 800, "{total:?}");
    let Contents { held, refused, withdrawn, destroyed, stopped_between } = total.contents;
    let Pieces { pieces, wrong, torn, resumed, put_off, too_early } = total.pieces;
    let all = [held, refused, withdrawn, destroyed, stopped_between, pieces, wrong, torn, resumed, put_off, too_early];
    assert!(all.into_iter().all(|count| count > 0), "{total:?}");
    assert!(held > 80 && pieces > 2 * held, "{total:?}");
}
