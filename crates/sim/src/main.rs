//! Runs seeds: `entente-sim COUNT [FIRST]` so many of them, `entente-sim seed SEED` one with its counts.
#![allow(clippy::disallowed_methods, reason = "a program reads its arguments")]

use std::{
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use entente_sim::{Contents, Counts, Failure, Pieces, run};

const USAGE: &str = "usage: entente-sim COUNT [FIRST]   runs so many seeds\n       entente-sim seed SEED      runs one";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let numbers = |words: &[String]| words.iter().map(|word| word.parse().ok()).collect::<Option<Vec<u64>>>();
    let done = match words.as_slice() {
        [word, seed] if word == "seed" => {
            numbers(std::slice::from_ref(seed)).and_then(|seed| Some(one(*seed.first()?)))
        }
        [_] | [_, _] => numbers(&words).and_then(|numbers| {
            let (count, first) = (*numbers.first()?, numbers.get(1).copied().unwrap_or_default());
            Some(many(first, count))
        }),
        _ => None,
    };
    done.unwrap_or_else(|| {
        eprintln!("{USAGE}");
        ExitCode::from(2)
    })
}

fn one(seed: u64) -> ExitCode {
    match run(seed) {
        Ok(counts) => {
            println!("seed {seed} holds: {}", in_words(&counts));
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Each seed is a run of its own; threads share nothing but the next number.
fn many(first: u64, count: u64) -> ExitCode {
    let next = AtomicU64::new(first);
    let end = first.saturating_add(count);
    let work = || {
        let (mut total, mut failures) = (Counts::default(), Vec::<Failure>::new());
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end || !failures.is_empty() {
                return (total, failures);
            }
            match run(seed) {
                Ok(counts) => total = total + counts,
                Err(failure) => {
                    // Nobody begins another; those under way are finished.
                    next.store(end, Ordering::Relaxed);
                    failures.push(*failure);
                }
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let (mut total, mut failures) = (Counts::default(), Vec::new());
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            if let Ok((counts, failed)) = worker.join() {
                total = total + counts;
                failures.extend(failed);
            }
        }
    });
    failures.sort_by_key(|failure| failure.seed);
    match failures.first() {
        None => {
            println!("{count} seeds hold: {}", in_words(&total));
            ExitCode::SUCCESS
        }
        Some(failure) => {
            println!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn in_words(counts: &Counts) -> String {
    let Counts { happenings, entries, withdrawn, starts, receipts_lost, .. } = counts;
    let Counts { forks_shown, turned_away, alarms, kept_on_hold, .. } = counts;
    let Contents { held, refused, withdrawn: given_up, destroyed, stopped_between } = counts.contents;
    let Pieces { pieces, wrong, torn, resumed, put_off, too_early } = counts.pieces;
    format!(
        "{happenings} happenings, {entries} entries taken, {withdrawn} withdrawn, {starts} crashes, {receipts_lost} receipts lost with the power, {forks_shown} forks shown, {turned_away} packages turned away, {alarms} alarms, {kept_on_hold} kept on hold; large contents: {held} held, {refused} refused, {given_up} withdrawn, {destroyed} destroyed, {stopped_between} of these between two pieces; {pieces} pieces given, {wrong} found wrong, {torn} files torn, {resumed} gone on with, {put_off} put off, {too_early} given on too early"
    )
}
