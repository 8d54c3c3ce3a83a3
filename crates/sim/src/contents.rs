//! What is known of large contents from outside: which are given and which are awaited, in which file each is, and how it
//! ended, told from what a disk has kept.

use std::collections::BTreeMap;

use entente_core::{Party, RecordId};
use entente_formats::wire::ContentOutcome;
use entente_node::{
    Feed, Op,
    content::{AwaitedContent, ContentEnd, FileName, OfferedContent},
};

use crate::recalls::Key;

/// An entry of a feed.
pub type Place = (Feed, u64);

/// A content that an entry of this node refers to.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The content.
    pub content: OfferedContent,
    /// Whether any of it has left.
    pub has_left: bool,
    /// What the partner says of it.
    pub said: Option<ContentOutcome>,
}

/// A content that an entry of a partner refers to.
#[derive(Clone, Debug)]
pub struct Awaited {
    /// The content.
    pub content: AwaitedContent,
    /// Why it is awaited no more.
    pub end: Option<End>,
    /// Whether its sender was told.
    pub is_told: bool,
}

/// Why a content is awaited no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// So its own end was.
    Settled(ContentEnd),
    /// Its record was destroyed.
    Erased,
}

/// What one node's disk says of large contents.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Those that its entries refer to.
    pub offered: BTreeMap<Place, Offered>,
    /// Those that entries of partners refer to.
    pub awaited: BTreeMap<Place, Awaited>,
    /// In which file each is, and how long it is, by digest.
    pub files: BTreeMap<[u8; 32], (FileName, u64)>,
}

impl Contents {
    /// Takes in one operation that is kept.
    pub fn take(&mut self, op: &Op) {
        match op {
            Op::LargeBody { digest, length, file } => {
                // One content has one file.
                self.files.entry(*digest).or_insert((*file, *length));
            }
            Op::ContentOffered(content, _) => {
                let offered = Offered { content: content.clone(), has_left: false, said: None };
                self.offered.insert((content.feed.clone(), content.index), offered);
            }
            Op::ContentLeft { feed, index, .. } => {
                if let Some(offered) = self.offered.get_mut(&(feed.clone(), *index)) {
                    offered.has_left = true;
                }
            }
            Op::ContentSaid { feed, index, outcome, .. } => {
                if let Some(offered) = self.offered.get_mut(&(feed.clone(), *index)) {
                    offered.said = Some(*outcome);
                }
            }
            Op::ContentAwaited { content, .. } => {
                let awaited = Awaited { content: content.clone(), end: None, is_told: false };
                self.awaited.insert((content.feed.clone(), content.index), awaited);
            }
            Op::ContentSettled { feed, index, end, .. } => {
                if let Some(awaited) = self.awaited.get_mut(&(feed.clone(), *index)) {
                    awaited.end = awaited.end.or(Some(End::Settled(*end)));
                }
            }
            Op::ContentTold { feed, index } => {
                if let Some(awaited) = self.awaited.get_mut(&(feed.clone(), *index)) {
                    awaited.is_told = true;
                }
            }
            Op::Erased { originator, record, digest, .. } => {
                self.files.remove(digest);
                let of_record = |awaited: &&mut Awaited| is_of(&awaited.content, originator, record);
                for awaited in self.awaited.values_mut().filter(of_record) {
                    awaited.end = awaited.end.or(Some(End::Erased));
                }
            }
            _ => {}
        }
    }

    /// The contents that are awaited still.
    pub fn open(&self) -> impl Iterator<Item = &AwaitedContent> {
        self.awaited.values().filter(|awaited| awaited.end.is_none()).map(|awaited| &awaited.content)
    }

    /// Whether a content of a record is awaited still.
    pub fn is_awaited(&self, (originator, record): &Key) -> bool {
        self.open().any(|content| is_of(content, originator, record))
    }

    /// How many ended so.
    pub fn ended(&self, end: ContentEnd) -> usize {
        self.awaited.values().filter(|awaited| awaited.end == Some(End::Settled(end))).count()
    }
}

fn is_of(content: &AwaitedContent, originator: &Party, record: &RecordId) -> bool {
    content.originator == *originator && content.record == *record
}
