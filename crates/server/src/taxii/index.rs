//! Objects find their way into the index: out of records that are posted, entered by hand, or come from partners; and out of it
//! again when the content of their record is destroyed. What comes and goes is read in the ledger, from where it was read last.
//!
//! Key functions: [`settle`] and [`follow`].

use std::time::Duration;

use entente_formats::stix::{
    check::{Options, check},
    envelope,
    index::{self, Entry},
    json::Limits,
};
use entente_node::{objects::Described, statement};
use entente_seal::Digest;
use entente_store::{
    StoreError,
    taxii::{self as store, EVERYTHING, NewEntry, NewRecord, StatusRow, hash_of},
};

use super::{
    Taxii,
    answer::Fault,
    blocking,
    give::STATUS_KEPT,
    sight::{LONGEST_CONTENT, content, targets_of},
    undo,
};
use crate::control::Control;

/// How many statements are read at once.
const STEP: usize = 256;
/// How long what is new in the ledger may wait for what comes behind it.
const MOMENT: Duration = Duration::from_millis(50);
/// The most objects of one record.
const OBJECTS: usize = 1_000_000;

/// An object in a content.
struct Found<'a> {
    start: usize,
    text: &'a str,
    entry: Entry<'a>,
    targets: Vec<u8>,
    digest: [u8; 32],
}

impl<'a> Found<'a> {
    /// An object whose text begins at `start` of the content.
    fn new(start: usize, text: &'a str, entry: Entry<'a>) -> Self {
        Self { start, text, targets: targets(&entry), entry, digest: *Digest::of(text.as_bytes()).as_bytes() }
    }

    /// The same, as it goes into the index.
    fn new_entry(&self) -> NewEntry<'_> {
        let entry = &self.entry;
        NewEntry {
            id: &entry.id,
            hash: hash_of(&entry.id),
            kind: &entry.kind,
            spec: entry.spec_version,
            version: entry.version(),
            start: self.start,
            length: self.text.len(),
            markings: entry.markings.iter().map(AsRef::as_ref).collect(),
            is_granular: is_granular(entry),
            targets: &self.targets,
            digest: self.digest,
        }
    }
}

/// Whether parts of an object are marked.
pub(super) fn is_granular(entry: &Entry<'_>) -> bool {
    entry.granular.iter().any(|granular| granular.marking.is_some())
}

/// What an object points at, as it goes into the index.
pub(super) fn targets(entry: &Entry<'_>) -> Vec<u8> {
    targets_of(entry).flat_map(|target| hash_of(target).to_be_bytes()).collect()
}

/// The objects of a content: of a bundle, of an envelope, or the one that it is. What is not valid is left out.
fn objects(text: &str) -> Vec<Found<'_>> {
    let limits = envelope::Limits { bytes: usize::try_from(LONGEST_CONTENT).unwrap_or(usize::MAX), objects: OBJECTS };
    let inside = envelope::objects(text, limits).map(|contents| contents.objects).unwrap_or_default();
    let own = text.trim();
    let is_one = inside.is_empty() && index::read(own).is_ok_and(|entry| entry.kind != "bundle");
    let texts = if is_one { vec![own] } else { inside };
    let found = texts.into_iter().filter_map(|object| {
        let entry = index::read(object).ok()?;
        let is_valid = check(object, &Options::default(), Limits::OBJECT).is_ok_and(|report| report.is_valid(false));
        // Where a slice of the content begins in it.
        let start = object.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
        is_valid.then(|| Found::new(start, object, entry))
    });
    found.collect()
}

fn is_stix(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/stix+json") || kind.eq_ignore_ascii_case("application/taxii+json")
}

