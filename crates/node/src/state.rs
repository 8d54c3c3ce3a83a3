//! The node's memory: what the last batch left. Every change goes through `Node::apply`, at the start as in an event.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use entente_core::{
    AgreementId, Party,
    agreement::{Agreement, InstrumentHash},
    time::Timestamp,
    whatif::Holdings,
    world::{Agreements, NationalRules},
};
use entente_formats::wire::{Canonical, ConsentStatement, Disposition, Signed, StandingConsent};
use entente_log::{Frontier, Hash};
use entente_seal::dsse;

use crate::{
    alarm::AlarmName,
    alert::{KnownAcknowledgement, Warnings},
    compromise::KnownCompromise,
    consult,
    content::Contents,
    desk::Desk,
    emergency::Emergency,
    event::Refusal,
    guard::GuardLink,
    held::{Held, Kind, Left, Places, Shared, Terms},
    identity::Identity,
    incident::{Deadlines, Notices, StoredDischarge, StoredIncident},
    lane::Feed,
    ledger::Ledger,
    named::StoredNames,
    op::{Affected, Batch, Question, RecallName, StoredApproval},
    page::Place,
    partner::Partner,
    pledge::Pledges,
    recall::{Direction, Recall},
    relabel::Relabelled,
    restore::Restoring,
    retention::Holds,
    second::Waiting,
    secrets::Secrets,
    standing::WithdrawnConsent,
    telling::Attempt,
    texts::KnownAct,
    witness::Witnessed,
    words::Words,
};

/// One of our feeds to a partner.
#[derive(Clone, Debug, Default)]
pub(crate) struct OutFeed {
    pub(crate) head: Frontier,
    pub(crate) acknowledged: Frontier,
    /// Leaves behind the acknowledged ones that were handed to the sender.
    pub(crate) under_way: Vec<Hash>,
    /// How many bodies were ever handed to the sender.
    pub(crate) offered: u64,
    /// From where to where that reached out last, where nothing was cleared since: until these bodies are handed on they may
    /// still be held back.
    pub(crate) offered_last: Option<(u64, u64)>,
    /// How many entries were ever written as files.
    pub(crate) exported: u64,
    pub(crate) checkpoint: Option<(u64, String)>,
    /// Whether that one bears signatures of other keys than the one that is kept.
    pub(crate) is_resigned: bool,
    /// Its entries by index: those that are about a record and were not withdrawn before they left.
    pub(crate) left: Vec<Option<Left>>,
}

impl OutFeed {
    /// Has the keys of `identity` sign again what was signed last: never less, for that would not say how far this feed is.
    pub(crate) fn sign_anew(&mut self, identity: &Identity) {
        if let Some((_, note)) = &mut self.checkpoint
            && let Some(signed) = identity.signed_anew(note)
        {
            (*note, self.is_resigned) = (signed, true);
        }
    }

    /// Notes an entry, at whatever place.
    pub(crate) fn note(&mut self, index: u64, left: Left) -> Result<(), String> {
        let index = usize::try_from(index).map_err(|error| error.to_string())?;
        if self.left.len() <= index {
            self.left.resize(index + 1, None);
        }
        if let Some(place) = self.left.get_mut(index) {
            *place = Some(left);
        }
        Ok(())
    }
}

/// A partner's feed to us.
#[derive(Clone, Debug, Default)]
pub(crate) struct InFeed {
    pub(crate) head: Frontier,
    pub(crate) dispositions: Vec<Disposition>,
    /// The latest checkpoint that the partner signed: how much we held then, the note, and the proof that leads there.
    pub(crate) checkpoint: Option<(u64, String, Vec<u8>)>,
}

pub(crate) use crate::held::Key;

/// A signed consent of one kind, and since when it is here.
#[derive(Clone, Debug)]
pub struct Kept<T> {
    /// What was signed.
    pub statement: T,
    /// SHA-256 of the statement.
    pub digest: [u8; 32],
    /// When it was kept, in seconds since the epoch.
    pub known: i64,
    /// With its signature.
    pub(crate) signed: Signed,
}

