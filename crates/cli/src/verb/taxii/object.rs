//! `entente taxii object`, `compare` and `graph`: one object with its markings, its versions, and what it stands in relation to.

use std::{io::Write, path::PathBuf};

use entente_server::api::{
    DecisionsRequest, DecisionsView, StixDifferenceView, StixGraphView, StixMarkingView, StixObjectView,
};

use super::asked;
use crate::{
    columns::{Columns, printable},
    console::Console,
    explanation,
    failure::{Failure, Outcome},
    verb::{output, remote::NodeArgs},
};

/// How records go where nobody says.
const CHANNEL: &str = "government-to-government";

/// Show an object: what it is, its markings, its versions, recalls, and with --purpose who may have it
///
/// Its content is what TAXII gives: the object to the byte, or the copy without marked parts where that is all the operator may see.
#[derive(clap::Args)]
pub(crate) struct ObjectArgs {
    /// The object's identifier
    object: String,
    /// This version; the last one when left out
    #[arg(long = "object-version", value_name = "TIME")]
    version: Option<String>,
    /// Write its text to this file; `-` for standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show of each party whether the record that it stands in may be released to it for this purpose, and why
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Compare two versions of an object, property by property
#[derive(clap::Args)]
pub(crate) struct CompareArgs {
    /// The object's identifier
    object: String,
    /// The older version; the last but one when left out
    #[arg(requires = "after")]
    before: Option<String>,
    /// The newer version; the last one when left out
    after: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Show what an object stands in relation to, one or two steps away
#[derive(clap::Args)]
pub(crate) struct GraphArgs {
    /// The object's identifier
    object: String,
    /// How many steps away: 1 or 2
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    depth: u8,
    /// Only objects of this type besides
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// At most so many objects, 200 and no more
    #[arg(long, value_name = "NUMBER", default_value_t = 200, value_parser = clap::value_parser!(u16).range(2..=200))]
    limit: u16,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn find(node: &NodeArgs, object: &str, version: Option<&str>) -> Result<StixObjectView, Failure> {
    let path = asked(&["stix", "objects", object], &[("version", version)]);
    node.ask(async |client| client.get(&path).await)
}

pub(super) fn object(args: &ObjectArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let view = find(&args.node, &args.object, args.version.as_deref())?;
    if let Some(file) = &args.output {
        output::write_bytes(file, view.content.as_bytes(), console)?;
        if file.as_os_str() == "-" {
            return Ok(Outcome::Done);
        }
    }
    let decisions = match &args.purpose {
        None => None,
        Some(purpose) => {
            let question = DecisionsRequest {
                record: Some(format!("{}/{}", view.shown.originator, view.shown.record)),
                draft: None,
                to: Vec::new(),
                purpose: purpose.clone(),
                channel: CHANNEL.to_owned(),
                action: None,
            };
            let language = console.language_for(args.json);
            let answer: DecisionsView =
                args.node.ask_in(language, async |client| client.post("/decisions", &question).await)?;
            Some(answer)
        }
    };
    if args.json {
        match &decisions {
            None => console.json(&view)?,
            Some(decisions) => {
                console.json(&serde_json::json!({ "object": view, "decisions": decisions.decisions }))?;
            }
        }
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(1).styled([console.palette().dim]);
    let shown = &view.shown;
    columns.row(["object", &shown.id]);
    columns.row(["name", shown.name.as_deref().unwrap_or("-")]);
    columns.row(["modified", &shown.version]);
    columns.row(["added", &shown.added]);
    columns.row(["record", &format!("{}/{}", shown.originator, shown.record)]);
    columns.row(["label", &shown.label]);
    for marking in &view.marked {
        columns.row(["marking", &in_words(marking)]);
    }
    let titles: Vec<&str> = view.collections.iter().map(|place| place.title.as_str()).collect();
    columns.row(["collections", if titles.is_empty() { "none" } else { "" }]);
    for title in titles {
        columns.row(["", title]);
    }
    for version in &view.versions {
        columns.row(["version", &format!("{}, added {}", version.version, version.added)]);
    }
    for recall in &view.recalls {
        let told: Vec<String> = recall.told.iter().map(|told| format!("{} {}", told.party, told.state)).collect();
        columns.row(["recalled", &format!("by {} on {}: {}", recall.by, recall.at, told.join(", "))]);
    }
    let width = console.width();
    columns.write(console, width)?;
    for decision in decisions.iter().flat_map(|answer| &answer.decisions) {
        writeln!(console)?;
        explanation::write_view(console, decision)?;
    }
    Ok(Outcome::Done)
}

/// A marking with what it means, and what of the object it marks.
fn in_words(marking: &StixMarkingView) -> String {
    let unknown = marking.unknown.then_some("nobody here can read it: counts as TLP:RED".to_owned());
    let words: Vec<String> = marking.labels.iter().cloned().chain(marking.statement.clone()).chain(unknown).collect();
    let part =
        if marking.selectors.is_empty() { String::new() } else { format!(" on {}", marking.selectors.join(", ")) };
    let words = if words.is_empty() { &marking.id } else { &words.join(" · ") };
    format!("{words}{part}")
}

pub(super) fn compare(args: &CompareArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let (before, after) = match (&args.before, &args.after) {
        (Some(before), Some(after)) => (before.clone(), after.clone()),
        _ => {
            let view = find(&args.node, &args.object, None)?;
            let version = |at: usize| view.versions.get(at).map(|row| row.version.clone());
            version(1).zip(version(0)).ok_or_else(|| Failure::new("the object has one version that may be seen"))?
        }
    };
    let path =
        asked(&["stix", "objects", &args.object, "difference"], &[("before", Some(&before)), ("after", Some(&after))]);
    let view: StixDifferenceView = args.node.ask(async |client| client.get(&path).await)?;
    if args.json {
        console.json(&view)?;
        return Ok(Outcome::Done);
    }
    let palette = console.palette();
    for change in &view.changes {
        writeln!(console, "{}", printable(&change.property))?;
        for (sign, style, value) in [("-", palette.deny, &change.before), ("+", palette.permit, &change.after)] {
            if let Some(value) = value {
                writeln!(console, "  {style}{sign} {}{style:#}", printable(value))?;
            }
        }
    }
    writeln!(console, "{} differ, {} are the same", view.changes.len(), view.same)?;
    Ok(Outcome::Done)
}

pub(super) fn graph(args: &GraphArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let (depth, limit) = (args.depth.to_string(), args.limit.to_string());
    let fields = [("depth", Some(&*depth)), ("type", args.kind.as_deref()), ("limit", Some(&*limit))];
    let path = asked(&["stix", "objects", &args.object, "graph"], &fields);
    let view: StixGraphView = args.node.ask(async |client| client.get(&path).await)?;
    if args.json {
        console.json(&view)?;
        return Ok(Outcome::Done);
    }
    let name = |id: &str| {
        let node = view.nodes.iter().find(|node| node.id == id);
        let name = node.and_then(|node| node.object.as_ref()?.name.clone());
        name.map_or_else(|| id.to_owned(), |name| format!("{} {name}", id.split("--").next().unwrap_or_default()))
    };
    let mut columns = Columns::new(2);
    for edge in &view.edges {
        columns.row([name(&edge.from), edge.word.clone(), name(&edge.to)]);
    }
    let width = console.width();
    columns.write(console, width)?;
    let (nodes, edges) = (view.nodes.len().saturating_sub(1), view.edges.len());
    writeln!(console, "{nodes} objects around it, {edges} relations")?;
    if view.more > 0 || !view.complete {
        let least = if view.complete { "" } else { "at least " };
        console.note(&format!("{least}{} more objects are named there; narrow it down with --type", view.more))?;
    }
    Ok(Outcome::Done)
}
