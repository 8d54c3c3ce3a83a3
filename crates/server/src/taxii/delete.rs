//! Deletion (section 5.7): an object is gone from every collection, its text is destroyed, and the recall goes to every party that
//! had it. What else stood in its record enters anew, stays where it was, and goes to the same parties. What is about to go is kept
//! before the first effect; `undo` carries it to its end, also when a stop came between.
//!
//! Key function: [`answer`].

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    body::Body,
    http::{Response, StatusCode},
};
use entente_formats::{
    stix::{check::Version, envelope, index},
    taxii::{
        query::{Endpoint, Query},
        select::Candidate,
    },
};
use entente_node::{
    Event,
    event::{Draft, Listed, RecordRef},
};
use entente_store::taxii::{Collection, Deletion, EVERYTHING, EntryRow, RecordRow};

use super::{
    answer::{Fault, body},
    bundle::{Bundle, bundle},
    give::parse,
    index::now,
    marks::definitions_in,
    route::Asked,
    sight::Sight,
    undo::carry_out,
};
use crate::{
    control::Control,
    people::{SignedIn, role::Role},
    turn::Failure,
};

/// What of a record goes, and what stays.
struct Torn {
    number: i64,
    record: RecordRow,
    gone: Vec<i64>,
    /// Of a record of this party: what stays, and the record as it is.
    rest: Option<Rest>,
}

struct Rest {
    kept: Vec<(EntryRow, String)>,
    /// Definitions of what marks them, which travel along.
    definitions: Vec<String>,
    listed: Box<Listed>,
}

/// `DELETE …/objects/{id}/`.
pub(super) async fn answer(
    asked: Asked,
    collection: Collection,
    id: &str,
    text: String,
) -> Result<Response<Body>, Fault> {
    let query = parse(&text, Endpoint::Deletion)?;
    // Without a version all of them are meant.
    let all = !text.to_ascii_lowercase().replace("%5b", "[").contains("match[version");
    let id = id.to_owned();
    // On its own: who asks may go away in the middle.
    let deleting = tokio::spawn(async move { take_out(asked, collection, id, query, all).await });
    deleting.await.map_err(|_| Fault::ours("the work was lost"))??;
    Ok(body(StatusCode::OK, String::new()))
}

async fn take_out(asked: Asked, collection: Collection, id: String, query: Query, all: bool) -> Result<(), Fault> {
    let Asked { control, caller, .. } = asked;
    let (taxii, driver, viewer) = (control.taxii.clone(), control.driver.clone(), caller.person.viewer().clone());
    let may_disclose = caller.person.has(Role::Disclosure);
    // One after the other: what one leaves of a record another may take apart.
    let _one = control.taxii.one_deletion().await;
    let torn = control.taxii.read_later(move |readers| {
        let mut sight = Sight::new(readers, &taxii, &driver, &viewer);
        let mut rows = readers.index.of_id(collection.number, &id)?;
        let shown = sight.shows(&rows.iter().collect::<Vec<_>>())?;
        let mut shown = shown.into_iter();
        rows.retain(|_| shown.next().unwrap_or_default());
        if rows.is_empty() {
            return Err(Fault::not_found("object"));
        }
        if all {
            let of_stix = &query.spec_versions;
            rows.retain(|row| of_stix.is_empty() || of_stix.contains(row.spec.as_str()));
        } else {
            let candidates: Vec<Candidate> =
                rows.iter().map(|row| Candidate { version: row.version, spec_version: row.spec }).collect();
            let mut chosen = query.selects(&candidates).into_iter();
            rows.retain(|_| chosen.next().unwrap_or_default());
        }
        tear(&mut sight, &collection, rows, may_disclose)
    });
    for torn in torn.await? {
        remove(&control, &caller.person, torn).await?;
    }
    Ok(())
}

