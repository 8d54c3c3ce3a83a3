//! `entente commitment plan`: an action plan that prints as one page.

use std::io::Write;

use entente_core::time::{Timestamp, day_of};
use entente_formats::plan::{Item, Plan};
use entente_server::api::CommitmentView;

use super::{basis, is_done};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::NodeArgs,
};

/// Print the action plan: every commitment with owner, day, steps and what shows it
///
/// As text; or, with --html, as a page for a browser or a printer that holds the same and needs nothing else.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only what is under this agreement
    #[arg(long, value_name = "AGREEMENT")]
    under: Option<String>,
    /// Its title
    #[arg(long, default_value = "Action plan")]
    title: String,
    /// Write a page of HTML
    #[arg(long, conflicts_with = "json")]
    html: bool,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line, for each commitment
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let mut all: Vec<CommitmentView> = args.node.ask(async |client| client.all("/commitments").await)?;
    all.retain(|view| args.under.is_none() || args.under == view.agreement);
    if args.json {
        all.iter().try_for_each(|view| console.json(view))?;
        return Ok(Outcome::Done);
    }
    let plan = Plan { title: args.title.clone(), day: day_of(Timestamp::now()), items: all.iter().map(item).collect() };
    let text = if args.html { plan.html() } else { plan.text() };
    write!(console, "{text}")?;
    Ok(Outcome::Done)
}

fn item(view: &CommitmentView) -> Item {
    let last = view.last.as_ref();
    let of_steps = view.steps.iter().filter_map(|step| step.last.as_ref());
    let mut evidence: Vec<String> =
        last.into_iter().chain(of_steps).flat_map(|said| said.evidence.iter().cloned()).collect();
    evidence.sort();
    evidence.dedup();
    Item {
        owner: view.owner.clone(),
        what: view.what.clone(),
        basis: basis(view),
        due: view.due.clone().unwrap_or_default(),
        status: view.status.clone(),
        steps: view.steps.iter().map(|step| (step.text.clone(), is_done(step.last.as_ref()))).collect(),
        evidence,
        note: last.map(|said| said.note.clone()).unwrap_or_default(),
    }
}
