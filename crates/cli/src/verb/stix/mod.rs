//! `entente stix`: objects of STIX, without a node.

mod check;

use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Check objects and bundles of STIX 2.1
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
