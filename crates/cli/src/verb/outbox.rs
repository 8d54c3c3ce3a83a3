//! `entente outbox`: what was given to whom, and how far it got; and its way out as files.

use std::{fs, io::Write, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_node::Lane;
use entente_server::{
    api::{ExportRequest, ExportView, ExportedRequest, OutboxView},
    courier,
};

use super::remote::NodeArgs;
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// List what was sealed to partners, and what became of it; or write it as files
///
/// An entry waits until its partner has receipted it; then the partner's own word stands beside it: accepted, refused or
/// held. What may no longer leave is withdrawn; where its body had been offered before, it may have arrived. What left as
/// a file and has no receipt is shown as exported.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Only what goes to this party
    #[arg(long, value_name = "PARTY")]
    to: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum Verb {
    Export(ExportArgs),
}

/// Write what a partner has not receipted as files, for a courier or a diode
///
/// Each file is a package as it would go over the wire: sealed to the partner, signed, and decided again at this moment.
/// What may no longer leave is withdrawn. Written again, the same entries do no harm: the partner takes each once. The partner
/// reads the files with `entente inbox import`, and its receipts come back the same way, or never.
#[derive(clap::Args)]
struct ExportArgs {
    /// To whom
    #[arg(long, value_name = "PARTY")]
    to: String,
    /// Only what was not written before: for a diode, through which no receipt comes back
    #[arg(long)]
    new: bool,
    /// The folder, which must be there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line, for each file
    #[arg(long)]
    json: bool,
}

/// A file that was written.
#[derive(serde::Serialize)]
struct Exported {
    file: String,
    lane: &'static str,
    start: u64,
    end: u64,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    match &args.verb {
        Some(Verb::Export(args)) => export(args, console),
        None => list(args, console),
    }
}

fn export(args: &ExportArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let folder = &args.folder;
    if !fs::metadata(folder).is_ok_and(|known| known.is_dir()) {
        return Err(Failure::new(format!("`{}` is not a folder", folder.display())));
    }
    let mut files = 0;
    for lane in Lane::ALL.map(Lane::as_str) {
        let path = format!("/outbox/{}/{lane}", args.to);
        let mut from = None;
        loop {
            let request = ExportRequest { from, new: args.new };
            let next: Option<ExportView> =
                args.node.ask(async |client| client.post(&format!("{path}/export"), &request).await)?;
            let Some(ExportView { start, end, package }) = next else { break };
            let bytes = STANDARD.decode(package).map_err(|error| Failure::caused("the node's answer", &error))?;
            let file = courier::write(folder, &bytes).map_err(|error| {
                Failure::caused(format!("nothing can be written in `{}`", folder.display()), &error)
            })?;
            // Only now: what was not written is not called exported, and will be written the next time.
            let done = ExportedRequest { end };
            args.node.ask(async |client| client.post::<()>(&format!("{path}/exported"), &done).await)?;
            let file = file.display().to_string();
            match args.json {
                true => console.json(&Exported { file, lane, start, end })?,
                false => writeln!(console, "{file}")?,
            }
            (files, from) = (files + 1, Some(end));
        }
    }
    if files == 0 && !args.json {
        let new = if args.new { " and was not written before" } else { "" };
        writeln!(console, "nothing for {} waits{new}", args.to)?;
    }
    Ok(Outcome::Done)
}

fn list(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let mut entries: Vec<OutboxView> = args.node.ask(async |client| client.get("/outbox").await)?;
    entries.retain(|entry| args.to.as_ref().is_none_or(|to| *to == entry.partner));
    if args.json {
        entries.iter().try_for_each(|entry| console.json(entry))?;
        return Ok(Outcome::Done);
    }
    if entries.is_empty() {
        writeln!(console, "nothing was sealed to anybody")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(3).styled([console.palette().bold]);
    columns.row(["to", "entry", "state", "record"]);
    for entry in &entries {
        let record = entry.record.as_deref().unwrap_or("(a message)");
        columns.row([&entry.partner, &format!("{} {}", entry.lane, entry.index), &entry.state, record]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}
