//! Aligned columns for people, measured as a terminal shows them: 極秘 takes four columns, not two.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use anstyle::Style;
use textwrap::{Options, WordSeparator, WordSplitter};
use unicode_width::UnicodeWidthStr;

/// Between two columns.
const GAP: usize = 2;
/// No column is squeezed below this.
const NARROWEST: usize = 20;

/// Rows of cells under one another. One column takes what the others leave, and wraps.
pub(crate) struct Columns {
    rows: Vec<Vec<String>>,
    flexible: usize,
    styles: Vec<Style>,
}

impl Columns {
    /// No rows yet; the column `flexible`, counted from 0, wraps.
    pub(crate) fn new(flexible: usize) -> Self {
        Self { rows: Vec::new(), flexible, styles: Vec::new() }
    }

    /// The same with a style for each column, from the first.
    #[must_use]
    pub(crate) fn styled(mut self, styles: impl IntoIterator<Item = Style>) -> Self {
        self.styles = styles.into_iter().collect();
        self
    }

    /// Adds a row.
    pub(crate) fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// How wide the rows are when nothing wraps.
    pub(crate) fn width(&self) -> usize {
        self.widths(usize::MAX).into_iter().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP)
    }

    /// Writes the rows, at most `total` columns wide where that can be.
    pub(crate) fn write(&self, out: &mut impl Write, total: usize) -> io::Result<()> {
        let widths = self.widths(total);
        for row in &self.rows {
            let cells: Vec<Vec<String>> = row.iter().zip(&widths).map(|(cell, width)| wrap(cell, *width)).collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or_default();
            for line in 0..height {
                let texts = cells.iter().map(|cell| cell.get(line).map_or("", String::as_str));
                self.write_line(out, texts, &widths)?;
            }
        }
        Ok(())
    }

    fn write_line<'a>(
        &self,
        out: &mut impl Write,
        texts: impl Iterator<Item = &'a str>,
        widths: &[usize],
    ) -> io::Result<()> {
        // Blanks are written only before the next text, so that no line ends in one.
        let mut pending = 0;
        for (column, (text, width)) in texts.zip(widths).enumerate() {
            if !text.is_empty() {
                let style = self.styles.get(column).copied().unwrap_or_default();
                write!(out, "{:pending$}{style}{text}{style:#}", "")?;
                pending = 0;
            }
            pending += width.saturating_sub(text.width()) + GAP;
        }
        writeln!(out)
    }

    fn widths(&self, total: usize) -> Vec<usize> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let widest = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or_default()
        };
        let mut widths: Vec<usize> = (0..count).map(widest).collect();
        let others: usize = widths
            .iter()
            .enumerate()
            .filter(|(column, _)| *column != self.flexible)
            .map(|(_, width)| width + GAP)
            .sum();
        if let Some(width) = widths.get_mut(self.flexible) {
            *width = (*width).min(total.saturating_sub(others).max(NARROWEST));
        }
        widths
    }
}

/// The lines of `text`, each at most `width` wide; at least one.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    // Ids and commands are to be copied: nothing breaks at a hyphen.
    let options =
        Options::new(width.max(1)).word_separator(WordSeparator::AsciiSpace).word_splitter(WordSplitter::NoHyphenation);
    // An article stays whole too; the space that does not break is one again afterwards.
    let text = printable(text).replace("art. ", "art.\u{a0}");
    textwrap::wrap(&text, options).into_iter().map(|line| line.replace('\u{a0}', " ")).collect()
}

/// Text that others wrote, as it may stand in a terminal: nothing in it moves the cursor or turns the line around.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let unruly = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(unruly) { text.replace(unruly, "\u{fffd}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_as_they_are_seen_and_one_of_them_wraps() {
        let mut columns = Columns::new(1);
        columns.row(["極秘", "a term of JPN that has no level", "text"]);
        columns.row(["SECRET", "a level", "assumed"]);
        let mut text = Vec::new();
        columns.write(&mut text, 38).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "極秘    a term of JPN that     text\n        has no level\nSECRET  a level                assumed\n"
        );
    }
}
