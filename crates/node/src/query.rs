//! What a person may see of what is held: only through [`view`], and what may not be seen looks like what is not there.

use entente_core::{
    Record,
    view::{Holding, Seen, Viewer, view},
    world::World,
};
use entente_formats::label;

use crate::{
    event::{Answer, Listed, RecordRef, Refusal},
    held::Held,
    op::Question,
    state::Node,
};

impl Node {
    pub(crate) fn look(&self, name: &RecordRef, viewer: &Viewer) -> Result<Answer, Refusal> {
        let not_found = || Refusal::NotFound(name.id.clone());
        let held = self.find(name)?;
        let seen = self.sees(held, viewer).ok_or_else(not_found)?;
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
        let held = self.find(name)?;
        self.sees(held, viewer).map(|_| held).ok_or_else(|| Refusal::NotFound(name.id.clone()))
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
