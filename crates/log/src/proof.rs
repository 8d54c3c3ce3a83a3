//! Inclusion and consistency proofs, RFC 6962 section 2.1, made from stored nodes and checked against roots. Not the
//! trust in those roots: that comes from a signed [`crate::Checkpoint`]. Key type: the proof itself, a list of hashes.
//!
//! Both kinds are the same walk: from a complete subtree up to the root, naming the sibling at each level where there
//! is one. Maker and checker share the walk, so they agree on the length of every proof.

use crate::error::ProofKind;
use crate::frontier::{check_size, complete_subtrees};
use crate::{Error, Hash, node_hash};

/// The most hashes that any proof has, in a tree of [`crate::MAX_TREE_SIZE`] leaves.
pub const MAX_PROOF_HASHES: usize = 63;

/// Proves that the leaf at `index` is in the tree of the first `size` leaves. `node` answers with the complete subtree
/// at (level, index); level 0 are the leaf hashes. At most 62 hashes, lowest sibling first.
///
/// # Errors
/// [`Error::NoSuchLeaf`], [`Error::TreeTooLarge`]; [`Error::MissingNode`] if `node` does not know one that is needed.
pub fn inclusion_proof(index: u64, size: u64, node: &impl Fn(u8, u64) -> Option<Hash>) -> Result<Vec<Hash>, Error> {
    check_leaf(index, size)?;
    siblings(0, index, size, node).collect()
}

/// Proves that the tree of the first `old` leaves is the beginning of the tree of the first `new`. Empty if `old` is 0
/// or equal to `new`, since there is nothing to prove. `node` as in [`inclusion_proof`]. At most 63 hashes.
///
/// # Errors
/// [`Error::Shrunk`] if `new` is less than `old`, [`Error::TreeTooLarge`], [`Error::MissingNode`].
pub fn consistency_proof(old: u64, new: u64, node: &impl Fn(u8, u64) -> Option<Hash>) -> Result<Vec<Hash>, Error> {
    check_growth(old, new)?;
    let Some((level, index)) = last_subtree(old).filter(|_| old < new) else { return Ok(Vec::new()) };
    // If the old tree is one complete subtree, the checker knows its hash: it is the old root.
    let start = (!old.is_power_of_two()).then(|| fetch(node, level, index));
    start.into_iter().chain(siblings(level, index, new, node)).collect()
}

/// Checks that the leaf with hash `leaf` is at `index` in the tree of `size` leaves with this `root`. The four must
/// come from a verified checkpoint and from the content itself, never from the proof's sender alone: a path tells where
/// a leaf is, but several sizes may share it, so that size and root must belong together.
///
/// # Errors
/// [`Error::ProofLength`] or [`Error::ProofMismatch`] if the proof does not hold; [`Error::NoSuchLeaf`],
/// [`Error::TreeTooLarge`].
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, root: &Hash, proof: &[Hash]) -> Result<(), Error> {
    let found = inclusion_root(leaf, index, size, proof)?;
    if found == *root { Ok(()) } else { Err(Error::ProofMismatch { kind: ProofKind::Inclusion }) }
}

/// The root to which a proof of inclusion leads. It proves nothing until something signed vouches for that root.
///
/// # Errors
/// [`Error::ProofLength`], [`Error::NoSuchLeaf`], [`Error::TreeTooLarge`].
pub fn inclusion_root(leaf: &Hash, index: u64, size: u64, proof: &[Hash]) -> Result<Hash, Error> {
    check_leaf(index, size)?;
    check_length(ProofKind::Inclusion, Walk::new(0, index, size).count(), proof)?;
    Ok(Walk::new(0, index, size).zip(proof).fold(*leaf, |hash, (step, sibling)| step.parent(&hash, sibling)))
}

