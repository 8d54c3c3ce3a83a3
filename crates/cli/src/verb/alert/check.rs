//! `entente alert check`: what warnings say, and which alerts they make together.

use std::{io::Write, path::PathBuf};

use entente_core::{
    Party,
    alert::{Alert, Arrival, Book, Standing},
    time::Timestamp,
};
use entente_formats::alert::{Reading, Remark};
use entente_server::api::{alert_change, alert_finding};
use serde::Serialize;

use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    report::{Finding, FindingJson},
};

/// Check warnings, and say which alerts they make
///
/// A warning is a message of CAP 1.2, or a bulletin of the Japan Meteorological Agency (VTSE41, VXSE43, VXSE53). Each is
/// read and what is odd about it is said. Then all together are taken as the messages of one party, in whatever order they
/// are given: one event is one alert, with its revisions and how each of them compares with what it takes the place of.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Files with one warning each
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The party whose warnings they are
    #[arg(long, value_name = "PARTY", default_value = "HERE")]
    from: String,
    /// Say how the alerts stand at this moment; without it, when the last of the messages was sent
    #[arg(long, value_name = "TIME", value_parser = super::super::question::moment)]
    at: Option<Timestamp>,
    /// Print one JSON object: warnings, problems and alerts
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let party = Party::from(args.from.as_str());
    let (mut readings, mut findings) = (Vec::new(), Vec::new());
    for path in &args.files {
        match super::warning(path)? {
            (source, Ok(reading)) => readings.push((source.name.unwrap_or_default(), reading)),
            (_, Err(finding)) => findings.push(finding),
        }
    }
    let mut book = Book::default();
    for (_, reading) in &readings {
        if let Some(message) = reading.message(&party) {
            // A file does not say when it came: when it was sent, then nothing is said of clocks.
            book.take(Arrival { received: message.name.sent, message: message.into() });
        }
    }
    let alerts = book.alerts();
    let last = readings.iter().map(|(_, reading)| reading.cap.sent).max();
    let now = args.at.or(last).unwrap_or(Timestamp::UNIX_EPOCH);
    if args.json {
        console.json(&Answer {
            warnings: readings.iter().map(|(file, reading)| WarningJson::of(file, reading)).collect(),
            problems: findings.iter().map(Finding::json).collect(),
            alerts: alerts.iter().map(|alert| AlertJson::of(alert, now)).collect(),
        })?;
    } else {
        for finding in &findings {
            console.report(finding)?;
        }
        show(&readings, &alerts, now, console)?;
    }
    Ok(if findings.is_empty() { Outcome::Done } else { Outcome::Failed })
}

fn show(
    readings: &[(std::sync::Arc<str>, Reading)],
    alerts: &[Alert<'_>],
    now: Timestamp,
    console: &mut Console,
) -> Result<(), Failure> {
    let (palette, width) = (console.palette(), console.width());
    for (file, reading) in readings {
        let cap = &reading.cap;
        let (bold, status) = (palette.bold, cap.status.as_str().to_uppercase());
        writeln!(console, "{bold}{file}{bold:#}  {}, {status}, {}", reading.syntax.as_str(), cap.message_type)?;
        let mut columns = Columns::new(1).styled([palette.dim]);
        columns.row(["message".to_owned(), format!("{} of {}, sent {}", cap.identifier, cap.sender, cap.sent)]);
        for info in &cap.infos {
            let level = [info.severity.as_str(), info.urgency.as_str(), info.certainty.as_str()].join(", ");
            let areas: Vec<&str> = info.areas.iter().map(|area| area.description.as_str()).collect();
            columns.row([info.event.clone(), format!("{level}: {}", areas.join("; "))]);
        }
        if let Some(missile) = &reading.missile {
            let confidence = missile.confidence.map(|percent| format!(", {percent} % sure")).unwrap_or_default();
            let (from, until) = missile.impact;
            columns.row(["impact".to_owned(), format!("{from} to {until}{confidence}; seen by {}", missile.sensor)]);
        }
        for remark in reading.remarks() {
            columns.row(["note".to_owned(), remark.to_string()]);
        }
        columns.write(console, width)?;
    }
    for alert in alerts {
        let bold = palette.bold;
        writeln!(console, "\n{bold}alert {}{bold:#}  {}", alert.first.identifier, standing(alert, now))?;
        let mut columns = Columns::new(1);
        for revision in &alert.revisions {
            let name = &revision.message.name;
            columns.row([
                name.sent.to_string(),
                revision.message.kind.as_str().to_owned(),
                alert_change(&revision.change),
            ]);
        }
        columns.write(console, width)?;
        let mut notes = Columns::new(1).styled([palette.dim]);
        for finding in &alert.findings {
            notes
                .row(["note".to_owned(), format!("{}: {}", finding.message.identifier, alert_finding(&finding.found))]);
        }
        notes.write(console, width)?;
    }
    Ok(())
}

fn standing(alert: &Alert<'_>, now: Timestamp) -> String {
    match alert.standing(now, None) {
        Standing::InEffect { level, until, .. } => {
            let until = until.map_or("open end".to_owned(), |until| format!("until {until}"));
            format!("in effect: {}, {until}", level.severity.as_str())
        }
        Standing::Cancelled => "cancelled".to_owned(),
        Standing::Expired => "expired".to_owned(),
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Answer<'a> {
    warnings: Vec<WarningJson<'a>>,
    problems: Vec<FindingJson<'a>>,
    alerts: Vec<AlertJson<'a>>,
}

#[derive(Serialize)]
struct WarningJson<'a> {
    file: &'a str,
    syntax: &'static str,
    identifier: &'a str,
    sender: &'a str,
    sent: String,
    status: &'static str,
    message_type: &'static str,
    series: &'a [String],
    missile: bool,
    notes: Vec<String>,
}

impl<'a> WarningJson<'a> {
    fn of(file: &'a str, reading: &'a Reading) -> Self {
        let cap = &reading.cap;
        Self {
            file,
            syntax: reading.syntax.as_str(),
            identifier: &cap.identifier,
            sender: &cap.sender,
            sent: cap.sent.to_string(),
            status: cap.status.as_str(),
            message_type: cap.message_type.as_str(),
            series: &reading.series,
            missile: reading.missile.is_some(),
            notes: reading.remarks().iter().map(Remark::to_string).collect(),
        }
    }
}

#[derive(Serialize)]
struct AlertJson<'a> {
    first: &'a str,
    sender: &'a str,
    status: &'static str,
    standing: String,
    revisions: Vec<RevisionJson<'a>>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct RevisionJson<'a> {
    identifier: &'a str,
    sent: String,
    kind: &'static str,
    change: String,
    stands: bool,
}

impl<'a> AlertJson<'a> {
    fn of(alert: &'a Alert<'_>, now: Timestamp) -> Self {
        let revisions = alert.revisions.iter().map(|revision| RevisionJson {
            identifier: &revision.message.name.identifier,
            sent: revision.message.name.sent.to_string(),
            kind: revision.message.kind.as_str(),
            change: alert_change(&revision.change),
            stands: revision.stands,
        });
        let note = |finding: &entente_core::alert::Finding| {
            format!("{}: {}", finding.message.identifier, alert_finding(&finding.found))
        };
        Self {
            first: &alert.first.identifier,
            sender: &alert.source.sender,
            status: alert.source.status.as_str(),
            standing: standing(alert, now),
            revisions: revisions.collect(),
            notes: alert.findings.iter().map(note).collect(),
        }
    }
}
