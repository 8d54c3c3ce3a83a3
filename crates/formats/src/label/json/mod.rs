//! Labels as JSON, `entente.label/1`: every field of a label under a name, for programs that have no parser of banner
//! lines. `docs/spec/labels.md` documents the schema.
//!
//! One label has one text: keys that say nothing are absent, lists are in the order of a banner line, and what a banner
//! line may not say is refused here too. The key functions are [`parse`] and [`write()`].

pub(super) mod node;

use entente_core::{
    Country,
    label::{Class, Dissemination, Fgi, Label, Level, Marking, Owner},
};
use serde::Serialize;

use super::{
    capco::dissemination::{Control, Field},
    checked, country, tlp,
};
use crate::problem::{Problem, suggestion};
use node::{Node, Object};

/// The schema of a label in JSON.
pub const SCHEMA: &str = "entente.label/1";

/// The most items of one list, as in a banner line.
const MOST: usize = 300;

const KEYS: [&str; 14] = [
    "schema",
    "tlp",
    "owner",
    "level",
    "term",
    "sci",
    "sap",
    "aea",
    "fgi",
    "controls",
    "rel_to",
    "eyes",
    "display_only",
    "non_ic",
];

/// Parses a label.
///
/// # Errors
/// The first thing wrong, at its place and with its path.
pub fn parse(text: &str) -> Result<Label, Problem> {
    let object = Node::document(text)?.object(&KEYS)?;
    object.required("schema")?.one_of(&[SCHEMA])?;
    let Some(colour) = object.get("tlp") else {
        return marking(&object);
    };
    if let Some(other) = object.keys().find(|key| !["schema", "tlp"].contains(key)) {
        let problem = object.node().problem(format!("`{other}` stands beside `tlp`"));
        return Err(problem.help("TLP says how far to share, and no marking of another kind stands beside it"));
    }
    let text = colour.text()?;
    tlp::parse(&text).map(Label::Tlp).map_err(|problem| Problem { at: colour.at(), ..problem })
}

fn marking(object: &Object<'_>) -> Result<Label, Problem> {
    let mut marking = Marking::plain(owner(object.required("owner")?)?, class(object)?);
    marking.sci = object.texts("sci", MOST)?;
    marking.sap = object.texts("sap", MOST)?;
    marking.aea = object.texts("aea", MOST)?;
    marking.fgi = match object.get("fgi") {
        None => None,
        Some(list) if list.items_or_none(MOST)?.is_empty() => Some(Fgi::Concealed),
        Some(list) => Some(Fgi::From(codes(list)?)),
    };
    for item in object.get("controls").map_or(Ok(Vec::new()), |list| list.items(MOST))? {
        flag(&item, &mut marking.dissemination)?;
    }
    let list = |key: &str| object.get(key).map_or(Ok(Vec::new()), codes);
    marking.dissemination.rel_to = list("rel_to")?;
    marking.dissemination.eyes = list("eyes")?;
    marking.dissemination.display_only = list("display_only")?;
    marking.non_ic = object.texts("non_ic", MOST)?;
    let order = object.texts("controls", MOST)?;
    if order != flags(&marking.dissemination) {
        let problem = object.required("controls")?.problem("the controls are not in the order of the register");
        return Err(problem.help(format!("write {:?}", flags(&marking.dissemination))));
    }
    checked::marking(marking, object.node().at())
}

fn owner(node: &Node<'_>) -> Result<Owner, Problem> {
    if node.is_list() {
        return codes(node).map(Owner::Joint);
    }
    let text = node.text()?;
    Ok(match text.as_str() {
        "USA" => Owner::UnitedStates,
        "NATO" => Owner::Nato,
        code if country::is_trigraph(code) => Owner::Nation(Country::from(code)),
        code => {
            let problem = node.problem(format!("`{}` owns no classification", checked::excerpt(code)));
            return Err(problem.help("a GENC trigraph such as `KOR`, `NATO`, or for JOINT the list of owners"));
        }
    })
}

