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

#[derive(Deserialize)]
struct PostQuantum {
    name: String,
    note: String,
    origin: String,
    log_keys: Vec<String>,
    cosigner_key: String,
    /// The time of the cosignature, where the checkpoint has a good one.
    cosigned: Option<u64>,
    valid: bool,
}

#[derive(Deserialize)]
struct Asked {
    name: String,
    origin: String,
    log_key: String,
    latest_size: u64,
    latest_root: String,
    request: String,
    status: u16,
}

#[derive(Deserialize)]
struct Proof {
    name: String,
    file: String,
    leaf: String,
    origin: String,
    log_key: String,
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

#[test]
fn post_quantum() {
    for case in cases::<PostQuantum>(include_str!("../../../vectors/log/post-quantum.json")) {
        let keys: Vec<VerifierKey> = case.log_keys.iter().map(|key| key.parse().unwrap()).collect();
        let verdict = Checkpoint::open_signed_by_all(case.note.as_bytes(), &case.origin, &keys);
        assert_eq!(verdict.is_ok(), case.valid, "{}: {verdict:?}", case.name);
        let Ok(checkpoint) = verdict else { continue };
        let cosigner: VerifierKey = case.cosigner_key.parse().unwrap();
        let note = Note::parse(case.note.as_bytes()).unwrap();
        let cosigned = note.signatures().iter().find_map(|line| verify_cosignature(&checkpoint, line, &cosigner).ok());
        assert_eq!(cosigned, case.cosigned, "{}", case.name);
    }
}

/// The seeds that the README names give the keys in the files.
#[test]
fn post_quantum_keys_come_from_their_seeds() {
    let case = cases::<PostQuantum>(include_str!("../../../vectors/log/post-quantum.json")).remove(0);
    for (seed, name, key) in [(3, "log.example/feeds", &case.log_keys[1]), (4, "partner.example", &case.cosigner_key)] {
        let pair = MlDsa44KeyPair::from_seed(&[seed; 32]).unwrap();
        assert_eq!(SigningKey::ml_dsa_44(KeyName::new(name).unwrap(), &pair).unwrap().verifier().to_string(), *key);
    }
}

#[test]
fn witness() {
    for case in cases::<Asked>(include_str!("../../../vectors/log/witness.json")) {
        let keys = [vec![case.log_key.parse().unwrap()]];
        let verdict = match AddCheckpoint::parse(case.request.as_bytes()) {
            Err(error) => Err(NotCosigned::Malformed(error)),
            Ok(asked) if asked.origin() != case.origin => Err(NotCosigned::UnknownLog(asked.origin().to_owned())),
            Ok(asked) => {
                assert_eq!(asked.to_string(), case.request, "{}", case.name);
                asked.check((case.latest_size, hash(&case.latest_root)), &keys)
            }
        };
        let status = verdict.as_ref().map_or_else(NotCosigned::status, |_| 200);
        assert_eq!(status, case.status, "{}: {verdict:?}", case.name);
    }
}

#[test]
fn tlog_proofs() {
    for case in cases::<Proof>(include_str!("../../../vectors/log/tlog-proofs.json")) {
        let keys = [vec![case.log_key.parse().unwrap()]];
        let verdict = TlogProof::parse(case.file.as_bytes()).and_then(|file| {
            assert_eq!((file.to_string(), file.origin()), (case.file.clone(), case.origin.as_str()), "{}", case.name);
            file.check(&hash(&case.leaf), &keys)
        });
        assert_eq!(verdict.is_ok(), case.valid, "{}: {verdict:?}", case.name);
    }
}
