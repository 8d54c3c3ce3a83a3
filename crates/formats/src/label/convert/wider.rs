//! Whether one label would let anyone have what another keeps from them.
//!
//! Not a decision: no agreement, no party and no time is looked at, only what the two labels say. Where it is not
//! certain that nobody gains, somebody does. The key function is [`wider`].

use entente_core::{
    Country, Party,
    label::{Fgi, Label, Marking, Tetragraph, names},
};

use super::super::json::flags;

/// How `target` is wider than `source`, in words; `None` when nobody gains by it.
pub fn wider(source: &Label, target: &Label) -> Option<String> {
    match (source, target) {
        (Label::Tlp(source), Label::Tlp(target)) => {
            (target < source).then(|| format!("{target} lets more people have it than {source}"))
        }
        (Label::Marking(source), Label::Marking(target)) => of_markings(source, target),
        _ => Some("a classification and TLP do not say the same".to_owned()),
    }
}

fn of_markings(source: &Marking, target: &Marking) -> Option<String> {
    if (&source.owner, &source.class) != (&target.owner, &target.class) {
        return Some("the classification would be another".to_owned());
    }
    let lost = |what: &str, source: &[String], target: &[String]| {
        source.iter().find(|mark| !target.contains(mark)).map(|mark| format!("{what} `{mark}` would be lost"))
    };
    lost("the compartment", &source.sci, &target.sci)
        .or_else(|| lost("the program", &source.sap, &target.sap))
        .or_else(|| lost("the marking", &source.aea, &target.aea))
        .or_else(|| lost("the control", &source.non_ic, &target.non_ic))
        .or_else(|| foreign(source.fgi.as_ref(), target.fgi.as_ref()))
        .or_else(|| controls(source, target))
        .or_else(|| releases(source, target))
}

/// A source that is named no more need not consent any more.
fn foreign(source: Option<&Fgi>, target: Option<&Fgi>) -> Option<String> {
    let kept = match (source, target) {
        (None, _) | (_, Some(Fgi::Concealed)) => true,
        (Some(Fgi::From(source)), Some(Fgi::From(target))) => source.iter().all(|code| target.contains(code)),
        (Some(_), _) => false,
    };
    (!kept).then(|| "foreign government information would be lost".to_owned())
}

/// Every control without a list restricts, but RELIDO, which opens a way.
fn controls(source: &Marking, target: &Marking) -> Option<String> {
    let (before, after) = (flags(&source.dissemination), flags(&target.dissemination));
    let restricts = |mark: &&str| *mark != "RELIDO";
    if let Some(lost) = before.iter().copied().filter(restricts).find(|mark| !after.contains(mark)) {
        return Some(format!("`{lost}` would be lost"));
    }
    if after.contains(&"RELIDO") && !before.contains(&"RELIDO") {
        return Some("`RELIDO` would be new".to_owned());
    }
    (source.dissemination.eyes != target.dissemination.eyes).then(|| "`EYES ONLY` would be another".to_owned())
}

/// Who may have it, and who may see it.
fn releases(source: &Marking, target: &Marking) -> Option<String> {
    let is_free = |marking: &Marking| Label::Marking(Box::new(marking.clone())).is_free();
    if is_free(source) {
        return None;
    }
    if is_free(target) {
        return Some("everybody may have what bears no control".to_owned());
    }
    let (before, after) = (&source.dissemination, &target.dissemination);
    if let Some(code) = gained(&before.rel_to, &after.rel_to) {
        return Some(format!("`REL TO` would name {code}"));
    }
    // Who may have it may see it.
    let seen: Vec<_> = before.display_only.iter().chain(&before.rel_to).cloned().collect();
    gained(&seen, &after.display_only).map(|code| format!("`DISPLAY ONLY` would name {code}"))
}

/// The first whom `after` names, by code or in a group, and `before` does not.
fn gained<'a>(before: &[Country], after: &'a [Country]) -> Option<&'a Country> {
    let named = |code: &str| names(before, &Party::from(code)) || before.iter().any(|other| *other == *code);
    after.iter().find(|code| {
        !before.contains(code)
            && match Tetragraph::find(code.as_str()) {
                Some(group) if group.decomposable => !group.members.iter().all(|member| named(member)),
                _ => !named(code.as_str()),
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::parse;

    #[test]
    fn who_gains_and_who_does_not() {
        for (source, target, how) in [
            ("SECRET", "SECRET", None),
            ("SECRET", "SECRET//NOFORN", None),
            ("SECRET//NOFORN", "SECRET", Some("`NOFORN` would be lost")),
            ("SECRET", "CONFIDENTIAL", Some("classification")),
            ("SECRET", "TOP SECRET", Some("classification")),
            ("SECRET", "//KOR SECRET", Some("classification")),
            ("SECRET", "SECRET//REL TO USA, JPN", Some("`REL TO` would name USA")),
            ("SECRET//REL TO USA, JPN, KOR", "SECRET//REL TO USA, JPN", None),
            ("SECRET//REL TO USA, JPN", "SECRET//REL TO USA, JPN, KOR", Some("name KOR")),
            ("SECRET//REL TO USA, FVEY", "SECRET//REL TO USA, AUS, GBR", None),
            ("SECRET//REL TO USA, AUS, CAN, GBR, NZL", "SECRET//REL TO USA, FVEY", None),
            ("SECRET//REL TO USA, AUS, CAN, GBR", "SECRET//REL TO USA, FVEY", Some("name FVEY")),
            ("SECRET//DISPLAY ONLY AFG", "SECRET", None),
            ("SECRET", "SECRET//DISPLAY ONLY AFG", Some("`DISPLAY ONLY` would name AFG")),
            ("SECRET//REL TO USA, AFG", "SECRET//DISPLAY ONLY AFG", None),
            ("SECRET//RELIDO", "SECRET", None),
            ("SECRET", "SECRET//RELIDO", Some("`RELIDO` would be new")),
            ("SECRET//FGI KOR", "SECRET", Some("foreign government")),
            ("SECRET//FGI KOR", "SECRET//FGI", None),
            ("SECRET//FGI", "SECRET//FGI KOR", Some("foreign government")),
            ("SECRET//TK//NOFORN", "SECRET//NOFORN", Some("`TK` would be lost")),
            ("UNCLASSIFIED", "UNCLASSIFIED//REL TO USA, JPN", None),
            ("UNCLASSIFIED//FOUO", "UNCLASSIFIED", Some("`FOUO` would be lost")),
            ("UNCLASSIFIED//REL TO USA, JPN", "UNCLASSIFIED", Some("everybody")),
            ("TLP:GREEN", "TLP:AMBER", None),
            ("TLP:RED", "TLP:AMBER+STRICT", Some("TLP:AMBER+STRICT lets more people")),
            ("TLP:CLEAR", "UNCLASSIFIED", Some("do not say the same")),
        ] {
            let found = wider(&parse(source).unwrap(), &parse(target).unwrap());
            match how {
                None => assert_eq!(found, None, "{source} to {target}"),
                Some(how) => assert!(
                    found.as_deref().is_some_and(|found| found.contains(how)),
                    "{source} to {target}: {found:?}"
                ),
            }
        }
    }
}
