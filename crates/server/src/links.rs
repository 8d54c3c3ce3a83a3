//! How the connections to partners are: what the senders find out, for people and for monitoring. Nothing is decided on it,
//! and it is forgotten when the node stops.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use entente_core::Party;
use entente_node::Feed;
use jiff::Timestamp;

/// Whether the last try to reach a partner in a lane came through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkState {
    pub(crate) is_up: bool,
    /// Since when it has been so.
    pub(crate) since: Timestamp,
    /// Why it is away.
    pub(crate) why: Option<String>,
}

#[derive(Default)]
struct Known {
    links: BTreeMap<Feed, LinkState>,
    /// How far each partner's clock is ahead of ours, in seconds.
    clocks: BTreeMap<Party, i64>,
}

/// What is known of all links.
#[derive(Clone, Default)]
pub(crate) struct Links(Arc<Mutex<Known>>);

impl Links {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The partner has answered, or could not be reached for the reason given.
    pub(crate) fn tried(&self, feed: &Feed, failed: Option<&str>, now: Timestamp) {
        let mut known = self.known();
        let state = LinkState { is_up: failed.is_none(), since: now, why: failed.map(str::to_owned) };
        match known.links.get_mut(feed) {
            Some(before) if before.is_up == state.is_up => before.why = state.why,
            _ => drop(known.links.insert(feed.clone(), state)),
        }
    }

    /// An answer of the partner bears this date (RFC 9110, section 6.6.1).
    pub(crate) fn dated(&self, partner: &Party, date: &str, now: Timestamp) {
        let Ok(date) = jiff::fmt::rfc2822::parse(date) else { return };
        self.known().clocks.insert(partner.clone(), date.timestamp().as_second() - now.as_second());
    }

    /// How the link of a feed is; none while nobody has tried it.
    pub(crate) fn state(&self, feed: &Feed) -> Option<LinkState> {
        self.known().links.get(feed).cloned()
    }

    /// How far a partner's clock is ahead of ours, in seconds.
    pub(crate) fn clock(&self, partner: &Party) -> Option<i64> {
        self.known().clocks.get(partner).copied()
    }
}

#[cfg(test)]
mod tests {
    use entente_node::Lane;

    use super::*;

    #[test]
    fn a_link_is_up_or_away_since_it_changed() {
        let (links, feed) = (Links::default(), Feed { partner: "JPN".into(), lane: Lane::Urgent });
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(links.state(&feed), None);
        for (second, failed, since) in [(1, None, 1), (2, None, 1), (3, Some("refused"), 3), (4, Some("timed out"), 3)]
        {
            links.tried(&feed, failed, at(second));
            let expected = LinkState { is_up: failed.is_none(), since: at(since), why: failed.map(str::to_owned) };
            assert_eq!(links.state(&feed), Some(expected), "at {second}");
        }
    }

    #[test]
    fn a_date_shows_how_far_a_clock_is_ahead() {
        let (links, party) = (Links::default(), Party::from("JPN"));
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        for (date, ahead) in [
            ("Mon, 23 Nov 2026 12:00:07 GMT", Some(7)),
            ("no date", Some(7)),
            ("Mon, 23 Nov 2026 11:59:00 GMT", Some(-60)),
        ] {
            links.dated(&party, date, now);
            assert_eq!(links.clock(&party), ahead, "{date}");
        }
    }
}
