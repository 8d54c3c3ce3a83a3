//! A list of objects: the last version of each, the newest first, searched by what it is, what it says, how it is marked and when.
//! Pages are lossless: one begins behind where the page before ended, and all are of what was there when the first was asked for.
//!
//! How much is looked at for one page is bounded, and only what the asker may have counts for that: a page that ends early tells
//! nothing of what is withheld.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use entente_core::Label;
use entente_formats::{label, stix::index};
use entente_store::taxii::EntryRow;

use super::{Look, STEP, looked, microseconds, not_here, text};
use crate::{
    api::{StixPage, StixQuery, StixRow},
    control::{ApiError, Control, Reply, ledger, viewed_keys},
    people::SignedIn,
    taxii::answer::Fault,
};

/// How many objects a page has when nobody says.
const PAGE: usize = 50;
/// The most that it has.
const LONGEST_PAGE: usize = 500;
/// How many objects are looked at for one page; and how many of them have their texts read.
const LOOKED: usize = 20_000;
const READ: usize = 4_000;
/// The longest word that is sought, in characters.
const WORDS: usize = 200;

/// What is sought.
struct Sought {
    kind: Option<String>,
    words: Vec<String>,
    pattern: Option<String>,
    marking: Option<Marking>,
    version: (i64, i64),
    added: (i64, i64),
}

/// A marking that is sought.
enum Marking {
    Id(String),
    Label(Label),
}

/// Where a page begins: below a moment, and of what was there up to another.
#[derive(Clone, Copy)]
struct Place {
    below: i64,
    until: i64,
}

impl Place {
    /// As it is sealed: always as long.
    fn text(self) -> String {
        format!("stix {:020} {:020}", self.below, self.until)
    }

    fn of(text: &str) -> Option<Self> {
        let (below, until) = text.strip_prefix("stix ")?.split_once(' ')?;
        Some(Self { below: below.parse().ok()?, until: until.parse().ok()? })
    }
}

fn sought(query: &StixQuery) -> Result<Sought, ApiError> {
    for (what, text) in
        [("q", &query.q), ("pattern", &query.pattern), ("marking", &query.marking), ("type", &query.kind)]
    {
        if text.as_ref().is_some_and(|text| text.chars().count() > WORDS) {
            return Err(ApiError::Request(format!("{what}: at most {WORDS} characters")));
        }
    }
    let from = |what: &str, text: &Option<String>| {
        text.as_deref().map_or(Ok(i64::MIN), |text| microseconds(what, text, false))
    };
    let to =
        |what: &str, text: &Option<String>| text.as_deref().map_or(Ok(i64::MAX), |text| microseconds(what, text, true));
    let words = query.q.as_deref().unwrap_or_default().to_lowercase();
    Ok(Sought {
        kind: query.kind.clone(),
        words: words.split_whitespace().map(str::to_owned).collect(),
        pattern: query.pattern.as_deref().map(str::to_lowercase),
        marking: query.marking.as_deref().map(marking).transpose()?,
        version: (from("modified_from", &query.modified_from)?, to("modified_to", &query.modified_to)?),
        added: (from("added_from", &query.added_from)?, to("added_to", &query.added_to)?),
    })
}

/// A marking by its identifier, by a word of TLP, or by any label.
fn marking(text: &str) -> Result<Marking, ApiError> {
    let text = text.trim();
    if text.starts_with("marking-definition--") {
        return Ok(Marking::Id(text.to_owned()));
    }
    let colour = text.to_uppercase();
    let colour = if colour.starts_with("TLP:") { colour } else { format!("TLP:{colour}") };
    let read = label::parse(&colour).or_else(|_| label::parse(text));
    read.map(Marking::Label).map_err(|_| {
        ApiError::Request(format!(
            "marking: `{text}` is neither a word of TLP, nor a label, nor the identifier of a marking definition"
        ))
    })
}

impl Sought {
    /// How many objects are looked at for one page.
    fn bound(&self) -> usize {
        if self.words.is_empty() && self.pattern.is_none() { LOOKED } else { READ }
    }

    /// Whether the last version of an object is one of those sought.
    fn takes(&self, look: &mut Look<'_>, row: &EntryRow) -> Result<bool, Fault> {
        if !(self.version.0..=self.version.1).contains(&row.version) {
            return Ok(false);
        }
        if let Some(marking) = &self.marking
            && !bears(look, row, marking)?
        {
            return Ok(false);
        }
        if self.words.is_empty() && self.pattern.is_none() {
            return Ok(true);
        }
        let Some(text) = look.sight.text(row)? else { return Ok(false) };
        let facts = text::facts(&text);
        if let Some(pattern) = &self.pattern
            && !facts.pattern.is_some_and(|text| text.to_lowercase().contains(pattern))
        {
            return Ok(false);
        }
        let names: Vec<String> = facts
            .name
            .into_iter()
            .chain(facts.aliases)
            .chain([row.id.clone()])
            .map(|name| name.to_lowercase())
            .collect();
        Ok(self.words.iter().all(|word| names.iter().any(|name| name.contains(word))))
    }
}

