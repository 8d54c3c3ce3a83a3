//! `entente status`: how a node stands.

use std::io::Write;

use entente_server::api::Status;

use super::remote::NodeArgs;
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// Show how a running node stands: feeds, open questions, affected releases, alarms
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let status: Status = args.node.ask(async |client| client.get("/status").await)?;
    if args.json {
        console.json(&status)?;
        return Ok(Outcome::Done);
    }
    let Status { party, name, records, open_questions, affected, alarms, feeds } = &status;
    writeln!(console, "{party}  {name}")?;
    writeln!(console, "{records} records held, {open_questions} questions for consent wait for an answer")?;
    if *affected > 0 {
        let style = console.palette().deny;
        let are = if *affected == 1 { "release is" } else { "releases are" };
        writeln!(
            console,
            "{style}{affected}{style:#} {are} affected by what became known later; see `entente affected list`"
        )?;
    }
    let mut columns = Columns::new(5).styled([console.palette().bold]);
    columns.row(["partner", "lane", "sent", "receipted", "waiting", "received"]);
    for feed in feeds {
        columns.row([
            feed.partner.clone(),
            feed.lane.clone(),
            feed.sent.to_string(),
            feed.receipted.to_string(),
            feed.sent.saturating_sub(feed.receipted).to_string(),
            feed.received.to_string(),
        ]);
    }
    let width = console.width();
    columns.write(console, width)?;
    for alarm in alarms {
        let style = console.palette().deny;
        writeln!(console, "{style}ALARM{style:#}  {}  {}  {}", alarm.at, alarm.partner, alarm.message)?;
    }
    Ok(Outcome::Done)
}
