//! `entente commitment accession`: the steps by which a party joins an agreement.

use std::io::Write;

use entente_server::api::{AccessionRequest, AccessionView, NamedView};

use crate::{
    columns::{Columns, printable},
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::NodeArgs,
};

/// List the steps by which a party joins an agreement, each with its document; or say until when one is to be done
///
/// Every party admits it, then it signs, ratifies and enters into force itself. The document is the signed act, by its
/// SHA-256, or the agreement's file, where the act stands there. With --step, the other parties of the text are told until when
/// that step is to be done: it is a commitment of whoever has it, who says with `entente commitment` how far it is and which
/// record shows it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The agreement
    agreement: String,
    /// The party that joins
    party: String,
    /// The step for which a day is set
    #[arg(long, value_name = "NUMBER", requires_all = ["due", "article"])]
    step: Option<u32>,
    /// Until the end of which day
    #[arg(long, value_name = "DAY", requires = "step")]
    due: Option<String>,
    /// The article of the text that speaks of it, or under which the parties plan it
    #[arg(long, value_name = "ARTICLE", requires = "step")]
    article: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line, for each step
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/agreements/{}/accession/{}", args.agreement, args.party);
    if let (Some(step), Some(due), Some(clause)) = (args.step, args.due.clone(), args.article.clone()) {
        let body = AccessionRequest { step, due, clause };
        args.node.ask(async |client| client.post::<NamedView>(&path, &body).await)?;
    }
    let steps: Vec<AccessionView> = args.node.ask(async |client| client.get(&path).await)?;
    if args.json {
        steps.iter().try_for_each(|step| console.json(step))?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(5).styled([console.palette().bold]);
    columns.row(["step", "by", "act", "state", "due", "document"]);
    for step in &steps {
        let state = match &step.done {
            Some(done) => format!("done {done}"),
            None if step.optional && step.state != "overdue" => "where the party wants it".to_owned(),
            None => step.state.clone(),
        };
        let due = step.due.clone().unwrap_or_else(|| "-".to_owned());
        let document = step.document.clone().unwrap_or_else(|| "-".to_owned());
        columns.row([step.number.to_string(), step.by.clone(), step.act.clone(), state, due, document]);
    }
    let width = console.width();
    columns.write(console, width)?;
    for step in &steps {
        let Some(last) = &step.last else { continue };
        let shown = match last.evidence.as_slice() {
            [] => String::new(),
            records => format!(", shown by {}", records.join(", ")),
        };
        writeln!(console, "{}: {} says {}: {}{shown}", step.number, step.by, last.word, printable(&last.note))?;
    }
    let open = steps.iter().filter(|step| step.done.is_none() && !step.optional).count();
    writeln!(
        console,
        "{}",
        if open == 0 { "nothing is missing".to_owned() } else { format!("still missing: {open}") }
    )?;
    Ok(Outcome::Done)
}
