//! Names of records where there is little room: the beginning is cut and the end is kept, for names that a node draws differ at their
//! end as well. The whole stands in the page all the same: it is what is copied, read aloud and found.

/// How many characters are shown whole.
const SHORT: usize = 20;
/// How many of a longer one are never cut.
const END: usize = 6;

/// What of a name may be cut, and what behind it is kept; nothing is kept apart of a name that is short.
pub(crate) fn halves(name: &str) -> (&str, &str) {
    if name.chars().count() <= SHORT {
        return (name, "");
    }
    let at = name.char_indices().rev().nth(END - 1).map_or(name.len(), |(at, _)| at);
    name.split_at(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_end() {
        for (name, beginning, end) in [
            ("K-0412", "K-0412", ""),
            ("KOR-0123456789abcdef", "KOR-0123456789abcdef", ""),
            ("KOR-0123456789abcdefABCD", "KOR-0123456789abcd", "efABCD"),
            ("記録記録記録記録記録記録記録記録記録記録記録", "記録記録記録記録記録記録記録記録", "記録記録記録"),
            ("", "", ""),
        ] {
            assert_eq!(halves(name), (beginning, end), "{name}");
        }
    }
}
