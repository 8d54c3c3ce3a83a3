//! What nodes say to one another: the bodies inside envelopes, the statements that parties sign, and the packages that
//! carry a feed. Deterministic CBOR (RFC 8949, section 4.2) with one canonical form.
//!
//! The types here are the wire's, with texts as texts; the node turns them into the judgement's own.

mod consent;
mod act;
mod recall;
mod restore;
mod parcel;
mod content;
mod shown;
mod conflict;
pub mod consult;

pub use act::ActStatement;
pub use conflict::Conflict;
pub use consent::{ConsentRequest, ConsentStatement, ConsentWithdrawal, StandingConsent};
pub use content::{ContentFile, ContentOutcome, ContentReference, ContentSecret, ContentWord, MAX_INLINE, MAX_LARGE};
pub use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
pub use parcel::{FeedName, Parcel};
pub use recall::{Compromise, EntryName, MAX_RECALLED, RecallAnswer, RecallStatement, Relabelling, Remains};

pub use restore::{Fallen, FellBack, HeldFeed, Holds, Returned, Tail, TailEntry};

/// What is wrong with bytes from outside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Not of the expected shape.
    #[error("not a well-formed {what}: {detail}")]
    Malformed {
        /// What was expected.
        what: &'static str,
        /// What the decoder says.
        detail: String,
    },
    /// A second way to write the same: refused, so that one meaning has one digest.
    #[error("not the canonical form of a {what}")]
    NotCanonical {
        /// What was expected.
        what: &'static str,
    },
    /// A list with more items than allowed.
    #[error("{length} {what}, more than the {limit} allowed")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// More than the limit.
    #[error("the {what} has {length} bytes, more than the {limit} allowed")]
    TooLarge {
        /// What was expected.
        what: &'static str,
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
}

/// A type with one canonical encoding.
pub trait Canonical: Encode<()> + for<'b> Decode<'b, ()> {
    /// Its name in messages.
    const NAME: &'static str;
    /// The longest encoding that is read, in bytes.
    const LIMIT: usize;

    /// The canonical bytes.
    fn to_bytes(&self) -> Vec<u8> {
        // Writing to a Vec cannot fail.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Reads bytes that are the canonical form of one value and nothing else.
    ///
    /// # Errors
    /// When they are too long, of another shape, or another form of the same value.
    fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let what = Self::NAME;
        if bytes.len() > Self::LIMIT {
            return Err(WireError::TooLarge { what, length: bytes.len(), limit: Self::LIMIT });
        }
        let value: Self =
            minicbor::decode(bytes).map_err(|error| WireError::Malformed { what, detail: error.to_string() })?;
        if value.to_bytes() == bytes { Ok(value) } else { Err(WireError::NotCanonical { what }) }
    }
}

macro_rules! canonical {
    ($($type:ty = $name:literal, $limit:expr;)*) => {$(
        impl Canonical for $type {
            const NAME: &'static str = $name;
            const LIMIT: usize = $limit;
        }
    )*};
}

const MIB: usize = 1024 * 1024;
/// The longest content that travels inside an envelope.
pub const MAX_CONTENT: usize = 8 * MIB;
/// The most entries in one package.
pub const MAX_ENTRIES: usize = 256;
/// How many bytes of bodies a sender puts into one package, one larger body aside.
pub const PACKAGE_TARGET: usize = 4 * MIB;

canonical! {
    Origin = "statement of origin", 64 * 1024;
    Body = "body", MAX_CONTENT + MIB;
    ConsentRequest = "question for consent", 16 * 1024;
    ConsentStatement = "consent statement", 16 * 1024;
    StandingConsent = "standing consent", 32 * 1024;
    ConsentWithdrawal = "withdrawal of a consent", 16 * 1024;
    ActStatement = "act statement", 16 * 1024;
    RecallStatement = "recall", 64 * 1024;
    RecallAnswer = "answer to a recall", 16 * 1024;
    Relabelling = "relabelling", 16 * 1024;
    Compromise = "notice of a compromise", 16 * 1024;
    Withdrawal = "withdrawal", 16 * 1024;
    ContentWord = "word on a content", 16 * 1024;
    Conflict = "proof of two records under one id", 160 * 1024;
    consult::RaiseStatement = "raise", 512 * 1024;
    consult::StepStatement = "step of a consultation", 128 * 1024;
    consult::CommitmentWord = "statement on a commitment", 64 * 1024;
    consult::MeetingStatement = "call to a meeting", 16 * 1024;
    consult::AlertAcknowledgement = "acknowledgement of an alert", 16 * 1024;
    Dispositions = "list of dispositions", MIB;
    Package = "package", 24 * MIB;
    Receipt = "receipt", 2 * MIB;
    Holds = "answer on what is held", 256 * 1024;
    Tail = "tail of a feed", 48 * MIB;
    FellBack = "word of a restored node", 16 * 1024;
    Signed = "signed statement", 64 * 1024;
}