/// What goes and what stays, record by record. What did not come by a post to this collection goes by the word of who discloses
/// alone, for that one destroys and calls back records elsewhere too.
fn tear(
    sight: &mut Sight<'_>,
    collection: &Collection,
    rows: Vec<EntryRow>,
    may_disclose: bool,
) -> Result<Vec<Torn>, Fault> {
    let not_theirs = || {
        let title = "what did not come by a post to this collection is deleted by who may disclose it, and all that it was made from";
        Fault::new(StatusCode::FORBIDDEN, title).help("nothing was done; ask somebody with the role disclosure")
    };
    let mut of_record: BTreeMap<i64, Vec<EntryRow>> = BTreeMap::new();
    for row in rows {
        of_record.entry(row.record).or_default().push(row);
    }
    let mut torn = Vec::new();
    for (number, gone) in of_record {
        let Some(record) = sight.record(number)? else { continue };
        if record.home != collection.number && !may_disclose {
            return Err(not_theirs());
        }
        let starts: BTreeSet<i64> = gone.iter().map(|row| row.start).collect();
        let mut kept = Vec::new();
        for row in sight.readers.index.of_record(EVERYTHING, number)? {
            if !starts.contains(&row.start) {
                let text = sight.source(&row)?.ok_or_else(|| Fault::ours("the content of a record is gone"))?;
                kept.push((row, text));
            }
        }
        let rest = match sight.is_ours(&record) && !kept.is_empty() {
            false => None,
            true => {
                // The rest is made from what the whole was made from, and enters by who may see that.
                let (listed, sees_sources) = sight.listed(&record)?.ok_or_else(|| Fault::not_found("object"))?;
                if !sees_sources {
                    return Err(not_theirs());
                }
                let definitions = definitions(sight, number, &kept, &gone)?;
                Some(Rest { kept, definitions, listed })
            }
        };
        torn.push(Torn { number, record: (*record).clone(), gone: starts.into_iter().collect(), rest });
    }
    Ok(torn)
}

/// The definitions that travelled along in a record, of what marks the objects that stay.
fn definitions(
    sight: &mut Sight<'_>,
    number: i64,
    kept: &[(EntryRow, String)],
    gone: &[EntryRow],
) -> Result<Vec<String>, Fault> {
    let content = sight.content(number)?.ok_or_else(|| Fault::ours("the content of a record is gone"))?;
    let limits = envelope::Limits { bytes: content.len(), objects: usize::MAX };
    let objects = envelope::objects(&content, limits).map(|contents| contents.objects).unwrap_or_default();
    let entries: Vec<_> = kept.iter().filter_map(|(_, text)| index::read(text).ok()).collect();
    let gone: BTreeSet<&str> = gone.iter().map(|row| row.id.as_str()).collect();
    Ok(definitions_in(&objects, entries.iter(), &gone))
}

async fn remove(control: &Control, person: &SignedIn, torn: Torn) -> Result<(), Fault> {
    let Torn { number, record, gone, rest } = torn;
    let (person, viewer) = (person.person(), person.viewer().clone());
    let mut deletion = Deletion {
        number: 0,
        record: number,
        gone,
        rest: None,
        moved: Vec::new(),
        name: person.name.clone(),
        way: person.way.clone(),
    };
    let draft = match rest {
        None => None,
        Some(Rest { kept, definitions, listed }) => {
            let is_20 = kept.iter().all(|(row, _)| row.spec == Version::V20);
            let spec = if is_20 { Version::V20 } else { Version::V21 };
            let texts = kept.iter().map(|(_, text)| text.as_str());
            let Bundle { record: id, content, starts } = bundle(&record.originator, spec, texts, &definitions)?;
            let stand = starts.into_iter().map(|start| i64::try_from(start).unwrap_or(i64::MAX));
            deletion.moved = kept.iter().map(|(row, _)| row.start).zip(stand).collect();
            deletion.rest = Some(id.clone());
            Some(draft(*listed, id, content))
        }
    };
    let begun = deletion.clone();
    let began = control.taxii.write_later(move |index| index.begin_deletion(&begun, record.home, now()));
    deletion.number = began.await?;
    if let Some(draft) = draft {
        let event = Event::Enter { by: viewer.clone(), draft };
        let event = Event::By { person: person.clone(), deed: "taxii.delete", event: Box::new(event) };
        if let Err(failure) = control.driver.handle(event).await {
            // What was refused did not happen; of anything else the next start finds out.
            if matches!(failure, Failure::Refused(_) | Failure::NotKept(_)) {
                control.taxii.write_later(move |index| index.end_deletion(&deletion, false)).await?;
            }
            return Err(failure.into());
        }
    }
    carry_out(control, deletion, &person, &viewer).await
}

/// What stays of a record, as it enters: under its label, and made from what it was made from.
fn draft(listed: Listed, id: String, content: String) -> Draft {
    let sources = listed
        .record
        .derived_from
        .iter()
        .map(|source| RecordRef { originator: Some(source.originator.clone()), id: source.id.clone() });
    Draft {
        id: Some(id.as_str().into()),
        label: listed.label,
        subjects: listed.record.subjects.iter().map(ToString::to_string).collect(),
        status: listed.record.status,
        derived_from: sources.collect(),
        distribution: listed.record.distribution,
        title: listed.title,
        media_type: listed.media_type,
        content: content.into_bytes(),
        versions: Vec::new(),
    }
}
