//! `entente agreement propose|sign|…|list`: agreements on a running node. Each party acts for itself; its act is a
//! signed message that reaches all parties of the text.

use std::{fs, io::Write, path::PathBuf};

use entente_core::agreement::ActKind;
use entente_server::api::{ActRequest, AgreementView, ProposeRequest, Told};

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
    let request = ActRequest {
        kind: kind.as_str().to_owned(),
        date: args.date.clone(),
        article: args.article.clone(),
        version: args.version.clone(),
    };
    let path = format!("/agreements/{}/acts", args.agreement);
    let told: Told = args.node.ask(async |client| client.post(&path, &request).await)?;
    writeln!(console, "{}: {}; told {}", args.agreement, kind.as_str(), told.told.join(", "))?;
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