impl<T: Canonical> Kept<T> {
    pub(crate) fn read(signed: &Signed, known: i64) -> Result<Self, String> {
        let statement = T::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
        Ok(Self { statement, digest: sha256(&signed.statement), known, signed: signed.clone() })
    }
}

/// One sovereign node.
pub struct Node {
    pub(crate) identity: Arc<Identity>,
    pub(crate) national: NationalRules,
    /// What guards see on the links to partners, as configured.
    pub(crate) guards: BTreeMap<Party, GuardLink>,
    pub(crate) partners: BTreeMap<Party, Partner>,
    /// Parties that were removed: their files and what they signed stay, and nothing more goes to them or comes from them.
    pub(crate) removed: BTreeSet<Party>,
    /// Digests of what was signed with keys that are revoked, and was not here before: it does not count.
    pub(crate) doubted: BTreeSet<[u8; 32]>,
    /// Whether our own keys have changed since the ledger was signed last.
    pub(crate) resign: bool,
    /// Whether our signing key was revoked since the parties were told last.
    pub(crate) retell: bool,
    /// Shared with who still words what was decided on them.
    pub(crate) agreements: Arc<Agreements>,
    /// Texts that somebody proposed and on which this party has not acted: they change no decision.
    pub(crate) proposals: BTreeMap<(AgreementId, InstrumentHash), Agreement>,
    /// Signed acts in the order in which they became known, for agreements known or not yet.
    pub(crate) acts: Vec<KnownAct>,
    /// How many acts the configured file of an agreement has.
    pub(crate) written: BTreeMap<AgreementId, usize>,
    /// Which act of ours, or which text, was put into the feed to whom, and where.
    pub(crate) told: BTreeMap<([u8; 32], Party), u64>,
    /// Whether somebody may lack something: what was kept since the parties were told last may be news to them.
    pub(crate) untold: bool,
    /// The same of these recalls.
    pub(crate) untold_recalls: BTreeSet<RecallName>,
    /// And of the labels of these records.
    pub(crate) untold_labels: BTreeSet<Key>,
    pub(crate) worlds: BTreeSet<[u8; 32]>,
    /// The digest of the agreements and rules as they are now, once a decision has asked for it.
    pub(crate) world: Option<[u8; 32]>,
    /// The same, for who only looks.
    pub(crate) rules: std::cell::OnceCell<[u8; 32]>,
    /// The digests of the agreements with their acts, once a consultation has asked for them.
    pub(crate) heads: std::cell::OnceCell<BTreeMap<AgreementId, [u8; 32]>>,
    /// And those that they had.
    pub(crate) past: std::cell::RefCell<crate::consult::disagree::Past>,
    pub(crate) records: BTreeMap<Key, Box<Held>>,
    /// Ids of records that have a backtick: texts for people name records between two of these.
    pub(crate) ticked: BTreeSet<String>,
    /// The same records by when they entered, for pages.
    pub(crate) shelf: BTreeSet<Place>,
    /// The same records by the words in them.
    pub(crate) words: Words,
    pub(crate) kinds: Shared<Kind>,
    pub(crate) terms: Shared<Terms>,
    /// The same records by class, for what-if and for what is asked of all of them.
    pub(crate) holdings: Holdings,
    pub(crate) questions: BTreeMap<(bool, [u8; 16]), Question>,
    /// Consents that were given to us, each for one content of one record: by the record.
    pub(crate) consents: BTreeMap<Key, Vec<Kept<ConsentStatement>>>,
    /// Standing consents, given to us and by us.
    pub(crate) standing: Vec<Kept<StandingConsent>>,
    /// Consents of either kind that were withdrawn, and when we learnt of it.
    pub(crate) withdrawn: BTreeMap<WithdrawnConsent, i64>,
    /// Approvals by our own authority, by the record.
    pub(crate) approvals: BTreeMap<Key, Vec<StoredApproval>>,
    pub(crate) outgoing: BTreeMap<Feed, OutFeed>,
    pub(crate) incoming: BTreeMap<Feed, InFeed>,
    /// Entries of our feeds that are about a record and were not withdrawn before they left.
    pub(crate) sent: Places,
    /// Those of them that were withdrawn after they had been offered: they may have arrived, or not.
    pub(crate) withdrawn_late: BTreeSet<(Feed, u64)>,
    /// Releases that something which became known later speaks against.
    pub(crate) affected: BTreeMap<u64, Affected>,
    /// What was called back, by whoever did.
    pub(crate) recalls: BTreeMap<RecallName, Recall>,
    /// Records that their originators have called back from everybody.
    pub(crate) called_back: BTreeMap<Key, RecallName>,
    /// Entries that their sender has taken back, in feeds of ours and to us, each as a bearer of the record that the recall
    /// names: who names one record takes back no other.
    pub(crate) taken_back: BTreeSet<(Key, Direction, Feed, u64)>,
    /// The entries that brought a record here.
    pub(crate) arrivals: Places,
    /// Records that go on being used, although the second of the two was called back, from which they were made.
    pub(crate) spared: BTreeSet<(Key, Key)>,
    /// Records whose content is kept, whatever would destroy it.
    pub(crate) holds: Holds,
    /// Releases that wait for a second person, or waited.
    pub(crate) waiting: BTreeMap<u64, Waiting>,
    /// Emergencies that were declared.
    pub(crate) emergencies: BTreeMap<u64, Emergency>,
    /// Commitments and meetings.
    pub(crate) pledges: Pledges,
    /// Attempts to tell people of this party that something waits.
    pub(crate) attempts: BTreeMap<u64, Attempt>,
    /// Those that are being made since this start.
    pub(crate) attempting: BTreeSet<u64>,
    /// Who is named for TLP:RED records.
    pub(crate) named: BTreeMap<Key, StoredNames>,
    /// The label that counts for a record, where its originator has given it another one.
    pub(crate) relabellings: BTreeMap<Key, Relabelled>,
    /// What was told of records in wrong hands, by us and to us.
    pub(crate) compromises: Vec<KnownCompromise>,
    /// Contents that are on their way.
    pub(crate) contents: Contents,
    /// Alarms that are open, so that one cause is not written down again and again: since when, in seconds since the epoch,
    /// and whether they are about an entry.
    pub(crate) alarmed: BTreeMap<AlarmName, (i64, bool)>,
    /// What this party has set for its watch.
    pub(crate) desk: Desk,
    /// Records that are warnings.
    pub(crate) warnings: Warnings,
    /// Those that came since the rules were asked last.
    pub(crate) fresh_warnings: Vec<Key>,
    /// Who has taken note of them.
    pub(crate) acknowledgements: BTreeMap<Key, Vec<KnownAcknowledgement>>,
    /// Warnings of whose acknowledgements somebody may still have to be told.
    pub(crate) untold_acknowledgements: BTreeSet<Key>,
    /// Incidents of this party's own, by number.
    pub(crate) incidents: BTreeMap<String, StoredIncident>,
    /// Duties that this party says it has done.
    pub(crate) discharged: BTreeMap<String, StoredDischarge>,
    /// Which rule has raised an incident for which warning: the rule, its originator, SHA-256 of its content in hex.
    pub(crate) fired: BTreeSet<(String, String, String)>,
    /// Notices whose receipts meet duties to notify.
    pub(crate) notices: Notices,
    /// The consultations that were raised from an incident of this party's.
    pub(crate) consulted: BTreeMap<String, Vec<[u8; 32]>>,
    /// How many duties were looked at since the start.
    pub(crate) looks: std::cell::Cell<u64>,
    /// Consultations in which this party takes part.
    pub(crate) consultations: BTreeMap<[u8; 32], consult::Held>,
    /// Those of which somebody may still have to be told.
    pub(crate) untold_consultations: BTreeSet<[u8; 32]>,
    /// How many bytes each party's statements in consultations have, by the second in which they became known.
    pub(crate) spoken: BTreeMap<Party, BTreeMap<i64, u64>>,
    /// Records that are positions in a consultation.
    pub(crate) positions: BTreeMap<[u8; 32], BTreeSet<Key>>,
    /// Moments at which something should have been done.
    pub(crate) deadlines: Deadlines,
    /// The secrets that envelopes are sealed and opened with, for a while: never kept.
    pub(crate) secrets: Secrets,
    pub(crate) ledger: Ledger,
    pub(crate) witnessed: Witnessed,
    /// What each partner has cosigned last of our own ledger.
    pub(crate) cosigned_by: BTreeMap<Party, String>,
    /// How a restore stands; what is over stays, for the partners that it went on without.
    pub(crate) restoring: Option<Restoring>,
    pub(crate) batch: Batch,
    pub(crate) wake: Vec<Feed>,
}

