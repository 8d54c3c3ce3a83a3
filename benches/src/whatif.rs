//! What-if over ten million records.

use std::{hint::black_box, time::Duration};

use entente_core::{
    Channel, Party, Purpose, Record, RecordId,
    agreement::{Actor, clause::Action},
    decide::{Request, Verdict, decide},
    record::{Hop, Onward, Status},
    time::{Timestamp, day_of},
    whatif::{ClassId, Holdings, Question, Supposition, compare, suppose},
    world::World,
};
use entente_formats::{holdings::HoldingsReader, label, request::RecordLine};

use crate::{decisions::example, line, stopwatch::Stopwatch};

const RECORDS: usize = 10_000_000;
const INTERNED: usize = 1_000_000;
/// How often what-if is asked.
const RUNS: usize = 21;

const SUBJECTS: [&str; 8] =
    ["dprk-missile", "dprk-nuclear", "cyber", "maritime", "air", "logistics", "space", "personnel"];
const PURPOSES: [&str; 3] = ["missile-warning", "cyber-defence", "maritime-awareness"];

/// One record of each class: every label with every custody that its originator and holder can have, every pair of
/// subjects, now and then derived from another.
fn classes() -> Vec<(Party, Record)> {
    let held_under = |from: &str, to: &str| -> &[&str] {
        match (from, to) {
            ("JPN", "KOR") | ("KOR", "JPN") => &["jp-kr-gsomia-2016"],
            ("JPN", "USA") | ("USA", "JPN") => &["us-jp-gsomia-2007", "tisa-2014"],
            _ => &["us-kr-gsomia-1987", "tisa-2014"],
        }
    };
    let labels = |originator: &str| -> Vec<String> {
        let prefix = if originator == "USA" { String::new() } else { format!("//{originator} ") };
        let mut all: Vec<String> = ["SECRET", "CONFIDENTIAL"]
            .iter()
            .flat_map(|level| {
                [
                    "",
                    "//NOFORN",
                    "//REL TO USA, JPN, KOR",
                    "//ORCON/REL TO USA, JPN, KOR",
                    "//REL TO USA, JPN",
                    "//RELIDO",
                ]
                .map(|control| format!("{prefix}{level}{control}"))
            })
            .filter(|text| label::parse(text).is_ok())
            .collect();
        all.extend(["UNCLASSIFIED", "TLP:CLEAR", "TLP:GREEN", "TLP:AMBER"].map(str::to_owned));
        all
    };
    let mut all: Vec<(Party, Record)> = Vec::new();
    for holder in ["JPN", "KOR", "USA"] {
        for originator in ["JPN", "KOR", "USA"] {
            let mut custodies: Vec<Vec<Hop>> = Vec::new();
            if holder == originator {
                custodies.push(Vec::new());
            } else {
                for under in held_under(originator, holder) {
                    for purpose in PURPOSES {
                        for onward in [Onward::Free, Onward::Ask] {
                            custodies.push(vec![Hop {
                                from: originator.into(),
                                to: holder.into(),
                                under: vec![(*under).into()],
                                purpose: purpose.into(),
                                onward,
                            }]);
                        }
                    }
                }
            }
            for text in labels(originator) {
                for custody in &custodies {
                    for (first, one) in SUBJECTS.iter().enumerate() {
                        for other in &SUBJECTS[first..] {
                            let derived_from = match all.len() % 7 {
                                0 => {
                                    all.last().map(|(_, record)| Record { derived_from: Vec::new(), ..record.clone() })
                                }
                                _ => None,
                            };
                            let record = Record {
                                id: RecordId::from(""),
                                label: label::parse(&text).unwrap(),
                                originator: originator.into(),
                                subjects: vec![(*one).into(), (*other).into()],
                                status: Status::Actual,
                                custody: custody.clone(),
                                distribution: if first == 0 { vec!["JPN".into()] } else { Vec::new() },
                                derived_from: derived_from.into_iter().collect(),
                                versions: Vec::new(),
                            };
                            all.push((holder.into(), record));
                        }
                    }
                }
            }
        }
    }
    all
}

/// Bytes of memory in use by this process, where the system says.
fn resident() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').nth(1)?.parse::<usize>().ok()? * 4096)
}

