//! All small worlds: the decision against its twin on every world of a few shapes, where random ones may miss a corner.
//!
//! Two families. *Rules*: every combination of a label, a way that the record came, a source, an agreement between the two,
//! an agreement that it was received under, and what is asked. *Histories*: every sequence of acts of one agreement over a
//! few days around the turns of its term. The ordinary test takes all of a smaller set of shapes, `make twin` all of all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

mod twin;

use entente_core::{
    agreement::Act,
    world::{Agreements, NationalRules},
};
use entente_formats::request::{Answer, Line, Resolved};
use serde_json::{Value, json};
use twin::{compare::plain, judge::judge, text};

/// How many shapes there are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// In a few seconds.
    Suite,
    /// In a few minutes.
    Full,
}

/// The first few in the suite, all by command.
fn up_to<T: Copy>(depth: Depth, suite: usize, all: &[T]) -> &[T] {
    if depth == Depth::Suite { &all[..suite] } else { all }
}

const LABELS: [&str; 18] = [
    "UNCLASSIFIED",
    "UNCLASSIFIED//FOUO",
    "//KOR SECRET//REL TO USA, JPN, KOR",
    "//KOR 군사II급비밀//REL TO USA, JPN, KOR",
    "//KOR SECRET",
    "//JPN SECRET//REL TO USA, JPN",
    "SECRET//NOFORN",
    "SECRET//RELIDO",
    "SECRET//DISPLAY ONLY JPN, KOR",
    "SECRET//ORCON/REL TO USA, JPN, KOR",
    "SECRET//FGI KOR//REL TO USA, JPN",
    "SECRET//FGI//REL TO USA, JPN",
    "SECRET//SI//REL TO USA, JPN",
    "TLP:GREEN",
    "TLP:AMBER",
    "TOP SECRET//REL TO USA, JPN, KOR",
    "TLP:CLEAR",
    "//JPN 特定秘密//REL TO USA, JPN, KOR",
];

