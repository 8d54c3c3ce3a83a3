//! `entente alert convert`: a warning as CAP.

use std::{io::Write, path::PathBuf};

use entente_formats::alert::cap;

use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Write a warning as CAP 1.2
///
/// A bulletin of the Japan Meteorological Agency becomes a message with the agency's codes as geocodes; it names no
/// earlier message, for a bulletin does not. A message of CAP is written in the one form of this program; what stands in
/// it of other namespaces, such as a signature, is left out.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let (_, read) = super::warning(&args.file)?;
    let reading = read.map_err(|finding| Failure::Findings(vec![finding]))?;
    write!(console, "{}", cap::write(&reading.cap))?;
    Ok(Outcome::Done)
}