/// Whether an object bears a marking: the whole or a part that is given bears it, or, of labels, its record does.
fn bears(look: &mut Look<'_>, row: &EntryRow, marking: &Marking) -> Result<bool, Fault> {
    match marking {
        Marking::Label(label) => {
            if look.sight.own_labels(row)?.contains(label) {
                return Ok(true);
            }
            Ok(look.record_of(row)?.is_some_and(|listed| listed.record.label == *label))
        }
        Marking::Id(id) if !row.is_granular => Ok(look.sight.readers.index.marks(row.marks)?.contains(id)),
        Marking::Id(id) => {
            let Some(text) = look.sight.text(row)? else { return Ok(false) };
            Ok(index::read(&text).is_ok_and(|entry| {
                let parts = entry.granular.iter().filter_map(|granular| granular.marking.as_deref());
                entry.markings.iter().map(AsRef::as_ref).chain(parts).any(|one| one == id)
            }))
        }
    }
}

/// The objects of a page, and where the next one begins.
fn page(
    look: &mut Look<'_>,
    collection: i64,
    sought: &Sought,
    from: Place,
    limit: usize,
) -> Result<(Vec<EntryRow>, Option<i64>), Fault> {
    let mut below = from.below.min(sought.added.1.saturating_add(1));
    let (mut found, mut left) = (Vec::new(), sought.bound());
    loop {
        let rows = look.sight.readers.index.before(collection, sought.kind.as_deref(), below, STEP)?;
        let (is_last, end) = (rows.len() < STEP, rows.last().map(|row| row.added));
        for row in look.last_among(collection, rows, from.until)? {
            if row.added < sought.added.0 {
                return Ok((found, None));
            }
            if left == 0 {
                return Ok((found, Some(row.added + 1)));
            }
            left -= 1;
            if sought.takes(look, &row)? {
                if found.len() == limit {
                    return Ok((found, Some(row.added + 1)));
                }
                found.push(row);
            }
        }
        match end.filter(|end| !is_last && *end >= sought.added.0) {
            Some(end) => below = end,
            None => return Ok((found, None)),
        }
    }
}

/// `GET /stix/collections/{collection}/objects`.
pub(crate) async fn list(
    State(control): State<Control>,
    person: SignedIn,
    Path(collection): Path<String>,
    Query(query): Query<StixQuery>,
) -> Reply<StixPage> {
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=LONGEST_PAGE).contains(&limit) {
        return Err(ApiError::Request(format!("limit: `{limit}` is not from 1 to {LONGEST_PAGE}")));
    }
    let sought = sought(&query)?;
    let from = match query.after.as_deref() {
        None => Place { below: i64::MAX, until: i64::MAX },
        Some(text) => ledger::open(&control, &person, text)
            .and_then(|text| Place::of(&text))
            .ok_or_else(|| ApiError::Request("after: not the `next` of a page before".to_owned()))?,
    };
    let found = looked(&control, &person, move |look| {
        let Some(number) = look.readable(&collection) else { return Ok(None) };
        // What comes while somebody turns pages belongs to none of them.
        let until = match from.until {
            i64::MAX => look.sight.readers.index.before(number, None, i64::MAX, 1)?.first().map_or(0, |row| row.added),
            until => until,
        };
        let from = Place { until, ..from };
        let (rows, next) = page(look, number, &sought, from, limit)?;
        let mut objects: Vec<StixRow> = Vec::with_capacity(rows.len());
        for row in &rows {
            objects.extend(look.row(row)?);
        }
        Ok(Some((objects, next.map(|below| Place { below, ..from }), look.classified(&rows)?)))
    });
    let (objects, next, classified) = found.await?.ok_or_else(|| not_here("collection"))?;
    // It is on the record before it is shown; a name is part of a content.
    viewed_keys(&control, &person, classified, true).await?;
    let next = next.map(|next| ledger::seal(&control, &person, &next.text())).transpose()?;
    Ok(Json(StixPage { objects, next }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_and_is_always_as_long() {
        let place = Place { below: 1_700_000_000_000_000, until: 0 };
        let found = Place::of(&place.text()).unwrap();
        assert_eq!((found.below, found.until), (place.below, place.until));
        assert_eq!(place.text().len(), Place { below: i64::MAX, until: 7 }.text().len());
        for wrong in ["", "stix 1", "7 8", "stix a b"] {
            assert!(Place::of(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_marking_is_sought_by_word_label_or_identifier() {
        for (text, found) in [
            ("red", "TLP:RED"),
            ("tlp:amber+strict", "TLP:AMBER+STRICT"),
            ("Clear", "TLP:CLEAR"),
            ("//KOR SECRET//REL TO USA, KOR", "//KOR SECRET//REL TO USA, KOR"),
        ] {
            assert!(matches!(marking(text), Ok(Marking::Label(label)) if label::write(&label) == found), "{text}");
        }
        assert!(matches!(marking(" marking-definition--x "), Ok(Marking::Id(id)) if id == "marking-definition--x"));
        assert!(marking("purple").is_err());
    }
}
