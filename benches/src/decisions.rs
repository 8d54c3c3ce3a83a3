//! Decisions a second.

use std::{hint::black_box, path::Path};

use entente_core::{
    explain::{self, Language},
    world::{Agreements, NationalRules, World},
};
use entente_formats::{
    agreement, national,
    request::{Line, answer_line},
};

use crate::{line, per_second};

/// The driving case, and one that passes.
const REQUESTS: [(&str, &str); 2] = [
    (
        "denied by a third-party clause",
        r#"{"record":{"id":"K-0412","label":"//KOR SECRET//REL TO USA, JPN, KOR","originator":"KOR","subjects":["dprk-missile"],"custody":[{"from":"KOR","to":"JPN","under":["jp-kr-gsomia-2016"],"purpose":"missile-warning"}]},"from":"JPN","to":"USA","action":"release","purpose":"missile-warning","channel":"government-to-government","at":"2026-11-20T00:00:00Z"}"#,
    ),
    (
        "permitted",
        r#"{"record":{"id":"K-0412","label":"//KOR SECRET//REL TO USA, JPN, KOR","originator":"KOR","subjects":["dprk-missile"],"custody":[]},"from":"KOR","to":"JPN","action":"release","purpose":"missile-warning","channel":"government-to-government","at":"2026-11-20T00:00:00Z"}"#,
    ),
];

fn read(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/northeast-asia").join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect()
}

/// The agreements and national rules of the driving case.
pub(crate) fn example() -> (Agreements, NationalRules) {
    let agreements = agreement::parse_set(&read("agreements")).unwrap().agreements;
    let rules = read("national").into_iter().map(|(_, text)| national::parse(&text).unwrap());
    (agreements, rules.map(|rules| (rules.party.clone(), rules)).collect())
}

pub(crate) fn run() {
    let (agreements, rules) = example();
    println!("\nDecisions, one thread, {} agreements", agreements.len());
    for (name, text) in REQUESTS {
        let resolved = Line::parse(text).unwrap().resolve(&agreements, &rules).unwrap();
        let world = World { agreements: &agreements, national: &rules, consents: &[], approvals: &[] };
        let alone = per_second(|| drop(black_box(resolved.decide(&agreements, &rules))));
        let language = Language::English;
        let explained = per_second(|| {
            let decision = resolved.decide(&agreements, &rules);
            black_box((explain::headline(&decision, language), explain::lines(&world, &decision, "label", language)));
        });
        let whole = per_second(|| drop(black_box(answer_line(text, &agreements, &rules))));
        line(&format!("{name}: decision alone"), alone, None);
        line(&format!("{name}: with its explanation"), explained, Some(("the decision alone", alone)));
        line(&format!("{name}: JSON in, JSON out"), whole, Some(("the decision alone", alone)));
    }
}
