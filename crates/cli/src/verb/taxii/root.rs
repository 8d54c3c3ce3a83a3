//! `entente taxii root`.

use std::io::Write;

use entente_server::api::{RootRequest, RootView};

use crate::{
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::{ListArgs, NodeArgs},
};

/// API roots
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Add(AddArgs),
    /// List them
    List(ListArgs),
}

/// Add an API root, found at `/NAME/`
#[derive(clap::Args)]
pub(crate) struct AddArgs {
    /// Its name: 1 to 64 of a-z, 0-9, `-`, `_` and `.`
    name: String,
    /// Its title; its name when left out
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The longest body of a post, in bytes; 67108864 when left out
    #[arg(long, value_name = "BYTES")]
    max_content_length: Option<u64>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Add(args) => add(args, console),
            Self::List(args) => list(args, console),
        }
    }
}

fn add(args: &AddArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let request = RootRequest {
        name: args.name.clone(),
        title: args.title.clone(),
        description: args.description.clone(),
        max_content_length: args.max_content_length,
    };
    let root: RootView = args.node.ask(async |client| client.post("/taxii/roots", &request).await)?;
    match args.json {
        true => console.json(&root)?,
        false => writeln!(console, "added the API root {}", root.path)?,
    }
    Ok(Outcome::Done)
}

fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let roots: Vec<RootView> = args.node.ask(async |client| client.get("/taxii/roots").await)?;
    let row = |root: &RootView| [root.path.clone(), root.max_content_length.to_string(), root.title.clone()];
    let none = "there is no API root; add one with `entente taxii root add`";
    args.show(&roots, none, (["path", "longest post", "title"], 2), row, console)
}
