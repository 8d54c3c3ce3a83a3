//! Alarms: what a person has to hear of a partner, each cause once.

use entente_core::{Party, time::Timestamp, view::Viewer};
use entente_formats::wire::MAX_NOTE;

use crate::{
    event::{Answer, Refusal},
    lane::{Feed, Lane},
    op::Op,
    state::Node,
};

/// How many alarms one feed may have open about entries that mean nothing: what shows more of the same shows nothing. What
/// proves something, and an act that does not count, is never among them.
const MAX_ALARMS: usize = 16;

/// For how long an alarm about an entry stands for others of its cause, in seconds, though the feed goes on.
pub(crate) const STANDS: i64 = 3600;

/// What an alarm is about: a partner, a feed of it or none, and the cause.
pub(crate) type AlarmName = (Party, Option<Lane>, String);

impl Node {
    /// Raises an alarm, once for each feed and cause until the feed goes on.
    pub(crate) fn alarm(&mut self, feed: &Feed, why: &str, evidence: &[u8], now: Timestamp) -> Result<(), Refusal> {
        self.raise(&feed.partner, Some(feed.lane), why, evidence, now)
    }

    /// Raises an alarm about a partner's feed or, without a lane, about a ledger: once for each cause.
    pub(crate) fn raise(
        &mut self,
        partner: &Party,
        lane: Option<Lane>,
        why: &str,
        evidence: &[u8],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let name = (partner.clone(), lane, why.to_owned());
        if self.alarmed.contains_key(&name) {
            return Ok(());
        }
        self.alarmed.insert(name, (now.as_second(), false));
        self.put_up(partner, lane, why, evidence, now)
    }

    /// Raises an alarm about an entry, once for each cause: wherever in the feed it is. Of causes that prove nothing there are
    /// not many at a time, so that they do not hide the others; then one more says so.
    pub(crate) fn alarm_about(
        &mut self,
        feed: &Feed,
        index: u64,
        why: &str,
        (evidence, is_proof): (&[u8], bool),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let (partner, lane) = (&feed.partner, Some(feed.lane));
        let (why, name) = (format!("entry {index}: {why}"), (partner.clone(), lane, why.to_owned()));
        // Each of these is another one.
        if is_proof {
            return self.raise(partner, lane, &why, evidence, now);
        }
        let open =
            self.alarmed.iter().filter(|((about, of, _), (_, of_entry))| about == partner && *of == lane && *of_entry);
        let open = open.count();
        if open > MAX_ALARMS || self.alarmed.contains_key(&name) {
            return Ok(());
        }
        let more = format!("entry {index}: there is more that is not taken: see `entente quarantine list`");
        let why = if open == MAX_ALARMS { more } else { why };
        self.alarmed.insert(name, (now.as_second(), true));
        self.put_up(partner, lane, &why, evidence, now)
    }

    /// A person has taken note of an alarm: it waits for nobody any more. What it is about goes on; its next sign is another alarm.
    pub(crate) fn note_alarm(
        &mut self,
        by: &Viewer,
        alarm: u64,
        note: String,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        if note.trim().is_empty() || note.len() > MAX_NOTE {
            return Err(Refusal::Request(format!("say what was found or done, in at most {MAX_NOTE} bytes")));
        }
        let words = serde_json::json!({ "alarm": alarm, "by": by.name, "why": note });
        self.keep(Op::AlarmNoted { alarm, at: now.as_second(), person: by.name.clone(), note })?;
        self.state(now, "alarm-noted", words)?;
        Ok(Answer::Done)
    }

    fn put_up(
        &mut self,
        partner: &Party,
        lane: Option<Lane>,
        why: &str,
        evidence: &[u8],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let statement = serde_json::json!({ "partner": partner.as_str(), "lane": lane.map(Lane::as_str), "why": why });
        let (at, evidence, partner) = (now.as_second(), evidence.to_vec(), partner.clone());
        self.keep(Op::Alarm { at, partner, message: why.to_owned(), evidence })?;
        if self.is_read_only() {
            // The ledger says nothing before it is known how far it went.
            return Ok(());
        }
        self.state(now, "alarm", statement)
    }
}
