//! `entente log digest`: what was given, in counts.

use entente_server::digest::{Counted, digest};
use entente_store::Reader;

use super::{super::remote::NodeArgs, failed};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// Count what this node gave: by month, recipient, agreements, level and purpose
///
/// With --public only what may be published: releases to the partners that `[publish]` in the configuration names as having
/// agreed, and only counts from its threshold on. What is left out is not told, not even how much. Needs no running node.
#[derive(clap::Args)]
pub(crate) struct DigestArgs {
    /// Only what may be published
    #[arg(long)]
    public: bool,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &DigestArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let config = args.node.config()?;
    if args.public && config.publish.is_none() {
        return Err(Failure::new("the configuration names no partner that has agreed to publish")
            .help("say so in `node.toml`: [publish] with = [\"JPN\"], threshold = 10"));
    }
    let reader = Reader::of_folder(&config.data).map_err(|error| failed(&error))?;
    let publish = config.publish.as_ref().filter(|_| args.public);
    let counted = digest(&reader, publish).map_err(|error| failed(&error))?;
    if args.json {
        counted.iter().try_for_each(|line| console.json(line))?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(3).styled([console.palette().bold]);
    columns.row(["month", "from", "to", "under", "level", "purpose", "releases"]);
    for Counted { group, releases } in counted {
        let under = if group.under.is_empty() { "as the rules prefer".to_owned() } else { group.under.join(", ") };
        columns.row([group.month, group.from, group.to, under, group.class, group.purpose, releases.to_string()]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}