/// Payload types, for the DSSE encoding of what is signed.
pub mod payload {
    /// An [`Origin`](super::Origin).
    pub const ORIGIN: &str = "application/vnd.entente.origin+cbor";
    /// A [`ConsentStatement`](super::ConsentStatement).
    pub const CONSENT: &str = "application/vnd.entente.consent+cbor";
    /// A [`StandingConsent`](super::StandingConsent).
    pub const STANDING_CONSENT: &str = "application/vnd.entente.standing-consent+cbor";
    /// A [`ConsentWithdrawal`](super::ConsentWithdrawal).
    pub const CONSENT_WITHDRAWAL: &str = "application/vnd.entente.consent-withdrawal+cbor";
    /// An [`ActStatement`](super::ActStatement).
    pub const ACT: &str = "application/vnd.entente.act+cbor";
    /// A [`RecallStatement`](super::RecallStatement).
    pub const RECALL: &str = "application/vnd.entente.recall+cbor";
    /// A [`RecallAnswer`](super::RecallAnswer).
    pub const RECALL_ANSWER: &str = "application/vnd.entente.recall-answer+cbor";
    /// A [`Relabelling`](super::Relabelling).
    pub const RELABELLING: &str = "application/vnd.entente.relabelling+cbor";
    /// A [`Compromise`](super::Compromise).
    pub const COMPROMISE: &str = "application/vnd.entente.compromise+cbor";
    /// A [`ContentWord`](super::ContentWord).
    pub const CONTENT_WORD: &str = "application/vnd.entente.content-word+cbor";
    /// A [`Withdrawal`](super::Withdrawal).
    pub const WITHDRAWAL: &str = "application/vnd.entente.withdrawal+cbor";
    /// A [`FellBack`](super::FellBack).
    pub const FELL_BACK: &str = "application/vnd.entente.fell-back+cbor";
    /// A [`RaiseStatement`](super::consult::RaiseStatement).
    pub const CONSULT_RAISE: &str = "application/vnd.entente.consult-raise+cbor";
    /// A [`StepStatement`](super::consult::StepStatement).
    pub const CONSULT_STEP: &str = "application/vnd.entente.consult-step+cbor";
    /// A [`CommitmentWord`](super::consult::CommitmentWord).
    pub const COMMITMENT: &str = "application/vnd.entente.commitment+cbor";
    /// A [`MeetingStatement`](super::consult::MeetingStatement).
    pub const MEETING: &str = "application/vnd.entente.meeting+cbor";
    /// An [`AlertAcknowledgement`](super::consult::AlertAcknowledgement).
    pub const ALERT_ACKNOWLEDGEMENT: &str = "application/vnd.entente.alert-acknowledgement+cbor";
    /// [`Dispositions`](super::Dispositions).
    pub const DISPOSITIONS: &str = "application/vnd.entente.dispositions+cbor";
}

/// Statement bytes with the signature of whoever made them, kept exactly as they were signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Signed {
    /// The statement's canonical bytes.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub statement: Vec<u8>,
    /// Ed25519 over the DSSE encoding of its payload type and bytes.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

/// What an originator signs of a record; it travels untouched through every hop.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Origin {
    /// The originator's code.
    #[n(0)]
    pub originator: String,
    /// The record's id, unique for its originator.
    #[n(1)]
    pub id: String,
    /// The label in its canonical text.
    #[n(2)]
    pub label: String,
    /// What it is about.
    #[n(3)]
    pub subjects: Vec<String>,
    /// `actual`, `exercise` or `test`.
    #[n(4)]
    pub status: String,
    /// The distribution list.
    #[n(5)]
    pub distribution: Vec<String>,
    /// A name for people, such as a file name.
    #[n(6)]
    pub title: String,
    /// The media type of the content.
    #[n(7)]
    pub media_type: String,
    /// When it was made, in seconds since the epoch.
    #[n(8)]
    pub created: i64,
    /// SHA-256 of the content.
    #[cbor(n(9), with = "minicbor::bytes")]
    pub digest: [u8; 32],
}

/// The recipient's own hop of custody: all that it learns of the way the record came.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct HopStatement {
    /// The agreements that it is given under.
    #[n(0)]
    pub under: Vec<Version>,
    /// The purpose.
    #[n(1)]
    pub purpose: String,
    /// Whether the recipient is to ask before it goes on.
    #[n(2)]
    pub ask_onward: bool,
}

