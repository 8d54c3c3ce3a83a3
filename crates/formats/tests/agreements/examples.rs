//! The example set of the project.

use std::path::Path;

use entente_core::{agreement::Renewal, time::Period};
use entente_formats::{agreement, national};

/// The files of a folder of the example: name and text, in order.
pub(crate) fn examples(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/northeast-asia").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the example set is there")
        .map(|entry| entry.expect("an entry of the folder").path())
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a readable file");
            (path.file_name().expect("a name").to_string_lossy().into_owned(), text)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn the_examples_are_read_without_a_warning() {
    let files = examples("agreements");
    let set = agreement::parse_set(&files).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(set.warnings, []);
    let ids: Vec<&str> = set.agreements.keys().map(|id| id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "commitment-to-consult-2023",
            "jp-kr-gsomia-2016",
            "missile-warning-sharing-2023",
            "tisa-2014",
            "trilateral-hypothetical",
            "tscf-2024",
            "us-jp-gsomia-2007",
            "us-kr-gsomia-1987",
        ]
    );
    for (name, text) in &files {
        let agreement = agreement::parse(text).expect("read before");
        assert_eq!(format!("{}.toml", agreement.id), *name, "a file is named after its agreement");
        assert!(text.starts_with("# Public basis: "), "{name} says what it rests on");
        assert_eq!(agreement::parse(&agreement::write(&agreement)).as_ref(), Ok(&agreement), "{name}");
    }
    let hypothetical = &set.agreements["trilateral-hypothetical"];
    assert!(hypothetical.title.starts_with("Hypothetical") && hypothetical.acts.is_empty());
}

#[test]
fn the_national_examples_are_read() {
    let files = examples("national");
    let parties: Vec<String> = files
        .iter()
        .map(|(name, text)| {
            let rules = national::parse(text).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
            assert_eq!(format!("{}.toml", rules.party), *name);
            assert_eq!(national::parse(&national::write(&rules)).as_ref(), Ok(&rules));
            rules.party.to_string()
        })
        .collect();
    assert_eq!(parties, ["JPN", "KOR", "USA"]);
}

#[test]
fn the_example_says_what_the_text_of_2016_says() {
    let (_, text) = examples("agreements").into_iter().find(|(name, _)| name == "jp-kr-gsomia-2016.toml").unwrap();
    let agreement = agreement::parse(&text).unwrap();
    let acts: Vec<String> =
        agreement.acts.iter().map(|act| format!("{} {} {}", act.date, act.by, act.kind.as_str())).collect();
    assert_eq!(
        acts,
        [
            "2016-11-23 * entered-into-force",
            "2019-08-23 KOR notice-of-termination",
            "2019-11-22 KOR notice-suspended",
            "2023-03-21 KOR notice-withdrawn",
        ]
    );
    assert_eq!(agreement.acts[2].disputed_by, ["JPN"]);
    let duration = agreement.duration.as_ref().unwrap();
    assert_eq!(
        (duration.term, duration.renews, duration.notice_days),
        (Some(Period::Years(1)), Renewal::Automatic, 90)
    );
    assert!(agreement.survives(&"6.a".into()) && !agreement.survives(&"9".into()));
    let kinds: Vec<&str> = agreement.clauses.iter().filter(|c| c.id == "4.2").map(|c| c.kind.name()).collect();
    assert_eq!(kinds, ["equivalence", "marking", "marking"], "one article may hold several clauses");
}
