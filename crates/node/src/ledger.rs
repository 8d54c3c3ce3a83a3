//! The ledger: this node's own log, which partners witness without learning from it. It has one leaf for each interval
//! of fixed length, whatever happened in it. The leaf commits to the root of a private tree: a salt, then the interval's
//! statements. To who does not know the salt, an interval without statements looks like any other.
//!
//! An interval is closed by the first event behind its end; the server sees to it that there is one
//! ([`crate::Event::Tick`]). After the node was away, one leaf stands for all the time since the last one
//! (docs/decisions/0012-interval-leaves.md). Key type: [`Interval`].

use std::fmt;

use entente_core::time::Timestamp;
use entente_log::{Checkpoint, Frontier, Hash, leaf_hash};

use crate::{
    event::Refusal,
    lane::{open_interval_origin, volume_origin},
    op::{Batch, ClosedInterval, LedgerSnapshot, Op},
    state::Node,
};

/// How long an interval is where the configuration does not say, in seconds.
pub const DEFAULT_INTERVAL: u32 = 60;

/// What one leaf of the ledger says. Each begins where the one before it ended; the first begins at 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The first moment in it, in seconds since the epoch.
    pub from: i64,
    /// The first moment behind it, in seconds since the epoch.
    pub until: i64,
    /// The root of the private tree.
    pub root: Hash,
}

impl Interval {
    /// The leaf's hash.
    pub fn leaf(&self) -> Hash {
        leaf_hash(self.to_string().as_bytes())
    }
}

/// The leaf's content.
impl fmt::Display for Interval {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "entente.interval/1\n{} {}\n{}\n", self.from, self.until, self.root)
    }
}

/// The private tree of an interval in which nothing has happened yet: the salt alone.
fn private_tree(salt: &[u8; 32]) -> Result<Frontier, entente_log::Error> {
    let mut tree = Frontier::new();
    tree.append(leaf_hash(salt))?;
    Ok(tree)
}

/// The ledger as the node remembers it.
pub(crate) struct Ledger {
    /// Which volume it is: 0 is the first, a later one bears the second in which it was begun.
    volume: u64,
    /// One leaf for each interval that is over.
    head: Frontier,
    /// The length of an interval, in seconds.
    length: i64,
    open: Open,
    /// How the ledger stood after the last event that is to be kept, when it is not signed yet.
    unsigned: Option<Unsigned>,
}

/// What one signature over the ledger is about, for all events of a turn.
struct Unsigned {
    volume: u64,
    head: Frontier,
    salt: [u8; 32],
    tree: Frontier,
    /// Whether an interval was closed.
    closed: bool,
}

/// The interval that is not over.
struct Open {
    from: i64,
    salt: [u8; 32],
    tree: Frontier,
    /// The leaves behind the salt's: a new volume takes them over.
    leaves: Vec<Hash>,
    /// The number of the next statement.
    next: u64,
}

impl Open {
    fn new(from: i64, salt: [u8; 32], leaves: Vec<Hash>, next: u64) -> Result<Self, entente_log::Error> {
        let mut tree = private_tree(&salt)?;
        for leaf in &leaves {
            tree.append(*leaf)?;
        }
        Ok(Self { from, salt, tree, leaves, next })
    }
}

impl Ledger {
    /// The ledger as the store kept it. `salt` is the open interval's, where it had none yet.
    pub(crate) fn load(snapshot: LedgerSnapshot, salt: [u8; 32]) -> Result<Self, entente_log::Error> {
        let LedgerSnapshot { volume, head, from, next, salt: kept, statements } = snapshot;
        let open = Open::new(from, kept.unwrap_or(salt), statements, next)?;
        Ok(Self { volume, head, length: DEFAULT_INTERVAL.into(), open, unsigned: None })
    }

    /// Which volume it is.
    pub(crate) fn volume(&self) -> u64 {
        self.volume
    }

    /// One leaf for each interval of this volume that is over.
    pub(crate) fn head(&self) -> &Frontier {
        &self.head
    }

    /// Begins a new volume. What was not in a leaf yet comes into its first one. `salt` is that interval's.
    pub(crate) fn begin_volume(&mut self, volume: u64, salt: [u8; 32]) -> Result<(), entente_log::Error> {
        let Open { from, leaves, next, .. } = &mut self.open;
        let open = Open::new(*from, salt, std::mem::take(leaves), *next)?;
        (self.volume, self.head, self.open) = (volume, Frontier::new(), open);
        Ok(())
    }

