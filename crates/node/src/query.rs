//! What a person may see of what is held: only through [`view`], and what may not be seen looks like what is not there.

use entente_core::{
    Record,
    decide::Decision,
    view::{Holding, Seen, Viewer, view},
    world::World,
};
use entente_formats::label;

use crate::{
    event::{Answer, Listed, RecordRef, Refusal},
    held::Held,
    op::Question,
    state::{Key, Node},
};

impl Node {
    pub(crate) fn look(&self, name: &RecordRef, viewer: &Viewer) -> Result<Answer, Refusal> {
        let held = self.find_for(name, viewer)?;
        let seen = self.sees(held, viewer).ok_or_else(|| Refusal::NotFound(name.id.clone()))?;
        Ok(Answer::Record(Box::new(self.listed(held, seen, viewer))))
    }

    pub(crate) fn list(&self, viewer: &Viewer) -> Vec<Listed> {
        self.records.values().filter_map(|held| Some(self.listed(held, self.sees(held, viewer)?, viewer))).collect()
    }

    /// The questions for consent, ours and theirs, about records that the viewer may see.
    pub fn questions(&self, viewer: &Viewer) -> impl Iterator<Item = &Question> {
        self.questions.values().filter(|question| self.may_see_question(question, viewer))
    }

    pub(crate) fn may_see_question(&self, question: &Question, viewer: &Viewer) -> bool {
        let asked = &question.question;
        let key = (asked.originator.as_str().into(), asked.record.as_str().into());
        self.records.get(&key).is_some_and(|held| self.sees(held, viewer).is_some())
    }

    /// The record that a person means, when that person may see it.
    pub(crate) fn find_for(&self, name: &RecordRef, viewer: &Viewer) -> Result<&Held, Refusal> {
        self.find_where(name, &|held| self.sees(held, viewer).is_some())
    }

    /// The same, of a record that is held.
    pub(crate) fn decision_of(&self, key: &Key, decision: &Decision, viewer: &Viewer) -> Option<Decision> {
        self.records.get(key).map(|held| self.decision_for(decision, &held.record(), viewer))
    }

    /// What a person may be told of a decision about a record: nothing of what it was made from, or of a version, that this
    /// person could not see.
    pub(crate) fn decision_for(&self, decision: &Decision, record: &Record, viewer: &Viewer) -> Decision {
        let is_hidden = |part: &&Record| {
            let held = self.records.get(&(part.originator.clone(), part.id.clone()));
            !held.is_some_and(|held| self.could_see(held, viewer))
        };
        let parts = record.sources().into_iter().chain(&record.versions);
        decision.without(&parts.filter(is_hidden).map(|part| part.id.clone()).collect())
    }

    /// Whether the viewer may see a record.
    pub fn may_see(&self, name: &RecordRef, viewer: &Viewer) -> bool {
        self.find_for(name, viewer).is_ok()
    }

    /// What a list shows of those of these records that the viewer may see.
    pub fn listed_of(&self, keys: &[(entente_core::Party, entente_core::RecordId)], viewer: &Viewer) -> Vec<Listed> {
        let held = keys.iter().filter_map(|key| self.records.get(key));
        held.filter_map(|held| Some(self.listed(held, self.sees(held, viewer)?, viewer))).collect()
    }

    pub(crate) fn sees(&self, held: &Held, viewer: &Viewer) -> Option<Seen> {
        self.view_of(&held.record(), self.is_hidden(held), self.named(&held.key()), viewer)
    }

    /// Whether the viewer could see it, were it not called back or suspended: who could may settle what becomes of it.
    pub(crate) fn could_see(&self, held: &Held, viewer: &Viewer) -> bool {
        self.view_of(&held.record(), false, self.named(&held.key()), viewer).is_some()
    }

    /// What is in use is not withdrawn. For TLP:RED nobody counts as named here: the answer is the same for all records of
    /// a class.
    pub(crate) fn sees_record(&self, record: &Record, viewer: &Viewer) -> Option<Seen> {
        self.view_of(record, false, &[], viewer)
    }

    pub(crate) fn view_of(&self, record: &Record, withdrawn: bool, named: &[String], viewer: &Viewer) -> Option<Seen> {
        let world = World { agreements: &self.agreements, national: &self.national, consents: &[], approvals: &[] };
        view(&world, &Holding { record, holder: &self.identity.party, withdrawn, named }, viewer)
    }

    pub(crate) fn listed(&self, held: &Held, seen: Seen, viewer: &Viewer) -> Listed {
        let mut record = self.in_use(&held.record()).into_owned();
        record.versions.retain(|version| self.sees_record(version, viewer).is_some());
        Listed {
            seen,
            label: label::write(&record.label),
            classified: self.is_classified(&record.label),
            record,
            title: held.title().to_owned(),
            media_type: held.media_type().to_owned(),
            digest: held.digest,
            created: held.created,
            entered: held.entered,
            is_arriving: self.contents.is_missing(&held.key()),
        }
    }
}
