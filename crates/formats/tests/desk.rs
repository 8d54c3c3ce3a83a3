//! What a treaty desk asks of texts, on five parties and several texts between the same two. What is expected is worked
//! out from the texts below by hand.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops where it fails")]

use std::collections::BTreeSet;

use entente_core::{
    Level, Party, Subject,
    agreement::{Action, Agreement, Between, Standing},
    desk::{
        area::Area,
        compare::{Comparison, HandOn, Onward, PairChange},
        matrix::{Cell, Entry, matrix},
        probe::Probe,
        timeline::{Due, Effect, What, deadlines, timeline},
        vocabulary::{Vocabulary, Words},
    },
    label::Class,
    time::{Date, Timestamp},
    world::{Agreements, NationalRules, World},
};
use entente_formats::agreement;

const FIVE: &str = r#"
schema = "entente.agreement/1"
id = "five"
title = "Five"
force = "binding"
parties = ["AAA", "BBB", "CCC", "DDD", "EEE"]
[[act]]
by = "*"
date = 2020-01-01
kind = "entered-into-force"
[[clause]]
id = "1"
kind = "scope"
subjects = ["maritime", "cyber"]
[[clause]]
id = "4"
kind = "equivalence"
ceiling = "SECRET"
rows = [{ level = "SECRET", AAA = ["ALFA"] }, { level = "CONFIDENTIAL" }]
[[clause]]
id = "6"
kind = "third-party"
blocks = ["release", "display"]
[[clause]]
id = "7"
kind = "transmission"
basis = "assumed"
channels = ["courier", "diode"]
"#;

const TWO: &str = r#"
schema = "entente.agreement/1"
id = "two"
title = "Two of the five"
force = "binding"
parties = ["AAA", "BBB"]
[[act]]
by = "*"
date = 2020-01-01
kind = "entered-into-force"
[[clause]]
id = "3"
kind = "equivalence"
ceiling = "TOP SECRET"
rows = [
  { level = "TOP SECRET" },
  { level = "SECRET", AAA = ["ALFA"] },
  { level = "CONFIDENTIAL" },
]
[[clause]]
id = "5"
kind = "third-party"
blocks = ["release", "display"]
exempts = "none"
"#;

const SUSPENDED: &str = r#"
schema = "entente.agreement/1"
id = "suspended"
title = "Two others, suspended"
force = "binding"
parties = ["CCC", "DDD"]
[[act]]
by = "*"
date = 2020-01-01
kind = "entered-into-force"
[[act]]
by = "CCC"
date = 2023-01-01
kind = "suspended"
disputed_by = ["DDD"]
"#;

const OVER: &str = r#"
schema = "entente.agreement/1"
id = "over"
title = "An arrangement over the five"
force = "arrangement"
parties = ["DDD", "EEE"]
relies_on = ["five"]
[[act]]
by = "*"
date = 2021-01-01
kind = "entered-into-force"
[[clause]]
id = "1"
kind = "scope"
subjects = ["air"]
"#;

fn text(text: &str) -> Agreement {
    agreement::parse(text).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn agreements() -> Agreements {
    [FIVE, TWO, SUSPENDED, OVER].map(text).into_iter().map(|agreement| (agreement.id.clone(), agreement)).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn cells() -> Vec<Cell> {
    let (agreements, national) = (agreements(), NationalRules::new());
    let vocabulary = Vocabulary::of(agreements.values(), &national);
    let world = World { agreements: &agreements, national: &national, consents: &[], approvals: &[] };
    let probe = Probe { world, vocabulary: &vocabulary, at: at("2024-01-01T00:00:00Z"), actions: &[Action::Release] };
    let parties: BTreeSet<Party> = ["AAA", "BBB", "CCC", "DDD", "EEE"].map(Party::from).into();
    matrix(&probe, &parties).unwrap()
}

fn entries<'a>(cells: &'a [Cell], from: &str, to: &str) -> Vec<(&'a str, &'a Entry)> {
    let cell = cells.iter().find(|cell| cell.from == from && cell.to == to).unwrap();
    cell.texts.iter().map(|entry| (entry.agreement.as_str(), entry)).collect()
}

fn levels(area: &Area) -> Vec<&str> {
    let word = |class: &'_ Class| match class {
        Class::Level(level) => level.as_str().to_owned(),
        Class::Term(term) => term.clone(),
    };
    let known = ["UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP SECRET", "ALFA"];
    area.classes.iter().map(|class| *known.iter().find(|known| **known == word(class)).unwrap()).collect()
}

