//! What leaves is permitted at that moment: decided here once more, from outside, on what the sender's disk has kept.

use entente_core::{
    Party, Record, RecordId,
    agreement::clause::Action,
    decide::{Request, decide},
    record::Onward,
    time::Timestamp,
    world::{Agreements, Approval, Consent, NationalRules, World},
};
use entente_formats::wire::Entry;
use entente_node::{Feed, consent, sequenced::About, standing};

use super::{Checked, Rule};
use crate::facts::{Facts, place};

/// What leaves, when, and by which texts and rules.
pub struct Leaving<'a> {
    /// Who sends it.
    pub us: &'a Party,
    /// The agreements as they stand at the sender.
    pub agreements: &'a Agreements,
    /// The sender's rules.
    pub national: &'a NationalRules,
    /// The sender's clock.
    pub now: Timestamp,
    /// The feed.
    pub feed: &'a Feed,
    /// The index of the first entry.
    pub start: u64,
    /// The entries that the node has cleared.
    pub entries: &'a [Entry],
}

/// Every body that leaves is permitted by the world as it is when it leaves.
pub fn nothing_unpermitted_leaves(facts: &Facts, leaving: &Leaving<'_>) -> Checked {
    const RULE: Rule = Rule {
        name: "nothing_unpermitted_leaves",
        sentence: "a body leaves only when the decision permits it at that moment, under all that it was given under",
    };
    permitted(RULE, facts, leaving)
}

/// Every piece of a large content as well, each at its own moment.
pub fn no_piece_leaves_unpermitted(facts: &Facts, leaving: &Leaving<'_>) -> Checked {
    const RULE: Rule = Rule {
        name: "no_piece_leaves_unpermitted",
        sentence: "a piece of a large content leaves only when the decision permits it at that moment",
    };
    permitted(RULE, facts, leaving)
}

fn permitted(rule: Rule, facts: &Facts, leaving: &Leaving<'_>) -> Checked {
    let Leaving { us, now, feed, start, entries, .. } = leaving;
    for (index, entry) in (*start..).zip(*entries) {
        let sent = facts.sent.get(feed).and_then(|sent| sent.get(place(index)));
        let (Entry::Envelope(_), who) = (entry, [*us, &feed.partner]) else { continue };
        let Some(sent) = sent else {
            return rule.holds(false, &who, || format!("entry {index} leaves {us} and was never kept"));
        };
        rule.holds(sent.withdrawn.is_none(), &who, || format!("entry {index} leaves {us} although it is withdrawn"))?;
        let expired = sent.expires.is_some_and(|expires| expires < now.as_second());
        rule.holds(!expired, &who, || format!("entry {index} leaves {us} although it has expired"))?;
        let Some(about) = &sent.about else { continue };
        if let Err(why) = is_permitted(facts, leaving, index, about) {
            let About { originator, record, .. } = about;
            let what =
                || format!("entry {index}, about {record} of {originator}, leaves {us} for {}: {why}", feed.partner);
            return rule.holds(false, &who, what);
        }
    }
    Ok(())
}

/// `Err` says what stands against it.
fn is_permitted(facts: &Facts, leaving: &Leaving<'_>, index: u64, about: &About) -> Result<(), String> {
    let key = (Party::from(about.originator.as_str()), RecordId::from(about.record.as_str()));
    let Some((record, _)) = facts.records.get(&key) else { return Err("it is not held".to_owned()) };
    if let Some(why) = facts.recalls.stands_against(record, leaving.feed, index) {
        return Err(why);
    }
    let record = &facts.recalls.relabelled(record);
    let under: Vec<_> = about.under.iter().map(|id| id.as_str().into()).collect();
    let (consents, approvals) = (consents(facts, leaving.us, record), approvals(facts, leaving.us, record));
    let Leaving { us, agreements, national, now, feed, .. } = *leaving;
    let world = World { agreements, national, consents: &consents, approvals: &approvals };
    let request = Request {
        record,
        from: us,
        to: &feed.partner,
        action: Action::Release,
        purpose: &about.purpose.as_str().into(),
        channel: &about.channel.as_str().into(),
        at: now,
        under: (!under.is_empty()).then_some(under.as_slice()),
    };
    let decision = decide(&world, &request);
    let Some(granted) = decision.granted() else {
        return Err(decision.blocked.iter().map(|block| block.reason.code()).collect::<Vec<_>>().join(", "));
    };
    match under.iter().find(|id| !granted.usable().contains(id)) {
        Some(id) => Err(format!("{id} does not carry it any more")),
        None => Ok(()),
    }
}

/// The record and what it was made from.
fn family(record: &Record) -> impl Iterator<Item = &Record> {
    std::iter::once(record).chain(record.sources())
}

/// The consents that `us` may rely on: single ones for this content, standing ones whose giver does not want to be asked.
fn consents(facts: &Facts, us: &Party, record: &Record) -> Vec<Consent> {
    let counts = |by: &String, holder: &String, number: [u8; 16]| {
        !facts.withdrawn.contains(&(by.clone(), holder.clone(), number))
    };
    let single = facts.consents.iter().filter(|given| {
        let question = &given.question;
        let key = (Party::from(question.originator.as_str()), RecordId::from(question.record.as_str()));
        let is_this_content = facts.records.get(&key).is_some_and(|(_, digest)| *digest == question.digest);
        let is_family = family(record).any(|member| (&member.originator, &member.id) == (&key.0, &key.1));
        is_this_content && is_family && counts(&given.by, &given.asked_by, question.request)
    });
    let standing = facts.standing.iter().filter(|given| {
        let mut hops = family(record).flat_map(|member| &member.custody);
        let wants_to_be_asked = hops.any(|hop| hop.from.as_str() == given.by && hop.onward == Onward::Ask);
        given.holder == us.as_str() && !wants_to_be_asked && counts(&given.by, &given.holder, given.number)
    });
    single.map(consent::meaning).chain(standing.filter_map(|given| standing::meaning(given).ok())).collect()
}

fn approvals(facts: &Facts, us: &Party, record: &Record) -> Vec<Approval> {
    let is_family = |originator: &str, id: &str| {
        family(record).any(|member| member.originator.as_str() == originator && member.id.as_str() == id)
    };
    let meant = facts.approvals.iter().filter(|approval| is_family(&approval.originator, &approval.record));
    let approvals = meant.map(|approval| Approval {
        by: us.clone(),
        record: approval.record.as_str().into(),
        to: approval.to.as_str().into(),
        action: approval.action(),
    });
    approvals.collect()
}
