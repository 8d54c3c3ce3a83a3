//! What follows from an event: what to keep, and what the asker gets.

use entente_core::{AgreementId, Party, RecordId, decide::Decision, view::Seen};
use entente_formats::wire::{Disposition, Entry};
use entente_log::NotCosigned;

use crate::{
    alert::Ingested,
    lane::Feed,
    op::{Batch, Question},
};

/// What became of a release, for one recipient.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It has its place in the feed.
    Sequenced {
        /// The decision.
        decision: Decision,
        /// Its label, in its canonical text.
        label: String,
        /// The agreements that it is given under.
        under: Vec<AgreementId>,
        /// The feed.
        feed: Feed,
        /// The index in it.
        index: u64,
    },
    /// The decision says no.
    Denied {
        /// The decision.
        decision: Decision,
        /// Its label, in its canonical text.
        label: String,
    },
    /// It is permitted, and waits for a second person.
    Waits {
        /// The decision.
        decision: Decision,
        /// Its label, in its canonical text.
        label: String,
        /// Its number.
        number: u64,
    },
    /// Several agreements would do and the national rules prefer none: a person must choose.
    Choose {
        /// The decision.
        decision: Decision,
        /// Its label, in its canonical text.
        label: String,
        /// What each would mean for handing it on.
        choices: Vec<(AgreementId, String)>,
    },
}

/// What a list shows of a record.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Evidence that the viewer may see it.
    pub seen: Seen,
    /// What the judgement sees of it.
    pub record: entente_core::Record,
    /// The label, in its canonical text.
    pub label: String,
    /// Its name for people.
    pub title: String,
    /// The media type of the content.
    pub media_type: String,
    /// SHA-256 of the content.
    pub digest: [u8; 32],
    /// When its originator made it, in seconds since the epoch.
    pub created: i64,
    /// When it entered here, in seconds since the epoch.
    pub entered: i64,
    /// Whether who looks at it is put on the record.
    pub classified: bool,
    /// Whether its content is still arriving.
    pub is_arriving: bool,
}

/// What the asker gets.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "answers are few and short-lived")]
pub enum Answer {
    /// Done; nothing to say.
    Done,
    /// A party was added.
    Party(Party),
    /// Done, under this number.
    Number(u64),
    /// Done, under this name, in hex.
    Named(String),
    /// A record was entered.
    Entered(RecordId),
    /// What became of a release.
    Released {
        /// The record.
        record: RecordId,
        /// For each recipient.
        outcomes: Vec<(Party, Outcome)>,
    },
    /// A question went out, or, when the decision says no, did not.
    Asked {
        /// The decision on what the question discloses.
        decision: Decision,
        /// Its label, in its canonical text.
        label: String,
        /// The question, when it went out.
        question: Option<Question>,
    },
    /// A question was answered; or, when the decision on what a yes would permit says no, was not.
    Answered {
        /// The decision, when the answer was to be yes.
        decision: Option<Decision>,
        /// The label, in its canonical text.
        label: String,
        /// Whether the answer went out.
        sent: bool,
    },
    /// A standing consent was given, to these holders.
    Standing {
        /// Its number.
        number: [u8; 16],
        /// Who may rely on it.
        holders: Vec<Party>,
    },
    /// A consent was withdrawn, and these told.
    Withdrawn {
        /// Who could rely on it.
        holders: Vec<Party>,
    },
    /// Something was said about a record, and told to these parties.
    Told {
        /// The parties.
        told: Vec<Party>,
        /// The number of the incident under which stands what texts make the parties owe for it.
        incident: Option<String>,
    },
    /// An act was done, and told to these parties.
    Acted {
        /// The parties.
        told: Vec<Party>,
    },
    /// What became of a warning that came in.
    Ingested(Box<Ingested>),
    /// An incident was raised, under this number.
    Incident([u8; 16]),
    /// A consultation was raised: its name.
    Consultation([u8; 32]),
    /// A step was taken: SHA-256 of the signed statement.
    Step([u8; 32]),
    /// A text was written.
    Text(String),
    /// What may leave: entries in order, and the checkpoint that they belong to.
    Cleared {
        /// The entries, bodies or withdrawals.
        entries: Vec<Entry>,
        /// The checkpoint's size.
        size: u64,
        /// The checkpoint.
        checkpoint: String,
        /// How far we have receipts.
        acknowledged: u64,
    },
    /// Whether a content may leave: the entry itself, or the withdrawal in its place.
    Fetch(Entry),
    /// Whether a content that arrived was still wanted.
    Arrived {
        /// Whether its file is kept.
        is_wanted: bool,
    },
    /// How far the partner is, from its receipt.
    Acknowledged {
        /// Its next index.
        next: u64,
    },
    /// The partner says that it has more of a log of ours than we have: it is to be asked what it can show.
    Ahead,
    /// What we hold of a partner's logs, or give back of one.
    Held(Vec<u8>),

    /// Our receipt for a package.
    Receipt {
        /// The bytes.
        bytes: Vec<u8>,
        /// Whether the package continued the feed where it stands.
        in_order: bool,
    },
    /// What became of an entry that was tried again: what we say of it now, and why.
    Retried(Disposition, Option<String>),
    /// What we say as a witness: the line of our cosignature, or why not.
    Witness(Result<String, NotCosigned>),
    /// One record, for a viewer who may see it.
    Record(Box<Listed>),
    /// What a viewer may see.
    Records(Vec<Listed>),
}

/// Why nothing was done, sorted by whose fault it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// What a person asked for does not fit.
    #[error("{0}")]
    Request(String),
    /// Something of that name is here already, as far as who asks may be told.
    #[error("{0}")]
    Taken(String),
    /// Not here, or not for this viewer: the same answer.
    #[error("no record `{0}`")]
    NotFound(RecordId),
    /// The same of something else than a record: what was asked for, in words.
    #[error("no {0} here")]
    NotHere(String),
    /// What a partner sent is not acceptable, and the feed did not advance.
    #[error("{0}")]
    Partner(String),
    /// This node was restored from a back-up, and does not go on yet.
    #[error("{0}")]
    ReadOnly(String),
    /// Our own keys or store are at fault.
    #[error("{0}")]
    Ours(String),
}

/// What follows from an event.
#[derive(Debug)]
pub struct Effects {
    /// What to keep, in one transaction, before anything else.
    pub batch: Batch,
    /// The answer to give once it is kept.
    pub answer: Result<Answer, Refusal>,
    /// Feeds with something new to send.
    pub wake: Vec<Feed>,
    /// The event failed half-way: nothing of it is in the batch, and the memory is ahead of what may be kept. The node
    /// must be started again from its store.
    pub undo: bool,
}
