//! `entente alarm`: what a person must look at, with the evidence.

use std::{io::Write, path::PathBuf};

use entente_server::api::{AlarmDetail, AlarmNoteRequest, AlarmView, Evidence, OriginView};

use super::{
    output,
    remote::{ListArgs, NodeArgs},
};
use crate::{
    columns::{Columns, printable},
    console::Console,
    failure::{Failure, Outcome},
};

/// List alarms, and show the evidence for one
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    /// List alarms, the latest first
    List(ListArgs),
    /// Show the evidence for an alarm
    ///
    /// Of two records that an originator signed under one id: what both statements say, and whether both signatures are the
    /// originator's. Of a feed or a ledger: the signed checkpoints. With --output, the evidence itself is written, for whoever
    /// has to be shown it: for two records under one id these are both signed statements. What is about a record is shown
    /// to who may see the record.
    Show(ShowArgs),
    Acknowledge(AcknowledgeArgs),
}

/// Say that a person of this party has taken note of an alarm, and what was found or done
///
/// It stays in the list, and is on no desk any more. What it is about goes on: its next sign is another alarm.
#[derive(clap::Args)]
pub(crate) struct AcknowledgeArgs {
    /// Its number, from `entente alarm list`
    number: u64,
    /// What was found or done; the ledger keeps it
    #[arg(long)]
    note: String,
    #[command(flatten)]
    node: NodeArgs,
}

#[derive(clap::Args)]
pub(crate) struct ShowArgs {
    /// Its number, from `entente alarm list`
    number: u64,
    /// Write the evidence to this file, byte for byte
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Verb {
    pub(crate) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::List(args) => list(args, console),
            Self::Show(args) => show(args, console),
            Self::Acknowledge(args) => acknowledge(args, console),
        }
    }
}

fn acknowledge(args: &AcknowledgeArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = AlarmNoteRequest { note: args.note.clone() };
    let path = format!("/alarms/{}/acknowledge", args.number);
    args.node.ask(async |client| client.post::<()>(&path, &body).await)?;
    writeln!(console, "noted: alarm {}", args.number)?;
    Ok(Outcome::Done)
}

fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let alarms: Vec<AlarmView> = args.node.ask(async |client| client.all("/alarms").await)?;
    let row = |alarm: &AlarmView| {
        let AlarmView { number, at, partner, message, noted } = alarm.clone();
        let by = noted.map_or_else(|| "-".to_owned(), |noted| noted.by);
        [number.to_string(), at, partner, message, by]
    };
    args.show(&alarms, "there was no alarm", (["number", "at", "partner", "alarm", "noted by"], 3), row, console)
}

fn show(args: &ShowArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/alarms/{}", args.number);
    let (alarm, bytes): (AlarmDetail, Option<Vec<u8>>) = args.node.ask(async |client| {
        let alarm = client.get(&path).await?;
        let bytes = match args.output {
            Some(_) => Some(client.get_bytes(&format!("{path}/evidence")).await?),
            None => None,
        };
        Ok((alarm, bytes))
    })?;
    if let (Some(file), Some(bytes)) = (&args.output, bytes) {
        output::write_bytes(file, &bytes, console)?;
    }
    if args.json {
        console.json(&alarm)?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(1).styled([console.palette().dim]);
    columns.row(["alarm", &alarm.number.to_string()]);
    columns.row(["at", &alarm.at]);
    columns.row(["partner", &alarm.partner]);
    columns.row(["what", &alarm.message]);
    let mut text = None;
    match &alarm.evidence {
        Evidence::Conflict { originator, record, proved, held, refused } => {
            columns.row(["record", &format!("{originator}/{record}")]);
            let word = if *proved { "both are" } else { "not both are, by the party file that is here now," };
            columns.row(["signatures", &format!("{word} {originator}'s")]);
            for (name, statement) in [("held", held), ("refused", refused)] {
                for line in said(statement) {
                    columns.row([name, &line]);
                }
            }
        }
        Evidence::Package { origin, start, checkpoint } => {
            columns.row(["feed", &format!("{origin}, from entry {start}")]);
            text = Some(checkpoint);
        }
        Evidence::Receipt { next, cosigned } => {
            columns.row(["receipt", &format!("it says {next}")]);
            text = cosigned.as_ref();
        }
        Evidence::Notes { text: notes } => text = Some(notes),
        Evidence::Envelope { sha256 } => {
            columns.row(["envelope", &format!("{sha256}, in quarantine; see `entente quarantine list`")]);
        }
        Evidence::Bytes { length, sha256 } => {
            columns.row(["evidence", &format!("{length} bytes, SHA-256 {sha256}; --output writes them")]);
        }
        Evidence::Withheld => columns.row(["evidence", "about a record that is not here for this operator"]),
    }
    let width = console.width();
    columns.write(console, width)?;
    for line in text.into_iter().flat_map(|text| text.lines()) {
        writeln!(console, "    {}", printable(line))?;
    }
    Ok(Outcome::Done)
}

fn said(statement: &OriginView) -> [String; 3] {
    let OriginView { label, subjects, status, title, media_type, created, digest } = statement;
    [
        label.clone(),
        format!("{title} ({media_type}), {status}, about {}, made {created}", subjects.join(", ")),
        format!("content {digest}"),
    ]
}
