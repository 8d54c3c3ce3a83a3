//! Who is a party of an agreement on a day: the parties that its text names, and those that all parties have admitted
//! since.
//!
//! Nobody joins by its own act, and no party is outvoted: a new party is one from the day on which every party of the
//! days before has admitted it. The instrument and its hash stay as they are; what the new party does with the text, it
//! does by acts of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::{Act, Actor, Agreement};
use crate::{Party, time::Date};

impl Agreement {
    /// The parties on `day`: those of the text first, then those admitted, in the order of their days and names.
    pub fn parties_on(&self, day: Date) -> Vec<&Party> {
        let mut admitted: Vec<_> = self.admissions(day).into_iter().collect();
        admitted.sort_by(|(one, since), (other, later)| since.cmp(later).then_with(|| one.cmp(other)));
        self.parties.iter().chain(admitted.into_iter().map(|(party, _)| party)).collect()
    }

    /// Whether `party` is a party of this agreement on `day`.
    pub fn has_party(&self, party: &Party, day: Date) -> bool {
        self.party_since(party, day).is_some()
    }

    /// Whether `party` is a party of the text, or any act speaks of admitting it: a name that means something here,
    /// whether or not it has become a party.
    pub fn names(&self, party: &Party) -> bool {
        self.parties.contains(party) || self.speaks_of_admitting(party)
    }

    /// The parties of `day` whose act is still missing before `candidate` is admitted. Empty for a party, and for one
    /// whom all have admitted.
    pub fn missing_for(&self, candidate: &Party, day: Date) -> Vec<&Party> {
        if self.has_party(candidate, day) {
            return Vec::new();
        }
        let admits = |party: &Party| {
            self.acts.iter().any(|act| {
                act.date <= day
                    && act.admits.as_ref() == Some(candidate)
                    && act.by.includes(party)
                    && self.has_party(party, act.date)
            })
        };
        self.parties_on(day).into_iter().filter(|party| !admits(party)).collect()
    }

    /// Whether any act, of whatever day and by whomever, would admit `party`.
    fn speaks_of_admitting(&self, party: &Party) -> bool {
        self.acts.iter().any(|act| act.admits.as_ref() == Some(party))
    }

    /// The day from which `party` is a party: `Some(None)` for a party of the text, `None` when it is none up to `day`.
    pub(super) fn party_since(&self, party: &Party, day: Date) -> Option<Option<Date>> {
        if self.parties.contains(party) {
            return Some(None);
        }
        // Every decision asks this of every text and most of them admit nobody: then there is nothing to work out.
        if !self.speaks_of_admitting(party) {
            return None;
        }
        self.admissions(day).get(party).map(|since| Some(*since))
    }

