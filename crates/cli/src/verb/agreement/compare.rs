//! `entente agreement compare`: how two texts differ, and what the difference means for each pair of parties.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use entente_core::{
    AgreementId,
    agreement::{Agreement, Citation, Clause},
    decide::Duty,
    desk::{
        area::Area,
        compare::{Comparison, HandOn, Onward, PairChange, Side, as_if_in_force},
        vocabulary::Vocabulary,
    },
    time::{Timestamp, day_of},
    world::Agreements,
};
use entente_formats::agreement::{self, ClauseChange, FieldChange, TextChanges};
use serde_json::{Value, json};

use super::{areas, phrase, running};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    input,
    report::Finding,
    verb::{question::moment, remote::NodeArgs},
};

/// Compare two texts: what each clause says, and what it means for each pair of parties
///
/// The second text is put in the place of the first among the other agreements, and the decision is asked the same
/// questions about both: every level and national term, every subject, purpose and channel that a text names and one
/// that none does, and every third party that what was given could be handed to. Unless --by-acts is given, both texts
/// count as in force for all their parties, so that drafts can be compared.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The first text: a file, or the id of one in --agreements
    before: PathBuf,
    /// The second text, in its place
    after: PathBuf,
    /// The other agreements: a folder of files (*.toml, without subfolders), or one file
    #[arg(long, value_name = "PATH")]
    agreements: Option<PathBuf>,
    /// National rules: a file, or a folder of files
    #[arg(long, value_name = "PATH")]
    national: Option<PathBuf>,
    /// When: `now`, a moment such as 2026-11-20T00:00:00Z, or a day, which counts from its start in UTC
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = moment)]
    at: Timestamp,
    /// Two texts that a running node knows, each named by its id, its hash, or the first digits of it; both as in force, as of now
    #[arg(long, conflicts_with_all = ["agreements", "national", "by_acts"])]
    running: bool,
    #[command(flatten)]
    node: NodeArgs,
    /// Take both texts as their acts say, instead of as in force
    #[arg(long)]
    by_acts: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    if args.running {
        let (before, after) = (args.before.display().to_string(), args.after.display().to_string());
        return running::compare(&args.node, (&before, &after), args.json, console);
    }
    let others = args.agreements.as_deref().map(input::agreements).transpose()?.unwrap_or_default();
    let national = input::national(args.national.as_deref())?;
    let (mut before, mut after) = (text(&args.before, &others)?, text(&args.after, &others)?);
    let wording = agreement::compare(&before, &after);
    if !args.by_acts {
        let day = day_of(args.at);
        (before, after) = (as_if_in_force(before, day), as_if_in_force(after, day));
    }
    let comparison = Comparison { before: &before, after: &after, others: &others, national: &national, at: args.at };
    let pairs = comparison.run().map_err(areas::too_many)?;
    if args.json {
        console.json(&document(&before, &after, &wording, &pairs))?;
        return Ok(Outcome::Done);
    }
    let known = others.values().chain([&before, &after]);
    let vocabulary = Vocabulary::of(known, &national);
    write_head(&before, &after, args.by_acts, console)?;
    for text in [&before, &after] {
        let missing = text.relies_on.iter().filter(|id| !others.contains_key(*id));
        for id in missing {
            writeln!(
                console,
                "{} relies on {id}, which is not among the agreements given: it covers nothing",
                text.id
            )?;
        }
    }
    write_wording(&wording, console)?;
    write_pairs(&pairs, &vocabulary, console)?;
    Ok(Outcome::Done)
}

/// A file, or an agreement of the set by its id.
fn text(path: &Path, others: &Agreements) -> Result<Agreement, Failure> {
    let known = path.to_str().and_then(|id| others.get(&AgreementId::from(id)));
    if let Some(agreement) = known.filter(|_| !path.exists()) {
        return Ok(agreement.clone());
    }
    let source = input::text(path).map_err(|failure| failure.help("give a file, or the id of one of --agreements"))?;
    agreement::parse(&source.text).map_err(|problems| {
        Failure::Findings(problems.into_iter().map(|problem| Finding::error(&source, problem)).collect())
    })
}

fn write_head(before: &Agreement, after: &Agreement, by_acts: bool, console: &mut Console) -> Result<(), Failure> {
    let (bold, width) = (console.palette().bold, console.width());
    let mut head = Columns::new(2).styled([console.palette().dim]);
    for (name, text) in [("before", before), ("after", after)] {
        head.row([name.to_owned(), text.id.to_string(), text.hash.to_string().chars().take(19).collect()]);
    }
    head.write(console, width)?;
    let how = if by_acts { "as their acts say" } else { "as if in force for all their parties" };
    Ok(writeln!(console, "{bold}Both are taken {how}.{bold:#}")?)
}

