//! Meetings as an iCalendar feed (RFC 5545): those that texts want, as days, and those that parties have called.
//!
//! Out only. A feed has one form: the same meetings give the same bytes. The key function is [`write()`].

use entente_core::{
    consult::meeting::{Expected, Meeting},
    time::{SignedDuration, TimeZone, Timestamp},
};

use crate::hex;

/// The longest line, in bytes, without its end (RFC 5545, 3.1).
const LINE: usize = 75;

/// How far before and behind what is in it a calendar says when clocks are changed.
const BESIDE: SignedDuration = SignedDuration::from_hours(400 * 24);

/// A calendar of these meetings, as it was at `now`, with moments in `zone`. A zone without a name in the tz database is not
/// written: then moments are in UTC.
pub fn write(name: &str, expected: &[Expected], meetings: &[&Meeting], now: Timestamp, zone: &TimeZone) -> String {
    let zone = zone.iana_name().filter(|name| *name != "UTC").map(|name| (name, zone));
    let mut calendar = Calendar::default();
    calendar.line("BEGIN", "VCALENDAR");
    calendar.line("VERSION", "2.0");
    calendar.line("PRODID", "-//Entente//Meetings 1//EN");
    calendar.line("CALSCALE", "GREGORIAN");
    calendar.line("METHOD", "PUBLISH");
    calendar.line("X-WR-CALNAME", &text(name));
    if let Some((name, zone)) = zone {
        calendar.line("X-WR-TIMEZONE", name);
        let first = meetings.iter().map(|meeting| meeting.starts).chain([now]).min().unwrap_or(now);
        let last = meetings.iter().map(|meeting| meeting.ends).chain([now]).max().unwrap_or(now);
        calendar.zone(
            name,
            zone,
            (first.checked_sub(BESIDE).unwrap_or(first), last.checked_add(BESIDE).unwrap_or(last)),
        );
    }
    for meeting in expected {
        let day = meeting.until;
        calendar.line("BEGIN", "VEVENT");
        let uid = format!("{}-{}-{day}@{}", text_id(&meeting.clause.to_string()), meeting.place, meeting.agreement);
        calendar.line("UID", &text(&uid));
        calendar.line("DTSTAMP", &moment(now));
        calendar.line("DTSTART;VALUE=DATE", &day.strftime("%Y%m%d").to_string());
        calendar.line("SUMMARY", &text(&format!("Due: {}", meeting.body)));
        let level = meeting.level.as_ref().map(|level| format!(", {level}")).unwrap_or_default();
        let clause = format!("{} art. {}{level}", meeting.agreement, meeting.clause);
        calendar.line("DESCRIPTION", &text(&format!("The last day for this meeting under {clause}.")));
        calendar.line("TRANSP", "TRANSPARENT");
        calendar.line("END", "VEVENT");
    }
    for meeting in meetings {
        calendar.line("BEGIN", "VEVENT");
        calendar.line("UID", &format!("{}@{}", hex::encode(&meeting.number), meeting.by));
        calendar.line("DTSTAMP", &moment(meeting.at));
        for (name, at) in [("DTSTART", meeting.starts), ("DTEND", meeting.ends)] {
            match zone {
                None => calendar.line(name, &moment(at)),
                Some((id, zone)) => calendar.line(&format!("{name};TZID={id}"), &wall(zone, at)),
            }
        }
        calendar.line("SEQUENCE", &meeting.revision.to_string());
        calendar.line("STATUS", if meeting.is_cancelled { "CANCELLED" } else { "CONFIRMED" });
        calendar.line("SUMMARY", &text(&meeting.title));
        if !meeting.place.is_empty() {
            calendar.line("LOCATION", &text(&meeting.place));
        }
        if let Some((agreement, clause)) = &meeting.clause {
            calendar.line("DESCRIPTION", &text(&format!("Called by {} under {agreement} art. {clause}.", meeting.by)));
        }
        calendar.line("END", "VEVENT");
    }
    calendar.line("END", "VCALENDAR");
    calendar.text
}

#[derive(Default)]
struct Calendar {
    text: String,
}

impl Calendar {
    /// When clocks are changed in a zone between two moments (3.6.5), change by change: rules of a state have no other sure form.
    fn zone(&mut self, name: &str, zone: &TimeZone, (first, last): (Timestamp, Timestamp)) {
        self.line("BEGIN", "VTIMEZONE");
        self.line("TZID", name);
        let mut before = zone.to_offset_info(first).offset();
        let changes =
            zone.following(first).take_while(|change| change.timestamp() <= last).map(|change| change.timestamp());
        for at in std::iter::once(first).chain(changes) {
            let now = zone.to_offset_info(at);
            let kind = if now.dst().is_dst() { "DAYLIGHT" } else { "STANDARD" };
            self.line("BEGIN", kind);
            self.line("DTSTART", &before.to_datetime(at).strftime("%Y%m%dT%H%M%S").to_string());
            self.line("TZOFFSETFROM", &offset(before.seconds()));
            self.line("TZOFFSETTO", &offset(now.offset().seconds()));
            self.line("TZNAME", &text(now.abbreviation()));
            self.line("END", kind);
            before = now.offset();
        }
        self.line("END", "VTIMEZONE");
    }

    /// A content line, folded where it is too long, between characters.
    fn line(&mut self, name: &str, value: &str) {
        let line = format!("{name}:{value}");
        let mut length = 0;
        for character in line.chars() {
            if length + character.len_utf8() > LINE {
                self.text.push_str("\r\n ");
                length = 1;
            }
            self.text.push(character);
            length += character.len_utf8();
        }
        self.text.push_str("\r\n");
    }
}

/// A moment in UTC.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A moment as it stands on the wall of a zone.
fn wall(zone: &TimeZone, at: Timestamp) -> String {
    zone.to_datetime(at).strftime("%Y%m%dT%H%M%S").to_string()
}

/// `+0900` (3.3.14).
fn offset(seconds: i32) -> String {
    let (sign, all) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    let rest = if all % 60 == 0 { String::new() } else { format!("{:02}", all % 60) };
    format!("{sign}{:02}{:02}{rest}", all / 3600, all / 60 % 60)
}

/// A value of the type TEXT (3.3.11). Control characters have no form there and are left out.
fn text(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            control if control.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

/// An article as a part of an id.
fn text_id(article: &str) -> String {
    article.chars().map(|c| if c.is_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' }).collect()
}
