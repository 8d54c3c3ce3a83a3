//! `entente quarantine`: what was refused or is held sealed, and another try.

use std::io::Write;

use entente_server::api::{QuarantineView, RetriedView};

use super::remote::{ListArgs, NodeArgs};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// List what was refused or is held sealed, and try it again
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    /// List what was refused or is held sealed, and why
    List(ListArgs),
    Retry(RetryArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::List(ListArgs { node, json }) => list(node, *json, console),
            Self::Retry(args) => retry(args, console),
        }
    }
}

/// Try an entry again, for example when a key, a party file or an agreement has come late
///
/// It enters exactly as it would have on its arrival, or stays where it is, with the reason. What is held is tried again by
/// itself when a party file, a text or an act arrives, and when the node starts; what was refused only by this command. Exit
/// code 1 when something stays in quarantine.
#[derive(clap::Args)]
pub(crate) struct RetryArgs {
    /// From whom the entry is
    #[arg(required_unless_present = "all", requires = "lane")]
    party: Option<String>,
    /// Its lane: urgent or routine
    #[arg(requires = "index")]
    lane: Option<String>,
    /// Its number, as `entente quarantine list` shows it
    index: Option<u64>,
    /// Everything that is in quarantine
    #[arg(long, conflicts_with = "party")]
    all: bool,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// The list; `entente inbox --quarantine` is the same.
pub(super) fn list(node: &NodeArgs, json: bool, console: &mut Console) -> Result<Outcome, Failure> {
    let entries: Vec<QuarantineView> = node.ask(async |client| client.all("/quarantine").await)?;
    if json {
        entries.iter().try_for_each(|entry| console.json(entry))?;
        return Ok(Outcome::Done);
    }
    if entries.is_empty() {
        writeln!(console, "nothing was refused, nothing is held sealed")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(3).styled([console.palette().bold]);
    columns.row(["from", "entry", "disposition", "why"]);
    for entry in &entries {
        columns.row([&entry.partner, &format!("{} {}", entry.lane, entry.index), &entry.disposition, &entry.reason]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}

fn retry(args: &RetryArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let entries: Vec<(String, String, u64)> = match (&args.party, &args.lane, args.index) {
        (Some(party), Some(lane), Some(index)) => vec![(party.clone(), lane.clone(), index)],
        _ => {
            let all: Vec<QuarantineView> = args.node.ask(async |client| client.all("/quarantine").await)?;
            all.into_iter().map(|entry| (entry.partner, entry.lane, entry.index)).collect()
        }
    };
    let mut columns = Columns::new(3).styled([console.palette().bold]);
    let mut is_all_accepted = true;
    for (party, lane, index) in entries {
        let path = format!("/quarantine/{party}/{lane}/{index}/retry");
        let view: RetriedView = args.node.ask(async |client| client.post(&path, &()).await)?;
        is_all_accepted &= view.disposition == "accepted";
        match args.json {
            true => console.json(&view)?,
            false => {
                let why = view.reason.unwrap_or_default();
                columns.row([view.partner, format!("{lane} {index}"), view.disposition, why]);
            }
        }
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(if is_all_accepted { Outcome::Done } else { Outcome::Failed })
}
