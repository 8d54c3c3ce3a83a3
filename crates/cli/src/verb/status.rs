//! `entente status`: how a node stands.

use std::io::Write;

use entente_server::{
    api::{FeedStatus, LinkView, QuotaView, Status},
    doctor::running::CLOCK,
};

use super::remote::NodeArgs;
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// The unit in which quotas are set.
const MIB: u64 = 1024 * 1024;

/// Show how a running node stands: partners and what waits for them, open questions, the ledger, alarms
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let status: Status = args.node.ask(async |client| client.get("/status").await)?;
    if args.json {
        console.json(&status)?;
        return Ok(Outcome::Done);
    }
    writeln!(console, "{}  {}", status.party, status.name)?;
    writeln!(
        console,
        "{} records held, {} questions for consent wait for an answer",
        status.records, status.open_questions
    )?;
    restored(&status, console)?;
    to_do(&status, console)?;
    feeds(&status, console)?;
    quotas(&status, console)?;
    ledger(&status, console)?;
    files(&status, console)?;
    for alarm in &status.alarms {
        let style = console.palette().deny;
        writeln!(console, "{style}ALARM{style:#}  {}  {}  {}", alarm.at, alarm.partner, alarm.message)?;
    }
    Ok(Outcome::Done)
}

/// Whether it is read-only, and where that is explained.
fn restored(status: &Status, console: &mut Console) -> Result<(), Failure> {
    let style = console.palette().deny;
    if let Some(restore) = status.restore.as_ref().filter(|restore| restore.read_only) {
        writeln!(console, "{style}READ-ONLY{style:#} since {}: {}", restore.since, restore.why)?;
        writeln!(console, "it asks its partners how much they hold, and then goes on; see `entente restore status`")?;
    }
    Ok(())
}

/// What waits for a person, each with the command that shows it.
fn to_do(status: &Status, console: &mut Console) -> Result<(), Failure> {
    let style = console.palette().deny;
    if status.affected > 0 {
        let are = if status.affected == 1 { "release is" } else { "releases are" };
        writeln!(
            console,
            "{style}{}{style:#} {are} affected by what became known later; see `entente affected list`",
            status.affected
        )?;
    }
    if status.held + status.refused > 0 {
        writeln!(
            console,
            "{style}entries held sealed: {}, refused: {}{style:#}; see `entente quarantine list`",
            status.held, status.refused
        )?;
    }
    Ok(())
}

fn feeds(status: &Status, console: &mut Console) -> Result<(), Failure> {
    let mut columns = Columns::new(7).styled([console.palette().bold]);
    columns.row(["partner", "lane", "sent", "receipted", "waiting", "oldest", "received", "link"]);
    for (feed, link) in status.feeds.iter().zip(&status.links) {
        let waiting = feed.sent.saturating_sub(feed.receipted);
        let exported = if feed.exported > 0 { format!(" ({} as files)", feed.exported) } else { String::new() };
        columns.row([
            feed.partner.clone(),
            feed.lane.clone(),
            feed.sent.to_string(),
            feed.receipted.to_string(),
            format!("{waiting}{exported}"),
            oldest(feed, &status.now),
            feed.received.to_string(),
            words(link),
        ]);
    }
    let width = console.width();
    columns.write(console, width)?;
    let mut clocks: Vec<(&str, i64)> = status
        .links
        .iter()
        .filter_map(|link| Some((link.partner.as_str(), link.clock_ahead.filter(|ahead| ahead.abs() > CLOCK)?)))
        .collect();
    clocks.dedup_by_key(|(partner, _)| *partner);
    for (partner, ahead) in clocks {
        let side = if ahead > 0 { "ahead of" } else { "behind" };
        writeln!(console, "the clock of {partner} is {} s {side} this one", ahead.abs())?;
    }
    Ok(())
}

/// How long the oldest entry has waited for a receipt.
fn oldest(feed: &FeedStatus, now: &str) -> String {
    let seconds = |moment: &str| moment.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second);
    match feed.oldest.as_deref().and_then(seconds).zip(seconds(now)) {
        Some((made, now)) => age(now.saturating_sub(made)),
        None => String::new(),
    }
}

/// A span of time in its largest unit.
fn age(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

fn words(link: &LinkView) -> String {
    let since = link.since.as_deref().map(|since| format!(" since {since}")).unwrap_or_default();
    let why = link.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    match link.state.as_str() {
        "untried" => "not tried yet".to_owned(),
        state => format!("{state}{since}{why}"),
    }
}

/// What is kept of partners, where it nears what may be.
fn quotas(status: &Status, console: &mut Console) -> Result<(), Failure> {
    let style = console.palette().deny;
    for QuotaView { partner, used, quota, full } in &status.quotas {
        let share = format!("{} of {} MiB", used / MIB, quota / MIB);
        match full {
            Some(since) => writeln!(
                console,
                "{style}the quota of {partner} is full{style:#}: {share}; its packages are turned away since {since}; \
                 raise it in `node.toml`, under `[quota]`"
            )?,
            None if *used >= quota / 5 * 4 => writeln!(console, "the quota of {partner} is nearly full: {share}")?,
            None => {}
        }
    }
    Ok(())
}

/// Party files that end soon, keys that are rolling over, and who does not have our file yet.
fn files(status: &Status, console: &mut Console) -> Result<(), Failure> {
    let style = console.palette().deny;
    for file in &status.files {
        if file.ends_soon {
            writeln!(console, "{style}the party file of {} ends at {}{style:#}", file.party, file.until)?;
        }
        for (kind, since) in &file.overlaps {
            writeln!(console, "a new {kind} key is announced since {since}; see `entente key list`")?;
        }
        if !file.not_taken_by.is_empty() {
            writeln!(console, "party file {} has not reached {} yet", file.serial, file.not_taken_by.join(", "))?;
        }
    }
    Ok(())
}

fn ledger(status: &Status, console: &mut Console) -> Result<(), Failure> {
    let witnesses: Vec<String> = status
        .witnesses
        .iter()
        .map(|witness| format!("{} has cosigned {} at {}", witness.partner, witness.size, witness.at))
        .collect();
    let witnesses = if witnesses.is_empty() { "no partner has cosigned it".to_owned() } else { witnesses.join(", ") };
    writeln!(console, "ledger  {} leaves; {witnesses}", status.ledger)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        for (seconds, expected) in
            [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (7_199, "1 h"), (172_799, "47 h"), (172_800, "2 days")]
        {
            assert_eq!(age(seconds), expected);
        }
    }
}
