//! What people see of objects: the collections that they may read, lists that are searched, one object with its versions, and what
//! it stands in relation to. For pages and the API; over TAXII the same objects are given by `super::give`.
//!
//! Nothing is decided here: what somebody may have is asked of [`Sight`], and which of an object's versions is the last one of the
//! same query that TAXII answers. What is withheld is passed over before anything is counted, so that no count, no page and no
//! bound on the work tells of it. Key type: [`Look`].

mod text;
mod pointing;
mod search;
mod collections;
mod object;
mod graph;

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use entente_core::{Party, RecordId};
use entente_formats::{
    label,
    stix::time::Moment,
    taxii::{query::Query, select::Candidate},
};
use entente_node::event::Listed;
use entente_store::taxii::{Collection, EVERYTHING, EntryRow, Root, hash_of};

pub(in crate::taxii) use self::pointing::Pointing;
pub(crate) use self::{
    collections::{list as collections, one as collection},
    graph::show as graph,
    object::{difference, show as object},
    search::list as objects,
    text::pretty,
};
use super::{
    Taxii,
    answer::Fault,
    caller::{Caller, Rights},
    give::stamp,
    page::once_each,
    sight::Sight,
};
use crate::{
    api::StixRow,
    control::{ApiError, Control},
    people::{SignedIn, Way},
};

/// How many rows of the index are read at once.
const STEP: usize = 1_024;
/// How much of a name is told: more of it is in the object.
const NAME: usize = 200;

/// What one person sees.
pub(super) struct Look<'a> {
    sight: Sight<'a>,
    taxii: &'a Taxii,
    roots: Vec<Root>,
    /// Those that are there for this person.
    collections: Vec<(Collection, Rights)>,
    /// Those that may be read: only what was posted to one of them, or to none, is seen at all.
    homes: HashSet<i64>,
    listed: HashMap<i64, Option<Rc<Listed>>>,
    /// What ends of relationships are called, with what labels that was found out under.
    ends: HashMap<String, Option<End>>,
    /// What was named besides what was asked for: shown too, as far as the ledger goes.
    named: Vec<EntryRow>,
}

/// An end of a relationship.
#[derive(Clone)]
struct End {
    name: String,
    labels: Vec<String>,
    row: EntryRow,
}

/// Looks, off the threads that serve.
async fn looked<T: Send + 'static>(
    control: &Control,
    person: &SignedIn,
    work: impl FnOnce(&mut Look<'_>) -> Result<T, Fault> + Send + 'static,
) -> Result<T, ApiError> {
    let (taxii, driver, viewer) = (control.taxii.clone(), control.driver.clone(), person.viewer().clone());
    let caller = Caller { person: person.clone() };
    let found = control.taxii.read_later(move |readers| {
        // Whoever comes through the control socket may read every collection; objects are decided all the same.
        let is_operator = *caller.person.way() == Way::Operator;
        let rights = |collection: &Collection| {
            let rights = caller.rights(&collection.terms);
            Rights { read: rights.read || is_operator, ..rights }
        };
        let all = readers.index.collections()?.into_iter().map(|collection| (rights(&collection), collection));
        let collections: Vec<(Collection, Rights)> =
            all.filter(|(rights, _)| rights.any()).map(|(rights, collection)| (collection, rights)).collect();
        let readable = collections.iter().filter(|(_, rights)| rights.read);
        let mut look = Look {
            roots: readers.index.roots()?,
            homes: readable.map(|(collection, _)| collection.number).collect(),
            collections,
            taxii: &taxii,
            sight: Sight::new(readers, &taxii, &driver, &viewer),
            listed: HashMap::new(),
            ends: HashMap::new(),
            named: Vec::new(),
        };
        work(&mut look)
    });
    Ok(found.await?)
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        // What somebody asks wrongly is refused before: what is left is that the node cannot answer.
        Self::Ours(fault.to_string())
    }
}

/// What was found, and is shown once it is on the record.
struct Found<T> {
    view: T,
    /// The records of which it shows something, where they are classified.
    classified: Vec<(Party, RecordId)>,
}

/// What is answered where an object, or a collection, is not there for who asks.
fn not_here(what: &str) -> ApiError {
    ApiError::NotFound(format!("no such {what}"))
}

