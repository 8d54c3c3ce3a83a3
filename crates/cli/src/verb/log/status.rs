//! `entente log status`: how far the ledger is, who has witnessed it, and whose ledgers this node has witnessed.

use std::io::Write;

use entente_node::op::Cosigned;
use serde_json::json;

use super::{
    super::remote::{NodeArgs, PassphraseArgs},
    failed, leaves, moment, open,
};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// Show the ledger's checkpoint, who witnessed it, and ledgers that show two histories
///
/// Partners cosign the checkpoints of this node's ledger, and this node cosigns theirs; neither learns more than size and
/// root. A partner whose ledger shows two histories is named, with the checkpoints that it has signed: keep them, they are
/// the evidence. Needs no running node.
#[derive(clap::Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &StatusArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let (reader, own) = open(&args.node, &args.passphrase)?;
    let checkpoint = reader.ledger_checkpoint().map_err(|error| failed(&error))?;
    let cosigned = reader.cosigned_last().map_err(|error| failed(&error))?;
    let witnessed = reader.witnessed().map_err(|error| failed(&error))?;
    let alarms = reader.alarms().map_err(|error| failed(&error))?;
    // Evidence about a ledger is signed notes; about a feed it is a package.
    let forks: Vec<(String, String, String, String)> = alarms
        .into_iter()
        .filter_map(|alarm| {
            let evidence = String::from_utf8(alarm.evidence)
                .ok()
                .filter(|text| text.lines().any(|line| line.starts_with("entente/")))?;
            Some((moment(alarm.at), alarm.partner, alarm.message, evidence))
        })
        .collect();
    if args.json {
        let view = |cosigned: &Cosigned| {
            json!({
                "partner": cosigned.partner.as_str(), "size": cosigned.size, "at": moment(cosigned.at),
                "note": cosigned.note,
            })
        };
        console.json(&json!({
            "log": format!("entente/{}/ledger", own.party),
            "checkpoint": checkpoint.map(|(size, note)| json!({ "size": size, "note": note })),
            "cosigned_by": cosigned.iter().map(view).collect::<Vec<_>>(),
            "witnessed": witnessed.iter().map(view).collect::<Vec<_>>(),
            "alarms": forks.iter().map(|(at, partner, message, evidence)| {
                json!({ "at": at, "partner": partner, "message": message, "evidence": evidence })
            }).collect::<Vec<_>>(),
        }))?;
        return Ok(Outcome::Done);
    }
    let size = checkpoint.map_or(0, |(size, _)| size);
    let signed =
        if own.file.log_ml_dsa.is_some() { "signed with Ed25519 and ML-DSA-44" } else { "signed with Ed25519" };
    writeln!(console, "entente/{}/ledger  {}, {signed}", own.party, leaves(size))?;
    let mut columns = Columns::new(0).styled([console.palette().bold]);
    if !(cosigned.is_empty() && witnessed.is_empty()) {
        columns.row(["partner", "what", "leaves", "at"]);
    }
    for (what, rows) in [("cosigned ours", &cosigned), ("we cosigned", &witnessed)] {
        for row in rows {
            columns.row([row.partner.to_string(), what.to_owned(), row.size.to_string(), moment(row.at)]);
        }
    }
    let width = console.width();
    columns.write(console, width)?;
    for (at, partner, message, evidence) in forks {
        let style = console.palette().deny;
        writeln!(console, "{style}ALARM{style:#}  {at}  {partner}  {message}")?;
        for line in evidence.lines() {
            // A signature by ML-DSA-44 has more than three thousand letters; --json has them all.
            let short: String = line.chars().take(100).collect();
            writeln!(console, "       {short}{}", if line.chars().nth(100).is_some() { "…" } else { "" })?;
        }
    }
    Ok(Outcome::Done)
}
