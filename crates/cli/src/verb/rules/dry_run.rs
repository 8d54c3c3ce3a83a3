//! `entente rules dry-run`: what rules would make of warnings, and why.

use std::{io::Write, path::PathBuf};

use entente_core::Party;
use entente_formats::alert::missile;

use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// Say which rules a warning would fire, and why
///
/// Nothing is raised. For each rule every condition that it has is listed, with whether it holds.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file of rules (entente.rules/1)
    #[arg(value_name = "RULES")]
    rules: PathBuf,
    /// Files with one warning each: CAP 1.2, or a bulletin of the Japan Meteorological Agency
    #[arg(required = true, value_name = "WARNING")]
    warnings: Vec<PathBuf>,
    /// The party whose warnings they are
    #[arg(long, value_name = "PARTY", default_value = "HERE")]
    from: String,
    /// Print one JSON object a line, for each warning and rule
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let rules = super::rules(&args.rules)?;
    let party = Party::from(args.from.as_str());
    let mut outcome = Outcome::Done;
    for path in &args.warnings {
        let reading = match super::super::alert::warning(path)?.1 {
            Ok(reading) => reading,
            Err(finding) => {
                console.report(&finding)?;
                outcome = Outcome::Failed;
                continue;
            }
        };
        let palette = console.palette();
        let file = path.display();
        let Some(message) = reading.message(&party) else {
            console
                .warn(None, &format!("`{file}` is no alert: {} {}", reading.cap.status, reading.cap.message_type))?;
            continue;
        };
        if !args.json {
            writeln!(
                console,
                "{bold}{file}{bold:#}  {}",
                message.source.status.as_str().to_uppercase(),
                bold = palette.bold
            )?;
        }
        let mut columns = Columns::new(1);
        for one in rules.dry_run(&message, reading.missile.as_ref().map(|_| missile::VERSION)) {
            let zones: Vec<&str> = one.zones.iter().map(|zone| zone.id.as_str()).collect();
            if args.json {
                let conditions =
                    one.conditions.iter().map(|(condition, holds)| (condition.as_str().to_owned(), (*holds).into()));
                console.json(&serde_json::json!({
                    "warning": file.to_string(), "rule": one.rule.id, "fires": one.fires(),
                    "conditions": conditions.collect::<serde_json::Map<_, _>>(), "zones": zones,
                    "status": message.source.status.as_str(),
                }))?;
                continue;
            }
            let conditions: Vec<String> = one
                .conditions
                .iter()
                .map(|(condition, holds)| format!("{}{}", if *holds { "" } else { "NOT " }, condition.as_str()))
                .collect();
            let raises = if one.fires() {
                format!("raises {} {}", one.rule.precedence.as_str(), one.rule.trigger)
            } else {
                "-".to_owned()
            };
            columns.row([one.rule.id.clone(), raises, conditions.join(", ")]);
        }
        let width = console.width();
        columns.write(console, width)?;
    }
    Ok(outcome)
}
