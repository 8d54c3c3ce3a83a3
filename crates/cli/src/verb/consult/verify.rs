//! `entente consult verify`: what an exported consultation holds, offline.

use std::{fs, io::Write, path::PathBuf};

use entente_core::consult::{Closing, Consultation, Proposal, Stance};
use entente_formats::{consultation::LIMIT, hex};
use entente_node::consultation::{Checked, check};
use serde_json::json;

use super::super::log::read_parties;
use crate::{
    columns::{Columns, printable},
    console::Console,
    failure::{Failure, Outcome},
    input,
};

/// Check an exported consultation with party files alone, and show what it came to
///
/// Every signature is checked: the exporter's around the file, and that of each step by its maker. Then the steps are folded:
/// who has answered, what was agreed, how it was closed, and who has signed two versions of one step. The party files of all
/// participants are needed. Needs no node and no network. Exit code 1 when a signature does not hold.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file (entente.consultation/1)
    file: PathBuf,
    /// Party files, or folders with them (every file named *.party)
    #[arg(long, value_name = "PATH", num_args = 1.., required = true)]
    parties: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let size = fs::metadata(&args.file).map_err(|error| input::unreadable(&args.file, &error))?.len();
    if size > u64::try_from(LIMIT).unwrap_or(u64::MAX) {
        return Err(Failure::new(format!("`{}` has {size} bytes: no such file is that long", args.file.display())));
    }
    let source = input::text(&args.file)?;
    let partners = read_parties(&args.parties)?;
    let checked = check(&source.text, &partners).map_err(|error| {
        Failure::new(format!("`{}` proves nothing: {error}", args.file.display()))
            .help("whose party files are the right ones, two persons settle by comparing fingerprints")
    })?;
    if args.json { console.json(&view(&checked)) } else { write(&checked, console) }.map(|()| Outcome::Done)
}

fn stance(stance: &Stance, is_raiser: bool) -> (&'static str, Option<String>) {
    match stance {
        Stance::Silent if is_raiser => ("raised it", None),
        Stance::Silent => ("silent", None),
        Stance::Acknowledged(at) => ("acknowledged", Some(at.to_string())),
        Stance::Declined(at) => ("declined", Some(at.to_string())),
        Stance::Contradictory => ("contradictory", None),
    }
}

fn view(checked: &Checked) -> serde_json::Value {
    let core = checked.core();
    let incident = &checked.raise.incident;
    let stances = core.stances.iter().map(|(party, one)| {
        let (word, at) = stance(one, **party == incident.raised_by);
        json!({"party": party.as_str(), "answer": word, "at": at})
    });
    let items = core.items.iter().map(|(digest, item)| {
        let by: Vec<&str> = item.agreed.keys().map(|party| party.as_str()).collect();
        json!({"item": hex::encode(digest), "what": what(item.proposal), "signed": by, "agreed": item.is_agreed})
    });
    let doubles = core.doubles.iter().map(|double| {
        let versions: Vec<String> = double.versions.iter().map(|digest| hex::encode(digest)).collect();
        json!({"party": double.party.as_str(), "number": double.number, "versions": versions})
    });
    json!({
        "name": hex::encode(&checked.name), "title": incident.title, "status": incident.status.as_str(),
        "raised_by": incident.raised_by.as_str(), "raised_at": incident.raised_at.to_string(), "exported_by": checked.by.as_str(),
        "phase": core.phase(checked.at).as_str(), "steps": checked.steps.len(), "answers": stances.collect::<Vec<_>>(),
        "items": items.collect::<Vec<_>>(), "closed": closing(&core), "two_versions": doubles.collect::<Vec<_>>(),
        "missing": core.missing.keys().map(|digest| hex::encode(digest)).collect::<Vec<_>>(),
    })
}

fn closing(core: &Consultation<'_>) -> Option<serde_json::Value> {
    let Closing::Closed { effects, message, notes, without, .. } = &core.closing else { return None };
    let by: Vec<&str> = notes.keys().map(|party| party.as_str()).collect();
    let without: Vec<&str> = without.iter().map(|party| party.as_str()).collect();
    let message = message.map(|digest| hex::encode(&digest));
    Some(json!({"by": by, "without": without, "effects": hex::encode(effects), "message": message}))
}

fn what(proposal: &Proposal) -> String {
    match proposal {
        Proposal::Message { text, .. } => text.clone(),
        Proposal::Action { what, owner, due } => {
            let due = due.map(|due| format!(", by {due}")).unwrap_or_default();
            format!("{owner}: {what}{due}")
        }
    }
}

fn write(checked: &Checked, console: &mut Console) -> Result<(), Failure> {
    let core = checked.core();
    let incident = &checked.raise.incident;
    let (palette, width) = (console.palette(), console.width());
    let status = incident.status.as_str().to_uppercase();
    let title = printable(&incident.title).into_owned();
    writeln!(console, "{bold}{title}{bold:#}  {status}, {}", core.phase(checked.at).as_str(), bold = palette.bold)?;
    let mut columns = Columns::new(1).styled([palette.dim]);
    columns.row(["raised".to_owned(), format!("by {} at {}", incident.raised_by, incident.raised_at)]);
    for pin in &checked.raise.pins {
        let due = pin.due.at.map_or_else(|| "no time".to_owned(), |at| at.to_string());
        let clock = pin.due.clock.as_str();
        columns.row(["under".to_owned(), format!("{} art. {}: {due} ({clock})", pin.agreement, pin.clause)]);
    }
    for (party, one) in &core.stances {
        let (word, at) = stance(one, **party == incident.raised_by);
        columns.row([party.to_string(), at.map_or_else(|| word.to_owned(), |at| format!("{word} at {at}"))]);
    }
    for item in core.items.values() {
        let by: Vec<&str> = item.agreed.keys().map(|party| party.as_str()).collect();
        let word = if item.is_agreed { "agreed" } else { "not agreed" };
        let by = if by.is_empty() { "nobody has signed it".to_owned() } else { format!("signed by {}", by.join(", ")) };
        columns.row([word.to_owned(), format!("{} ({by})", what(item.proposal).trim())]);
    }
    for double in &core.doubles {
        let line = format!("{} signed {} different steps {}", double.party, double.versions.len(), double.number);
        columns.row(["TWO VERSIONS".to_owned(), line]);
    }
    if let Closing::Closed { notes, without, .. } = &core.closing {
        let by: Vec<&str> = notes.keys().map(|party| party.as_str()).collect();
        let without: Vec<&str> = without.iter().map(|party| party.as_str()).collect();
        let without = if without.is_empty() { String::new() } else { format!(", without {}", without.join(", ")) };
        columns.row(["closed".to_owned(), format!("by {}{without}", by.join(", "))]);
    }
    columns.write(console, width)?;
    writeln!(
        console,
        "every signature holds: {} steps, exported by {} at {}",
        checked.steps.len(),
        checked.by,
        checked.at
    )?;
    Ok(())
}
