//! Gate 2.

use super::{
    super::{
        label::{Label, level},
        text::{Agreement, Clause, Record},
    },
    Judge, any_of,
};

pub(super) enum Cover<'a> {
    NotNeeded,
    /// The agreements, each with the id of its equivalence clause.
    By(Vec<(&'a Agreement, String)>),
    Failed(Nearest),
}

/// Why an agreement does not cover.
#[derive(Default)]
pub(super) struct Nearest {
    /// The place in [`COVER_CODES`].
    pub(super) how_far: usize,
    pub(super) agreement: Option<String>,
    /// The clause that failed, when it is one.
    pub(super) clause: Option<String>,
}

/// How far an agreement comes, furthest last.
pub(super) const COVER_CODES: [&str; 6] =
    ["no-agreement", "not-in-force", "disputed", "out-of-scope", "no-equivalent", "above-ceiling"];

impl<'a> Judge<'a> {
    pub(super) fn cover(&self) -> Cover<'a> {
        let record = &self.line.record;
        let mut classified = self.record_and_foreign_sources();
        classified.retain(|record| Label::read(&record.label).is_classified());
        let is_tlp = matches!(Label::read(&record.label), Label::Tlp(_));
        if self.is_free() || (is_tlp && classified.is_empty()) || record.originator == self.y() {
            return Cover::NotNeeded;
        }
        let mut covering = Vec::new();
        let mut nearest = Nearest::default();
        for agreement in self.agreements {
            let is_meant = self.line.under.as_ref().is_none_or(|under| under.contains(&agreement.id));
            if agreement.force == "political" || !is_meant {
                continue;
            }
            match self.covers(agreement, &classified) {
                Ok(clause) => covering.push((agreement, clause)),
                Err((how_far, clause)) if how_far > nearest.how_far => {
                    nearest = Nearest { how_far, agreement: Some(agreement.id.clone()), clause };
                }
                Err(_) => {}
            }
        }
        if covering.is_empty() { Cover::Failed(nearest) } else { Cover::By(covering) }
    }

    /// The equivalence clause by which an agreement covers; or the place of its failure in [`COVER_CODES`], with the
    /// clause that failed.
    fn covers(&self, agreement: &'a Agreement, classified: &[&Record]) -> Result<String, (usize, Option<String>)> {
        let parties = self.parties(agreement);
        if !parties.contains(&self.x()) || !parties.contains(&self.y()) {
            return Err((0, None));
        }
        let (x, y) = (self.view(agreement, self.x()), self.view(agreement, self.y()));
        if !x.is_in_force() || !y.is_in_force() {
            // What one does not dispute is simply not in force.
            let all_disputed =
                (x.is_in_force() || x.is_disputed_by(self.y())) && (y.is_in_force() || y.is_disputed_by(self.x()));
            return Err((if all_disputed { 2 } else { 1 }, None));
        }
        if !self.all_relied_on_are_in_force(agreement) {
            return Err((1, None));
        }
        let scopes: Vec<_> = agreement.clauses("scope").collect();
        if !scopes.is_empty() && !scopes.iter().any(|scope| self.is_in_scope(scope)) {
            return Err((3, Some(scopes[0].id.clone())));
        }
        let equivalences = self.equivalences(agreement);
        let by_record: Vec<_> = classified
            .iter()
            .map(|record| {
                let first = |wanted| equivalences.iter().find(|clause| matches(clause, record) == wanted);
                (first(Match::Within), first(Match::Above))
            })
            .collect();
        if by_record.iter().any(|found| matches!(found, (None, None))) {
            return Err((4, equivalences.first().map(|clause| clause.id.clone())));
        }
        if let Some((_, above)) = by_record.iter().find(|(within, _)| within.is_none()) {
            return Err((5, above.map(|clause| clause.id.clone())));
        }
        Ok(by_record.first().and_then(|(within, _)| *within).map(|clause| clause.id.clone()).unwrap_or_default())
    }

    fn all_relied_on_are_in_force(&self, agreement: &'a Agreement) -> bool {
        agreement.relies_on.iter().all(|id| {
            self.find(id).is_some_and(|base| {
                base.force != "political"
                    && self.parties(base).iter().all(|party| self.view(base, party).is_in_force())
                    && self.all_relied_on_are_in_force(base)
            })
        })
    }

    fn is_in_scope(&self, scope: &Clause) -> bool {
        let subjects = scope.list("subjects");
        let pairs: Option<Vec<(String, String)>> =
            scope.fields.get("pairs").map(|pairs| pairs.clone().try_into().unwrap());
        self.line.record.subjects.iter().all(|subject| any_of(&subjects, subject))
            && pairs.is_none_or(|pairs| pairs.iter().any(|(from, to)| from == self.x() && to == self.y()))
    }

    /// The equivalence clauses of an agreement; an arrangement without its own takes those that it relies on.
    fn equivalences(&self, agreement: &'a Agreement) -> Vec<&'a Clause> {
        let own: Vec<_> = agreement.clauses("equivalence").collect();
        if !own.is_empty() || agreement.force != "arrangement" {
            return own;
        }
        let bases = agreement.relies_on.iter().filter_map(|id| self.find(id));
        bases.flat_map(|base| self.equivalences(base)).collect()
    }
}

/// The rows of an equivalence clause: the level, and the terms of a country.
pub(super) fn rows(clause: &Clause) -> Vec<(usize, impl Fn(&str) -> Vec<String>)> {
    let rows: Vec<toml::Table> = clause.fields["rows"].clone().try_into().unwrap();
    let row = |row: toml::Table| {
        let level = level(row["level"].as_str().unwrap()).unwrap();
        let terms = move |country: &str| match row.get(country) {
            Some(terms) if country != "level" => terms.clone().try_into().unwrap(),
            _ => Vec::new(),
        };
        (level, terms)
    };
    rows.into_iter().map(row).collect()
}

/// What an equivalence clause says of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    NoRow,
    Above,
    Within,
}

fn matches(clause: &Clause, record: &Record) -> Match {
    let ceiling = level(clause.word("ceiling")).unwrap();
    let Label::Marking(marking) = Label::read(&record.label) else { return Match::NoRow };
    let row = rows(clause).into_iter().find(|(level, terms)| match marking.level {
        Some(own) => own == *level,
        None => terms(&marking.country).contains(&marking.term),
    });
    match row {
        None => Match::NoRow,
        Some((level, _)) if level > ceiling => Match::Above,
        Some(_) => Match::Within,
    }
}

/// The levels that texts give a national term: by their own rows, or an arrangement by those of what it relies on.
pub(crate) fn equivalent_levels(
    agreements: &[Agreement],
    texts: &[&Agreement],
    marking: &super::super::label::Marking,
) -> Vec<usize> {
    let mut levels = Vec::new();
    for text in texts {
        let own: Vec<_> = text.clauses("equivalence").collect();
        if own.is_empty() && text.force == "arrangement" {
            let bases: Vec<_> = agreements.iter().filter(|base| text.relies_on.contains(&base.id)).collect();
            levels.extend(equivalent_levels(agreements, &bases, marking));
        }
        let rows = own.into_iter().flat_map(rows);
        let named = rows.filter(|(_, terms)| terms(&marking.country).contains(&marking.term));
        levels.extend(named.map(|(level, _)| level));
    }
    levels
}
