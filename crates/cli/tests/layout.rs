//! The layout that ARCHITECTURE.md promises, checked against the manifests and the sources.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const PURE: [&str; 5] = ["core", "formats", "seal", "log", "node"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The names under `[dependencies]` of a crate of ours.
fn dependencies(name: &str) -> Vec<String> {
    let text = fs::read_to_string(crates().join(name).join("Cargo.toml")).unwrap();
    let section = text.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    section
        .lines()
        .filter(|line| line.contains('=') && !line.starts_with('#'))
        .map(|line| line.split(['.', ' ', '=']).next().unwrap().to_owned())
        .collect()
}

fn sources(name: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&crates().join(name).join("src"), &mut found);
    found
}

#[test]
fn dependencies_run_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("core", &[][..]),
        ("seal", &[]),
        ("log", &[]),
        ("formats", &["core"]),
        ("node", &["core", "formats", "seal", "log"]),
        ("store", &["core", "formats", "seal", "log", "node"]),
        ("server", &["core", "formats", "seal", "log", "node", "store"]),
        ("cli", &["core", "formats", "seal", "log", "node", "store", "server"]),
    ]);
    for (name, allowed) in allowed {
        for dependency in dependencies(name) {
            if let Some(ours) = dependency.strip_prefix("entente-") {
                assert!(allowed.contains(&ours), "`{name}` depends on `{ours}`");
            }
        }
    }
}

#[test]
fn the_pure_crates_depend_on_nothing_that_does_input_or_output() {
    let hands = ["tokio", "axum", "hyper", "hyper-util", "rusqlite", "rustls", "tracing", "getrandom", "tempfile"];
    for name in PURE {
        let found: Vec<String> = dependencies(name).into_iter().filter(|d| hands.contains(&d.as_str())).collect();
        assert!(found.is_empty(), "`{name}` depends on {found:?}");
    }
}

#[test]
fn the_pure_crates_do_not_lift_the_ban() {
    for name in PURE {
        for (path, text) in sources(name) {
            let code = text.split("#[cfg(test)]").next().unwrap();
            for word in
                ["disallowed_methods", "std::fs", "std::net", "std::env::", "SystemTime", "Instant::now", "thread::"]
            {
                let is_test_file = ["oracles.rs", "vectors.rs", "tests.rs"].iter().any(|end| path.ends_with(end));
                assert!(is_test_file || !code.contains(word), "{} has `{word}`", path.display());
            }
        }
    }
}

#[test]
fn the_store_has_one_way_in() {
    let commits: Vec<PathBuf> = ["server", "cli"]
        .iter()
        .flat_map(|name| sources(name))
        .filter(|(_, text)| text.contains(".commit("))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(commits.len(), 1, "{commits:?}");
    assert!(commits[0].ends_with("driver.rs"), "{commits:?}");
}

/// Who audits the ledger reads the statements of every kind that a node makes, where it may see what they are about: a kind that
/// `node::told` does not know is read to nobody.
#[test]
fn every_kind_of_statement_is_told() {
    let told = fs::read_to_string(crates().join("node/src/told.rs")).unwrap();
    let mut kinds = Vec::new();
    for (_, text) in sources("node") {
        for call in ["self.state(", "self.state_of(", "self.on_record("] {
            let said = text.split(call).skip(1).map(|rest| rest.trim_start().trim_start_matches("now,").trim_start());
            let literal = said.filter_map(|rest| rest.strip_prefix('"')?.split_once('"'));
            kinds.extend(literal.map(|(kind, _)| kind.to_owned()));
        }
    }
    // Those whose name stands in a variable.
    kinds.extend(["hold", "hold-lifted", "signed-in", "signed-out", "viewed", "people", "action"].map(str::to_owned));
    assert!(kinds.len() > 50, "the search finds nothing any more: {kinds:?}");
    for kind in kinds {
        assert!(told.contains(&format!("\"{kind}\"")), "auditors cannot read statements `{kind}`");
    }
}
