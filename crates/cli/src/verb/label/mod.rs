//! `entente label`: labels in every syntax.

mod check;
mod rollup;
mod convert;

use entente_core::label::{Label, Marking, Portion, rollup::RollUp};
use entente_formats::{
    Problem,
    label::{self, capco::portion},
};

use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

pub(super) use check::finding;

/// Read labels, and convert them
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Check(check::Args),
    Rollup(rollup::Args),
    Convert(convert::Args),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Check(args) => check::run(args, console),
            Self::Rollup(args) => rollup::run(args, console),
            Self::Convert(args) => convert::run(args, console),
        }
    }
}

/// What a text in parentheses is, or one without.
enum Text {
    Portion(Box<Portion>),
    Label(Label),
}

impl Text {
    /// Reads a portion mark or a label. `banner` is the line over the portions.
    fn read(text: &str, banner: Option<&Marking>) -> Result<Self, Problem> {
        if portion::is_portion(text) {
            portion::parse(text, banner).map(|portion| Self::Portion(Box::new(portion)))
        } else {
            label::parse(text).map(Self::Label)
        }
    }

    /// The canonical form, every list spelled out.
    fn canonical(&self) -> String {
        match self {
            Self::Portion(portion) => portion::write(portion, None),
            Self::Label(label) => label::write(label),
        }
    }

    fn roll_up(&self) -> RollUp {
        match self {
            Self::Portion(portion) => RollUp::of_portion(portion),
            Self::Label(label) => RollUp::of(label),
        }
    }
}

/// The marking of the banner line that was given as an argument.
fn banner(text: Option<&str>) -> Result<Option<Marking>, Failure> {
    let Some(text) = text else { return Ok(None) };
    match label::parse(text) {
        Ok(Label::Marking(marking)) => Ok(Some(*marking)),
        Ok(Label::Tlp(_)) => Err(Failure::Usage(format!("`{text}` is TLP, and no banner line over portions"))),
        Err(problem) => Err(Failure::Findings(vec![finding(text, problem)])),
    }
}
