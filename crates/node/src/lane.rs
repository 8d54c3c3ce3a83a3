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

/// The origin line of the first volume of a party's own ledger.
pub fn ledger_origin(party: &Party) -> String {
    format!("entente/{party}/ledger")
}

/// The origin line of a volume of a party's own ledger: 0 is the first, a later one bears the second in which it was begun.
pub fn volume_origin(party: &Party, volume: u64) -> String {
    let first = ledger_origin(party);
    if volume == 0 { first } else { format!("{first}.{volume}") }
}

/// Which volume of the ledger of `party` an origin line names; none where it names another log.
pub fn volume_of(origin: &str, party: &Party) -> Option<u64> {
    let rest = origin.strip_prefix(&ledger_origin(party))?;
    let volume = if rest.is_empty() { 0 } else { rest.strip_prefix('.')?.parse().ok()? };
    // One way to write each: no sign, no zeroes in front.
    (volume_origin(party, volume) == origin).then_some(volume)
}

impl Event {
    /// Where it stands among the events that wait: what serves the urgent lane, and what a person says once, never waits
    /// behind bulk.
    pub fn lane(&self) -> Lane {
        match self {
            Self::By { event, .. } => event.lane(),
            Self::Release(release) => release::lane(release.precedence),
            Self::Dispatch { feed, .. }
            | Self::NotSent { feed, .. }
            | Self::CatchUp { feed, .. }
            | Self::Receipt { feed, .. }
            | Self::Exported { feed, .. }
            | Self::Package { feed, .. } => feed.lane,
            Self::List { .. }
            | Self::Fetch { .. }
            | Self::ContentArrived { .. }
            | Self::ContentWrong { .. }
            | Self::ContentWithdrawn { .. }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_has_one_origin_line() {
        let party = "KOR".into();
        for (origin, volume) in [
            ("entente/KOR/ledger", Some(0)),
            ("entente/KOR/ledger.1795435200", Some(1_795_435_200)),
            ("entente/KOR/ledger.0", None),
            ("entente/KOR/ledger.07", None),
            ("entente/KOR/ledger.+7", None),
            ("entente/KOR/ledger/7", None),
            ("entente/KOR/ledgers", None),
            ("entente/JPN/ledger", None),
        ] {
            assert_eq!(volume_of(origin, &party), volume, "{origin}");
        }
    }
}
