//! `entente rules`: rules by which a warning raises an incident, without a node.

mod check;
mod dry_run;

use std::path::Path;

use entente_core::consult::Rules;

use crate::{
    console::Console,
    failure::{Failure, Outcome},
    input,
    report::Finding,
};

/// Check rules that raise incidents, and try them
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Check(check::Args),
    DryRun(dry_run::Args),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Check(args) => check::run(args, console),
            Self::DryRun(args) => dry_run::run(args, console),
        }
    }
}

/// The rules of a file.
fn rules(path: &Path) -> Result<Rules, Failure> {
    let source = input::text(path)?;
    entente_formats::rules::parse(&source.text).map_err(|problems| {
        Failure::Findings(problems.into_iter().map(|problem| Finding::error(&source, problem)).collect())
    })
}
