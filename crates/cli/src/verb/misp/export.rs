//! `entente misp export`: objects of STIX become an event of MISP.

use std::path::PathBuf;

use entente_formats::{
    Problem,
    misp::{self, export::export},
    stix::envelope,
};
use entente_server::api::RecordView;
use serde::Serialize;

use super::{NoteJson, foreign, tell, write};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
    input,
    report::{Finding, Source},
    verb::remote::NodeArgs,
};

/// Make an event of MISP of objects of STIX
///
/// Of files, without a node, or of records that are held and that the operator may see. What came from MISP goes back as it
/// was; what has become stricter since gets the tag of its colour and, from TLP:AMBER+STRICT on, `your organisation only`.
/// An event that was none before is for its own organisation alone until somebody there decides otherwise. What MISP has no
/// word for is told. A file that is written here is not released to anybody: who hands it on needs a release.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Files that hold one object or one bundle each
    #[arg(value_name = "FILE", required_unless_present = "records", conflicts_with = "records")]
    files: Vec<PathBuf>,
    /// A held record, ID or ORIGINATOR/ID; may be given again
    #[arg(long = "record", value_name = "RECORD")]
    records: Vec<String>,
    /// What markings of others mean here (`entente.foreign/1`)
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Where the event is written; `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object on what was written; it needs --out
    #[arg(long, requires = "out")]
    json: bool,
}

#[derive(Serialize)]
struct Told<'a> {
    elements: usize,
    notes: Vec<NoteJson<'a>>,
    more: usize,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let foreign = foreign(args.map.as_deref())?;
    if args.json && args.out.as_os_str() == "-" {
        return Err(Failure::Usage("--json: standard output has the event; name a file with --out".to_owned()));
    }
    let mut sources = Vec::new();
    for path in &args.files {
        sources.push(input::text(path)?);
    }
    for record in &args.records {
        sources.push(held(args, record)?);
    }
    let mut objects = Vec::new();
    for source in &sources {
        let wrong = |problem: Problem| Failure::Findings(vec![Finding::error(source, problem)]);
        let limits = envelope::Limits { bytes: misp::LIMITS.bytes, objects: misp::LIMITS.values };
        let contents = envelope::objects(&source.text, limits).map_err(wrong)?;
        if contents.objects.is_empty() && !contents.is_bundle {
            objects.push(source.text.trim());
        } else {
            objects.extend(contents.objects);
        }
    }
    let exported = export(&objects, &foreign).map_err(|problem| Failure::new(problem.to_string()))?;
    let text = serde_json::to_string_pretty(&exported.event).map_err(|error| Failure::caused("the event", &error))?;
    write(&args.out, &text, console)?;
    if args.json {
        let notes = exported.report.notes().iter().map(NoteJson::from).collect();
        console.json(&Told { elements: exported.elements, notes, more: exported.report.more() })?;
    } else {
        tell(&exported.report, console)?;
    }
    Ok(Outcome::Done)
}

/// The content of a record, as the operator may see it.
fn held(args: &Args, record: &str) -> Result<Source, Failure> {
    let path = match record.split_once('/') {
        Some((originator, id)) => format!("/records/{originator}/{id}"),
        None => format!("/records/-/{record}"),
    };
    let (view, bytes) = args.node.ask(async |client| {
        let view: RecordView = client.get(&path).await?;
        Ok((view, client.get_bytes(&format!("{path}/content")).await?))
    })?;
    let kind = view.media_type.split(';').next().unwrap_or_default();
    if !matches!(kind, "application/stix+json" | "application/taxii+json") {
        return Err(Failure::new(format!("record `{record}` is no STIX: its media type is `{}`", view.media_type)));
    }
    let text = String::from_utf8(bytes).map_err(|_| Failure::new(format!("record `{record}` is no text")))?;
    Ok(Source { name: Some(record.into()), text: text.into() })
}
