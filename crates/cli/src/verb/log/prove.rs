//! `entente log prove`: a file that proves a release to anybody who has the party files.

use std::{fs, io::Write, path::PathBuf};

use entente_server::proof;
use serde_json::json;

use super::{
    super::remote::{NodeArgs, PassphraseArgs},
    failed, open,
};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Write a file that proves to anybody that a record was given, or received
///
/// The file (C2SP tlog-proof) holds the statement of the decision with its whole request: label, custody, consents, and
/// the digest of the envelope, but not the content. Whoever gets the file reads that statement; it tells nothing of other
/// releases but how many statements its interval had. With --receipt the file holds the digest of the envelope
/// alone, and the recipient's own word that it has held it. Both are checked with `entente log check-proof`.
/// Needs no running node.
#[derive(clap::Args)]
pub(crate) struct ProveArgs {
    /// The record: ID, or ORIGINATOR/ID
    record: String,
    /// To whom it was given
    #[arg(long, value_name = "PARTY")]
    to: String,
    /// Prove that the recipient has held it, not that it was decided
    #[arg(long)]
    receipt: bool,
    /// The file to write; `RECORD-PARTY.tlog-proof` when left out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ProveArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let (reader, _) = open(&args.node, &args.passphrase)?;
    let to = args.to.as_str().into();
    let made = if args.receipt { proof::receipt } else { proof::statement };
    let file = made(&reader, &args.record, &to).map_err(|error| failed(&error))?;
    let path = args.out.clone().unwrap_or_else(|| {
        let what = if args.receipt { "-receipt" } else { "" };
        PathBuf::from(format!("{}-{to}{what}.tlog-proof", args.record.replace('/', "-")))
    });
    let text = file.to_string();
    fs::write(&path, &text).map_err(|error| Failure::caused(format!("cannot write `{}`", path.display()), &error))?;
    if args.json {
        console.json(&json!({ "file": path, "log": file.origin(), "index": file.index }))?;
    } else {
        writeln!(console, "{}  leaf {} of {}", path.display(), file.index, file.origin())?;
    }
    Ok(Outcome::Done)
}
