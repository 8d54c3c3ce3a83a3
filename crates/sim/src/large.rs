//! What people do with large contents: they release new ones, which are written first and spoken of then, and held ones; and
//! what the power leaves of those that are not complete.
//!
//! Large is a word here: these contents have some hundred kilobytes, in a few chunks. What is in a file, and how, is as it is with
//! a gibibyte.

use std::collections::BTreeMap;

use entente_core::{Party, RecordId, record::Status};
use entente_formats::wire::ContentSecret;
use entente_node::{
    Answer, Event, Feed, Refusal,
    content::{AwaitedContent, ContentEnd, FileName, LargeContent, SealedContent},
    event::{Draft, RecordRef, Source},
};
use entente_seal::content::CHUNK_LENGTH;
use entente_server::{
    pieces::seal_to,
    turn::{Failure, Step},
};
use entente_store::Content;

use crate::{
    contents::End,
    counts::Contents,
    dice::{Dice, generator},
    disk::Torn,
    facts::{Truth, digest},
    land::{SUBJECTS, label},
    recalls::Key,
    simulation::Simulation,
    site::Asker,
};

/// How long a content is: in one chunk, in two, or in several.
fn content(number: usize, dice: &mut Dice) -> Vec<u8> {
    let chunk = u64::try_from(CHUNK_LENGTH).unwrap_or_default();
    let most = dice.weighted(&[(2, 3000), (3, 2 * chunk), (3, 5 * chunk)]).unwrap_or(chunk);
    let mut content = format!("large content of step {number}\r\n\0").into_bytes();
    let length = usize::try_from(dice.between(most / 2, most)).unwrap_or_default();
    content.extend(dice.bytes(length));
    content
}

/// The held record that a step gives to somebody.
pub(crate) fn gives(step: &Step) -> Option<Key> {
    let Step::Event(Event::Release(release)) = step else { return None };
    let (Source::Held(name, _) | Source::HeldLarge(name, _)) = &release.source else { return None };
    Some((name.originator.clone()?, name.id.clone()))
}

impl Simulation {
    /// People release a new record with a large content: it is written to a file, and then the node is told.
    pub(crate) fn release_large(&mut self, site: usize, number: usize, dice: &mut Dice) {
        let Some(us) = self.truth.parties.get(site).cloned() else { return };
        let id: RecordId = format!("{us}-{number}").as_str().into();
        let content = content(number, dice);
        let (name, to, is_given_up) = (digest(&content), self.recipients(site, dice), dice.percent(10));
        let draft = Draft {
            id: Some(id.clone()),
            label: label(dice, &us, &self.truth.parties),
            subjects: dice.some(&SUBJECTS, 40).into_iter().map(|subject| (*subject).to_owned()).collect(),
            status: Status::Exercise,
            distribution: Vec::new(),
            derived_from: Vec::new(),
            versions: Vec::new(),
            title: format!("{id}.bin"),
            media_type: "application/octet-stream".into(),
            content: Vec::new(),
        };
        let what = format!("releases {id} ({}), {} bytes beside it", draft.label, content.len());
        let Some(here) = self.sites.get_mut(site) else { return };
        if here.node.is_none() || here.disk.is_full() {
            return self.tell(&[site], format!("{what}: no node, or no room"));
        }
        let Some((file, sealed)) = self.writes(site, &content, &to, is_given_up, dice) else {
            return self.tell(&[site], format!("{what}: given up while it was written"));
        };
        self.truth.contents.insert((us, id, name));
        let length = u64::try_from(content.len()).unwrap_or_default();
        let content = LargeContent { digest: name, length, file: Some(file), sealed };
        if let Some((event, what)) = self.release(site, Source::NewLarge(draft, content), &to, what, dice) {
            self.queue(site, event, Asker::Releaser(what, file));
        }
    }

    /// A content in a new file, synced, and as each recipient will get it. Nothing where it is given up in the middle: then
    /// there is a file of which nobody speaks.
    fn writes(
        &mut self,
        site: usize,
        content: &[u8],
        to: &[Party],
        is_given_up: bool,
        dice: &mut Dice,
    ) -> Option<(FileName, Vec<(Party, SealedContent)>)> {
        let length = u64::try_from(content.len()).ok()?;
        let disk = &mut self.sites.get_mut(site)?.disk;
        let file = disk.new_file().ok()?;
        let mut writer = disk.reader()?.fill(&file, length, |_| ()).ok()?;
        for chunk in content.chunks(CHUNK_LENGTH) {
            writer.write(&mut chunk.to_vec()).ok()?;
            if is_given_up {
                return None;
            }
        }
        writer.finish().ok()?;
        disk.note_synced(file);
        let mut rng = generator(dice.below(u64::MAX), 0);
        let us = self.truth.parties.get(site)?;
        let sealed = seal_to(&disk.reader()?.unlisted(&file, length).ok()?, us, to, &digest(content), &mut rng);
        Some((file, sealed.ok()?))
    }

