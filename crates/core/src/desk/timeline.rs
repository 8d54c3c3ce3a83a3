//! How the status of an agreement came about and what is due next, in each party's view: acts, terms, renewals, notices
//! and their effects, in order.
//!
//! It looks at the [fold](crate::agreement::fold) day by day where something happens, and says what changed; what an act
//! does it does not know. The key type is [`Entry`].

use std::collections::BTreeMap;

use crate::{
    Party,
    agreement::{Act, ActKind, Actor, Agreement, Between, Standing, View},
    time::{Date, Period},
};

/// No more entries than this are made of one text.
pub const MAXIMUM_ENTRIES: usize = 10_000;

/// Something that happens on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A party acted.
    Act {
        /// The act.
        act: Act,
        /// What it did to the view of those who did it.
        effect: Effect,
    },
    /// A term ended, and the next one began.
    Renewed {
        /// The first day of the term after that.
        until: Date,
    },
    /// A term ended, and no other began.
    Lapsed,
    /// A notice took effect.
    NoticeTookEffect {
        /// The day on which it was given.
        given: Date,
    },
}

/// What an act changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It stands otherwise since.
    Stands(Standing),
    /// A notice runs since, to this day.
    NoticeRuns(Date),
    /// A notice no longer runs, that would have taken effect on this day.
    NoticeEnds(Date),
    /// All have admitted the candidate since: it is a party from this day.
    Admits,
    /// Nothing: not by itself, or not at that time.
    Nothing,
}

/// Something that happens on a day, in the view of some parties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The day.
    pub date: Date,
    /// In whose view, in order.
    pub parties: Vec<Party>,
    /// What.
    pub what: What,
    /// How it stands in their view at the end of the day.
    pub standing: Standing,
}

/// How it stands between two parties from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The day.
    pub date: Date,
    /// The pairs, in order.
    pub pairs: Vec<(Party, Party)>,
    /// How it stands between them.
    pub between: Between,
}

/// Something that is due, or will happen when nobody acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The day.
    pub date: Date,
    /// For whom, in order.
    pub parties: Vec<Party>,
    /// What.
    pub due: Due,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// The last day on which a notice ends it with the running term.
    LastNotice {
        /// The first day after the term.
        term_ends: Date,
    },
    /// A notice given on the day that is asked about would take effect.
    NoticeNow {
        /// That day.
        given: Date,
    },
    /// The last day on which a running notice can be cancelled.
    LastCancellation,
    /// A running notice takes effect.
    NoticeTakesEffect,
    /// A new term begins.
    Renewal,
    /// The last term ends.
    Lapse,
}

/// What happened to one agreement, in order of days; entries and turns up to `until`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// What happened.
    pub entries: Vec<Entry>,
    /// Where it began to stand otherwise between parties.
    pub turns: Vec<Turn>,
    /// Whether there would be more than [`MAXIMUM_ENTRIES`].
    pub is_cut: bool,
}

/// What happened to `agreement` from `from` to `until`, both days included.
pub fn timeline(agreement: &Agreement, from: Date, until: Date) -> Timeline {
    let mut is_cut = false;
    let mut days: BTreeMap<Date, Vec<Entry>> = BTreeMap::new();
    for party in agreement.parties_on(until) {
        let happened = in_view(agreement, party, until);
        is_cut |= happened.len() >= MAXIMUM_ENTRIES;
        for entry in happened.into_iter().filter(|entry| entry.date >= from) {
            let day = days.entry(entry.date).or_default();
            // What is the same for several parties is said once; an act that a party repeats is not.
            let same = day.iter_mut().find(|known| {
                known.what == entry.what && known.standing == entry.standing && !known.parties.contains(party)
            });
            match same {
                Some(known) => known.parties.push(party.clone()),
                None => day.push(entry),
            }
        }
    }
    let turns = turns(agreement, (from, until), days.keys().copied());
    Timeline { entries: days.into_values().flatten().collect(), turns, is_cut }
}

