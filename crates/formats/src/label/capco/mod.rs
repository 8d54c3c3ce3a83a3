//! Banner lines in the syntax of the IC Markings System Register and Manual (CAPCO), 31 December 2016, public release.
//!
//! United States, foreign and joint classifications with all registered categories. Not portion marks, and no roll-up:
//! one line in, one marking out. A misordered line is an error whose help shows the line as it should be; nothing is
//! set right in silence. The key function is [`parse`].
//!
//! References such as "H.8, p. 151" are sections and pages of that manual.

mod atomic;
mod categories;
mod classification;
mod codes;
mod compartments;
mod control_systems;
pub(super) mod dissemination;
mod programs;
mod reading;
mod rules;
mod text;
mod vocabulary;
mod writer;

use entente_core::label::Marking;

use crate::problem::Problem;
use reading::Reading;
use text::Piece;

/// Parses a banner line. Long names become the abbreviations of the register; anything else that is not canonical is an
/// error (CAPCO A.6, D.1).
pub fn parse(text: &str) -> Result<Marking, Problem> {
    text::check(text)?;
    let mut reading = Reading::default();
    let line = Piece::whole(text);
    let (line, foreign) = match line.strip_prefix("//") {
        Some(rest) => (rest, true),
        None => (line, false),
    };
    let mut categories = line.split("//");
    // `split` gives at least one part.
    let first = categories.next().unwrap_or(line);
    let classification = classification::read(first, foreign, &mut reading)?;
    let mut marking = Marking::plain(classification.owner, classification.class);
    categories::read(categories, &mut marking, &mut reading)?;
    rules::check(&marking, &reading)?;
    match reading.into_disorder() {
        Some(problem) => Err(problem.help(format!("write `{}`", write(&marking)))),
        None => Ok(marking),
    }
}

/// Writes the canonical banner line.
pub fn write(marking: &Marking) -> String {
    writer::write(marking)
}
