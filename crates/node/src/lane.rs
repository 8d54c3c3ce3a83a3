//! Lanes and feeds: for each partner and lane one log of what goes there.

use entente_core::Party;

use crate::{event::Event, release};

/// Urgent traffic never waits behind bulk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// FLASH, IMMEDIATE and all control messages; small bodies only.
    Urgent,
    /// The rest.
    Routine,
}

impl Lane {
    /// Both lanes, the urgent one first.
    pub const ALL: [Self; 2] = [Self::Urgent, Self::Routine];

    /// The word in paths, origins and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Routine => "routine",
        }
    }

    /// The lane that [`Self::as_str`] writes so.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.as_str() == word)
    }
}

/// One feed, seen from one of its ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Feed {
    /// The other end.
    pub partner: Party,
    /// The lane.
    pub lane: Lane,
}

/// The origin line of the feed from `from` to `to`.
pub fn origin(from: &Party, to: &Party, lane: Lane) -> String {
    format!("entente/{from}/{to}/{}", lane.as_str())
}

/// The origin line of the private tree of the interval of a ledger that is not over; it never leaves the node.
pub fn open_interval_origin(party: &Party, index: u64) -> String {
    format!("entente/{party}/ledger/{index}")
}

/// The origin line of a party's own ledger.
pub fn ledger_origin(party: &Party) -> String {
    format!("entente/{party}/ledger")
}

impl Event {
    /// Where it stands among the events that wait: what serves the urgent lane, and what a person says once, never waits
    /// behind bulk.
    pub fn lane(&self) -> Lane {
        match self {
            Self::Release(release) => release::lane(release.precedence),
            Self::Dispatch { feed, .. }
            | Self::CatchUp { feed, .. }
            | Self::Receipt { feed, .. }
            | Self::Exported { feed, .. }
            | Self::Package { feed, .. } => feed.lane,
            Self::List { .. }
            | Self::Retry(_)
            | Self::AddCheckpoint { .. }
            | Self::WitnessAnswer { .. }
            | Self::Tick => Lane::Routine,
            _ => Lane::Urgent,
        }
    }

    /// Whether it changes nothing, so that it can be answered whatever became of the events beside it.
    pub fn only_reads(&self) -> bool {
        matches!(self, Self::Look { .. } | Self::List { .. })
    }
}
