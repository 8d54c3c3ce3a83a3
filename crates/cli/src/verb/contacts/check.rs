//! `entente contacts check`: everything that is wrong with a contact list, and what is odd in it.

use std::{io::Write, path::PathBuf};

use entente_core::{
    time::{SignedDuration, Timestamp},
    watch::{Contacts, Weak},
};

use super::{contacts, names, wall};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
    verb::question::moment,
};

/// How far ahead gaps are looked for.
const AHEAD: SignedDuration = SignedDuration::from_hours(28 * 24);

/// Check a contact list
///
/// Every problem is reported with its line, its column and what to do. Then what is odd in it though it can be read: hours of
/// the next four weeks in which nobody is on watch, people whom a step cannot reach, people whom nothing tells.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file (entente.contacts/1)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// From when on gaps are looked for: `now`, a moment, or a day
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = moment)]
    at: Timestamp,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let contacts = contacts(&args.file)?;
    let until = args.at.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
    let weak = contacts.weak(args.at, until);
    if args.json {
        let weak: Vec<serde_json::Value> = weak.iter().map(|weak| json(&contacts, weak)).collect();
        console.json(&serde_json::json!({
            "party": contacts.party.as_str(), "persons": contacts.persons.len(), "rotas": contacts.rotas.len(),
            "steps": contacts.steps.len(), "odd": weak,
        }))?;
        return Ok(Outcome::Done);
    }
    writeln!(
        console,
        "{}: persons {}, rotas {}, steps {}",
        contacts.party,
        contacts.persons.len(),
        contacts.rotas.len(),
        contacts.steps.len()
    )?;
    for weak in &weak {
        console.warn(None, &words(&contacts, weak))?;
    }
    Ok(Outcome::Done)
}

fn words(contacts: &Contacts, weak: &Weak) -> String {
    let name = |person: usize| names(contacts, [person]).concat();
    match weak {
        Weak::Gap { rota, watch } => match contacts.rotas.get(*rota) {
            Some(rota) => format!(
                "nobody is on watch in `{}` from {} to {}",
                rota.id,
                wall(rota, watch.from),
                wall(rota, watch.until)
            ),
            None => String::new(),
        },
        Weak::Unreachable { step, person } => {
            format!("step {} tells `{}` in no way that they have", step + 1, name(*person))
        }
        Weak::Idle { person } => format!("nothing ever tells `{}`", name(*person)),
        Weak::Slow { minutes } => format!("nobody is told before {minutes} minutes have passed"),
        Weak::Silent => "nobody is told of what is ROUTINE".to_owned(),
    }
}

fn json(contacts: &Contacts, weak: &Weak) -> serde_json::Value {
    let words = words(contacts, weak);
    let (kind, from, until) = match weak {
        Weak::Gap { watch, .. } => ("gap", Some(watch.from.to_string()), Some(watch.until.to_string())),
        Weak::Unreachable { .. } => ("unreachable", None, None),
        Weak::Idle { .. } => ("idle", None, None),
        Weak::Slow { .. } => ("slow", None, None),
        Weak::Silent => ("silent", None, None),
    };
    serde_json::json!({ "kind": kind, "from": from, "until": until, "words": words })
}