impl Node {
    /// Whose node this is.
    pub fn party(&self) -> &Party {
        &self.identity.party
    }

    /// The number that the next statement of the ledger will have.
    pub fn next_statement(&self) -> u64 {
        self.ledger.next_statement()
    }

    /// Its keys.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The same, for a node that is started again while its process goes on: with the keys that are in use, whatever the key
    /// folder holds by now. Partners are told of others before they are used.
    pub fn shared_identity(&self) -> Arc<Identity> {
        Arc::clone(&self.identity)
    }

    /// The partners known.
    pub fn partners(&self) -> impl Iterator<Item = &Partner> {
        self.partners.values()
    }

    /// The agreements known, with the acts known of them.
    pub fn agreements(&self) -> &Agreements {
        &self.agreements
    }

    /// The same, for who words a decision while the node goes on.
    pub fn shared_agreements(&self) -> Arc<Agreements> {
        Arc::clone(&self.agreements)
    }

    /// The national rules known.
    pub fn national(&self) -> &NationalRules {
        &self.national
    }

    /// The texts that wait for this party's own first act, with the acts known of them.
    pub fn proposals(&self) -> impl Iterator<Item = &Agreement> {
        self.proposals.values()
    }

    /// Every feed of ours with its size and how much of it is receipted.
    pub fn outgoing(&self) -> impl Iterator<Item = (&Feed, u64, u64)> {
        self.outgoing.iter().map(|(feed, out)| (feed, out.head.size(), out.acknowledged.size()))
    }

