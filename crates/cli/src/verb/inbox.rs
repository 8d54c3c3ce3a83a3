//! `entente inbox`: what is held here, and its content; and the way in for files.

use std::{io::Write, path::PathBuf};

use entente_server::api::{ContentView, RecordView};

use super::{import, output, quarantine, remote::NodeArgs};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// List the records that are held here, or open one; or take files that a courier brought
///
/// Only what the operator of the node may see is listed, with how far its content is while that is arriving; what is held sealed, because no agreement covers its arrival,
/// is shown by `entente quarantine list` without its content.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Open this record: ID or ORIGINATOR/ID
    record: Option<String>,
    /// Write the record's content to this file; `-` for standard output
    #[arg(long, value_name = "FILE", requires = "record")]
    output: Option<PathBuf>,
    /// The same as `entente quarantine list`
    #[arg(long, conflicts_with = "record")]
    quarantine: bool,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum Verb {
    Import(import::Args),
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    match (&args.verb, &args.record) {
        (Some(Verb::Import(args)), _) => import::run(args, console),
        _ if args.quarantine => quarantine::list(&args.node, args.json, console),
        (None, None) => list(args, console),
        (None, Some(record)) => open(args, record, console),
    }
}

fn list(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let records = args.node.ask(async |client| client.records().await)?;
    if args.json {
        records.iter().try_for_each(|record| console.json(record))?;
        return Ok(Outcome::Done);
    }
    if records.is_empty() {
        writeln!(console, "nothing is held here")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(4).styled([console.palette().bold]);
    columns.row(["record", "from", "status", "entered", "label"]);
    for record in &records {
        let from = record.custody.last().map_or("(own)", |hop| hop.from.as_str());
        let entered = record.content.as_ref().map_or_else(|| record.entered.clone(), arriving);
        columns.row([&record.id, from, &record.status, &entered, &record.label]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}

/// How far a content is.
fn arriving(content: &ContentView) -> String {
    let ContentView { done, all, waits_for } = content;
    let percent = done.saturating_mul(100).checked_div(*all).unwrap_or_default();
    let why = waits_for.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("arriving, {percent} %{why}")
}

fn open(args: &Args, record: &str, console: &mut Console) -> Result<Outcome, Failure> {
    let path = match record.split_once('/') {
        Some((originator, id)) => format!("/records/{originator}/{}", id.replace('/', "%2F")),
        None => format!("/records/-/{record}"),
    };
    let view: RecordView = args.node.ask(async |client| client.get(&path).await)?;
    if let Some(file) = &args.output {
        output::write(&args.node, &format!("{path}/content"), &view.digest, file, console)?;
        if file.as_os_str() == "-" {
            return Ok(Outcome::Done);
        }
    }
    if args.json {
        console.json(&view)?;
        return Ok(Outcome::Done);
    }
    writeln!(console, "{}", view.label)?;
    let mut columns = Columns::new(1).styled([console.palette().dim]);
    columns.row(["record", &view.id]);
    columns.row(["originator", &view.originator]);
    columns.row(["title", &view.title]);
    columns.row(["status", &view.status]);
    columns.row(["subjects", &view.subjects.join(", ")]);
    columns.row(["made", &view.created]);
    columns.row(["entered", &view.entered]);
    columns.row(["sha256", &view.digest]);
    if let Some(content) = &view.content {
        columns.row(["content", &arriving(content)]);
    }
    for hop in &view.custody {
        let under = if hop.under.is_empty() { "no agreement".to_owned() } else { hop.under.join(", ") };
        columns
            .row(["custody", &format!("from {} under {under}, for {}; onward: {}", hop.from, hop.purpose, hop.onward)]);
    }
    if !view.versions.is_empty() {
        columns.row(["versions", &view.versions.join(", ")]);
    }
    if let Some(file) = &args.output {
        columns.row(["content", &format!("written to {}", file.display())]);
    }
    let width = console.width();
    columns.write(console, width)?;
    writeln!(console, "{}", view.label)?;
    Ok(Outcome::Done)
}
