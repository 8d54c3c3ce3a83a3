//! Warnings as they are read: CAP, the bulletins of the Japan Meteorological Agency, and our missile warnings.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads the published files"
)]

mod outside;

use std::{fs, path::Path};

use entente_core::{
    alert::{
        Area, Arrival, Book, Certainty, Change, Kind, Level, Message, MessageName, Notice, Reference, Severity, Source,
        Standing, Urgency,
    },
    record::Status,
    time::Timestamp,
};
use entente_formats::alert::{Remark, Syntax, cap, jma, missile, read};
use serde_json::{Value, json};

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A bulletin of the agency.
fn bulletin(name: &str) -> Option<String> {
    outside::data(&format!("alerts/jma/{name}"))
}

const TSUNAMI: &str = "20220918154907_08013775_VTSE41.xml";
const LIFTED: &str = "20220918171502_07401528_VTSE41.xml";
const ABROAD: &str = "20231203181616_04485779_VXSE53.xml";
const NOTO: &str = "20240116184225_02245216_VXSE43.xml";

#[test]
fn cap_is_written_as_it_is_read() {
    for name in ["everything", "missile"] {
        let text = file(&format!("vectors/alerts/cap/{name}.xml"));
        let parsed = cap::parse(&text).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        assert_eq!(cap::write(&parsed), text, "{name}");
    }
}

#[test]
fn a_missile_warning_is_more_than_cap_and_no_aim() {
    let text = file("vectors/alerts/cap/missile.xml");
    let reading = read(&text).unwrap();
    let warning = reading.missile.clone().unwrap();
    assert_eq!((warning.sensor.as_str(), warning.confidence), ("USA", Some(80)));
    assert_eq!(warning.impact.1.to_string(), "2026-11-20T00:12:00Z");
    assert_eq!(reading.remarks(), []);
    let cap = &reading.cap;
    let frame = missile::Frame {
        identifier: cap.identifier.clone(),
        sender: cap.sender.clone(),
        sent: cap.sent,
        status: cap.status,
        message_type: cap.message_type,
        references: Vec::new(),
        headline: cap.infos[0].headline.clone().unwrap(),
    };
    assert_eq!(cap::write(&missile::write(frame, &warning)), text);
    for (old, new, says) in [
        ("entente:sensor-party", "entente:velocity", "a missile warning has no `entente:velocity`"),
        ("<value>39.7,125.8 60", "<value>39.7,125.8 9.999", "too exact"),
        ("<value>39.7,125.8 60", "<value>39.7 125.8 60", "is no circle"),
        ("<value>80", "<value>100", "`100` is no confidence"),
        ("<value>USA", "<value>usa", "`usa` is not the code of a party"),
        ("<value>2026-11-20T00:00:00-00:00", "<value>2026-11-20T00:08:00-00:00", "not in their order"),
        ("<value>2026-11-20T00:00:00-00:00", "<value>soon", "`soon` is no moment"),
        ("<polygon>41.2,137.6 42.9,137.6 42.9,139.4 41.2,139.4 41.2,137.6</polygon>", "", "lacks an area on the globe"),
        ("entente:launch-time", "launch-time", "`entente:launch-time` is missing"),
    ] {
        let problem = read(&text.replacen(old, new, 1)).unwrap_err();
        assert!(problem.message.contains(says), "{new}: {problem}");
        assert!(problem.help.is_some() && !problem.at.is_empty());
    }
    let late = text.replace("<sent>2026-11-20T00:01:10", "<sent>2026-11-20T00:13:00");
    assert_eq!(read(&late).unwrap().remarks(), [Remark::ExpiresBeforeSent, Remark::ImpactBeforeSent]);
}

