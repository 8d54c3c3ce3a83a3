//! Elements in the order in which the schema has them. The key type is [`Sequence`].

use std::ops::Range;

use entente_core::time::Timestamp;

use super::{super::element::Element, NAMESPACE};
use crate::{
    label::moment,
    problem::{Problem, nearest, suggestion},
    xml::excerpt,
};

/// The children of an element of CAP, read from front to back.
pub(super) struct Sequence<'a, 'i> {
    parent: Element<'a, 'i>,
    /// The last one first.
    rest: Vec<Element<'a, 'i>>,
    /// Elements of other namespaces, by name.
    extensions: Vec<String>,
}

impl<'a, 'i> Sequence<'a, 'i> {
    pub(super) fn of(parent: Element<'a, 'i>) -> Result<Self, Problem> {
        let stray = parent
            .0
            .children()
            .find(|child| child.is_text() && !child.text().unwrap_or_default().trim_ascii().is_empty());
        if let Some(text) = stray {
            let message = format!("`{}` holds elements, and no text between them", parent.name());
            return Err(Problem::new(message, text.range()));
        }
        let (ours, others): (Vec<_>, Vec<_>) = parent.children().partition(|child| child.is_in(NAMESPACE));
        let name = |element: Element<'_, '_>| {
            let namespace = element.0.tag_name().namespace().unwrap_or_default();
            format!("{{{}}}{}", excerpt(namespace), excerpt(element.name()))
        };
        let extensions = others.into_iter().map(name).collect();
        Ok(Self { parent, rest: ours.into_iter().rev().collect(), extensions })
    }

    /// The next element, if it has this name.
    pub(super) fn optional(&mut self, name: &'static str) -> Option<Element<'a, 'i>> {
        self.rest.pop_if(|element| element.name() == name)
    }

    /// The next element, which must have this name.
    pub(super) fn required(&mut self, name: &'static str) -> Result<Element<'a, 'i>, Problem> {
        if let Some(element) = self.optional(name) {
            return Ok(element);
        }
        Err(match self.rest.last() {
            None => self.parent.problem(format!("`{}` lacks `{name}`", self.parent.name())),
            Some(other) => {
                let found = excerpt(other.name());
                let problem = other.problem(format!("`{name}` should stand here, and not `{found}`"));
                match nearest(found, [name]) {
                    Some(_) => problem.help(format!("did you mean `{name}`?")),
                    None => problem.help("the standard has its elements in one order"),
                }
            }
        })
    }

    /// The next elements of this name, at most `most`.
    pub(super) fn many<T>(
        &mut self,
        name: &'static str,
        most: usize,
        mut read: impl FnMut(Element<'a, 'i>) -> Result<T, Problem>,
    ) -> Result<Vec<T>, Problem> {
        let mut all = Vec::new();
        while let Some(element) = self.optional(name) {
            if all.len() == most {
                return Err(element.problem(format!("more than {most} `{name}`")));
            }
            all.push(read(element)?);
        }
        Ok(all)
    }

    /// The text of the next element, if it has this name; none when it is empty, which many senders write.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, Problem> {
        let text = self.optional(name).map(Element::text).transpose()?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    /// The line of the next element, likewise.
    pub(super) fn line(&mut self, name: &'static str) -> Result<Option<String>, Problem> {
        match self.optional(name) {
            Some(element) if !element.text()?.is_empty() => element.line().map(Some),
            _ => Ok(None),
        }
    }

    /// The moment of the next element, if it has this name.
    pub(super) fn moment(&mut self, name: &'static str) -> Result<Option<Timestamp>, Problem> {
        self.optional(name).map(date_time).transpose()
    }

    /// Refuses whatever is left; the names of what was passed over.
    pub(super) fn end(mut self, known: &[&'static str]) -> Result<Vec<String>, Problem> {
        let Some(element) = self.rest.pop() else { return Ok(self.extensions) };
        let (name, parent) = (excerpt(element.name()), self.parent.name());
        Err(if known.contains(&name) {
            let message = format!("`{name}` does not stand here");
            element.problem(message).help(format!("in `{parent}` stand, in this order: {}", known.join(", ")))
        } else {
            element.problem(format!("`{parent}` holds no `{name}`")).help(suggestion(name, known.iter().copied()))
        })
    }
}

/// A moment as CAP writes it (3.3.2): whole seconds, and an offset in digits.
pub(super) fn date_time(element: Element<'_, '_>) -> Result<Timestamp, Problem> {
    let text = element.line()?;
    moment_of(&text).ok_or_else(|| no_moment(&text, element.at()))
}

pub(super) fn moment_of(text: &str) -> Option<Timestamp> {
    // The schema wants an offset in digits; `Z` is what others write for `-00:00`, and means the same.
    let is_whole = !text.contains('.') && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_whole.then(|| moment::parse(text)).flatten()
}

pub(super) fn no_moment(text: &str, at: Range<usize>) -> Problem {
    Problem::new(format!("`{}` is no moment", excerpt(text)), at)
        .help("write it with its offset and without fractions: `2026-11-20T09:00:00+09:00`; UTC is `-00:00`")
}