/// Checks that the tree of `old_size` leaves with `old_root` is the beginning of the tree of `new_size` leaves with
/// `new_root`. Equal sizes need equal roots, and every tree extends the one without leaves; both with an empty proof.
///
/// # Errors
/// [`Error::ProofLength`] or [`Error::ProofMismatch`] if the proof does not hold; [`Error::Shrunk`],
/// [`Error::TreeTooLarge`].
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), Error> {
    let kind = ProofKind::Consistency;
    check_growth(old_size, new_size)?;
    let Some((level, index)) = last_subtree(old_size).filter(|_| old_size < new_size) else {
        check_length(kind, 0, proof)?;
        // A tree without leaves has one root only; two trees of one size have one root between them.
        let holds = (old_size > 0 || *old_root == Hash::EMPTY_ROOT) && (old_size < new_size || old_root == new_root);
        return if holds { Ok(()) } else { Err(Error::ProofMismatch { kind }) };
    };

    let walk = || Walk::new(level, index, new_size);
    let given_start = usize::from(!old_size.is_power_of_two());
    check_length(kind, given_start + walk().count(), proof)?;
    let (start, siblings) = match proof.split_first() {
        Some((start, siblings)) if given_start == 1 => (start, siblings),
        _ => (old_root, proof),
    };

    let (mut old, mut new) = (*start, *start);
    for (step, sibling) in walk().zip(siblings) {
        new = step.parent(&new, sibling);
        // The walk starts at the right edge of the old tree: nothing to the right of it was there yet.
        if step.sibling_is_left() {
            old = step.parent(&old, sibling);
        }
    }
    if old == *old_root && new == *new_root { Ok(()) } else { Err(Error::ProofMismatch { kind }) }
}

/// The way from a subtree to the root, with one step for each level at which the subtree has a sibling. At the right
/// edge a node may have none; it then stands for its parent.
struct Walk {
    level: u8,
    index: u64,
    /// The last index that has any leaves, at this level.
    last: u64,
}

/// A sibling on the way; its subtree may be incomplete at the right edge.
struct Step {
    level: u8,
    sibling: u64,
}

impl Walk {
    /// From the subtree at (`level`, `index`), which must lie in the tree of `size` leaves.
    fn new(level: u8, index: u64, size: u64) -> Self {
        Self { level, index, last: size.saturating_sub(1) >> level }
    }
}

impl Iterator for Walk {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        while self.last > 0 {
            let step = Step { level: self.level, sibling: self.index ^ 1 };
            let present = step.sibling <= self.last;
            (self.level, self.index, self.last) = (self.level + 1, self.index >> 1, self.last >> 1);
            if present {
                return Some(step);
            }
        }
        None
    }
}

impl Step {
    fn sibling_is_left(&self) -> bool {
        self.sibling.is_multiple_of(2)
    }

    fn parent(&self, node: &Hash, sibling: &Hash) -> Hash {
        if self.sibling_is_left() { node_hash(sibling, node) } else { node_hash(node, sibling) }
    }
}

/// The hashes of the siblings on the walk from (`level`, `index`) to the root of `size` leaves.
fn siblings(
    level: u8,
    index: u64,
    size: u64,
    node: &impl Fn(u8, u64) -> Option<Hash>,
) -> impl Iterator<Item = Result<Hash, Error>> {
    Walk::new(level, index, size).map(move |step| {
        let start = step.sibling << step.level;
        let end = size.min((step.sibling + 1) << step.level);
        let mut parts = complete_subtrees(start, end).map(|(level, index)| fetch(node, level, index));
        // The walk names only siblings with leaves, so there is a first part.
        let rightmost = parts.next().unwrap_or(Ok(Hash::EMPTY_ROOT))?;
        parts.try_fold(rightmost, |right, left| Ok(node_hash(&left?, &right)))
    })
}

/// The smallest of the complete subtrees that make up a tree: its right end. None without leaves.
fn last_subtree(size: u64) -> Option<(u8, u64)> {
    complete_subtrees(0, size).next()
}

fn fetch(node: &impl Fn(u8, u64) -> Option<Hash>, level: u8, index: u64) -> Result<Hash, Error> {
    node(level, index).ok_or(Error::MissingNode { level, index })
}

fn check_leaf(index: u64, size: u64) -> Result<(), Error> {
    check_size(size)?;
    if index < size { Ok(()) } else { Err(Error::NoSuchLeaf { index, size }) }
}

