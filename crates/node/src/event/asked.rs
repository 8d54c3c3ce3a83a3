//! What people hand in with an event, and what the store hands in with one.

use entente_core::{
    AgreementId, Channel, Level, Party, Purpose, RecordId, Subject,
    agreement::{
        ActKind,
        clause::{Action, Set},
    },
    time::Timestamp,
    view::Viewer,
};
use entente_formats::wire::Entry;
use entente_seal::Precedence;

use crate::{content::LargeContent, lane::Feed};

/// What a party does with an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// An act of this kind, other than an admission.
    Does(ActKind),
    /// It admits a new party.
    Admits(Party),
    /// It disputes the effect of another party's act: the first hex digits of its number.
    Disputes(String),
}

/// A standing consent, as a person gives it.
#[derive(Clone, Debug)]
pub struct GrantStanding {
    /// Who may rely on it; when empty, every partner that shares a text in force with this party.
    pub holders: Vec<Party>,
    /// The subjects that a record may have.
    pub subjects: Set<Subject>,
    /// The highest level.
    pub max: Level,
    /// Who may get it; any party when absent.
    pub to: Option<Party>,
    /// The widest action.
    pub action: Action,
    /// What for; any purpose when absent.
    pub purpose: Option<Purpose>,
    /// The last moment at which it counts.
    pub until: Option<Timestamp>,
    /// The authority that gives it.
    pub authority: String,
}

/// How a person names a record: by id, and by originator where two used the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRef {
    /// The originator, where given.
    pub originator: Option<Party>,
    /// The id.
    pub id: RecordId,
}

/// A release.
#[derive(Clone, Debug)]
pub struct Release {
    /// Who asks for it; what they may not see is not there for them.
    pub by: Viewer,
    /// What.
    pub source: Source,
    /// To whom.
    pub to: Vec<Party>,
    /// What for.
    pub purpose: Purpose,
    /// How.
    pub channel: Channel,
    /// Under which agreements; the national rules choose when absent.
    pub under: Option<Vec<AgreementId>>,
    /// How urgent.
    pub precedence: Precedence,
    /// From when on it is of no use to the recipient.
    pub expires: Option<Timestamp>,
}

/// What is released.
#[derive(Clone, Debug)]
pub enum Source {
    /// A record that is held, with its content from the store.
    Held(RecordRef, Vec<u8>),
    /// A new one.
    New(Draft),
    /// A record that is held, whose content is a file, or too large for an envelope of this precedence.
    HeldLarge(RecordRef, LargeContent),
    /// A new one with such a content; that of the draft is empty.
    NewLarge(Draft, LargeContent),
}

/// A new record, as a person hands it in.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its id; drawn at random when absent.
    pub id: Option<RecordId>,
    /// Its label, as text.
    pub label: String,
    /// What it is about.
    pub subjects: Vec<String>,
    /// `actual`, `exercise` or `test`.
    pub status: entente_core::record::Status,
    /// Its distribution list.
    pub distribution: Vec<Party>,
    /// The held records that it was made from.
    pub derived_from: Vec<RecordRef>,
    /// A name for people.
    pub title: String,
    /// The media type of the content.
    pub media_type: String,
    /// The content, exactly.
    pub content: Vec<u8>,
    /// Reduced versions of it, for others (tear lines).
    pub versions: Vec<VersionDraft>,
}

/// A reduced version of a new record: a record of its own, with the status, the distribution list and the sources of that
/// one.
#[derive(Clone, Debug)]
pub struct VersionDraft {
    /// Its id. It travels, and should say nothing of the record.
    pub id: RecordId,
    /// Its label, as text.
    pub label: String,
    /// What it is about, nothing else than the record; as the record when absent.
    pub subjects: Option<Vec<String>>,
    /// A name for people. It travels too.
    pub title: String,
    /// The media type of the content.
    pub media_type: String,
    /// The content, exactly.
    pub content: Vec<u8>,
}

/// An entry of one of our feeds, as the store has it.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The leaf.
    pub leaf: [u8; 32],
    /// What has to be decided again; absent for messages of the protocol.
    pub about: Option<crate::sequenced::About>,
    /// The envelope, or the withdrawal that took its place.
    pub entry: Entry,
    /// From when on the recipient has no use for it, in seconds since the epoch.
    pub expires: Option<i64>,
}

/// An entry of a partner's feed that is in quarantine, as the store has it.
#[derive(Clone, Debug)]
pub struct Quarantined {
    /// The feed.
    pub feed: Feed,
    /// The index.
    pub index: u64,
    /// The leaf.
    pub leaf: [u8; 32],
    /// The envelope.
    pub envelope: Vec<u8>,
    /// Why it is in quarantine, as far as is known.
    pub reason: Option<String>,
    /// Since when it is here, in seconds since the epoch; not known of what an older version received.
    pub received: Option<i64>,
}
