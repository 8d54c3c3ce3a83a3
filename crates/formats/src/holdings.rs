//! Holdings: what parties hold, one record a line: `{"holder":"JPN","record":{…}}`, the record as in a request line.
//!
//! Millions of lines differ in little but the name of their record. A line that is like an earlier one but for that name
//! is of the same class, and is not read a second time.

use std::{borrow::Cow, collections::HashMap};

use entente_core::{
    Party, Record,
    whatif::{ClassId, Holdings},
    world::World,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::request::{LineError, RecordLine, limits, record_of};

/// How many lines are remembered as they were written.
const MAX_FORMS: usize = 1 << 18;

/// Reads holdings, a line at a time.
#[derive(Debug)]
pub struct HoldingsReader<'a> {
    world: &'a World<'a>,
    holdings: Holdings,
    /// Lines without the name of their record, with their holder and class.
    forms: HashMap<Box<str>, (Party, ClassId)>,
    /// Room for one of them.
    form: String,
    /// The record of the line read last, when no line before was like it.
    new: Option<Record>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoldingLine<'a> {
    #[serde(borrow)]
    holder: Cow<'a, str>,
    #[serde(borrow)]
    record: &'a RawValue,
}

/// The name of a record alone.
#[derive(Deserialize)]
struct Name<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
}

impl<'a> HoldingsReader<'a> {
    /// Nothing held yet. Parties and agreements that lines name have to be known to `world`.
    pub fn new(world: &'a World<'a>) -> Self {
        Self { world, holdings: Holdings::default(), forms: HashMap::new(), form: String::new(), new: None }
    }

    /// Adds the record of one line.
    ///
    /// # Errors
    /// What is wrong with the line; then nothing was added.
    pub fn read(&mut self, text: &str) -> Result<(), LineError> {
        if text.len() > limits::MAX_LINE {
            return Err(limits::too_long());
        }
        self.new = None;
        let line: HoldingLine<'_> = from_json(text)?;
        let record = line.record.get();
        let name: Name<'_> = in_record(from_json(record))?;
        let id: Cow<'_, str> = in_record(from_json(name.id.get()))?;
        self.write_form(&line.holder, record, name.id.get());
        let added = match self.forms.get(&*self.form) {
            Some((holder, class)) => self.holdings.add_to(holder, *class, &id),
            None => self.read_whole(&line.holder, record)?,
        };
        added.map(|_| ()).ok_or_else(|| LineError::Shape("no more records fit into one comparison".to_owned()))
    }

    /// The record of the line read last, unless an earlier line was like it: who looks at these has looked at all.
    pub fn new_record(&self) -> Option<&Record> {
        self.new.as_ref()
    }

    /// What was read.
    pub fn finish(self) -> Holdings {
        self.holdings
    }

    fn read_whole(&mut self, holder: &str, text: &str) -> Result<Option<ClassId>, LineError> {
        let holder = self.known_holder(holder)?;
        let line: RecordLine = in_record(from_json(text))?;
        let record = record_of(&line, self.world)?;
        let class = self.holdings.add(&holder, &record);
        // A record with sources or versions is read whole: whether it clashes with one of them depends on its name.
        if let Some(class) = class
            && record.derived_from.is_empty()
            && record.versions.is_empty()
            && self.forms.len() < MAX_FORMS
        {
            self.forms.insert(self.form.as_str().into(), (holder, class));
        }
        self.new = Some(record);
        Ok(class)
    }

    fn known_holder(&self, code: &str) -> Result<Party, LineError> {
        let holder = Party::from(code);
        if self.world.knows(&holder) { Ok(holder) } else { Err(crate::request::unknown_party("holder", code)) }
    }

    /// The line without the name: `id` is a piece of `record`.
    fn write_form(&mut self, holder: &str, record: &str, id: &str) {
        let start = (id.as_ptr() as usize).saturating_sub(record.as_ptr() as usize);
        let (before, after) = (record.get(..start), record.get(start + id.len()..));
        self.form.clear();
        // JSON has no such character, so nothing else looks the same.
        for piece in [holder, "\0", before.unwrap_or(record), "\0", after.unwrap_or_default()] {
            self.form.push_str(piece);
        }
    }
}

fn from_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, LineError> {
    serde_json::from_str(text).map_err(|error| LineError::Shape(error.to_string()))
}

/// The same error, as it concerns the record: its columns count from the record's start.
fn in_record<T>(result: Result<T, LineError>) -> Result<T, LineError> {
    result.map_err(|error| LineError::Field { field: "record".to_owned(), message: error.to_string() })
}
