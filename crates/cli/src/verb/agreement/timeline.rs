//! `entente agreement timeline`: how the status of agreements came about, and what is due.

use std::{io::Write, path::PathBuf};

use entente_core::{
    Party,
    agreement::{Act, Agreement},
    desk::timeline::{Deadline, Due, Effect, Entry, MAXIMUM_ENTRIES, Timeline, What, deadlines, timeline},
    explain,
    time::{Date, day_of},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    phrase,
    show::{between_words, date},
};
use crate::{
    columns::{Columns, wrap},
    console::Console,
    failure::{Failure, Outcome},
    input,
};

/// Show how the status of agreements came about, and what is due
///
/// Acts, terms, renewals and notices in order, in the view of each party, with the article and who disputed them; where
/// they changed how it stands between two parties; and what lies ahead: the last day to give notice for the running
/// term, what a notice given now would do, when a running notice takes effect.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Agreement files, or folders of them (*.toml, without subfolders)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Nothing before this day
    #[arg(long, value_name = "DATE", value_parser = date)]
    from: Option<Date>,
    /// Nothing after this day; without it, what lies ahead is shown too
    #[arg(long, value_name = "DATE", value_parser = date)]
    to: Option<Date>,
    /// The day (UTC) that counts as today
    #[arg(long, value_name = "DATE", value_parser = date)]
    at: Option<Date>,
    /// Print one JSON object a line, for each agreement
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let today = args.at.unwrap_or_else(|| day_of(Timestamp::now()));
    let files = input::toml_files(&args.files, "agreements")?;
    let agreements = input::check_agreements(&files).map_err(Failure::Findings)?.agreements;
    for (position, agreement) in agreements.values().enumerate() {
        let past = timeline(agreement, args.from.unwrap_or(Date::MIN), args.to.unwrap_or(today));
        let ahead = if args.to.is_none() { deadlines(agreement, today) } else { Vec::new() };
        if args.json {
            console.json(&document(agreement, &past, &ahead))?;
            continue;
        }
        if position > 0 {
            writeln!(console)?;
        }
        write(agreement, &past, &ahead, console)?;
    }
    Ok(Outcome::Done)
}

fn write(agreement: &Agreement, past: &Timeline, ahead: &[Deadline], console: &mut Console) -> Result<(), Failure> {
    let (bold, width) = (console.palette().bold, console.width());
    writeln!(console, "{bold}{}{bold:#}", agreement.id)?;
    for line in wrap(&agreement.title, width) {
        writeln!(console, "{line}")?;
    }
    let mut rows = Columns::new(2);
    for (date, entries) in by_date(past) {
        for entry in &entries {
            rows.row([date.to_string(), parties(agreement, date, &entry.parties), words(agreement, entry)]);
        }
        for turn in past.turns.iter().filter(|turn| turn.date == date) {
            let pairs: Vec<String> = turn.pairs.iter().map(|(one, other)| format!("{one} and {other}")).collect();
            let all = agreement.parties_on(date).len();
            let all = all * (all - 1) / 2;
            let whom = if pairs.len() == all && all > 1 { "all".to_owned() } else { pairs.join(", ") };
            rows.row([String::new(), String::new(), format!("between {whom}: {}", between_words(turn.between))]);
        }
    }
    if past.entries.is_empty() {
        writeln!(console, "nothing happened")?;
    }
    rows.write(console, width)?;
    if past.is_cut {
        writeln!(console, "only the first {MAXIMUM_ENTRIES} are shown; narrow it with --to")?;
    }
    if !ahead.is_empty() {
        writeln!(console, "{bold}Ahead{bold:#}")?;
        let mut rows = Columns::new(2);
        for deadline in ahead {
            rows.row([
                deadline.date.to_string(),
                parties(agreement, deadline.date, &deadline.parties),
                due_words(agreement, deadline),
            ]);
        }
        rows.write(console, width)?;
    }
    Ok(())
}

/// The entries of each day.
fn by_date(past: &Timeline) -> Vec<(Date, Vec<&Entry>)> {
    let mut days: Vec<(Date, Vec<&Entry>)> = Vec::new();
    for entry in &past.entries {
        match days.last_mut().filter(|(date, _)| *date == entry.date) {
            Some((_, entries)) => entries.push(entry),
            None => days.push((entry.date, vec![entry])),
        }
    }
    days
}

fn parties(agreement: &Agreement, day: Date, parties: &[Party]) -> String {
    if parties.len() == agreement.parties_on(day).len() {
        return "all".to_owned();
    }
    parties.iter().map(Party::as_str).collect::<Vec<_>>().join(", ")
}

