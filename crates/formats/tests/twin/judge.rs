//! The five gates, one after the other, over plain lists.

use std::collections::BTreeSet;

use super::{
    calendar::{day_of, moment, until},
    label::{Colour, Label, holds, level},
    status::{View, view},
    text::{Agreement, Clause, Line, National, Record},
};

/// What a decision says, without its sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub verdict: String,
    /// Gate, code, record, agreement and clause.
    pub blocked: BTreeSet<(String, String, String, Option<String>, Option<String>)>,
    /// Agreement and clause.
    pub cover: BTreeSet<(String, String)>,
    pub usable: BTreeSet<String>,
    pub onward: String,
    /// Kind, and whose.
    pub cures: Vec<BTreeSet<(String, String)>>,
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

/// Decides one line.
pub fn judge(agreements: &[Agreement], national: &[National], line: &Line) -> Answer {
    let judge = Judge { agreements, national, line };
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
        blocked: blocks
            .into_iter()
            .map(|block| (block.gate.to_owned(), block.code.to_owned(), block.record, block.agreement, block.clause))
            .collect(),
    }
}

enum Cover<'a> {
    NotNeeded,
    /// The agreements, each with the id of its equivalence clause.
    By(Vec<(&'a Agreement, String)>),
    Failed(Nearest),
}

/// Why an agreement does not cover.
#[derive(Default)]
struct Nearest {
    /// The place in [`COVER_CODES`].
    how_far: usize,
    agreement: Option<String>,
    /// The clause that failed, when it is one.
    clause: Option<String>,
}

/// How far an agreement comes, furthest last.
const COVER_CODES: [&str; 6] =
    ["no-agreement", "not-in-force", "disputed", "out-of-scope", "no-equivalent", "above-ceiling"];

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

    // ---- Label

    fn label(&self) -> Vec<Block> {
        let block = |code, record: &Record, cure| Block {
            gate: "label",
            code,
            record: record.id.clone(),
            agreement: None,
            clause: None,
            cure,
        };
        let record = &self.line.record;
        let mut blocks: Vec<Block> =
            self.label_failures(record).into_iter().map(|(code, cure)| block(code, record, cure)).collect();
        for source in self.foreign_sources() {
            if !self.label_failures(source).is_empty() && !self.consented(&source.originator, source) {
                blocks.push(block("source-label", source, Some(("consent", source.originator.clone()))));
            }
        }
        for record in self.record_and_foreign_sources() {
            if Label::read(&record.label).is_compartmented() {
                blocks.push(block("compartmented", record, None));
            }
        }
        blocks
    }

    /// What is against giving a record to Y by its own label, compartments aside.
    fn label_failures(&self, record: &Record) -> Vec<(&'static str, Option<Cure>)> {
        let originator = &record.originator;
        if originator == self.y() {
            return Vec::new();
        }
        let marking = match Label::read(&record.label) {
            Label::Marking(marking) => marking,
            Label::Tlp(colour) => {
                let passes = match colour {
                    Colour::Clear => true,
                    Colour::Green => self.is_on_distribution(record) || self.shares_a_text(originator),
                    Colour::Listed => self.is_on_distribution(record),
                };
                let failure = ("not-on-distribution", Some(("consent", originator.clone())));
                return if passes { Vec::new() } else { vec![failure] };
            }
        };
        let mut failures = Vec::new();
        let is_unmarked = marking.level == Some(0) && !marking.marked;
        let is_listed = holds(&marking.rel_to, self.y())
            || (self.line.action == "display" && holds(&marking.display_only, self.y()));
        if marking.noforn {
            failures.push(("noforn", None));
        } else if !is_unmarked && !is_listed {
            if !marking.relido {
                failures.push(("not-releasable", Some(("relabel", originator.clone()))));
            } else if !self.approved(originator, record) {
                failures.push(("relido", Some(("approval", originator.clone()))));
            }
        }
        if let Some(countries) = &marking.fgi {
            if countries.is_empty() {
                failures.push(("fgi-concealed", None));
            }
            for country in countries {
                if country != self.x() && country != self.y() && !self.consented(country, record) {
                    failures.push(("fgi", Some(("consent", country.clone()))));
                }
            }
        }
        failures
    }

    /// Whether Y shares a text in force with the originator of a TLP:GREEN record.
    fn shares_a_text(&self, originator: &str) -> bool {
        self.agreements.iter().any(|agreement| {
            agreement.force != "political"
                && [self.y(), originator]
                    .iter()
                    .all(|party| agreement.has_party(party) && self.view(agreement, party).is_in_force())
        })
    }

    // ---- Cover

    fn cover(&self) -> Cover<'a> {
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
        if !agreement.has_party(self.x()) || !agreement.has_party(self.y()) {
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

    fn all_relied_on_are_in_force(&self, agreement: &Agreement) -> bool {
        agreement.relies_on.iter().all(|id| {
            self.find(id).is_some_and(|base| {
                base.parties.iter().all(|party| self.view(base, party).is_in_force())
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

    // ---- Provenance

    fn provenance(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        for record in self.record_and_foreign_sources() {
            if record.originator != self.y() {
                self.provenance_of(record, &mut blocks);
            }
        }
        blocks
    }

    fn provenance_of(&self, record: &Record, blocks: &mut Vec<Block>) {
        let label = Label::read(&record.label);
        let mut block = |code, cited: Option<(&Agreement, &Clause)>, asked: &str| {
            if !self.consented(asked, record) {
                blocks.push(Block {
                    gate: "provenance",
                    code,
                    record: record.id.clone(),
                    agreement: cited.map(|(agreement, _)| agreement.id.clone()),
                    clause: cited.map(|(_, clause)| clause.id.clone()),
                    cure: Some(("consent", asked.to_owned())),
                });
            }
        };
        for hop in record.custody.iter().filter(|hop| hop.from != self.y()) {
            for agreement in hop.under.iter().map(|id| self.find(id).unwrap()) {
                for clause in agreement.clauses("third-party") {
                    let blocks_action = clause.list("blocks").contains(&self.line.action);
                    let exempts_y = clause.word("exempts") != "none"
                        && agreement.has_party(self.y())
                        && self.view(agreement, self.y()).is_in_force();
                    let label_counts =
                        clause.fields.get("label_counts_as_approval").is_some_and(|counts| counts.as_bool().unwrap());
                    if blocks_action && !exempts_y && !(label_counts && label.rel_to_holds(self.y())) {
                        block("third-party", Some((agreement, clause)), &hop.from);
                    }
                }
                for clause in agreement.clauses("purpose") {
                    let is_allowed = match clause.word("allowed") {
                        "as-provided" => self.line.purpose == hop.purpose,
                        _ => clause.list("allowed").contains(&self.line.purpose),
                    };
                    if !is_allowed {
                        block("purpose", Some((agreement, clause)), &hop.from);
                    }
                }
            }
            if hop.onward.as_deref() == Some("ask") {
                block("onward", None, &hop.from);
            }
        }
        if label.is_orcon() && record.originator != self.x() && !self.is_on_distribution(record) {
            block("orcon", None, &record.originator);
        }
        let is_unknown = record.custody.is_empty()
            || (label.is_classified() && record.custody.iter().any(|hop| hop.under.is_empty()));
        if record.originator != self.x() && is_unknown {
            block("unknown-custody", None, &record.originator);
        }
    }

    // ---- Route

    /// The usable agreements; and when there is none among those that cover, each clause that is against it.
    fn route(&self, covering: &[(&Agreement, String)]) -> (BTreeSet<String>, Vec<Block>) {
        let (channel, asked) = (&self.line.channel, &self.line.purpose);
        let against_channel = |clause: &&Clause| !clause.list("channels").contains(channel);
        let against_purpose =
            |clause: &&Clause| clause.word("allowed") != "as-provided" && !clause.list("allowed").contains(asked);
        let texts: Vec<_> = covering.iter().map(|(agreement, _)| *agreement).collect();
        let by_channel: Vec<_> = texts
            .iter()
            .copied()
            .filter(|agreement| !agreement.clauses("transmission").any(|clause| against_channel(&clause)))
            .collect();
        let usable: BTreeSet<_> = by_channel
            .iter()
            .filter(|agreement| !agreement.clauses("purpose").any(|clause| against_purpose(&clause)))
            .map(|agreement| agreement.id.clone())
            .collect();
        let block = |code, agreement: &Agreement, clause: &Clause| Block {
            gate: "route",
            code,
            record: self.line.record.id.clone(),
            agreement: Some(agreement.id.clone()),
            clause: Some(clause.id.clone()),
            cure: None,
        };
        let mut blocks = Vec::new();
        if by_channel.is_empty() {
            for agreement in texts {
                let clauses = agreement.clauses("transmission").filter(against_channel);
                blocks.extend(clauses.map(|clause| block("channel", agreement, clause)));
            }
        } else if usable.is_empty() {
            for agreement in by_channel {
                let clauses = agreement.clauses("purpose").filter(against_purpose);
                blocks.extend(clauses.map(|clause| block("purpose", agreement, clause)));
            }
        }
        (usable, blocks)
    }

    // ---- Authority

    fn authority(&self) -> Option<Block> {
        let record = &self.line.record;
        let rules: Vec<_> = self.national.iter().filter(|national| national.party == self.x()).collect();
        let block = |code, cure| {
            let record = record.id.clone();
            Some(Block { gate: "authority", code, record, agreement: None, clause: None, cure })
        };
        let is_restricted = rules.iter().flat_map(|national| &national.restrictions).any(|restriction| {
            let concerned = restriction.subjects.contains(&"*".to_owned())
                || record.subjects.iter().any(|subject| restriction.subjects.contains(subject));
            concerned && any_of(&restriction.to, self.y())
        });
        if is_restricted {
            return block("restricted", None);
        }
        if self.is_free() || self.approved(self.x(), record) {
            return None;
        }
        let levels: Option<Vec<usize>> =
            self.record_and_foreign_sources().into_iter().map(|record| self.level(record)).collect();
        let highest = levels.and_then(|levels| levels.into_iter().max());
        let is_delegated = rules.iter().flat_map(|national| &national.delegations).any(|delegation| {
            record.subjects.iter().all(|subject| any_of(&delegation.subjects, subject))
                && any_of(&delegation.to, self.y())
                && highest.is_some_and(|highest| highest <= level(&delegation.max).unwrap())
                && delegation.actions.iter().any(|action| self.includes_action(action))
        });
        if is_delegated { None } else { block("approval", Some(("approval", self.x().to_owned()))) }
    }

    // ---- Onward

    fn onward(&self) -> &'static str {
        let record = &self.line.record;
        let all_own = std::iter::once(record).chain(sources(record)).all(|record| record.originator == self.x());
        if all_own && !Label::read(&record.label).is_orcon() { "free" } else { "ask" }
    }
}

/// The rows of an equivalence clause: the level, and the terms of a country.
fn rows(clause: &Clause) -> Vec<(usize, impl Fn(&str) -> Vec<String>)> {
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
