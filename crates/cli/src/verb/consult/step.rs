//! What a person does in a consultation, for this party: each is a signed message to its participants.

use std::{fs, io::Write, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_server::api::{
    CloseRequest, ConsultationView, ConveneRequest, EffectsRequest, EscalateRequest, ExportedConsultation,
    PositionRequest, Released, StepRequest, SteppedView,
};
use serde::Serialize;

use super::super::{output, remote::NodeArgs};
use crate::{
    columns::printable,
    console::Console,
    explanation,
    failure::{Failure, Outcome},
    input,
};

/// Which consultation, at which node.
#[derive(clap::Args)]
pub(crate) struct InArgs {
    /// The consultation's name, or the first digits of it
    consultation: String,
    #[command(flatten)]
    node: NodeArgs,
}

impl InArgs {
    /// Takes a step, and says what came of it.
    fn take(&self, path: &str, body: &impl Serialize, said: &str, console: &mut Console) -> Result<Outcome, Failure> {
        let path = format!("/consultations/{}/{path}", self.consultation);
        let step: SteppedView = self.node.ask(async |client| client.post(&path, body).await)?;
        let digest: String = step.statement.chars().take(12).collect();
        writeln!(console, "{said}: step {digest}")?;
        Ok(Outcome::Done)
    }

    /// The same of a proposal, with the digest by which others sign it.
    fn propose(&self, body: &StepRequest, console: &mut Console) -> Result<Outcome, Failure> {
        let path = format!("/consultations/{}", self.consultation);
        let (step, seen): (SteppedView, ConsultationView) = self.node.ask(async |client| {
            let step: SteppedView = client.post(&format!("{path}/steps"), body).await?;
            Ok((step, client.get(&path).await?))
        })?;
        let own = seen.steps.iter().find(|own| own.statement == step.statement);
        let digest: String = step.statement.chars().take(12).collect();
        let words = own.map(|own| printable(&own.words).into_owned()).unwrap_or_default();
        writeln!(console, "step {digest}: {words}")?;
        console.note("nobody has signed it yet: each party does with `entente consult agree`, this one too")?;
        Ok(Outcome::Done)
    }
}

/// Acknowledge a consultation, for this party: a person has taken note
#[derive(clap::Args)]
pub(crate) struct AcknowledgeArgs {
    #[command(flatten)]
    at: InArgs,
}

/// Call the parties together
#[derive(clap::Args)]
pub(crate) struct ConveneArgs {
    #[command(flatten)]
    at: InArgs,
    /// When, such as 2026-11-20T09:00:00Z
    #[arg(long, value_name = "TIME")]
    when: String,
    /// A room or a link
    #[arg(long)]
    place: String,
}

/// Say that this party does not take part
#[derive(clap::Args)]
pub(crate) struct DeclineArgs {
    #[command(flatten)]
    at: InArgs,
    /// Why; all participants read it
    #[arg(long)]
    reason: String,
}

/// Say that somebody higher was called
#[derive(clap::Args)]
pub(crate) struct EscalateArgs {
    #[command(flatten)]
    at: InArgs,
    /// Whom
    #[arg(long)]
    to: String,
    /// Why
    #[arg(long)]
    reason: String,
}

/// Propose a common message: it is agreed when each party has signed its digest, and a changed comma is another
#[derive(clap::Args)]
pub(crate) struct MessageArgs {
    #[command(flatten)]
    at: InArgs,
    /// The file with its text, to the letter
    file: PathBuf,
    /// The message that it is to take the place of: the first digits of its digest
    #[arg(long, value_name = "ITEM")]
    replaces: Option<String>,
}

/// Propose an action
#[derive(clap::Args)]
pub(crate) struct ActionArgs {
    #[command(flatten)]
    at: InArgs,
    /// What is to be done
    #[arg(long)]
    what: String,
    /// Who is to do it
    #[arg(long, value_name = "PARTY")]
    owner: String,
    /// Until when, such as 2026-11-20T09:00:00Z
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
}

/// Sign what was proposed, for this party; a signature is not taken back
#[derive(clap::Args)]
pub(crate) struct AgreeArgs {
    #[command(flatten)]
    at: InArgs,
    /// The first digits of the item's digest
    item: String,
}

/// Say what speaks against something proposed
#[derive(clap::Args)]
pub(crate) struct ObjectArgs {
    #[command(flatten)]
    at: InArgs,
    /// The first digits of the item's digest
    item: String,
    /// Why
    #[arg(long)]
    reason: String,
}

/// State what was considered, for neighbours, third parties and the own public
///
/// The file is TOML: `chosen` (from 0), `because`, and `[[options]]` with `what`, `neighbours`, `third_parties`, `own_public`, and
/// `nothing = true` for the one that is to do nothing; `evidence` (records that every participant has) and `[[dissent]]` with
/// `party` and `words` may stand beside. It must exist; it need not be favourable.
#[derive(clap::Args)]
pub(crate) struct EffectsArgs {
    #[command(flatten)]
    at: InArgs,
    /// The file
    file: PathBuf,
}

/// Sign this party's closing note
///
/// It names the statement of effects and the message that it closes on: those of the others' notes, or the only ones there are, where
/// none is named.
#[derive(clap::Args)]
pub(crate) struct CloseArgs {
    #[command(flatten)]
    at: InArgs,
    /// What it says
    #[arg(long)]
    note: String,
    /// The step with the statement of effects: the first digits of its digest
    #[arg(long, value_name = "STEP")]
    effects: Option<String>,
    /// The common message: the first digits of its digest
    #[arg(long, value_name = "ITEM")]
    message: Option<String>,
    /// Parties that have not answered in their time
    #[arg(long, value_delimiter = ',', value_name = "PARTY")]
    without: Vec<String>,
    /// What this party dissents in
    #[arg(long)]
    dissent: Option<String>,
}

/// Give this party's position to whom it may be given: a record with its own label, decided for each
///
/// It is no part of the shared core: that there is one is not told to who is not given it.
#[derive(clap::Args)]
pub(crate) struct PositionArgs {
    #[command(flatten)]
    at: InArgs,
    /// The file
    file: PathBuf,
    /// Its label
    #[arg(long)]
    label: String,
    /// To whom, such as JPN,KOR
    #[arg(long, value_delimiter = ',', required = true, value_name = "PARTY")]
    to: Vec<String>,
    /// What it is about; give it once for each subject
    #[arg(long = "subject", value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// What for
    #[arg(long, default_value = "consultation")]
    purpose: String,
    /// The agreement to give it under
    #[arg(long, value_name = "AGREEMENT", value_delimiter = ',')]
    under: Option<Vec<String>>,
    /// What people read in lists; the file's name when left out
    #[arg(long)]
    title: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Write a consultation as one signed file, which `entente consult verify` checks; that is on the record
#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    at: InArgs,
    /// Where to write it; to standard output when left out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn acknowledge(args: &AcknowledgeArgs, console: &mut Console) -> Result<Outcome, Failure> {
    args.at.take("acknowledge", &(), "acknowledged", console)
}

pub(super) fn convene(args: &ConveneArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = ConveneRequest { at: args.when.clone(), place: args.place.clone() };
    args.at.take("convene", &body, "convened", console)
}

pub(super) fn decline(args: &DeclineArgs, console: &mut Console) -> Result<Outcome, Failure> {
    args.at.take("steps", &StepRequest::Decline { reason: args.reason.clone() }, "declined", console)
}

pub(super) fn escalate(args: &EscalateArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = EscalateRequest { to: args.to.clone(), reason: args.reason.clone() };
    args.at.take("escalate", &body, "escalated", console)
}

pub(super) fn message(args: &MessageArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let text = input::text(&args.file)?.text.to_string();
    let body = StepRequest::ProposeMessage { text, replaces: args.replaces.clone() };
    args.at.propose(&body, console)
}

pub(super) fn action(args: &ActionArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let (what, owner, due) = (args.what.clone(), args.owner.clone(), args.due.clone());
    args.at.propose(&StepRequest::ProposeAction { what, owner, due }, console)
}

pub(super) fn agree(args: &AgreeArgs, console: &mut Console) -> Result<Outcome, Failure> {
    args.at.take("steps", &StepRequest::Agree { item: args.item.clone() }, "signed", console)
}

pub(super) fn object(args: &ObjectArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = StepRequest::Object { item: args.item.clone(), reason: args.reason.clone() };
    args.at.take("steps", &body, "objected", console)
}

pub(super) fn effects(args: &EffectsArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let source = input::text(&args.file)?;
    let read: EffectsRequest = toml::from_str(&source.text).map_err(|error| {
        Failure::new(format!("`{}`: {}", args.file.display(), error.to_string().trim_end()))
            .help("see `entente consult effects --help` for what stands in it")
    })?;
    args.at.take("steps", &StepRequest::Effects(read), "stated", console)
}

pub(super) fn close(args: &CloseArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = StepRequest::Close(CloseRequest {
        note: args.note.clone(),
        effects: args.effects.clone(),
        message: args.message.clone(),
        without: args.without.clone(),
        dissent: args.dissent.clone(),
    });
    args.at.take("steps", &body, "closing note signed", console)
}

pub(super) fn position(args: &PositionArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let content = fs::read(&args.file).map_err(|error| input::unreadable(&args.file, &error))?;
    let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let body = PositionRequest {
        label: args.label.clone(),
        subjects: args.subjects.clone(),
        to: args.to.clone(),
        title: args.title.clone().unwrap_or(name),
        media_type: None,
        content: STANDARD.encode(content),
        purpose: Some(args.purpose.clone()),
        channel: None,
        under: args.under.clone(),
    };
    let language = console.language_for(args.json);
    let path = format!("/consultations/{}/positions", args.at.consultation);
    let released: Released = args.at.node.ask_in(language, async |client| client.post(&path, &body).await)?;
    let is_given = released.recipients.iter().any(|view| view.outcome != "denied");
    if args.json {
        console.json(&released)?;
    } else {
        writeln!(console, "{}", released.record)?;
        released.recipients.iter().try_for_each(|view| explanation::write_view(console, &view.decision))?;
    }
    Ok(if is_given { Outcome::Done } else { Outcome::Denied })
}

pub(super) fn export(args: &ExportArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/consultations/{}/export", args.at.consultation);
    let exported: ExportedConsultation = args.at.node.ask(async |client| client.post(&path, &()).await)?;
    match &args.out {
        None => write!(console, "{}", exported.file)?,
        Some(out) => {
            output::write_bytes(out, exported.file.as_bytes(), console)?;
            writeln!(console, "written to {}", out.display())?;
        }
    }
    Ok(Outcome::Done)
}
