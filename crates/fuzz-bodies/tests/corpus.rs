//! Every property on what is kept and on what can be made of it: its corpus in `fuzz/corpus`, the published vectors and
//! the example's files, truncations and single-byte changes of each seed, and inputs drawn from a fixed seed.
//!
//! What the fuzzer finds becomes a file of the corpus and is tried here from then on. `cargo test -p entente-fuzz-bodies
//! --test corpus -- --ignored write_seeds` writes the first seeds again.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reads its corpus and fails by panicking"
)]

mod seeds;

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    thread,
};

use entente_fuzz_bodies::{PROPERTIES, Property};

/// The kept corpus, all properties together, in bytes.
const LARGEST_CORPUS: u64 = 300 * 1024;
/// How many truncations, and how many single-byte changes, are tried of all seeds of a property; evenly spread where
/// the seeds have more bytes.
const CHANGES: usize = 500;
const RANDOM_INPUTS: usize = 2_000;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let directory = workspace().join("fuzz/corpus").join(name);
    let mut paths: Vec<PathBuf> = fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Runs one property on one input; what breaks it is printed so that it can be kept.
fn hold(name: &str, property: Property, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| property(input))).is_err() {
        let shown: String = input.iter().take(4096).map(|byte| byte.escape_ascii().to_string()).collect();
        panic!("`{name}` is broken by these {} bytes: b\"{shown}\"", input.len());
    }
}

/// Runs `each` on every property, on two threads.
fn every_property(each: impl Fn(&str, Property) + Sync) {
    thread::scope(|scope| {
        let each = &each;
        for start in 0..2 {
            let part = PROPERTIES.iter().skip(start).step_by(2);
            scope.spawn(move || part.for_each(|(name, property)| each(name, *property)));
        }
    });
}

/// SplitMix64: the same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }
}

#[test]
fn properties_hold_on_the_corpus_and_on_changes_of_it() {
    every_property(|name, property| {
        let seeds = corpus(name);
        assert!(!seeds.is_empty(), "`{name}` has no seeds");
        let bytes: usize = seeds.iter().map(Vec::len).sum();
        let stride = bytes.div_ceil(CHANGES).max(1);
        for (number, seed) in seeds.iter().enumerate() {
            hold(name, property, seed);
            // Each seed is begun at another place, so that strides do not always meet the same columns.
            for at in (number % stride..seed.len()).step_by(stride) {
                hold(name, property, &seed[..at]);
                let mut changed = seed.clone();
                changed[at] = match at / stride % 4 {
                    0 => changed[at] ^ 1,
                    1 => changed[at].wrapping_add(1),
                    2 => 0,
                    _ => b'"',
                };
                hold(name, property, &changed);
            }
        }
    });
}

#[test]
fn properties_hold_on_the_vectors_and_the_example() {
    let inputs = seeds::published();
    assert!(inputs.len() > 200, "only {} inputs are published", inputs.len());
    every_property(|name, property| inputs.iter().for_each(|input| hold(name, property, input)));
}

#[test]
fn properties_hold_on_random_inputs() {
    every_property(|name, property| {
        let seeds = corpus(name);
        let mut numbers = Numbers(0x000e_7e97_e000_0001);
        for round in 0..RANDOM_INPUTS {
            let input = if round % 2 == 0 {
                let length = numbers.below(300);
                (0..length).map(|_| numbers.next().to_le_bytes()[0]).collect()
            } else {
                recombined(&seeds, &mut numbers)
            };
            hold(name, property, &input);
        }
    });
}

/// The beginning of one seed and the end of another, with a few bytes changed.
fn recombined(seeds: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let (one, other) = (&seeds[numbers.below(seeds.len())], &seeds[numbers.below(seeds.len())]);
    let mut input = one[..numbers.below(one.len() + 1)].to_vec();
    input.extend(&other[numbers.below(other.len() + 1)..]);
    for _ in 0..numbers.below(4) {
        let (at, byte) = (numbers.below(input.len()), numbers.next().to_le_bytes()[0]);
        input.iter_mut().skip(at).take(1).for_each(|old| *old = byte);
    }
    input
}

#[test]
fn every_property_has_a_target_and_every_target_a_property() {
    let fuzz = workspace().join("fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    assert_eq!(manifest.matches("[[bin]]").count(), PROPERTIES.len());
    for directory in ["fuzz_targets", "corpus"] {
        assert_eq!(fs::read_dir(fuzz.join(directory)).unwrap().count(), PROPERTIES.len(), "in fuzz/{directory}");
    }
    for (name, _) in PROPERTIES {
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"\n")), "{name}");
        let target = fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        let call = format!("libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::{name}(data));\n");
        assert_eq!(target, format!("#![no_main]\n{call}"));
    }
}

#[test]
fn the_corpus_stays_small() {
    let sizes = PROPERTIES.iter().flat_map(|(name, _)| corpus(name)).map(|seed| seed.len() as u64);
    let all: u64 = sizes.sum();
    assert!(all <= LARGEST_CORPUS, "the corpus has {all} bytes; keep the smallest input that shows the same");
}

/// A seed in a form that is read no more would begin nothing.
#[test]
fn the_first_seeds_are_of_the_present_forms() {
    for (property, seeds) in seeds::all() {
        for (name, bytes) in seeds {
            let kept = fs::read(workspace().join("fuzz/corpus").join(property).join(&name));
            assert!(kept.is_ok_and(|kept| kept == bytes), "fuzz/corpus/{property}/{name}: write the seeds again");
        }
    }
}

#[test]
#[ignore = "writes fuzz/corpus"]
fn write_seeds() {
    for (property, seeds) in seeds::all() {
        assert!(PROPERTIES.iter().any(|(name, _)| *name == property), "no property `{property}`");
        let directory = workspace().join("fuzz/corpus").join(property);
        fs::create_dir_all(&directory).unwrap();
        for (name, bytes) in seeds {
            fs::write(directory.join(name), bytes).unwrap();
        }
    }
}
