//! `entente agreement show`: what a text says, and how it stands on a day.

use std::{io::Write, path::PathBuf};

use entente_core::{
    Party,
    agreement::{Act, Agreement, Between, Force, Standing, View},
    explain,
    time::{Date, day_of},
};
use entente_formats::agreement;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::{check::parties, phrase};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    input,
    report::Finding,
};

/// Show an agreement, and how it stands on a day
///
/// The status is that of each party's own view: acts, term, renewal and notice. Between two parties a text is in force
/// when it is in both views. Whether what it relies on is in force is not looked at.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// An agreement file
    file: PathBuf,
    /// The day (UTC) whose status is shown, such as 2019-09-01; today when absent
    #[arg(long, value_name = "DATE", value_parser = date)]
    at: Option<Date>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A day on the command line.
pub(super) fn date(text: &str) -> Result<Date, &'static str> {
    text.parse().map_err(|_| "expected a day such as 2019-09-01")
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let source = input::text(&args.file)?;
    let agreement = agreement::parse(&source.text).map_err(|problems| {
        Failure::Findings(problems.into_iter().map(|problem| Finding::error(&source, problem)).collect())
    })?;
    let day = args.at.unwrap_or_else(|| day_of(Timestamp::now()));
    if args.json {
        console.json(&document(&agreement, day)?)?;
    } else {
        write(&agreement, day, console)?;
    }
    Ok(Outcome::Done)
}

fn write(agreement: &Agreement, day: Date, console: &mut Console) -> Result<(), Failure> {
    let (palette, width) = (console.palette(), console.width());
    let (bold, dim) = (palette.bold, palette.dim);
    for line in crate::columns::wrap(&agreement.title, width) {
        writeln!(console, "{bold}{line}{bold:#}")?;
    }
    let mut head = Columns::new(1).styled([dim]);
    head.row(["id", agreement.id.as_str()]);
    head.row(["force", &force(agreement)]);
    head.row(["parties", &parties(agreement)]);
    if let Some(duration) = &agreement.duration {
        head.row(["term", &phrase::duration(duration)]);
    }
    if let Some(survival) = &agreement.survival {
        let clauses: Vec<String> = survival.clauses.iter().map(phrase::article).collect();
        let article = phrase::under(survival.article.as_ref());
        head.row([
            "lasting",
            &format!("{} bind what was provided, whatever becomes of it{article}", clauses.join(", ")),
        ]);
    }
    head.row(["hash", &agreement.hash.to_string()]);
    head.write(console, width)?;

    writeln!(console, "\n{bold}Status on {day}{bold:#}")?;
    let mut views = Columns::new(1);
    for party in agreement.parties_on(day) {
        views.row([party.as_str(), &status(agreement, party, day)]);
    }
    views.write(console, width)?;

    writeln!(console, "\n{bold}Between{bold:#}")?;
    let mut between = Columns::new(1);
    for (one, other) in pairs(agreement, day) {
        between.row([format!("{one} and {other}"), between_words(agreement.between(one, other, day)).to_owned()]);
    }
    between.write(console, width)?;

    if !agreement.acts.is_empty() {
        writeln!(console, "\n{bold}Acts{bold:#}")?;
        let mut acts = Columns::new(3);
        for act in &agreement.acts {
            let mut remarks = Vec::new();
            remarks.extend(act.article.as_ref().map(explain::article));
            remarks.extend(disputed(act));
            remarks.extend((act.date > day).then(|| "later".to_owned()));
            acts.row([act.date.to_string(), phrase::actor(&act.by), phrase::act(act), remarks.join("; ")]);
        }
        acts.write(console, width)?;
    }

    writeln!(console, "\n{bold}Clauses{bold:#}")?;
    let mut clauses = Columns::new(2);
    clauses.row(["article", "kind", "what it says", "basis"]);
    for clause in &agreement.clauses {
        clauses.row([
            phrase::article(&clause.id),
            clause.kind.name().to_owned(),
            phrase::clause(clause),
            clause.basis.as_str().to_owned(),
        ]);
    }
    clauses.write(console, width)?;
    Ok(())
}

fn force(agreement: &Agreement) -> String {
    match agreement.force {
        Force::Binding => "binding".to_owned(),
        Force::Political => "political: changes no verdict".to_owned(),
        Force::Arrangement => {
            let relied: Vec<&str> = agreement.relies_on.iter().map(|id| id.as_str()).collect();
            let are = if relied.len() == 1 { "is" } else { "are" };
            format!("arrangement: covers only while {} {are} in force", relied.join(" and "))
        }
    }
}

