//! `entente consult`: the duty to consult, as far as it needs no node.

mod owed;
mod calendar;
mod verify;

use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// What agreements would have the parties do, and what a consultation came to
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Owed(owed::Args),
    Calendar(calendar::Args),
    Verify(verify::Args),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Owed(args) => owed::run(args, console),
            Self::Calendar(args) => calendar::run(args, console),
            Self::Verify(args) => verify::run(args, console),
        }
    }
}