/// What the two texts have for a class: the one between JPN and USA has no word of KOR.
const COVER_ROWS: &str = "ceiling = \"SECRET\"
rows = [{ level = \"SECRET\", JPN = [\"特定秘密\"] }, { level = \"CONFIDENTIAL\" }]
";
const RECEIPT_ROWS: &str = "ceiling = \"SECRET\"
rows = [{ level = \"SECRET\", KOR = [\"군사II급비밀\"] }]
";

/// What the agreement between JPN and USA says beside its equivalence.
const COVERS: [&str; 9] = [
    "",
    "[[clause]]\nid = \"1\"\nkind = \"scope\"\nsubjects = [\"cyber\"]\n",
    "[[clause]]\nid = \"9\"\nkind = \"transmission\"\nchannels = [\"courier\"]\n",
    "[[clause]]\nid = \"6\"\nkind = \"purpose\"\nallowed = [\"planning\"]\n",
    "out",
    "political",
    "arrangement",
    "low",
    "[[clause]]\nid = \"1\"\nkind = \"scope\"\nsubjects = [\"missile\"]\npairs = [[\"USA\", \"JPN\"]]\n",
];

/// What the agreement says that the record was received under: of JPN and KOR, or of all three.
const RECEIPTS: [(&str, &str); 7] = [
    ("JPN\", \"KOR", "kind = \"third-party\"\nblocks = [\"release\"]\n"),
    ("JPN\", \"KOR\", \"USA", "kind = \"third-party\"\nblocks = [\"release\", \"display\"]\n"),
    ("JPN\", \"KOR\", \"USA", "kind = \"third-party\"\nblocks = [\"display\"]\nexempts = \"none\"\n"),
    ("JPN\", \"KOR", "kind = \"third-party\"\nblocks = [\"release\"]\nlabel_counts_as_approval = true\n"),
    ("JPN\", \"KOR", "kind = \"purpose\"\nallowed = \"as-provided\"\n"),
    ("JPN\", \"KOR", "kind = \"purpose\"\nallowed = [\"planning\"]\n"),
    ("JPN\", \"KOR", "kind = \"no-duty-to-share\"\n"),
];

fn head(id: &str, force: &str, parties: &str) -> String {
    let relies_on = if force == "arrangement" { "[\"receipt\"]" } else { "[]" };
    format!(
        "schema = \"entente.agreement/1\"\nid = {id:?}\ntitle = {id:?}\nforce = {force:?}\nparties = [\"{parties}\"]\n\
         relies_on = {relies_on}\n"
    )
}

const ENTERED: &str = "[[act]]\nby = \"*\"\ndate = 2020-01-01\nkind = \"entered-into-force\"\n";

fn covering(shape: &str) -> String {
    let rows = |rows: &str| format!("[[clause]]\nid = \"4\"\nkind = \"equivalence\"\n{rows}");
    match shape {
        "out" => head("cover", "binding", "JPN\", \"USA") + &rows(COVER_ROWS),
        "political" => head("cover", "political", "JPN\", \"USA") + ENTERED,
        "arrangement" => head("cover", "arrangement", "JPN\", \"USA") + ENTERED,
        "low" => {
            head("cover", "binding", "JPN\", \"USA")
                + ENTERED
                + &rows("ceiling = \"CONFIDENTIAL\"\nrows = [{ level = \"SECRET\" }]\n")
        }
        clause => head("cover", "binding", "JPN\", \"USA") + ENTERED + &rows(COVER_ROWS) + clause,
    }
}

fn receipt((parties, clause): (&str, &str)) -> String {
    let rows = format!("[[clause]]\nid = \"4\"\nkind = \"equivalence\"\n{RECEIPT_ROWS}");
    head("receipt", "binding", parties) + ENTERED + &rows + "[[clause]]\nid = \"6.a\"\n" + clause
}

const NATIONAL: &str = "schema = \"entente.national/1\"\nparty = \"JPN\"\n[[delegation]]\nsubjects = [\"missile\"]\n\
                        to = [\"USA\"]\nmax = \"SECRET\"\nactions = [\"release\"]\n";

/// A set of files as both read them.
struct Files {
    ours: Agreements,
    theirs: Vec<text::Agreement>,
}

fn files(texts: &[String]) -> Files {
    let named: Vec<_> = texts.iter().enumerate().map(|(number, text)| (number.to_string(), text)).collect();
    Files {
        ours: entente_formats::agreement::parse_set(&named).unwrap().agreements,
        theirs: texts.iter().map(|text| toml::from_str(text).unwrap()).collect(),
    }
}

/// A request as both read it.
fn line(request: &Value) -> (Resolved, text::Line) {
    let ours: Line = serde_json::from_value(request.clone()).unwrap();
    (ours.resolve_as_named().unwrap(), serde_json::from_value(request.clone()).unwrap())
}

fn national() -> (NationalRules, Vec<text::National>) {
    let rules = entente_formats::national::parse(NATIONAL).unwrap();
    ([(rules.party.clone(), rules)].into(), vec![toml::from_str(NATIONAL).unwrap()])
}

/// The requests of the family of rules.
fn requests(depth: Depth) -> Vec<Value> {
    let hop = |under: &[&str], onward: &str| json!([{ "from": "KOR", "to": "JPN", "under": under, "purpose": "warning", "onward": onward }]);
    let custodies = [json!([]), hop(&["receipt"], "free"), hop(&[], "free"), hop(&["receipt"], "ask")];
    let source = |label: &str| {
        json!([{ "id": "s", "label": label, "originator": "KOR", "subjects": ["missile"], "distribution": [],
                 "custody": hop(&["receipt"], "free"), "derived_from": [] }])
    };
    let mut sources = vec![json!([]), source("//KOR SECRET//REL TO USA, JPN, KOR")];
    if depth == Depth::Full {
        sources.extend([source("//KOR SECRET"), source("UNCLASSIFIED"), source("TLP:AMBER"), source("SECRET//SI")]);
    }
    let consent = json!({ "by": "KOR", "record": "r", "subjects": null, "max": null, "to": "USA", "action": "release",
                          "purpose": null, "until": null });
    let approval = |by: &str| json!({ "by": by, "record": "r", "to": "USA", "action": "release" });
    let permissions = [
        (json!([]), json!([])),
        (json!([consent]), json!([approval("JPN"), approval("USA")])),
        (json!([consent]), json!([])),
    ];
    let asked = [
        ("release", "warning", "diplomatic"),
        ("display", "planning", "courier"),
        ("release", "planning", "courier"),
        ("display", "warning", "diplomatic"),
        ("release", "warning", "courier"),
        ("display", "planning", "diplomatic"),
    ];
    let mut all = Vec::new();
    for label in LABELS {
        for originator in ["KOR", "JPN", "USA"] {
            for custody in up_to(depth, 3, &[0, 1, 2, 3]) {
                for derived_from in &sources {
                    for (consents, approvals) in &permissions[..if depth == Depth::Suite { 2 } else { 3 }] {
                        for (action, purpose, channel) in up_to(depth, 2, &asked) {
                            all.push(json!({
                                "record": { "id": "r", "label": label, "originator": originator,
                                            "subjects": ["missile"], "custody": custodies[*custody],
                                            "distribution": [], "derived_from": derived_from },
                                "from": "JPN", "to": "USA", "action": action, "purpose": purpose, "channel": channel,
                                "at": "2026-11-20T00:00:00Z", "under": null, "consents": consents,
                                "approvals": approvals,
                            }));
                        }
                    }
                }
            }
        }
    }
    all
}

fn compare(resolved: &Resolved, line: &text::Line, files: &Files, national: &(NationalRules, Vec<text::National>)) {
    let theirs = plain(Answer::from(&resolved.decide(&files.ours, &national.0)));
    let own = judge(&files.theirs, &national.1, line);
    assert!(own == theirs, "the twin: {own:#?}\nthe implementation: {theirs:#?}\n{:#?}\n{line:#?}", files.theirs);
}

/// Every request of [`requests`] under every pair of agreements. How many there were.
fn all_rules(depth: Depth) -> usize {
    let national = national();
    let covers = up_to(depth, 7, &COVERS);
    let pairs = covers.iter().flat_map(|cover| up_to(depth, 3, &RECEIPTS).iter().map(move |clause| (cover, clause)));
    let worlds: Vec<_> = pairs.map(|(cover, clause)| files(&[covering(cover), receipt(*clause)])).collect();
    let requests = requests(depth);
    for request in &requests {
        let (resolved, line) = line(request);
        worlds.iter().for_each(|files| compare(&resolved, &line, files, &national));
    }
    requests.len() * worlds.len()
}

const KINDS: [&str; 9] = [
    "entered-into-force",
    "suspended",
    "resumed",
    "notice-of-termination",
    "notice-withdrawn",
    "terminated",
    "notice-suspended",
    "signed",
    "ratified",
];

/// Every sequence of up to three acts, for a text with a term, one that ends with it, and one without; asked at the last day
/// of the first term, and at the first of the next. How many there were.
fn all_histories(depth: Depth) -> usize {
    let national = national();
    let days = ["2025-03-01", "2026-02-28", "2025-12-01", "2026-03-01"];
    let actors: &[&str] = if depth == Depth::Suite { &["*"] } else { &["*", "JPN"] };
    let acts: Vec<String> = up_to(depth, 6, &KINDS)
        .iter()
        .flat_map(|kind| up_to(depth, 3, &days).iter().map(move |day| (kind, day)))
        .flat_map(|(kind, day)| actors.iter().map(move |by| (kind, day, by)))
        .map(|(kind, day, by)| format!("[[act]]\nby = {by:?}\ndate = {day}\nkind = {kind:?}\ndisputed_by = []\n"))
        .collect();
    let durations =
        ["[duration]\nterm = \"1y\"\nnotice_days = 90\n", "[duration]\nterm = \"1y\"\nrenews = \"never\"\n", ""];
    let mut count = 0;
    for duration in durations {
        let rows = format!("[[clause]]\nid = \"4\"\nkind = \"equivalence\"\n{COVER_ROWS}");
        let text = |act: &str| head("cover", "binding", "JPN\", \"USA") + act + duration + &rows;
        // Each act is read once, alone, and then put into sequences.
        let read = |act: &String| {
            let mut files = files(&[text(act)]);
            (files.ours.values_mut().next().unwrap().acts.remove(0), files.theirs.remove(0).acts.remove(0))
        };
        let acts: Vec<(Act, text::Act)> = acts.iter().map(read).collect();
        let mut world = files(&[text("")]);
        for at in up_to(depth, 2, &["2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z", "2027-03-01T00:00:00Z"]) {
            let (resolved, line) = line(&json!({
                "record": { "id": "r", "label": "SECRET//REL TO USA, JPN", "originator": "JPN", "subjects": ["missile"],
                            "custody": [], "distribution": [], "derived_from": [] },
                "from": "JPN", "to": "USA", "action": "release", "purpose": "warning", "channel": "courier", "at": at,
                "under": null, "consents": [], "approvals": [],
            }));
            let mut sequence = Vec::new();
            count += sequences(&acts, &mut sequence, &mut |sequence| {
                let (ours, theirs) = sequence.iter().map(|at| acts[*at].clone()).unzip();
                world.ours.values_mut().next().unwrap().acts = ours;
                world.theirs[0].acts = theirs;
                compare(&resolved, &line, &world, &national);
            });
        }
    }
    count
}

/// Every sequence that begins with `sequence` and has at most three acts.
fn sequences(acts: &[(Act, text::Act)], sequence: &mut Vec<usize>, see: &mut impl FnMut(&[usize])) -> usize {
    see(sequence);
    let mut count = 1;
    if sequence.len() < 3 {
        for at in 0..acts.len() {
            sequence.push(at);
            count += sequences(acts, sequence, see);
            sequence.pop();
        }
    }
    count
}

#[test]
fn the_decision_is_that_of_its_twin_on_all_small_worlds() {
    // A count that changes means that the shapes did.
    assert_eq!(all_rules(Depth::Suite), 18 * 3 * 3 * 2 * 2 * 2 * 7 * 3);
}

#[test]
fn the_status_is_that_of_its_twin_on_all_small_histories() {
    assert_eq!(all_histories(Depth::Suite), 3 * 2 * (1 + 18 + 18 * 18 + 18 * 18 * 18));
}

#[test]
#[ignore = "a long run, by command: make twin"]
fn the_decision_is_that_of_its_twin_on_all_worlds_of_all_shapes() {
    println!("{} worlds of rules: no difference", all_rules(Depth::Full));
    println!("{} worlds of histories: no difference", all_histories(Depth::Full));
}