#[test]
fn every_ordered_pair_has_a_cell_and_every_text_between_them_an_entry() {
    let cells = cells();
    assert_eq!(cells.len(), 20);
    assert!(cells.iter().all(|cell| cell.texts.iter().any(|entry| entry.agreement == "five")));

    let [(_, five), (_, two)] = entries(&cells, "AAA", "BBB")[..] else { panic!("two texts") };
    assert_eq!((five.ceiling, two.ceiling), (Some(Level::Secret), Some(Level::TopSecret)));
    // Article 7 of the five is assumed, and the channel rests on it.
    assert!(five.is_routed && !five.assumed.is_empty());
    assert!(!two.is_routed && two.assumed.is_empty());
    let [area] = five.areas.as_slice() else { panic!("{:?}", five.areas) };
    // Unclassified with a mark needs no row; RESTRICTED has none. The subjects of article 1 are never told apart.
    assert_eq!(levels(area), ["UNCLASSIFIED", "CONFIDENTIAL", "SECRET", "ALFA"]);
    assert_eq!(area.subjects, [Words::Of(vec![Subject::from("cyber"), Subject::from("maritime")])]);
    assert_eq!(area.channels, [Words::Of(vec!["courier".into(), "diode".into()])]);
}

#[test]
fn a_text_that_is_not_in_force_says_so_and_others_still_cover() {
    let cells = cells();
    let [(_, five), (_, suspended)] = entries(&cells, "CCC", "DDD")[..] else { panic!("two texts") };
    assert_eq!(five.ceiling, Some(Level::Secret));
    assert_eq!(suspended.blocked.as_ref().unwrap().reason.code(), "disputed");

    // The arrangement takes rows and ceiling of the five, but neither its subjects nor its channels.
    let [_, (_, over)] = entries(&cells, "DDD", "EEE")[..] else { panic!("two texts") };
    assert_eq!((over.ceiling, over.is_routed), (Some(Level::Secret), false));
    assert_eq!(over.areas.first().unwrap().subjects, [Words::Of(vec![Subject::from("air")])]);
    assert!(over.cover.iter().all(|citation| citation.agreement == "five"));
}

/// The five without the fifth, lower, closed, by diode alone, and what was given is destroyed.
fn four() -> Agreement {
    text(
        &(FIVE
            .replace(", \"EEE\"]", "]")
            .replace("ceiling = \"SECRET\"", "ceiling = \"CONFIDENTIAL\"")
            .replace("blocks = [\"release\", \"display\"]", "blocks = [\"release\", \"display\"]\nexempts = \"none\"")
            .replace("[\"courier\", \"diode\"]", "[\"diode\"]")
            + "[[clause]]\nid = \"8\"\nkind = \"retention\"\non = \"recall\"\naction = \"destroy\"\n"),
    )
}

fn changes() -> Vec<PairChange> {
    let (others, national) = (agreements(), NationalRules::new());
    let (before, after) = (text(FIVE), four());
    let at = at("2024-01-01T00:00:00Z");
    Comparison { before: &before, after: &after, others: &others, national: &national, at }.run().unwrap()
}

fn change<'a>(changes: &'a [PairChange], from: &str, to: &str) -> &'a PairChange {
    changes.iter().find(|change| change.from == from && change.to == to).unwrap()
}

fn onward(change: &PairChange, to: &str, for_another_purpose: bool) -> Option<(HandOn, HandOn)> {
    let way = Onward { to: to.into(), action: Action::Release, for_another_purpose };
    change.onward().into_iter().find(|(known, ..)| **known == way).map(|(_, before, after)| (before, after))
}

