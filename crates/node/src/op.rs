//! What a node keeps: one [`Op`] for each durable change. A [`Batch`] is one transaction; a [`Snapshot`] is what a
//! store gives back at the start.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    Party, RecordId,
    agreement::{InstrumentHash, clause::Action},
};
use entente_formats::{
    request::Answer,
    wire::{ConsentRequest, ContentOutcome, ContentSecret, Disposition, Signed},
};
use entente_log::{Frontier, Hash, Node};
use entente_seal::Envelope;
use serde::{Deserialize, Serialize};

use crate::{
    content::{AwaitedContent, ContentEnd, ContentSnapshot, FileName, OfferedContent},
    emergency::Emergency,
    lane::{Feed, Lane},
    ledger::Interval,
    named::StoredNames,
    restore::Restoring,
    second::Waiting,
    sequenced::{About, Sequenced},
};

/// Everything that one event changes: kept together or not at all.
pub type Batch = Vec<Op>;

/// One durable change.
#[derive(Clone, Debug)]
pub enum Op {
    /// A party file, new or newer.
    Party {
        /// The party.
        party: Party,
        /// The signed note.
        note: String,
    },
    /// A party is removed: nothing more goes to it or comes from it, until it is added again.
    PartyRemoved {
        /// The party.
        party: Party,
        /// When, in seconds since the epoch.
        at: i64,
    },
    /// The text of an agreement that was proposed. It counts from this party's own first act on it.
    Agreement {
        /// Its text, without acts.
        text: String,
    },
    /// A signed act on an agreement.
    Act {
        /// The act.
        signed: Signed,
        /// When it became known here, in seconds since the epoch.
        known: i64,
    },
    /// An act of ours, or a text, has its place in the feed to a party.
    Told {
        /// SHA-256 of the act's statement, or the text's hash.
        subject: [u8; 32],
        /// The party.
        to: Party,
        /// The index in the urgent feed.
        index: u64,
    },
    /// The agreements and national rules that decisions were taken on, by digest.
    World {
        /// SHA-256 of the text.
        digest: [u8; 32],
        /// The text.
        text: String,
    },
    /// A record, new or with more custody.
    Record(StoredRecord),
    /// A record is called back, by us or by who told us.
    Recall(StoredRecall),
    /// What a party that was told of a recall says.
    RecallAnswer {
        /// The answer.
        signed: Signed,
        /// When it became known here, in seconds since the epoch.
        known: i64,
    },
    /// The content of a record is destroyed, and every envelope in which it came. That it was here stays.
    Erased {
        /// The record's originator.
        originator: Party,
        /// The record.
        record: RecordId,
        /// SHA-256 of the content.
        digest: [u8; 32],
        /// When, in seconds since the epoch.
        at: i64,
    },
    /// A legal hold on a record, placed or lifted.
    Hold(StoredHold),
    /// A release that waits for a second person, new or answered.
    Waiting(Waiting),
    /// An emergency, declared or reported on.
    Emergency(Emergency),
    /// Who is named for a TLP:RED record.
    Named(StoredNames),
    /// A record that was suspended because one that it was made from was called back is used again.
    Spared(Spared),
    /// A record bears another label, by its originator's word.
    Relabelling {
        /// That word.
        signed: Signed,
        /// When it became known here, in seconds since the epoch.
        known: i64,
    },
    /// A record has fallen into wrong hands, here or with somebody to whom it went from here.
    Compromise {
        /// Whose word it is, ours or a partner's.
        signed: Signed,
        /// When it became known here, in seconds since the epoch.
        known: i64,
    },
    /// Content, by its SHA-256.
    Body {
        /// SHA-256 of the content.
        digest: [u8; 32],
        /// The content, exactly.
        content: Vec<u8>,
    },
    /// A content that is a file beside the store, complete and synced.
    LargeBody {
        /// SHA-256 of the content.
        digest: [u8; 32],
        /// How many bytes it has.
        length: u64,
        /// The file.
        file: FileName,
    },
    /// An entry of ours refers to a content, under that key.
    ContentOffered(OfferedContent, ContentSecret),
    /// Some of it has left.
    ContentLeft {
        /// The feed.
        feed: Feed,
        /// The entry.
        index: u64,
        /// When, in seconds since the epoch.
        at: i64,
    },
    /// What the partner says of it.
    ContentSaid {
        /// The feed.
        feed: Feed,
        /// The entry.
        index: u64,
        /// What became of it there.
        outcome: ContentOutcome,
        /// The partner's signed word.
        signed: Signed,
    },
    /// An entry of a partner refers to a content.
    ContentAwaited {
        /// The content.
        content: AwaitedContent,
        /// The key that opens it.
        key: ContentSecret,
        /// Whether the record has no content without it.
        is_missing: bool,
    },
    /// It is awaited no more.
    ContentSettled {
        /// The feed.
        feed: Feed,
        /// The entry.
        index: u64,
        /// Why.
        end: ContentEnd,
        /// The sender's signed word, when it gives it no longer.
        withdrawal: Option<Signed>,
    },
    /// The sender was told of the end.
    ContentTold {
        /// The feed.
        feed: Feed,
        /// The entry.
        index: u64,
    },
    /// A question for consent, new or with another state.
    Question(Question),
    /// A consent that was given to us, to what we asked.
    Consent {
        /// The answer.
        signed: Signed,
        /// When it became known here, in seconds since the epoch.
        known: i64,
    },
    /// A standing consent, given to us or by us.
    Standing {
        /// The consent.
        signed: Signed,
        /// When it became known here, in seconds since the epoch.
        known: i64,
    },
    /// A consent of either kind was withdrawn, by a partner or by us.
    ConsentWithdrawal {
        /// The withdrawal.
        signed: Signed,
        /// When it became known here, in seconds since the epoch: from then on the consent does not count.
        known: i64,
    },
    /// A release that something which became known later speaks against, new or answered.
    Affected(Affected),
    /// An approval by our own authority.
    Approval(StoredApproval),
    /// An envelope has its place in a feed; it is sent after this is kept.
    Sequence(Sequenced<Envelope>),
    /// Bodies of a feed up to here were handed to the sender: each of them may be with the partner from now on.
    Offered {
        /// The feed.
        feed: Feed,
        /// The index behind the last.
        end: u64,
        /// When, in seconds since the epoch.
        at: i64,
    },
    /// Packages with the entries of a feed up to here were written as files, for a courier or a diode.
    Exported {
        /// The feed.
        feed: Feed,
        /// The index behind the last.
        end: u64,
    },
    /// An entry's body stays behind from now on; this goes in its place.
    Withdraw {
        /// The feed.
        feed: Feed,
        /// The entry.
        index: u64,
        /// The signed withdrawal.
        withdrawal: Signed,
        /// Whether the body was offered before: then it may have arrived all the same.
        late: bool,
    },
    /// A checkpoint that we sign of our own feed; kept before it leaves.
    Checkpoint {
        /// The feed.
        feed: Feed,
        /// Its size.
        size: u64,
        /// The signed note.
        note: String,
    },
    /// How far a partner holds our feed, with its cosignature and its dispositions.
    Receipt {
        /// The feed.
        feed: Feed,
        /// How many entries it holds.
        next: u64,
        /// The cosigned note.
        cosigned: String,
        /// The index of the first disposition.
        from: u64,
        /// The dispositions.
        dispositions: Vec<Disposition>,
        /// The partner's signed word for them.
        signed: Option<Signed>,
    },
    /// An entry of a partner's feed to us.
    Received {
        /// The feed.
        feed: Feed,
        /// The index.
        index: u64,
        /// The leaf.
        leaf: [u8; 32],
        /// The envelope, or the withdrawal in its place.
        entry: ReceivedEntry,
        /// What we said of it.
        disposition: Disposition,
        /// Why, where it was not accepted.
        reason: Option<String>,
        /// The record that it brought, where its originator's signature was found good.
        about: Option<(Party, RecordId)>,
        /// When it arrived, in seconds since the epoch.
        at: i64,
        /// Interior nodes of our copy of the tree that it completed.
        nodes: Vec<Node>,
    },
    /// An entry of a partner's feed that was not accepted when it arrived was tried again.
    Retried {
        /// The feed.
        feed: Feed,
        /// The index.
        index: u64,
        /// What became of it now.
        disposition: Disposition,
        /// Why, where it was not plainly accepted.
        reason: Option<String>,
        /// The record that it brought, where its originator's signature was found good.
        about: Option<(Party, RecordId)>,
        /// Whether that record had been called back meanwhile: then nothing of the envelope is kept.
        is_recalled: bool,
    },
    /// The latest checkpoint of a partner's feed to us.
    PartnerCheckpoint {
        /// The feed.
        feed: Feed,
        /// How many entries of it we hold.
        held: u64,
        /// The signed note, of at least that many.
        note: String,
        /// Consistency of what we hold with it: hashes of 32 bytes, one after the other.
        proof: Vec<u8>,
    },
    /// Something that a person must look at, with the evidence.
    Alarm {
        /// When, in seconds since the epoch.
        at: i64,
        /// From whom.
        partner: Party,
        /// What is wrong.
        message: String,
        /// The bytes that show it.
        evidence: Vec<u8>,
    },
    /// A statement, in the interval of our own ledger that is not over.
    Statement {
        /// Its number.
        index: u64,
        /// Its text (JSON).
        text: String,
        /// What opens the commitments in it (JSON): the node's own to give.
        opening: String,
    },
    /// An interval of our own ledger is over: its next leaf.
    Interval(ClosedInterval),
    /// How the interval that is not over stands.
    OpenInterval {
        /// The index that its leaf will have.
        index: u64,
        /// Its salt.
        salt: [u8; 32],
        /// The signed head of its private tree.
        note: String,
    },
    /// We have cosigned a checkpoint of a partner's ledger; kept before the cosignature leaves.
    Witnessed(Cosigned),
    /// A partner has cosigned a checkpoint of our own ledger.
    Cosigned(Cosigned),
    /// A signed checkpoint of our own ledger.
    LedgerCheckpoint {
        /// Which volume.
        volume: u64,
        /// Its size.
        size: u64,
        /// The signed note.
        note: String,
    },
    /// Our own ledger goes on in a new volume, for the end of the last one is lost.
    Volume {
        /// Its number: the second in which it is begun, since the epoch.
        number: u64,
    },
    /// How a node that was restored from a back-up stands.
    Restoring(Restoring),
    /// An entry of a feed of ours came back from its recipient, which has it, and we had not.
    Recovered {
        /// The feed.
        feed: Feed,
        /// The index.
        index: u64,
        /// The leaf.
        leaf: [u8; 32],
        /// What came back.
        entry: RecoveredEntry,
        /// The record that it is about, where it is about one and the recipient could say so.
        about: Option<About>,
        /// When it was made, as far as is known, in seconds since the epoch.
        at: i64,
        /// Interior nodes of the tree that it completed.
        nodes: Vec<Node>,
    },
    /// A partner was restored from a back-up and has less of our feed than it had receipted: the rest is sent again.
    FellBack {
        /// The feed.
        feed: Feed,
        /// When it said so, in seconds since the epoch.
        at: i64,
        /// What it has.
        acknowledged: Frontier,
    },
}

