//! `entente key roll|retire|revoke`, and what every change of the party file shares: the next file is signed with the root
//! key where that is here, and put in its place; else it is written as a draft for the machine where the root key is.

use std::{fs, io::Write, path::PathBuf};

use entente_formats::party as format;
use entente_server::{
    Config,
    api::KeysView,
    client::{Client, ClientError},
    keeper::{self, Change, VALID_DAYS},
};
use serde_json::json;

use super::{
    super::{
        party,
        remote::{NodeArgs, PassphraseArgs, block_on},
    },
    Kind,
};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// How the next party file is signed.
#[derive(clap::Args)]
pub(crate) struct Signing {
    /// The root key's file, where it is not `root.key` in the key folder
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// Do not sign: write the text to this file, for `entente party sign` where the root key is
    #[arg(long, value_name = "FILE", conflicts_with = "root")]
    draft: Option<PathBuf>,
    /// How many days the next party file counts
    #[arg(long, value_name = "NUMBER", default_value_t = VALID_DAYS, value_parser = clap::value_parser!(i64).range(1..=36_500))]
    days: i64,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Announce a new key of a kind beside the one in use
///
/// The next party file names both, and partners get it by themselves: it is signed by the root key that they know. From then on
/// they take either. What a log's, a receipt's or a witness's key signs is signed with both; partners seal to the new sealing
/// key at once, and what is sealed to the old one opens still. A running node takes it up at once. When every partner has the
/// file (`entente key list` shows it), `entente key retire` ends the overlap.
#[derive(clap::Args)]
pub(crate) struct RollArgs {
    /// What the key is for
    kind: Kind,
    #[command(flatten)]
    signing: Signing,
}

/// Take the announced key into use, and the one before it out
///
/// Refused while a partner has not taken the party file that announces it: it would not believe what the new key signs. The
/// secret half of the old key is destroyed; that of a sealing key stays until `entente key destroy`, for what is under way.
/// What old keys signed stays verifiable.
#[derive(clap::Args)]
pub(crate) struct RetireArgs {
    /// What the key is for
    kind: Kind,
    /// Although a partner has not taken the party file, or the node does not run: partners who lack it must be given it by hand
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    signing: Signing,
}

/// Say that a key has been in wrong hands since a moment
///
/// What it signed counts only where a partner's cosignature is older than that: a receipt on the feed that holds it, or a
/// witness's cosignature of the ledger. The announced key takes its place, or a new one. Partners get the party file by
/// themselves where they can still be reached; call them all the same, and give them the file.
#[derive(clap::Args)]
pub(crate) struct RevokeArgs {
    /// What the key is for
    kind: Kind,
    /// Since when, such as 2026-11-20T08:00:00Z
    #[arg(long, value_name = "TIME")]
    since: String,
    /// The key, by its name in `entente key list`; the one in use when left out
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

pub(super) fn roll(args: &RollArgs, console: &mut Console) -> Result<Outcome, Failure> {
    carry_out(&Change::Roll(args.kind.get()), &args.signing, console)
}

pub(super) fn retire(args: &RetireArgs, console: &mut Console) -> Result<Outcome, Failure> {
    if !args.anyway {
        all_have_taken(&args.signing.node.config()?)?;
    }
    carry_out(&Change::Retire(args.kind.get()), &args.signing, console)
}

pub(super) fn revoke(args: &RevokeArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let since = args
        .since
        .parse()
        .map_err(|_| Failure::new(format!("`{}` is no moment; expected the form 2026-11-20T08:00:00Z", args.since)))?;
    carry_out(&Change::Revoke { kind: args.kind.get(), name: args.key.clone(), since }, &args.signing, console)
}

/// Whether every partner has taken the node's party file.
fn all_have_taken(config: &Config) -> Result<(), Failure> {
    let client = Client::new(&config.control_socket());
    let keys: KeysView = block_on(client.get("/keys"))?.map_err(|error| {
        Failure::new(error.to_string()).help("only a running node knows who has taken the file; or say --anyway")
    })?;
    let lacking: Vec<String> = keys
        .taken
        .iter()
        .filter(|taken| taken.state != "taken")
        .map(|taken| format!("{} ({})", taken.party, taken.state))
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "not every partner has taken the party file with serial {}: {}",
        keys.serial,
        lacking.join(", ")
    ))
    .help("wait until it has reached them, or give them the file by hand and say --anyway"))
}

