//! `entente affected`: releases that something learnt later speaks against.

use std::io::Write;

use entente_server::api::{AffectedView, AnswerAffectedRequest};

use super::remote::NodeArgs;
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// List releases that something learnt later speaks against, and answer for them
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    List(ListArgs),
    Answer(AnswerArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::List(args) => list(args, console),
            Self::Answer(args) => answer(args, console),
        }
    }
}

/// List releases that would have been denied, had this node known when they left
///
/// An act with an earlier date that arrives late, or a consent withdrawn before its withdrawal arrived, rewrites no verdict.
/// What left in between stands here until a person has answered for it. Partners are told nothing.
#[derive(clap::Args)]
pub(crate) struct ListArgs {
    /// Those that are answered too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Say what was done about an affected release; the ledger keeps it
#[derive(clap::Args)]
pub(crate) struct AnswerArgs {
    /// Its number, from `entente affected list`
    number: u64,
    /// What was done about it, and by whose authority
    #[arg(long)]
    note: String,
    #[command(flatten)]
    node: NodeArgs,
}

fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let mut releases: Vec<AffectedView> = args.node.ask(async |client| client.all("/affected").await)?;
    releases.retain(|release| args.all || release.answered.is_none());
    if args.json {
        releases.iter().try_for_each(|release| console.json(release))?;
        return Ok(Outcome::Done);
    }
    if releases.is_empty() {
        writeln!(console, "no release is affected by what became known later")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(4).styled([console.palette().bold]);
    columns.row(["number", "record", "to", "left", "what speaks against it"]);
    for release in &releases {
        columns.row([
            release.number.to_string(),
            release.record.clone(),
            release.to.clone(),
            release.left.clone(),
            against(release),
        ]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}

/// `jp-kr-gsomia-2016: suspended of KOR on 2026-11-20, known 2026-11-23T…; would be denied: not-in-force`.
fn against(release: &AffectedView) -> String {
    let AffectedView { cause, known, under, would, note, .. } = release;
    let under = if under.is_empty() { String::new() } else { format!("; given under {}", under.join(", ")) };
    let mut codes: Vec<&str> = would.blocked.iter().map(|block| block.code.as_str()).collect();
    codes.dedup();
    let would = if would.verdict == "permit" {
        "would go under less".into()
    } else {
        format!("would be denied: {}", codes.join(", "))
    };
    let answered = note.as_ref().map(|note| format!("; answered: {note}")).unwrap_or_default();
    format!("{cause}, known {known}{under}; {would}{answered}")
}

fn answer(args: &AnswerArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = AnswerAffectedRequest { note: args.note.clone() };
    let path = format!("/affected/{}/answer", args.number);
    let () = args.node.ask(async |client| client.post(&path, &body).await)?;
    writeln!(console, "answered {}", args.number)?;
    Ok(Outcome::Done)
}
