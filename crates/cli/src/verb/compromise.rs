//! `entente compromise`: records in wrong hands.

use std::io::Write;

use entente_server::api::{CompromiseRequest, CompromiseView, ToldParties};

use super::{
    recall::{owed, told},
    remote::{ListArgs, NodeArgs},
};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// Tell those who gave a record that it has fallen into wrong hands, and see what others have told
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Report(ReportArgs),
    List(ListArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Report(args) => report(args, console),
            Self::List(args) => list(args, console),
        }
    }
}

/// Tell those who gave this record that control of it is lost
///
/// Each of them tells who gave it to them, up to the record's originator, without naming anybody. Nothing is called back
/// by this: that is for those who gave it.
#[derive(clap::Args)]
pub(crate) struct ReportArgs {
    /// The record: ID or ORIGINATOR/ID
    record: String,
    /// What happened, as far as is known
    #[arg(long)]
    note: String,
    #[command(flatten)]
    node: NodeArgs,
}

fn report(args: &ReportArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = CompromiseRequest { record: args.record.clone(), note: args.note.clone() };
    let parties: ToldParties = args.node.ask(async |client| client.post("/compromises", &body).await)?;
    writeln!(console, "compromise of {} noted: {}", args.record, told(&parties))?;
    owed(&parties, console)?;
    Ok(Outcome::Done)
}

fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let notices: Vec<CompromiseView> = args.node.ask(async |client| client.all("/compromises").await)?;
    if args.json {
        notices.iter().try_for_each(|notice| console.json(notice))?;
        return Ok(Outcome::Done);
    }
    if notices.is_empty() {
        writeln!(console, "no compromise is known here")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(4).styled([console.palette().bold]);
    columns.row(["record", "told by", "where", "known here", "what happened"]);
    for notice in &notices {
        let place = if notice.beyond { "behind it" } else { "there" };
        let record = format!("{}/{}", notice.originator, notice.record);
        columns.row([&record, &notice.by, place, &notice.known, &notice.note]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}
