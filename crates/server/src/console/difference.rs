//! What differs between two versions of a text, word by word, so that a changed comma is seen. It compares what is shown, and decides
//! nothing: what parties sign is a digest.

/// More pairs of words than this are not compared one by one: then all of the middle has changed.
const MOST: usize = 1_000_000;

/// A stretch of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// In which version it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// In both.
    Both,
    /// In the older alone.
    Gone,
    /// In the newer alone.
    New,
}

impl Run {
    /// The element of HTML.
    pub(crate) fn is_gone(&self) -> bool {
        self.kind == Kind::Gone
    }
    pub(crate) fn is_new(&self) -> bool {
        self.kind == Kind::New
    }
}

/// Words, each sign and blank by itself. Letters of scripts that part no words are a word each.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut begin = 0;
    let mut last = None;
    for (at, letter) in text.char_indices() {
        let joins = letter.is_alphanumeric() && u32::from(letter) < 0x2e80;
        if last != Some(true) || !joins {
            words.extend(text.get(begin..at).filter(|word| !word.is_empty()));
            begin = at;
        }
        last = Some(joins);
    }
    words.extend(text.get(begin..).filter(|word| !word.is_empty()));
    words
}

/// The stretches of both versions, in order.
pub(crate) fn difference(before: &str, after: &str) -> Vec<Run> {
    let (one, other) = (words(before), words(after));
    let same = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let (rest, rest_of_other) = (one.get(same..).unwrap_or_default(), other.get(same..).unwrap_or_default());
    let tail = rest.iter().rev().zip(rest_of_other.iter().rev()).take_while(|(one, other)| one == other).count();
    let middle = rest.get(..rest.len() - tail).unwrap_or_default();
    let middle_of_other = rest_of_other.get(..rest_of_other.len() - tail).unwrap_or_default();
    let mut runs = Vec::new();
    let head = one.get(..same).unwrap_or_default();
    head.iter().for_each(|word| push(&mut runs, Kind::Both, word));
    compared(middle, middle_of_other, &mut runs);
    rest.iter().skip(middle.len()).for_each(|word| push(&mut runs, Kind::Both, word));
    runs
}

/// The longest sequence of words that is in both.
fn compared(one: &[&str], other: &[&str], runs: &mut Vec<Run>) {
    let width = other.len() + 1;
    if one.len().saturating_mul(other.len()) > MOST {
        one.iter().for_each(|word| push(runs, Kind::Gone, word));
        other.iter().for_each(|word| push(runs, Kind::New, word));
        return;
    }
    // How many words are common from here to the ends.
    let mut common = vec![0_u32; (one.len() + 1) * width];
    let at = |common: &[u32], row: usize, column: usize| common.get(row * width + column).copied().unwrap_or_default();
    for (row, word) in one.iter().enumerate().rev() {
        for (column, against) in other.iter().enumerate().rev() {
            let best = match word == against {
                true => at(&common, row + 1, column + 1) + 1,
                false => at(&common, row + 1, column).max(at(&common, row, column + 1)),
            };
            if let Some(cell) = common.get_mut(row * width + column) {
                *cell = best;
            }
        }
    }
    let (mut row, mut column) = (0, 0);
    loop {
        match (one.get(row), other.get(column)) {
            (Some(word), Some(against)) if word == against => {
                push(runs, Kind::Both, word);
                (row, column) = (row + 1, column + 1);
            }
            (Some(word), against)
                if against.is_none() || at(&common, row + 1, column) >= at(&common, row, column + 1) =>
            {
                push(runs, Kind::Gone, word);
                row += 1;
            }
            (_, Some(against)) => {
                push(runs, Kind::New, against);
                column += 1;
            }
            (_, None) => return,
        }
    }
}

fn push(runs: &mut Vec<Run>, kind: Kind, word: &str) {
    match runs.last_mut() {
        Some(last) if last.kind == kind => last.text.push_str(word),
        _ => runs.push(Run { kind, text: word.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str, after: &str) -> String {
        let runs = difference(before, after);
        let of = |kind: Kind| -> String {
            runs.iter().filter(|run| run.kind == Kind::Both || run.kind == kind).map(|run| run.text.as_str()).collect()
        };
        // Nothing is lost of either.
        assert_eq!((of(Kind::Gone), of(Kind::New)), (before.to_owned(), after.to_owned()));
        let run = |run: &Run| match run.kind {
            Kind::Both => run.text.clone(),
            Kind::Gone => format!("[-{}]", run.text),
            Kind::New => format!("[+{}]", run.text),
        };
        runs.iter().map(run).collect()
    }

    #[test]
    fn a_changed_comma_is_seen() {
        for (before, after, expected) in [
            ("We condemn it.", "We condemn it.", "We condemn it."),
            ("We condemn it, and stand.", "We condemn it and stand.", "We condemn it[-,] and stand."),
            ("the launch of today", "the launches of today", "the [-launch][+launches] of today"),
            ("", "new", "[+new]"),
            ("old\n", "", "[-old\n]"),
            ("a b c", "c b a", "[-a][+c] b [-c][+a]"),
            ("共同で非難する。", "共同で強く非難する。", "共同で[+強く]非難する。"),
        ] {
            assert_eq!(shown(before, after), expected);
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_compared_at_its_ends() {
        let long = |word: &str| format!("begin {} end", format!("{word} ").repeat(2000));
        let runs = difference(&long("a"), &long("b"));
        assert_eq!(runs.first().map(|run| run.kind), Some(Kind::Both));
        assert_eq!(runs.last().map(|run| run.text.trim()), Some("end"));
        shown(&long("a"), &long("b"));
    }
}
