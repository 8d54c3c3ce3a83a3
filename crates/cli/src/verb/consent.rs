//! `entente consent`: asked and answered, given standing and withdrawn, as signed messages.

use std::io::Write;

use entente_core::Channel;
use entente_server::api::{
    AnswerRequest, Answered, AskRequest, Asked, GrantRequest, Granted, QuestionView, StandingView, WithdrawRequest,
    Withdrawn,
};

use super::remote::{ListArgs, NodeArgs};
use crate::{
    columns::Columns,
    console::Console,
    explanation,
    failure::{Failure, Outcome},
};

/// Ask for consent, answer those who ask, and consent beforehand
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Ask(AskArgs),
    /// List the questions and the standing consents, ours and theirs
    List(ListArgs),
    Grant(GrantArgs),
    Refuse(AnswerArgs),
    Withdraw(WithdrawArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Ask(args) => ask(args, console),
            Self::List(args) => list(args, console),
            Self::Grant(args) => grant(args, console),
            Self::Refuse(args) => {
                let AnswerArgs { request, note, node } = args;
                answer(request, note.as_ref(), node, false, console)
            }
            Self::Withdraw(args) => withdraw(args, console),
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
    #[arg(long, default_value = Channel::GOVERNMENTS)]
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

/// Refuse what was asked; the answer is signed, and the asker keeps it
#[derive(clap::Args)]
pub(crate) struct AnswerArgs {
    /// The question's number, from `entente consent list`
    request: String,
    /// A reason
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
}

/// Say yes to a question; or, with --standing, consent beforehand to whatever fits
///
/// A yes is decided like a release of the record to that recipient by this party itself, and explained. Exit code 2 when
/// that is denied: then nothing is answered, and the question stays open.
///
/// A standing consent names subjects, a highest level and a recipient, and no record. It is signed for each holder that
/// may rely on it: every partner with whom a text is in force, or those named. What a holder was told to ask about, it still
/// has to ask about.
#[derive(clap::Args)]
pub(crate) struct GrantArgs {
    /// The question's number, from `entente consent list`
    #[arg(required_unless_present = "standing", conflicts_with = "standing")]
    request: Option<String>,
    /// Consent beforehand instead of answering a question
    #[arg(long, requires_all = ["subject", "max", "to", "note"])]
    standing: bool,
    /// Every subject of the record must be among these; `*` for any. Repeat it, or write a list with commas
    #[arg(long, value_delimiter = ',', requires = "standing")]
    subject: Vec<String>,
    /// The highest level, such as SECRET
    #[arg(long, value_name = "LEVEL", requires = "standing")]
    max: Option<String>,
    /// Who may get it: a party, or `any`
    #[arg(long = "for", value_name = "PARTY", requires = "standing")]
    to: Option<String>,
    /// Who may rely on it; every partner with whom a text is in force when left out
    #[arg(long, value_name = "PARTY", value_delimiter = ',', requires = "standing")]
    holder: Vec<String>,
    /// The widest action: `release`, which holds for a display too, or `display`
    #[arg(long, default_value = "release", requires = "standing")]
    action: String,
    /// What for; any purpose when left out
    #[arg(long, requires = "standing")]
    purpose: Option<String>,
    /// The last moment at which it counts, such as 2026-12-31T00:00:00Z
    #[arg(long, value_name = "TIME", requires = "standing")]
    until: Option<String>,
    /// The authority that says so; a standing consent has to name it
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
}

/// Withdraw a consent that was given: a standing one, or a yes to a question
///
/// It counts from the moment in which the holder receives it. What left before stays what it was; the holder's people are
/// shown what left after the withdrawal was signed.
#[derive(clap::Args)]
pub(crate) struct WithdrawArgs {
    /// The number, from `entente consent list`
    number: String,
    /// Why, for those who relied on it
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
    let questions: Vec<QuestionView> = args.node.ask(async |client| client.all("/consents").await)?;
    let standing: Vec<StandingView> = args.node.ask(async |client| client.all("/consents/standing").await)?;
    if args.json {
        questions.iter().try_for_each(|question| console.json(question))?;
        standing.iter().try_for_each(|consent| console.json(consent))?;
        return Ok(Outcome::Done);
    }
    let width = console.width();
    if questions.is_empty() {
        writeln!(console, "no questions")?;
    } else {
        let mut columns = Columns::new(3).styled([console.palette().bold]);
        columns.row(["question", "state", "asked", "what"]);
        for question in &questions {
            let QuestionView { partner, record, originator, to, action, purpose, .. } = question;
            let who =
                if question.direction == "ours" { format!("we ask {partner}") } else { format!("{partner} asks") };
            let until = question.until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
            let what = format!("{who}: {action} {record} of {originator} to {to} for {purpose}{until}");
            columns.row([&question.request, &question.state, &question.asked, &what]);
        }
        columns.write(console, width)?;
    }
    if !standing.is_empty() {
        let mut columns = Columns::new(3).styled([console.palette().bold]);
        columns.row(["standing", "state", "given", "what"]);
        for consent in &standing {
            let state = if consent.withdrawn.is_some() { "withdrawn" } else { "given" };
            columns.row([&*consent.number, state, &consent.given, &words(consent)]);
        }
        columns.write(console, width)?;
    }
    Ok(Outcome::Done)
}

/// `KOR to JPN: release dprk-missile up to SECRET to USA for missile-warning (by order of …)`.
fn words(consent: &StandingView) -> String {
    let StandingView { by, holder, subjects, max, to, action, purpose, until, authority, .. } = consent;
    let subjects = if subjects.iter().any(|subject| subject == "*") { "anything".into() } else { subjects.join(", ") };
    let to = to.as_deref().unwrap_or("anybody");
    let purpose = purpose.as_ref().map(|purpose| format!(" for {purpose}")).unwrap_or_default();
    let until = until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
    format!("{by} to {holder}: {action} {subjects} up to {max} to {to}{purpose}{until} ({authority})")
}

fn grant(args: &GrantArgs, console: &mut Console) -> Result<Outcome, Failure> {
    if let Some(request) = &args.request {
        return answer(request, args.note.as_ref(), &args.node, true, console);
    }
    let request = GrantRequest {
        holders: args.holder.clone(),
        subjects: args.subject.clone(),
        max: args.max.clone().unwrap_or_default(),
        to: args.to.clone().filter(|to| to != "any"),
        action: args.action.clone(),
        purpose: args.purpose.clone(),
        until: args.until.clone(),
        note: args.note.clone().unwrap_or_default(),
    };
    let granted: Granted = args.node.ask(async |client| client.post("/consents/standing", &request).await)?;
    writeln!(console, "given to {}", granted.holders.join(", "))?;
    writeln!(console, "consent {}", granted.number)?;
    Ok(Outcome::Done)
}

fn withdraw(args: &WithdrawArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let request = WithdrawRequest { note: args.note.clone() };
    let path = format!("/consents/{}/withdraw", args.number);
    let withdrawn: Withdrawn = args.node.ask(async |client| client.post(&path, &request).await)?;
    writeln!(console, "withdrawn {}; told {}", args.number, withdrawn.holders.join(", "))?;
    Ok(Outcome::Done)
}

fn answer(
    request: &str,
    note: Option<&String>,
    node: &NodeArgs,
    granted: bool,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let body = AnswerRequest { granted, note: note.cloned() };
    let path = format!("/consents/{request}/answer");
    let answered: Answered = node.ask_in(console.language(), async |client| client.post(&path, &body).await)?;
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
    writeln!(console, "{} {request}", if granted { "granted" } else { "refused" })?;
    Ok(Outcome::Done)
}
