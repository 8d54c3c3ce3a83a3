//! Label syntaxes from outside: the published vectors both ways, properties over random markings and random text, and
//! the table of tetragraphs against its source.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reads its vectors and fails by panicking"
)]

use std::{collections::BTreeMap, fs, path::PathBuf};

use entente_core::{
    Country,
    label::{Class, Dissemination, Fgi, Label, Level, Marking, Owner, Tlp, tetragraphs},
};
use entente_formats::label::{self, capco, country};
use proptest::{collection, prelude::*, sample};
use serde_json::{Map, Value, json};

fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn vectors(name: &str) -> Vec<Value> {
    let path = workspace().join("vectors/labels").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

fn good() -> Vec<Value> {
    [vectors("capco.jsonl"), vectors("tlp.jsonl")].concat()
}

fn text_of(vector: &Value) -> &str {
    vector["text"].as_str().unwrap()
}

/// The controls without a list, in the order of the register.
type Flag = (&'static str, fn(&mut Dissemination) -> &mut bool);
const FLAGS: [Flag; 10] = [
    ("RSEN", |controls| &mut controls.rsen),
    ("FOUO", |controls| &mut controls.fouo),
    ("ORCON", |controls| &mut controls.orcon),
    ("ORCON-USGOV", |controls| &mut controls.orcon_usgov),
    ("IMCON", |controls| &mut controls.imcon),
    ("NOFORN", |controls| &mut controls.noforn),
    ("PROPIN", |controls| &mut controls.propin),
    ("RELIDO", |controls| &mut controls.relido),
    ("DEA SENSITIVE", |controls| &mut controls.dsen),
    ("FISA", |controls| &mut controls.fisa),
];

/// The view of a label that the vectors show.
fn to_json(label: &Label) -> Value {
    let marking = match label {
        Label::Tlp(colour) => return json!({ "tlp": colour.as_str() }),
        Label::Marking(marking) => marking,
    };
    let codes = |codes: &[Country]| codes.iter().map(|code| json!(code.as_str())).collect::<Vec<_>>();
    let mut view = Map::new();
    view.insert(
        "owner".into(),
        match &marking.owner {
            Owner::UnitedStates => json!("USA"),
            Owner::Nation(nation) => json!(nation.as_str()),
            Owner::Nato => json!("NATO"),
            Owner::Joint(owners) => json!(codes(owners)),
        },
    );
    match &marking.class {
        Class::Level(level) => view.insert("level".into(), json!(level.as_str())),
        Class::Term(term) => view.insert("term".into(), json!(term)),
    };
    match &marking.fgi {
        None => {}
        Some(Fgi::Concealed) => drop(view.insert("fgi".into(), json!([]))),
        Some(Fgi::From(sources)) => drop(view.insert("fgi".into(), json!(codes(sources)))),
    }
    let mut controls = marking.dissemination.clone();
    let flags: Vec<_> = FLAGS.iter().filter(|(_, flag)| *flag(&mut controls)).map(|(name, _)| *name).collect();
    let texts = |texts: &[String]| texts.iter().map(|text| json!(text)).collect::<Vec<_>>();
    for (key, values) in [
        ("sci", texts(&marking.sci)),
        ("sap", texts(&marking.sap)),
        ("aea", texts(&marking.aea)),
        ("controls", flags.into_iter().map(Value::from).collect()),
        ("rel_to", codes(&controls.rel_to)),
        ("eyes", codes(&controls.eyes)),
        ("display_only", codes(&controls.display_only)),
        ("non_ic", texts(&marking.non_ic)),
    ] {
        if !values.is_empty() {
            view.insert(key.into(), values.into());
        }
    }
    Value::Object(view)
}

fn from_json(view: &Value) -> Label {
    if let Some(colour) = view["tlp"].as_str() {
        return Label::Tlp(Tlp::ALL.into_iter().find(|tlp| tlp.as_str() == colour).unwrap());
    }
    let texts = |key: &str| -> Vec<String> {
        let values = view[key].as_array().into_iter().flatten();
        values.map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    let codes = |key: &str| -> Vec<Country> { texts(key).into_iter().map(Country::from).collect() };
    let owner = match view["owner"].as_str() {
        None => Owner::Joint(codes("owner")),
        Some("USA") => Owner::UnitedStates,
        Some("NATO") => Owner::Nato,
        Some(nation) => Owner::Nation(nation.into()),
    };
    let class = match view["level"].as_str() {
        Some(level) => Class::Level(Level::from_banner(level).unwrap()),
        None => Class::Term(view["term"].as_str().unwrap().to_owned()),
    };
    let mut marking = Marking::plain(owner, class);
    marking.sci = texts("sci");
    marking.sap = texts("sap");
    marking.aea = texts("aea");
    marking.non_ic = texts("non_ic");
    marking.fgi = view.get("fgi").map(|sources| match sources.as_array().unwrap().len() {
        0 => Fgi::Concealed,
        _ => Fgi::From(codes("fgi")),
    });
    for name in texts("controls") {
        let (_, flag) = FLAGS.iter().find(|(flag, _)| *flag == name).unwrap();
        *flag(&mut marking.dissemination) = true;
    }
    marking.dissemination.rel_to = codes("rel_to");
    marking.dissemination.eyes = codes("eyes");
    marking.dissemination.display_only = codes("display_only");
    Label::Marking(Box::new(marking))
}

#[test]
fn good_vectors_both_ways() {
    assert!(good().len() >= 60);
    for vector in good() {
        let text = text_of(&vector);
        let parsed = label::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem} at {:?}", problem.at));
        assert_eq!(to_json(&parsed), vector["label"], "{text}");
        let meant = from_json(&vector["label"]);
        assert_eq!(parsed, meant, "{text}");
        let canonical = vector["canonical"].as_str().unwrap_or(text);
        assert_eq!(label::write(&meant), canonical, "{text}");
        assert_eq!(label::parse(canonical).as_ref(), Ok(&meant), "{canonical}");
        assert!(!label::describe(&meant).is_empty());
    }
}

#[test]
fn bad_vectors_say_where_and_why() {
    let vectors = vectors("bad.jsonl");
    assert!(vectors.len() >= 60);
    let mut wrong = Vec::new();
    for vector in &vectors {
        let text = text_of(vector);
        match label::parse(text) {
            Ok(label) => wrong.push(format!("{text}: is accepted as {}", to_json(&label))),
            Err(problem) => {
                let at = json!([problem.at.start, problem.at.end]);
                let part = vector["error"].as_str().unwrap();
                if at != vector["at"] || !problem.message.contains(part) {
                    wrong.push(format!("{text}: {problem} at {at}, not `{part}` at {}", vector["at"]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn misordered_lines_are_shown_as_they_should_be() {
    for (text, canonical) in [
        ("SECRET//FISA/NOFORN", "SECRET//NOFORN/FISA"),
        ("SECRET//NOFORN//TK", "SECRET//TK//NOFORN"),
        ("SECRET//NOFORN//ORCON", "SECRET//ORCON/NOFORN"),
        ("SECRET//REL TO JPN, USA", "SECRET//REL TO USA, JPN"),
        ("SECRET//NOFORN/LES", "SECRET//NOFORN//LES"),
        ("TOP SECRET//TK/SI-G ZZZZ ABCD//NOFORN/ORCON", "TOP SECRET//SI-G ABCD ZZZZ/TK//ORCON/NOFORN"),
        ("TOP SECRET//SAR-SDA/BOHEMIA/BP//FGI NATO//NOFORN", "TOP SECRET//SAR-BP/SDA/BOHEMIA//FGI NATO//NOFORN"),
        ("//JOINT SECRET USA KOR JPN//REL TO USA, KOR, JPN", "//JOINT SECRET JPN KOR USA//REL TO USA, JPN, KOR"),
    ] {
        let help = label::parse(text).unwrap_err().help.unwrap();
        assert_eq!(help, format!("write `{canonical}`"), "{text}");
        assert_eq!(label::write(&label::parse(canonical).unwrap()), canonical);
    }
}

#[test]
fn lists_and_lines_have_limits() {
    let codes = vec!["KOR"; 301].join(", ");
    let problem = label::parse(&format!("SECRET//REL TO {codes}")).unwrap_err();
    assert!(problem.message.contains("at most 300 codes"), "{problem}");
    let problem = label::parse(&format!("SECRET//{}", "X".repeat(4096))).unwrap_err();
    assert!(problem.message.contains("at most 4096 bytes"), "{problem}");
    assert!(label::parse(&format!("SECRET//{}", "X/".repeat(2000) + "X")).is_err());
}

/// Every text that differs from a good vector by one missing character.
#[test]
fn a_missing_character_is_noticed_or_harmless() {
    for vector in good() {
        let text = text_of(&vector);
        for (at, character) in text.char_indices() {
            let shorter = format!("{}{}", &text[..at], &text[at + character.len_utf8()..]);
            holds_for_any_text(&shorter);
        }
    }
}

fn holds_for_any_text(text: &str) {
    match label::parse(text) {
        Ok(parsed) => {
            let written = label::write(&parsed);
            assert_eq!(label::parse(&written).as_ref(), Ok(&parsed), "{text}");
            assert_eq!(label::write(&label::parse(&written).unwrap()), written, "{text}");
        }
        Err(problem) => {
            let range = problem.at.clone();
            assert!(range.start <= range.end && range.end <= text.len(), "{text}: {range:?}");
            assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end), "{text}: {range:?}");
            assert!(!problem.message.is_empty(), "{text}");
        }
    }
}

fn codes() -> impl Strategy<Value = Vec<Country>> {
    let trigraphs = vec!["AUS", "CAN", "DEU", "FRA", "GBR", "JPN", "KOR", "NZL", "PHL", "XKS"];
    let groups = vec!["ACGU", "EU", "FVEY", "NATO", "NKIC", "NSG"];
    (sample::subsequence(trigraphs, 1..=6), sample::subsequence(groups, 0..=3))
        .prop_map(|(trigraphs, groups)| trigraphs.into_iter().chain(groups).map(Country::from).collect())
}

fn level() -> impl Strategy<Value = Level> {
    sample::select(Level::ALL.to_vec())
}

fn owner_and_class() -> impl Strategy<Value = (Owner, Class)> {
    let term = "[A-Z가-힣一-鿿]{4,12}( [가-힣]{1,8})?";
    prop_oneof![
        level()
            .prop_filter("US", |level| *level != Level::Restricted)
            .prop_map(|level| (Owner::UnitedStates, Class::Level(level))),
        level().prop_map(|level| (Owner::Nato, Class::Level(level))),
        level().prop_map(|level| (Owner::Nation("KOR".into()), Class::Level(level))),
        term.prop_filter("a control or a level is no term", |term| capco::parse(&format!("//JPN {term}")).is_ok())
            .prop_map(|term| (Owner::Nation("JPN".into()), Class::Term(term))),
    ]
}

prop_compose! {
    /// A marking that keeps the rules, built by what each choice allows.
    fn marking()(
        (owner, class) in owner_and_class(),
        joint in any::<bool>(),
        list in codes(),
        shown in codes(),
        release in 0..6,
        flags in collection::vec(any::<bool>(), 8),
        systems in sample::subsequence(vec!["RSV-12-ABC", "SI-ABC-EU", "SI", "TK", "TK-IDIT ABC1"], 0..=3),
        programs in sample::subsequence(vec!["SAR-123", "SAR-BP-J12 J54-K15", "SAR-CANDY APPLE", "SAR-SDA"], 0..=3),
        atomic in sample::select(vec!["", "RD-CNWDI-SIGMA 14 18", "FRD", "TFNI"]),
        foreign in proptest::option::of(proptest::option::of(codes())),
        outside in sample::subsequence(vec!["LES", "SSI"], 0..=2),
    ) -> Marking {
        let at_least = |level| match class {
            Class::Level(own) => own >= level,
            Class::Term(_) => true,
        };
        let unclassified = class == Class::Level(Level::Unclassified);
        let classified = at_least(Level::Confidential);
        let (secret, top) = (at_least(Level::Secret), at_least(Level::TopSecret));
        let joint = joint && owner == Owner::UnitedStates;
        let mut marking = Marking::plain(owner, class);
        let with_usa = || std::iter::once(Country::from("USA")).chain(list.iter().cloned()).collect::<Vec<_>>();
        if joint {
            let trigraphs = list.iter().filter(|code| country::is_trigraph(code.as_str()));
            let mut owners: Vec<_> = trigraphs.cloned().collect();
            owners.push("USA".into());
            owners.sort();
            marking.owner = Owner::Joint(owners);
        }
        let controls = &mut marking.dissemination;
        match if joint { 1 } else { release } {
            0 => controls.noforn = true,
            1 => controls.rel_to = with_usa(),
            2 if matches!(marking.owner, Owner::Nation(_)) => controls.rel_to = list,
            3 => controls.relido = true,
            4 => controls.display_only = shown,
            5 if classified && marking.owner == Owner::UnitedStates => {
                controls.eyes = ["USA", "CAN", "GBR"].map(Country::from).to_vec();
            }
            _ => {}
        }
        controls.rsen = flags[0] && secret;
        controls.orcon = flags[1] && classified && !controls.relido;
        controls.orcon_usgov = flags[2] && classified && !controls.relido && !controls.orcon;
        controls.imcon = flags[3] && secret;
        controls.propin = flags[4];
        controls.dsen = flags[5];
        controls.fisa = flags[6];
        marking.non_ic = outside.into_iter().map(str::to_owned).collect();
        controls.fouo = flags[7] && unclassified && !(flags[4] || flags[5] || flags[6]) && marking.non_ic.is_empty();
        let mut seen = BTreeMap::new();
        for system in systems {
            let name = system.split('-').next().unwrap_or_default();
            let fits = match system {
                "SI" => classified,
                "SI-ABC-EU" => top,
                "TK-IDIT ABC1" => secret && controls.noforn,
                _ => secret,
            };
            if fits {
                seen.insert(name, system.to_owned());
            }
        }
        marking.sci = seen.into_values().collect();
        if classified {
            marking.sap = programs.into_iter().map(str::to_owned).collect();
        }
        if !atomic.is_empty() && secret {
            marking.aea = vec![atomic.to_owned()];
        }
        marking.fgi = foreign.map(|sources| sources.map_or(Fgi::Concealed, Fgi::From));
        let own: Vec<Country> = match &marking.owner {
            Owner::Joint(owners) => owners.clone(),
            _ => marking.country().into_iter().map(Country::from).collect(),
        };
        if let Some(Fgi::From(sources)) = &mut marking.fgi {
            sources.retain(|source| !own.contains(source));
        }
        marking.fgi = marking.fgi.filter(|foreign| *foreign != Fgi::From(Vec::new()));
        marking
    }
}

proptest! {
    #[test]
    fn markings_come_back(marking in marking()) {
        let text = capco::write(&marking);
        let parsed = capco::parse(&text);
        prop_assert_eq!(parsed.as_ref(), Ok(&marking), "{}", text);
        prop_assert_eq!(capco::write(&marking), text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        holds_for_any_text(&text);
    }

    #[test]
    fn text_of_known_words_is_read_or_refused(
        words in collection::vec(sample::select(vec![
            "SECRET", "TOP SECRET", "//", "/", " ", ", ", "-", "USA", "KOR", "FVEY", "REL TO", "NOFORN", "FGI", "JOINT",
            "NATO", "SI", "G", "SAR-", "RD", "SIGMA", "14", "EYES ONLY", "DISPLAY ONLY", "LES", "特定秘密",
            "é", "\u{301}", "tlp:",
        ]), 0..14),
    ) {
        holds_for_any_text(&words.concat());
        holds_for_any_text(&format!("SECRET//{}", words.concat()));
        holds_for_any_text(&format!("//KOR {}", words.concat()));
    }
}

/// The table in `entente-core` against the register that it was taken from.
#[test]
fn tetragraphs_are_those_of_the_register() {
    let folder =
        std::env::var_os("ENTENTE_REFERENCE").map_or_else(|| workspace().join("../shared/reference"), PathBuf::from);
    let path = folder.join("tetragraphs.xml");
    let Ok(register) = fs::read_to_string(&path) else {
        assert!(std::env::var_os("CI").is_none(), "{} is missing", path.display());
        eprintln!("skipped: {} is missing", path.display());
        return;
    };
    let contents = |text: &str, element: &str| -> Vec<String> {
        let tag = format!("<{element}");
        let bodies = text.split(&tag).skip(1).filter(|rest| rest.starts_with(['>', ' ', '\n']));
        bodies.map(|rest| rest.split_once('>').unwrap().1.split_once('<').unwrap().0.trim().to_owned()).collect()
    };
    let mut registered: Vec<(String, bool, Vec<String>)> = Vec::new();
    for entry in register.split("<Tetragraph ").skip(1) {
        let entry = entry.split_once("</Tetragraph>").unwrap().0;
        let attributes = entry.split_once('>').unwrap().0;
        let mut members = contents(entry, "Country");
        members.sort();
        registered.push((
            contents(entry, "TetraToken").remove(0),
            attributes.contains("decomposable=\"Yes\""),
            members,
        ));
    }
    registered.sort();
    let table: Vec<(String, bool, Vec<String>)> = tetragraphs()
        .iter()
        .map(|group| (group.code.into(), group.decomposable, group.members.iter().map(ToString::to_string).collect()))
        .collect();
    assert!(!registered.is_empty());
    assert_eq!(table, registered);
}
