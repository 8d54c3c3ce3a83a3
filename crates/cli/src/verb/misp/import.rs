//! `entente misp import`: an event becomes records, or a bundle of STIX.

use std::{io::Write, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_core::Channel;
use entente_formats::{
    Problem, label,
    misp::{
        self,
        import::{Imported, import},
        record::{Class, classes},
    },
};
use entente_server::{
    api::{DecisionsRequest, DecisionsView, DraftHead, DraftRequest, EnteredView},
    client::{Client, ClientError},
};
use serde::Serialize;

use super::{NoteJson, foreign, named, tell, write};
use crate::{
    columns::printable,
    console::Console,
    failure::{Failure, Outcome},
    input,
    report::{Finding, Source},
    verb::remote::NodeArgs,
};

/// Take in events that MISP has exported as JSON
///
/// Each event becomes objects of STIX, and they become records of this party: one for each label that tags and distribution
/// levels come to. What each would mean here is told party by party, under the agreements in force, before anything goes to
/// anybody: entering releases nothing. What STIX has no word for stays beside the objects, so that `entente misp export`
/// gives it back; what goes neither way is told. A tag that restricts and that nobody here can read counts as TLP:RED.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Files with one event each, or with a list of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What markings of others mean here (`entente.foreign/1`)
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Write the objects to this file as a bundle of STIX, and ask no node; `-` for standard output
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "subjects", "label", "distribution", "purpose"])]
    out: Option<PathBuf>,
    /// Say what would be entered and who would see it, and enter nothing
    #[arg(long)]
    dry_run: bool,
    /// What it is about; give it once for each subject
    #[arg(long = "subject", value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// The label of what nothing in the event marks
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// A party on the distribution list, for TLP:AMBER and stricter. A sharing group has its own
    #[arg(long, value_name = "PARTY", value_delimiter = ',')]
    distribution: Vec<String>,
    /// What for, in the decisions that are told
    #[arg(long, default_value = "cyber-defence")]
    purpose: String,
    /// How, in the decisions that are told
    #[arg(long, default_value = Channel::GOVERNMENTS)]
    channel: String,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line, for each event
    #[arg(long)]
    json: bool,
}

/// One line of what `--json` prints.
#[derive(Serialize)]
struct EventJson<'a> {
    event: &'a str,
    info: &'a str,
    objects: usize,
    classes: Vec<ClassJson>,
    notes: Vec<NoteJson<'a>>,
    more: usize,
}

/// What is for the same.
#[derive(Serialize)]
struct ClassJson {
    /// None where nothing marks it, or no one label can say what its markings ask.
    label: Option<String>,
    distribution: Vec<String>,
    objects: usize,
    because: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
    decisions: Vec<SeesJson>,
    records: Vec<String>,
    /// Records that were here already.
    known: usize,
}

/// Whether a party would see it.
#[derive(Serialize)]
struct SeesJson {
    to: String,
    verdict: String,
    /// The articles of a yes, or the first reason of a no.
    why: String,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let foreign = foreign(args.map.as_deref())?;
    if let Some(label) = &args.label {
        label::parse(label).map_err(|problem| Failure::Usage(format!("--label: {problem}")))?;
    }
    let mut outcome = Outcome::Done;
    let mut bundles = Vec::new();
    for path in &args.files {
        let source = input::text(path)?;
        let wrong = |problem: Problem| Failure::Findings(vec![Finding::error(&source, problem)]);
        for event in misp::events(&source.text).map_err(wrong)? {
            let imported = import(&event, &foreign).map_err(wrong)?;
            if args.out.is_some() {
                if !args.json {
                    tell(&imported.report, console)?;
                }
                bundles.push(imported);
            } else if !one(args, &source, &imported, console)? {
                outcome = Outcome::Failed;
            }
        }
    }
    if let Some(out) = &args.out {
        let [bundle] = bundles.as_slice() else {
            let count = bundles.len();
            return Err(Failure::new(format!(
                "{count} events; `--out` takes one, so that nothing of one is read as another's"
            )));
        };
        write(out, &bundle.bundle(), console)?;
        if args.json && out.as_os_str() != "-" {
            console.json(&told(bundle, Vec::new()))?;
        }
    }
    Ok(outcome)
}

fn told(imported: &Imported, classes: Vec<ClassJson>) -> EventJson<'_> {
    EventJson {
        event: &imported.uuid,
        info: &imported.info,
        objects: imported.objects.len(),
        classes,
        notes: imported.report.notes().iter().map(NoteJson::from).collect(),
        more: imported.report.more(),
    }
}

