//! `entente rules check`: everything that is wrong with a file of rules, and what its rules are.

use std::path::PathBuf;

use entente_core::consult::{Rule, Rules};

use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// Check a file of rules
///
/// Every problem is reported with its line, its column and what to do. Then each rule is listed with what fires it and the
/// incident that it raises.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file (entente.rules/1)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print one JSON object a line, for each rule
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let rules = super::rules(&args.file)?;
    let mut columns = Columns::new(0);
    for rule in &rules.rules {
        if args.json {
            console.json(&serde_json::json!({
                "rule": rule.id, "fires": conditions(&rules, rule), "trigger": rule.trigger, "title": rule.title,
                "precedence": rule.precedence.as_str(),
            }))?;
        } else {
            let raises = format!("{} {}: {}", rule.precedence.as_str(), rule.trigger, rule.title);
            columns.row([rule.id.clone(), conditions(&rules, rule).join(", "), raises]);
        }
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}

/// What fires a rule, in words.
fn conditions(rules: &Rules, rule: &Rule) -> Vec<String> {
    let mut words: Vec<String> = rule.profile.iter().cloned().collect();
    let list = |word: &str, items: Vec<&str>| (!items.is_empty()).then(|| format!("{word} {}", items.join(" or ")));
    words.extend(list("from", rule.from.iter().map(|party| party.as_str()).collect()));
    words.extend(list("event", rule.events.iter().map(String::as_str).collect()));
    let zones = rule.zones.iter().filter_map(|at| rules.zones.get(*at));
    words.extend(list("in", zones.map(|zone| zone.id.as_str()).collect()));
    for (level, is_asked) in [
        (rule.severity.as_str(), rule.severity != entente_core::alert::Severity::Unknown),
        (rule.urgency.as_str(), rule.urgency != entente_core::alert::Urgency::Unknown),
        (rule.certainty.as_str(), rule.certainty != entente_core::alert::Certainty::Unknown),
    ] {
        words.extend(is_asked.then(|| format!("at least {level}")));
    }
    words
}
