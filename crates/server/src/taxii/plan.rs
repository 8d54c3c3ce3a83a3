//! What a post comes to: each object checked by itself, those that are good put into records by their labels, each with its reduced
//! versions. Nothing is entered here. For threads that may wait. Key function: [`plan`].

use std::collections::{BTreeMap, HashMap};

use axum::http::StatusCode;
use entente_formats::{
    request::limits::MAX_VERSIONS,
    stix::{
        check::{Options, Version, check},
        envelope, index,
        json::Limits,
    },
};
use entente_seal::Digest;
use entente_store::taxii::{Collection, EntryRow, NewEntry, hash_of};

use super::{
    answer::Fault,
    bundle::{Bundle, bundle},
    index::{is_granular, targets},
    marks::{Here, Known, Marked, definitions_of, marked},
    sight::Sight,
};

/// The most objects of one post.
const OBJECTS: usize = 100_000;
/// How many bytes of objects are in one record, where there is more than one: what is read to give one of them.
const RECORD: usize = 128 * 1024;
/// How many findings are told of one object.
const FINDINGS: usize = 3;

/// What came of one object.
pub(super) enum Outcome {
    /// It enters, in the record of that number among those of the post.
    Enters(usize),
    /// It is here already, to the byte.
    Known,
    /// It does not enter.
    Refused(String),
}

/// An object of a post.
pub(super) struct Item {
    pub(super) id: String,
    pub(super) version: i64,
    pub(super) outcome: Outcome,
}

/// A record that the post makes.
pub(super) struct Made {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) spec: Version,
    pub(super) content: String,
    /// The objects in it.
    pub(super) objects: Vec<Ready>,
    /// Of which one among those of the post it is a reduced version: of one in front of it. It enters and goes with that one.
    pub(super) version_of: Option<usize>,
}

impl Made {
    /// A name for people, which says nothing of what is inside.
    pub(super) fn title(&self) -> String {
        let count = self.objects.len();
        format!("STIX {}, {count} object{}", self.spec, if count == 1 { "" } else { "s" })
    }
}

/// An object in such a record as it goes into the index: its text was read, and is not again.
pub(super) struct Ready {
    /// Its number in the post.
    pub(super) number: usize,
    start: usize,
    length: usize,
    id: String,
    kind: String,
    version: Option<i64>,
    markings: Vec<String>,
    is_granular: bool,
    targets: Vec<u8>,
    digest: [u8; 32],
}

impl Ready {
    fn new(start: usize, (number, text, entry): (usize, &str, &index::Entry<'_>)) -> Self {
        Self {
            number,
            start,
            length: text.len(),
            id: entry.id.as_ref().to_owned(),
            kind: entry.kind.as_ref().to_owned(),
            version: entry.version(),
            markings: entry.markings.iter().map(|id| id.as_ref().to_owned()).collect(),
            is_granular: is_granular(entry),
            targets: targets(entry),
            digest: *Digest::of(text.as_bytes()).as_bytes(),
        }
    }

    pub(super) fn new_entry(&self, spec: Version) -> NewEntry<'_> {
        NewEntry {
            id: &self.id,
            hash: hash_of(&self.id),
            kind: &self.kind,
            spec,
            version: self.version,
            start: self.start,
            length: self.length,
            markings: self.markings.iter().map(String::as_str).collect(),
            is_granular: self.is_granular,
            targets: &self.targets,
            digest: self.digest,
        }
    }
}

