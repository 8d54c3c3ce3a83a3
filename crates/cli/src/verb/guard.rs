//! `entente guard`: for who runs a guard between two networks. Needs no node.

use std::{io::Write, path::PathBuf};

use entente_server::guard::{self, Header, Passing};
use serde_json::json;

use super::party;
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// Run a guard between two networks: its keys, and what it reads of what passes
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    /// Make the keys of a guard
    ///
    /// Writes `guard.key`, which stays with the guard, and `guard.pub`, which the parties whose envelopes it is to read put
    /// into their configuration. The guard opens no content with it.
    Keygen(KeygenArgs),
    /// Read the headers of what passes a guard: package files, receipts, envelopes
    ///
    /// Shows label, kind, from, to and precedence of each envelope, as its sender shows them to guards. With the party files
    /// of the senders, the signatures are checked too: without them, a header is what somebody claims. Exit code 1 when
    /// something cannot be read, is not shown to this guard, or has a bad signature: then nothing of that file should pass.
    Read(ReadArgs),
}

#[derive(clap::Args)]
pub(crate) struct KeygenArgs {
    /// The folder of the guard
    folder: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct ReadArgs {
    /// Files that are to pass
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The folder of the guard, with its key; without it, only what is shown in clear is read
    #[arg(long, value_name = "FOLDER")]
    keys: Option<PathBuf>,
    /// Party files of the senders
    #[arg(long, value_name = "FILE", num_args = 1..)]
    parties: Vec<PathBuf>,
    /// Print one JSON object for each envelope
    #[arg(long)]
    json: bool,
}

impl Verb {
    pub(crate) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Keygen(args) => keygen(args, console),
            Self::Read(args) => read(args, console),
        }
    }
}

fn keygen(args: &KeygenArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let (public, id) = guard::make_keys(&args.folder).map_err(|error| Failure::new(error.to_string()))?;
    if args.json {
        console.json(&json!({ "public": public, "id": id }))?;
    } else {
        writeln!(console, "{}  key {id}", public.display())?;
    }
    Ok(Outcome::Done)
}

fn read(args: &ReadArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let key = args.keys.as_deref().map(guard::read_key).transpose();
    let key = key.map_err(|error| Failure::new(error.to_string()))?;
    let parties = args.parties.iter().map(|path| Ok(party::read(path)?.1)).collect::<Result<Vec<_>, Failure>>()?;
    let mut columns = Columns::new(6).styled([console.palette().bold]);
    columns.row(["file", "entry", "from", "to", "precedence", "kind", "label", "signature"]);
    let (mut failed, mut problems, mut rows) = (false, Vec::new(), 0);
    for path in &args.files {
        let name = path.display().to_string();
        match guard::read(path, key.as_ref(), &parties) {
            Ok(Passing::Envelopes(headers, withdrawn)) => {
                for header in headers {
                    failed |= header.problem.is_some();
                    if args.json {
                        let mut line = json!(header);
                        if let Some(fields) = line.as_object_mut() {
                            fields.insert("file".to_owned(), json!(name));
                        }
                        console.json(&line)?;
                        continue;
                    }
                    columns.row(row(&name, &header));
                    rows += 1;
                    let place = header.entry.map_or_else(String::new, |entry| format!(" entry {entry}"));
                    problems.extend(header.problem.map(|why| format!("{name}{place}: {why}")));
                }
                if args.json && withdrawn > 0 {
                    console.json(&json!({ "file": name, "withdrawn": withdrawn }))?;
                } else if withdrawn > 0 {
                    problems.push(format!("{name}: {withdrawn} withdrawn, without a body"));
                }
            }
            Ok(Passing::Receipt) if args.json => console.json(&json!({ "file": name, "receipt": true }))?,
            Ok(Passing::Receipt) => problems.push(format!("{name}: a receipt, which carries nothing else")),
            Err(why) => {
                failed = true;
                match args.json {
                    true => console.json(&json!({ "file": name, "problem": why }))?,
                    false => problems.push(format!("{name}: {why}")),
                }
            }
        }
    }
    if rows > 0 {
        let width = console.width();
        columns.write(console, width)?;
    }
    for problem in problems {
        writeln!(console, "{}", crate::columns::printable(&problem))?;
    }
    Ok(if failed { Outcome::Failed } else { Outcome::Done })
}

fn row(name: &str, header: &Header) -> [String; 8] {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "(not shown)".to_owned());
    let entry = match (&header.lane, header.entry) {
        (Some(lane), Some(entry)) => format!("{lane} {entry}"),
        _ => header.id.clone(),
    };
    let file =
        PathBuf::from(name).file_name().map_or_else(|| name.to_owned(), |name| name.to_string_lossy().into_owned());
    let (kind, label) = (text(&header.kind), text(&header.label));
    let (precedence, signature) = (header.precedence.to_owned(), header.signature.to_owned());
    [file, entry, header.from.clone(), header.to.clone(), precedence, kind, label, signature]
}
