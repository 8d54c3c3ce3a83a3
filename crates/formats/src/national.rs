//! National rules, `entente.national/1`: what a party delegates, what it forbids, and which agreement it prefers.
//!
//! The same care as for agreement files: every problem with its place. The key type is
//! [`National`].

use entente_core::national::{Confirmation, Delegation, Emergency, National, Restriction};

use crate::{
    Problem,
    agreement::{
        reader::{self, Table, Value},
        tree::{Tree, document},
        words::{actions, agreement_id, level, party, prose, set, word},
        write::{self, entries},
    },
};

/// The schema of a file of national rules.
const SCHEMA: &str = "entente.national/1";

const MAXIMUM_RULES: usize = 1000;

/// Reads the rules of one party.
///
/// # Errors
///
/// All problems of the text (at most a hundred), in the order of their places.
pub fn parse(text: &str) -> Result<National, Vec<Problem>> {
    reader::read(text, SCHEMA, |table| {
        table.only(&["schema", "party", "prefer", "delegation", "restriction", "confirmation", "emergency"]);
        let party = table.required("party", r#""JPN""#, party);
        let prefer = table.optional("prefer", |value| value.list(agreement_id));
        let delegations = rules(table, "delegation", "a delegation", delegation);
        let restrictions = rules(table, "restriction", "a restriction", restriction);
        let confirmations = rules(table, "confirmation", "a confirmation", confirmation);
        let emergencies = rules(table, "emergency", "an emergency", emergency);
        Some(National {
            party: party?,
            prefer: prefer?.unwrap_or_default(),
            delegations: delegations?,
            restrictions: restrictions?,
            confirmations: confirmations?,
            emergencies: emergencies?,
        })
    })
}

/// The file of a party's rules. [`parse`] reads it back as the same rules.
pub fn write(national: &National) -> String {
    let delegations = national.delegations.iter().map(|delegation| {
        Tree::Table(entries([
            ("subjects", Some(write::set(&delegation.subjects))),
            ("to", Some(write::set(&delegation.to))),
            ("max", Some(Tree::text(delegation.max))),
            ("actions", Some(Tree::texts(delegation.actions.iter().map(|action| action.as_str())))),
        ]))
    });
    let restrictions = national.restrictions.iter().map(|restriction| {
        Tree::Table(entries([
            ("subjects", Some(write::set(&restriction.subjects))),
            ("to", Some(write::set(&restriction.to))),
            ("reason", Some(Tree::text(&restriction.reason))),
        ]))
    });
    let confirmations = national.confirmations.iter().map(|confirmation| {
        Tree::Table(entries([
            ("subjects", Some(write::set(&confirmation.subjects))),
            ("to", Some(write::set(&confirmation.to))),
            ("min", Some(Tree::text(confirmation.min))),
        ]))
    });
    let emergencies = national.emergencies.iter().map(|emergency| {
        Tree::Table(entries([
            ("subjects", Some(write::set(&emergency.subjects))),
            ("to", Some(write::set(&emergency.to))),
            ("max", Some(Tree::text(emergency.max))),
            ("report_hours", Some(Tree::text(emergency.report_hours))),
        ]))
    });
    // Left out where there is none: what was written before there were such rules stays as it is, with its digest.
    let some = |rules: Vec<Tree>| (!rules.is_empty()).then_some(Tree::List(rules));
    document(&entries([
        ("schema", Some(Tree::text(SCHEMA))),
        ("party", Some(Tree::text(&national.party))),
        ("prefer", Some(Tree::texts(&national.prefer))),
        ("delegation", Some(Tree::List(delegations.collect()))),
        ("restriction", Some(Tree::List(restrictions.collect()))),
        ("confirmation", some(confirmations.collect())),
        ("emergency", some(emergencies.collect())),
    ]))
}

fn rules<T>(
    table: &Table<'_>,
    key: &'static str,
    what: &'static str,
    read: impl Fn(&Table<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let tables = table.tables(key, what, MAXIMUM_RULES)?;
    tables.iter().map(read).collect::<Vec<_>>().into_iter().collect()
}

fn delegation(table: &Table<'_>) -> Option<Delegation> {
    table.only(&["subjects", "to", "max", "actions"]);
    let subjects = table.required("subjects", r#"["dprk-missile"]"#, |value| set(value, word));
    let to = table.required("to", r#"["KOR"]"#, |value| set(value, party));
    let max = table.required("max", r#""SECRET""#, level);
    let actions = table.required("actions", r#"["release"]"#, actions);
    Some(Delegation { subjects: subjects?, to: to?, max: max?, actions: actions? })
}

fn restriction(table: &Table<'_>) -> Option<Restriction> {
    table.only(&["subjects", "to", "reason"]);
    let subjects = table.required("subjects", r#"["imagery-sources"]"#, |value| set(value, word));
    let to = table.required("to", r#"["*"]"#, |value| set(value, party));
    let reason = table.required("reason", r#""…""#, prose);
    Some(Restriction { subjects: subjects?, to: to?, reason: reason? })
}

fn confirmation(table: &Table<'_>) -> Option<Confirmation> {
    table.only(&["subjects", "to", "min"]);
    let subjects = table.required("subjects", r#"["*"]"#, |value| set(value, word));
    let to = table.required("to", r#"["*"]"#, |value| set(value, party));
    let min = table.required("min", r#""SECRET""#, level);
    Some(Confirmation { subjects: subjects?, to: to?, min: min? })
}

fn emergency(table: &Table<'_>) -> Option<Emergency> {
    table.only(&["subjects", "to", "max", "report_hours"]);
    let subjects = table.required("subjects", r#"["dprk-missile"]"#, |value| set(value, word));
    let to = table.required("to", r#"["KOR"]"#, |value| set(value, party));
    let max = table.required("max", r#""SECRET""#, level);
    let report_hours = table.required("report_hours", r#""24""#, hours);
    Some(Emergency { subjects: subjects?, to: to?, max: max?, report_hours: report_hours? })
}

/// A number of hours, at most a year.
fn hours(value: Value<'_>) -> Option<u32> {
    let text = value.text()?;
    match text.parse() {
        Ok(hours @ 1..=8784) => Some(hours),
        _ => value.reject(format!("`{text}` is no number of hours from 1 to 8784"), "such as `\"24\"`"),
    }
}