    /// Whether a feed of ours has so many entries, and there are receipts for all of them.
    pub fn is_all_receipted(&self, feed: &Feed, entries: u64) -> bool {
        let is = |out: &OutFeed| out.head.size() <= entries && out.acknowledged.size() >= entries;
        self.outgoing.get(feed).is_none_or(is)
    }

    /// How many entries of a feed of ours were written as files.
    pub fn exported_of(&self, feed: &Feed) -> u64 {
        self.outgoing.get(feed).map_or(0, |out| out.exported)
    }

    /// Every feed of a partner with what we hold of it.
    pub fn incoming(&self) -> impl Iterator<Item = (&Feed, u64)> {
        self.incoming.iter().map(|(feed, into)| (feed, into.head.size()))
    }

    /// Whether something for `party` can be given its place now.
    pub(crate) fn can_reach(&self, party: &Party, now: Timestamp) -> bool {
        self.partner(party, now).is_ok() && !self.is_closed_to(party)
    }

    /// Signs a statement with this node's own signing key.
    pub(crate) fn sign(&self, payload_type: &str, statement: Vec<u8>) -> Result<Signed, Refusal> {
        let signature = dsse::sign(&self.identity.signing, payload_type, &statement)
            .map_err(|error| Refusal::Ours(error.to_string()))?;
        Ok(Signed { statement, signature })
    }
}

/// A feed's leaf hash: of the digest of the envelope.
pub(crate) fn leaf_of(digest: &[u8; 32]) -> Hash {
    entente_log::leaf_hash(digest)
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    *entente_seal::Digest::of(bytes).as_bytes()
}
