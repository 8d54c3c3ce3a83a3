//! Large contents: whole or not there, given on only when they are whole, and both ends of one mind at the end.

use std::collections::BTreeSet;

use entente_core::Party;
use entente_formats::wire::ContentOutcome;
use entente_node::{
    Answer, Feed, Op, Refusal,
    content::{ContentEnd, OfferedContent},
    event::Outcome,
};
use entente_store::{Content, StoreError};
use sha2::{Digest, Sha256};

use super::{Checked, Rule};
use crate::{
    contents::End,
    disk::Disk,
    facts::{Facts, Truth, place},
    recalls::Key,
};

/// SHA-256 of a content, read as whoever shows it reads it.
pub(super) fn digest_of(content: &Content) -> Result<[u8; 32], StoreError> {
    let (mut hash, mut chunk) = (Sha256::new(), Vec::<u8>::new().into());
    for index in 0..content.chunks() {
        content.read(index, &mut chunk)?;
        hash.update(&*chunk);
    }
    Ok(hash.finalize().into())
}

/// What a disk says that it holds is what was signed, in a file that no crash takes away.
pub fn a_content_is_held_whole(facts: &Facts, us: &Party, disk: &Disk) -> Checked {
    const RULE: Rule = Rule {
        name: "a_content_is_held_whole",
        sentence: "a large content counts as held only when exactly what was signed is in a file that is synced",
    };
    for (digest, (file, length)) in &facts.contents.files {
        let read = disk.reader().and_then(|reader| reader.unlisted(file, *length).ok());
        let is_it = read.and_then(|content| digest_of(&content).ok()).is_some_and(|found| found == *digest);
        let is_synced = disk.is_synced(file);
        RULE.holds(is_it && is_synced, &[us], || {
            format!("{us} holds a content of {length} bytes; what was signed: {is_it}, synced: {is_synced}")
        })?;
    }
    Ok(())
}

/// A record whose content is on its way is given to nobody.
pub fn nobody_gives_on_what_is_arriving(
    facts: &Facts,
    us: &Party,
    key: &Key,
    answer: &Result<Answer, Refusal>,
) -> Checked {
    const RULE: Rule = Rule {
        name: "nobody_gives_on_what_is_arriving",
        sentence: "a record whose content is still on its way is given to nobody",
    };
    let Ok(Answer::Released { outcomes, .. }) = answer else { return Ok(()) };
    let is_here = facts.records.get(key).is_some_and(|(_, digest)| facts.bodies.contains(digest));
    let mut given = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Sequenced { .. }));
    let to = given.next().filter(|_| !is_here && facts.contents.is_awaited(key));
    RULE.holds(to.is_none(), &[us], || {
        let to = to.map_or("nobody", |(to, _)| to.as_str());
        format!("{us} gives {} to {to}, and has not got its content", key.1)
    })
}

/// A content is awaited until it is here, or its sender has signed that it gives it no longer; and that is said once.
pub fn a_content_ends_as_it_was(truth: &Truth, facts: &Facts, us: &Party, op: &Op) -> Checked {
    const RULE: Rule = Rule {
        name: "a_content_ends_as_it_was",
        sentence: "a content that was awaited ends once: held when it is here, withdrawn when its sender has withdrawn it",
    };
    let (feed, index) = match op {
        Op::ContentSettled { feed, index, .. } | Op::ContentTold { feed, index } => (feed, index),
        _ => return Ok(()),
    };
    let (who, awaited) = ([us, &feed.partner], facts.contents.awaited.get(&(feed.clone(), *index)));
    let is_right = match (op, awaited) {
        (Op::ContentSettled { end, withdrawal, .. }, Some(awaited)) => {
            let is_withdrawn = || {
                let Some(sender) = truth.number(&feed.partner).filter(|sender| may_be_asked(truth, *sender)) else {
                    return true;
                };
                let back = Feed { partner: us.clone(), lane: feed.lane };
                let sent = truth.facts.get(sender).and_then(|facts| facts.sent.get(&back)?.get(place(*index)));
                sent.is_some_and(|sent| sent.withdrawn.is_some())
            };
            let fits = match end {
                ContentEnd::Held => facts.bodies.contains(&awaited.content.digest),
                ContentEnd::Refused => !truth.is_honest_party(&feed.partner),
                ContentEnd::Withdrawn => withdrawal.is_some() && is_withdrawn(),
            };
            fits && awaited.end.is_none()
        }
        (_, Some(awaited)) => {
            awaited.end.is_some_and(|end| end != End::Settled(ContentEnd::Withdrawn)) && !awaited.is_told
        }
        (_, None) => false,
    };
    RULE.holds(is_right, &who, || {
        format!(
            "{us} ends the content of entry {index} of {}: {op:?}, after {:?}",
            feed.partner,
            awaited.map(|it| it.end)
        )
    })
}

