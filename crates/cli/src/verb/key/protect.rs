//! `entente key protect|unprotect`: key files under a passphrase, and in clear again.

use std::io::Write;

use super::super::remote::{NodeArgs, PassphraseArgs};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Encrypt the key files under a passphrase
///
/// Each file is replaced all at once; when it is interrupted, do it again. The node then needs the passphrase to start: from
/// the systemd credential entente-passphrase, --passphrase-file, --passphrase-fd, or the terminal. Who forgets it has lost the
/// node's keys, and every content with them. What stood in clear may stay on the medium until that is overwritten: on a flash
/// drive, begin with an encrypted file system.
#[derive(clap::Args)]
pub(crate) struct ProtectArgs {
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Put the key files into clear again
#[derive(clap::Args)]
pub(crate) struct UnprotectArgs {
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub(super) fn protect(args: &ProtectArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let folder = args.passphrase.folder(&args.node.config()?);
    let count = folder.protect().map_err(|error| Failure::new(error.to_string()))?;
    writeln!(console, "{count} key files encrypted in {}", folder.path().display())?;
    writeln!(console, "a node that is running goes on; start it again with the passphrase")?;
    Ok(Outcome::Done)
}

pub(super) fn unprotect(args: &UnprotectArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let folder = args.passphrase.folder(&args.node.config()?);
    let count = folder.unprotect().map_err(|error| Failure::new(error.to_string()))?;
    writeln!(console, "{count} key files in clear in {}", folder.path().display())?;
    Ok(Outcome::Done)
}