/// Checks each object, and puts those that enter into records by their labels.
pub(super) fn plan(
    sight: &mut Sight<'_>,
    collection: &Collection,
    text: &str,
    party: &str,
    now: i64,
) -> Result<(Vec<Item>, Vec<Made>), Fault> {
    let limits = envelope::Limits { bytes: text.len(), objects: OBJECTS };
    let contents = envelope::objects(text, limits).map_err(|problem| {
        let (line, column) = problem.line_and_column(text);
        let title = format!("the body is no envelope: line {line}, column {column}: {problem}");
        Fault::new(StatusCode::UNPROCESSABLE_ENTITY, title)
    })?;
    if contents.objects.is_empty() {
        return Err(Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "an envelope without objects"));
    }
    let version = contents.spec_version.as_deref().filter(|_| contents.is_bundle).and_then(Version::parse);
    let read: Vec<Result<Checked<'_>, String>> =
        contents.objects.iter().map(|object| check_one(object, version)).collect();
    if read.iter().all(Result::is_err) && contents.objects.iter().all(|object| index::read(object).is_err()) {
        let why = read.into_iter().find_map(Result::err).unwrap_or_default();
        return Err(Fault::new(StatusCode::UNPROCESSABLE_ENTITY, format!("no object of STIX is in it: {why}")));
    }
    let mut here = Here::new();
    for checked in read.iter().flatten().filter(|checked| checked.entry.kind == "marking-definition") {
        // One that is refused means nothing, and comes along with nothing.
        if known(sight, collection.number, checked)? != Some(false) {
            here.entry(checked.entry.id.as_ref()).or_insert(checked);
        }
    }
    let mut known_marks = Known::new();
    let mut groups: BTreeMap<(String, Version), Vec<Entering<'_>>> = BTreeMap::new();
    let mut of_post: HashMap<(&str, Option<i64>), &str> = HashMap::new();
    let mut items = Vec::with_capacity(read.len());
    for (number, (object, checked)) in contents.objects.iter().zip(&read).enumerate() {
        let checked = match checked {
            Ok(checked) => checked,
            Err(why) => {
                items.push(Item { id: name_of(object, number), version: now, outcome: Outcome::Refused(why.clone()) });
                continue;
            }
        };
        let (id, version) = (checked.entry.id.as_ref(), checked.entry.version());
        let item = |outcome| Item { id: id.to_owned(), version: version.unwrap_or(now), outcome };
        let before = of_post.insert((id, version), checked.text);
        let standing = known(sight, collection.number, checked)?;
        let outcome = match (before, standing) {
            (Some(before), _) if before == checked.text => Outcome::Known,
            (Some(_), _) if version.is_some() => {
                Outcome::Refused("another text of the same version is in this post".to_owned())
            }
            (_, Some(true)) => Outcome::Known,
            (_, Some(false)) => {
                Outcome::Refused("this version is here with another text; a version never changes".to_owned())
            }
            _ => {
                let Marked { label, copy } = marked(sight, collection, checked, &here, &mut known_marks)?;
                let group = groups.entry((label, checked.entry.spec_version)).or_default();
                group.push(Entering { number, checked, copy });
                Outcome::Enters(usize::MAX)
            }
        };
        items.push(item(outcome));
    }
    let mut made = Vec::new();
    for ((label, spec), objects) in groups {
        let mut rest = objects.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let count = rest
                .iter()
                .take_while(|one| {
                    bytes += one.checked.text.len();
                    bytes <= RECORD
                })
                .count()
                .max(1);
            let (these, behind) = rest.split_at(count.min(rest.len()));
            rest = behind;
            for one in these {
                if let Some(item) = items.get_mut(one.number) {
                    item.outcome = Outcome::Enters(made.len());
                }
            }
            let entries = these.iter().map(|one| &one.checked.entry);
            let more = definitions_of(sight, collection, entries, &label, &here)?;
            let whole = made.len();
            let objects = these.iter().map(|one| (one.number, one.checked.text, &one.checked.entry));
            made.push(make(party, &label, spec, objects, &more, None)?);
            // Behind it, so that who may have both is given the whole.
            let mut copies: BTreeMap<&str, Vec<(usize, &str, index::Entry<'_>)>> = BTreeMap::new();
            for one in these {
                if let Some((label, text)) = &one.copy
                    && let Ok(entry) = index::read(text)
                {
                    copies.entry(label).or_default().push((one.number, text, entry));
                }
            }
            for (label, objects) in copies.into_iter().take(MAX_VERSIONS) {
                let entries = objects.iter().map(|(_, _, entry)| entry);
                let more = definitions_of(sight, collection, entries, label, &here)?;
                let objects = objects.iter().map(|(number, text, entry)| (*number, *text, entry));
                made.push(make(party, label, spec, objects, &more, Some(whole))?);
            }
        }
    }
    Ok((items, made))
}

