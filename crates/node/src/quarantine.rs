//! Quarantine: what was refused or is held sealed is tried again, when a key, a text or a party file arrives late. It
//! enters exactly as it would have on its arrival: what it carries is not changed by having waited.
//!
//! What was said of it in a receipt stays what was said then. The partner is not told of the change
//! (docs/spec/federation.md, choices).

use entente_core::time::Timestamp;
use entente_formats::wire::Disposition;
use rand_core::CryptoRng;

use crate::{
    event::{Answer, Quarantined, Refusal},
    inbox::Taken,
    op::Op,
    state::{Node, sha256},
};

impl Node {
    /// Opens the entry once more, on what is known now.
    pub(crate) fn retry(
        &mut self,
        entry: Quarantined,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let Quarantined { feed, index, leaf, envelope, reason: known, received } = entry;
        let into = self.incoming.get(&feed);
        let said = usize::try_from(index).ok().and_then(|index| into?.dispositions.get(index).copied());
        let before = match said {
            Some(Disposition::Accepted) | None => {
                let name = format!("{} {} {index}", feed.partner, feed.lane.as_str());
                return Err(Refusal::Request(format!("`{name}` is not in quarantine; see `entente quarantine list`")));
            }
            Some(before) => before,
        };
        if sha256(&envelope) != leaf {
            return Err(Refusal::Ours(format!("entry {index} of {} is not what arrived", feed.partner)));
        }
        let Taken { said: (disposition, reason), about, is_recalled, evidence } =
            self.open_entry(&feed, index, (&envelope, leaf), received, now, rng)?;
        if let (Some(evidence), Some(why)) = (evidence, &reason) {
            self.alarm_about(&feed, index, why, (&evidence, true), now)?;
        }
        // Whose record it is may be known now, while the rest is not: a recall must find it. Else no change is no news.
        let is_new = about.as_ref().is_some_and(|key| !self.arrivals.contains(key, &feed, index));
        if disposition != before || reason != known || is_new {
            let record = about.as_ref().map(|(originator, id)| format!("{originator}/{id}"));
            let statement = serde_json::json!({
                "from": feed.partner.as_str(), "lane": feed.lane.as_str(), "index": index, "record": record,
                "was": before.as_str(), "now": disposition.as_str(), "why": reason,
            });
            self.keep(Op::Retried { feed, index, disposition, reason: reason.clone(), about, is_recalled })?;
            self.state(now, "retried", statement)?;
        }
        Ok(Answer::Retried(disposition, reason))
    }
}
