//! What happens to a node, and what follows: commands of its people, packages and receipts of its partners.

mod asked;
mod answer;

use entente_core::{
    AgreementId, Channel, Party, Purpose,
    time::{Date, Timestamp},
    view::Viewer,
};
use entente_formats::wire::{Signed, TailEntry};
use entente_log::{Frontier, Hash};

pub use self::{
    answer::{Answer, Effects, Listed, Outcome, Refusal},
    asked::{Deed, Draft, GrantStanding, Pending, Quarantined, RecordRef, Release, Source, VersionDraft},
};
use crate::{
    alert::Ingest,
    consult::{Deed as Part, RaiseConsultation},
    content::FileName,
    incident::RaiseIncident,
    lane::{Feed, Lane},
    person::{Account, Person},
    pledge::{NewCommitment, NewMeeting, NewProgress},
    telling::{AttemptEnd, NewAttempt},
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
    /// The connection was gone before any of these entries, which were cleared to leave, was handed to it: they are still here.
    NotSent {
        /// The feed.
        feed: Feed,
        /// The index of the first.
        start: u64,
        /// The index behind the last.
        end: u64,
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
        /// Whether the key under which the partner gets the content is here.
        has_key: bool,
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
    /// A person makes a commitment known.
    MakeCommitment(NewCommitment),
    /// A person says how far a commitment of this party is.
    NoteProgress {
        /// Who; evidence that they may not see is not there for them.
        by: Viewer,
        /// What.
        progress: NewProgress,
    },
    /// A person calls a meeting, or changes one of this party.
    CallMeeting {
        /// Who; minutes that they may not see are not there for them.
        by: Viewer,
        /// The meeting.
        meeting: NewMeeting,
    },
    /// Somebody of this party is about to be told that something waits.
    BeginAttempt(NewAttempt),
    /// How that ended.
    EndAttempt(AttemptEnd),
    /// A warning comes in, and goes to whom the settings name.
    Ingest(Box<Ingest>),
    /// A person takes note of an alert.
    AcknowledgeAlert {
        /// Who; what they may not see is not there for them.
        by: Viewer,
        /// A record of the alert.
        record: RecordRef,
    },
    /// A person says that something happened.
    RaiseIncident(Box<RaiseIncident>),
    /// A person says that this party has done what it owes.
    Discharge {
        /// Who.
        by: Viewer,
        /// The duty, by the first digits of its number.
        obligation: String,
        /// What was done.
        note: String,
        /// Records that show it.
        evidence: Vec<RecordRef>,
    },
    /// A person waives, for this party, a duty that a consultation pins.
    Waive {
        /// Who.
        by: Viewer,
        /// The duty, by the first digits of its number.
        obligation: String,
        /// Why.
        note: String,
    },
    /// A person raises a consultation, which tells the parties.
    RaiseConsultation(Box<RaiseConsultation>),
    /// A person does something in a consultation, for this party.
    TakePart {
        /// Who.
        by: Viewer,
        /// The consultation, by the first digits of its name.
        consultation: String,
        /// What.
        deed: Box<Part>,
    },
    /// A person has a consultation written as one signed file.
    ExportConsultation {
        /// Who.
        by: Viewer,
        /// The consultation, by the first digits of its name.
        consultation: String,
    },
    /// A person has taken note of an alarm, which its asker has seen.
    NoteAlarm {
        /// Who.
        by: Viewer,
        /// Its number in the store.
        alarm: u64,
        /// What was found or done.
        note: String,
    },
    /// Deadlines may have passed.
    Deadlines,
    /// Time has passed: what hangs on it alone is due, such as the end of an interval of the ledger.
    Tick,
}
