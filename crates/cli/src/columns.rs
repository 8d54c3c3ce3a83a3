//! Aligned columns for people, measured as a terminal shows them: 極秘 takes four columns, not two.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use anstyle::Style;
use textwrap::{Options, WordSeparator, WordSplitter, core::Word};
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
    let options = Options::new(width.max(1))
        .word_separator(WordSeparator::Custom(pieces))
        .word_splitter(WordSplitter::NoHyphenation);
    // An article stays whole too; the space that does not break is one again afterwards.
    let text = printable(text).replace("art. ", "art.\u{a0}");
    textwrap::wrap(&text, options).into_iter().map(|line| line.replace('\u{a0}', " ")).collect()
}

/// The pieces that a line may break between: what is between spaces; and in Japanese, which has none, each character, but
/// that no line begins with what closes or ends with what opens. Korean has spaces, and breaks at them.
fn pieces(text: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let is_japanese =
        |c: char| matches!(c, '\u{3001}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}');
    let closes = |c: char| "、。」』）):;ーっゃゅょッャュョ".contains(c);
    let opens = |c: char| "「『（(".contains(c);
    // A number stays with what it counts, and an article with its letter: 第6条(a).
    let joined = |before: char, after: char| before.is_ascii_digit() || after.is_ascii_digit() || after == '(';
    let breaks = |before: char, after: char| {
        let beside_japanese = is_japanese(before) || is_japanese(after);
        after != ' ' && (before == ' ' || beside_japanese && !opens(before) && !closes(after) && !joined(before, after))
    };
    let mut ends: Vec<usize> = text
        .char_indices()
        .zip(text.chars().skip(1))
        .filter(|((_, before), after)| breaks(*before, *after))
        .map(|((at, before), _)| at + before.len_utf8())
        .collect();
    ends.push(text.len());
    let mut start = 0;
    Box::new(ends.into_iter().filter_map(move |end| text.get(std::mem::replace(&mut start, end)..end)).map(Word::from))
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

    #[test]
    fn japanese_breaks_between_characters_and_korean_at_spaces() {
        let cases = [
            (
                "KORの書面による承認、jp-kr-gsomia-2016の第6条(a)。",
                24,
                "KORの書面による承認、|jp-kr-gsomia-2016の|第6条(a)。",
            ),
            ("書面による承認、", 14, "書面による承|認、"),
            ("KOR 측의 사전 서면 승인", 12, "KOR 측의|사전 서면|승인"),
            ("`third-party` on K-0412", 14, "`third-party`|on K-0412"),
        ];
        for (text, width, lines) in cases {
            assert_eq!(wrap(text, width).join("|"), lines);
        }
    }
}
