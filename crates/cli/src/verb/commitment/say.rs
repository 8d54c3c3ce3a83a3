//! What this party says of commitments: `add`, `step`, `evidence`, `close`.

use std::io::Write;

use entente_server::api::{CommitmentRequest, NamedView, ProgressRequest};

use crate::{
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::NodeArgs,
};

/// Make a commitment known
///
/// Under an article of a text in force the other parties of that text are told; what the article says need not be repeated. An
/// action that was agreed in a consultation says who does what, and its participants are told. Without either it stays here, and
/// is this party's own.
#[derive(clap::Args)]
pub(crate) struct AddArgs {
    /// What is to be done; as the article has it when absent
    #[arg(required_unless_present_any = ["under", "action"])]
    what: Option<String>,
    /// The agreement that it is from
    #[arg(long, value_name = "AGREEMENT", requires = "article")]
    under: Option<String>,
    /// The article of that agreement
    #[arg(long, requires = "under")]
    article: Option<String>,
    /// The consultation that agreed it, by the first of its hex digits
    #[arg(long, requires = "action", conflicts_with_all = ["under", "owner", "what"])]
    consultation: Option<String>,
    /// The agreed action, by the first of its hex digits
    #[arg(long, requires = "consultation")]
    action: Option<String>,
    /// Who is to do it; this party, or whom the article names, when absent
    #[arg(long, value_name = "PARTY")]
    owner: Option<String>,
    /// Until the end of which day, in UTC: 2027-03-31
    #[arg(long, value_name = "DAY")]
    due: Option<String>,
    /// A step to it; can be given again
    #[arg(long = "step", value_name = "TEXT")]
    steps: Vec<String>,
    #[command(flatten)]
    node: NodeArgs,
}

/// Say that a step is done, is open again, or will not be done
#[derive(clap::Args)]
pub(crate) struct StepArgs {
    /// The commitment, by the first of its hex digits
    name: String,
    /// Which step, counted from 1
    #[arg(value_parser = clap::value_parser!(u32).range(1..=64))]
    step: u32,
    /// It is open, or open again
    #[arg(long, conflicts_with = "dropped")]
    open: bool,
    /// It will not be done
    #[arg(long)]
    dropped: bool,
    /// In words
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    node: NodeArgs,
}

/// Name records that show how far a commitment is
///
/// Whoever is told of the commitment learns the names and digests of these records: each must have been given to them before.
#[derive(clap::Args)]
pub(crate) struct EvidenceArgs {
    /// The commitment, by the first of its hex digits
    name: String,
    /// The records: ID or ORIGINATOR/ID
    #[arg(required = true)]
    records: Vec<String>,
    /// Of this step, counted from 1; of the whole when absent
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=64))]
    step: Option<u32>,
    /// In words
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    node: NodeArgs,
}

/// Say that a commitment is done, or will not be done
#[derive(clap::Args)]
pub(crate) struct CloseArgs {
    /// The commitment, by the first of its hex digits
    name: String,
    /// It will not be done
    #[arg(long)]
    dropped: bool,
    /// What came of it, or why not
    #[arg(long)]
    note: String,
    /// Records that show it: ID or ORIGINATOR/ID
    #[arg(long = "evidence", value_name = "RECORD")]
    evidence: Vec<String>,
    #[command(flatten)]
    node: NodeArgs,
}

pub(super) fn add(args: &AddArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = CommitmentRequest {
        what: args.what.clone(),
        owner: args.owner.clone(),
        due: args.due.clone(),
        agreement: args.under.clone(),
        clause: args.article.clone(),
        consultation: args.consultation.clone(),
        action: args.action.clone(),
        steps: args.steps.clone(),
    };
    let named: NamedView = args.node.ask(async |client| client.post("/commitments", &body).await)?;
    writeln!(console, "{}", named.name)?;
    Ok(Outcome::Done)
}

fn say(node: &NodeArgs, name: &str, body: &ProgressRequest) -> Result<(), Failure> {
    let path = format!("/commitments/{name}/progress");
    node.ask::<NamedView>(async |client| client.post(&path, body).await).map(drop)
}

pub(super) fn step(args: &StepArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let word = match (args.open, args.dropped) {
        (true, _) => "open",
        (_, true) => "dropped",
        _ => "done",
    };
    let body = ProgressRequest {
        step: Some(args.step),
        word: Some(word.to_owned()),
        evidence: Vec::new(),
        note: args.note.clone(),
    };
    say(&args.node, &args.name, &body)?;
    writeln!(console, "step {} of {} is {word}", args.step, args.name)?;
    Ok(Outcome::Done)
}

pub(super) fn evidence(args: &EvidenceArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = ProgressRequest { step: args.step, word: None, evidence: args.records.clone(), note: args.note.clone() };
    say(&args.node, &args.name, &body)?;
    writeln!(console, "{} is shown by {}", args.name, args.records.join(", "))?;
    Ok(Outcome::Done)
}

pub(super) fn close(args: &CloseArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let word = if args.dropped { "dropped" } else { "done" };
    let body = ProgressRequest {
        step: None,
        word: Some(word.to_owned()),
        evidence: args.evidence.clone(),
        note: args.note.clone(),
    };
    say(&args.node, &args.name, &body)?;
    writeln!(console, "{} is {word}", args.name)?;
    Ok(Outcome::Done)
}
