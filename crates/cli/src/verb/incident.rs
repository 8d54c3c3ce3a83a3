//! `entente incident`: something happened.

use std::io::Write;

use clap::builder::PossibleValuesParser;
use entente_core::consult::Precedence;
use entente_server::api::{IncidentRequest, IncidentView, RaisedView};

use super::{
    obligation,
    remote::{ListArgs, NodeArgs},
};
use crate::{
    columns::{Columns, printable},
    console::Console,
    failure::{Failure, Outcome},
};

/// Say that something happened, and see what the agreements make of it
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Raise(Box<RaiseArgs>),
    /// List this party's incidents, the latest first
    List(ListArgs),
    Show(ShowArgs),
}

/// Raise an incident: from an alert, a record, a position, or nothing
///
/// What is left out is taken from what shows it: a missile warning has a title, a place, a time and a trigger. Every agreement
/// in force at this moment is asked what it makes the parties owe; that stays, whatever becomes of the agreements. Nobody else is
/// told: `entente consult raise` does that. A drill's records raise a drill, and a drill makes nobody owe anything.
#[derive(clap::Args)]
pub(crate) struct RaiseArgs {
    /// One line for people
    #[arg(long)]
    title: Option<String>,
    /// What kind of thing, in the word of the clauses, such as missile-launch
    #[arg(long, value_name = "WORD")]
    trigger: Option<String>,
    /// A record that shows it, or a record of an alert: ID or ORIGINATOR/ID; may be given several times
    #[arg(long = "record", visible_alias = "alert", value_name = "RECORD")]
    records: Vec<String>,
    /// Where: LATITUDE,LONGITUDE, and a radius in kilometres behind a blank
    #[arg(long, value_name = "POSITION", allow_hyphen_values = true)]
    position: Option<String>,
    /// Where, in words
    #[arg(long)]
    place: Option<String>,
    /// Since when
    #[arg(long, value_name = "TIME")]
    began: Option<String>,
    /// Until when
    #[arg(long, value_name = "TIME")]
    ended: Option<String>,
    /// actual, exercise or test; that of what shows it, else actual
    #[arg(long, value_parser = PossibleValuesParser::new(["actual", "exercise", "test"]))]
    status: Option<String>,
    /// How urgent; FLASH for an alert, else IMMEDIATE
    #[arg(long, value_parser = PossibleValuesParser::new(Precedence::ALL.map(Precedence::as_str)))]
    precedence: Option<String>,
    /// As what this party had what is concerned, for duties to notify
    #[arg(long, value_parser = PossibleValuesParser::new(["provider", "recipient", "any"]))]
    role: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Show an incident and what it opened
#[derive(clap::Args)]
pub(crate) struct ShowArgs {
    /// Its number, or the first digits of it
    number: String,
    #[command(flatten)]
    list: ListArgs,
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Raise(args) => raise(args, console),
            Self::List(args) => list(args, console),
            Self::Show(args) => show(&args.list.node, &args.number, args.list.json, console),
        }
    }
}

fn raise(args: &RaiseArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let request = IncidentRequest {
        title: args.title.clone(),
        trigger: args.trigger.clone(),
        records: args.records.clone(),
        position: args.position.clone(),
        place: args.place.clone(),
        began: args.began.clone(),
        ended: args.ended.clone(),
        status: args.status.clone(),
        precedence: args.precedence.clone(),
        role: args.role.clone(),
    };
    let raised: RaisedView = args.node.ask(async |client| client.post("/incidents", &request).await)?;
    show(&args.node, &raised.name, args.json, console)
}

fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let incidents: Vec<IncidentView> = args.node.ask(async |client| client.all("/incidents").await)?;
    let row = |incident: &IncidentView| {
        let consultation = incident.consultations.first().map(|name| name.chars().take(8).collect());
        [
            incident.number.chars().take(8).collect(),
            incident.raised.clone(),
            printable(&incident.title).into_owned(),
            incident.status.to_uppercase(),
            incident.by.clone(),
            consultation.unwrap_or_else(|| "-".to_owned()),
        ]
    };
    let heads = ["number", "raised", "what", "status", "by", "consultation"];
    args.show(&incidents, "no incident is known here", (heads, 2), row, console)
}

fn show(node: &NodeArgs, number: &str, json: bool, console: &mut Console) -> Result<Outcome, Failure> {
    let incident: IncidentView = node.ask(async |client| client.get(&format!("/incidents/{number}")).await)?;
    if json {
        console.json(&incident)?;
        return Ok(Outcome::Done);
    }
    let (palette, width) = (console.palette(), console.width());
    let title = printable(&incident.title).into_owned();
    writeln!(console, "{bold}{title}{bold:#}  {}", incident.status.to_uppercase(), bold = palette.bold)?;
    let mut columns = Columns::new(1).styled([palette.dim]);
    columns.row(["incident".to_owned(), incident.number.clone()]);
    columns.row(["trigger".to_owned(), format!("{}, {}", incident.trigger, incident.precedence)]);
    columns.row(["raised".to_owned(), format!("{} by {}", incident.raised, incident.by)]);
    columns.row(["began".to_owned(), incident.began.clone()]);
    if let Some(place) = &incident.place {
        columns.row(["place".to_owned(), printable(&place.name).into_owned()]);
    }
    if !incident.zones.is_empty() {
        columns.row(["zone".to_owned(), printable(&incident.zones.join(", ")).into_owned()]);
    }
    for record in &incident.evidence {
        columns.row(["shown by".to_owned(), record.clone()]);
    }
    for name in &incident.consultations {
        columns.row(["consultation".to_owned(), name.clone()]);
    }
    columns.write(console, width)?;
    obligation::write(&incident.obligations, console)?;
    if incident.obligations.is_empty() {
        writeln!(console, "no clause in force speaks of it")?;
    } else if incident.status != "actual" {
        console.note("a drill: nobody owes any of this")?;
    }
    Ok(Outcome::Done)
}