/// Now, in microseconds since 1970.
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// Puts the objects of a record into the index, or takes them out, as it stands now.
async fn look(control: &Control, originator: &str, id: &str) -> Result<(), Fault> {
    let key = (originator.to_owned(), id.to_owned());
    let found = control.driver.inspect(move |node| node.described(&key.0, &key.1)).await?;
    let Some(Described { digest, is_erased, is_arriving, .. }) = found.filter(|found| is_stix(&found.media_type))
    else {
        return Ok(());
    };
    let (taxii, originator, id) = (control.taxii.clone(), originator.to_owned(), id.to_owned());
    let us = control.operator.nationality.to_string();
    blocking(move || {
        if is_erased {
            taxii.write(|index| index.drop_record(&originator, &id))?;
            taxii.definitions_changed();
            return Ok(());
        }
        if is_arriving || taxii.write(|index| index.has(&originator, &id))? {
            return Ok(());
        }
        let Some(content) = taxii.read(|readers| content(readers, &digest))? else { return Ok(()) };
        let Ok(text) = String::from_utf8(content) else { return Ok(()) };
        let found = objects(&text);
        let entries: Vec<NewEntry<'_>> = found.iter().map(Found::new_entry).collect();
        warn_of_others(&taxii, &originator, &entries)?;
        let record = NewRecord { originator: &originator, id: &id, digest: &digest, is_own: originator == us };
        add(&taxii, &[(record, &entries)])
    })
    .await?
}

/// Says so when a definition comes of a marking that another party has defined otherwise: it counts for the objects of who sent it.
fn warn_of_others(taxii: &Taxii, originator: &str, entries: &[NewEntry<'_>]) -> Result<(), Fault> {
    for entry in entries.iter().filter(|entry| entry.kind == "marking-definition") {
        let others = taxii.read(|readers| {
            let mut others = Vec::new();
            for row in readers.index.of_id(EVERYTHING, entry.id)? {
                let record = readers.index.record(row.record)?.filter(|record| record.originator != originator);
                others.extend(record.filter(|_| entry.digest.first_chunk() != Some(&row.digest)));
            }
            Ok(others)
        })?;
        if let Some(other) = others.first() {
            let (marking, first) = (entry.id, &other.originator);
            tracing::warn!(
                ?marking,
                originator,
                first,
                "TAXII: a marking was defined otherwise by another party before"
            );
        }
    }
    Ok(())
}

/// Records with their objects.
type New<'n> = [(NewRecord<'n>, &'n [NewEntry<'n>])];

/// Puts the objects of records into the index; for threads that may wait.
fn add(taxii: &Taxii, records: &New<'_>) -> Result<(), Fault> {
    put(taxii, records, |index| index.add_all(records, now()).map(drop))
}

/// The same of those of a post, with what came of it, and without those records of it that did not enter.
pub(super) fn settle(taxii: &Taxii, records: &New<'_>, gone: &[String], status: &StatusRow) -> Result<(), Fault> {
    put(taxii, records, |index| index.settle(records, now(), gone, status, status.at - STATUS_KEPT))
}

fn put(
    taxii: &Taxii,
    records: &New<'_>,
    work: impl FnOnce(&mut store::Taxii) -> Result<(), StoreError>,
) -> Result<(), Fault> {
    let has_definitions =
        records.iter().any(|(_, entries)| entries.iter().any(|entry| entry.kind == "marking-definition"));
    // Before anybody can read it, and behind it: what was read in between is read again.
    if has_definitions {
        taxii.definitions_changed();
    }
    taxii.write(work)?;
    if has_definitions {
        taxii.definitions_changed();
    }
    Ok(())
}

/// How far the ledger is read, and how much of that the index says by itself. Behind that nothing was found: what is read
/// once more after a crash finds nothing again.
struct Place {
    read: u64,
    kept: u64,
}

/// The kinds of statements behind which a record has other objects than before.
const CHANGES: [&str; 5] = ["entered", "received", "erased", "destroyed", "content"];

