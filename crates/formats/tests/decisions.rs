//! The decision against its twin, on random worlds; against the published vectors; and the table of codes in the
//! specification against the code.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reads its vectors and fails by panicking"
)]

mod twin;

use std::{
    collections::BTreeSet,
    fs,
    num::NonZero,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use entente_core::{
    Label, Level, Party,
    agreement::{ActKind, clause::Exempts},
    decide::{LabelFailure, Reason},
    label::Tlp,
};
use entente_formats::{agreement, national, request::answer_line};
use proptest::{
    strategy::{BoxedStrategy, Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::Value;
use twin::{
    compare::difference,
    judge::{Answer, judge},
    shrink::shrink,
    text,
    worlds::{World, find, history::histories, runner, worlds},
};

/// An answer line as a vector has it, without sentences, in the twin's form.
fn answer(answer: &Value) -> Option<Answer> {
    if answer.get("error").is_some() {
        return None;
    }
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let list = |value: &Value| value.as_array().unwrap().clone();
    Some(Answer {
        verdict: word(&answer["verdict"]).unwrap(),
        blocked: list(&answer["blocked"])
            .iter()
            .map(|block| {
                let text = |field: &str| word(&block[field]).unwrap();
                (text("gate"), text("code"), text("record"), word(&block["agreement"]), word(&block["clause"]))
            })
            .collect(),
        cover: list(&answer["cover"])
            .iter()
            .map(|cover| (word(&cover["agreement"]).unwrap(), word(&cover["clause"]).unwrap()))
            .collect(),
        usable: list(&answer["usable"]).iter().filter_map(word).collect(),
        onward: word(&answer["onward"]).unwrap(),
        cures: list(&answer["cures"])
            .iter()
            .map(|set| {
                list(set).iter().map(|cure| (word(&cure["kind"]).unwrap(), word(&cure["of"]).unwrap())).collect()
            })
            .collect(),
        // Only there when the record has versions.
        versions: answer["versions"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|version| (word(&version["record"]).unwrap(), word(&version["verdict"]).unwrap()))
            .collect(),
    })
}

fn assert_agreement_with_the_twin(worlds: &BoxedStrategy<World>, count: impl Fn(u32) -> u32) {
    let on_all = |world: &World| difference(world, world.requests());
    if let Some(mut world) = find(worlds, count, |world| on_all(world).is_some()) {
        let (request, own, theirs) = on_all(&world).unwrap();
        world.request = request;
        panic!("the twin: {own:#?}\nthe implementation: {theirs:#?}\n{world:?}");
    }
}

#[test]
fn the_decision_is_that_of_its_twin() {
    assert_agreement_with_the_twin(&worlds(), |cases| cases);
}

#[test]
fn the_status_is_that_of_its_twin() {
    assert_agreement_with_the_twin(&histories(), |cases| cases * 4);
}

/// As many worlds as `ENTENTE_WORLDS` says, two requests of each; `make twin` runs it.
#[test]
#[ignore = "a long run, by command: make twin"]
fn the_decision_is_that_of_its_twin_on_many_worlds() {
    let wanted: usize = std::env::var("ENTENTE_WORLDS").map_or(100_000, |count| count.parse().unwrap());
    let drawn = AtomicUsize::new(0);
    let draw = || {
        let (decisions, histories) = (worlds(), histories());
        let mut runner = runner();
        loop {
            let number = drawn.fetch_add(1, Ordering::Relaxed);
            if number >= wanted {
                break;
            }
            // Every eighth world is a long history of one agreement.
            let kind = if number.is_multiple_of(8) { &histories } else { &decisions };
            let world = kind.new_tree(&mut runner).unwrap().current();
            let requests = world.requests();
            let step = requests.len().div_ceil(2);
            let some = |requests: Vec<Value>| requests.into_iter().skip(number % step).step_by(step);
            if let Some((request, ..)) = difference(&world, some(requests)) {
                let world =
                    shrink(World { request, ..world }, |world| difference(world, [world.request.clone()]).is_some());
                let (_, own, theirs) = difference(&world, [world.request.clone()]).unwrap();
                panic!("world {number}\nthe twin: {own:#?}\nthe implementation: {theirs:#?}\n{world:?}");
            }
            if (number + 1).is_multiple_of((wanted / 20).max(1)) {
                println!("{} of {wanted} worlds: no difference", number + 1);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(draw))));
    println!("{wanted} random worlds: no difference");
}

#[test]
fn the_worlds_are_varied() {
    let mut runner = TestRunner::deterministic();
    let strategy = worlds();
    let (mut asked, mut permitted, mut covered) = (0, 0, 0);
    let mut blocked = BTreeSet::new();
    for _ in 0..500 {
        let world = strategy.new_tree(&mut runner).unwrap().current();
        let (agreements, national) = world.parsed().unwrap();
        for request in world.requests() {
            let answer = answer_line(&request.to_string(), &agreements, &national);
            assert!(!answer.starts_with("{\"error\""), "{answer}\n{world:?}");
        }
        let (agreements, national) = (world.plain_agreements(), world.plain_national());
        for request in world.requests() {
            let answer = judge(&agreements, &national, &serde_json::from_value(request).unwrap());
            let is_permit = answer.verdict == "permit";
            asked += 1;
            permitted += usize::from(is_permit);
            covered += usize::from(is_permit && !answer.cover.is_empty());
            blocked.extend(answer.blocked.into_iter().map(|(gate, code, ..)| (gate, code)));
        }
    }
    assert!(permitted * 10 > asked, "{permitted} permits in {asked}");
    assert!(covered * 50 > asked, "{covered} permits under an agreement in {asked}");
    let known: BTreeSet<_> = codes().into_iter().map(|code| (code.gate, code.code)).collect();
    assert_eq!(blocked, known, "every code, and no other");
}

// ---- Vectors

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    let path = workspace().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cases of all files of vectors, each with the name of its file.
fn vectors() -> Vec<(String, Value)> {
    let folder = workspace().join("vectors/decisions");
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".jsonl"))
        .collect();
    names.sort();
    let cases = names.into_iter().flat_map(|name| {
        let text = read(&format!("vectors/decisions/{name}"));
        let cases: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        cases.into_iter().map(move |case| (name.clone(), case))
    });
    cases.collect()
}

/// The texts of the files that a case names.
fn files(case: &Value, folder: &str) -> Vec<(String, String)> {
    let names = case[folder].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
    names.map(|name| (name.clone(), read(&format!("vectors/decisions/{folder}/{name}")))).collect()
}

/// The duties of an answer, without their words.
fn duties(answer: &Value) -> Vec<[String; 3]> {
    let duties = answer["duties"].as_array().unwrap().iter();
    let mut duties: Vec<_> =
        duties.map(|duty| ["kind", "agreement", "clause"].map(|key| duty[key].as_str().unwrap().to_owned())).collect();
    duties.sort();
    duties
}

#[test]
fn every_vector_is_answered_as_written() {
    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    for (file, case) in vectors() {
        let name = format!("{file}: {}", case["name"]);
        assert!(names.insert(case["name"].to_string()), "{name} is there twice");
        let agreements = files(&case, "agreements");
        let national = files(&case, "national");
        let set = agreement::parse_set(&agreements).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
        let rules = national.iter().map(|(_, text)| national::parse(text).unwrap());
        let rules = rules.map(|rules| (rules.party.clone(), rules)).collect();
        let theirs = answer_line(&case["request"].to_string(), &set.agreements, &rules);
        let theirs: Value = serde_json::from_str(&theirs).unwrap();
        let expected = &case["answer"];
        if let Some(field) = expected.get("error") {
            let message = theirs["error"].as_str().unwrap_or_default();
            if !message.starts_with(field.as_str().unwrap()) || message.is_empty() {
                wrong.push(format!("{name}\nexpected an error at {field}\nfound {theirs}"));
            }
            continue;
        }
        if theirs.get("error").is_some() {
            wrong.push(format!("{name}\nexpected {expected}\nfound {theirs}"));
            continue;
        }
        if answer(&theirs) != answer(expected) || duties(&theirs) != duties(expected) {
            wrong.push(format!("{name}\nexpected {expected}\nfound {theirs}"));
        }
        for key in ["record", "from", "to"] {
            let asked = if key == "record" { &case["request"]["record"]["id"] } else { &case["request"][key] };
            assert_eq!(theirs[key], *asked, "{name}: {theirs}");
        }
        // The twin has to agree, so that it is checked by what a person wrote.
        let plain: Vec<_> = agreements.iter().map(|(_, text)| toml::from_str(text).unwrap()).collect();
        let plain_national: Vec<_> = national.iter().map(|(_, text)| toml::from_str(text).unwrap()).collect();
        let own = judge(&plain, &plain_national, &serde_json::from_value(case["request"].clone()).unwrap());
        if Some(&own) != answer(expected).as_ref() {
            wrong.push(format!("{name}\nexpected {expected}\nthe twin {own:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn the_vectors_have_every_code_cure_clause_and_act() {
    let mut blocked = BTreeSet::new();
    let mut cures = BTreeSet::new();
    let (mut kinds, mut acts) = (BTreeSet::new(), BTreeSet::new());
    let mut used = BTreeSet::new();
    for (_, case) in vectors() {
        let known = codes();
        for block in case["answer"]["blocked"].as_array().into_iter().flatten() {
            let pair = ["gate", "code"].map(|key| block[key].as_str().unwrap().to_owned());
            assert!(
                known.iter().any(|code| [&code.gate, &code.code] == [&pair[0], &pair[1]]),
                "{pair:?} is in the table"
            );
            blocked.insert((pair[0].clone(), pair[1].clone()));
        }
        for cure in case["answer"]["cures"].as_array().into_iter().flatten().flat_map(|set| set.as_array().unwrap()) {
            cures.insert(cure["kind"].as_str().unwrap().to_owned());
        }
        for (name, text) in files(&case, "agreements") {
            if used.insert(name) {
                let text: text::Agreement = toml::from_str(&text).unwrap();
                kinds.extend(text.clauses.into_iter().map(|clause| clause.kind));
                acts.extend(text.acts.into_iter().map(|act| act.kind));
            }
        }
        used.extend(files(&case, "national").into_iter().map(|(name, _)| name));
    }
    let table: BTreeSet<_> = codes().into_iter().map(|code| (code.gate, code.code)).collect();
    assert_eq!(blocked, table);
    assert_eq!(cures.iter().map(String::as_str).collect::<Vec<_>>(), ["approval", "consent", "relabel"]);
    assert_eq!(kinds.len(), 15, "{kinds:?}");
    let all: BTreeSet<_> = ActKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();
    assert_eq!(acts, all);
    for folder in ["agreements", "national"] {
        for entry in fs::read_dir(workspace().join("vectors/decisions").join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(used.contains(&name), "no case uses {folder}/{name}");
        }
    }
}

// ---- The specification

struct Code {
    gate: String,
    code: String,
    cure: String,
}

/// The table of codes in the specification.
fn codes() -> Vec<Code> {
    let text = read("docs/spec/decision.md");
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<_> = line.strip_prefix("| `")?.split(" | ").collect();
        let [gate, code, cure, _] = cells[..] else { return None };
        let code = code.strip_prefix('`')?.strip_suffix('`')?;
        Some(Code { gate: gate.trim_end_matches('`').into(), code: code.into(), cure: cure.into() })
    });
    rows.collect()
}

#[test]
fn the_specification_lists_the_codes_of_the_judgement() {
    let party = || Party::from("KOR");
    let reasons = [
        Reason::Label(LabelFailure::NoForn),
        Reason::Label(LabelFailure::Relido { originator: party() }),
        Reason::Label(LabelFailure::NotReleasable { originator: party() }),
        Reason::Label(LabelFailure::Fgi { of: vec!["KOR".into()] }),
        Reason::Label(LabelFailure::FgiConcealed),
        Reason::Label(LabelFailure::NotOnDistribution { tlp: Tlp::Red, originator: party() }),
        Reason::Compartmented,
        Reason::SourceLabel { originator: party(), failure: LabelFailure::NoForn },
        Reason::NoAgreement,
        Reason::NotInForce { view: None },
        Reason::Disputed,
        Reason::OutOfScope,
        Reason::NoEquivalent { label: Label::Tlp(Tlp::Red) },
        Reason::AboveCeiling { level: Level::TopSecret, ceiling: Level::Secret },
        Reason::ThirdParty { provider: party(), exempts: Exempts::None, recipient_is_party: false },
        Reason::OtherPurpose { provider: party(), provided_for: "warning".into() },
        Reason::Orcon { originator: party() },
        Reason::UnknownCustody { originator: party() },
        Reason::Onward { provider: party() },
        Reason::Channel { asked: "courier".into() },
        Reason::RoutePurpose { asked: "warning".into() },
        Reason::Restricted { reason: String::new() },
        Reason::Approval { holder: party() },
    ];
    let judged: Vec<_> = reasons
        .iter()
        .map(|reason| {
            let cures = reason.cures();
            let cure = cures.first().map_or("none", |cure| cure.kind());
            (reason.gate().as_str().to_owned(), reason.code().to_owned(), cure.to_owned())
        })
        .collect();
    let written: Vec<_> = codes()
        .into_iter()
        .map(|code| (code.gate, code.code, code.cure.split(' ').next().unwrap().to_owned()))
        .collect();
    assert_eq!(judged, written);
}