/// An object that enters.
struct Entering<'a> {
    number: usize,
    checked: &'a Checked<'a>,
    /// A copy without its marked parts, and the label of that.
    copy: Option<(String, String)>,
}

fn make<'t>(
    party: &str,
    label: &str,
    spec: Version,
    objects: impl Iterator<Item = (usize, &'t str, &'t index::Entry<'t>)> + Clone,
    definitions: &'t [String],
    version_of: Option<usize>,
) -> Result<Made, Fault> {
    let texts = objects.clone().map(|(_, text, _)| text);
    let Bundle { record, content, starts } = bundle(party, spec, texts, definitions)?;
    let objects = starts.into_iter().zip(objects).map(|(start, object)| Ready::new(start, object)).collect();
    Ok(Made { id: record, label: label.to_owned(), spec, content, objects, version_of })
}

/// An object that may enter.
pub(super) struct Checked<'a> {
    pub(super) text: &'a str,
    pub(super) entry: index::Entry<'a>,
}

/// Checks one object; `Err` says what is wrong, in a sentence.
pub(super) fn check_one(text: &str, version: Option<Version>) -> Result<Checked<'_>, String> {
    let entry = index::read(text).map_err(|problem| problem.to_string())?;
    if entry.kind == "bundle" {
        return Err("a bundle in an envelope; send its objects".to_owned());
    }
    let options = Options { version, ..Options::default() };
    let report = check(text, &options, Limits::OBJECT).map_err(|problem| problem.to_string())?;
    if report.is_valid(false) {
        return Ok(Checked { text, entry });
    }
    let found: Vec<String> = report.errors().take(FINDINGS).map(ToString::to_string).collect();
    let (errors, _) = report.counts();
    let more = errors.saturating_sub(found.len());
    Err(match more {
        0 => found.join("; "),
        more => format!("{}; and {more} more", found.join("; ")),
    })
}

/// What an object that cannot be read calls itself, or where it stands.
fn name_of(text: &str, number: usize) -> String {
    let id = serde_json::from_str::<serde_json::Value>(text)
        .ok()
        .and_then(|value| Some(value.get("id")?.as_str()?.to_owned()));
    match id {
        Some(id) if id.len() <= 300 && !id.chars().any(char::is_control) => id,
        _ => format!("objects[{number}]"),
    }
}

/// Whether a version is in the collection, as far as who posts may know: the same object, or another.
fn known(sight: &mut Sight<'_>, collection: i64, checked: &Checked<'_>) -> Result<Option<bool>, Fault> {
    let mut rows = sight.readers.index.of_id(collection, &checked.entry.id)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let digest = *Digest::of(checked.text.as_bytes()).as_bytes();
    let is_same = |row: &EntryRow| digest.first_chunk::<16>() == Some(&row.digest);
    let version = checked.entry.version();
    // What has no version of its own is another version whenever it is another text.
    rows.retain(|row| row.spec == checked.entry.spec_version && (version == Some(row.version) || is_same(row)));
    let shown = sight.shows(&rows.iter().collect::<Vec<_>>())?;
    let mut shown = shown.into_iter();
    rows.retain(|_| shown.next().unwrap_or_default());
    if rows.is_empty() || rows.iter().any(is_same) {
        return Ok((!rows.is_empty()).then_some(true));
    }
    // Another program may have written the same object anew.
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    let wanted = value(checked.text);
    for row in &rows {
        if sight.source(row)?.is_some_and(|text| value(&text) == wanted) {
            return Ok(Some(true));
        }
    }
    Ok(Some(false))
}
