//! Objects of a page become records: under which label, and as what.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_core::label::Label;
use entente_formats::{
    hex, label,
    stix::{
        check::{Options, Version, check},
        envelope::{self, Limits},
        index::{self, Entry},
        json,
        marking::{Meaning, Restriction, meaning},
    },
    taxii::media,
    wire::MAX_CONTENT,
};
use entente_server::{
    api::{DraftRequest, EnteredView},
    client::ClientError,
    outside::Outside,
};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use super::{super::elsewhere::get, LONGEST_PAGE, Pull};
use crate::{failure::Failure, verb::remote::failed};

/// How many objects are handed to the node at once.
const AT_ONCE: usize = 8;
/// How many definitions of markings are kept.
const DEFINITIONS: usize = 1_000;
/// The longest that is kept, in bytes: a longer one counts as unknown.
const LONGEST_DEFINITION: usize = 64 * 1024;

impl Pull<'_> {
    /// Takes in the objects of a page; whether any was new in this run.
    pub(super) async fn take(&mut self, outside: &mut Outside, text: &str) -> Result<bool, Failure> {
        let limits = Limits { bytes: LONGEST_PAGE, objects: 1_000_000 };
        let objects = envelope::objects(text, limits)
            .map_err(|problem| Failure::new(format!("page {} is not TAXII 2.1: {problem}", self.pulled.pages)))?
            .objects;
        let mut read: Vec<(&str, Entry<'_>, [u8; 32])> = Vec::new();
        let mut is_new = false;
        for object in objects {
            let digest: [u8; 32] = Sha256::digest(object.as_bytes()).into();
            if !self.seen.insert(digest) {
                continue;
            }
            is_new = true;
            self.pulled.objects += 1;
            match index::read(object) {
                Ok(entry) => read.push((object, entry, digest)),
                Err(problem) => self.pulled.refuse(&object.chars().take(80).collect::<String>(), problem.to_string()),
            }
        }
        for (object, entry, _) in read.iter().filter(|(_, entry, _)| entry.kind == "marking-definition") {
            if object.len() <= LONGEST_DEFINITION && self.definitions.len() < DEFINITIONS {
                self.definitions.insert(entry.id.to_string(), Some((*object).to_owned()));
            }
        }
        let mut drafts = Vec::new();
        for (object, entry, digest) in &read {
            self.find_definitions(outside, entry).await;
            if let Some(label) = self.label(entry) {
                *self.pulled.labels.entry(label::write(&label)).or_default() += 1;
                let is_valid = check(object, &Options::default(), json::Limits::OBJECT);
                self.pulled.invalid += usize::from(!is_valid.is_ok_and(|report| report.is_valid(false)));
                if object.len() > MAX_CONTENT {
                    let why = format!("it has {} bytes; at most {MAX_CONTENT} enter in one piece", object.len());
                    self.pulled.refuse(&entry.id, why);
                } else {
                    drafts.push(self.draft(object, entry, digest, &label));
                }
            }
        }
        if !self.args.dry_run {
            self.enter(drafts).await?;
        }
        Ok(is_new)
    }

    /// The markings of an object and of its parts.
    fn markings<'e>(entry: &'e Entry<'_>) -> BTreeSet<&'e str> {
        let parts = entry.granular.iter().filter_map(|granular| granular.marking.as_deref());
        entry.markings.iter().map(AsRef::as_ref).chain(parts).collect()
    }

    /// Asks for definitions that did not come with the objects that they mark.
    async fn find_definitions(&mut self, outside: &mut Outside, entry: &Entry<'_>) {
        for id in Self::markings(entry) {
            let is_known = self.definitions.contains_key(id) || self.foreign.marking(id).is_some();
            if is_known || !matches!(meaning(id, None), Meaning::Unknown(_)) || self.definitions.len() >= DEFINITIONS {
                continue;
            }
            let mut found = None;
            // Only an identifier may stand in a path.
            if entente_formats::stix::id::Id::parse(id).is_some_and(|id| id.kind == "marking-definition")
                && let Ok(url) = self.place.below(&format!("objects/{id}/"))
                && let Ok(answer) = get(outside, &url, LONGEST_DEFINITION).await
                && let Ok(contents) =
                    envelope::objects(&answer.text, Limits { bytes: LONGEST_DEFINITION, objects: 100 })
            {
                let is_it = |object: &&&str| index::read(object).is_ok_and(|entry| entry.id == id);
                found = contents.objects.iter().find(is_it).map(|object| (*object).to_owned());
            }
            self.definitions.insert(id.to_owned(), found);
        }
    }

    /// The label of an object. `None` when no one label says what its markings ask together, which is told.
    fn label(&mut self, entry: &Entry<'_>) -> Option<Label> {
        let find = |id: &str| self.definitions.get(id)?.as_deref();
        let (mut restriction, unread): (Restriction, Vec<(String, String)>) =
            self.foreign.restriction(Self::markings(entry), find);
        // A marking of a part says nothing of the rest.
        let (whole, _) =
            self.foreign.restriction(entry.markings.iter().map(AsRef::as_ref).collect::<BTreeSet<_>>(), find);
        if whole.is_unmarked() && !restriction.is_unmarked() {
            let unmarked = Meaning::Label { label: self.unmarked.clone(), allows_reduced: false };
            restriction = restriction.join(Restriction::of(unmarked));
        }
        for (marking, why) in unread {
            self.pulled.cannot_read(&marking, why);
        }
        if restriction.is_unmarked() {
            self.pulled.unmarked += 1;
            return Some(self.unmarked.clone());
        }
        let label = restriction.label();
        if label.is_none() {
            self.pulled.refuse(&entry.id, "no one label says what its markings ask together: release it by hand");
        }
        label
    }

    fn draft(&self, object: &str, entry: &Entry<'_>, digest: &[u8; 32], label: &Label) -> DraftRequest {
        let media_type = match entry.spec_version {
            Version::V20 => media::STIX_2_0,
            Version::V21 => media::STIX_2_1,
        };
        DraftRequest {
            id: Some("stix".to_owned()),
            once: Some(hex::encode(digest)),
            label: label::write(label),
            subjects: self.args.subjects.clone(),
            status: self.args.status.clone(),
            distribution: self.args.distribution.clone(),
            derived_from: Vec::new(),
            title: entry.id.to_string(),
            media_type: media_type.to_owned(),
            content: STANDARD.encode(object),
            versions: Vec::new(),
        }
    }

    /// Hands drafts to the node, some at a time. All of them are kept when this returns.
    async fn enter(&mut self, drafts: Vec<DraftRequest>) -> Result<(), Failure> {
        let mut under_way = JoinSet::new();
        let mut waiting = drafts.into_iter();
        loop {
            while under_way.len() < AT_ONCE
                && let Some(draft) = waiting.next()
            {
                let client = self.client.clone();
                under_way.spawn(async move {
                    let answer: Result<EnteredView, ClientError> = client.post("/records", &draft).await;
                    (draft.title, answer)
                });
            }
            let Some(done) = under_way.join_next().await else { return Ok(()) };
            let (id, answer) = done.map_err(|error| Failure::caused("the node", &error))?;
            match answer {
                Ok(_) => self.pulled.entered += 1,
                Err(ClientError::Conflict(_)) => self.pulled.known += 1,
                Err(ClientError::Refused(said)) => self.pulled.refuse(&id, said.detail),
                Err(error) => return Err(failed(&error)),
            }
        }
    }
}
