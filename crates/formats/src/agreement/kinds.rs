//! The closed vocabulary of clauses as the file spells it: one [`Shape`] a kind, with its fields and how to read them.
//!
//! What a kind means for a decision is in `entente-core`; nothing here weighs a clause.

use std::collections::BTreeSet;

use entente_core::{
    Party, Purpose,
    agreement::{
        Kind,
        clause::{Access, AllowedPurpose, Audience, Exempts, Mark, Notifier, RetentionAction, RetentionEvent, Row},
    },
};

use super::{
    reader::{Table, Value, hint, quoted},
    words::{actions, deadline, event, level, member, party, period, prose, set, word},
};
use crate::party::is_party_code;

/// A kind of clause in a file.
pub(super) struct Shape {
    /// The kind, as [`Kind::name`] says it.
    pub(super) name: &'static str,
    /// The fields of this kind, besides those of every clause.
    pub(super) fields: &'static [&'static str],
    /// Whether a political text may contain it, as [`Kind::is_political`] says it. Known here by name, so that a
    /// clause with a broken field is still told that it has no place there.
    pub(super) political: bool,
    /// Reads the fields; the parties are empty when they are not known.
    pub(super) read: fn(&Table<'_>, &[Party]) -> Option<Kind>,
}

const fn shape(
    name: &'static str,
    fields: &'static [&'static str],
    political: bool,
    read: fn(&Table<'_>, &[Party]) -> Option<Kind>,
) -> Shape {
    Shape { name, fields, political, read }
}

/// All kinds, in the order of the specification.
pub(super) static SHAPES: [Shape; 15] = [
    shape("scope", &["subjects", "pairs"], false, scope),
    shape("equivalence", &["ceiling", "rows"], false, equivalence),
    shape("third-party", &["blocks", "exempts", "label_counts_as_approval"], false, third_party),
    shape("purpose", &["allowed"], false, purpose),
    shape("transmission", &["channels"], false, transmission),
    shape("marking", &["mark"], false, marking),
    shape("access", &["requires"], false, access),
    shape("retention", &["on", "action", "within"], false, retention),
    shape("notify", &["event", "by", "when", "within"], false, notify),
    shape("contractor", &["allowed", "conditions"], false, contractor),
    shape("consult", &["triggers", "when", "within"], true, consult),
    shape("meet", &["body", "every", "level"], true, meet),
    shape("commit", &["owner", "what", "due"], true, commit),
    shape("transparency", &["to", "what", "when"], true, transparency),
    shape("no-duty-to-share", &[], true, |_, _| Some(Kind::NoDutyToShare)),
];

