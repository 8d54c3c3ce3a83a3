//! A file in the one layout, line by line. The key type is [`Printer`].

use std::{borrow::Cow, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    super::tree::quote,
    comments::{Anchor, Comment, Comments, places},
    is_section, order,
};

/// A list that would make a longer line has a line for each entry. Counted in characters.
const WIDEST: usize = 120;

type Tree<'t> = Spanned<DeValue<'t>>;

/// Prints the tree of one text with that text's comments.
pub(super) struct Printer<'t> {
    places: Vec<Range<usize>>,
    comments: Comments<'t>,
    out: String,
}

impl<'t> Printer<'t> {
    /// For the text and its tree.
    pub(super) fn new(text: &'t str, tree: &DeTable<'_>) -> Self {
        let mut printer = Self { places: places(text), comments: Comments::default(), out: String::new() };
        let mut anchors = Vec::new();
        printer.find_keys("", tree, &mut anchors);
        for (key, value) in tree.iter().filter(|(_, value)| is_section(value.get_ref())) {
            for (table, at) in sections(key, value) {
                // A header is all of its own line; a table that has none begins where it begins.
                let is_header = text.get(at.clone()).is_some_and(|written| written.starts_with('['));
                let extent = if is_header { at.clone() } else { at.start..at.start };
                anchors.push(Anchor { start: at.start, extent, is_open: false });
                printer.find_keys(key.get_ref(), table, &mut anchors);
            }
        }
        anchors.sort_by_key(|anchor| anchor.start);
        printer.comments = Comments::assign(text, &anchors);
        printer
    }

    /// The whole file.
    pub(super) fn print(mut self, tree: &DeTable<'_>) -> String {
        let top = std::mem::take(&mut self.comments.top);
        self.comment_lines("", &top);
        self.keys("", tree);
        for (key, value) in in_order("", tree).into_iter().filter(|(_, value)| is_section(value.get_ref())) {
            let name: &str = key.get_ref();
            let header = if value.get_ref().is_array() { format!("[[{name}]]") } else { format!("[{name}]") };
            for (table, at) in sections(key, value) {
                self.out.push('\n');
                self.line("", at.start, &header);
                self.keys(name, table);
            }
        }
        let end = std::mem::take(&mut self.comments.end);
        if !end.is_empty() {
            self.out.push('\n');
        }
        self.comment_lines("", &end);
        self.out.truncate(self.out.trim_end().len());
        self.out.push('\n');
        self.out
    }

    /// The anchors of the keys of a table that are no sections, and of the entries of their open lists.
    fn find_keys(&self, section: &str, table: &DeTable<'_>, anchors: &mut Vec<Anchor>) {
        let keys = table.iter().filter(|(_, value)| !(section.is_empty() && is_section(value.get_ref())));
        for (key, value) in keys {
            let start = key.span().start;
            let is_open = self.is_open(key.get_ref(), value);
            anchors.push(Anchor { start, extent: start..end(value), is_open });
            for entry in value.get_ref().as_array().into_iter().flatten().filter(|_| is_open) {
                let start = entry.span().start;
                anchors.push(Anchor { start, extent: start..end(entry), is_open: false });
            }
        }
    }

    /// Whether a list has a line for each entry: it holds a table or a comment, or one line would be too long.
    fn is_open(&self, key: &str, value: &Tree<'_>) -> bool {
        let Some(entries) = value.get_ref().as_array() else { return false };
        let next = self.places.partition_point(|place| place.start < value.span().start);
        let holds_comment = self.places.get(next).is_some_and(|place| place.start < end(value));
        let width = |value| key.chars().count() + " = ".len() + written(value).chars().count();
        holds_comment || entries.iter().any(|entry| entry.get_ref().is_table()) || width(value.get_ref()) > WIDEST
    }

