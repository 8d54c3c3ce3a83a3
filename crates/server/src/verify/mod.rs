//! `entente log verify`: everything that a node's logs promise, checked from what its store holds. Works beside a running
//! node and without one.
//!
//! The node's own keys come from its party file, not from the store: who can write the store can write what is in it,
//! but cannot sign.

mod feeds;
pub mod compare;
mod ledger;

use entente_log::{Checkpoint, Frontier, VerifierKey, leaf_hash};
use entente_node::{Feed, Lane, Partner};
use entente_seal::{VerifyingKey, dsse};
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
}

/// Verifies every log in the store of the party whose file is `own`.
///
/// # Errors
/// When the store cannot be read; what does not hold is in the result.
pub fn verify(reader: &Reader, own: &Partner) -> Result<Vec<Verified>, VerifyError> {
    verify_without(reader, own, Vec::new())
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
    // Beside a running node: what is compared must be of one moment.
    reader.at_one_moment(|| verify_all(reader, own, destroyed))?
}

fn verify_all(reader: &Reader, own: &Partner, destroyed: Vec<(String, String)>) -> Result<Vec<Verified>, VerifyError> {
    let partners = reader.parties()?.iter().map(|note| Partner::open(note)).collect::<Result<Vec<_>, _>>()?;
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
            let feed = Feed { partner: partner.party.clone(), lane };
            results.push(feeds::outgoing(reader, own, partner, &feed, &mut told)?);
            results.push(feeds::incoming(reader, own, partner, &feed, &told)?);
        }
    }
    ledger.problems.extend(told.never_sent());
    results.extend(volumes);
    results.push(ledger);
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
        Verified { log, size, root, receipted: None, statements: None, replayed: None, problems: self.problems }
    }
}

/// A checkpoint signed with all of `keys`, over exactly the tree that is there.
fn signed_by(
    note: String,
    origin: String,
    keys: Result<Vec<VerifierKey>, entente_log::Error>,
) -> impl Fn(&Frontier) -> Result<(), String> {
    move |frontier| {
        let keys = keys.clone().map_err(|error| error.to_string())?;
        let checkpoint =
            Checkpoint::open_signed_by_all(note.as_bytes(), &origin, &keys).map_err(|error| error.to_string())?;
        if checkpoint.size() == frontier.size() && *checkpoint.root() == frontier.root() {
            Ok(())
        } else {
            Err(format!("the signed checkpoint of {} leaves has another root", checkpoint.size()))
        }
    }
}

/// The signing keys of a party.
fn keys(partner: &Partner) -> impl Iterator<Item = VerifyingKey> {
    partner.file.signing.iter().filter_map(|key| VerifyingKey::from_bytes(key).ok())
}

fn is_signed(partner: &Partner, payload_type: &str, statement: &[u8], signature: &[u8]) -> bool {
    keys(partner).any(|key| dsse::verify(&key, payload_type, statement, signature).is_ok())
}
