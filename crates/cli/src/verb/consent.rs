//! `entente consent`: asked and answered as signed messages.

use std::io::Write;

use entente_server::api::{AnswerRequest, Answered, AskRequest, Asked, QuestionView};

use super::remote::{ListArgs, NodeArgs};
use crate::{
    columns::Columns,
    console::Console,
    explanation,
    failure::{Failure, Outcome},
};

/// Ask for consent, and answer those who ask
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Ask(AskArgs),
    /// List the questions, ours and theirs
    List(ListArgs),
    Grant(AnswerArgs),
    Refuse(AnswerArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Ask(args) => ask(args, console),
            Self::List(args) => list(args, console),
            Self::Grant(args) => answer(args, true, console),
            Self::Refuse(args) => answer(args, false, console),
        }
    }
}

/// Ask a party to consent that a record goes to another
///
/// The question discloses which record is meant and who would get it; it is decided like any release to the party asked.
#[derive(clap::Args)]
pub(crate) struct AskArgs {
    /// The record: ID or ORIGINATOR/ID
    record: String,
    /// Whom to ask: the party that the explanation names
    #[arg(long, value_name = "PARTY")]
    of: String,
    /// Who would get it
    #[arg(long = "for", value_name = "PARTY")]
    to: String,
    /// What for; what the record was provided for when left out. A record of one's own needs it
    #[arg(long)]
    purpose: Option<String>,
    /// The way the question goes
    #[arg(long, default_value = "government-to-government")]
    channel: String,
    /// How long the consent is wanted, such as 2026-12-31T00:00:00Z
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Answer a question; the answer is signed, and the asker keeps it
///
/// A yes is decided like a release of the record to that recipient by this party itself, and explained. Exit code 2 when
/// that is denied: then nothing is answered, and the question stays open.
#[derive(clap::Args)]
pub(crate) struct AnswerArgs {
    /// The question's number, from `entente consent list`
    request: String,
    /// The authority that says so, or a reason
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
}

fn ask(args: &AskArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let request = AskRequest {
        record: args.record.clone(),
        of: args.of.clone(),
        to: args.to.clone(),
        purpose: args.purpose.clone(),
        channel: args.channel.clone(),
        until: args.until.clone(),
    };
    let language = console.language_for(args.json);
    let asked: Asked = args.node.ask_in(language, async |client| client.post("/consents", &request).await)?;
    let outcome = if asked.question.is_some() { Outcome::Done } else { Outcome::Denied };
    if args.json {
        console.json(&asked)?;
        return Ok(outcome);
    }
    match &asked.question {
        Some(question) => {
            let QuestionView { request, partner, record, to, action, purpose, .. } = question;
            writeln!(console, "asked {partner} to consent to {action} {record} to {to} for {purpose}")?;
            writeln!(console, "question {request}")?;
        }
        None => {
            writeln!(console, "Not asked: what the question discloses may not go to {}.", args.of)?;
            explanation::write_view(console, &asked.decision)?;
        }
    }
    Ok(outcome)
}

fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let questions: Vec<QuestionView> = args.node.ask(async |client| client.get("/consents").await)?;
    if args.json {
        questions.iter().try_for_each(|question| console.json(question))?;
        return Ok(Outcome::Done);
    }
    if questions.is_empty() {
        writeln!(console, "no questions")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(3).styled([console.palette().bold]);
    columns.row(["question", "state", "asked", "what"]);
    for question in &questions {
        let QuestionView { partner, record, originator, to, action, purpose, .. } = question;
        let who = if question.direction == "ours" { format!("we ask {partner}") } else { format!("{partner} asks") };
        let until = question.until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
        let what = format!("{who}: {action} {record} of {originator} to {to} for {purpose}{until}");
        columns.row([&question.request, &question.state, &question.asked, &what]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}

fn answer(args: &AnswerArgs, granted: bool, console: &mut Console) -> Result<Outcome, Failure> {
    let body = AnswerRequest { granted, note: args.note.clone() };
    let path = format!("/consents/{}/answer", args.request);
    let answered: Answered = args.node.ask_in(console.language(), async |client| client.post(&path, &body).await)?;
    if !answered.sent {
        writeln!(
            console,
            "Not granted: this party may not let it go there itself. Ask on where the decision says so."
        )?;
    }
    if let Some(decision) = &answered.decision {
        explanation::write_view(console, decision)?;
    }
    if !answered.sent {
        return Ok(Outcome::Denied);
    }
    writeln!(console, "{} {}", if granted { "granted" } else { "refused" }, args.request)?;
    Ok(Outcome::Done)
}
