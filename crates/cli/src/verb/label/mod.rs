//! `entente label`: labels in every syntax.

mod check;
mod convert;

use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

pub(super) use check::finding;

/// Read labels, and convert them
#[derive(clap::Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one value, made once from the command line")]
pub(crate) enum Verb {
    Check(check::Args),
    Convert(convert::Args),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Check(args) => check::run(args, console),
            Self::Convert(args) => convert::run(args, console),
        }
    }
}
