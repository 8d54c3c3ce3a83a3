//! `entente key destroy`: the secret half of a key that is out of use goes, for ever.

use std::io::Write;

use entente_node::party::key_name;

use super::{
    super::{
        party,
        remote::{NodeArgs, PassphraseArgs},
    },
    Kind,
    change::taken_up,
};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Destroy the secret half of a retired or revoked key
///
/// A retired sealing key opens what was sealed to it; once nothing that is under way needs it, it is a danger and nothing
/// else. A revoked key signs along with the new one, for partners that do not know of it yet. What a token holds is for the
/// token's own tools.
#[derive(clap::Args)]
pub(crate) struct DestroyArgs {
    /// What the key is for
    kind: Kind,
    /// Its name, as `entente key list` shows it
    name: String,
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub(super) fn run(args: &DestroyArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let config = args.node.config()?;
    let own_file = args.node.own_file(&config.party);
    let (_, own) = party::read(&own_file)?;
    let kind = args.kind.get();
    if own
        .file
        .in_use(kind)
        .into_iter()
        .chain(own.file.next(kind).map(|next| next.key.as_slice()))
        .any(|key| key_name(key) == args.name)
    {
        return Err(Failure::new(format!(
            "the {kind} key `{}` is in use or announced; retire or revoke it first",
            args.name
        )));
    }
    let folder = args.passphrase.folder(&config);
    let failed = |error: entente_server::keys::KeyError| Failure::new(error.to_string());
    let here = folder.here().map_err(failed)?;
    let found = here.into_iter().find(|(of, key)| *of == kind && key_name(key) == args.name);
    let Some((_, key)) = found else {
        return Err(Failure::new(format!("no {kind} key `{}` is here; see `entente key list`", args.name)));
    };
    folder.destroy(kind, &key).map_err(failed)?;
    writeln!(console, "the secret half of the {kind} key {} is destroyed", args.name)?;
    taken_up(&config, own.file.serial, &own_file, false, console)
}
