//! Label syntaxes: text in, the one internal [`Label`] out, and back.
//!
//! Not the meaning of a label for a decision, which is in `entente-core`. Whatever a parser accepts, [`write()`] gives
//! back in canonical form, and parsing that gives the same label.

pub mod capco;
pub mod country;
pub mod national_terms;
mod describe;
pub mod tlp;
pub mod json;
pub mod stanag4774;
pub mod acs;
pub mod convert;

mod checked;
pub(crate) mod moment;

use entente_core::label::Label;

use crate::problem::Problem;

pub use describe::{describe, describe_in};

/// Parses a label: TLP 2.0 when it opens with `TLP:`, in whatever case, and a banner line otherwise.
pub fn parse(text: &str) -> Result<Label, Problem> {
    let is_tlp = text.trim_start().get(..4).is_some_and(|start| start.eq_ignore_ascii_case("TLP:"));
    if is_tlp {
        tlp::parse(text).map(Label::Tlp)
    } else {
        let marking = capco::parse(text).map_err(|problem| national_terms::help_bare_term(text, problem))?;
        Ok(Label::Marking(Box::new(marking)))
    }
}

/// Writes a label in its canonical form.
pub fn write(label: &Label) -> String {
    match label {
        Label::Marking(marking) => capco::write(marking),
        Label::Tlp(colour) => tlp::write(*colour),
    }
}
