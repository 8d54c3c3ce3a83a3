//! Label syntaxes besides banner lines: the published vectors of conversion, the real objects of STIX, and the promise
//! that a conversion is never wider than what it came from, for random labels and by a measure of its own.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reads its vectors and fails by panicking"
)]

mod outside;

use std::{collections::BTreeSet, fs, path::PathBuf};

use entente_core::{
    Party,
    label::{Fgi, Label, Marking, Owner, tetragraphs},
    time::Timestamp,
};
use entente_formats::label::{
    self,
    convert::{Conversion, Error, Facts, Syntax, convert, wider},
    country, json,
    stanag4774::{
        self, Category, CategoryType, ConfidentialityLabel, Information, Originator, Policy, Role, Succession,
    },
};
use proptest::{collection, option, prelude::*, sample};
use serde_json::{Value, json};

fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn lines(path: &str) -> Vec<Value> {
    let text = fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

const FILES: [&str; 5] = ["stanag4774", "capco", "acs", "tlp", "json"];

fn vectors() -> Vec<Value> {
    FILES.iter().flat_map(|name| lines(&format!("vectors/labels/convert/{name}.jsonl"))).collect()
}

fn syntax(value: &Value) -> Option<Syntax> {
    let word = value.as_str()?;
    Some(Syntax::ALL.into_iter().find(|syntax| syntax.as_str() == word).unwrap_or_else(|| panic!("no syntax {word}")))
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What a vector gives beside the label; the present is the day on which the example plays.
fn facts(vector: &Value) -> Facts {
    let given = &vector["facts"];
    let mut facts = Facts::at(moment(given["now"].as_str().unwrap_or("2026-11-20T00:00:00Z")));
    if let Some(created) = given["created"].as_str() {
        facts.created = moment(created);
    }
    facts.review = given["review"].as_str().map(moment);
    facts.custodian = given["custodian"].as_str().map(str::to_owned);
    facts.identifier = given["identifier"].as_str().map(str::to_owned);
    for (name, code) in given["policies"].as_object().into_iter().flatten() {
        facts.policies.add(name, code.as_str().unwrap()).unwrap();
    }
    facts
}

/// Two objects of JSON may have their keys in another order.
fn same(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    one == other || (read(one).is_some() && read(one) == read(other))
}

/// Each note of one list has its counterpart in the other.
fn notes_match(wanted: &Value, found: &[String]) -> bool {
    let wanted: Vec<_> = wanted.as_array().into_iter().flatten().map(|part| part.as_str().unwrap()).collect();
    wanted.len() == found.len() && wanted.iter().all(|part| found.iter().any(|note| note.contains(part)))
}

#[test]
fn vectors_convert_as_published() {
    let vectors = vectors();
    assert!(vectors.len() >= 150);
    let mut wrong = Vec::new();
    for vector in &vectors {
        let text = vector["text"].as_str().unwrap();
        let found = convert(text, syntax(&vector["from"]), syntax(&vector["to"]).unwrap(), &facts(vector));
        let as_published = match &found {
            Ok(Conversion { text, notes, .. }) => {
                vector["result"].as_str().is_some_and(|result| same(result, text))
                    && notes_match(&vector["notes"], notes)
            }
            Err(Error::Refusal(refusal)) => {
                vector["refused"].as_str().is_some_and(|part| refusal.message.contains(part))
            }
            Err(Error::Problem(problem)) => {
                let part = vector["error"].as_str();
                part.is_some_and(|part| problem.message.contains(part))
                    && vector["at"] == json!([problem.at.start, problem.at.end])
            }
        };
        if !as_published {
            wrong.push(format!("{vector}\n  gave {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}

#[test]
fn every_banner_line_of_the_vectors_is_the_same_in_json() {
    for vector in [lines("vectors/labels/capco.jsonl"), lines("vectors/labels/tlp.jsonl")].concat() {
        let label = label::parse(vector["text"].as_str().unwrap()).unwrap();
        let written = json::write(&label);
        assert_eq!(json::parse(&written), Ok(label), "{written}");
        let mut view: Value = serde_json::from_str(&written).unwrap();
        view.as_object_mut().unwrap().remove("schema");
        assert_eq!(view, vector["label"], "{written}");
    }
}

/// Every party that a code of a label could mean, and one that none does.
fn parties() -> Vec<Party> {
    let mut codes: BTreeSet<&str> = ["USA", "JPN", "KOR", "GBR", "NATO", "CHE", "JPCERT"].into();
    codes.extend(tetragraphs().iter().flat_map(|group| group.members.iter().copied().chain([group.code])));
    codes.into_iter().map(Party::from).collect()
}

/// What a label lets happen, by a measure that shares nothing with the conversion: who may have it, who may see it, and
/// how many conditions stand in the way.
#[derive(Debug)]
struct Reach {
    given: BTreeSet<Party>,
    seen: BTreeSet<Party>,
    asks: BTreeSet<String>,
    may_be_decided: bool,
}

fn reach(label: &Label) -> Reach {
    let Label::Marking(marking) = label else { panic!("TLP has an order of its own") };
    let barred = marking.dissemination.noforn;
    let given = |party: &&Party| label.is_free() || (!barred && label.is_releasable_to(party));
    let seen = |party: &&Party| given(party) || (!barred && label.is_displayable_to(party));
    let line = label::write(label);
    let mut asks: BTreeSet<String> =
        ["ORCON", "ORCON-USGOV", "NOFORN", "PROPIN", "IMCON", "RSEN", "FOUO", "FISA", "DEA SENSITIVE"]
            .into_iter()
            .filter(|mark| line.split('/').any(|part| part == *mark))
            .map(str::to_owned)
            .collect();
    asks.extend([&marking.sci, &marking.sap, &marking.aea, &marking.non_ic].into_iter().flatten().cloned());
    match &marking.fgi {
        None => {}
        Some(Fgi::Concealed) => asks.extend(country_codes().map(|code| format!("consent of {code}"))),
        Some(Fgi::From(sources)) => asks.extend(sources.iter().map(|code| format!("consent of {code}"))),
    }
    Reach {
        given: parties().iter().filter(given).cloned().collect(),
        seen: parties().iter().filter(seen).cloned().collect(),
        asks,
        may_be_decided: marking.dissemination.relido,
    }
}

fn country_codes() -> impl Iterator<Item = &'static str> {
    CODES.iter().copied()
}

const CODES: [&str; 10] = ["USA", "JPN", "KOR", "GBR", "AUS", "CAN", "FVEY", "NATO", "NKIC", "CHE"];

fn assert_no_wider(source: &Label, target: &Label) {
    assert_eq!(wider(source, target), None);
    if let (Label::Tlp(source), Label::Tlp(target)) = (source, target) {
        assert!(target >= source);
        return;
    }
    let (before, after) = (reach(source), reach(target));
    assert!(after.given.is_subset(&before.given), "{source:?} {target:?}");
    assert!(after.seen.is_subset(&before.seen), "{source:?} {target:?}");
    assert!(before.asks.is_subset(&after.asks) || source.is_free(), "{before:?} {after:?}");
    assert!(before.may_be_decided || !after.may_be_decided);
}

/// A banner line, most often a valid one.
fn line() -> impl Strategy<Value = String> {
    let class = sample::select(vec![
        "TOP SECRET",
        "SECRET",
        "CONFIDENTIAL",
        "UNCLASSIFIED",
        "//KOR SECRET",
        "//KOR UNCLASSIFIED",
        "//KOR 군사II급비밀",
        "//JPN 特定秘密",
        "//NATO SECRET",
        "//NATO UNCLASSIFIED",
        "//COSMIC TOP SECRET",
        "//JOINT SECRET JPN USA",
    ]);
    let middle = sample::select(vec![
        "",
        "",
        "",
        "//TK",
        "//SI",
        "//SAR-BP",
        "//BOHEMIA",
        "//RD",
        "//ATOMAL",
        "//FGI",
        "//FGI AUS",
        "//FGI AUS GBR",
    ]);
    let flag = |name: &'static str| prop::bool::weighted(0.15).prop_map(move |set| set.then(|| name.to_owned()));
    let list = |name: &'static str, chance: f64| {
        (prop::bool::weighted(chance), sample::subsequence(CODES.to_vec(), 1..5)).prop_map(move |(set, mut codes)| {
            codes.sort_by_key(|code| (name == "REL TO" && *code != "USA", country::code(code), *code));
            set.then(|| format!("{name} {}", codes.join(", ")))
        })
    };
    let controls = (
        flag("FOUO"),
        flag("ORCON"),
        flag("NOFORN"),
        flag("PROPIN"),
        list("REL TO", 0.6),
        flag("RELIDO"),
        flag("FISA"),
        list("DISPLAY ONLY", 0.2),
    )
        .prop_map(|(a, b, c, d, e, f, g, h)| {
            [a, b, c, d, e, f, g, h].into_iter().flatten().collect::<Vec<_>>().join("/")
        });
    (class, middle, controls, sample::select(vec!["", "", "", "//LES", "//SSI"])).prop_map(
        |(class, middle, controls, other)| {
            let controls = if controls.is_empty() { controls } else { format!("//{controls}") };
            format!("{class}{middle}{controls}{other}")
        },
    )
}

fn written_facts() -> Facts {
    Facts {
        review: Some(moment("2027-11-20T00:00:00Z")),
        custodian: Some("USA.DHS.US-CERT".to_owned()),
        identifier: Some("6010b3f4-a603-4d3b-9098-8708cdbe151b".to_owned()),
        ..Facts::at(moment("2026-11-20T00:00:00Z"))
    }
}

/// The label that a conversion back to a banner line or TLP gives.
fn back(conversion: &Conversion, facts: &Facts) -> Label {
    let to = if conversion.text.starts_with("TLP:") { Syntax::Tlp } else { Syntax::Capco };
    let from = if conversion.to == Syntax::Tlp1 { Syntax::Tlp1 } else { conversion.to };
    let back =
        convert(&conversion.text, Some(from), to, facts).unwrap_or_else(|error| panic!("{}: {error}", conversion.text));
    label::parse(&back.text).unwrap()
}

/// Whether STANAG 4774 has no other word for it: a list of the owner alone is as good as none.
fn is_owner_alone(marking: &Marking) -> bool {
    matches!(&marking.owner, Owner::Nation(nation) if marking.dissemination.rel_to == [nation.clone()])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn nobody_gains_by_a_conversion_there_and_back(line in line()) {
        let Ok(label) = label::parse(&line) else { return Ok(()) };
        let facts = written_facts();
        for to in Syntax::ALL {
            let Ok(conversion) = convert(&line, None, to, &facts) else { continue };
            let returned = back(&conversion, &facts);
            assert_no_wider(&label, &returned);
            let Label::Marking(marking) = &label else { panic!("a banner line") };
            let is_whole = match to {
                Syntax::Json | Syntax::Capco => true,
                Syntax::Stanag4774 => conversion.notes.is_empty() && !is_owner_alone(marking),
                _ => false,
            };
            prop_assert!(!is_whole || returned == label, "{line} by {to} to {}", label::write(&returned));
        }
    }

    #[test]
    fn labels_in_xml_come_back(label in confidentiality_label()) {
        let written = stanag4774::write(&label);
        let read = stanag4774::parse(&written);
        prop_assert_eq!(read.as_ref(), Ok(&label), "{}", written);
        prop_assert_eq!(stanag4774::write(&label), written);
    }

    #[test]
    fn what_labels_have_in_common_is_in_each(labels in collection::vec(small_information(), 1..4)) {
        match stanag4774::common(&labels) {
            Ok(stanag4774::Common::Label(common)) => {
                for label in &labels {
                    for category in &label.categories {
                        let found = common.categories.iter().find(|found| found.tag == category.tag);
                        let found = found.unwrap_or_else(|| panic!("{category:?} was dropped"));
                        let (has, had) = (&found.values, &category.values);
                        match category.kind {
                            CategoryType::Permissive => prop_assert!(has.iter().all(|value| had.contains(value))),
                            _ => prop_assert!(had.iter().all(|value| has.contains(value))),
                        }
                    }
                }
            }
            Ok(stanag4774::Common::OriginatorOnly { tag }) => {
                let lists = labels.iter().map(|label| label.categories.iter().find(|category| category.tag == tag));
                let lists: Vec<BTreeSet<&String>> = lists.map(|list| list.map(|list| list.values.iter().collect()).unwrap_or_default()).collect();
                let common = lists.iter().skip(1).fold(lists[0].clone(), |common, list| common.intersection(list).copied().collect());
                prop_assert!(common.is_empty());
            }
            Err(refusal) => prop_assert!(false, "{refusal}"),
        }
    }

    #[test]
    fn any_text_has_an_answer_and_its_problems_lie_inside(text in "\\PC{0,80}", to in sample::select(Syntax::ALL.to_vec())) {
        if let Err(Error::Problem(problem)) = convert(&text, None, to, &written_facts()) {
            prop_assert!(text.get(problem.at.clone()).is_some(), "{} at {:?}", problem, problem.at);
        }
    }
}

/// A value that XML has to escape, now and then.
fn value() -> impl Strategy<Value = String> {
    sample::select(vec!["USA", "JPN", "군사II급비밀", "A & B", "<x>", "\"quoted\"", "it's", "]]>", "a  b"])
        .prop_map(str::to_owned)
}

fn category() -> impl Strategy<Value = Category> {
    let kind = sample::select(CategoryType::ALL.to_vec());
    let values = collection::btree_set(value(), 1..5).prop_map(|values| values.into_iter().collect());
    let uri = option::of(sample::select(vec!["urn:oid:1.3.26.1.4.4", "urn:oid:2.25.0"]).prop_map(str::to_owned));
    (kind, value(), uri, values).prop_map(|(kind, tag, uri, values): (_, _, _, Vec<String>)| Category {
        kind,
        tag,
        uri,
        values,
    })
}

fn information() -> impl Strategy<Value = Information> {
    let name = sample::select(vec!["NATO", "KOR", "A & B"]).prop_map(str::to_owned);
    let classification = sample::select(vec!["SECRET", "特定秘密", "<S>"]).prop_map(str::to_owned);
    let mark = option::of(sample::select(vec!["x", " two\nlines\t", "&"]).prop_map(str::to_owned));
    let categories = collection::vec(category(), 0..4).prop_map(|mut categories| {
        let mut seen = BTreeSet::new();
        categories.retain(|category| seen.insert((category.kind, category.tag.to_ascii_lowercase())));
        categories
    });
    (name, classification, mark, categories).prop_map(|(name, classification, privacy_mark, categories)| Information {
        policy: Policy { name, uri: None },
        classification,
        privacy_mark,
        categories,
    })
}

fn at() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_000_000_000, 0..1_000_000_000)
        .prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).unwrap())
}

fn originator() -> impl Strategy<Value = Option<Originator>> {
    let id_type = sample::select(stanag4774::ID_TYPES.to_vec());
    option::of((id_type, value()).prop_map(|(id_type, name)| Originator { id_type: id_type.to_owned(), name }))
}

fn confidentiality_label() -> impl Strategy<Value = ConfidentialityLabel> {
    let succession = option::of((at(), information(), originator(), at()));
    let id = option::of(Just("_a-1".to_owned()));
    (sample::select(Role::ALL.to_vec()), id, at(), information(), originator(), at(), succession).prop_map(
        |(role, id, review, information, originator, created, succession)| ConfidentialityLabel {
            role,
            id,
            review: Some(review),
            information,
            originator,
            created,
            succession: succession.map(|(at, information, originator, created)| Succession {
                at,
                information,
                originator,
                created,
            }),
            extensions: Vec::new(),
        },
    )
}

fn small_information() -> impl Strategy<Value = Information> {
    let classification = sample::select(vec!["SECRET", "RESTRICTED", "TOP SECRET"]);
    let codes = || option::of(sample::subsequence(vec!["USA", "JPN", "KOR"], 1..=3));
    (classification, codes(), codes()).prop_map(|(classification, released, sensitive)| {
        let released = released.map(|codes| Category::new(CategoryType::Permissive, "Releasable To", codes));
        let sensitive =
            sensitive.map(|values| Category::new(CategoryType::Restrictive, "Additional Sensitivity", values));
        Information {
            policy: Policy { name: "NATO".to_owned(), uri: None },
            classification: classification.to_owned(),
            privacy_mark: None,
            categories: released.into_iter().chain(sensitive).collect(),
        }
    })
}

#[test]
fn documents_have_limits() {
    let parse = |text: &str| stanag4774::parse(text).unwrap_err().message;
    let deep = format!("{}{}", "<a>".repeat(30_000), "</a>".repeat(30_000));
    assert!(parse(&deep).contains("more than"), "{}", parse(&deep));
    assert!(parse(&"x".repeat(300_000)).contains("at most"));
    assert!(parse(&format!("{}{}", "<a>".repeat(40), "</a>".repeat(40))).contains("nested more than 32 deep"));
    let many = format!("<a>{}</a>", "<b/>".repeat(30_000));
    assert!(parse(&many).contains("more than 20000 nodes"), "{}", parse(&many));
    let values = "<GenericValue>x</GenericValue>".repeat(400);
    let label = vectors()[0]["text"].as_str().unwrap().replace("<GenericValue>NATO</GenericValue>", &values);
    assert!(parse(&label).contains("a second time"));
    let laughs = "<!DOCTYPE a [<!ENTITY b \"lol\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>";
    assert!(parse(laughs).contains("a document type"));
    let outside = "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>";
    assert!(parse(outside).contains("a document type"));
}

/// Marking definitions that other people made.
#[test]
fn real_marking_definitions_have_an_answer() {
    let Some(text) = outside::data("stix/labelled-objects.jsonl") else { return };
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if line["object"]["type"] != "marking-definition" {
            continue;
        }
        let object = line["object"].to_string();
        match convert(&object, None, Syntax::Tlp, &written_facts()) {
            Ok(conversion) => assert!(conversion.text.starts_with("TLP:")),
            Err(Error::Problem(problem)) => assert!(object.get(problem.at).is_some()),
            Err(Error::Refusal(_)) => {}
        }
    }
}

#[test]
fn what_came_in_as_xml_is_kept_byte_for_byte() {
    let label = vectors()[0]["text"].as_str().unwrap().to_owned();
    for text in [format!("{label}\r\n\r\n"), label.clone(), format!("<!-- as it was -->\r\n{label}\n")] {
        let kept = convert(&text, None, Syntax::Stanag4774, &written_facts()).unwrap();
        assert_eq!((kept.text, kept.notes.len()), (text, 0));
    }
}