/// The article of the term.
fn by_duration(agreement: &Agreement) -> String {
    phrase::under(agreement.duration.as_ref().and_then(|duration| duration.article.as_ref()))
}

fn words(agreement: &Agreement, entry: &Entry) -> String {
    let article = by_duration(agreement);
    match &entry.what {
        What::Renewed { until } => format!("renewed until {until}{article}"),
        What::Lapsed => format!("ended with its term{article}"),
        What::NoticeTookEffect { given } => format!("ended by the notice of {given}{article}"),
        What::Act { act, effect } => {
            let effect = match effect {
                Effect::Stands(standing) => explain::standing_words(*standing).to_owned(),
                Effect::NoticeRuns(date) => format!("takes effect {date}"),
                Effect::NoticeEnds(date) => format!("nothing takes effect {date}"),
                Effect::Admits => "a party from this day".to_owned(),
                Effect::Nothing => waits_for(agreement, act).unwrap_or_else(|| "changes nothing".to_owned()),
            };
            let disputed = if act.disputed_by.is_empty() {
                String::new()
            } else {
                format!(", disputed by {}", phrase::list(&act.disputed_by))
            };
            let act_words = phrase::act(act);
            // `entered into force: in force`, `suspended: suspended` would say it twice.
            let is_said = act_words.replace("into", "in").contains(effect.as_str());
            let effect = if is_said { String::new() } else { format!(": {effect}") };
            format!("{act_words}{}{disputed}{effect}", phrase::under(act.article.as_ref()))
        }
    }
}

/// Whose admission is still missing after an act that admits somebody.
fn waits_for(agreement: &Agreement, act: &Act) -> Option<String> {
    let missing = agreement.missing_for(act.admits.as_ref()?, act.date);
    (!missing.is_empty()).then(|| format!("waits for {}", phrase::list(missing)))
}

fn due_words(agreement: &Agreement, deadline: &Deadline) -> String {
    let article = by_duration(agreement);
    match deadline.due {
        Due::LastNotice { term_ends } => format!("last day of notice for the term that ends {term_ends}{article}"),
        Due::NoticeNow { given } => format!("effect of a notice given {given}{article}"),
        Due::LastCancellation => "last day to suspend or withdraw the notice".to_owned(),
        Due::NoticeTakesEffect => format!("the notice takes effect{article}"),
        Due::Renewal => format!("the term renews{article}"),
        Due::Lapse => format!("ends with its term{article}"),
    }
}

/// What `--json` prints for one agreement.
fn document(agreement: &Agreement, past: &Timeline, ahead: &[Deadline]) -> Value {
    let names = |parties: &[Party]| parties.iter().map(ToString::to_string).collect::<Vec<_>>();
    let entries = past.entries.iter().map(|entry| {
        let act = match &entry.what {
            What::Act { act, .. } => Some(act),
            _ => None,
        };
        json!({
            "date": entry.date.to_string(),
            "parties": names(&entry.parties),
            "what": match &entry.what {
                What::Act { act, .. } => act.kind.as_str(),
                What::Renewed { .. } => "renewed",
                What::Lapsed => "lapsed",
                What::NoticeTookEffect { .. } => "notice-took-effect",
            },
            "by": act.map(|act| act.by.to_string()),
            "admits": act.and_then(|act| Some(act.admits.as_ref()?.as_str())),
            "article": act.and_then(|act| Some(act.article.as_ref()?.as_str())),
            "disputed_by": act.map(|act| names(&act.disputed_by)),
            "standing": explain::standing_words(entry.standing).replace(' ', "-"),
            "words": words(agreement, entry),
        })
    });
    let turns = past.turns.iter().map(|turn| {
        let pairs: Vec<[&str; 2]> = turn.pairs.iter().map(|(one, other)| [one.as_str(), other.as_str()]).collect();
        json!({"date": turn.date.to_string(), "pairs": pairs, "status": between_words(turn.between).replace(' ', "-")})
    });
    let ahead = ahead.iter().map(|deadline| {
        json!({
            "date": deadline.date.to_string(),
            "parties": names(&deadline.parties),
            "what": match deadline.due {
                Due::LastNotice { .. } => "last-day-of-notice",
                Due::NoticeNow { .. } => "effect-of-a-notice-now",
                Due::LastCancellation => "last-day-of-cancellation",
                Due::NoticeTakesEffect => "notice-takes-effect",
                Due::Renewal => "renewal",
                Due::Lapse => "lapse",
            },
            "words": due_words(agreement, deadline),
        })
    });
    json!({
        "id": agreement.id.as_str(),
        "entries": entries.collect::<Vec<_>>(),
        "between": turns.collect::<Vec<_>>(),
        "ahead": ahead.collect::<Vec<_>>(),
        "cut": past.is_cut,
    })
}
