//! Statements: what this node says of itself, in its ledger ([`crate::ledger`]). Each is a line of JSON with its number,
//! its time and a salt of its own, so that a leaf's hash tells nothing of what it commits to.

use entente_core::time::Timestamp;
use entente_formats::hex;

use crate::{
    event::Refusal,
    identity::Identity,
    op::Op,
    state::{Node, sha256},
};

impl Node {
    /// Adds a statement of `kind` to the open interval.
    pub(crate) fn state(&mut self, now: Timestamp, kind: &str, content: serde_json::Value) -> Result<(), Refusal> {
        let index = self.ledger.next_statement();
        let salt = self.identity.salt("application/vnd.entente.salt", index);
        let text = serde_json::json!({
            "sequence": index,
            "time": now.to_string(),
            "kind": kind,
            "salt": hex::encode(salt.get(..16).unwrap_or_default()),
            "content": content,
        })
        .to_string();
        self.keep(Op::Statement { index, text })
    }
}

impl Identity {
    /// A salt that only this node can make, and makes again for the same number.
    pub(crate) fn salt(&self, kind: &str, index: u64) -> [u8; 32] {
        // The key and the number have fixed lengths: nothing can be moved from one part to another.
        sha256(&[&self.salt_key[..], &index.to_be_bytes(), kind.as_bytes()].concat())
    }

    /// The salt of the ledger's interval with that index.
    pub(crate) fn interval_salt(&self, index: u64) -> [u8; 32] {
        self.salt("application/vnd.entente.interval-salt", index)
    }
}
