//! Merkle logs: trees, checkpoints, proofs, cosignatures. A leaf is opaque bytes.
//!
//! This crate is the arithmetic of a log, not a log: it stores nothing, reads no clock, draws no randomness and knows
//! nothing of records or parties. A store keeps the tree's nodes and hands them back through a closure; keys and times
//! arrive as arguments. Sender and recipient of a feed run the same code: a mirror is a [`Frontier`] that must reach
//! the root its sender signed.
//!
//! The formats are those of RFC 6962 (tree and proofs) and C2SP (signed-note v1.0, tlog-checkpoint v1.0,
//! tlog-cosignature v1.1, tlog-witness v1.0, tlog-proof v1, tlog-tiles v1.0), so that any log client can check what Entente writes. Where a specification leaves room we
//! accept one form only, and say so at the item.

mod error;
mod frontier;
mod hash;
mod proof;

mod checkpoint;
mod cosignature;
mod key;
mod note;
mod signature;
mod tile;
mod tlog_proof;
mod witness;

#[cfg(test)]
mod oracles;
#[cfg(test)]
mod vectors;

pub use aws_lc_rs::signature::Ed25519KeyPair;

pub use checkpoint::Checkpoint;
pub use cosignature::{cosign, verify_cosignature};
pub use error::{Error, Fault, Format, ProofKind};
pub use frontier::{Frontier, MAX_TREE_SIZE, Node};
pub use hash::{Hash, leaf_hash, node_hash};
pub use key::{
    KeyId, KeyName, ML_DSA_44_PUBLIC_KEY_BYTES, MlDsa44KeyPair, PUBLIC_KEY_BYTES, SignatureType, SigningKey,
    VerifierKey, public_key,
};
pub use note::{Limits, Note};
pub use proof::{
    MAX_PROOF_HASHES, consistency_proof, inclusion_proof, inclusion_root, verify_consistency, verify_inclusion,
};
pub use signature::NoteSignature;
pub use tile::{MAX_ENTRY_BYTES, TILE_WIDTH, Tile, entry_bundle};
pub use tlog_proof::{MAX_TLOG_PROOF_BYTES, TlogProof};
pub use witness::{AddCheckpoint, MAX_ADD_CHECKPOINT_BYTES, NotCosigned};