#[test]
fn a_narrower_text_takes_away_what_it_says_and_its_reasons_are_named() {
    let changes = changes();
    assert_eq!(changes.len(), 20);
    let pair = change(&changes, "AAA", "CCC");
    assert_eq!((pair.before.ceiling, pair.after.ceiling), (Some(Level::Secret), Some(Level::Confidential)));
    assert!(pair.newly.is_empty());
    let lost: BTreeSet<(&str, String)> = pair
        .no_longer
        .iter()
        .flat_map(|area| levels(area).into_iter().map(move |level| (level, format!("{:?}", area.channels))))
        .collect();
    // By courier nothing goes any more; by diode not what is above the ceiling. The two channels are told apart now.
    let courier =
        ["UNCLASSIFIED", "CONFIDENTIAL", "SECRET", "ALFA"].map(|level| (level, "[Of([\"courier\"])]".to_owned()));
    let diode = ["SECRET", "ALFA"].map(|level| (level, "[Of([\"diode\"])]".to_owned()));
    assert_eq!(lost, courier.into_iter().chain(diode).collect());
    let codes: BTreeSet<&str> = pair.after.because.iter().map(|block| block.reason.code()).collect();
    assert_eq!(codes, ["above-ceiling", "channel"].into());
    let gained: Vec<&str> = pair.duties_gained().iter().map(|duty| duty.clause.as_str()).collect();
    assert_eq!((gained, pair.duties_lost().len()), (vec!["8"], 0));
}

#[test]
fn who_may_be_given_it_onward_is_followed() {
    let changes = changes();
    let pair = change(&changes, "AAA", "CCC");
    // Another party of the text: freely while parties are exempt, afterwards with the consent of the provider. No article
    // binds it to a purpose.
    let free = HandOn::Freely(Some(Level::Secret));
    assert_eq!(onward(pair, "BBB", false), Some((free, HandOn::WithConsent)));
    assert_eq!(onward(pair, "BBB", true), Some((free, HandOn::WithConsent)));
    // Who left is covered by nothing: no consent helps.
    assert_eq!(onward(pair, "EEE", false), Some((free, HandOn::No)));
}

#[test]
fn who_leaves_gets_nothing_and_what_rests_on_the_text_follows_it() {
    let changes = changes();
    let left = change(&changes, "AAA", "EEE");
    assert_eq!((left.before.ceiling, left.after.ceiling), (Some(Level::Secret), None));
    assert!(left.after.areas.is_empty() && left.onward().is_empty());
    assert_eq!(left.after.because.first().unwrap().reason.code(), "no-agreement");
    // The arrangement between D and E still rests on a text in force among its own parties, and takes its lower ceiling.
    let over = change(&changes, "DDD", "EEE");
    assert_eq!((over.before.ceiling, over.after.ceiling), (Some(Level::Secret), Some(Level::Confidential)));
    assert!(over.after.areas.iter().all(|area| area.subjects == [Words::Of(vec![Subject::from("air")])]));
    // Between A and B the text of the two allows as much as before.
    let two = change(&changes, "AAA", "BBB");
    assert!(two.newly.is_empty() && two.no_longer.is_empty());
    assert_eq!(two.after.ceiling, Some(Level::TopSecret));
}

// ---- Timelines

/// In force from a leap day, for years, with ninety days' notice.
fn leap(acts: &[(&str, &str, &str)], renews: &str) -> Agreement {
    let acts: String = acts
        .iter()
        .map(|(by, date, kind)| format!("[[act]]\nby = \"{by}\"\ndate = {date}\nkind = \"{kind}\"\n"))
        .collect();
    text(&format!(
        "schema = \"entente.agreement/1\"\nid = \"leap\"\ntitle = \"Leap\"\nforce = \"binding\"\nparties = [\"AAA\", \"BBB\"]\n\
         [duration]\nterm = \"1y\"\nrenews = \"{renews}\"\nnotice_days = 90\n{acts}"
    ))
}

fn happened(agreement: &Agreement, until: &str) -> Vec<String> {
    let entries = timeline(agreement, Date::MIN, day(until)).entries;
    let words = entries.iter().map(|entry| {
        let what = match &entry.what {
            What::Renewed { until } => format!("renewed {until}"),
            What::Lapsed => "lapsed".to_owned(),
            What::NoticeTookEffect { given } => format!("effect of {given}"),
            What::Act { act, effect } => match effect {
                Effect::Stands(standing) => format!("{} {standing:?}", act.kind.as_str()),
                Effect::NoticeRuns(date) => format!("{} runs {date}", act.kind.as_str()),
                Effect::NoticeEnds(date) => format!("{} ends {date}", act.kind.as_str()),
                Effect::Admits => format!("{} {} joins", act.kind.as_str(), act.admits.as_ref().unwrap()),
                Effect::Nothing => format!("{} nothing", act.kind.as_str()),
            },
        };
        let parties: Vec<&str> = entry.parties.iter().map(Party::as_str).collect();
        format!("{} {} {what}", entry.date, parties.join("+"))
    });
    words.collect()
}