    /// Those admitted up to `day`, each with the day from which it is a party. The order of acts within a day means
    /// nothing, so that it does not matter in which order they became known.
    fn admissions(&self, day: Date) -> BTreeMap<&Party, Date> {
        let mut acts: Vec<(&Act, &Party)> = self
            .acts
            .iter()
            .filter(|act| act.date <= day)
            .filter_map(|act| Some((act, act.admits.as_ref()?)))
            .collect();
        acts.sort_by_key(|(act, _)| act.date);
        let mut admitted: BTreeMap<&Party, Date> = BTreeMap::new();
        // For each candidate the parties that have admitted it. Nobody ceases to be a party, so these are all parties.
        let mut support: BTreeMap<&Party, BTreeSet<&Party>> = BTreeMap::new();
        for today in acts.chunk_by(|(one, _), (other, _)| one.date == other.date) {
            let count = self.parties.len() + admitted.len();
            let mut joining = BTreeSet::new();
            let mut late = Vec::new();
            for (act, candidate) in today {
                if self.parties.contains(candidate) || admitted.contains_key(candidate) {
                    continue;
                }
                let done = support.entry(candidate).or_default();
                let all = match &act.by {
                    Actor::All => true,
                    Actor::Party(by) if self.parties.contains(by) || admitted.contains_key(by) => {
                        done.insert(by);
                        done.len() == count
                    }
                    // It may become a party on this very day: its act then counts for the days that follow.
                    Actor::Party(by) => {
                        late.push((by, candidate));
                        false
                    }
                };
                if all {
                    joining.insert(*candidate);
                }
            }
            let Some((first, _)) = today.first() else { continue };
            admitted.extend(joining.into_iter().map(|party| (party, first.date)));
            for (by, candidate) in late.into_iter().filter(|(by, _)| admitted.contains_key(by)) {
                support.entry(candidate).or_default().insert(by);
            }
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::agreement::{ActKind, Force, InstrumentHash, Standing};

    fn act(by: &str, day: i8, kind: ActKind, admits: Option<&str>) -> Act {
        let by = if by == "*" { Actor::All } else { Actor::Party(by.into()) };
        let (date, admits) = (date(2026, 1, day), admits.map(Into::into));
        Act { by, date, kind, article: None, admits, disputed_by: Vec::new() }
    }

    /// A text of A and B with these admissions: who, on which day, whom.
    fn text(admissions: &[(&str, i8, &str)]) -> Agreement {
        Agreement {
            id: "pact".into(),
            title: "pact".into(),
            force: Force::Binding,
            parties: vec!["A".into(), "B".into()],
            relies_on: Vec::new(),
            clauses: Vec::new(),
            duration: None,
            survival: None,
            hash: InstrumentHash([0; 32]),
            acts: admissions.iter().map(|(by, day, whom)| act(by, *day, ActKind::Admitted, Some(whom))).collect(),
        }
    }

    fn parties(admissions: &[(&str, i8, &str)], day: i8) -> Vec<String> {
        text(admissions).parties_on(date(2026, 1, day)).into_iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_parties_of_the_days_before_must_have_admitted_it() {
        assert_eq!(parties(&[("A", 2, "C")], 9), ["A", "B"]);
        assert_eq!(parties(&[("A", 2, "C"), ("A", 3, "C")], 9), ["A", "B"]);
        assert_eq!(parties(&[("B", 4, "C"), ("A", 2, "C")], 3), ["A", "B"]);
        assert_eq!(parties(&[("B", 4, "C"), ("A", 2, "C")], 4), ["A", "B", "C"]);
        assert_eq!(parties(&[("*", 2, "C")], 2), ["A", "B", "C"]);
        // C is one before D is asked for: C too must admit it.
        assert_eq!(parties(&[("*", 2, "C"), ("A", 3, "D"), ("B", 3, "D")], 9), ["A", "B", "C"]);
        assert_eq!(parties(&[("*", 2, "C"), ("A", 3, "D"), ("B", 3, "D"), ("C", 4, "D")], 9), ["A", "B", "C", "D"]);
        // Two of one day: the parties before that day suffice for both.
        assert_eq!(parties(&[("*", 2, "D"), ("*", 2, "C")], 2), ["A", "B", "C", "D"]);
    }

    #[test]
    fn who_is_no_party_admits_nobody() {
        assert_eq!(parties(&[("A", 2, "C"), ("C", 2, "C"), ("D", 2, "C")], 9), ["A", "B"]);
        // C's act is older than its being a party: D lacks it still.
        let admissions = [("C", 1, "D"), ("*", 2, "C"), ("A", 3, "D"), ("B", 3, "D")];
        assert_eq!(parties(&admissions, 9), ["A", "B", "C"]);
        // On the day itself it counts, whatever the order of the acts.
        let admissions = [("C", 2, "D"), ("*", 2, "C"), ("A", 3, "D"), ("B", 3, "D")];
        assert_eq!(parties(&admissions, 9), ["A", "B", "C", "D"]);
        assert_eq!(text(&[("A", 2, "C")]).missing_for(&"C".into(), date(2026, 1, 9)), ["B"]);
    }

    #[test]
    fn what_all_did_before_binds_the_new_party_to_nothing() {
        let mut pact = text(&[("*", 3, "C")]);
        pact.acts.push(act("*", 2, ActKind::EnteredIntoForce, None));
        let standing = |pact: &Agreement, day: i8| pact.view(&"C".into(), date(2026, 1, day)).standing;
        assert_eq!(standing(&pact, 5), Standing::NotYet);
        pact.acts.push(act("C", 4, ActKind::EnteredIntoForce, None));
        assert_eq!((standing(&pact, 3), standing(&pact, 4)), (Standing::NotYet, Standing::InForce));
        // An act of a day before it was a party counts for nothing.
        let mut early = text(&[("*", 3, "C")]);
        early.acts.push(act("C", 2, ActKind::EnteredIntoForce, None));
        assert_eq!(standing(&early, 5), Standing::NotYet);
    }
}
