//! `entente consult calendar`: the meetings that agreements want, as iCalendar.

use std::{io::Write, path::PathBuf};

use entente_core::{
    Party,
    consult::meeting::expected,
    time::{TimeZone, Timestamp, day_of},
};
use entente_formats::calendar::write;

use super::super::question::moment;
use crate::{
    console::Console,
    failure::{Failure, Outcome},
    input,
};

/// Write the meetings that agreements want as iCalendar (RFC 5545)
///
/// For each clause that has a body meet every so often: the next days until which it is to have met, counted from the
/// entry into force in the view of the party. Texts that are not in force in its view are left out.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The agreements: a folder of files (*.toml, without subfolders), or one file
    #[arg(long, value_name = "PATH")]
    agreements: PathBuf,
    /// The party
    #[arg(long, value_name = "PARTY")]
    party: String,
    /// The day from which on, or the moment, or `now`
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = moment)]
    at: Timestamp,
    /// How many of each
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=50))]
    count: u8,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let agreements = input::agreements(&args.agreements)?;
    let (party, day) = (Party::from(args.party.as_str()), day_of(args.at));
    let mut due = Vec::new();
    for agreement in agreements.values() {
        let view = agreement.view(&party, day);
        if let Some(since) = view.since.filter(|_| view.in_force()) {
            due.extend(expected(agreement, since, day, usize::from(args.count)));
        }
    }
    write!(console, "{}", write(&format!("Meetings, {party}"), &due, &[], args.at, &TimeZone::UTC))?;
    Ok(Outcome::Done)
}
