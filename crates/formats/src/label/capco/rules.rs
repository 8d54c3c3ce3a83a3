//! What goes with what: the levels that a marking needs, what contradicts what, and what needs what.
//!
//! Not about order or spelling. The rules are tables, one row a rule of the manual (CAPCO 2016) with its section and
//! page; the specification of labels shows the same rows. The key function is [`check`].

use std::ops::Range;

use entente_core::{
    Country, Party,
    label::{Class, Fgi, Level, Marking, Owner, Portion, names},
};

use super::{codes, reading::Reading};
use crate::problem::Problem;

/// The classes that a marking may stand with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum With {
    UnclassifiedOnly,
    ConfidentialUp,
    SecretUp,
    TopSecretOnly,
}

impl With {
    fn name(self) -> &'static str {
        match self {
            Self::UnclassifiedOnly => "UNCLASSIFIED alone",
            Self::ConfidentialUp => "CONFIDENTIAL, SECRET or TOP SECRET",
            Self::SecretUp => "SECRET or TOP SECRET",
            Self::TopSecretOnly => "TOP SECRET alone",
        }
    }

    /// A national term is classified, but how highly only an agreement says: no lower bound is held against it.
    fn admits(self, class: &Class) -> bool {
        let Class::Level(level) = class else {
            return self != Self::UnclassifiedOnly;
        };
        match self {
            Self::UnclassifiedOnly => *level == Level::Unclassified,
            Self::ConfidentialUp => *level >= Level::Confidential,
            Self::SecretUp => *level >= Level::Secret,
            Self::TopSecretOnly => *level == Level::TopSecret,
        }
    }
}

/// Each marking with the classes that it stands with, and where the manual says so.
const LEVELS: &[(&str, With, &str)] = &[
    ("HCS", With::ConfidentialUp, "H.4, p. 62"),
    ("HCS-O", With::SecretUp, "H.4, p. 64"),
    ("HCS-P", With::SecretUp, "H.4, p. 66"),
    ("HCS-P [SUB-COMPARTMENT]", With::TopSecretOnly, "H.4, p. 68"),
    ("RSV", With::SecretUp, "H.4, p. 70"),
    ("SI", With::ConfidentialUp, "H.4, p. 74"),
    ("SI-[COMPARTMENT]", With::TopSecretOnly, "H.4, p. 76"),
    ("TK", With::SecretUp, "H.4, p. 85"),
    ("TK-BLFH", With::TopSecretOnly, "H.4, p. 87"),
    ("SAR", With::ConfidentialUp, "H.5, p. 101"),
    ("RD", With::ConfidentialUp, "H.6, p. 104"),
    ("CNWDI", With::SecretUp, "H.6, p. 106"),
    ("SIGMA", With::SecretUp, "H.6, pp. 108, 113"),
    ("FRD", With::ConfidentialUp, "H.6, p. 111"),
    ("DOD UCNI", With::UnclassifiedOnly, "H.6, p. 116"),
    ("DOE UCNI", With::UnclassifiedOnly, "H.6, p. 118"),
    ("TFNI", With::ConfidentialUp, "H.6, p. 120"),
    ("RSEN", With::SecretUp, "H.8, p. 132"),
    ("FOUO", With::UnclassifiedOnly, "H.8, p. 134"),
    ("ORCON", With::ConfidentialUp, "H.8, p. 136"),
    ("ORCON-USGOV", With::ConfidentialUp, "H.8, p. 139"),
    ("IMCON", With::SecretUp, "H.8, p. 142"),
    ("EYES ONLY", With::ConfidentialUp, "H.8, p. 157"),
    ("LIMDIS", With::UnclassifiedOnly, "H.9, p. 170"),
    ("SBU", With::UnclassifiedOnly, "H.9, p. 176"),
    ("SBU NOFORN", With::UnclassifiedOnly, "H.9, p. 178"),
    // Page 185 first allows every class, then has a classified banner say NOFORN//LES instead: the second rule is the
    // one on banner lines.
    ("LES NOFORN", With::UnclassifiedOnly, "H.9, p. 185"),
];

