//! A draft becomes a record of this party: labelled, signed, kept. The reduced versions that come with it become records of
//! their own.
//!
//! What a version is a version of, its signed statement does not say, nor does the record's name its versions: who gets the
//! one learns nothing of the other. This node knows it, and its ledger has it (`docs/decisions/0014-versions.md`).

use std::collections::BTreeSet;

use entente_core::{
    Label, Level, Record, RecordId, agreement::InstrumentHash, label::Tlp, time::Timestamp, view::Viewer, world::World,
};
use entente_formats::{
    label,
    request::{RecordLine, limits::MAX_VERSIONS},
    wire::{Canonical, Origin, Signed, payload},
};
use rand_core::CryptoRng;

use crate::{
    content::LargeContent,
    event::{Draft, Refusal, VersionDraft},
    op::{Op, StoredRecord},
    state::{Node, sha256},
    statement::Concerns,
};

/// What people see of a record and the judgement does not.
struct Matter {
    title: String,
    media_type: String,
    content: Content,
}

/// The content of a record that is released.
#[derive(Clone)]
pub(crate) enum Content {
    /// In an envelope.
    Inline(Vec<u8>),
    /// Beside it.
    Large(LargeContent),
}

impl Content {
    pub(crate) fn digest(&self) -> [u8; 32] {
        match self {
            Self::Inline(content) => sha256(content),
            Self::Large(content) => content.digest,
        }
    }
}

impl Node {
    /// A draft becomes a record of this party, with its own content or a large one.
    pub(crate) fn enter(
        &mut self,
        draft: Draft,
        large: Option<LargeContent>,
        by: &Viewer,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(Record, Signed, Content), Refusal> {
        let id: RecordId = draft.id.unwrap_or_else(|| self.draw_id(rng));
        // What a source has versions of is nothing to what is made of it.
        let source = |record: &Record| Record { versions: Vec::new(), ..record.clone() };
        let derived_from = draft.derived_from.iter().map(|name| {
            let record = self.find_for(name, by)?.record();
            self.out_of_use(&record).map_or_else(|| Ok(source(&record)), |why| Err(Refusal::Request(why)))
        });
        let mut record = Record {
            id,
            label: read_label(&draft.label).map_err(Refusal::Request)?,
            originator: self.identity.party.clone(),
            subjects: draft.subjects.iter().map(|subject| subject.as_str().into()).collect(),
            status: draft.status,
            custody: Vec::new(),
            distribution: draft.distribution,
            derived_from: derived_from.collect::<Result<Vec<_>, Refusal>>()?,
            versions: Vec::new(),
        };
        record.versions = self.versions(&record, &draft.versions)?;
        let versions = draft.versions.into_iter().map(|VersionDraft { title, media_type, content, .. }| Matter {
            title,
            media_type,
            content: Content::Inline(content),
        });
        let content = large.map_or(Content::Inline(draft.content), Content::Large);
        let media_type = draft.media_type.clone();
        let matter = Matter { title: draft.title, media_type: draft.media_type, content: content.clone() };
        let members: Vec<(&Record, Matter)> = record.versions.iter().zip(versions).chain([(&record, matter)]).collect();
        let mut origins = Vec::with_capacity(members.len());
        for (member, matter) in &members {
            // Else it could be given away out of the sight of whoever enters it, and of everybody.
            if self.view_of(member, false, std::slice::from_ref(&by.name), by).is_none() {
                return Err(Refusal::Request(format!(
                    "you could not see `{}` yourself: its label is above your clearance, or it is on a subject that is \
                     not yours; somebody who may see it enters it",
                    member.id
                )));
            }
            let origin = origin_of(member, matter, now);
            origin.check().map_err(|error| Refusal::Request(error.to_string()))?;
            origins.push(origin);
        }
        // Last of all that can be wrong, so that nobody learns of an id but who would have entered something under it.
        members.iter().try_for_each(|(member, _)| self.check_new(&member.id))?;
        let mut signed = None;
        for ((member, matter), origin) in members.into_iter().zip(origins) {
            let version_of = (member.id != record.id).then_some(&record.id);
            signed = Some(self.sign_and_keep(member, version_of, matter, origin, now)?);
        }
        let signed = signed.ok_or_else(|| Refusal::Ours("nothing was entered".to_owned()))?;
        if let Content::Inline(content) = &content {
            let key = (record.originator.clone(), record.id.clone());
            self.note_warning(&key, &media_type, record.status, content, None, now)?;
        }
        for member in std::iter::once(&record).chain(&record.versions) {
            if member.label == Label::Tlp(Tlp::Red) {
                let key = (member.originator.clone(), member.id.clone());
                self.keep_names(&key, vec![by.name.clone()], &by.name, now)?;
            }
        }
        Ok((record, signed, content))
    }

    /// The versions of a new record: each has less than it, or as much, and a name that says nothing else.
    fn versions(&self, record: &Record, drafts: &[VersionDraft]) -> Result<Vec<Record>, Refusal> {
        if drafts.len() > MAX_VERSIONS {
            let count = drafts.len();
            return Err(Refusal::Request(format!(
                "{count} versions, more than the {MAX_VERSIONS} that a record may have"
            )));
        }
        let mut taken: BTreeSet<&RecordId> = record.sources().into_iter().map(|source| &source.id).collect();
        taken.insert(&record.id);
        let mut versions = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let id = &draft.id;
            let wrong = |why: String| Refusal::Request(format!("version `{id}`: {why}"));
            if !taken.insert(id) {
                let why =
                    "its id is that of the record, of another version, or of something that the record is made from";
                return Err(wrong(why.to_owned()));
            }
            versions.push(self.version(record, draft).map_err(wrong)?);
        }
        Ok(versions)
    }

