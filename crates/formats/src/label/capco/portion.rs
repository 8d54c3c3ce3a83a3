//! Portion marks: what stands in front of one paragraph (CAPCO C, pp. 25-26).
//!
//! Categories, order and rules are those of a banner line; the words are shorter, and a list may be left to the banner
//! line over the portion. Not a label of a record. The key functions are [`parse`] and [`write()`].

use entente_core::{
    Country,
    label::{Class, Fgi, Level, Marking, Owner, Portion, rollup::RollUp},
};

use super::{
    categories, classification,
    codes::{self, Order},
    dissemination::{Control, Field},
    form::Form,
    reading::{Reading, missing},
    rules,
    text::{self, Piece},
    writer,
};
use crate::{label::country, problem::Problem};

/// What may open a portion without `U` before it, since it stands with UNCLASSIFIED alone: `(SBU-NF)` for `(U//SBU-NF)`.
const UNCLASSIFIED_ALONE: [&str; 6] = ["FOUO", "DS", "SBU", "SBU-NF", "DCNI", "UCNI"];

/// Whether a text is meant as a portion mark and not as a banner line.
pub fn is_portion(text: &str) -> bool {
    text.trim_start().starts_with('(')
}

/// Parses a portion mark: `(S//NF)`. `banner` is the line over the portion: where REL, EYES or JOINT stand without their
/// list, it is the list of that line.
pub fn parse(text: &str, banner: Option<&Marking>) -> Result<Portion, Problem> {
    let whole = Piece::whole(text);
    let inside = whole.strip_prefix("(").and_then(|rest| rest.strip_suffix(")")).ok_or_else(|| {
        Problem::new("a portion mark stands in parentheses", whole.at()).help("such as `(S//NF)` (CAPCO C.1, p. 25)")
    })?;
    text::check(inside, Form::Portion)?;
    let mut reading = Reading::new(Form::Portion);
    let (line, foreign) = match inside.strip_prefix("//") {
        Some(rest) => (rest, true),
        None => (inside, false),
    };
    let mut categories = line.split("//").peekable();
    // `split` gives at least one part.
    let first = categories.peek().copied().unwrap_or(line);
    let opens_unclassified =
        !foreign && first.split("/").next().is_some_and(|item| UNCLASSIFIED_ALONE.contains(&item.as_str()));
    let mut portion = if opens_unclassified {
        Marking::plain(Owner::UnitedStates, Class::Level(Level::Unclassified)).into()
    } else {
        categories.next();
        if foreign { self::foreign(first, banner, &mut reading)? } else { united_states(first)? }
    };
    let sources = portion.marking.fgi.take();
    categories::read(categories, &mut portion.marking, &mut reading)?;
    lists_of_banner(&mut portion.marking, banner, &reading)?;
    rules::check_portion(&portion, &reading)?;
    portion.marking.fgi = sources.or(portion.marking.fgi);
    rules::check(&portion.marking, &reading)?;
    match reading.into_disorder() {
        Some(problem) => Err(problem.help(format!("write `{}`", write(&portion, None)))),
        None => Ok(portion),
    }
}

/// Writes the canonical portion mark. Under a `banner` the lists that are those of the banner line are left to it.
pub fn write(portion: &Portion, banner: Option<&Marking>) -> String {
    writer::portion(portion, banner)
}

/// A portion mark where a banner line is asked for.
pub(super) fn not_a_banner(line: Piece<'_>) -> Problem {
    let problem = Problem::new("a portion mark stands where a banner line is asked for", line.at());
    let label = parse(line.as_str(), None)
        .ok()
        .and_then(|portion| RollUp::of_portion(&portion).outcome())
        .and_then(|outcome| outcome.label);
    match label {
        Some(label) => problem.help(format!("as a banner line it is `{}`", crate::label::write(&label))),
        None => problem.help("a banner line has no parentheses: `SECRET//NOFORN`"),
    }
}

fn level(text: Piece<'_>) -> Option<Level> {
    Level::ALL.into_iter().find(|level| level.portion_mark() == text.as_str())
}

fn united_states(text: Piece<'_>) -> Result<Portion, Problem> {
    match level(text) {
        Some(Level::Restricted) => Err(Problem::new("`R` is not a US classification", text.at())
            .help("a nation's own follows its code: `(//DEU R)`")),
        Some(level) => Ok(Marking::plain(Owner::UnitedStates, Class::Level(level)).into()),
        None => {
            let problem = Problem::new(format!("`{}` is not a US classification", text.as_str()), text.at());
            let first = text.split(" ").next().unwrap_or(text).as_str();
            Err(if let Some(level) = Level::from_banner(text.as_str()) {
                problem.help(format!("write `{}`", level.portion_mark()))
            } else if ["JOINT", "FGI", "CTS", "NS", "NC", "NR", "NU"].contains(&first) || country::code(first).is_some()
            {
                problem.help(format!("what is not the United States' own opens with `//`: `(//{})`", text.as_str()))
            } else {
                problem.help("a US portion mark opens with `TS`, `S`, `C` or `U`")
            })
        }
    }
}

/// What opens with `//`: one nation, NATO, JOINT, or foreign information of several sources or a concealed one.
fn foreign(text: Piece<'_>, banner: Option<&Marking>, reading: &mut Reading) -> Result<Portion, Problem> {
    if let Some(rest) = text.after_word("JOINT") {
        reading.mark("JOINT", text.at());
        return joint(rest.ok_or_else(|| missing(text, "the level"))?, banner, reading);
    }
    if let Some(level) = nato(text) {
        return Ok(Marking::plain(Owner::Nato, Class::Level(level)).into());
    }
    if let Some(rest) = text.after_word("FGI") {
        let class = level_of(rest.ok_or_else(|| missing(text, "the level"))?)?;
        return Ok(segregated(Fgi::Concealed, class, text, reading));
    }
    match text.rsplit_once(" ") {
        Some((list, class)) if level(class).is_some() && is_several(list) => {
            let sources = codes::read(list, " ", Order::Alphabetical, reading)?;
            Ok(segregated(Fgi::From(sources), level_of(class)?, text, reading))
        }
        _ => nation(text),
    }
}