pub(crate) fn run() {
    let (agreements, national) = example();
    let classes = classes();
    println!("\nWhat-if, one thread, {} agreements", agreements.len());

    // A million records, `step` classes from one to the next.
    let in_steps = |step: usize| -> Vec<(&Party, Record)> {
        let named = |at: usize| {
            let (holder, record) = &classes[(at * step) % classes.len()];
            (holder, Record { id: format!("R-{at:08}").into(), ..record.clone() })
        };
        (0..INTERNED).map(named).collect()
    };
    let intern = |records: &[(&Party, Record)], what: &str| {
        let mut holdings = Holdings::default();
        let start = Stopwatch::start();
        let ids: Vec<ClassId> = records.iter().map(|(holder, record)| holdings.add(holder, record).unwrap()).collect();
        line(what, INTERNED as f64 / start.elapsed().as_secs_f64(), None);
        (holdings, ids)
    };
    drop(intern(&in_steps(1), "records interned, like beside like"));
    // The order that caches like least: each record is far from all that was looked at before.
    let records = in_steps(7_919);
    let (mut holdings, ids) = intern(&records, "records interned, in the worst order");

    let world = World { agreements: &agreements, national: &national, consents: &[], approvals: &[] };
    let lines: Vec<String> = records
        .iter()
        .take(200_000)
        .map(|(holder, record)| {
            serde_json::json!({"holder": holder.as_str(), "record": RecordLine::from(record)}).to_string()
        })
        .collect();
    let mut reader = HoldingsReader::new(&world);
    let start = Stopwatch::start();
    lines.iter().for_each(|line| reader.read(line).unwrap());
    line("lines of holdings read", lines.len() as f64 / start.elapsed().as_secs_f64(), None);
    assert_eq!(reader.finish().records(), lines.len() as u64);
    drop(lines);

    let before = resident();
    for at in INTERNED..RECORDS {
        // The order through the classes repeats itself after each of them was there.
        let first = at % classes.len();
        holdings.add_to(records[first].0, ids[first], &format!("R-{at:08}")).unwrap();
    }
    if let (Some(before), Some(after)) = (before, resident()) {
        let per_million = (after - before) as f64 / ((RECORDS - INTERNED) as f64 / 1e6) / 1e6;
        println!("  {:<44} {per_million:>12.1} MB for a million records", "memory of the index");
    }

    let at: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
    let suspended = [Supposition::Suspend("us-jp-gsomia-2007".into(), Actor::All)];
    let (then, rules) = suppose((&agreements, &national), &suspended, day_of(at)).unwrap();
    let would_be = World { agreements: &then, national: &rules, ..world };
    let (purpose, channel) = (Purpose::from("missile-warning"), Channel::from("government-to-government"));
    let question = Question { action: Action::Release, purpose: &purpose, channel: &channel, at };
    let recipients = world.parties().cloned().collect();
    let ask = || compare(&holdings, (&world, &would_be), &question, &recipients, &[]);
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Stopwatch::start();
            black_box(ask());
            start.elapsed()
        })
        .collect();
    times.sort();
    println!(
        "  {:<44} {:>12.2} ms ({:.2} to {:.2}) over {} records in {} classes",
        "suspend us-jp-gsomia-2007, median of 21",
        times[RUNS / 2].as_secs_f64() * 1e3,
        times[0].as_secs_f64() * 1e3,
        times[RUNS - 1].as_secs_f64() * 1e3,
        holdings.records(),
        holdings.classes(),
    );

    // The same answer, one record after the other: of the first hundred thousand, in an index of their own.
    let few = &records[..100_000];
    let mut sample = Holdings::default();
    few.iter().for_each(|(holder, record)| assert!(sample.add(holder, record).is_some()));
    let start = Stopwatch::start();
    for change in compare(&sample, (&world, &would_be), &question, &recipients, &[]) {
        let permitted = |world: &World<'_>| {
            let held = few.iter().filter(|(holder, _)| **holder == change.from);
            let verdicts = held.map(|(_, record)| {
                let (from, to) = (&change.from, &change.to);
                let Question { action, purpose, channel, at } = question;
                decide(world, &Request { record, from, to, action, purpose, channel, at, under: None }).verdict()
            });
            verdicts.filter(|verdict| *verdict == Verdict::Permit).count() as u64
        };
        assert_eq!((permitted(&world), permitted(&would_be)), (change.before, change.after));
    }
    let one_by_one = start.elapsed().as_secs_f64() * (RECORDS / few.len()) as f64;
    println!(
        "  {:<44} {one_by_one:>12.2} s, by a hundredth of them: {:.0} times as long; the counts agree",
        "record by record",
        one_by_one / times[RUNS / 2].as_secs_f64()
    );
}
