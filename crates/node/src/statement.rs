//! The ledger: this node's own log of statements. Each is a line of JSON with its number, its time and a salt of its
//! own, so that a leaf's hash tells nothing of what it commits to.

use entente_core::time::Timestamp;
use entente_formats::hex;
use entente_log::Checkpoint;

use crate::{
    event::Refusal,
    lane::ledger_origin,
    op::Op,
    state::{Node, sha256},
};

impl Node {
    /// Adds a statement of `kind` to the ledger.
    pub(crate) fn state(&mut self, now: Timestamp, kind: &str, content: serde_json::Value) -> Result<(), Refusal> {
        let index = self.ledger.size();
        let text = serde_json::json!({
            "sequence": index,
            "time": now.to_string(),
            "kind": kind,
            "salt": self.salt(index),
            "content": content,
        })
        .to_string();
        let mut ledger = self.ledger.clone();
        let leaf = entente_log::leaf_hash(text.as_bytes());
        let nodes = ledger.append(leaf).map_err(|error| Refusal::Ours(error.to_string()))?;
        self.keep(Op::Statement { index, text, nodes })
    }

    /// Signs the ledger when this event added to it.
    pub(crate) fn sign_ledger(&mut self) -> Result<(), entente_log::Error> {
        if !self.batch.iter().any(|op| matches!(op, Op::Statement { .. })) {
            return Ok(());
        }
        let origin = ledger_origin(&self.identity.party);
        let checkpoint = Checkpoint::new(&origin, self.ledger.size(), self.ledger.root(), Vec::new())?;
        let note = self.identity.sign_checkpoint(&checkpoint)?.to_string();
        self.batch.push(Op::LedgerCheckpoint { size: self.ledger.size(), note });
        Ok(())
    }

    /// A salt that only this node can make: a signature over the number, which Ed25519 makes without randomness.
    fn salt(&self, index: u64) -> String {
        let message = index.to_be_bytes();
        let signature = entente_seal::dsse::sign(&self.identity.signing, "application/vnd.entente.salt", &message);
        let salt = sha256(&signature.unwrap_or([0; 64]));
        hex::encode(salt.get(..16).unwrap_or_default())
    }
}
