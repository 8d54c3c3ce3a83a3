//! Selectors: which properties of an object a granular marking is about (section 7.2.3.1).
//!
//! `external_references.[0].url` is a path of names and places in lists. What is selected is withheld with everything
//! inside it. The key type is [`Selector`].

use crate::{
    problem::Problem,
    stix::json::{Object, Value, excerpt},
};

/// A step of a selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step<'a> {
    /// The member of this name.
    Key(&'a str),
    /// The item at this place, from 0.
    At(usize),
}

/// A path into an object, of at least one step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector<'a> {
    steps: Vec<Step<'a>>,
}

impl<'a> Selector<'a> {
    /// Reads a selector.
    ///
    /// # Errors
    /// When it opens with no name of a property, or a step is neither a name nor `[n]`.
    pub fn parse(text: &'a str) -> Result<Self, Problem> {
        const LONGEST: usize = 8 * 1024;
        let wrong = |message: String| {
            Problem::new(message, 0..text.len()).help("such as `name`, `labels.[1]`, `external_references.[0].url`")
        };
        if text.len() > LONGEST {
            return Err(wrong(format!("a selector has at most {LONGEST} bytes")));
        }
        let mut steps = Vec::new();
        for part in text.split('.') {
            let place = part.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            let is_name = |part: &str| {
                (1..=250).contains(&part.len())
                    && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
            };
            steps.push(match place {
                Some(digits) if !steps.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                    let place =
                        digits.parse().map_err(|_| wrong(format!("`{}` is no place in a list", excerpt(part))))?;
                    Step::At(place)
                }
                None if is_name(part) => Step::Key(part),
                _ => return Err(wrong(format!("`{}` is no step of a selector", excerpt(part)))),
            });
        }
        match steps.first() {
            Some(Step::Key(name)) if *name == "id" || name.len() >= 3 => Ok(Self { steps }),
            _ => Err(wrong(format!("`{}` opens with no name of a property", excerpt(text)))),
        }
    }

    /// Its steps, the outermost first.
    pub fn steps(&self) -> &[Step<'a>] {
        &self.steps
    }

    /// Whether it selects something in this object.
    pub fn is_in(&self, object: &Object<'_>) -> bool {
        let Some((Step::Key(first), rest)) = self.steps.split_first() else { return false };
        let mut value = object.get(first);
        for step in rest {
            value = match (step, value) {
                (Step::Key(key), Some(Value::Object(object))) => object.get(key),
                (Step::At(at), Some(Value::List(items))) => items.get(*at),
                _ => None,
            };
        }
        value.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stix::json::{Limits, parse};

    #[test]
    fn steps_are_names_and_places() {
        let steps = |text| Selector::parse(text).map(|selector| selector.steps);
        assert_eq!(steps("id"), Ok(vec![Step::Key("id")]));
        assert_eq!(
            steps("external_references.[10].hashes.SHA-256"),
            Ok(vec![Step::Key("external_references"), Step::At(10), Step::Key("hashes"), Step::Key("SHA-256")])
        );
        for text in [
            "",
            "a",
            "[0]",
            "name.",
            ".name",
            "name.[x]",
            "name[0]",
            "name.[-1]",
            "name.[99999999999999999999]",
            "이름",
        ] {
            assert!(steps(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_selected_is_there() {
        let value = parse(r#"{"labels":["a"],"extensions":{"x-ext":{"k":null}}}"#, Limits::OBJECT).unwrap();
        let object = value.object().unwrap();
        for (text, is_in) in [
            ("labels", true),
            ("labels.[0]", true),
            ("labels.[1]", false),
            ("labels.a", false),
            ("extensions.x-ext.k", true),
            ("extensions.[0]", false),
            ("extensions.x-ext.k.l", false),
            ("name", false),
        ] {
            assert_eq!(Selector::parse(text).unwrap().is_in(object), is_in, "{text}");
        }
    }
}
