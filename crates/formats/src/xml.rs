//! XML in and out, as far as every syntax of ours wants the same: a bounded tree without a document type, whatever is
//! wrong with its place; and a writer with one form.
//!
//! What elements mean is the business of each syntax. The key items are [`document`] and [`Writer`].

use std::fmt::Write as _;

use roxmltree::{Document, ParsingOptions};

use crate::problem::Problem;

/// How much of a document is read.
pub(crate) struct Limits {
    /// What the document is, for messages: `label`.
    pub(crate) what: &'static str,
    /// Its longest text, in bytes.
    pub(crate) bytes: usize,
    /// Its most nodes.
    pub(crate) nodes: u32,
    /// Its deepest nesting.
    pub(crate) depth: usize,
}

/// Reads a document as a tree.
pub(crate) fn document<'t>(text: &'t str, limits: &Limits) -> Result<Document<'t>, Problem> {
    let Limits { bytes, nodes, depth, what } = limits;
    if text.len() > *bytes {
        let start = (0..=*bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        return Err(Problem::new(format!("a document has at most {bytes} bytes"), start..text.len())
            .help(format!("this one has {}; a {what} that long is not read", text.len())));
    }
    let options = ParsingOptions { nodes_limit: *nodes, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| broken(text, &error, limits))?;
    match document.descendants().find(|node| node.ancestors().nth(depth + 1).is_some()) {
        Some(deep) => Err(Problem::new(format!("elements are nested more than {depth} deep"), deep.range())),
        None => Ok(document),
    }
}

/// What the library says of a text, at its place. It knows line and column, in characters.
fn broken(text: &str, error: &roxmltree::Error, limits: &Limits) -> Problem {
    let (what, nodes) = (limits.what, limits.nodes);
    let position = error.pos();
    let line: usize = text.split_inclusive('\n').take(position.row.saturating_sub(1) as usize).map(str::len).sum();
    let rest = text.get(line..).unwrap_or_default();
    let (column, length) = rest
        .char_indices()
        .nth(position.col.saturating_sub(1) as usize)
        .map_or((rest.len(), 0), |(at, character)| (at, character.len_utf8()));
    let at = line + column..line + column + length;
    match error {
        roxmltree::Error::DtdDetected => {
            let start = text.find("<!DOCTYPE").unwrap_or_default();
            let end = (start + "<!DOCTYPE".len()).min(text.len());
            Problem::new("a document type stands here", start..end).help(format!(
                "a {what} has none: what it says must not depend on what another file defines; take it out"
            ))
        }
        roxmltree::Error::NodesLimitReached => {
            Problem::new(format!("the document has more than {nodes} nodes"), text.len()..text.len())
        }
        roxmltree::Error::UnknownEntityReference(name, _) => {
            Problem::new(format!("unknown entity `&{};`", excerpt(name)), at)
                .help("XML itself knows `&amp;`, `&lt;`, `&gt;`, `&quot;` and `&apos;`; nothing may define others")
        }
        _ => {
            // The library adds the place, which is said elsewhere.
            let message = error.to_string();
            let message = message.split(" at ").next().unwrap_or(&message);
            Problem::new(format!("this is no XML: {}", excerpt(message)), at)
                .help(format!("a {what} in XML is one well-formed document"))
        }
    }
}

/// As much of a text as a message should quote.
pub(crate) fn excerpt(text: &str) -> &str {
    const LONGEST: usize = 80;
    text.char_indices().nth(LONGEST).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// An attribute that is written when it has a value.
type Attribute<'a> = (&'a str, Option<&'a str>);

/// A document that grows: indented, in UTF-8.
pub(crate) struct Writer {
    text: String,
    open: Vec<String>,
}

impl Writer {
    /// A document with its declaration alone.
    pub(crate) fn new() -> Self {
        Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), open: Vec::new() }
    }

    /// The text, when every element is closed.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn tag(&mut self, name: &str, attributes: &[Attribute<'_>]) {
        self.indent();
        self.text.push('<');
        self.text.push_str(name);
        for (name, value) in attributes {
            if let Some(value) = value {
                // Writing to a text does not fail.
                let _ = write!(self.text, " {name}=\"{}\"", escaped(value));
            }
        }
        self.text.push('>');
    }

    fn indent(&mut self) {
        self.text.push_str(&"  ".repeat(self.open.len()));
    }

    /// Opens an element that holds elements.
    pub(crate) fn open(&mut self, name: &str, attributes: &[Attribute<'_>]) {
        self.tag(name, attributes);
        self.text.push('\n');
        self.open.push(name.to_owned());
    }

    /// Closes the element that was opened last.
    pub(crate) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            let _ = writeln!(self.text, "</{name}>");
        }
    }

    /// An element that holds text.
    pub(crate) fn leaf(&mut self, name: &str, attributes: &[Attribute<'_>], text: &str) {
        self.tag(name, attributes);
        let _ = writeln!(self.text, "{}</{name}>", escaped(text));
    }
}

/// Text for content and for attributes. White space other than blanks is written by number, for a reader would change
/// it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\r' | '\n' => {
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            other => escaped.push(other),
        }
    }
    escaped
}
