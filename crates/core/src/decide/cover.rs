//! Gate 2: whether an agreement in force between the two covers the record and what it was made from.

use super::{Case, Gate, Pass, Reason, Request};
use crate::{
    AgreementId, ClauseId, Label, Level, Record, Subject,
    agreement::{
        Agreement, Between, Force, Standing,
        clause::{Citation, Clause, Kind, Row},
    },
    world::World,
};

/// An agreement that covers the release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// The agreement.
    pub agreement: AgreementId,
    /// Its equivalence clause for the first classified record; none when none is needed.
    pub clause: Option<ClauseId>,
    /// The agreement that the clause stands in, where an arrangement takes it from one that it relies on.
    pub taken_from: Option<AgreementId>,
}

/// How far an agreement came: the earliest failure, in this order. The nearest agreement is the one that came furthest.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Failure {
    NotInForce { view: Option<(crate::Party, Standing)> },
    Disputed,
    OutOfScope { clause: Option<ClauseId> },
    NoEquivalent { clause: Option<ClauseId>, label: Label },
    AboveCeiling { clause: ClauseId, level: Level, ceiling: Level },
}

impl Failure {
    fn distance(&self) -> u8 {
        match self {
            Self::NotInForce { .. } => 1,
            Self::Disputed => 2,
            Self::OutOfScope { .. } => 3,
            Self::NoEquivalent { .. } => 4,
            Self::AboveCeiling { .. } => 5,
        }
    }

    /// The clause that failed, where one did, and the reason.
    fn into_reason(self) -> (Option<ClauseId>, Reason) {
        match self {
            Self::NotInForce { view } => (None, Reason::NotInForce { view }),
            Self::Disputed => (None, Reason::Disputed),
            Self::OutOfScope { clause } => (clause, Reason::OutOfScope),
            Self::NoEquivalent { clause, label } => (clause, Reason::NoEquivalent { label }),
            Self::AboveCeiling { clause, level, ceiling } => (Some(clause), Reason::AboveCeiling { level, ceiling }),
        }
    }
}

pub(super) fn gate(case: &mut Case<'_>) -> Vec<Cover> {
    if !is_needed(case) {
        case.pass(Gate::Cover, Pass::NoCoverNeeded);
        return Vec::new();
    }
    let mut covering = Vec::new();
    let mut failed: Vec<(&AgreementId, Failure)> = Vec::new();
    for agreement in candidates(case) {
        match examine(case, agreement) {
            Ok(row) => {
                let taken_from = row.as_ref().map(|row| row.agreement).filter(|id| **id != agreement.id).cloned();
                let clause = row.map(|row| row.clause.id.clone());
                covering.push(Cover { agreement: agreement.id.clone(), clause, taken_from });
            }
            Err(failure) => failed.push((&agreement.id, failure)),
        }
    }
    if !covering.is_empty() {
        case.pass(Gate::Cover, Pass::Covered);
        return covering;
    }
    let record = case.request.record;
    // The first of those that came furthest; the others are told beside it.
    let furthest = failed.iter().map(|(_, failure)| failure.distance()).max();
    let nearest = failed.iter().position(|(_, failure)| Some(failure.distance()) == furthest);
    let Some(nearest) = nearest.map(|at| failed.remove(at)) else {
        case.block(record, None, Reason::NoAgreement);
        return covering;
    };
    let (id, (clause, reason)) = (nearest.0, nearest.1.into_reason());
    case.block(record, Some((id, clause.as_ref())), reason);
    case.further = failed
        .into_iter()
        .map(|(id, failure)| {
            let (clause, reason) = failure.into_reason();
            (Citation { agreement: id.clone(), clause }, reason)
        })
        .collect();
    covering
}

/// Not for what is free, nor for TLP made from nothing classified, nor back to the originator.
fn is_needed(case: &Case<'_>) -> bool {
    let is_plain_tlp = matches!(case.request.record.label, Label::Tlp(_))
        && !case.foreign.iter().any(|source| source.label.is_classified());
    !(case.is_free() || is_plain_tlp || case.returns())
}

