//! What if, over everything that is held here: the world as this node knows it, with the acts, consents and approvals on
//! file, against the same world with something supposed. Nothing is changed, kept or told by asking.
//!
//! Judged by class, and shown by class: a viewer's answer counts and names only what the viewer may see.

use std::collections::BTreeSet;

use entente_core::{
    Party, Record,
    time::day_of,
    view::Viewer,
    whatif::{Aside, Change, ClassId, Question, Supposition, Unfounded, compare_shown, suppose},
    world::{Consent, World},
};

use crate::{
    judge::Permissions,
    state::{Key, Node},
};

/// What a viewer is told.
#[derive(Clone, Debug)]
pub struct WhatIf {
    /// What changes, for each recipient.
    pub changes: Vec<Change>,
    /// How many records the viewer may see.
    pub records: u64,
    /// In how many classes.
    pub classes: usize,
    /// The names of the records behind the witness that was asked about; absent when none was, or none is named so.
    pub behind: Option<Vec<String>>,
}

/// A record or a class that is not judged with the others, and what counts for it.
struct Own {
    class: ClassId,
    record: Option<Record>,
    permissions: Permissions,
}

impl Node {
    /// What becomes possible and what no longer is, of what is held here and `viewer` may see, when `suppositions` hold
    /// from the day asked about. `behind` names a witness whose records are wanted too.
    ///
    /// # Errors
    /// The first supposition that has nothing to be about.
    pub fn what_if(
        &self,
        viewer: &Viewer,
        question: &Question<'_>,
        suppositions: &[Supposition],
        behind: Option<&str>,
    ) -> Result<WhatIf, Unfounded> {
        let us = &self.identity.party;
        let then = suppose((&self.agreements, &self.national), suppositions, day_of(question.at))?;
        let standing = self.standing_to_us();
        let is = World { agreements: &self.agreements, national: &self.national, consents: &standing, approvals: &[] };
        let would_be = World { agreements: &then.0, national: &then.1, ..is };

        let mut shown = BTreeSet::new();
        let mut records = 0;
        for (class, sample, count) in self.holdings.of(us) {
            if self.sees_record(sample, viewer).is_some() {
                shown.insert(class);
                records += count;
            }
        }
        let own = self.judged_apart(&standing);
        let asides: Vec<Aside<'_>> = own
            .iter()
            .map(|Own { class, record, permissions: Permissions { consents, approvals, .. } }| Aside {
                holder: us,
                class: *class,
                record: record.as_ref(),
                worlds: (World { consents, approvals, ..is }, World { consents, approvals, ..would_be }),
            })
            .collect();
        let recipients: BTreeSet<Party> = is.parties().chain(would_be.parties()).cloned().collect();
        let is_shown = |_: &Party, class| shown.contains(&class);
        let changes = compare_shown(&self.holdings, (&is, &would_be), question, &recipients, &asides, is_shown);
        let behind = behind.and_then(|record| {
            let names = changes.iter().find_map(|change| change.behind(record, &self.holdings, &asides))?;
            Some(names.into_iter().map(str::to_owned).collect())
        });
        Ok(WhatIf { changes, records, classes: shown.len(), behind })
    }

    /// What is not judged with its class: records that a consent or an approval names, or whose sources one names;
    /// classes for which a standing consent does not count, since its giver wants to be asked.
    fn judged_apart(&self, standing: &[Consent]) -> Vec<Own> {
        let named: BTreeSet<&Key> = self.consents.keys().chain(self.approvals.keys()).collect();
        let is_named = |record: &Record| named.contains(&(record.originator.clone(), record.id.clone()));
        let directly = named.iter().filter_map(|key| self.records.get(*key));
        let derived = self.records.values().filter(|held| {
            !named.is_empty()
                && !held.alike().derived_from.is_empty()
                && !named.contains(&held.key())
                && held.alike().sources().into_iter().any(is_named)
        });
        let records = directly.chain(derived).filter_map(|held| {
            let record = held.record();
            let permissions = self.permissions(&record, None, None);
            Some(Own { class: held.class?, record: Some(record), permissions })
        });
        let classes = self.holdings.of(&self.identity.party).filter_map(|(class, sample, _)| {
            let says_ask = |consent: &&Consent| Self::says_ask(sample, &consent.by);
            standing.iter().any(|consent| says_ask(&consent)).then(|| {
                let consents = standing.iter().filter(|consent| !says_ask(consent)).cloned().collect();
                Own { class, record: None, permissions: Permissions { consents, ..Permissions::default() } }
            })
        });
        records.chain(classes).collect()
    }
}
