//! Whether a text is in force in the view of a party: its acts one after the other.

use std::collections::BTreeSet;

use super::{
    calendar::{Day, day, months_after},
    text::{Act, Agreement},
};

/// How a party sees a text on a day.
#[derive(Debug)]
pub enum View<'a> {
    InForce,
    /// Not in force; with the act that this rests on, when it is one.
    Out(Option<&'a Act>),
}

impl View<'_> {
    pub fn is_in_force(&self) -> bool {
        matches!(self, Self::InForce)
    }

    /// Whether it is out, by an act that `party` disputes.
    pub fn is_disputed_by(&self, party: &str) -> bool {
        matches!(self, Self::Out(Some(act)) if act.disputed_by.iter().any(|other| other == party))
    }
}

#[derive(Default)]
struct Fold<'a> {
    /// The day of the entry into force that counts, as year, month and date.
    entered: Option<(i64, i64, i64)>,
    suspended: Option<&'a Act>,
    /// A notice that runs, and the day of its effect.
    notice: Option<(&'a Act, Day)>,
    /// That a notice or the term has ended it; the notice, if it was one.
    ended: Option<Option<&'a Act>>,
    terminated: Option<&'a Act>,
}

/// The parties on `today`, each with the first day on which it is one; for those of the text any day is.
pub fn parties(agreement: &Agreement, today: Day) -> Vec<(&str, Day)> {
    let mut parties: Vec<(&str, Day)> = agreement.parties.iter().map(|party| (party.as_str(), Day::MIN)).collect();
    let admissions = agreement.acts.iter().filter_map(|act| Some((act, day_of(act), act.admits.as_deref()?)));
    let admissions: Vec<_> = admissions.filter(|(_, day, _)| *day <= today).collect();
    let days: BTreeSet<Day> = admissions.iter().map(|(_, day, _)| *day).collect();
    for day in days {
        let before = parties.clone();
        for candidate in admissions.iter().map(|(_, _, candidate)| *candidate).collect::<BTreeSet<_>>() {
            let has_yes_of = |(party, since): &(&str, Day)| {
                admissions.iter().any(|(act, done, whom)| {
                    *whom == candidate && *done <= day && *done >= *since && (act.by == "*" || act.by == *party)
                })
            };
            if !before.iter().any(|(party, _)| *party == candidate) && before.iter().all(has_yes_of) {
                parties.push((candidate, day));
            }
        }
    }
    parties
}

/// The view of `party` on `today`; of one that is no party nothing is in force.
pub fn view<'a>(agreement: &'a Agreement, party: &str, today: Day) -> View<'a> {
    let Some((_, since)) = parties(agreement, today).into_iter().find(|(other, _)| *other == party) else {
        return View::Out(None);
    };
    let its_own = |act: &&Act| (act.by == "*" || act.by == party) && day_of(act) >= since;
    let mut acts: Vec<&Act> = agreement.acts.iter().filter(its_own).collect();
    acts.sort_by_key(|act| day_of(act));
    let mut fold = Fold::default();
    for act in acts.into_iter().filter(|act| day_of(act) <= today) {
        fold.begin(agreement, day_of(act));
        fold.apply(agreement, act);
    }
    fold.begin(agreement, today);
    if let Some(act) = fold.terminated {
        View::Out(Some(act))
    } else if let Some(notice) = fold.ended {
        View::Out(notice)
    } else if fold.entered.is_none() {
        View::Out(None)
    } else if let Some(act) = fold.suspended {
        View::Out(Some(act))
    } else {
        View::InForce
    }
}

fn date(act: &Act) -> (i64, i64, i64) {
    let date = act.date.date.unwrap();
    (date.year.into(), date.month.into(), date.day.into())
}

fn day_of(act: &Act) -> Day {
    let (year, month, date) = date(act);
    day(year, month, date)
}

/// The end of the `count`th term from an entry into force; none without a term.
fn end_of_term(agreement: &Agreement, entered: (i64, i64, i64), count: i64) -> Option<Day> {
    let term = agreement.duration.term.as_ref()?;
    let (number, unit) = term.split_at(term.len() - 1);
    let number = number.parse::<i64>().unwrap() * count;
    let (year, month, date) = entered;
    Some(match unit {
        "y" => months_after(year, month, date, 12 * number),
        "m" => months_after(year, month, date, number),
        "w" => day(year, month, date) + 7 * number,
        "d" => day(year, month, date) + number,
        other => panic!("no unit of a term: {other}"),
    })
}

impl<'a> Fold<'a> {
    /// What the start of a day brings, whatever acts follow: notices and terms that have run out by then.
    fn begin(&mut self, agreement: &'a Agreement, today: Day) {
        let Some(entered) = self.entered.filter(|_| self.ended.is_none()) else { return };
        let expiry = (agreement.duration.renews.as_deref() == Some("never"))
            .then(|| end_of_term(agreement, entered, 1))
            .flatten();
        let notice = self.notice.map(|(_, effect)| effect);
        if notice.is_some_and(|effect| effect <= today && expiry.is_none_or(|expiry| effect <= expiry)) {
            self.ended = Some(self.notice.take().map(|(act, _)| act));
        } else if expiry.is_some_and(|expiry| expiry <= today) {
            self.notice = None;
            self.ended = Some(None);
        }
    }

    fn apply(&mut self, agreement: &'a Agreement, act: &'a Act) {
        let running = self.entered.filter(|_| self.ended.is_none());
        match act.kind.as_str() {
            "signed" | "ratified" | "admitted" => {}
            "entered-into-force" if running.is_none() => {
                self.entered = Some(date(act));
                self.ended = None;
            }
            "entered-into-force" => {}
            "suspended" => self.suspended = Some(act),
            "resumed" => self.suspended = None,
            "terminated" => self.terminated = self.terminated.or(Some(act)),
            "notice-of-termination" => {
                // A second notice changes nothing: it cannot take effect before the first.
                if let (Some(entered), None) = (running, self.notice) {
                    self.notice = Some((act, effect(agreement, entered, day_of(act))));
                }
            }
            "notice-suspended" | "notice-withdrawn" => self.notice = None,
            other => panic!("no kind of act: {other}"),
        }
    }
}

/// The day on which a notice given on `given` takes effect.
fn effect(agreement: &Agreement, entered: (i64, i64, i64), given: Day) -> Day {
    let mut count = 1;
    while let Some(end) = end_of_term(agreement, entered, count) {
        if end > given {
            let enough = end - given >= agreement.duration.notice_days;
            return if enough { end } else { end_of_term(agreement, entered, count + 1).unwrap() };
        }
        count += 1;
    }
    given + agreement.duration.notice_days
}
