//! What a person or client of this party may see of what is held here. The same care as for a release: [`Seen`] is the
//! evidence, and the answer for what may not be seen is the same as for what is not there.

use crate::{
    Level, Party, Record, RecordId, Subject,
    agreement::clause::{Access, Kind, Set},
    label::{Label, Tlp},
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
    let record = holding.record;
    // A term that nobody here can place is treated as the strictest that we know.
    let level = world.level_of(&record.label).unwrap_or(Level::TopSecret);
    let cleared = viewer.clearance >= level;
    let needs_to_know = viewer.subjects.holds_all(&record.subjects);
    let is_named = record.label != Label::Tlp(Tlp::Red) || holding.named.contains(&viewer.name);
    let agreed = record
        .custody
        .iter()
        .filter(|hop| hop.to == *holding.holder)
        .flat_map(|hop| &hop.under)
        .filter_map(|id| world.agreements.get(id))
        .flat_map(|agreement| &agreement.clauses)
        .filter_map(|clause| match &clause.kind {
            Kind::Access { requires } => Some(requires),
            _ => None,
        })
        .flatten()
        .all(|requirement| match requirement {
            Access::Clearance => cleared,
            Access::NeedToKnow => needs_to_know,
            Access::OfficialDuty => viewer.official_duty,
            Access::Nationality => viewer.nationality == *holding.holder,
        });
    (!holding.withdrawn && cleared && needs_to_know && is_named && agreed)
        .then(|| Seen { record: record.id.clone(), viewer: viewer.name.clone() })
}