/// Whether codes before a level are a list: several of them, or that of a group.
fn is_several(list: Piece<'_>) -> bool {
    let is_group = || country::code(list.as_str()) == Some(country::Code::Tetragraph) && list.as_str() != "NATO";
    list.split(" ").nth(1).is_some() || is_group()
}

fn segregated(sources: Fgi, level: Level, text: Piece<'_>, reading: &mut Reading) -> Portion {
    reading.mark("FGI", text.at());
    let mut marking = Marking::plain(Owner::UnitedStates, Class::Level(level));
    marking.fgi = Some(sources);
    Portion { marking, segregated: true }
}

fn level_of(text: Piece<'_>) -> Result<Level, Problem> {
    level(text).ok_or_else(|| {
        let problem = Problem::new(format!("`{}` is not a level of a portion mark", text.as_str()), text.at());
        match Level::from_banner(text.as_str()) {
            Some(level) => problem.help(format!("write `{}`", level.portion_mark())),
            None => problem.help("levels are `TS`, `S`, `C`, `R` and `U`"),
        }
    })
}

/// CAPCO G.1, section 2. The marks of a NATO activity are not registered, and not read.
fn nato(text: Piece<'_>) -> Option<Level> {
    let rest = match text.as_str() {
        "CTS" => return Some(Level::TopSecret),
        other => other.strip_prefix('N')?,
    };
    Level::ALL.into_iter().find(|level| *level != Level::TopSecret && level.portion_mark() == rest)
}

fn nation(text: Piece<'_>) -> Result<Portion, Problem> {
    let Some((code, class)) = text.split_once(" ") else {
        let problem =
            Problem::new(format!("whose classification `{}` is does not stand before it", text.as_str()), text.at());
        return Err(problem.help("such as `(//KOR S)`, `(//NS)`, `(//JOINT S KOR USA//REL TO USA, KOR)`"));
    };
    let refused = |message: String, help: &str| Err(Problem::new(message, code.at()).help(help));
    match code.as_str() {
        "USA" => {
            return refused("`//` opens what is not the United States' own".to_owned(), "a US portion has none: `(S)`");
        }
        "NATO" => {
            return refused(
                "the classes of NATO have portion marks of their own".to_owned(),
                "`CTS`, `NS`, `NC`, `NR`, `NU`",
            );
        }
        other if !country::is_trigraph(other) => {
            let help = country::replacement(other)
                .unwrap_or("GENC trigraphs, `NS` and its like, `FGI` or `JOINT` follow `//`");
            return refused(format!("`{other}` is not a country code"), help);
        }
        _ => {}
    }
    let class = match level(class) {
        Some(level) => Class::Level(level),
        None if Level::from_banner(class.as_str()).is_some() => Class::Level(level_of(class)?),
        None => Class::Term(classification::term(class)?),
    };
    Ok(Marking::plain(Owner::Nation(Country::from(code.as_str())), class).into())
}

/// `S KOR USA`, or `S` alone under a JOINT banner line of the same owners (CAPCO H.3, p. 56).
fn joint(text: Piece<'_>, banner: Option<&Marking>, reading: &mut Reading) -> Result<Portion, Problem> {
    let (level, list) = match text.split_once(" ") {
        Some((level, list)) => (level, Some(list)),
        None => (text, None),
    };
    let class = level_of(level)?;
    if class == Level::Restricted {
        return Err(Problem::new("`JOINT` contradicts `RESTRICTED`", level.at())
            .help("the United States are always an owner, and have no such level (CAPCO H.3, p. 56)"));
    }
    let owners = match (list, banner.map(|banner| &banner.owner)) {
        (Some(list), _) => classification::owners(list, reading)?,
        (None, Some(Owner::Joint(owners))) => owners.clone(),
        (None, banner) => {
            let why = if banner.is_some() { "which is not JOINT" } else { "and there is none" };
            return Err(Problem::new(
                format!("`JOINT` without owners stands for those of the banner line, {why}"),
                text.at(),
            )
            .help("name the owners, `(//JOINT S KOR USA//…)`, or give the banner line (CAPCO H.3, p. 56)"));
        }
    };
    Ok(Marking::plain(Owner::Joint(owners), Class::Level(class)).into())
}

/// Fills in the lists that are left to the banner line.
fn lists_of_banner(marking: &mut Marking, banner: Option<&Marking>, reading: &Reading) -> Result<(), Problem> {
    for (control, at) in reading.of_banner() {
        match banner.map(|banner| control.field(&banner.dissemination)) {
            Some(Field::Codes(list)) if !list.is_empty() => control.set(&mut marking.dissemination, list.to_vec()),
            other => {
                let short = if *control == Control::RelTo { "REL" } else { "EYES" };
                let why = if other.is_some() { "which has none" } else { "and no banner line is given" };
                return Err(Problem::new(
                    format!("`{short}` alone stands for the list of the banner line, {why}"),
                    at.clone(),
                )
                .help(format!(
                    "write `{}` with its list, or give the banner line (CAPCO H.8, pp. 150, 157)",
                    control.name()
                )));
            }
        }
    }
    Ok(())
}
