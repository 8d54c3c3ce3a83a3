//! `entente key list`: every key of this party, how it stands, and where its secret half is.

use std::io::Write;

use entente_formats::party::{KeyKind, PartyFile, Standing};
use entente_node::party::key_name;
use entente_server::{api::KeysView, client::Client, keys::KeyFolder};
use serde::Serialize;

use super::super::{
    party,
    remote::{NodeArgs, PassphraseArgs, block_on},
};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// List the keys of this party: what each is for, how it stands, and where its secret half is
///
/// Names are the first eight hex digits of the SHA-256 of the public half. Needs no running node; a running one says beside
/// it how far partners have taken the party file.
#[derive(clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// One key.
#[derive(Serialize)]
struct Row {
    kind: String,
    name: String,
    /// `in use`, `next`, `retired`, `revoked`; of sealing keys also `opens` (no longer sealed to, still in the file).
    standing: &'static str,
    /// Since when it stands so, where the party file says it.
    since: Option<String>,
    /// `file`, `token`, or `-` where only the public half is here.
    secret: &'static str,
}

pub(super) fn run(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let config = args.node.config()?;
    let (_, own) = party::read(&args.node.own_file(&config.party))?;
    let rows = rows(&own.file, &args.passphrase.folder(&config))?;
    let client = Client::new(&config.control_socket());
    let taken: Option<KeysView> = block_on(client.get("/keys"))?.ok();
    if args.json {
        rows.iter().try_for_each(|row| console.json(row))?;
        return Ok(Outcome::Done);
    }
    writeln!(console, "{}  party file {}, counts until {}", own.party, own.file.serial, own.file.valid_until)?;
    let mut columns = Columns::new(4).styled([console.palette().bold]);
    columns.row(["kind", "name", "secret", "stands", "since"]);
    for row in &rows {
        let since = row.since.as_deref().unwrap_or_default();
        columns.row([row.kind.as_str(), &row.name, row.secret, row.standing, since]);
    }
    let width = console.width();
    columns.write(console, width)?;
    for partner in taken.iter().flat_map(|keys| &keys.taken) {
        let words = match partner.state.as_str() {
            "taken" => "has taken the party file".to_owned(),
            "by hand" => "gets the first party file by hand".to_owned(),
            "waiting" => "has not said yet that it has the party file".to_owned(),
            other => format!("has not taken the party file: {other}"),
        };
        writeln!(console, "{} {words}", partner.party)?;
    }
    Ok(Outcome::Done)
}

fn rows(file: &PartyFile, folder: &KeyFolder) -> Result<Vec<Row>, Failure> {
    let failed = |error: entente_server::keys::KeyError| Failure::new(error.to_string());
    let here = folder.here().map_err(failed)?;
    let secret = |kind: KeyKind, key: &[u8]| -> Result<&'static str, Failure> {
        if here.iter().any(|(of, public)| *of == kind && public == key) {
            return Ok("file");
        }
        let in_token = kind == KeyKind::Signing && folder.in_token(key).map_err(failed)?;
        Ok(if in_token { "token" } else { "-" })
    };
    let mut rows = vec![root_row("root", &file.root, "in use", folder)];
    rows.extend(file.successor.as_ref().map(|key| root_row("root", key, "successor", folder)));
    for kind in KeyKind::ALL {
        for (number, key) in file.in_use(kind).into_iter().enumerate() {
            let standing = if kind == KeyKind::Sealing && number > 0 { "opens" } else { "in use" };
            rows.push(Row {
                kind: kind.to_string(),
                name: key_name(key),
                standing,
                since: None,
                secret: secret(kind, key)?,
            });
        }
        for other in file.others(kind) {
            let standing = match other.standing {
                Standing::Next(_) => "next",
                Standing::Retired(_) => "retired",
                Standing::Revoked(_) => "revoked",
            };
            rows.push(Row {
                kind: kind.to_string(),
                name: key_name(&other.key),
                standing,
                since: Some(other.standing.at().to_string()),
                secret: secret(kind, &other.key)?,
            });
        }
    }
    Ok(rows)
}

fn root_row(kind: &str, key: &[u8; 32], standing: &'static str, folder: &KeyFolder) -> Row {
    let is_here =
        folder.seed("root").and_then(|seed| entente_server::keys::root_of(&seed)).is_ok_and(|here| here == *key);
    let secret = if is_here { "file" } else { "-" };
    Row { kind: kind.to_owned(), name: key_name(key), standing, since: None, secret }
}