/// What a recipient gave back of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecoveredEntry {
    /// The envelope, exactly.
    Envelope(Vec<u8>),
    /// Our withdrawal, which it got in place of the envelope.
    Withdrawn(Signed),
    /// The leaf alone: what it had is destroyed.
    Gone,
}

/// An interval of our own ledger that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedInterval {
    /// The volume.
    pub volume: u64,
    /// Its leaf's index.
    pub index: u64,
    /// What the leaf says.
    pub interval: Interval,
    /// The number behind that of its last statement.
    pub next: u64,
    /// What stands before the statements in its private tree.
    pub salt: [u8; 32],
    /// Interior nodes that the leaf completed.
    pub nodes: Vec<Node>,
}

/// A checkpoint of a ledger with a witness's cosignature, in either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The other side: whose ledger it is, or who cosigned ours.
    pub partner: Party,
    /// How many leaves it covers.
    pub size: u64,
    /// The note, with the log's signatures and the cosignature.
    pub note: String,
    /// When it was cosigned, in seconds since the epoch.
    pub at: i64,
}

/// What arrived for an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceivedEntry {
    /// The envelope, exactly.
    Envelope(Vec<u8>),
    /// The sender's withdrawal.
    Withdrawn(Signed),
    /// An envelope whose record had been called back before it arrived: nothing of it is kept.
    Recalled,
}