/// What an honest partner says of a content is what its disk has kept.
pub fn what_is_said_of_a_content_is_so(truth: &Truth, us: &Party, op: &Op) -> Checked {
    const RULE: Rule = Rule {
        name: "what_is_said_of_a_content_is_so",
        sentence: "who has said that a content is held, or not what was signed, has it on its disk so",
    };
    let Op::ContentSaid { feed, index, outcome, .. } = op else { return Ok(()) };
    let Some(number) = truth.number(&feed.partner).filter(|number| may_be_asked(truth, *number)) else { return Ok(()) };
    let back = Feed { partner: us.clone(), lane: feed.lane };
    let awaited = truth.facts.get(number).and_then(|facts| facts.contents.awaited.get(&(back, *index)));
    let is_so = awaited.is_some_and(|awaited| said(awaited.end) == Some(*outcome));
    RULE.holds(is_so, &[us, &feed.partner], || {
        let end = awaited.map(|awaited| awaited.end);
        format!("{} says `{}` of the content of entry {index}; it has: {end:?}", feed.partner, outcome.as_str())
    })
}

fn said(end: Option<End>) -> Option<ContentOutcome> {
    match end? {
        End::Settled(ContentEnd::Held) => Some(ContentOutcome::Held),
        End::Settled(ContentEnd::Refused) => Some(ContentOutcome::Refused),
        End::Settled(ContentEnd::Withdrawn) | End::Erased => None,
    }
}

/// A piece goes to the one to whom its content was released, and to nobody else.
pub fn a_piece_goes_to_whom_it_is_for(
    facts: &Facts,
    us: &Party,
    to: Option<&Party>,
    content: &OfferedContent,
) -> Checked {
    const RULE: Rule = Rule {
        name: "a_piece_goes_to_whom_it_is_for",
        sentence: "a piece of a content leaves only for the partner to whom its entry was offered",
    };
    let feed = &content.feed;
    let offered = facts.contents.offered.get(&(feed.clone(), content.index));
    let is_offered = facts.offered.get(feed).is_some_and(|offered| content.index < *offered);
    let fits = offered.is_some_and(|offered| offered.content == *content) && to == Some(&feed.partner) && is_offered;
    RULE.holds(fits, &[us, &feed.partner], || {
        format!("{us} gives a piece to {to:?} of what entry {} to {} refers to", content.index, feed.partner)
    })
}

/// A start finds no file that nobody speaks of, and none is missing that somebody does.
pub fn no_file_is_left_behind(facts: &Facts, us: &Party, disk: &Disk) -> Checked {
    const RULE: Rule = Rule {
        name: "no_file_is_left_behind",
        sentence: "after a start there are the files of contents that are held, and of those that are arriving, and no others",
    };
    let there = disk.files();
    let held: BTreeSet<_> = facts.contents.files.values().map(|(file, _)| *file).collect();
    let row = |feed: &Feed, index| disk.reader().and_then(|reader| reader.awaited_content(feed, index).ok()?);
    let arriving = facts.contents.open().filter_map(|content| Some(row(&content.feed, content.index)?.file));
    let known: BTreeSet<_> = arriving.chain(held.iter().copied()).collect();
    let (left, lost) = (there.difference(&known).count(), held.difference(&there).count());
    RULE.holds(left == 0 && lost == 0, &[us], || {
        format!("{us} has {left} files of which nobody speaks, and {lost} are missing")
    })
}

/// Whether a party's disk still says what it has said: no liar's, and none that went back to a back-up.
fn may_be_asked(truth: &Truth, number: usize) -> bool {
    truth.is_honest(number) && !truth.mended.contains(&number)
}

/// When the trouble is over nobody waits for a content any more, and its sender knows how it ended.
pub fn every_content_comes_to_an_end(truth: &Truth) -> Checked {
    const RULE: Rule = Rule {
        name: "every_content_comes_to_an_end",
        sentence: "once all is well again, every content that was awaited is held, withdrawn or destroyed, and both ends say the same",
    };
    for (number, (us, facts)) in truth.parties.iter().zip(&truth.facts).enumerate() {
        for ((feed, index), awaited) in &facts.contents.awaited {
            let sender = truth.number(&feed.partner).filter(|sender| truth.is_honest(*sender));
            let Some(sender) = sender.filter(|_| truth.is_honest(number)) else { continue };
            let back = (Feed { partner: us.clone(), lane: feed.lane }, *index);
            let theirs = truth.facts.get(sender);
            let offered = theirs.and_then(|facts| facts.contents.offered.get(&back));
            let sent = theirs.and_then(|facts| facts.sent.get(&back.0)?.get(place(*index)));
            let fits = match awaited.end {
                None => false,
                Some(End::Settled(ContentEnd::Withdrawn)) => sent.is_some_and(|sent| sent.withdrawn.is_some()),
                // What it had and said before it went back to a back-up was so.
                Some(End::Erased) if truth.mended.contains(&number) => true,
                end => offered.is_some_and(|offered| offered.said == said(end)),
            };
            RULE.holds(fits, &[us, &feed.partner], || {
                let says = offered.map(|offered| offered.said);
                format!(
                    "the content of entry {index} of {}'s {} feed ended at {us} so: {:?}; its sender knows: {says:?}",
                    feed.partner,
                    feed.lane.as_str(),
                    awaited.end
                )
            })?;
        }
    }
    Ok(())
}
