//! What a node keeps: what it has answered for, once, as it was signed, and after a start the same as before.

use std::collections::BTreeSet;

use entente_core::Party;
use entente_formats::wire::{Canonical, Receipt};
use entente_node::{Answer, Feed, Node, Op, Refusal, event::Outcome};
use entente_server::turn::Failure;
use entente_store::Reader;

use super::{Checked, Rule, contents::digest_of};
use crate::facts::{Facts, Truth, count, digest, place};

/// How much of a list is read from a store at once.
const ALL: usize = 1_000_000;

const ACKNOWLEDGED: Rule = Rule {
    name: "nothing_acknowledged_is_lost",
    sentence: "what a node has said that it did or holds is on its disk, whatever crashed or failed",
};

const GONE: Rule = Rule {
    name: "what_is_called_back_is_gone",
    sentence: "of what was called back nothing is left on a disk, neither the content nor the envelopes that brought it",
};

/// An answer rests on what the disk has kept.
pub fn nothing_acknowledged_is_lost(facts: &Facts, us: &Party, asker: Option<&Feed>, answer: &Answer) -> Checked {
    match answer {
        Answer::Released { outcomes, .. } => {
            for (party, outcome) in outcomes {
                let Outcome::Sequenced { feed, index, .. } = outcome else { continue };
                let is_there = facts.sent.get(feed).is_some_and(|sent| sent.get(place(*index)).is_some());
                ACKNOWLEDGED.holds(is_there, &[us, party], || {
                    format!("{us} says that entry {index} to {party} has its place, and it is not on its disk")
                })?;
            }
        }
        Answer::Receipt { bytes, .. } => {
            let next = Receipt::from_bytes(bytes).map_or(u64::MAX, |receipt| receipt.next);
            let held = asker.and_then(|feed| facts.got.get(feed)).map_or(0, |got| count(got));
            // Where two packages share a turn, the first receipt says less than is held at its end.
            let who: Vec<&Party> = asker.map(|feed| &feed.partner).into_iter().chain([us]).collect();
            ACKNOWLEDGED
                .holds(next <= held, &who, || format!("{us} receipts {next} entries, and its disk holds {held}"))?;
        }
        Answer::Cleared { size, entries, .. } => {
            let feed = asker.into_iter().flat_map(|feed| facts.sent.get(feed));
            let kept: u64 = feed.map(|sent| count(sent)).sum();
            ACKNOWLEDGED.holds(*size <= kept, &[us], || {
                format!("{us} signs a feed of {size} entries, sends {}, and its disk holds {kept}", entries.len())
            })?;
        }
        _ => {}
    }
    Ok(())
}

/// Acts, consents, withdrawals and questions take effect once.
pub fn nothing_is_done_twice(facts: &Facts, us: &Party, op: &Op) -> Checked {
    const RULE: Rule = Rule {
        name: "nothing_is_done_twice",
        sentence: "an act, a consent or its withdrawal takes effect once, however often it is sent, and an entry is withdrawn once",
    };
    let is_new = match op {
        Op::Act { signed, .. } => !facts.acts.contains(&digest(&signed.statement)),
        Op::Consent { signed, .. } => !facts.consents.iter().any(|known| known.to_bytes() == signed.statement),
        Op::Standing { signed, .. } => !facts.standing.iter().any(|known| known.to_bytes() == signed.statement),
        Op::Withdraw { feed, index, .. } => {
            let place = usize::try_from(*index).ok();
            let sent = facts.sent.get(feed).zip(place).and_then(|(entries, place)| entries.get(place));
            sent.is_none_or(|sent| sent.withdrawn.is_none())
        }
        _ => true,
    };
    RULE.holds(is_new, &[us], || format!("{us} keeps once more what it has kept: {op:?}"))
}

/// What is on legal hold is kept, whoever calls it back and whoever wants it gone.
pub fn what_is_on_hold_is_kept(facts: &Facts, us: &Party, op: &Op) -> Checked {
    const RULE: Rule =
        Rule { name: "what_is_on_hold_is_kept", sentence: "the content of a record on legal hold is never destroyed" };
    let Op::Erased { originator, record, digest, .. } = op else { return Ok(()) };
    // A content that never came is given up under a hold as well: there is nothing that it could keep.
    let on_hold = facts.holds.contains(&(originator.clone(), record.clone())) && facts.bodies.contains(digest);
    RULE.holds(!on_hold, &[us], || format!("{us} destroys {originator}'s {record}, which is on hold"))
}

/// Content is what its originator signed, also far from it.
pub fn content_is_what_was_signed(truth: &Truth, us: &Party, op: &Op, facts: &Facts) -> Checked {
    const RULE: Rule =
        Rule { name: "content_is_what_was_signed", sentence: "content is kept exactly as its originator signed it" };
    match op {
        Op::Body { digest: name, content } => RULE.holds(digest(content) == *name, &[us], || {
            format!("{us} keeps content under a digest that is not its own")
        }),
        Op::Record(_) => {
            let mut with = facts.clone();
            let read = with.take(us, op);
            let unsigned = with.records.iter().find(|((originator, id), (_, digest))| {
                originator != us && !truth.contents.contains(&(originator.clone(), id.clone(), *digest))
            });
            RULE.holds(read.is_ok() && unsigned.is_none(), &[us], || {
                format!("{us} holds a record that its originator never signed so: {unsigned:?}")
            })
        }
        _ => Ok(()),
    }
}

/// What is kept is what was sealed, signed or decided; it has a meaning.
pub fn what_is_kept_can_be_read(us: &Party, read: Result<(), String>) -> Checked {
    const RULE: Rule = Rule {
        name: "what_is_kept_can_be_read",
        sentence: "a node keeps nothing that it could not read again at its next start",
    };
    read.or_else(|why| RULE.holds(false, &[us], || format!("{us}: {why}")))
}

