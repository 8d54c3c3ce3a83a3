//! Meetings as an iCalendar feed (RFC 5545): those that texts want, as days, and those that parties have called.
//!
//! Out only. A feed has one form: the same meetings give the same bytes. The key function is [`write()`].

use entente_core::{
    consult::meeting::{Expected, Meeting},
    time::Timestamp,
};

use crate::hex;

/// The longest line, in bytes, without its end (RFC 5545, 3.1).
const LINE: usize = 75;

/// A calendar of these meetings, as it was at `now`.
pub fn write(name: &str, expected: &[Expected], meetings: &[&Meeting], now: Timestamp) -> String {
    let mut calendar = Calendar::default();
    calendar.line("BEGIN", "VCALENDAR");
    calendar.line("VERSION", "2.0");
    calendar.line("PRODID", "-//Entente//Meetings 1//EN");
    calendar.line("CALSCALE", "GREGORIAN");
    calendar.line("METHOD", "PUBLISH");
    calendar.line("X-WR-CALNAME", &text(name));
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
        calendar.line("DTSTART", &moment(meeting.starts));
        calendar.line("DTEND", &moment(meeting.ends));
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