const ENTERED: (&str, &str, &str) = ("*", "2020-02-29", "entered-into-force");

#[test]
fn terms_from_a_leap_day_and_a_notice_in_the_last_days_of_one() {
    let notice = ("BBB", "2023-12-15", "notice-of-termination");
    let agreement = leap(&[ENTERED, notice], "automatic");
    assert_eq!(
        happened(&agreement, "2025-12-31"),
        [
            "2020-02-29 AAA+BBB entered-into-force InForce",
            "2021-02-28 AAA+BBB renewed 2022-02-28",
            "2022-02-28 AAA+BBB renewed 2023-02-28",
            "2023-02-28 AAA+BBB renewed 2024-02-29",
            // 76 days before the end of the term: too late for it.
            "2023-12-15 BBB notice-of-termination runs 2025-02-28",
            "2024-02-29 AAA+BBB renewed 2025-02-28",
            "2025-02-28 AAA renewed 2026-02-28",
            "2025-02-28 BBB effect of 2023-12-15",
        ]
    );
    let turns = timeline(&agreement, Date::MIN, day("2025-12-31")).turns;
    let turns: Vec<(Date, Between)> = turns.iter().map(|turn| (turn.date, turn.between)).collect();
    assert_eq!(turns, [(day("2020-02-29"), Between::InForce), (day("2025-02-28"), Between::NotInForce)]);
}

#[test]
fn a_notice_is_cancelled_once_and_not_on_the_day_of_its_effect() {
    let acts = [
        ENTERED,
        ("BBB", "2020-06-01", "notice-of-termination"),
        ("BBB", "2021-02-27", "notice-suspended"),
        ("BBB", "2021-02-27", "notice-withdrawn"),
        ("BBB", "2021-06-01", "notice-of-termination"),
        ("BBB", "2022-02-28", "notice-withdrawn"),
        ("BBB", "2022-03-01", "entered-into-force"),
    ];
    let of_b: Vec<String> =
        happened(&leap(&acts, "automatic"), "2022-12-31").into_iter().filter(|line| line.contains(" BBB ")).collect();
    assert_eq!(
        of_b,
        [
            "2020-06-01 BBB notice-of-termination runs 2021-02-28",
            "2021-02-27 BBB notice-suspended ends 2021-02-28",
            "2021-02-27 BBB notice-withdrawn nothing",
            "2021-06-01 BBB notice-of-termination runs 2022-02-28",
            "2022-02-28 BBB effect of 2021-06-01",
            "2022-02-28 BBB notice-withdrawn nothing",
            "2022-03-01 BBB entered-into-force InForce",
        ]
    );
}

#[test]
fn who_is_admitted_has_a_view_from_that_day_on() {
    let admits = |by: &str, date: &str| {
        format!("[[act]]\nby = \"{by}\"\ndate = {date}\nkind = \"admitted\"\nadmits = \"CCC\"\n")
    };
    let agreement = text(&format!(
        "schema = \"entente.agreement/1\"\nid = \"open\"\ntitle = \"Open\"\nforce = \"binding\"\nparties = [\"AAA\", \"BBB\"]\n\
         [duration]\nnotice_days = 90\n{}{}{}",
        "[[act]]\nby = \"*\"\ndate = 2020-01-01\nkind = \"entered-into-force\"\n",
        admits("AAA", "2021-01-01") + &admits("BBB", "2021-02-01"),
        "[[act]]\nby = \"CCC\"\ndate = 2021-03-01\nkind = \"entered-into-force\"\n",
    ));
    assert_eq!(
        happened(&agreement, "2021-12-31"),
        [
            "2020-01-01 AAA+BBB entered-into-force InForce",
            "2021-01-01 AAA admitted nothing",
            "2021-02-01 BBB admitted CCC joins",
            "2021-03-01 CCC entered-into-force InForce",
        ]
    );
    assert_eq!(happened(&agreement, "2021-01-31").len(), 2);
    let turns = timeline(&agreement, Date::MIN, day("2021-12-31")).turns;
    let of_c: Vec<(Date, usize, Between)> = turns
        .iter()
        .filter(|turn| turn.pairs.iter().all(|(_, other)| other.as_str() == "CCC"))
        .map(|turn| (turn.date, turn.pairs.len(), turn.between))
        .collect();
    assert_eq!(of_c, [(day("2021-02-01"), 2, Between::NotInForce), (day("2021-03-01"), 2, Between::InForce)]);
    let who_may_give_notice = |at: &str| deadlines(&agreement, day(at)).iter().map(|due| due.parties.len()).collect();
    let (before, after): (Vec<usize>, Vec<usize>) =
        (who_may_give_notice("2021-02-15"), who_may_give_notice("2021-03-15"));
    assert_eq!((before, after), (vec![2], vec![3]));
}

