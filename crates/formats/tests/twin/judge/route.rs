//! Gate 4.

use std::collections::BTreeSet;

use super::{
    super::text::{Agreement, Clause},
    Block, Judge,
};

impl Judge<'_> {
    /// The usable agreements; and when there is none among those that cover, each clause that is against it.
    pub(super) fn route(&self, covering: &[(&Agreement, String)]) -> (BTreeSet<String>, Vec<Block>) {
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
}
