//! `entente log compare`: whether a partner's copies of the feeds are ours.

use std::{fs, io::Write, path::PathBuf};

use entente_server::verify::{
    Verified,
    compare::{Compared, Verdict, compare},
};

use super::{
    super::remote::{NodeArgs, PassphraseArgs},
    failed, open,
};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Compare this node's copies of the feeds with a partner's
///
/// Without --with, with what the partner has signed: its receipts for our feeds, its checkpoints of its feeds. That says
/// what it has held when it signed, not what is on its disk today. With --with FILE, also with what the partner's node
/// computed from its disk: it runs `entente log verify --json` and sends the output. Needs no running node. Exit code 1
/// when the copies differ.
#[derive(clap::Args)]
pub(crate) struct CompareArgs {
    /// The partner
    party: String,
    /// The output of `entente log verify --json` at the partner's node
    #[arg(long, value_name = "FILE")]
    with: Option<PathBuf>,
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object a line, for each feed
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &CompareArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let (reader, own) = open(&args.node, &args.passphrase)?;
    let theirs = args.with.as_ref().map(read).transpose()?;
    let feeds = compare(&reader, &own, &args.party.as_str().into(), theirs.as_deref());
    let feeds = feeds.map_err(|error| failed(&error))?;
    if feeds.is_empty() {
        return Err(Failure::new(format!("no feed with `{}` here", args.party))
            .help("see `entente party list` for whom this node knows"));
    }
    for feed in &feeds {
        if args.json {
            console.json(feed)?;
        } else {
            write(console, feed)?;
        }
    }
    Ok(if feeds.iter().any(Compared::differs) { Outcome::Failed } else { Outcome::Done })
}

fn read(path: &PathBuf) -> Result<Vec<Verified>, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::caused(format!("cannot read `{}`", path.display()), &error))?;
    let wrong =
        |line, error| Failure::caused(format!("`{}`, line {line}: not of `log verify`", path.display()), &error);
    let lines = text.lines().zip(1..);
    lines.map(|(line, number)| serde_json::from_str(line).map_err(|error| wrong(number, error))).collect()
}

fn write(console: &mut Console, feed: &Compared) -> Result<(), Failure> {
    let Compared { log, here, signed, there, problems } = feed;
    let (word, style) =
        if feed.differs() { ("DIFFERS", console.palette().deny) } else { ("same   ", console.palette().permit) };
    let there = match there.as_ref().map(|copy| (copy.size, copy.verdict)) {
        Some((size, Verdict::Same)) => format!(", {size} there: the same"),
        Some((size, Verdict::Differs)) => format!(", {size} there: another history"),
        Some((size, Verdict::Longer)) => format!(", {size} there: more than here, so that nothing can be said"),
        Some((_, Verdict::NotNamed)) => ", not named by the partner's node".to_owned(),
        None => String::new(),
    };
    writeln!(console, "{style}{word}{style:#}  {log}  {here} here, {signed} signed for by the partner{there}")?;
    for problem in problems {
        writeln!(console, "         {problem}")?;
    }
    Ok(())
}
