//! Runs the published vectors of `vectors/log`; their README describes them.

use serde::Deserialize;

use crate::*;

#[derive(Deserialize)]
struct Root {
    size: u64,
    root: String,
}

#[derive(Deserialize)]
struct Inclusion {
    name: String,
    leaf: String,
    index: u64,
    size: u64,
    root: String,
    proof: Vec<String>,
    valid: bool,
}

#[derive(Deserialize)]
struct Consistency {
    name: String,
    old_size: u64,
    old_root: String,
    new_size: u64,
    new_root: String,
    proof: Vec<String>,
    valid: bool,
}

#[derive(Deserialize)]
struct SignedCheckpoint {
    name: String,
    note: String,
    origin: String,
    log_key: String,
    cosigner_key: String,
    /// The time of the cosignature, where the checkpoint has a good one.
    cosigned: Option<u64>,
    valid: bool,
}

fn cases<Case: serde::de::DeserializeOwned>(json: &str) -> Vec<Case> {
    let cases: Vec<Case> = serde_json::from_str(json).unwrap();
    assert!(!cases.is_empty());
    cases
}

fn hash(text: &str) -> Hash {
    text.parse().unwrap()
}

fn hashes(texts: &[String]) -> Vec<Hash> {
    texts.iter().map(|text| hash(text)).collect()
}

#[test]
fn roots() {
    for case in cases::<Root>(include_str!("../../../vectors/log/roots.json")) {
        assert_eq!(frontier::tests::Tree::of_size(case.size).frontier.root(), hash(&case.root), "{}", case.size);
    }
}

#[test]
fn inclusion() {
    for case in cases::<Inclusion>(include_str!("../../../vectors/log/inclusion.json")) {
        let (leaf, root, proof) = (hash(&case.leaf), hash(&case.root), hashes(&case.proof));
        let verdict = verify_inclusion(&leaf, case.index, case.size, &root, &proof);
        assert_eq!(verdict.is_ok(), case.valid, "{}: {verdict:?}", case.name);
    }
}

#[test]
fn consistency() {
    for case in cases::<Consistency>(include_str!("../../../vectors/log/consistency.json")) {
        let (old_root, new_root, proof) = (hash(&case.old_root), hash(&case.new_root), hashes(&case.proof));
        let verdict = verify_consistency(case.old_size, &old_root, case.new_size, &new_root, &proof);
        assert_eq!(verdict.is_ok(), case.valid, "{}: {verdict:?}", case.name);
    }
}

#[test]
fn checkpoints() {
    for case in cases::<SignedCheckpoint>(include_str!("../../../vectors/log/checkpoints.json")) {
        let (log, cosigner): (VerifierKey, VerifierKey) =
            (case.log_key.parse().unwrap(), case.cosigner_key.parse().unwrap());
        let verdict = Checkpoint::open(case.note.as_bytes(), &case.origin, &[log]);
        assert_eq!(verdict.is_ok(), case.valid, "{}: {verdict:?}", case.name);
        let Ok(checkpoint) = verdict else { continue };
        let note = Note::parse(case.note.as_bytes()).unwrap();
        let cosigned = note.signatures().iter().find_map(|line| verify_cosignature(&checkpoint, line, &cosigner).ok());
        assert_eq!(cosigned, case.cosigned, "{}", case.name);
    }
}
