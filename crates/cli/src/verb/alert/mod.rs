//! `entente alert`: warnings in files, without a node; and alerts at a running node.

mod check;
mod convert;
mod live;

use std::path::Path;

use entente_formats::alert::{Reading, read};

use super::remote::ListArgs;
use crate::{
    console::Console,
    failure::{Failure, Outcome},
    input,
    report::{Finding, Source},
};

/// Hand in warnings, see what is told of, and take note; read warnings in files
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Ingest(live::IngestArgs),
    /// List the alerts, what is in effect first
    List(ListArgs),
    Show(live::ShowArgs),
    Acknowledge(live::AcknowledgeArgs),
    Check(check::Args),
    Convert(convert::Args),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Ingest(args) => live::ingest(args, console),
            Self::List(args) => live::list(args, console),
            Self::Show(args) => live::show(args, console),
            Self::Acknowledge(args) => live::acknowledge(args, console),
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