fn write_wording(wording: &TextChanges, console: &mut Console) -> Result<(), Failure> {
    let (bold, width) = (console.palette().bold, console.width());
    writeln!(console, "\n{bold}Wording{bold:#}")?;
    if wording.fields.is_empty() && wording.clauses.is_empty() {
        writeln!(console, "the same")?;
        return Ok(());
    }
    let mut rows = Columns::new(3);
    for change in &wording.fields {
        rows.row(["", "", "changed", &field_words(change)]);
    }
    for change in &wording.clauses {
        let (clause, what, fields): (&Clause, String, &[FieldChange]) = match change {
            ClauseChange::Added(clause) => (clause, "added".to_owned(), &[]),
            ClauseChange::Removed(clause) => (clause, "removed".to_owned(), &[]),
            ClauseChange::Moved { before, after, fields } => {
                (after, format!("from {}", phrase::article(&before.id)), fields)
            }
            ClauseChange::Changed { after, fields, .. } => (after, "changed".to_owned(), fields),
        };
        let words = match change {
            ClauseChange::Changed { .. } => String::new(),
            _ => phrase::clause(clause),
        };
        let mut lines: Vec<String> = (!words.is_empty()).then_some(words).into_iter().collect();
        lines.extend(fields.iter().map(field_words));
        let mut first = [phrase::article(&clause.id), clause.kind.name().to_owned(), what];
        for line in lines {
            let [article, kind, what] = std::mem::take(&mut first);
            rows.row([article, kind, what, line]);
        }
    }
    Ok(rows.write(console, width)?)
}

/// `ceiling: SECRET -> TOP SECRET`; of lists what comes and what goes.
fn field_words(change: &FieldChange) -> String {
    let words = match (&change.before, &change.after) {
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            let gone =
                before.iter().filter(|item| !after.contains(item)).map(|item| format!("without {}", plain(item)));
            let come = after.iter().filter(|item| !before.contains(item)).map(|item| format!("with {}", plain(item)));
            let moved: Vec<String> = gone.chain(come).collect();
            if moved.is_empty() { "in another order".to_owned() } else { moved.join(", ") }
        }
        (Some(before), Some(after)) => format!("{} -> {}", plain(before), plain(after)),
        (None, Some(after)) => format!("now {}", plain(after)),
        (Some(before), None) => format!("no longer {}", plain(before)),
        (None, None) => String::new(),
    };
    format!("{}: {words}", change.field)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn write_pairs(pairs: &[PairChange], vocabulary: &Vocabulary, console: &mut Console) -> Result<(), Failure> {
    let (bold, width) = (console.palette().bold, console.width());
    let mut unchanged: Vec<String> = Vec::new();
    for pair in pairs {
        let name = format!("{} to {}", pair.from, pair.to);
        if pair.is_unchanged() {
            let ceiling = pair.after.ceiling.map_or("nothing".to_owned(), |level| format!("up to {level}"));
            unchanged.push(format!("{name} ({ceiling})"));
            continue;
        }
        writeln!(console, "\n{bold}{name}{bold:#}")?;
        let mut rows = Columns::new(1).styled([console.palette().dim]);
        if pair.before.ceiling != pair.after.ceiling {
            rows.row(["up to", &format!("{} -> {}", ceiling(&pair.before), ceiling(&pair.after))]);
        }
        let each = |all: &[Area]| {
            all.iter().map(|area| areas::words(area, vocabulary, &Vocabulary::ACTIONS)).collect::<Vec<_>>()
        };
        let mut add = |heading: &'static str, lines: Vec<String>| {
            for (position, line) in lines.into_iter().enumerate() {
                rows.row([if position == 0 { heading } else { "" }.to_owned(), line]);
            }
        };
        add("newly possible", each(&pair.newly));
        add(
            "under",
            pair.after
                .cover
                .iter()
                .filter(|_| !pair.newly.is_empty())
                .map(|one| areas::citations(&[one.clone()].into()))
                .collect(),
        );
        add("no longer possible", each(&pair.no_longer));
        add("because", pair.after.because.iter().map(areas::block_words).collect());
        add("onward", onward_words(&pair.onward()));
        add("duties gained", pair.duties_gained().into_iter().map(duty_words).collect());
        add("duties lost", pair.duties_lost().into_iter().map(duty_words).collect());
        rows.write(console, width)?;
    }
    if !unchanged.is_empty() {
        let mut rows = Columns::new(1).styled([console.palette().dim]);
        rows.row(["unchanged", &unchanged.join(", ")]);
        writeln!(console)?;
        rows.write(console, width)?;
    }
    Ok(())
}

fn ceiling(side: &Side) -> String {
    match (side.ceiling, side.areas.is_empty()) {
        (Some(level), _) => level.to_string(),
        (None, true) => "nothing".to_owned(),
        (None, false) => "national terms alone".to_owned(),
    }
}

