//! `entente backup`: a verified copy of what a node keeps.

use std::{io::Write, path::PathBuf};

use entente_server::backup::{self, Plan};

use super::{
    party,
    remote::{NodeArgs, PassphraseArgs},
};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Make a back-up of a node, running or stopped, and verify it
///
/// The folder gets a consistent copy of the store, and the configuration with its agreements. The copy is verified like
/// `entente log verify` before it counts: backup.json is written last. Contents are encrypted in it. What opens them is in
/// two other places: the storage key, which is in the back-up with --with-keys only, and the erasure keys. Keep only the
/// latest erasure keys, replacing those before (--erasure-keys): a recall destroys the content in every back-up, but not
/// where an older copy of the erasure keys is kept.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder to make
    folder: PathBuf,
    /// Where to put the erasure keys, replacing those of the last back-up; into the folder when left out
    #[arg(long, value_name = "FILE")]
    erasure_keys: Option<PathBuf>,
    /// Copy the node's keys too: who has the back-up then has the node
    #[arg(long)]
    with_keys: bool,
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let config = args.node.config()?;
    let (config_file, own_file) = (args.node.path(), args.node.own_file(&config.party));
    let (_, own) = party::read(&own_file)?;
    let keys = args.passphrase.folder(&config);
    let plan = Plan {
        config: &config,
        keys: &keys,
        config_file: &config_file,
        own_file: &own_file,
        to: &args.folder,
        erasure_keys: args.erasure_keys.as_deref(),
        with_keys: args.with_keys,
    };
    let mut said = Ok(());
    let made = backup::backup(&plan, &own, jiff::Timestamp::now(), |done, all| {
        if said.is_ok() {
            said = console.progress(format_args!("{done} of {all} pages copied"));
        }
    });
    said?;
    console.progress_ends()?;
    let made = made.map_err(|error| Failure::new(error.to_string()))?;
    if args.json {
        console.json(&made)?;
        return Ok(Outcome::Done);
    }
    let (leaves, root) = &made.ledger;
    writeln!(console, "{} is a verified back-up of {}", args.folder.display(), made.party)?;
    writeln!(console, "ledger of {leaves} leaves, root {root}")?;
    writeln!(console, "erasure keys: {}; keep only the latest, and apart", made.erasure_keys.display())?;
    if made.with_keys {
        writeln!(console, "the node's keys are in it: protect it as you protect the node")?;
    } else {
        writeln!(console, "the node's keys are not in it; without storage.key nothing in it can be opened")?;
    }
    Ok(Outcome::Done)
}