/// What is changed in the message with everything, and what is said of it.
const BAD: &[(&str, &str, &str)] = &[
    ("cap:1.2", "cap:1.1", "`alert` is no message of CAP 1.2"),
    ("<identifier>E-2", "<identifier>E 2", "`identifier` holds ` `"),
    ("<sender>desk", "<sender>a,desk", "`sender` holds `,`"),
    ("<sent>2026-11-20T09:00:00-00:00", "<sent>2026-11-20T09:00:00", "is no moment"),
    ("<sent>2026-11-20T09:00:00-00:00", "<sent>2026-11-20T09:00:00.5-00:00", "is no moment"),
    ("<status>Actual", "<status>actual", "`status` cannot be `actual`"),
    ("<msgType>Update", "<msgType>Upgrade", "`msgType` cannot be `Upgrade`"),
    ("  <addresses>JPN &quot;coast guard&quot; KOR</addresses>\n", "", "no `addresses` says for whom"),
    ("&quot;coast guard&quot;", "&quot;coast guard", "is not closed"),
    (
        "<scope>Private</scope>\n  <restriction>none &amp; all</restriction>",
        "<scope>Restricted</scope>",
        "no `restriction`",
    ),
    ("<note>written", "<event>x</event><note>written", "`alert` holds no `event`"),
    ("E-1,2026-11-20T08:00:00-00:00", "E-1;2026-11-20T08:00:00-00:00", "is no reference"),
    (
        "<category>Geo</category>\n    <category>Transport</category>\n",
        "",
        "`category` should stand here, and not `event`",
    ),
    ("<severity>Moderate", "<severity>Bad", "`severity` cannot be `Bad`"),
    ("-10,170 -10,-170", "-10,190 -10,-170", "`-10,190` is no position"),
    ("10,170 -10,170</polygon>", "10,170</polygon>", "not closed"),
    ("<circle>0,180 100.5", "<circle>0,180", "is no circle"),
    ("<altitude>20000</altitude>", "", "a `ceiling` without an `altitude`"),
    ("<size>68", "<size>-1", "`-1` is no size"),
    ("<note>written", "<note>&lol;written", "unknown entity"),
    ("<note>written", "<note><b>x</b>written", "`note` holds text, and no element"),
    ("<alert xmlns", "<!DOCTYPE alert><alert xmlns", "a document type stands here"),
    ("<info>", "text<info>", "no text between them"),
    ("<headline>Airspace", "<headline>Air\u{85}space", "control character U+0085"),
];

/// Slanted teeth, each of which crosses the boxes of all others: whether they cross takes as long as can be.
fn comb(corners: i64) -> String {
    let corner = |number: i64| {
        let micro = |value: i64| format!("{}.{:06}", value / 1_000_000, value % 1_000_000);
        format!("{},{}", micro(10_000_000 + number % 2 * 1_000_000 + number), micro(20_000_000 + number * 10))
    };
    let mut all: Vec<String> = (0..corners).map(corner).collect();
    all.push(all[0].clone());
    format!("<polygon>{}</polygon>", all.join(" "))
}

#[test]
fn a_message_has_no_more_corners_than_can_be_looked_at_while_others_wait() {
    let text = file("vectors/alerts/cap/everything.xml");
    let with = |combs: usize| text.replacen("<polygon>", &(comb(900).repeat(combs) + "<polygon>"), 1);
    assert!(read(&with(2)).is_ok());
    let problem = read(&with(10)).unwrap_err();
    assert!(problem.message.contains("at most 4000 corners"), "{problem}");
}

#[test]
fn bad_messages_get_a_place_and_a_reason() {
    let text = file("vectors/alerts/cap/everything.xml");
    for (old, new, says) in BAD {
        let changed = text.replacen(old, new, 1);
        assert_ne!(changed, text, "{old}");
        let problem = read(&changed).unwrap_err();
        assert!(problem.message.contains(says), "{new}: {problem}");
        let (line, _) = problem.line_and_column(&changed);
        assert!(line > 1 && changed.get(problem.at.clone()).is_some(), "{new}: {line}");
    }
    let long = text.replace("written by hand", &"x".repeat(10 * 1024 * 1024));
    let problem = read(&long).unwrap_err();
    assert_eq!(problem.message, "a document has at most 1048576 bytes");
    assert!(problem.help.unwrap().contains("this one has 1048"));
}

