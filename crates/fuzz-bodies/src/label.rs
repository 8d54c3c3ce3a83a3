//! Labels.

use entente_formats::label::{describe, parse, write};

use crate::place::require_inside;

/// What a label parses to is written in a form that parses to it again and is written the same; a refused text is
/// refused at a place inside it.
pub fn a_label_that_parses_writes_back_to_itself(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse(text) {
        Ok(label) => {
            let written = write(&label);
            assert_eq!(parse(&written).as_ref(), Ok(&label), "written as `{written}`");
            assert_eq!(write(&label), written);
            assert!(!describe(&label).is_empty(), "nothing to say of `{written}`");
        }
        Err(problem) => require_inside(text, &problem),
    }
}
