//! What a reader of a marking has come across: which marks stand where, and the first thing out of order.
//!
//! Not the marking itself. Order is noted, not refused on the spot: only when all is read can the help show the whole
//! line as it should be. The key type is [`Reading`].

use std::{cmp::Ordering, ops::Range};

use super::{dissemination::Control, form::Form, text::Piece};
use crate::problem::Problem;

/// Notes taken while reading one marking.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// The form in which the marking stands.
    pub(super) form: Form,
    marks: Vec<(&'static str, Range<usize>)>,
    /// Lists that a portion leaves to its banner line.
    of_banner: Vec<(Control, Range<usize>)>,
    disorder: Option<Problem>,
}

impl Reading {
    pub(super) fn new(form: Form) -> Self {
        Self { form, ..Self::default() }
    }

    /// Whether the item stands for `control` with the list of the banner line; it is noted if it does.
    pub(super) fn stands_for_banner(&mut self, control: Control, item: Piece<'_>) -> bool {
        let stands = self.form.stands_for_banner(item) == Some(control);
        if stands {
            self.of_banner.push((control, item.at()));
        }
        stands
    }

    /// The controls whose list is that of the banner line, and their places.
    pub(super) fn of_banner(&self) -> &[(Control, Range<usize>)] {
        &self.of_banner
    }

    /// Notes a mark that the rules of the manual speak of, by the name that they use.
    pub(super) fn mark(&mut self, name: &'static str, at: Range<usize>) {
        self.marks.push((name, at));
    }

    /// Where the mark stands, if it does.
    pub(super) fn place(&self, name: &str) -> Option<Range<usize>> {
        self.marks.iter().find(|(mark, _)| *mark == name).map(|(_, at)| at.clone())
    }

    /// Notes that something is out of order; only the first is kept.
    pub(super) fn misplaced(&mut self, message: impl FnOnce() -> String, at: Range<usize>) {
        self.disorder.get_or_insert_with(|| Problem::new(message(), at));
    }

    /// What was out of order first.
    pub(super) fn into_disorder(self) -> Option<Problem> {
        self.disorder
    }

    /// Sorts what was read, refuses repeats and notes what stood out of order. `key` tells how to compare two, `name`
    /// what to call one.
    pub(super) fn sorted<T>(
        &mut self,
        mut read: Vec<(T, Range<usize>)>,
        compare: impl Fn(&T, &T) -> Ordering,
        name: impl Fn(&T) -> String,
    ) -> Result<Vec<T>, Problem> {
        for pair in read.windows(2) {
            if let [(before, _), (after, at)] = pair
                && compare(before, after) == Ordering::Greater
            {
                let message = || format!("`{}` stands before `{}`", name(after), name(before));
                self.misplaced(message, at.clone());
            }
        }
        // A stable sort: of two that are the same, the later one is the repeat.
        read.sort_by(|(left, _), (right, _)| compare(left, right));
        for pair in read.windows(2) {
            if let [(before, _), (after, at)] = pair
                && compare(before, after) == Ordering::Equal
            {
                return Err(repeated(&name(after), at.clone()));
            }
        }
        Ok(read.into_iter().map(|(value, _)| value).collect())
    }
}

/// Something stands twice.
pub(super) fn repeated(name: &str, at: Range<usize>) -> Problem {
    Problem::new(format!("`{name}` stands twice"), at).help("each marking and each code stands once")
}

/// A list, compartment or number is missing behind a piece.
pub(super) fn missing(piece: Piece<'_>, what: &str) -> Problem {
    Problem::new(format!("{what} is missing after `{}`", piece.as_str()), piece.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_disorder_is_kept() {
        let mut reading = Reading::default();
        reading.misplaced(|| "one".to_owned(), 0..1);
        reading.misplaced(|| "two".to_owned(), 1..2);
        assert_eq!(reading.into_disorder(), Some(Problem::new("one", 0..1)));
    }
}
