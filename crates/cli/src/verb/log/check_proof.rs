//! `entente log check-proof`: what a proof file proves, offline.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use entente_node::{
    Partner,
    proof::{Checked, Extra, MAX_BYTES, check},
    statement::RecordOpening,
};
use serde_json::{Value, json};

use super::{super::party, failed, moment};
use crate::{
    columns::printable,
    console::Console,
    failure::{Failure, Outcome},
};

/// Check a proof file with party files alone, and show what it proves
///
/// Proves that a party said something in its ledger, and which witnesses have cosigned the checkpoint; or, for a
/// receipt, that the recipient has held an envelope. Whose party files are the right ones, two persons settle by comparing
/// fingerprints: a file proves nothing to who does not trust them. Needs no node and no network. Exit code 1 when the file
/// proves nothing.
#[derive(clap::Args)]
pub(crate) struct CheckArgs {
    /// The proof file
    file: PathBuf,
    /// Party files, or folders with them (every file named *.party)
    #[arg(long, value_name = "PATH", num_args = 1.., required = true)]
    parties: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &CheckArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let unread = |path: &Path, error| Failure::caused(format!("cannot read `{}`", path.display()), &error);
    let size = fs::metadata(&args.file).map_err(|error| unread(&args.file, error))?.len();
    if size > u64::try_from(MAX_BYTES).unwrap_or(u64::MAX) {
        return Err(Failure::new(format!("`{}` has {size} bytes: no proof file is that long", args.file.display())));
    }
    let bytes = fs::read(&args.file).map_err(|error| unread(&args.file, error))?;
    let partners = read_parties(&args.parties)?;
    let checked = check(&bytes, &partners).map_err(|error| failed(&error))?;
    if args.json {
        console.json(&view(&checked))?;
    } else {
        write(console, &checked)?;
    }
    Ok(Outcome::Done)
}

/// Party files, and every `*.party` in the folders among them.
pub(in crate::verb) fn read_parties(paths: &[PathBuf]) -> Result<Vec<Partner>, Failure> {
    let mut partners = Vec::new();
    for path in paths {
        if path.is_dir() {
            let unread = |error| Failure::caused(format!("cannot read `{}`", path.display()), &error);
            let mut files: Vec<PathBuf> = Vec::new();
            for entry in fs::read_dir(path).map_err(unread)? {
                let file = entry.map_err(unread)?.path();
                if file.extension().is_some_and(|extension| extension == "party") {
                    files.push(file);
                }
            }
            files.sort();
            for file in files {
                partners.push(party::read(&file)?.1);
            }
        } else {
            partners.push(party::read(path)?.1);
        }
    }
    Ok(partners)
}

fn view(checked: &Checked) -> Value {
    let Checked { log, index, size, signed_by, post_quantum, witnesses, extra, rests_on } = checked;
    let rests_on = rests_on.as_ref().map(|rests| {
        json!({
            "revoked_since": rests.revoked.to_string(), "witness": rests.witness.as_str(), "at": witnessed_at(rests.at),
        })
    });
    let witnesses: Vec<Value> =
        witnesses.iter().map(|(party, at)| json!({ "party": party.as_str(), "at": witnessed_at(*at) })).collect();
    json!({
        "log": log, "index": index, "size": size, "signed_by": signed_by.as_str(), "post_quantum": post_quantum,
        "witnesses": witnesses, "proved": extra, "rests_on": rests_on,
    })
}

fn witnessed_at(second: u64) -> String {
    moment(i64::try_from(second).unwrap_or(i64::MAX))
}

fn write(console: &mut Console, checked: &Checked) -> Result<(), Failure> {
    let Checked { log, index, size, signed_by, post_quantum, witnesses, extra, rests_on } = checked;
    let style = console.palette().permit;
    writeln!(console, "{style}ok{style:#}  {log}  leaf {index} of {size}")?;
    if let Some(rests) = rests_on {
        writeln!(
            console,
            "signed with a key that {signed_by} has revoked since {}; it counts because {} cosigned it before, at {}",
            rests.revoked,
            rests.witness,
            witnessed_at(rests.at)
        )?;
    }
    match extra {
        Extra::Statement { from, until, statement, record, opening, .. } => {
            let keys = if *post_quantum { "Ed25519 and ML-DSA-44" } else { "Ed25519" };
            writeln!(console, "signed by {signed_by} with {keys}")?;
            for (party, at) in witnesses {
                writeln!(console, "witnessed by {party} at {}", witnessed_at(*at))?;
            }
            if witnesses.is_empty() {
                writeln!(console, "witnessed by none of the parties given")?;
            }
            writeln!(console, "said between {} and {}:", moment(*from), moment(*until))?;
            // Whoever signed it may have put anything into it.
            writeln!(console, "{}", printable(statement))?;
            if let Some(RecordOpening { originator, id, digest, .. }) = record {
                writeln!(console, "about the record {}, content {digest}", printable(&format!("{originator}/{id}")))?;
            }
            match opening {
                Some(opening) => writeln!(console, "which commits to:\n{}", printable(opening))?,
                None if record.is_none() => writeln!(console, "what it commits to is not disclosed")?,
                None => {}
            }
        }
        Extra::Envelope { envelope } => {
            writeln!(console, "{signed_by} has receipted the envelope {envelope}")?;
        }
    }
    Ok(())
}
