//! Consultations in their outside forms: what parties sign, what texts make of an incident, rules, calendars, exports.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads the published files"
)]

mod wire;
mod duties;
mod rules;
mod meetings;
mod export;

use std::{fs, path::Path};

use entente_core::{time::Timestamp, world::Agreements};

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The agreements of the example.
fn example() -> Agreements {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/northeast-asia/agreements");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts: Vec<String> = files.map(|path| fs::read_to_string(path).unwrap()).collect();
    let all = texts.iter().map(|text| entente_formats::agreement::parse(text).unwrap());
    all.map(|agreement| (agreement.id.clone(), agreement)).collect()
}