/// An agreement that holds between the two, with its rows: what is left to ask is the scope and the term.
pub(super) struct Text<'a> {
    pub(super) agreement: &'a Agreement,
    rows: Vec<Equivalence<'a>>,
}

/// The agreements that hold between the two.
pub(super) fn texts<'a>(case: &Case<'a>) -> Vec<Text<'a>> {
    candidates(case)
        .filter(|agreement| holds_between(case, agreement).is_ok())
        .map(|agreement| Text { agreement, rows: equivalences(case.world, agreement, &mut Vec::new()) })
        .collect()
}

impl Text<'_> {
    /// Whether its scope holds these subjects, this way.
    pub(super) fn takes(&self, case: &Case<'_>, subjects: &[Subject]) -> bool {
        in_scope(case, self.agreement, subjects).is_ok()
    }

    /// Whether it has what this one record needs of it: a row within the ceiling, when it is classified.
    pub(super) fn reaches(&self, record: &Record) -> bool {
        !record.label.is_classified() || row_for(&self.rows, record).is_ok()
    }
}

/// The agreements of the two that may cover and are meant.
fn candidates<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Agreement> {
    let under = case.request.under;
    let meant = move |agreement: &Agreement| under.is_none_or(|under| under.contains(&agreement.id));
    case.shared.iter().copied().filter(move |agreement| agreement.may_cover() && meant(agreement))
}

/// Whether `agreement` covers the case; the equivalence clause that was needed first.
fn examine<'a>(case: &Case<'a>, agreement: &'a Agreement) -> Result<Option<Equivalence<'a>>, Failure> {
    holds_between(case, agreement)?;
    in_scope(case, agreement, &case.request.record.subjects)?;
    let rows = equivalences(case.world, agreement, &mut Vec::new());
    let mut first = None;
    let mut above = None;
    for record in case.records().filter(|record| record.label.is_classified()) {
        match row_for(&rows, record) {
            Ok(row) => first = first.or(Some(row)),
            // The earliest failure of several records counts, so a ceiling is reported only when nothing lacks a row.
            Err(failure @ Failure::AboveCeiling { .. }) => above = above.or(Some(failure)),
            Err(failure) => return Err(failure),
        }
    }
    match above {
        Some(failure) => Err(failure),
        None => Ok(first),
    }
}

/// Whether `agreement`, with all that it rests on, is in force between the two.
fn holds_between<'a>(case: &Case<'a>, agreement: &'a Agreement) -> Result<(), Failure> {
    let (from, to) = (case.request.from, case.request.to);
    match agreement.between(from, to, case.day) {
        Between::Disputed => Err(Failure::Disputed),
        // Who is no party of it has no view in force: `candidates` leaves these out.
        Between::NotInForce | Between::NotParties => {
            let out = [from, to].into_iter().map(|party| (party, agreement.view(party, case.day)));
            let view =
                out.filter(|(_, view)| !view.in_force()).map(|(party, view)| (party.clone(), view.standing)).next();
            Err(Failure::NotInForce { view })
        }
        Between::InForce if rests_on_texts_in_force(case, agreement, &mut vec![&agreement.id]) => Ok(()),
        Between::InForce => Err(Failure::NotInForce { view: None }),
    }
}

/// Whether all that an arrangement relies on, in turn, is in force in the view of each of its own parties.
fn rests_on_texts_in_force<'a>(case: &Case<'a>, agreement: &'a Agreement, seen: &mut Vec<&'a AgreementId>) -> bool {
    agreement.force != Force::Arrangement
        || agreement.relies_on.iter().all(|id| {
            // A text that in the end relies on itself rests on nothing.
            !seen.contains(&id)
                && case.world.agreements.get(id).is_some_and(|base| {
                    if !base.may_cover() {
                        return false; // a political text changes no verdict: nothing rests on one
                    }
                    seen.push(&base.id);
                    let holds = base.parties_on(case.day).iter().all(|party| base.view(party, case.day).in_force())
                        && rests_on_texts_in_force(case, base, seen);
                    seen.pop();
                    holds
                })
        })
}