#[test]
fn odd_messages_are_kept_and_remarked_on() {
    let text = file("vectors/alerts/cap/everything.xml");
    let remarks = |old: &str, new: &str| read(&text.replacen(old, new, 1)).unwrap().remarks();
    let bow = "<polygon>0,0 10,10 10,0 0,10 0,0</polygon>";
    assert_eq!(
        remarks("<polygon>-10,170 -10,-170 10,-170 10,170 -10,170</polygon>", bow),
        [Remark::CrossesItself("Ten degrees on each side".into())]
    );
    let references = text.lines().find(|line| line.contains("<references>")).unwrap();
    assert_eq!(remarks(references, ""), [Remark::WithoutReference]);
    let signature = "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/></alert>";
    let name = "{http://www.w3.org/2000/09/xmldsig#}Signature".to_owned();
    assert_eq!(remarks("</alert>", signature), [Remark::PassedOver(vec![name])]);
    for (word, is_alert) in [("Draft", false), ("System", true)] {
        let message = read(&text.replace("<status>Actual", &format!("<status>{word}"))).unwrap().message(&"JPN".into());
        assert_eq!(message.is_some(), is_alert, "{word}");
        assert!(message.is_none_or(|message| message.source.status == Status::Test));
    }
    assert_eq!(read(&text.replace("<msgType>Update", "<msgType>Ack")).unwrap().message(&"JPN".into()), None);
}

#[test]
fn a_tsunami_advisory_and_its_end_are_one_alert() {
    let (Some(first), Some(last)) = (bulletin(TSUNAMI), bulletin(LIFTED)) else { return };
    let reading = read(&first).unwrap();
    assert_eq!((reading.syntax, reading.cap.infos.len()), (Syntax::Jma, 2));
    let [advisory, forecast] = reading.cap.infos.as_slice() else { panic!() };
    assert_eq!((advisory.event.as_str(), advisory.severity), ("津波注意報", Severity::Moderate));
    assert_eq!(advisory.areas[0].geocodes[0], cap::Named::new("jma:津波予報区", "802"));
    assert_eq!(advisory.onset.unwrap().to_string(), "2022-09-18T07:00:00Z");
    assert_eq!(advisory.parameter("jma:expected"), Some("宮古島・八重山地方: １ｍ"));
    assert_eq!(advisory.parameter("jma:coordinate"), Some("+23.0+121.1+0/"));
    assert_eq!((forecast.severity, forecast.areas.len()), (Severity::Minor, 4));

    let mut book = Book::default();
    for text in [&last, &first, &last] {
        let message = read(text).unwrap().message(&"JPN".into()).unwrap();
        book.take(Arrival { received: message.name.sent, message: message.into() });
    }
    let alerts = book.alerts();
    let [alert] = alerts.as_slice() else { panic!("{alerts:?}") };
    let changes: Vec<&Change> = alert.revisions.iter().map(|revision| &revision.change).collect();
    assert_eq!(changes, [&Change::First, &Change::Cancelled]);
    let now = alert.revisions[0].received;
    assert_eq!(alert.standing(now, None), Standing::Cancelled);
    assert_eq!(alert.findings, []);
}

#[test]
fn bulletins_say_in_cap_what_they_say() {
    for name in [TSUNAMI, LIFTED, ABROAD, NOTO] {
        let Some(text) = bulletin(name) else { return };
        let reading = read(&text).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        let written = cap::write(&reading.cap);
        assert_eq!(cap::parse(&written).as_ref(), Ok(&reading.cap), "{name}: {written}");
        // The CAP that a partner is given names the bulletins before it.
        assert!(name.contains(reading.series[0].split('/').next().unwrap()));
    }
    let Some(noto) = bulletin(NOTO) else { return };
    let info = &read(&noto).unwrap().cap.infos[0];
    assert_eq!((info.severity, info.certainty.as_str()), (Severity::Severe, "Observed"));
    let names: Vec<&str> = info.areas.iter().map(|area| area.description.as_str()).collect();
    assert_eq!(names, ["石川県能登", "石川県加賀"]);
    assert_eq!(info.parameters.last().unwrap().value, "石川県加賀: 震度4");
    let Some(abroad) = bulletin(ABROAD) else { return };
    let cap = read(&abroad).unwrap().cap;
    assert_eq!((cap.infos[0].event.as_str(), cap.infos[0].urgency.as_str()), ("遠地地震に関する情報", "Past"));
    assert!(cap.infos[0].description.as_ref().unwrap().contains("噴火"), "what really happened stands in the comments");
}

