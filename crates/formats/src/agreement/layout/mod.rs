//! One layout for agreement files: the order of keys, one line each, one way to write a value. What the file says, and
//! every comment in it, stays.
//!
//! The layout prints the tree of the file itself: it adds no key that the file leaves out, and weighs nothing. Where
//! comments go is in [`comments`], how a line looks in [`print`]. The rules are in `docs/spec/agreements.md`.

mod comments;
mod print;

use toml::de::{DeTable, DeValue};

use self::{comments::Comments, print::Printer};
use super::{
    clause::COMMON,
    instrument::{ACT_KEYS, DURATION_KEYS, KEYS, SURVIVAL_KEYS},
    kinds::SHAPES,
    parse,
    reader::MAXIMUM_BYTES,
};
use crate::Problem;

/// The agreement file `text` in the one layout. The instrument, its hash, the acts and the comments are those of `text`:
/// the result is read again before it is given back.
///
/// # Errors
///
/// All problems of the text, as [`parse`] has them; or that the result would be longer than a file may be.
pub fn format(text: &str) -> Result<String, Vec<Problem>> {
    let agreement = parse(text)?;
    let (tree, _) = DeTable::parse_recoverable(text);
    let laid_out = Printer::new(text, tree.get_ref()).print(tree.get_ref());
    if laid_out.len() > MAXIMUM_BYTES {
        let help = format!("it would have {} bytes; split it, or shorten its notes", laid_out.len());
        return Err(vec![Problem::new("laid out, the file would be longer than 1 MiB", 0..0).help(help)]);
    }
    if parse(&laid_out).as_ref() == Ok(&agreement) && Comments::texts(&laid_out) == Comments::texts(text) {
        return Ok(laid_out);
    }
    let help = "the fault is in this program, not in the file; leave the file as it is";
    Err(vec![Problem::new("laid out, the file would not say the same", 0..0).help(help)])
}

/// The keys of the tables that stand under `section`, in the order in which a file has them.
fn order(section: &str, table: &DeTable<'_>) -> Vec<&'static str> {
    match section {
        "act" => ACT_KEYS.to_vec(),
        "duration" => DURATION_KEYS.to_vec(),
        "survival" => SURVIVAL_KEYS.to_vec(),
        "clause" => {
            let kind = table.get("kind").and_then(|kind| kind.get_ref().as_str());
            let shape = SHAPES.iter().find(|shape| Some(shape.name) == kind);
            COMMON.iter().chain(shape.map_or(&[][..], |shape| shape.fields)).copied().collect()
        }
        _ => KEYS.to_vec(),
    }
}

/// Whether the root key of this value is written as tables with headers.
fn is_section(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::Table(_) => true,
        DeValue::Array(items) => items.iter().any(|item| item.get_ref().is_table()),
        _ => false,
    }
}
