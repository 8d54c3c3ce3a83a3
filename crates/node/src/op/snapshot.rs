//! What a store gives back at the start of a node. Key type: [`Snapshot`].

use std::collections::BTreeSet;

use entente_core::{Party, RecordId};
use entente_formats::wire::{Disposition, Signed};
use entente_log::{Frontier, Hash};

use super::{Affected, Cosigned, Question, Spared, StoredApproval, StoredHold, StoredRecall, StoredRecord};
use crate::{
    alert::StoredWarning,
    consult::StoredStatement,
    content::ContentSnapshot,
    emergency::Emergency,
    incident::{StoredDischarge, StoredIncident},
    lane::Feed,
    named::StoredNames,
    restore::Restoring,
    second::Waiting,
    sequenced::About,
    telling::Attempt,
};

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
    pub attempts: Vec<Attempt>,
    pub commitments: Vec<(Signed, i64)>,
    pub meetings: Vec<(Signed, i64)>,
    pub named: Vec<StoredNames>,
    pub relabellings: Vec<(Signed, i64)>,
    pub compromises: Vec<(Signed, i64)>,
    pub warnings: Vec<StoredWarning>,
    pub acknowledgements: Vec<(Signed, i64)>,
    pub incidents: Vec<StoredIncident>,
    pub discharged: Vec<StoredDischarge>,
    pub consultations: Vec<(StoredStatement, Option<String>)>,
    pub consult_steps: Vec<StoredStatement>,
    pub waivers: Vec<StoredStatement>,
    pub deadlines: Vec<String>,
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
