//! `entente waiting`: releases that take a second person.

use std::io::Write;

use entente_server::api::{ConfirmRequest, Released, WaitingView};

use super::{
    release,
    remote::{ListArgs, NodeArgs},
};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// Releases that wait for a second person
///
/// Where this party's rules ask for it (`[[confirmation]]` in national.toml), a permitted release only waits, and goes out when
/// somebody else says yes. Then it is decided again. The operator is one person like any other.
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    /// List what waits, or waited
    List(ListArgs),
    /// Say yes to what somebody else has proposed; exit code 2 when it is not permitted any more
    Confirm(AnswerArgs),
    /// Say no, or take an own proposal back
    Decline(AnswerArgs),
}

/// An answer.
#[derive(clap::Args)]
pub(crate) struct AnswerArgs {
    /// Its number
    number: u64,
    /// Why, where that is to be said
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::List(args) => list(args, console),
            Self::Confirm(args) => confirm(args, console),
            Self::Decline(args) => decline(args, console),
        }
    }
}

fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let waiting: Vec<WaitingView> = args.node.ask(async |client| client.all("/releases/waiting").await)?;
    if args.json {
        waiting.iter().try_for_each(|view| console.json(view))?;
        return Ok(Outcome::Done);
    }
    if waiting.is_empty() {
        writeln!(console, "nothing waits, or waited, for a second person")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(5).styled([console.palette().bold]);
    columns.row(["number", "record", "to", "proposed by", "state", "given under"]);
    for view in &waiting {
        let record = format!("{}/{}", view.originator, view.record);
        let state = match &view.answered_by {
            Some(by) => format!("{} by {by}", view.state),
            None => view.state.clone(),
        };
        columns.row([&view.number.to_string(), &record, &view.to, &view.by, &state, &view.under.join(", ")]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}

fn confirm(args: &AnswerArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/releases/{}/confirm", args.number);
    let request = ConfirmRequest { note: args.note.clone() };
    let released: Released = args.node.ask(async |client| client.post(&path, &request).await)?;
    release::show(&released, args.json, console)
}

fn decline(args: &AnswerArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/releases/{}/decline", args.number);
    let request = ConfirmRequest { note: args.note.clone() };
    args.node.ask(async |client| client.post::<()>(&path, &request).await)?;
    match args.json {
        true => console.json(&serde_json::json!({ "number": args.number, "state": "declined" }))?,
        false => writeln!(console, "declined {}", args.number)?,
    }
    Ok(Outcome::Done)
}
