//! Rules that raise incidents, `entente.rules/1`: zones, and what a warning must say for a rule to fire.
//!
//! The same care as for agreement files: every problem with its place. What rules make of a warning is in
//! `entente_core::consult::rule`. The key function is [`parse`].

use std::collections::BTreeSet;

use entente_core::{
    alert::{Certainty, Severity, Shape, Urgency},
    consult::{Precedence, Rule, Rules, Zone},
};

use crate::{
    Problem,
    agreement::{
        reader::{self, Table, Value, hint, quoted},
        words::{event, party, prose},
    },
    alert::{circle, missile, polygon},
};

/// The schema of a file of rules.
pub const SCHEMA: &str = "entente.rules/1";

const MAXIMUM_ZONES: usize = 256;
const MAXIMUM_RULES: usize = 256;
/// The most shapes and codes of a zone.
const MAXIMUM_PARTS: usize = 256;

/// Reads a file of rules.
///
/// # Errors
/// All problems of the text (at most a hundred), in the order of their places.
pub fn parse(text: &str) -> Result<Rules, Vec<Problem>> {
    reader::read(text, SCHEMA, |table| {
        table.only(&["schema", "zone", "rule"]);
        let zones = table.tables("zone", "a zone", MAXIMUM_ZONES)?;
        let zones = zones.iter().map(zone).collect::<Vec<_>>();
        // Rules are read also when a zone is broken, but for whether their zones are there.
        let zones: Option<Vec<Zone>> = zones.into_iter().collect();
        let rules = table.tables("rule", "a rule", MAXIMUM_RULES)?;
        if rules.is_empty() {
            return table.reject("the file has no rule", "write `[[rule]]`, and below it what fires it");
        }
        let read = rules.iter().map(|table| rule(table, zones.as_deref())).collect::<Vec<_>>();
        let read: Vec<Rule> = read.into_iter().collect::<Option<_>>()?;
        doubled(rules.iter(), read.iter().map(|rule| rule.id.as_str()))?;
        Some(Rules { zones: zones?, rules: read })
    })
}

