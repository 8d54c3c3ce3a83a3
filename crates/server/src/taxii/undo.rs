//! A deletion carried to its end, from wherever it stands: the rest is where the whole was, who had the whole is given it and called
//! to destroy the other, and that is destroyed here. Each effect is looked for before it is brought about, so that a deletion which a
//! stop cut off goes on when the node starts. Key functions: [`carry_out`] and [`finish`].

use std::collections::{BTreeMap, BTreeSet, HashSet};

use entente_core::{Party, view::Viewer};
use entente_node::{
    Event, Feed,
    event::{RecordRef, Release, Source},
    objects::Described,
    person::{Account, Person},
    sequenced::About,
};
use entente_seal::Precedence;
use entente_store::taxii::{Deletion, EVERYTHING, NewRecord, Place, RecordRow};

use super::{answer::Fault, sight::content};
use crate::{control::Control, turn::Failure};

/// Carries the deletions to their end that a stop has cut off.
pub(super) async fn finish(control: &Control) -> Result<(), Fault> {
    let _one = control.taxii.one_deletion().await;
    for deletion in control.taxii.write_later(|index| index.deletions()).await? {
        let person = Person { name: deletion.name.clone(), way: deletion.way.clone() };
        // What that person was let do when the deletion began; the rest of the rights is the node's own.
        let viewer = Viewer { name: deletion.name.clone(), ..control.operator.clone() };
        tracing::warn!(by = deletion.name, "TAXII: a deletion that was cut off goes on");
        carry_out(control, deletion, &person, &viewer).await?;
    }
    Ok(())
}

/// Carries a deletion to its end. One whose rest did not enter has had no effect, and comes to nothing.
pub(super) async fn carry_out(
    control: &Control,
    deletion: Deletion,
    person: &Person,
    viewer: &Viewer,
) -> Result<(), Fault> {
    let number = deletion.record;
    let gone: HashSet<i64> = deletion.gone.iter().copied().collect();
    let found = control.taxii.read_later(move |readers| {
        let left = readers.index.of_record(EVERYTHING, number)?.iter().any(|row| !gone.contains(&row.start));
        Ok(readers.index.record(number)?.map(|record| (record, left)))
    });
    let Some((record, has_others)) = found.await? else {
        return control.taxii.write_later(move |index| index.end_deletion(&deletion, true)).await;
    };
    let rest = match &deletion.rest {
        None => None,
        Some(id) => match described(control, &record.originator, id).await? {
            Some(found) => Some((id.clone(), found.digest)),
            None => return control.taxii.write_later(move |index| index.end_deletion(&deletion, false)).await,
        },
    };
    let is_own = record.originator == control.operator.nationality.as_str();
    // Of somebody else's record with other objects in it nothing can be destroyed: it is shown no more.
    let is_destroyed = is_own || !has_others;
    if !is_destroyed {
        tell(control, person, &deletion).await?;
    }
    if let Some((id, digest)) = &rest {
        let (originator, id, digest) = (record.originator.clone(), id.clone(), *digest);
        let place = move |(old, new): &(i64, i64)| (Place { record: number, start: *old }, *new);
        let moved: Vec<(Place, i64)> = deletion.moved.iter().map(place).collect();
        let moved = control.taxii.write_later(move |index| {
            index.move_to(&NewRecord { originator: &originator, id: &id, digest: &digest, is_own: true }, &moved)
        });
        moved.await?;
    }
    let does = |event| Event::By { person: person.clone(), deed: "taxii.delete", event: Box::new(event) };
    let name = RecordRef { originator: Some(record.originator.as_str().into()), id: record.id.as_str().into() };
    let given = if is_destroyed { given(control, viewer, &name).await? } else { BTreeMap::new() };
    if let Some((id, digest)) = rest {
        give_again(control, &does, viewer, &record, (id, digest), &given).await?;
    }
    let found = described(control, &record.originator, &record.id).await?;
    // A stop may have come right behind the recall.
    let is_called_back = found.is_some_and(|found| found.is_called_back);
    if !given.is_empty() && !is_called_back {
        let reason = Some("deleted over TAXII".to_owned());
        let event = Event::Recall { by: viewer.clone(), record: name.clone(), of: Vec::new(), reason };
        control.driver.handle(does(event)).await?;
    }
    let is_erased = described(control, &record.originator, &record.id).await?.is_none_or(|found| found.is_erased);
    if is_destroyed && !is_erased {
        let note = format!("deleted over TAXII by {}", person.name);
        // A legal hold is stronger: then nobody is shown it, and it is kept.
        match control.driver.handle(does(Event::Destroy { by: viewer.clone(), record: name, note })).await {
            Ok(_) => {}
            Err(failure @ Failure::Refused(_)) => tracing::info!(%failure, "TAXII: what was deleted is kept"),
            Err(failure) => return Err(failure.into()),
        }
    }
    control.taxii.write_later(move |index| index.end_deletion(&deletion, true)).await?;
    control.taxii.definitions_changed();
    Ok(())
}

