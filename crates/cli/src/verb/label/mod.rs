//! `entente label`: labels in every syntax.

mod check;

use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

pub(super) use check::finding;

/// Read labels
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Check(check::Args),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Check(args) => check::run(args, console),
        }
    }
}
