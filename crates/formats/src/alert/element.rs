//! XML elements of a warning, found by name. The key type is [`Element`].

use std::ops::Range;

use roxmltree::Node;

use crate::{
    problem::Problem,
    xml::{Limits, excerpt},
};

/// How much of a warning is read. The longest real one has some hundred kilobytes.
pub(super) const LIMITS: Limits = Limits { what: "warning", bytes: 1024 * 1024, nodes: 60_000, depth: 24 };

/// The longest text of one element, in characters.
const LONGEST_TEXT: usize = 20_000;
/// The longest word or line of one, in characters.
const LONGEST_LINE: usize = 500;

/// An element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a, 'i>(pub(super) Node<'a, 'i>);

impl<'a, 'i> Element<'a, 'i> {
    /// Its name without the prefix.
    pub(super) fn name(self) -> &'i str {
        self.0.tag_name().name()
    }

    /// Whether it is in the namespace.
    pub(super) fn is_in(self, namespace: &str) -> bool {
        self.0.tag_name().namespace() == Some(namespace)
    }

    /// The place of its opening tag, up to its name.
    pub(super) fn at(self) -> Range<usize> {
        let range = self.0.range();
        let tag = self.0.document().input_text().get(range.clone()).unwrap_or_default();
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/');
        range.start..range.start + tag.find(ends).unwrap_or(tag.len())
    }

    /// A problem at its opening tag.
    pub(super) fn problem(self, message: impl Into<String>) -> Problem {
        Problem::new(message, self.at())
    }

    /// The elements that it holds.
    pub(super) fn children(self) -> impl Iterator<Item = Element<'a, 'i>> {
        self.0.children().filter(Node::is_element).map(Element)
    }

    /// The elements of this name, whatever their namespace.
    pub(super) fn all(self, name: &'static str) -> impl Iterator<Item = Element<'a, 'i>> {
        self.children().filter(move |child| child.name() == name)
    }

    /// The first element of this name.
    pub(super) fn optional(self, name: &'static str) -> Option<Element<'a, 'i>> {
        self.all(name).next()
    }

    /// The first element of this name, which must be there.
    pub(super) fn required(self, name: &'static str) -> Result<Element<'a, 'i>, Problem> {
        self.optional(name).ok_or_else(|| self.problem(format!("`{}` lacks `{name}`", self.name())))
    }

    /// The first element along a path of names.
    pub(super) fn path(self, names: &[&'static str]) -> Option<Element<'a, 'i>> {
        names.iter().try_fold(self, |element, name| element.optional(name))
    }

    /// Its text, possibly of several lines, without white space at the ends; it may be empty.
    pub(super) fn text(self) -> Result<String, Problem> {
        let mut text = String::new();
        for child in self.0.children() {
            if child.is_element() {
                let message = format!("`{}` holds text, and no element", self.name());
                return Err(Problem::new(message, Element(child).at()));
            }
            if child.is_text() {
                text.push_str(child.text().unwrap_or_default());
            }
        }
        let text = text.trim();
        if text.chars().count() > LONGEST_TEXT {
            return Err(self.problem(format!("`{}` has more than {LONGEST_TEXT} characters", self.name())));
        }
        let is_hidden = |c: &char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
        if let Some(control) = text.chars().find(is_hidden) {
            return Err(self.problem(format!("control character U+{:04X} in `{}`", u32::from(control), self.name())));
        }
        Ok(text.to_owned())
    }

    /// Its text as one line, with single blanks inside; it must say something.
    pub(super) fn line(self) -> Result<String, Problem> {
        let text = self.text()?;
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() {
            return Err(self.problem(format!("`{}` is empty", self.name())).help("write something, or leave it out"));
        }
        if line.chars().count() > LONGEST_LINE {
            return Err(self.problem(format!("`{}` has more than {LONGEST_LINE} characters", self.name())));
        }
        Ok(line)
    }

    /// One of `all`, spelt by `spell`.
    pub(super) fn one_of<T: Copy>(self, all: &[T], spell: impl Fn(T) -> &'static str) -> Result<T, Problem> {
        let text = self.line()?;
        all.iter().copied().find(|one| spell(*one) == text).ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|one| spell(*one)).collect();
            let help = match known.iter().find(|word| word.eq_ignore_ascii_case(&text)) {
                Some(same) => format!("did you mean `{same}`? CAP knows it in this spelling alone"),
                None => crate::problem::suggestion(excerpt(&text), known),
            };
            self.problem(format!("`{}` cannot be `{}`", self.name(), excerpt(&text))).help(help)
        })
    }
}