/// Pairs that do not stand together, and where the manual says so.
const CONTRADICTIONS: &[(&str, &str, &str)] = &[
    ("NOFORN", "REL TO", "H.8, p. 145"),
    ("NOFORN", "RELIDO", "H.8, p. 145"),
    ("NOFORN", "EYES ONLY", "H.8, p. 145"),
    ("NOFORN", "DISPLAY ONLY", "H.8, p. 145"),
    ("ORCON", "ORCON-USGOV", "H.8, p. 136"),
    ("ORCON", "RELIDO", "H.8, p. 136"),
    ("ORCON-USGOV", "RELIDO", "H.8, p. 140"),
    ("REL TO", "EYES ONLY", "H.8, p. 151"),
    ("RELIDO", "DISPLAY ONLY", "H.8, p. 154"),
    ("JOINT", "NOFORN", "H.3, p. 57"),
    ("JOINT", "HCS", "H.3, p. 57"),
    ("HCS-O", "ORCON-USGOV", "H.4, p. 64"),
    ("HCS-P [SUB-COMPARTMENT]", "ORCON-USGOV", "H.4, p. 68"),
    ("SI-G", "ORCON-USGOV", "H.4, p. 80"),
    // In a banner line RD stands for FRD too, and either for TFNI.
    ("RD", "FRD", "H.6, p. 111"),
    ("RD", "TFNI", "H.6, p. 104"),
    ("FRD", "TFNI", "H.6, p. 120"),
    // FOUO gives way to every other control but those on foreign disclosure.
    ("FOUO", "PROPIN", "H.8, p. 148"),
    ("FOUO", "DEA SENSITIVE", "H.8, p. 159"),
    ("FOUO", "FISA", "H.8, p. 134"),
    ("FOUO", "LIMDIS", "H.9, p. 170"),
    ("FOUO", "EXDIS", "H.9, p. 172"),
    ("FOUO", "NODIS", "H.9, p. 174"),
    ("FOUO", "SBU", "H.9, p. 176"),
    ("FOUO", "SBU NOFORN", "H.9, p. 178"),
    ("FOUO", "LES", "H.9, p. 181"),
    ("FOUO", "LES NOFORN", "H.9, p. 185"),
    ("FOUO", "SSI", "H.9, p. 189"),
    ("EXDIS", "NODIS", "H.9, p. 172"),
    ("EXDIS", "SBU", "H.9, p. 172"),
    ("EXDIS", "SBU NOFORN", "H.9, p. 172"),
    ("NODIS", "SBU", "H.9, p. 174"),
    ("NODIS", "SBU NOFORN", "H.9, p. 174"),
    // The combined forms are for lines where nothing else speaks of foreign disclosure (D.2, table 3, rules 3 to 15).
    ("SBU", "SBU NOFORN", "H.9, p. 178"),
    ("SBU NOFORN", "NOFORN", "H.9, p. 178"),
    ("SBU NOFORN", "REL TO", "D.2, pp. 28-30"),
    ("SBU NOFORN", "RELIDO", "D.2, pp. 28-30"),
    ("SBU NOFORN", "DISPLAY ONLY", "D.2, pp. 28-30"),
    ("LES", "LES NOFORN", "H.9, p. 185"),
    ("LES NOFORN", "NOFORN", "H.9, p. 186"),
    ("LES NOFORN", "REL TO", "D.2, pp. 28-30"),
    ("LES NOFORN", "RELIDO", "D.2, pp. 28-30"),
    ("LES NOFORN", "DISPLAY ONLY", "D.2, pp. 28-30"),
];

/// Pairs that do not stand together in a portion, besides those above.
const IN_PORTIONS: &[(&str, &str, &str)] = &[
    // LIMDIS is combined with no other unclassified information.
    ("LIMDIS", "SBU", "H.9, p. 170"),
    ("LIMDIS", "SBU NOFORN", "H.9, p. 170"),
    ("LIMDIS", "LES", "H.9, p. 170"),
    ("LIMDIS", "LES NOFORN", "H.9, p. 170"),
    ("LIMDIS", "SSI", "H.9, p. 170"),
];

/// Each marking with another that it needs, and where the manual says so.
const NEEDS: &[(&str, &str, &str)] = &[
    ("JOINT", "REL TO", "H.3, p. 57"),
    ("HCS", "NOFORN", "H.4, pp. 62-68"),
    ("HCS-O", "ORCON", "H.4, p. 64"),
    ("HCS-P [SUB-COMPARTMENT]", "ORCON", "H.4, p. 68"),
    ("SI-G", "ORCON", "H.4, p. 80"),
    ("TK-BLFH", "NOFORN", "H.4, p. 87"),
    ("TK-IDIT", "NOFORN", "H.4, p. 91"),
    ("TK-KAND", "NOFORN", "H.4, p. 95"),
    ("EXDIS", "NOFORN", "H.9, p. 172"),
    ("NODIS", "NOFORN", "H.9, p. 174"),
];

/// The partners that EYES ONLY may name (CAPCO H.8, p. 157).
const SECOND_PARTIES: [&str; 4] = ["AUS", "CAN", "GBR", "NZL"];

