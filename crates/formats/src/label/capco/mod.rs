//! Banner lines and portion marks in the syntax of the IC Markings System Register and Manual (CAPCO), 31 December 2016,
//! public release.
//!
//! United States, foreign and joint classifications with all registered categories. Not their roll-up, which is in
//! `entente_core::label::rollup`: one line in, one marking out. A misordered line is an error whose help shows the line
//! as it should be; nothing is set right in silence. The key functions are [`parse`] and [`portion::parse`].
//!
//! References such as "H.8, p. 151" are sections and pages of that manual.

mod atomic;
mod categories;
mod classification;
mod codes;
mod compartments;
mod control_systems;
pub(super) mod dissemination;
mod form;
pub mod portion;
mod programs;
mod reading;
mod rules;
mod text;
mod vocabulary;
mod writer;

use entente_core::label::Marking;

use crate::problem::Problem;
use form::Form;
use reading::Reading;
use text::Piece;

/// Parses a banner line. Long names become the abbreviations of the register; anything else that is not canonical is an
/// error (CAPCO A.6, D.1).
pub fn parse(text: &str) -> Result<Marking, Problem> {
    let line = Piece::whole(text);
    if portion::is_portion(text) {
        return Err(portion::not_a_banner(line));
    }
    text::check(line, Form::Banner)?;
    let mut reading = Reading::new(Form::Banner);
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
    writer::banner(marking)
}
