//! What if, over everything that is held here: the world as this node knows it, with the acts, consents and approvals on
//! file, against the same world with something supposed, or as it was before some acts. Nothing is changed, kept or told by asking.
//!
//! Judged by class, and shown by class: a viewer's answer counts and names only what the viewer may see.
//!
//! The key type is [`Survey`].

use std::{collections::BTreeSet, sync::Arc};

use entente_core::{
    Party, Record,
    time::{Timestamp, day_of},
    view::Viewer,
    whatif::{Aside, Change, ClassId, Question, Supposition, Unfounded, compare_shown, suppose},
    world::{Agreements, Consent, NationalRules, World},
};

use crate::{
    judge::Permissions,
    state::{Key, Node},
    texts::KnownAct,
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

/// What decisions rest on besides what somebody allowed.
struct Side {
    agreements: Arc<Agreements>,
    national: NationalRules,
}

/// Everything that is held and that one viewer may see, between two worlds. It is made once and asked for one recipient after the
/// other: whoever asks about many may say how far it is, and stop, and the node does other things in between. Both worlds stay as
/// they were when it was made; what enters later is not in it.
pub struct Survey {
    us: Party,
    sides: [Side; 2],
    standing: Vec<Consent>,
    shown: BTreeSet<ClassId>,
    own: Vec<Own>,
    records: u64,
}

impl Survey {
    /// How many records the viewer may see.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// In how many classes.
    pub fn classes(&self) -> usize {
        self.shown.len()
    }

    /// Everybody whom a decision of either world may be about.
    pub fn recipients(&self) -> BTreeSet<Party> {
        let all = self.sides.iter().flat_map(|side| self.world(side).parties());
        all.filter(|party| **party != self.us).cloned().collect()
    }

    fn world<'a>(&'a self, side: &'a Side) -> World<'a> {
        let Side { agreements, national } = side;
        World { agreements, national, consents: &self.standing, approvals: &[] }
    }

    fn asides(&self) -> Vec<Aside<'_>> {
        let [before, after] = &self.sides;
        let (before, after) = (self.world(before), self.world(after));
        let own = self.own.iter();
        own.map(|Own { class, record, permissions: Permissions { consents, approvals, .. } }| Aside {
            holder: &self.us,
            class: *class,
            record: record.as_ref(),
            worlds: (World { consents, approvals, ..before }, World { consents, approvals, ..after }),
        })
        .collect()
    }

    /// What changes for each of these recipients, in order; `node` is the one that it was made of.
    pub fn changes(&self, node: &Node, question: &Question<'_>, recipients: &BTreeSet<Party>) -> Vec<Change> {
        let [before, after] = &self.sides;
        let worlds = (&self.world(before), &self.world(after));
        let is_shown = |_: &Party, class| self.shown.contains(&class);
        compare_shown(&node.holdings, worlds, question, recipients, &self.asides(), is_shown)
    }
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
        let (agreements, national) = suppose((&*self.agreements, &self.national), suppositions, day_of(question.at))?;
        let then = Side { agreements: Arc::new(agreements), national };
        let survey = self.survey(viewer, [self.side(), then], question.at);
        let changes = survey.changes(self, question, &survey.recipients());
        let behind = behind.and_then(|record| {
            let asides = survey.asides();
            let names = changes.iter().find_map(|change| change.behind(record, &self.holdings, &asides))?;
            Some(names.into_iter().map(str::to_owned).collect())
        });
        Ok(WhatIf { changes, records: survey.records(), classes: survey.classes(), behind })
    }

    /// Everything that `viewer` may see, between the world without the acts that became known here from `since` on, in seconds since
    /// the epoch, and the world as it is now. Texts, national rules and what somebody allowed are those of now on both sides; a text
    /// that counts here only by such an act is missing on the one.
    pub fn survey_since(&self, viewer: &Viewer, since: i64, at: Timestamp) -> Survey {
        let before = Side { agreements: Arc::new(self.agreements_before(since)), national: self.national.clone() };
        self.survey(viewer, [before, self.side()], at)
    }

    /// The signed acts that became known here from `since` on, in seconds since the epoch, in the order in which they did.
    pub fn acts_since(&self, since: i64) -> impl Iterator<Item = &KnownAct> {
        self.acts.iter().filter(move |act| act.known >= since)
    }

    /// When the latest signed act became known here, in seconds since the epoch.
    pub fn last_act_known(&self) -> Option<i64> {
        self.acts.iter().map(|act| act.known).max()
    }

    fn side(&self) -> Side {
        Side { agreements: self.shared_agreements(), national: self.national.clone() }
    }

    fn survey(&self, viewer: &Viewer, sides: [Side; 2], at: Timestamp) -> Survey {
        let us = self.identity.party.clone();
        let standing = self.standing_to_us();
        let mut shown = BTreeSet::new();
        let mut records = 0;
        for (class, sample, count) in self.holdings.of(&us) {
            if self.sees_record(sample, viewer).is_some() {
                shown.insert(class);
                records += count;
            }
        }
        let own = self.judged_apart(&standing, at.as_second());
        Survey { us, sides, standing, shown, own, records }
    }

    /// What is not judged with its class: records that a consent or an approval names, or whose sources one names;
    /// classes for which a standing consent does not count, since its giver wants to be asked.
    fn judged_apart(&self, standing: &[Consent], at: i64) -> Vec<Own> {
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
            let permissions = self.permissions(&record, at, None, None);
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
