//! A run and how it failed: with the steps that are needed for it, and no others.

use std::{
    collections::BTreeSet,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use crate::{
    counts::Counts,
    invariants::{Violation, a_run_can_be_made, nothing_panics},
    simulation::Simulation,
};

/// How often a failing run is tried with fewer steps, and how much may happen in all of these tries.
const TRIES: (usize, usize) = (150, 80_000);

/// A run that failed, made as short as was found.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// Which invariant does not hold, and what was seen.
    pub violation: Violation,
    /// How many steps are left, and how many there were.
    pub steps: (usize, usize),
    /// What happened.
    pub story: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, violation, steps: (left, all), story } = self;
        writeln!(f, "seed {seed} fails. {violation}\n")?;
        writeln!(f, "With {left} of its {all} steps, and in the part of those whom it is about:\n{story}")?;
        write!(f, "Replay it with: make sim SEED={seed}")
    }
}

/// Where the disks of runs are made: in memory, where the system has such a place.
fn disks() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

/// One try: the run with these of its steps.
struct Try {
    outcome: Result<Counts, Violation>,
    happenings: usize,
    steps: usize,
    story: String,
}

fn attempt(seed: u64, is_kept: impl Fn(usize) -> bool) -> Result<Try, String> {
    let home =
        tempfile::Builder::new().prefix("entente-sim-").tempdir_in(disks()).map_err(|error| error.to_string())?;
    let mut simulation = Simulation::new(seed, is_kept, home.path())?;
    let outcome = catch_unwind(AssertUnwindSafe(|| simulation.run())).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        Err(nothing_panics(text.or_else(|| panic.downcast_ref().copied()).unwrap_or("without a word")))
    });
    let who = outcome.as_ref().err().map_or(&[][..], |violation| violation.who.as_slice());
    let story = if outcome.is_err() { simulation.story().about(who) } else { String::new() };
    let counts = simulation.counts();
    Ok(Try { outcome: outcome.map(|()| counts), happenings: counts.happenings, steps: simulation.steps(), story })
}

/// Runs a seed.
///
/// # Errors
/// The invariant that does not hold, with the shortest story that was found. A run that cannot be made at all is one too.
pub fn run(seed: u64) -> Result<Counts, Box<Failure>> {
    let unmade =
        |why: String| Failure { seed, violation: a_run_can_be_made(&why), steps: (0, 0), story: String::new() };
    let Try { outcome, steps, story, .. } = attempt(seed, |_| true).map_err(unmade)?;
    let violation = match outcome {
        Ok(counts) => return Ok(counts),
        Err(violation) => violation,
    };
    eprintln!("seed {seed} fails: {violation}\n(looking for a shorter run that fails so too)");
    Err(Box::new(shorten(Failure { seed, violation, steps: (steps, steps), story })))
}

/// Leaves out steps, in ever smaller groups, as long as the same invariant fails.
fn shorten(mut failure: Failure) -> Failure {
    let all = failure.steps.1;
    let mut kept: BTreeSet<usize> = (0..all).collect();
    let (mut tries, mut happenings, mut size) = (0, 0, all.div_ceil(2));
    while size > 0 {
        let list: Vec<usize> = kept.iter().copied().collect();
        let mut has_shrunk = false;
        for group in list.chunks(size) {
            if tries >= TRIES.0 || happenings >= TRIES.1 {
                return failure;
            }
            tries += 1;
            let fewer: BTreeSet<usize> = kept.iter().filter(|step| !group.contains(step)).copied().collect();
            let Ok(fewer_steps) = attempt(failure.seed, |step| fewer.contains(&step)) else { continue };
            happenings += fewer_steps.happenings;
            let Try { outcome: Err(violation), story, .. } = fewer_steps else { continue };
            if violation.rule == failure.violation.rule {
                has_shrunk = true;
                kept = fewer;
                failure = Failure { violation, story, steps: (kept.len(), all), ..failure };
            }
        }
        if !has_shrunk || size > kept.len() {
            size /= 2;
        }
    }
    failure
}
