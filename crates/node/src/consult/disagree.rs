//! What the message that raised a consultation says, held against what is known here: its times, the texts that it pins, and the
//! acts on them.

use std::collections::BTreeMap;

use entente_core::{
    AgreementId,
    agreement::{Act, Agreement},
    consult::{Digest, Disagreement, disagreements},
    time::Timestamp,
};
use entente_formats::agreement;

use super::Held;
use crate::state::{Node, sha256};

/// The heads that texts have had here, as far as somebody has asked for them: a pin that fits none of them is looked up among them all,
/// and again whenever what is owed is listed.
#[derive(Debug, Default)]
pub(crate) struct Past(BTreeMap<AgreementId, OfText>);

/// Of one text.
#[derive(Debug, Default)]
struct OfText {
    /// The text without acts.
    hash: Digest,
    /// After no act on it, after the first, and so on.
    heads: Vec<Digest>,
}

impl Past {
    /// The heads of a text after so many of all acts, each. Acts only come behind those that are here, so that each is worked out once.
    fn of(&mut self, text: &Agreement, counts: &[usize], head: impl Fn(usize) -> Digest) -> &[Digest] {
        let known = self.0.entry(text.id.clone()).or_default();
        if known.hash != text.hash.0 {
            *known = OfText { hash: text.hash.0, heads: Vec::new() };
        }
        let missing = counts.get(known.heads.len()..).unwrap_or_default();
        known.heads.extend(missing.iter().map(|count| head(*count)));
        known.heads.get(..counts.len()).unwrap_or(&known.heads)
    }

    /// What acts do to texts may be another thing now.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}

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
        let of_text = self.acts.iter().zip(1_usize..).filter(|(act, _)| act.is_about(text));
        let (counts, moments): (Vec<usize>, Vec<i64>) =
            std::iter::once((0, i64::MIN)).chain(of_text.map(|(act, count)| (count, act.known))).unzip();
        let mut past = self.past.borrow_mut();
        let heads = past.of(text, &counts, |count| head(&self.with_first_acts(text.clone(), count)));
        let then = || heads.iter().zip(&moments).filter(|(_, moment)| **moment <= known).map(|(head, _)| *head);
        then().find(|one| one == theirs).or_else(|| then().next_back()).unwrap_or_default()
    }
}

/// SHA-256 over the canonical text of an agreement with its acts, in an order that does not depend on who heard of which first.
pub(super) fn head(text: &Agreement) -> Digest {
    let mut text = text.clone();
    let word = |act: &Act| (act.date, act.kind.as_str(), format!("{:?}", (&act.by, &act.admits, &act.article)));
    text.acts.sort_by_cached_key(word);
    sha256(agreement::write(&text).as_bytes())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn each_head_is_worked_out_once_however_often_it_is_asked_for() {
        let (mut past, made) = (Past::default(), Cell::new(0));
        let text = include_str!("../../../../examples/northeast-asia/agreements/jp-kr-gsomia-2016.toml");
        let mut text = agreement::parse(text).unwrap();
        let counts: Vec<usize> = (0..300).map(|number| number * 2).collect();
        let head = |count: usize| {
            made.set(made.get() + 1);
            sha256(&count.to_be_bytes())
        };
        for _ in 0..10 {
            assert_eq!(past.of(&text, &counts[..299], head).len(), 299);
        }
        assert_eq!(made.get(), 299);
        // One more act is one more head; who asks about an earlier moment costs nothing.
        assert_eq!(past.of(&text, &counts, head).last(), Some(&sha256(&598_usize.to_be_bytes())));
        assert_eq!(past.of(&text, &counts[..5], head).len(), 5);
        assert_eq!(made.get(), 300);
        // Another text under this id, and acts that count otherwise, begin anew.
        text.hash.0 = [7; 32];
        past.of(&text, &counts[..5], head);
        assert_eq!(made.get(), 305);
        past.forget();
        past.of(&text, &counts[..5], head);
        assert_eq!(made.get(), 310);
    }
}
