//! `entente alert`: warnings in files, without a node.

mod check;
mod convert;

use std::path::Path;

use entente_formats::alert::{Reading, read};

use crate::{
    console::Console,
    failure::{Failure, Outcome},
    input,
    report::{Finding, Source},
};

/// Read warnings, and write them as CAP
#[derive(clap::Subcommand)]
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

/// A warning in a file, or what is wrong with it.
pub(super) fn warning(path: &Path) -> Result<(Source, Result<Reading, Finding>), Failure> {
    let source = input::text(path)?;
    let read = read(&source.text).map_err(|problem| Finding::error(&source, problem));
    Ok((source, read))
}
