//! What a person or client of this party may see of what is held here. The same care as for a release: [`Seen`] is the
//! evidence, and the answer for what may not be seen is the same as for what is not there.

use crate::{
    Level, Party, Record, RecordId, Subject,
    agreement::{
        Agreement,
        clause::{Access, Kind, Set},
    },
    decide::equivalent_level,
    label::{Class, Label, Tlp},
    record::Hop,
    world::World,
};

/// Who looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The account name: what TLP:RED lists name, and what the log keeps.
    pub name: String,
    /// The party that the viewer belongs to.
    pub nationality: Party,
    /// Cleared up to this level.
    pub clearance: Level,
    /// Need to know.
    pub subjects: Set<Subject>,
    /// Whether the viewer acts in an official duty that needs it.
    pub official_duty: bool,
}

/// A record as this node holds it.
#[derive(Clone, Copy, Debug)]
pub struct Holding<'a> {
    /// The record.
    pub record: &'a Record,
    /// The party whose node holds it.
    pub holder: &'a Party,
    /// Whether it was recalled, or is suspended until its holder decides.
    pub withdrawn: bool,
    /// For TLP:RED: the persons named.
    pub named: &'a [String],
}

/// Evidence that a viewer may see a record. Made by [`view`] alone; it cannot be built by hand:
/// ```compile_fail,E0451
/// let forged = entente_core::view::Seen { record: "K-0412".into(), viewer: "anybody".into() };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    record: RecordId,
    viewer: String,
}

impl Seen {
    /// The record.
    pub fn record(&self) -> &RecordId {
        &self.record
    }
    /// Who sees it.
    pub fn viewer(&self) -> &str {
        &self.viewer
    }
}

/// Whether `viewer` may see the holding. `None` is the answer for everything else, and says nothing more: to the
/// viewer it must look like a record that does not exist.
pub fn view(world: &World<'_>, holding: &Holding<'_>, viewer: &Viewer) -> Option<Seen> {
    let Holding { record, holder, withdrawn, named } = *holding;
    let hops: Vec<&Hop> = record.custody.iter().filter(|hop| hop.to == *holder).collect();
    let is_held = record.originator == *holder || !hops.is_empty();
    // A text that is not here any more cannot say what it asks of a person: nobody may look until it is known again.
    let texts: Option<Vec<&Agreement>> =
        hops.iter().flat_map(|hop| &hop.under).map(|id| world.agreements.get(id)).collect();
    let texts = texts?;

    let is_cleared = viewer.clearance >= level(world, &texts, &record.label);
    let needs_to_know = viewer.subjects.holds_all(&record.subjects);
    let is_named = record.label != Label::Tlp(Tlp::Red) || named.contains(&viewer.name);
    let requirements = texts.iter().flat_map(|text| &text.clauses).filter_map(|clause| match &clause.kind {
        Kind::Access { requires } => Some(requires),
        _ => None,
    });
    let is_allowed = requirements.flatten().all(|requirement| match requirement {
        Access::Clearance => is_cleared,
        Access::NeedToKnow => needs_to_know,
        Access::OfficialDuty => viewer.official_duty,
        Access::Nationality => viewer.nationality == *holder,
    });
    (is_held && !withdrawn && is_cleared && needs_to_know && is_named && is_allowed)
        .then(|| Seen { record: record.id.clone(), viewer: viewer.name.clone() })
}

/// The level that a person has to be cleared to: the label's own; for a national term the equivalent of the agreements that
/// it was given under, or where they give none, the highest that any known agreement gives it. A term that nobody here can
/// place is treated as the strictest.
fn level(world: &World<'_>, texts: &[&Agreement], label: &Label) -> Level {
    let is_term = matches!(label, Label::Marking(marking) if matches!(marking.class, Class::Term(_)));
    let agreed = || texts.iter().filter_map(|text| equivalent_level(world, text, label)).max();
    is_term.then(agreed).flatten().or_else(|| world.level_of(label)).unwrap_or(Level::TopSecret)
}