/// What happened in the view of one party, up to `until`.
fn in_view(agreement: &Agreement, party: &Party, until: Date) -> Vec<Entry> {
    // Of who was admitted, from the day on which it was.
    let is_own = |act: &Act| act.by.includes(party) && agreement.has_party(party, act.date);
    let mut acts: Vec<&Act> = agreement.acts.iter().filter(|act| is_own(act) && act.date <= until).collect();
    acts.sort_by_key(|act| act.date); // as the fold does
    // The text with the acts that have happened so far, so that each act is seen to do what it does. Who is a party is no
    // matter of one view: the admissions are there from the start.
    let admissions = agreement.acts.iter().filter(|act| act.admits.is_some()).cloned().collect();
    let mut past = Agreement { acts: admissions, ..agreement.clone() };
    let mut entries: Vec<Entry> = Vec::new();
    let mut day = Date::MIN;
    let mut coming = acts.into_iter().peekable();
    while entries.len() < MAXIMUM_ENTRIES {
        let by_itself = next_by_itself(&past.view(party, day)).filter(|(date, _)| *date <= until);
        let what = match (by_itself, coming.peek()) {
            // What ends on a day has ended before the acts of that day.
            (Some((date, given)), act) if act.is_none_or(|act| date <= act.date) => {
                day = date;
                let view = past.view(party, day);
                match (given, view.term_ends) {
                    (Some(given), _) => What::NoticeTookEffect { given },
                    (None, Some(until)) => What::Renewed { until },
                    (None, None) => What::Lapsed,
                }
            }
            (_, Some(_)) => {
                let Some(act) = coming.next().cloned() else { break };
                day = act.date;
                let effect = match &act.admits {
                    Some(candidate) if joins(agreement, candidate, day) => Effect::Admits,
                    Some(_) => Effect::Nothing,
                    None => {
                        let before = state(&past.view(party, day));
                        past.acts.push(act.clone());
                        effect(before, state(&past.view(party, day)))
                    }
                };
                What::Act { act, effect }
            }
            _ => break,
        };
        entries.push(Entry { date: day, parties: vec![party.clone()], what, standing: past.view(party, day).standing });
    }
    let mut end_of_day: Option<(Date, Standing)> = None;
    for entry in entries.iter_mut().rev() {
        match end_of_day {
            Some((date, standing)) if date == entry.date => entry.standing = standing,
            _ => end_of_day = Some((entry.date, entry.standing)),
        }
    }
    entries
}

/// When a view changes next if nobody acts, and the day of the notice that changes it, if it is one.
fn next_by_itself(view: &View<'_>) -> Option<(Date, Option<Date>)> {
    let notice = view.notice.map(|notice| (notice.effect, Some(notice.act.date)));
    let term = view.term_ends.map(|end| (end, None));
    // What a notice ends on the last day of a term is ended by the notice.
    [notice, term].into_iter().flatten().min_by_key(|(date, _)| *date)
}

/// Of a view what an act can change: how it stands, by what, and when a notice would take effect.
type State = (Standing, Option<Date>, Option<Date>);

fn state(view: &View<'_>) -> State {
    (view.standing, view.since, view.notice.map(|notice| notice.effect))
}

fn effect(before: State, after: State) -> Effect {
    match (before.2, after.2) {
        _ if (before.0, before.1) != (after.0, after.1) => Effect::Stands(after.0),
        (None, Some(date)) => Effect::NoticeRuns(date),
        (Some(date), None) => Effect::NoticeEnds(date),
        _ => Effect::Nothing,
    }
}

/// Whether `candidate` becomes a party on `day`.
fn joins(agreement: &Agreement, candidate: &Party, day: Date) -> bool {
    let was_one = day.yesterday().is_ok_and(|eve| agreement.has_party(candidate, eve));
    agreement.has_party(candidate, day) && !was_one
}

