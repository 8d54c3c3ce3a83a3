//! One page: which versions a caller is given, behind a moment, for a query. Whether there is more is known exactly, and from
//! what the caller may have alone. For threads that may wait. Key function: [`page`].

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use entente_formats::taxii::{query::Query, select::Candidate};
use entente_store::taxii::{EVERYTHING, EntryRow};

use super::{answer::Fault, sight::Sight};

/// How many objects a page has when nobody says.
pub(super) const PAGE: usize = 1_000;
/// The most that it has.
const LONGEST: usize = 10_000;
/// How many bytes of objects a page has, where it has more than one.
const BYTES: i64 = 16 * 1024 * 1024;
/// The most rows that are read at once.
const STEP: usize = 4_096;

/// What is wanted.
pub(super) struct Wanted<'a> {
    /// The collection.
    pub(super) collection: i64,
    /// In the collection of everything: those whose objects the caller has a right to.
    pub(super) homes: Option<&'a HashSet<i64>>,
    /// The filters.
    pub(super) query: &'a Query,
    /// Only this object.
    pub(super) id: Option<&'a str>,
    /// Only what was added behind this moment.
    pub(super) behind: i64,
    /// Whether texts are given, which count.
    pub(super) has_texts: bool,
}

/// What a page has.
pub(super) struct Page {
    /// The versions, in the order in which they were added.
    pub(super) rows: Vec<EntryRow>,
    /// Whether there is more.
    pub(super) more: bool,
    /// Of one object that is asked for by name: whether the caller may know it.
    pub(super) is_there: bool,
}

/// How many objects are asked for.
pub(super) fn limit(query: &Query) -> usize {
    query.limit.map_or(PAGE, |limit| usize::try_from(limit).unwrap_or(LONGEST)).min(LONGEST)
}

/// The page.
pub(super) fn page(sight: &mut Sight<'_>, wanted: &Wanted<'_>) -> Result<Page, Fault> {
    let limit = limit(wanted.query);
    let mut page = Page { rows: Vec::new(), more: false, is_there: false };
    let mut selected = Selected::default();
    if let Some(id) = wanted.id {
        let rows = sight.readers.index.of_id(wanted.collection, id)?;
        page.is_there = selected.find(sight, wanted, &rows)?;
        fill(&mut page, limit, wanted, rows, &selected);
        return Ok(page);
    }
    if !wanted.query.ids.is_empty() {
        let mut rows = Vec::new();
        for id in &wanted.query.ids {
            rows.extend(sight.readers.index.of_id(wanted.collection, id)?);
        }
        rows.retain(|row| takes(wanted, row));
        rows.sort_by_key(|row| row.added);
        selected.find(sight, wanted, &rows)?;
        fill(&mut page, limit, wanted, rows, &selected);
        return Ok(page);
    }
    let (mut behind, mut count) = (wanted.behind, limit.saturating_add(1).min(STEP));
    loop {
        let rows = next(sight, wanted, behind, count)?;
        let is_last = rows.len() < count;
        let Some(last) = rows.last() else { return Ok(page) };
        behind = last.added;
        selected.find(sight, wanted, &rows)?;
        fill(&mut page, limit, wanted, rows, &selected);
        if page.more || is_last {
            return Ok(page);
        }
        // Where much is withheld, or is no last version, more is read at once.
        count = (count * 2).min(STEP);
    }
}

/// The next rows that may be wanted.
fn next(sight: &Sight<'_>, wanted: &Wanted<'_>, behind: i64, count: usize) -> Result<Vec<EntryRow>, Fault> {
    let index = &sight.readers.index;
    if wanted.query.types.is_empty() {
        return Ok(index.behind(wanted.collection, behind, count)?);
    }
    let mut rows = Vec::new();
    for kind in &wanted.query.types {
        rows.extend(index.of_kind(wanted.collection, kind, behind, count)?);
    }
    // The first of all of them are among the first of each.
    rows.sort_by_key(|row| row.added);
    rows.truncate(count);
    Ok(rows)
}

fn takes(wanted: &Wanted<'_>, row: &EntryRow) -> bool {
    wanted.query.takes(&row.id, kind_of(&row.id))
}

fn kind_of(id: &str) -> &str {
    // Behind the type come two hyphens and a UUID.
    id.get(..id.len().saturating_sub(38)).unwrap_or_default()
}

