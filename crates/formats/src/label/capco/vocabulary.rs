//! The registered words: which category an item belongs to, and what was meant by one that belongs to none.
//!
//! An unknown word is an error, never a guess; a suggestion is help, not an answer. The key type is [`Category`].

use super::{
    atomic, control_systems,
    dissemination::{Control, NON_IC},
    form::Form,
    programs,
    text::Piece,
};
use crate::{
    label::country,
    problem::{Problem, nearest},
};

/// A category, in the order of a banner line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Category {
    ControlSystems,
    Programs,
    Atomic,
    Foreign,
    Dissemination,
    NonIc,
}

impl Category {
    /// What its markings are called together.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::ControlSystems => "SCI control systems",
            Self::Programs => "special access programs",
            Self::Atomic => "Atomic Energy Act markings",
            Self::Foreign => "FGI markings",
            Self::Dissemination => "dissemination controls",
            Self::NonIc => "non-IC controls",
        }
    }
}

const FGI: [&str; 2] = ["FGI", "FOREIGN GOVERNMENT INFORMATION"];

/// The category of an item.
pub(super) fn category(item: Piece<'_>, form: Form) -> Option<Category> {
    if control_systems::system(item).is_some() {
        Some(Category::ControlSystems)
    } else if programs::opens(item) {
        Some(Category::Programs)
    } else if atomic::marking(item, form).is_some() {
        Some(Category::Atomic)
    } else if foreign(item, form).is_some() {
        Some(Category::Foreign)
    } else if control(item, form).is_some() {
        Some(Category::Dissemination)
    } else if NON_IC.iter().any(|control| control.names(form).contains(&item.as_str())) {
        Some(Category::NonIc)
    } else {
        None
    }
}

/// The list of sources of an FGI marking; `None` inside when the source is concealed.
pub(super) fn foreign(item: Piece<'_>, form: Form) -> Option<Option<Piece<'_>>> {
    let [name, title] = FGI;
    form.names(title, name, name).into_iter().find_map(|name| item.after_word(name))
}

/// The dissemination control that an item is, and its list.
pub(super) fn control(item: Piece<'_>, form: Form) -> Option<(Control, Option<Piece<'_>>)> {
    if item.as_str() == Control::Eyes.name() {
        return Some((Control::Eyes, None));
    }
    if let Some(control) = form.stands_for_banner(item) {
        return Some((control, None));
    }
    if let Some(list) = item.strip_suffix(" EYES ONLY") {
        return Some((Control::Eyes, Some(list)));
    }
    Control::ALL.into_iter().filter(|control| *control != Control::Eyes).find_map(|control| {
        control.names(form).into_iter().find_map(|name| match item.after_word(name)? {
            Some(_) if !control.has_codes() => None,
            list => Some((control, list)),
        })
    })
}

/// Words that are no marking of a banner line, with what is meant.
const OTHER_WORDS: [(&str, &str); 19] = [
    ("NF", "portion mark; write `NOFORN`"),
    ("OC", "portion mark; write `ORCON`"),
    ("OC-USGOV", "portion mark; write `ORCON-USGOV`"),
    ("PR", "portion mark; write `PROPIN`"),
    ("RS", "portion mark; write `RSEN`"),
    ("IMC", "portion mark; write `IMCON`"),
    ("REL", "portion mark; write `REL TO` with its list"),
    ("EYES", "portion mark; write `USA/… EYES ONLY`"),
    ("DS", "portion mark; write `LIMDIS`"),
    ("XD", "portion mark; write `EXDIS`"),
    ("ND", "portion mark; write `NODIS`"),
    ("SBU-NF", "portion mark; write `SBU NOFORN`"),
    ("LES-NF", "portion mark; write `LES NOFORN`"),
    ("DCNI", "portion mark; write `DOD UCNI`"),
    ("UCNI", "portion mark; write `DOE UCNI`"),
    ("CNWDI", "a subset: write `RD-CNWDI` (CAPCO H.6, p. 106)"),
    ("COMINT", "retired; write `SI` (CAPCO H.4, p. 74)"),
    ("KDK", "retired; now `TK-BLFH`, `TK-IDIT` or `TK-KAND` (CAPCO H.4, p. 85)"),
    ("CUI", "not in the register of 2016"),
];

/// The portion mark of a marking that is named as in a banner line.
fn portion_of(word: &str) -> Option<&'static str> {
    let banner = Form::Banner;
    let control = Control::ALL.into_iter().find(|control| control.names(banner).contains(&word)).map(Control::portion);
    let non_ic = NON_IC.iter().find(|control| control.names(banner).contains(&word)).map(|control| control.portion);
    let atomic = atomic::MARKINGS.iter().find(|marking| [marking.name, marking.title].contains(&word));
    control.or(non_ic).or_else(|| atomic.map(|marking| marking.portion))
}

/// Longer words are near no marking, and not worth the search.
const LONGEST_GUESSED: usize = 64;

/// An item that is no registered marking, with what was probably meant.
pub(super) fn unknown(item: Piece<'_>, form: Form) -> Problem {
    let word = item.as_str();
    let problem = match form {
        Form::Banner => Problem::new(format!("`{word}` is not a registered marking"), item.at()),
        Form::Portion => Problem::new(format!("`{word}` is not a registered portion mark"), item.at()),
    };
    if form == Form::Portion
        && let Some(mark) = portion_of(word)
    {
        return problem.help(format!("a form for banner lines; write `{mark}`"));
    }
    if let Some((_, meant)) = OTHER_WORDS.iter().find(|(other, _)| *other == word) {
        return problem.help(*meant);
    }
    if word.starts_with("SIGMA") {
        let [_, name] = form.names("SIGMA", "SIGMA", "SG");
        return problem.help(format!("SIGMA is a subset: write `RD-{name} 14` or `FRD-{name} 14` (CAPCO H.6, p. 108)"));
    }
    if word.len() > LONGEST_GUESSED {
        return problem;
    }
    if country::is_trigraph(word) {
        return problem.help("a code stands in a list: `REL TO USA, …`, `FGI …`, `DISPLAY ONLY …`");
    }
    let known = Control::ALL.into_iter().flat_map(|control| control.names(form));
    let known = known.chain(NON_IC.iter().flat_map(|control| control.names(form)));
    let known = known
        .chain(atomic::MARKINGS.iter().flat_map(|marking| form.names(marking.title, marking.name, marking.portion)))
        .chain(control_systems::SYSTEMS.into_iter().flat_map(|(name, title)| [name, title]));
    match nearest(word, known.chain(FGI)) {
        Some(candidate) => problem.help(format!("did you mean `{candidate}`?")),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_words_are_no_markings() {
        for (word, _) in OTHER_WORDS {
            assert_eq!(category(Piece::whole(word), Form::Banner), None, "{word}");
        }
    }
}
