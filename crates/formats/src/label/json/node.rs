//! JSON values that know where they stand, so that a wrong one is an error with a place and a path.
//!
//! Stricter than JSON: a key stands once, and every key is a known one. Nothing is built ahead of the reader, so that
//! nesting costs nothing until somebody descends. The key type is [`Node`].

use std::{fmt, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::super::checked::excerpt;
use crate::problem::{Problem, suggestion};

/// The longest text, in bytes.
pub(in crate::label) const LONGEST: usize = 64 * 1024;

/// A value in a text.
#[derive(Clone, Debug)]
pub(in crate::label) struct Node<'a> {
    whole: &'a str,
    value: &'a str,
    path: String,
}

/// An object whose keys are all known and stand once.
#[derive(Clone, Debug)]
pub(in crate::label) struct Object<'a> {
    node: Node<'a>,
    members: Vec<(String, Node<'a>)>,
}

impl<'a> Node<'a> {
    /// The one value of a text.
    pub(in crate::label) fn document(text: &'a str) -> Result<Self, Problem> {
        if text.len() > LONGEST {
            let start = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            return Err(Problem::new(format!("a label in JSON has at most {LONGEST} bytes"), start..text.len()));
        }
        let value: &RawValue = serde_json::from_str(text).map_err(|error| broken(text, &error))?;
        Ok(Self { whole: text, value: value.get(), path: String::new() })
    }

    /// The place in the whole text.
    pub(in crate::label) fn at(&self) -> Range<usize> {
        let start = offset(self.whole, self.value);
        start..start + self.value.len()
    }

    /// What is wrong with this value.
    pub(in crate::label) fn problem(&self, message: impl fmt::Display) -> Problem {
        let place = if self.path.is_empty() { String::new() } else { format!("`{}`: ", excerpt(&self.path)) };
        Problem::new(format!("{place}{message}"), self.at())
    }

    /// The object that it is, when its keys are among `known`.
    pub(in crate::label) fn object(&self, known: &[&'static str]) -> Result<Object<'a>, Problem> {
        let Ok(Members(raw)) = serde_json::from_str(self.value) else {
            return Err(self.problem("expected an object, `{…}`"));
        };
        let mut members: Vec<(String, Self)> = Vec::new();
        // Where the value before ends: the key stands between the two.
        let mut before = self.at().start;
        for (key, value) in raw {
            let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            let node = Self { whole: self.whole, value: value.get(), path };
            let at = self.key(before, node.at().start);
            before = node.at().end;
            let wrong = |what: &str| Problem::new(format!("{what} `{}`", excerpt(&node.path)), at.clone());
            if !known.contains(&key.as_str()) {
                return Err(wrong("unknown key").help(suggestion(excerpt(&key), known.iter().copied())));
            }
            if members.iter().any(|(other, _)| *other == key) {
                return Err(wrong("a second key").help("a key stands once"));
            }
            members.push((key, node));
        }
        Ok(Object { node: self.clone(), members })
    }

    /// The value of a key, whatever else the object holds; `None` when it is no object.
    pub(in crate::label) fn peek(&self, key: &str) -> Option<Self> {
        let Members(raw) = serde_json::from_str(self.value).ok()?;
        let (key, value) = raw.into_iter().find(|(name, _)| name == key)?;
        Some(Self { whole: self.whole, value: value.get(), path: key })
    }

    /// The key that stands between two places.
    fn key(&self, after: usize, before: usize) -> Range<usize> {
        let between = self.whole.get(after..before).unwrap_or_default();
        match (between.find('"'), between.rfind('"')) {
            (Some(start), Some(end)) => after + start..after + end + 1,
            _ => after..before,
        }
    }

    /// The items of the list that it is: one at least, `most` at most.
    pub(in crate::label) fn items(&self, most: usize) -> Result<Vec<Self>, Problem> {
        let items = self.items_or_none(most)?;
        if items.is_empty() {
            return Err(self.problem("an empty list says nothing").help("leave the key out"));
        }
        Ok(items)
    }

    /// The items of the list that it is, `most` at most.
    pub(in crate::label) fn items_or_none(&self, most: usize) -> Result<Vec<Self>, Problem> {
        let Ok(raw) = serde_json::from_str::<Vec<&'a RawValue>>(self.value) else {
            return Err(self.problem("expected a list, `[…]`"));
        };
        if raw.len() > most {
            return Err(self.problem(format!("a list has at most {most} items here")));
        }
        let item = |(at, value): (usize, &'a RawValue)| Self {
            whole: self.whole,
            value: value.get(),
            path: format!("{}[{at}]", self.path),
        };
        Ok(raw.into_iter().enumerate().map(item).collect())
    }

    /// The text that it is.
    pub(in crate::label) fn text(&self) -> Result<String, Problem> {
        serde_json::from_str(self.value).map_err(|_| self.problem("expected a text, `\"…\"`"))
    }

    /// The whole number that it is.
    pub(in crate::label) fn number(&self) -> Result<i64, Problem> {
        serde_json::from_str(self.value).map_err(|_| self.problem("expected a whole number"))
    }

    /// The items of a list of texts, each of which stands once.
    pub(in crate::label) fn texts(&self, most: usize) -> Result<Vec<String>, Problem> {
        let mut texts = Vec::new();
        for item in self.items(most)? {
            let text = item.text()?;
            if texts.contains(&text) {
                return Err(item.problem(format!("`{}` a second time", excerpt(&text))));
            }
            texts.push(text);
        }
        Ok(texts)
    }

    /// Whether it is a list.
    pub(in crate::label) fn is_list(&self) -> bool {
        self.value.starts_with('[')
    }

    /// The one of `words` that it is.
    pub(in crate::label) fn one_of(&self, words: &[&'static str]) -> Result<&'static str, Problem> {
        let text = self.text()?;
        words.iter().copied().find(|word| *word == text).ok_or_else(|| {
            self.problem(format!("unknown value `{}`", excerpt(&text)))
                .help(suggestion(excerpt(&text), words.iter().copied()))
        })
    }
}

impl<'a> Object<'a> {
    /// The value of a key, if it is there.
    pub(in crate::label) fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.members.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The value of a key that must be there.
    pub(in crate::label) fn required(&self, key: &str) -> Result<&Node<'a>, Problem> {
        self.get(key).ok_or_else(|| self.node.problem(format!("`{key}` is missing")))
    }

    /// The texts of a list; none when the key is not there.
    pub(in crate::label) fn texts(&self, key: &str, most: usize) -> Result<Vec<String>, Problem> {
        self.get(key).map_or(Ok(Vec::new()), |node| node.texts(most))
    }

    /// The keys that are there.
    pub(in crate::label) fn keys(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(key, _)| key.as_str())
    }

    /// The object as a value.
    pub(in crate::label) fn node(&self) -> &Node<'a> {
        &self.node
    }
}

