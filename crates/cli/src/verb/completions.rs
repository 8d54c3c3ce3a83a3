//! `entente completions`: what a shell needs to complete a command line.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{
    CommandLine,
    console::Console,
    failure::{Failure, Outcome},
};

/// Print completions for a shell
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    // The generator panics on a closed pipe when it writes there itself.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut CommandLine::command(), "entente", &mut script);
    console.write_all(&script)?;
    Ok(Outcome::Done)
}
