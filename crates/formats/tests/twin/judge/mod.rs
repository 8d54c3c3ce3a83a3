//! The decision over plain lists: what the gates share, and what comes of them. Each gate has a file.

mod authority;
mod cover;
mod label;
mod provenance;
mod route;

use std::collections::BTreeSet;

use super::{
    calendar::{day_of, moment, until},
    label::{Label, level},
    status::{View, parties, view},
    text::{Agreement, Line, National, Record},
};
pub(crate) use cover::equivalent_levels;
use cover::{COVER_CODES, Cover, rows};

/// Gate, code, record, agreement and clause.
pub type Blocked = (String, String, String, Option<String>, Option<String>);

/// What a decision says, without its sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub verdict: String,
    pub blocked: BTreeSet<Blocked>,
    /// Agreement and clause.
    pub cover: BTreeSet<(String, String)>,
    pub usable: BTreeSet<String>,
    pub onward: String,
    /// Kind, and whose.
    pub cures: Vec<BTreeSet<(String, String)>>,
    /// The id of each version, and the verdict on it.
    pub versions: BTreeSet<(String, String)>,
}

/// The kind of a cure, and whose it is.
type Cure = (&'static str, String);

struct Block {
    gate: &'static str,
    code: &'static str,
    record: String,
    agreement: Option<String>,
    clause: Option<String>,
    /// None: nothing lifts it.
    cure: Option<Cure>,
}

/// Decides one line, and beside it the same line about each version of its record.
pub fn judge(agreements: &[Agreement], national: &[National], line: &Line) -> Answer {
    let versions = line.record.versions.iter().map(|version| {
        let own = line.record.clone();
        let record = Record {
            id: version.id.clone(),
            label: version.label.clone(),
            originator: own.originator,
            subjects: version.subjects.clone().unwrap_or(own.subjects),
            custody: version.custody.clone().unwrap_or(own.custody),
            distribution: version.distribution.clone().unwrap_or(own.distribution),
            derived_from: version.derived_from.clone().unwrap_or(own.derived_from),
            versions: Vec::new(),
        };
        let verdict = judge_alone(agreements, national, &Line { record, ..line.clone() }).verdict;
        (version.id.clone(), verdict)
    });
    Answer { versions: versions.collect(), ..judge_alone(agreements, national, line) }
}

fn judge_alone(agreements: &[Agreement], national: &[National], line: &Line) -> Answer {
    let mut agreements = agreements.to_vec();
    agreements.sort_by(|one, other| one.id.cmp(&other.id));
    let judge = Judge { agreements: &agreements, national, line };
    let record = &line.record;
    let (covering, failure) = match judge.cover() {
        Cover::NotNeeded => (Vec::new(), None),
        Cover::By(covering) => (covering, None),
        Cover::Failed(nearest) => (Vec::new(), Some(nearest)),
    };
    let (usable, route) = judge.route(&covering);

    let mut blocks = judge.label();
    blocks.extend(failure.map(|nearest| Block {
        gate: "cover",
        code: COVER_CODES[nearest.how_far],
        record: record.id.clone(),
        agreement: nearest.agreement,
        clause: nearest.clause,
        cure: None,
    }));
    blocks.extend(judge.provenance());
    blocks.extend(route);
    blocks.extend(judge.authority());

    let all_curable = !blocks.is_empty() && blocks.iter().all(|block| block.cure.is_some());
    let cures: BTreeSet<_> =
        blocks.iter().filter_map(|block| block.cure.clone()).map(|(kind, of)| (kind.to_owned(), of)).collect();
    Answer {
        verdict: if blocks.is_empty() { "permit" } else { "deny" }.to_owned(),
        cover: covering.into_iter().map(|(agreement, clause)| (agreement.id.clone(), clause)).collect(),
        usable,
        onward: judge.onward().to_owned(),
        cures: if all_curable { vec![cures] } else { Vec::new() },
        versions: BTreeSet::new(),
        blocked: blocks
            .into_iter()
            .map(|block| (block.gate.to_owned(), block.code.to_owned(), block.record, block.agreement, block.clause))
            .collect(),
    }
}

struct Judge<'a> {
    agreements: &'a [Agreement],
    national: &'a [National],
    line: &'a Line,
}