/// Enters one event, or says what that would mean; whether all of it could be.
fn one(args: &Args, source: &Source, imported: &Imported, console: &mut Console) -> Result<bool, Failure> {
    let language = console.language_for(args.json);
    let mut done = Vec::new();
    for class in classes(imported) {
        done.push(args.node.ask_in(language, async |client| class_of(args, imported, class, client).await)?);
    }
    let is_whole = done.iter().all(|class| class.refused.is_none());
    if args.json {
        console.json(&told(imported, done))?;
        return Ok(is_whole);
    }
    let name = source.name.as_deref().map(|name| named(name.as_ref())).unwrap_or_default();
    let what = printable(&imported.info).into_owned();
    writeln!(console, "{name}: {what}: {} objects", imported.objects.len())?;
    for class in &done {
        show(args, class, console)?;
    }
    tell(&imported.report, console)?;
    Ok(is_whole)
}

/// Asks who would see what is in a class, and enters it.
async fn class_of(
    args: &Args,
    imported: &Imported,
    class: Class<'_>,
    client: &Client,
) -> Result<ClassJson, ClientError> {
    let status = if imported.is_exercise { "exercise" } else { "actual" };
    let label = class.label.as_ref().map(label::write);
    let label = if class.is_unmarked { args.label.clone() } else { label };
    let distribution: Vec<String> = match &class.parties {
        Some(parties) => parties.iter().map(ToString::to_string).collect(),
        None => args.distribution.clone(),
    };
    let mut done = ClassJson {
        label: label.clone(),
        distribution: distribution.clone(),
        objects: class.objects.len(),
        because: class.because.iter().cloned().collect(),
        refused: None,
        decisions: Vec::new(),
        records: Vec::new(),
        known: 0,
    };
    let Some(label) = label else {
        done.refused = Some(if class.is_unmarked {
            "nothing says who may have it: give --label".to_owned()
        } else {
            "no one label says what its markings ask together: release it by hand".to_owned()
        });
        return Ok(done);
    };
    let head = DraftHead {
        label: label.clone(),
        subjects: args.subjects.clone(),
        status: Some(status.to_owned()),
        distribution: distribution.clone(),
        derived_from: Vec::new(),
    };
    let (purpose, channel) = (args.purpose.clone(), args.channel.clone());
    let question = DecisionsRequest { record: None, draft: Some(head), to: Vec::new(), purpose, channel, action: None };
    let answer: DecisionsView = client.post("/decisions", &question).await?;
    done.decisions = answer
        .decisions
        .into_iter()
        .map(|decision| {
            let answer = decision.answer;
            let cover = answer.cover.iter().map(|cover| format!("{} {}", cover.agreement, cover.clause));
            let why = match answer.blocked.first() {
                Some(block) => block.why.clone(),
                None => cover.collect::<Vec<_>>().join(", "),
            };
            SeesJson { to: answer.to, verdict: answer.verdict, why }
        })
        .collect();
    for record in class.records(imported) {
        if args.dry_run {
            continue;
        }
        let draft = DraftRequest {
            id: Some(record.id),
            once: Some(record.digest),
            label: label.clone(),
            subjects: args.subjects.clone(),
            status: status.to_owned(),
            distribution: distribution.clone(),
            derived_from: Vec::new(),
            title: record.title,
            media_type: record.media_type.to_owned(),
            content: STANDARD.encode(record.content),
            versions: Vec::new(),
        };
        match client.post::<EnteredView>("/records", &draft).await {
            Ok(entered) => done.records.push(entered.record),
            Err(ClientError::Conflict(_)) => done.known += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

fn show(args: &Args, class: &ClassJson, console: &mut Console) -> Result<(), Failure> {
    let palette = console.palette();
    let label = class.label.as_deref().unwrap_or("no label");
    let because = if class.because.is_empty() { "nothing marks it".to_owned() } else { class.because.join(", ") };
    let line = format!("  {label}: {} objects ({because})", class.objects);
    writeln!(console, "{}", printable(&line))?;
    if let Some(why) = &class.refused {
        writeln!(console, "    {}not entered{:#}: {why}", palette.deny, palette.deny)?;
    }
    if !class.distribution.is_empty() {
        writeln!(console, "    on its list: {}", class.distribution.join(", "))?;
    }
    for sees in &class.decisions {
        let (word, style) =
            if sees.verdict == "permit" { ("may get it", palette.permit) } else { ("may not", palette.deny) };
        writeln!(console, "    {} {style}{word}{style:#}: {}", sees.to, printable(&sees.why))?;
    }
    if !args.dry_run && class.refused.is_none() {
        let (records, known) = (class.records.join(" "), class.known);
        match (class.records.is_empty(), known) {
            (true, _) => writeln!(console, "    here already")?,
            (false, 0) => writeln!(console, "    entered: {records}")?,
            (false, _) => writeln!(console, "    entered: {records}; {known} here already")?,
        }
    }
    Ok(())
}
