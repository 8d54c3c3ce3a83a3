//! The same agreement as other hands would write it: another order of keys, other quotes, inline tables and dotted keys,
//! comments, blank lines, other line ends. What it says stays.

use entente_core::agreement::Agreement;
use entente_formats::agreement;
use toml::{Table, Value};

/// Choices for [`disordered`]; they begin again where they end.
pub(crate) struct Choices {
    bytes: Vec<u8>,
    next: usize,
}

impl Choices {
    /// From bytes, at least one.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, next: 0 }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.next += 1;
        // The round is added so that short lists of bytes do not always choose the same.
        (usize::from(self.bytes[self.next % self.bytes.len()]) + self.next / self.bytes.len()) % limit.max(1)
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// A comment of its own, now and then; no two are the same.
    fn comment(&mut self, before: &str) -> String {
        if self.one_in(4) { format!("{before}# {} 極\" ] '", self.next) } else { String::new() }
    }

    fn comment_line(&mut self) -> String {
        let comment = self.comment("");
        let blank = if self.one_in(3) { "\n" } else { "" };
        if comment.is_empty() { blank.to_owned() } else { format!("{comment}\n{blank}") }
    }
}

/// A file that says what `agreement` says, in an order and a form of its own.
pub(crate) fn disordered(agreement: &Agreement, choices: &mut Choices) -> String {
    let root: Table = agreement::write(agreement).parse().unwrap();
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    for (key, value) in shuffled(&root, choices) {
        match (key.as_str(), value) {
            ("act" | "clause", Value::Array(items)) if !choices.one_in(4) => {
                tail.push(
                    items.iter().map(|item| section(&key, item.as_table().unwrap(), choices)).collect::<String>(),
                );
            }
            ("duration" | "survival", Value::Table(table)) => match choices.below(3) {
                0 => tail.push(format!(
                    "{}[ {key} ]{}\n{}",
                    choices.comment_line(),
                    choices.comment(" "),
                    lines("", table, choices)
                )),
                // An empty table has no dotted key to stand for it.
                1 if !table.is_empty() => head.push(lines(&format!("{key} . "), table, choices)),
                _ => head.push(line(&key, value, choices)),
            },
            _ => head.push(line(&key, value, choices)),
        }
    }
    let text = head.concat() + &tail.concat() + &choices.comment("");
    if choices.one_in(3) { text.replace('\n', "\r\n") } else { text }
}

/// A table with its header; its rows may have headers of their own.
fn section(key: &str, table: &Table, choices: &mut Choices) -> String {
    let mut table = table.clone();
    let rows = if choices.one_in(2) { table.remove("rows") } else { None };
    let header = format!("{}[[{key}]]{}\n", choices.comment_line(), choices.comment(" "));
    let mut text = header + &lines("  ", &table, choices);
    for row in rows.iter().flat_map(|rows| rows.as_array().unwrap()) {
        text += &format!("[[{key}.rows]]{}\n{}", choices.comment("\t"), lines("", row.as_table().unwrap(), choices));
    }
    text
}

fn lines(before: &str, table: &Table, choices: &mut Choices) -> String {
    let entries = shuffled(table, choices);
    entries.iter().map(|(key, value)| format!("{before}{}", line(key, value, choices).trim_start())).collect()
}

fn line(key: &str, value: &Value, choices: &mut Choices) -> String {
    let equals = if choices.one_in(2) { "=" } else { " =\t" };
    let key = if choices.one_in(5) { format!("\"{key}\"") } else { key.to_owned() };
    let written = written(value, choices);
    format!("{key}{equals}{written}{}\n{}", choices.comment(" "), if choices.one_in(4) { "\n" } else { "" })
}

fn shuffled<'a>(table: &'a Table, choices: &mut Choices) -> Vec<(String, &'a Value)> {
    let mut entries: Vec<_> = table.iter().map(|(key, value)| (key.clone(), value)).collect();
    for last in (1..entries.len()).rev() {
        entries.swap(last, choices.below(last + 1));
    }
    entries
}

fn written(value: &Value, choices: &mut Choices) -> String {
    match value {
        Value::String(text) => quoted(text, choices),
        Value::Integer(number) if choices.one_in(2) => format!("{number:#x}"),
        Value::Array(items) => {
            let mut text = String::from("[");
            for item in items {
                text += &if choices.one_in(3) { format!("{}\n", choices.comment(" ")) } else { " ".to_owned() };
                text += &format!("{},", written(item, choices));
            }
            text + &if choices.one_in(3) { format!("{}\n]", choices.comment(" ")) } else { "]".to_owned() }
        }
        Value::Table(table) => {
            let entries: Vec<String> = shuffled(table, choices)
                .into_iter()
                .map(|(key, value)| format!("{key}={}", written(value, choices)))
                .collect();
            format!("{{{}}}", entries.join(" , "))
        }
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Datetime(day) => day.to_string(),
        Value::Float(_) => unreachable!("no key of a file is a float"),
    }
}

fn quoted(text: &str, choices: &mut Choices) -> String {
    let escaped = |c: char| format!("\\U{:08X}", u32::from(c));
    match choices.below(3) {
        0 if !text.contains(['\'', '\n']) => format!("'{text}'"),
        1 => format!(
            "\"\"\"\\\n  {}\"\"\"",
            escaped(text.chars().next().unwrap())
                + &text.chars().skip(1).map(|c| if c == '\n' { c.into() } else { escaped(c) }).collect::<String>()
        ),
        _ => format!("\"{}\"", text.chars().map(escaped).collect::<String>()),
    }
}
