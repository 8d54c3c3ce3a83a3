//! One event is one alert: scripts, and what holds for any order and any doubling.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;

use entente_core::{
    alert::{
        Alert, Area, Arrival, Book, Certainty, Change, Found, Kind, Level, Message, MessageName, Notice, Reference,
        Severity, Source, Standing, Urgency,
    },
    record::Status,
    time::Timestamp,
};

/// Minutes since the start of the story.
fn minute(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + minutes * 60).unwrap()
}

fn name(text: &str) -> MessageName {
    let (identifier, sent) = text.split_once('@').unwrap();
    MessageName { sent: minute(sent.parse().unwrap()), identifier: identifier.to_owned() }
}

/// `JPN A1@0 alert Severe busan,ulsan until=60 refs=A0@-5 came=3 version=2 sender=other status=test series=S`.
fn arrival(line: &str) -> Arrival {
    let mut words = line.split(' ');
    let (party, own, kind) = (words.next().unwrap(), name(words.next().unwrap()), words.next().unwrap());
    let kind = [Kind::Alert, Kind::Update, Kind::Cancel].into_iter().find(|known| known.as_str() == kind).unwrap();
    let (mut severity, mut areas) = (None, Vec::new());
    let (mut until, mut came, mut version, mut refs) = (None, own.sent, 0, Vec::new());
    let (mut sender, mut status, mut series) = ("desk", Status::Actual, Vec::new());
    for word in words {
        match word.split_once('=') {
            Some(("until", text)) => until = Some(minute(text.parse().unwrap())),
            Some(("came", text)) => came = minute(text.parse().unwrap()),
            Some(("version", text)) => version = text.parse().unwrap(),
            Some(("sender", text)) => sender = text,
            Some(("series", text)) => series = text.split(',').map(str::to_owned).collect(),
            Some(("status", "test")) => status = Status::Test,
            Some(("refs", text)) => {
                refs = text
                    .split(',')
                    .map(|text| {
                        let (sender, text) = text.split_once('/').unwrap_or(("desk", text));
                        Reference { sender: sender.to_owned(), name: name(text) }
                    })
                    .collect();
            }
            Some(other) => panic!("{other:?}"),
            None => match Severity::ALL.iter().find(|known| known.as_str() == word) {
                Some(known) => severity = Some(*known),
                None => areas = word.split(',').map(str::to_owned).collect(),
            },
        }
    }
    let area = |name: String| Area { name, shapes: Vec::new(), codes: Vec::new() };
    let notice = severity.map(|severity| Notice {
        language: "en".into(),
        event: "tsunami".into(),
        headline: None,
        level: Level { severity, urgency: Urgency::Immediate, certainty: Certainty::Likely },
        onset: None,
        expires: until,
        areas: areas.into_iter().map(area).collect(),
    });
    let message = Message {
        source: Source { party: party.into(), sender: sender.into(), status },
        name: own,
        digest: [version; 32],
        kind,
        references: refs,
        series,
        notices: notice.into_iter().collect(),
    };
    Arrival { message: message.into(), received: came }
}

fn book(lines: &[Arrival]) -> Book {
    let mut book = Book::default();
    lines.iter().for_each(|arrival| book.take(arrival.clone()));
    book
}

fn script(text: &str) -> Vec<Arrival> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(arrival).collect()
}

fn describe(alert: &Alert<'_>, now: Timestamp) -> String {
    let mut text = format!("{} {}", alert.source.party, alert.first.identifier);
    match alert.standing(now, None) {
        Standing::InEffect { level, .. } => write!(text, " {}", level.severity.as_str()).unwrap(),
        Standing::Cancelled => text.push_str(" cancelled"),
        Standing::Expired => text.push_str(" expired"),
    }
    for revision in &alert.revisions {
        let change = match &revision.change {
            Change::First => "first".to_owned(),
            Change::Unknown => "unknown".to_owned(),
            Change::Again => "again".to_owned(),
            Change::Cancelled => "cancelled".to_owned(),
            Change::Revised(shift) => {
                let mut words = Vec::new();
                words.extend(shift.raises().then_some("raised".to_owned()));
                words.extend(shift.lowers().then_some("lowered".to_owned()));
                words.extend((!shift.raises() && !shift.lowers()).then_some("same".to_owned()));
                words.extend(shift.added.iter().map(|area| format!("+{area}")));
                words.extend(shift.removed.iter().map(|area| format!("-{area}")));
                words.join(" ")
            }
        };
        write!(text, "; {} {change}", revision.message.name.identifier).unwrap();
    }
    for finding in &alert.findings {
        let found = match &finding.found {
            Found::TwoVersions(versions) => format!("{} versions", versions.len()),
            Found::NotItsOwn(name) => format!("not its own: {}", name.identifier),
            Found::Missing(name) => format!("missing {}", name.identifier),
            Found::Circle(name) => format!("circle to {}", name.identifier),
            Found::EarlierThan(name) => format!("before {}", name.identifier),
            Found::WithoutReference => "without reference".into(),
            Found::SentAhead(seconds) => format!("{seconds} s ahead"),
            Found::SentLongAgo(seconds) => format!("{seconds} s ago"),
            Found::ExpiredOnArrival => "expired on arrival".into(),
            Found::OverOnArrival(seconds) => format!("over {seconds} s before"),
        };
        write!(text, " [{}: {found}]", finding.message.identifier).unwrap();
    }
    text
}

