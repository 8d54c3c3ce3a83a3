//! `entente log verify`: everything that a node's logs promise, checked from what its store holds, with the party files
//! alone. Works beside a running node and without one.

use entente_core::Party;
use entente_formats::{
    agreement, hex, national,
    request::{Answer, Line},
    wire::{Canonical, Withdrawal, payload},
};
use entente_log::{Checkpoint, Frontier, KeyName, Note, SignatureType, VerifierKey, leaf_hash, verify_cosignature};
use entente_node::{Feed, Lane, Partner, lane};
use entente_seal::{Envelope, VerifyingKey, dsse};
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
    /// The node's own file is missing.
    #[error("the store has no party file of {0}; has the node ever run?")]
    NoOwnFile(Party),
}

/// Verifies every log in the store of `us`.
///
/// # Errors
/// When the store cannot be read; what does not hold is in the result.
pub fn verify(reader: &Reader, us: &Party) -> Result<Vec<Verified>, VerifyError> {
    let partners = reader.parties()?.iter().map(|note| Partner::open(note)).collect::<Result<Vec<_>, _>>()?;
    let own = partners.iter().find(|partner| partner.party == *us);
    let own = own.ok_or_else(|| VerifyError::NoOwnFile(us.clone()))?;
    let mut results = Vec::new();
    for partner in partners.iter().filter(|partner| partner.party != *us) {
        for lane in Lane::ALL {
            let feed = Feed { partner: partner.party.clone(), lane };
            results.push(outgoing(reader, own, partner, &feed)?);
            results.push(incoming(reader, own, partner, &feed)?);
        }
    }
    results.push(ledger(reader, own)?);
    Ok(results)
}

/// What must hold once the tree has a certain size.
type Check<'a> = Box<dyn Fn(&Frontier) -> Result<(), String> + 'a>;

/// The roots that checkpoints and receipts speak of, collected while the leaves go by.
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
        self.check();
    }

    fn check(&mut self) {
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
        Verified {
            log,
            size,
            root: self.frontier.root().to_string(),
            receipted: None,
            replayed: None,
            problems: self.problems,
        }
    }
}

/// A checkpoint signed with `key`, over exactly the tree that is there.
fn signed_by<'a>(
    note: String,
    origin: String,
    key: Result<VerifierKey, entente_log::Error>,
) -> impl Fn(&Frontier) -> Result<(), String> + 'a {
    move |frontier| {
        let key = key.clone().map_err(|error| error.to_string())?;
        let checkpoint = Checkpoint::open(note.as_bytes(), &origin, &[key]).map_err(|error| error.to_string())?;
        if checkpoint.size() == frontier.size() && *checkpoint.root() == frontier.root() {
            Ok(())
        } else {
            Err(format!("the signed checkpoint of {} leaves has another root", checkpoint.size()))
        }
    }
}

fn outgoing(reader: &Reader, own: &Partner, partner: &Partner, feed: &Feed) -> Result<Verified, VerifyError> {
    let origin = lane::origin(&own.party, &partner.party, feed.lane);
    let mut roots = Roots::new();
    if let Some((size, note)) = reader.outgoing_checkpoint(feed)? {
        roots.expect(size, signed_by(note, origin.clone(), own.feed_key(&partner.party, feed.lane)));
    }
    let receipts = reader.receipts(feed)?;
    let receipted = receipts.last().map_or(0, |receipt| receipt.size);
    for receipt in receipts {
        let (origin, key) = (origin.clone(), partner.receipt_key());
        roots.expect(receipt.size, move |frontier| {
            let expected = Checkpoint::new(&origin, frontier.size(), frontier.root(), Vec::new());
            let expected = expected.map_err(|error| error.to_string())?;
            let note = Note::parse(receipt.note.as_bytes()).map_err(|error| error.to_string())?;
            let key = key.clone().map_err(|error| error.to_string())?;
            let cosigned = note.text() == expected.to_string()
                && note.signatures().iter().any(|line| verify_cosignature(&expected, line, &key).is_ok());
            if cosigned {
                Ok(())
            } else {
                Err(format!("the receipt for {} entries is not over this feed", receipt.size))
            }
        });
    }
    for row in reader.outgoing(feed)? {
        let envelope = reader.outgoing_envelope(feed, row.index)?.unwrap_or_default();
        if let Err(problem) = is_envelope(&envelope, &row.leaf, own, &partner.party) {
            roots.problems.push(format!("entry {}: {problem}", row.index));
        }
        roots.leaf(&row.leaf);
    }
    Ok(Verified { receipted: Some(receipted), ..roots.finish(origin) })
}

