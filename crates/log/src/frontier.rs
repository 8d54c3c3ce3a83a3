//! The right edge of a tree: all that is needed to append and to know the root, in at most 62 hashes. Not the tree:
//! the nodes that [`Frontier::append`] completes belong in a store, where proofs find them. Key type: [`Frontier`].
//!
//! A tree of n leaves splits, from the left, into complete subtrees of falling size, one for each bit set in n. Their
//! roots are the frontier; hashed together from the right they give the root of the tree (RFC 6962, section 2.1).

use crate::{Error, Hash, node_hash};

/// The most leaves a tree may have, 2^62: the largest power of two at which every proof fits the 63 hashes that
/// tlog-witness lets a request carry.
pub const MAX_TREE_SIZE: u64 = 1 << 62;

/// A complete subtree: the leaves from `index << level` up to `(index + 1) << level`, exclusive. Once complete it never
/// changes, so a store may write it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Node {
    /// Levels above the leaves; a leaf is at level 0.
    pub level: u8,
    /// Position in the level, from the left, from 0.
    pub index: u64,
    /// The subtree's hash.
    pub hash: Hash,
}

/// The size of a tree and the hashes along its right edge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees, largest first; as many as `size` has bits set.
    hashes: Vec<Hash>,
}

impl Frontier {
    /// The tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a frontier back from storage: `hashes` as [`Frontier::hashes`] gave them. Only their number can be
    /// checked here; compare [`Frontier::root`] with the last signed checkpoint before appending.
    ///
    /// # Errors
    /// [`Error::DamagedFrontier`] if a tree of `size` leaves has another number of hashes, [`Error::TreeTooLarge`].
    pub fn restore(size: u64, hashes: Vec<Hash>) -> Result<Self, Error> {
        check_size(size)?;
        let expected = size.count_ones() as usize;
        if hashes.len() != expected {
            return Err(Error::DamagedFrontier { size, expected, found: hashes.len() });
        }
        Ok(Self { size, hashes })
    }

    /// Builds the frontier of the first `size` leaves from stored nodes, for recovery and for the roots of earlier
    /// sizes. `node` answers with the complete subtree at (level, index).
    ///
    /// # Errors
    /// [`Error::MissingNode`] if `node` does not know one that is needed, [`Error::TreeTooLarge`].
    pub fn load(size: u64, node: &impl Fn(u8, u64) -> Option<Hash>) -> Result<Self, Error> {
        check_size(size)?;
        let mut hashes = complete_subtrees(0, size)
            .map(|(level, index)| node(level, index).ok_or(Error::MissingNode { level, index }))
            .collect::<Result<Vec<_>, _>>()?;
        hashes.reverse();
        Ok(Self { size, hashes })
    }

    /// Adds a leaf and returns the interior nodes that it completed, lowest first. The leaf's own node, at level 0 and
    /// the index that was [`Frontier::size`] before, is not among them: the caller has its hash in hand.
    ///
    /// # Errors
    /// [`Error::TreeTooLarge`] at [`MAX_TREE_SIZE`]; the frontier is then unchanged.
    pub fn append(&mut self, leaf: Hash) -> Result<Vec<Node>, Error> {
        check_size(self.size + 1)?;
        let mut completed = Vec::new();
        let mut node = Node { level: 0, index: self.size, hash: leaf };
        // As in binary addition: each subtree of equal size to the left is a carry into the next level. An odd index
        // means that there is one.
        while node.index % 2 == 1
            && let Some(left) = self.hashes.pop()
        {
            node = Node { level: node.level + 1, index: node.index / 2, hash: node_hash(&left, &node.hash) };
            completed.push(node);
        }
        self.hashes.push(node.hash);
        self.size += 1;
        Ok(completed)
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes to store, largest subtree first.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// The root of the tree (RFC 6962, section 2.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        let from_the_right = self.hashes.iter().rev().copied();
        from_the_right.reduce(|right, left| node_hash(&left, &right)).unwrap_or(Hash::EMPTY_ROOT)
    }
}

/// Refuses sizes that no tree of ours can have; what passes can be shifted and summed without overflow.
pub(crate) fn check_size(size: u64) -> Result<(), Error> {
    if size > MAX_TREE_SIZE { Err(Error::TreeTooLarge { size }) } else { Ok(()) }
}