/// Where `part`, which was cut from `whole`, begins in it.
fn offset(whole: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(whole.as_ptr().addr()).min(whole.len())
}

/// What the JSON library says of a text that is no JSON, at its place.
fn broken(text: &str, error: &serde_json::Error) -> Problem {
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    // The library counts bytes of a line from 1, and points behind what it read.
    let mut at = (line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let end = (at + 1..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(at);
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    Problem::new(format!("this is no JSON: {message}"), at..end).help("a label in JSON is one object, `{…}`")
}

/// The members of an object in their order, doubled keys too.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_places() {
        let text = r#" {"one": {"two": ["a", "나"]}, "three": 4}"#;
        let document = Node::document(text).unwrap().object(&["one", "three"]).unwrap();
        let two = document.required("one").unwrap().object(&["two"]).unwrap();
        let items = two.required("two").unwrap().items(5).unwrap();
        assert_eq!(items.iter().map(|item| text.get(item.at()).unwrap()).collect::<Vec<_>>(), ["\"a\"", "\"나\""]);
        let problem = document.required("three").unwrap().text().unwrap_err();
        assert_eq!(
            (problem.message.as_str(), text.get(problem.at).unwrap()),
            ("`three`: expected a text, `\"…\"`", "4")
        );
        assert_eq!(items.last().unwrap().problem("x").message, "`one.two[1]`: x");
    }

    #[test]
    fn keys_are_known_and_stand_once() {
        let wrong = |text: &str| {
            let problem = Node::document(text).unwrap().object(&["level", "term"]).unwrap_err();
            (problem.message, text.get(problem.at).unwrap().to_owned(), problem.help.unwrap())
        };
        let (message, at, help) = wrong(r#"{"term": "x", "levle": "x"}"#);
        assert_eq!((message.as_str(), at.as_str()), ("unknown key `levle`", "\"levle\""));
        assert_eq!(help, "did you mean `level`?");
        let (message, at, _) = wrong(r#"{"term": "x" , "\u0074erm": "y"}"#);
        assert_eq!((message.as_str(), at.as_str()), ("a second key `term`", r#""\u0074erm""#));
    }

    #[test]
    fn what_is_no_json_has_a_place() {
        for text in ["", "{", "{\"a\": 나}", "{} {}", "{\"a\":1,}", "\u{feff}{}", "\"\\ud800\"x", "{\n\"a\": tru\n}"] {
            let problem = Node::document(text).unwrap_err();
            assert!(text.get(problem.at.clone()).is_some(), "{text}: {problem} at {:?}", problem.at);
            assert!(problem.message.starts_with("this is no JSON: "), "{problem}");
        }
        assert!(Node::document(&"[".repeat(50_000)).is_err());
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        assert!(Node::document(&deep).unwrap().object(&[]).is_err());
        assert!(Node::document(&" ".repeat(LONGEST + 1)).unwrap_err().message.contains("at most"));
    }
}
