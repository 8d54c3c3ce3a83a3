//! Gate 5.

use super::{super::label::level, Block, Judge, any_of};

impl Judge<'_> {
    pub(super) fn authority(&self) -> Option<Block> {
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
}
