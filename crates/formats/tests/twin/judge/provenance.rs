//! Gate 3.

use super::{
    super::{
        label::Label,
        text::{Agreement, Clause, Record},
    },
    Block, Judge,
};

impl Judge<'_> {
    pub(super) fn provenance(&self) -> Vec<Block> {
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
                        && self.parties(agreement).contains(&self.y())
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
}