    /// The keys of a table, a line each, but those of sections.
    fn keys(&mut self, section: &str, table: &DeTable<'_>) {
        for (key, value) in in_order(section, table) {
            if section.is_empty() && is_section(value.get_ref()) {
                continue;
            }
            let (name, start): (&str, usize) = (key.get_ref(), key.span().start);
            match value.get_ref() {
                DeValue::Array(entries) if self.is_open(name, value) => {
                    let above = self.comments.above.remove(&start).unwrap_or_default();
                    self.comment_lines("", &above);
                    self.out.push_str(&format!("{name} = [\n"));
                    for entry in entries {
                        self.line("  ", entry.span().start, &format!("{},", written(entry.get_ref())));
                    }
                    let closing = self.comments.closing.remove(&start).unwrap_or_default();
                    self.comment_lines("  ", &closing);
                    self.line("", start, "]");
                }
                DeValue::String(text) if text.contains('\n') => {
                    self.line("", start, &format!("{name} = {}", over_lines(text)));
                }
                other => self.line("", start, &format!("{name} = {}", written(other))),
            }
        }
    }

    /// A line with the comments of its anchor.
    fn line(&mut self, indent: &str, anchor: usize, content: &str) {
        let above = self.comments.above.remove(&anchor).unwrap_or_default();
        self.comment_lines(indent, &above);
        self.out.push_str(indent);
        self.out.push_str(content);
        if let Some(behind) = self.comments.behind.remove(&anchor) {
            self.out.push_str("  ");
            self.out.push_str(behind);
        }
        self.out.push('\n');
    }

    fn comment_lines(&mut self, indent: &str, comments: &[Comment<'_>]) {
        for comment in comments {
            self.out.push_str(indent);
            self.out.push_str(comment.text);
            self.out.push_str(if comment.is_parted { "\n\n" } else { "\n" });
        }
    }
}

/// The tables under a root key, each with where it begins.
fn sections<'a>(key: &Spanned<Cow<'_, str>>, value: &'a Tree<'a>) -> Vec<(&'a DeTable<'a>, Range<usize>)> {
    match value.get_ref() {
        // What dotted keys make begins with the first of them.
        DeValue::Table(table) => vec![(table, key.span().start.min(value.span().start)..value.span().end)],
        DeValue::Array(items) => {
            items.iter().filter_map(|item| Some((item.get_ref().as_table()?, item.span()))).collect()
        }
        _ => Vec::new(),
    }
}

/// The entries of a table in the order in which a file has them.
fn in_order<'a>(section: &str, table: &'a DeTable<'a>) -> Vec<(&'a Spanned<Cow<'a, str>>, &'a Tree<'a>)> {
    let order = order(section, table);
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| order.iter().position(|known| known == key.get_ref()));
    entries
}

/// Where a value and everything in it ends; the tables of `[[clause.rows]]` lie behind their header.
fn end(value: &Tree<'_>) -> usize {
    let inner = match value.get_ref() {
        DeValue::Array(entries) => entries.iter().map(end).max(),
        DeValue::Table(table) => table.iter().map(|(_, value)| end(value)).max(),
        _ => None,
    };
    value.span().end.max(inner.unwrap_or_default())
}

/// A value on one line.
fn written(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => quote(&text.replace("\r\n", "\n")),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map_or_else(|_| integer.to_string(), |n| n.to_string()),
        DeValue::Float(float) => float.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(entries) => {
            format!("[{}]", entries.iter().map(|entry| written(entry.get_ref())).collect::<Vec<_>>().join(", "))
        }
        DeValue::Table(table) => {
            // A row: its level, then the parties in order.
            let mut entries: Vec<_> = table.iter().collect();
            entries.sort_by_key(|(key, _)| key.get_ref() != "level");
            let entries =
                entries.into_iter().map(|(key, value)| format!("{} = {}", key.get_ref(), written(value.get_ref())));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text of several lines, between three quotes.
fn over_lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\\', "\\\\");
    let mut out = String::from("\"\"\"\n");
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        // Two quotes in a row could become three; the last one could join those that close.
        if character == '"' && characters.peek().is_none_or(|next| *next == '"') {
            out.push('\\');
        }
        out.push(character);
    }
    out + "\"\"\""
}
