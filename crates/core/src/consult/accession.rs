//! The steps by which a party joins an agreement: what each has done, and who is still waited for. The key function is
//! [`accession`].

use crate::{
    Party,
    agreement::{ActKind, Agreement},
    time::Date,
};

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessionStep {
    /// Whose step.
    pub by: Party,
    /// What it does: it admits; or it signs, ratifies, enters into force.
    pub kind: ActKind,
    /// Whether the text enters into force for the new party without it.
    pub is_optional: bool,
    /// The day on which it was done.
    pub done: Option<Date>,
}

/// The steps of `candidate` to `agreement`, as they stand on `day`: every party admits it, then it acts itself. An act
/// of its own counts from the day on which it is a party.
pub fn accession(agreement: &Agreement, candidate: &Party, day: Date) -> Vec<AccessionStep> {
    let acts = || agreement.acts.iter().filter(|act| act.date <= day);
    let missing = agreement.missing_for(candidate, day);
    let mut steps: Vec<AccessionStep> = agreement
        .parties_on(day)
        .into_iter()
        .filter(|party| *party != candidate)
        .filter_map(|party| {
            let admits = acts().filter(|act| act.admits.as_ref() == Some(candidate) && act.by.includes(party));
            let done = admits.map(|act| act.date).min().filter(|_| !missing.contains(&party));
            // Who became a party after the candidate was not asked.
            let is_asked = done.is_some() || missing.contains(&party);
            is_asked.then(|| AccessionStep { by: party.clone(), kind: ActKind::Admitted, is_optional: false, done })
        })
        .collect();
    let is_party = agreement.has_party(candidate, day);
    for (kind, is_optional) in [(ActKind::Signed, true), (ActKind::Ratified, true), (ActKind::EnteredIntoForce, false)]
    {
        let own = acts()
            .filter(|act| act.kind == kind && act.by.includes(candidate) && agreement.has_party(candidate, act.date));
        let done = own.map(|act| act.date).min().filter(|_| is_party);
        steps.push(AccessionStep { by: candidate.clone(), kind, is_optional, done });
    }
    steps
}
