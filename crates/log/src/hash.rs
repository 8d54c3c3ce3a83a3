//! The hashes of a tree, RFC 6962 section 2.1. Not content digests in general: a [`Hash`] is the value of a node.
//!
//! Leaves and interior nodes are hashed under different prefixes, so that no leaf can pass for a subtree.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::Error;
use crate::error::{Format, shown};

const LEAF_PREFIX: &[u8] = &[0x00];
const NODE_PREFIX: u8 = 0x01;

/// The SHA-256 value of a leaf, a subtree or a root. Shown, and read, in the standard base64 of checkpoints.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The root of the tree without leaves: SHA-256 of no bytes at all (RFC 6962, section 2.1).
    pub const EMPTY_ROOT: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae,
        0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The hash of a leaf with this content: SHA-256(0x00 || content).
#[must_use]
pub fn leaf_hash(content: &[u8]) -> Hash {
    sha256(&[LEAF_PREFIX, content].concat())
}

/// The hash of a node with these children: SHA-256(0x01 || left || right).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [NODE_PREFIX; 65];
    let (_, children) = bytes.split_at_mut(1);
    children.iter_mut().zip(left.0.iter().chain(&right.0)).for_each(|(byte, child)| *byte = *child);
    sha256(&bytes)
}

/// Of one piece: at once, without a state of its own on the heap.
pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    let mut hash = Hash([0; 32]);
    hash.0.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&BASE64_STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = Error;

    /// Reads the canonical base64 of exactly 32 bytes: 44 characters, padded, unused bits zero.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut bytes = [0; 32];
        // `decode_slice` refuses what does not fit, so a long input costs no memory.
        match BASE64_STANDARD.decode_slice(text, &mut bytes) {
            Ok(32) => Ok(Self(bytes)),
            _ => Err(Format::Hash.malformed(format!("`{}` is not 32 bytes in canonical base64", shown(text)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_root_is_sha256_of_nothing() {
        assert_eq!(Hash::EMPTY_ROOT, sha256(b""));
    }

    #[test]
    fn only_canonical_base64_is_read() {
        let good = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(good.parse(), Ok(Hash::EMPTY_ROOT));
        assert_eq!(Hash::EMPTY_ROOT.to_string(), good);
        for (why, bad) in [
            ("empty", ""),
            ("no padding", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"),
            ("padding doubled", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=="),
            ("unused bits not zero", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV="),
            ("URL alphabet", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU="),
            ("31 bytes", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA=="),
            ("33 bytes", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA"),
            ("space behind", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= "),
            ("hexadecimal", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ] {
            assert!(bad.parse::<Hash>().is_err(), "{why}");
        }
    }
}
