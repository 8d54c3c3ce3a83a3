//! A tree that can be printed twice: as canonical JSON, which is hashed, and as TOML, which people read.
//!
//! It is the way out only; the way in is [`super::reader`]. The key type is [`Tree`].

use std::fmt::Write as _;

use entente_core::time::Date;

/// Keys and their values, in the order in which a reader wants them.
pub(crate) type Entries = Vec<(String, Tree)>;

/// A value of a file.
pub(crate) enum Tree {
    Text(String),
    Count(u32),
    Truth(bool),
    Day(Date),
    List(Vec<Tree>),
    Table(Entries),
}

impl Tree {
    /// A list of texts.
    pub(crate) fn texts<T: ToString>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Self::text).collect())
    }

    /// A text.
    #[expect(clippy::needless_pass_by_value, reason = "reads well with ids, words and references to them alike")]
    pub(crate) fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }

    /// Canonical JSON: no space, keys in the order of their bytes, a day as a string.
    pub(crate) fn json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut String) {
        match self {
            // The escapes of serde_json are those of RFC 8785.
            Self::Text(text) => out.push_str(&serde_json::Value::from(text.as_str()).to_string()),
            Self::Count(count) => out.push_str(&count.to_string()),
            Self::Truth(truth) => out.push_str(&truth.to_string()),
            Self::Day(day) => out.push_str(&format!("\"{day}\"")),
            Self::List(items) => {
                out.push('[');
                for (position, item) in items.iter().enumerate() {
                    out.push_str(if position == 0 { "" } else { "," });
                    item.write_json(out);
                }
                out.push(']');
            }
            Self::Table(entries) => {
                let mut sorted: Vec<_> = entries.iter().collect();
                sorted.sort_by_key(|(key, _)| key);
                out.push('{');
                for (position, (key, value)) in sorted.into_iter().enumerate() {
                    out.push_str(if position == 0 { "" } else { "," });
                    out.push_str(&serde_json::Value::from(key.as_str()).to_string());
                    out.push(':');
                    value.write_json(out);
                }
                out.push('}');
            }
        }
    }

    /// One value as TOML, without a line break but between the tables of a list.
    fn toml(&self) -> String {
        let joined = |items: Vec<String>| items.join(", ");
        match self {
            Self::Text(text) => quote(text),
            Self::Count(count) => count.to_string(),
            Self::Truth(truth) => truth.to_string(),
            Self::Day(day) => day.to_string(),
            Self::List(items) if items.iter().any(|item| matches!(item, Self::Table(_))) => {
                let lines: String = items.iter().map(|item| format!("  {},\n", item.toml())).collect();
                format!("[\n{lines}]")
            }
            Self::List(items) => format!("[{}]", joined(items.iter().map(Self::toml).collect())),
            Self::Table(entries) => {
                format!(
                    "{{ {} }}",
                    joined(entries.iter().map(|(key, value)| format!("{key} = {}", value.toml())).collect())
                )
            }
        }
    }

    fn is_list_of_tables(&self) -> bool {
        matches!(self, Self::List(items) if matches!(items.first(), Some(Self::Table(_))))
    }
}

/// A whole file as TOML. Plain values must stand before tables; an empty list says what its absence says and is left
/// out. Keys are bare keys.
pub(crate) fn document(entries: &Entries) -> String {
    let mut out = String::new();
    for (key, value) in entries {
        match value {
            Tree::List(items) if items.is_empty() => {}
            Tree::List(items) if value.is_list_of_tables() => {
                for item in items {
                    write_section(&mut out, &format!("[[{key}]]"), item);
                }
            }
            Tree::Table(_) => write_section(&mut out, &format!("[{key}]"), value),
            _ => write_line(&mut out, key, value),
        }
    }
    out
}

fn write_section(out: &mut String, header: &str, section: &Tree) {
    out.push_str(&format!("\n{header}\n"));
    if let Tree::Table(entries) = section {
        for (key, value) in entries {
            write_line(out, key, value);
        }
    }
}

fn write_line(out: &mut String, key: &str, value: &Tree) {
    out.push_str(&format!("{key} = {}\n", value.toml()));
}

/// A basic string of TOML.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            // Writing into a string cannot fail.
            control if control.is_control() => drop(write!(out, "\\u{:04X}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
