//! `entente log prove`: a file that proves a release to anybody who has the party files.

use std::{fs, io::Write, path::PathBuf};

use entente_node::proof::Disclosed;
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
/// The file (C2SP tlog-proof) holds the statement of the decision: from whom to whom, the class of the label, the agreements,
/// the digests of the world that was decided on and of the envelope. Which record it is about, and the request with its label,
/// custody and consents, it commits to; --disclose says what of that whoever gets the file can read. It tells nothing of
/// other releases but how many statements its interval had. With --receipt the file holds the digest of the envelope alone, and
/// the recipient's own word that it has held it. Both are checked with `entente log check-proof`. Needs no running node.
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
    /// What whoever gets the file may read of what the statement commits to
    #[arg(long, value_enum, default_value = "nothing", conflicts_with = "receipt")]
    disclose: Disclose,
    /// The file to write; named by the party and the place in the log when left out
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

#[derive(Clone, Copy, clap::ValueEnum)]
enum Disclose {
    /// Neither the record nor the decision
    Nothing,
    /// Which record it is about, and the digest of its content
    Record,
    /// The whole decision
    Everything,
}

pub(super) fn run(args: &ProveArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let (reader, _) = open(&args.node, &args.passphrase)?;
    let to = args.to.as_str().into();
    let wanted = match args.disclose {
        Disclose::Nothing => Disclosed::Nothing,
        Disclose::Record => Disclosed::Record,
        Disclose::Everything => Disclosed::Everything,
    };
    let file = match args.receipt {
        true => proof::receipt(&reader, &args.record, &to),
        false => proof::statement(&reader, &args.record, &to, wanted),
    };
    let file = file.map_err(|error| failed(&error))?;
    // The name of the file goes along with it, and says nothing of the record.
    let path = args.out.clone().unwrap_or_else(|| {
        let what = if args.receipt { "receipt" } else { "release" };
        PathBuf::from(format!("{to}-{what}-{}.tlog-proof", file.index))
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