/// What is held of a record.
async fn described(control: &Control, originator: &str, id: &str) -> Result<Option<Described>, Fault> {
    let key = (originator.to_owned(), id.to_owned());
    Ok(control.driver.inspect(move |node| node.described(&key.0, &key.1)).await?)
}

/// Puts on the record that something is not shown any more. Which it was its name says to who knows it already.
async fn tell(control: &Control, person: &Person, deletion: &Deletion) -> Result<(), Fault> {
    let account = Account::Changed {
        by: person.clone(),
        what: "TAXII objects removed".to_owned(),
        name: person.name.clone(),
        now: serde_json::json!({ "record": deletion.record, "objects": deletion.gone.len() }),
    };
    control.driver.handle(Event::Account(account)).await?;
    Ok(())
}

/// To whom a record went from here, and how; nobody where it was called back.
async fn given(control: &Control, viewer: &Viewer, name: &RecordRef) -> Result<BTreeMap<Party, About>, Fault> {
    let (name, viewer) = (name.clone(), viewer.clone());
    let entries = control.driver.inspect(move |node| node.entries_of(&name, &viewer)).await?;
    let entries: Vec<(Feed, u64)> = entries.unwrap_or_default();
    control
        .taxii
        .read_later(move |readers| {
            let mut given = BTreeMap::new();
            for (feed, index) in entries {
                let about = readers.store.pending(&feed, index, 1, 0)?.into_iter().next().and_then(|entry| entry.about);
                given.extend(about.map(|about| (feed.partner.clone(), about)));
            }
            Ok(given)
        })
        .await
}

/// What stays of a record goes to who had it, each as before; what the rules do not permit any more does not go again.
async fn give_again(
    control: &Control,
    does: &impl Fn(Event) -> Event,
    viewer: &Viewer,
    old: &RecordRow,
    (id, digest): (String, [u8; 32]),
    given_before: &BTreeMap<Party, About>,
) -> Result<(), Fault> {
    let name = RecordRef { originator: Some(old.originator.as_str().into()), id: id.as_str().into() };
    let has = given(control, viewer, &name).await?;
    let mut ways: BTreeMap<(String, String), BTreeSet<Party>> = BTreeMap::new();
    for (party, about) in given_before.iter().filter(|(party, _)| !has.contains_key(*party)) {
        ways.entry((about.purpose.clone(), about.channel.clone())).or_default().insert(party.clone());
    }
    if ways.is_empty() {
        return Ok(());
    }
    let text = control.taxii.read_later(move |readers| content(readers, &digest)).await?;
    let text = text.ok_or_else(|| Fault::ours("the content of a record is gone"))?;
    for ((purpose, channel), to) in ways {
        let release = Release {
            by: viewer.clone(),
            source: Source::Held(name.clone(), text.clone()),
            to: to.into_iter().collect(),
            purpose: purpose.into(),
            channel: channel.into(),
            under: None,
            precedence: Precedence::Routine,
            expires: None,
        };
        if let Err(failure) = control.driver.handle(does(Event::Release(release))).await {
            tracing::warn!(%failure, "TAXII: what stays of a record did not go again to who had it");
        }
    }
    Ok(())
}
