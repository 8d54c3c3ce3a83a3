//! `entente contacts attempts`: who was told that something waits, when, how, and what became of it.

use std::io::Write;

use entente_server::api::AttemptView;

use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::ListArgs,
};

pub(super) fn run(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let attempts: Vec<AttemptView> = args.node.ask(async |client| client.get("/contacts/attempts").await)?;
    if args.json {
        attempts.iter().try_for_each(|attempt| console.json(attempt))?;
        return Ok(Outcome::Done);
    }
    if attempts.is_empty() {
        writeln!(console, "nobody was told of anything yet")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(6).styled([console.palette().bold]);
    columns.row(["began", "matter", "precedence", "person", "way", "outcome", "said"]);
    for one in attempts {
        let said = match (one.outcome.as_str(), one.resumed.last(), one.again) {
            ("unknown", ..) => "the node stopped while it was made: it may have been taken, or not".to_owned(),
            (_, Some(at), _) => format!("{}; made again at {at}, after a stop", one.words),
            (_, None, true) => format!("{}; is made again", one.words),
            _ => one.words,
        };
        let outcome = match one.outcome.as_str() {
            "not taken" => "NOT TAKEN".to_owned(),
            "unknown" => "UNKNOWN".to_owned(),
            other => other.to_owned(),
        };
        let drill = if one.status == "actual" { String::new() } else { format!("{}, ", one.status.to_uppercase()) };
        let matter = one.matter.chars().take(8).collect();
        columns.row([one.began, matter, format!("{drill}{}", one.precedence), one.person, one.way, outcome, said]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}
