//! `entente store`: where a node keeps what it keeps.

use std::{io::Write, path::PathBuf};

use entente_store::moving::{self, Moved};
use serde::Serialize;

use super::remote::NodeArgs;
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// The word that stands for the file in the node's folder.
const FILE: &str = "sqlite";

/// See where a node keeps its store, and move it between a file and a PostgreSQL database
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Show(ShowArgs),
    Move(MoveArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Show(args) => show(args, console),
            Self::Move(args) => move_to(args, console),
        }
    }
}

/// Show where the store is, and how many rows it has
#[derive(clap::Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Move the store of a stopped node into a PostgreSQL database, or back into a file
///
/// Everything is copied and compared first; then the node's folder says where the store is, and what was there before is set
/// aside. When this is interrupted the node is where it was, or where it is to go, and the same command finishes it. The
/// erasure keys, the large contents, the accounts and the index of TAXII stay in the folder.
#[derive(clap::Args)]
pub(crate) struct MoveArgs {
    /// The file that names the database (host, database, user, schema), or `sqlite`
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What is said of a store.
#[derive(Serialize)]
struct Said {
    at: String,
    /// None where it was there already.
    rows: Option<u64>,
}

fn show(args: &ShowArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let config = args.node.config()?;
    let Moved { at, rows } = moving::place(&config.data).map_err(|error| Failure::new(error.to_string()))?;
    if args.json {
        console.json(&Said { at, rows })?;
    } else {
        writeln!(console, "{at}: {} rows", rows.unwrap_or_default())?;
    }
    Ok(Outcome::Done)
}

fn move_to(args: &MoveArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let config = args.node.config()?;
    let mut said = Ok(());
    let progress = |done, all| {
        if said.is_ok() {
            said = console.progress(format_args!("{done} of {all} rows copied"));
        }
    };
    let moved = if args.to.as_os_str() == FILE {
        moving::to_file(&config.data, progress)
    } else {
        moving::to_postgres(&config.data, &args.to, progress)
    };
    said?;
    console.progress_ends()?;
    let Moved { at, rows } = moved.map_err(|error| Failure::new(error.to_string()))?;
    if args.json {
        console.json(&Said { at, rows })?;
        return Ok(Outcome::Done);
    }
    match rows {
        Some(rows) => writeln!(console, "the store is in {at}: {rows} rows, compared one by one")?,
        None => writeln!(console, "the store is in {at} already")?,
    }
    Ok(Outcome::Done)
}
