//! What another wording would change: for each ordered pair of parties, what becomes possible and what no longer is, who
//! may be given it onward, and which duties come and go.
//!
//! Both texts are put, one after the other, into the same world, and the judgement is asked the same requests in both.
//! How the words of the clauses differ is not looked at here. The key type is [`PairChange`].

use std::collections::{BTreeMap, BTreeSet};

use super::{
    MAXIMUM_REQUESTS, TooMany,
    area::{Area, areas},
    matrix::cited,
    ordered_pairs,
    probe::{Point, Probe, Reach},
    vocabulary::Vocabulary,
};
use crate::{
    AgreementId, Level, Party,
    agreement::{
        Act, ActKind, Actor, Agreement,
        clause::{Action, Citation},
    },
    decide::{Block, Decision, Duty, Verdict},
    time::{Date, Timestamp, day_of},
    world::{Agreements, NationalRules, World},
};

/// How far what was given may be handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HandOn {
    /// Not at all, whoever consents.
    No,
    /// Only where somebody else consents.
    WithConsent,
    /// Without asking, up to this level; none when for national terms alone.
    Freely(Option<Level>),
}

/// One way of handing on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Onward {
    /// To whom, where the label lists that party.
    pub to: Party,
    /// What that party gets.
    pub action: Action,
    /// Whether for another purpose than the one that it was given for.
    pub for_another_purpose: bool,
}

/// What one party may give another in one of the two worlds.
#[derive(Clone, Debug)]
pub struct Side {
    /// The highest level; none when nothing is possible, or national terms alone.
    pub ceiling: Option<Level>,
    /// Everything that is possible.
    pub areas: Vec<Area>,
    /// The equivalence clauses that this rests on.
    pub cover: BTreeSet<Citation>,
    /// How the recipient may hand on what it was given.
    pub onward: BTreeMap<Onward, HandOn>,
    /// What the recipient owes.
    pub duties: Vec<Duty>,
    /// What is not possible here and is in the other world: what blocks it first, once for each code and citation.
    pub because: Vec<Block>,
}

/// What the second text changes between two parties.
#[derive(Clone, Debug)]
pub struct PairChange {
    /// The holder.
    pub from: Party,
    /// The recipient.
    pub to: Party,
    /// With the first text.
    pub before: Side,
    /// With the second.
    pub after: Side,
    /// What becomes possible.
    pub newly: Vec<Area>,
    /// What no longer is.
    pub no_longer: Vec<Area>,
}

impl PairChange {
    /// The ways of handing on that differ: before, and after. Nothing differs where one side gives nothing at all.
    pub fn onward(&self) -> Vec<(&Onward, HandOn, HandOn)> {
        let both =
            self.before.onward.iter().filter_map(|(way, before)| Some((way, *before, *self.after.onward.get(way)?)));
        both.filter(|(_, before, after)| before != after).collect()
    }

    /// The duties of the second text that the first has not.
    pub fn duties_gained(&self) -> Vec<&Duty> {
        beyond(&self.after.duties, &self.before.duties)
    }

    /// The duties of the first text that the second has not.
    pub fn duties_lost(&self) -> Vec<&Duty> {
        beyond(&self.before.duties, &self.after.duties)
    }

    /// Whether nothing differs.
    pub fn is_unchanged(&self) -> bool {
        self.newly.is_empty()
            && self.no_longer.is_empty()
            && self.onward().is_empty()
            && self.duties_gained().is_empty()
            && self.duties_lost().is_empty()
    }
}

/// The duties that ask for something that none of `others` asks for, wherever it stands.
fn beyond<'a>(duties: &'a [Duty], others: &[Duty]) -> Vec<&'a Duty> {
    duties.iter().filter(|duty| others.iter().all(|other| other.kind != duty.kind)).collect()
}

/// `text` as if it were in force for all its parties since `day`: what its words allow, whatever was done about it.
#[must_use]
pub fn as_if_in_force(mut text: Agreement, day: Date) -> Agreement {
    let kind = ActKind::EnteredIntoForce;
    // Who was admitted is one of them.
    text.acts.retain(|act| act.admits.is_some() && act.date <= day);
    text.acts.push(Act { by: Actor::All, date: day, kind, article: None, admits: None, disputed_by: Vec::new() });
    text
}

/// What is compared, and on what.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// The first text.
    pub before: &'a Agreement,
    /// The second, in its place.
    pub after: &'a Agreement,
    /// The other agreements; what bears the id of either text is left out.
    pub others: &'a Agreements,
    /// National rules.
    pub national: &'a NationalRules,
    /// When.
    pub at: Timestamp,
}

