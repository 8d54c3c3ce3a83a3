//! Notes, checkpoints, cosignatures and proofs.

use entente_log::{
    AddCheckpoint, Checkpoint, Hash, MAX_PROOF_HASHES, MAX_TREE_SIZE, Note, NoteSignature, TlogProof, VerifierKey,
    consistency_proof, cosign, inclusion_proof, leaf_hash, node_hash, verify_consistency, verify_cosignature,
    verify_inclusion,
};

use crate::{
    fixture::{PARTNER, cosigner_key, log_key},
    reader::Reader,
};

/// A note that parses is written as it was read.
pub fn a_note_that_parses_keeps_its_bytes(data: &[u8]) {
    match Note::parse(data) {
        Ok(note) => {
            assert_eq!(note.to_string().as_bytes(), data);
            assert!(!note.signatures().is_empty() && note.text().ends_with('\n'));
            assert_eq!(Note::new(note.text(), note.signatures().to_vec()).as_ref(), Ok(&note));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A text that can be signed gives a note that reads back and verifies under its signer alone; the same signatures under
/// another text do not. The bytes are tried as a note, and as a text.
pub fn a_note_that_is_signed_verifies_and_no_other(data: &[u8]) {
    if let Ok(note) = Note::parse(data) {
        require_bound_to_text(&note);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let key = log_key();
    let Ok(note) = Note::sign(format!("{text}\n"), &key) else { return };
    assert_eq!(Note::parse(note.to_string().as_bytes()).as_ref(), Ok(&note));
    assert_eq!(note.verify(&[key.verifier().clone()]), Ok(vec![key.verifier()]));
    assert!(note.verify(&[cosigner_key().verifier().clone()]).is_err(), "verified for a stranger");
    require_bound_to_text(&note);
}

fn require_bound_to_text(note: &Note) {
    let known = [log_key().verifier().clone(), cosigner_key().verifier().clone()];
    assert!(note.verify(&[]).is_err(), "verified for nobody");
    if let Ok(signers) = note.verify(&known) {
        assert!(!signers.is_empty());
        if let Ok(other) = Note::new(format!("{}more\n", note.text()), note.signatures().to_vec()) {
            assert!(other.verify(&known).is_err(), "verified with another text");
        }
    }
}

/// A checkpoint that parses is written as it was read. Signed, it opens for its own log and key alone; cosigned, it tells
/// the time. The bytes are tried as a signed note, and as a text.
pub fn a_checkpoint_that_parses_writes_back_to_itself_and_opens_only_for_its_log(data: &[u8]) {
    let (log, cosigner) = (log_key(), cosigner_key());
    let known = [log.verifier().clone()];
    if let Ok(note) = Note::parse(data) {
        let origin = note.text().split('\n').next().unwrap_or_default();
        if let Ok(checkpoint) = Checkpoint::open(data, origin, &known) {
            assert_eq!(checkpoint.to_string(), note.text());
            assert!(Checkpoint::open(data, &format!("{origin}x"), &known).is_err(), "opened for another log");
        }
    }

    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(checkpoint) = text.parse::<Checkpoint>() else { return };
    assert_eq!(checkpoint.to_string(), text);
    assert!(checkpoint.size() <= MAX_TREE_SIZE);
    let note = checkpoint.sign(&log).expect("a checkpoint can be signed").to_string();
    assert_eq!(Checkpoint::open(note.as_bytes(), checkpoint.origin(), &known).as_ref(), Ok(&checkpoint));
    let stranger = [cosigner.verifier().clone()];
    assert!(Checkpoint::open(note.as_bytes(), checkpoint.origin(), &stranger).is_err(), "opened for a stranger");

    let time = checkpoint.size();
    let line = cosign(&checkpoint, &cosigner, time).expect("a checkpoint can be cosigned");
    let line: NoteSignature = line.to_string().parse().expect("a cosignature reads back");
    assert_eq!(verify_cosignature(&checkpoint, &line, cosigner.verifier()), Ok(time));
    assert!(verify_cosignature(&checkpoint, &line, log.verifier()).is_err(), "cosigned by a stranger");
}

/// A request to a witness that parses is written as it was read. Only a witness that knows the log's key, and stands where
/// the request says, may cosign it.
pub fn a_request_to_a_witness_that_parses_writes_back_to_itself_and_is_cosigned_only_for_its_log(data: &[u8]) {
    let asked = match AddCheckpoint::parse(data) {
        Ok(asked) => asked,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(asked.to_string().as_bytes(), data);
    assert!(asked.proof.len() <= MAX_PROOF_HASHES);
    let known = [vec![log_key().verifier().clone()]];
    assert!(asked.check((asked.old, Hash::EMPTY_ROOT), &[vec![]]).is_err(), "cosigned for nobody");
    let elsewhere = asked.check((asked.old ^ 1, Hash::EMPTY_ROOT), &known);
    assert!(elsewhere.is_err(), "cosigned from another place");
    for root in [Hash::EMPTY_ROOT, leaf_hash(b"another")] {
        match asked.check((asked.old, root), &known) {
            Ok(checkpoint) => assert!(checkpoint.size() >= asked.old),
            Err(refused) => assert!([400, 403, 409, 422].contains(&refused.status())),
        }
    }
}

/// A proof file that parses is written as it was read, and proves nothing about a leaf that is not in it, nor to who does
/// not know the log's key. Its extra data is read as that of a statement or a receipt, by who knows one party.
pub fn a_proof_file_that_parses_writes_back_to_itself_and_proves_only_what_was_signed(data: &[u8]) {
    let file = match TlogProof::parse(data) {
        Ok(file) => file,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(file.to_string().as_bytes(), data);
    assert!(file.proof.len() <= MAX_PROOF_HASHES);
    assert!(file.check(&leaf_hash(b"another"), &[vec![log_key().verifier().clone()]]).is_err(), "proves another leaf");
    assert!(file.check(&leaf_hash(b""), &[vec![]]).is_err(), "proves to who knows nobody");
    match entente_node::proof::check(data, std::slice::from_ref(&*PARTNER)) {
        Ok(checked) => assert!(checked.index < checked.size && checked.signed_by == PARTNER.party),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Hashes, verifier keys and signature lines that parse are written as they were read.
pub fn hashes_keys_and_signature_lines_have_one_form(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(hash) = text.parse::<Hash>() {
        assert_eq!(hash.to_string(), text);
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(line) = text.parse::<NoteSignature>() {
        assert_eq!(line.to_string(), text);
        assert!(!line.bytes().is_empty());
    }
}

/// A proof that was made holds, and no longer when its leaf, its place, its root or one of its hashes is another. What
/// nobody made is refused or holds, for trees of any size.
pub fn a_proof_holds_for_one_leaf_and_one_tree_alone(data: &[u8]) {
    let mut reader = Reader(data);
    let (old, new) = (reader.below(48), reader.below(48));
    let (old, new) = (old.min(new), old.max(new));
    // Each leaf names its place, so that no two are the same.
    let leaves: Vec<Hash> = (0..new).map(|place| leaf_hash(&[place.to_le_bytes()[0], reader.byte()])).collect();
    let tree = |level, index| complete_subtree(&leaves, level, index);
    let (old_root, new_root) = (root(&leaves, old), root(&leaves, new));
    let (old_size, new_size) = (old as u64, new as u64);

    let proof = consistency_proof(old_size, new_size, &tree).expect("a tree proves that it grew");
    assert!(proof.len() <= MAX_PROOF_HASHES);
    assert_eq!(verify_consistency(old_size, &old_root, new_size, &new_root, &proof), Ok(()));
    let other = leaf_hash(b"another");
    if old > 0 && old < new {
        assert!(verify_consistency(old_size, &other, new_size, &new_root, &proof).is_err(), "another old root");
        assert!(verify_consistency(old_size, &old_root, new_size, &other, &proof).is_err(), "another new root");
    }
    for forged in forgeries(&proof, other, reader.byte()) {
        assert!(verify_consistency(old_size, &old_root, new_size, &new_root, &forged).is_err(), "a forged proof");
    }

    let index = reader.below(new.max(1));
    if let Some(leaf) = leaves.get(index) {
        let place = index as u64;
        let proof = inclusion_proof(place, new_size, &tree).expect("a tree proves what it holds");
        assert_eq!(verify_inclusion(leaf, place, new_size, &new_root, &proof), Ok(()));
        assert!(verify_inclusion(&other, place, new_size, &new_root, &proof).is_err(), "another leaf");
        assert!(verify_inclusion(leaf, place ^ 1, new_size, &new_root, &proof).is_err() || new == 1, "another place");
        assert!(verify_inclusion(leaf, place, new_size, &other, &proof).is_err(), "another root");
        for forged in forgeries(&proof, other, reader.byte()) {
            assert!(verify_inclusion(leaf, place, new_size, &new_root, &forged).is_err(), "a forged proof");
        }
    }

    // Sizes and proofs that nobody made.
    let (one, two) = (reader.number(), reader.number());
    let hashes = reader.few(MAX_PROOF_HASHES + 2, |reader| Hash([reader.byte(); 32]));
    let _total = verify_consistency(one, &old_root, two, &new_root, &hashes);
    let _total = verify_inclusion(&other, one, two, &new_root, &hashes);
    let _total = inclusion_proof(one, two, &|_, _| Some(other));
    let _total = consistency_proof(one, two, &|_, _| Some(other));
}

/// The same proof with one hash more, one less, and another one in place of one.
fn forgeries(proof: &[Hash], other: Hash, place: u8) -> Vec<Vec<Hash>> {
    let mut all = vec![[proof, &[other]].concat()];
    if let Some((_, rest)) = proof.split_last() {
        all.push(rest.to_vec());
        let mut replaced = proof.to_vec();
        let place = usize::from(place) % proof.len();
        replaced.iter_mut().skip(place).take(1).for_each(|hash| *hash = other);
        all.push(replaced);
    }
    all
}

/// The root of the first `size` leaves, by the recursion of RFC 6962, section 2.1.
fn root(leaves: &[Hash], size: usize) -> Hash {
    match leaves.get(..size).unwrap_or_default() {
        [] => Hash::EMPTY_ROOT,
        [leaf] => *leaf,
        some => {
            let (left, right) = some.split_at(some.len().next_power_of_two() / 2);
            node_hash(&root(left, left.len()), &root(right, right.len()))
        }
    }
}

fn complete_subtree(leaves: &[Hash], level: u8, index: u64) -> Option<Hash> {
    let length = 1usize.checked_shl(u32::from(level))?;
    let start = usize::try_from(index).ok()?.checked_mul(length)?;
    let part = leaves.get(start..start.checked_add(length)?)?;
    Some(root(part, part.len()))
}
