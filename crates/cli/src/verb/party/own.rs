//! `entente party renew|sign|install`: this party's own file, made here, signed where the root key is, and taken up.

use std::{fs, io::Write, path::PathBuf};

use entente_server::keeper::{self, Change, Renewal};
use entente_server::keys::KeyFolder;
use serde_json::json;

use super::super::{
    key::{Signing, carry_out, taken_up},
    remote::{NodeArgs, PassphraseArgs},
};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Make this party's next file: to count for longer, with other addresses, with a successor of the root key
///
/// Signed and taken up at once where the root key is here; else written as a draft.
#[derive(clap::Args)]
pub(crate) struct RenewArgs {
    /// The party's name, for people
    #[arg(long)]
    name: Option<String>,
    /// What partners connect to, in the order in which they try
    #[arg(long, value_name = "HOST:PORT", num_args = 1..)]
    address: Option<Vec<String>>,
    /// The public half of the root key that may succeed the one in use, as `entente key new-root` printed it
    #[arg(long, value_name = "HEX")]
    successor: Option<String>,
    /// The named successor is the root key from now on: sign with it
    #[arg(long, conflicts_with = "new_root")]
    succeed: bool,
    /// Another root key than the named successor is the root key from now on: every partner has to compare words again
    #[arg(long, value_name = "HEX")]
    new_root: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

/// Sign the draft of a party file with its root key
///
/// For the machine where the root key is. Read the draft before: it is text. Needs no node.
#[derive(clap::Args)]
pub(crate) struct SignArgs {
    /// The draft
    draft: PathBuf,
    /// The root key's file
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// The file to write; the draft's name with the ending .party when left out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Put this party's signed file in its place, and have a running node take it up
#[derive(clap::Args)]
pub(crate) struct InstallArgs {
    /// The signed party file
    file: PathBuf,
    /// It has another root key than the one in use, and not the named successor: every partner has to compare words again
    #[arg(long)]
    new_root: bool,
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn public(text: &str) -> Result<[u8; 32], Failure> {
    let bytes = entente_formats::hex::decode(text).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Failure::new(format!("`{text}` is no public key: expected 32 bytes in hex")))
}

pub(super) fn renew(args: &RenewArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let config = args.signing.node.config()?;
    let (_, own) = super::read(&args.signing.node.own_file(&config.party))?;
    let root =
        match (&args.new_root, args.succeed) {
            (Some(text), _) => Some(public(text)?),
            (None, true) => Some(own.file.successor.ok_or_else(|| {
                Failure::new("the party file names no successor of the root key").help("see --new-root")
            })?),
            (None, false) => None,
        };
    let renewal = Renewal {
        name: args.name.clone(),
        addresses: args.address.clone(),
        successor: args.successor.as_deref().map(public).transpose()?,
        root,
    };
    carry_out(&Change::Renew(renewal), &args.signing, console)
}

pub(super) fn sign(args: &SignArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let text = fs::read_to_string(&args.draft)
        .map_err(|error| Failure::caused(format!("`{}` cannot be read", args.draft.display()), &error))?;
    let folder = args.root.parent().unwrap_or(std::path::Path::new("."));
    let folder = KeyFolder::with(folder, args.passphrase.source(), None);
    let root = folder.seed_at(&args.root, "root").map_err(|error| Failure::new(error.to_string()))?;
    let (file, note) = keeper::sign(&text, &root).map_err(|error| Failure::new(error.to_string()))?;
    let out = args.out.clone().unwrap_or_else(|| args.draft.with_extension("party"));
    fs::write(&out, note).map_err(|error| Failure::caused(format!("cannot write `{}`", out.display()), &error))?;
    let words = entente_node::partner::fingerprint(&file.party, &file.root);
    if args.json {
        console.json(&json!({ "file": out, "party": file.party, "serial": file.serial, "fingerprint": words }))?;
        return Ok(Outcome::Done);
    }
    writeln!(console, "party file {} of {} is signed: {}", file.serial, file.party, out.display())?;
    writeln!(console, "  fingerprint  {words}")?;
    writeln!(console, "  at the node  entente party install {}", out.display())?;
    Ok(Outcome::Done)
}

pub(super) fn install(args: &InstallArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let config = args.node.config()?;
    let own_file = args.node.own_file(&config.party);
    let (_, known) = super::read(&own_file)?;
    let (note, _) = super::read(&args.file)?;
    let folder = args.passphrase.folder(&config);
    let new = keeper::install(&note, &known, &own_file, &folder, args.new_root);
    let new = new.map_err(|error| Failure::new(error.to_string()))?;
    taken_up(&config, new.file.serial, &own_file, args.json, console)
}