/// An agreement in one version.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Version {
    /// The agreement's id.
    #[n(0)]
    pub id: String,
    /// The instrument's hash.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub hash: [u8; 32],
}

/// The body of an envelope.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Body {
    /// A record.
    #[n(0)]
    Record {
        /// The originator's statement and signature.
        #[n(0)]
        origin: Signed,
        /// The recipient's hop.
        #[n(1)]
        hop: HopStatement,
        /// The content, exactly.
        #[cbor(n(2), with = "minicbor::bytes")]
        content: Vec<u8>,
    },
    /// A question for consent.
    #[n(1)]
    ConsentRequest(#[n(0)] ConsentRequest),
    /// An answer to one.
    #[n(2)]
    ConsentAnswer(#[n(0)] Signed),
    /// The text of an agreement that somebody proposes.
    #[n(3)]
    Proposal(#[n(0)] String),
    /// An act on an agreement.
    #[n(4)]
    Act(#[n(0)] Signed),
    /// A standing consent.
    #[n(5)]
    StandingConsent(#[n(0)] Signed),
    /// A consent, singly given or standing, is withdrawn.
    #[n(6)]
    ConsentWithdrawal(#[n(0)] Signed),
    /// A [`RecallStatement`].
    #[n(7)]
    Recall(#[n(0)] Signed),
    /// A [`RecallAnswer`].
    #[n(8)]
    RecallAnswer(#[n(0)] Signed),
    /// A [`Relabelling`].
    #[n(9)]
    Relabelling(#[n(0)] Signed),
    /// A [`Compromise`].
    #[n(10)]
    Compromise(#[n(0)] Signed),
    /// The sender's own party file (`entente.party/1`), a signed note.
    #[n(20)]
    PartyFile(#[n(0)] String),
    /// A record whose content is fetched beside the feed.
    #[n(25)]
    LargeRecord {
        /// The originator's statement and signature.
        #[n(0)]
        origin: Signed,
        /// The recipient's hop.
        #[n(1)]
        hop: HopStatement,
        /// Where the content is.
        #[n(2)]
        content: ContentReference,
    },
    /// A [`ContentWord`].
    #[n(26)]
    ContentWord(#[n(0)] Signed),
    /// What the entries of a feed said, for its sender who was restored from a back-up. It has no place in a feed.
    #[n(35)]
    Returned(#[n(0)] Returned),
    /// A [`RaiseStatement`](consult::RaiseStatement).
    #[n(40)]
    ConsultRaise(#[n(0)] Signed),
    /// A [`StepStatement`](consult::StepStatement); any participant may hand on another's.
    #[n(41)]
    ConsultStep(#[n(0)] Signed),
    /// A [`CommitmentWord`](consult::CommitmentWord).
    #[n(42)]
    Commitment(#[n(0)] Signed),
    /// A [`MeetingStatement`](consult::MeetingStatement).
    #[n(43)]
    Meeting(#[n(0)] Signed),
    /// An [`AlertAcknowledgement`](consult::AlertAcknowledgement).
    #[n(44)]
    AlertAcknowledgement(#[n(0)] Signed),
}

/// The longest word of a message, in bytes: ids, titles, subjects, purposes, channels.
pub const MAX_WORD: usize = 200;
/// The longest note of a person in a message, in bytes: an authority, a reason.
pub const MAX_NOTE: usize = 1000;
/// The most items in a list of a message: subjects, parties of a distribution list.
pub const MAX_ITEMS: usize = 64;
/// The most agreements that one release is given under.
pub const MAX_AGREEMENTS: usize = 16;

fn fits<'a>(what: &'static str, words: impl IntoIterator<Item = &'a String>) -> Result<(), WireError> {
    match words.into_iter().map(String::len).max() {
        Some(length) if length > MAX_WORD => Err(WireError::TooLarge { what, length, limit: MAX_WORD }),
        _ => Ok(()),
    }
}

fn few(what: &'static str, length: usize, limit: usize) -> Result<(), WireError> {
    if length > limit { Err(WireError::TooMany { what, length, limit }) } else { Ok(()) }
}

impl Origin {
    /// Whether its words and lists are within their limits.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), WireError> {
        few("subjects", self.subjects.len(), MAX_ITEMS)?;
        few("parties on the distribution list", self.distribution.len(), MAX_ITEMS)?;
        let words = [&self.originator, &self.id, &self.status, &self.title, &self.media_type];
        fits("statement of origin", words.into_iter().chain(&self.subjects).chain(&self.distribution))
    }
}

impl HopStatement {
    fn check(&self) -> Result<(), WireError> {
        few("agreements", self.under.len(), MAX_AGREEMENTS)?;
        fits("hop of custody", self.under.iter().map(|version| &version.id).chain([&self.purpose]))
    }
}

impl Body {
    /// Whether everything in it is within the limits that it has on its own: what is accepted must also load.
    ///
    /// # Errors
    /// The first limit that is passed.
    pub fn check(&self) -> Result<(), WireError> {
        match self {
            Self::Record { hop, .. } => hop.check(),
            Self::LargeRecord { hop, content, .. } => hop.check().and_then(|()| content.check()),
            Self::ConsentRequest(question) => {
                let ConsentRequest { originator, record, to, action, purpose, channel, .. } = question;
                fits("question for consent", [originator, record, to, action, purpose, channel])
            }
            Self::Returned(returned) => returned.check(),
            // What stands in a signed statement is checked when that is read.
            Self::ConsentAnswer(_)
            | Self::Proposal(_)
            | Self::Act(_)
            | Self::StandingConsent(_)
            | Self::ConsentWithdrawal(_)
            | Self::Recall(_)
            | Self::RecallAnswer(_)
            | Self::Relabelling(_)
            | Self::Compromise(_)
            | Self::ConsultRaise(_)
            | Self::ConsultStep(_)
            | Self::Commitment(_)
            | Self::Meeting(_)
            | Self::AlertAcknowledgement(_)
            | Self::PartyFile(_)
            | Self::ContentWord(_) => Ok(()),
        }
    }
}

/// Takes the place of a body that may no longer leave.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Withdrawal {
    /// The feed.
    #[n(0)]
    pub origin: String,
    /// The entry.
    #[n(1)]
    pub index: u64,
    /// The entry's leaf: the digest of the envelope that stays behind.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub leaf: [u8; 32],
    /// When, in seconds since the epoch.
    #[n(3)]
    pub at: i64,
}

/// One entry of a package.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Entry {
    /// The envelope whose digest is the leaf.
    #[n(0)]
    Envelope(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// A signed [`Withdrawal`].
    #[n(1)]
    Withdrawn(#[n(0)] Signed),
}

/// A run of entries of one feed, with the proof that they belong to what the sender has signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Package {
    /// The feed: the origin line of its checkpoints.
    #[n(0)]
    pub origin: String,
    /// The index of the first entry.
    #[n(1)]
    pub start: u64,
    /// At most [`MAX_ENTRIES`]; none asks where the recipient stands.
    #[cbor(n(2), decode_with = "bounded_entries")]
    pub entries: Vec<Entry>,
    /// The sender's checkpoint: a signed note.
    #[n(3)]
    pub checkpoint: String,
    /// Consistency of the tree up to the last entry with the checkpoint: 32-byte hashes, one after the other.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub proof: Vec<u8>,
    /// How far the sender has receipts and dispositions.
    #[n(5)]
    pub acknowledged: u64,
}

/// Reads the entries of a package, and no more of them than a package may have: a short text must not become a long list.
fn bounded_entries<Ctx>(
    decoder: &mut minicbor::Decoder<'_>,
    context: &mut Ctx,
) -> Result<Vec<Entry>, minicbor::decode::Error>
where
    Entry: for<'b> Decode<'b, Ctx>,
{
    let at = decoder.position();
    match decoder.array()? {
        Some(count) if count <= MAX_ENTRIES as u64 => (0..count).map(|_| decoder.decode_with(context)).collect(),
        _ => Err(minicbor::decode::Error::message("more entries than a package may have").at(at)),
    }
}

/// What the recipient says of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Disposition {
    /// Taken.
    #[n(0)]
    Accepted,
    /// Not taken; the evidence is kept in quarantine.
    #[n(1)]
    Refused,
    /// Kept sealed: no agreement of the recipient covers its arrival.
    #[n(2)]
    Held,
}

impl Disposition {
    /// The word for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Held => "held",
        }
    }

    /// The disposition that [`Self::as_str`] writes so.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Accepted, Self::Refused, Self::Held].into_iter().find(|d| d.as_str() == word)
    }
}

/// The recipient's signed word on entries `from` and following.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Dispositions {
    /// The feed.
    #[n(0)]
    pub origin: String,
    /// The index of the first.
    #[n(1)]
    pub from: u64,
    /// One for each entry.
    #[n(2)]
    pub entries: Vec<Disposition>,
}

/// The recipient's answer to a package.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Receipt {
    /// The next index that it wants: the truth about where the feed stands.
    #[n(0)]
    pub next: u64,
    /// The checkpoint of exactly `next` entries, cosigned by the recipient: "held up to here". None for an empty feed.
    #[n(1)]
    pub cosigned: Option<String>,
    /// Signed [`Dispositions`] from what the sender had acknowledged.
    #[n(2)]
    pub dispositions: Option<Signed>,
}