impl Look<'_> {
    /// The number of a collection that may be read, by its identifier; `everything` is all that may be had.
    fn readable(&self, id: &str) -> Option<i64> {
        if id == super::beyond::ALIAS {
            return Some(EVERYTHING);
        }
        let found = self.collections.iter().find(|(collection, _)| collection.id.eq_ignore_ascii_case(id));
        found.filter(|(_, rights)| rights.read).map(|(collection, _)| collection.number)
    }

    /// The versions that may be had of the objects that `rows` are of, by object, in the order in which they were added: of those in a
    /// collection that were added up to a moment.
    fn versions(&mut self, collection: i64, rows: &[EntryRow], until: i64) -> Result<Vec<Vec<EntryRow>>, Fault> {
        // What may not be had by itself is out before anything else is looked up.
        self.sight.judge(rows)?;
        let mut met = HashSet::new();
        let mut families = Vec::new();
        for row in rows.iter().filter(|row| row.added <= until && self.sight.may_have(row)) {
            // Most objects have one version, which is this one.
            if row.is_only {
                families.push(row.clone());
            } else if met.insert(row.hash) {
                families.extend(self.sight.readers.index.of_hash(collection, row.hash)?);
            }
        }
        families.retain(|row| row.added <= until);
        if collection == EVERYTHING {
            let mut at_home = Vec::with_capacity(families.len());
            for row in families {
                let home = self.sight.record(row.record)?.map(|record| record.home);
                if home.is_some_and(|home| self.is_home(home)) {
                    at_home.push(row);
                }
            }
            families = at_home;
        }
        let shown = self.sight.shows(&families.iter().collect::<Vec<_>>())?;
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut objects: Vec<Vec<&EntryRow>> = Vec::new();
        for (row, _) in families.iter().zip(shown).filter(|(_, is_shown)| *is_shown) {
            let place = *places.entry(&row.id).or_insert(objects.len());
            match objects.get_mut(place) {
                Some(versions) => versions.push(row),
                None => objects.push(vec![row]),
            }
        }
        let mut all = Vec::with_capacity(objects.len());
        for mut versions in objects {
            versions.sort_by_key(|row| row.added);
            all.push(once_each(&mut self.sight, &versions)?.into_iter().cloned().collect());
        }
        Ok(all)
    }

    /// Whether what was posted there may be seen at all.
    fn is_home(&self, home: i64) -> bool {
        home == EVERYTHING || self.homes.contains(&home)
    }

    /// Those of these rows that are the last version of their object, in their order.
    fn last_among(&mut self, collection: i64, rows: Vec<EntryRow>, until: i64) -> Result<Vec<EntryRow>, Fault> {
        let last: HashSet<i64> = self
            .versions(collection, &rows, until)?
            .iter()
            .filter_map(|versions| last(versions))
            .map(|row| row.added)
            .collect();
        Ok(rows.into_iter().filter(|row| last.contains(&row.added)).collect())
    }

    /// The last version of each of these objects that may be had, in no particular order.
    fn last_of(&mut self, hashes: impl IntoIterator<Item = i64>) -> Result<Vec<EntryRow>, Fault> {
        let mut rows = Vec::new();
        for hash in hashes {
            rows.extend(self.sight.readers.index.of_hash(EVERYTHING, hash)?);
        }
        let versions = self.versions(EVERYTHING, &rows, i64::MAX)?;
        Ok(versions.iter().filter_map(|versions| last(versions).cloned()).collect())
    }

    /// The record that a version stands in, as this person sees it.
    fn record_of(&mut self, row: &EntryRow) -> Result<Option<Rc<Listed>>, Fault> {
        if let Some(known) = self.listed.get(&row.record) {
            return Ok(known.clone());
        }
        let record = self.sight.record(row.record)?;
        let listed = match record {
            Some(record) => self.sight.listed(&record)?.map(|(listed, _)| Rc::from(listed)),
            None => None,
        };
        self.listed.insert(row.record, listed.clone());
        Ok(listed)
    }

    /// The labels of a version: that of its record, and its own.
    fn labels_of(&mut self, row: &EntryRow, listed: &Listed) -> Result<Vec<String>, Fault> {
        let own = self.sight.own_labels(row)?;
        let mut labels: Vec<String> =
            std::iter::once(listed.label.clone()).chain(own.iter().map(label::write)).collect();
        labels.dedup();
        Ok(labels)
    }

    /// What an end of a relationship is called: its name, where it is under no other labels than the relationship, which is what the
    /// page that shows it says of it; else the type that its identifier begins with.
    fn end(&mut self, id: &str, labels: &[String]) -> Result<String, Fault> {
        let end = match self.ends.get(id) {
            Some(known) => known.clone(),
            None => {
                let found = self.find_end(id)?;
                self.ends.insert(id.to_owned(), found.clone());
                found
            }
        };
        let Some(end) = end.filter(|end| end.labels.iter().all(|label| labels.contains(label))) else {
            return Ok(text::shortened(id, text::kind_of(id).len() + 8));
        };
        self.named.push(end.row);
        Ok(end.name)
    }

    fn find_end(&mut self, id: &str) -> Result<Option<End>, Fault> {
        let found = self.last_of([hash_of(id)])?.into_iter().find(|row| row.id == id);
        let Some(row) = found else { return Ok(None) };
        let (Some(text), Some(listed)) = (self.sight.text(&row)?, self.record_of(&row)?) else { return Ok(None) };
        let labels = self.labels_of(&row, &listed)?;
        let name = text::facts(&text).name.map(|name| text::shortened(&name, NAME / 2));
        Ok(name.map(|name| End { name, labels, row }))
    }

    /// The records of which these show something, where they are classified; with what was named besides.
    fn classified(&mut self, rows: &[EntryRow]) -> Result<Vec<(Party, RecordId)>, Fault> {
        let all: Vec<EntryRow> = rows.iter().cloned().chain(std::mem::take(&mut self.named)).collect();
        self.sight.classified(&all)
    }

    /// A version in a list; nothing where it was destroyed a moment ago.
    fn row(&mut self, row: &EntryRow) -> Result<Option<StixRow>, Fault> {
        let (Some(text), Some(listed)) = (self.sight.text(row)?, self.record_of(row)?) else { return Ok(None) };
        let facts = text::facts(&text);
        let labels = self.labels_of(row, &listed)?;
        let name = match text::relationship(&text) {
            Some((from, word, to)) => {
                let (from, to) = (self.end(&from, &labels)?, self.end(&to, &labels)?);
                Some(format!("{from} {word} {to}"))
            }
            None => facts.name.map(|name| text::shortened(&name, NAME)),
        };
        Ok(Some(StixRow {
            id: row.id.clone(),
            kind: text::kind_of(&row.id).to_owned(),
            name,
            spec_version: row.spec.as_str().to_owned(),
            version: moment(row.version),
            added: moment(row.added),
            revoked: facts.is_revoked,
            reduced: row.is_granular && self.sight.source(row)?.as_deref() != Some(&*text),
            label: listed.label.clone(),
            // What the record's label says already is not said twice.
            markings: labels.into_iter().filter(|text| *text != listed.label).collect(),
            status: listed.record.status.as_str().to_owned(),
            originator: listed.record.originator.to_string(),
            record: listed.record.id.to_string(),
        }))
    }
}

