//! `entente contacts waiting`: what waits for people, by names that say nothing of it, and when somebody is told next.

use std::io::Write;

use entente_server::api::ContactsView;

use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::ListArgs,
};

pub(super) fn run(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let contacts: ContactsView = args.node.ask(async |client| client.get("/contacts").await)?;
    if args.json {
        contacts.waiting.iter().try_for_each(|one| console.json(one))?;
        return Ok(Outcome::Done);
    }
    if let Some(problem) = &contacts.problem {
        console.warn(None, problem)?;
    }
    if contacts.waiting.is_empty() {
        writeln!(console, "nothing waits")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(4).styled([console.palette().bold]);
    columns.row(["since", "matter", "precedence", "attempts", "next"]);
    for one in contacts.waiting {
        let drill = if one.status == "actual" { String::new() } else { format!("{}, ", one.status.to_uppercase()) };
        let next = one.next.unwrap_or_else(|| "nobody: the list has come to its end".to_owned());
        let matter = one.matter.chars().take(8).collect();
        columns.row([one.since, matter, format!("{drill}{}", one.precedence), one.attempts.to_string(), next]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}
