//! A second reading of who may see what is held.

use super::{
    judge::equivalent_levels,
    label::{Label, level},
    text::{Agreement, Record},
};

/// A viewer and a holding, as the vectors spell them.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Look {
    pub record: Record,
    pub holder: String,
    pub viewer: Viewer,
    /// Recalled, or suspended.
    pub withdrawn: bool,
    pub named: Vec<String>,
}

#[derive(Clone, Debug, serde::Deserialize)]
pub struct Viewer {
    pub name: String,
    pub party: String,
    pub clearance: String,
    pub subjects: Vec<String>,
    pub official_duty: bool,
}

/// Whether the viewer sees the record.
pub fn sees(agreements: &[Agreement], look: &Look) -> bool {
    let Look { record, holder, viewer, withdrawn, named } = look;
    let hops: Vec<_> = record.custody.iter().filter(|hop| hop.to == *holder).collect();
    let under: Vec<_> = hops.iter().flat_map(|hop| &hop.under).collect();
    let texts: Vec<_> = agreements.iter().filter(|text| under.contains(&&text.id)).collect();
    let needed = match Label::read(&record.label) {
        Label::Tlp(_) => 0,
        Label::Marking(marking) => marking.level.unwrap_or_else(|| {
            let of = |texts: &[&Agreement]| equivalent_levels(agreements, texts, &marking).into_iter().max();
            of(&texts).or_else(|| of(&agreements.iter().collect::<Vec<_>>())).unwrap_or(4)
        }),
    };
    let is_cleared = level(&viewer.clearance).unwrap() >= needed;
    let knows = |subject: &String| viewer.subjects.iter().any(|own| own == "*" || own == subject);
    let needs_to_know = record.subjects.iter().all(knows);
    let is_allowed = texts.iter().flat_map(|text| text.clauses("access")).all(|clause| {
        clause.list("requires").iter().all(|requirement| match requirement.as_str() {
            "clearance" => is_cleared,
            "need-to-know" => needs_to_know,
            "official-duty" => viewer.official_duty,
            "nationality" => viewer.party == *holder,
            other => panic!("no requirement: {other}"),
        })
    });
    let is_held = record.originator == *holder || !hops.is_empty();
    let is_named = record.label != "TLP:RED" || named.contains(&viewer.name);
    is_held && !withdrawn && is_cleared && needs_to_know && is_named && is_allowed
}
