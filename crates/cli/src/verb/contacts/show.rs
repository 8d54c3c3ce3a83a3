//! `entente contacts show`: who is on watch at a moment, and whom something would lead to that begins to wait then.

use std::{io::Write, path::PathBuf};

use clap::builder::PossibleValuesParser;
use entente_core::{
    consult::Precedence,
    time::{SignedDuration, Timestamp},
};

use super::{contacts, names, wall};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    verb::{question::moment, remote::NodeArgs},
};

/// Show who is on watch at a moment, and who would be told
///
/// For each rota who is on watch, since when and until when. Then, for something that begins to wait at that moment and that
/// nobody acknowledges: who is told, when and how.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file (entente.contacts/1); without, that of the node
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    node: NodeArgs,
    /// When: `now`, a moment such as 2026-11-20T00:00:00Z, or a day, which counts from its start in UTC
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = moment)]
    at: Timestamp,
    /// How urgent it is
    #[arg(long, default_value = "FLASH", value_parser = PossibleValuesParser::new(Precedence::ALL.map(Precedence::as_str)))]
    precedence: String,
    /// How far ahead, in hours
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=744))]
    hours: u16,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let file = match &args.file {
        Some(file) => file.clone(),
        None => args.node.config()?.escalation.map(|settings| settings.contacts).ok_or_else(|| {
            Failure::new("the node's configuration names no contact list")
                .help("name a file, or add `[contacts]` with its `file` to `node.toml`")
        })?,
    };
    let contacts = contacts(&file)?;
    let precedence = Precedence::of(&args.precedence).unwrap_or(Precedence::Flash);
    let until = args.at.checked_add(SignedDuration::from_hours(i64::from(args.hours))).unwrap_or(Timestamp::MAX);
    let plan = contacts.plan(precedence, args.at, until);
    if args.json {
        for rota in &contacts.rotas {
            let watch = rota.watch(args.at);
            console.json(&serde_json::json!({
                "rota": rota.id, "zone": rota.zone_name, "from": watch.from.to_string(),
                "until": watch.until.to_string(), "persons": names(&contacts, watch.persons),
            }))?;
        }
        for due in &plan {
            console.json(&serde_json::json!({
                "at": due.at.to_string(), "step": due.step + 1, "person": names(&contacts, [due.person]).concat(),
                "way": due.way.as_str(), "handover": due.is_handover,
            }))?;
        }
        return Ok(Outcome::Done);
    }
    let bold = console.palette().bold;
    let mut columns = Columns::new(3).styled([bold]);
    for rota in &contacts.rotas {
        let watch = rota.watch(args.at);
        let who = match watch.persons.is_empty() {
            true => "nobody".to_owned(),
            false => names(&contacts, watch.persons).join(", "),
        };
        let (from, until) = (wall(rota, watch.from), wall(rota, watch.until));
        columns.row([rota.id.clone(), who, format!("since {from}"), format!("until {until}")]);
    }
    let width = console.width();
    columns.write(console, width)?;
    writeln!(console, "\n{} since {}, until somebody acknowledges it:", precedence.as_str(), args.at)?;
    let mut columns = Columns::new(4).styled([bold]);
    for due in &plan {
        let minutes = (due.at.as_second() - args.at.as_second()) / 60;
        let why = if due.is_handover { "comes on watch".to_owned() } else { format!("step {}", due.step + 1) };
        let name = contacts.persons.get(due.person).map(|person| person.name.clone()).unwrap_or_default();
        let id = names(&contacts, [due.person]).concat();
        columns.row([format!("+{minutes} min"), id, due.way.as_str().to_owned(), why, name]);
    }
    columns.write(console, width)?;
    if plan.is_empty() {
        console.warn(None, "nobody is told")?;
    }
    Ok(Outcome::Done)
}
