//! Gate 1.

use super::{
    super::{
        label::{Colour, Label, holds},
        text::Record,
    },
    Block, Cure, Judge,
};

impl Judge<'_> {
    pub(super) fn label(&self) -> Vec<Block> {
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
                    .all(|party| self.parties(agreement).contains(party) && self.view(agreement, party).is_in_force())
        })
    }
}