fn told(lines: &[Arrival]) -> Vec<String> {
    let book = book(lines);
    book.alerts().iter().map(|alert| describe(alert, minute(30))).collect()
}

/// What the messages are, what they make, and what it shows.
const STORIES: &[(&str, &str, &[&str])] = &[
    (
        "an alert, raised, lowered and cancelled",
        "JPN A@0 alert Moderate busan
         JPN B@5 update Extreme busan,ulsan refs=A@0
         JPN C@9 update Minor busan refs=B@5
         JPN D@20 cancel refs=C@9",
        &["JPN A cancelled; A first; B raised +ulsan; C lowered -ulsan; D cancelled"],
    ),
    (
        "an update before its alert stands by itself until that has come",
        "JPN B@5 update Extreme busan refs=A@0",
        &["JPN A Extreme; B unknown [B: missing A]"],
    ),
    (
        "an update that names an older message takes nothing from the one between",
        "JPN A@0 alert Moderate busan
         JPN B@5 update Extreme busan refs=A@0
         JPN C@9 update Minor busan refs=A@0",
        &["JPN A Extreme; A first; B raised; C lowered"],
    ),
    (
        "nobody cancels another's alert: not another party, not another sender, not a drill",
        "JPN A@0 alert Severe busan
         KOR X@5 cancel refs=A@0
         JPN Y@6 cancel sender=other refs=desk/A@0
         JPN Z@7 cancel status=test refs=A@0",
        &[
            "JPN A Severe; A first",
            "JPN A cancelled; Z cancelled [Z: not its own: A]",
            "JPN Y cancelled; Y cancelled [Y: not its own: A]",
            "KOR A cancelled; X cancelled [X: not its own: A]",
        ],
    ),
    (
        "references in a circle take nothing away",
        "JPN A@0 alert Severe busan
         JPN B@5 update Minor busan refs=A@0,C@6
         JPN C@6 cancel refs=B@5",
        &["JPN A Minor; A first; B lowered; C cancelled [B: circle to C] [B: before C] [C: circle to B]"],
    ),
    (
        "a message that refers to itself stands",
        "JPN A@0 update Severe busan refs=A@0",
        &["JPN A Severe; A first [A: circle to A]"],
    ),
    (
        "of two versions the one that warns counts",
        "JPN A@0 alert Severe busan version=1
         JPN A@0 cancel version=2
         JPN A@0 alert Minor busan version=3",
        &["JPN A Severe; A first [A: 3 versions]"],
    ),
    (
        "clocks a day off are said, and the alert stays",
        "JPN A@1440 alert Severe busan until=1500 came=0
         JPN B@10 update Extreme busan refs=A@1440
         KOR C@-1441 alert Severe jeju until=-1380 came=0
         USA D@0 alert Severe guam until=20",
        &[
            "JPN A Extreme; A first; B raised [B: before A] [A: 86400 s ahead]",
            "KOR C expired; C first [C: 86460 s ago] [C: expired on arrival]",
            "USA D expired; D first",
        ],
    ),
    (
        "a cancel, and then the same again",
        "JPN A@0 alert Severe busan
         JPN B@5 cancel refs=A@0
         JPN C@9 update Minor busan refs=B@5",
        &["JPN A Minor; A first; B cancelled; C again"],
    ),
    (
        "a series needs no references, and two series are two alerts",
        "JPN A@0 alert Moderate busan series=one
         JPN B@5 alert Severe busan series=one
         JPN C@6 alert Minor jeju series=two
         JPN D@9 cancel series=one
         JPN E@3 alert Minor oki series=three
         JPN F@4 alert Severe oki series=three,four
         JPN G@5 alert Severe oki series=four",
        &[
            "JPN A cancelled; A first; B raised; D cancelled",
            "JPN E Severe; E first; F raised; G same",
            "JPN C Minor; C first",
        ],
    ),
    (
        "who updates nothing warns all the same, and who cancels nothing cancels nothing",
        "JPN A@0 alert Severe busan
         JPN B@1 update Minor jeju
         JPN C@2 cancel",
        &[
            "JPN A Severe; A first",
            "JPN B Minor; B first [B: without reference]",
            "JPN C cancelled; C cancelled [C: without reference]",
        ],
    ),
    (
        "one update for two alerts makes one of them",
        "JPN A@0 alert Severe busan
         JPN B@1 alert Moderate jeju
         JPN C@5 update Severe busan,jeju refs=A@0,B@1",
        &["JPN A Severe; A first; B first; C same"],
    ),
];

