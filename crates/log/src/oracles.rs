//! Agreement with independent implementations: `tlog_tiles` and `ct-merkle` for trees, `signed_note` for notes and
//! keys. Each direction counts: they accept what we make, and we accept what they make.

use std::collections::{BTreeMap, BTreeSet};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use signed_note::{Signer as _, StandardSigner, StandardVerifier, Verifier as _, VerifierList};
use tlog_tiles::{TileHashReader, TileReader, tlog};

use crate::frontier::tests::Tree;
use crate::key::tests::{pair, signing_key};
use crate::*;

impl tlog::HashReader for Tree {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        let node = |stored: &u64| {
            let (level, index) = tlog::split_stored_hash_index(*stored);
            self.node(level, index).map(theirs).ok_or(tlog::Error::IndexesNotInTree)
        };
        indexes.iter().map(node).collect()
    }
}

/// Tiles by their paths.
struct Tiles(BTreeMap<String, Vec<u8>>);

impl TileReader for Tiles {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog::Error> {
        tiles.iter().map(|tile| self.0.get(&path(tile)).cloned().ok_or(tlog::Error::IndexesNotInTree)).collect()
    }

    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

/// C2SP leaves out the height, which is always 8.
fn path(tile: &tlog_tiles::Tile) -> String {
    tile.path().replacen("tile/8/", "tile/", 1)
}

fn theirs(hash: Hash) -> tlog::Hash {
    tlog::Hash(hash.0)
}

fn all_theirs(hashes: &[Hash]) -> Vec<tlog::Hash> {
    hashes.iter().copied().map(theirs).collect()
}

/// `ct-merkle` passes proofs as bytes without structure.
fn joined(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

proptest! {
    #[test]
    fn tlog_tiles_makes_the_same_proofs(size in 1..400_u64, at in any::<u64>()) {
        let tree = Tree::of_size(size);
        let (index, old, root) = (at % size, 1 + at % size, theirs(tree.frontier.root()));
        let node = |level, index| tree.node(level, index);
        prop_assert_eq!(tlog::tree_hash(size, &tree).unwrap(), root);

        let ours = all_theirs(&inclusion_proof(index, size, &node).unwrap());
        prop_assert_eq!(&tlog::prove_record(size, index, &tree).unwrap(), &ours);
        tlog::check_record(&ours, size, root, index, theirs(tree.leaves[index as usize])).unwrap();

        let ours = all_theirs(&consistency_proof(old, size, &node).unwrap());
        prop_assert_eq!(&tlog::prove_tree(size, old, &tree).unwrap(), &ours);
        tlog::check_tree(&ours, size, root, old, tlog::tree_hash(old, &tree).unwrap()).unwrap();
    }

    #[test]
    fn tlog_tiles_reads_our_tiles(size in 1..70_000_u64, at in any::<u64>()) {
        let tree = Tree::of_size(size);
        let (index, old, root) = (at % size, 1 + at % size, theirs(tree.frontier.root()));
        let tiles = Tile::all(size).unwrap();
        let tiles = Tiles(tiles.map(|tile| (tile.path(), tile.bytes(|level, at| tree.node(level, at)).unwrap())).collect());
        let reader = TileHashReader::new(size, root, &tiles);
        let proof = tlog::prove_record(size, index, &reader).unwrap();
        tlog::check_record(&proof, size, root, index, theirs(tree.leaves[index as usize])).unwrap();
        let proof = tlog::prove_tree(size, old, &reader).unwrap();
        tlog::check_tree(&proof, size, root, old, tlog::tree_hash(old, &tree).unwrap()).unwrap();
        // What they say has to be there for a tree of that size is what is there.
        let wanted: BTreeSet<String> = tlog_tiles::Tile::new_tiles(8, 0, size).iter().map(path).collect();
        prop_assert_eq!(wanted, tiles.0.keys().cloned().collect::<BTreeSet<_>>());
    }

    #[test]
    fn tlog_tiles_gives_the_same_verdicts(
        sizes in (1..20_u64, 1..20_u64), at in (0..20_u64, 0..20_u64), claim in (0..20_u64, 0..20_u64),
    ) {
        let tree = Tree::of_size(20);
        let node = |level, index| tree.node(level, index);
        let root = |size| Frontier::load(size, &node).unwrap().root();
        let (size, claimed_size) = sizes;

        let (index, claimed) = (at.0 % size, claim.0);
        let (leaf, proof) = (tree.leaves[at.1 as usize], inclusion_proof(index, size, &node).unwrap());
        prop_assert_eq!(
            verify_inclusion(&leaf, claimed, claimed_size, &root(size), &proof).is_ok(),
            tlog::check_record(&all_theirs(&proof), claimed_size, theirs(root(size)), claimed, theirs(leaf)).is_ok()
        );

        // They do not answer for old trees without leaves.
        let (old, claimed) = (at.0 % size, claim.1.max(1));
        let proof = consistency_proof(old, size, &node).unwrap();
        prop_assert_eq!(
            verify_consistency(claimed, &root(old), claimed_size, &root(size), &proof).is_ok(),
            tlog::check_tree(&all_theirs(&proof), claimed_size, theirs(root(size)), claimed, theirs(root(old))).is_ok()
        );
    }

    #[test]
    fn ct_merkle_agrees(size in 1..200_u64, at in any::<u64>()) {
        let tree = Tree::of_size(size);
        let (index, old) = (at % size, 1 + at % size);
        let node = |level, index| tree.node(level, index);
        let mut other = MemoryBackedTree::<sha2::Sha256, [u8; 8]>::new();
        let mut old_root = None;
        for leaf in 0..size {
            other.push(leaf.to_be_bytes());
            old_root = (leaf + 1 == old).then(|| other.root()).or(old_root);
        }
        prop_assert_eq!(other.root().as_bytes().to_vec(), tree.frontier.root().as_bytes().to_vec());

        let ours = joined(&inclusion_proof(index, size, &node).unwrap());
        let theirs = other.prove_inclusion(index as usize);
        prop_assert_eq!(theirs.as_bytes(), ours.as_slice());
        let proof = ct_merkle::InclusionProof::try_from_bytes(ours).unwrap();
        other.root().verify_inclusion(&index.to_be_bytes(), index, &proof).unwrap();

        let ours = joined(&consistency_proof(old, size, &node).unwrap());
        let theirs = other.prove_consistency((size - old) as usize);
        prop_assert_eq!(theirs.as_bytes(), ours.as_slice());
        let proof = ct_merkle::ConsistencyProof::try_from_bytes(ours).unwrap();
        other.root().verify_consistency(&old_root.unwrap(), &proof).unwrap();
    }

    #[test]
    fn signed_note_agrees(seed in any::<u8>(), name in "[a-z./]{1,12}", text in "[a-z \n]{0,20}\n") {
        let pair = pair(seed);
        let key = signing_key(&name, SignatureType::Ed25519, &pair);
        let known = [key.verifier().clone()];
        let verifier = StandardVerifier::new(&key.verifier().to_string()).unwrap();
        prop_assert_eq!(verifier.key_id().to_be_bytes(), key.verifier().id().0);

        let private = BASE64_STANDARD.encode([&[1], [seed; 32].as_slice()].concat());
        let signer = StandardSigner::new(&format!("PRIVATE+KEY+{name}+{}+{private}", key.verifier().id())).unwrap();
        prop_assert_eq!(signer.key_id(), verifier.key_id());

        let ours = Note::sign(text.as_str(), &key).unwrap().to_string();
        let mut theirs = signed_note::Note::new(text.as_bytes(), &[]).unwrap();
        theirs.add_sigs(&[&signer]).unwrap();
        prop_assert_eq!(theirs.to_bytes(), ours.as_bytes());

        let read = signed_note::Note::from_bytes(ours.as_bytes()).unwrap();
        prop_assert_eq!(read.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap().0.len(), 1);
        prop_assert_eq!(Note::parse(&theirs.to_bytes()).unwrap().verify(&known).unwrap().len(), 1);
    }

    #[test]
    fn what_we_read_they_read_alike(
        text in "[a \n]{0,6}\n", lines in prop::collection::vec("— [ab]{1,2} [AE]{5,7}={0,2}", 1..3),
        size in "[01]{1,3}", root in any::<[u8; 32]>(), rest in "[a\n]{0,4}",
    ) {
        let note = format!("{text}\n{}\n", lines.join("\n"));
        if let Ok(ours) = Note::parse(note.as_bytes()) {
            let theirs = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
            prop_assert_eq!(theirs.text(), ours.text().as_bytes());
            prop_assert_eq!(theirs.to_bytes(), ours.to_string().into_bytes());
        }
        let text = format!("log.example\n{size}\n{}\n{rest}", Hash(root));
        if let Ok(ours) = text.parse::<Checkpoint>() {
            let theirs = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).unwrap();
            prop_assert_eq!((theirs.origin(), theirs.size()), (ours.origin(), ours.size()));
            prop_assert_eq!(theirs.hash().0, ours.root().0);
            prop_assert_eq!(theirs.to_bytes(), ours.to_string().into_bytes());
        }
    }
}
