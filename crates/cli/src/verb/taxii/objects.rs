//! `entente taxii collections` and `entente taxii objects`: what of the node's objects the operator may see.

use std::io::Write;

use entente_server::api::{StixCollectionView, StixPage, StixRow};

use super::asked;
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::{ListArgs, NodeArgs},
};

/// How many objects are asked for at once.
const AT_ONCE: usize = 500;

/// List the objects of a collection that the operator may see, the newest first
///
/// Of each object the last version. A moment is RFC 3339 in UTC, or a day; a marking is a word of TLP, a label, or the identifier of a
/// marking definition.
#[derive(clap::Args)]
pub(crate) struct ObjectsArgs {
    /// The collection's identifier; `everything` is all that may be seen
    #[arg(default_value = "everything")]
    collection: String,
    /// Words, each of which is in the name, an alias or the identifier
    #[arg(long, value_name = "WORDS")]
    name: Option<String>,
    /// Of this type
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// With this text in the pattern
    #[arg(long, value_name = "TEXT")]
    pattern: Option<String>,
    /// Bearing this marking
    #[arg(long, value_name = "MARKING")]
    marking: Option<String>,
    /// Made or changed then or later
    #[arg(long, value_name = "TIME")]
    modified_from: Option<String>,
    /// Made or changed then or before
    #[arg(long, value_name = "TIME")]
    modified_to: Option<String>,
    /// Added here then or later
    #[arg(long, value_name = "TIME")]
    added_from: Option<String>,
    /// Added here then or before
    #[arg(long, value_name = "TIME")]
    added_to: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn collections(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let all: Vec<StixCollectionView> = args.node.ask(async |client| client.get("/stix/collections").await)?;
    if args.json {
        all.iter().try_for_each(|view| console.json(view))?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(3).styled([console.palette().bold]);
    columns.row(["collection", "objects", "added last", "title"]);
    for view in &all {
        let (objects, last) = match &view.seen {
            Some(seen) if seen.more => (format!("{} or more", seen.objects), seen.last_added.as_deref()),
            Some(seen) => (seen.objects.to_string(), seen.last_added.as_deref()),
            None => ("written only".to_owned(), None),
        };
        columns.row([&view.id, &objects, last.unwrap_or("-"), &view.title]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}

pub(super) fn objects(args: &ObjectsArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let mut found: Vec<StixRow> = Vec::new();
    let mut after: Option<String> = None;
    let is_whole = loop {
        let limit = (args.limit.saturating_sub(found.len())).clamp(1, AT_ONCE).to_string();
        let fields = [
            ("q", args.name.as_deref()),
            ("type", args.kind.as_deref()),
            ("pattern", args.pattern.as_deref()),
            ("marking", args.marking.as_deref()),
            ("modified_from", args.modified_from.as_deref()),
            ("modified_to", args.modified_to.as_deref()),
            ("added_from", args.added_from.as_deref()),
            ("added_to", args.added_to.as_deref()),
            ("limit", Some(&*limit)),
            ("after", after.as_deref()),
        ];
        let path = asked(&["stix", "collections", &args.collection, "objects"], &fields);
        let page: StixPage = args.node.ask(async |client| client.get(&path).await)?;
        found.extend(page.objects);
        after = page.next;
        if after.is_none() || found.len() >= args.limit {
            break after.is_none();
        }
    };
    found.truncate(args.limit);
    if args.json {
        found.iter().try_for_each(|row| console.json(row))?;
        return Ok(Outcome::Done);
    }
    if found.is_empty() {
        writeln!(console, "there is no such object")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(3).styled([console.palette().bold]);
    columns.row(["object", "modified", "label", "name"]);
    for row in &found {
        columns.row([&row.id, &row.version, &row.label, row.name.as_deref().unwrap_or("-")]);
    }
    let width = console.width();
    columns.write(console, width)?;
    if !is_whole {
        console.note(&format!("there are more than {}: narrow it down, or give another --limit", args.limit))?;
    }
    Ok(Outcome::Done)
}
