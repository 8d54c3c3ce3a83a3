//! Tiles: a tree as files that never change, each with up to 256 hashes that stand beside one another ([C2SP tlog-tiles]).
//! Whoever has them needs nobody's program of ours to check a log or to prove a leaf.
//!
//! Not here: where they are written, and what an entry says. Key type: [`Tile`].
//!
//! [C2SP tlog-tiles]: https://c2sp.org/tlog-tiles

use crate::error::Format;
use crate::frontier::check_size;
use crate::{Error, Hash};

/// How many hashes a full tile has.
pub const TILE_WIDTH: u64 = 256;
/// How many levels of the tree lie between two levels of tiles.
const TILE_HEIGHT: u8 = 8;
/// The longest entry that a bundle can hold, in bytes.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;

/// Some of the nodes of one level of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    level: u8,
    index: u64,
    width: u16,
}

impl Tile {
    /// Every tile of a tree of so many leaves, the lowest level first: all that are full, and what is beyond them.
    ///
    /// # Errors
    /// [`Error::TreeTooLarge`].
    pub fn all(size: u64) -> Result<impl Iterator<Item = Self>, Error> {
        check_size(size)?;
        // The largest tree, of 2^62 leaves, ends below the eighth.
        let levels = (0..8).map(move |level| (level, size >> (level * TILE_HEIGHT)));
        Ok(levels.take_while(|(_, nodes)| *nodes > 0).flat_map(|(level, nodes)| {
            (0..nodes.div_ceil(TILE_WIDTH)).map(move |index| {
                let width = (nodes - index * TILE_WIDTH).min(TILE_WIDTH);
                Self { level, index, width: u16::try_from(width).unwrap_or(u16::MAX) }
            })
        }))
    }

    /// Whether it says all that it ever will.
    #[must_use]
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }

    /// Whether it is of the lowest level, so that there is a bundle of entries beside it.
    #[must_use]
    pub fn is_of_leaves(&self) -> bool {
        self.level == 0
    }

    /// The index of its first node in that level of the tree, and how many there are.
    #[must_use]
    pub fn nodes(&self) -> (u64, u64) {
        (self.index * TILE_WIDTH, self.width.into())
    }

    /// How many leaves a log must have for all that it says.
    #[must_use]
    pub fn leaves(&self) -> u64 {
        let (first, count) = self.nodes();
        (first + count) << (self.level * TILE_HEIGHT)
    }

    /// Where it stands: `tile/0/x001/234`, and `tile/0/x001/234.p/17` while there are but 17 hashes.
    #[must_use]
    pub fn path(&self) -> String {
        format!("tile/{}/{}", self.level, self.place())
    }

    /// Where the entries stand whose hashes it has.
    #[must_use]
    pub fn entries_path(&self) -> String {
        format!("tile/entries/{}", self.place())
    }

    fn place(&self) -> String {
        let mut place = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            place = format!("x{:03}/{place}", rest % 1000);
            rest /= 1000;
        }
        if self.is_full() { place } else { format!("{place}.p/{}", self.width) }
    }

    /// Its bytes: the hashes, one after the other. `node` gives a node of the tree by level and index.
    ///
    /// # Errors
    /// [`Error::MissingNode`].
    pub fn bytes(&self, node: impl Fn(u8, u64) -> Option<Hash>) -> Result<Vec<u8>, Error> {
        let level = self.level * TILE_HEIGHT;
        let (first, count) = self.nodes();
        let mut bytes = Vec::with_capacity(usize::from(self.width) * 32);
        for index in first..first + count {
            bytes.extend(node(level, index).ok_or(Error::MissingNode { level, index })?.0);
        }
        Ok(bytes)
    }
}

/// The bytes of a bundle of entries: each behind its length in two bytes, most significant first.
///
/// # Errors
/// When an entry is longer than [`MAX_ENTRY_BYTES`].
pub fn entry_bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).map_err(|_| {
            Format::Entry.malformed(format!("it has {} bytes; a bundle takes {MAX_ENTRY_BYTES}", entry.len()))
        })?;
        bytes.extend(length.to_be_bytes());
        bytes.extend(entry);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(size: u64) -> Vec<String> {
        Tile::all(size).unwrap().map(|tile| tile.path()).collect()
    }

    #[test]
    fn a_tree_is_in_its_full_tiles_and_what_is_beyond_them() {
        assert_eq!(paths(0), [""; 0]);
        assert_eq!(paths(1), ["tile/0/000.p/1"]);
        assert_eq!(paths(255), ["tile/0/000.p/255"]);
        assert_eq!(paths(256), ["tile/0/000", "tile/1/000.p/1"]);
        assert_eq!(paths(600), ["tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"]);
        assert_eq!(paths(65_536).last().unwrap(), "tile/2/000.p/1");
        let leaves: Vec<u64> = Tile::all(66_000).unwrap().map(|tile| tile.leaves()).collect();
        assert_eq!((leaves[0], leaves[257], leaves[258], leaves[259]), (256, 66_000, 65_536, 65_792));
        assert_eq!(leaves.last(), Some(&65_536));
        // The example of the specification.
        let far = Tile { level: 0, index: 1_234_067, width: 256 };
        assert_eq!(
            (far.path().as_str(), far.entries_path().as_str()),
            ("tile/0/x001/x234/067", "tile/entries/x001/x234/067")
        );
        assert!(Tile::all(u64::MAX).is_err());
    }

    #[test]
    fn a_bundle_has_each_entry_behind_its_length() {
        assert_eq!(entry_bundle([&b"ab"[..], b"", b"c"]).unwrap(), b"\0\x02ab\0\0\0\x01c");
        let longest = vec![7; MAX_ENTRY_BYTES];
        assert_eq!(entry_bundle([&longest[..]]).unwrap().len(), 2 + MAX_ENTRY_BYTES);
        let error = entry_bundle([&vec![7; MAX_ENTRY_BYTES + 1][..]]).unwrap_err();
        assert!(error.to_string().contains("65536 bytes"), "{error}");
    }

    #[test]
    fn a_node_that_is_not_there_is_named() {
        let tile = Tile::all(3).unwrap().next().unwrap();
        let error = tile.bytes(|_, index| (index != 2).then_some(Hash::EMPTY_ROOT)).unwrap_err();
        assert_eq!(error, Error::MissingNode { level: 0, index: 2 });
    }
}
