//! `entente log tiles`: a log as a folder that any client of transparency logs reads.

use std::{io::Write, path::PathBuf};

use entente_node::{Feed, Lane};
use entente_server::tiles::{Exported, Log, export};

use super::{
    super::remote::{NodeArgs, PassphraseArgs},
    failed, leaves, open,
};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Write a log as tiles, for auditors and mirrors with tools of their own
///
/// The folder has what C2SP tlog-tiles says: `checkpoint`, the tree in files of 256 hashes, and its entries. Those of the ledger
/// are the texts of its intervals, those of a feed the digests of its envelopes; neither says what was given, but a feed says how
/// much. Without --to and --from it is the ledger. Done again on the same folder it adds what is new; full tiles never change. A folder of another log, or of
/// another history of this one, is left alone. Needs no running node.
#[derive(clap::Args)]
pub(crate) struct TilesArgs {
    /// The folder; made where there is none
    folder: PathBuf,
    /// Our feed to this partner
    #[arg(long, value_name = "PARTY", conflicts_with = "from")]
    to: Option<String>,
    /// This partner's feed to us
    #[arg(long, value_name = "PARTY")]
    from: Option<String>,
    /// Which feed
    #[arg(long, value_enum, default_value = "routine")]
    lane: LaneName,
    /// An earlier volume of the ledger, as `log status` names them; the last unless said
    #[arg(long, value_name = "N", conflicts_with_all = ["to", "from"])]
    volume: Option<u64>,
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum LaneName {
    Routine,
    Urgent,
}

pub(super) fn run(args: &TilesArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let (reader, _) = open(&args.node, &args.passphrase)?;
    let lane = match args.lane {
        LaneName::Routine => Lane::Routine,
        LaneName::Urgent => Lane::Urgent,
    };
    let feed = |party: &String| Feed { partner: party.as_str().into(), lane };
    let log = match (&args.to, &args.from) {
        (Some(party), _) => Log::Given(feed(party)),
        (None, Some(party)) => Log::Received(feed(party)),
        (None, None) => Log::Ledger(args.volume.map_or_else(|| reader.volume(), Ok).map_err(|error| failed(&error))?),
    };
    let mut said = Ok(());
    let exported = export(&reader, &log, &args.folder, |done, all| {
        if said.is_ok() {
            said = console.progress_of(done, all, format_args!("{done} of {all} tiles"));
        }
    });
    said?;
    console.progress_ends()?;
    let exported = exported.map_err(|error| failed(&error))?;
    if args.json {
        console.json(&exported)?;
    } else {
        let Exported { log, size, root, written, kept } = &exported;
        let files = if *written == 1 { "file" } else { "files" };
        let kept = if *kept == 0 { String::new() } else { format!(", {kept} full tiles were there") };
        writeln!(console, "{log}  {}  root {root}", leaves(*size))?;
        writeln!(console, "  {written} {files} written to {}{kept}", args.folder.display())?;
    }
    Ok(Outcome::Done)
}
