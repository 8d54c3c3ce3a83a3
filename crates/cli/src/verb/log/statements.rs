//! `entente log statements`: what the ledger of a running node says, in order.

use std::io::Write;

use entente_server::api::{StatementView, StatementsPage};

use crate::{
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::ListArgs,
};

/// Show what the ledger of a running node says, in order
///
/// A statement about a record that is not shown to whoever asks is a number, a time and a kind.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// From this number on
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    from: u64,
    /// Of this kind alone, such as released, act or people
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// At most so many; without it, all that there are
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,
    #[command(flatten)]
    list: ListArgs,
}

/// How many are asked for at once.
const PAGE: usize = 500;

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let kind = match &args.kind {
        Some(kind) if kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') => format!("&kind={kind}"),
        Some(kind) => {
            return Err(Failure::new(format!("`{kind}` is no kind of statement: kinds are small letters and `-`")));
        }
        None => String::new(),
    };
    let (mut from, mut left) = (args.from, args.limit.unwrap_or(usize::MAX));
    while left > 0 {
        let path = format!("/ledger/statements?from={from}&limit={}{kind}", left.min(PAGE));
        let page: StatementsPage = args.list.node.ask(async |client| client.get(&path).await)?;
        left -= page.statements.len().min(left);
        for statement in &page.statements {
            write(statement, args.list.json, console)?;
        }
        match page.next {
            Some(next) => from = next,
            None => break,
        }
    }
    Ok(Outcome::Done)
}

fn write(statement: &StatementView, json: bool, console: &mut Console) -> Result<(), Failure> {
    if json {
        return console.json(statement);
    }
    let StatementView { sequence, time, kind, content } = statement;
    let content = content.as_ref().map_or_else(|| "not shown".to_owned(), ToString::to_string);
    Ok(writeln!(console, "{sequence}  {time}  {kind}  {content}")?)
}