fn fill(page: &mut Page, limit: usize, wanted: &Wanted<'_>, rows: Vec<EntryRow>, selected: &Selected) {
    let mut bytes: i64 = page.rows.iter().map(|row| row.length).sum();
    for row in rows {
        if row.added <= wanted.behind || !takes(wanted, &row) || !selected.moments.contains(&row.added) {
            continue;
        }
        bytes = bytes.saturating_add(row.length);
        if page.rows.len() == limit || (wanted.has_texts && bytes > BYTES && !page.rows.is_empty()) {
            page.more = true;
            return;
        }
        page.rows.push(row);
    }
}

/// Which versions are selected, by their moments; and of which objects of several versions that is known.
#[derive(Default)]
struct Selected {
    objects: HashSet<i64>,
    moments: HashSet<i64>,
}

impl Selected {
    /// Finds out which versions of the objects in these rows are selected. First and last, and the newest version of STIX, are of
    /// those that the caller may have. Whether any version is shown, selected or not.
    fn find(&mut self, sight: &mut Sight<'_>, wanted: &Wanted<'_>, rows: &[EntryRow]) -> Result<bool, Fault> {
        let rows: Vec<&EntryRow> =
            rows.iter().filter(|row| takes(wanted, row) && !self.objects.contains(&row.hash)).collect();
        // What the caller may not have by itself is out before anything else is looked up.
        sight.judge(rows.iter().copied())?;
        let mut families: Vec<Cow<'_, EntryRow>> = Vec::with_capacity(rows.len());
        for row in rows.into_iter().filter(|row| sight.may_have(row)) {
            // Most objects have one version, which is this one.
            if row.is_only {
                families.push(Cow::Borrowed(row));
            } else if self.objects.insert(row.hash) {
                let all = sight.readers.index.of_hash(wanted.collection, row.hash)?;
                families.extend(all.into_iter().map(Cow::Owned));
            }
        }
        if let Some(homes) = wanted.homes {
            let mut at_home = Vec::with_capacity(families.len());
            for row in families {
                let home = sight.record(row.record)?.map(|record| record.home);
                if home.is_some_and(|home| home == EVERYTHING || homes.contains(&home)) {
                    at_home.push(row);
                }
            }
            families = at_home;
        }
        let shown = sight.shows(&families.iter().map(AsRef::as_ref).collect::<Vec<_>>())?;
        let mut of_object: HashMap<&str, Vec<&EntryRow>> = HashMap::new();
        let mut is_there = false;
        for row in families.iter().zip(shown).filter(|(_, is_shown)| *is_shown).map(|(row, _)| row) {
            is_there = true;
            if row.is_only {
                if wanted.query.selects(&[candidate(row)]) == [true] {
                    self.moments.insert(row.added);
                }
            } else {
                of_object.entry(&row.id).or_default().push(row);
            }
        }
        for versions in of_object.values_mut() {
            versions.sort_by_key(|row| row.added);
            *versions = once_each(sight, versions)?;
            let candidates: Vec<Candidate> = versions.iter().map(|row| candidate(row)).collect();
            let chosen = wanted.query.selects(&candidates);
            self.moments.extend(versions.iter().zip(chosen).filter(|(_, is)| *is).map(|(row, _)| row.added));
        }
        Ok(is_there)
    }
}

fn candidate(row: &EntryRow) -> Candidate {
    Candidate { version: row.version, spec_version: row.spec }
}

/// Of what came twice the caller is given what came first; of a whole and the copy without its marked parts, which are one party's, the
/// whole.
pub(super) fn once_each<'r>(sight: &mut Sight<'_>, versions: &[&'r EntryRow]) -> Result<Vec<&'r EntryRow>, Fault> {
    let mut places: HashMap<(i64, &str), usize> = HashMap::new();
    let mut chosen: Vec<&EntryRow> = Vec::with_capacity(versions.len());
    for row in versions {
        let place = *places.entry((row.version, row.spec.as_str())).or_insert(chosen.len());
        match chosen.get_mut(place) {
            None => chosen.push(row),
            Some(first) if row.is_granular && !first.is_granular => {
                let (one, other) = (sight.record(first.record)?, sight.record(row.record)?);
                if one.zip(other).is_some_and(|(one, other)| one.originator == other.originator) {
                    *first = row;
                }
            }
            Some(_) => {}
        }
    }
    chosen.sort_by_key(|row| row.added);
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_type_stands_in_front_of_an_identifier() {
        assert_eq!(super::kind_of("x-a--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"), "x-a");
        assert_eq!(super::kind_of("short"), "");
    }
}