/// What is changed in the tsunami bulletin, and what becomes of it.
#[test]
fn tsunami_bulletins_of_every_kind() {
    let Some(text) = bulletin(TSUNAMI) else { return };
    let changed = |changes: &[(&str, &str)]| {
        let text = changes.iter().fold(text.clone(), |text, (old, new)| {
            assert!(text.contains(old), "{old}");
            text.replace(old, new)
        });
        read(&text)
    };
    let worst = |changes: &[(&str, &str)]| changed(changes).unwrap().cap.infos[0].severity;
    assert_eq!(worst(&[("<Code>62</Code>", "<Code>51</Code>")]), Severity::Severe);
    assert_eq!(worst(&[("<Code>71</Code>", "<Code>52</Code>")]), Severity::Extreme);
    assert_eq!(worst(&[("<Code>62</Code>", "<Code>60</Code>")]), Severity::Minor);
    // A height that cannot be told yet.
    let huge = changed(&[("description=\"１ｍ\">1<", "condition=\"不明\" description=\"巨大\">NaN<")]).unwrap();
    assert_eq!(huge.cap.infos[0].parameter("jma:expected"), Some("宮古島・八重山地方: 巨大"));
    let come = changed(&[(
        "<ArrivalTime>2022-09-18T16:00:00+09:00</ArrivalTime>\n",
        "<Condition>第１波の到達を確認</Condition>\n",
    )]);
    assert_eq!(come.unwrap().cap.infos[0].certainty.as_str(), "Observed");
    let drill = changed(&[("通常", "訓練")]).unwrap();
    assert_eq!(drill.message(&"JPN".into()).unwrap().source.status, Status::Exercise);
    let taken_back = changed(&[("<InfoType>発表", "<InfoType>取消")]).unwrap().message(&"JPN".into()).unwrap();
    assert_eq!((taken_back.kind, taken_back.notices.len()), (Kind::Cancel, 0));
    let two = changed(&[("<EventID>20220918154449", "<EventID>20220918154449 20220918160000")]).unwrap();
    assert_eq!(two.series, ["VTSE41/20220918154449", "VTSE41/20220918160000"]);
    for (old, new, says) in [
        ("<Code>62</Code>", "<Code>99</Code>", "unknown code `99`"),
        ("津波警報・注意報・予報a", "火山情報", "bulletins of the kind `火山情報` are not read"),
        ("通常", "平常", "unknown status `平常`"),
        ("<InfoType>発表", "<InfoType>発信", "unknown InfoType"),
        ("<EventID>20220918154449</EventID>", "", "`Head` lacks `EventID`"),
        ("2022-09-18T06:49:07Z", "2022-09-18 06:49", "is no moment"),
        ("<Tsunami>", "<Tunami>", "this is no XML"),
    ] {
        let problem = changed(&[(old, new)]).unwrap_err();
        assert!(problem.message.contains(says), "{new}: {problem}");
    }
    let bulletins: Vec<&str> = jma::Kind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(bulletins, ["VTSE41", "VXSE43", "VXSE53"]);
}

