//! A TOML tree read by hand, so that one pass finds every problem of a text and each has its place.
//!
//! It knows keys, types and limits, and nothing of agreements. The key types are [`Table`], here, and [`Value`]. Reading
//! anything yields `None` when a problem was reported; whoever reads several fields reads all of them before giving up.

use std::{borrow::Cow, cell::RefCell, ops::Range};

use toml::de::DeTable;

pub(crate) use super::value::Value;
use crate::problem::{Problem, suggestion};

pub(super) const MAXIMUM_BYTES: usize = 1 << 20;

/// Beyond this many problems a text is not worth a longer list; it also bounds the work that a hostile text can cause.
const MAXIMUM_PROBLEMS: usize = 100;

/// Longer words are no misspellings, and comparing them with every known word would be slow.
const MAXIMUM_COMPARED: usize = 64;

/// The problems found so far.
#[derive(Default)]
pub(crate) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    /// Adds a problem, unless there are too many already.
    pub(crate) fn add(&self, problem: Problem) {
        if !self.is_full() {
            self.0.borrow_mut().push(problem);
        }
    }

    /// Whether nothing more will be reported, so that nothing more need be read.
    pub(super) fn is_full(&self) -> bool {
        self.0.borrow().len() >= MAXIMUM_PROBLEMS
    }

    fn into_sorted(self) -> Vec<Problem> {
        let mut found = self.0.into_inner();
        found.sort_by_key(|problem| (problem.at.start, problem.at.end));
        found
    }
}

/// Reads `text`, whose `schema` key must be `schema`, by `root`.
pub(crate) fn read<T>(text: &str, schema: &str, root: impl FnOnce(&Table<'_>) -> Option<T>) -> Result<T, Vec<Problem>> {
    if text.len() > MAXIMUM_BYTES {
        let help = format!("it has {} bytes; split it, or shorten its notes", text.len());
        return Err(vec![Problem::new("the file is longer than 1 MiB", 0..0).help(help)]);
    }
    let problems = Problems::default();
    let (tree, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().unwrap_or(text.len()..text.len());
        problems.add(Problem::new(format!("not valid TOML: {}", error.message()), at));
    }
    // What the parser saved of a broken text would only raise problems that are not there.
    if !errors.is_empty() {
        return Err(problems.into_sorted());
    }
    let table = Table::new("the file", 0..0, tree.get_ref(), &problems);
    let value = if table.has_schema(schema) { root(&table) } else { None };
    let found = problems.into_sorted();
    match value {
        Some(value) if found.is_empty() => Ok(value),
        _ => Err(found),
    }
}

/// A table, with what it is called in messages.
pub(crate) struct Table<'t> {
    what: Cow<'static, str>,
    at: Range<usize>,
    entries: &'t DeTable<'t>,
    problems: &'t Problems,
}

impl<'t> Table<'t> {
    /// A table of the tree.
    pub(super) fn new(what: &'static str, at: Range<usize>, entries: &'t DeTable<'t>, problems: &'t Problems) -> Self {
        Self { what: Cow::Borrowed(what), at, entries, problems }
    }

    /// The same table under another name.
    #[must_use]
    pub(crate) fn called(mut self, what: impl Into<Cow<'static, str>>) -> Self {
        self.what = what.into();
        self
    }

    /// Reports a problem of the table as a whole, at its header, or all of an inline table.
    pub(crate) fn reject<T>(&self, message: impl Into<String>, help: impl Into<String>) -> Option<T> {
        self.problems.add(Problem::new(message, self.at.clone()).help(help));
        None
    }

    /// Reports a problem of one key.
    pub(crate) fn reject_key<T>(&self, at: Range<usize>, message: String, help: String) -> Option<T> {
        self.problems.add(Problem::new(message, at).help(help));
        None
    }

