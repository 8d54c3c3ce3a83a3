//! One `[[clause]]`: what every clause has, and the checks that need the instrument around it.
//!
//! The fields of each kind are in [`super::kinds`]. The key type is [`Context`]: what a clause must know of its
//! instrument.

use entente_core::{
    Party,
    agreement::{Basis, Clause, Force},
};

use super::{
    kinds::{SHAPES, Shape},
    reader::{Table, Value, hint, quoted},
    words::{clause_id, prose},
};

/// The keys that every clause may have.
pub(super) const COMMON: [&str; 5] = ["id", "kind", "title", "note", "basis"];

/// What a clause must know of its instrument.
pub(super) struct Context<'a> {
    /// The force, when it could be read.
    pub(super) force: Option<Force>,
    /// The parties; empty when they could not be read, and then no code is checked against them.
    pub(super) parties: &'a [Party],
}

/// Reads one clause.
pub(super) fn read(table: Table<'_>, context: &Context<'_>) -> Option<Clause> {
    let id = table.required("id", "\"6.a\"", clause_id);
    let title = table.optional("title", prose);
    let note = table.optional("note", prose);
    let basis = table.optional("basis", |value| {
        value.one_of("basis", &[Basis::Text, Basis::Summary, Basis::Assumed], Basis::as_str)
    });
    let (shape, permitted) = table.required("kind", "\"third-party\"", |value| {
        let shape = shape(value)?;
        let cited = id.as_ref().map_or_else(|| "this clause".into(), |id| format!("clause `{id}`"));
        Some((shape, permitted(value, shape, &cited, context.force)))
    })?;
    let table = table.called(named(shape));
    check_keys(&table, shape);
    let kind = (shape.read)(&table, context.parties);
    permitted?;
    Some(Clause { id: id?, title: title?, note: note?, basis: basis?.unwrap_or_default(), kind: kind? })
}

fn shape(value: Value<'_>) -> Option<&'static Shape> {
    let name = value.text()?;
    let names: Vec<&str> = SHAPES.iter().map(|shape| shape.name).collect();
    let found = SHAPES.iter().find(|shape| shape.name == name);
    found.or_else(|| value.reject(format!("unknown clause kind {}", quoted(&name)), hint(&name, &names)))
}

/// A political text changes no verdict, so it may not contain what would.
fn permitted(value: Value<'_>, shape: &Shape, cited: &str, force: Option<Force>) -> Option<()> {
    if force != Some(Force::Political) || shape.political {
        return Some(());
    }
    let message = format!("{cited} is `{}`, which a political text cannot contain", shape.name);
    let names = list(SHAPES.iter().filter(|shape| shape.political).map(|shape| shape.name));
    value.reject(message, format!("a text with `force = \"political\"` may contain only {names}"))
}

fn check_keys(table: &Table<'_>, shape: &Shape) {
    let known: Vec<&str> = COMMON.iter().chain(shape.fields).copied().collect();
    table.only_or(&known, |key| {
        let owners = list(SHAPES.iter().filter(|other| other.fields.contains(&key)).map(|other| other.name));
        let fields = match shape.fields {
            [] => "none".into(),
            fields => list(fields.iter().copied()),
        };
        let message = format!("`{key}` is not a field of {}", named(shape));
        (!owners.is_empty()).then(|| (message, format!("it belongs to {owners}; own fields here: {fields}")))
    });
}

/// The kind with its article: `an \`access\` clause`.
fn named(shape: &Shape) -> String {
    let article = if shape.name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} `{}` clause", shape.name)
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
