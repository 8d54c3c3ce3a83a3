//! How the wording of two texts differs, clause by clause. What the difference means for anybody is for the judgement:
//! `entente_core::desk::compare`.
//!
//! Clauses are matched by what they say first, then by article and kind; a clause that says the same under another
//! article has moved. The key type is [`TextChanges`].

use entente_core::agreement::{Agreement, Clause};
use serde_json::Value;

use super::{
    tree::{Entries, Tree},
    write,
};

/// What differs between two texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextChanges {
    /// Head, duration and survival.
    pub fields: Vec<FieldChange>,
    /// Clauses, in the order of the second text; what it has no more stands at the end.
    pub clauses: Vec<ClauseChange>,
}

/// A field that differs, under its name in the file; `rows.SECRET.JPN` for the terms of a party in a row.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// The name.
    pub field: String,
    /// In the first text, as its canonical form has it; none when it is not there.
    pub before: Option<Value>,
    /// In the second.
    pub after: Option<Value>,
}

/// A clause that differs.
#[derive(Clone, Debug, PartialEq)]
pub enum ClauseChange {
    /// Only the second text has it.
    Added(Clause),
    /// Only the first text has it.
    Removed(Clause),
    /// It stands under another article, and says the same; title, note or basis may differ.
    Moved {
        /// In the first text.
        before: Clause,
        /// In the second.
        after: Clause,
        /// What else differs.
        fields: Vec<FieldChange>,
    },
    /// It stands under the same article and says something else.
    Changed {
        /// In the first text.
        before: Clause,
        /// In the second.
        after: Clause,
        /// What differs.
        fields: Vec<FieldChange>,
    },
}

/// How the wording of `after` differs from that of `before`. Acts are no wording.
pub fn compare(before: &Agreement, after: &Agreement) -> TextChanges {
    let mut old: Vec<Option<&Clause>> = before.clauses.iter().map(Some).collect();
    let mut matched: Vec<Option<&Clause>> = vec![None; after.clauses.len()];
    // The surest match first, for all clauses, so that none takes what is surely another's.
    let matches: [fn(&Clause, &Clause) -> bool; 4] = [
        |one, other| one == other,
        |one, other| one.id == other.id && one.kind == other.kind,
        |one, other| one.kind == other.kind,
        |one, other| one.id == other.id && one.kind.name() == other.kind.name(),
    ];
    for is_match in matches {
        for (clause, found) in after.clauses.iter().zip(&mut matched).filter(|(_, found)| found.is_none()) {
            let partner = old.iter_mut().find(|old| old.is_some_and(|old| is_match(old, clause)));
            *found = partner.and_then(Option::take);
        }
    }
    let mut clauses = Vec::new();
    for (clause, found) in after.clauses.iter().zip(matched) {
        let Some(earlier) = found else {
            clauses.push(ClauseChange::Added(clause.clone()));
            continue;
        };
        let mut fields = differing(&write::clause(earlier), &write::clause(clause));
        fields.retain(|change| change.field != "id");
        let (before, after) = (earlier.clone(), clause.clone());
        if before.id != after.id {
            clauses.push(ClauseChange::Moved { before, after, fields });
        } else if !fields.is_empty() {
            clauses.push(ClauseChange::Changed { before, after, fields });
        }
    }
    clauses.extend(old.into_iter().flatten().cloned().map(ClauseChange::Removed));
    TextChanges { fields: differing(&outside(before), &outside(after)), clauses }
}

/// The text but for its clauses, its lists of which the order means nothing in order.
fn outside(agreement: &Agreement) -> Tree {
    let mut bare = Agreement { clauses: Vec::new(), ..agreement.clone() };
    bare.parties.sort();
    bare.relies_on.sort();
    Tree::Table(write::head(&bare).into_iter().chain(write::body(&bare)).collect())
}

fn differing(before: &Tree, after: &Tree) -> Vec<FieldChange> {
    let (before, after) = (flat(before), flat(after));
    let names = before.iter().chain(after.iter().filter(|(name, _)| value(&before, name).is_none()));
    let changes = names.map(|(name, _)| FieldChange {
        field: name.clone(),
        before: value(&before, name).cloned(),
        after: value(&after, name).cloned(),
    });
    changes.filter(|change| change.before != change.after).collect()
}

fn value<'a>(flat: &'a [(String, Value)], name: &str) -> Option<&'a Value> {
    flat.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// The fields of a tree under their whole names.
fn flat(tree: &Tree) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    if let Tree::Table(entries) = tree {
        add_flat("", entries, &mut all);
    }
    all
}

fn add_flat(before: &str, entries: &Entries, all: &mut Vec<(String, Value)>) {
    for (key, tree) in entries {
        let name = format!("{before}{key}");
        match tree {
            Tree::Table(entries) => add_flat(&format!("{name}."), entries, all),
            // Rows are known by their level.
            Tree::List(rows) if rows.iter().any(|row| matches!(row, Tree::Table(_))) => {
                for row in rows {
                    let Tree::Table(entries) = row else { continue };
                    let level = entries.iter().find_map(|(key, level)| match level {
                        Tree::Text(level) if key == "level" => Some(level.as_str()),
                        _ => None,
                    });
                    add_flat(&format!("{name}.{}.", level.unwrap_or_default()), entries, all);
                }
            }
            other => all.extend(serde_json::from_str(&other.json()).ok().map(|value| (name, value))),
        }
    }
}