/// Everything that a record is derived from, to any depth.
fn sources(record: &Record) -> Vec<&Record> {
    record.derived_from.iter().flat_map(|source| std::iter::once(source).chain(sources(source))).collect()
}

/// Whether a list holds a word, or is of anything.
fn any_of(list: &[String], word: &str) -> bool {
    list.iter().any(|other| other == "*" || other == word)
}

impl<'a> Judge<'a> {
    fn x(&self) -> &'a str {
        &self.line.from
    }

    fn y(&self) -> &'a str {
        &self.line.to
    }

    /// A wider action includes the narrower.
    fn includes_action(&self, given: &str) -> bool {
        given == "release" || given == self.line.action
    }

    /// What others than X and Y made.
    fn foreign_sources(&self) -> Vec<&'a Record> {
        let foreign = |source: &&Record| source.originator != self.x() && source.originator != self.y();
        sources(&self.line.record).into_iter().filter(foreign).collect()
    }

    fn record_and_foreign_sources(&self) -> Vec<&'a Record> {
        std::iter::once(&self.line.record).chain(self.foreign_sources()).collect()
    }

    fn is_free(&self) -> bool {
        self.record_and_foreign_sources().iter().all(|record| Label::read(&record.label).is_free())
    }

    fn find(&self, id: &str) -> Option<&'a Agreement> {
        self.agreements.iter().find(|agreement| agreement.id == id)
    }

    fn parties(&self, agreement: &'a Agreement) -> Vec<&'a str> {
        parties(agreement, day_of(moment(&self.line.at))).into_iter().map(|(party, _)| party).collect()
    }

    fn view(&self, agreement: &'a Agreement, party: &str) -> View<'a> {
        view(agreement, party, day_of(moment(&self.line.at)))
    }

    /// The level of a record where no agreement is meant; none when nobody knows.
    fn level(&self, record: &Record) -> Option<usize> {
        match Label::read(&record.label) {
            Label::Tlp(_) => Some(0),
            Label::Marking(marking) => marking.level.or_else(|| {
                let rows = self.agreements.iter().flat_map(|agreement| agreement.clauses("equivalence")).flat_map(rows);
                rows.filter(|(_, terms)| terms(&marking.country).contains(&marking.term)).map(|(level, _)| level).max()
            }),
        }
    }

    /// Whether `by` has consented that Y be given `record`.
    fn consented(&self, by: &str, record: &Record) -> bool {
        self.line.consents.iter().any(|consent| {
            let answers = match &consent.record {
                Some(id) => (*id == record.id || *id == self.line.record.id) && consent.to == self.y(),
                None => {
                    let subjects = consent.subjects.as_ref().unwrap();
                    let max = level(consent.max.as_ref().unwrap()).unwrap();
                    record.subjects.iter().all(|subject| any_of(subjects, subject))
                        && self.level(record).is_some_and(|level| level <= max)
                        && (consent.to == "*" || consent.to == self.y())
                }
            };
            answers
                && consent.by == by
                && self.includes_action(&consent.action)
                && consent.purpose.as_ref().is_none_or(|purpose| *purpose == self.line.purpose)
                && consent.until.as_ref().is_none_or(|last| moment(&self.line.at) <= until(last))
        })
    }

    fn approved(&self, by: &str, record: &Record) -> bool {
        self.line.approvals.iter().any(|approval| {
            approval.by == by
                && approval.record == record.id
                && approval.to == self.y()
                && self.includes_action(&approval.action)
        })
    }

    /// Whether Y is on the distribution list of a record.
    fn is_on_distribution(&self, record: &Record) -> bool {
        record.distribution.iter().any(|party| party == self.y()) || self.consented(&record.originator, record)
    }

    fn onward(&self) -> &'static str {
        let record = &self.line.record;
        let all_own = std::iter::once(record).chain(sources(record)).all(|record| record.originator == self.x());
        if all_own && !Label::read(&record.label).is_orcon() { "free" } else { "ask" }
    }
}
