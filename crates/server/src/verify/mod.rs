//! `entente log verify`: everything that a node's logs promise, checked from what its store holds. Works beside a running
//! node and without one.
//!
//! The node's own keys come from its party file, not from the store: who can write the store can write what is in it,
//! but cannot sign.

mod feeds;
mod revoked;
pub mod compare;
mod ledger;
mod words;

use entente_log::{Checkpoint, Frontier, leaf_hash};
use entente_node::{
    Feed, Lane, Partner,
    keyring::{KeyGroups, Word},
};
use entente_store::Reader;
use serde::{Deserialize, Serialize};

/// How many rows are read at once.
const STEP: usize = 512;

/// What was checked of one log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verified {
    /// The log's origin line.
    pub log: String,
    /// How many leaves it has.
    pub size: u64,
    /// The root over all of them, in base64.
    pub root: String,
    /// How far partners have cosigned it: our feeds only.
    pub receipted: Option<u64>,
    /// How many statements are in it: the ledger only, whose leaves are intervals.
    pub statements: Option<u64>,
    /// How many decisions were replayed and came out the same: the ledger only.
    pub replayed: Option<u64>,
    /// What is wrong; empty when all holds.
    pub problems: Vec<String>,
    /// What is signed with keys that are revoked and counts all the same, and what that rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rests: Vec<String>,
    /// What is signed with keys that are revoked and does not count any more: no fault of the store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubted: Vec<String>,
}

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] entente_store::StoreError),
    /// A party file in it does not hold.
    #[error("party file: {0}")]
    Party(#[from] entente_node::partner::PartnerError),
    /// Somebody wants no more of it.
    #[error("cancelled")]
    Cancelled,
}

/// Verifies every log in the store of the party whose file is `own`.
///
/// # Errors
/// When the store cannot be read; what does not hold is in the result.
pub fn verify(reader: &Reader, own: &Partner) -> Result<Vec<Verified>, VerifyError> {
    verify_step_by_step(reader, own, |_, _| true)
}

/// The same, telling before each log how many steps of how many are done; it ends when the answer is no.
///
/// # Errors
/// As [`verify`]; and [`VerifyError::Cancelled`].
pub fn verify_step_by_step(
    reader: &Reader,
    own: &Partner,
    mut goes_on: impl FnMut(u64, u64) -> bool,
) -> Result<Vec<Verified>, VerifyError> {
    // Beside a running node: what is compared must be of one moment.
    reader.at_one_moment(|| verify_all(reader, own, Vec::new(), &mut goes_on))?
}

/// The same of a store in which the contents of these records (originator, id) cannot be opened, and need not be.
///
/// # Errors
/// As [`verify`].
pub fn verify_without(
    reader: &Reader,
    own: &Partner,
    destroyed: Vec<(String, String)>,
) -> Result<Vec<Verified>, VerifyError> {
    reader.at_one_moment(|| verify_all(reader, own, destroyed, &mut |_, _| true))?
}