fn scope(table: &Table<'_>, parties: &[Party]) -> Option<Kind> {
    let subjects = table.required("subjects", r#"["dprk-missile"]"#, |value| set(value, word));
    let pairs = table.optional("pairs", |value| pairs(value, parties));
    Some(Kind::Scope { subjects: subjects?, pairs: pairs? })
}

fn equivalence(table: &Table<'_>, parties: &[Party]) -> Option<Kind> {
    let ceiling = table.required("ceiling", r#""SECRET""#, level);
    let rows = table.required("rows", r#"[{ level = "SECRET", JPN = ["極秘"] }]"#, |value| rows(value, parties));
    Some(Kind::Equivalence { ceiling: ceiling?, rows: rows? })
}

fn third_party(table: &Table<'_>, _: &[Party]) -> Option<Kind> {
    let blocks = table.required("blocks", r#"["release", "display"]"#, actions);
    let exempts = table
        .optional("exempts", |value| value.one_of("exemption", &[Exempts::Parties, Exempts::None], Exempts::as_str));
    let label_counts = table.optional("label_counts_as_approval", Value::boolean);
    Some(Kind::ThirdParty {
        blocks: blocks?,
        exempts: exempts?.unwrap_or_default(),
        label_counts_as_approval: label_counts?.unwrap_or_default(),
    })
}

fn purpose(table: &Table<'_>, _: &[Party]) -> Option<Kind> {
    let allowed = table.required("allowed", r#""as-provided""#, allowed_purpose)?;
    Some(Kind::Purpose { allowed })
}

fn transmission(table: &Table<'_>, _: &[Party]) -> Option<Kind> {
    let example = r#"["government-to-government"]"#;
    let channels = table.required("channels", example, |value| value.filled_list(word))?;
    Some(Kind::Transmission { channels })
}

fn marking(table: &Table<'_>, _: &[Party]) -> Option<Kind> {
    let mark = table.required("mark", r#""equivalent""#, |value| value.one_of("mark", Mark::ALL, Mark::as_str))?;
    Some(Kind::Marking { mark })
}

fn access(table: &Table<'_>, _: &[Party]) -> Option<Kind> {
    let requires = table.required("requires", r#"["clearance"]"#, |value| {
        value.filled_list(|item| item.one_of("requirement", Access::ALL, Access::as_str))
    })?;
    Some(Kind::Access { requires })
}

fn retention(table: &Table<'_>, _: &[Party]) -> Option<Kind> {
    let on = table.required("on", r#""purpose-ended""#, |value| {
        value.one_of("retention event", RetentionEvent::ALL, RetentionEvent::as_str)
    });
    let action = table.required("action", r#""destroy""#, |value| {
        value.one_of("retention action", RetentionAction::ALL, RetentionAction::as_str)
    });
    let within = table.optional("within", deadline);
    Some(Kind::Retention { on: on?, action: action?, within: within? })
}

fn notify(table: &Table<'_>, _: &[Party]) -> Option<Kind> {
    let event = table.required("event", r#""loss-or-compromise""#, event);
    let by = table.required("by", r#""recipient""#, |value| value.one_of("notifier", Notifier::ALL, Notifier::as_str));
    let when = table.required("when", r#""immediately""#, prose);
    let within = table.optional("within", deadline);
    Some(Kind::Notify { event: event?, by: by?, when: when?, within: within? })
}

fn contractor(table: &Table<'_>, _: &[Party]) -> Option<Kind> {
    let allowed = table.required("allowed", "true", Value::boolean);
    let conditions = table.optional("conditions", prose);
    Some(Kind::Contractor { allowed: allowed?, conditions: conditions? })
}

fn consult(table: &Table<'_>, _: &[Party]) -> Option<Kind> {
    let triggers = table.required("triggers", r#"["missile-launch"]"#, |value| value.filled_list(event));
    let when = table.required("when", r#""in an expeditious manner""#, prose);
    let within = table.optional("within", deadline);
    Some(Kind::Consult { triggers: triggers?, when: when?, within: within? })
}

fn meet(table: &Table<'_>, _: &[Party]) -> Option<Kind> {
    let body = table.required("body", r#""defence ministers""#, prose);
    let every = table.required("every", r#""1y""#, period);
    let level = table.optional("level", prose);
    Some(Kind::Meet { body: body?, every: every?, level: level? })
}

fn commit(table: &Table<'_>, parties: &[Party]) -> Option<Kind> {
    let owner = table.required("owner", r#""JPN""#, |value| member(value, parties));
    let what = table.required("what", r#""…""#, prose);
    let due = table.optional("due", Value::date);
    Some(Kind::Commit { owner: owner?, what: what?, due: due? })
}

fn transparency(table: &Table<'_>, _: &[Party]) -> Option<Kind> {
    let to = table.required("to", r#""public""#, audience);
    let what = table.required("what", r#""…""#, prose);
    let when = table.required("when", r#""each year""#, prose);
    Some(Kind::Transparency { to: to?, what: what?, when: when? })
}

fn pairs(value: Value<'_>, parties: &[Party]) -> Option<Vec<(Party, Party)>> {
    let pairs = value.filled_list(|item| {
        let (from, to) = item.pair(|code| member(code, parties))?;
        if from == to {
            return item.reject(format!("`{from}` stands with itself"), "a pair is from one party to another");
        }
        Some((item, (from, to)))
    })?;
    let mut seen = BTreeSet::new();
    let distinct = pairs.into_iter().map(|(item, pair)| {
        if seen.insert(pair.clone()) {
            return Some(pair);
        }
        let message = format!("the pair from `{}` to `{}` is listed twice", pair.0, pair.1);
        item.reject(message, "keep one of them; the other direction is a pair of its own")
    });
    distinct.collect::<Vec<_>>().into_iter().collect()
}

fn rows(value: Value<'_>, parties: &[Party]) -> Option<Vec<Row>> {
    let rows = value.filled_list(|item| Some((item, row(&item.table("a row")?, parties)?)))?;
    let mut levels = BTreeSet::new();
    let mut terms = BTreeSet::new();
    let distinct = rows.into_iter().map(|(item, row)| {
        let fresh = levels.insert(row.level);
        if !fresh {
            let message = format!("a second row for `{}`", row.level);
            item.reject::<()>(message, "put all terms of a level into one row");
        }
        // A term in two rows would have two levels.
        let doubled = row.terms.iter().find_map(|(party, names)| {
            let name = names.iter().find(|name| !terms.insert((party.clone(), (*name).clone())))?;
            item.reject::<()>(format!("{} of `{party}` is in two rows", quoted(name)), "a term has one level");
            Some(())
        });
        (fresh && doubled.is_none()).then_some(row)
    });
    distinct.collect::<Vec<_>>().into_iter().collect()
}

fn row(table: &Table<'_>, parties: &[Party]) -> Option<Row> {
    let level = table.required("level", r#""SECRET""#, level);
    let known: Vec<&str> = std::iter::once("level").chain(parties.iter().map(Party::as_str)).collect();
    let entries = table.entries().filter(|(key, ..)| *key != "level").map(|(key, at, value)| {
        if !is_party_code(key) {
            let message = format!("{} is neither `level` nor the code of a party", quoted(key));
            return table.reject_key(at, message, hint(key, &known));
        }
        if !parties.is_empty() && !parties.iter().any(|party| party.as_str() == key) {
            return table.reject_key(at, format!("`{key}` is not a party of this agreement"), hint(key, &known));
        }
        Some((Party::from(key), value.filled_list(prose)?))
    });
    let terms: Option<Vec<_>> = entries.collect::<Vec<_>>().into_iter().collect();
    Some(Row { level: level?, terms: terms? })
}

fn allowed_purpose(value: Value<'_>) -> Option<AllowedPurpose> {
    const AS_PROVIDED: &str = "as-provided";
    if let Some(text) = value.as_text() {
        if text == AS_PROVIDED {
            return Some(AllowedPurpose::AsProvided);
        }
        let help = format!("write `\"{AS_PROVIDED}\"`, or a list of purposes such as `[\"missile-warning\"]`");
        return value.reject(format!("{} is not what a purpose clause allows", quoted(text)), help);
    }
    let purposes = value.filled_list(|item| match item.as_text() {
        Some(AS_PROVIDED) => item.reject(
            format!("`{AS_PROVIDED}` is not one purpose among others"),
            format!("write `allowed = \"{AS_PROVIDED}\"`, or only purposes"),
        ),
        _ => word::<Purpose>(item),
    })?;
    Some(AllowedPurpose::Of(purposes))
}

fn audience(value: Value<'_>) -> Option<Audience> {
    match value.as_text() {
        Some("public") => Some(Audience::Public),
        Some(text) => {
            value.reject(format!("{} is no audience", quoted(text)), "write `\"public\"`, or a list of parties")
        }
        None => value.filled_list(party).map(Audience::Parties),
    }
}