    /// The number of the next statement.
    pub(crate) fn next_statement(&self) -> u64 {
        self.open.next
    }

    /// Takes in a statement that is kept.
    pub(crate) fn add(&mut self, text: &str) -> Result<(), entente_log::Error> {
        let leaf = leaf_hash(text.as_bytes());
        self.open.tree.append(leaf)?;
        self.open.leaves.push(leaf);
        self.open.next += 1;
        Ok(())
    }

    /// Takes in an interval that is kept. `salt` is the next one's.
    pub(crate) fn close(&mut self, closed: &ClosedInterval, salt: [u8; 32]) -> Result<(), entente_log::Error> {
        self.head.append(closed.interval.leaf())?;
        let (from, next) = (closed.interval.until, closed.next);
        self.open = Open::new(from, salt, Vec::new(), next)?;
        Ok(())
    }
}

impl Node {
    /// The same node with intervals of this many seconds, at least one.
    #[must_use]
    pub fn with_interval(mut self, seconds: u32) -> Self {
        self.ledger.length = seconds.max(1).into();
        self
    }

    /// Closes the open interval when `now` is behind it. Ends lie on whole multiples of the length, so that the end of an
    /// interval tells nothing but the time. A clock that was set back closes nothing until it is where it was.
    pub(crate) fn close_interval(&mut self, now: Timestamp) -> Result<(), Refusal> {
        let Ledger { volume, head, length, open, .. } = &self.ledger;
        let until = now.as_second().div_euclid(*length) * length;
        if until <= open.from {
            return Ok(());
        }
        let interval = Interval { from: open.from, until, root: open.tree.root() };
        let (volume, index, salt, next) = (*volume, head.size(), open.salt, open.next);
        let nodes = head.clone().append(interval.leaf()).map_err(|error| Refusal::Ours(error.to_string()))?;
        self.keep(Op::Interval(ClosedInterval { volume, index, interval, next, salt, nodes }))
    }

    /// Notes that what `batch` adds to the ledger is to be signed. What an event that fails half-way has added never is: the
    /// memory is ahead of what is kept then.
    pub(crate) fn note_ledger(&mut self, batch: &[Op]) {
        let closed = batch.iter().any(|op| matches!(op, Op::Interval(_)));
        if closed || batch.iter().any(|op| matches!(op, Op::Statement { .. })) {
            let Ledger { volume, head, open, unsigned, .. } = &mut self.ledger;
            let closed = closed || unsigned.as_ref().is_some_and(|before| before.closed);
            *unsigned = Some(Unsigned {
                volume: *volume,
                head: head.clone(),
                salt: open.salt,
                tree: open.tree.clone(),
                closed,
            });
        }
    }

    /// Signs what the events since the last signature have added: to the open interval with the first key alone, for these
    /// heads stay here and only say that nothing in the store was changed since; to the ledger with every key.
    ///
    /// # Errors
    /// When a key fails.
    pub fn sign_ledger(&mut self) -> Result<Batch, Refusal> {
        self.signed_ledger().map_err(|error| Refusal::Ours(error.to_string()))
    }

    fn signed_ledger(&mut self) -> Result<Batch, entente_log::Error> {
        let Some(Unsigned { volume, head, salt, tree, closed }) = self.ledger.unsigned.take() else {
            return Ok(Batch::new());
        };
        let party = &self.identity.party;
        let origin = open_interval_origin(party, head.size());
        let checkpoint = Checkpoint::new(&origin, tree.size(), tree.root(), Vec::new())?;
        let note = checkpoint.sign(&self.identity.log_key(&origin)?)?.to_string();
        let mut batch = vec![Op::OpenInterval { index: head.size(), salt, note }];
        // Whoever is shown the ledger next has to know the keys that signed it.
        let is_stale = std::mem::take(&mut self.resign) && head.size() > 0;
        if closed || is_stale {
            let checkpoint = Checkpoint::new(volume_origin(party, volume), head.size(), head.root(), Vec::new())?;
            let note = self.identity.sign_checkpoint(&checkpoint)?.to_string();
            batch.push(Op::LedgerCheckpoint { volume, size: head.size(), note });
        }
        Ok(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_has_one_form() {
        let interval = Interval { from: 0, until: 1_795_435_200, root: Hash::EMPTY_ROOT };
        let text = "entente.interval/1\n0 1795435200\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
        assert_eq!(interval.to_string(), text);
    }
}