/// Of several scope clauses any one suffices; without one the text takes all.
fn in_scope(case: &Case<'_>, agreement: &Agreement, subjects: &[Subject]) -> Result<(), Failure> {
    let (from, to) = (case.request.from, case.request.to);
    let mut first = None;
    for clause in &agreement.clauses {
        let Kind::Scope { subjects: covered, pairs } = &clause.kind else { continue };
        let right_way = pairs.as_ref().is_none_or(|pairs| pairs.iter().any(|(one, other)| one == from && other == to));
        if right_way && covered.holds_all(subjects) {
            return Ok(());
        }
        first = first.or(Some(&clause.id));
    }
    match first {
        Some(clause) => Err(Failure::OutOfScope { clause: Some(clause.clone()) }),
        None => Ok(()),
    }
}

#[derive(Clone, Copy)]
struct Equivalence<'a> {
    agreement: &'a AgreementId,
    clause: &'a Clause,
    ceiling: Level,
    rows: &'a [Row],
}

/// The equivalence clauses of a text; an arrangement without one of its own takes those of what it relies on.
fn equivalences<'a>(
    world: &World<'a>,
    agreement: &'a Agreement,
    seen: &mut Vec<&'a AgreementId>,
) -> Vec<Equivalence<'a>> {
    let own: Vec<Equivalence<'a>> = agreement
        .clauses
        .iter()
        .filter_map(|clause| match &clause.kind {
            Kind::Equivalence { ceiling, rows } => {
                Some(Equivalence { agreement: &agreement.id, clause, ceiling: *ceiling, rows })
            }
            _ => None,
        })
        .collect();
    if !own.is_empty() || agreement.force != Force::Arrangement || seen.contains(&&agreement.id) {
        return own;
    }
    seen.push(&agreement.id);
    let bases = agreement.relies_on.iter().filter_map(|id| world.agreements.get(id));
    bases.flat_map(|base| equivalences(world, base, seen)).collect()
}

/// The level that an agreement gives a label's own term, by its own rows or by those that it takes; the highest of several.
pub(crate) fn equivalent_level(world: &World<'_>, agreement: &Agreement, label: &Label) -> Option<Level> {
    let rows = equivalences(world, agreement, &mut Vec::new()).into_iter().flat_map(|equivalence| equivalence.rows);
    rows.filter(|row| row.matches(label)).map(|row| row.level).max()
}

/// The clause with a row for the record's own term within its ceiling; of several clauses any one suffices.
fn row_for<'a>(equivalences: &[Equivalence<'a>], record: &Record) -> Result<Equivalence<'a>, Failure> {
    let mut above = None;
    for equivalence in equivalences {
        let Equivalence { clause, ceiling, rows, .. } = *equivalence;
        for row in rows.iter().filter(|row| row.matches(&record.label)) {
            if row.level <= ceiling {
                return Ok(*equivalence);
            }
            let clause = clause.id.clone();
            above = above.or(Some(Failure::AboveCeiling { clause, level: row.level, ceiling }));
        }
    }
    Err(above.unwrap_or_else(|| Failure::NoEquivalent {
        clause: equivalences.first().map(|equivalence| equivalence.clause.id.clone()),
        label: record.label.clone(),
    }))
}

/// The recipient's own question about what has just arrived: does an agreement of ours cover it, in our view of the
/// agreements that it says it was given under? `Err` holds what the cover gate would say.
///
/// # Errors
/// The block of the cover gate, when none covers.
pub fn arrival(world: &World<'_>, request: &Request<'_>) -> Result<Vec<Cover>, super::Block> {
    let mut case = Case::new(world, request);
    let covering = gate(&mut case);
    match case.blocked.pop() {
        Some(block) => Err(block),
        None => Ok(covering),
    }
}