    /// One of them; `Err` is a sentence.
    fn version(&self, record: &Record, draft: &VersionDraft) -> Result<Record, String> {
        let VersionDraft { id, label, subjects, .. } = draft;
        let label = read_label(label)?;
        let subjects = match subjects {
            None => record.subjects.clone(),
            Some(words) => words.iter().map(|word| word.as_str().into()).collect(),
        };
        if self.level(&label) > self.level(&record.label) {
            return Err("its level is above that of the record".to_owned());
        }
        if label == Label::Tlp(Tlp::Red) && record.label != label {
            return Err("it is TLP:RED and the record is not".to_owned());
        }
        if let Some(other) = subjects.iter().find(|subject| !record.subjects.contains(subject)) {
            return Err(format!("the record is not about `{other}`"));
        }
        Ok(Record { id: id.clone(), label, subjects, ..record.clone() })
    }

    /// The level of a label for this node; the highest for a term that nobody here can place.
    pub(crate) fn level(&self, label: &Label) -> Level {
        let world = World { agreements: &self.agreements, national: &self.national, consents: &[], approvals: &[] };
        world.level_of(label).unwrap_or(Level::TopSecret)
    }

    fn check_new(&self, id: &RecordId) -> Result<(), Refusal> {
        let us = &self.identity.party;
        // What stands for records without an id is said to be there, in the same words: it cannot be told apart.
        if id.as_str() == crate::preview::NEW || self.records.contains_key(&(us.clone(), id.clone())) {
            return Err(Refusal::Taken(format!(
                "a record `{id}` of {us} exists; a record never changes, give another id"
            )));
        }
        Ok(())
    }

    /// Signs what this party says of its own record, and keeps both.
    fn sign_and_keep(
        &mut self,
        record: &Record,
        version_of: Option<&RecordId>,
        matter: Matter,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Signed, Refusal> {
        let signed = self.sign(payload::ORIGIN, origin.to_bytes())?;
        match matter.content {
            Content::Inline(content) => self.keep(Op::Body { digest: origin.digest, content })?,
            Content::Large(LargeContent { digest, length, file: Some(file), .. }) => {
                self.keep(Op::LargeBody { digest, length, file })?;
            }
            Content::Large(_) => return Err(Refusal::Ours("a new content has no file".to_owned())),
        }
        self.keep_record(record, signed.clone(), now)?;
        let version_of = version_of.map(RecordId::as_str);
        let entered =
            serde_json::json!({ "record": record.id.as_str(), "label": origin.label, "version_of": version_of });
        let key = (record.originator.clone(), record.id.clone());
        self.state_of(now, "entered", Concerns::record(&key), entered)?;
        Ok(signed)
    }

    /// Keeps a record as it now stands.
    pub(crate) fn keep_record(&mut self, record: &Record, origin: Signed, now: Timestamp) -> Result<(), Refusal> {
        let line =
            serde_json::to_string(&RecordLine::from(record)).map_err(|error| Refusal::Ours(error.to_string()))?;
        let mut texts: Vec<(String, InstrumentHash)> = record
            .custody
            .iter()
            .flat_map(|hop| &hop.under)
            .filter_map(|id| self.agreements.get(id))
            .map(|agreement| (agreement.id.to_string(), agreement.hash))
            .collect();
        texts.sort();
        texts.dedup();
        let key = (record.originator.clone(), record.id.clone());
        let known = self.records.get(&key).map(|held| held.entered);
        let entered = known.unwrap_or(now.as_second());
        self.keep(Op::Record(StoredRecord { origin, line, texts, entered, erased: None }))?;
        // After a restore it may come again behind what this party had said of it.
        if known.is_none() { self.owe_returned(Some(&key), now) } else { Ok(()) }
    }
}

/// What this party says of it.
fn origin_of(record: &Record, matter: &Matter, now: Timestamp) -> Origin {
    Origin {
        originator: record.originator.to_string(),
        id: record.id.to_string(),
        label: label::write(&record.label),
        subjects: record.subjects.iter().map(ToString::to_string).collect(),
        status: record.status.as_str().to_owned(),
        distribution: record.distribution.iter().map(ToString::to_string).collect(),
        title: matter.title.clone(),
        media_type: matter.media_type.clone(),
        created: now.as_second(),
        digest: matter.content.digest(),
    }
}

fn read_label(text: &str) -> Result<Label, String> {
    label::parse(text).map_err(|problem| format!("label, character {}: {problem}", problem.line_and_column(text).1))
}