/// A record as it is kept: without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// The originator's signed statement, untouched.
    pub origin: Signed,
    /// What the judgement sees, as a record line of the decision interface (JSON): label, subjects, custody, sources.
    pub line: String,
    /// The versions of the agreements in its custody: their prohibitions rest on these texts and no others.
    pub texts: Vec<(String, InstrumentHash)>,
    /// When it entered here, in seconds since the epoch.
    pub entered: i64,
    /// When its content was destroyed, in seconds since the epoch.
    pub erased: Option<i64>,
}

/// A recall as a party names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecallName {
    /// Who calls back.
    pub by: Party,
    /// The number that it chose.
    pub number: [u8; 16],
}

/// A recall as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecall {
    /// The statement: an originator's, as it travels; that of another party, as it came; our own of what we gave, without
    /// entries, which each recipient gets in a statement of its own.
    pub signed: Signed,
    /// Who told us; ourselves for our own.
    pub from: Party,
    /// Whom we have to tell, each with the entries that it got of us.
    pub of: BTreeMap<Party, Vec<(Lane, u64)>>,
    /// The recall that made us call back what we gave.
    pub cause: Option<RecallName>,
    /// When it became known here, in seconds since the epoch.
    pub known: i64,
}

/// A legal hold: whatever would destroy the content of a record does not, while it lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredHold {
    /// The record's originator.
    pub originator: String,
    /// The record.
    pub record: String,
    /// Whether it was placed; else it was lifted.
    pub placed: bool,
    /// Who did.
    pub by: String,
    /// By which authority, and why.
    pub note: String,
    /// When, in seconds since the epoch.
    pub at: i64,
}