/// Reads what is new in the ledger, up to its end.
async fn catch_up(control: &Control, place: &mut Place) -> Result<(), Fault> {
    let us = control.operator.nationality.to_string();
    let next = control.driver.inspect(|node| node.next_statement()).await?;
    if place.read > next {
        // The store is from before the index: all of it is looked at again.
        place.read = 0;
    }
    while place.read < next {
        let from = place.read;
        let rows = control.taxii.read_later(move |readers| Ok(readers.store.statement_rows(from, STEP)?)).await?;
        if rows.is_empty() {
            break;
        }
        // In the order in which they came, which is the order of the collections: any other could tell of what is withheld.
        let mut looked: Vec<(String, String)> = Vec::new();
        for row in &rows {
            // Most are of another kind, and need not be opened.
            let kind = statement::kind(&row.text).filter(|kind| CHANGES.contains(&kind.as_str()));
            let told = kind.and_then(|_| statement::read(&row.text, row.opening.as_deref()).ok());
            let Some(told) = told else { continue };
            let text = |name: &str| told.content.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
            let originator = if told.statement.kind == "entered" { Some(us.clone()) } else { text("originator") };
            let key = originator.zip(text("record"));
            looked.extend(key.filter(|key| !looked.contains(key)));
        }
        let looked = with_stix(control, looked).await?;
        let has_news = !looked.is_empty();
        for (originator, id) in looked {
            if originator == us {
                control.taxii.settled(&id).await;
            }
            look(control, &originator, &id).await?;
        }
        place.read += u64::try_from(rows.len()).unwrap_or_default();
        if has_news || place.read.abs_diff(place.kept) >= STEP as u64 {
            let read = place.read;
            control.taxii.write_later(move |index| index.read_up_to(read)).await?;
            place.kept = read;
        }
    }
    Ok(())
}

/// Those records in which there may be objects.
async fn with_stix(control: &Control, mut records: Vec<(String, String)>) -> Result<Vec<(String, String)>, Fault> {
    if records.is_empty() {
        return Ok(records);
    }
    let found = control.driver.inspect(move |node| {
        records
            .retain(|(originator, id)| node.described(originator, id).is_some_and(|found| is_stix(&found.media_type)));
        records
    });
    Ok(found.await?)
}

/// Brings the index up to the ledger, and keeps it there. `ready` is told once it is there for the first time.
pub(crate) async fn follow(control: Control, ready: tokio::sync::oneshot::Sender<()>) {
    let mut changed = control.driver.statements();
    let (mut ready, mut place) = (Some(ready), None);
    loop {
        changed.borrow_and_update();
        let done = async {
            if place.is_none() {
                let kept = control.taxii.write_later(|index| index.cursor()).await?;
                place = Some(Place { read: kept, kept });
            }
            match &mut place {
                Some(place) => catch_up(&control, place).await,
                None => Ok(()),
            }
        };
        match done.await {
            Ok(()) => {
                if let Some(ready) = ready.take() {
                    if let Err(fault) = undo::finish(&control).await {
                        tracing::warn!(?fault, "TAXII: a deletion that a stop cut off is not at its end");
                    }
                    if let Err(fault) = forget(&control).await {
                        tracing::warn!(?fault, "TAXII: posts that a stop cut off are not forgotten");
                    }
                    let _ = ready.send(());
                }
            }
            Err(fault) => {
                tracing::error!(?fault, "TAXII: objects of new records are not in the collections yet");
                tokio::time::sleep(Duration::from_secs(5)).await;
                continue;
            }
        }
        if changed.changed().await.is_err() {
            return;
        }
        // On a busy node there is more in a moment, which is read with it.
        tokio::time::sleep(MOMENT).await;
    }
}

/// What was about to be entered when the node stopped, and was not, is not any more.
async fn forget(control: &Control) -> Result<(), Fault> {
    control
        .taxii
        .write_later(|index| {
            let left = index.intended()?;
            index.forget_intents(&left)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = r#"{"type":"identity","spec_version":"2.1","id":"identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"é"}"#;

    #[test]
    fn objects_are_found_where_they_stand() {
        for (before, behind) in [
            ("", ""),
            (" \n", " "),
            (r#"{"type":"bundle","id":"bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","objects":["#, "]}"),
            (r#"{"objects":[{"type":"nothing"},"#, "]}"),
        ] {
            let text = format!("{before}{OBJECT}{behind}");
            let found = objects(&text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(text.get(found[0].start..found[0].start + found[0].text.len()), Some(OBJECT));
        }
        for text in ["", "[]", "{}", r#"{"type":"bundle","id":"bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}"#] {
            assert!(objects(text).is_empty(), "{text}");
        }
    }
}
