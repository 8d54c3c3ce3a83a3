//! What nodes say to one another when one of them was restored from a back-up: how much a partner holds of its logs, the end
//! of a feed that its recipient gives back, and how far the restored node has fallen back itself.

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::{Canonical, MAX_ENTRIES, Signed, WireError, few, fits};

/// How much the one who answers holds of the logs of the one who asks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Holds {
    /// One for each lane.
    #[n(0)]
    pub feeds: Vec<HeldFeed>,
    /// The latest checkpoint of the asker's ledger that was cosigned: the note, with the asker's own signatures.
    #[n(1)]
    pub ledger: Option<String>,
    /// The latest checkpoint of the answerer's own ledger that the asker has cosigned, with its cosignature.
    #[n(2)]
    pub cosigned: Option<String>,
}

/// How much is held of one feed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct HeldFeed {
    /// `urgent` or `routine`.
    #[n(0)]
    pub lane: String,
    /// How many entries.
    #[n(1)]
    pub size: u64,
    /// The checkpoint of exactly those, cosigned by the answerer as in a receipt; none for an empty feed.
    #[n(2)]
    pub receipt: Option<String>,
    /// A checkpoint of at least those, as the asker signed it.
    #[n(3)]
    pub checkpoint: Option<String>,
    /// The consistency of the one with the other: hashes of 32 bytes, one after the other.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub proof: Vec<u8>,
    /// How far the asker has receipted the answerer's own feed in this lane.
    #[n(5)]
    pub receipted: u64,
}

/// A run of entries of a feed, given back to its sender by its recipient.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Tail {
    /// The feed.
    #[n(0)]
    pub origin: String,
    /// The index of the first.
    #[n(1)]
    pub start: u64,
    /// At most [`MAX_ENTRIES`].
    #[cbor(n(2), decode_with = "bounded_entries")]
    pub entries: Vec<TailEntry>,
    /// Consistency of the tree up to the last of them with all that the recipient holds: hashes of 32 bytes, one after the
    /// other.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub proof: Vec<u8>,
    /// An envelope with a [`Returned`](super::Body::Returned): only who has the sender's sealing key learns what they said.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub said: Option<Vec<u8>>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct TailEntry {
    /// The leaf.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub leaf: [u8; 32],
    /// The envelope, where it is still kept.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub envelope: Option<Vec<u8>>,
    /// The sender's withdrawal, where that came in its place.
    #[n(2)]
    pub withdrawal: Option<Signed>,
}

fn bounded_entries<Ctx>(
    decoder: &mut minicbor::Decoder<'_>,
    context: &mut Ctx,
) -> Result<Vec<TailEntry>, minicbor::decode::Error>
where
    TailEntry: for<'b> Decode<'b, Ctx>,
{
    let at = decoder.position();
    match decoder.array()? {
        Some(count) if count <= MAX_ENTRIES as u64 => (0..count).map(|_| decoder.decode_with(context)).collect(),
        _ => Err(minicbor::decode::Error::message("more entries than a tail may have").at(at)),
    }
}

/// What the entries of a [`Tail`] said, as their recipient opens them for their sender.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Returned {
    /// The feed.
    #[n(0)]
    pub origin: String,
    /// The index of the first.
    #[n(1)]
    pub start: u64,
    /// The body of each, where it can be opened still; of a record without its content.
    #[n(2)]
    pub bodies: Vec<Option<ByteVec>>,
}

/// What a restored node signs for each partner: how far it has the partner's feeds.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct FellBack {
    /// Who was restored.
    #[n(0)]
    pub by: String,
    /// The partner.
    #[n(1)]
    pub to: String,
    /// When, in seconds since the epoch.
    #[n(2)]
    pub at: i64,
    /// One for each lane.
    #[n(3)]
    pub feeds: Vec<Fallen>,
}

/// How far a restored node has one feed of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Fallen {
    /// `urgent` or `routine`.
    #[n(0)]
    pub lane: String,
    /// The next index that it wants.
    #[n(1)]
    pub next: u64,
}

impl Holds {
    /// Whether its lists are within their limits.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), WireError> {
        few("feeds", self.feeds.len(), 2)?;
        fits("answer on what is held", self.feeds.iter().map(|feed| &feed.lane))
    }
}

impl Returned {
    /// Whether its list is within its limit.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self) -> Result<(), WireError> {
        few("bodies", self.bodies.len(), MAX_ENTRIES)
    }
}

impl FellBack {
    /// Reads the statement that a partner signed, within its limits.
    ///
    /// # Errors
    /// The first limit that is passed, or that it is not well formed.
    pub fn read(statement: &[u8]) -> Result<Self, WireError> {
        let read = Self::from_bytes(statement)?;
        few("feeds", read.feeds.len(), 2)?;
        fits(
            "word of a restored node",
            [&read.by, &read.to].into_iter().chain(read.feeds.iter().map(|feed| &feed.lane)),
        )?;
        Ok(read)
    }
}
