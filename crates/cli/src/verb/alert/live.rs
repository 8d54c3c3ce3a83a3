//! `entente alert ingest|list|show|acknowledge`: alerts at a running node.

use std::{fs, io::Write, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_server::api::{AlertView, IngestRequest, IngestedView, RecipientView};

use super::super::remote::{ListArgs, NodeArgs};
use crate::{
    columns::{Columns, printable},
    console::Console,
    explanation,
    failure::{Failure, Outcome},
    input,
};

/// Hand in a warning at a running node: it goes, at FLASH, to whom the settings name
///
/// The file is a message of CAP 1.2, or a bulletin of the Japan Meteorological Agency. It becomes a record of this party, with the
/// label and for the recipients that `[[alerts.handling]]` in node.toml names, or those given here; each recipient is decided
/// like every other release. Then the party's rules are asked, which may raise an incident. The same file again is the same
/// warning, and goes to those who do not have it. Exit code 2 when every recipient is denied.
#[derive(clap::Args)]
pub(crate) struct IngestArgs {
    /// The file
    file: PathBuf,
    /// Its label, where it is not to be that of the settings
    #[arg(long)]
    label: Option<String>,
    /// What it is about; give it once for each subject
    #[arg(long = "subject", value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// To whom, such as JPN,KOR, where it is not to be whom the settings name
    #[arg(long, value_delimiter = ',', value_name = "PARTY")]
    to: Vec<String>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Show an alert: its messages, what each of them changes, and who has taken note
#[derive(clap::Args)]
pub(crate) struct ShowArgs {
    /// A record of it: ID or ORIGINATOR/ID
    record: String,
    #[command(flatten)]
    list: ListArgs,
}

/// Take note of an alert, for this party; the parties that have it are told
#[derive(clap::Args)]
pub(crate) struct AcknowledgeArgs {
    /// A record of it: ID or ORIGINATOR/ID
    record: String,
    #[command(flatten)]
    list: ListArgs,
}

pub(super) fn ingest(args: &IngestArgs, console: &mut Console) -> Result<Outcome, Failure> {
    // Looked at here first, so that what is wrong is shown at its place.
    super::warning(&args.file)?.1.map_err(|finding| Failure::Findings(vec![finding]))?;
    let content = fs::read(&args.file).map_err(|error| input::unreadable(&args.file, &error))?;
    let request = IngestRequest {
        content: STANDARD.encode(content),
        label: args.label.clone(),
        subjects: (!args.subjects.is_empty()).then(|| args.subjects.clone()),
        to: (!args.to.is_empty()).then(|| args.to.clone()),
    };
    let language = console.language_for(args.json);
    let got: IngestedView = args.node.ask_in(language, async |client| client.post("/alerts", &request).await)?;
    let is_denied = |view: &RecipientView| view.outcome == "denied";
    let all_denied = !got.recipients.is_empty() && got.recipients.iter().all(is_denied);
    if args.json {
        console.json(&got)?;
    } else {
        let known = if got.known { ", which was here before" } else { "" };
        writeln!(console, "{}{known}", got.record)?;
        for view in &got.recipients {
            match view.outcome.as_str() {
                "sequenced" => writeln!(console, "to {}: on its way, under {}", view.to, view.under.join(", "))?,
                "waits" => writeln!(console, "to {}: waits for a second person", view.to)?,
                "choose" => {
                    let texts: Vec<&str> = view.choices.iter().map(|(id, _)| id.as_str()).collect();
                    writeln!(
                        console,
                        "to {}: several agreements would do ({}): entente release --record {} --to {} --under …",
                        view.to,
                        texts.join(", "),
                        got.record,
                        view.to
                    )?;
                }
                _ => explanation::write_view(console, &view.decision)?,
            }
        }
        for (to, why) in &got.unreachable {
            writeln!(console, "to {to}: not sent: {why}")?;
        }
        for number in &got.incidents {
            writeln!(console, "a rule raised the incident {number}")?;
        }
    }
    Ok(if all_denied { Outcome::Denied } else { Outcome::Done })
}

pub(super) fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let alerts: Vec<AlertView> = args.node.ask(async |client| client.all("/alerts").await)?;
    let row = |alert: &AlertView| {
        let what = alert.headline.as_deref().or(alert.event.as_deref()).unwrap_or(&alert.first);
        let status = alert.status.to_uppercase();
        let waits = if alert.waits_for.is_empty() { "-".to_owned() } else { alert.waits_for.join(", ") };
        [alert.record.clone(), alert.party.clone(), status, printable(what).into_owned(), stands(alert), waits]
    };
    let heads = ["record", "of", "status", "what", "stands", "not yet seen by"];
    args.show(&alerts, "no alert is known here", (heads, 3), row, console)
}

/// How it stands, in words.
fn stands(alert: &AlertView) -> String {
    let level = alert.severity.as_deref().unwrap_or_default();
    let until = alert.until.as_deref().map_or("open end".to_owned(), |until| format!("until {until}"));
    let local = if alert.until_is_local { " (local setting)" } else { "" };
    match alert.standing.as_str() {
        "in-effect" => format!("{level}, {until}{local}"),
        other => other.to_owned(),
    }
}

/// `ORIGINATOR/ID` or `ID` as a path.
fn path(record: &str) -> String {
    match record.split_once('/') {
        Some((originator, id)) => format!("/alerts/{originator}/{id}"),
        None => format!("/alerts/-/{record}"),
    }
}

pub(super) fn show(args: &ShowArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let alert: AlertView = args.list.node.ask(async |client| client.get(&path(&args.record)).await)?;
    write(&alert, args.list.json, console)
}

pub(super) fn acknowledge(args: &AcknowledgeArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("{}/acknowledge", path(&args.record));
    let alert: AlertView = args.list.node.ask(async |client| client.post(&path, &()).await)?;
    write(&alert, args.list.json, console)
}

fn write(alert: &AlertView, json: bool, console: &mut Console) -> Result<Outcome, Failure> {
    if json {
        console.json(alert)?;
        return Ok(Outcome::Done);
    }
    let (palette, width) = (console.palette(), console.width());
    let what = alert.headline.as_deref().or(alert.event.as_deref()).unwrap_or(&alert.first);
    let what = printable(what).into_owned();
    writeln!(console, "{bold}{what}{bold:#}  {}, {}", alert.status.to_uppercase(), stands(alert), bold = palette.bold)?;
    let mut columns = Columns::new(1).styled([palette.dim]);
    columns.row(["of".to_owned(), format!("{} ({})", alert.party, alert.sender)]);
    if let Some(profile) = &alert.profile {
        columns.row(["profile".to_owned(), profile.clone()]);
    }
    for message in &alert.messages {
        let standing = if message.stands { "" } else { ", replaced" };
        columns.row([
            message.kind.clone(),
            format!(
                "{} sent {}, here {}: {}{standing}",
                message.identifier, message.sent, message.received, message.change
            ),
        ]);
        for notice in message.notices.iter().filter(|_| message.stands) {
            let areas: Vec<&str> = notice.areas.iter().map(|area| area.name.as_str()).collect();
            let level = format!("{}, {}, {}", notice.severity, notice.urgency, notice.certainty);
            columns.row([String::new(), format!("{} ({level}): {}", notice.event, areas.join(", "))]);
        }
        for one in &message.acknowledged {
            columns.row(["noted".to_owned(), format!("by {} for {} at {}", one.person, one.party, one.at)]);
        }
    }
    for note in &alert.notes {
        columns.row(["note".to_owned(), note.clone()]);
    }
    columns.row(["held by".to_owned(), alert.held_by.join(", ")]);
    if !alert.waits_for.is_empty() {
        columns.row(["not yet seen by".to_owned(), alert.waits_for.join(", ")]);
    }
    columns.write(console, width)?;
    Ok(Outcome::Done)
}
