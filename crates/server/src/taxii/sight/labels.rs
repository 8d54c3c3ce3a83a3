//! What the markings of an object say, for who may have it: it is handled under them.

use entente_core::Label;
use entente_formats::stix::{
    index::{self, Entry},
    marking::{Meaning, Restriction},
};
use entente_store::taxii::EntryRow;

use super::{Fault, MARKINGS, Sight};

/// A marking of an object that the caller may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::taxii) struct Marked {
    /// The definition's identifier.
    pub(in crate::taxii) id: String,
    /// What of the object it marks; nothing where it is the whole.
    pub(in crate::taxii) selectors: Vec<String>,
    /// What it means on objects of that originator: all of it holds.
    pub(in crate::taxii) meanings: Vec<Meaning>,
}

impl Sight<'_> {
    /// The text that the caller is given of an object that is shown; nothing where it is destroyed.
    pub(in crate::taxii) fn text(&mut self, row: &EntryRow) -> Result<Option<String>, Fault> {
        self.with_text(row, str::to_owned)
    }

    /// The labels that an object bears besides that of its record: of the whole, and of what of its parts the caller is given.
    pub(in crate::taxii) fn own_labels(&mut self, row: &EntryRow) -> Result<Vec<Label>, Fault> {
        let Some(record) = self.record(row.record)? else { return Ok(Vec::new()) };
        let whole = self.labels(&record.originator, row.marks)?;
        if !row.is_granular {
            return Ok(whole.to_vec());
        }
        let text = self.text(row)?;
        let Some(entry) = text.as_deref().and_then(|text| index::read(text).ok()) else { return Ok(whole.to_vec()) };
        let marked = self.markings(row, &entry)?;
        let meanings = marked.into_iter().flat_map(|marked| marked.meanings);
        let all = meanings.fold(Restriction::default(), |all, one| all.join(Restriction::of(one)));
        Ok(all.labels().to_vec())
    }

    /// What each marking in a text means that the caller is given of an object.
    pub(in crate::taxii) fn markings(&mut self, row: &EntryRow, entry: &Entry<'_>) -> Result<Vec<Marked>, Fault> {
        let Some(record) = self.record(row.record)? else { return Ok(Vec::new()) };
        let whole = entry.markings.iter().map(|id| (id.to_string(), Vec::new()));
        let parts = entry.granular.iter().filter_map(|granular| {
            let selectors = granular.selectors.iter().map(ToString::to_string).collect();
            Some((granular.marking.as_ref()?.to_string(), selectors))
        });
        let all: Vec<(String, Vec<String>)> = whole.chain(parts).take(MARKINGS).collect();
        let mut marked = Vec::with_capacity(all.len());
        for (id, selectors) in all {
            let meanings = self.meanings(&record.originator, &id)?;
            marked.push(Marked { id, selectors, meanings });
        }
        Ok(marked)
    }
}