impl Comparison<'_> {
    /// One change for each ordered pair of the parties of either text.
    ///
    /// # Errors
    /// When that would take too many requests.
    pub fn run(&self) -> Result<Vec<PairChange>, TooMany> {
        let worlds = [self.world(self.before), self.world(self.after)];
        // Each world has the other texts too; what stands twice tells no more words apart.
        let vocabulary = Vocabulary::of(worlds.iter().flat_map(BTreeMap::values), self.national);
        let day = day_of(self.at);
        let known: BTreeSet<&Party> = worlds
            .iter()
            .flat_map(BTreeMap::values)
            .flat_map(|agreement| agreement.parties_on(day))
            .chain(self.national.keys())
            .collect();
        let parties = [self.before, self.after].into_iter().flat_map(|text| text.parties_on(day));
        let parties: BTreeSet<Party> = parties.cloned().collect();
        let pairs = ordered_pairs(&parties);

        // Both worlds; each release is then followed to each third party, by both actions, for both purposes.
        let each = vocabulary.size().saturating_mul(worlds.len() * (1 + 2 * known.len()));
        let requests = pairs.len().saturating_mul(each);
        if requests > MAXIMUM_REQUESTS {
            return Err(TooMany { requests });
        }
        let [before, after] = &worlds;
        let probes = [(before, self.before), (after, self.after)].map(|(agreements, text)| {
            let world = World { agreements, national: self.national, consents: &[], approvals: &[] };
            (Probe { world, vocabulary: &vocabulary, at: self.at, actions: &Vocabulary::ACTIONS }, &text.id)
        });
        Ok(pairs.into_iter().map(|(from, to)| change(&probes, from, to, &known)).collect())
    }

    fn world(&self, text: &Agreement) -> Agreements {
        let mut world = self.others.clone();
        world.remove(&self.before.id);
        world.remove(&self.after.id);
        world.insert(text.id.clone(), text.clone());
        world
    }
}

fn change(probes: &[(Probe<'_>, &AgreementId); 2], from: &Party, to: &Party, known: &BTreeSet<&Party>) -> PairChange {
    let [first, second] = probes;
    let (before, after) = (first.0.reach(from, to, None), second.0.reach(from, to, None));
    PairChange {
        from: from.clone(),
        to: to.clone(),
        newly: areas(beyond_reach(&after, &before)),
        no_longer: areas(beyond_reach(&before, &after)),
        before: side(first, from, to, &before, &after, known),
        after: side(second, from, to, &after, &before, known),
    }
}

/// The points that `reach` permits and `other`, asked the same, does not.
fn beyond_reach<'a>(reach: &'a Reach, other: &'a Reach) -> impl Iterator<Item = &'a Point> {
    let both = reach.answers.iter().zip(&other.answers);
    both.filter(|((_, here), (_, there))| permits(here) && !permits(there)).map(|((point, _), _)| point)
}

fn permits(decision: &Decision) -> bool {
    decision.verdict() == Verdict::Permit
}

fn side(
    (probe, text): &(Probe<'_>, &AgreementId),
    from: &Party,
    to: &Party,
    reach: &Reach,
    other: &Reach,
    known: &BTreeSet<&Party>,
) -> Side {
    let mut side = Side {
        ceiling: reach.ceiling(),
        areas: areas(reach.permitted().map(|(point, _)| point)),
        cover: cited(reach),
        onward: BTreeMap::new(),
        duties: Vec::new(),
        because: Vec::new(),
    };
    for ((_, here), (_, there)) in reach.answers.iter().zip(&other.answers) {
        let first = here.blocked.first().filter(|_| permits(there));
        let is_new = |block: &&Block| {
            side.because.iter().all(|known| {
                (known.reason.code(), &known.agreement, &known.clause)
                    != (block.reason.code(), &block.agreement, &block.clause)
            })
        };
        side.because.extend(first.filter(is_new).cloned());
    }
    for (point, decision) in reach.permitted() {
        // Of several texts that would do it is given under the one that is compared.
        let mut under = decision.usable.clone();
        if under.contains(text) {
            under.retain(|id| id == *text);
        }
        let owed = decision.duties.iter().filter(|duty| under.contains(&duty.agreement) && !side.duties.contains(duty));
        let owed: Vec<Duty> = owed.cloned().collect();
        side.duties.extend(owed);
        // Only what was given can be handed on; a display leaves nothing behind.
        if point.action != Action::Release {
            continue;
        }
        for third in known.iter().filter(|third| ***third != *from && ***third != *to) {
            for action in Vocabulary::ACTIONS {
                for for_another_purpose in [false, true] {
                    let onward_point = Point { action, ..point.clone() };
                    let decision = probe.onward(&onward_point, [from, to, third], &under, for_another_purpose);
                    let way = Onward { to: (*third).clone(), action, for_another_purpose };
                    let best = side.onward.entry(way).or_insert(HandOn::No);
                    *best = (*best).max(hand_on(&decision, point));
                }
            }
        }
    }
    side
}

fn hand_on(decision: &Decision, point: &Point) -> HandOn {
    match decision.verdict() {
        Verdict::Permit => HandOn::Freely(point.level()),
        Verdict::Deny if decision.cures.is_empty() => HandOn::No,
        Verdict::Deny => HandOn::WithConsent,
    }
}
