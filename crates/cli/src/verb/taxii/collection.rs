//! `entente taxii collection`.

use std::io::Write;

use entente_server::api::{CollectionRequest, CollectionView};

use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::{ListArgs, NodeArgs},
};

/// Collections
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Add(Box<AddArgs>),
    Change(Box<AddArgs>),
    /// List them
    List(ListArgs),
}

/// Add a collection to an API root
///
/// SPEC names who reads or writes: `user:NAME`, `role:ROLE` or `*` for everybody with an account, with commas between them; a
/// word alone is a role where there is one of that name, and else a user. Reading takes one of the roles `watch`, `analyst`,
/// `disclosure` and `treaty`, writing one of the first three, whoever is named.
#[derive(clap::Args)]
pub(crate) struct AddArgs {
    /// Its API root
    #[arg(long, value_name = "NAME")]
    root: String,
    /// Its identifier, a UUID; drawn when left out
    #[arg(long, value_name = "UUID")]
    id: Option<String>,
    /// Its title
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Another name in paths
    #[arg(long, value_name = "NAME")]
    alias: Option<String>,
    /// Who reads; nobody when left out
    #[arg(long, value_name = "SPEC", default_value = "")]
    read: String,
    /// Who writes; nobody when left out
    #[arg(long, value_name = "SPEC", default_value = "")]
    write: String,
    /// The label of objects that bear no marking; TLP:AMBER+STRICT when left out
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// What its objects are about; may be given several times
    #[arg(long = "subject", value_name = "SUBJECT")]
    subjects: Vec<String>,
    /// Whose records are shown in it, besides what is posted to it: a party, `*` for everybody's, `none`; may be given several times
    #[arg(long = "from", value_name = "PARTY", default_value = "*")]
    from: Vec<String>,
    /// To whom what is posted is released, where that is permitted; may be given several times
    #[arg(long = "release", value_name = "PARTY", requires = "purpose")]
    to: Vec<String>,
    /// For which purpose
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl AddArgs {
    fn request(&self) -> CollectionRequest {
        CollectionRequest {
            root: self.root.clone(),
            id: self.id.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            alias: self.alias.clone(),
            read: self.read.clone(),
            write: self.write.clone(),
            label: self.label.clone(),
            subjects: self.subjects.clone(),
            from: self.from.iter().filter(|code| *code != "none").cloned().collect(),
            to: self.to.clone(),
            purpose: self.purpose.clone(),
        }
    }
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Add(args) => add(args, console),
            Self::Change(args) => change(args, console),
            Self::List(args) => list(args, console),
        }
    }
}

fn add(args: &AddArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let request = args.request();
    let view: CollectionView = args.node.ask(async |client| client.post("/taxii/collections", &request).await)?;
    said(&view, "added", args.json, console)
}

fn change(args: &AddArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let id = args.id.as_deref().ok_or_else(|| Failure::new("name the collection with --id"))?;
    let (path, request) = (format!("/taxii/collections/{}", id.to_ascii_lowercase()), args.request());
    let view: CollectionView = args.node.ask(async |client| client.put(&path, &request).await)?;
    said(&view, "changed", args.json, console)
}

fn said(view: &CollectionView, word: &str, json: bool, console: &mut Console) -> Result<Outcome, Failure> {
    match json {
        true => console.json(view)?,
        false => writeln!(console, "{word} the collection {}", view.path)?,
    }
    Ok(Outcome::Done)
}

fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let all: Vec<CollectionView> = args.node.ask(async |client| client.get("/taxii/collections").await)?;
    if args.json {
        all.iter().try_for_each(|view| console.json(view))?;
        return Ok(Outcome::Done);
    }
    if all.is_empty() {
        writeln!(console, "there is no collection; add one with `entente taxii collection add`")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(5).styled([console.palette().bold]);
    columns.row(["path", "title", "read by", "written by", "unmarked", "released to"]);
    for view in &all {
        let (read, write) = (view.read.join(","), view.write.join(","));
        columns.row([&view.path, &view.title, &read, &write, &view.label, &view.to.join(",")]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}