    /// The answer to such a release: of what was refused nothing stays.
    pub(crate) fn has_released(&mut self, site: usize, what: &str, file: FileName, answer: &Result<Answer, Failure>) {
        if let (Err(Failure::Refused(_)), Some(here)) = (answer, self.sites.get(site)) {
            // What cannot be removed now, the next start removes.
            let _ = here.disk.reader().map(|reader| reader.discard(&file));
        }
        self.tell(&[site], format!("{what}: {}", crate::people::in_words(answer)));
    }

    /// A held record with its content, as it is read from the store: from its row, or piece by piece. Of one that is still
    /// arriving what hands would say that did not look: the node has to.
    pub(crate) fn held_source(&self, site: usize, key: &Key, to: &[Party], dice: &mut Dice) -> Option<Source> {
        let (us, facts) = (self.truth.parties.get(site)?, self.truth.facts.get(site)?);
        let (_, digest) = facts.records.get(key)?;
        let name = RecordRef { originator: Some(key.0.clone()), id: key.1.clone() };
        let is_row_large = dice.percent(10);
        match self.sites.get(site)?.disk.reader()?.content(digest).ok()? {
            Some(Content::Row(content)) if !is_row_large => Some(Source::Held(name, content.to_vec())),
            Some(content) if content.length() > 0 => {
                let mut rng = generator(dice.below(u64::MAX), 0);
                let (digest, length) = (*digest, content.length());
                let sealed = seal_to(&content, us, to, &digest, &mut rng).ok()?;
                Some(Source::HeldLarge(name, LargeContent { digest, length, file: None, sealed }))
            }
            Some(_) => None,
            None => {
                let is_it = |content: &&AwaitedContent| (&content.originator, &content.record) == (&key.0, &key.1);
                let (digest, length) = (*digest, facts.contents.open().find(is_it)?.length);
                let mut made_up = || SealedContent { key: ContentSecret(dice.seed()), digest: dice.seed() };
                let sealed = to.iter().map(|party| (party.clone(), made_up())).collect();
                Some(Source::HeldLarge(name, LargeContent { digest, length, file: None, sealed }))
            }
        }
    }

    /// Counts what people are told who give on what is still arriving.
    pub(crate) fn counts_too_early(&mut self, answer: &Result<Answer, Failure>) {
        if let Err(Failure::Refused(Refusal::Request(why))) = answer {
            self.seen.too_early += usize::from(why.ends_with("is still arriving"));
        }
    }

    /// A record of which a content is on its way to a partner, where there is one.
    pub(crate) fn under_way(&self, site: usize, dice: &mut Dice) -> Option<Key> {
        let facts = self.truth.facts.get(site)?;
        let offered = facts.contents.offered.values().filter(|offered| offered.said.is_none());
        let digests: Vec<[u8; 32]> = offered.map(|offered| offered.content.digest).collect();
        let of_them: Vec<&Key> = facts
            .records
            .iter()
            .filter(|(_, (_, digest))| digests.contains(digest) && facts.bodies.contains(digest))
            .map(|(key, _)| key)
            .collect();
        dice.pick(&of_them).map(|key| (*key).clone())
    }

    /// What the power leaves of the files that are being filled.
    pub(crate) fn tears(&mut self, site: usize) -> BTreeMap<FileName, Torn> {
        let (Some(here), Some(facts)) = (self.sites.get(site), self.truth.facts.get(site)) else {
            return BTreeMap::new();
        };
        let (mut torn, there) = (BTreeMap::new(), here.disk.files());
        for content in facts.contents.open() {
            let row =
                here.disk.reader().and_then(|reader| reader.awaited_content(&content.feed, content.index).ok()?);
            let part = self.dice.below(100);
            let kinds = [(4, None), (2, Some(Torn::Gone)), (3, Some(Torn::Cut(part))), (2, Some(Torn::Zeros(part)))];
            let Some(kind) = self.dice.weighted(&kinds).flatten() else { continue };
            if let Some(row) = row.filter(|row| there.contains(&row.file) && !here.disk.is_synced(&row.file)) {
                self.seen.torn += 1;
                torn.insert(row.file, kind);
            }
        }
        torn
    }
}

impl Truth {
    /// How large contents ended.
    pub(crate) fn contents_counted(&self) -> Contents {
        let mut counted = Contents::default();
        for (us, facts) in self.parties.iter().zip(&self.facts) {
            for ((feed, index), awaited) in &facts.contents.awaited {
                let counter = match awaited.end {
                    Some(End::Settled(ContentEnd::Held)) => &mut counted.held,
                    Some(End::Settled(ContentEnd::Refused)) => &mut counted.refused,
                    Some(End::Settled(ContentEnd::Withdrawn)) => &mut counted.withdrawn,
                    Some(End::Erased) => &mut counted.destroyed,
                    None => continue,
                };
                *counter += 1;
                let back = Feed { partner: us.clone(), lane: feed.lane };
                let offered =
                    self.facts_of(&feed.partner).and_then(|facts| facts.contents.offered.get(&(back, *index)));
                let is_between = matches!(awaited.end, Some(End::Settled(ContentEnd::Withdrawn) | End::Erased));
                counted.stopped_between += usize::from(is_between && offered.is_some_and(|offered| offered.has_left));
            }
        }
        counted
    }
}