fn class(object: &Object<'_>) -> Result<Class, Problem> {
    match (object.get("level"), object.get("term")) {
        (Some(level), None) => {
            let names = Level::ALL.map(Level::as_str);
            let name = level.one_of(&names)?;
            Level::from_banner(name).map(Class::Level).ok_or_else(|| level.problem("is no level"))
        }
        (None, Some(term)) => {
            let text = term.text()?;
            match Level::from_banner(&text) {
                Some(_) => Err(term.problem(format!("`{text}` is a level")).help("write it as `level`")),
                None => Ok(Class::Term(text)),
            }
        }
        (Some(_), Some(term)) => Err(term.problem("a label has a `level` or a `term`, not both")),
        (None, None) => {
            Err(object.node().problem("`level` is missing").help("for a class in a nation's own words write `term`"))
        }
    }
}

fn codes(list: &Node<'_>) -> Result<Vec<Country>, Problem> {
    let texts = list.texts(MOST)?;
    for (item, text) in list.items(MOST)?.iter().zip(&texts) {
        if country::code(text).is_none() {
            let help = "codes are GENC trigraphs such as `JPN` and registered tetragraphs such as `FVEY`";
            return Err(item.problem(format!("`{}` is not a country code", checked::excerpt(text))).help(help));
        }
    }
    Ok(texts.into_iter().map(Country::from).collect())
}

/// The controls that have no list.
fn without_list() -> impl Iterator<Item = Control> + Clone {
    Control::ALL.into_iter().filter(|control| matches!(control.field(&Dissemination::default()), Field::Flag(_)))
}

/// Their names, as far as they are set, in the order of the register.
pub(super) fn flags(controls: &Dissemination) -> Vec<&'static str> {
    let set = without_list().filter(|control| matches!(control.field(controls), Field::Flag(true)));
    set.map(Control::name).collect()
}

/// Sets the control that an item names.
fn flag(item: &Node<'_>, controls: &mut Dissemination) -> Result<(), Problem> {
    let text = item.text()?;
    set_flag(&text, controls).map_err(|()| {
        let names: Vec<_> = without_list().map(Control::name).collect();
        let problem = item.problem(format!("`{}` is no control without a list", checked::excerpt(&text)));
        problem.help(suggestion(checked::excerpt(&text), names))
    })
}

/// Sets the control without a list that has this name.
pub(super) fn set_flag(name: &str, controls: &mut Dissemination) -> Result<(), ()> {
    let control = without_list().find(|control| control.name() == name).ok_or(())?;
    control.set(controls, Vec::new());
    Ok(())
}

/// A label as it is written.
#[derive(Serialize)]
struct Written<'a> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tlp: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<WrittenOwner<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    term: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    sci: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    sap: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    aea: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    fgi: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    controls: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rel_to: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    eyes: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    display_only: Vec<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    non_ic: &'a [String],
}