/// Refuses a marking that breaks a rule.
pub(super) fn check(marking: &Marking, reading: &Reading) -> Result<(), Problem> {
    for (mark, with, page) in LEVELS {
        if let Some(at) = reading.place(mark).filter(|_| !with.admits(&marking.class)) {
            let class = match &marking.class {
                Class::Level(level) => level.as_str(),
                Class::Term(term) => term,
            };
            let message = format!("`{mark}` contradicts `{class}`");
            return Err(Problem::new(message, at).help(format!("it stands with {} (CAPCO {page})", with.name())));
        }
    }
    contradictions(CONTRADICTIONS, reading)?;
    for (mark, needed, page) in NEEDS {
        if let Some(at) = reading.place(mark).filter(|_| reading.place(needed).is_none()) {
            return Err(Problem::new(format!("`{mark}` needs `{needed}`"), at).help(format!("CAPCO {page}")));
        }
    }
    release(marking, reading)?;
    eyes_only(marking, reading)?;
    foreign(marking, reading)
}

fn contradictions(pairs: &[(&str, &str, &str)], reading: &Reading) -> Result<(), Problem> {
    for (one, other, page) in pairs {
        if let (Some(first), Some(second)) = (reading.place(one), reading.place(other)) {
            let later = if first.start > second.start { first } else { second };
            let message = format!("`{one}` contradicts `{other}`");
            return Err(Problem::new(message, later).help(format!("the two do not stand together (CAPCO {page})")));
        }
    }
    Ok(())
}

/// Refuses a portion that breaks a rule for portions alone. The sources that a segregated portion has in its class are
/// not in its marking yet, only what an FGI mark names besides.
pub(super) fn check_portion(portion: &Portion, reading: &Reading) -> Result<(), Problem> {
    contradictions(IN_PORTIONS, reading)?;
    let Portion { marking, segregated } = portion;
    let segregated = *segregated;
    if segregated && !marking.dissemination.eyes.is_empty() {
        return Err(Problem::new("`EYES ONLY` contradicts a portion that is not US", place(reading, "EYES ONLY"))
            .help("it was for reporting of one US agency (CAPCO H.8, p. 157)"));
    }
    let foreign = segregated || matches!(marking.owner, Owner::Nation(_) | Owner::Nato);
    let at = place(reading, "FGI");
    match &marking.fgi {
        Some(_) if segregated => Err(Problem::new("`FGI` contradicts a class that names its sources", at)
            .help("all sources stand before the class: `(//CAN GBR S)` (CAPCO H.7, p. 123)")),
        Some(Fgi::Concealed) if foreign => {
            Err(Problem::new("a concealed `FGI` contradicts an owner that is named", at)
                .help("the two do not stand in one portion (CAPCO H.7, p. 124)"))
        }
        _ => Ok(()),
    }
}

/// Where a mark stands; what has no place cannot be at fault.
fn place(reading: &Reading, mark: &str) -> Range<usize> {
    reading.place(mark).unwrap_or_default()
}

