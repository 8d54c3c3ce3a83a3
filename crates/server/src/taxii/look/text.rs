//! What is read off the text of an object to be shown: its name, its properties one by one, and the same text with line breaks. The
//! text is that which the asker is given, whole or reduced, and never another.

use entente_formats::stix::json::{Limits, Object, Value, parse};
use serde::{
    Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// Where objects have what people call them by, the first that is there.
const NAMES: [&str; 13] = [
    "name",
    "value",
    "path",
    "key",
    "display_name",
    "account_login",
    "user_id",
    "command_line",
    "subject",
    "abstract",
    "opinion",
    "result_name",
    "serial_number",
];

/// What a list shows of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) name: Option<String>,
    pub(super) pattern: Option<String>,
    pub(super) aliases: Vec<String>,
    pub(super) is_revoked: bool,
}

/// What is known of a text at a glance; nothing of one that is no object.
pub(super) fn facts(text: &str) -> Facts {
    let Ok(value) = parse(text, Limits::OBJECT) else { return Facts::default() };
    value.object().map(facts_of).unwrap_or_default()
}

fn facts_of(object: &Object<'_>) -> Facts {
    let name = NAMES.iter().filter_map(|name| object.text(name)).find(|name| !name.trim().is_empty());
    let aliases = ["aliases", "x_mitre_aliases"].iter().filter_map(|key| object.get(key)?.list()).flatten();
    let is_true = |key: &str| object.get(key) == Some(&Value::Boolean(true));
    Facts {
        name: name.map(str::to_owned),
        pattern: object.text("pattern").map(str::to_owned),
        aliases: aliases.filter_map(Value::text).map(str::to_owned).collect(),
        is_revoked: is_true("revoked") || is_true("x_mitre_deprecated"),
    }
}

/// What a relationship relates, and how.
pub(super) fn relationship(text: &str) -> Option<(String, String, String)> {
    let value = parse(text, Limits::OBJECT).ok()?;
    let object = value.object().filter(|object| object.text("type") == Some("relationship"))?;
    let word = shortened(object.text("relationship_type").unwrap_or("related-to"), 100);
    Some((object.text("source_ref")?.to_owned(), word, object.text("target_ref")?.to_owned()))
}

/// The type in front of an identifier.
pub(super) fn kind_of(id: &str) -> &str {
    id.get(..id.len().saturating_sub(38)).unwrap_or_default()
}

/// At most so many characters of a text.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The properties of an object in their order, each with its value as it stands there.
pub(super) fn members(text: &str) -> Vec<(String, &str)> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, &'de str)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
                members.push((key, value.get()));
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(text).deserialize_map(Members).unwrap_or_default()
}

/// The same text, broken into lines for people: nothing but blanks between values is another.
pub(crate) fn pretty(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let (mut depth, mut is_inside, mut is_escaped) = (0_usize, false, false);
    let mut letters = text.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        // Deeper than anybody indents, and no more than that.
        out.push_str(&"  ".repeat(depth.min(40)));
    };
    while let Some(letter) = letters.next() {
        if is_inside {
            out.push(letter);
            is_inside = is_escaped || letter != '"';
            is_escaped = !is_escaped && letter == '\\';
            continue;
        }
        match letter {
            '"' => {
                is_inside = true;
                out.push(letter);
            }
            '{' | '[' => {
                out.push(letter);
                while letters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                if let Some(end) = letters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(letter);
            }
            ',' => {
                out.push(letter);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            letter if letter.is_ascii_whitespace() => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_people_call_it_by() {
        for (text, name) in [
            (r#"{"name":"Industroyer"}"#, Some("Industroyer")),
            (r#"{"value":"198.51.100.1"}"#, Some("198.51.100.1")),
            (r#"{"name":" ","value":"a"}"#, Some("a")),
            (r#"{"name":5}"#, None),
            ("[]", None),
            ("nonsense", None),
        ] {
            assert_eq!(facts(text).name.as_deref(), name, "{text}");
        }
        assert!(facts(r#"{"revoked":true}"#).is_revoked && !facts(r#"{"revoked":"true"}"#).is_revoked);
        assert_eq!(shortened("極秘です", 2), "極秘…");
        assert_eq!(kind_of("x-a--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"), "x-a");
    }

    #[test]
    fn properties_stand_as_they_came() {
        let text = r#"{"b": 1.0, "a":[ 1 ,2],"é":"\u00e9"}"#;
        let members = members(text);
        let expected = [("b", "1.0"), ("a", "[ 1 ,2]"), ("é", r#""\u00e9""#)];
        assert_eq!(members.iter().map(|(key, value)| (key.as_str(), *value)).collect::<Vec<_>>(), expected);
        assert!(super::members("[1]").is_empty());
    }

    #[test]
    fn nothing_but_blanks_changes() {
        let text = r#" {"a":[1, 2.50,{"b":"x, {y} \" \\"}],"c":{ },"d":[],"e":1e400}"#;
        let broken = pretty(text);
        assert_eq!(
            broken,
            "{\n  \"a\": [\n    1,\n    2.50,\n    {\n      \"b\": \"x, {y} \\\" \\\\\"\n    }\n  ],\n  \"c\": {},\n  \"d\": [],\n  \"e\": 1e400\n}"
        );
        assert_eq!(pretty(&broken), broken);
        pretty(&"[".repeat(100_000));
        pretty("\"\\");
    }
}
