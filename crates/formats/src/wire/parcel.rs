//! What travels as a file: a package or a receipt, byte for byte as over the wire, and the name under which it is written.
//! What a file is, its bytes say; its name is for people, and may be another one when it arrives.
//!
//! Not here: whether any of it is true, which a node finds out as when it arrives over the wire. Key type: [`Parcel`].

use super::{Canonical, Package, Receipt, WireError};
use crate::party::is_party_code;

/// A feed, as its origin line names it: `entente/KOR/JPN/urgent`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedName {
    /// Whose feed it is.
    pub from: String,
    /// To whom.
    pub to: String,
    /// The lane.
    pub lane: String,
}

impl FeedName {
    /// Reads an origin line.
    pub fn of_origin(origin: &str) -> Option<Self> {
        let mut words = origin.split('/');
        let mut next = || words.next();
        let (entente, from, to, lane) = (next()?, next()?, next()?, next()?);
        let is_lane = matches!(lane, "urgent" | "routine");
        let is_feed = entente == "entente" && is_party_code(from) && is_party_code(to) && is_lane && next().is_none();
        is_feed.then(|| Self { from: from.to_owned(), to: to.to_owned(), lane: lane.to_owned() })
    }
}

/// A file between nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parcel {
    /// Entries of a feed, on their way to its recipient.
    Package(FeedName, Package),
    /// How much of a feed its recipient holds, on the way back.
    Receipt(FeedName, Receipt),
}

impl Parcel {
    /// The longest file that is read, in bytes.
    pub const LIMIT: usize = Package::LIMIT;

    /// Says what a file is.
    ///
    /// # Errors
    /// When it is neither a package nor a receipt, or does not name a feed. A receipt for a feed without entries names
    /// none, and says nothing.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let malformed = |detail: String| WireError::Malformed { what: "package or receipt", detail };
        if bytes.len() > Self::LIMIT {
            return Err(WireError::TooLarge { what: "package or receipt", length: bytes.len(), limit: Self::LIMIT });
        }
        let no_feed = || malformed("it does not name a feed between two parties".to_owned());
        // A package has six fields, a receipt at most three: nothing is both.
        match (Package::from_bytes(bytes), Receipt::from_bytes(bytes)) {
            (Ok(package), _) => Ok(Self::Package(FeedName::of_origin(&package.origin).ok_or_else(no_feed)?, package)),
            (_, Ok(receipt)) => {
                let origin = receipt.cosigned.as_deref().and_then(|note| note.lines().next()).unwrap_or_default();
                Ok(Self::Receipt(FeedName::of_origin(origin).ok_or_else(no_feed)?, receipt))
            }
            (Err(package), Err(receipt)) => Err(malformed(format!("{package}; {receipt}"))),
        }
    }

    /// The feed that it is of.
    pub fn feed(&self) -> &FeedName {
        match self {
            Self::Package(feed, _) | Self::Receipt(feed, _) => feed,
        }
    }

    /// The first entry that it is about, and the one behind the last: of a receipt, all that it covers.
    pub fn entries(&self) -> (u64, u64) {
        match self {
            Self::Package(_, package) => {
                let count = u64::try_from(package.entries.len()).unwrap_or(u64::MAX);
                (package.start, package.start.saturating_add(count))
            }
            Self::Receipt(_, receipt) => (0, receipt.next),
        }
    }

    /// The name under which it is written: in a list of files those of one feed stand together, in order.
    pub fn file_name(&self) -> String {
        let FeedName { from, to, lane } = self.feed();
        let (start, end) = self.entries();
        match self {
            Self::Package(..) => format!("{from}_{to}_{lane}_{start:012}-{end:012}.package"),
            Self::Receipt(..) => format!("{from}_{to}_{lane}_{end:012}.receipt"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(start: u64) -> Package {
        Package {
            origin: "entente/KOR/JPN/urgent".into(),
            start,
            entries: Vec::new(),
            checkpoint: String::new(),
            proof: Vec::new(),
            acknowledged: 0,
        }
    }

    #[test]
    fn bytes_say_what_a_file_is_and_names_sort_by_feed_and_entry() {
        let read = |bytes: Vec<u8>| Parcel::from_bytes(&bytes).unwrap().file_name();
        assert_eq!(read(package(2).to_bytes()), "KOR_JPN_urgent_000000000002-000000000002.package");
        assert!(read(package(9).to_bytes()) < read(package(10).to_bytes()));
        let cosigned = Some("entente/KOR/JPN/urgent\n7\n".to_owned());
        let receipt = Receipt { next: 7, cosigned, dispositions: None };
        assert_eq!(read(receipt.to_bytes()), "KOR_JPN_urgent_000000000007.receipt");
    }

    #[test]
    fn what_names_no_feed_is_no_file_between_nodes() {
        for origin in
            ["", "entente/KOR/JPN", "entente/KOR/JPN/slow", "entente/../JPN/urgent", "entente/KOR/JPN/urgent/x"]
        {
            assert_eq!(FeedName::of_origin(origin), None, "{origin}");
            assert!(Parcel::from_bytes(&Package { origin: origin.into(), ..package(0) }.to_bytes()).is_err());
        }
        let empty = Receipt { next: 0, cosigned: None, dispositions: None };
        assert!(Parcel::from_bytes(&empty.to_bytes()).is_err());
        let error = Parcel::from_bytes(b"notes").unwrap_err().to_string();
        assert!(error.contains("not a well-formed package or receipt"), "{error}");
    }
}