/// Every pair of the parties of `day` once, the first named by the text, or admitted, first.
fn pairs(agreement: &Agreement, day: Date) -> Vec<(&Party, &Party)> {
    let parties = agreement.parties_on(day);
    let with_later = |(at, one)| parties.iter().skip(at + 1).map(move |other| (one, *other));
    parties.iter().copied().enumerate().flat_map(with_later).collect()
}

fn turns(agreement: &Agreement, (from, until): (Date, Date), days: impl Iterator<Item = Date>) -> Vec<Turn> {
    let eve = from.yesterday().unwrap_or(from);
    let pairs = pairs(agreement, until);
    let mut last: Vec<Between> = pairs.iter().map(|(one, other)| agreement.between(one, other, eve)).collect();
    let mut turns: Vec<Turn> = Vec::new();
    for date in days {
        for ((one, other), known) in pairs.iter().zip(&mut last) {
            let between = agreement.between(one, other, date);
            if between == *known {
                continue;
            }
            *known = between;
            let pair = (Party::clone(one), Party::clone(other));
            match turns.iter_mut().rev().take_while(|turn| turn.date == date).find(|turn| turn.between == between) {
                Some(turn) => turn.pairs.push(pair),
                None => turns.push(Turn { date, pairs: vec![pair], between }),
            }
        }
    }
    turns
}

/// What is due from the day `at` on, in order of days.
pub fn deadlines(agreement: &Agreement, at: Date) -> Vec<Deadline> {
    let mut all: BTreeMap<(Date, Due), Vec<Party>> = BTreeMap::new();
    for party in agreement.parties_on(at) {
        for (date, due) in due_for(agreement, party, at) {
            all.entry((date, due)).or_default().push(party.clone());
        }
    }
    all.into_iter().map(|((date, due), parties)| Deadline { date, parties, due }).collect()
}

fn due_for(agreement: &Agreement, party: &Party, at: Date) -> Vec<(Date, Due)> {
    let view = agreement.view(party, at);
    if !matches!(view.standing, Standing::InForce | Standing::Suspended) {
        return Vec::new();
    }
    let mut due = Vec::new();
    if let Some(notice) = view.notice {
        let last = notice.effect.yesterday().ok().filter(|last| *last >= at);
        due.extend(last.map(|last| (last, Due::LastCancellation)));
        due.push((notice.effect, Due::NoticeTakesEffect));
        return due;
    }
    due.extend(effect_of_notice(agreement, party, at).map(|effect| (effect, Due::NoticeNow { given: at })));
    let Some(end) = view.term_ends else { return due };
    let renews = agreement.view(party, end).in_force() || agreement.view(party, end).standing == Standing::Suspended;
    due.push((end, if renews { Due::Renewal } else { Due::Lapse }));
    // The fold is asked whether a notice of that day would do it, and one of the next day would not.
    let notice_days = agreement.duration.as_ref().map_or(0, |duration| duration.notice_days);
    let last = Period::Days(notice_days.max(1)).after(end, -1).filter(|last| *last >= at && renews);
    let last = last.filter(|last| effect_of_notice(agreement, party, *last) == Some(end));
    due.extend(last.map(|last| (last, Due::LastNotice { term_ends: end })));
    due
}

/// When a notice that `party` gave on `day` would take effect, as the fold has it.
fn effect_of_notice(agreement: &Agreement, party: &Party, day: Date) -> Option<Date> {
    let kind = ActKind::NoticeOfTermination;
    let notice =
        Act { by: Actor::Party(party.clone()), date: day, kind, article: None, admits: None, disputed_by: Vec::new() };
    let mut noticed = agreement.clone();
    noticed.acts.retain(|act| act.date <= day);
    noticed.acts.push(notice);
    let view = noticed.view(party, day);
    view.notice.map(|notice| notice.effect).or_else(|| view.since.filter(|_| view.standing == Standing::Ended))
}