/// Makes the next party file, and has it signed and taken up, or written as a draft.
pub(crate) fn carry_out(change: &Change, how: &Signing, console: &mut Console) -> Result<Outcome, Failure> {
    let config = how.node.config()?;
    let own_file = how.node.own_file(&config.party);
    let (_, known) = party::read(&own_file)?;
    let folder = how.passphrase.folder(&config);
    let failed = |error: keeper::KeeperError| Failure::new(error.to_string());
    let root_file = how.root.clone().or_else(|| {
        let here = config.keys.join("root.key");
        (how.draft.is_none() && here.exists()).then_some(here)
    });
    // Before anything is made: a passphrase that is wrong, or a key of another party.
    let root = root_file.map(|path| folder.seed_at(&path, "root")).transpose();
    let root = root.map_err(|error| Failure::new(error.to_string()))?;
    // Whole seconds: more says nothing, and is harder to read.
    let now = jiff::Timestamp::now();
    let now = jiff::Timestamp::from_second(now.as_second()).unwrap_or(now);
    let file = keeper::next_file(&known.file, change, how.days, &folder, now).map_err(failed)?;
    let text = format::write(&file);
    let Some(root) = root else {
        let name = format!("{}-{}.party-draft", file.party, file.serial);
        let path = how.draft.clone().unwrap_or_else(|| how.node.path().with_file_name(name));
        fs::write(&path, text)
            .map_err(|error| Failure::caused(format!("cannot write `{}`", path.display()), &error))?;
        return drafted(&path, file.serial, how, console);
    };
    let (_, note) = keeper::sign(&text, &root).map_err(failed)?;
    keeper::install(&note, &known, &own_file, &folder, false).map_err(failed)?;
    taken_up(&config, file.serial, &own_file, how.json, console)
}

fn drafted(path: &std::path::Path, serial: u64, how: &Signing, console: &mut Console) -> Result<Outcome, Failure> {
    if how.json {
        console.json(&json!({ "draft": path, "serial": serial }))?;
        return Ok(Outcome::Done);
    }
    writeln!(console, "party file {serial}, not signed yet: {}", path.display())?;
    writeln!(console, "  where the root key is  entente party sign {} --root ROOT-KEY-FILE", path.display())?;
    writeln!(console, "  back here              entente party install SIGNED-FILE")?;
    Ok(Outcome::Done)
}

/// Tells a running node, and a person what comes next.
pub(in crate::verb) fn taken_up(
    config: &Config,
    serial: u64,
    own_file: &std::path::Path,
    json: bool,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let client = Client::new(&config.control_socket());
    let keys: Option<KeysView> = match block_on(client.post("/keys/reload", &()))? {
        Ok(keys) => Some(keys),
        Err(ClientError::Unreachable { .. }) => None,
        Err(error) => {
            return Err(Failure::new(format!(
                "party file {serial} is in place, and the running node does not take it: {error}"
            ))
            .help("start the node again when that is mended"));
        }
    };
    if json {
        let taken = keys.as_ref().map(|keys| &keys.taken);
        console
            .json(&json!({ "party_file": own_file, "serial": serial, "running": keys.is_some(), "partners": taken }))?;
        return Ok(Outcome::Done);
    }
    writeln!(console, "party file {serial} is signed and in place: {}", own_file.display())?;
    match keys {
        None => writeln!(console, "the node is not running; it takes it up when it starts")?,
        Some(keys) if keys.taken.is_empty() => writeln!(console, "the running node has taken it up")?,
        Some(keys) => {
            let partners: Vec<&str> = keys.taken.iter().map(|taken| taken.party.as_str()).collect();
            writeln!(console, "the running node has taken it up, and sends it to {}", partners.join(", "))?;
        }
    }
    Ok(Outcome::Done)
}