fn check_growth(old: u64, new: u64) -> Result<(), Error> {
    check_size(old.max(new))?;
    if old <= new { Ok(()) } else { Err(Error::Shrunk { old, new }) }
}

fn check_length(kind: ProofKind, expected: usize, proof: &[Hash]) -> Result<(), Error> {
    let found = proof.len();
    if found == expected { Ok(()) } else { Err(Error::ProofLength { kind, expected, found }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frontier::tests::{Tree, naive_root};
    use crate::{Fault, Frontier, MAX_TREE_SIZE, leaf_hash};

    #[test]
    fn every_proof_of_every_small_tree_holds() {
        let tree = Tree::of_size(70);
        let node = |level, index| tree.node(level, index);
        let root = |size: u64| naive_root(&tree.leaves[..size as usize]);
        for size in 0..=70 {
            for index in 0..size {
                let proof = inclusion_proof(index, size, &node).unwrap();
                verify_inclusion(&tree.leaves[index as usize], index, size, &root(size), &proof).unwrap();
            }
            for old in 0..=size {
                let proof = consistency_proof(old, size, &node).unwrap();
                verify_consistency(old, &root(old), size, &root(size), &proof).unwrap();
            }
        }
    }

    #[test]
    fn what_cannot_be_proved_is_said() {
        let nothing = |_, _| None;
        assert_eq!(inclusion_proof(0, 0, &nothing), Err(Error::NoSuchLeaf { index: 0, size: 0 }));
        assert_eq!(inclusion_proof(7, 7, &nothing), Err(Error::NoSuchLeaf { index: 7, size: 7 }));
        assert_eq!(inclusion_proof(1, 2, &nothing), Err(Error::MissingNode { level: 0, index: 0 }));
        assert_eq!(consistency_proof(6, 8, &nothing), Err(Error::MissingNode { level: 1, index: 2 }));
        assert_eq!(consistency_proof(3, 2, &nothing), Err(Error::Shrunk { old: 3, new: 2 }));
        assert!(inclusion_proof(0, u64::MAX, &nothing).is_err());
        assert!(consistency_proof(1, u64::MAX, &nothing).is_err());
        assert_eq!(inclusion_proof(1, 2, &nothing).unwrap_err().fault(), Fault::Store);
    }

    #[test]
    fn the_trivial_proofs_of_consistency_are_empty_and_still_checked() {
        let (some, other, empty) = (leaf_hash(b"some"), leaf_hash(b"other"), Hash::EMPTY_ROOT);
        let mismatch = Err(Error::ProofMismatch { kind: ProofKind::Consistency });
        for (why, old, old_root, new, new_root, expected) in [
            ("nothing, then nothing", 0, empty, 0, empty, Ok(())),
            ("nothing, then something", 0, empty, 3, some, Ok(())),
            ("the same", 3, some, 3, some, Ok(())),
            ("two histories", 3, some, 3, other, mismatch.clone()),
            ("no leaves but a root", 0, some, 3, some, mismatch.clone()),
            ("no leaves but a root, twice", 0, some, 0, some, mismatch.clone()),
            ("no leaves, two roots", 0, empty, 0, some, mismatch),
            ("shrunk", 3, some, 2, some, Err(Error::Shrunk { old: 3, new: 2 })),
        ] {
            assert_eq!(verify_consistency(old, &old_root, new, &new_root, &[]), expected, "{why}");
            assert!(
                verify_consistency(old, &old_root, new, &new_root, &[some]).is_err(),
                "{why}, with a hash too many"
            );
        }
    }

    #[test]
    fn the_longest_proofs_have_63_hashes() {
        let node = |_, _| Some(Hash::EMPTY_ROOT);
        assert_eq!(consistency_proof(MAX_TREE_SIZE - 1, MAX_TREE_SIZE, &node).unwrap().len(), MAX_PROOF_HASHES);
        assert_eq!(inclusion_proof(0, MAX_TREE_SIZE, &node).unwrap().len(), MAX_PROOF_HASHES - 1);
    }

    /// Every way of changing one thing in a proof: each hash with one bit flipped, left out, doubled.
    fn damaged(proof: &[Hash], bit: usize) -> Vec<Vec<Hash>> {
        let mut all = vec![[proof, &[Hash::EMPTY_ROOT]].concat()];
        for position in 0..proof.len() {
            let mut flipped = proof.to_vec();
            flipped[position].0[bit / 8] ^= 1 << (bit % 8);
            let (mut shorter, mut longer) = (proof.to_vec(), proof.to_vec());
            shorter.remove(position);
            longer.insert(position, proof[position]);
            all.extend([flipped, shorter, longer]);
        }
        all
    }

    proptest! {
        #[test]
        fn an_inclusion_proof_proves_nothing_else(size in 1..200_u64, at in any::<u64>(), bit in 0..256_usize) {
            let tree = Tree::of_size(size + 1);
            let root_of = |size| Frontier::load(size, &|level, index| tree.node(level, index)).unwrap().root();
            let (index, root) = (at % size, root_of(size));
            let leaf = tree.leaves[index as usize];
            let proof = inclusion_proof(index, size, &|level, index| tree.node(level, index)).unwrap();
            verify_inclusion(&leaf, index, size, &root, &proof).unwrap();
            for wrong in damaged(&proof, bit) {
                prop_assert!(verify_inclusion(&leaf, index, size, &root, &wrong).is_err());
            }
            for wrong in (0..size + 2).filter(|wrong| *wrong != index) {
                prop_assert!(verify_inclusion(&leaf, wrong, size, &root, &proof).is_err(), "index {}", wrong);
            }
            // A path alone does not tell the size; size and root together do.
            for wrong in (index + 1..size).chain([size + 1]) {
                prop_assert!(verify_inclusion(&leaf, index, wrong, &root_of(wrong), &proof).is_err(), "size {}", wrong);
            }
            let mut other = leaf;
            other.0[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verify_inclusion(&other, index, size, &root, &proof).is_err());
            prop_assert!(verify_inclusion(&leaf, index, size, &other, &proof).is_err());
        }

        #[test]
        fn a_consistency_proof_proves_nothing_else(new in 2..200_u64, at in any::<u64>(), bit in 0..256_usize) {
            let tree = Tree::of_size(new);
            let root_of = |size| Frontier::load(size, &|level, index| tree.node(level, index)).unwrap().root();
            let old = 1 + at % (new - 1);
            let (old_root, new_root) = (root_of(old), tree.frontier.root());
            let proof = consistency_proof(old, new, &|level, index| tree.node(level, index)).unwrap();
            verify_consistency(old, &old_root, new, &new_root, &proof).unwrap();
            for wrong in damaged(&proof, bit) {
                prop_assert!(verify_consistency(old, &old_root, new, &new_root, &wrong).is_err());
            }
            let flip = |hash: &Hash| { let mut hash = *hash; hash.0[bit / 8] ^= 1 << (bit % 8); hash };
            prop_assert!(verify_consistency(old, &flip(&old_root), new, &new_root, &proof).is_err());
            prop_assert!(verify_consistency(old, &old_root, new, &flip(&new_root), &proof).is_err());
            prop_assert!(verify_consistency(new, &old_root, old, &new_root, &proof).is_err());
            for wrong in (1..new).filter(|wrong| *wrong != old) {
                let verdict = verify_consistency(wrong, &root_of(wrong), new, &new_root, &proof);
                prop_assert!(verdict.is_err(), "size {}", wrong);
            }
        }

        #[test]
        fn verification_is_total(
            numbers in any::<[u64; 2]>(),
            hashes in prop::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..70),
        ) {
            let [one, other] = numbers;
            let root = Hash::EMPTY_ROOT;
            for shift in [0, 1, 2, 3, 40, 58] {
                prop_assert!(verify_inclusion(&root, one >> shift, other >> shift, &root, &hashes).is_err());
                let _total = verify_consistency(one >> shift, &root, other >> shift, &root, &hashes);
                let _total = inclusion_proof(one >> shift, other >> shift, &|_, _| Some(root));
                let _total = consistency_proof(one >> shift, other >> shift, &|_, _| Some(root));
            }
        }
    }
}
