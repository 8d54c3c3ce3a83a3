//! What the markings of a posted object come to: the label of the record that it enters in, whether a copy without its marked parts
//! enters too, and which definitions travel along. Only definitions that the poster may see count: what is hidden is answered like
//! what is not here. Key functions: [`marked`] and [`definitions_of`].

use std::collections::{BTreeSet, HashMap};

use entente_core::{Label, label::Tlp};
use entente_formats::{
    label,
    stix::{
        index::{self, Entry},
        marking::{
            self, Meaning, Restriction, STRICTEST,
            reduce::{Permit, Portion, portion, without},
        },
    },
};
use entente_store::taxii::{Collection, EVERYTHING};

use super::{
    answer::Fault,
    plan::Checked,
    sight::{Definition, Sight},
};

/// The most markings of one object that are read; with more it is for its originator alone.
const MARKINGS: usize = 200;
/// The longest object of which a copy without its marked parts is made.
const LONGEST: usize = 128 * 1024;

/// What the markings of an object come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marked {
    /// The label of all of them, those of parts among them: a record is given and shown as a whole.
    pub(super) label: String,
    /// The object without the parts that make its label stricter, under the label of the rest; where those who marked them allow it.
    pub(super) copy: Option<(String, String)>,
}

/// What sets of markings come to, of the whole and of parts, as far as it was found out.
pub(super) type Known = HashMap<Sets, (Option<Label>, Label)>;
type Sets = (BTreeSet<String>, BTreeSet<String>);

/// The definitions in a post, by their identifiers.
pub(super) type Here<'a> = HashMap<&'a str, &'a Checked<'a>>;

/// What the markings of an object come to; the collection's own label stands for the whole where that bears none.
pub(super) fn marked(
    sight: &mut Sight<'_>,
    collection: &Collection,
    checked: &Checked<'_>,
    here: &Here<'_>,
    known: &mut Known,
) -> Result<Marked, Fault> {
    let whole: BTreeSet<String> = checked.entry.markings.iter().map(|id| id.as_ref().to_owned()).collect();
    let parts = checked.entry.granular.iter().filter_map(|granular| granular.marking.as_deref());
    let parts: BTreeSet<String> = parts.map(str::to_owned).filter(|id| !whole.contains(id)).collect();
    let sets = (whole, parts);
    let (rest, all) = match known.get(&sets) {
        Some(known) => known.clone(),
        None => {
            let found = labels(sight, collection, &sets, here)?;
            known.insert(sets.clone(), found.clone());
            found
        }
    };
    let copy = match rest.filter(|rest| *rest != all && checked.text.len() <= LONGEST) {
        None => None,
        Some(rest) => copy(sight, checked, &sets, &rest, here)?.map(|text| (label::write(&rest), text)),
    };
    // As somebody wrote it, where nothing else counts.
    let is_plain = sets.1.is_empty() && label::parse(&collection.terms.label).is_ok_and(|own| own == all);
    let label = if is_plain { collection.terms.label.clone() } else { label::write(&all) };
    Ok(Marked { label, copy })
}

/// The label of the whole without its marked parts, and of all together. No first one where nobody could say that it is less.
fn labels(
    sight: &mut Sight<'_>,
    collection: &Collection,
    (whole, parts): &Sets,
    here: &Here<'_>,
) -> Result<(Option<Label>, Label), Fault> {
    if whole.len() + parts.len() > MARKINGS {
        return Ok((None, STRICTEST));
    }
    let mut rest = Restriction::default();
    for id in whole {
        rest = rest.join(restriction(&meanings(sight, id, here)?));
    }
    if rest.is_unmarked() {
        let own = label::parse(&collection.terms.label).unwrap_or(STRICTEST);
        rest = rest.join(of_label(&own));
    }
    let mut all = rest.clone();
    for id in parts {
        all = all.join(restriction(&meanings(sight, id, here)?));
    }
    let (rest, all) = (rest.label(), all.label());
    // Where no one label says it all it is for its originator alone, until a person decides; and a colour is no level.
    let is_less = all.is_some() || matches!(rest, Some(Label::Tlp(_)));
    Ok((rest.filter(|_| is_less), all.unwrap_or(STRICTEST)))
}

fn restriction(meanings: &[Meaning]) -> Restriction {
    meanings.iter().cloned().fold(Restriction::default(), |all, meaning| all.join(Restriction::of(meaning)))
}

/// What a marking means for who posts: by its definition in the post and those of this party, else by those of others.
fn meanings(sight: &mut Sight<'_>, id: &str, here: &Here<'_>) -> Result<Vec<Meaning>, Fault> {
    if marking::is_predefined(id) {
        return Ok(vec![marking::meaning(id, None)]);
    }
    let mut texts: Vec<String> = here.get(id).map(|checked| checked.text.to_owned()).into_iter().collect();
    let shown = sight.shown_definitions(id)?;
    let is_ours = |definition: &Definition| definition.is_ours;
    let has_own = !texts.is_empty() || shown.iter().any(is_ours);
    texts.extend(shown.into_iter().filter(|one| one.is_ours || !has_own).map(|one| one.text));
    Ok(match texts.is_empty() {
        true => vec![marking::meaning(id, None)],
        false => texts.iter().map(|text| marking::meaning(id, Some(text))).collect(),
    })
}

