//! `entente man`: a manual page for each verb.

use std::{fs, path::PathBuf};

use clap::CommandFactory;
use clap_mangen::Man;

use crate::{
    CommandLine,
    console::Console,
    failure::{Failure, Outcome},
};

/// Write manual pages, one for each verb
///
/// They are made from the same words as `--help`. `man -l entente-release.1` shows one; in a folder of `MANPATH` they are found by name.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder, made when it is not there; pages in it are replaced
    folder: PathBuf,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let cannot = |error: std::io::Error| {
        Failure::caused(format!("nothing can be written in `{}`", args.folder.display()), &error)
    };
    fs::create_dir_all(&args.folder).map_err(cannot)?;
    let mut command = CommandLine::command().disable_help_subcommand(true);
    command.build();
    let mut left = vec![command];
    let mut count = 0_usize;
    while let Some(command) = left.pop() {
        if command.is_hide_set() {
            continue;
        }
        left.extend(command.get_subcommands().cloned());
        let man = Man::new(command);
        let mut page = Vec::new();
        man.render(&mut page).map_err(cannot)?;
        // Whole or not there: a reader never finds half a page.
        let path = args.folder.join(man.get_filename());
        let part = path.with_extension("part");
        fs::write(&part, page).and_then(|()| fs::rename(&part, &path)).map_err(cannot)?;
        count += 1;
    }
    use std::io::Write as _;
    writeln!(console, "{count} pages in {}", args.folder.display())?;
    Ok(Outcome::Done)
}