fn verify_all(
    reader: &Reader,
    own: &Partner,
    destroyed: Vec<(String, String)>,
    goes_on: &mut impl FnMut(u64, u64) -> bool,
) -> Result<Vec<Verified>, VerifyError> {
    let partners = reader.parties()?.iter().map(|note| Partner::open(note)).collect::<Result<Vec<_>, _>>()?;
    let others = partners.iter().filter(|partner| partner.party != own.party).count();
    let steps = u64::try_from(1 + others * Lane::ALL.len()).unwrap_or(u64::MAX);
    let mut done = 0;
    let mut step = || {
        let may = goes_on(done, steps);
        done += 1;
        if may { Ok(()) } else { Err(VerifyError::Cancelled) }
    };
    step()?;
    let mut told = ledger::Told::default();
    // Of several volumes the last is the one that grows; what is wrong with the store as a whole stands there.
    let mut volumes = ledger::verify(reader, own, &mut told)?;
    let mut ledger = volumes.pop().unwrap_or_else(|| Roots::new().finish(String::new()));
    ledger.problems.extend(told.check_parties(&partners));
    told.destroyed_besides(destroyed);
    // A restored node that still waits for its partners has not said yet what came back.
    if let Some(restoring) = reader.restoring()?.filter(|restoring| restoring.done.is_none()) {
        told.hear_words(restoring.words);
    }
    told.hear_recalls(reader, &partners)?;
    ledger.problems.extend(told.check_records(reader, &partners)?);
    ledger.problems.extend(told.check_statements(reader, &partners)?);
    let mut results = Vec::new();
    for partner in partners.iter().filter(|partner| partner.party != own.party) {
        for lane in Lane::ALL {
            step()?;
            let feed = Feed { partner: partner.party.clone(), lane };
            results.push(feeds::outgoing(reader, own, partner, &feed, &mut told)?);
            results.push(feeds::incoming(reader, own, partner, &feed, &told)?);
        }
    }
    ledger.problems.extend(told.never_sent());
    (ledger.rests, ledger.doubted) = revoked::statements(reader, own, &partners)?.words("this node");
    results.extend(volumes);
    results.push(ledger);
    step()?;
    Ok(results)
}

/// What must hold once the tree has a certain size.
type Check<'a> = Box<dyn Fn(&Frontier) -> Result<(), String> + 'a>;

/// The roots that checkpoints and receipts speak of, computed while the leaves go by.
struct Roots<'a> {
    frontier: Frontier,
    wanted: Vec<(u64, Check<'a>)>,
    problems: Vec<String>,
}

impl<'a> Roots<'a> {
    fn new() -> Self {
        Self { frontier: Frontier::new(), wanted: Vec::new(), problems: Vec::new() }
    }

    fn expect(&mut self, size: u64, check: impl Fn(&Frontier) -> Result<(), String> + 'a) {
        self.wanted.push((size, Box::new(check)));
    }

    fn leaf(&mut self, content: &[u8]) {
        if let Err(error) = self.frontier.append(leaf_hash(content)) {
            self.problems.push(error.to_string());
        }
        let size = self.frontier.size();
        for (_, check) in self.wanted.iter().filter(|(wanted, _)| *wanted == size) {
            if let Err(problem) = check(&self.frontier) {
                self.problems.push(problem);
            }
        }
    }

    fn finish(mut self, log: String) -> Verified {
        let size = self.frontier.size();
        for (wanted, _) in self.wanted.iter().filter(|(wanted, _)| *wanted > size) {
            self.problems.push(format!("{wanted} leaves are signed for, {size} are here"));
        }
        let root = self.frontier.root().to_string();
        Verified {
            log,
            size,
            root,
            receipted: None,
            statements: None,
            replayed: None,
            problems: self.problems,
            rests: Vec::new(),
            doubted: Vec::new(),
        }
    }
}

/// A checkpoint signed with the keys that it needs, over exactly the tree that is there.
fn signed_by(
    note: String,
    origin: String,
    keys: Result<KeyGroups, entente_log::Error>,
) -> impl Fn(&Frontier) -> Result<(), String> {
    move |frontier| {
        let keys = keys.clone().map_err(|error| error.to_string())?;
        let checkpoint =
            Checkpoint::open_signed_by_each(note.as_bytes(), &origin, &keys).map_err(|error| error.to_string())?;
        if checkpoint.size() == frontier.size() && *checkpoint.root() == frontier.root() {
            Ok(())
        } else {
            Err(format!("the signed checkpoint of {} leaves has another root", checkpoint.size()))
        }
    }
}

/// Whether it is in the party's hand. That a key is revoked by now is another matter ([`revoked`]).
fn is_signed(partner: &Partner, payload_type: &str, statement: &[u8], signature: &[u8]) -> bool {
    partner.word(payload_type, statement, signature, None) != Word::None
}
