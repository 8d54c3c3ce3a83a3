//! `entente key new-root`: a root key, to be named as the successor of the one in use. For a machine that stays offline.

use std::{io::Write, path::PathBuf};

use entente_server::keys::write_root;
use serde_json::json;

use super::super::remote::PassphraseArgs;
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Make a root key in a file of its own, to succeed the one in use
///
/// Do it on a machine that stays offline, and keep the file in another place than the root key. The node needs its public half
/// alone, for `entente party renew --successor`. Needs no node.
#[derive(clap::Args)]
pub(crate) struct NewRootArgs {
    /// The file to make
    file: PathBuf,
    /// Under a passphrase
    #[arg(long)]
    protect: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &NewRootArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let source = args.protect.then(|| args.passphrase.source());
    let public = write_root(&args.file, source.as_ref()).map_err(|error| Failure::new(error.to_string()))?;
    let public = entente_formats::hex::encode(&public);
    if args.json {
        console.json(&json!({ "file": args.file, "public": public }))?;
    } else {
        writeln!(console, "root key in {}", args.file.display())?;
        writeln!(console, "  public half  {public}")?;
    }
    Ok(Outcome::Done)
}