/// The (level, index) of the complete subtrees that make up the leaves from `start` to `end`, exclusive, smallest
/// first, that is from the right. `start` must be a multiple of the largest of them, as the start of a subtree is.
pub(crate) fn complete_subtrees(start: u64, end: u64) -> impl Iterator<Item = (u8, u64)> {
    let mut end = end;
    std::iter::from_fn(move || {
        let leaves = end.checked_sub(start).filter(|leaves| *leaves > 0)?;
        let level = leaves.trailing_zeros() as u8;
        end -= 1 << level;
        Some((level, end >> level))
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{Fault, leaf_hash};

    /// A tree with all its nodes, as a store would keep them.
    pub(crate) struct Tree {
        pub(crate) frontier: Frontier,
        pub(crate) leaves: Vec<Hash>,
        nodes: HashMap<(u8, u64), Hash>,
    }

    impl Tree {
        /// A tree of `size` leaves whose contents are their indexes.
        pub(crate) fn of_size(size: u64) -> Self {
            let mut tree = Self { frontier: Frontier::new(), leaves: Vec::new(), nodes: HashMap::new() };
            for index in 0..size {
                let leaf = leaf_hash(&index.to_be_bytes());
                tree.leaves.push(leaf);
                tree.nodes.insert((0, index), leaf);
                for node in tree.frontier.append(leaf).unwrap() {
                    assert_eq!(tree.nodes.insert((node.level, node.index), node.hash), None, "written once");
                }
            }
            tree
        }

        pub(crate) fn node(&self, level: u8, index: u64) -> Option<Hash> {
            self.nodes.get(&(level, index)).copied()
        }
    }

    /// RFC 6962, section 2.1, word for word.
    pub(crate) fn naive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::EMPTY_ROOT,
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&naive_root(left), &naive_root(right))
            }
        }
    }

    #[test]
    fn every_complete_node_is_handed_out_once() {
        for size in 0..130_u64 {
            let complete = (0..8).map(|level| size >> level).sum::<u64>();
            assert_eq!(Tree::of_size(size).nodes.len() as u64, complete);
        }
    }

    #[test]
    fn a_frontier_of_the_wrong_length_is_the_stores_fault() {
        for (size, hashes) in [(0, 1), (1, 0), (1, 2), (6, 1), (6, 3), (8, 2), (8, 0)] {
            let error = Frontier::restore(size, vec![leaf_hash(b""); hashes]).unwrap_err();
            assert_eq!(error.fault(), Fault::Store, "{size} {hashes}");
        }
    }

    #[test]
    fn the_largest_tree_takes_no_more_leaves() {
        let mut full = Frontier::restore(MAX_TREE_SIZE, vec![leaf_hash(b"")]).unwrap();
        let before = full.clone();
        assert_eq!(full.append(leaf_hash(b"")), Err(Error::TreeTooLarge { size: MAX_TREE_SIZE + 1 }));
        assert_eq!(full, before);
        assert!(Frontier::restore(u64::MAX, vec![leaf_hash(b""); 64]).is_err());
        assert!(Frontier::load(u64::MAX, &|_, _| Some(Hash::EMPTY_ROOT)).is_err());
    }

    proptest! {
        #[test]
        fn root_is_that_of_rfc_6962(size in 0..300_u64) {
            let tree = Tree::of_size(size);
            prop_assert_eq!(tree.frontier.root(), naive_root(&tree.leaves));
            prop_assert_eq!(tree.frontier.size(), size);
        }

        #[test]
        fn a_restored_frontier_continues_as_if_never_stored(size in 0..300_u64, more in 0..20_u64) {
            let tree = Tree::of_size(size + more);
            let loaded = Frontier::load(size, &|level, index| tree.node(level, index)).unwrap();
            let mut restored = Frontier::restore(size, loaded.hashes().to_vec()).unwrap();
            prop_assert_eq!(restored.root(), naive_root(&tree.leaves[..size as usize]));
            for leaf in &tree.leaves[size as usize..] {
                restored.append(*leaf).unwrap();
            }
            prop_assert_eq!(restored, tree.frontier);
        }
    }
}