fn incoming(reader: &Reader, own: &Partner, partner: &Partner, feed: &Feed) -> Result<Verified, VerifyError> {
    let origin = lane::origin(&partner.party, &own.party, feed.lane);
    let mut roots = Roots::new();
    let key = partner.feed_key(&own.party, feed.lane);
    // The partner signs its feed as it stands; what we hold may be the first part of it. Then only the signature can
    // be checked here, and consistency was checked on arrival.
    if let Some((held, note)) = reader.incoming_checkpoint(feed)? {
        let origin = origin.clone();
        roots.expect(held, move |frontier| {
            let key = key.clone().map_err(|error| error.to_string())?;
            let checkpoint = Checkpoint::open(note.as_bytes(), &origin, &[key]).map_err(|error| error.to_string())?;
            if checkpoint.size() == frontier.size() && *checkpoint.root() != frontier.root() {
                return Err(format!("the checkpoint that {} signed has another root", partner.party));
            }
            Ok(())
        });
    }
    let mut start = 0;
    loop {
        let rows = reader.incoming(feed, start, STEP)?;
        let Some(last) = rows.last() else { break };
        start = last.index + 1;
        for row in &rows {
            let checked = match (&row.envelope, &row.withdrawal) {
                (Some(envelope), _) => {
                    is_envelope_or_refused(envelope, &row.leaf, partner, &own.party, &row.disposition)
                }
                (None, Some(signed)) => match Withdrawal::from_bytes(&signed.statement) {
                    Ok(withdrawal)
                        if withdrawal.leaf == row.leaf
                            && withdrawal.index == row.index
                            && withdrawal.origin == origin
                            && is_signed(partner, payload::WITHDRAWAL, &signed.statement, &signed.signature) =>
                    {
                        Ok(())
                    }
                    _ => Err("the withdrawal is not the sender's for this entry".to_owned()),
                },
                (None, None) => Err("neither envelope nor withdrawal is here".to_owned()),
            };
            if let Err(problem) = checked {
                roots.problems.push(format!("entry {}: {problem}", row.index));
            }
            roots.leaf(&row.leaf);
        }
    }
    Ok(roots.finish(origin))
}

fn keys(partner: &Partner) -> impl Iterator<Item = VerifyingKey> {
    partner.file.signing.iter().filter_map(|key| VerifyingKey::from_bytes(key).ok())
}

fn is_signed(partner: &Partner, payload_type: &str, statement: &[u8], signature: &[u8]) -> bool {
    keys(partner).any(|key| dsse::verify(&key, payload_type, statement, signature).is_ok())
}

/// The envelope is the one that the leaf commits to, and its sender signed it.
fn is_envelope(bytes: &[u8], leaf: &[u8; 32], from: &Partner, to: &Party) -> Result<(), String> {
    let envelope = Envelope::parse(bytes).map_err(|error| error.to_string())?;
    if envelope.digest().as_bytes() != leaf {
        return Err("the envelope is not the one that the leaf commits to".to_owned());
    }
    let verified = keys(from).any(|key| envelope.verify(to.as_str(), &key).is_ok());
    if verified { Ok(()) } else { Err(format!("the envelope is not signed by {} for {to}", from.party)) }
}

/// What was refused on arrival need not be a good envelope, but must be the bytes that the leaf commits to.
fn is_envelope_or_refused(
    bytes: &[u8],
    leaf: &[u8; 32],
    from: &Partner,
    to: &Party,
    disposition: &str,
) -> Result<(), String> {
    if disposition == "accepted" {
        return is_envelope(bytes, leaf, from, to);
    }
    let digest = entente_seal::Digest::of(bytes);
    if digest.as_bytes() == leaf {
        Ok(())
    } else {
        Err("the bytes kept are not those that the leaf commits to".to_owned())
    }
}

fn ledger(reader: &Reader, own: &Partner) -> Result<Verified, VerifyError> {
    let origin = lane::ledger_origin(&own.party);
    let mut roots = Roots::new();
    if let Some((size, note)) = reader.ledger_checkpoint()? {
        let key = KeyName::new(&origin).map(|name| VerifierKey::new(name, SignatureType::Ed25519, own.file.log));
        roots.expect(size, signed_by(note, origin.clone(), key));
    }
    let (mut start, mut replayed) = (0, 0);
    loop {
        let texts = reader.statements(start, STEP)?;
        if texts.is_empty() {
            break;
        }
        for text in &texts {
            match replay(reader, text) {
                Ok(decisions) => replayed += decisions,
                Err(problem) => roots.problems.push(format!("statement {start}: {problem}")),
            }
            roots.leaf(text.as_bytes());
            start += 1;
        }
    }
    Ok(Verified { replayed: Some(replayed), ..roots.finish(origin) })
}

#[derive(Deserialize)]
struct Statement {
    kind: String,
    content: serde_json::Value,
}

#[derive(Deserialize)]
struct Decided {
    request: Line,
    answer: Answer,
    world: String,
}

#[derive(Deserialize)]
struct WorldText {
    agreements: Vec<String>,
    national: Option<String>,
}

/// Decides again what a statement says was decided, on the world that it names. The number of decisions replayed.
fn replay(reader: &Reader, text: &str) -> Result<u64, String> {
    let statement: Statement = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if statement.kind != "decision" {
        return Ok(0);
    }
    let decided: Decided = serde_json::from_value(statement.content).map_err(|error| error.to_string())?;
    let digest = hex::decode(&decided.world).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let digest = digest.ok_or("the digest of its world is none")?;
    let world = reader.world(&digest).map_err(|error| error.to_string())?.ok_or("its world is not here")?;
    if *entente_seal::Digest::of(world.as_bytes()).as_bytes() != digest {
        return Err("its world is not the one that it names".to_owned());
    }
    let world: WorldText = serde_json::from_str(&world).map_err(|error| error.to_string())?;
    let first = |problems: Vec<entente_formats::Problem>| problems.first().map(ToString::to_string).unwrap_or_default();
    let agreements = world
        .agreements
        .iter()
        .map(|text| agreement::parse(text).map(|agreement| (agreement.id.clone(), agreement)))
        .collect::<Result<_, _>>()
        .map_err(first)?;
    let rules = world.national.as_deref().map(national::parse).transpose().map_err(first)?;
    let rules = rules.into_iter().map(|rules| (rules.party.clone(), rules)).collect();
    let resolved = decided.request.resolve_as_named().map_err(|error| error.to_string())?;
    let again = Answer::from(&resolved.decide(&agreements, &rules));
    if again == decided.answer {
        Ok(1)
    } else {
        Err("the decision does not come out the same when it is replayed".to_owned())
    }
}
