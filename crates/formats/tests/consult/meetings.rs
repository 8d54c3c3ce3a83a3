//! Calendars, read by an independent parser.

use std::collections::BTreeMap;

use entente_core::{
    consult::meeting::{Meeting, expected, meetings},
    time::{Date, TimeZone, TimeZoneDatabase},
};
use entente_formats::calendar::write;
use icalendar::{Calendar, CalendarComponent, Component as _, EventLike as _};

use super::{example, moment};

fn meeting(revision: u32, title: &str) -> Meeting {
    Meeting {
        by: "KOR".into(),
        number: [0xab; 16],
        revision,
        clause: Some(("tscf-2024".into(), "policy-consultations".into())),
        body: None,
        title: title.into(),
        starts: moment("2026-12-01T01:00:00Z"),
        ends: moment("2026-12-01T03:00:00Z"),
        place: "서울, 외교부; 17층\\회의실".into(),
        is_cancelled: false,
        minutes: None,
        at: moment("2026-11-20T00:00:00Z"),
    }
}

#[test]
fn the_last_revision_counts_whatever_the_order() {
    let all = BTreeMap::from([([1; 32], meeting(2, "c")), ([2; 32], meeting(0, "a")), ([3; 32], meeting(2, "d"))]);
    let told = meetings(&all);
    let [(one, versions)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((one.title.as_str(), versions.len()), ("c", 2));
}

#[test]
fn a_calendar_is_read_by_others_as_it_was_meant() {
    let agreements = example();
    let text = &agreements["commitment-to-consult-2023"];
    let day = |text: &str| text.parse::<Date>().unwrap();
    let due = expected(text, day("2023-08-18"), day("2026-11-20"), 2);
    assert_eq!(due.len(), 10);
    assert_eq!((due[0].until, due[1].until), (day("2027-08-18"), day("2028-08-18")));
    let called = meeting(1, &format!("Senior officials, {}", "a long title with 長い題名 in it; ".repeat(6)));
    let calendar = write("Meetings, JPN", &due, &[&called], moment("2026-11-20T00:00:00Z"), &TimeZone::UTC);
    assert!(calendar.split("\r\n").all(|line| line.len() <= 75) && !calendar.replace("\r\n", "").contains('\n'));

    let read: Calendar = calendar.parse().unwrap_or_else(|error| panic!("{error}\n{calendar}"));
    let events: Vec<_> = read
        .components
        .iter()
        .map(|component| match component {
            CalendarComponent::Event(event) => event,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(events.len(), 11);
    let first = events[0];
    assert_eq!(first.get_summary(), Some("Due: leaders"));
    assert_eq!(first.property_value("DTSTART"), Some("20270818"));
    let last = events[10];
    assert_eq!(last.get_uid(), Some(format!("{}@KOR", "ab".repeat(16)).as_str()));
    assert_eq!(last.get_summary(), Some(called.title.as_str()));
    assert_eq!(last.get_location(), Some(called.place.as_str()));
    assert_eq!(last.property_value("DTSTART"), Some("20261201T010000Z"));
    let ids: std::collections::BTreeSet<_> = events.iter().map(|event| event.get_uid().unwrap()).collect();
    assert_eq!(ids.len(), 11, "each event has an id of its own");
}

#[test]
fn a_calendar_in_a_named_zone_says_when_its_clocks_are_changed() {
    let mut called = meeting(3, "Senior officials");
    (called.starts, called.ends) = (moment("2027-03-14T18:00:00Z"), moment("2027-03-14T20:00:00Z"));
    let zone = TimeZoneDatabase::bundled().get("America/New_York").unwrap();
    let calendar = write("Meetings", &[], &[&called], moment("2026-11-20T00:00:00Z"), &zone);
    let read: Calendar = calendar.parse().unwrap_or_else(|error| panic!("{error}\n{calendar}"));
    let event = read.components.iter().find_map(|component| match component {
        CalendarComponent::Event(event) => Some(event),
        _ => None,
    });
    assert_eq!(event.unwrap().property_value("DTSTART"), Some("20270314T140000"));
    assert_eq!(event.unwrap().property_value("SEQUENCE"), Some("3"));
    for lines in [
        "BEGIN:DAYLIGHT\r\nDTSTART:20270314T020000\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nTZNAME:EDT\r\nEND:DAYLIGHT",
        "BEGIN:STANDARD\r\nDTSTART:20261101T020000\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nTZNAME:EST\r\nEND:STANDARD",
        "DTSTART;TZID=America/New_York:20270314T140000",
    ] {
        assert!(calendar.contains(lines), "{lines}\nin\n{calendar}");
    }
}
