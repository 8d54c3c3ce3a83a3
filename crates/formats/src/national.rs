//! National rules, `entente.national/1`: what a party delegates, what it forbids, and which agreement it prefers.
//!
//! The same care as for agreement files: every problem with its place. The key type is
//! [`National`].

use entente_core::national::{Delegation, National, Restriction};

use crate::{
    Problem,
    agreement::{
        reader::{self, Table},
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
        table.only(&["schema", "party", "prefer", "delegation", "restriction"]);
        let party = table.required("party", r#""JPN""#, party);
        let prefer = table.optional("prefer", |value| value.list(agreement_id));
        let delegations = rules(table, "delegation", "a delegation", delegation);
        let restrictions = rules(table, "restriction", "a restriction", restriction);
        Some(National {
            party: party?,
            prefer: prefer?.unwrap_or_default(),
            delegations: delegations?,
            restrictions: restrictions?,
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
    document(&entries([
        ("schema", Some(Tree::text(SCHEMA))),
        ("party", Some(Tree::text(&national.party))),
        ("prefer", Some(Tree::texts(&national.prefer))),
        ("delegation", Some(Tree::List(delegations.collect()))),
        ("restriction", Some(Tree::List(restrictions.collect()))),
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