    /// The value of `key`, if there is one.
    pub(crate) fn get(&self, key: &'static str) -> Option<Value<'t>> {
        self.entries.get(key).map(|tree| Value::new(key, tree, self.problems))
    }

    /// Reads a mandatory key; `example` is the value that the help text proposes.
    pub(crate) fn required<T>(
        &self,
        key: &'static str,
        example: &str,
        read: impl FnOnce(Value<'t>) -> Option<T>,
    ) -> Option<T> {
        match self.get(key) {
            Some(value) => read(value),
            None => self.reject(format!("{} needs `{key}`", self.what), format!("add `{key} = {example}`")),
        }
    }

    /// Reads a key that may be absent.
    pub(crate) fn optional<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(Value<'t>) -> Option<T>,
    ) -> Option<Option<T>> {
        self.get(key).map_or(Some(None), |value| read(value).map(Some))
    }

    /// The tables of `[[key]]`, each called `what`; none when the key is absent.
    pub(crate) fn tables(&self, key: &'static str, what: &'static str, maximum: usize) -> Option<Vec<Table<'t>>> {
        let Some(value) = self.get(key) else { return Some(Vec::new()) };
        let Some(items) = value.as_list() else {
            return value.wrong_type("a list of tables", &format!("write `[[{key}]]` above each"));
        };
        if items.len() > maximum {
            return value.reject(format!("more than {maximum} `[[{key}]]`"), format!("there are {}", items.len()));
        }
        let tables = items.map(|item| item.table(what)).collect::<Vec<_>>();
        tables.into_iter().collect()
    }

    /// Its entries: key, place of the key, value.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'t str, Range<usize>, Value<'t>)> {
        let problems = self.problems;
        self.entries.iter().map(move |(key, tree)| {
            let name: &'t str = key.get_ref();
            (name, key.span(), Value::new(name, tree, problems))
        })
    }

    /// Reports every key that is not among `known`.
    pub(crate) fn only(&self, known: &[&str]) {
        self.only_or(known, |_| None);
    }

    /// The same; for a key that `elsewhere` knows, the message and help are its.
    pub(crate) fn only_or(&self, known: &[&str], elsewhere: impl Fn(&str) -> Option<(String, String)>) {
        for (key, at, _) in self.entries() {
            if self.problems.is_full() {
                return;
            }
            if !known.contains(&key) {
                let (message, help) =
                    elsewhere(key).unwrap_or_else(|| (format!("unknown key {}", quoted(key)), hint(key, known)));
                self.problems.add(Problem::new(message, at).help(help));
            }
        }
    }

    /// A text of another schema is left alone: every further complaint would be about the wrong thing.
    fn has_schema(&self, schema: &str) -> bool {
        let check = |value: Value<'_>| match value.as_text() {
            Some(text) if text == schema => Some(true),
            Some(text) => {
                value.reject(format!("unknown schema {}", quoted(text)), format!("this reads `schema = \"{schema}\"`"))
            }
            None => value.wrong_type("a string", &format!("write `schema = \"{schema}\"`")),
        };
        match self.get("schema") {
            Some(value) => check(value).unwrap_or(false),
            // The rest is checked too: whoever forgot the first line wants to know the others.
            None => {
                self.required("schema", &format!("\"{schema}\""), Some);
                true
            }
        }
    }
}

/// A piece of the input in backticks, short, and harmless on a terminal.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut shown = String::from("`");
    for character in text.chars().take(SHOWN) {
        if character.is_control() {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown.push_str(if text.chars().nth(SHOWN).is_some() { "…`" } else { "`" });
    shown
}

/// What to write instead of an unknown word: the nearest of `known`, or all of them.
pub(crate) fn hint(word: &str, known: &[&str]) -> String {
    const COMPARED: usize = 256;
    if let Some(same) = known.iter().find(|candidate| candidate.eq_ignore_ascii_case(word)) {
        return format!("did you mean `{same}`?");
    }
    // An empty word is near to nothing, so that a long one gets the plain list.
    let word = if word.chars().count() > MAXIMUM_COMPARED { "" } else { word };
    suggestion(word, known.iter().copied().take(COMPARED))
}
