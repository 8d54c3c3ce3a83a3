//! What became of a collection that was followed, in words and as JSON.

use std::{collections::BTreeMap, io::Write};

use serde::Serialize;

use super::Args;
use crate::{columns::printable, console::Console, failure::Failure};

/// How many objects that were not taken are told one by one.
const TOLD: usize = 100;
/// How many markings that nobody here can read are told one by one, and how much of each, in characters.
const UNREAD: (usize, usize) = (1_000, 200);

/// What became of one collection; one line of what `--json` prints.
#[derive(Default, Serialize)]
pub(super) struct Pulled {
    pub(super) collection: String,
    pub(super) title: String,
    pub(super) pages: usize,
    pub(super) objects: usize,
    pub(super) entered: usize,
    /// What was here already.
    pub(super) known: usize,
    /// How many objects bear each label.
    pub(super) labels: BTreeMap<String, usize>,
    /// Markings that nobody here can read, which count as TLP:RED.
    pub(super) unread: BTreeMap<String, Unread>,
    /// How often there was one that is not told.
    pub(super) more_unread: usize,
    /// How many objects bore no marking.
    pub(super) unmarked: usize,
    /// How many are not valid; they enter, and are in no collection here.
    pub(super) invalid: usize,
    pub(super) refused: Vec<Refused>,
    /// How many more were refused than are told.
    pub(super) more_refused: usize,
    /// From when on it looks next.
    pub(super) after: Option<String>,
    /// Why it stopped before the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stopped: Option<String>,
}

#[derive(Default, Serialize)]
pub(super) struct Unread {
    pub(super) objects: usize,
    pub(super) why: String,
}

#[derive(Serialize)]
pub(super) struct Refused {
    id: String,
    why: String,
}

impl Pulled {
    pub(super) fn cannot_read(&mut self, marking: &str, why: String) {
        let marking: String = marking.chars().take(UNREAD.1).collect();
        if self.unread.len() >= UNREAD.0 && !self.unread.contains_key(&marking) {
            self.more_unread += 1;
            return;
        }
        let unread = self.unread.entry(marking).or_default();
        (unread.objects, unread.why) = (unread.objects + 1, why);
    }

    pub(super) fn refuse(&mut self, id: &str, why: impl Into<String>) {
        if self.refused.len() < TOLD {
            self.refused.push(Refused { id: id.to_owned(), why: why.into() });
        } else {
            self.more_refused += 1;
        }
    }
}

pub(super) fn show(args: &Args, pulled: &Pulled, console: &mut Console) -> Result<(), Failure> {
    if args.json {
        return console.json(pulled);
    }
    let Pulled { title, pages, objects, entered, known, .. } = pulled;
    let would = if args.dry_run { "would be read" } else { "read" };
    writeln!(console, "{} ({})", printable(title), printable(&pulled.collection))?;
    writeln!(console, "  {objects} objects {would} in {pages} pages: {entered} entered, {known} here already")?;
    for (label, objects) in &pulled.labels {
        writeln!(console, "  {label}: {objects}")?;
    }
    if pulled.unmarked > 0 {
        let label = args.label.as_deref().unwrap_or("TLP:RED, for want of --label");
        writeln!(console, "  without a marking: {}, as {label}", pulled.unmarked)?;
    }
    for (marking, unread) in &pulled.unread {
        let line =
            format!("  not read: {marking} of {} objects: {}; they count as TLP:RED", unread.objects, unread.why);
        writeln!(console, "{}", printable(&line))?;
    }
    if pulled.more_unread > 0 {
        writeln!(console, "  not read: others, {} times", pulled.more_unread)?;
    }
    if pulled.invalid > 0 {
        writeln!(console, "  not valid: {}; they are records, and in no collection here", pulled.invalid)?;
    }
    for refused in &pulled.refused {
        writeln!(console, "  not taken: {}", printable(&format!("{}: {}", refused.id, refused.why)))?;
    }
    if pulled.more_refused > 0 {
        writeln!(console, "  and {} more", pulled.more_refused)?;
    }
    if let Some(after) = &pulled.after {
        writeln!(console, "  next time from {after}")?;
    }
    Ok(())
}