/// The last of the versions of an object, as a query that says nothing of versions selects it.
fn last(versions: &[EntryRow]) -> Option<&EntryRow> {
    let candidates: Vec<Candidate> =
        versions.iter().map(|row| Candidate { version: row.version, spec_version: row.spec }).collect();
    let chosen = Query::default().selects(&candidates);
    versions.iter().zip(chosen).find(|(_, is_chosen)| *is_chosen).map(|(row, _)| row)
}

/// A moment as TAXII writes it.
fn moment(microseconds: i64) -> String {
    stamp(microseconds).0.to_string()
}

/// Microseconds of a moment, or of the first or the last one of a day.
fn microseconds(what: &str, text: &str, is_end: bool) -> Result<i64, ApiError> {
    let whole = match (text.len(), is_end) {
        (10, false) => format!("{text}T00:00:00Z"),
        (10, true) => format!("{text}T23:59:59.999999Z"),
        _ => text.to_owned(),
    };
    Moment::parse(&whole).map(Moment::microseconds).map_err(|_| {
        ApiError::Request(format!(
            "{what}: `{}` is neither a day (2026-11-30) nor a moment in UTC",
            text::shortened(text, 40)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_from_its_first_moment_to_its_last() {
        let at = |text: &str, is_end| microseconds("added_to", text, is_end).ok();
        let day = 86_400_000_000;
        assert_eq!((at("1970-01-02", false), at("1970-01-02", true)), (Some(day), Some(2 * day - 1)));
        assert_eq!(at("1970-01-02T00:00:00.000001Z", true), Some(day + 1));
        for wrong in ["", "yesterday", "2026-02-30", "2026-1-1", "2026-01-01T00:00:00"] {
            assert_eq!(at(wrong, false), None, "{wrong}");
        }
    }
}
