//! What the message that raised a consultation says, held against what is known here: its times, the texts that it pins, and the
//! acts on them.

use entente_core::{
    agreement::{Act, Agreement},
    consult::{Digest, Disagreement, disagreements},
    time::Timestamp,
};
use entente_formats::agreement;

use super::Held;
use crate::state::{Node, sha256};

impl Node {
    /// What its raiser says and this node knows otherwise; nothing of what this party has raised itself.
    pub(crate) fn disagreements(&self, held: &Held) -> Vec<Disagreement> {
        if held.raise.incident.raised_by == self.identity.party {
            return Vec::new();
        }
        let known = Timestamp::from_second(held.raised.known).unwrap_or_default();
        disagreements(&held.raise, known, &self.agreements, |text, theirs| {
            self.head_at(text, theirs, held.raised.known)
        })
    }

    /// The head of a text that the raiser names, where it is one that this node had as well; else what it was here then.
    fn head_at(&self, text: &Agreement, theirs: &Digest, known: i64) -> Digest {
        let heads =
            self.heads.get_or_init(|| self.agreements.iter().map(|(id, text)| (id.clone(), head(text))).collect());
        let now = heads.get(&text.id).copied().unwrap_or_default();
        if now == *theirs {
            return now;
        }
        // Acts that became known since are no part of it. Nor are those that the raiser did not have yet.
        let of_text = self.acts.iter().zip(1_usize..).filter(|(act, _)| act.is_about(text) && act.known <= known);
        let counts: Vec<usize> = std::iter::once(0).chain(of_text.map(|(_, count)| count)).collect();
        let with = |count: usize| head(&self.with_first_acts(text.clone(), count));
        let had = counts.iter().rev().map(|count| with(*count)).find(|one| one == theirs);
        had.unwrap_or_else(|| with(counts.last().copied().unwrap_or_default()))
    }
}

/// SHA-256 over the canonical text of an agreement with its acts, in an order that does not depend on who heard of which first.
pub(super) fn head(text: &Agreement) -> Digest {
    let mut text = text.clone();
    let word = |act: &Act| (act.date, act.kind.as_str(), format!("{:?}", (&act.by, &act.admits, &act.article)));
    text.acts.sort_by_cached_key(word);
    sha256(agreement::write(&text).as_bytes())
}