/// The ledger has one history.
pub fn the_ledger_only_grows(facts: &Facts, us: &Party, op: &Op) -> Checked {
    const RULE: Rule =
        Rule { name: "the_ledger_only_grows", sentence: "a statement of the ledger has the next number, and stays" };
    let Op::Statement { index, .. } = op else { return Ok(()) };
    let next = count(&facts.statements);
    RULE.holds(*index == next, &[us], || format!("{us} makes statement {index}, and statement {next} is due"))
}

/// Nothing that a partner or a disk does brings a node to say that it is itself at fault.
pub fn no_honest_node_fails(us: &Party, answer: &Result<Answer, Failure>) -> Checked {
    const RULE: Rule =
        Rule { name: "no_honest_node_fails", sentence: "no event leaves a node at odds with its own keys and store" };
    match answer {
        Err(Failure::Refused(Refusal::Ours(why))) => RULE.holds(false, &[us], || format!("{us} says: {why}")),
        _ => Ok(()),
    }
}

/// The normal start is the start after a crash: what the disk kept, and nothing else.
pub fn a_restart_changes_nothing(
    facts: &Facts,
    us: &Party,
    started: Result<&Node, &String>,
    reader: Option<&Reader>,
) -> Checked {
    const RULE: Rule = Rule {
        name: "a_restart_changes_nothing",
        sentence: "a node starts again from its store, and knows exactly what its disk had kept",
    };
    let node = match started {
        Ok(node) => node,
        Err(why) => return RULE.holds(false, &[us], || format!("{us} does not start: {why}")),
    };
    for (feed, size, acknowledged) in node.outgoing() {
        let kept = (
            facts.sent.get(feed).map_or(0, |sent| count(sent)),
            facts.acknowledged.get(feed).copied().unwrap_or_default(),
        );
        RULE.holds((size, acknowledged) == kept, &[us, &feed.partner], || {
            format!("{us} knows {size} entries to {}, {acknowledged} of them receipted; kept: {kept:?}", feed.partner)
        })?;
    }
    for (feed, size) in node.incoming() {
        let kept = facts.got.get(feed).map_or(0, |got| count(got));
        RULE.holds(size == kept, &[us, &feed.partner], || {
            format!("{us} knows {size} entries of {}; kept: {kept}", feed.partner)
        })?;
    }
    let standing = node.standing_consents().count();
    RULE.holds(standing == facts.standing.len(), &[us], || {
        format!("{us} knows {standing} standing consents; kept: {}", facts.standing.len())
    })?;
    let Some(reader) = reader else { return ACKNOWLEDGED.holds(false, &[us], || format!("{us} has no disk")) };
    is_on_disk(facts, us, reader)
}

/// Everything that was kept can be read back.
fn is_on_disk(facts: &Facts, us: &Party, reader: &Reader) -> Checked {
    let broken = |error: entente_store::StoreError| ACKNOWLEDGED.holds(false, &[us], || format!("{us}: {error}"));
    for (feed, sent) in &facts.sent {
        let kept: Vec<_> = sent.iter().map(|sent| sent.leaf).collect();
        let leaves = match reader.leaves(feed, 0, count(&kept) + 1) {
            Ok(leaves) => leaves,
            Err(error) => return broken(error),
        };
        ACKNOWLEDGED.holds(leaves == kept, &[us, &feed.partner], || {
            format!("the feed of {us} to {} is on disk with {} entries", feed.partner, leaves.len())
        })?;
    }
    for (feed, got) in &facts.got {
        let rows = match reader.incoming(feed, 0, ALL) {
            Ok(rows) => rows,
            Err(error) => return broken(error),
        };
        let same = rows.iter().map(|row| row.leaf).eq(got.iter().map(|got| got.leaf));
        ACKNOWLEDGED.holds(same, &[us, &feed.partner], || {
            format!("the feed of {} to {us} is on disk with {} entries", feed.partner, rows.len())
        })?;
    }
    let statements: Vec<_> = match reader.statements(0, ALL) {
        Ok(statements) => statements.iter().map(|text| digest(text.as_bytes())).collect(),
        Err(error) => return broken(error),
    };
    ACKNOWLEDGED.holds(statements == facts.statements, &[us], || {
        format!("{us} made {} statements; {} are on disk, or others", facts.statements.len(), statements.len())
    })?;
    let acts: BTreeSet<_> = match reader.acts() {
        Ok(acts) => acts.iter().map(|signed| digest(&signed.statement)).collect(),
        Err(error) => return broken(error),
    };
    ACKNOWLEDGED.holds(facts.acts.iter().all(|act| acts.contains(act)), &[us], || format!("{us} has lost an act"))?;
    for ((originator, id), (_, name)) in &facts.records {
        let body = match reader.content(name).and_then(|body| body.as_ref().map(digest_of).transpose()) {
            Ok(body) => body,
            Err(error) => return broken(error),
        };
        let is_kept = facts.bodies.contains(name);
        ACKNOWLEDGED.holds(body == Some(*name) || !is_kept, &[us], || {
            format!("{us} has lost the content of {originator}'s {id}")
        })?;
        let rows = facts.got.keys().map(|feed| reader.incoming(feed, 0, ALL));
        let named = Some((originator.to_string(), id.to_string()));
        let mut brought = rows.flatten().flatten().filter(|row| row.record == named);
        let is_gone = body.is_none() && brought.all(|row| row.envelope.is_none());
        let key = (originator.clone(), id.clone());
        let must_go = originator != us && facts.recalls.is_called_back(&key) && !facts.holds.contains(&key);
        GONE.holds(is_gone || !must_go, &[us], || format!("{us} still has something of {originator}'s {id}"))?;
    }
    Ok(())
}
