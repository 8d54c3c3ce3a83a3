//! What happens to a node, and what follows: commands of its people, packages and receipts of its partners.

use entente_core::{
    AgreementId, Channel, Level, Party, Purpose, RecordId, Subject,
    agreement::{
        ActKind,
        clause::{Action, Set},
    },
    decide::Decision,
    time::{Date, Timestamp},
    view::{Seen, Viewer},
};
use entente_formats::wire::{Disposition, Entry, Signed, TailEntry};
use entente_log::{Frontier, Hash, NotCosigned};
use entente_seal::Precedence;

use crate::{
    content::{FileName, LargeContent},
    lane::{Feed, Lane},
    op::{Batch, Question},
    person::{Account, Person},
};

/// Something that happens.
#[derive(Clone, Debug)]
pub enum Event {
    /// An administrator has confirmed a party file.
    AddParty {
        /// The signed note.
        note: String,
    },
    /// An administrator has confirmed, by comparing words, a party file with another root key or another named successor
    /// than the one on file.
    ReplaceRoot {
        /// Who.
        by: Viewer,
        /// The signed note.
        file: String,
        /// How it was confirmed, and why.
        note: String,
    },
    /// An administrator removes a party: nothing more goes to it or comes from it.
    RemoveParty {
        /// Who.
        by: Viewer,
        /// The party.
        party: Party,
        /// By which authority, and why.
        note: String,
    },
    /// The node's own keys were changed: what they sign is signed anew.
    KeysChanged,
    /// A person releases a record, new or held.
    Release(Release),
    /// A person with the authority approves one record for one recipient.
    Approve {
        /// Who asks for it; what they may not see is not there for them.
        by: Viewer,
        /// The record.
        record: RecordRef,
        /// The recipient.
        to: Party,
        /// Who says so, and why.
        note: String,
    },
    /// A person asks for consent.
    AskConsent {
        /// Who asks for it; what they may not see is not there for them.
        by: Viewer,
        /// The record.
        record: RecordRef,
        /// Whom to ask.
        of: Party,
        /// Who would get it.
        to: Party,
        /// What for; what the record was provided for when absent.
        purpose: Option<Purpose>,
        /// How the question travels.
        channel: Channel,
        /// The last moment wanted.
        until: Option<Timestamp>,
    },
    /// A person answers a question.
    AnswerConsent {
        /// Who answers; a question about what they may not see is not there for them.
        by: Viewer,
        /// The question.
        request: [u8; 16],
        /// Yes or no.
        granted: bool,
        /// The authority, or a reason.
        note: Option<String>,
    },
    /// A person consents beforehand, to whatever fits.
    GrantStanding(GrantStanding),
    /// A person takes back a consent that this party has given: an answer to a question, or a standing one.
    WithdrawConsent {
        /// Who withdraws; a question about what they may not see is not there for them.
        by: Viewer,
        /// The question's number, or the standing consent's.
        number: [u8; 16],
        /// Why, where that is to be said.
        note: Option<String>,
    },
    /// A person has looked at a release that something learnt later speaks against.
    AnswerAffected {
        /// Who; a release of what they may not see is not there for them.
        by: Viewer,
        /// Its number.
        number: u64,
        /// What the person says of it.
        note: String,
    },
    /// A person calls back a record: everywhere, where this party made it and names nobody; else what this party gave.
    Recall {
        /// Who calls it back; what they may not see is not there for them.
        by: Viewer,
        /// The record.
        record: RecordRef,
        /// From whom; from everyone when empty.
        of: Vec<Party>,
        /// Why, where that is to be said.
        reason: Option<String>,
    },
    /// A person decides about a record that is suspended because one that it was made from was called back.
    Settle {
        /// Who decides.
        by: Viewer,
        /// The suspended record.
        record: RecordRef,
        /// Whether it is used again; else it is called back and destroyed.
        keep: bool,
        /// By which authority, and why.
        note: String,
    },
    /// A person places a legal hold on a record, or lifts it.
    Hold {
        /// Who.
        by: Viewer,
        /// The record.
        record: RecordRef,
        /// Whether it is placed; else it is lifted.
        placed: bool,
        /// By which authority, and why.
        note: String,
    },
    /// A person destroys the content of a record here.
    Destroy {
        /// Who.
        by: Viewer,
        /// The record.
        record: RecordRef,
        /// By which authority, and why.
        note: String,
    },
    /// A person gives a record of this party another label.
    Relabel {
        /// Who; what they may not see is not there for them.
        by: Viewer,
        /// The record.
        record: RecordRef,
        /// The label, as text.
        label: String,
        /// Why, where that is to be said.
        reason: Option<String>,
    },
    /// A person tells that control of a record is lost.
    ReportCompromise {
        /// Who; what they may not see is not there for them.
        by: Viewer,
        /// The record.
        record: RecordRef,
        /// What happened, as far as is known.
        note: String,
    },
    /// A person proposes the text of an agreement to its parties.
    Propose {
        /// The file's text.
        text: String,
    },
    /// This party acts on an agreement.
    Act {
        /// The agreement.
        agreement: AgreementId,
        /// The first hex digits of the version meant, where several texts were proposed under one id.
        version: Option<String>,
        /// What it does.
        deed: Deed,
        /// The day from which it counts.
        date: Date,
        /// The article that it rests on.
        article: Option<String>,
    },
    /// The sender is about to send these entries of a feed: may they still leave?
    Dispatch {
        /// The feed.
        feed: Feed,
        /// The index of the first.
        start: u64,
        /// The entries, in order.
        entries: Vec<Pending>,
    },
    /// The partner has more than we have receipts for: these are the leaves of those entries.
    CatchUp {
        /// The feed.
        feed: Feed,
        /// How far we have receipts.
        start: u64,
        /// The leaves behind the last receipt, in order.
        leaves: Vec<[u8; 32]>,
    },
    /// A partner's answer to a package.
    Receipt {
        /// The feed.
        feed: Feed,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Packages with the entries of a feed up to here are on a medium now, for a courier or a diode.
    Exported {
        /// The feed.
        feed: Feed,
        /// The index behind the last.
        end: u64,
    },
    /// A package of a partner.
    Package {
        /// The feed.
        feed: Feed,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A partner asks for a piece of the content that an entry of ours refers to: may it still leave?
    Fetch {
        /// The feed.
        feed: Feed,
        /// The entry.
        index: u64,
        /// The same, as the store has it.
        entry: Pending,
    },
    /// The content that an entry of a partner refers to is complete, checked, and synced in that file.
    ContentArrived {
        /// The feed.
        feed: Feed,
        /// The entry.
        index: u64,
        /// The file.
        file: FileName,
    },
    /// What came for it is not what was signed.
    ContentWrong {
        /// The feed.
        feed: Feed,
        /// The entry.
        index: u64,
        /// What is wrong, in words.
        why: String,
        /// The bytes that show it.
        evidence: Vec<u8>,
        /// Whether nothing that its sender can still send would be right.
        is_final: bool,
    },
    /// Its sender gives it no longer.
    ContentWithdrawn {
        /// The feed.
        feed: Feed,
        /// The entry.
        index: u64,
        /// The sender's word.
        signed: Signed,
    },
    /// An entry that was not accepted is tried again.
    Retry(Quarantined),
    /// A person looks at one held record.
    Look {
        /// The record.
        record: RecordRef,
        /// Who looks.
        viewer: Viewer,
    },
    /// A person lists what is held.
    List {
        /// Who looks.
        viewer: Viewer,
    },
    /// A partner asks this node, as a witness, to cosign a checkpoint of a ledger.
    AddCheckpoint {
        /// Who asks.
        from: Party,
        /// The request (C2SP tlog-witness).
        bytes: Vec<u8>,
    },
    /// A partner's answer, as a witness, to a checkpoint of our own ledger.
    WitnessAnswer {
        /// The partner.
        partner: Party,
        /// The checkpoint that it was asked to cosign.
        note: String,
        /// The HTTP status.
        status: u16,
        /// The body.
        body: Vec<u8>,
    },
    /// A partner has shown a signed checkpoint of a feed of its own that does not continue ours: was it of another history?
    Shown {
        /// The feed.
        feed: Feed,
        /// The signed note.
        note: String,
        /// The root of our copy at its size, which is no more than we hold.
        here: Hash,
    },
    /// The store is an older copy of itself: partners may hold more of this node's logs than it has.
    BeginRestore {
        /// How that became known, in a sentence.
        why: String,
        /// Whether the ledger is known to have been longer.
        is_ledger_lost: bool,
        /// Records whose content cannot be opened any more: originator, id, digest.
        destroyed: Vec<(String, String, [u8; 32])>,
    },
    /// A partner asks how much is held here of its logs.
    Holds {
        /// Who asks.
        from: Party,
    },
    /// What a partner says that it holds of our logs.
    PartnerHolds {
        /// The partner.
        partner: Party,
        /// Its answer.
        bytes: Vec<u8>,
    },
    /// A partner that was restored asks for the end of its own feed: these are its entries as the store has them.
    Tail {
        /// Its feed.
        feed: Feed,
        /// The index of the first.
        start: u64,
        /// The entries, in order.
        entries: Vec<TailEntry>,
        /// Consistency of the tree up to the last of them with all that is held here.
        proof: Vec<Hash>,
    },
    /// What a partner gives back of our feed to it.
    TakeTail {
        /// The feed.
        feed: Feed,
        /// Its answer.
        bytes: Vec<u8>,
    },
    /// A partner says that it was restored and has less of our feeds than it had receipted.
    FellBack {
        /// Who says so.
        from: Party,
        /// Its signed word.
        bytes: Vec<u8>,
        /// The trees of our feeds to it at the sizes that it names, as the store has them.
        trees: Vec<(Lane, Frontier)>,
    },
    /// A partner has taken our own word that we fell back.
    FellBackHeard {
        /// The partner.
        partner: Party,
    },
    /// An administrator goes on without the answer of a partner.
    GoOnWithout {
        /// Who.
        by: Viewer,
        /// The partner.
        partner: Party,
        /// By which authority, and why.
        note: String,
    },
    /// Everybody may have answered: the restored node goes on, if that is so.
    GoOn,
    /// Somebody asks for what the inner event says; the ledger tells who, also where it is refused.
    By {
        /// Who.
        person: Person,
        /// The name of what is asked for.
        deed: &'static str,
        /// What is asked for.
        event: Box<Event>,
    },
    /// Something that the server tells of people, to be put on the record.
    Account(Account),
    /// A person enters a record, and gives it to nobody yet.
    Enter {
        /// Who.
        by: Viewer,
        /// The record.
        draft: Draft,
    },
    /// A second person says yes or no to a release that waits for one.
    Confirm {
        /// Who; a release of what they may not see is not there for them.
        by: Viewer,
        /// Its number.
        number: u64,
        /// Yes or no.
        yes: bool,
        /// Why, where that is to be said.
        note: String,
        /// The record with its content, from the store; for a no there is none.
        source: Option<Source>,
    },
    /// A person discloses in an emergency, where the party's own rules foresee it.
    DeclareEmergency {
        /// Who; what they may not see is not there for them.
        by: Viewer,
        /// The record.
        record: RecordRef,
        /// The recipient.
        to: Party,
        /// Why it cannot wait.
        reason: String,
    },
    /// A person reports on an emergency.
    ReportEmergency {
        /// Who.
        by: Viewer,
        /// Its number.
        number: u64,
        /// What was given and what came of it.
        text: String,
    },
    /// A person says for whom a TLP:RED record is.
    Name {
        /// Who; what they could not see if they were named is not there for them.
        by: Viewer,
        /// The record.
        record: RecordRef,
        /// The accounts.
        persons: Vec<String>,
    },
    /// Time has passed: what hangs on it alone is due, such as the end of an interval of the ledger.
    Tick,
}

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
    },
    /// An act was done, and told to these parties.
    Acted {
        /// The parties.
        told: Vec<Party>,
    },
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
    /// Not here, or not for this viewer: the same answer.
    #[error("no record `{0}`")]
    NotFound(RecordId),
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
