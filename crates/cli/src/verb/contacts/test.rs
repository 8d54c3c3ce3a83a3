//! `entente contacts test`: tells everybody in the chain of a running node that this is a test, and reports who was reached.

use std::io::Write;

use clap::builder::PossibleValuesParser;
use entente_core::consult::Precedence;
use entente_server::api::{TestContacts, TestedView};

use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::NodeArgs,
};

/// Test the chain of a running node: who is reached, how, and how fast
///
/// Everybody whom something of this precedence would lead to if it began to wait now is told at once, in each way that the
/// list wants, that this is a test. Reached means that the mail server or the program took the message, or that a page of
/// the console is open. It ends with code 1 when somebody was not reached.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    node: NodeArgs,
    /// How urgent the matter is that is made believe
    #[arg(long, default_value = "FLASH", value_parser = PossibleValuesParser::new(Precedence::ALL.map(Precedence::as_str)))]
    precedence: String,
    /// Print one JSON object a line, for each person and way
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let request = TestContacts { precedence: args.precedence.clone() };
    let tested: Vec<TestedView> = args.node.ask(async |client| client.post("/contacts/test", &request).await)?;
    let missed = tested.iter().filter(|tested| !tested.reached).count();
    if args.json {
        tested.iter().try_for_each(|tested| console.json(tested))?;
    } else {
        let mut columns = Columns::new(5).styled([console.palette().bold]);
        columns.row(["person", "way", "step", "reached", "took", "said"]);
        for one in &tested {
            let said = if one.tries > 1 { format!("{} ({} tries)", one.words, one.tries) } else { one.words.clone() };
            columns.row([
                one.person.clone(),
                one.way.clone(),
                format!("{}, +{} min", one.step, one.after),
                if one.reached { "yes" } else { "NO" }.to_owned(),
                format!("{} ms", one.milliseconds),
                said,
            ]);
        }
        let width = console.width();
        columns.write(console, width)?;
        writeln!(console, "{} of {} reached", tested.len() - missed, tested.len())?;
    }
    Ok(if missed == 0 && !tested.is_empty() { Outcome::Done } else { Outcome::Failed })
}