/// That a record goes on being used although one that it was made from was called back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spared {
    /// The record's originator, and the record.
    pub record: (String, String),
    /// The same of what it was made from.
    pub source: (String, String),
    /// Who said so, and why.
    pub note: String,
    /// When, in seconds since the epoch.
    pub at: i64,
}

/// A question for consent, in either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Whether we ask.
    pub ours: bool,
    /// The other side: whom we asked, or who asks.
    pub partner: Party,
    /// The question.
    pub question: ConsentRequest,
    /// How it stands.
    pub state: QuestionState,
    /// When it was asked, in seconds since the epoch.
    pub asked: i64,
}

/// How a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum QuestionState {
    Open,
    Granted,
    Refused,
    Withdrawn,
}

impl QuestionState {
    /// The word for people, JSON and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state that [`Self::as_str`] writes so.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Granted, Self::Refused, Self::Withdrawn].into_iter().find(|state| state.as_str() == word)
    }
}

/// Our own authority's yes to one record and recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredApproval {
    /// The record's originator.
    pub originator: String,
    /// The record.
    pub record: String,
    /// The recipient.
    pub to: String,
    /// `release` or `display`.
    pub action: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Who said so, and why.
    pub note: String,
}

impl StoredApproval {
    /// The action; a word that is none approves nothing more than a display.
    pub fn action(&self) -> Action {
        if self.action == Action::Release.as_str() { Action::Release } else { Action::Display }
    }
}

