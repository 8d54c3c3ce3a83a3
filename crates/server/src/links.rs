//! How the connections to partners are: what the senders find out, for people and for monitoring. Nothing is decided on it,
//! and it is forgotten when the node stops.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use entente_core::Party;
use entente_node::Feed;
use jiff::Timestamp;

/// How far clocks may be apart before what rests on them is in doubt, in seconds: agreements count days, the clocks of
/// consultations minutes. `doctor`, `status` and consultations say so from here on.
pub(crate) const DOUBTFUL: i64 = 30;
/// How far clocks may be apart before whoever looks at the desk should see by how much, in seconds: well-kept clocks are within a
/// fraction of one, and what is told of them is measured in whole ones, with the way to the partner in it.
pub(crate) const NOTABLE: i64 = 5;

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

    /// The parties whose clocks are in doubt, and by how many seconds each is ahead of ours. Where there are several partners and
    /// all of them are off to the same side, it may be our own, which is named too: ahead of the nearest of them.
    pub(crate) fn doubtful(&self, us: &Party) -> BTreeMap<Party, i64> {
        let known = self.known();
        let is_off = |ahead: i64| ahead.saturating_abs() > DOUBTFUL;
        let mut all: BTreeMap<Party, i64> = known
            .clocks
            .iter()
            .filter(|(_, ahead)| is_off(**ahead))
            .map(|(party, ahead)| (party.clone(), *ahead))
            .collect();
        let measured = known.clocks.values();
        let is_to_one_side = measured.clone().all(|ahead| *ahead > 0) || measured.clone().all(|ahead| *ahead < 0);
        if known.clocks.len() > 1 && all.len() == known.clocks.len() && is_to_one_side {
            let nearest = measured.min_by_key(|ahead| ahead.saturating_abs()).copied().unwrap_or_default();
            all.insert(us.clone(), nearest.saturating_neg());
        }
        all
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

    #[test]
    fn a_clock_is_in_doubt_that_is_off_and_our_own_where_all_others_are() {
        let (links, us) = (Links::default(), Party::from("USA"));
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let answers = |party: &str, ahead: i64| {
            let at = Timestamp::from_second(now.as_second() + ahead).unwrap();
            links.dated(&party.into(), &at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(), now);
        };
        let doubtful = || -> Vec<(String, i64)> {
            links.doubtful(&us).into_iter().map(|(party, ahead)| (party.to_string(), ahead)).collect()
        };
        answers("JPN", 30);
        assert_eq!(doubtful(), []);
        answers("JPN", -31);
        assert_eq!(doubtful(), [("JPN".to_owned(), -31)], "of two clocks nobody knows which is wrong");
        answers("KOR", 2);
        assert_eq!(doubtful(), [("JPN".to_owned(), -31)]);
        answers("KOR", 40);
        assert_eq!(doubtful(), [("JPN".to_owned(), -31), ("KOR".to_owned(), 40)], "they disagree with each other");
        answers("JPN", 3_600);
        assert_eq!(doubtful(), [("JPN".to_owned(), 3_600), ("KOR".to_owned(), 40), ("USA".to_owned(), -40)]);
    }
}