fn zone(table: &Table<'_>) -> Option<Zone> {
    table.only(&["id", "name", "polygons", "circles", "codes"]);
    let id = table.required("id", r#""hokkaido""#, event);
    let name = table.required("name", r#""Hokkaido and the sea around it""#, prose);
    let polygons = shapes(table, "polygons", polygon);
    let circles = shapes(table, "circles", circle);
    let codes = table.optional("codes", |value| limited(value, code));
    let (polygons, circles, codes) = (polygons?, circles?, codes?.unwrap_or_default());
    let shapes: Vec<Shape> =
        polygons.into_iter().map(Shape::Polygon).chain(circles.into_iter().map(Shape::Circle)).collect();
    if shapes.is_empty() && codes.is_empty() {
        return table.reject("the zone is nowhere", r#"write `polygons`, `circles` or `codes`"#);
    }
    Some(Zone { id: id?, name: name?, shapes, codes })
}

type Wrong = (String, String);

fn shapes<T>(table: &Table<'_>, key: &'static str, read: impl Fn(&str) -> Result<T, Wrong>) -> Option<Vec<T>> {
    let one = |value: Value<'_>| {
        let text = value.text()?;
        read(&text).map_or_else(|(message, help)| value.reject(message, help), Some)
    };
    table.optional(key, |value| limited(value, one)).map(Option::unwrap_or_default)
}

fn limited<'t, T>(value: Value<'t>, read: impl Fn(Value<'t>) -> Option<T>) -> Option<Vec<T>> {
    let list = value.list(read)?;
    if list.len() > MAXIMUM_PARTS {
        return value.reject(format!("more than {MAXIMUM_PARTS} entries"), "make several zones of it");
    }
    Some(list)
}

/// `jma:津波予報区=802`.
fn code(value: Value<'_>) -> Option<(String, String)> {
    let text = value.text()?;
    match text.split_once('=') {
        Some((list, code)) if !list.trim().is_empty() && !code.trim().is_empty() => {
            Some((list.trim().to_owned(), code.trim().to_owned()))
        }
        _ => value.reject(
            format!("{} is no code of an area", quoted(&text)),
            "write the name of the list, `=` and the code, as the warning has them: `jma:津波予報区=802`",
        ),
    }
}

fn rule(table: &Table<'_>, zones: Option<&[Zone]>) -> Option<Rule> {
    const KEYS: [&str; 11] = [
        "id",
        "profile",
        "from",
        "events",
        "zones",
        "severity",
        "urgency",
        "certainty",
        "trigger",
        "title",
        "precedence",
    ];
    table.only(&KEYS);
    let id = table.required("id", r#""missile-over-hokkaido""#, event);
    let profile = table.optional("profile", |value| value.one_of("profile", &[missile::VERSION], |one| one));
    let from = table.optional("from", |value| limited(value, party));
    let events = table.optional("events", |value| limited(value, prose));
    let named = table.optional("zones", |value| limited(value, |item| place_of(item, zones)));
    let severity = table.optional("severity", |value| value.one_of("severity", Severity::ALL, Severity::as_str));
    let urgency = table.optional("urgency", |value| value.one_of("urgency", Urgency::ALL, Urgency::as_str));
    let certainty = table.optional("certainty", |value| value.one_of("certainty", Certainty::ALL, Certainty::as_str));
    let trigger = table.required("trigger", r#""missile-launch""#, event);
    let title = table.required("title", r#""A missile towards Hokkaido""#, prose);
    let precedence = table
        .required("precedence", r#""FLASH""#, |value| value.one_of("precedence", &Precedence::ALL, Precedence::as_str));
    let rule = Rule {
        id: id?,
        profile: profile?.map(str::to_owned),
        from: from?.unwrap_or_default(),
        events: events?.unwrap_or_default(),
        zones: named?.unwrap_or_default(),
        severity: severity?.unwrap_or(Severity::Unknown),
        urgency: urgency?.unwrap_or(Urgency::Unknown),
        certainty: certainty?.unwrap_or(Certainty::Unknown),
        trigger: trigger?,
        title: title?,
        precedence: precedence?,
    };
    let asks_nothing = rule.profile.is_none() && rule.events.is_empty() && rule.zones.is_empty();
    if asks_nothing && rule.severity == Severity::Unknown {
        return table.reject(
            "the rule fires at every warning",
            "write at least one of `profile`, `events`, `zones` and `severity`: an alarm that always rings is not heard",
        );
    }
    Some(rule)
}

fn place_of(value: Value<'_>, zones: Option<&[Zone]>) -> Option<usize> {
    let text = value.text()?;
    let Some(zones) = zones else { return Some(0) };
    zones.iter().position(|zone| zone.id == text).or_else(|| {
        let known: Vec<&str> = zones.iter().map(|zone| zone.id.as_str()).collect();
        value.reject(format!("there is no zone {}", quoted(&text)), hint(&text, &known))
    })
}

/// Refuses a second rule of one name.
fn doubled<'a, 't: 'a>(tables: impl Iterator<Item = &'a Table<'t>>, ids: impl Iterator<Item = &'a str>) -> Option<()> {
    let mut seen = BTreeSet::new();
    tables.zip(ids).try_for_each(|(table, id)| {
        if seen.insert(id) {
            return Some(());
        }
        table.reject(format!("a second rule `{id}`"), "give each rule a name of its own: incidents name it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
schema = "entente.rules/1"

[[zone]]
id = "west"
name = "The west coast"
polygons = ["41,138 43,138 43,140 41,140 41,138"]
codes = ["jma:津波予報区=802"]

[[rule]]
id = "missile-west"
profile = "missile-warning/1"
zones = ["west"]
certainty = "Likely"
trigger = "missile-launch"
title = "A missile towards the west coast"
precedence = "FLASH"
"#;

    #[test]
    fn a_file_is_read() {
        let rules = parse(FILE).unwrap();
        let [rule] = rules.rules.as_slice() else { panic!() };
        assert_eq!((rule.zones.as_slice(), rule.certainty, rule.from.len()), ([0].as_slice(), Certainty::Likely, 0));
        assert_eq!(rules.zones[0].codes, [("jma:津波予報区".to_owned(), "802".to_owned())]);
    }

    #[test]
    fn problems_have_a_place() {
        for (old, new, says) in [
            (r#"zones = ["west"]"#, r#"zones = ["wset"]"#, "there is no zone `wset`"),
            ("41,138\"]", "41,139\"]", "not closed"),
            ("=802", "802", "is no code of an area"),
            ("FLASH", "flash", "unknown precedence `flash`"),
            ("missile-warning/1", "missile-warning/2", "unknown profile"),
            ("certainty", "certaincy", "unknown key `certaincy`"),
            ("trigger = \"missile-launch\"\n", "", "a rule needs `trigger`"),
            ("[[rule]]", "[[rules]]", "unknown key `rules`"),
            (
                "polygons = [\"41,138 43,138 43,140 41,140 41,138\"]\ncodes = [\"jma:津波予報区=802\"]",
                "",
                "the zone is nowhere",
            ),
        ] {
            assert!(FILE.contains(old), "{old}");
            let problems = parse(&FILE.replacen(old, new, 1)).unwrap_err();
            assert!(problems.iter().any(|problem| problem.message.contains(says)), "{new}: {problems:?}");
        }
        let open = FILE.replace("profile = \"missile-warning/1\"\nzones = [\"west\"]\n", "");
        assert!(parse(&open).unwrap_err()[0].message.contains("fires at every warning"));
        let twice =
            format!("{FILE}{}", FILE.split_once("[[rule]]").map(|(_, rule)| format!("[[rule]]{rule}")).unwrap());
        assert!(parse(&twice).unwrap_err()[0].message.contains("a second rule"));
    }
}
