//! `entente outbox`: what was given to whom, and how far it got; and its way out as files.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_formats::{hex, wire::ContentFile};
use entente_node::Lane;
use entente_server::{
    api::{ExportRequest, ExportView, ExportedRequest, OutboxQuery, OutboxView, SealedContentView},
    courier::{self, Unwritten},
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
/// held. Where a large content follows the entry, its own state stands behind: arriving, held or refused. What may no
/// longer leave is withdrawn; where its body had been offered before, it may have arrived. What left as
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
/// Each file is a package as it would go over the wire: sealed to the partner, signed, and decided again at this moment. A
/// large content is a file of its own.
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

/// A large content that was written.
#[derive(serde::Serialize)]
struct ExportedContent<'a> {
    file: String,
    /// SHA-256 of it as it is sealed.
    sealed: &'a str,
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
            let Some(ExportView { start, end, package, contents }) = next else { break };
            let bytes = STANDARD.decode(package).map_err(|error| Failure::caused("the node's answer", &error))?;
            let file = courier::write(folder, &bytes).map_err(|error| {
                Failure::caused(format!("nothing can be written in `{}`", folder.display()), &error)
            })?;
            let words = contents.iter().map(|content| export_content(args, content, console));
            files += words.collect::<Result<Vec<usize>, Failure>>()?.into_iter().sum::<usize>();
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
    // What a courier lost of entries that the partner has receipted.
    if !args.new {
        let path = format!("/outbox/{}/contents", args.to);
        let contents: Vec<SealedContentView> = args.node.ask(async |client| client.all(&path).await)?;
        for content in &contents {
            files += export_content(args, content, console)?;
        }
    }
    if files == 0 && !args.json {
        let new = if args.new { " and was not written before" } else { "" };
        writeln!(console, "nothing for {} waits{new}", args.to)?;
    }
    Ok(Outcome::Done)
}

/// Writes a large content as a file of its own, unless it is there; how many files were written.
fn export_content(args: &ExportArgs, content: &SealedContentView, console: &mut Console) -> Result<usize, Failure> {
    let wrong = || Failure::new(format!("the node's answer: no content `{}`", content.sealed));
    let head = ContentFile {
        from: args.node.config()?.party.to_string(),
        to: args.to.clone(),
        sealed: hex::decode(&content.sealed).and_then(|sealed| sealed.try_into().ok()).ok_or_else(wrong)?,
        sealed_length: content.sealed_length,
    };
    if courier::has_content(&args.folder, &head) {
        return Ok(0);
    }
    let cannot =
        |error: io::Error| Failure::caused(format!("nothing can be written in `{}`", args.folder.display()), &error);
    let mut file = Unwritten::begin(&args.folder, &head.file_name()).map_err(cannot)?;
    let path = format!("/outbox/{}/contents/{}", args.to, content.sealed);
    let mut done = 0_u64;
    let answer = args.node.ask(async |client| {
        let take = |part: &[u8], all: u64| {
            done += part.len() as u64;
            // Beside the answer: where it cannot be said, nothing is lost.
            let _ = console.progress_of_bytes(done, all);
            file.write(part)
        };
        client.download(&path, take).await
    });
    console.progress_ends()?;
    answer?;
    let file = file.finish().map_err(cannot)?.display().to_string();
    match args.json {
        true => console.json(&ExportedContent { file, sealed: &content.sealed })?,
        false => writeln!(console, "{file}")?,
    }
    Ok(1)
}

fn list(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let sought = OutboxQuery { to: args.to.clone(), ..OutboxQuery::default() };
    let entries: Vec<OutboxView> = args.node.ask(async |client| client.all(&sought.path()).await)?;
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
        let content = entry.content.as_ref().map(|state| format!(", content {state}")).unwrap_or_default();
        let state = format!("{}{content}", entry.state);
        columns.row([&entry.partner, &format!("{} {}", entry.lane, entry.index), &state, record]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}
