//! One value of a TOML tree: its type, its limits, and what to say when it is something else.
//!
//! The key type is [`Value`]. What a string means is in [`super::words`].

use std::{borrow::Cow, collections::BTreeSet, ops::Range};

use entente_core::time::Date;
use toml::{Spanned, de::DeValue};

use super::reader::{Problems, Table, hint, quoted};
use crate::Problem;

const MAXIMUM_CHARACTERS: usize = 4096;

/// A value, with the key that it stands under, alone or in a list.
#[derive(Clone, Copy)]
pub(crate) struct Value<'t> {
    name: &'t str,
    is_entry: bool,
    tree: &'t Spanned<DeValue<'t>>,
    problems: &'t Problems,
}

impl<'t> Value<'t> {
    /// The value of `name`.
    pub(super) fn new(name: &'t str, tree: &'t Spanned<DeValue<'t>>, problems: &'t Problems) -> Self {
        Self { name, is_entry: false, tree, problems }
    }

    /// Where it is.
    pub(crate) fn at(self) -> Range<usize> {
        self.tree.span()
    }

    /// The key that it stands under.
    pub(crate) fn name(self) -> &'t str {
        self.name
    }

    /// What it is called in messages.
    fn called(self) -> String {
        if self.is_entry { format!("an entry of {}", quoted(self.name)) } else { quoted(self.name) }
    }

    /// Reports a problem here.
    pub(crate) fn reject<T>(self, message: impl Into<String>, help: impl Into<String>) -> Option<T> {
        self.problems.add(Problem::new(message, self.at()).help(help));
        None
    }

    /// Reports that this is not `expected`.
    pub(crate) fn wrong_type<T>(self, expected: &str, help: &str) -> Option<T> {
        let found = match self.tree.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.reject(format!("{} must be {expected}, not {found}", self.called()), help)
    }

    /// The string, if it is one, without a word about it if not.
    pub(crate) fn as_text(self) -> Option<&'t str> {
        self.tree.get_ref().as_str()
    }

    /// The entries of the list, if it is one, without a word about it if not.
    pub(super) fn as_list(self) -> Option<impl ExactSizeIterator<Item = Value<'t>>> {
        let Self { name, problems, .. } = self;
        let entries = self.tree.get_ref().as_array()?;
        Some(entries.iter().map(move |tree| Value { name, is_entry: true, tree, problems }))
    }

    /// A string: not blank, within the limit, and without control characters but line feed and tab. A line ends in a
    /// line feed whatever the file uses, so that a checkout on another system keeps the hash.
    pub(crate) fn text(self) -> Option<Cow<'t, str>> {
        let Some(text) = self.as_text() else {
            return self.wrong_type("a string", "put it in double quotes");
        };
        let text = if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) };
        if text.trim().is_empty() {
            return self.reject(
                format!("{} is empty", self.called()),
                "write something, or leave the key out where it is optional",
            );
        }
        let characters = text.chars().count();
        if characters > MAXIMUM_CHARACTERS {
            let message = format!("{} is longer than {MAXIMUM_CHARACTERS} characters", self.called());
            return self.reject(message, format!("it has {characters}"));
        }
        if let Some(control) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            let message = format!("{} holds the control character `{}`", self.called(), control.escape_unicode());
            return self.reject(message, "only line feed and tab are allowed");
        }
        Some(text)
    }

    /// One of `all`, spelt by `spell`; `what` names them.
    pub(crate) fn one_of<T: Copy>(self, what: &str, all: &[T], spell: impl Fn(T) -> &'static str) -> Option<T> {
        let text = self.text()?;
        let known: Vec<&str> = all.iter().map(|one| spell(*one)).collect();
        let found = all.iter().copied().find(|one| spell(*one) == text);
        found.or_else(|| self.reject(format!("unknown {what} {}", quoted(&text)), hint(&text, &known)))
    }

    /// A list without doubled strings; it may be empty.
    pub(crate) fn list<T>(self, read: impl Fn(Value<'t>) -> Option<T>) -> Option<Vec<T>> {
        let Some(items) = self.as_list() else {
            return self.wrong_type("a list", "put it in brackets: `[…]`");
        };
        let mut seen = BTreeSet::new();
        let mut read_all = Vec::with_capacity(items.len());
        for item in items {
            if self.problems.is_full() {
                return None;
            }
            let doubled = item.as_text().is_some_and(|text| !seen.insert(text));
            read_all.push(if doubled { item.doubled() } else { read(item) });
        }
        read_all.into_iter().collect()
    }

    /// The same, with at least one item.
    pub(crate) fn filled_list<T>(self, read: impl Fn(Value<'t>) -> Option<T>) -> Option<Vec<T>> {
        if self.as_list().is_some_and(|items| items.len() == 0) {
            return self.reject(format!("{} is empty", self.called()), "name at least one");
        }
        self.list(read)
    }

    /// A list of exactly two.
    pub(crate) fn pair<T>(self, read: impl Fn(Value<'t>) -> Option<T>) -> Option<(T, T)> {
        let Some(mut items) = self.as_list() else {
            return self.wrong_type("a list of pairs", "write `[[\"JPN\", \"USA\"]]`");
        };
        match (items.next(), items.next(), items.next()) {
            (Some(first), Some(second), None) => {
                let pair = (read(first), read(second));
                Some((pair.0?, pair.1?))
            }
            _ => self.reject("a pair names two parties", "write `[\"JPN\", \"USA\"]`: from, to"),
        }
    }

    /// A civil day.
    pub(crate) fn date(self) -> Option<Date> {
        let help = "write a day without quotes or time, such as `2016-11-23`";
        let day = match self.tree.get_ref() {
            DeValue::Datetime(moment) if moment.time.is_none() && moment.offset.is_none() => moment.date,
            DeValue::Datetime(_) => return self.reject(format!("{} must be a day alone", self.called()), help),
            _ => return self.wrong_type("a date", help),
        };
        let date = day.and_then(|day| {
            Date::new(i16::try_from(day.year).ok()?, i8::try_from(day.month).ok()?, i8::try_from(day.day).ok()?).ok()
        });
        date.or_else(|| self.reject("there is no such day", help))
    }

    /// A boolean.
    pub(crate) fn boolean(self) -> Option<bool> {
        self.tree
            .get_ref()
            .as_bool()
            .or_else(|| self.wrong_type("a boolean", "write `true` or `false`, without quotes"))
    }

    /// A count.
    pub(crate) fn count(self) -> Option<u32> {
        let Some(integer) = self.tree.get_ref().as_integer() else {
            return self.wrong_type("an integer", "write digits alone, such as `90`");
        };
        u32::from_str_radix(integer.as_str(), integer.radix()).ok().or_else(|| {
            self.reject(format!("{} is out of range", self.called()), format!("it runs from 0 to {}", u32::MAX))
        })
    }

    /// A table, called `what` in messages.
    pub(crate) fn table(self, what: &'static str) -> Option<Table<'t>> {
        let Some(entries) = self.tree.get_ref().as_table() else {
            return self.wrong_type("a table", "write `{ … }`, or `[…]` on a line of its own");
        };
        Some(Table::new(what, self.at(), entries, self.problems))
    }

    /// Reports that this stands in its list a second time.
    fn doubled<T>(self) -> Option<T> {
        let message = format!("{} is listed twice", quoted(self.as_text().unwrap_or("the same")));
        self.reject(message, "keep one of them")
    }
}