/// A release that was permitted when it left, and would not have been, had we known then what we know now. It rewrites no
/// verdict: a person looks at it and answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    /// Its number here.
    pub number: u64,
    /// The record's originator.
    pub originator: String,
    /// The record.
    pub record: String,
    /// Who got it.
    pub to: String,
    /// The lane of the feed that carried it.
    pub lane: String,
    /// The entry of that feed.
    pub index: u64,
    /// The agreements that it was given under.
    pub under: Vec<String>,
    /// When it left, in seconds since the epoch.
    pub left: i64,
    /// What speaks against it, in words.
    pub cause: String,
    /// SHA-256 of the signed statement of the cause, in hex.
    pub statement: String,
    /// When the cause became known here, in seconds since the epoch.
    pub known: i64,
    /// What would have been answered.
    pub would: Answer,
    /// When a person looked at it, in seconds since the epoch, and what the person says of it.
    pub answered: Option<(i64, String)>,
}

/// One of our feeds at the start.
#[derive(Clone, Debug)]
pub struct OutSnapshot {
    /// The feed.
    pub feed: Feed,
    /// Its head.
    pub head: Frontier,
    /// What the partner has receipted.
    pub acknowledged: Frontier,
    /// How many bodies were handed to the sender.
    pub offered: u64,
    /// How many entries were written as files.
    pub exported: u64,
    /// The latest checkpoint that we signed.
    pub checkpoint: Option<(u64, String)>,
    /// Its entries that are about records.
    pub about: Vec<SentRecord>,
}

/// An entry of one of our feeds that is about a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentRecord {
    /// The index.
    pub index: u64,
    /// What it is about.
    pub about: About,
    /// When it left, in seconds since the epoch; not yet, or never, when absent.
    pub left: Option<i64>,
    /// Whether its body stays behind.
    pub withdrawn: bool,
}

/// A partner's feed to us at the start.
#[derive(Clone, Debug)]
pub struct InSnapshot {
    /// The feed.
    pub feed: Feed,
    /// What we hold.
    pub head: Frontier,
    /// What we said of each entry.
    pub dispositions: Vec<Disposition>,
    /// The entries that brought a record, and which.
    pub about: Vec<(u64, Party, RecordId)>,
    /// The latest checkpoint that the partner signed: how much we held then, the note, and the proof that leads there.
    pub checkpoint: Option<(u64, String, Vec<u8>)>,
}

/// Everything that a node needs to go on where it stopped.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each field is the plural of the operation that wrote it")]
pub struct Snapshot {
    pub parties: Vec<String>,
    pub removed: BTreeSet<Party>,
    pub agreements: Vec<String>,
    pub acts: Vec<(Signed, i64)>,
    pub told: Vec<([u8; 32], String, u64)>,
    pub worlds: BTreeSet<[u8; 32]>,
    pub records: Vec<StoredRecord>,
    pub questions: Vec<Question>,
    pub consents: Vec<(Signed, i64)>,
    pub standing: Vec<(Signed, i64)>,
    pub consents_withdrawn: Vec<(Signed, i64)>,
    pub affected: Vec<Affected>,
    pub approvals: Vec<StoredApproval>,
    pub recalls: Vec<StoredRecall>,
    pub recall_answers: Vec<(Signed, i64)>,
    pub spared: Vec<Spared>,
    pub holds: Vec<StoredHold>,
    pub waiting: Vec<Waiting>,
    pub emergencies: Vec<Emergency>,
    pub named: Vec<StoredNames>,
    pub relabellings: Vec<(Signed, i64)>,
    pub compromises: Vec<(Signed, i64)>,
    pub outgoing: Vec<OutSnapshot>,
    pub incoming: Vec<InSnapshot>,
    pub ledger: LedgerSnapshot,
    pub witnessed: Vec<Cosigned>,
    pub contents: ContentSnapshot,
    pub cosigned: Vec<Cosigned>,
    pub restoring: Option<Restoring>,
}

/// Our own ledger at the start.
#[derive(Clone, Debug, Default)]
pub struct LedgerSnapshot {
    /// The last volume.
    pub volume: u64,
    /// One leaf for each interval that is over.
    pub head: Frontier,
    /// Where the one that is not over begins, in seconds since the epoch.
    pub from: i64,
    /// The number of the next statement.
    pub next: u64,
    /// The open interval's salt, where it has one yet.
    pub salt: Option<[u8; 32]>,
    /// The leaves of the open interval's statements.
    pub statements: Vec<Hash>,
}
