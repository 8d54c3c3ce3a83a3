//! The status of an agreement in one party's view at one day: the fold of that party's acts since it is a party, with
//! term, renewal and notice. What a partner thinks of it is the partner's own view; in force between two is in force in both.

use super::{Act, ActKind, Agreement, Renewal};
use crate::{
    Party,
    time::{Date, days_after},
};

/// How an agreement stands in one party's view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It never entered into force.
    NotYet,
    /// In force.
    InForce,
    /// Suspended and not resumed.
    Suspended,
    /// Ended by notice or with its term.
    Ended,
    /// Terminated: final.
    Terminated,
}

/// A notice of termination that has not been cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice<'a> {
    /// The act that gave it.
    pub act: &'a Act,
    /// The day from whose start the agreement is ended by it.
    pub effect: Date,
}

/// One party's view of one agreement on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View<'a> {
    /// How it stands.
    pub standing: Standing,
    /// The act that the standing rests on; none where no act does (a term that ran out, nothing done yet).
    pub act: Option<&'a Act>,
    /// The day from which it stands so; none where nothing was done yet.
    pub since: Option<Date>,
    /// A notice that still runs.
    pub notice: Option<Notice<'a>>,
    /// The first day of the next term, or the last end when there is none; none when indefinite.
    pub term_ends: Option<Date>,
}

impl View<'_> {
    /// Whether the agreement is in force in this view.
    pub fn in_force(&self) -> bool {
        self.standing == Standing::InForce
    }
}

/// How an agreement stands between two parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Between {
    /// One of the two is no party of it.
    NotParties,
    /// Not in force in the view of at least one.
    NotInForce,
    /// Not in force in one's view by an act that the other disputes.
    Disputed,
    /// In force in both views.
    InForce,
}

#[derive(Default)]
struct Fold<'a> {
    entered: Option<&'a Act>,
    suspended: Option<&'a Act>,
    notice: Option<Notice<'a>>,
    ended: Option<(Date, Option<&'a Act>)>,
    terminated: Option<&'a Act>,
}

impl Agreement {
    /// `party`'s view of this agreement at the end of the acts of `day`. For who is no party it never entered into
    /// force.
    pub fn view(&self, party: &Party, day: Date) -> View<'_> {
        let Some(since) = self.party_since(party, day) else { return Fold::default().view(self, day) };
        let counts =
            |act: &&Act| act.date <= day && act.by.includes(party) && since.is_none_or(|since| since <= act.date);
        let mut acts: Vec<&Act> = self.acts.iter().filter(counts).collect();
        acts.sort_by_key(|act| act.date); // stable: acts of one day keep the order of the file
        let mut fold = Fold::default();
        for act in acts {
            fold.run_to(self, act.date);
            fold.apply(self, act);
        }
        fold.run_to(self, day);
        fold.view(self, day)
    }

    /// How this agreement stands between two parties on `day`. What it relies on is not looked at.
    pub fn between(&self, one: &Party, other: &Party, day: Date) -> Between {
        if !self.has_party(one, day) || !self.has_party(other, day) {
            return Between::NotParties;
        }
        let disputed = |view: View<'_>, by: &Party| view.act.is_some_and(|act| act.disputed_by.contains(by));
        let (ours, theirs) = (self.view(one, day), self.view(other, day));
        match (ours.in_force(), theirs.in_force()) {
            (true, true) => Between::InForce,
            // Where both views are out, they differ about nothing unless each disputes the other's act.
            (mine, yours) if (mine || disputed(ours, other)) && (yours || disputed(theirs, one)) => Between::Disputed,
            _ => Between::NotInForce,
        }
    }
}

impl<'a> Fold<'a> {
    /// Lets time pass to the start of `day`: a notice takes effect, a term that is not renewed ends.
    fn run_to(&mut self, agreement: &Agreement, day: Date) {
        let Some(entered) = self.entered.filter(|_| self.ended.is_none()) else { return };
        let lapse = agreement
            .duration
            .as_ref()
            .filter(|duration| duration.renews == Renewal::Never)
            .and_then(|duration| duration.term?.after(entered.date, 1))
            .map(|end| (end, None));
        let notice = self.notice.map(|notice| (notice.effect, Some(notice.act)));
        self.ended = [notice, lapse].into_iter().flatten().filter(|(end, _)| *end <= day).min_by_key(|(end, _)| *end);
    }

    fn apply(&mut self, agreement: &Agreement, act: &'a Act) {
        match act.kind {
            // Who is a party is not the view of one of them: see `Agreement::parties_on`.
            ActKind::Signed | ActKind::Ratified | ActKind::Admitted => {}
            ActKind::EnteredIntoForce => {
                // Revives what ended; repeats nothing that runs, so terms keep their first day.
                if self.entered.is_none() || self.ended.is_some() {
                    (self.entered, self.ended, self.notice) = (Some(act), None, None);
                }
            }
            ActKind::Suspended => self.suspended = Some(act),
            ActKind::Resumed => self.suspended = None,
            ActKind::NoticeOfTermination => {
                // The first notice stands; a second cannot put off its effect.
                if let (Some(entered), None, None) = (self.entered, self.notice, self.ended) {
                    self.notice = Some(Notice { act, effect: effect(agreement, entered.date, act.date) });
                }
            }
            // `run_to` has already let a notice of this very day take effect: too late to cancel it.
            ActKind::NoticeSuspended | ActKind::NoticeWithdrawn => {
                if self.ended.is_none() {
                    self.notice = None;
                }
            }
            ActKind::Terminated => self.terminated = self.terminated.or(Some(act)),
        }
    }

    fn view(self, agreement: &Agreement, day: Date) -> View<'a> {
        let (standing, act, since) = match (self.terminated, self.entered, self.ended, self.suspended) {
            (Some(act), ..) => (Standing::Terminated, Some(act), Some(act.date)),
            (_, None, ..) => (Standing::NotYet, None, None),
            (_, _, Some((end, act)), _) => (Standing::Ended, act, Some(end)),
            (_, _, _, Some(act)) => (Standing::Suspended, Some(act), Some(act.date)),
            (_, Some(act), ..) => (Standing::InForce, Some(act), Some(act.date)),
        };
        let running = self.entered.filter(|_| self.ended.is_none() && self.terminated.is_none());
        let term = agreement.duration.as_ref().and_then(|duration| duration.term);
        View {
            standing,
            act,
            since,
            notice: self.notice.filter(|_| running.is_some()),
            term_ends: running.zip(term).and_then(|(entered, term)| term.first_after(entered.date, day)),
        }
    }
}

/// The day on which a notice of `given` takes effect, for a text in force since `entered`.
fn effect(agreement: &Agreement, entered: Date, given: Date) -> Date {
    let notice_days = agreement.duration.as_ref().map_or(0, |duration| duration.notice_days);
    let earliest = days_after(given, notice_days);
    let Some(term) = agreement.duration.as_ref().and_then(|duration| duration.term) else { return earliest };
    let Some(end) = term.first_after(entered, given) else { return Date::MAX };
    if end >= earliest { end } else { term.first_after(entered, end).unwrap_or(Date::MAX) }
}
