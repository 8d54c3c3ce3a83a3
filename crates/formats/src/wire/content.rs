//! Contents that do not travel inside an envelope: how a record refers to one, what its recipient says of it, and the head
//! of the file in which it travels by courier.
//!
//! The sealed content itself is `entente_seal::content`'s. Key type: [`ContentReference`].

use std::fmt;

use minicbor::{Decode, Encode};

use super::{WireError, fits};
use crate::{hex, party::is_party_code};

/// The longest content that travels at all, in bytes: 1 GiB.
pub const MAX_LARGE: u64 = 1 << 30;
/// The longest content that a node puts into an envelope of its own, in bytes. It takes longer ones.
pub const MAX_INLINE: usize = 1024 * 1024;

/// The key of a sealed content: whoever has it and the sealed bytes has the content. Never printed.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct ContentSecret(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl fmt::Debug for ContentSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentSecret(..)")
    }
}

/// Where the content of a record is, when it is not in the envelope. Its SHA-256 stands in the originator's statement.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ContentReference {
    /// How many bytes the content has: 1 to [`MAX_LARGE`].
    #[n(0)]
    pub length: u64,
    /// SHA-256 of the sealed content: the name under which it is fetched.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub sealed: [u8; 32],
    /// How many bytes the sealed content has.
    #[n(2)]
    pub sealed_length: u64,
    /// The key that opens it.
    #[n(3)]
    pub key: ContentSecret,
}

/// What a recipient signs of a content that an entry refers to, once it has it or has given it up.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ContentWord {
    /// Who says so.
    #[n(0)]
    pub by: String,
    /// The feed of the entry.
    #[n(1)]
    pub origin: String,
    /// The entry.
    #[n(2)]
    pub index: u64,
    /// The entry's leaf.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub leaf: [u8; 32],
    /// What became of the content.
    #[n(4)]
    pub outcome: ContentOutcome,
    /// When, in seconds since the epoch.
    #[n(5)]
    pub at: i64,
}

/// What became of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ContentOutcome {
    /// It is durable here.
    #[n(0)]
    Held,
    /// It came, and is not what was signed.
    #[n(1)]
    Refused,
}

impl ContentOutcome {
    /// The word for people, JSON and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Refused => "refused",
        }
    }

    /// The outcome that [`Self::as_str`] writes so.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Held, Self::Refused].into_iter().find(|outcome| outcome.as_str() == word)
    }
}

impl ContentReference {
    /// Whether a content can have this length.
    ///
    /// # Errors
    /// When it is empty or above the limit.
    pub fn check(&self) -> Result<(), WireError> {
        let what = "content beside an envelope";
        if self.length == 0 {
            return Err(WireError::Malformed { what, detail: "it is empty".to_owned() });
        }
        if self.length > MAX_LARGE {
            let (length, limit) = (usize::try_from(self.length), usize::try_from(MAX_LARGE));
            let (length, limit) = (length.unwrap_or(usize::MAX), limit.unwrap_or(usize::MAX));
            return Err(WireError::TooLarge { what, length, limit });
        }
        Ok(())
    }
}

impl ContentWord {
    /// Whether its words are within their limits.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), WireError> {
        fits("word on a content", [&self.by])
    }
}

const FIRST_LINE: &str = "entente.content/1";

/// What stands before the sealed bytes in a file: five lines of text, so that a courier can see what it carries. Nothing in
/// it is believed: the recipient knows what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContentFile {
    /// Who sends it.
    pub from: String,
    /// To whom.
    pub to: String,
    /// SHA-256 of the sealed content.
    pub sealed: [u8; 32],
    /// How many sealed bytes follow.
    pub sealed_length: u64,
}

impl ContentFile {
    /// The longest head of a file, in bytes.
    pub const LIMIT: usize = 512;
    /// How every such file begins.
    pub const MAGIC: &[u8] = b"entente.content/1\n";

    /// The head.
    pub fn to_text(&self) -> String {
        let Self { from, to, sealed, sealed_length } = self;
        format!("{FIRST_LINE}\n{from}\n{to}\n{}\n{sealed_length}\n", hex::encode(sealed))
    }

    /// Reads the head of a file from its first bytes; second, how many of them it takes.
    ///
    /// # Errors
    /// When the bytes do not begin with one.
    pub fn from_start(bytes: &[u8]) -> Result<(Self, usize), WireError> {
        let malformed =
            |detail: &str| WireError::Malformed { what: "head of a content file", detail: detail.to_owned() };
        let bytes = bytes.get(..Self::LIMIT.min(bytes.len())).unwrap_or_default();
        let mut ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let length = ends.nth(4).ok_or_else(|| malformed("it has no five lines"))?;
        let text = bytes.get(..length).and_then(|head| std::str::from_utf8(head).ok());
        let text = text.ok_or_else(|| malformed("it is no text"))?;
        let mut lines = text.lines();
        let mut next = || lines.next().unwrap_or_default();
        let (first, from, to, sealed, sealed_length) = (next(), next(), next(), next(), next());
        let sealed = hex::decode(sealed).and_then(|sealed| sealed.try_into().ok());
        let sealed = sealed.ok_or_else(|| malformed("its fourth line is no SHA-256"))?;
        let sealed_length = sealed_length.parse().map_err(|_| malformed("its fifth line is no length"))?;
        let head = Self { from: from.to_owned(), to: to.to_owned(), sealed, sealed_length };
        // One form: what is written from it is what was read.
        if first != FIRST_LINE || !is_party_code(from) || !is_party_code(to) || head.to_text() != text {
            return Err(malformed("it does not name two parties, a SHA-256 and a length"));
        }
        Ok((head, length))
    }

    /// The name under which it is written.
    pub fn file_name(&self) -> String {
        format!("{}_{}_{}.content", self.from, self.to, hex::encode(&self.sealed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_file_has_one_form() {
        let head = ContentFile { from: "KOR".into(), to: "JPN".into(), sealed: [7; 32], sealed_length: 272 };
        let text = head.to_text();
        let file = [text.as_bytes(), b"\n\nsealed bytes"].concat();
        assert_eq!(ContentFile::from_start(&file), Ok((head, text.len())));
        for (from, to) in [
            ("content/1", "content/2"),
            ("KOR", "../KOR"),
            ("07", "0"),
            ("272", "+272"),
            ("272\n", "272\r\n"),
            ("KOR\n", "KOR\n\n"),
        ] {
            let other = text.replacen(from, to, 1);
            assert!(ContentFile::from_start(other.as_bytes()).is_err(), "{other}");
        }
        assert!(ContentFile::from_start(text.trim_end().as_bytes()).is_err());
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", ContentSecret([7; 32])), "ContentSecret(..)");
    }
}
