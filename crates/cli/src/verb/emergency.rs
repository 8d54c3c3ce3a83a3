//! `entente emergency`: disclosure that cannot wait, and its report.

use std::io::Write;

use entente_core::Channel;
use entente_server::api::{DeclaredView, EmergencyRequest, EmergencyView, ReportRequest};

use super::{
    release,
    remote::{ListArgs, NodeArgs},
};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// Disclosure in an emergency, and reports on it
///
/// Where this party's rules foresee it (`[[emergency]]` in national.toml), a person gives at once what otherwise takes an approval
/// or a second person, and reports on it afterwards. What a label, an agreement or an originator forbids stays forbidden.
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Declare(DeclareArgs),
    /// List emergencies and their reports
    List(ListArgs),
    Report(ReportArgs),
}

/// Declare an emergency for one record and recipient, and release it
#[derive(clap::Args)]
pub(crate) struct DeclareArgs {
    /// The record: ID or ORIGINATOR/ID
    record: String,
    /// The recipient
    #[arg(long, value_name = "PARTY")]
    to: String,
    /// What for
    #[arg(long)]
    purpose: String,
    /// How
    #[arg(long, default_value = Channel::GOVERNMENTS)]
    channel: String,
    /// Why it cannot wait
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Report on an emergency: what was given, and what came of it
#[derive(clap::Args)]
pub(crate) struct ReportArgs {
    /// Its number
    number: u64,
    /// The report
    #[arg(long)]
    text: String,
    #[command(flatten)]
    node: NodeArgs,
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Declare(args) => declare(args, console),
            Self::List(args) => list(args, console),
            Self::Report(args) => report(args, console),
        }
    }
}

fn declare(args: &DeclareArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let request = EmergencyRequest {
        record: args.record.clone(),
        to: args.to.clone(),
        purpose: args.purpose.clone(),
        channel: args.channel.clone(),
        reason: args.reason.clone(),
    };
    let declared: DeclaredView = args.node.ask(async |client| client.post("/emergencies", &request).await)?;
    if args.json {
        console.json(&declared)?;
        return Ok(release::outcome(&declared.released));
    }
    let outcome = release::show(&declared.released, false, console)?;
    writeln!(console, "emergency {0}; report on it: entente emergency report {0} --text …", declared.number)?;
    Ok(outcome)
}

fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let emergencies: Vec<EmergencyView> = args.node.ask(async |client| client.all("/emergencies").await)?;
    if args.json {
        emergencies.iter().try_for_each(|view| console.json(view))?;
        return Ok(Outcome::Done);
    }
    if emergencies.is_empty() {
        writeln!(console, "no emergency was declared")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(5).styled([console.palette().bold]);
    columns.row(["number", "record", "to", "by", "report", "reason"]);
    for view in &emergencies {
        let record = format!("{}/{}", view.originator, view.record);
        let report = match (&view.reported, &view.reported_by) {
            (Some(at), Some(by)) => format!("{at} by {by}"),
            _ => format!("due {}", view.due),
        };
        columns.row([&view.number.to_string(), &record, &view.to, &view.by, &report, &view.reason]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}

fn report(args: &ReportArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/emergencies/{}/report", args.number);
    let request = ReportRequest { text: args.text.clone() };
    args.node.ask(async |client| client.post::<()>(&path, &request).await)?;
    writeln!(console, "reported on emergency {}", args.number)?;
    Ok(Outcome::Done)
}
