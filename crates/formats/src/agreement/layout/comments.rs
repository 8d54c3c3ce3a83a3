//! Where the comments of a file belong: above a line, behind it, at the end of a list, or at an end of the file.
//!
//! A comment belongs to the line that it stands behind, otherwise to the next line; what stands inside a value that is
//! written on one line goes above that line. The key type is [`Comments`].

use std::{collections::BTreeMap, ops::Range};

use toml_parser::{Source, lexer::TokenKind};

/// Something that is written on a line of its own: a key, a header, an entry of a list that is written over several
/// lines. It is known by where it begins in the text.
pub(super) struct Anchor {
    /// Where it begins.
    pub(super) start: usize,
    /// All of it; of a header the header alone, and nothing of a table that has none.
    pub(super) extent: Range<usize>,
    /// Whether it is a key whose list is written over several lines.
    pub(super) is_open: bool,
}

/// A comment on a line of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comment<'t> {
    /// From its `#` to the last character that is no blank.
    pub(super) text: &'t str,
    /// Whether a blank line parts it from what follows.
    pub(super) is_parted: bool,
}

/// All comments of a file by the anchor that they belong to.
#[derive(Default)]
pub(super) struct Comments<'t> {
    /// At the beginning of the file, parted from what follows: about the file, whatever key comes first.
    pub(super) top: Vec<Comment<'t>>,
    /// Above an anchor.
    pub(super) above: BTreeMap<usize, Vec<Comment<'t>>>,
    /// Behind an anchor, on its line.
    pub(super) behind: BTreeMap<usize, &'t str>,
    /// After the last entry of an open list.
    pub(super) closing: BTreeMap<usize, Vec<Comment<'t>>>,
    /// After everything.
    pub(super) end: Vec<Comment<'t>>,
}

/// The places of all comments of `text`, in order.
pub(super) fn places(text: &str) -> Vec<Range<usize>> {
    let comments = Source::new(text).lex().filter(|token| token.kind() == TokenKind::Comment);
    comments.map(|token| token.span().start()..token.span().end()).collect()
}

impl<'t> Comments<'t> {
    /// The comments of `text`, sorted: the same for two texts that differ in where their comments stand.
    pub(super) fn texts(text: &'t str) -> Vec<&'t str> {
        let mut texts: Vec<&str> = places(text).into_iter().filter_map(|at| text.get(at)).map(str::trim_end).collect();
        texts.sort_unstable();
        texts
    }

    /// Gives every comment of `text` its place among `anchors`, which are in the order of the text.
    pub(super) fn assign(text: &'t str, anchors: &[Anchor]) -> Self {
        let mut comments = Self::default();
        let mut coming = anchors.iter().peekable();
        let mut begun: Vec<&Anchor> = Vec::new();
        let mut ended: Option<&Anchor> = None;
        for at in places(text) {
            let Some(written) = text.get(at.clone()).map(str::trim_end) else { continue };
            let comment = Comment { text: written, is_parted: is_parted(text, at.end) };
            while let Some(anchor) = coming.next_if(|anchor| anchor.start < at.start) {
                begun.push(anchor);
            }
            begun.retain(|anchor| {
                let runs_on = anchor.extent.end > at.start;
                let has_line = !anchor.extent.is_empty();
                if !runs_on && has_line && ended.is_none_or(|last| last.extent.end <= anchor.extent.end) {
                    ended = Some(anchor);
                }
                runs_on
            });
            let line = text.get(..at.start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
            // Of what holds the comment, the last begun is the innermost.
            let (holder, next) = (begun.last(), coming.peek());
            let behind = ended.filter(|anchor| {
                anchor.extent.end >= line && holder.is_none_or(|holder| holder.start < anchor.extent.end)
            });
            match (behind, holder, next) {
                (Some(anchor), ..) => drop(comments.behind.insert(anchor.start, written)),
                (None, Some(list), Some(entry)) if list.is_open && list.extent.contains(&entry.start) => {
                    comments.put_above(entry, comment);
                }
                (None, Some(list), _) if list.is_open => {
                    comments.closing.entry(list.start).or_default().push(comment);
                }
                (None, Some(anchor), _) => comments.put_above(anchor, comment),
                (None, None, Some(anchor)) => comments.put_above(anchor, comment),
                (None, None, None) => comments.end.push(comment),
            }
        }
        // What stands at the beginning, up to its last blank line, is about the file.
        if let Some(above) = anchors.first().and_then(|first| comments.above.get_mut(&first.start)) {
            let parted = above.iter().rposition(|comment| comment.is_parted).map_or(0, |last| last + 1);
            comments.top = above.drain(..parted).collect();
        }
        comments
    }

    fn put_above(&mut self, anchor: &Anchor, comment: Comment<'t>) {
        self.above.entry(anchor.start).or_default().push(comment);
    }
}

/// Whether the line after the comment that ends at `end` is blank.
fn is_parted(text: &str, end: usize) -> bool {
    text.get(end..).unwrap_or_default().lines().nth(1).is_some_and(|line| line.trim().is_empty())
}