/// One line for each party and change; what holds for both actions, or both purposes, is said once.
fn onward_words(changes: &[(&Onward, HandOn, HandOn)]) -> Vec<String> {
    let mut lines: Vec<(String, Vec<&Onward>)> = Vec::new();
    for (way, before, after) in changes {
        let text = format!("to {}: {} -> {}", way.to, hand_on_words(*before), hand_on_words(*after));
        match lines.iter_mut().find(|(known, _)| *known == text) {
            Some((_, ways)) => ways.push(way),
            None => lines.push((text, vec![way])),
        }
    }
    let with_ways = lines.into_iter().map(|(text, ways)| {
        if ways.len() == 4 {
            return text;
        }
        let each = ways.iter().map(|way| {
            let purpose = if way.for_another_purpose { " for another purpose" } else { " for the same purpose" };
            format!("{}{purpose}", way.action.as_str())
        });
        format!("{text} ({})", each.collect::<Vec<_>>().join(", "))
    });
    with_ways.collect()
}

fn hand_on_words(hand_on: HandOn) -> String {
    match hand_on {
        HandOn::No => "not at all".to_owned(),
        HandOn::WithConsent => "with consent".to_owned(),
        HandOn::Freely(Some(level)) => format!("freely up to {level}"),
        HandOn::Freely(None) => "freely for national terms alone".to_owned(),
    }
}

fn duty_words(duty: &Duty) -> String {
    let cited = [Citation { agreement: duty.agreement.clone(), clause: Some(duty.clause.clone()) }];
    format!("{}: {} ({})", duty.kind.name(), phrase::kind(&duty.kind), areas::citations(&cited.into()))
}

/// What `--json` prints.
fn document(before: &Agreement, after: &Agreement, wording: &TextChanges, pairs: &[PairChange]) -> Value {
    let text = |text: &Agreement| json!({"id": text.id.as_str(), "hash": text.hash.to_string()});
    json!({
        "before": text(before),
        "after": text(after),
        "fields": wording.fields.iter().map(field_document).collect::<Vec<_>>(),
        "clauses": wording.clauses.iter().map(clause_document).collect::<Vec<_>>(),
        "pairs": pairs.iter().map(pair_document).collect::<Vec<_>>(),
    })
}

fn field_document(change: &FieldChange) -> Value {
    json!({"field": change.field, "before": change.before, "after": change.after})
}

fn clause_document(change: &ClauseChange) -> Value {
    let (what, before, after, fields): (_, Option<&Clause>, Option<&Clause>, &[FieldChange]) = match change {
        ClauseChange::Added(after) => ("added", None, Some(after), &[]),
        ClauseChange::Removed(before) => ("removed", Some(before), None, &[]),
        ClauseChange::Moved { before, after, fields } => ("moved", Some(before), Some(after), fields),
        ClauseChange::Changed { before, after, fields } => ("changed", Some(before), Some(after), fields),
    };
    json!({
        "what": what,
        "kind": after.or(before).map(|clause| clause.kind.name()),
        "before": before.map(|clause| clause.id.as_str()),
        "after": after.map(|clause| clause.id.as_str()),
        "fields": fields.iter().map(field_document).collect::<Vec<_>>(),
    })
}

fn pair_document(pair: &PairChange) -> Value {
    let all = |areas: &[Area]| areas.iter().map(areas::document).collect::<Vec<_>>();
    let duties = |duties: Vec<&Duty>| {
        let one = |duty: &Duty| json!({"kind": duty.kind.name(), "agreement": duty.agreement.as_str(), "clause": duty.clause.as_str(), "text": phrase::kind(&duty.kind)});
        duties.into_iter().map(one).collect::<Vec<_>>()
    };
    let side = |side: &Side| {
        json!({
            "ceiling": side.ceiling.map(|level| level.as_str()),
            "permits": all(&side.areas),
            "cover": areas::cited(&side.cover),
        })
    };
    let hand_on = |hand_on: HandOn| match hand_on {
        HandOn::No => json!({"how": "no", "ceiling": null}),
        HandOn::WithConsent => json!({"how": "consent", "ceiling": null}),
        HandOn::Freely(level) => json!({"how": "free", "ceiling": level.map(|level| level.as_str())}),
    };
    let onward = pair.onward().into_iter().map(|(way, before, after)| {
        json!({
            "to": way.to.as_str(),
            "action": way.action.as_str(),
            "purpose": if way.for_another_purpose { "another" } else { "same" },
            "before": hand_on(before),
            "after": hand_on(after),
        })
    });
    json!({
        "from": pair.from.as_str(),
        "to": pair.to.as_str(),
        "unchanged": pair.is_unchanged(),
        "before": side(&pair.before),
        "after": side(&pair.after),
        "newly": all(&pair.newly),
        "no_longer": all(&pair.no_longer),
        "because": pair.after.because.iter().map(areas::blocked).collect::<Vec<_>>(),
        "onward": onward.collect::<Vec<_>>(),
        "duties_gained": duties(pair.duties_gained()),
        "duties_lost": duties(pair.duties_lost()),
    })
}
