//! `entente agreement acts`: what a running node knows of an agreement, since when, and who has which act of ours.

use std::io::Write;

use entente_server::api::{ActView, ActsView, ToldView};

use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::NodeArgs,
};

/// How many digits of an act's number are shown: enough to name it.
const SHOWN: usize = 8;

/// Show what a running node knows of an agreement: each party's view, each act, and who has acknowledged ours
///
/// An act has two times: the day from which it counts, and when it became known here. For an act of this party each other
/// party is named with what it has said of it; `waiting` while it has said nothing.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The agreement's id
    agreement: String,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line, for each text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/agreements/{}/acts", args.agreement);
    let texts: Vec<ActsView> = args.node.ask(async |client| client.get(&path).await)?;
    for text in &texts {
        if args.json {
            console.json(text)?;
        } else {
            write(text, console)?;
        }
    }
    Ok(Outcome::Done)
}

fn write(text: &ActsView, console: &mut Console) -> Result<(), Failure> {
    let (palette, width) = (console.palette(), console.width());
    let proposed = if text.proposed { "  proposed: counts here from this party's own first act" } else { "" };
    writeln!(console, "{}  {}{proposed}", text.id, text.hash)?;
    let mut parties = Columns::new(1).styled([palette.bold]);
    parties.row(["party", "its view", "last heard"]);
    for party in &text.parties {
        let view = match party.missing.as_slice() {
            [] => party.view.clone(),
            missing => format!("{}: {} to admit it", party.view, missing.join(", ")),
        };
        parties.row([&party.party, &view, party.known.as_deref().unwrap_or("-")]);
    }
    parties.write(console, width)?;
    if text.acts.is_empty() {
        writeln!(console, "no acts")?;
        return Ok(());
    }
    let mut acts = Columns::new(3).styled([palette.bold]);
    acts.row(["act", "by", "from", "what", "known here", "acknowledged"]);
    for act in &text.acts {
        let number = act.number.as_deref().map_or("file", short);
        let known = act.known.as_deref().unwrap_or("-");
        acts.row([number, &act.by, &act.date, &what(act), known, &acknowledged(&act.told)]);
    }
    acts.write(console, width)?;
    if !text.text_told.is_empty() {
        writeln!(console, "text sent to {}", acknowledged(&text.text_told))?;
    }
    Ok(())
}

fn short(number: &str) -> &str {
    number.get(..SHOWN).unwrap_or(number)
}

fn what(act: &ActView) -> String {
    let mut words = act.kind.replace('-', " ");
    words.extend(act.admits.iter().map(|party| format!(" {party}")));
    words.extend(act.disputes.iter().map(|number| format!(" {}", short(number))));
    words.extend(
        act.article.iter().map(|article| format!(" ({})", entente_core::explain::article(&article.as_str().into()))),
    );
    words
}

fn acknowledged(told: &[ToldView]) -> String {
    let words = told.iter().map(|told| match told.state.as_str() {
        "accepted" => told.party.clone(),
        state => format!("{} {state}", told.party),
    });
    words.collect::<Vec<_>>().join(", ")
}
