//! XML elements read in order, every one of them known: what a schema processor would do, for this one schema.
//!
//! Well-formedness and namespaces are the library's business; here is what the library allows and a label may not hold.
//! The key types are [`Element`] and [`Sequence`].

use std::ops::Range;

use roxmltree::{Document, Node, NodeType};

use super::{super::checked::excerpt, NAMESPACE};
use crate::{
    problem::{Problem, suggestion},
    xml::{self, Limits},
};

const LIMITS: Limits = Limits {
    what: "label",
    // A label has a few hundred bytes; this leaves room for what it may be bound to.
    bytes: 256 * 1024,
    nodes: 20_000,
    // A label itself is at most five deep.
    depth: 32,
};
/// The longest value, in characters.
const LONGEST_VALUE: usize = 512;

/// Reads a document as a tree.
pub(super) fn document(text: &str) -> Result<Document<'_>, Problem> {
    xml::document(text, &LIMITS)
}

/// An element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a, 'i>(pub(super) Node<'a, 'i>);

impl<'a, 'i> Element<'a, 'i> {
    /// Its name without the prefix.
    pub(super) fn name(self) -> &'i str {
        self.0.tag_name().name()
    }

    /// The place of its opening tag, up to its name.
    pub(super) fn at(self) -> Range<usize> {
        let range = self.0.range();
        let tag = self.0.document().input_text().get(range.clone()).unwrap_or_default();
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/');
        range.start..range.start + tag.find(ends).unwrap_or(tag.len())
    }

    pub(super) fn problem(self, message: impl Into<String>) -> Problem {
        Problem::new(message, self.at())
    }

    /// Refuses attributes that are not among `known`. Those of other namespaces are not ours to judge.
    pub(super) fn only(self, known: &[&str]) -> Result<(), Problem> {
        for attribute in self.0.attributes().filter(|attribute| attribute.namespace().is_none()) {
            if !known.contains(&attribute.name()) {
                let name = excerpt(attribute.name());
                let problem = Problem::new(format!("`{}` has no attribute `{name}`", self.name()), attribute.range());
                return Err(if known.is_empty() {
                    problem.help("it has none")
                } else {
                    problem.help(suggestion(name, known.iter().copied()))
                });
            }
        }
        Ok(())
    }

    /// An attribute, with its place.
    pub(super) fn attribute(self, name: &str) -> Option<(&'a str, Range<usize>)> {
        self.0.attribute_node(name).map(|attribute| (attribute.value(), attribute.range()))
    }

    /// The elements that it holds, when it holds elements alone.
    pub(super) fn sequence(self) -> Result<Sequence<'a, 'i>, Problem> {
        let mut elements = Vec::new();
        for child in self.0.children() {
            match child.node_type() {
                NodeType::Element => elements.push(Element(child)),
                NodeType::Text if child.text().unwrap_or_default().trim_ascii().is_empty() => {}
                NodeType::Text => {
                    let message = format!("`{}` holds elements, and no text between them", self.name());
                    return Err(Problem::new(message, child.range()));
                }
                NodeType::Comment => {}
                NodeType::PI | NodeType::Root => {
                    return Err(Problem::new("a processing instruction inside a label", child.range())
                        .help("a label holds elements and text; take it out"));
                }
            }
        }
        elements.reverse();
        Ok(Sequence { parent: self, rest: elements })
    }

    /// The text that it holds, when it holds text alone. A comment would let it read otherwise than it looks.
    pub(super) fn text(self) -> Result<&'a str, Problem> {
        if let Some(other) = self.0.children().find(|child| !child.is_text()) {
            let message = format!("`{}` holds text, and nothing else", self.name());
            return Err(Problem::new(message, other.range()));
        }
        let text = self.0.text().unwrap_or_default();
        if text.trim().is_empty() {
            return Err(self.problem(format!("`{}` is empty", self.name())));
        }
        if text.chars().count() > LONGEST_VALUE {
            return Err(self.problem(format!("`{}` has more than {LONGEST_VALUE} characters", self.name())));
        }
        Ok(text)
    }

    /// The same as `xs:token` has it: without white space at the ends, and with single blanks inside.
    pub(super) fn token(self) -> Result<String, Problem> {
        let text = self.text()?;
        Ok(text.split(XML_SPACE).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
    }

    /// The same with nothing at the ends that would make it another value than it looks.
    pub(super) fn value(self) -> Result<&'a str, Problem> {
        let text = self.text()?;
        if text.trim() != text {
            return Err(self
                .problem(format!("white space at the ends of `{}`", self.name()))
                .help(format!("a value is compared to the letter: write `{}` alone", excerpt(text.trim()))));
        }
        if let Some(control) = text.chars().find(|c| c.is_control()) {
            let message = format!("control character U+{:04X} in `{}`", u32::from(control), self.name());
            return Err(self.problem(message).help("a value is one line of text"));
        }
        Ok(text)
    }
}

/// What XML calls white space.
const XML_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Elements in the order in which the schema has them.
#[derive(Debug)]
pub(super) struct Sequence<'a, 'i> {
    parent: Element<'a, 'i>,
    /// The last one first.
    rest: Vec<Element<'a, 'i>>,
}

impl<'a, 'i> Sequence<'a, 'i> {
    /// The next element, if it has this name.
    pub(super) fn optional(&mut self, name: &str) -> Option<Element<'a, 'i>> {
        self.rest.pop_if(|element| element.0.tag_name().namespace() == Some(NAMESPACE) && element.name() == name)
    }

    /// The next element, which must have this name.
    pub(super) fn required(&mut self, name: &str) -> Result<Element<'a, 'i>, Problem> {
        if let Some(element) = self.optional(name) {
            return Ok(element);
        }
        Err(match self.rest.last() {
            None => self.parent.problem(format!("`{}` lacks `{name}`", self.parent.name())),
            Some(other) if other.0.tag_name().namespace() != Some(NAMESPACE) => other
                .problem(format!("`{name}` should stand here, and not an element of another namespace"))
                .help(format!("the namespace of a label is `{NAMESPACE}`")),
            Some(other) => {
                let problem = other.problem(format!("`{name}` should stand here, and not `{}`", excerpt(other.name())));
                match crate::problem::nearest(other.name(), [name]) {
                    Some(_) => problem.help(format!("did you mean `{name}`?")),
                    None => problem,
                }
            }
        })
    }

    /// Elements of other namespaces that stand here, by their names.
    pub(super) fn extensions(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(element) = self.rest.pop_if(|element| element.0.tag_name().namespace() != Some(NAMESPACE)) {
            let name = element.0.tag_name();
            names.push(match name.namespace() {
                Some(namespace) => format!("{{{}}}{}", excerpt(namespace), excerpt(name.name())),
                None => excerpt(name.name()).to_owned(),
            });
        }
        names
    }

    /// Refuses whatever is left.
    pub(super) fn end(mut self, known: &[&str]) -> Result<(), Problem> {
        let Some(element) = self.rest.pop() else { return Ok(()) };
        let name = excerpt(element.name());
        let parent = self.parent.name();
        Err(if known.contains(&name) {
            element
                .problem(format!("`{name}` does not stand here"))
                .help(format!("in `{parent}` stand, in this order: {}", known.join(", ")))
        } else {
            element.problem(format!("`{parent}` holds no `{name}`")).help(suggestion(name, known.iter().copied()))
        })
    }
}
