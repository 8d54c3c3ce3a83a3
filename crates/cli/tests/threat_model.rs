//! The threat model names for each attacker the tests that show what holds it: each of them is there, and each row has one.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    fs::read_to_string(root().join("docs/threat-model.md")).unwrap()
}

/// The sources in a folder and in those below it.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every test and every invariant of the simulator, with the files that have one of that name: `store/tests/hostile.rs`.
fn tests() -> BTreeMap<String, BTreeSet<String>> {
    let crates = root().join("crates");
    let mut files = Vec::new();
    sources(&crates, &mut files);
    let mut tests: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let home = path.strip_prefix(&crates).unwrap().display().to_string();
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            let function = line.trim_start_matches("async ").strip_prefix("fn ").and_then(|rest| rest.split_once('('));
            let invariant = line.strip_prefix("name: \"").and_then(|rest| rest.split_once('"'));
            let invariant = invariant.filter(|_| home.starts_with("sim/src/invariants/"));
            if let Some((name, _)) = function.filter(|_| is_test).or(invariant) {
                tests.entry(name.to_owned()).or_default().insert(home.clone());
            }
            is_test = (line == "#[test]" || line.starts_with("#[tokio::test")) || is_test && line.starts_with("#[");
        }
    }
    tests
}

/// The names of tests in a text, each with what stands in parentheses behind it, or behind the list that it is in.
fn named(text: &str) -> Vec<(String, String)> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let pieces: Vec<&str> = text.split('`').collect();
    let is_name = |piece: &str| {
        let is_of_a_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        piece.matches('_').count() > 1 && piece.chars().all(is_of_a_name)
    };
    let mut names = Vec::new();
    for (at, piece) in pieces.iter().enumerate().filter(|(at, piece)| at % 2 == 1 && is_name(piece)) {
        let behind = pieces[at + 1..].iter().step_by(2).find(|between| !matches!(**between, ", " | " and "));
        let home = behind.and_then(|behind| behind.strip_prefix(" (")?.split_once(')')).map(|(home, _)| home);
        names.push(((*piece).to_owned(), home.unwrap_or_default().to_owned()));
    }
    names
}

/// Whether a file is the one that stands in parentheses.
fn is_home(file: &str, home: &str) -> bool {
    match (home, home.split_once('/')) {
        ("verify" | "proof", _) => file == format!("server/tests/{home}.rs"),
        ("sim", _) => file.starts_with("sim/"),
        (_, Some((package, name))) => {
            let places = ["tests/{}.rs", "src/{}.rs", "src/{}/mod.rs"]
                .map(|place| format!("{package}/{}", place.replace("{}", name)));
            places.iter().any(|place| place == file) || file.starts_with(&format!("{package}/tests/{name}/"))
        }
        (_, None) => file == format!("store/tests/{home}.rs"),
    }
}

#[test]
fn every_test_that_the_threat_model_names_is_where_it_says() {
    let (tests, named) = (tests(), named(&page()));
    assert!(named.len() > 30, "{} tests are named", named.len());
    for (name, home) in named {
        let files = tests.get(&name);
        let found = files.is_some_and(|files| files.iter().any(|file| is_home(file, &home)));
        assert!(found, "`{name}` ({home}) is in {files:?}");
    }
}

#[test]
fn every_attack_in_a_table_has_a_test_that_shows_what_holds_it() {
    let page = page();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).collect();
    assert!(rows.len() > 25, "{} rows", rows.len());
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (attack, holds) = (cells[1], cells[2]);
        let is_heading = matches!(attack, "it tries" | "attempt");
        assert!(is_heading || holds == "–" || !named(holds).is_empty(), "nothing shows what holds: {attack}");
    }
}

#[test]
fn every_file_that_the_threat_model_names_is_there() {
    let page = page();
    let files = page.split('`').skip(1).step_by(2).filter(|piece| piece.contains('/') && !piece.contains(' '));
    let files: Vec<&str> = files.filter(|piece| piece.ends_with(".rs") || piece.ends_with('/')).collect();
    assert!(files.len() > 15, "{files:?}");
    for file in files {
        let file = file.strip_prefix("crates/").unwrap_or(file);
        assert!(root().join("crates").join(file).exists(), "`{file}` is not there");
    }
}