/// `in force since 2016-11-23 (art. 21(1)); term renews 2020-11-23`.
fn status(agreement: &Agreement, party: &Party, day: Date) -> String {
    let View { standing, act, since, notice, term_ends } = agreement.view(party, day);
    let mut parts = Vec::new();
    let words = explain::standing_words(standing);
    let article = phrase::under(act.and_then(|act| act.article.as_ref()));
    parts.push(match (standing, since, act) {
        (Standing::Ended, Some(since), None) => format!("{words} since {since}, with its term"),
        (Standing::Ended, Some(since), Some(act)) => {
            format!("{words} since {since}, by the {} of {}{article}", phrase::act(act), act.date)
        }
        (_, Some(since), _) => format!("{words} since {since}{article}"),
        (_, None, _) => words.to_owned(),
    });
    if let Some(notice) = &notice {
        let (given, effect) = (notice.act.date, notice.effect);
        let article = phrase::under(notice.act.article.as_ref());
        parts.push(format!("notice of termination given {given}{article} takes effect {effect}"));
    }
    if let Some(end) = term_ends.filter(|end| notice.is_none_or(|notice| *end < notice.effect)) {
        let renews = agreement.duration.as_ref().is_some_and(|duration| duration.renews == Default::default());
        parts.push(format!("term {} {end}", if renews { "renews" } else { "ends" }));
    }
    // What a later act of the same party has overtaken is no longer in dispute here; the acts below still tell.
    let acts = agreement.acts.iter().filter(|act| act.date <= day && act.by.includes(party));
    if let Some((act, disputed)) = acts.max_by_key(|act| act.date).and_then(|act| Some((act, disputed(act)?))) {
        parts.push(format!("{} on {}, {disputed}", phrase::act(act), act.date));
    }
    parts.join("; ")
}

fn disputed(act: &Act) -> Option<String> {
    let by: Vec<&str> = act.disputed_by.iter().map(Party::as_str).collect();
    (!by.is_empty()).then(|| format!("disputed by {}", by.join(", ")))
}

fn pairs(agreement: &Agreement, day: Date) -> Vec<(&Party, &Party)> {
    let parties = agreement.parties_on(day);
    let mut pairs = Vec::new();
    for (position, one) in parties.iter().enumerate() {
        pairs.extend(parties.iter().skip(position + 1).map(|other| (*one, *other)));
    }
    pairs
}

/// How a text stands between two parties.
pub(super) fn between_words(between: Between) -> &'static str {
    match between {
        Between::InForce => "in force",
        Between::Disputed => "disputed",
        Between::NotInForce => "not in force",
        Between::NotParties => "not parties",
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    id: &'a str,
    hash: String,
    at: String,
    views: Vec<Value>,
    between: Vec<Value>,
    acts: Vec<Value>,
    /// The canonical form, byte for byte: its SHA-256 is the hash.
    instrument: Box<RawValue>,
}

fn document(agreement: &Agreement, day: Date) -> Result<Document<'_>, Failure> {
    let instrument = RawValue::from_string(agreement::canonical(agreement)).map_err(std::io::Error::from)?;
    let views: Vec<Value> = agreement
        .parties_on(day)
        .into_iter()
        .map(|party| {
            let view = agreement.view(party, day);
            json!({
                "party": party.as_str(),
                "standing": explain::standing_words(view.standing).replace(' ', "-"),
                "since": view.since.map(|day| day.to_string()),
                "notice": view.notice.map(|notice| {
                    json!({"given": notice.act.date.to_string(), "effect": notice.effect.to_string()})
                }),
                "term_ends": view.term_ends.map(|day| day.to_string()),
                "words": status(agreement, party, day),
            })
        })
        .collect();
    let between: Vec<Value> = pairs(agreement, day)
        .into_iter()
        .map(|(one, other)| {
            let status = between_words(agreement.between(one, other, day)).replace(' ', "-");
            json!({"parties": [one.as_str(), other.as_str()], "status": status})
        })
        .collect();
    let acts: Vec<Value> = agreement
        .acts
        .iter()
        .map(|act| {
            json!({
                "by": act.by.to_string(),
                "date": act.date.to_string(),
                "kind": act.kind.as_str(),
                "article": act.article.as_ref().map(|article| article.as_str()),
                "admits": act.admits.as_ref().map(Party::as_str),
                "disputed_by": act.disputed_by.iter().map(Party::as_str).collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(Document {
        id: agreement.id.as_str(),
        hash: agreement.hash.to_string(),
        at: day.to_string(),
        views,
        between,
        acts,
        instrument,
    })
}