#[test]
fn stories() {
    for (shows, text, expected) in STORIES {
        assert_eq!(told(&script(text)), *expected, "{shows}");
    }
}

#[test]
fn a_message_that_leaves_its_end_open_holds_for_the_local_lifetime_and_says_so() {
    let arrivals = script("JPN A@0 alert Severe busan came=5\nJPN B@1 alert Minor jeju until=90 came=1");
    let book = book(&arrivals);
    let alerts = book.alerts();
    let at = |minutes: i64, lifetime| alerts[0].standing(minute(minutes), lifetime);
    assert!(matches!(at(1_000_000, None), Standing::InEffect { until: None, local: false, .. }));
    assert!(matches!(at(64, Some(3600)), Standing::InEffect { until, local: true, .. } if until == Some(minute(65))));
    assert_eq!(at(65, Some(3600)), Standing::Expired);
    assert!(matches!(alerts[1].standing(minute(2), Some(60)), Standing::InEffect { local: false, .. }));
}

mod any_order {
    use proptest::prelude::*;

    use super::*;

    /// Messages of a few names that refer to one another at will.
    fn messages() -> impl Strategy<Value = Vec<Arrival>> {
        let one =
            (0_usize..2, 0_i64..6, 0_usize..3, 0_usize..5, prop::collection::vec(0_i64..6, 0..3), 0_u8..2, 0_i64..4);
        let line = one.prop_map(|(party, at, kind, severity, refs, version, came)| {
            let mut line = format!(
                "{} M{at}@{} {} {} busan version={version} came={came}",
                ["JPN", "KOR"][party],
                at % 4,
                ["alert", "update", "cancel"][kind],
                Severity::ALL[severity].as_str(),
            );
            if !refs.is_empty() {
                let refs: Vec<String> = refs.iter().map(|at| format!("M{at}@{}", at % 4)).collect();
                write!(line, " refs={}", refs.join(",")).unwrap();
            }
            if at == 5 {
                line.push_str(" series=S");
            }
            arrival(&line)
        });
        prop::collection::vec(line, 0..14)
    }

    proptest! {
        #[test]
        fn any_order_and_doubling_tells_the_same(
            all in messages(), order in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        ) {
            // The same digest is the same message: of two that differ in more, the generator keeps the first.
            let mut seen = std::collections::BTreeMap::new();
            for one in &all {
                let key = (one.message.source.clone(), one.message.name.clone(), one.message.digest);
                seen.entry(key).or_insert_with(|| one.clone());
            }
            let distinct: Vec<Arrival> = seen.into_values().collect();
            let mut mixed: Vec<Arrival> =
                if distinct.is_empty() { Vec::new() } else { order.iter().map(|at| at.get(&distinct).clone()).collect() };
            mixed.extend(distinct.iter().rev().cloned());
            prop_assert_eq!(book(&mixed), book(&distinct));
            prop_assert_eq!(told(&mixed), told(&distinct));
        }

        #[test]
        fn each_name_is_in_one_alert_and_what_no_other_replaces_stands(all in messages()) {
            let book = book(&all);
            let alerts = book.alerts();
            let mut names: Vec<_> = all.iter().map(|one| (one.message.source.clone(), one.message.name.clone())).collect();
            names.sort();
            names.dedup();
            let mut shown: Vec<_> = alerts
                .iter()
                .flat_map(|alert| alert.revisions.iter().map(|one| (alert.source.clone(), one.message.name.clone())))
                .collect();
            shown.sort();
            prop_assert_eq!(names, shown);
            for alert in &alerts {
                // Whatever the references: something of every alert stands.
                prop_assert!(alert.revisions.iter().any(|revision| revision.stands), "{}", describe(alert, minute(0)));
            }
        }

        #[test]
        fn what_another_party_sends_changes_no_alert(all in messages()) {
            let ours: Vec<Arrival> = all.iter().filter(|one| one.message.source.party == "JPN").cloned().collect();
            let standing = |lines: &[Arrival]| {
                let book = book(lines);
                let ours = book.alerts().into_iter().filter(|alert| alert.source.party == "JPN");
                ours.map(|alert| (alert.first.clone(), alert.standing(minute(30), None))).collect::<Vec<_>>()
            };
            prop_assert_eq!(standing(&all), standing(&ours));
        }
    }
}