/// REL TO: never the United States alone, and for what is theirs never without them (CAPCO H.8, p. 151).
fn release(marking: &Marking, reading: &Reading) -> Result<(), Problem> {
    let list = &marking.dissemination.rel_to;
    if list.is_empty() {
        return Ok(());
    }
    let at = place(reading, "REL TO");
    let refused = |message: &str, help: String| Err(Problem::new(message, at.clone()).help(help));
    let lacks_usa = !list.iter().any(|code| *code == "USA");
    match &marking.owner {
        _ if list.len() == 1 && !lacks_usa => {
            refused("`REL TO USA` alone releases nothing", "name at least one more (CAPCO H.8, p. 151)".to_owned())
        }
        Owner::UnitedStates | Owner::Joint(_) if lacks_usa => {
            let list = codes::write(list, ", ");
            refused("`REL TO` lacks `USA`", format!("write `REL TO USA, {list}` (CAPCO H.8, p. 151)"))
        }
        Owner::Joint(owners) => match owners.iter().find(|owner| !is_named(list, owner)) {
            Some(owner) => refused(
                &format!("`JOINT` contradicts `REL TO`: the co-owner `{owner}` is not on the list"),
                "all co-owners are, by their codes or in a group that may be taken apart (CAPCO H.3, p. 57)".to_owned(),
            ),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Whether the list names the code itself, or a group that may be taken apart and holds it.
fn is_named(list: &[Country], code: &Country) -> bool {
    names(list, &Party::from(code.as_str()))
}

fn eyes_only(marking: &Marking, reading: &Reading) -> Result<(), Problem> {
    let Some((first, partners)) = marking.dissemination.eyes.split_first() else {
        return Ok(());
    };
    let at = place(reading, "EYES ONLY");
    if marking.owner != Owner::UnitedStates {
        return Err(Problem::new("`EYES ONLY` contradicts a classification that is not US", at)
            .help("it was for reporting of one US agency (CAPCO H.8, p. 157)"));
    }
    let second_parties = partners.iter().all(|code| SECOND_PARTIES.contains(&code.as_str()));
    if *first != "USA" || partners.is_empty() || !second_parties {
        return Err(Problem::new("`EYES ONLY` names `USA` and one or more of `AUS`, `CAN`, `GBR`, `NZL`", at)
            .help("such as `USA/CAN/GBR EYES ONLY` (CAPCO H.8, p. 157); for others write `REL TO`"));
    }
    Ok(())
}

/// FGI is foreign to the owner, and NATO's own markings stand only where something of NATO is (CAPCO H.7, pp. 122-124).
fn foreign(marking: &Marking, reading: &Reading) -> Result<(), Problem> {
    let sources = match &marking.fgi {
        Some(Fgi::From(sources)) => sources.as_slice(),
        _ => &[],
    };
    let own: &[Country] = match &marking.owner {
        Owner::Nation(nation) => std::slice::from_ref(nation),
        Owner::Joint(owners) => owners,
        Owner::UnitedStates => &[Country::from("USA")],
        Owner::Nato => &[Country::from("NATO")],
    };
    if let Some(code) = sources.iter().find(|code| own.contains(code)) {
        return Err(Problem::new(
            format!("`FGI` contradicts `{code}`, which owns the information"),
            place(reading, "FGI"),
        )
        .help("`FGI` names governments whose information stands inside another's"));
    }
    let of_nato = marking.owner == Owner::Nato
        || marking.fgi == Some(Fgi::Concealed)
        || sources.iter().any(|code| *code == "NATO");
    for mark in ["ATOMAL", "BALK", "BOHEMIA"] {
        if let Some(at) = reading.place(mark).filter(|_| !of_nato) {
            return Err(Problem::new(format!("`{mark}` needs `FGI NATO`"), at)
                .help("it is a marking of NATO (CAPCO H.7, pp. 122, 127)"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECIFICATION: &str = include_str!("../../../../../docs/spec/labels.md");
    const BAD: &str = include_str!("../../../../../vectors/labels/bad.jsonl");

    #[test]
    fn the_specification_shows_every_rule() {
        for (mark, with, page) in LEVELS {
            let row = format!("| `{mark}` | {} | {page} |", with.name());
            assert!(SPECIFICATION.contains(&row), "docs/spec/labels.md lacks {row}");
        }
        for (one, other, page) in CONTRADICTIONS.iter().chain(IN_PORTIONS).chain(NEEDS) {
            let row = format!("| `{one}` | `{other}` | {page} |");
            assert!(SPECIFICATION.contains(&row), "docs/spec/labels.md lacks {row}");
        }
        let rows = SPECIFICATION.lines().filter(|line| line.starts_with("| `") && line.contains(", p")).count();
        assert_eq!(
            rows,
            LEVELS.len() + CONTRADICTIONS.len() + IN_PORTIONS.len() + NEEDS.len(),
            "docs/spec/labels.md shows a rule too many"
        );
    }

    #[test]
    fn every_rule_has_a_vector() {
        let shows = |start: &str| BAD.lines().any(|vector| vector.contains(&format!("\"error\": \"{start}")));
        for (mark, ..) in LEVELS {
            let classes = ["UNCLASSIFIED", "CONFIDENTIAL", "SECRET"];
            assert!(classes.iter().any(|class| shows(&format!("`{mark}` contradicts `{class}`"))), "{mark}");
        }
        for (one, other, _) in CONTRADICTIONS.iter().chain(IN_PORTIONS) {
            assert!(shows(&format!("`{one}` contradicts `{other}`")), "{one} {other}");
        }
        for (mark, needed, _) in NEEDS {
            assert!(shows(&format!("`{mark}` needs `{needed}`")), "{mark} {needed}");
        }
    }

    #[test]
    fn no_rule_stands_twice() {
        for (index, (one, other, _)) in CONTRADICTIONS.iter().enumerate() {
            let later = CONTRADICTIONS.get(index + 1..).unwrap();
            assert!(!later.iter().any(|(a, b, _)| (a, b) == (one, other) || (b, a) == (one, other)), "{one} {other}");
        }
    }
}