/// The object without the parts that make it stricter than `rest`; none where a marking of a part does not allow it.
fn copy(
    sight: &mut Sight<'_>,
    checked: &Checked<'_>,
    (whole, parts): &Sets,
    rest: &Label,
    here: &Here<'_>,
) -> Result<Option<String>, Fault> {
    let mut permits: HashMap<&str, Permit> = whole.iter().map(|id| (id.as_str(), Permit::Whole)).collect();
    for id in parts {
        let meanings = meanings(sight, id, here)?;
        let allows = meanings.iter().all(|meaning| match meaning {
            Meaning::Label { allows_reduced, .. } => *allows_reduced,
            Meaning::Statement(_) => true,
            Meaning::Unknown(_) => false,
        });
        let permit = match (is_within(restriction(&meanings), rest), allows) {
            (true, _) => Permit::Whole,
            (false, true) => Permit::Reduced,
            (false, false) => return Ok(None),
        };
        permits.insert(id, permit);
    }
    match portion(&checked.entry, |id| permits.get(id).copied().unwrap_or(Permit::Nothing)) {
        Portion::Without(selectors) => Ok(without(checked.text, &selectors).ok().flatten()),
        Portion::Whole | Portion::Nothing => Ok(None),
    }
}

/// Whether who may have what bears the label may have what is so restricted.
fn is_within(restriction: Restriction, label: &Label) -> bool {
    restriction.join(of_label(label)).label().as_ref() == Some(label)
}

/// The definitions of the markings that objects bear, where their identifiers do not say it all: they travel along in a record under
/// that label, for what marks an object must be known wherever it is. Those of the post itself and those of this party, where the
/// poster may see them and they are not above the record; those of others stay where they are.
pub(super) fn definitions_of<'e>(
    sight: &mut Sight<'_>,
    collection: &Collection,
    entries: impl Iterator<Item = &'e Entry<'e>>,
    record: &str,
    here: &Here<'_>,
) -> Result<Vec<String>, Fault> {
    let Ok(record) = label::parse(record) else { return Ok(Vec::new()) };
    let mut texts = Vec::new();
    for id in wanted(entries) {
        if let Some(definition) = here.get(id.as_str()) {
            let is_unmarked = definition.entry.markings.is_empty();
            let own = labels(sight, collection, &sets_of(&definition.entry), here)?.1;
            if is_within(of_label(&own), &record) || is_unmarked && is_colour(&own) {
                texts.push(definition.text.to_owned());
            }
            continue;
        }
        for definition in sight.shown_definitions(&id)?.into_iter().filter(|definition| definition.is_ours) {
            let Some((own, marks)) = sight.labels_of(&definition)? else { continue };
            let all = marks.iter().fold(of_label(&own), |all, label| all.join(of_label(label)));
            let is_unmarked = marks.is_empty() && definition.record.home != EVERYTHING;
            if is_within(all, &record) || is_unmarked && is_colour(&own) {
                texts.push(definition.text);
                break;
            }
        }
    }
    Ok(texts)
}

fn sets_of(entry: &Entry<'_>) -> Sets {
    let parts = entry.granular.iter().filter_map(|granular| granular.marking.as_deref());
    (entry.markings.iter().map(|id| id.as_ref().to_owned()).collect(), parts.map(str::to_owned).collect())
}

fn of_label(label: &Label) -> Restriction {
    Restriction::of(Meaning::Label { label: label.clone(), allows_reduced: false })
}

/// Whether a label that a collection gives for want of a marking keeps a definition from travelling: a colour does not, but RED.
fn is_colour(label: &Label) -> bool {
    matches!(label, Label::Tlp(colour) if *colour != Tlp::Red)
}

/// The identifiers of markings that the objects bear and whose definitions are not among them.
fn wanted<'e>(entries: impl Iterator<Item = &'e Entry<'e>>) -> Vec<String> {
    let (mut wanted, mut there) = (BTreeSet::new(), BTreeSet::new());
    for entry in entries {
        there.insert(entry.id.as_ref());
        wanted.extend(entry.markings.iter().map(AsRef::as_ref));
        wanted.extend(entry.granular.iter().filter_map(|granular| granular.marking.as_deref()));
    }
    wanted.difference(&there).filter(|id| !marking::is_predefined(id)).map(|id| (*id).to_owned()).collect()
}

/// The same out of a content in which the definitions travelled along: for what stays of it.
pub(super) fn definitions_in<'e>(
    objects: &[&str],
    kept: impl Iterator<Item = &'e Entry<'e>>,
    gone: &BTreeSet<&str>,
) -> Vec<String> {
    let wanted = wanted(kept);
    let mut met = BTreeSet::new();
    let definitions = objects.iter().filter(|text| {
        index::read(text).is_ok_and(|entry| {
            let id = entry.id.as_ref();
            wanted.iter().any(|wanted| wanted == id) && !gone.contains(id) && met.insert(id.to_owned())
        })
    });
    definitions.map(|text| (*text).to_owned()).collect()
}