#[derive(Serialize)]
#[serde(untagged)]
enum WrittenOwner<'a> {
    One(&'a str),
    Joint(Vec<&'a str>),
}

fn names(codes: &[Country]) -> Vec<&str> {
    codes.iter().map(Country::as_str).collect()
}

/// Writes a label, on one line.
pub fn write(label: &Label) -> String {
    let empty = Written {
        schema: SCHEMA,
        tlp: None,
        owner: None,
        level: None,
        term: None,
        sci: &[],
        sap: &[],
        aea: &[],
        fgi: None,
        controls: Vec::new(),
        rel_to: Vec::new(),
        eyes: Vec::new(),
        display_only: Vec::new(),
        non_ic: &[],
    };
    let written = match label {
        Label::Tlp(colour) => Written { tlp: Some(colour.as_str()), ..empty },
        Label::Marking(marking) => {
            // A field that is added to a marking has to be written: without `..` this does not compile until it is.
            let Marking { owner, class, sci, sap, aea, fgi, dissemination, non_ic } = &**marking;
            let (level, term) = match class {
                Class::Level(level) => (Some(level.as_str()), None),
                Class::Term(term) => (None, Some(term.as_str())),
            };
            Written {
                owner: Some(match owner {
                    Owner::UnitedStates => WrittenOwner::One("USA"),
                    Owner::Nation(nation) => WrittenOwner::One(nation.as_str()),
                    Owner::Nato => WrittenOwner::One("NATO"),
                    Owner::Joint(owners) => WrittenOwner::Joint(names(owners)),
                }),
                level,
                term,
                sci,
                sap,
                aea,
                fgi: fgi.as_ref().map(|fgi| match fgi {
                    Fgi::Concealed => Vec::new(),
                    Fgi::From(sources) => names(sources),
                }),
                controls: flags(dissemination),
                rel_to: names(&dissemination.rel_to),
                eyes: names(&dissemination.eyes),
                display_only: names(&dissemination.display_only),
                non_ic,
                ..empty
            }
        }
    };
    // Nothing in it can fail to be written: no map, no number, no text that is not UTF-8.
    serde_json::to_string(&written).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_key() {
        for (line, json) in [
            (
                "//KOR 군사II급비밀//REL TO USA, JPN, KOR",
                r#"{"schema":"entente.label/1","owner":"KOR","term":"군사II급비밀","rel_to":["USA","JPN","KOR"]}"#,
            ),
            (
                "//JOINT SECRET JPN KOR USA//REL TO USA, JPN, KOR",
                r#"{"schema":"entente.label/1","owner":["JPN","KOR","USA"],"level":"SECRET","rel_to":["USA","JPN","KOR"]}"#,
            ),
            (
                "TOP SECRET//SI/TK//SAR-BP//RD//FGI//RSEN/ORCON/NOFORN//LES",
                r#"{"schema":"entente.label/1","owner":"USA","level":"TOP SECRET","sci":["SI","TK"],"sap":["SAR-BP"],"aea":["RD"],"fgi":[],"controls":["RSEN","ORCON","NOFORN"],"non_ic":["LES"]}"#,
            ),
            ("TLP:AMBER+STRICT", r#"{"schema":"entente.label/1","tlp":"TLP:AMBER+STRICT"}"#),
        ] {
            let label = crate::label::parse(line).unwrap();
            assert_eq!(write(&label), json);
            assert_eq!(parse(json), Ok(label));
        }
    }

    #[test]
    fn what_is_refused_says_where() {
        for (json, at, message) in [
            (r#"{"tlp":"TLP:RED"}"#, r#"{"tlp":"TLP:RED"}"#, "`schema` is missing"),
            (r#"{"schema":"entente.label/2","tlp":"TLP:RED"}"#, r#""entente.label/2""#, "unknown value"),
            (r#"{"schema":"entente.label/1","tlp":"TLP:WHITE"}"#, r#""TLP:WHITE""#, "not a marking of TLP 2.0"),
            (
                r#"{"schema":"entente.label/1","owner":"KOR","level":"SECRET","rel_to":["USA","ROK"]}"#,
                r#""ROK""#,
                "`rel_to[1]`: `ROK` is not a country code",
            ),
            (
                r#"{"schema":"entente.label/1","owner":"USA","level":"SECRET","controls":["NOFORN","ORCON"]}"#,
                r#"["NOFORN","ORCON"]"#,
                "order of the register",
            ),
            (r#"{"schema":"entente.label/1","owner":"KOR","level":"secret"}"#, r#""secret""#, "unknown value `secret`"),
            (r#"{"schema":"entente.label/1","owner":"KOR","term":"SECRET"}"#, r#""SECRET""#, "is a level"),
            (
                r#"{"schema":"entente.label/1","owner":"USA","level":"SECRET","rel_to":[]}"#,
                "[]",
                "an empty list says nothing",
            ),
        ] {
            let problem = parse(json).unwrap_err();
            assert!(problem.message.contains(message), "{json}: {problem}");
            assert_eq!(json.get(problem.at), Some(at), "{json}");
        }
    }

    #[test]
    fn the_rules_of_a_banner_line_hold() {
        let json = r#"{"schema":"entente.label/1","owner":"USA","level":"SECRET","controls":["NOFORN"],"rel_to":["USA","JPN"]}"#;
        assert!(parse(json).unwrap_err().message.contains("`NOFORN` contradicts `REL TO`"));
        let json = r#"{"schema":"entente.label/1","owner":"USA","level":"SECRET","rel_to":["JPN","USA"]}"#;
        assert!(parse(json).unwrap_err().help.unwrap().contains("`SECRET//REL TO USA, JPN`"));
    }
}
