//! `entente commitment list` and `show`.

use std::io::Write;

use clap::builder::PossibleValuesParser;
use entente_server::api::{CommitmentView, ProgressView};

use super::{basis, is_done, short};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::NodeArgs,
};

/// List commitments, the overdue first
///
/// Those that parties have made known, and those that stand in a text in force and that nobody has made known yet: these have no
/// name.
#[derive(clap::Args)]
pub(crate) struct ListArgs {
    /// Only those of this status
    #[arg(long, value_parser = PossibleValuesParser::new(["open", "overdue", "done", "late", "dropped"]))]
    status: Option<String>,
    /// Only those of this party
    #[arg(long, value_name = "PARTY")]
    owner: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Show a commitment: its steps, what its owner said last, and what shows it
#[derive(clap::Args)]
pub(crate) struct ShowArgs {
    /// Its name, or the first of its hex digits
    name: String,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let mut all: Vec<CommitmentView> = args.node.ask(async |client| client.all("/commitments").await)?;
    all.retain(|view| args.status.as_ref().is_none_or(|status| *status == view.status));
    all.retain(|view| args.owner.as_ref().is_none_or(|owner| *owner == view.owner));
    if args.json {
        all.iter().try_for_each(|view| console.json(view))?;
        return Ok(Outcome::Done);
    }
    if all.is_empty() {
        writeln!(console, "nothing is committed to")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(5).styled([console.palette().bold]);
    columns.row(["name", "owner", "due", "status", "steps", "what"]);
    for view in &all {
        let done = view.steps.iter().filter(|step| is_done(step.last.as_ref())).count();
        let steps = if view.steps.is_empty() { "-".to_owned() } else { format!("{done}/{}", view.steps.len()) };
        let basis = basis(view);
        let what = if basis.is_empty() { view.what.clone() } else { format!("{} ({basis})", view.what) };
        let due = view.due.clone().unwrap_or_else(|| "-".to_owned());
        columns.row([short(view), view.owner.clone(), due, view.status.clone(), steps, what]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}

pub(super) fn show(args: &ShowArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/commitments/{}", args.name);
    let view: CommitmentView = args.node.ask(async |client| client.get(&path).await)?;
    if args.json {
        console.json(&view)?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(1).styled([console.palette().dim]);
    let rows = [
        ("name", view.name.clone().unwrap_or_default()),
        ("what", view.what.clone()),
        ("owner", view.owner.clone()),
        ("made known", format!("by {} {}", view.by, view.made.clone().unwrap_or_default())),
        ("under", basis(&view)),
        ("due", view.due.clone().unwrap_or_else(|| "no day".to_owned())),
        ("status", view.status.clone()),
        ("said", view.last.as_ref().map(words).unwrap_or_default()),
    ];
    for (name, text) in rows.into_iter().filter(|(_, text)| !text.is_empty()) {
        columns.row([name.to_owned(), text]);
    }
    for (number, step) in view.steps.iter().enumerate() {
        let last = step.last.as_ref().map_or_else(|| "open".to_owned(), words);
        columns.row([format!("step {}", number + 1), format!("{}: {last}", step.text)]);
    }
    let width = console.width();
    columns.write(console, width)?;
    if !view.doubles.is_empty() {
        console
            .warn(None, &format!("{} has said two things under one number: {}", view.owner, view.doubles.join(", ")))?;
    }
    Ok(Outcome::Done)
}

fn words(said: &ProgressView) -> String {
    let mut words = format!("{} {}", said.word, said.at);
    if !said.note.is_empty() {
        words = format!("{words}, \"{}\"", said.note);
    }
    if !said.evidence.is_empty() {
        words = format!("{words}; shown by {}", said.evidence.join(", "));
    }
    words
}