/// Invented bulletins, for whoever has no real ones.
#[test]
fn the_published_bulletins_say_what_their_list_says() {
    let told = |name: &str| {
        let reading = read(&file(&format!("vectors/alerts/jma/{name}.xml")))
            .unwrap_or_else(|problem| panic!("{name}: {problem}"));
        let cap = &reading.cap;
        let mut text = format!("{} {} {}", cap.status, cap.message_type, reading.series.join(" "));
        for info in &cap.infos {
            let level = [info.severity.as_str(), info.urgency.as_str(), info.certainty.as_str()].join("/");
            let areas: Vec<&str> = info.areas.iter().map(|area| area.geocodes[0].value.as_str()).collect();
            text.push_str(&format!("; {} {level} [{}]", info.event, areas.join(" ")));
        }
        text
    };
    let list = file("vectors/alerts/jma/expected.txt");
    let mut count = 0;
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let (name, expected) = line.split_once(": ").unwrap();
        assert_eq!(told(name), expected, "{name}");
        count += 1;
    }
    assert_eq!(count, 4);
}

fn minute(value: &Value) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + value.as_i64().unwrap() * 60).unwrap()
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

fn arrival(value: &Value) -> Arrival {
    let text = |key: &str| value[key].as_str().unwrap().to_owned();
    let severity = Severity::ALL.iter().copied().find(|one| Some(one.as_str()) == value["severity"].as_str());
    let name = |sent: &Value, identifier: &Value| MessageName {
        sent: minute(sent),
        identifier: identifier.as_str().unwrap().to_owned(),
    };
    let reference =
        |one: &Value| Reference { sender: one[0].as_str().unwrap().to_owned(), name: name(&one[2], &one[1]) };
    let notice = severity.map(|severity| Notice {
        language: "en".into(),
        event: "tsunami".into(),
        headline: None,
        level: Level { severity, urgency: Urgency::Immediate, certainty: Certainty::Likely },
        onset: None,
        expires: value["until"].as_i64().map(|_| minute(&value["until"])),
        areas: words(&value["areas"])
            .into_iter()
            .map(|name| Area { name, shapes: Vec::new(), codes: Vec::new() })
            .collect(),
    });
    let status = [Status::Actual, Status::Test].into_iter().find(|status| status.as_str() == text("status")).unwrap();
    let kinds = [Kind::Alert, Kind::Update, Kind::Cancel];
    let message = Message {
        source: Source { party: text("party").into(), sender: text("sender"), status },
        name: name(&value["sent"], &value["identifier"]),
        digest: [u8::try_from(value["version"].as_u64().unwrap()).unwrap(); 32],
        kind: kinds.into_iter().find(|kind| kind.as_str() == text("kind")).unwrap(),
        references: value["references"].as_array().unwrap().iter().map(reference).collect(),
        series: words(&value["series"]),
        notices: notice.into_iter().collect(),
    };
    Arrival { message: message.into(), received: minute(&value["received"]) }
}

#[test]
fn the_published_stories_make_the_alerts_that_they_say() {
    let lines = file("vectors/alerts/stories.jsonl");
    for line in lines.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let mut book = Book::default();
        case["messages"].as_array().unwrap().iter().rev().for_each(|message| book.take(arrival(message)));
        let now = minute(&json!(30));
        let told = book.alerts();
        let alerts = told.iter().map(|alert| {
            let (standing, severity) = match alert.standing(now, None) {
                Standing::InEffect { level, .. } => ("in-effect", Some(level.severity.as_str())),
                Standing::Cancelled => ("cancelled", None),
                Standing::Expired => ("expired", None),
            };
            let change = |change: &Change| match change {
                Change::First => json!("first"),
                Change::Unknown => json!("unknown"),
                Change::Again => json!("again"),
                Change::Cancelled => json!("cancelled"),
                Change::Revised(shift) => {
                    let words = [shift.raises().then_some("raised"), shift.lowers().then_some("lowered")];
                    json!(words.into_iter().flatten().collect::<Vec<_>>())
                }
            };
            let revisions: Vec<Value> = alert
                .revisions
                .iter()
                .map(|one| json!({"identifier": one.message.name.identifier, "change": change(&one.change)}))
                .collect();
            json!({"party": alert.source.party.as_str(), "first": alert.first.identifier, "standing": standing,
                "severity": severity, "revisions": revisions})
        });
        assert_eq!(case["alerts"], Value::Array(alerts.collect()), "{}", case["shows"]);
    }
    assert_eq!(lines.lines().count(), 12);
}
