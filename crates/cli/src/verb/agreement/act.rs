//! `entente agreement propose|sign|…|admit|dispute|list`: agreements on a running node. Each party acts for itself; its act is a
//! signed message that reaches all parties of the text.

use std::{fs, io::Write, path::PathBuf};

use entente_core::agreement::ActKind;
use entente_server::api::{ActRequest, AgreementView, DisputeRequest, ProposeRequest, Told};

use crate::{
    columns::{Columns, printable},
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::{ListArgs, NodeArgs},
};

/// Propose the text of an agreement to its parties
///
/// The file has no acts: once the text has reached the parties, each of them signs, ratifies and brings it into force
/// for itself.
#[derive(clap::Args)]
pub(crate) struct ProposeArgs {
    /// The agreement file
    file: PathBuf,
    #[command(flatten)]
    node: NodeArgs,
}

#[derive(clap::Args)]
pub(crate) struct ActArgs {
    /// The agreement's id
    agreement: String,
    /// The day from which it counts; today, in UTC, when left out
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// The article that it rests on, such as 21.3
    #[arg(long)]
    article: Option<String>,
    /// The first hex digits of the text's hash, where several were proposed under one id
    #[arg(long, value_name = "HASH")]
    version: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
}

/// Admit a new party to an agreement
///
/// It is a party from the day on which every party has admitted it; then each of them sends it the text and its own acts,
/// and it brings the text into force for itself. The text and its hash do not change.
#[derive(clap::Args)]
pub(crate) struct AdmitArgs {
    /// The party to be admitted
    #[arg(long, value_name = "PARTY")]
    party: String,
    #[command(flatten)]
    act: ActArgs,
}

/// Dispute the effect of another party's act
///
/// Where a text is out of force by an act that the other party disputes, it is `disputed` between the two. It permits
/// nothing that would not be permitted otherwise.
#[derive(clap::Args)]
pub(crate) struct DisputeArgs {
    /// The agreement's id
    agreement: String,
    /// The act: the first digits of its number, from `entente agreement acts`
    #[arg(long, value_name = "NUMBER")]
    act: String,
    /// The article that the dispute rests on, such as 20
    #[arg(long)]
    article: Option<String>,
    /// The first hex digits of the text's hash, where several were proposed under one id
    #[arg(long, value_name = "HASH")]
    version: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
}

/// Read the text of an agreement that a running node knows, proposed ones too, with the acts known of it
#[derive(clap::Args)]
pub(crate) struct ReadArgs {
    /// The agreement's id
    agreement: String,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON string a line, for each text
    #[arg(long)]
    json: bool,
}

pub(super) fn propose(args: &ProposeArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let text = fs::read_to_string(&args.file)
        .map_err(|error| Failure::caused(format!("`{}` cannot be read", args.file.display()), &error))?;
    let told: Told = args.node.ask(async |client| client.post("/agreements", &ProposeRequest { text }).await)?;
    writeln!(console, "proposed to {}", told.told.join(", "))?;
    Ok(Outcome::Done)
}

pub(super) fn act(args: &ActArgs, kind: ActKind, console: &mut Console) -> Result<Outcome, Failure> {
    send(args, kind, None, kind.as_str(), console)
}

pub(super) fn admit(args: &AdmitArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let words = format!("{} {}", ActKind::Admitted.as_str(), args.party);
    send(&args.act, ActKind::Admitted, Some(args.party.clone()), &words, console)
}

fn send(
    args: &ActArgs,
    kind: ActKind,
    admits: Option<String>,
    words: &str,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let request = ActRequest {
        kind: kind.as_str().to_owned(),
        admits,
        date: args.date.clone(),
        article: args.article.clone(),
        version: args.version.clone(),
    };
    let path = format!("/agreements/{}/acts", args.agreement);
    let told: Told = args.node.ask(async |client| client.post(&path, &request).await)?;
    write_told(&args.agreement, words, &told, console)
}

pub(super) fn dispute(args: &DisputeArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let DisputeArgs { act, article, version, .. } = args;
    let request = DisputeRequest { act: act.clone(), article: article.clone(), version: version.clone() };
    let path = format!("/agreements/{}/disputes", args.agreement);
    let told: Told = args.node.ask(async |client| client.post(&path, &request).await)?;
    write_told(&args.agreement, &format!("disputed act {act}"), &told, console)
}

fn write_told(agreement: &str, words: &str, told: &Told, console: &mut Console) -> Result<Outcome, Failure> {
    let told = if told.told.is_empty() { "nobody: see `entente agreement acts`".into() } else { told.told.join(", ") };
    writeln!(console, "{agreement}: {words}; told {told}")?;
    Ok(Outcome::Done)
}

pub(super) fn read(args: &ReadArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/agreements/{}/text", args.agreement);
    let texts: Vec<String> = args.node.ask(async |client| client.get(&path).await)?;
    for text in texts {
        if args.json {
            console.json(&text)?;
        } else {
            writeln!(console, "{}", text.lines().map(printable).collect::<Vec<_>>().join("\n"))?;
        }
    }
    Ok(Outcome::Done)
}

pub(super) fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let agreements: Vec<AgreementView> = args.node.ask(async |client| client.get("/agreements").await)?;
    if args.json {
        agreements.iter().try_for_each(|agreement| console.json(agreement))?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(3).styled([console.palette().bold]);
    columns.row(["agreement", "force", "party", "its view"]);
    for agreement in &agreements {
        for (position, (party, view)) in agreement.views.iter().enumerate() {
            let force = if agreement.proposed { "proposed" } else { &agreement.force };
            let (id, force) = match position {
                0 => (&*agreement.id, force),
                1 => (agreement.hash.get(..15).unwrap_or_default(), ""),
                _ => ("", ""),
            };
            columns.row([id, force, party, view]);
        }
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}
