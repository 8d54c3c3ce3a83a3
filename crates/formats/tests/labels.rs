//! Label syntaxes from outside: the published vectors both ways, properties over random markings and random text, and
//! vectors and tables against their sources.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reads its vectors and fails by panicking"
)]

mod markings;

use std::{fs, path::PathBuf};

use entente_core::label::tetragraphs;
use entente_formats::{
    Problem,
    label::{
        self,
        capco::{self, portion},
    },
};
use markings::{
    banner_of, from_json, marking, portion, portion_from_json, portion_to_json, text_of, to_json, vectors, workspace,
};
use proptest::{collection, prelude::*, sample};
use serde_json::{Value, json};

fn good() -> Vec<Value> {
    [vectors("capco.jsonl"), vectors("tlp.jsonl")].concat()
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
fn portions_both_ways() {
    let vectors = vectors("portions.jsonl");
    assert!(vectors.len() >= 190);
    for vector in vectors {
        let (text, banner) = (text_of(&vector), banner_of(&vector, "banner"));
        let parsed = portion::parse(text, banner.as_ref())
            .unwrap_or_else(|problem| panic!("{text}: {problem} at {:?}", problem.at));
        assert_eq!(portion_to_json(&parsed), vector["label"], "{text}");
        let meant = portion_from_json(&vector["label"]);
        assert_eq!(parsed, meant, "{text}");
        let canonical = vector["canonical"].as_str().unwrap_or(text);
        assert_eq!(portion::write(&meant, banner.as_ref()), canonical, "{text}");
        let spelled_out = portion::write(&meant, None);
        assert_eq!(portion::parse(&spelled_out, None), Ok(meant), "{spelled_out}");
    }
}

#[test]
fn bad_vectors_say_where_and_why() {
    let vectors = vectors("bad.jsonl");
    assert!(vectors.len() >= 240);
    let mut wrong = Vec::new();
    for vector in &vectors {
        let text = text_of(vector);
        let read = match vector["as"].as_str() {
            None => label::parse(text).map(|label| to_json(&label)),
            Some("portion") => {
                portion::parse(text, banner_of(vector, "banner").as_ref()).map(|portion| portion_to_json(&portion))
            }
            Some(other) => panic!("{text}: read as {other}"),
        };
        match read {
            Ok(view) => wrong.push(format!("{text}: is accepted as {view}")),
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

/// The manual against the vectors: every banner line and portion mark that sections H and J print is one of them, or is
/// in the list of those left out.
#[test]
fn no_example_of_the_manual_is_missing() {
    let Some(manual) = reference("capco-2016.md") else { return };
    let start = manual.find("begin page 46 ").unwrap();
    let examples = &manual[start..manual.find("begin page 197 ").unwrap()];
    let words = examples.split_whitespace().collect::<Vec<_>>().join(" ");
    let files = ["capco.jsonl", "portions.jsonl", "omitted.jsonl"];
    let known: Vec<String> =
        files.into_iter().flat_map(vectors).map(|vector| text_of(&vector).replace(' ', "")).collect();
    let opening = ["(TS//", "(S//", "(C//", "(U//", "(//"];
    let mut missing = Vec::new();
    for (at, _) in words.match_indices('(') {
        let rest = &words[at..];
        let inside = &rest[..=rest.find(')').unwrap()];
        let mark = inside.replace(' ', "");
        // `(U//FOUO)` before a warning text is a mark of the manual, and one of its examples too.
        if opening.iter().any(|open| mark.starts_with(open)) && !known.contains(&mark) {
            missing.push(mark);
        }
    }
    for opens in ["TOP SECRET//", "SECRET//", "CONFIDENTIAL//", "UNCLASSIFIED//", "//JOINT ", "//COSMIC ", "//NATO "] {
        for (at, _) in words.match_indices(opens) {
            let line = words[at..].replace(' ', "");
            let before = words[..at].trim_end();
            let inside_another = before.ends_with("TOP") || (before.ends_with('(') && opens.starts_with('/'));
            if !inside_another && !known.iter().any(|known| line.starts_with(known.as_str())) {
                missing.push(words[at..].chars().take(60).collect());
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
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
    for vector in [good(), vectors("portions.jsonl")].concat() {
        let text = text_of(&vector);
        for (at, character) in text.char_indices() {
            let shorter = format!("{}{}", &text[..at], &text[at + character.len_utf8()..]);
            holds_for_any_text(&shorter);
        }
    }
}

fn holds_for_any_text(text: &str) {
    match portion::parse(text, None) {
        Ok(parsed) => {
            let written = portion::write(&parsed, None);
            assert_eq!(portion::parse(&written, None).as_ref(), Ok(&parsed), "{text}");
        }
        Err(problem) => lies_inside(text, &problem),
    }
    match label::parse(text) {
        Ok(parsed) => {
            let written = label::write(&parsed);
            assert_eq!(label::parse(&written).as_ref(), Ok(&parsed), "{text}");
            assert_eq!(label::write(&label::parse(&written).unwrap()), written, "{text}");
        }
        Err(problem) => lies_inside(text, &problem),
    }
}

fn lies_inside(text: &str, problem: &Problem) {
    let range = problem.at.clone();
    assert!(range.start <= range.end && range.end <= text.len(), "{text}: {range:?}");
    assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end), "{text}: {range:?}");
    assert!(!problem.message.is_empty(), "{text}");
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
    fn portions_come_back(portion in portion(), banner in marking()) {
        let own = portion.marking.clone();
        for banner in [None, Some(&banner), Some(&own)] {
            let text = portion::write(&portion, banner);
            prop_assert_eq!(&portion::parse(&text, banner), &Ok(portion.clone()), "{}", text);
        }
        let shortest = portion::write(&portion, Some(&own));
        prop_assert!(!shortest.contains("REL TO") && !shortest.contains("EYES ONLY"), "{}", shortest);
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
            "é", "\u{301}", "tlp:", "(", ")", "S", "NF", "REL", "SBU-NF", "EYES", "SG",
        ]), 0..14),
    ) {
        holds_for_any_text(&words.concat());
        holds_for_any_text(&format!("SECRET//{}", words.concat()));
        holds_for_any_text(&format!("//KOR {}", words.concat()));
        holds_for_any_text(&format!("(S//{})", words.concat()));
        holds_for_any_text(&format!("(//{})", words.concat()));
    }
}

/// A public text that is not ours to copy, when it is there.
fn reference(name: &str) -> Option<String> {
    let folder =
        std::env::var_os("ENTENTE_REFERENCE").map_or_else(|| workspace().join("../shared/reference"), PathBuf::from);
    let path = folder.join(name);
    let text = fs::read_to_string(&path).ok();
    if text.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{} is missing", path.display());
        eprintln!("skipped: {} is missing", path.display());
    }
    text
}

/// The table in `entente-core` against the register that it was taken from.
#[test]
fn tetragraphs_are_those_of_the_register() {
    let Some(register) = reference("tetragraphs.xml") else { return };
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
