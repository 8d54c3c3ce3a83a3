//! The policies of nations. The standard leaves their categories to each of them; only `Releasable To` is common. The
//! other tags are ours, one for each category of a banner line, so that a label of ours comes back as it was.
//!
//! A reader that does not know a RESTRICTIVE tag of ours gives access to nobody, and of two PERMISSIVE lists it asks for
//! a value of each: whoever misunderstands such a label errs to the narrow side. The key functions are [`read`] and
//! [`categories`].

use entente_core::{
    Country,
    label::{Fgi, Label, Marking, Owner},
};

use super::{
    super::{
        checked,
        convert::Refusal,
        json::{flags, set_flag},
    },
    Category, CategoryType,
    policy::{self, RELEASABLE},
};

const DISPLAY: &str = "Display Only To";
const EYES: &str = "Eyes Only";
const SCI: &str = "SCI Control Systems";
const PROGRAMS: &str = "Special Access Programs";
const ATOMIC: &str = "Atomic Energy Act";
const FOREIGN: &str = "Foreign Government Information";
const CONTROLS: &str = "Dissemination Controls";
const NON_IC: &str = "Non-IC Controls";
/// The value of [`FOREIGN`] when the source is concealed.
const CONCEALED: &str = "CONCEALED";

/// Reads the categories into a marking of a nation.
pub(super) fn read(mut marking: Marking, categories: &[Category], notes: &mut Vec<String>) -> Result<Marking, Refusal> {
    let mut released = None;
    for category in categories {
        let values = || category.values.iter().cloned();
        match category.tag.as_str() {
            RELEASABLE => released = Some(checked::usa_first(policy::codes(category, values())?)),
            DISPLAY => marking.dissemination.display_only = checked::alphabetical(policy::codes(category, values())?),
            EYES => marking.dissemination.eyes = checked::usa_first(policy::codes(category, values())?),
            SCI | PROGRAMS | ATOMIC | FOREIGN | CONTROLS | NON_IC if category.kind != CategoryType::Restrictive => {
                return Err(policy::wrong_type(category, CategoryType::Restrictive));
            }
            SCI => marking.sci = values().collect(),
            PROGRAMS => marking.sap = values().collect(),
            ATOMIC => marking.aea = values().collect(),
            NON_IC => marking.non_ic = values().collect(),
            FOREIGN if category.values == [CONCEALED] => marking.fgi = Some(Fgi::Concealed),
            FOREIGN => marking.fgi = Some(Fgi::From(checked::alphabetical(values().map(Country::from).collect()))),
            CONTROLS => {
                for value in &category.values {
                    set_flag(value, &mut marking.dissemination).map_err(|()| {
                        Refusal::new(format!("`{}` is no control that a label knows", checked::excerpt(value)))
                            .help("left out, the label would be wider")
                    })?;
                }
            }
            _ => policy::unknown(category, notes)?,
        }
    }
    let Some(released) = released else { return Ok(marking) };
    let owner = marking.country().unwrap_or_default().to_owned();
    if released.iter().any(|code| *code != *owner) {
        marking.dissemination.rel_to = released;
        return Ok(marking);
    }
    // The owner alone. A classified label without any list says the same; an unclassified one would be free.
    if marking.is_unclassified() && !marking.is_caveated() {
        match marking.owner {
            Owner::UnitedStates => {
                marking.dissemination.noforn = true;
                notes.push("releasable to the United States alone is NOFORN".to_owned());
            }
            _ => marking.dissemination.rel_to = released,
        }
    }
    Ok(marking)
}

/// The categories that say a marking of the nation `code`.
pub(super) fn categories(marking: &Marking, code: &str) -> Vec<Category> {
    let Marking { owner: _, class: _, sci, sap, aea, fgi, dissemination, non_ic } = marking;
    let names = |codes: &[Country]| codes.iter().map(ToString::to_string).collect::<Vec<_>>();
    // Without a list of those who may have it, a reader would admit everybody whom the policy clears.
    let released = if dissemination.rel_to.is_empty() && !Label::Marking(Box::new(marking.clone())).is_free() {
        vec![code.to_owned()]
    } else {
        names(&dissemination.rel_to)
    };
    let foreign = match fgi {
        None => Vec::new(),
        Some(Fgi::Concealed) => vec![CONCEALED.to_owned()],
        Some(Fgi::From(sources)) => names(sources),
    };
    let controls = flags(dissemination).into_iter().map(str::to_owned).collect();
    let all = [
        (CategoryType::Permissive, RELEASABLE, released),
        (CategoryType::Permissive, DISPLAY, names(&dissemination.display_only)),
        (CategoryType::Permissive, EYES, names(&dissemination.eyes)),
        (CategoryType::Restrictive, SCI, sci.clone()),
        (CategoryType::Restrictive, PROGRAMS, sap.clone()),
        (CategoryType::Restrictive, ATOMIC, aea.clone()),
        (CategoryType::Restrictive, FOREIGN, foreign),
        (CategoryType::Restrictive, CONTROLS, controls),
        (CategoryType::Restrictive, NON_IC, non_ic.clone()),
    ];
    let some = all.into_iter().filter(|(.., values)| !values.is_empty());
    some.map(|(kind, tag, values)| Category::new(kind, tag, values)).collect()
}
