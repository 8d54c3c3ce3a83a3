//! What a node keeps: one [`Op`] for each durable change. A [`Batch`] is one transaction; a [`Snapshot`] is what a
//! store gives back at the start.

mod stored;
mod snapshot;

use entente_core::{Party, RecordId};
use entente_formats::wire::{ContentOutcome, ContentSecret, Disposition, Signed};
use entente_log::{Frontier, Node};
use entente_seal::Envelope;

pub use self::{
    snapshot::{InSnapshot, LedgerSnapshot, OutSnapshot, SentRecord, Snapshot},
    stored::{
        Affected, ClosedInterval, Cosigned, Question, QuestionState, RecallName, ReceivedEntry, RecoveredEntry, Spared,
        StoredApproval, StoredHold, StoredRecall, StoredRecord,
    },
};
use crate::{
    alert::StoredWarning,
    consult::StoredStatement,
    content::{AwaitedContent, ContentEnd, FileName, OfferedContent},
    emergency::Emergency,
    incident::{StoredDischarge, StoredIncident},
    lane::Feed,
    named::StoredNames,
    restore::Restoring,
    second::Waiting,
    sequenced::{About, Sequenced},
    telling::Attempt,
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
    /// What a party says of a commitment: that it is made, or how far it is.
    Commitment {
        /// Its word.
        signed: Signed,
        /// When it became known here, in seconds since the epoch.
        known: i64,
    },
    /// A party calls a meeting, or changes one.
    Meeting {
        /// Its word.
        signed: Signed,
        /// When it became known here, in seconds since the epoch.
        known: i64,
    },
    /// An attempt to tell somebody of this party that something waits, begun or ended.
    Attempt(Attempt),
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
    /// A record is a warning.
    Warning(StoredWarning),
    /// A person has taken note of an alert, here or at a partner.
    AlertAcknowledged {
        /// The acknowledgement.
        signed: Signed,
        /// When it became known here, in seconds since the epoch.
        known: i64,
    },
    /// Something happened, and this party says so.
    Incident(StoredIncident),
    /// This party says that it has done what it owed.
    Discharged(StoredDischarge),
    /// A consultation was raised, by us or by a partner.
    ConsultRaise {
        /// The message.
        stored: StoredStatement,
        /// The incident of our own that it was raised from.
        incident: Option<String>,
    },
    /// A step of a consultation.
    ConsultStep(StoredStatement),
    /// A party waives a duty that a consultation pins.
    Waiver(StoredStatement),
    /// A person has taken note of an alarm.
    AlarmNoted {
        /// Its number in the store.
        alarm: u64,
        /// When, in seconds since the epoch.
        at: i64,
        /// Who.
        person: String,
        /// What was found or done.
        note: String,
    },
    /// A deadline has passed, and was looked at.
    Deadline {
        /// Which.
        subject: String,
        /// When it was looked at, in seconds since the epoch.
        at: i64,
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
    /// An entry of ours refers to a content, under that key; under none where the entry came back after a restore.
    ContentOffered(OfferedContent, Option<ContentSecret>),
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
    /// Bodies of a feed from here on were handed to the sender and to nobody else: it had no connection to give them to, so
    /// they are here as if they had not been.
    HeldBack {
        /// The feed.
        feed: Feed,
        /// The index of the first.
        from: u64,
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