#[test]
fn a_suspension_outlasts_a_renewal_and_no_lapse_and_nothing_revives_what_was_terminated() {
    let acts = [ENTERED, ("AAA", "2021-01-10", "suspended"), ("AAA", "2021-03-10", "resumed")];
    let renewed = timeline(&leap(&acts, "automatic"), day("2021-01-01"), day("2021-12-31")).entries;
    let standings: Vec<(Date, Standing)> = renewed
        .iter()
        .filter(|entry| entry.parties.contains(&"AAA".into()))
        .map(|entry| (entry.date, entry.standing))
        .collect();
    assert_eq!(
        standings,
        [
            (day("2021-01-10"), Standing::Suspended),
            (day("2021-02-28"), Standing::Suspended),
            (day("2021-03-10"), Standing::InForce),
        ]
    );
    let lapsed = happened(&leap(&acts, "never"), "2021-12-31");
    assert_eq!(
        lapsed.get(2..),
        Some(&["2021-02-28 AAA+BBB lapsed".to_owned(), "2021-03-10 AAA resumed nothing".to_owned()][..])
    );

    let terminated =
        leap(&[ENTERED, ("AAA", "2020-05-01", "terminated"), ("AAA", "2020-06-01", "entered-into-force")], "never");
    assert_eq!(
        happened(&terminated, "2020-12-31"),
        [
            "2020-02-29 AAA+BBB entered-into-force InForce",
            "2020-05-01 AAA terminated Terminated",
            "2020-06-01 AAA entered-into-force nothing",
        ]
    );
}

#[test]
fn what_is_due_is_what_the_fold_would_do() {
    let due = |agreement: &Agreement, at: &str| -> Vec<(String, Due)> {
        deadlines(agreement, day(at))
            .into_iter()
            .map(|deadline| (format!("{} {}", deadline.date, deadline.parties.len()), deadline.due))
            .collect()
    };
    let agreement = leap(&[ENTERED], "automatic");
    let term_ends = day("2022-02-28");
    // 28 February less ninety days: 31 January, 31 December, 30 November.
    assert_eq!(
        due(&agreement, "2021-06-01"),
        [
            ("2021-11-30 2".to_owned(), Due::LastNotice { term_ends }),
            ("2022-02-28 2".to_owned(), Due::NoticeNow { given: day("2021-06-01") }),
            ("2022-02-28 2".to_owned(), Due::Renewal),
        ]
    );
    // Too late for this term: a notice ends the next.
    assert_eq!(
        due(&agreement, "2021-12-01"),
        [
            ("2022-02-28 2".to_owned(), Due::Renewal),
            ("2023-02-28 2".to_owned(), Due::NoticeNow { given: day("2021-12-01") }),
        ]
    );
    let noticed = leap(&[ENTERED, ("*", "2021-06-01", "notice-of-termination")], "automatic");
    assert_eq!(
        due(&noticed, "2021-12-01"),
        [("2022-02-27 2".to_owned(), Due::LastCancellation), ("2022-02-28 2".to_owned(), Due::NoticeTakesEffect)]
    );
    assert_eq!(due(&leap(&[ENTERED], "never"), "2021-03-01"), []);
}
