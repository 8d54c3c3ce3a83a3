//! A label as the vectors show it, both ways.

use entente_core::{
    Country,
    label::{Class, Dissemination, Fgi, Label, Level, Marking, Owner, Portion, Tlp},
};
use serde_json::{Map, Value, json};

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
pub fn to_json(label: &Label) -> Value {
    match label {
        Label::Tlp(colour) => json!({ "tlp": colour.as_str() }),
        Label::Marking(marking) => marking_to_json(marking),
    }
}

/// The same of a portion, which may be segregated.
pub fn portion_to_json(portion: &Portion) -> Value {
    let mut view = marking_to_json(&portion.marking);
    if portion.segregated {
        view["segregated"] = json!(true);
    }
    view
}

fn marking_to_json(marking: &Marking) -> Value {
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

pub fn from_json(view: &Value) -> Label {
    if let Some(colour) = view["tlp"].as_str() {
        return Label::Tlp(Tlp::ALL.into_iter().find(|tlp| tlp.as_str() == colour).unwrap());
    }
    Label::Marking(Box::new(marking_from_json(view)))
}

pub fn portion_from_json(view: &Value) -> Portion {
    Portion { marking: marking_from_json(view), segregated: view["segregated"] == true }
}

fn marking_from_json(view: &Value) -> Marking {
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
    marking
}
