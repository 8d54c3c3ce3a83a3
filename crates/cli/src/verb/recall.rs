//! `entente recall`: what went out is called back.

use std::io::Write;

use entente_server::api::{CompliedView, RecallRequest, RecallView, SettleRequest, ToldParties};

use super::remote::{ListArgs, NodeArgs};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// Call records back, see who has complied, and settle what was made from them
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Issue(IssueArgs),
    List(ListArgs),
    Settle(SettleArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Issue(args) => issue(args, console),
            Self::List(args) => list(args, console),
            Self::Settle(args) => settle(args, console),
        }
    }
}

/// Call a record back
///
/// The record's originator calls it back from everybody: every holder stops showing it at once, destroys its content,
/// passes the recall on to whom it gave it, and answers. Anyone else takes back what it gave itself. A recall is not taken
/// back: what is to be shared again is given again, under a new id where its originator called it back.
#[derive(clap::Args)]
pub(crate) struct IssueArgs {
    /// The record: ID or ORIGINATOR/ID
    record: String,
    /// Only from this party, for what this node gave it; may be given several times
    #[arg(long = "of", value_name = "PARTY")]
    of: Vec<String>,
    /// Why; all who hold it read this
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
}

/// Decide about a record that is suspended, because one that it was made from was called back
#[derive(clap::Args)]
pub(crate) struct SettleArgs {
    /// The suspended record: ID or ORIGINATOR/ID
    record: String,
    /// It is used again
    #[arg(long, conflicts_with = "destroy", required_unless_present = "destroy")]
    keep: bool,
    /// It is called back from all who got it, and destroyed here
    #[arg(long)]
    destroy: bool,
    /// By which authority, and why; the ledger keeps it
    #[arg(long)]
    note: String,
    #[command(flatten)]
    node: NodeArgs,
}

/// `told JPN, USA`, or that there was nobody to tell.
pub(super) fn told(parties: &ToldParties) -> String {
    match parties.told.as_slice() {
        [] => "nobody to tell".to_owned(),
        told => format!("told {}", told.join(", ")),
    }
}

/// Where stands what agreements make the parties owe for what was said.
pub(super) fn owed(parties: &ToldParties, console: &mut Console) -> Result<(), Failure> {
    let Some(incident) = &parties.incident else { return Ok(()) };
    let number: String = incident.chars().take(8).collect();
    console.note(&format!("what agreements ask for after it: entente incident show {number}"))?;
    Ok(())
}

fn issue(args: &IssueArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = RecallRequest { record: args.record.clone(), of: args.of.clone(), reason: args.reason.clone() };
    let parties: ToldParties = args.node.ask(async |client| client.post("/recalls", &body).await)?;
    writeln!(console, "called back {}: {}", args.record, told(&parties))?;
    Ok(Outcome::Done)
}

fn settle(args: &SettleArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = SettleRequest { record: args.record.clone(), keep: args.keep, note: args.note.clone() };
    let parties: ToldParties = args.node.ask(async |client| client.post("/recalls/settle", &body).await)?;
    match args.keep {
        true => writeln!(console, "{} is used again", args.record)?,
        false => writeln!(console, "{} is called back and destroyed: {}", args.record, told(&parties))?,
    }
    Ok(Outcome::Done)
}

fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let recalls: Vec<RecallView> = args.node.ask(async |client| client.all("/recalls").await)?;
    if args.json {
        recalls.iter().try_for_each(|recall| console.json(recall))?;
        return Ok(Outcome::Done);
    }
    if recalls.is_empty() {
        writeln!(console, "nothing was called back")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(5).styled([console.palette().bold]);
    columns.row(["record", "by", "since", "here", "party", "what it says"]);
    for recall in &recalls {
        let by =
            if recall.from == recall.by { recall.by.clone() } else { format!("{} via {}", recall.by, recall.from) };
        let own = [format!("{}/{}", recall.originator, recall.record), by, recall.at.clone(), recall.here.clone()];
        let empty = [(); 4].map(|()| String::new());
        if recall.told.is_empty() {
            columns.row(own.iter().map(String::as_str).chain(["", "nobody was told from here"]));
        }
        for (number, complied) in recall.told.iter().enumerate() {
            let head = if number == 0 { &own } else { &empty };
            let says = says(complied);
            columns.row(head.iter().map(String::as_str).chain([complied.party.as_str(), says.as_str()]));
        }
    }
    let width = console.width();
    columns.write(console, width)?;
    for recall in &recalls {
        for record in &recall.suspended {
            writeln!(
                console,
                "suspended  {record}, made from {}: entente recall settle {record} --keep | --destroy",
                recall.record
            )?;
        }
    }
    Ok(Outcome::Done)
}

/// What a party has answered.
fn says(complied: &CompliedView) -> String {
    let CompliedView { state, beyond, answered, .. } = complied;
    match (state.as_str(), answered) {
        ("untold", _) => "not told yet: its party file does not count now".to_owned(),
        (_, None) => "no answer yet".to_owned(),
        (state, Some(at)) => {
            let state = if state == "not-here" { "not held" } else { state };
            let beyond = if *beyond { "" } else { "; others behind it have not all answered" };
            format!("{state}, {at}{beyond}")
        }
    }
}
